"""What a list without matches offers instead: other spellings, what to leave out, places of that name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from partnerships import queries, search
from partnerships.filters import ActorFilter, ListFilterSet
from partnerships.models import Actor
from partnerships.text import Word

from .results import Results

MOST_PLACES = 4


@dataclass(frozen=True)
class Offer:
    """Another list, with the number of its matches."""

    label: str
    url: str
    count: int


@dataclass(frozen=True)
class Advice:
    meant: list[Offer]
    left_out: list[Offer]
    places: list[Actor]

    @classmethod
    def build(cls, filters: ListFilterSet, results: Results) -> Advice:
        offering = _Offering(filters, results)
        return cls(offering.meant(), offering.left_out(), _places(filters))


@dataclass(frozen=True)
class _Offering:
    filters: ListFilterSet
    results: Results

    def _offer(self, label: str, changes: dict[str, list[str]]) -> list[Offer]:
        """The list with these changes, where it is not empty."""
        count = self.results.count_of(self.filters.changed(changes))
        return [Offer(label, self.filters.address(changes), count)] if count else []

    def meant(self) -> list[Offer]:
        """The search with one typing error mended in each word that occurs nowhere."""
        query = self.filters.query
        unknown = [word for word in query.wanted if _is_correctable(word) and not self._occurs(word)]
        if not unknown:
            return []
        offers: list[Offer] = []
        first, *others = unknown
        for spelling in self._corrections(first):
            replaced = {first: spelling}
            replaced |= {word: found[0] for word in others if (found := self._corrections(word))}
            typed = query.respelt(replaced)
            offers += (
                self._offer(typed, {"q": [typed]})
                or self._offer(typed, self._only_words(typed))
                or self._offer(spelling, self._only_words(spelling))
            )
        return offers

    def _only_words(self, typed: str) -> dict[str, list[str]]:
        return {name: [typed] if name == "q" else [] for name in self.filters.base_filters}

    def _occurs(self, word: Word) -> bool:
        return self.results.count_of(self.filters.changed(self._only_words(word.typed))) > 0

    def _corrections(self, word: Word) -> list[str]:
        return search.corrections(self.results.kind, word.typed, self.filters.queryset)

    def left_out(self) -> list[Offer]:
        """The list without each of its words, and without each of its other filters."""
        query = self.filters.query
        offers: list[Offer] = []
        if len(query.words) > 1:
            for word in query.words:
                offers += self._offer(_("“%(words)s”") % {"words": word.typed}, {"q": [query.without(word)]})
        narrowing = [name for name in self.filters.base_filters if name not in {"sort", "show"}]
        used = [name for name in narrowing if self.filters.chosen(name)]
        for name in used if len(used) > 1 else ():
            label = _("“%(words)s”") % {"words": self.filters.words} if name == "q" else self._label(name)
            offers += self._offer(label, {name: []})
        return offers

    def _label(self, name: str) -> str:
        return str(self.filters.base_filters[name].label)


def _is_correctable(word: Word) -> bool:
    return not word.is_phrase and len(word.terms) == 1 and not word.terms[0].is_japanese


def _places(filters: ListFilterSet) -> list[Actor]:
    """Places and organisations that bear a word of the search as their name, wherever they stand in the directory."""
    query = filters.query
    if isinstance(filters, ActorFilter) and filters.chosen("show") == ["all"]:
        return []
    found: list[Actor] = []
    for word in [query, *(query.only(word) for word in query.wanted)] if query.wanted else []:
        named: Any = search.ranked(search.apply(queries.actors(), word), word).filter(rank__lte=1)
        found += [actor for actor in named.order_by("rank", "-population", "slug")[:MOST_PLACES] if actor not in found]
    return found[:MOST_PLACES]
