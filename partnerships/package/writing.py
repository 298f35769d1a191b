"""Making a data package from the database: the same records, the same bytes, in a folder or in one file."""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction
from django.db.models.functions import Collate

from partnerships.models import PartialDate, Publication, Source

from .describing import Content, Edition, descriptor_text, licence_text
from .tables import TABLE, TABLES, Table

BATCH = 500  # rows that are written at once
READ_OR_CHECKED = (("sources", "accessed_on"), ("partnerships", "verified_on"))  # the days that date a package

# By code point on every engine, whatever the database's locale.
_COLLATION = {"sqlite": "BINARY", "postgresql": "C"}
_NEEDS_QUOTES = re.compile(r'["\r\n]')  # as does a comma, which stands between cells too


# --- Rows ------------------------------------------------------------------------------------------------------------


def published(table: Table) -> models.QuerySet[Any]:
    """What of a table the public may see."""
    rows: models.QuerySet[Any] = table.model._default_manager.all()
    if table.is_published_by_state:
        return rows.filter(publication=Publication.PUBLISHED)
    if table.model is Source:
        return Source.objects.published()
    if table.owner:
        # A part is public as its record is, and an adoption only if both of its partnerships are.
        for column in table.columns:
            if column.references in ("partnerships", "actors"):
                rows = rows.filter(**{f"{column.name}__publication": Publication.PUBLISHED})
    return rows


def sorted_rows(table: Table, rows: models.QuerySet[Any]) -> Iterator[tuple[str, ...]]:
    """The rows as texts, in the order of the file; never all of them in memory."""
    ordered = rows.order_by(*(_by_code_point(table, lookup) for lookup in table.order))
    for values in ordered.values_list(*(column.lookup for column in table.columns)).iterator(chunk_size=5000):
        yield table.texts(values)


def _by_code_point(table: Table, lookup: str) -> Any:
    field = table.model._meta.get_field(lookup.partition("__")[0])
    return lookup if isinstance(field, models.IntegerField) else Collate(lookup, _COLLATION[connection.vendor])


def csv_text(rows: Iterable[tuple[str, ...]]) -> str:
    """Lines of a CSV file: RFC 4180 quoting where needed, LF at the end of each."""
    return "".join(map(_csv_line, rows))


def _csv_line(cells: tuple[str, ...]) -> str:
    line = ",".join(cells)
    if _NEEDS_QUOTES.search(line) or line.count(",") >= len(cells):
        line = ",".join(map(_quoted, cells))
    return line + "\n"


def _quoted(text: str) -> str:
    # Not by csv.writer, which with these line ends leaves a carriage return bare that no reader takes back.
    return '"' + text.replace('"', '""') + '"' if "," in text or _NEEDS_QUOTES.search(text) else text


# --- Files -----------------------------------------------------------------------------------------------------------


class PackageFiles:
    """The files of a package, made one after another and each piece by piece, so that none need fit into memory.

    ``edition`` and ``contents`` are known when the tables have been read. Use ``package_files()``, which sees to it
    that all of them are of one state of the database.
    """

    def __init__(self) -> None:
        self.as_of = _newest_day()
        self.contents: dict[str, Content] = {}
        self._digest = hashlib.sha256()

    @property
    def edition(self) -> Edition:
        return Edition(self.as_of, self._digest.hexdigest())

    def __iter__(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Names with pieces of UTF-8; all pieces of a file are to be taken before the next file."""
        for table in TABLES:
            yield table.file_name, self._pieces(table)
        yield "datapackage.json", [descriptor_text(self.edition, self.contents).encode()]
        yield "LICENSE.txt", [licence_text(self.edition).encode()]

    def _pieces(self, table: Table) -> Iterator[bytes]:
        size, count, digest = 0, 0, hashlib.sha256()
        filled = dict.fromkeys(table.column_names, 0)
        for rows in _batches(sorted_rows(table, published(table))):
            count += len(rows)
            for name, column in zip(table.column_names, zip(*rows, strict=True), strict=False):
                filled[name] += sum(map(bool, column))
            piece = csv_text(rows if size else [table.column_names, *rows]).encode()
            size += len(piece)
            digest.update(piece)
            self._digest.update(piece)
            yield piece
        self.contents[table.name] = Content(size, digest.hexdigest(), count, filled)


def _batches(rows: Iterator[tuple[str, ...]]) -> Iterator[list[tuple[str, ...]]]:
    """At least one, which is empty where there are no rows."""
    batch = [*islice(rows, BATCH)]
    yield batch
    while batch := [*islice(rows, BATCH)]:
        yield batch


def _newest_day() -> PartialDate | None:
    newest = (published(TABLE[name]).aggregate(day=models.Max(column))["day"] for name, column in READ_OR_CHECKED)
    return max(filter(None, newest), default=None)


@contextmanager
def package_files() -> Iterator[PackageFiles]:
    """The files of the package as the database is now, however it changes while they are made."""
    with _one_state():
        yield PackageFiles()


@contextmanager
def _one_state() -> Iterator[None]:
    """A transaction in which every query sees the same state of the database, and which keeps nobody from writing."""
    if connection.in_atomic_block:  # whoever began the transaction chose its kind
        yield
        return
    mode = getattr(connection, "transaction_mode", None)
    if connection.vendor == "sqlite":
        connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]  # ours take the lock of writers at once
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    finally:
        if connection.vendor == "sqlite":
            connection.transaction_mode = mode  # type: ignore[attr-defined]


# --- In a folder, and in one file ------------------------------------------------------------------------------------


def write_package(path: Path) -> dict[str, int]:
    """Write the published directory into the folder ``path``; return the number of rows by table.

    Each file is replaced whole; ``OSError`` where the folder cannot be written.
    """
    path.mkdir(parents=True, exist_ok=True)
    with package_files() as files:
        for name, pieces in files:
            _replace(path / name, pieces)
    return {name: content.rows for name, content in files.contents.items()}


def _replace(path: Path, pieces: Iterable[bytes]) -> None:
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as file:
        file.writelines(pieces)
    os.replace(beside, path)


def archive_of(files: PackageFiles) -> bytes:
    """The files in one, as zip. The same files give the same bytes with the same zlib.

    Nothing else is in it: each file bears the day of the data, and no trace of the machine that made it.
    """
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, pieces in files:
            with archive.open(_entry(name, files.as_of), "w") as entry:
                for piece in pieces:
                    entry.write(piece)
    return whole.getvalue()


def _entry(name: str, day: PartialDate | None) -> zipfile.ZipInfo:
    first = max(day.earliest.timetuple()[:6], _ZIP_BEGINS) if day else _ZIP_BEGINS
    entry = zipfile.ZipInfo(name, min(first, _ZIP_ENDS))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, wherever it is made
    entry.external_attr = 0o644 << 16
    return entry


_ZIP_BEGINS = (1980, 1, 1, 0, 0, 0)  # the format knows no earlier and no later day
_ZIP_ENDS = (2107, 12, 31, 0, 0, 0)
