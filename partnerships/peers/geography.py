"""Distances between points, and which of them lie on the coast; no Django."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Generic, TypeVar

EARTH = 6_371.0  # km, mean radius
DEGREE = math.pi / 180 * EARTH  # km in a degree of latitude
COAST = 15.0  # km from the shoreline, as far as a place is called coastal
STEP = 0.05  # degrees between two points of a shoreline

Key = TypeVar("Key", bound=Hashable)
Point = tuple[float, float]  # latitude, longitude in degrees

_LAND = Path(__file__).parent.parent / "static" / "partnerships" / "geo" / "land.json"


def distance(one: Point, other: Point) -> float:
    """Kilometres between two points on a sphere (haversine)."""
    north, south = math.radians(one[0]), math.radians(other[0])
    half_down = math.sin((north - south) / 2)
    half_across = math.sin(math.radians(one[1] - other[1]) / 2)
    return 2 * EARTH * math.asin(math.sqrt(min(1.0, half_down**2 + math.cos(north) * math.cos(south) * half_across**2)))


class Grid(Generic[Key]):
    """Points in cells of a degree by a degree, so that what is near need not be looked for everywhere."""

    def __init__(self, points: Iterable[tuple[Key, Point]]) -> None:
        self._cells: dict[tuple[int, int], list[tuple[Key, Point]]] = defaultdict(list)
        for key, point in points:
            self._cells[_cell(point)].append((key, point))

    def near(self, point: Point, within: float) -> Iterator[tuple[Key, float]]:
        """Keys with their distance in km, as far as ``within``; in no particular order."""
        up = math.ceil(within / DEGREE)
        # Near the poles degrees of longitude shrink; none of our places lies beyond 72° north.
        across = math.ceil(within / (DEGREE * math.cos(math.radians(min(80.0, abs(point[0]) + up)))))
        row, column = _cell(point)
        for cell_row in range(row - up, row + up + 1):
            for cell_column in range(column - across, column + across + 1):
                for key, other in self._cells.get((cell_row, cell_column), ()):
                    if (found := distance(point, other)) <= within:
                        yield key, found


def _cell(point: Point) -> tuple[int, int]:
    return math.floor(point[0]), math.floor(point[1] % 360)


@cache
def _shoreline() -> Grid[int]:
    """The shores on the map of the ties (Natural Earth 1:50m), a point every few kilometres; lakes are none."""
    land = json.loads(_LAND.read_text())
    points: list[Point] = []
    for feature in land["features"]:
        for polygon in feature["geometry"]["coordinates"]:
            for ring in polygon:
                for start, end in pairwise(ring):
                    points += _between(start, end)
    return Grid(enumerate(points))


def _between(start: list[float], end: list[float]) -> Iterator[Point]:
    steps = max(1, math.ceil(max(abs(start[0] - end[0]), abs(start[1] - end[1])) / STEP))
    for step in range(steps):
        share = step / steps
        yield start[1] + (end[1] - start[1]) * share, start[0] + (end[0] - start[0]) * share


@cache
def is_coastal(point: Point) -> bool:
    return next(_shoreline().near(point, COAST), None) is not None
