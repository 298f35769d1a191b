"""What a briefing covers: which partnerships it tells one by one, which only as numbers, which not at all."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Q, QuerySet

from partnerships import catalogue, queries
from partnerships.catalogue import Catalogue
from partnerships.models import Actor, PartialDate, Participation, Partnership

MOST_TOLD = 20  # partnerships, each with its facts, results, offices and sources: about 15 pages
MOST_PLACES = 40


@dataclass(frozen=True)
class Below:
    """A place below the actor with the number of its partnerships that are not told one by one."""

    place: Actor
    count: int


@dataclass(frozen=True)
class Scope:
    """A briefing's partnerships as of a day; numbers count what is published and had begun by then.

    One that began later is left out and counted in ``later``; one whose start is unknown is in.
    """

    actor: Any
    other: Any | None
    day: dt.date
    published: Catalogue
    bitmap: int
    own: int  # bitmap of what the actor itself, or a municipality that merged into it, takes part in
    told: list[int]  # keys
    below: list[Below]
    places_left_out: int
    later: int

    @classmethod
    def of(cls, actor: Actor, other: Actor | None, day: dt.date) -> Self:
        """The actor's own come first; those of places below it are told as well where all of them are few."""
        published = catalogue.current()
        parts = _parts_within(actor)
        within = published.bitmap(key for key, _actor in parts)
        if other is not None:
            within &= published.bitmap(key for key, _actor in _parts_within(other))
        bitmap = within & published.begun_by(day)
        itself = set(_itself(actor).values_list("pk", flat=True))
        own_bitmap = published.bitmap(key for key, pk in parts if pk in itself) & bitmap
        told = _first(published, own_bitmap)
        is_all_told = bitmap.bit_count() <= MOST_TOLD
        if is_all_told:
            told += _first(published, bitmap & ~own_bitmap)
        below, left_out = ([], 0) if is_all_told else _below(actor, parts, published, bitmap & ~own_bitmap)
        return cls(
            actor=actor,
            other=other,
            day=day,
            published=published,
            bitmap=bitmap,
            own=own_bitmap,
            told=told,
            below=below,
            places_left_out=left_out,
            later=(within & ~bitmap).bit_count(),
        )

    @property
    def count(self) -> int:
        return self.bitmap.bit_count()

    @property
    def own_count(self) -> int:
        return self.own.bit_count()

    @property
    def own_left_out(self) -> int:
        """How many of its own are not told one by one."""
        return self.own_count - (self.own & self.published.bitmap(self.told)).bit_count()

    @property
    def below_count(self) -> int:
        """How many partnerships only places below it take part in, where they are told as numbers."""
        return 0 if len(self.told) == self.count else self.count - self.own_count

    def counts(self, parameter: str) -> dict[str, int]:
        """How many of all have each value of one of the listing's parameters."""
        return self.published.counts(parameter, self.bitmap)

    @property
    def earliest(self) -> PartialDate | None:
        """When the first of all began, as far as that is known."""
        facts = self.published.facts(self.published.keys(self.bitmap, "oldest", 0, 1))
        return PartialDate.parse(facts[0].started) if facts and facts[0].started else None


def _itself(actor: Actor) -> QuerySet[Actor]:
    return Actor.objects.published().filter(Q(pk=actor.pk) | queries.merged_into(actor))


def _parts_within(actor: Actor) -> list[tuple[int, int]]:
    """Who of an actor's reach takes part in what: the keys of a partnership, published or not, and of an actor.

    What is published, the catalogue says: joining partnerships as well takes SQLite seconds where there are many.
    """
    parts = Participation.objects.filter(actor__in=Actor.objects.filter(queries.reach(actor)))
    return list(parts.order_by().values_list("partnership", "actor"))


def _first(published: Catalogue, bitmap: int) -> list[int]:
    """What has not ended before what has, the oldest first, as many as are told."""
    ended = published.having("status", Partnership.Status.ENDED)
    keys = published.keys(bitmap & ~ended, "oldest", 0, MOST_TOLD)
    return keys + published.keys(bitmap & ended, "oldest", 0, MOST_TOLD - len(keys))


def _below(actor: Actor, parts: list[tuple[int, int]], published: Catalogue, bitmap: int) -> tuple[list[Below], int]:
    """Places below with their numbers, those with most first, and how many of these places are not shown."""
    inside = Actor.objects.published().within(actor).exclude(pk=actor.pk)
    slugs = dict(inside.order_by().values_list("pk", "slug"))
    counted = set(published.keys(bitmap, "newest", 0, bitmap.bit_count()))
    numbers = Counter(pk for key, pk in parts if pk in slugs and key in counted)
    ordered = sorted(numbers, key=lambda pk: (-numbers[pk], slugs[pk]))
    places = queries.actors().in_bulk(ordered[:MOST_PLACES])
    shown = [Below(places[pk], numbers[pk]) for pk in ordered[:MOST_PLACES] if pk in places]
    return shown, len(ordered) - len(shown)
