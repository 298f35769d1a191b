"""The parameters of the list of places and organisations."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext_lazy

from partnerships import queries, search
from partnerships.models import Actor
from partnerships.text import parse

from .fields import PREFECTURE, STATE, WORDS, ChoiceFilter, ChoicesFilter, TextFilter, offered
from .lists import ListFilterSet


class ActorFilter(ListFilterSet):
    """The parameters of the list of places and organisations; those without a partnership only on request."""

    q = TextFilter(label=gettext_lazy("Search"), method="search", help_text=WORDS)
    kind = ChoicesFilter(
        label=gettext_lazy("Kind"),
        choices=Actor.Kind.choices,
        distinct=False,
        help_text=gettext_lazy("What it is, such as state, prefecture, city, port or university. May repeat."),
    )
    state = ChoicesFilter(
        label=gettext_lazy("State"), choices=offered("state"), field_name="region__code", help_text=STATE
    )
    prefecture = ChoicesFilter(
        label=gettext_lazy("Prefecture"),
        choices=offered("prefecture"),
        field_name="region__code",
        help_text=PREFECTURE,
    )
    show = ChoiceFilter(
        label=gettext_lazy("Show"),
        choices=[
            ("connected", gettext_lazy("with a partnership")),
            ("all", gettext_lazy("all in the directory")),
        ],
        method="keep",
        help_text=gettext_lazy("Those with a partnership of their own (connected), or all."),
    )

    class Meta:
        model = Actor
        fields: list[str] = []

    def search(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return search.apply(found, parse(value))

    def is_default(self, name: str, value: str, chosen: dict[str, list[str]]) -> bool:
        return name == "show" and value == "connected"

    def keep(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return found

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = super().filter_queryset(queryset)
        if self.chosen("show") != ["all"]:
            found = queries.connected_actors(found)
        if not self.query.wanted:
            return found.order_by(*queries.name_order())
        found = search.ranked(found, self.query).annotate(is_connected=Exists(queries.public_parts(OuterRef("pk"))))
        return found.order_by("rank", "-is_connected", F("population").desc(nulls_last=True), *queries.name_order())
