"""Which of the directory's ties an entry means: found by both of its places, never by one.

A name that several places bear is decided by the tie alone, and only where one of them has such a tie; that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from partnerships.models import Country

from .places import Found, Places, Sense
from .reading import Entry
from .ties import Tie, Ties

Reason = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Candidate:
    """A tie that an entry can mean, and by way of which places."""

    tie: Tie
    us: Sense
    us_pk: int
    jp: Sense
    jp_pk: int

    @property
    def is_direct(self) -> bool:
        """The tie is that of the very places named, and not of what they became or consist of."""
        return (self.us.place.pk, self.jp.place.pk) == (self.us_pk, self.jp_pk)


@dataclass
class Match:
    """What was found for an entry: places on both shores, and the ties that join them."""

    us: Found
    jp: Found
    candidates: list[Candidate] = field(default_factory=list)
    mentioned: list[Tie] = field(default_factory=list)
    is_reversed: bool = False

    @property
    def is_placed(self) -> bool:
        return bool(self.us and self.jp)


def match(entry: Entry, places: Places, ties: Ties) -> Match:
    """Hold an entry's two names against all ties, as written and with the sides swapped."""
    straight = _match(entry.us_name, entry.jp_name, places, ties)
    if straight.candidates:
        return straight
    swapped = _match(entry.jp_name, entry.us_name, places, ties)
    swapped.is_reversed = True
    if swapped.candidates or (swapped.is_placed and not straight.is_placed):
        return swapped
    return straight


def _match(us_name: str, jp_name: str, places: Places, ties: Ties) -> Match:
    found = Match(places.look_up(us_name, Country.US), places.look_up(jp_name, Country.JP))
    best: dict[int, Candidate] = {}
    mentioned: dict[int, Tie] = {}
    for us, us_pk, jp, jp_pk in _pairs(found, places):
        for tie in ties.by_pair.get((us_pk, jp_pk), ()):
            candidate = Candidate(tie, us, us_pk, jp, jp_pk)
            if tie.pk not in best or (candidate.is_direct and not best[tie.pk].is_direct):
                best[tie.pk] = candidate
        for tie in ties.mentioned.get((us_pk, jp_pk), ()):
            mentioned.setdefault(tie.pk, tie)
    found.candidates = sorted(best.values(), key=lambda candidate: candidate.tie.slug)
    found.mentioned = sorted(mentioned.values(), key=lambda tie: tie.slug)
    return found


def _pairs(found: Match, places: Places) -> Iterator[tuple[Sense, int, Sense, int]]:
    for us in found.us.senses:
        for jp in found.jp.senses:
            for us_pk in places.relatives(us.place.pk):
                for jp_pk in places.relatives(jp.place.pk):
                    yield us, us_pk, jp, jp_pk


def homonyms(found: Found, places: Places) -> list[Sense]:
    """The places that bear the name, where they are several; what merged into another counts with it."""
    kept: list[Sense] = []
    for sense in found.senses:
        relatives = places.relatives(sense.place.pk)
        if not any(other.place.pk in relatives for other in kept):
            kept.append(sense)
    return kept
