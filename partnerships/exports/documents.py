"""The listing as one JSON document, and as GeoJSON (RFC 7946), record by record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from partnerships import maps

from .records import Record, records
from .shapes import Partnership

_PROPERTIES = (
    *("slug", "title", "title_ja", "kind", "status", "started", "ended", "term_ends"),
    *("themes", "states", "prefectures", "url", "url_ja"),
)


def document(count: int, batches: Iterable[list[int]]) -> Iterator[bytes]:
    """``{"count": n, "results": [...]}``, a result on each line, for partnerships given by their keys."""
    shape = Partnership()
    yield from _listed(f'{{"count":{count},"results":[', batches, lambda keys: _results(keys, shape))


def geojson(batches: Iterable[list[int]]) -> Iterator[bytes]:
    """A FeatureCollection; one feature for each partnership, without a geometry where a shore has no known point."""
    yield from _listed('{"type":"FeatureCollection","features":[', batches, _features)


def _results(keys: list[int], shape: Partnership) -> Iterator[dict[str, Any]]:
    for _pk, record in _in_order(keys):
        yield shape.to_representation(record)


def _features(keys: list[int]) -> Iterator[dict[str, Any]]:
    atlas = maps.joining(keys)
    for pk, record in _in_order(keys):
        yield {
            "type": "Feature",
            "id": record.slug,
            "geometry": _geometry(atlas, atlas.pairs.get(pk, ())),
            "properties": {name: getattr(record, name) for name in _PROPERTIES},
        }


def _in_order(keys: list[int]) -> Iterator[tuple[int, Record]]:
    found = records(keys)
    return ((pk, found[pk]) for pk in keys if pk in found)


def _listed(head: str, batches: Iterable[list[int]], made: Any) -> Iterator[bytes]:
    """A document whose list is written a batch at a time."""
    yield head.encode()
    between = "\n"
    for keys in batches:
        lines: list[str] = []
        for item in made(keys):
            lines += between, json.dumps(item, ensure_ascii=False, separators=(",", ":"))
            between = ",\n"
        yield "".join(lines).encode()
    yield b"\n]}\n"


# --- Lines across the Pacific ----------------------------------------------------------------------------------------


def _geometry(atlas: maps.Atlas, pairs: Iterable[maps.Pair]) -> dict[str, Any] | None:
    """Lines from place to place, each cut in two where it crosses the line of date (RFC 7946, 3.1.9)."""
    lines = [line for jp, us in pairs for line in _line(atlas.places[jp], atlas.places[us])]
    return {"type": "MultiLineString", "coordinates": lines} if lines else None


def _line(start: maps.Place, end: maps.Place) -> list[list[list[float]]]:
    """The shorter way from one place to another: longitudes of places run on to the east of 180°."""
    first, last = (start.longitude, start.latitude), (end.longitude, end.latitude)
    if (first[0] <= 180) == (last[0] <= 180):  # Guam, or a point in the Aleutians
        return [[_position(*first), _position(*last)]]
    part = (180 - first[0]) / (last[0] - first[0])
    latitude = first[1] + part * (last[1] - first[1])
    at_the_line = round(latitude, 5)
    return [[_position(*first), [180.0, at_the_line]], [[-180.0, at_the_line], _position(*last)]]


def _position(longitude: float, latitude: float) -> list[float]:
    """Five decimals are a metre."""
    return [round(longitude - 360 if longitude > 180 else longitude, 5), round(latitude, 5)]
