"""Counts beside the filters, in Datasette's dialect: what choosing a value would give, the other choices kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Count
from django.utils.translation import gettext as _

from . import vocabulary
from .catalogue import Selection
from .filters import ActorFilter, ListFilterSet, SourceFilter

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


def partnership_facets(selection: Selection) -> list[Facet]:
    offered = vocabulary.current()
    filters = selection.filters
    decades = {value: _("%(year)ss") % {"year": value} for value, _label in filters.filters["decade"].extra["choices"]}
    return [
        _facet(filters, "theme", selection.counts("theme"), offered.labels("theme"), in_order=True),
        _facet(filters, "state", selection.counts("state"), offered.labels("state")),
        _facet(filters, "prefecture", selection.counts("prefecture"), offered.labels("prefecture")),
        _facet(filters, "kind", selection.counts("kind"), None),
        _facet(filters, "status", selection.counts("status"), None),
        _facet(filters, "level", selection.counts("level"), None),
        _facet(filters, "decade", selection.counts("decade"), decades, in_order=True),
    ]


def actor_facets(filters: ActorFilter) -> list[Facet]:
    offered = vocabulary.current()
    return [
        _facet(filters, "kind", _counted(filters, "kind", "kind"), None),
        _facet(filters, "state", _counted(filters, "state", "region__code"), offered.labels("state")),
        _facet(filters, "prefecture", _counted(filters, "prefecture", "region__code"), offered.labels("prefecture")),
    ]


def source_facets(filters: SourceFilter) -> list[Facet]:
    return [
        _facet(filters, "kind", _counted(filters, "kind", "kind"), None),
        _facet(filters, "language", _counted(filters, "language", "language"), None),
    ]


def _facet(
    filters: ListFilterSet, name: str, counts: Counts, labels: Labels | None, *, in_order: bool = False
) -> Facet:
    """``labels`` limits the values; None takes them from the filter's own choices."""
    if labels is None:
        labels = {str(value): str(label) for value, label in filters.filters[name].extra["choices"]}
    selected = filters.chosen(name)
    values = [
        FacetValue(value, label, counts.get(value, 0), value in selected, filters.toggled(name, value))
        for value, label in labels.items()
        if value in counts or value in selected
    ]
    values.sort(key=lambda value: (not value.selected, 0 if in_order else -value.count))
    return Facet(name, str(filters.filters[name].label), values)


def _counted(filters: ListFilterSet, name: str, column: str) -> Counts:
    found = filters.without(name).qs
    # The matches go in as “pk IN (…)”, so that their order and annotations cost the count nothing.
    plain = found.model._default_manager.filter(pk__in=found.order_by().values("pk"))
    return {value: count for value, count in plain.order_by().values_list(column).annotate(Count("pk")) if value}
