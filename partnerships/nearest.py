"""What may have been meant by an address or a name that there is none of: whose names come near."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from . import catalogue, queries, search, vocabulary
from .catalogue import Facts
from .models import Actor
from .text import Word, fold, parse

IN_NAMES = 2  # the level of a search on which every word stands in names


def partnerships(typed: str, most: int) -> list[Facts]:
    """Published partnerships in whose names and titles most of the words stand, at least half of them.

    Of those with as many words the newest first.
    """
    known = catalogue.current()
    having = [known.searched(word)[-2] for word in _words(typed, "partnership", queries.partnerships())]
    at_least = [known.everything] + [0] * len(having)
    for bitmap in having:
        for number in range(len(having), 0, -1):
            at_least[number] |= at_least[number - 1] & bitmap
    keys: list[int] = []
    for number in range(len(having), 0, -1):
        if number * 2 >= len(having):
            rest = at_least[number] & ~known.bitmap(keys)
            keys += known.keys(rest, "newest", 0, most - len(keys))
    return known.facts(keys)


def places(typed: str, most: int) -> list[Actor]:
    """Published places and bodies that bear the words, or as many of the first of them as any does.

    The best matches first, then the larger ones.
    """
    words = list(_words(typed, "actor", queries.actors()))
    for number in range(len(words), 0, -1):
        asked = parse(" ".join(words[:number]))
        found: Any = search.ranked(search.apply(queries.actors(), asked), asked).filter(rank__lte=IN_NAMES)
        if near := list(found.order_by("rank", "-population", "slug")[:most]):
            return near
    return []


def themes(typed: Iterable[str], most: int) -> dict[str, str]:
    """Themes spelt like those that do not exist: their names in the active language by slug."""
    labels = vocabulary.current().labels("theme")
    spelt = {fold(text): slug for slug, label in labels.items() for text in (slug, label)}
    unknown = [fold(name) for name in typed if name not in labels and name.strip()]
    near = dict.fromkeys(spelt[match] for name in unknown for match in get_close_matches(name, spelt, most))
    return {slug: labels[slug] for slug in list(near)[:most]}


def _words(typed: str, kind: str, published: Any) -> Iterator[str]:
    """The words that can be searched for, each with its typing error mended if it occurs nowhere."""
    for word in parse(re.sub(r"[\W_]+", " ", typed)).wanted:
        mended = [] if _occurs(word, published) else search.corrections(kind, word.typed, published)
        yield (mended or [word.typed])[0]


def _occurs(word: Word, published: Any) -> bool:
    return search.apply(published, parse(word.typed)).exists()
