"""Where several bodies of one state or prefecture work with the same partner, or on the same theme.

A body is a participant, a merged place what it belongs to now. What ended is left out. Two records and two different
bodies make an overlap: one record, however many take part in it, is no coincidence, and what one body does in several
records it knows itself. The same partner is the same body, or the state or prefecture in which the partners lie.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import NamedTuple
from urllib.parse import urlencode

from partnerships import catalogue, vocabulary
from partnerships.catalogue import Catalogue
from partnerships.filters import PartnershipFilter
from partnerships.models import Country, Partnership

from . import graph
from .connections import Record, records
from .graph import Body, Graph, Side

MOST_BUSY = 10  # states and prefectures named where none is asked for
MOST_GROUPS = 60  # shown by partner: all states or prefectures, and partners in none as far as there is room
MOST_LINES = 8  # of a group, and of what a state does itself
MOST_BODIES = 8  # named in a sentence
MOST_SHARED = 6  # of a group

Keys = list[int]


@dataclass(frozen=True, eq=False)
class Radar:
    """At one version: by state or prefecture what its bodies do, by partner and by theme; what ended is left out."""

    graph: Graph
    partners: dict[int, dict[int, Keys]]  # region → the region across, or a partner in none → partnerships
    themes: dict[int, dict[str, Keys]]  # region → theme → partnerships
    now: dict[int, tuple[list[Body], list[Body]]]  # by partnership: who takes part on each shore, as what it is now

    def overlapping(self, region: int, keys: Keys) -> bool:
        """Whether these partnerships of a region are an overlap."""
        if len(keys) < 2:
            return False
        first = set(self.bodies(region, keys[0]))
        return len(first) > 1 or any(set(self.bodies(region, key)) - first for key in keys)

    def bodies(self, region: int, key: int) -> list[int]:
        """Who of a region takes part."""
        return [body.pk for side in self.now[key] for body in side if body.region_id == region]

    @cached_property
    def numbers(self) -> dict[int, int]:
        """How many overlaps each state and prefecture has, those with none left out."""
        counted = {
            region: sum(
                self.overlapping(region, keys)
                for groups in (self.partners[region], self.themes.get(region, {}))
                for keys in groups.values()
            )
            for region in self.partners
        }
        return {region: number for region, number in counted.items() if number}


_latest = Radar(graph.Graph(-1, {}, {}, {}, {}, {}, {}), {}, {}, {})


def current() -> Radar:
    """The radar of the present version, made when it is first asked for."""
    global _latest
    found = graph.current()
    if _latest.graph is not found:
        _latest = _made(found, catalogue.current())
    return _latest


def _made(found: Graph, known: Catalogue) -> Radar:
    themes = _themes(known)
    partners: dict[int, dict[int, Keys]] = {}
    by_theme: dict[int, dict[str, Keys]] = {}
    lasting = known.everything & ~known.having("status", Partnership.Status.ENDED)
    present = {pk: found.bodies[pk].now for pk in found.taking_part}
    taking_part: dict[int, tuple[list[Body], list[Body]]] = {}
    for key in known.keys(lasting, "newest", 0, lasting.bit_count()):
        us, jp = found.sides.get(key, ((), ()))
        sides = taking_part[key] = _distinct(us, present), _distinct(jp, present)
        for own, other in (sides, sides[::-1]):
            regions = {body.region_id for body in own if body.region_id}
            across = {body.region_id or body.pk for body in other}
            for region in regions if across else ():
                groups = partners.setdefault(region, {})
                for partner in across:
                    groups.setdefault(partner, []).append(key)
                for theme in themes.get(key, ()):
                    by_theme.setdefault(region, {}).setdefault(theme, []).append(key)
    return Radar(found, partners, by_theme, taking_part)


def _distinct(side: Side, present: dict[int, Body]) -> list[Body]:
    """Participants as what they are now, each once."""
    return [present[side[0]]] if len(side) == 1 else list(dict.fromkeys(present[pk] for pk in side))


def _themes(known: Catalogue) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for theme in vocabulary.current().theme:
        bitmap = known.having("theme", theme)
        for key in known.keys(bitmap, "newest", 0, bitmap.bit_count()):
            found.setdefault(key, []).append(theme)
    return found


# --- Told ------------------------------------------------------------------------------------------------------------


class Meeting(NamedTuple):
    """Who of a state or prefecture works with whom across the Pacific."""

    body: Body
    partners: list[Body]


@dataclass(frozen=True)
class Line:
    """A partnership of a group: who of the place takes part, and with whom; as they are called now."""

    record: Record
    bodies: list[Body]
    partners: list[Body]
    signed_by: list[Body]  # those of both shores that have merged since


@dataclass(frozen=True)
class Group:
    """An overlap. ``partner`` is the state, prefecture or partner in none that the records have in common, or None;
    ``theme`` the slug of their theme, or empty."""

    partner: Body | None
    theme: str
    title: str  # of the theme
    meetings: list[Meeting]  # each body once, those in most records first
    shared: list[tuple[Body, list[Body]]]  # the very same partner → the bodies that work with it
    lines: list[Line]
    count: int  # of records, those that are not shown included
    all_count: int  # of the list behind it, with what ended
    address: str
    includes_asked: bool  # whether it concerns the place that was asked for

    @property
    def hidden(self) -> int:
        return self.count - len(self.lines)

    @property
    def named(self) -> list[Meeting]:
        """Those that the explanation names."""
        return self.meetings[:MOST_BODIES]

    @property
    def very_same(self) -> list[tuple[Body, list[Body]]]:
        """The shared partners that the explanation names."""
        return self.shared[:MOST_SHARED]


@dataclass(frozen=True)
class Overlaps:
    """Everything about one state or prefecture."""

    region: Body
    asked: Body  # the region itself, or a place or organisation in it
    bodies: int  # that have a partnership that goes on
    partnerships: int
    own: list[Line]  # what the state or prefecture does itself
    own_count: int
    by_partner: list[Group]  # at most ``MOST_GROUPS``
    partner_count: int
    by_theme: list[Group]

    @property
    def count(self) -> int:
        return self.partner_count + len(self.by_theme)

    @property
    def hidden(self) -> int:
        """How many groups by partner are not shown."""
        return self.partner_count - len(self.by_partner)


@dataclass(frozen=True)
class _Telling:
    """What one state or prefecture is told from."""

    radar: Radar
    known: Catalogue
    region: Body
    asked: Body
    within: int  # the bitmap of the themes asked for, or of everything
    themes: dict[str, str]
    met: dict[int, tuple[list[Body], list[Body]]] = field(default_factory=dict)  # who meets whom, by partnership

    def keys(self, keys: Keys) -> Keys:
        """Those on the themes asked for."""
        if self.within == self.known.everything:
            return keys
        bitmap = self.known.bitmap(keys) & self.within
        return self.known.keys(bitmap, "newest", 0, bitmap.bit_count())

    def now(self, key: int) -> tuple[list[Body], list[Body]]:
        """Who takes part on this shore and on the other."""
        us, jp = self.radar.now[key]
        return (us, jp) if self.region.country == Country.US else (jp, us)

    def meeting(self, key: int, partner: Body | None) -> tuple[list[Body], list[Body]]:
        """Who of the region takes part, and with whom; with those in a state or prefecture only, where one is given."""
        met = self.met.get(key)
        if met is None:
            own, other = self.now(key)
            met = self.met[key] = [body for body in own if body.region_id == self.region.pk], other
        here, there = met
        if partner is None or len(there) == 1:
            return here, there
        return here, [body for body in there if (body.region_id or body.pk) == partner.pk]

    def lines(self, keys: Keys, partner: Body | None = None) -> list[Line]:
        """The first of these partnerships in full."""
        bodies = self.radar.graph.bodies
        lines = []
        shown = keys[:MOST_LINES]
        for key, record in zip(shown, records(self.known, shown), strict=True):
            here, there = self.meeting(key, partner)
            told = {body.pk for body in (*here, *there)}
            signed_by = [
                bodies[pk]
                for side in self.radar.graph.sides[key]
                for pk in side
                if bodies[pk].present is not None and bodies[pk].now.pk in told
            ]
            lines.append(Line(record, here, there, signed_by))
        return lines

    def group(self, keys: Keys, partner: Body | None, theme: str) -> Group:
        partners: dict[Body, dict[Body, None]] = {}  # body → its partners
        others: dict[Body, dict[Body, None]] = {}  # partner → those that work with it
        records_of: dict[Body, int] = {}
        first: Keys = []
        rest: Keys = []
        for key in keys:
            here, there = self.meeting(key, partner)
            is_new = False
            for body in here:
                if body not in partners:
                    is_new = True
                    partners[body] = {}
                records_of[body] = records_of.get(body, 0) + 1
            for other in there:
                with_it = others.setdefault(other, {})
                records_of[other] = records_of.get(other, 0) + 1
                for body in here:
                    with_it[body] = partners[body][other] = None
            # First one record for each body, so that those shown are not all of the same.
            (first if is_new else rest).append(key)
        ordered = sorted(
            partners,
            key=lambda body: (body.pk != self.asked.pk, not body.is_region, -records_of[body], body.slug),
        )
        shared = [
            (body, sorted(bodies, key=lambda it: not it.is_region))
            for body, bodies in others.items()
            if len(bodies) > 1 and records_of[body] > 1
        ]
        listed, address = self.behind(partner, theme)
        return Group(
            partner,
            theme,
            self.themes.get(theme, ""),
            [Meeting(body, list(partners[body])) for body in ordered],
            sorted(shared, key=lambda it: (-len(it[1]), it[0].slug)),
            self.lines([*first, *rest], partner),
            len(keys),
            listed.bit_count(),
            address,
            not self.asked.is_region and any(body.pk == self.asked.pk for body in partners),
        )

    def behind(self, partner: Body | None, theme: str) -> tuple[int, str]:
        """The list that a group is a part of: its bitmap, and its address; nothing where the listing cannot say it."""
        own, across = ("state", "prefecture") if self.region.country == Country.US else ("prefecture", "state")
        values = {own: self.region.code}
        if theme:
            values["theme"] = theme
        if partner is not None:
            values[across] = partner.code if partner.is_region else ""
        if not all(values.values()):
            return 0, ""
        bitmap = self.known.everything
        for parameter, value in values.items():
            bitmap &= self.known.having(parameter, value)
        return bitmap, "?" + urlencode(
            [(name, values[name]) for name in PartnershipFilter.base_filters if name in values]
        )


def overlaps(asked: Body, themes: Iterable[str] = ()) -> Overlaps | None:
    """What overlaps in the state or prefecture of a place, the groups that concern it first, then the largest ones.

    None for one that lies in no state or prefecture. What merged is asked for as what it belongs to now.
    """
    radar, known = current(), catalogue.current()
    asked = asked.now
    if asked.region is None:
        return None
    region = radar.graph.bodies.get(asked.region.pk, asked.region)
    chosen = list(themes)
    within = known.everything if not chosen else 0
    for theme in chosen:
        within |= known.having("theme", theme)
    telling = _Telling(radar, known, region, asked, within, vocabulary.current().labels("theme"))
    partners = radar.partners.get(region.pk, {})
    everything = telling.keys(list(dict.fromkeys(chain.from_iterable(partners.values()))))
    bodies = {key: telling.meeting(key, None)[0] for key in everything}
    own = [key for key in everything if any(body.pk == region.pk for body in bodies[key])]
    by_partner = [
        telling.group(keys, radar.graph.bodies[pk], "")
        for pk, found in partners.items()
        if radar.overlapping(region.pk, keys := telling.keys(found))
    ]
    by_theme = [
        telling.group(keys, None, theme)
        for theme, keys in radar.themes.get(region.pk, {}).items()
        if (not chosen or theme in chosen) and radar.overlapping(region.pk, keys)
    ]
    for groups in (by_partner, by_theme):
        groups.sort(key=_strength)
    return Overlaps(
        region,
        asked,
        len(set(chain.from_iterable(bodies.values()))),
        len(everything),
        telling.lines(own),
        len(own),
        by_partner[:MOST_GROUPS],
        len(by_partner),
        by_theme,
    )


def _strength(group: Group) -> tuple[bool, int, int, int, str]:
    """Those of the place asked for, then those with the most bodies, then with the very same partners, then records."""
    name = group.partner.slug if group.partner else group.theme
    return not group.includes_asked, -len(group.meetings), -len(group.shared), -group.count, name


# --- Where no place is asked for -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Busy:
    """A state or prefecture with the number of its overlaps."""

    region: Body
    overlaps: int


def busiest() -> list[Busy]:
    radar = current()
    numbers = radar.numbers
    ordered = sorted(numbers, key=lambda pk: (-numbers[pk], radar.graph.bodies[pk].code))
    return [Busy(radar.graph.bodies[pk], numbers[pk]) for pk in ordered[:MOST_BUSY]]
