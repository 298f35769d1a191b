"""The site's own search in the admin's lists and in its fields that complete what one types; drafts included."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from partnerships import search
from partnerships.text import parse


class SearchedAdmin(admin.ModelAdmin):
    """Found by the index, the best matches first unless the list is sorted by a column."""

    search_fields = ["slug"]  # shows the box; what is searched is described in search/index.py
    match_order: list[Any] = ["slug"]  # of equally good matches

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        query = parse(search_term)
        if not query:
            return queryset, False
        found = search.apply(queryset, query)
        if query.wanted and "o" not in request.GET:
            found = search.ranked(found, query).order_by("rank", *self.match_order)
        return found, False
