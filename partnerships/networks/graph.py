"""The bodies on both shores and what they take part in, read once for each version of the directory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, compress, groupby, product
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import QuerySet

from partnerships import catalogue, queries, wording
from partnerships.bitmaps import Slots
from partnerships.catalogue import Catalogue
from partnerships.models import Actor, Country, PartialDate, Partnership, RecordVersion, version

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


class Bodies(dict[int, Body]):
    """Bodies by key; many versions of the directory have them in common."""

    @cached_property
    def merged(self) -> list[int]:
        """Those that are no more."""
        return sorted(pk for pk, body in self.items() if body.is_merged)

    @cached_property
    def by_region(self) -> dict[int, list[int]]:
        """By state or prefecture, those that lie in it, or in it as what they belong to now."""
        return self._grouped((body.now.region_id, pk) for pk, body in self.items())

    @cached_property
    def municipal(self) -> dict[int, list[int]]:
        """By state or prefecture, its municipalities, those that merged among them."""
        return self._grouped((body.region_id, pk) for pk, body in self.items() if body.is_municipal)

    @cached_property
    def present(self) -> dict[int, list[int]]:
        """By body that still exists, itself and those that belong to it now."""
        return self._grouped((body.now.pk, pk) for pk, body in self.items())

    @cached_property
    def counted_for(self) -> dict[int, list[int]]:
        """By body, those whose partnerships the listing's ``actor=`` counts for it, where it may be a hub.

        These are itself, what lies in it, and what merged into it (``queries.reach``). States and prefectures are no
        hubs, and what merged is none either.
        """
        return self._grouped((hub, pk) for pk in self for hub in self.hubs(pk))

    def _grouped(self, pairs: Iterable[tuple[int | None, int]]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for group, pk in pairs:
            if group:
                found.setdefault(group, []).append(pk)
        return found

    def hubs(self, pk: int) -> Iterator[int]:
        """Whom the listing counts a participant for: itself, what it lies in, what it merged into (two steps)."""
        body = self[pk]
        first = self.get(body.successor_id or 0)
        second = self.get(first.successor_id or 0) if first else None
        around = {body.pk: body} | {it.pk: it for it in (first, second) if it}
        step = self.get(body.parent_id or 0)
        while step is not None and step.pk not in around:
            around[step.pk] = step
            step = self.get(step.parent_id or 0)
        return (pk for pk, it in around.items() if not it.is_region and it.present is None)


class Crossings(NamedTuple):
    """What is counted for a hub."""

    slots: Slots  # its partnerships, by their slots in the catalogue
    link_slots: Slots  # for each link with a partner across the Pacific, the partnership
    partners: list[int]  # and the partner, as what it is now
    most: int  # different partners

    def among(self, flags: bytes) -> tuple[int, int]:
        """How many partners and how many partnerships it has among those that are flagged."""
        linked = compress(self.partners, map(flags.__getitem__, self.link_slots))
        return len(set(linked)), sum(map(flags.__getitem__, self.slots))


@dataclass(frozen=True, eq=False)
class Graph:
    """All published partnerships of one version with those who take part in them."""

    known: Catalogue
    bodies: Bodies
    sides: dict[int, tuple[Side, Side]] = field(default_factory=dict)  # by partnership: American, Japanese
    taking_part: dict[int, list[int]] = field(default_factory=dict)  # by body, the keys of its own, in their order
    links: dict[int, int] = field(default_factory=dict)  # by body, how often it meets somebody across the Pacific
    kept_crossings: dict[int, Crossings] = field(default_factory=dict)

    def put(self, key: int, sides: tuple[Side, Side]) -> None:
        """Only for who makes a graph: let these take part in a partnership, and nobody else."""
        self._count(self.sides.pop(key, ((), ())), key, -1)
        if any(sides):
            self.sides[key] = sides
            self._count(sides, key, 1)

    def _count(self, sides: tuple[Side, Side], key: int, step: int) -> None:
        for own, other in (sides, sides[::-1]):
            for pk in own:
                self._forget(pk)
                self.links[pk] = self.links.get(pk, 0) + step * len(other)
                # Lists are made anew here, because an older graph has them as well.
                keys = self.taking_part.get(pk, [])
                self.taking_part[pk] = sorted([*keys, key]) if step > 0 else [it for it in keys if it != key]

    def moved(self, key: int) -> None:
        """Only for who makes a graph: a partnership has another slot than the last graph knew."""
        for pk in chain.from_iterable(self.sides.get(key, ())):
            self._forget(pk)

    def _forget(self, pk: int) -> None:
        for hub in self.bodies.hubs(pk) if pk in self.bodies and self.kept_crossings else ():
            self.kept_crossings.pop(hub, None)

    def keys_of(self, bodies: Iterable[int]) -> Iterator[int]:
        """The partnerships in which these take part; one several times where several of them do."""
        return chain.from_iterable(self.taking_part.get(pk, ()) for pk in bodies)

    @cached_property
    def sisters(self) -> dict[tuple[int, int], list[int]]:
        """By state and prefecture, the ties between themselves that go on, the oldest first."""
        known = self.known
        ties = known.having("kind", Partnership.Kind.SISTER) | known.having("kind", Partnership.Kind.FRIENDSHIP)
        lasting = ties & ~known.having("status", Partnership.Status.ENDED)
        regions = {pk for pk, body in self.bodies.items() if body.is_region}
        for country in Country:
            lasting &= known.bitmap(self.keys_of(pk for pk in regions if self.bodies[pk].country == country))
        found: dict[tuple[int, int], list[int]] = {}
        for key in known.keys(lasting, "oldest", 0, lasting.bit_count()):
            us, jp = self.sides[key]
            for pair in product(us, jp):
                if regions.issuperset(pair):
                    found.setdefault(pair, []).append(key)
        return found

    @cached_property
    def merged(self) -> dict[int, list[Body]]:
        """By partnership, those of its participants that are no more."""
        found: dict[int, list[Body]] = {}
        for pk in self.bodies.merged:
            for key in self.taking_part.get(pk, ()):
                found.setdefault(key, []).append(self.bodies[pk])
        return found

    @cached_property
    def most_links(self) -> list[tuple[int, int]]:
        """Each hub with the number of its links, those with the most first.

        It has no more partners than links, in no list, so that whoever looks for the leading hubs sees the end.
        """
        links = {hub: sum(self.links.get(pk, 0) for pk in own) for hub, own in self.bodies.counted_for.items()}
        return sorted(((hub, number) for hub, number in links.items() if number), key=lambda it: (-it[1], it[0]))

    def crossings(self, hub: int) -> Crossings:
        """What is counted for a hub; worked out when it is first asked for."""
        found = self.kept_crossings.get(hub)
        if found is None:
            own = set(self.bodies.counted_for[hub])
            keys = list(dict.fromkeys(self.keys_of(own)))
            link_keys: list[int] = []
            partners: list[int] = []
            for key in keys:
                us, jp = self.sides[key]
                others = [*(jp if own.intersection(us) else ()), *(us if own.intersection(jp) else ())]
                link_keys += [key] * len(others)
                partners += [self.bodies[pk].now.pk for pk in others]
            slots = self.known.slots
            found = self.kept_crossings[hub] = Crossings(slots(keys), slots(link_keys), partners, len(set(partners)))
        return found


_latest: Graph | None = None


def current() -> Graph:
    """The graph of the present version."""
    return of(catalogue.current())


def of(known: Catalogue) -> Graph:
    """The graph of a catalogue, made when it is first asked for, of the last one where little changed."""
    global _latest
    latest = _latest
    if latest is None or latest.known is not known:
        latest = _latest = _next(latest, known)
    return latest


def _next(last: Graph | None, known: Catalogue) -> Graph:
    if last is None or last.known.line is not known.line or known.version < last.known.version:
        return _made(known)
    changes = version.changes_since(last.known.version)
    if changes is None:
        return _made(known)
    is_same = not changes.ids(RecordVersion.Kind.ACTOR).exists()
    changed = set(changes.ids(RecordVersion.Kind.PARTNERSHIP)) if is_same else changes.partnerships()
    if len(changed) > catalogue.MOST_PATCHED:
        return _made(known)
    rows = list(_parts().filter(partnership__in=changed))
    bodies = last.bodies if is_same else _bodies(queries.connected_actors(queries.actors()))
    if beyond := {pk for _key, pk in rows} - bodies.keys():
        bodies = _bodies(queries.actors().filter(pk__in=beyond), bodies)
    kept = dict(last.kept_crossings) if bodies is last.bodies else {}
    following = Graph(known, bodies, dict(last.sides), dict(last.taking_part), dict(last.links), kept)
    sides = _sides(rows, bodies)
    for key in changed:
        following.put(key, sides.get(key, ((), ())))
    for key in known.moved(last.known) if kept else ():
        following.moved(key)
    return following


def _made(known: Catalogue) -> Graph:
    bodies = _bodies(queries.connected_actors(queries.actors()))
    made = Graph(known, bodies, _sides(_parts().iterator(), bodies))
    for key, sides in made.sides.items():
        for own, other in (sides, sides[::-1]):
            for pk in own:
                made.taking_part.setdefault(pk, []).append(key)
                made.links[pk] = made.links.get(pk, 0) + len(other)
    return made


def _parts() -> QuerySet[Any]:
    parts = queries.public_participations().order_by("partnership", "position", "pk")
    return parts.values_list("partnership", "actor")


def _sides(parts: Iterable[tuple[int, int]], bodies: Bodies) -> dict[int, tuple[Side, Side]]:
    """By partnership, in the order of their keys."""
    american = {pk for pk, body in bodies.items() if body.country == Country.US}
    found = {}
    for key, taking_part in groupby(parts, itemgetter(0)):
        known = [pk for _key, pk in taking_part if pk in bodies]
        found[key] = tuple(pk for pk in known if pk in american), tuple(pk for pk in known if pk not in american)
    return found


def body(actor: Actor) -> Body:
    """Any published place or organisation, whether it takes part in something or not."""
    bodies = current().bodies
    return bodies.get(actor.pk) or _bodies(queries.actors().filter(pk=actor.pk), bodies)[actor.pk]


def _bodies(found: QuerySet[Actor], known: Mapping[int, Body] | None = None) -> Bodies:
    """These beside those that are known, with all that they lie in and have merged into."""
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
    bodies = Bodies(known or {})
    added: list[Body] = []
    while True:
        rows = [Body(*row) for row in found.order_by().values_list(*columns)]
        added += rows
        bodies.update((it.pk, it) for it in rows)
        beyond = {pk for it in rows for pk in (it.parent_id, it.region_id, it.successor_id) if pk}
        beyond -= bodies.keys()
        if not beyond:
            break
        found = queries.actors().filter(pk__in=beyond)
    for it in added:
        it.region = bodies.get(it.region_id or 0)
        it.present = _present(it, bodies)
    return bodies


def _present(body: Body, bodies: Bodies) -> Body | None:
    """What a merged body belongs to now, by whatever number of mergers; None for one that did not merge."""
    seen = {body.pk}
    step = body
    while (following := bodies.get(step.successor_id or 0)) and following.pk not in seen:
        seen.add(following.pk)
        step = following
    return None if step is body else step
