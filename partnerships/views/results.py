"""Where a list gets its matches from: a queryset, or the catalogue of the published partnerships."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from partnerships.catalogue import Selection
from partnerships.facets import Facets, partnership_facets
from partnerships.filters import ListFilterSet, PartnershipFilter

from .rows import joined, render_rows


class Results(Protocol):
    """What a list needs to know of its matches."""

    kind: str  # of record, as the search knows it

    @property
    def count(self) -> int: ...

    def count_of(self, filters: Any) -> int: ...

    def rows(self, start: int, stop: int) -> Any: ...

    def facets(self) -> Facets: ...


@dataclass
class QueryResults:
    """The matches of a queryset."""

    kind: str
    filters: ListFilterSet
    count_facets: Callable[[Any], Facets]
    for_rows: Callable[[QuerySet[Any]], QuerySet[Any]]

    @cached_property
    def count(self) -> int:
        # Counted before the rows' annotations, which would only slow the count down.
        return self.filters.qs.count()

    def count_of(self, filters: ListFilterSet) -> int:
        return filters.qs.count()

    def rows(self, start: int, stop: int) -> list[Any]:
        return list(self.for_rows(self.filters.qs)[start:stop])

    def facets(self) -> Facets:
        return self.count_facets(self.filters)


class CatalogueResults:
    """The partnerships that the catalogue selects, as finished rows with the words marked that were searched for."""

    kind = "partnership"

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.count = selection.count

    def count_of(self, filters: PartnershipFilter) -> int:
        return self.selection.catalogue.selected(filters).count

    def rows(self, start: int, stop: int) -> SafeString:
        rows = self.selection.catalogue.shown(self.selection.keys(start, stop), render_rows)
        return joined(rows, self.selection.filters.query)

    def facets(self) -> Facets:
        return self.selection.facets(partnership_facets)
