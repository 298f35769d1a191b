"""Which states and prefectures a list connects, its hubs, what stands under sister states, and what became of mergers.

Numbers of states and prefectures are those of the catalogue's bitmaps, so that each is that of the list it leads to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from partnerships import vocabulary
from partnerships.catalogue import Catalogue, Facts, Selection
from partnerships.models import Country, PartialDate, Partnership
from partnerships.ribbons import Shores

from . import graph
from .graph import Body, Graph

MOST_HUBS = 10  # of each kind on each shore
MOST_CLUSTERS = 60  # shown; more would be pairs that nobody reads
MOST_NAMED = 12  # partnerships of a cluster
MOST_MERGED = 100  # partnerships of places that merged
STRONGEST = 12  # pairs shown beside the drawing


def _address(selection: Selection, **values: str) -> str:
    """The list narrowed to these values; empty where it would not be the same partnerships.

    Values of one parameter widen a list: where others are chosen, it holds more than what is counted here.
    """
    filters = selection.filters
    changes = {}
    for parameter, value in values.items():
        chosen = filters.chosen(parameter)
        if not value or (chosen and value not in chosen):
            return ""
        changes[parameter] = [value]
    return filters.address(changes)


# --- States and prefectures ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """A state and a prefecture with the number of partnerships that somebody in each takes part in."""

    state: str  # codes
    prefecture: str
    state_name: str
    prefecture_name: str
    count: int
    address: str
    is_sister: bool  # the two are sisters or friends themselves


@dataclass(frozen=True)
class Region:
    """A state or prefecture with its partnerships and the number of those across that it has them with."""

    code: str
    name: str
    count: int
    address: str
    pairs: list[Pair]  # the most frequent first

    @property
    def partners(self) -> int:
        return len(self.pairs)


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
    known, bitmap = selection.catalogue, selection.bitmap
    names = {parameter: vocabulary.current().labels(parameter) for parameter in ("state", "prefecture")}
    counts = {parameter: known.counts(parameter, bitmap) for parameter in names}
    found = graph.current()
    sisters = {(found.bodies[us].code, found.bodies[jp].code) for us, jp in found.sisters}
    prefectures = {code: known.having("prefecture", code) for code in counts["prefecture"]}
    pairs = []
    joined = 0
    for state in counts["state"]:
        here = bitmap & known.having("state", state)
        for prefecture, there in prefectures.items():
            if both := here & there:
                joined |= both
                pair = Pair(
                    state,
                    prefecture,
                    names["state"].get(state, state),
                    names["prefecture"].get(prefecture, prefecture),
                    both.bit_count(),
                    _address(selection, state=state, prefecture=prefecture),
                    (state, prefecture) in sisters,
                )
                pairs.append(pair)
    pairs.sort(key=lambda pair: (-pair.count, pair.state, pair.prefecture))
    regions = {
        parameter: _regions(selection, parameter, names[parameter], counts[parameter], pairs) for parameter in names
    }
    return Matrix(pairs, regions["state"], regions["prefecture"], selection.count - joined.bit_count())


def _regions(
    selection: Selection, parameter: str, names: dict[str, str], counts: dict[str, int], pairs: list[Pair]
) -> list[Region]:
    """The states, or the prefectures, that are in a pair, those with most partnerships first."""
    own: dict[str, list[Pair]] = {}
    for pair in pairs:
        own.setdefault(getattr(pair, parameter), []).append(pair)
    ordered = sorted(own, key=lambda code: (-counts[code], code))
    return [
        Region(code, names.get(code, code), counts[code], _address(selection, **{parameter: code}), own[code])
        for code in ordered
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
    found = graph.current()
    chosen = set(_keys(selection))
    best: dict[str, list[Hub]] = {str(country): [] for country in Country}
    for pk, most_partners in found.most_partners:
        body = found.bodies[pk]
        leading = best[body.country]
        if len(leading) == MOST_HUBS and most_partners < leading[-1].partners:
            continue
        own = chosen.intersection(found.counted[pk])
        if partners := found.partners(pk, own):
            leading.append(Hub(body, len(partners), len(own), _address(selection, actor=body.slug)))
            leading.sort(key=lambda hub: (-hub.partners, -hub.partnerships, hub.body.slug))
            del leading[MOST_HUBS:]

    def most(regions: list[Region]) -> list[Region]:
        return sorted(regions, key=lambda region: (-region.partners, -region.count, region.code))[:MOST_HUBS]

    return Hubs(most(joined.states), most(joined.prefectures), best[Country.US], best[Country.JP])


def _keys(selection: Selection) -> list[int]:
    """The partnerships of a list, the newest first."""
    return selection.catalogue.keys(selection.bitmap, "newest", 0, selection.count)


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
    kind: str
    status: str
    ended: PartialDate | None

    @property
    def kind_label(self) -> str:
        return str(Partnership.Kind(self.kind).label)

    @property
    def started(self) -> PartialDate | None:
        return PartialDate.parse(self.facts.started) if self.facts.started else None


def records(known: Catalogue, keys: Iterable[int]) -> list[Record]:
    """These partnerships, in their order."""
    found = graph.current()
    listed = list(keys)
    return [
        Record(facts, found.kinds[facts.pk], found.statuses[facts.pk], found.ended_on.get(facts.pk))
        for facts in known.facts(listed)
    ]


@dataclass(frozen=True)
class _Below:
    """What stands under sister states, as bitmaps of one catalogue."""

    known: Catalogue
    pairs: dict[tuple[int, int], int]  # a state and a prefecture that are sisters → what joins their municipalities
    inside: int
    outside: int  # what joins municipalities of no such pair


_below: _Below | None = None


def _under(known: Catalogue, found: Graph) -> _Below:
    """Made once for each catalogue, which is one of each version and day."""
    global _below
    kept = _below
    if kept is None or kept.known is not known:
        keys: dict[tuple[int, int], list[int]] = {}
        for key, pairs in found.municipal_pairs.items():
            for pair in pairs & found.sisters.keys():
                keys.setdefault(pair, []).append(key)
        inside = known.bitmap(chain.from_iterable(keys.values()))
        below = {pair: known.bitmap(own) for pair, own in keys.items()}
        kept = _below = _Below(known, below, inside, known.bitmap(found.municipal_pairs) & ~inside)
    return kept


def clusters(selection: Selection) -> Clusters:
    found, known = graph.current(), selection.catalogue
    below = _under(known, found)
    here = {pair: bitmap & selection.bitmap for pair, bitmap in below.pairs.items()}
    counts = {
        pair: here.get(pair, 0).bit_count()
        for pair, ties in found.sisters.items()
        if here.get(pair) or known.bitmap(ties) & selection.bitmap
    }
    ordered = sorted(counts, key=lambda pair: (-counts[pair], *_codes(found, pair)))
    shown = [_cluster(selection, found, pair, here.get(pair, 0)) for pair in ordered[:MOST_CLUSTERS]]
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
        _address(selection, state=state.code, prefecture=prefecture.code),
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


_told: tuple[Catalogue, dict[int, list[Merger]]] | None = None


def _told_of(known: Catalogue, found: Graph) -> dict[int, list[Merger]]:
    """By partnership; made once for each catalogue, because they are the same in every list."""
    global _told
    kept = _told
    if kept is None or kept[0] is not known:
        made = {
            record.facts.pk: [_merger(found, known, place, record) for place in found.merged[record.facts.pk]]
            for record in records(known, found.merged)
        }
        kept = _told = known, made
    return kept[1]


def mergers(selection: Selection) -> Mergers:
    found, known = graph.current(), selection.catalogue
    by_key = _told_of(known, found)
    bitmap = selection.bitmap & known.bitmap(by_key)
    told = [merger for key in known.keys(bitmap, "oldest", 0, bitmap.bit_count()) for merger in by_key[key]]
    told.sort(key=lambda merger: OUTCOMES.index(merger.outcome))
    counts = Counter(merger.outcome for merger in told)
    ordered = {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome]}
    return Mergers(told[:MOST_MERGED], max(len(told) - MOST_MERGED, 0), ordered)


def _merger(found: Graph, known: Catalogue, place: Body, record: Record) -> Merger:
    us, jp = found.sides[record.facts.pk]
    across = [found.bodies[pk] for pk in (jp if place.country == Country.US else us)]
    continuing = _continuing(found, place, {body.now.pk for body in across}, record.facts.pk)
    following = records(known, continuing[:1])
    return Merger(place, across, record, _outcome(place, record, following), next(iter(following), None))


def _continuing(found: Graph, place: Body, partners: set[int], key: int) -> list[int]:
    """Other partnerships of the successor itself with one of the same partners, or with what those belong to now."""
    if place.present is None:
        return []
    side = 1 if place.country == Country.US else 0
    own = found.taking_part.get(place.present.pk, [])
    return [
        other
        for other in own
        if other != key and partners & {found.bodies[pk].now.pk for pk in found.sides[other][side]}
    ]


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
