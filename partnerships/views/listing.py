"""What every filtered list has in common: the page of results, the facets, what is chosen, what was ignored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, Self

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from partnerships.facets import Facet
from partnerships.filters import ListFilterSet

PER_PAGE = 25


@dataclass(frozen=True)
class Chip:
    """Something that narrows the list, with the address of the list without it."""

    label: str
    remove_url: str


@dataclass(frozen=True)
class PageLink:
    number: int
    url: str
    is_current: bool


class Results(Protocol):
    """What a list needs to know of its matches."""

    count: int

    def rows(self, start: int, stop: int) -> list[Any]: ...

    def facets(self) -> list[Facet]: ...


@dataclass
class QueryResults:
    """The matches of a queryset."""

    filters: ListFilterSet
    count_facets: Callable[[Any], list[Facet]]
    for_rows: Callable[[QuerySet[Any]], QuerySet[Any]]

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        # Counted before the rows' annotations, which would only slow the count down.
        return self.filters.qs.count()

    def rows(self, start: int, stop: int) -> list[Any]:
        return list(self.for_rows(self.filters.qs)[start:stop])

    def facets(self) -> list[Facet]:
        return self.count_facets(self.filters)


@dataclass(frozen=True)
class Listing:
    filters: Any
    facets: list[Facet]
    page: Page[Any]
    messages: list[str]
    chips: list[Chip]

    @classmethod
    def build(cls, request: HttpRequest, filters: ListFilterSet, results: Results) -> Self:
        paginator = Paginator(_Slices(results), PER_PAGE)
        messages = [ignored.message for ignored in filters.ignored]
        number, complaint = _page_number(request.GET.get("page", ""), paginator.num_pages)
        if complaint:
            messages.append(complaint)
        facets = results.facets()
        return cls(filters, facets, paginator.page(number), messages, _chips(filters, facets))

    @property
    def count(self) -> int:
        return self.page.paginator.count

    @property
    def is_filtered(self) -> bool:
        return bool(self.chips)

    @property
    def previous_url(self) -> str:
        return self.filters.address(page=self.page.previous_page_number()) if self.page.has_previous() else ""

    @property
    def next_url(self) -> str:
        return self.filters.address(page=self.page.next_page_number()) if self.page.has_next() else ""

    @property
    def page_links(self) -> list[PageLink | None]:
        """Links to the pages around this one, the first and the last; None stands for a gap."""
        numbers = self.page.paginator.get_elided_page_range(self.page.number, on_each_side=2, on_ends=1)
        return [
            PageLink(number, self.filters.address(page=number), number == self.page.number)
            if isinstance(number, int)
            else None
            for number in numbers
        ]

    @property
    def sort_links(self) -> list[Any]:
        """The orders to choose from, as (label, address, whether it is in effect)."""
        return [
            (label, self.filters.address({"sort": [value]}), value == self.filters.sort_order)
            for value, label in self.filters.filters["sort"].extra["choices"]
            if value != "relevance" or self.filters.chosen("q")
        ]


class _Slices(Sequence[Any]):
    """Results as a paginator takes them."""

    def __init__(self, results: Results) -> None:
        self.results = results

    def __len__(self) -> int:
        return self.results.count

    def __getitem__(self, part: Any) -> Any:
        return self.results.rows(part.start, part.stop)


def _page_number(text: str, last: int) -> tuple[int, str]:
    """The page to show, and what to say where the one asked for does not exist."""
    if not text:
        return 1, ""
    # int() also reads full-width digits; 10 digits are more pages than any list has.
    number = int(text) if text.isdecimal() and len(text) <= 10 else 0
    if 1 <= number <= last:
        return number, ""
    if number > last:
        return last, _("There is no page %(number)d; this is the last one.") % {"number": number}
    return 1, _("That is not a page number; this is the first page.")


def _chips(filters: ListFilterSet, facets: list[Facet]) -> list[Chip]:
    labels = {(facet.name, value.value): value.label for facet in facets for value in facet.values}
    chips = []
    for name, declared in filters.filters.items():
        if name == "sort":
            continue
        for value in filters.chosen(name):
            label = labels.get((name, value)) or f"{declared.label}: {value}"
            if name == "q":
                label = _("“%(words)s”") % {"words": value}
            chips.append(Chip(label, filters.toggled(name, value)))
    return chips
