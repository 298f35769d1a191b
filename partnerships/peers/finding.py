"""A place's questions answered: who has done it, who across the Pacific fits, who near is connected, how to begin."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from partnerships import queries
from partnerships.models import Actor, Milestone, Outcome, Partnership

from . import words
from .rules import Question, weighted
from .world import MUNICIPALITY, REGION, Place, World, kilometres

# Bodies that help places without a tie, by their addresses in the directory.
HELPING: dict[str, tuple[str, ...]] = {
    "US": ("japan-local-government-center", "sister-cities-international"),
    "JP": ("clair",),
}

Likeness = Callable[[Place], bool]

MOST_RECORDS = 10
MOST_PLACES = 20
MOST_NEAR = 12
MOST_MODELS = 3
MOST_EXISTING = 30
MOST_TITLES = 3  # of partnerships, for each
NEAR = 100.0  # km
SIMILAR_SIZE = 3.0  # times as large or as small, for a model that a place of this size has used

# What makes a participant resemble the asking place, and a record worth reading: points by judgement, not measured.
SAME_LEVEL, SAME_SIZE, SAME_REGION, IS_NEAR, SHARED_THEME, SHARED_PARTNER = 2.0, 4.0, 1.5, 1.0, 0.5, 0.5
APART = 3.0  # natural logarithm of the ratio of two populations at which size gives no point any more
MOST_SHARED_THEMES = 3
MOST_OF_REST = IS_NEAR + MOST_SHARED_THEMES * SHARED_THEME + SHARED_PARTNER
ASKED_THEME, HAS_RESULTS, HAS_MODEL = 1.0, 1.0, 1.0


@dataclass(frozen=True)
class Example:
    """A partnership with the participant that is most like the asking place, and why it stands here."""

    record: Partnership
    like: Place
    like_name: str
    reasons: list[str]
    office: Actor
    result: Outcome | None


@dataclass(frozen=True)
class Fit:
    """A place across the Pacific with the reasons for it, the weightiest first."""

    place: Place
    name: str
    reasons: list[str]


@dataclass(frozen=True)
class Connected:
    """A place near the asking one with its partners across the Pacific."""

    place: Place
    name: str
    km: int | None
    partners: list[tuple[Place, str]]
    partner_count: int
    record_count: int


@dataclass(frozen=True)
class Existing:
    """A place that a partnership joins with the asking one already."""

    place: Place
    name: str
    records: list[Partnership]  # the first few
    record_count: int


@dataclass(frozen=True)
class Beginning:
    """A record that a place of this size began with, and what its first year looks like in the sources."""

    example: Example
    milestones: list[Milestone]  # that may lie within a year of its start
    results: list[Outcome]  # of the year in which it started


class Peers:
    """All answers for a place, each worked out when it is asked for; names and reasons in the active language."""

    def __init__(self, place: Place, world: World, themes: Iterable[str] = ()) -> None:
        self.place = place
        self.world = world
        self.question = Question(place, world, frozenset(themes))

    @property
    def has_records(self) -> bool:
        """Whether the place itself, or a body that lies in it, takes part in a partnership."""
        return bool(self.world.records_at(self.place.pk))

    # --- Who has done it --------------------------------------------------------------------------------------------

    @cached_property
    def examples(self) -> list[Example]:
        return self._examples(self._ranked(MOST_RECORDS))

    def _ranked(
        self, most: int, among: frozenset[int] | None = None, is_like: Likeness | None = None
    ) -> list[tuple[int, int]]:
        """Partnerships and the participants that make them worth reading, by their keys, the best first."""
        world, asked = self.world, self.question.themes
        wanted = among
        if asked:
            on_themes = frozenset(record for theme in asked for record in world.records_on.get(theme, ()))
            wanted = on_themes if among is None else on_themes & among
        if wanted is not None and not wanted:
            return []
        results, models = world.with_results, world.models
        most_of_record = len(asked) * ASKED_THEME + bool(results) * HAS_RESULTS + bool(models) * HAS_MODEL
        own = world.records_at(self.place.pk)
        best: list[tuple[float, int, int]] = []  # a heap, the least worth first
        held: dict[int, tuple[float, int, int]] = {}  # its entries by record
        likely = sorted(((self._rough_likeness(place), place.pk) for place in self._on_this_shore()), reverse=True)
        for rough, pk in likely:
            if len(best) == most and rough + MOST_OF_REST + most_of_record <= best[0][0]:
                break  # whoever comes now cannot reach the last of those found
            place = world.gazetteer.places[pk]
            if is_like and not is_like(place):
                continue
            points = rough + self._likeness_beyond(place)
            if len(best) == most and points + most_of_record <= best[0][0]:
                continue
            for record in world.records[pk] if wanted is None else wanted.intersection(world.records[pk]):
                if record in own:
                    continue
                worth = points + (record in results) * HAS_RESULTS + (record in models) * HAS_MODEL
                worth += len(asked & world.themes_of_records.get(record, frozenset())) * ASKED_THEME
                entry = worth, -record, pk
                if record in held:  # by another participant, who may be less like the asking place
                    if entry <= held[record]:
                        continue
                    best.remove(held[record])
                    heapq.heapify(best)
                held[record] = entry
                heapq.heappush(best, entry)
                if len(best) > most:
                    del held[-heapq.heappop(best)[1]]
        return [(-record, pk) for _worth, record, pk in sorted(best, reverse=True)]

    def _on_this_shore(self) -> Iterator[Place]:
        places = self.world.gazetteer.places
        for pk in self.world.records:
            if pk != self.place.pk and places[pk].country == self.place.country:
                yield places[pk]

    def _rough_likeness(self, other: Place) -> float:
        """What is quick to say of a place: its level, its size, its state or prefecture."""
        points = SAME_LEVEL * (other.level == self.place.level)
        if other.population and self.place.population:
            points += SAME_SIZE * max(0.0, 1 - abs(math.log(other.population / self.place.population)) / APART)
        if self.place.region and other.region == self.place.region:
            points += SAME_REGION
        return points

    def _likeness_beyond(self, other: Place) -> float:
        km = kilometres(self.place, other)
        points = IS_NEAR * (km is not None and km <= NEAR)
        points += SHARED_THEME * min(MOST_SHARED_THEMES, len(self._shared_themes(other)))
        return points + SHARED_PARTNER * bool(self._shared_partners(other))

    def _shared_themes(self, other: Place) -> frozenset[str]:
        none: frozenset[str] = frozenset()
        themes = self.world.ties.themes
        return (themes.get(self.place.pk, none) & themes.get(other.pk, none)) - self.question.themes

    def _shared_partners(self, other: Place) -> list[int]:
        """Regions that both states, or both prefectures, are tied with."""
        if other.region == self.place.region:
            return []
        partners = self.world.ties.partners
        return [pk for pk in partners.get(self.place.region, ()) if pk in partners.get(other.region, ())]

    def _examples(self, found: list[tuple[int, int]]) -> list[Example]:
        first_results = Outcome.objects.order_by("position", "pk")
        rows = queries.for_rows(queries.partnerships().filter(pk__in=[pk for pk, _like in found]))
        records = rows.prefetch_related(Prefetch("outcomes", first_results)).in_bulk()
        examples = []
        for pk, like in found:
            if (record := records.get(pk)) is None:
                continue
            place = self.world.gazetteer.places[like]
            results = list(record.outcomes.all())
            examples.append(
                Example(
                    record,
                    place,
                    words.full_name(self.world, place),
                    self._why_like(place, record),
                    self._office(record, place),
                    next((result for result in results if result.value is not None), results[0] if results else None),
                )
            )
        return examples

    def _office(self, record: Partnership, place: Place) -> Actor:
        """Whom to ask: the one that is like the asking place, or who merged into it."""
        own = [part.actor for part in record.participations.all()]
        present = self.world.gazetteer.present
        return next((actor for actor in own if present(actor.pk) == place.pk), own[0])

    def _why_like(self, other: Place, record: Partnership) -> list[str]:
        reasons = []
        asked = {theme.slug for theme in record.themes.all()} & self.question.themes
        if asked:
            reasons.append(_("on %(themes)s") % {"themes": words.themes(asked)})
        reasons += filter(None, (words.level(self.place, other), words.size(self.place, other)))
        km = kilometres(self.place, other)
        if self.place.region and other.region == self.place.region:
            named = {"region": words.region_name(self.world, other.region)}
            reasons.append(
                _("in %(region)s as well") % named if other.pk != other.region else _("your state or prefecture")
            )
        if km is not None and km <= NEAR and other.shore_class != REGION:
            reasons.append(_("%(km)s km from you") % {"km": round(km)})
        if shared := self._shared_themes(other):
            reasons.append(_("both active on %(themes)s") % {"themes": words.themes(shared)})
        if partners := self._shared_partners(other):
            named = {"place": words.name(self.world.gazetteer.places[partners[0]])}
            reasons.append(_("both states or prefectures are tied with %(place)s") % named)
        if record.pk in self.world.models:
            reasons.append(_("tells how to replicate it"))
        return reasons

    # --- Who across the Pacific could fit ---------------------------------------------------------------------------

    @cached_property
    def fits(self) -> list[Fit]:
        candidates = self.question.candidates
        if not candidates.places:
            return []
        used = weighted(self.place.country)
        columns = [rule.scores(self.question) for rule, _weight in used]
        scores = [0.0] * len(candidates.places)
        for column, (_rule, weight) in zip(columns, used, strict=True):
            scores = [score + weight * value for score, value in zip(scores, column, strict=True)]
        taken = {candidates.index[pk] for pk in self._joined if pk in candidates.index}
        # The scores alone are sorted far quicker than places by a key.
        least = sorted(scores, reverse=True)[min(MOST_PLACES + len(taken), len(scores)) - 1]
        found = [number for number, score in enumerate(scores) if score >= least and number not in taken]
        best = sorted(found, key=lambda number: (-scores[number], candidates.places[number].slug))[:MOST_PLACES]
        return [self._fit(candidates.places[number], used, [column[number] for column in columns]) for number in best]

    def _fit(self, place: Place, used: list[Any], values: list[float]) -> Fit:
        weighed = sorted(zip(used, values, strict=True), key=lambda found: -abs(found[0][1] * found[1]))
        reasons = [reason for (rule, _weight), _value in weighed if (reason := rule.reason(self.question, place))]
        return Fit(place, words.full_name(self.world, place), list(dict.fromkeys(reasons)))

    @cached_property
    def _joined(self) -> dict[int, list[int]]:
        """Places across the Pacific that partnerships join with this one, each with the keys of these partnerships."""
        joined: dict[int, list[int]] = {}
        places = self.world.gazetteer.places
        for record in self.world.records.get(self.place.pk, ()):
            for pk in self.world.parts[record]:
                if places[pk].country != self.place.country:
                    joined.setdefault(pk, []).append(record)
        return joined

    @cached_property
    def existing(self) -> list[Existing]:
        """Who is a partner already and therefore not suggested."""
        places = self.world.gazetteer.places
        own_class = [
            (len(keys), places[pk].slug, pk)
            for pk, keys in self._joined.items()
            if places[pk].shore_class == self.place.shore_class
        ]
        shown = [pk for _count, _slug, pk in sorted(own_class, key=lambda found: (-found[0], found[1]))[:MOST_EXISTING]]
        records = queries.partnerships().in_bulk({key for pk in shown for key in self._joined[pk][:MOST_TITLES]})
        return [
            Existing(
                places[pk],
                words.full_name(self.world, places[pk]),
                [records[key] for key in self._joined[pk][:MOST_TITLES] if key in records],
                len(self._joined[pk]),
            )
            for pk in shown
        ]

    # --- Who near is connected already ------------------------------------------------------------------------------

    @cached_property
    def region(self) -> Connected | None:
        """The state or prefecture that the place lies in; None where it is one itself, or lies in none."""
        region = self.world.gazetteer.places.get(self.place.region)
        return None if region is None or region.pk == self.place.pk else self._connected(region)

    @cached_property
    def neighbours(self) -> list[Connected]:
        """The nearest municipalities with a tie, those of the same state or prefecture within twice the distance."""
        places = self.world.gazetteer.places
        near = []
        for pk in self.world.ties.partners:
            other = places[pk]
            if pk == self.place.pk or other.country != self.place.country or other.shore_class != MUNICIPALITY:
                continue
            km = kilometres(self.place, other)
            is_same_region = other.region == self.place.region
            if km is not None and km <= NEAR * (1 + is_same_region):
                near.append((km, other.slug, other))
        return [self._connected(other) for _km, _slug, other in heapq.nsmallest(MOST_NEAR, near)]

    def _connected(self, place: Place) -> Connected:
        places = self.world.gazetteer.places
        partners = [places[pk] for pk in self.world.ties.partners.get(place.pk, ())]
        partners.sort(key=lambda partner: partner.slug)
        # The point of a state or prefecture says nothing about how near it is.
        km = kilometres(self.place, place) if place.shore_class != REGION else None
        return Connected(
            place,
            words.full_name(self.world, place),
            None if km is None else round(km),
            [(partner, words.name(partner)) for partner in partners[:MOST_MODELS]],
            len(partners),
            len(self.world.records.get(place.pk, ())),
        )

    # --- Nothing yet ------------------------------------------------------------------------------------------------

    @cached_property
    def offices(self) -> list[Actor]:
        """Whom a place without a tie can ask: its state or prefecture, and the bodies that help such places."""
        region = self.world.gazetteer.places.get(self.place.region)
        slugs = HELPING[self.place.country]
        if region is not None and region.pk != self.place.pk:
            slugs = (region.slug, *slugs)
        found = {actor.slug: actor for actor in queries.actors().filter(slug__in=slugs)}
        return [found[slug] for slug in slugs if slug in found]

    @cached_property
    def beginnings(self) -> list[Beginning]:
        """Three records of places of this size with something to learn from, and what their first year held."""
        population = self.place.population

        def is_of_this_size(other: Place) -> bool:
            if other.shore_class != self.place.shore_class:
                return False
            if not population:
                return True
            return population / SIMILAR_SIZE <= (other.population or 0) <= population * SIMILAR_SIZE

        worth_reading = self.world.models | self.world.with_results
        examples = self._examples(self._ranked(MOST_MODELS, worth_reading, is_of_this_size))
        keys = [example.record.pk for example in examples]
        milestones = list(Milestone.objects.filter(partnership__in=keys).order_by("on", "pk"))
        return [
            Beginning(
                example,
                [
                    milestone
                    for milestone in milestones
                    if milestone.partnership_id == example.record.pk and _is_in_first_year(example.record, milestone.on)
                ],
                [
                    result
                    for result in example.record.outcomes.all()
                    if example.record.started and result.year == example.record.started.year
                ],
            )
            for example in examples
        ]


def _is_in_first_year(record: Partnership, on: Any) -> bool:
    """Whether a date may lie within a year of a record's start, as precisely as both are known."""
    if record.started is None or on is None:
        return False
    begin, end = record.started.earliest, record.started.latest
    return on.latest >= begin and (on.earliest - end).days <= 365
