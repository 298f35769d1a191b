"""One FilterSet per list: for the page now, and for every other shape of the same list.

A value that cannot be understood is reported and left out; it never breaks the list and never empties it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from copy import copy, deepcopy
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import starmap
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import urlencode

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from . import dimensions, queries, search, vocabulary, wording
from .models import Actor, Partnership, Source
from .text import MOST_CHARACTERS, MOST_WORDS, Query, parse

MOST_VALUES = 60  # of one parameter; there are 56 states and territories


@dataclass(frozen=True)
class Ignored:
    """A value of a known parameter that was not applied: what the page says of it, and what is wrong with it."""

    parameter: str
    message: str
    fault: str


class ListFilterSet(django_filters.FilterSet):
    """A FilterSet that takes what it understands, and can write itself as an address."""

    # Parameters that change how a list is shown, and not what it holds.
    appearance: ClassVar[frozenset[str]] = frozenset({"sort"})

    def __init__(self, data: QueryDict, queryset: QuerySet[Any]) -> None:
        # Not django-filter's own, which copies every filter: most lists are selected without one (``catalogue``).
        self.is_bound = True
        self.queryset = queryset
        self.request = None
        self.form_prefix = None
        self.ignored: list[Ignored] = []
        self._keep(self._understood(data))

    @cached_property
    def filters(self) -> dict[str, Any]:
        """The filters of this very list, for the queryset; names and labels are in ``base_filters``."""
        own = deepcopy(self.base_filters)
        for declared in own.values():
            declared.model = self.queryset.model
            declared.parent = self
        return own

    def _understood(self, data: QueryDict) -> QueryDict:
        clean = QueryDict(mutable=True)
        for name in self.base_filters if data else ():
            if given := [value.strip() for value in data.getlist(name) if value.strip()]:
                clean.setlist(name, list(self._applicable(name, given)))
                if not clean.getlist(name):
                    del clean[name]
        return clean

    def _applicable(self, name: str, given: list[str]) -> Iterator[str]:
        declared = self.base_filters[name]
        if isinstance(declared, django_filters.MultipleChoiceFilter):
            known = {str(value) for value, _label in _listed(declared.extra["choices"])}
            for value in self._first(name, list(dict.fromkeys(given))):
                if value in known:
                    yield value
                else:
                    self._ignore(name, value)
            return
        value = given[-1] if name != "q" else " ".join(given[-1].split())
        if name == "q" and not self._searchable(value):
            return
        try:
            cleaned = declared.field.clean(value)
        except ValidationError:
            self._ignore(name, value)
        else:
            yield str(cleaned) if isinstance(cleaned, int) else value

    def _first(self, name: str, values: list[str]) -> list[str]:
        if len(values) > MOST_VALUES:
            text = _("%(label)s: only the first %(most)d values were used.")
            message = text % {"label": self.base_filters[name].label, "most": MOST_VALUES}
            self.ignored.append(Ignored(name, message, message))
        return values[:MOST_VALUES]

    def _searchable(self, typed: str) -> bool:
        """Whether there is anything to search for; says so where not, and where not all of it is used."""
        query = parse(typed)
        if not query:
            message = _("“%(words)s” holds nothing to search for.") % {"words": presentable(typed)}
            self.ignored.append(Ignored("q", message, message))
        elif query.is_shortened:
            text = _("Only the first %(words)d words and %(characters)d characters of the search were used.")
            message = text % {"words": MOST_WORDS, "characters": MOST_CHARACTERS}
            self.ignored.append(Ignored("q", message, message))
        return bool(query)

    def _ignore(self, name: str, value: str) -> None:
        given = {"label": self.base_filters[name].label, "value": presentable(value)}
        message = _("%(label)s: “%(value)s” was not understood and is ignored.") % given
        self.ignored.append(Ignored(name, message, _("“%(value)s” was not understood.") % given))

    def _keep(self, data: QueryDict) -> None:
        self.data = data
        self._chosen = {name: data.getlist(name) for name in data}  # asked for a hundred times on a page

    def chosen(self, name: str) -> list[str]:
        """The values of a parameter that are applied, as given."""
        return self._chosen.get(name, [])

    def without(self, name: str) -> Self:
        """The same list without one of its filters; itself where that one is not in use."""
        if not self.chosen(name):
            return self
        other = type(self)(QueryDict(), queryset=self.queryset)
        data = self.data.copy()
        del data[name]
        other._keep(data)
        return other

    @property
    def words(self) -> str:
        """What is searched for, as typed."""
        return (self.chosen("q") or [""])[-1]

    @property
    def query(self) -> Query:
        """The same, understood; a query without words where nothing is searched for."""
        return parse(self.words)

    def address(self, changes: dict[str, list[str]] | None = None, *, page: int = 1) -> str:
        """The query string of this list with some parameters changed, in the one canonical form."""
        if changes or page > 1:
            return "?" + "&".join(starmap(_encoded, self.pairs(changes or {}, page=page)))
        return self._own_address

    @cached_property
    def _own_address(self) -> str:
        return "?" + "&".join(starmap(_encoded, self.pairs({})))

    def pairs(self, changes: dict[str, list[str]], *, page: int = 1) -> list[tuple[str, str]]:
        """The parameters in their one order: the values of each sorted, defaults left out."""
        chosen = {**self._chosen, **changes}
        pairs = [
            (name, value)
            for name in self.base_filters
            if (values := chosen.get(name))
            for value in (sorted(values) if len(values) > 1 else values)
            if not self.is_default(name, value, chosen)
        ]
        return [*pairs, ("page", str(page))] if page > 1 else pairs

    def is_default(self, name: str, value: str, chosen: dict[str, list[str]]) -> bool:
        """Whether a list with these choices would be the same without this one."""
        return False

    def description(self, name: str, value: str) -> str:
        """A value that narrows the list, in words."""
        declared = self.base_filters[name]
        if name == "q":
            return _("“%(words)s”") % {"words": value}
        if name == "decade":
            return _("%(year)ds") % {"year": int(value)}
        if name in _OFFERED:
            return vocabulary.current().labels(name).get(value, value)
        if isinstance(declared, django_filters.MultipleChoiceFilter):
            return str(dict(declared.extra["choices"]).get(value, value))
        return _("%(label)s: %(value)s") % {"label": declared.label, "value": value}

    @property
    def narrowing(self) -> list[tuple[str, str]]:
        """The parameters that decide what the list holds, with each of their values."""
        return [
            (name, value) for name in self.base_filters if name not in self.appearance for value in self.chosen(name)
        ]

    def changed(self, changes: dict[str, list[str]]) -> Self:
        """The same kind of list with some parameters changed."""
        query = QueryDict(mutable=True)
        for name, value in self.pairs(changes):
            query.appendlist(name, value)
        return type(self)(query, self.queryset)

    def toggled(self, name: str, value: str) -> str:
        """The address in which one value is chosen, or no longer chosen."""
        chosen = self.chosen(name)
        return self.address(
            {name: [other for other in chosen if other != value] if value in chosen else [*chosen, value]}
        )

    def toggles(self, name: str, values: list[str]) -> list[str]:
        """For each value of a parameter, the address in which it is chosen, or no longer chosen."""
        chosen = self.chosen(name)
        # A list has a hundred such links, so that what stands around the one parameter is written only once.
        pairs = self.pairs({name: ["\0"]})
        place = pairs.index((name, "\0"))
        before, after = "?", ""
        if place:
            before += "&".join(starmap(_encoded, pairs[:place])) + "&"
        if pairs[place + 1 :]:
            after = "&" + "&".join(starmap(_encoded, pairs[place + 1 :]))
        if not chosen:
            return [f"{before}{_encoded(name, value)}{after}" for value in values]
        addresses = []
        for value in values:
            others = [other for other in chosen if other != value] if value in chosen else [*chosen, value]
            own = "&".join(_encoded(name, other) for other in (sorted(others) if len(others) > 1 else others))
            addresses.append(f"{before}{own}{after}" if own else (before + after[1:]).removesuffix("&"))
        return addresses


class _LightlyCopied(django_filters.Filter):
    """A filter as every FilterSet gets its own; copying it deeply, as django-filter does, takes longer than its use."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        made = copy(self)
        made.extra = dict(self.extra)
        if self.method:
            made.method = self.method  # binds it to the copy
        return made


class _TextFilter(_LightlyCopied, django_filters.CharFilter):
    pass


class _ChoiceFilter(_LightlyCopied, django_filters.ChoiceFilter):
    pass


class _ChoicesFilter(_LightlyCopied, django_filters.MultipleChoiceFilter):
    pass


@lru_cache(maxsize=10_000)
def _encoded(name: str, value: str) -> str:
    return urlencode([(name, value)])


def presentable(value: str) -> str:
    """A stranger's input, short and without control characters, for showing it back."""
    shown = "".join("�" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character for character in value)
    return shown if len(shown) <= 40 else shown[:39] + "…"


def _listed(choices: Any) -> list[Any]:
    return list(choices() if callable(choices) else choices)


_Kind = TypeVar("_Kind", bound=ListFilterSet)
_OFFERED = ("theme", "state", "prefecture")


def _offered(parameter: str) -> Callable[[], list[tuple[str, str]]]:
    return lambda: vocabulary.current().choices(parameter)


def _decades() -> list[tuple[str, str]]:
    return [(str(year), str(year)) for year in range(dimensions.FIRST_DECADE, dimensions.LAST_DECADE + 1, 10)]


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


class _ActorFilter(_TextFilter):
    field_class = _ActorSlugField


class _YearFilter(_LightlyCopied, django_filters.NumberFilter):
    field_class = forms.IntegerField

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=9999, **options)


_WORDS = gettext_lazy("Words in English, Japanese or romaji; all of them must occur.")
_STATE = gettext_lazy("ISO 3166-2 code of a state or territory such as US-WA, with every place in it. May repeat.")
_PREFECTURE = gettext_lazy("ISO 3166-2 code of a prefecture such as JP-40, with every place in it. May repeat.")


class PartnershipFilter(ListFilterSet):
    """The listing's parameters. Values of one parameter widen (or), different parameters narrow (and)."""

    q = _TextFilter(label=gettext_lazy("Search"), method="search", help_text=_WORDS)
    theme = _ChoicesFilter(
        label=gettext_lazy("Theme"),
        choices=_offered("theme"),
        method="by_dimension",
        help_text=gettext_lazy("A theme, by the last part of its address. May repeat."),
    )
    kind = _ChoicesFilter(
        label=gettext_lazy("Kind"),
        choices=Partnership.Kind.choices,
        method="by_dimension",
        help_text=gettext_lazy("A kind of partnership. May repeat."),
    )
    status = _ChoicesFilter(
        label=gettext_lazy("Status"),
        choices=Partnership.Status.choices,
        method="by_dimension",
        help_text=gettext_lazy("What the sources say of its state. May repeat."),
    )
    state = _ChoicesFilter(
        label=gettext_lazy("State"),
        choices=_offered("state"),
        method="by_dimension",
        help_text=_STATE,
    )
    prefecture = _ChoicesFilter(
        label=gettext_lazy("Prefecture"),
        choices=_offered("prefecture"),
        method="by_dimension",
        help_text=_PREFECTURE,
    )
    level = _ChoicesFilter(
        label=gettext_lazy("Level"),
        choices=Actor.Kind.choices,
        method="by_dimension",
        help_text=gettext_lazy(
            "What one of the participants is, such as state, prefecture, county or city. May repeat."
        ),
    )
    decade = _ChoicesFilter(
        label=gettext_lazy("Decade"),
        choices=_decades(),
        method="by_dimension",
        help_text=gettext_lazy("The decade in which it started: 1990 for the nineties. May repeat."),
    )
    actor = _ActorFilter(
        label=gettext_lazy("Place or organisation"),
        method="by_actor",
        help_text=gettext_lazy(
            "A place or organisation, by the last part of its address; with the places in it and those merged into it."
        ),
    )
    year_min = _YearFilter(
        label=gettext_lazy("Started from"),
        method="from_year",
        help_text=gettext_lazy("The first year in which it may have started."),
    )
    year_max = _YearFilter(
        label=gettext_lazy("Started until"),
        method="until_year",
        help_text=gettext_lazy("The last year in which it may have started."),
    )
    sort = _ChoiceFilter(
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


class PlaceFilter(ListFilterSet):
    """The parameters of pages about one place: a place or organisation, and the themes to look at."""

    actor = _ActorFilter(
        label=gettext_lazy("Place or organisation"),
        method="keep",
        help_text=gettext_lazy("The place or organisation that asks, by the last part of its address."),
    )
    theme = _ChoicesFilter(
        label=gettext_lazy("Theme"),
        choices=_offered("theme"),
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


class CoverageFilter(PartnershipFilter):
    """What the matrix of coverage can be narrowed by: of the listing's parameters those that are not its own rows or
    columns, and ``by``, what it shows."""

    q = theme = state = prefecture = level = decade = actor = sort = None  # type: ignore[assignment]
    appearance = frozenset({"by"})

    by = _ChoiceFilter(
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


class EmbedFilter(PartnershipFilter):
    """The listing's parameters, and what a page of somebody else shows of the list and how."""

    appearance = frozenset({"sort", "view", "rows", "look"})

    view = _ChoiceFilter(
        label=gettext_lazy("What it shows"),
        choices=[
            ("list", pgettext_lazy("what an embed shows", "a list")),
            ("map", pgettext_lazy("what an embed shows", "a map")),
            ("both", pgettext_lazy("what an embed shows", "a map and a list")),
        ],
        method="keep",
    )
    rows = _ChoiceFilter(
        label=gettext_lazy("Length of the list"),
        choices=[(number, number) for number in ("5", "10", "20")],
        method="keep",
    )
    look = _ChoiceFilter(
        label=gettext_lazy("Colours"),
        choices=[
            ("auto", gettext_lazy("as on each device")),
            ("light", gettext_lazy("always light")),
        ],
        method="keep",
    )

    class Meta:
        model = Partnership
        fields: list[str] = []

    def is_default(self, name: str, value: str, chosen: dict[str, list[str]]) -> bool:
        if name in {"rows", "sort"} and chosen.get("view") == ["map"]:
            return True  # a map shows everything, in no order
        return (name, value) in {("view", "list"), ("rows", "5"), ("look", "auto")} or super().is_default(
            name, value, chosen
        )

    @property
    def shows_map(self) -> bool:
        return self.chosen("view") in (["map"], ["both"])

    @property
    def most(self) -> int:
        """How many partnerships are named; none beside a map alone."""
        return 0 if self.chosen("view") == ["map"] else int((self.chosen("rows") or ["5"])[-1])

    @property
    def is_always_light(self) -> bool:
        return self.chosen("look") == ["light"]

    @cached_property
    def listing(self) -> PartnershipFilter:
        """The whole list with the same filters."""
        return self._with_parameters_of(PartnershipFilter)

    def _with_parameters_of(self, kind: type[_Kind]) -> _Kind:
        """The same choices as another kind of list has them; not looked at again, because they are understood."""
        other = kind(QueryDict(), self.queryset)
        data = QueryDict(mutable=True)
        for name in kind.base_filters:
            if chosen := self.chosen(name):
                data.setlist(name, chosen)
        other._keep(data)
        return other


class EmbedFormFilter(EmbedFilter):
    """The parameters of the page on which an embed is put together: its own, and its language."""

    appearance = EmbedFilter.appearance | {"language"}

    language = _ChoiceFilter(
        label=gettext_lazy("Language"), choices=[("en", "English"), ("ja", "日本語")], method="keep"
    )

    class Meta:
        model = Partnership
        fields: list[str] = []

    def is_default(self, name: str, value: str, chosen: dict[str, list[str]]) -> bool:
        return (name, value) == ("language", get_language()) or super().is_default(name, value, chosen)

    @property
    def its_language(self) -> str:
        """Of the embed; that of the page unless another one is chosen."""
        return (self.chosen("language") or [get_language() or "en"])[-1]

    @cached_property
    def embed(self) -> EmbedFilter:
        return self._with_parameters_of(EmbedFilter)


class ActorFilter(ListFilterSet):
    """The parameters of the list of places and organisations; those without a partnership only on request."""

    q = _TextFilter(label=gettext_lazy("Search"), method="search", help_text=_WORDS)
    kind = _ChoicesFilter(
        label=gettext_lazy("Kind"),
        choices=Actor.Kind.choices,
        distinct=False,
        help_text=gettext_lazy("What it is, such as state, prefecture, city, port or university. May repeat."),
    )
    state = _ChoicesFilter(
        label=gettext_lazy("State"), choices=_offered("state"), field_name="region__code", help_text=_STATE
    )
    prefecture = _ChoicesFilter(
        label=gettext_lazy("Prefecture"),
        choices=_offered("prefecture"),
        field_name="region__code",
        help_text=_PREFECTURE,
    )
    show = _ChoiceFilter(
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


class SourceFilter(ListFilterSet):
    """The parameters of the list of sources."""

    q = _TextFilter(label=gettext_lazy("Search"), method="search", help_text=_WORDS)
    kind = _ChoicesFilter(
        label=gettext_lazy("Kind"),
        choices=Source.Kind.choices,
        distinct=False,
        help_text=gettext_lazy("A kind of source. May repeat."),
    )
    language = _ChoicesFilter(
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
