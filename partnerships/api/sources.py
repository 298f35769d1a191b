"""Sources: any filtered list of them, and one with what rests on it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from partnerships import facets, queries
from partnerships.exports.records import moment
from partnerships.filters import SourceFilter
from partnerships.models import Source

from . import shapes
from .endpoints import DetailEndpoint, QueryListEndpoint, page_of
from .parameters import FACETS, PAGE, PAGE_SIZE, UPDATED_SINCE, fields_of

_OWN = ("slug", "title", "publisher", "url", "archived_url", "kind", "language")


def read(found: Any) -> list[dict[str, Any]]:
    """Sources as the API shows them, in their order."""
    return [_shown(source) for source in queries.with_citation_counts(found)]


def _shown(source: Any) -> dict[str, Any]:
    return {
        **{name: getattr(source, name) for name in _OWN},
        "published_on": str(source.published_on) if source.published_on else None,
        "accessed_on": str(source.accessed_on) if source.accessed_on else None,
        "partnerships": source.partnership_count,
        "page_url": f"{settings.SITE_URL}/sources/{source.slug}/",
        "page_url_ja": f"{settings.SITE_URL}/ja/sources/{source.slug}/",
        "updated_at": moment(source.updated_at),
    }


def _support(support: queries.Support) -> dict[str, Any]:
    return {
        "partnership": support.partnership.slug,
        "supports": [citation.supports for citation in support.citations],
        "outcomes": len(support.outcomes),
        "milestones": len(support.milestones),
    }


class SourceList(QueryListEndpoint):
    summary = _("Sources")
    description = _("The sources that published partnerships rest on.")
    filters = SourceFilter
    parameters = (UPDATED_SINCE, FACETS, fields_of(shapes.Source), PAGE, PAGE_SIZE)
    shape = shapes.Source
    answer = page_of(shapes.Source)
    example = "sources/?kind=government&language=ja"
    records = staticmethod(queries.sources)
    read = staticmethod(read)
    count_facets = staticmethod(facets.source_facets)


class SourceOne(DetailEndpoint):
    summary = _("One source")
    description = _("One source with the partnerships that rest on it.")
    model = Source
    parameters = (fields_of(shapes.SourceDetail),)
    shape = shapes.SourceDetail
    answer = shapes.SourceDetail
    example = "sources/bcn-iot-500-kobe-accelerator/"

    def get(self, request: Request, slug: str) -> HttpResponseBase:
        given = self.given()
        found = queries.with_citation_counts(queries.sources()).filter(slug=slug).first()
        if found is None:
            return self.moved(slug)
        full = {**_shown(found), "supported": [_support(support) for support in queries.support_of(found)]}
        return Response(self.shape(only=given["fields"]).to_representation(full))
