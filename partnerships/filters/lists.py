"""What every filtered list can do: take what it understands, say what it does not, write itself as an address."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import starmap
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from partnerships import vocabulary
from partnerships.text import MOST_CHARACTERS, MOST_WORDS, Query, parse

OFFERED = ("theme", "state", "prefecture")  # parameters whose values are records
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
        for name in self.base_filters:
            if name in data and (given := [value.strip() for value in data.getlist(name) if value.strip()]):
                clean.setlist(name, list(self._applicable(name, given)))
                if not clean.getlist(name):
                    del clean[name]
        return clean

    def _applicable(self, name: str, given: list[str]) -> Iterator[str]:
        declared = self.base_filters[name]
        if isinstance(declared, django_filters.MultipleChoiceFilter):
            known = vocabulary.current().labels(name) if name in OFFERED else _choices(type(self), name)  # type: ignore[arg-type]
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

    @cached_property
    def unsorted_address(self) -> str:
        """The query string of the same list in its own order."""
        return self.address({"sort": []}) if self.chosen("sort") else self._own_address

    def sorted_address(self, order: str) -> str:
        """The query string of the same list in another order, which is its last parameter."""
        if self.is_default("sort", order, self._chosen):
            return self.unsorted_address
        return f"{self.unsorted_address}{'' if self.unsorted_address == '?' else '&'}sort={order}"

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
        if name in OFFERED:
            return vocabulary.current().labels(name).get(value, value)
        if isinstance(declared, django_filters.MultipleChoiceFilter):
            return str(dict(declared.extra["choices"]).get(value, value))
        return _("%(label)s: %(value)s") % {"label": declared.label, "value": value}

    @property
    def narrowing(self) -> list[tuple[str, str]]:
        """The parameters that decide what the list holds, with each of their values."""
        return self.chosen_but(self.appearance)

    def chosen_but(self, names: Collection[str]) -> list[tuple[str, str]]:
        """Every value that is applied, with its parameter, but for those of some parameters."""
        return [(name, value) for name, values in self._chosen.items() if name not in names for value in values]

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


@lru_cache
def _choices(filters: type[ListFilterSet], name: str) -> frozenset[str]:
    return frozenset(str(value) for value, _label in listed(filters.base_filters[name].extra["choices"]))


@lru_cache(maxsize=10_000)
def _encoded(name: str, value: str) -> str:
    return urlencode([(name, value)])


def presentable(value: str) -> str:
    """A stranger's input, short and without control characters, for showing it back."""
    shown = "".join("�" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character for character in value)
    return shown if len(shown) <= 40 else shown[:39] + "…"


def listed(choices: Any) -> list[Any]:
    return list(choices() if callable(choices) else choices)
