"""Files as offices send them, as a table of texts: CSV in whatever encoding, and XLSX. Nothing is believed yet."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook

LARGEST_FILE = 10 * 1024 * 1024  # bytes
LARGEST_UNPACKED = 100 * 1024 * 1024  # bytes, of all that a zip file holds
MOST_ENTRIES = 1_000
MOST_ROWS = 10_000
MOST_COLUMNS = 100
LAST_ROW = 1_048_576
LONGEST_CELL = 50_000  # characters; more than any text in the directory is a broken quote
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Excel writes the empty result of a formula as that of a text (t="str").
_FORMULA_CELL = re.compile(rb"<c((?:\s[^>]*)?)>\s*<f(?:\s[^>]*?)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_INVISIBLE = "\ufeff\u200b\u2060"
# A workbook has no use for a document type, and it is what XML bombs are made of.
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))


class UnreadableFileError(Exception):
    """A file that cannot be read as what it should be, with every reason in words."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


@dataclass
class Sheet:
    """A table of texts: ``rows`` are the filled lines with their numbers in the file, where the head is line 1.

    ``read_as`` says in words how the file was understood.
    """

    head: list[str]
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    read_as: str = ""


def read_sheet(content: bytes) -> Sheet:
    """Read the table in a file, by what the file is and not by what it is called."""
    if len(content) > LARGEST_FILE:
        raise UnreadableFileError(_too_large(LARGEST_FILE))
    if content.startswith(_OLD_EXCEL):
        raise UnreadableFileError(
            _("This is a workbook in Excel's old format, or one with a password. Save it as .xlsx without a password.")
        )
    lines, read_as = _of_workbook(content) if content.startswith(b"PK") else _of_text(content)
    return _sheet(lines, read_as)


def _too_large(bytes_allowed: int) -> str:
    return _("The file is too large; at most %(size)d MB are taken.") % {"size": bytes_allowed // 1024 // 1024}


def _sheet(lines: Iterable[tuple[int, list[str]]], read_as: str) -> Sheet:
    sheet: Sheet | None = None
    for number, cells in lines:
        if not any(cells):
            continue
        if sheet is None:
            sheet = Sheet(_without_empty_end(cells), read_as=read_as)
            if len(sheet.head) > MOST_COLUMNS:
                raise UnreadableFileError(
                    _("More than %(most)d columns; that is no list of records.") % {"most": MOST_COLUMNS}
                )
            continue
        if len(sheet.rows) >= MOST_ROWS:
            raise UnreadableFileError(_("More than %(most)d rows; divide the file into several.") % {"most": MOST_ROWS})
        sheet.rows.append((number, _without_empty_end(cells)))
    if sheet is None:
        raise UnreadableFileError(_("The file is empty."))
    if not sheet.rows:
        raise UnreadableFileError(_("The file has a first line with the names of the columns, and nothing below it."))
    return sheet


def _without_empty_end(cells: list[str]) -> list[str]:
    filled = len(cells)
    while filled and not cells[filled - 1]:
        filled -= 1
    return cells[:filled]


def trimmed(text: str) -> str:
    """A text without what nobody sees: spaces of all widths around it, line ends of other systems."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip().strip(_INVISIBLE).strip()


# --- CSV -------------------------------------------------------------------------------------------------------------


def _of_text(content: bytes) -> tuple[Iterator[tuple[int, list[str]]], str]:
    text, encoding = _decoded(content)
    if text.lower().startswith("sep=") and len(text) > 4:  # how Excel is told the separator
        separator, text = text[4], text.partition("\n")[2]
        lines_before = 1
    else:
        separator, lines_before = _separator(text), 0
    names = {",": _("commas"), ";": _("semicolons"), "\t": _("tabs")}
    read_as = _("%(encoding)s, columns separated by %(separator)s") % {
        "encoding": encoding,
        "separator": names.get(separator, f"“{separator}”"),
    }
    return _csv_lines(text, separator, lines_before), read_as


def _csv_lines(text: str, separator: str, lines_before: int) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LARGEST_FILE)
    number = lines_before
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        for number, cells in enumerate(reader, lines_before + 1):
            yield number, [trimmed(_unguarded(cell)) for cell in cells]
    except (csv.Error, TypeError, ValueError) as error:
        raise UnreadableFileError(
            _("Row %(row)d is not valid CSV (%(error)s): look for a quotation mark that is not closed.")
            % {"row": number + 1, "error": error}
        ) from error


def _unguarded(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from taking it for a formula."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def _separator(text: str) -> str:
    head = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0].partition("\r")[0])
    return max(",;\t", key=head.count)


def _decoded(content: bytes) -> tuple[str, str]:
    """The text of a file, and the name of the encoding that it was taken for."""
    for mark, encoding, name in (
        (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"),
        (b"\xff\xfe", "utf-16", "UTF-16"),
        (b"\xfe\xff", "utf-16", "UTF-16"),
    ):
        if content.startswith(mark):
            return _strictly(content, encoding, name), name
    if b"\x00" in content[:200]:
        little = content[1:200:2].count(0) > content[0:200:2].count(0)
        return _strictly(content, "utf-16-le" if little else "utf-16-be", "UTF-16"), "UTF-16"
    return _guessed(content)


def _strictly(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableFileError(
            _("The file cannot be read as %(encoding)s text. Save it as “CSV UTF-8” or as .xlsx.") % {"encoding": name}
        ) from None


def _guessed(content: bytes) -> tuple[str, str]:
    with_names = (("utf-8", "UTF-8"), ("cp932", "Shift_JIS (CP932)"), ("euc_jp", "EUC-JP"), ("cp1252", "Windows-1252"))
    read: dict[str, tuple[str, str]] = {}
    for encoding, name in with_names:
        try:
            read[encoding] = content.decode(encoding), name
        except UnicodeDecodeError:
            continue
    if "utf-8" in read:
        return read["utf-8"]
    # In Japanese text the bytes beyond ASCII stand side by side; in English they are single dashes and accents.
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", content)]
    if "cp1252" in read and max(runs, default=0) == 1:
        return read["cp1252"]
    japanese = [read[encoding] for encoding in ("cp932", "euc_jp") if encoding in read]
    if japanese:
        # What is one of the two, read as the other, is full of half-width katakana.
        return min(japanese, key=lambda found: len(re.findall("[\uff61-\uff9f]", found[0])))
    if "cp1252" in read:
        return read["cp1252"]
    raise UnreadableFileError(
        _("The file's characters could not be read. Save it as “CSV UTF-8” or as .xlsx in your spreadsheet program.")
    )


# --- XLSX ------------------------------------------------------------------------------------------------------------


def _of_workbook(content: bytes) -> tuple[Iterator[tuple[int, list[str]]], str]:
    check_archive(content)
    try:
        values, name = _cells(content)
    except UnreadableFileError:
        raise
    except Exception as error:  # whatever a broken workbook makes of openpyxl: KeyError, ValueError, ParseError …
        raise UnreadableFileError(
            _("The workbook cannot be read. Open it in Excel and save it again as .xlsx.")
        ) from error
    return iter(values), _("Excel workbook, sheet “%(name)s”") % {"name": name}


def check_archive(content: bytes) -> zipfile.ZipFile:
    """The zip file, if it is one that may be unpacked; ``UnreadableFileError`` where it is too large or a trick."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
        # Reading stops at the size that an entry declares, so that none can hold more than it says.
        if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
            raise UnreadableFileError(_("What is packed in the file is too large, or it is no honest archive."))
        for entry in entries:
            if entry.flag_bits & 1:
                raise UnreadableFileError(_("The file is protected by a password; save it without one."))
            with archive.open(entry) as unpacked:
                _check_entry(entry.filename, unpacked)
    except UnreadableFileError:
        raise
    except Exception as error:  # zipfile and zlib have many ways to be unhappy
        raise UnreadableFileError(_("The file is damaged, or not what its name says.")) from error
    return archive


def _check_entry(name: str, unpacked: Any) -> None:
    before = b""
    while piece := unpacked.read(1 << 20):
        if name.endswith((".xml", ".rels", ".vml")) and any(mark in before + piece for mark in _DOCTYPES):
            raise UnreadableFileError(_("The workbook holds a document type, which no spreadsheet program writes."))
        before = piece[-20:]


def _cells(content: bytes) -> tuple[list[tuple[int, list[str]]], str]:
    rows: list[tuple[int, list[str]]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about extensions that only matter to whoever writes the workbook again
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet: Any = next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), None)
        if sheet is None:
            raise UnreadableFileError(_("The workbook has no sheet that is shown."))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_formulas(archive.read(sheet._worksheet_path))
        sheet.reset_dimensions()  # what a file says about its size need not be true
        before: Any = None
        for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), 1):
            if number > LAST_ROW:
                raise UnreadableFileError(_("The workbook has lines below the last that Excel knows."))
            if row is before:  # a gap, which is one and the same row over and over
                continue
            before = row
            cells = ["" if cell.value is None else trimmed(_text_of(cell)) for cell in row]
            if any(cells):
                rows.append((number, cells))
                if len(rows) > MOST_ROWS + 1:
                    break  # which the caller refuses, in its own words
        book.close()
    return rows, sheet.title


def _check_formulas(sheet: bytes) -> None:
    """A formula whose result the file does not hold would be read as an empty cell."""
    for found in _FORMULA_CELL.finditer(sheet):
        if b't="str"' in found[1]:
            continue
        rows = re.findall(rb'<row [^>]*?r="(\d+)"', sheet[: found.start()])
        raise UnreadableFileError(
            _("Row %(row)s has a formula without its result. Open the file in Excel and save it, or paste the values.")
            % {"row": rows[-1].decode() if rows else "?"}
        )


def _text_of(cell: Any) -> str:
    value = cell.value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime | dt.date):
        return _as_precise_as_shown(value, cell.number_format)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _as_precise_as_shown(value: dt.date, number_format: str) -> str:
    """A cell that shows “Oct 1957” says no more than that, whatever day Excel keeps for it."""
    shown = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", number_format).lower()
    if "d" in shown:
        return f"{value:%Y-%m-%d}"
    return f"{value:%Y-%m}" if "m" in shown else f"{value:%Y}"


def folded(text: str) -> str:
    """A word as it is compared: width, case and spaces do not matter."""
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", text)).casefold()
