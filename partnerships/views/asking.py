"""Which place and themes a page was asked about, and what may have been meant where it is none."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from partnerships import queries, search, vocabulary
from partnerships.filters import PlaceFilter
from partnerships.models import Actor
from partnerships.text import fold, parse

MOST_PLACES = 6  # offered for a name that no address is
MOST_THEMES = 3


@dataclass(frozen=True)
class Asked:
    """What was typed, and what may have been meant where it is no place and no theme."""

    filters: PlaceFilter
    typed: str
    typed_themes: list[str]

    @property
    def messages(self) -> list[str]:
        return [ignored.message for ignored in self.filters.ignored]

    @cached_property
    def places(self) -> list[Actor]:
        """Those whose names are nearest to what was typed, where that is no address of one."""
        return [] if self.filters.place or not self.typed.strip() else _named(self.typed)

    @property
    def one_place(self) -> Actor | None:
        """The only one that bears the name that was typed, or the only state or prefecture that does."""
        exact = [place for place in self.places if _bears(place, self.typed)]
        regions = [place for place in exact if place.kind in Actor.REGION_KINDS]
        return next((named[0] for named in (exact, regions) if len(named) == 1), None)

    @cached_property
    def nearest_themes(self) -> list[tuple[str, str]]:
        """Addresses of the page with the themes that are spelt like those that do not exist, with their names."""
        labels = vocabulary.current().labels("theme")
        spelt = {fold(text): slug for slug, label in labels.items() for text in (slug, label)}
        unknown = [fold(typed) for typed in self.typed_themes if typed not in labels and typed.strip()]
        near = dict.fromkeys(
            spelt[match] for typed in unknown for match in get_close_matches(typed, spelt, MOST_THEMES)
        )
        return [(self.filters.address({"theme": [slug]}), labels[slug]) for slug in list(near)[:MOST_THEMES]]


def _bears(place: Actor, typed: str) -> bool:
    name = fold(place.name)
    return fold(typed) in {name, name.removesuffix(" prefecture"), fold(place.name_ja)}


def _named(typed: str) -> list[Actor]:
    """Published places and organisations with the typed words in their names; else with one typing error mended."""
    query = parse(typed.replace("-", " "))
    if not query.wanted:
        return []
    found = _best(query)
    for word in () if found else query.wanted:
        for spelling in search.corrections("actor", word.typed, queries.actors()):
            found += [place for place in _best(parse(spelling)) if place not in found]
    return found[:MOST_PLACES]


def _best(query: Any) -> list[Actor]:
    ranked: Any = search.ranked(search.apply(queries.actors(), query), query).filter(rank__lte=2)
    return list(ranked.order_by("rank", "-population", "slug")[:MOST_PLACES])
