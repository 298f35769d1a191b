"""Counts beside the filters, in Datasette's dialect: what choosing a value would give, the other choices kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet

from . import queries
from .filters import ActorFilter, ListFilterSet, PartnershipFilter, SourceFilter
from .models import Country, Participation, PartnershipTheme, Theme
from .wording import local_text

SHOWN = 8  # values before “show more”
OPEN = {"theme", "state", "prefecture", "kind"}


@dataclass(frozen=True)
class FacetValue:
    value: str
    label: str
    count: int
    selected: bool
    toggle_url: str


@dataclass(frozen=True)
class Facet:
    """One filter with its values, the selected ones and then the most frequent first."""

    name: str
    label: str
    values: list[FacetValue] = field(default_factory=list)

    @property
    def first(self) -> list[FacetValue]:
        """What is shown at once: every selected value, and others up to ``SHOWN``."""
        selected = sum(value.selected for value in self.values)
        return self.values[: max(SHOWN, selected)]

    @property
    def rest(self) -> list[FacetValue]:
        return self.values[len(self.first) :]

    @property
    def is_open(self) -> bool:
        """Whether its values are unfolded at first: the leading facets, and every one in use."""
        return self.name in OPEN or any(value.selected for value in self.values)


Counts = dict[str, int]
Labels = dict[str, str]


def partnership_facets(filters: PartnershipFilter) -> list[Facet]:
    themes = {theme.slug: str(local_text(theme, "name")) for theme in Theme.objects.all()}
    return [
        _facet(filters, "theme", _count_themes, themes, in_order=True),
        _facet(filters, "state", _count_regions, _region_labels(Country.US)),
        _facet(filters, "prefecture", _count_regions, _region_labels(Country.JP)),
        _facet(filters, "kind", _count_own("kind"), None),
        _facet(filters, "status", _count_own("status"), None),
        _facet(filters, "level", _count_levels, None),
    ]


def actor_facets(filters: ActorFilter) -> list[Facet]:
    return [
        _facet(filters, "kind", _count_own("kind"), None),
        _facet(filters, "state", _count_own("region__code"), _region_labels(Country.US)),
        _facet(filters, "prefecture", _count_own("region__code"), _region_labels(Country.JP)),
    ]


def source_facets(filters: SourceFilter) -> list[Facet]:
    return [
        _facet(filters, "kind", _count_own("kind"), None),
        _facet(filters, "language", _count_own("language"), None),
    ]


def _facet(
    filters: ListFilterSet,
    name: str,
    count: Callable[[QuerySet[Any]], Counts],
    labels: Labels | None,
    *,
    in_order: bool = False,
) -> Facet:
    """``labels`` limits the values; None takes them from the filter's own choices."""
    if labels is None:
        labels = {str(value): str(label) for value, label in filters.filters[name].extra["choices"]}
    selected = filters.chosen(name)
    counts = count(filters.without(name).qs)
    values = [
        FacetValue(value, label, counts.get(value, 0), value in selected, filters.toggled(name, value))
        for value, label in labels.items()
        if counts.get(value) or value in selected
    ]
    values.sort(key=lambda value: (not value.selected, 0 if in_order else -value.count))
    return Facet(name, str(filters.filters[name].label), values)


def _region_labels(country: str) -> Labels:
    return {region.code: str(local_text(region, "name")) for region in queries.regions(country).order_by("code")}


def _pairs(rows: Iterable[tuple[Any, int]]) -> Counts:
    return {value: count for value, count in rows if value}


# The matches go in as “pk IN (…)”: a join on the same table would hide the other values of each record.


def _count_own(column: str) -> Callable[[QuerySet[Any]], Counts]:
    def count(found: QuerySet[Any]) -> Counts:
        plain = found.model._default_manager.filter(pk__in=found.order_by().values("pk"))
        return _pairs(plain.order_by().values_list(column).annotate(Count("pk")))

    return count


def _count_themes(found: QuerySet[Any]) -> Counts:
    links = PartnershipTheme.objects.filter(partnership__in=found.order_by().values("pk"))
    return _pairs(links.order_by().values_list("theme__slug").annotate(Count("partnership", distinct=True)))


def _count_regions(found: QuerySet[Any]) -> Counts:
    return _count_participants(found, "actor__region__code")


def _count_levels(found: QuerySet[Any]) -> Counts:
    return _count_participants(found, "actor__kind")


def _count_participants(found: QuerySet[Any], column: str) -> Counts:
    parts = Participation.objects.filter(partnership__in=found.order_by().values("pk"))
    return _pairs(parts.order_by().values_list(column).annotate(Count("partnership", distinct=True)))
