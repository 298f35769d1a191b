"""The index in SQLite: one FTS5 table for each kind of record. Tokens are ours; FTS5 only keeps and compares them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from .index import COLUMNS, Alternative, Entry, Level

SQL = tuple[str, list[Any]]


def table(kind: str) -> str:
    return f"partnerships_{kind}_search"


def install(connection: BaseDatabaseWrapper, kind: str) -> None:
    """Make the table where it is not there yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {table(kind)} USING fts5({', '.join(COLUMNS)}, "
            "tokenize = 'unicode61 remove_diacritics 0', columnsize = 0)"
        )


@contextmanager
def many(connection: BaseDatabaseWrapper, kind: str) -> Iterator[None]:
    """So many entries are about to be written that an engine may do something about it; FTS5 needs nothing."""
    yield


def write(connection: BaseDatabaseWrapper, kind: str, entries: Iterable[Entry]) -> None:
    marks = ", ".join(["%s"] * (len(COLUMNS) + 1))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table(kind)} (rowid, {', '.join(COLUMNS)}) VALUES ({marks})",
            [(entry.record_id, *(" ".join(tokens) for tokens in entry.columns)) for entry in entries],
        )


def remove(connection: BaseDatabaseWrapper, kind: str, ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {table(kind)} WHERE rowid = %s", [(pk,) for pk in ids])


def clear(connection: BaseDatabaseWrapper, kind: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table(kind)}")


def matching(kind: str, level: Level) -> SQL:
    """A query for the ids of the records on a level."""
    return f"SELECT rowid AS id FROM {table(kind)} WHERE {table(kind)} MATCH %s", [_expression(level)]


def all_ids(kind: str) -> str:
    return f"SELECT rowid AS id FROM {table(kind)}"


def _expression(level: Level) -> str:
    conditions = (
        " AND ".join(f"({' OR '.join(map(_row, group))})" for group in condition) for condition in level.conditions
    )
    anywhere = " OR ".join(f"({condition})" for condition in conditions)
    return f"{{{' '.join(COLUMNS[: level.columns])}}} : ({anywhere})"


def _row(alternative: Alternative) -> str:
    # Tokens hold neither quotes nor anything else that FTS5 would read; within quotes they are words in any case.
    return f'"{" ".join(alternative.tokens)}"{" *" if alternative.is_prefix else ""}'
