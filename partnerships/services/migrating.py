"""Migrations while the site is read: on PostgreSQL they queue for no lock longer than readers can wait behind them.

A change of a table wants the table for itself. While it waits for somebody who reads it in a long transaction, such as
a backup, everybody who comes later waits behind it. So it gives up after ``SECONDS_FOR_A_LOCK``, lets them pass and
tries again. What a migration had done by then is undone, and migrations before it stay. Two servers that start at once
migrate one after the other. On SQLite readers never wait for a writer, and writers wait for one another.
"""

from __future__ import annotations

import contextlib
import re
import sys
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from psycopg.errors import LockNotAvailable

Say = Callable[[str], None]

SECONDS_FOR_A_LOCK = 0.5  # readers wait so long and for the change itself, together less than a second
SECONDS_BETWEEN = 1.0
TRIES = 300  # about seven minutes, longer than a backup takes
TRIES_IN_SILENCE = 5
ONE_AT_A_TIME = 550_720_411  # the number of our advisory lock


class InTheWayError(Exception):
    """What kept a table for so long that the migrations were given up, in one or two sentences."""


def patiently(connection: BaseDatabaseWrapper, migrate: Callable[[], object], say: Say) -> None:
    """Call ``migrate`` until no lock is missing; ``say`` is told who is in the way, once.

    Raises ``InTheWayError`` after ``TRIES``. What ``migrate`` did by then is kept, and calling it again goes on there.
    """
    if connection.vendor != "postgresql":
        migrate()
        return
    for number in range(1, TRIES + 1):
        try:
            with _alone_and_in_no_queue(connection):
                migrate()
                return
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


@contextlib.contextmanager
def _alone_and_in_no_queue(connection: BaseDatabaseWrapper) -> Iterator[None]:
    usual = connection.SchemaEditorClass
    connection.SchemaEditorClass = InOneGo
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {round(SECONDS_FOR_A_LOCK * 1000)}")
        try:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
        finally:
            connection.SchemaEditorClass = usual
            cursor.execute("RESET lock_timeout")


class InOneGo(DatabaseSchemaEditor):
    """Sends a migration's changes of tables together, after locking all of these tables.

    Between two of them Django works out its models anew, for seconds in all, in which the first table would stay
    locked; and a reader of two tables, of which the migration has one and waits for the other, would be ended by
    PostgreSQL as part of a deadlock. Whatever else a migration asks is asked of the tables as they are by then.
    """

    def __enter__(self) -> Self:
        self._kept: list[tuple[str, Any]] = []
        self._ending = contextlib.ExitStack()
        self._ending.enter_context(self.connection.execute_wrapper(self._after_what_is_kept))
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._ending:
            try:
                if kind is None:
                    while self.deferred_sql:
                        self.execute(self.deferred_sql.pop(0), None)
                    self._send()
            except BaseException:
                super().__exit__(*sys.exc_info())
                raise
            super().__exit__(kind, error, traceback)

    def execute(self, sql: Any, params: Any = ()) -> None:
        if self.atomic_migration and not self.collect_sql:
            self._kept.append((str(sql), params))
        else:
            super().execute(sql, params)

    def _after_what_is_kept(self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        self._send()
        return execute(sql, params, many, context)

    def _send(self) -> None:
        kept, self._kept = self._kept, []
        changed = {name for sql, _params in kept for name in re.findall(r'^ALTER TABLE "(\w+)"', sql)}
        if len(changed) > 1:
            with self.connection.cursor() as cursor:
                there = sorted(changed & set(self.connection.introspection.table_names(cursor)))
                if there:
                    cursor.execute(f"LOCK TABLE {', '.join(map(self.quote_name, there))}")
        for sql, params in kept:
            super().execute(sql, params)


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
