"""The listing's parameters, and those of pages that take a part of them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy

from partnerships import dimensions, queries, search, wording
from partnerships.models import Actor, Partnership
from partnerships.text import parse

from .fields import (
    PREFECTURE,
    STATE,
    WORDS,
    ActorSlugFilter,
    ChoiceFilter,
    ChoicesFilter,
    TextFilter,
    YearFilter,
    decades,
    offered,
)
from .lists import ListFilterSet


class PartnershipFilter(ListFilterSet):
    """The listing's parameters. Values of one parameter widen (or), different parameters narrow (and)."""

    q = TextFilter(label=gettext_lazy("Search"), method="search", help_text=WORDS)
    theme = ChoicesFilter(
        label=gettext_lazy("Theme"),
        choices=offered("theme"),
        method="by_dimension",
        help_text=gettext_lazy("A theme, by the last part of its address. May repeat."),
    )
    kind = ChoicesFilter(
        label=gettext_lazy("Kind"),
        choices=Partnership.Kind.choices,
        method="by_dimension",
        help_text=gettext_lazy("A kind of partnership. May repeat."),
    )
    status = ChoicesFilter(
        label=gettext_lazy("Status"),
        choices=Partnership.Status.choices,
        method="by_dimension",
        help_text=gettext_lazy("What the sources say of its state. May repeat."),
    )
    state = ChoicesFilter(
        label=gettext_lazy("State"),
        choices=offered("state"),
        method="by_dimension",
        help_text=STATE,
    )
    prefecture = ChoicesFilter(
        label=gettext_lazy("Prefecture"),
        choices=offered("prefecture"),
        method="by_dimension",
        help_text=PREFECTURE,
    )
    level = ChoicesFilter(
        label=gettext_lazy("Level"),
        choices=Actor.Kind.choices,
        method="by_dimension",
        help_text=gettext_lazy(
            "What one of the participants is, such as state, prefecture, county or city. May repeat."
        ),
    )
    decade = ChoicesFilter(
        label=gettext_lazy("Decade"),
        choices=decades(),
        method="by_dimension",
        help_text=gettext_lazy("The decade in which it started: 1990 for the nineties. May repeat."),
    )
    actor = ActorSlugFilter(
        label=gettext_lazy("Place or organisation"),
        method="by_actor",
        help_text=gettext_lazy(
            "A place or organisation, by the last part of its address; with the places in it and those merged into it."
        ),
    )
    year_min = YearFilter(
        label=gettext_lazy("Started from"),
        method="from_year",
        help_text=gettext_lazy("The first year in which it may have started."),
    )
    year_max = YearFilter(
        label=gettext_lazy("Started until"),
        method="until_year",
        help_text=gettext_lazy("The last year in which it may have started."),
    )
    sort = ChoiceFilter(
        label=gettext_lazy("Sort"),
        choices=[
            ("relevance", gettext_lazy("relevance")),
            ("newest", gettext_lazy("newest first")),
            ("oldest", gettext_lazy("oldest first")),
            ("title", pgettext_lazy("sort order", "title")),
            ("updated", gettext_lazy("last updated")),
        ],
        method="keep",
        help_text=gettext_lazy("The order: newest, oldest, title or updated; with words also relevance."),
    )

    class Meta:
        model = Partnership
        fields: list[str] = []

    def search(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return search.apply(found, parse(value))

    def by_dimension(self, found: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        return found.filter(pk__in=dimensions.having(name, values)) if values else found

    @cached_property
    def place(self) -> Actor | None:
        """The place or organisation whose partnerships are asked for."""
        chosen = self.chosen("actor")
        return queries.actors().filter(slug=chosen[-1]).first() if chosen else None

    def description(self, name: str, value: str) -> str:
        if name == "actor" and self.place:
            return wording.full_name(self.place)
        return super().description(name, value)

    def by_actor(self, found: QuerySet[Any], name: str, actor: Actor) -> QuerySet[Any]:
        return found.filter(pk__in=queries.partnerships_within(actor).values("pk"))

    def from_year(self, found: QuerySet[Any], name: str, year: int) -> QuerySet[Any]:
        return found.filter(started__gte=f"{int(year):04}")

    def until_year(self, found: QuerySet[Any], name: str, year: int) -> QuerySet[Any]:
        # “~” sorts after every month and day of the year.
        return found.filter(started__lt=f"{int(year):04}~")

    def keep(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return found

    def is_default(self, name: str, value: str, chosen: dict[str, list[str]]) -> bool:
        return name == "sort" and value in ({"relevance"} if chosen.get("q") else {"relevance", "newest"})

    @property
    def sort_order(self) -> str:
        """The order in effect: relevance for a search, the newest first otherwise."""
        order = (self.chosen("sort") or ["relevance"])[-1]
        return "newest" if order == "relevance" and not self.query.wanted else order

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The matches in a total order, so that no row is on two pages or on none."""
        found = super().filter_queryset(queryset)
        newest = (F("started").desc(nulls_last=True), "slug")
        match self.sort_order:
            case "oldest":
                return found.order_by(F("started").asc(nulls_last=True), "slug")
            case "title":
                in_japanese = Coalesce(NullIf("title_ja", Value("")), "title")
                return found.order_by(in_japanese if get_language() == "ja" else "title", "slug")
            case "updated":
                return found.order_by("-updated_at", "slug")
            case "relevance":
                return search.ranked(found, self.query).order_by("rank", *newest)
        return found.order_by(*newest)


class DatedPartnershipFilter(PartnershipFilter):
    """The listing's parameters, for what stands in the order of its dates: ``sort`` changes nothing."""

    def is_default(self, name: str, value: str, chosen: dict[str, list[str]]) -> bool:
        return name == "sort"


class CoverageFilter(PartnershipFilter):
    """What the matrix of coverage can be narrowed by: of the listing's parameters those that are not its own rows or
    columns, and ``by``, what it shows."""

    q = theme = state = prefecture = level = decade = actor = sort = None  # type: ignore[assignment]
    appearance = frozenset({"by"})

    by = ChoiceFilter(
        label=gettext_lazy("Show"),
        choices=[
            ("state", gettext_lazy("States")),
            ("prefecture", gettext_lazy("Prefectures")),
            ("pair", gettext_lazy("States and prefectures")),
        ],
        method="keep",
    )

    class Meta:
        model = Partnership
        fields: list[str] = []

    def is_default(self, name: str, value: str, chosen: dict[str, list[str]]) -> bool:
        return name == "by" and value == "state"

    @property
    def by_what(self) -> str:
        """``state``, ``prefecture`` or ``pair``."""
        return (self.chosen("by") or ["state"])[-1]


class PlaceFilter(ListFilterSet):
    """The parameters of pages about one place: a place or organisation, and the themes to look at."""

    actor = ActorSlugFilter(
        label=gettext_lazy("Place or organisation"),
        method="keep",
        help_text=gettext_lazy("The place or organisation that asks, by the last part of its address."),
    )
    theme = ChoicesFilter(
        label=gettext_lazy("Theme"),
        choices=offered("theme"),
        method="keep",
        help_text=gettext_lazy("A theme that it is about, by the last part of its address. May repeat."),
    )

    class Meta:
        model = Partnership
        fields: list[str] = []

    @cached_property
    def place(self) -> Actor | None:
        """The place or organisation that is asked about."""
        chosen = self.chosen("actor")
        return queries.actors().filter(slug=chosen[-1]).first() if chosen else None

    def keep(self, found: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return found
