"""What peer finding knows: the published places and bodies, and which of them are tied, at one version.

Who merged into another stands for its successor. Places of one shore and class stand in columns, lists of equal
length, so that a rule compares a place with all of them at once.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from partnerships import queries
from partnerships.models import Actor, Country, Partnership, PartnershipTheme, RecordVersion, version

from .geography import Grid, Point, distance, is_coastal

AREA = 30.0  # km: whose people a place is the centre of
NEAR, REACH = 60.0, 20.0  # km: as far as a tie of a neighbour counts, and where it counts 1/e
REGION, MUNICIPALITY = "region", "municipality"
TOWN_KINDS = {Actor.Kind.TOWN, Actor.Kind.TOWNSHIP, Actor.Kind.BOROUGH, Actor.Kind.VILLAGE}
_OWN_LEVEL = {*Actor.REGION_KINDS, *Actor.MUNICIPAL_KINDS}

Pair = tuple[int, int]  # the keys of an American and of a Japanese place


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A place or body as the rules see it."""

    pk: int
    slug: str
    name: str
    name_ja: str
    kind: str
    country: str
    population: int | None
    year: int | None
    region: int  # the key of its state or prefecture, its own for one of these; 0 where it lies in none
    parent: int
    point: Point | None
    shore_class: str  # whom it is compared with: regions, municipalities, or bodies of its own kind
    level: str  # cities and special wards are one, towns, villages, townships and boroughs another


def _shore_class(kind: str) -> str:
    if kind in Actor.REGION_KINDS:
        return REGION
    return MUNICIPALITY if kind in Actor.MUNICIPAL_KINDS else kind


def _level(kind: str) -> str:
    if kind in TOWN_KINDS:
        return "town"
    if kind in (Actor.Kind.CITY, Actor.Kind.SPECIAL_WARD):
        return "city"
    return REGION if kind in Actor.REGION_KINDS else kind


def across_from(country: str) -> str:
    return Country.JP.value if country == Country.US else Country.US.value


class Columns:
    """The places of one shore and class, in the order of their slugs, with what rules ask of all of them."""

    def __init__(self, places: list[Place]) -> None:
        self.places = places
        self.index = {place.pk: number for number, place in enumerate(places)}
        self.log_populations = [math.log(place.population) if place.population else None for place in places]
        self.levels = [place.level for place in places]
        self.regions = [place.region for place in places]
        self.coastal = [None if place.point is None else is_coastal(place.point) for place in places]
        self.standings = _standings(places)
        self.members = Counter(place.region for place in places if place.kind != Actor.Kind.COUNTY)
        self._grid = Grid((place.pk, place.point) for place in places if place.point)
        self.shares = [self._share(place) for place in places]
        self.fixed: dict[Any, Sequence[float]] = {}  # by rule, what depends on the candidates alone
        self._neighbours: dict[int, list[tuple[int, float]]] = {}

    def _share(self, place: Place) -> float:
        """Which part of the people in the municipalities within ``AREA`` km live in this one, 0 where unknown."""
        if not place.population or not place.point or place.kind == Actor.Kind.COUNTY:
            return 0.0
        around = (self.places[self.index[pk]] for pk, _km in self._grid.near(place.point, AREA))
        return place.population / sum(other.population or 0 for other in around if other.kind != Actor.Kind.COUNTY)

    def neighbours(self, place: Place) -> list[tuple[int, float]]:
        """Who lies within ``NEAR`` km, itself among them: number and closeness, 1 at 0 km, 1/e at ``REACH``."""
        found = self._neighbours.get(place.pk)
        if found is None:
            near = self._grid.near(place.point, NEAR) if place.point else ()
            found = self._neighbours[place.pk] = [(self.index[pk], math.exp(-km / REACH)) for pk, km in near]
        return found


def _standings(places: list[Place]) -> list[int]:
    """Each municipality's rank by population in its state or prefecture, 1 for the largest; 0 for all others."""
    standings = [0] * len(places)
    by_region: dict[int, list[int]] = defaultdict(list)
    for number, place in enumerate(places):
        if place.shore_class == MUNICIPALITY and place.kind != Actor.Kind.COUNTY and place.population:
            by_region[place.region].append(number)
    for numbers in by_region.values():
        numbers.sort(key=lambda number: -(places[number].population or 0))
        for standing, number in enumerate(numbers, 1):
            standings[number] = standing
    return standings


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """All published places and bodies that still exist."""

    places: dict[int, Place]
    successors: dict[int, int]  # of those that merged, by way of however many others
    columns: dict[tuple[str, str], Columns]  # by country and class

    def columns_of(self, place: Place) -> Columns:
        """Those of its own shore and class, itself among them."""
        return self.columns[place.country, place.shore_class]

    def across(self, place: Place) -> Columns:
        """Those on the other shore that are of its class."""
        return self.columns.get((across_from(place.country), place.shore_class)) or Columns([])

    def present(self, pk: int) -> int:
        """The place itself, or the one that it became part of."""
        return self.successors.get(pk, pk)

    def pairs(self, places: Iterable[int]) -> list[Pair]:
        """Every American with every Japanese one among these places."""
        shores: dict[str, list[int]] = {Country.US.value: [], Country.JP.value: []}
        for place in places:
            shores[self.places[place].country].append(place)
        return list(product(shores[Country.US.value], shores[Country.JP.value]))

    def seat(self, pk: int) -> int:
        """The municipality or region that a body lies in, itself for one of these, 0 where it lies in none."""
        place = self.places.get(pk)
        steps = 0
        while place is not None and place.kind not in _OWN_LEVEL and steps < 10:
            place, steps = self.places.get(place.parent), steps + 1
        return place.pk if place and place.kind in _OWN_LEVEL else 0


@dataclass(frozen=True, eq=False)
class Ties:
    """Who is tied with whom across the Pacific. Sister and friendship ties count, each two places once."""

    pairs: frozenset[Pair]
    partners: Mapping[int, tuple[int, ...]]  # on the other shore, in the order of their keys
    between_regions: Counter[Pair]  # pairs of municipalities, by the keys of their state and prefecture
    of_regions: Counter[int]  # pairs of municipalities that one of a region's own is in
    themes: Mapping[int, frozenset[str]]  # of each municipality or region, the slugs of what it is active on

    @classmethod
    def of(cls, pairs: Iterable[Pair], themes: Mapping[int, frozenset[str]], gazetteer: Gazetteer) -> Ties:
        places = gazetteer.places
        partners: dict[int, list[int]] = defaultdict(list)
        between: Counter[Pair] = Counter()
        of_regions: Counter[int] = Counter()
        known = sorted(pairs)
        for us, jp in known:
            partners[us].append(jp)
            partners[jp].append(us)
            if places[us].shore_class == places[jp].shore_class == MUNICIPALITY:
                between[places[us].region, places[jp].region] += 1
                of_regions.update({places[us].region: 1, places[jp].region: 1})
        return cls(
            frozenset(known), {key: tuple(sorted(own)) for key, own in partners.items()}, between, of_regions, themes
        )


@dataclass(frozen=True, eq=False)
class World:
    """All of it at one version."""

    version: int
    is_of_a_transaction: bool  # which may be rolled back, so that nothing is made of it
    gazetteer: Gazetteer
    ties: Ties
    parts: Mapping[int, frozenset[int]]  # the places in each partnership, by its key
    records: Mapping[int, tuple[int, ...]]  # the partnerships of each place, by its key
    tie_records: frozenset[int]  # partnerships that are sister or friendship ties
    themes_of_records: Mapping[int, frozenset[str]]
    with_results: frozenset[int]  # partnerships with an outcome
    models: frozenset[int]  # partnerships that tell how to replicate them

    @cached_property
    def by_slug(self) -> dict[str, Place]:
        return {place.slug: place for place in self.gazetteer.places.values()}

    @cached_property
    def records_on(self) -> dict[str, list[int]]:
        """The partnerships on each theme, by its slug."""
        found: dict[str, list[int]] = defaultdict(list)
        for record, slugs in self.themes_of_records.items():
            for slug in slugs:
                found[slug].append(record)
        return found

    def records_at(self, pk: int) -> set[int]:
        """The partnerships of a place and of the bodies that lie in it."""
        bodies = self._seated.get(pk) or [pk]
        return {record for body in bodies for record in self.records.get(body, ())}

    def joining(self, one: int, other: int) -> list[int]:
        """The partnerships in which both take part."""
        return [record for record in self.records.get(one, ()) if other in self.parts[record]]

    def without(self, us: int, jp: int) -> World:
        """As if no partnership had ever joined these two: whatever they both take part in is not there, for nobody."""
        gone = set(self.joining(us, jp))
        if not gone:
            return self
        touched = {place for record in gone for place in self.parts[record]}
        records = dict(self.records)
        for place in touched:
            records[place] = tuple(record for record in records[place] if record not in gone)
        parts = {record: own for record, own in self.parts.items() if record not in gone}
        hidden = replace(self, parts=parts, records=records)
        themes = dict(self.ties.themes)
        for seat in {self.gazetteer.seat(place) for place in touched} - {0}:
            themes[seat] = self._themes_of(seat, gone)
        lost = {
            pair
            for record in gone & self.tie_records
            for pair in self.gazetteer.pairs(self.parts[record])
            if not any(other in self.tie_records for other in hidden.joining(*pair))
        }
        return replace(hidden, ties=Ties.of(self.ties.pairs - lost, themes, self.gazetteer))

    def _themes_of(self, seat: int, gone: set[int]) -> frozenset[str]:
        seated = self._seated.get(seat, ())
        records = {record for body in seated for record in self.records.get(body, ())} - gone
        return frozenset(theme for record in records for theme in self.themes_of_records.get(record, ()))

    @cached_property
    def _seated(self) -> dict[int, list[int]]:
        """The bodies with partnerships that lie in each municipality or region, itself among them."""
        found: dict[int, list[int]] = defaultdict(list)
        for body in self.records:
            if seat := self.gazetteer.seat(body):
                found[seat].append(body)
        return found


_latest: World | None = None


def current() -> World:
    """The world of the present version; places are read anew only where one of them changed."""
    global _latest
    number = version.current()
    latest = _latest
    if latest is None or latest.version != number:
        latest = _latest = _made(number, latest)
    return latest


def _made(number: int, last: World | None) -> World:
    gazetteer = last.gazetteer if last is not None and _knows_all_places(last, number) else _gazetteer()
    parts: dict[int, set[int]] = defaultdict(set)
    for record, actor in queries.public_participations().order_by().values_list("partnership", "actor"):
        if (place := gazetteer.present(actor)) in gazetteer.places:
            parts[record].add(place)
    theme_slugs: dict[int, set[str]] = defaultdict(set)
    for record, slug in PartnershipTheme.objects.order_by().values_list("partnership", "theme__slug"):
        if record in parts:
            theme_slugs[record].add(slug)
    tie_records = frozenset(_keys(queries.partnerships().filter(kind__in=Partnership.TIE_KINDS)))
    records: dict[int, list[int]] = defaultdict(list)
    pairs: set[Pair] = set()
    themes: dict[int, set[str]] = defaultdict(set)
    for record, taking_part in parts.items():
        for place in taking_part:
            records[place].append(record)
            if record in theme_slugs and (seat := gazetteer.seat(place)):
                themes[seat] |= theme_slugs[record]
        if record in tie_records:
            pairs.update(gazetteer.pairs(taking_part))
    for pk in {pk for pair in pairs for pk in pair}:  # so that no reader waits for it
        gazetteer.columns_of(gazetteer.places[pk]).neighbours(gazetteer.places[pk])
    return World(
        number,
        connection.in_atomic_block,
        gazetteer,
        Ties.of(pairs, {place: frozenset(own) for place, own in themes.items()}, gazetteer),
        {record: frozenset(own) for record, own in parts.items()},
        {place: tuple(sorted(own)) for place, own in records.items()},
        tie_records,
        {record: frozenset(own) for record, own in theme_slugs.items()},
        with_results=frozenset(_keys(queries.partnerships().filter(outcomes__isnull=False))),
        models=frozenset(_keys(queries.partnerships().replicable())),
    )


def _knows_all_places(last: World, number: int) -> bool:
    """Whether no place changed since a former world was made."""
    if last.is_of_a_transaction or number < last.version:
        return False
    changes = version.changes_since(last.version)
    return changes is not None and not changes.ids(RecordVersion.Kind.ACTOR).exists()


def _keys(found: QuerySet[Partnership]) -> QuerySet[Any]:
    return found.order_by().values_list("pk", flat=True)


def _gazetteer() -> Gazetteer:
    columns = ("pk", "slug", "name", "name_ja", "kind", "country", "population", "population_year")
    rows = queries.actors().order_by("slug").values_list(*columns, "region", "parent", "latitude", "longitude")
    places: dict[int, Place] = {}
    for pk, slug, name, name_ja, kind, country, population, year, region, parent, latitude, longitude in rows.filter(
        successor__isnull=True, dissolved_on__isnull=True
    ):
        point = None if latitude is None else (latitude, longitude)
        lies_in = region or 0, parent or 0
        classes = _shore_class(kind), _level(kind)
        places[pk] = Place(pk, slug, name, name_ja, kind, country, population, year, *lies_in, point, *classes)
    merged = {
        pk: successor for pk, successor in queries.actors().order_by().values_list("pk", "successor") if successor
    }
    by_class: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in places.values():
        by_class[place.country, place.shore_class].append(place)
    return Gazetteer(
        places,
        {pk: _last(pk, merged) for pk in merged},
        {key: Columns(own) for key, own in by_class.items()},
    )


def _last(pk: int, merged: dict[int, int]) -> int:
    seen: set[int] = set()
    while pk in merged and pk not in seen:
        seen.add(pk)
        pk = merged[pk]
    return pk


def kilometres(one: Place, other: Place) -> float | None:
    """The distance between two places, None where one of them has no known point."""
    return distance(one.point, other.point) if one.point and other.point else None
