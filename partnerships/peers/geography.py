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

CELL = 0.5  # degrees

Key = TypeVar("Key", bound=Hashable)
Vector = tuple[float, float, float]
Point = tuple[float, float]  # latitude, longitude in degrees

_LAND = Path(__file__).parent.parent / "static" / "partnerships" / "geo" / "land.json"


def distance(one: Point, other: Point) -> float:
    """Kilometres between two points on a sphere (haversine)."""
    north, south = math.radians(one[0]), math.radians(other[0])
    half_down = math.sin((north - south) / 2)
    half_across = math.sin(math.radians(one[1] - other[1]) / 2)
    return 2 * EARTH * math.asin(math.sqrt(min(1.0, half_down**2 + math.cos(north) * math.cos(south) * half_across**2)))


class Grid(Generic[Key]):
    """Points in cells of so many degrees, so that what is near need not be looked for everywhere."""

    def __init__(self, points: Iterable[tuple[Key, Point]], degrees: float = CELL) -> None:
        self._degrees = degrees
        self._around = round(360 / degrees)
        self._cells: dict[tuple[int, int], list[tuple[Key, Vector]]] = defaultdict(list)
        for key, point in points:
            self._cells[self._cell(point)].append((key, _vector(point)))

    def _cell(self, point: Point) -> tuple[int, int]:
        return math.floor(point[0] / self._degrees), math.floor(point[1] / self._degrees) % self._around

    def near(self, point: Point, within: float) -> list[tuple[Key, float]]:
        """Keys with their distance in km, as far as ``within``; in no particular order."""
        x, y, z = _vector(point)
        chord = 2 * math.sin(within / EARTH / 2)
        found = [
            (key, squared)
            for cell in self._cells_near(point, within)
            for key, (other_x, other_y, other_z) in self._cells.get(cell, ())
            if (squared := (x - other_x) ** 2 + (y - other_y) ** 2 + (z - other_z) ** 2) <= chord**2
        ]
        return [(key, 2 * EARTH * math.asin(min(1.0, math.sqrt(squared) / 2))) for key, squared in found]

    def _cells_near(self, point: Point, within: float) -> Iterator[tuple[int, int]]:
        degrees = within / DEGREE
        up = math.ceil(degrees / self._degrees)
        # Degrees of longitude shrink towards the poles; beyond 80° nobody lives.
        across = math.ceil(degrees / math.cos(math.radians(min(80.0, abs(point[0]) + degrees))) / self._degrees)
        row, column = self._cell(point)
        columns = {beside % self._around for beside in range(column - across, column + across + 1)}
        return ((cell_row, beside) for cell_row in range(row - up, row + up + 1) for beside in columns)


def _vector(point: Point) -> Vector:
    """The point on a sphere of radius 1."""
    north, east = math.radians(point[0]), math.radians(point[1])
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)


@cache
def is_coastal(point: Point) -> bool:
    """Whether a point is near a shore of the map of the ties, or beyond it: on an island too small for that map."""
    return bool(_shoreline().near(point, COAST)) or not _is_on_land(point)


@cache
def _edges() -> list[tuple[Point, Point]]:
    """The shores on the map of the ties (Natural Earth 1:50m; lakes have none), with longitudes from 0 to 360."""
    land = json.loads(_LAND.read_text())
    rings = [ring for feature in land["features"] for polygon in feature["geometry"]["coordinates"] for ring in polygon]
    return [((start[1], start[0]), (end[1], end[0])) for ring in rings for start, end in pairwise(ring)]


@cache
def _shoreline() -> Grid[int]:
    """A point of the shores every few kilometres."""
    return Grid(enumerate(point for start, end in _edges() for point in _between(start, end)))


def _between(start: Point, end: Point) -> Iterator[Point]:
    steps = max(1, math.ceil(max(abs(start[0] - end[0]), abs(start[1] - end[1])) / STEP))
    for step in range(steps):
        share = step / steps
        yield start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


@cache
def _by_latitude() -> dict[int, list[tuple[Point, Point]]]:
    """The edges that each degree of latitude has a part of."""
    found: dict[int, list[tuple[Point, Point]]] = defaultdict(list)
    for start, end in _edges():
        low, high = sorted((start[0], end[0]))
        for row in range(math.floor(low), math.floor(high) + 1):
            found[row].append((start, end))
    return found


def _is_on_land(point: Point) -> bool:
    """Whether a line to the west crosses an odd number of shores."""
    north, east = point[0], point[1] % 360
    crossings = 0
    for start, end in _by_latitude().get(math.floor(north), ()):
        if (start[0] > north) != (end[0] > north):
            at = start[1] + (north - start[0]) / (end[0] - start[0]) * (end[1] - start[1])
            crossings += at < east
    return crossings % 2 == 1
