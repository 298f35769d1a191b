"""Where two shores with ribbons between them stand: plain geometry, so that a template only has to write it down.

Downwards everything is in pixels. Ribbons go from 0 to ``ACROSS`` in a box that the page stretches, so that names
beside it keep their size.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

ACROSS = 100
MOST_ENDS = 12  # on a shore, besides the rest of it: so many names can be read, and so few ribbons told apart
FILLED = 420.0  # pixels for all ribbons together
WIDEST = 14.0  # pixels for a number of one
SLOT = 20.0  # pixels that a name needs
GAP = 6.0  # between two ends
REST = ""  # the key of the end that stands for all others

Counts = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class End:
    """One of those on a shore; ``folded`` says for how many others the rest stands."""

    key: str
    y: float
    height: float
    folded: int = 0

    @property
    def middle(self) -> float:
        return round(self.y + self.height / 2, 1)


@dataclass(frozen=True)
class Ribbon:
    left: str
    right: str
    number: int
    d: str


@dataclass(frozen=True)
class Shores:
    """A drawing of at most ``(MOST_ENDS + 1) ** 2`` ribbons, the widest first, so that none hides a narrower one."""

    left: list[End]
    right: list[End]
    ribbons: list[Ribbon]
    height: float

    @classmethod
    def of(cls, counts: Counts) -> Shores:
        """Two shores of numbers above zero, each by its key on the left and on the right; keys are not empty."""
        folds = [_fold(counts, side) for side in (0, 1)]
        joined: Counter[tuple[str, str]] = Counter()
        for keys, number in counts.items():
            joined[folds[0].get(keys[0], REST), folds[1].get(keys[1], REST)] += number
        scale = min(WIDEST, FILLED / max(joined.total(), 1))
        columns = [_stacked(joined, side, scale) for side in (0, 1)]
        height = max(sum(_slot(end) for end in column.values()) for column in columns)
        left, right = (
            _spread(column, height, _beyond(counts, folds[side], side)) for side, column in enumerate(columns)
        )
        return cls(left, right, _ribbons(joined, [left, right], scale), round(height, 1))


def _fold(counts: Counts, side: int) -> dict[str, str]:
    """The keys that have an end of their own; one alone is not folded away."""
    totals: Counter[str] = Counter()
    for keys, number in counts.items():
        totals[keys[side]] += number
    ordered = sorted(totals, key=lambda key: (-totals[key], key))
    return {key: key for key in (ordered if len(ordered) <= MOST_ENDS + 1 else ordered[:MOST_ENDS])}


def _beyond(counts: Counts, fold: dict[str, str], side: int) -> int:
    return len({keys[side] for keys in counts} - fold.keys())


def _stacked(joined: Counter[tuple[str, str]], side: int, scale: float) -> dict[str, float]:
    """The heights of a shore's ends, the highest first and the rest last."""
    totals: Counter[str] = Counter()
    for keys, number in joined.items():
        totals[keys[side]] += number
    ordered = sorted(totals, key=lambda key: (key == REST, -totals[key], key))
    return {key: totals[key] * scale for key in ordered}


def _slot(height: float) -> float:
    return max(SLOT, height + GAP)


def _spread(column: dict[str, float], height: float, folded: int) -> list[End]:
    """The ends one below the other, over the whole height."""
    free = (height - sum(map(_slot, column.values()))) / max(len(column), 1)
    ends = []
    top = 0.0
    for key, own in column.items():
        room = _slot(own) + free
        ends.append(End(key, round(top + (room - own) / 2, 1), round(own, 1), 0 if key else folded))
        top += room
    return ends


def _ribbons(joined: Counter[tuple[str, str]], shores: list[list[End]], scale: float) -> list[Ribbon]:
    places = [{end.key: place for place, end in enumerate(shore)} for shore in shores]
    starts: dict[tuple[str, str], tuple[float, ...]] = defaultdict(tuple)
    for side, shore in enumerate(shores):
        taken = {end.key: end.y for end in shore}
        # In the order of the other shore, so that the ribbons of one end do not cross.
        for keys in sorted(joined, key=lambda keys: places[1 - side][keys[1 - side]]):
            starts[keys] += (taken[keys[side]],)
            taken[keys[side]] += joined[keys] * scale
    ordered = sorted(joined, key=lambda keys: (-joined[keys], keys))
    return [
        Ribbon(left, right, joined[left, right], _path(starts[left, right], joined[left, right] * scale))
        for left, right in ordered
    ]


def _path(ends: tuple[float, ...], width: float) -> str:
    start, end = ends
    middle = ACROSS // 2
    a, b, c, d = (f"{number:.1f}" for number in (start, end, end + width, start + width))
    return f"M0 {a}C{middle} {a} {middle} {b} {ACROSS} {b}V{c}C{middle} {c} {middle} {d} 0 {d}Z"
