"""Counts beside the filters, in Datasette's dialect: what choosing a value would give, the other choices kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

from django.db.models import Count, TextChoices
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from markupsafe import Markup

from . import vocabulary
from .catalogue import Selection
from .dimensions import FIRST_DECADE, LAST_DECADE
from .filters import ActorFilter, ListFilterSet, SourceFilter
from .models import Actor, Partnership, Source

SHOWN = 8  # values before “show more”
OPEN = {"theme", "state", "prefecture", "kind"}


class FacetValue(NamedTuple):
    value: str
    label: str
    count: int  # type: ignore[assignment]  # not the method of a tuple
    selected: bool
    toggle_url: str


@dataclass
class Facet:
    """One filter with its values, the selected ones and then the most frequent first."""

    name: str
    label: str
    values: list[FacetValue] = field(default_factory=list)

    @cached_property
    def first(self) -> list[FacetValue]:
        """What is shown at once: every selected value, and others up to ``SHOWN``."""
        selected = sum(value.selected for value in self.values)
        return self.values[: max(SHOWN, selected)]

    @cached_property
    def rest(self) -> list[FacetValue]:
        return self.values[len(self.first) :]

    @property
    def is_open(self) -> bool:
        """Whether its values are unfolded at first: the leading facets, and every one in use."""
        return self.name in OPEN or any(value.selected for value in self.values)


class Facets(list[Facet]):
    """The facets of a list, in the order of the page."""

    html: Markup = Markup()  # once a page has rendered them


Counts = dict[str, int]
Labels = dict[str, str]


def partnership_facets(selection: Selection) -> Facets:
    offered = vocabulary.current()
    filters = selection.filters
    return Facets(
        [
            _facet(filters, "theme", selection.counts("theme"), offered.labels("theme"), in_order=True),
            _facet(filters, "state", selection.counts("state"), offered.labels("state")),
            _facet(filters, "prefecture", selection.counts("prefecture"), offered.labels("prefecture")),
            _facet(filters, "kind", selection.counts("kind"), _labels(Partnership.Kind)),
            _facet(filters, "status", selection.counts("status"), _labels(Partnership.Status)),
            _facet(filters, "level", selection.counts("level"), _labels(Actor.Kind)),
            _facet(filters, "decade", selection.counts("decade"), _decades(get_language()), in_order=True),
        ]
    )


def coverage_facets(selection: Selection) -> Facets:
    """What the matrix of coverage is narrowed by; not kept by address, as those of lists are."""
    filters = selection.filters
    return Facets(
        [
            _facet(filters, "kind", selection.counts("kind"), _labels(Partnership.Kind)),
            _facet(filters, "status", selection.counts("status"), _labels(Partnership.Status)),
        ]
    )


def actor_facets(filters: ActorFilter) -> Facets:
    offered = vocabulary.current()
    return Facets(
        [
            _facet(filters, "kind", _counted(filters, "kind", "kind"), _labels(Actor.Kind)),
            _facet(filters, "state", _counted(filters, "state", "region__code"), offered.labels("state")),
            _facet(
                filters, "prefecture", _counted(filters, "prefecture", "region__code"), offered.labels("prefecture")
            ),
        ]
    )


def source_facets(filters: SourceFilter) -> Facets:
    return Facets(
        [
            _facet(filters, "kind", _counted(filters, "kind", "kind"), _labels(Source.Kind)),
            _facet(filters, "language", _counted(filters, "language", "language"), _labels(Source.Language)),
        ]
    )


def _facet(filters: ListFilterSet, name: str, counts: Counts, labels: Labels, *, in_order: bool = False) -> Facet:
    """``labels`` limits the values, and orders those that are equally frequent."""
    selected = filters.chosen(name)
    shown = [value for value in labels if value in counts or value in selected]
    if not in_order:
        shown.sort(key=lambda value: -counts.get(value, 0))
    if selected:
        shown.sort(key=lambda value: value not in selected)
    values = [
        FacetValue(value, labels[value], counts.get(value, 0), value in selected, address)
        for value, address in zip(shown, filters.toggles(name, shown), strict=True)
    ]
    return Facet(name, str(filters.base_filters[name].label), values)


def _labels(choices: type[TextChoices]) -> Labels:
    return _labels_in(choices, get_language())


@lru_cache
def _labels_in(choices: type[TextChoices], language: str) -> Labels:
    return {str(value): str(label) for value, label in choices.choices}


@lru_cache
def _decades(language: str) -> Labels:
    years = range(FIRST_DECADE, LAST_DECADE + 1, 10)
    return {str(year): _("%(year)ds") % {"year": year} for year in years}


def _counted(filters: ListFilterSet, name: str, column: str) -> Counts:
    found = filters.without(name).qs
    # The matches go in as “pk IN (…)”, so that their order and annotations cost the count nothing.
    plain = found.model._default_manager.filter(pk__in=found.order_by().values("pk"))
    return {value: count for value, count in plain.order_by().values_list(column).annotate(Count("pk")) if value}
