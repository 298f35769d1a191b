"""Tables as bytes: CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from .columns import cells, head
from .records import records

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes the file for one in the system's old encoding
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_head() -> bytes:
    """The first line, in the active language."""
    return (BYTE_ORDER_MARK + _line(head())).encode()


def csv_lines(keys: list[int]) -> dict[int, bytes]:
    """The lines of some partnerships by their keys; the same in all languages."""
    return {pk: _line([_safe(cell) for cell in cells(record)]).encode() for pk, record in records(keys).items()}


def csv_table(rows: Iterable[Iterable[str]]) -> bytes:
    """A table that is small enough to be made at once; its first row is the head."""
    return BYTE_ORDER_MARK.encode() + csv_rows(rows)


def csv_rows(rows: Iterable[Iterable[str]]) -> bytes:
    """Lines of a table that begins elsewhere."""
    return "".join(_line([_safe(cell) for cell in row]) for row in rows).encode()


def _safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; what looks as if we had done so already gets one more, so that an
    import can take exactly one off."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
