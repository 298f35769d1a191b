"""Tables as bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from .columns import COLUMNS, records

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes the file for one in the system's old encoding
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_head() -> bytes:
    return (BYTE_ORDER_MARK + _line(list(COLUMNS))).encode()


def csv_lines(keys: list[int]) -> dict[int, bytes]:
    """The lines of some partnerships by their keys (RFC 4180)."""
    return {pk: _line([_safe(value(record)) for value in COLUMNS.values()]).encode() for pk, record in records(keys)}


def csv_table(rows: Iterable[Iterable[str]]) -> bytes:
    """A table that is small enough to be made at once; its first row is the head."""
    return (BYTE_ORDER_MARK + "".join(_line([_safe(cell) for cell in row]) for row in rows)).encode()


def _safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
