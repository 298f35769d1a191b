"""Places and organisations."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from partnerships import facets, queries
from partnerships.exports.records import moment
from partnerships.filters import ActorFilter
from partnerships.models import Actor, Publication

from . import shapes
from .endpoints import DetailEndpoint, QueryListEndpoint, page_of
from .parameters import FACETS, PAGE, PAGE_SIZE, UPDATED_SINCE, fields_of

_OWN = (
    *("slug", "name", "name_ja", "name_kana", "kind", "country", "code", "wikidata_id"),
    *("population", "population_year", "latitude", "longitude", "website"),
    *("office_name", "office_url", "office_email"),
)


def read(found: QuerySet[Any]) -> list[dict[str, Any]]:
    """Actors as the API shows them, in their order."""
    related = queries.with_tie_counts(found).select_related("region", "parent", "successor")
    return [_shown(actor) for actor in related.prefetch_related("other_names")]


def _shown(actor: Any) -> dict[str, Any]:
    return {
        **{name: getattr(actor, name) for name in _OWN},
        "other_names": [
            {"name": other.name, "language": other.language, "kind": other.kind} for other in actor.other_names.all()
        ],
        "region": actor.region.code if actor.region else "",
        "parent": _public_slug(actor.parent),
        "successor": _public_slug(actor.successor),
        "dissolved_on": str(actor.dissolved_on) if actor.dissolved_on else None,
        "partnerships": actor.tie_count,
        "url": f"{settings.SITE_URL}/actors/{actor.slug}/",
        "url_ja": f"{settings.SITE_URL}/ja/actors/{actor.slug}/",
        "updated_at": moment(actor.updated_at),
    }


def _public_slug(actor: Actor | None) -> str:
    return actor.slug if actor is not None and actor.publication == Publication.PUBLISHED else ""


class ActorList(QueryListEndpoint):
    summary = _("Places and organisations")
    description = _("Places and organisations; without show=all only those that take part in a partnership themselves.")
    filters = ActorFilter
    parameters = (UPDATED_SINCE, FACETS, fields_of(shapes.Actor), PAGE, PAGE_SIZE)
    shape = shapes.Actor
    answer = page_of(shapes.Actor)
    example = "actors/?state=US-WA&kind=city"
    records = staticmethod(queries.actors)
    read = staticmethod(read)
    count_facets = staticmethod(facets.actor_facets)


class ActorOne(DetailEndpoint):
    summary = _("One place or organisation")
    description = _("One place or organisation; its partnerships are in the list of partnerships with actor=.")
    model = Actor
    parameters = (fields_of(shapes.Actor),)
    shape = shapes.Actor
    answer = shapes.Actor
    example = "actors/kobe-hyogo/"

    def get(self, request: Request, slug: str) -> HttpResponseBase:
        given = self.given()
        found = read(queries.actors().filter(slug=slug))
        if not found:
            return self.moved(slug)
        return Response(self.shape(only=given["fields"]).to_representation(found[0]))
