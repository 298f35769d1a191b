"""The index in PostgreSQL: one table for each kind of record, a tsvector with a GIN index for each level.

Vectors and queries are written as literals, not through ``to_tsvector``, whose parser would cut our tokens by the
locale's rules. Each vector takes in the one before it, so that no query has to look at weights, which a GIN index does
not hold; they are kept out of line, so that collecting many ids reads few pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from partnerships.text import GAP

from .index import COLUMNS, Alternative, Entry, Level

SQL = tuple[str, list[Any]]
_LAST_POSITION = 16_383  # of a tsvector


def table(kind: str) -> str:
    return f"partnerships_{kind}_search"


def install(connection: BaseDatabaseWrapper, kind: str) -> None:
    """Make the table and its indexes where they are not there yet."""
    name = table(kind)
    vectors = ", ".join(f"{column} tsvector NOT NULL" for column in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT to_regclass('{name}')")
        if cursor.fetchone()[0]:
            return
        cursor.execute(f"CREATE TABLE {name} (record_id bigint PRIMARY KEY, {vectors}) WITH (toast_tuple_target = 128)")
        for column in COLUMNS:
            cursor.execute(f"ALTER TABLE {name} ALTER COLUMN {column} SET STORAGE EXTERNAL")
            cursor.execute(_index(name, column))


def _index(name: str, column: str) -> str:
    return f"CREATE INDEX {name}_{column} ON {name} USING gin ({column}) WITH (fastupdate = off)"


@contextmanager
def many(connection: BaseDatabaseWrapper, kind: str) -> Iterator[None]:
    """Where the table is empty, its indexes are made after what is written in between, in a fraction of the time.

    Whoever searches meanwhile waits for the end of the transaction; there is nothing to be found before.
    """
    name = table(kind)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {name})")
        if cursor.fetchone()[0]:
            yield
            return
        with transaction.atomic(connection.alias):
            for column in COLUMNS:
                cursor.execute(f"DROP INDEX IF EXISTS {name}_{column}")
            yield
            for column in COLUMNS:
                cursor.execute(_index(name, column))


def write(connection: BaseDatabaseWrapper, kind: str, entries: Iterable[Entry]) -> None:
    marks = ", ".join(["%s::tsvector"] * len(COLUMNS))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table(kind)} (record_id, {', '.join(COLUMNS)}) VALUES (%s, {marks})",
            [(entry.record_id, *_vectors(entry)) for entry in entries],
        )


def remove(connection: BaseDatabaseWrapper, kind: str, ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table(kind)} WHERE record_id = ANY(%s)", [ids])


def clear(connection: BaseDatabaseWrapper, kind: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table(kind)}")


def matching(kind: str, level: Level) -> SQL:
    """A query for the ids of the records on a level."""
    column = COLUMNS[level.columns - 1]
    return f"SELECT record_id AS id FROM {table(kind)} WHERE {column} @@ %s::tsquery", [_expression(level)]


def all_ids(kind: str) -> str:
    return f"SELECT record_id AS id FROM {table(kind)}"


def _vectors(entry: Entry) -> list[str]:
    """Each column with those before it, as literals."""
    lexemes: dict[str, str] = {}
    position = 0
    vectors = []
    for tokens in entry.columns:
        for token in tokens:
            position += 1
            if token != GAP and position <= _LAST_POSITION:
                # Of many positions PostgreSQL keeps 255.
                lexemes[token] = f"{lexemes[token]},{position}" if token in lexemes else f"'{token}':{position}"
        position += 1
        vectors.append(" ".join(lexemes.values()))
    return vectors


def _expression(level: Level) -> str:
    conditions = (
        " & ".join(f"({' | '.join(map(_row, group))})" for group in condition) for condition in level.conditions
    )
    return " | ".join(f"({condition})" for condition in conditions)


def _row(alternative: Alternative) -> str:
    *first, last = (f"'{token}'" for token in alternative.tokens)
    return "(" + " <-> ".join([*first, f"{last}:*" if alternative.is_prefix else last]) + ")"
