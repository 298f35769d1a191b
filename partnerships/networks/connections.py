"""Which states and prefectures a list connects, its hubs, what stands under sister states, and what became of mergers.

Numbers of states and prefectures are those of the catalogue's bitmaps, so that each is that of the list it leads to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import chain
from operator import or_
from typing import NamedTuple

from partnerships import vocabulary
from partnerships.bitmaps import Slots
from partnerships.catalogue import Catalogue, Facts, Selection
from partnerships.filters import ListFilterSet
from partnerships.models import Country, PartialDate, Partnership
from partnerships.ribbons import Shores

from . import graph
from .graph import Body, Graph

MOST_HUBS = 10  # of each kind on each shore
MOST_CLUSTERS = 30  # shown; more would be pairs that nobody reads
MOST_NAMED = 12  # partnerships of a cluster
MOST_MERGED = 50  # partnerships of places that merged
MOST_PAIRS = 600  # all in the table; where there are more, of each state that is not chosen only the first
MOST_IN_A_ROW = 12
STRONGEST = 12  # pairs shown beside the drawing


def _address(filters: ListFilterSet, **values: str) -> str:
    """The list narrowed to these values; empty where it would not be the same partnerships.

    Values of one parameter widen a list: where others are chosen, it holds more than what is counted here.
    """
    changes = {}
    for parameter, value in values.items():
        chosen = filters.chosen(parameter)
        if not value or (chosen and value not in chosen):
            return ""
        changes[parameter] = [value]
    return filters.address(changes)


# --- States and prefectures ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pair:
    """A state and a prefecture with the number of partnerships that somebody in each takes part in."""

    state: str  # codes
    prefecture: str
    state_name: str
    prefecture_name: str
    count: int
    is_sister: bool  # the two are sisters or friends themselves
    filters: ListFilterSet

    @property
    def address(self) -> str:
        return _address(self.filters, state=self.state, prefecture=self.prefecture)


@dataclass(frozen=True)
class Region:
    """A state or prefecture with its partnerships and the number of those across that it has them with."""

    code: str
    name: str
    count: int
    address: str
    pairs: list[Pair]  # the most frequent first
    shown: list[Pair]  # those that stand in the table of all states; the network of the state alone has all

    @property
    def partners(self) -> int:
        return len(self.pairs)

    @property
    def hidden(self) -> int:
        return len(self.pairs) - len(self.shown)


@dataclass(frozen=True)
class Matrix:
    """States by prefectures. A partnership counts once in every pair of a state and a prefecture that it joins."""

    pairs: list[Pair]  # the most frequent first
    states: list[Region]
    prefectures: list[Region]
    outside: int  # partnerships that lie in no pair, because somebody's state or prefecture is none

    @cached_property
    def drawing(self) -> Shores:
        """Prefectures on the left, as on a map with the Pacific in the middle."""
        return Shores.of({(pair.prefecture, pair.state): pair.count for pair in self.pairs})

    @cached_property
    def names(self) -> dict[str, str]:
        """As short as the drawing needs them: “Hyogo”, not “Hyogo Prefecture”."""
        return {region.code: region.name.removesuffix(" Prefecture") for region in chain(self.states, self.prefectures)}

    @cached_property
    def counts(self) -> dict[str, int]:
        return {region.code: region.count for region in chain(self.states, self.prefectures)}

    @cached_property
    def sisters(self) -> set[tuple[str, str]]:
        """The pairs of a prefecture and a state that are sisters, as the drawing knows its ribbons."""
        return {(pair.prefecture, pair.state) for pair in self.pairs if pair.is_sister}

    @property
    def strongest(self) -> list[Pair]:
        return self.pairs[:STRONGEST]


def matrix(selection: Selection) -> Matrix:
    known, bitmap, filters = selection.catalogue, selection.bitmap, selection.filters
    names = {parameter: vocabulary.current().labels(parameter) for parameter in ("state", "prefecture")}
    counts = {parameter: known.counts(parameter, bitmap) for parameter in names}
    found = graph.of(known)
    sisters = {(found.bodies[us].code, found.bodies[jp].code) for us, jp in found.sisters}
    in_all = {
        parameter: reduce(or_, (known.having(parameter, code) for code in counts[parameter]), 0) for parameter in names
    }
    joined = bitmap & in_all["state"] & in_all["prefecture"]
    prefectures = [
        (code, names["prefecture"].get(code, code), known.having("prefecture", code)) for code in counts["prefecture"]
    ]
    pairs = []
    for state in counts["state"]:
        here = joined & known.having("state", state)
        name = names["state"].get(state, state)
        for prefecture, its_name, there in prefectures:
            if count := (here & there).bit_count():
                is_sister = (state, prefecture) in sisters
                pairs.append(Pair(state, prefecture, name, its_name, count, is_sister, filters))
    pairs.sort(key=lambda pair: (-pair.count, pair.state, pair.prefecture))
    regions = {
        parameter: _regions(filters, parameter, names[parameter], counts[parameter], pairs) for parameter in names
    }
    return Matrix(pairs, regions["state"], regions["prefecture"], selection.count - joined.bit_count())


def _regions(
    filters: ListFilterSet, parameter: str, names: dict[str, str], counts: dict[str, int], pairs: list[Pair]
) -> list[Region]:
    """The states, or the prefectures, that are in a pair, those with most partnerships first."""
    own: dict[str, list[Pair]] = {}
    for pair in pairs:
        own.setdefault(getattr(pair, parameter), []).append(pair)
    chosen = filters.chosen(parameter)
    is_all_shown = len(pairs) <= MOST_PAIRS
    return [
        Region(
            code,
            names.get(code, code),
            counts[code],
            _address(filters, **{parameter: code}),
            own[code],
            own[code] if is_all_shown or code in chosen else own[code][:MOST_IN_A_ROW],
        )
        for code in sorted(own, key=lambda code: (-counts[code], code))
    ]


# --- Hubs ------------------------------------------------------------------------------------------------------------


class Hub(NamedTuple):
    """A place or organisation by the number of its partners across the Pacific."""

    body: Body
    partners: int  # different ones; a merged place is what it belongs to now
    partnerships: int  # as the listing counts them, with what lies in it and what merged into it
    address: str


@dataclass(frozen=True)
class Hubs:
    """Those with the most partners on each shore: states and prefectures by themselves, the others by themselves."""

    states: list[Region]
    prefectures: list[Region]
    american: list[Hub]
    japanese: list[Hub]


def hubs(selection: Selection, joined: Matrix) -> Hubs:
    found = graph.of(selection.catalogue)
    flags = selection.catalogue.flags(selection.bitmap)
    best: dict[str, list[Hub]] = {str(country): [] for country in Country}
    for pk, most_links in found.most_links:
        body = found.bodies[pk]
        leading = best[body.country]
        least = leading[-1].partners if len(leading) == MOST_HUBS else 1
        if most_links < least or (crossings := found.crossings(pk)).most < least:
            continue
        partners, partnerships = crossings.among(flags)
        if partners >= least:
            leading.append(Hub(body, partners, partnerships, _address(selection.filters, actor=body.slug)))
            leading.sort(key=lambda hub: (-hub.partners, -hub.partnerships, hub.body.slug))
            del leading[MOST_HUBS:]

    def most(regions: list[Region]) -> list[Region]:
        return sorted(regions, key=lambda region: (-region.partners, -region.count, region.code))[:MOST_HUBS]

    return Hubs(most(joined.states), most(joined.prefectures), best[Country.US], best[Country.JP])


# --- Sister states, and what stands under them -----------------------------------------------------------------------


@dataclass(frozen=True)
class Cluster:
    """A state and a prefecture that are sisters, with the partnerships between their municipalities."""

    state: Body
    prefecture: Body
    ties: list[Record]  # their own, the oldest first
    partnerships: int  # between their municipalities
    named: list[Record]
    all_count: int  # of the list that joins the two in any way
    address: str

    @property
    def beyond(self) -> int:
        """How many are not named."""
        return self.partnerships - len(self.named)


@dataclass(frozen=True)
class Clusters:
    """The clusters of a list, the largest first."""

    clusters: list[Cluster]
    hidden: int  # clusters that are not shown
    inside: int  # partnerships between municipalities of sister states
    outside: int  # partnerships between municipalities that are in no such pair


@dataclass(frozen=True)
class Record:
    """A partnership by its title, with its kind and state."""

    facts: Facts

    @property
    def kind_label(self) -> str:
        return str(Partnership.Kind(self.facts.kind).label)

    @property
    def status(self) -> str:
        return self.facts.status

    @property
    def started(self) -> PartialDate | None:
        return PartialDate.parse(self.facts.started) if self.facts.started else None

    @property
    def ended(self) -> PartialDate | None:
        return PartialDate.parse(self.facts.ended) if self.facts.ended else None


def records(known: Catalogue, keys: Iterable[int]) -> list[Record]:
    """These partnerships, in their order."""
    return [Record(facts) for facts in known.facts(keys)]


@dataclass(frozen=True)
class _Below:
    """What stands under sister states, as bitmaps of one catalogue."""

    found: Graph
    pairs: dict[tuple[int, int], int]  # a state and a prefecture that are sisters → what joins their municipalities
    ties: dict[tuple[int, int], Slots]  # their own ties
    inside: int
    outside: int  # what joins municipalities of no such pair


_below: _Below | None = None


def _under(found: Graph) -> _Below:
    """Made once for each catalogue, which is one of each version and day."""
    global _below
    kept = _below
    if kept is None or kept.found is not found:
        known = found.known
        municipal = {region: known.bitmap(found.keys_of(own)) for region, own in found.bodies.municipal.items()}
        shores: dict[str, int] = dict.fromkeys(Country, 0)
        for region, bitmap in municipal.items():
            shores[found.bodies[region].country] |= bitmap
        pairs = {pair: municipal.get(pair[0], 0) & municipal.get(pair[1], 0) for pair in found.sisters}
        inside = reduce(or_, pairs.values(), 0)
        ties = {pair: known.slots(keys) for pair, keys in found.sisters.items()}
        outside = shores[Country.US] & shores[Country.JP] & ~inside
        kept = _below = _Below(found, pairs, ties, inside, outside)
    return kept


def clusters(selection: Selection) -> Clusters:
    found = graph.of(selection.catalogue)
    below = _under(found)
    flags = selection.catalogue.flags(selection.bitmap)
    counts = {pair: (bitmap & selection.bitmap).bit_count() for pair, bitmap in below.pairs.items()}
    there = [pair for pair, count in counts.items() if count or any(flags[slot] for slot in below.ties[pair])]
    ordered = sorted(there, key=lambda pair: (-counts[pair], *_codes(found, pair)))
    shown = [_cluster(selection, found, pair, below.pairs[pair] & selection.bitmap) for pair in ordered[:MOST_CLUSTERS]]
    return Clusters(
        shown,
        len(ordered) - len(shown),
        (below.inside & selection.bitmap).bit_count(),
        (below.outside & selection.bitmap).bit_count(),
    )


def _codes(found: Graph, pair: tuple[int, int]) -> tuple[str, str]:
    return found.bodies[pair[0]].code, found.bodies[pair[1]].code


def _cluster(selection: Selection, found: Graph, pair: tuple[int, int], below: int) -> Cluster:
    known = selection.catalogue
    state, prefecture = (found.bodies[pk] for pk in pair)
    both = selection.bitmap & known.having("state", state.code) & known.having("prefecture", prefecture.code)
    return Cluster(
        state,
        prefecture,
        records(known, found.sisters[pair]),
        below.bit_count(),
        records(known, known.keys(below, "newest", 0, MOST_NAMED)),
        both.bit_count(),
        _address(selection.filters, state=state.code, prefecture=prefecture.code),
    )


# --- Partnerships of places that merged ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Merger:
    """A partnership of a place that is no more, and what is known of it since.

    ``outcome`` is ``lapsed`` only where sources say that it ended, and not before the merger: ``ended_before`` and
    ``ended`` (when is not known) are told apart. ``continued`` has its successor's own record with the same partner.
    """

    place: Body
    partners: list[Body]
    record: Record
    outcome: str
    continued_by: Record | None = None


OUTCOMES = ("lapsed", "ended", "ended_before", "unknown", "continued", "active")


@dataclass(frozen=True)
class Mergers:
    """What became of the partnerships of merged places: those first of which least is known to go on."""

    mergers: list[Merger]
    hidden: int
    counts: dict[str, int]  # by outcome, those that are not shown included

    @property
    def count(self) -> int:
        return sum(self.counts.values())


_told: tuple[Graph, dict[int, list[Merger]]] | None = None


def _told_of(found: Graph) -> dict[int, list[Merger]]:
    """By partnership; made once for each graph, because they are the same in every list."""
    global _told
    kept = _told
    if kept is None or kept[0] is not found:
        made = {
            record.facts.pk: [_merger(found, place, record) for place in found.merged[record.facts.pk]]
            for record in records(found.known, found.merged)
        }
        kept = _told = found, made
    return kept[1]


def mergers(selection: Selection) -> Mergers:
    known = selection.catalogue
    by_key = _told_of(graph.of(known))
    bitmap = selection.bitmap & known.bitmap(by_key)
    told = [merger for key in known.keys(bitmap, "oldest", 0, bitmap.bit_count()) for merger in by_key[key]]
    told.sort(key=lambda merger: OUTCOMES.index(merger.outcome))
    counts = Counter(merger.outcome for merger in told)
    ordered = {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome]}
    return Mergers(told[:MOST_MERGED], max(len(told) - MOST_MERGED, 0), ordered)


def _merger(found: Graph, place: Body, record: Record) -> Merger:
    key = record.facts.pk
    us, jp = found.sides[key]
    across = [found.bodies[pk] for pk in (jp if place.country == Country.US else us)]
    continuing = _continuing(found, place, {body.now.pk for body in across}, key)
    following = records(found.known, continuing)
    return Merger(place, across, record, _outcome(place, record, following), next(iter(following), None))


def _continuing(found: Graph, place: Body, partners: set[int], key: int) -> list[int]:
    """Another partnership of the successor itself with one of the same partners, or with what those belong to now.

    The first one that was recorded; none where there is none.
    """
    if place.present is None:
        return []
    own = set(found.taking_part.get(place.present.pk, ()))
    theirs = found.keys_of(pk for partner in partners for pk in found.bodies.present[partner])
    return sorted(own.intersection(theirs) - {key})[:1]


def _outcome(place: Body, record: Record, following: list[Record]) -> str:
    if record.status == Partnership.Status.ENDED:
        if record.ended is None or place.dissolved_on is None:
            return "continued" if following else "ended"
        # A year alone may lie on either side of a day in it: only what is surely earlier ended before.
        if record.ended.latest < place.dissolved_on.earliest:
            return "ended_before"
        return "continued" if following else "lapsed"
    if following:
        return "continued"
    return "active" if record.status == Partnership.Status.ACTIVE else "unknown"
