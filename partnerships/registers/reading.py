"""Reading a register's file: a CSV as offices write them, checked whole before anything of it is believed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partnerships import text
from partnerships.models import PartialDate

from .dates import read_date

MOST_BYTES = 5_000_000
MOST_ROWS = 20_000
MOST_PROBLEMS = 100
LONGEST_CELL = 100_000  # what is longer is a broken quote


@dataclass(frozen=True)
class Column:
    """A column of the file: its name, what else it may be called, what it holds."""

    name: str
    also: tuple[str, ...]
    meaning: Any
    example: str
    is_required: bool = False


COLUMNS = (
    Column(
        "register",
        ("名簿", "登録簿", "台帳", "外部台帳"),
        gettext_lazy("Which register: clair, jlgc, sci or wikidata; may be left out where it is chosen for the file."),
        "sci",
    ),
    Column(
        "key",
        ("id", "identifier", "番号", "識別子"),
        gettext_lazy("The register's own identifier; without one, the two names as written."),
        "SCI-0421",
    ),
    Column(
        "us_name",
        ("us", "american side", "u.s. side", "u.s. city", "us city", "米国側", "アメリカ側", "米国の自治体"),
        gettext_lazy("The American place as the register writes it, in either language, with its state if it says so."),
        "Portland, Oregon",
        is_required=True,
    ),
    Column(
        "jp_name",
        ("jp", "japanese side", "japan side", "japanese city", "日本側", "日本の自治体", "自治体名"),
        gettext_lazy("The Japanese place as the register writes it, in either language."),
        "札幌市（北海道）",
        is_required=True,
    ),
    Column(
        "date",
        ("date_text", "since", "signed", "提携日", "提携年月日", "年月日"),
        gettext_lazy("The date as written: 1959-11-17, November 17, 1959, 1959年11月17日, 昭和34年11月17日, 1959."),
        "November 17, 1959",
    ),
    Column(
        "status",
        ("status_text", "状態", "状況", "現況"),
        gettext_lazy("The status as written: active, ended, member, non-member, 交流中, 解消 …"),
        "active",
    ),
    Column(
        "url",
        ("link", "address", "リンク", "アドレス"),
        gettext_lazy("The address where the entry can be read."),
        "https://example.org/register/421",
    ),
    Column(
        "read_on",
        ("read", "accessed", "確認日", "閲覧日", "参照日"),
        gettext_lazy("The day on which the register was read, if not the same for the whole file."),
        "2026-11-20",
    ),
)
_LIMITS = {"key": 200, "us_name": 200, "jp_name": 200, "date": 60, "status": 100, "url": 1000}


def _folded_header(name: str) -> str:
    return text.fold(name.strip()).replace("_", " ")


_NAMES = {_folded_header(name): column.name for column in COLUMNS for name in (column.name, *column.also)}
_REGISTERS = {
    text.whole(name): value
    for value, names in {
        "clair": ("clair", "自治体国際化協会", "クレア"),
        "jlgc": ("jlgc", "Japan Local Government Center", "クレアニューヨーク"),
        "sci": ("sci", "Sister Cities International", "国際姉妹都市協会"),
        "wikidata": ("wikidata", "ウィキデータ"),
    }.items()
    for name in names
}


@dataclass(frozen=True)
class Entry:
    """One line of a register, verbatim; ``row`` counts as a spreadsheet does, the header being row 1."""

    row: int
    register: str
    key: str
    us_name: str
    jp_name: str
    date_text: str
    status_text: str
    url: str
    read_on: PartialDate


@dataclass(frozen=True)
class Problem:
    """Why a row, or with ``row`` 0 the whole file, cannot be taken."""

    row: int
    message: str

    def __str__(self) -> str:
        return _("Row %(row)d: %(message)s") % {"row": self.row, "message": self.message} if self.row else self.message


class UnreadableError(Exception):
    """A file that cannot be taken, with every reason at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class RegisterFile:
    """A file's checked lines, and the columns that nobody asks for."""

    entries: list[Entry]
    unused: list[str]


def template() -> str:
    """A file to fill in: the header and one line as an example."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(column.name for column in COLUMNS)
    writer.writerow(column.example for column in COLUMNS)
    return "\ufeff" + lines.getvalue()


def read_register(content: bytes, *, register: str = "", read_on: PartialDate, today: dt.date) -> RegisterFile:
    """Read and check a file; ``register`` and ``read_on`` hold for rows that do not say so themselves.

    ``UnreadableError`` names every row that cannot be taken, with the reason.
    """
    lines = _lines(content)
    header = next(lines, [])
    places, unused = _places(header)
    problems: list[Problem] = []
    entries: list[Entry] = []
    seen: dict[tuple[str, str], int] = {}
    number = 1
    try:
        for number, cells in enumerate(lines, start=2):
            if number > MOST_ROWS + 1:
                problems.append(Problem(0, _("The file has more than %(count)d rows.") % {"count": MOST_ROWS}))
                break
            if not any(cell.strip() for cell in cells):
                continue
            row = {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()}
            if any(cell.strip() for cell in cells[len(header) :]):
                problems.append(Problem(number, _("it has more cells than the header.")))
                continue
            entry, wrong = _entry(number, row, register, read_on, today)
            problems += (Problem(number, message) for message in wrong)
            if entry:
                if (first := seen.setdefault((entry.register, entry.key), number)) != number:
                    told = _("the key “%(key)s” stands in row %(row)d already.") % {"key": entry.key, "row": first}
                    problems.append(Problem(number, told))
                entries.append(entry)
            if len(problems) >= MOST_PROBLEMS:
                break
    except csv.Error as error:
        problems.append(Problem(number + 1, _("not valid CSV: %(error)s") % {"error": error}))
    if not entries and not problems:
        problems.append(Problem(0, _("The file has no rows.")))
    if problems:
        raise UnreadableError(problems)
    return RegisterFile(entries, unused)


def _lines(content: bytes) -> Iterator[list[str]]:
    if len(content) > MOST_BYTES:
        raise UnreadableError([Problem(0, _("The file is larger than 5 MB."))])
    written = _decoded(content)
    first = written.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(LONGEST_CELL)  # here, because it holds for the whole process and others set it too
    return csv.reader(io.StringIO(written, newline=""), delimiter=delimiter, strict=True)


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableError([Problem(0, _("The file is neither UTF-8 nor Shift_JIS (CP932) text."))])


def _places(header: list[str]) -> tuple[dict[str, int], list[str]]:
    """Where each column stands, and which are not used; a name that stands twice is a problem."""
    places: dict[str, int] = {}
    unused: list[str] = []
    problems: list[Problem] = []
    for place, written in enumerate(header):
        name = _NAMES.get(_folded_header(written))
        if name is None:
            unused += [written.strip()] if written.strip() else []
        elif name in places:
            problems.append(Problem(1, _("the column “%(name)s” stands twice.") % {"name": name}))
        else:
            places[name] = place
    problems += (
        Problem(1, _("the column “%(name)s” is missing.") % {"name": column.name})
        for column in COLUMNS
        if column.is_required and column.name not in places
    )
    if problems:
        raise UnreadableError(problems)
    return places, unused


def _entry(
    number: int, row: dict[str, str], register: str, read_on: PartialDate, today: dt.date
) -> tuple[Entry | None, list[str]]:
    wrong: list[str] = []

    def checked(name: str, check: Callable[[str], Any], fallback: Any) -> Any:
        if not (written := row.get(name, "")):
            return fallback
        try:
            return check(written)
        except (ValueError, ValidationError) as error:
            wrong.append(error.messages[0] if isinstance(error, ValidationError) else str(error))
            return fallback

    told = {name: row.get(name, "") for name in _LIMITS}
    for name, written in row.items():
        if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\t\n\r" for sign in written):
            wrong.append(_("“%(name)s” holds control characters.") % {"name": name})
        if len(written) > _LIMITS.get(name, 60):
            most = _LIMITS.get(name, 60)
            wrong.append(_("“%(name)s” is longer than %(most)d characters.") % {"name": name, "most": most})
    for name in ("us_name", "jp_name"):
        if not text.pieces(told[name]):
            wrong.append(_("“%(name)s” names nobody.") % {"name": name})
    own_register = checked("register", _register, register)
    if not own_register and not row.get("register"):
        wrong.append(_("it does not say which register it is of, and none was chosen for the file."))
    elif own_register and register and own_register != register:
        wrong.append(_("it is of another register than the one chosen for the file."))
    own_read_on = checked("read_on", _day, read_on)
    if own_read_on.earliest > today:
        wrong.append(_("it was read on a day that is still to come."))
    checked("url", _url, "")
    if wrong:
        return None, wrong
    key = told["key"] or f"{told['us_name']} – {told['jp_name']}"
    if len(key) > _LIMITS["key"]:
        return None, [_("without a key, the two names together must not be longer than 200 characters.")]
    entry = Entry(
        row=number,
        register=own_register,
        key=key,
        us_name=told["us_name"],
        jp_name=told["jp_name"],
        date_text=told["date"],
        status_text=told["status"],
        url=told["url"],
        read_on=own_read_on,
    )
    return entry, []


def _register(written: str) -> str:
    if found := _REGISTERS.get(text.whole(written)):
        return found
    raise ValueError(_("“%(written)s” is no register that is known here.") % {"written": written})


def _day(written: str) -> PartialDate:
    read = read_date(written)
    if read is None or read.is_uncertain:
        raise ValueError(_("“%(written)s” is not a day on which it was read.") % {"written": written})
    return read.date


_is_web = URLValidator(schemes=["http", "https"])


def _url(written: str) -> str:
    try:
        _is_web(written)
    except ValidationError:
        told = _("“%(written)s” is not an address that begins with http:// or https://.") % {"written": written}
        raise ValueError(told) from None
    return written
