"""Partnerships: any filtered list of them, and one with all that its page says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from partnerships import catalogue, facets, queries
from partnerships.catalogue import Selection
from partnerships.exports.records import Record, records
from partnerships.exports.shapes import Partnership as Shape
from partnerships.filters import PartnershipFilter
from partnerships.models import Milestone, Outcome, Partnership

from .endpoints import DetailEndpoint, ListEndpoint, page_of
from .parameters import FACETS, PAGE, PAGE_SIZE, UPDATED_SINCE, fields_of
from .shapes import PartnershipDetail


class PartnershipList(ListEndpoint):
    summary = _("Partnerships")
    description = _(
        "The published partnerships that all filters leave: several values of one filter widen the list, different "
        "filters narrow it. The same list as on the page, in the same order."
    )
    filters = PartnershipFilter
    parameters = (UPDATED_SINCE, FACETS, fields_of(Shape), PAGE, PAGE_SIZE)
    shape = Shape
    answer = page_of(Shape)
    example = "partnerships/?theme=climate&state=US-WA&facets=true"

    def get(self, request: Request) -> Response:
        filters = PartnershipFilter(request.GET, queries.partnerships())
        given = self.given(filters)
        selection = catalogue.current().selected(filters)
        if since := given["updated_since"]:
            selection = selection.narrowed("updated_since", selection.catalogue.changed_since(since))
        return self.page(Selected(selection), given)


class Selected:
    """The partnerships that the catalogue selects."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.count = selection.count

    def rows(self, start: int, stop: int) -> Iterable[Record]:
        keys = self.selection.keys(start, stop)
        found = records(keys)
        return [found[pk] for pk in keys if pk in found]

    def facets(self) -> facets.Facets:
        return facets.partnership_facets(self.selection)


class PartnershipOne(DetailEndpoint):
    summary = _("One partnership")
    description = _("One partnership with what it does, how others can do the same, results, history and sources.")
    model = Partnership
    parameters = (fields_of(PartnershipDetail),)
    shape = PartnershipDetail
    answer = PartnershipDetail
    example = "partnerships/seattle-kobe-sister-city/"

    def get(self, request: Request, slug: str) -> HttpResponseBase:
        given = self.given()
        found = queries.for_page(queries.partnerships()).filter(slug=slug).first()
        record = records([found.pk]).get(found.pk) if found else None
        if found is None or record is None:
            return self.moved(slug)
        return Response(self.shape(only=given["fields"]).to_representation(_in_full(found, record)))


_MODEL = ("problem", "approach", "preconditions", "how_to_replicate")


def _in_full(found: Partnership, record: Record) -> dict[str, Any]:
    adoptions = queries.public_adoptions()
    return {
        **asdict(record),
        "url": record.url,
        "url_ja": record.url_ja,
        **{name: getattr(found, name) for field in _MODEL for name in (field, f"{field}_ja")},
        "adopted_from": [*adoptions.filter(partnership=found).values_list("adopted_from__slug", flat=True)],
        "adopted_by": [*adoptions.filter(adopted_from=found).values_list("partnership__slug", flat=True)],
        "citations": [
            {"source": citation.source.slug, "supports": citation.supports, "locator": citation.locator}
            for citation in found.citations.all()
        ],
        "outcomes": [_outcome(outcome) for outcome in found.outcomes.all()],
        "milestones": [_milestone(milestone) for milestone in found.milestones.all()],
        "verified_on": _date(found.verified_on),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        **{name: getattr(outcome, name) for name in ("statement", "statement_ja", "unit", "year", "claimant", "grade")},
        "value": None if outcome.value is None else float(outcome.value),
        "source": outcome.source.slug if outcome.source else "",
    }


def _milestone(milestone: Milestone) -> dict[str, Any]:
    return {
        **{name: getattr(milestone, name) for name in ("kind", "title", "title_ja")},
        "on": _date(milestone.on),
        "source": milestone.source.slug if milestone.source else "",
    }


def _date(date: Any) -> str | None:
    return str(date) if date else None
