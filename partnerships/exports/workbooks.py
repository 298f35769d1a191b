"""A workbook (XLSX) that is sent while it is written: the first bytes at once, never more than a batch in memory.

openpyxl writes the workbook with its styles, its head and nothing below; the lines of the sheet are put into it on its
way out. openpyxl by itself, write-only or not, sends nothing before the last line is there.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.xml.functions import tostring

from partnerships.wording import without_controls

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_LINES = 1_048_575  # below the head, as many as a sheet has
LONGEST_CELL = 32_767  # characters, in Excel
WIDTHS = {"title": 44, "title_ja": 40, "us_participants": 32, "jp_participants": 32, "url": 44, "sources": 44}
USUAL_WIDTH = 16
_SHEET, _PROPERTIES = "xl/worksheets/sheet1.xml", "docProps/core.xml"
_END = b"</sheetData>"
_MADE_ON = dt.datetime(1980, 1, 1)  # noqa: DTZ001 (of no zone) the first that a zip file can say


class _Outlet(io.RawIOBase):
    """Where the zip file is written to, and taken from."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, octets: bytes) -> int:  # type: ignore[override]
        self._written += octets
        return len(octets)

    def taken(self) -> bytes:
        octets = bytes(self._written)
        self._written.clear()
        return octets


def workbook(title: str, columns: dict[str, str], lines: Iterable[list[list[str]]], count: int) -> Iterator[bytes]:
    """A workbook of one sheet, piece by piece.

    ``columns`` are labels by name, ``lines`` come in batches, ``count`` says how many there will be.
    """
    parts = _blank(title, columns, count)
    before, end, after = parts.pop(_SHEET).partition(_END)
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as made:
        for name, part in parts.items():
            made.writestr(_member(name), part)
        yield outlet.taken()
        with made.open(_member(_SHEET), "w") as sheet:
            sheet.write(before)
            number = 2
            for batch in lines:
                sheet.write("".join(_row(number + place, line) for place, line in enumerate(batch)).encode())
                number += len(batch)
                yield outlet.taken()
            sheet.write(end + after)
    yield outlet.taken()


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _MADE_ON.timetuple()[:6])
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _blank(title: str, columns: dict[str, str], count: int) -> dict[str, bytes]:
    """The parts of a workbook with a head that stays in sight and can be filtered by, and with no line.

    It does not say when it was made, so that the same list makes the same bytes.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    sheet.append(list(columns.values()))
    for cell, name in zip(sheet[1], columns, strict=True):
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="top")
        sheet.column_dimensions[cell.column_letter].width = WIDTHS.get(name, USUAL_WIDTH)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{count + 1}"
    written = io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as saved:
        parts = {name: saved.read(name) for name in saved.namelist()}
    book.properties.created = book.properties.modified = _MADE_ON
    parts[_PROPERTIES] = tostring(book.properties.to_tree())
    return parts


def _row(number: int, line: list[str]) -> str:
    """Cells that are texts whatever they begin with, so that none is a formula."""
    cells = "".join(
        f'<c t="inlineStr"><is><t xml:space="preserve">{escape(_fitting(text))}</t></is></c>' if text else "<c/>"
        for text in line
    )
    return f'<row r="{number}">{cells}</row>'


def _fitting(text: str) -> str:
    text = without_controls(text)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
