"""Where the marks of a chart stand, so that a template only has to write them down.

Across, everything is in per cent of the chart, and downwards in pixels: a chart stretches with the page while its text
keeps its size and its lines their width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 180  # of the highest column, in pixels
ABOVE = 20  # so that the label of the highest line has room
BESIDE = 8.0  # per cent, for the numbers of the lines
FEWEST = 10  # columns that there is room for, so that one alone is no wall
FILLED = 0.8  # of the room that a column has
MOST_LINES = 4
SHADES = 5


@dataclass(frozen=True)
class Block:
    """One part of a column."""

    name: str
    y: float
    height: float


@dataclass(frozen=True)
class Column:
    x: float
    width: float
    blocks: list[Block]

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 3)

    @property
    def end(self) -> float:
        return round(self.x + self.width, 3)


@dataclass(frozen=True)
class Line:
    """A line across the chart at a round number."""

    value: int
    y: float


@dataclass(frozen=True)
class Columns:
    """A chart of columns that begin at zero, each of parts that stand on one another."""

    columns: list[Column]
    lines: list[Line]
    base: int
    height: int

    @classmethod
    def of(cls, numbers: Sequence[Sequence[int]], names: Sequence[str]) -> Columns:
        """The columns of some numbers, each of which has a part for every name, the lowest first."""
        most = max((sum(parts) for parts in numbers), default=0)
        step = round_step(most)
        top = step * max(-(-most // step), 1)
        base = ABOVE + HEIGHT
        room = (100 - BESIDE) / max(len(numbers), FEWEST)
        columns = [
            Column(
                round(BESIDE + place * room, 3),
                round(FILLED * room, 3),
                _blocks(dict(zip(names, parts, strict=True)), top, base),
            )
            for place, parts in enumerate(numbers)
        ]
        lines = [Line(value, round(base - HEIGHT * value / top, 1)) for value in range(0, top + 1, step)]
        return cls(columns, lines, base, base + ABOVE)


def _blocks(parts: dict[str, int], top: int, base: int) -> list[Block]:
    blocks = []
    below = 0
    for name, number in parts.items():
        below += number
        if number:
            blocks.append(Block(name, round(base - HEIGHT * below / top, 1), round(HEIGHT * number / top, 1)))
    return blocks


def round_step(most: int) -> int:
    """The smallest of 1, 2, 5, 10, 20 … in which one counts up to a number in few steps."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step * MOST_LINES >= most:
                return step
        power *= 10


def share(number: int, most: int) -> float:
    """The length of a bar, in per cent of the longest."""
    return round(100 * number / most, 1) if most else 0.0


def shade(number: int, most: int) -> int:
    """How dark a cell is: 0 for nothing, ``SHADES`` for the highest number."""
    return -(-SHADES * number // most) if most else 0
