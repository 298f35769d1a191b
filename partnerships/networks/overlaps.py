"""Where several bodies of one state or prefecture work with the same partner, or on the same theme.

A body is a participant, a merged place what it belongs to now. What ended is left out. Two records and two different
bodies make an overlap: one record, however many take part in it, is no coincidence, and what one body does in several
records it knows itself. The same partner is the same body, or the state or prefecture in which the partners lie.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, reduce
from itertools import chain
from operator import or_
from typing import NamedTuple
from urllib.parse import urlencode

from partnerships import vocabulary
from partnerships.catalogue import Catalogue
from partnerships.filters import PartnershipFilter
from partnerships.models import Country, Partnership

from . import graph
from .connections import Record, records
from .graph import Body, Graph, Side

MOST_BUSY = 10  # states and prefectures named where none is asked for
MOST_GROUPS = 24  # told, by partner
MOST_LISTED = 60  # more partners, only named
MOST_LINES = 6  # of a group, and of what a state does itself
MOST_BODIES = 8  # named in a sentence
MOST_SHARED = 6  # of a group

Keys = list[int]
Meeting = tuple[list[Body], list[Body]]  # who of a place takes part, and with whom across the Pacific


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What the bodies of one state or prefecture do; what ended is left out. Keys of partnerships, the newest first."""

    meetings: dict[int, Meeting]  # by partnership: all of them, as what they are now
    partners: dict[int, Keys]  # by the region across, or a partner in none
    themes: dict[str, Keys]

    def overlapping(self, keys: Keys) -> bool:
        """Whether these of its partnerships are an overlap."""
        if len(keys) < 2:
            return False
        first, _partners = self.meetings[keys[0]]
        return len(first) > 1 or any(self.meetings[key][0] != first for key in keys)


@dataclass(frozen=True, eq=False)
class Radar:
    """At one version, states and prefectures by their keys, each worked out when it is first asked for."""

    graph: Graph
    regions: dict[int, Surroundings] = field(default_factory=dict)

    def region(self, region: Body) -> Surroundings:
        found = self.regions.get(region.pk)
        if found is None:
            found = self.regions[region.pk] = self._made(region.pk, 0 if region.country == Country.US else 1)
        return found

    def _made(self, region: int, here: int) -> Surroundings:
        known, sides = self.graph.known, self.graph.sides
        meetings: dict[int, Meeting] = {}
        partners: dict[int, Keys] = {}
        within = known.bitmap(self.graph.keys_of(self.graph.bodies.by_region.get(region, ()))) & self._lasting
        for key in known.keys(within, "newest", 0, within.bit_count()):
            others = self._distinct(sides[key][1 - here])
            if others:
                own = self._distinct(sides[key][here])
                meetings[key] = [body for body in own if body.region_id == region] if len(own) > 1 else own, others
                for partner in {body.region_id or body.pk for body in others}:
                    partners.setdefault(partner, []).append(key)
        within &= known.bitmap(meetings)
        return Surroundings(
            meetings, partners, {theme: self._newest(within, theme) for theme in vocabulary.current().theme}
        )

    def _newest(self, within: int, theme: str) -> Keys:
        known = self.graph.known
        bitmap = within & known.having("theme", theme)
        return known.keys(bitmap, "newest", 0, bitmap.bit_count())

    def _distinct(self, side: Side) -> list[Body]:
        """Participants as what they are now, each once."""
        return self._alone[side[0]] if len(side) == 1 else list({self.graph.bodies[pk].now: None for pk in side})

    @cached_property
    def _alone(self) -> dict[int, list[Body]]:
        """Each body as the only one of its side, which most are."""
        return {pk: [body.now] for pk, body in self.graph.bodies.items()}

    @cached_property
    def _lasting(self) -> int:
        known = self.graph.known
        return known.everything & ~known.having("status", Partnership.Status.ENDED)

    @cached_property
    def numbers(self) -> dict[int, int]:
        """How many overlaps each state and prefecture has, those with none left out.

        By the same rule as ``Surroundings.overlapping``, with bitmaps, because no list has to be told.
        """
        known, bodies = self.graph.known, self.graph.bodies
        shores: dict[str, dict[int, int]] = {str(country): {} for country in Country}  # by region, or body in none
        several: dict[int, int] = {}  # by region, what more than one of its bodies takes part in
        for pk in bodies.present:
            if bitmap := self._of(pk):
                shore = shores[bodies[pk].country]
                region = bodies[pk].region_id or pk
                seen = shore.get(region, 0)
                several[region] = several.get(region, 0) | seen & bitmap
                shore[region] = seen | bitmap
        themes = [known.having("theme", theme) for theme in vocabulary.current().theme]
        found = {}
        for country, other in (Country.US, Country.JP), (Country.JP, Country.US):
            across = reduce(or_, shores[other].values(), 0)
            for region, within in shores[country].items():
                if bodies[region].is_region:
                    together = (
                        within & subject for subject in (*shores[other].values(), *(it & across for it in themes))
                    )
                    found[region] = sum(self._is_overlap(region, bitmap, several[region]) for bitmap in together)
        return {region: number for region, number in found.items() if number}

    def _is_overlap(self, region: int, bitmap: int, several: int) -> bool:
        if bitmap.bit_count() < 2:
            return False
        if bitmap & several:
            return True
        # Most overlaps show in two of their records; only the others need a bitmap for their body.
        sides = chain.from_iterable(self.graph.sides[key] for key in self.graph.known.two_of(bitmap))
        everybody = (self.graph.bodies[pk].now for pk in chain.from_iterable(sides))
        here = {body.pk for body in everybody if body.region_id == region}
        return len(here) > 1 or bool(bitmap & ~self._of(here.pop()))

    def _of(self, pk: int) -> int:
        """The bitmap of what a body, and what belongs to it now, takes part in."""
        graph = self.graph
        return self._lasting & graph.known.bitmap(graph.keys_of(graph.bodies.present[pk]))


_latest: Radar | None = None


def current() -> Radar:
    """The radar of the present version, made when it is first asked for."""
    global _latest
    found = graph.current()
    latest = _latest
    if latest is None or latest.graph is not found:
        latest = _latest = Radar(found)
    return latest


# --- Told ------------------------------------------------------------------------------------------------------------


class Connected(NamedTuple):
    """A body of a state or prefecture with those it works with across the Pacific."""

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
    meetings: list[Connected]  # each body once, those in most records first
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
    def named(self) -> list[Connected]:
        """Those that the explanation names."""
        return self.meetings[:MOST_BODIES]

    @property
    def very_same(self) -> list[tuple[Body, list[Body]]]:
        """The shared partners that the explanation names."""
        return self.shared[:MOST_SHARED]


class Listed(NamedTuple):
    """A partner that is only named."""

    partner: Body
    bodies: int
    address: str  # of the list of what the region does with it


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
    listed: list[Listed]  # the next ones, at most ``MOST_LISTED``
    partner_count: int
    by_theme: list[Group]

    @property
    def count(self) -> int:
        return self.partner_count + len(self.by_theme)

    @property
    def hidden(self) -> int:
        """How many partners are neither told nor named."""
        return self.partner_count - len(self.by_partner) - len(self.listed)


class _Tally:
    """Who is in an overlap, and how often."""

    def __init__(self, telling: _Telling, keys: Keys, partner: Body | None, theme: str) -> None:
        self.telling, self.keys, self.partner, self.theme = telling, keys, partner, theme
        self.partners: dict[Body, dict[Body, None]] = {}  # body → those it works with
        self.others: dict[Body, dict[Body, None]] = {}  # the other way round
        self.records_of: dict[Body, int] = {}
        self.first: Keys = []  # one record for each body, so that those shown are not all of the same
        for key in keys:
            here, there = telling.meeting(key, partner)
            if not all(body in self.partners for body in here):
                self.first.append(key)
            for body in here:
                self.records_of[body] = self.records_of.get(body, 0) + 1
                self.partners.setdefault(body, {}).update(dict.fromkeys(there))
            for body in there:
                self.records_of[body] = self.records_of.get(body, 0) + 1
                self.others.setdefault(body, {}).update(dict.fromkeys(here))
        self.shared = [body for body, bodies in self.others.items() if len(bodies) > 1 and self.records_of[body] > 1]

    @property
    def includes_asked(self) -> bool:
        asked = self.telling.asked
        return not asked.is_region and asked in self.partners

    def strength(self) -> tuple[bool, int, int, int, str]:
        """Those of the place asked for first, then those with the most bodies, shared partners, records."""
        name = self.partner.slug if self.partner else self.theme
        return not self.includes_asked, -len(self.partners), -len(self.shared), -len(self.keys), name

    def group(self) -> Group:
        telling, records_of = self.telling, self.records_of
        ordered = sorted(
            self.partners,
            key=lambda body: (body is not telling.asked, not body.is_region, -records_of[body], body.slug),
        )
        shared = [(body, sorted(self.others[body], key=lambda it: not it.is_region)) for body in self.shared]
        first = self.first[:MOST_LINES]
        rest = [key for key in self.keys[: 2 * MOST_LINES] if key not in first]
        listed, address = telling.behind(self.partner, self.theme)
        return Group(
            self.partner,
            self.theme,
            telling.themes.get(self.theme, ""),
            [Connected(body, list(self.partners[body])) for body in ordered],
            sorted(shared, key=lambda it: (-len(it[1]), it[0].slug)),
            telling.lines([*first, *rest], self.partner),
            len(self.keys),
            listed.bit_count(),
            address,
            self.includes_asked,
        )


@dataclass(frozen=True)
class _Telling:
    """What one state or prefecture is told from."""

    graph: Graph
    around: Surroundings
    region: Body
    asked: Body
    within: int  # the bitmap of the themes asked for, or of everything
    themes: dict[str, str]

    @property
    def known(self) -> Catalogue:
        return self.graph.known

    def keys(self, keys: Keys) -> Keys:
        """Those on the themes asked for."""
        if self.within == self.known.everything:
            return keys
        bitmap = self.known.bitmap(keys) & self.within
        return self.known.keys(bitmap, "newest", 0, bitmap.bit_count())

    def meeting(self, key: int, partner: Body | None) -> Meeting:
        """Who of the region takes part, and with whom; with those in a state or prefecture only, where one is given."""
        here, there = self.around.meetings[key]
        if partner is None or len(there) == 1:
            return here, there
        return here, [body for body in there if (body.region_id or body.pk) == partner.pk]

    def lines(self, keys: Keys, partner: Body | None = None) -> list[Line]:
        """The first of these partnerships in full."""
        bodies = self.graph.bodies
        lines = []
        shown = keys[:MOST_LINES]
        for key, record in zip(shown, records(self.known, shown), strict=True):
            here, there = self.meeting(key, partner)
            told = {body.pk for body in (*here, *there)}
            signed_by = [
                bodies[pk]
                for side in self.graph.sides[key]
                for pk in side
                if bodies[pk].present is not None and bodies[pk].now.pk in told
            ]
            lines.append(Line(record, here, there, signed_by))
        return lines

    def behind(self, partner: Body | None, theme: str) -> tuple[int, str]:
        """The list that a group is a part of: its bitmap, and its address; nothing where no value says all of it."""
        if not self.region.code or (partner is not None and not (partner.is_region and partner.code)):
            return 0, ""
        values = self._values(partner, theme)
        bitmap = self.known.everything
        for parameter, value in values.items():
            if value:
                bitmap &= self.known.having(parameter, value)
        return bitmap, _address(values)

    def listed(self, partner: Body, bodies: int) -> Listed:
        return Listed(partner, bodies, _address(self._values(partner, "")))

    def _values(self, partner: Body | None, theme: str) -> dict[str, str]:
        """What the listing is narrowed by to what the region does with a partner or on a theme."""
        own, across = ("state", "prefecture") if self.region.country == Country.US else ("prefecture", "state")
        values = {own: self.region.code, "theme": theme}
        if partner is not None and partner.is_region and partner.code:
            values[across] = partner.code
        elif partner is not None:
            values["actor"] = partner.slug
        return values


def _address(values: dict[str, str]) -> str:
    return "?" + urlencode([(name, values[name]) for name in PartnershipFilter.base_filters if values.get(name)])


def overlaps(asked: Body, themes: Iterable[str] = ()) -> Overlaps | None:
    """What overlaps in the state or prefecture of a place, the groups that concern it first, then the largest ones.

    None for one that lies in no state or prefecture. What merged is asked for as what it belongs to now.
    """
    radar = current()
    bodies, known = radar.graph.bodies, radar.graph.known
    asked = bodies.get(asked.now.pk, asked.now)
    if asked.region is None:
        return None
    region = asked.region
    around = radar.region(region)
    chosen = list(themes)
    within = known.everything if not chosen else 0
    for theme in chosen:
        within |= known.having("theme", theme)
    telling = _Telling(radar.graph, around, region, asked, within, vocabulary.current().labels("theme"))
    everything = telling.keys(list(around.meetings))
    taking_part = {key: around.meetings[key][0] for key in everything}
    own = [key for key, its_bodies in taking_part.items() if region in its_bodies]
    by_partner = [
        _Tally(telling, keys, bodies[pk], "")
        for pk, found in around.partners.items()
        if around.overlapping(keys := telling.keys(found))
    ]
    by_theme = [
        _Tally(telling, keys, None, theme)
        for theme, keys in around.themes.items()
        if (not chosen or theme in chosen) and around.overlapping(keys)
    ]
    for tallies in (by_partner, by_theme):
        tallies.sort(key=_Tally.strength)
    named = by_partner[MOST_GROUPS : MOST_GROUPS + MOST_LISTED]
    return Overlaps(
        region,
        asked,
        len(set(chain.from_iterable(taking_part.values()))),
        len(everything),
        telling.lines(own),
        len(own),
        [tally.group() for tally in by_partner[:MOST_GROUPS]],
        [telling.listed(tally.partner, len(tally.partners)) for tally in named if tally.partner],
        len(by_partner),
        [tally.group() for tally in by_theme],
    )


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
