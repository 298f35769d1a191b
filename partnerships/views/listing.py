"""What every filtered list has in common: the page of results, the facets, what is chosen, what was ignored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, wraps
from typing import Any, Self
from urllib.parse import parse_qsl

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.utils.http import escape_leading_slashes
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from partnerships.facets import Facets
from partnerships.filters import ListFilterSet

from .advice import Advice
from .results import Results

PER_PAGE = 25


class MovedError(Exception):
    """The list has one canonical address, which is another one than that asked for."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def at_one_address(view: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """A list's view that redirects to the canonical address."""

    @wraps(view)
    def redirecting(request: HttpRequest) -> HttpResponseBase:
        try:
            return view(request)
        except MovedError as moved:
            return HttpResponsePermanentRedirect(escape_leading_slashes(moved.address))

    return redirecting


def check_address(request: HttpRequest, filters: ListFilterSet, page: int = 1) -> None:
    """Raise ``MovedError`` when the list was not asked for at its canonical address.

    One with something that was not understood is left as it is, so that the page can say so.
    """
    asked, canonical = request.META["QUERY_STRING"], filters.address(page=page)
    if filters.ignored or asked == canonical[1:]:
        return
    if parse_qsl(asked, keep_blank_values=True) != filters.pairs({}, page=page):  # not only encoded in another way
        raise MovedError((request.path + canonical).removesuffix("?"))


@dataclass(frozen=True)
class Chip:
    """Something that narrows the list, with the address of the list without it."""

    label: str
    remove_url: str


@dataclass(frozen=True)
class Narrowing:
    """What a page says of the filters that it was asked with."""

    filters: Any
    facets: Facets
    count: int  # of all that is left
    complaint: str = field(default="", kw_only=True)  # on what is no filter

    @cached_property
    def messages(self) -> list[str]:
        """On everything that was not understood."""
        messages = [ignored.message for ignored in self.filters.ignored]
        return [*messages, self.complaint] if self.complaint else messages

    @cached_property
    def chips(self) -> list[Chip]:
        """Everything that narrows the list."""
        filters = self.filters
        return [
            Chip(filters.description(name, value), filters.toggled(name, value)) for name, value in filters.narrowing
        ]

    @property
    def chosen_words(self) -> list[str]:
        """The same in words."""
        return [chip.label for chip in self.chips]

    @property
    def is_for_robots(self) -> bool:
        """Whether search engines may keep it: not searches, and not the endless combinations of filters."""
        return not self.messages and len(self.chips) <= 1 and not {"q", "sort"} & {*self.filters.data}


@dataclass(frozen=True)
class PageLink:
    number: int
    url: str
    is_current: bool


@dataclass(frozen=True)
class Listing(Narrowing):
    """A page of a list."""

    page: Page[int]  # of the places in the list
    rows: Any
    advice: Advice | None

    @classmethod
    def build(cls, request: HttpRequest, filters: ListFilterSet, results: Results) -> Self:
        """The page of the list that was asked for; ``MovedError`` when its address is not the canonical one."""
        paginator = Paginator(range(results.count), PER_PAGE)
        number, complaint = _page_number(request.GET.get("page", ""), paginator.num_pages)
        if not complaint:
            check_address(request, filters, number)
        facets = results.facets()
        advice = None if results.count else Advice.build(filters, results)
        page = paginator.page(number)
        rows = results.rows(page.start_index() - 1, page.end_index()) if results.count else []
        return cls(filters, facets, results.count, page, rows, advice, complaint=complaint)

    @cached_property
    def canonical_query(self) -> str:
        """The parameters of this page's one address, without what was not understood."""
        return self.filters.address(page=self.page.number).removesuffix("?")

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
        first = self.filters.address()
        start = first if first == "?" else f"{first}&"
        return [
            PageLink(number, f"{start}page={number}" if number > 1 else first, number == self.page.number)
            if isinstance(number, int)
            else None
            for number in numbers
        ]

    @cached_property
    def sort_links(self) -> list[Any]:
        """The orders to choose from, as (label, address, whether it is in effect)."""
        filters, current = self.filters, self.filters.sort_order
        return [
            (label, filters.sorted_address(value), value == current)
            for value, label in _orders(type(filters), get_language())  # type: ignore[arg-type]
            if value != "relevance" or filters.chosen("q")
        ]


@lru_cache
def _orders(filters: type[ListFilterSet], language: str) -> list[tuple[str, str]]:
    """The orders of a kind of list, each with its label."""
    return [(value, str(label)) for value, label in filters.base_filters["sort"].extra["choices"]]


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
