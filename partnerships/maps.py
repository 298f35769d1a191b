"""Ties between places: who stands where, which two places a partnership joins, and both drawn as SVG paths.

The Pacific is in the middle, so American longitudes go on to the east of 180°. The projection is Mercator's, as in
Leaflet, five units a degree; ``geo/pacific.svg`` lies under what is drawn here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from django.db.models import QuerySet

from . import queries
from .models import Actor, Country, Partnership, version

WEST, EAST, SOUTH, NORTH = 118.0, 300.0, -16.0, 72.0  # what the map covers
USUAL_SOUTH, USUAL_NORTH = 10.0, 66.0  # what is shown of it unless a place lies outside
UNITS = 5.0  # a degree of longitude: finer than a screen shows, and each figure more is a packet more for the home page
LIFT = 0.24  # how far an arc bends north, as a part of its width
MOST_ARCS = 1_500  # in one drawing; with more, states and prefectures are joined instead of places
BUSY = 150  # arcs
ARC_STEPS = (1, 2, 4)  # partnerships from which an arc is drawn thicker
DOT_STEPS = (1, 2, 5, 10, 20)  # and from which a place is drawn larger
MOST_LAYERS = 12  # of thin arcs: where they lie over one another they add up


class Place(NamedTuple):
    """Somebody with a point of their own on the map; others may stand there, too."""

    slug: str
    name: str
    name_ja: str
    country: str
    region: int  # the key of its state or prefecture, 0 where it lies in none
    region_code: str
    is_region: bool
    longitude: float
    latitude: float

    @property
    def point(self) -> tuple[int, int]:
        return round((self.longitude - WEST) * UNITS), _northing(self.latitude)


class Record(NamedTuple):
    slug: str
    title: str
    title_ja: str
    kind: str


_RECORD = ("pk", *Record._fields)
Pair = tuple[int, int]  # the keys of a Japanese and of an American place


def pacific(longitude: float) -> float:
    return longitude if longitude >= 0 else longitude + 360


def _northing(latitude: float) -> int:
    """Units from the equator, negative towards the north, as SVG counts."""
    return round(-UNITS * math.degrees(math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))))


FULL_TOP, FULL_HEIGHT = _northing(NORTH), _northing(SOUTH) - _northing(NORTH)
USUAL_TOP, USUAL_HEIGHT = _northing(USUAL_NORTH), _northing(USUAL_SOUTH) - _northing(USUAL_NORTH)
WIDTH = round((EAST - WEST) * UNITS)


# --- Which places a partnership joins ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Atlas:
    """All published partnerships of one version with the pairs of places that they join."""

    version: int
    places: dict[int, Place]
    records: dict[int, Record]
    pairs: dict[int, tuple[Pair, ...]]  # by partnership; without those that are not on the map

    def ties(self, keys: Iterable[int]) -> Ties:
        """What these partnerships join."""
        return Ties(self, [key for key in keys if key in self.records])


@dataclass(frozen=True, eq=False)
class Ties:
    """Some partnerships on the map."""

    atlas: Atlas
    keys: list[int]

    @cached_property
    def drawn(self) -> list[int]:
        """Those with a known place on both shores."""
        return [key for key in self.keys if key in self.atlas.pairs]

    @property
    def not_drawn(self) -> int:
        return len(self.keys) - len(self.drawn)

    @cached_property
    def pairs(self) -> Counter[Pair]:
        """How many partnerships join each two places."""
        return Counter(pair for key in self.drawn for pair in self.atlas.pairs[key])

    @cached_property
    def places(self) -> Counter[int]:
        """How many partnerships each place has."""
        pairs = self.atlas.pairs
        return Counter(place for key in self.drawn for place in {end for pair in pairs[key] for end in pair})

    @cached_property
    def regions(self) -> Counter[str]:
        """How many each state and prefecture has, by code; those in none under an empty one."""
        places, pairs = self.atlas.places, self.atlas.pairs
        return Counter(
            code for key in self.drawn for code in {places[end].region_code for pair in pairs[key] for end in pair}
        )

    @cached_property
    def drawing(self) -> Drawing:
        return Drawing.of(self._in_regions() if len(self.pairs) > MOST_ARCS else self)

    def _in_regions(self) -> Ties:
        """The same between states and prefectures, of which there is a bounded number."""
        places = self.atlas.places

        def region(key: int) -> int:
            return places[key].region if places[key].region in places else key

        joined = {key: tuple({(region(jp), region(us)) for jp, us in self.atlas.pairs[key]}) for key in self.drawn}
        return Ties(Atlas(self.atlas.version, places, self.atlas.records, joined), self.drawn)


_latest = Atlas(-1, {}, {}, {})


def current() -> Atlas:
    """The atlas of the present version, made when it is first asked for."""
    global _latest
    number = version.current()
    if _latest.version != number:
        _latest = _made(number)
    return _latest


def ties_of(partnership: Partnership) -> Ties:
    """What one partnership joins, read for itself, so that its page need not wait for all others."""
    parts = [(partnership.pk, part.actor_id) for part in partnership.participations.all()]
    record = Record(partnership.slug, partnership.title, partnership.title_ja, partnership.kind)
    return _of_parts({partnership.pk: record}, parts).ties([partnership.pk])


def joining(keys: list[int]) -> Atlas:
    """What some partnerships join, read for themselves, so that a file need not hold the whole atlas."""
    parts = queries.public_participations().filter(partnership__in=keys).values_list("partnership", "actor")
    found = queries.partnerships().filter(pk__in=keys).values_list(*_RECORD)
    return _of_parts({key: Record(*rest) for key, *rest in found}, list(parts.order_by()))


def _of_parts(records: dict[int, Record], parts: list[tuple[int, int]]) -> Atlas:
    taking_part = queries.actors().filter(pk__in={actor for _partnership, actor in parts})
    return _atlas(version.current(), taking_part, records, parts)


def _made(number: int) -> Atlas:
    records = {key: Record(*rest) for key, *rest in queries.partnerships().values_list(*_RECORD)}
    parts = queries.public_participations().values_list("partnership", "actor").order_by()
    return _atlas(number, queries.connected_actors(queries.actors()), records, parts)


def _atlas(
    number: int, taking_part: QuerySet[Actor], records: dict[int, Record], parts: Iterable[tuple[int, int]]
) -> Atlas:
    actors = _actors(taking_part)
    standing = {key: _standing(key, actors) for key in actors}
    places = {key: _place(actors[key], actors) for key in set(standing.values()) if key}
    shores: dict[int, tuple[set[int], set[int]]] = {}
    for record, actor in parts:
        if place := standing.get(actor):
            shores.setdefault(record, (set(), set()))[places[place].country == Country.US].add(place)
    pairs = {key: tuple(product(sorted(jp), sorted(us))) for key, (jp, us) in shores.items() if jp and us}
    return Atlas(number, places, records, pairs)


def _actors(taking_part: QuerySet[Actor]) -> dict[int, Any]:
    """These actors, with all that they lie in and have merged into."""
    own = ("pk", "slug", "name", "name_ja", "country", "kind", "code", "latitude", "longitude")
    columns = (*own, "parent", "successor", "region")
    known: dict[int, Any] = {}
    rows = list(taking_part.values_list(*columns, named=True))
    while rows:
        known |= {row.pk: row for row in rows}
        beyond = {key for row in rows for key in (row.parent, row.successor, row.region) if key and key not in known}
        rows = list(queries.actors().filter(pk__in=beyond).values_list(*columns, named=True)) if beyond else []
    return known


def _standing(key: int | None, actors: dict[int, Any]) -> int:
    """Whose point an actor has: a merged one its successor's, one without a point its parent's; 0 if none is known."""
    seen: set[int] = set()
    while key in actors and key not in seen:
        seen.add(key)
        actor = actors[key]
        if actor.successor in actors:
            key = actor.successor
        elif _is_on_the_map(actor):
            return key
        else:
            key = actor.parent
    return 0


def _is_on_the_map(actor: Any) -> bool:
    if actor.latitude is None:
        return False
    return bool(SOUTH <= actor.latitude <= NORTH and WEST <= pacific(actor.longitude) <= EAST)


def _place(actor: Any, actors: dict[int, Any]) -> Place:
    region = actors.get(actor.region)
    return Place(
        actor.slug,
        actor.name,
        actor.name_ja,
        actor.country,
        region.pk if region else 0,
        region.code if region else "",
        actor.kind in Actor.REGION_KINDS,
        pacific(actor.longitude),
        actor.latitude,
    )


# --- Drawn ------------------------------------------------------------------------------------------------------------


class Line(NamedTuple):
    """Several arcs, or several dots, in one path of one thickness."""

    shore: str  # of dots
    step: int
    d: str


@dataclass(frozen=True)
class Drawing:
    """Paths to be laid over ``geo/pacific.svg``; few of them, however much they draw."""

    view_box: str
    arcs: list[Line]
    dots: list[Line]
    is_busy: bool  # so many arcs that each must be faint

    @classmethod
    def of(cls, ties: Ties) -> Drawing:
        places = ties.atlas.places
        is_usual = all(USUAL_SOUTH <= places[key].latitude <= USUAL_NORTH for key in ties.places)
        top, height = (USUAL_TOP, USUAL_HEIGHT) if is_usual else (FULL_TOP, FULL_HEIGHT)
        return cls(f"0 {top} {WIDTH} {height}", _arcs(ties), _dots(ties), len(ties.pairs) > BUSY)


def _arcs(ties: Ties) -> list[Line]:
    by_step: dict[int, list[str]] = {}
    places = ties.atlas.places
    for (jp, us), count in sorted(ties.pairs.items(), key=lambda item: [places[end].slug for end in item[0]]):
        path = _arc(places[jp].point, places[us].point)
        by_step.setdefault(_step(count, ARC_STEPS), []).append(path)
    lines = []
    for step, paths in sorted(by_step.items()):
        layers = min(MOST_LAYERS, len(paths))
        lines += [Line("", step, "".join(paths[layer::layers])) for layer in range(layers)]
    return lines


def _arc(start: tuple[int, int], end: tuple[int, int]) -> str:
    across, down = end[0] - start[0], end[1] - start[1]
    return _path(f"M{start[0]} {start[1]}q{across // 2} {down // 2 - round(LIFT * abs(across))} {across} {down}")


def _path(path: str) -> str:
    """Without the spaces that a minus sign makes needless."""
    return path.replace(" -", "-")


def _dots(ties: Ties) -> list[Line]:
    """A dot is a line of no length with round ends. The largest come first, so that none hides a smaller one."""
    found: dict[tuple[int, str], set[tuple[int, int]]] = {}
    for key, count in ties.places.items():
        place = ties.atlas.places[key]
        found.setdefault((_step(count, DOT_STEPS), place.country), set()).add(place.point)
    groups = sorted(found.items(), reverse=True)
    return [Line(shore.lower(), step, _one_by_one(points)) for (step, shore), points in groups]


def _one_by_one(points: set[tuple[int, int]]) -> str:
    """Each dot by its distance from the one before, which takes fewer figures than its place."""
    ordered = sorted(points)
    pairs = zip([(0, 0), *ordered], ordered, strict=False)
    return "".join(_path(f"m{x - last_x} {y - last_y}h0") for (last_x, last_y), (x, y) in pairs)


def _step(count: int, steps: tuple[int, ...]) -> int:
    return sum(count >= least for least in steps)
