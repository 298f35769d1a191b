"""What a database holds, whichever way it came to it, and whether it is sound."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import time
from collections import Counter
from typing import Any

import psycopg

Row = tuple[Any, ...]
State = dict[str, Counter[Row]]

# What counts attempts, sessions and signing in is of no record; the index is asked by ``faults_of``.
NOT_COMPARED = ("django_", "auth_", "account_", "mfa_", "usersessions_", "shared_for_a_while", "sqlite_")


def rows(database_url: str, statement: str) -> list[Row]:
    if database_url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=20)) as opened:
            return opened.execute(statement).fetchall()
    with psycopg.connect(database_url) as connection:
        return connection.execute(statement.encode()).fetchall()


def wait_for_backends(database_url: str) -> None:
    """Wait until PostgreSQL has ended what processes that are no more had begun."""
    if database_url.startswith("sqlite"):
        return
    until = time.monotonic() + 30
    others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    while rows(database_url, f"{others} AND backend_type = 'client backend'"):
        assert time.monotonic() < until, "a connection of a killed process is still there"
        time.sleep(0.01)


def state_of(database_url: str) -> State:
    """Every row of every table, without the numbers of rows and versions and without moments, which no two runs share.

    A moment counts as “there is one”, a version and a key as nothing.
    """
    if database_url.startswith("sqlite"):
        opened: Any = sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=20)
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    else:
        opened = psycopg.connect(database_url)
        opened.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    with contextlib.closing(opened):
        names = [name for (name,) in opened.execute(tables).fetchall()]
        found: State = {}
        for name in names:
            if name.startswith(NOT_COMPARED) or "_search" in name:
                continue
            cursor = opened.execute(f'SELECT * FROM "{name}"')
            columns = [column[0] for column in cursor.description]
            kept = [place for place, column in enumerate(columns) if not _is_a_number_of_its_own(column)]
            found[name] = Counter(
                tuple(_comparable(columns[place], row[place]) for place in kept) for row in cursor.fetchall()
            )
        return found


def _is_a_number_of_its_own(column: str) -> bool:
    return column in {"id", "history_id", "version", "number", "raised_by", "record_id"} or column.endswith("_id")


def _comparable(column: str, value: Any) -> Any:
    if isinstance(value, dt.datetime) or column.endswith(("_at", "_date")) or column == "at":
        return value is not None
    if isinstance(value, float | bool):
        return float(value)
    if isinstance(value, memoryview):
        return bytes(value)
    return str(value) if isinstance(value, dict | list) else value


def difference(one: State, other: State) -> dict[str, tuple[list[Row], list[Row]]]:
    """The tables that differ, with a few rows of either; for messages."""
    return {
        name: (list(one[name] - other[name])[:3], list(other[name] - one[name])[:3])
        for name in one
        if one[name] != other[name]
    }


def damage_of_file(database_url: str) -> list[Row]:
    """What SQLite finds wrong with its own file; PostgreSQL recovers by itself."""
    if not database_url.startswith("sqlite"):
        return []
    found = [row for row in rows(database_url, "PRAGMA integrity_check") if row != ("ok",)]
    return found + rows(database_url, "PRAGMA foreign_key_check")


def faults_of() -> dict[str, Any]:
    """For ``Children.result_of``: what is out of step in a database; empty where nothing is."""
    from django.db import connection

    from partnerships import search
    from partnerships.models import Partnership, version

    records: Any = Partnership.objects.all()
    behind = [
        record.slug
        for record in records
        if (last := record.history.latest("history_date", "history_id")).title != record.title
        or last.summary != record.summary
        or last.publication != record.publication
    ]
    found = {
        "index out of step": search.out_of_step(),
        "triggers missing": sorted(version.missing_triggers(connection)),
        "history behind": behind,
    }
    return {what: value for what, value in found.items() if value}
