"""One FilterSet per list: for the page now, and for every other shape of the same list.

A value that cannot be understood is reported and left out; it never breaks the list and never empties it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from . import queries
from .models import Actor, Country, Participation, Partnership, PartnershipTheme, Source, Theme

MOST_CHARACTERS = 200
MOST_WORDS = 10
MOST_VALUES = 60  # of one parameter; there are 56 states and territories


@dataclass(frozen=True)
class Ignored:
    """A value of a known parameter that was not applied."""

    parameter: str
    message: str


class ListFilterSet(django_filters.FilterSet):
    """A FilterSet that takes what it understands, and can write itself as an address."""

    def __init__(self, data: QueryDict, queryset: QuerySet[Any]) -> None:
        super().__init__(data, queryset=queryset)
        self.ignored: list[Ignored] = []
        self.data = self._understood(data)

    def _understood(self, data: QueryDict) -> QueryDict:
        clean = QueryDict(mutable=True)
        for name, declared in self.filters.items():
            given = [value for value in data.getlist(name) if value.strip()]
            several = isinstance(declared, django_filters.MultipleChoiceFilter)
            if several and given:
                # Choices from the database are asked for once, not once for every value.
                declared.extra["choices"] = _listed(declared.extra["choices"])
            for value in self._first(name, list(dict.fromkeys(given))) if several else given[-1:]:
                value = self._shortened(name, value)
                try:
                    declared.field.clean([value] if several else value)
                except ValidationError:
                    self.ignored.append(Ignored(name, self._complaint(declared, value)))
                else:
                    clean.appendlist(name, value)
        return clean

    def _first(self, name: str, values: list[str]) -> list[str]:
        if len(values) > MOST_VALUES:
            text = _("%(label)s: only the first %(most)d values were used.")
            self.ignored.append(Ignored(name, text % {"label": self.filters[name].label, "most": MOST_VALUES}))
        return values[:MOST_VALUES]

    def _shortened(self, name: str, value: str) -> str:
        if name != "q":
            return value
        if len(value) > MOST_CHARACTERS:
            text = _("Only the first %(most)d characters of the search were used.")
            self.ignored.append(Ignored(name, text % {"most": MOST_CHARACTERS}))
        value = value[:MOST_CHARACTERS]
        if len(_all_words(value)) > MOST_WORDS:
            text = _("Only the first %(most)d words of the search were used.")
            self.ignored.append(Ignored(name, text % {"most": MOST_WORDS}))
        return value

    def _complaint(self, declared: Any, value: str) -> str:
        return _("%(label)s: “%(value)s” was not understood and is ignored.") % {
            "label": declared.label,
            "value": _presentable(value),
        }

    def chosen(self, name: str) -> list[str]:
        """The values of a parameter that are applied, as given."""
        return self.data.getlist(name)

    def without(self, name: str) -> Self:
        """The same list without one of its filters; itself where that one is not in use."""
        if not self.chosen(name):
            return self
        other = type(self)(QueryDict(), queryset=self.queryset)
        other.filters = self.filters  # with the choices already asked for
        other.data = self.data.copy()
        del other.data[name]
        return other

    def address(self, changes: dict[str, list[str]] | None = None, *, page: int | None = None) -> str:
        """The query string of this list with some parameters changed, in the one canonical order."""
        query = QueryDict(mutable=True)
        for name in self.filters:
            values = (changes or {}).get(name, self.chosen(name))
            query.setlist(name, sorted(values) if len(values) > 1 else values)
        if page and page > 1:
            query["page"] = str(page)
        text = query.urlencode()
        return f"?{text}" if text else "?"

    def toggled(self, name: str, value: str) -> str:
        """The address in which one value is chosen, or no longer chosen."""
        values = self.chosen(name)
        return self.address({name: [v for v in values if v != value] if value in values else [*values, value]})


def _presentable(value: str) -> str:
    """A stranger's input, short and without control characters, for showing it back."""
    shown = "".join("�" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character for character in value)
    return shown if len(shown) <= 40 else shown[:39] + "…"


def _listed(choices: Any) -> list[Any]:
    return list(choices() if callable(choices) else choices)


def words(query: str) -> list[str]:
    """The words of a search, in half width and small letters; at most ``MOST_WORDS``."""
    return _all_words(query)[:MOST_WORDS]


def _all_words(query: str) -> list[str]:
    return unicodedata.normalize("NFKC", query).casefold().split()


def _theme_choices() -> list[tuple[str, str]]:
    return list(Theme.objects.order_by("order", "slug").values_list("slug", "name"))


def _region_choices(country: str) -> Callable[[], list[tuple[str, str]]]:
    return lambda: list(queries.regions(country).values_list("code", "name"))


class _ActorSlugField(forms.CharField):
    """Takes the slug of a published actor and gives the actor."""

    def clean(self, value: Any) -> Any:
        slug = super().clean(value)
        if not slug:
            return None
        actor = Actor.objects.published().filter(slug=slug).first()
        if actor is None:
            raise ValidationError("unknown")
        return actor


class _ActorFilter(django_filters.CharFilter):
    field_class = _ActorSlugField


class _YearFilter(django_filters.NumberFilter):
    field_class = forms.IntegerField

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=9999, **options)


class PartnershipFilter(ListFilterSet):
    """The listing's parameters. Values of one parameter widen (or), different parameters narrow (and)."""

    q = django_filters.CharFilter(label=gettext_lazy("Search"), method="search")
    theme = django_filters.MultipleChoiceFilter(label=gettext_lazy("Theme"), choices=_theme_choices, method="by_theme")
    kind = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Kind"), choices=Partnership.Kind.choices, distinct=False
    )
    status = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Status"), choices=Partnership.Status.choices, distinct=False
    )
    state = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("State"), choices=_region_choices(Country.US), method="by_region"
    )
    prefecture = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Prefecture"), choices=_region_choices(Country.JP), method="by_region"
    )
    level = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Level"), choices=Actor.Kind.choices, method="by_level"
    )
    actor = _ActorFilter(label=gettext_lazy("Place or organisation"), method="by_actor")
    year_min = _YearFilter(label=gettext_lazy("Started from"), method="from_year")
    year_max = _YearFilter(label=gettext_lazy("Started until"), method="until_year")
    sort = django_filters.ChoiceFilter(
        label=gettext_lazy("Sort"),
        choices=[
            ("relevance", gettext_lazy("relevance")),
            ("newest", gettext_lazy("newest first")),
            ("oldest", gettext_lazy("oldest first")),
            ("title", pgettext_lazy("sort order", "title")),
            ("updated", gettext_lazy("last updated")),
        ],
        method="keep",
    )

    class Meta:
        model = Partnership
        fields: list[str] = []

    def search(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Every word must occur in the record's texts, its themes or its participants' names and regions."""
        for word in words(value):
            named = Participation.objects.filter(
                Q(actor__name__icontains=word)
                | Q(actor__name_ja__icontains=word)
                | Q(actor__name_kana__icontains=word)
                | Q(actor__other_names__name__icontains=word)
                | Q(actor__region__name__icontains=word)
                | Q(actor__region__name_ja__icontains=word)
            )
            themed = PartnershipTheme.objects.filter(Q(theme__name__icontains=word) | Q(theme__name_ja__icontains=word))
            found = found.filter(
                Q(title__icontains=word)
                | Q(title_ja__icontains=word)
                | Q(summary__icontains=word)
                | Q(summary_ja__icontains=word)
                | Q(pk__in=named.values("partnership"))
                | Q(pk__in=themed.values("partnership"))
            )
        return found

    def by_theme(self, found: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        links = PartnershipTheme.objects.filter(theme__slug__in=values)
        return found.filter(pk__in=links.values("partnership")) if values else found

    def by_region(self, found: QuerySet[Any], name: str, codes: list[str]) -> QuerySet[Any]:
        parts = Participation.objects.filter(actor__region__code__in=codes)
        return found.filter(pk__in=parts.values("partnership")) if codes else found

    def by_level(self, found: QuerySet[Any], name: str, kinds: list[str]) -> QuerySet[Any]:
        parts = Participation.objects.filter(actor__kind__in=kinds)
        return found.filter(pk__in=parts.values("partnership")) if kinds else found

    def by_actor(self, found: QuerySet[Any], name: str, actor: Actor) -> QuerySet[Any]:
        return found.filter(pk__in=queries.partnerships_within(actor).values("pk"))

    def from_year(self, found: QuerySet[Any], name: str, year: int) -> QuerySet[Any]:
        return found.filter(started__gte=f"{int(year):04}")

    def until_year(self, found: QuerySet[Any], name: str, year: int) -> QuerySet[Any]:
        # “~” sorts after every month and day of the year.
        return found.filter(started__lt=f"{int(year):04}~")

    def keep(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return found

    @property
    def sort_order(self) -> str:
        """The order in effect: relevance for a search, the newest first otherwise."""
        order = (self.chosen("sort") or ["relevance"])[-1]
        return "newest" if order == "relevance" and not self.chosen("q") else order

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
                whole = " ".join(words(self.chosen("q")[0]))
                in_title = Q(title__icontains=whole) | Q(title_ja__icontains=whole)
                rank = Case(When(in_title, then=Value(0)), default=Value(1), output_field=IntegerField())
                return found.order_by(rank, *newest)
        return found.order_by(*newest)


class ActorFilter(ListFilterSet):
    """The parameters of the list of places and organisations; those without a partnership only on request."""

    q = django_filters.CharFilter(label=gettext_lazy("Search"), method="search")
    kind = django_filters.MultipleChoiceFilter(label=gettext_lazy("Kind"), choices=Actor.Kind.choices, distinct=False)
    state = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("State"), choices=_region_choices(Country.US), field_name="region__code"
    )
    prefecture = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Prefecture"), choices=_region_choices(Country.JP), field_name="region__code"
    )
    show = django_filters.ChoiceFilter(
        label=gettext_lazy("Show"),
        choices=[
            ("connected", gettext_lazy("with a partnership")),
            ("all", gettext_lazy("all in the directory")),
        ],
        method="keep",
    )

    class Meta:
        model = Actor
        fields: list[str] = []

    def search(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        for word in words(value):
            found = found.filter(
                Q(name__icontains=word)
                | Q(name_ja__icontains=word)
                | Q(name_kana__icontains=word)
                | Q(pk__in=Actor.objects.filter(other_names__name__icontains=word).values("pk"))
                | Q(region__name__icontains=word)
                | Q(region__name_ja__icontains=word)
            )
        return found

    def keep(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return found

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = super().filter_queryset(queryset)
        if self.chosen("show") != ["all"]:
            found = queries.connected_actors(found)
        return found.order_by(*queries.name_order())


class SourceFilter(ListFilterSet):
    """The parameters of the list of sources."""

    q = django_filters.CharFilter(label=gettext_lazy("Search"), method="search")
    kind = django_filters.MultipleChoiceFilter(label=gettext_lazy("Kind"), choices=Source.Kind.choices, distinct=False)
    language = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Language"), choices=Source.Language.choices, distinct=False
    )

    class Meta:
        model = Source
        fields: list[str] = []

    def search(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        for word in words(value):
            found = found.filter(Q(title__icontains=word) | Q(publisher__icontains=word) | Q(url__icontains=word))
        return found

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset).order_by("title", "slug")
