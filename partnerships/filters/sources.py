"""The parameters of the list of sources."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from partnerships import search
from partnerships.models import Source
from partnerships.text import parse

from .fields import WORDS, ChoicesFilter, TextFilter
from .lists import ListFilterSet


class SourceFilter(ListFilterSet):
    """The parameters of the list of sources."""

    q = TextFilter(label=gettext_lazy("Search"), method="search", help_text=WORDS)
    kind = ChoicesFilter(
        label=gettext_lazy("Kind"),
        choices=Source.Kind.choices,
        distinct=False,
        help_text=gettext_lazy("A kind of source. May repeat."),
    )
    language = ChoicesFilter(
        label=gettext_lazy("Language"),
        choices=Source.Language.choices,
        distinct=False,
        help_text=gettext_lazy("The language in which it is written. May repeat."),
    )

    class Meta:
        model = Source
        fields: list[str] = []

    def search(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return search.apply(found, parse(value))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = super().filter_queryset(queryset)
        return (
            search.ranked(found, self.query).order_by("rank", "title", "slug")
            if self.query.wanted
            else found.order_by("title", "slug")
        )
