"""The bodies on both shores and what they take part in, read once for each version of the directory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from partnerships import catalogue, queries, wording
from partnerships.catalogue import Catalogue
from partnerships.models import Actor, Country, PartialDate, Partnership, version

SHIFT = 32  # bits of a link that name the partner

Side = tuple[int, ...]  # keys of bodies, in the record's order


@dataclass(eq=False, slots=True)
class Body:
    """A place or organisation that takes part, or that one of them lies in or merged into."""

    pk: int
    slug: str
    name: str
    name_ja: str
    country: str
    kind: str
    code: str
    parent_id: int | None
    region_id: int | None
    successor_id: int | None
    dissolved_on: PartialDate | None
    region: Body | None = None
    present: Body | None = None  # what a merged one belongs to now

    @property
    def is_region(self) -> bool:
        """Whether it is a state, a territory or a prefecture."""
        return self.kind in Actor.REGION_KINDS

    @property
    def is_municipal(self) -> bool:
        return self.kind in Actor.MUNICIPAL_KINDS

    @property
    def is_merged(self) -> bool:
        return self.successor_id is not None or self.dissolved_on is not None

    @property
    def now(self) -> Body:
        """Itself, or what it belongs to since it merged."""
        return self.present or self

    @property
    def full_name(self) -> str:
        body: Any = self
        return wording.full_name(body)


@dataclass(frozen=True, eq=False)
class Graph:
    """All published partnerships of one version with those who take part in them."""

    version: int
    bodies: dict[int, Body]
    sides: dict[int, tuple[Side, Side]]  # by partnership: the American and the Japanese participants
    kinds: dict[int, str]  # by partnership, as all that follows
    statuses: dict[int, str]
    ended_on: dict[int, PartialDate]
    sisters: dict[tuple[int, int], list[int]]  # a state and a prefecture → the ties between themselves that go on

    @cached_property
    def taking_part(self) -> dict[int, list[int]]:
        """By body, the partnerships it takes part in itself."""
        found: dict[int, list[int]] = {}
        for key, sides in self.sides.items():
            for side in sides:
                for body in side:
                    found.setdefault(body, []).append(key)
        return found

    @cached_property
    def merged(self) -> dict[int, list[Body]]:
        """By partnership, those of its participants that are no more."""
        gone = {pk for pk in self.taking_part if self.bodies[pk].is_merged}
        found: dict[int, list[Body]] = {}
        for pk in sorted(gone):
            for key in self.taking_part[pk]:
                found.setdefault(key, []).append(self.bodies[pk])
        return found

    @cached_property
    def municipal_pairs(self) -> dict[int, set[tuple[int, int]]]:
        """By partnership, the states and prefectures whose municipalities it joins."""
        regions = {pk: self.bodies[pk].region_id for pk in self.taking_part if self.bodies[pk].is_municipal}
        found = {}
        for key, (us, jp) in self.sides.items():
            states = {region for pk in us if (region := regions.get(pk))}
            prefectures = {region for pk in jp if (region := regions.get(pk))}
            if states and prefectures:
                found[key] = {(state, prefecture) for state in states for prefecture in prefectures}
        return found

    @cached_property
    def counted(self) -> dict[int, list[int]]:
        """By body, the partnerships that the listing's ``actor=`` counts for it, where it may be a hub.

        These are its own, those of what lies in it, and those of what merged into it (``queries.reach``). States and
        prefectures are no hubs, and what merged is none either.
        """
        found: dict[int, set[int]] = {}
        for pk, keys in self.taking_part.items():
            for hub in self._counting(self.bodies[pk]):
                found.setdefault(hub, set()).update(keys)
        return {hub: list(keys) for hub, keys in found.items()}

    @cached_property
    def links(self) -> dict[int, tuple[int, ...]]:
        """By partnership, each hub that counts it with each partner across the Pacific, as what that is now.

        Hub and partner are one number (``hub << SHIFT | partner``): there are hundreds of thousands of them.
        """
        counted = {pk: tuple(self._counting(self.bodies[pk])) for pk in self.taking_part}
        present = {pk: self.bodies[pk].now.pk for pk in self.taking_part}
        return {
            key: tuple(
                {
                    hub << SHIFT | present[partner]
                    for own, other in (sides, sides[::-1])
                    for pk in own
                    for hub in counted[pk]
                    for partner in other
                }
            )
            for key, sides in self.sides.items()
        }

    @cached_property
    def most_partners(self) -> list[tuple[int, int]]:
        """Each hub with the number of its partners in the whole directory, those with the most first.

        A list has no more of them, so that whoever looks for its hubs need not look at all.
        """
        numbers = Counter(pair >> SHIFT for pair in set(chain.from_iterable(self.links.values())))
        return numbers.most_common()

    def partners(self, hub: int, keys: Iterable[int]) -> set[int]:
        """With whom across the Pacific a hub is in these of the partnerships that are counted for it."""
        return {pair for key in keys for pair in self.links[key] if pair >> SHIFT == hub}

    def _counting(self, body: Body) -> Iterator[int]:
        """Whom the listing counts a participant for: itself, what it lies in, what it merged into (two steps)."""
        first = self.bodies.get(body.successor_id or 0)
        second = self.bodies.get(first.successor_id or 0) if first else None
        around = {body.pk: body} | {it.pk: it for it in (first, second) if it}
        step = self.bodies.get(body.parent_id or 0)
        while step is not None and step.pk not in around:
            around[step.pk] = step
            step = self.bodies.get(step.parent_id or 0)
        return (pk for pk, it in around.items() if not it.is_region and it.present is None)


_latest = Graph(-1, {}, {}, {}, {}, {}, {})


def current() -> Graph:
    """The graph of the present version, made when it is first asked for."""
    global _latest
    number = version.current()
    if _latest.version != number:
        _latest = _made(number, catalogue.current())
    return _latest


def _made(number: int, known: Catalogue) -> Graph:
    bodies = _bodies(queries.connected_actors(queries.actors()))
    parts = queries.public_participations().order_by("partnership", "position", "pk")
    rows = parts.values_list("partnership", "actor").iterator()
    sides = {key: _sides((pk for _key, pk in taking_part), bodies) for key, taking_part in groupby(rows, itemgetter(0))}
    ended = queries.partnerships().filter(ended__isnull=False).order_by().values_list("pk", "ended")
    kinds, statuses = (_values(known, parameter) for parameter in ("kind", "status"))
    return Graph(number, bodies, sides, kinds, statuses, dict(ended), _sisters(known, sides, bodies))


def _values(known: Catalogue, parameter: str) -> dict[int, str]:
    """By partnership, its one value of a parameter."""
    found = {}
    for value in known.counts(parameter, known.everything):
        bitmap = known.having(parameter, value)
        found.update(dict.fromkeys(known.keys(bitmap, "newest", 0, bitmap.bit_count()), value))
    return found


def _sides(taking_part: Iterable[int], bodies: dict[int, Body]) -> tuple[Side, Side]:
    us: list[int] = []
    jp: list[int] = []
    for pk in taking_part:
        if body := bodies.get(pk):
            (us if body.country == Country.US else jp).append(pk)
    return tuple(us), tuple(jp)


def _sisters(known: Catalogue, sides: dict[int, tuple[Side, Side]], bodies: dict[int, Body]) -> Any:
    ties = known.having("kind", Partnership.Kind.SISTER) | known.having("kind", Partnership.Kind.FRIENDSHIP)
    lasting = ties & ~known.having("status", Partnership.Status.ENDED)
    found: dict[tuple[int, int], list[int]] = {}
    for key in known.keys(lasting, "oldest", 0, lasting.bit_count()):
        us, jp = ([pk for pk in side if bodies[pk].is_region] for side in sides.get(key, ((), ())))
        for pair in ((state, prefecture) for state in us for prefecture in jp):
            found.setdefault(pair, []).append(key)
    return found


def body(actor: Actor) -> Body:
    """Any published place or organisation, whether it takes part in something or not."""
    known = current().bodies.get(actor.pk)
    return known or _bodies(queries.actors().filter(pk=actor.pk))[actor.pk]


def _bodies(found: QuerySet[Actor]) -> dict[int, Body]:
    """These, with all that they lie in and have merged into."""
    columns = (
        "pk",
        "slug",
        "name",
        "name_ja",
        "country",
        "kind",
        "code",
        "parent",
        "region",
        "successor",
        "dissolved_on",
    )
    bodies: dict[int, Body] = {}
    while True:
        rows = [Body(*row) for row in found.order_by().values_list(*columns)]
        bodies |= {it.pk: it for it in rows}
        beyond = {pk for it in rows for pk in (it.parent_id, it.region_id, it.successor_id) if pk}
        beyond -= bodies.keys()
        if not beyond:
            break
        found = queries.actors().filter(pk__in=beyond)
    for it in bodies.values():
        it.region = bodies.get(it.region_id or 0)
        it.present = _present(it, bodies)
    return bodies


def _present(body: Body, bodies: dict[int, Body]) -> Body | None:
    """What a merged body belongs to now, by whatever number of mergers; None for one that did not merge."""
    seen = {body.pk}
    step = body
    while (following := bodies.get(step.successor_id or 0)) and following.pk not in seen:
        seen.add(following.pk)
        step = following
    return None if step is body else step
