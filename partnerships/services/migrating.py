"""Migrations while the site is read: on PostgreSQL they queue for no lock longer than readers can wait behind them.

A change of a table wants the table for itself. While it waits for somebody who reads it in a long transaction, such as
a backup, everybody who comes later waits behind it. So it gives up after ``SECONDS_FOR_A_LOCK``, lets them pass and
tries again. What a migration had done by then is undone, and migrations before it stay. Two servers that start at once
migrate one after the other. On SQLite readers never wait for a writer, and writers wait for one another.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import LockNotAvailable

Say = Callable[[str], None]

SECONDS_FOR_A_LOCK = 0.5  # readers wait so long and for the change itself, together less than a second
SECONDS_BETWEEN = 1.0
TRIES = 300  # about seven minutes, longer than a backup takes
TRIES_IN_SILENCE = 5
ONE_AT_A_TIME = 550_720_411  # the number of our advisory lock


class InTheWayError(Exception):
    """What kept a table for so long that the migrations were given up, in one or two sentences."""


def patiently(connection: BaseDatabaseWrapper, migrate: Callable[[], None], say: Say) -> None:
    """Call ``migrate`` until no lock is missing; ``say`` is told who is in the way, once.

    Raises ``InTheWayError`` after ``TRIES``. What ``migrate`` did by then is kept, and calling it again goes on there.
    """
    if connection.vendor != "postgresql":
        return migrate()
    for number in range(1, TRIES + 1):
        try:
            with _alone_and_in_no_queue(connection):
                return migrate()
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            if number == TRIES:
                raise InTheWayError(
                    f"The database cannot be migrated, because its tables are in use: {_in_the_way(connection)}. "
                    "End that and start again; what was migrated so far stays."
                ) from error
        if number == TRIES_IN_SILENCE:
            say(f"Migrations wait for tables that are in use: {_in_the_way(connection)}.")
        time.sleep(SECONDS_BETWEEN)
    return None


@contextlib.contextmanager
def _alone_and_in_no_queue(connection: BaseDatabaseWrapper) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {round(SECONDS_FOR_A_LOCK * 1000)}")
        try:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
        finally:
            cursor.execute("RESET lock_timeout")


def _in_the_way(connection: BaseDatabaseWrapper) -> str:
    """The three oldest transactions of others that hold one of the project's tables, or are migrating.

    Without their statements, which may hold what people wrote.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.pid, a.usename, a.application_name, a.state, extract(epoch FROM now() - a.xact_start)::int, "
            "(array_agg(DISTINCT coalesce(c.relname, 'migrations of another server')))[1:3] "
            "FROM pg_stat_activity AS a JOIN pg_locks AS l USING (pid) LEFT JOIN pg_class AS c ON c.oid = l.relation "
            "WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND l.granted "
            "AND (c.relkind = 'r' AND c.relnamespace = to_regnamespace(current_schema()) "
            "OR l.locktype = 'advisory' AND l.objid = %s) "
            "GROUP BY 1, 2, 3, 4, 5 ORDER BY 5 DESC NULLS LAST, 1 LIMIT 3",
            [ONE_AT_A_TIME],
        )
        found = [
            f"process {pid} of {user or 'another user'}{f' ({program})' if program else ''}, {state or 'active'} "
            f"for {'some' if seconds is None else seconds} seconds, holds {', '.join(tables)}"
            for pid, user, program, state, seconds, tables in cursor.fetchall()
        ]
    return "; ".join(found) or "by somebody who has just let go of them"
