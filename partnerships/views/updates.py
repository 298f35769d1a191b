"""What was added and changed, day by day."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from partnerships import changes, queries
from partnerships.changes import Update
from partnerships.facets import Facets
from partnerships.filters import ListFilterSet
from partnerships.http import public_page

from .listing import Listing, at_one_address


class UpdateResults:
    """All updates, which nothing narrows."""

    kind = "update"

    def __init__(self, updates: list[Update]) -> None:
        self.updates = updates
        self.count = len(updates)

    def count_of(self, filters: Any) -> int:
        return self.count

    def rows(self, start: int, stop: int) -> list[Update]:
        return self.updates[start:stop]

    def facets(self) -> Facets:
        return Facets()


@require_safe
@public_page
@at_one_address
def update_list(request: HttpRequest) -> HttpResponse:
    listing = Listing.build(
        request, ListFilterSet(request.GET, queries.partnerships()), UpdateResults(changes.latest())
    )
    days = [list(updates) for _day, updates in groupby(listing.rows, key=lambda update: update.at.date())]
    is_cut = listing.count == changes.MOST_UPDATES and not listing.next_url
    return render(request, "updates/list.html", {"listing": listing, "days": days, "is_cut": is_cut})
