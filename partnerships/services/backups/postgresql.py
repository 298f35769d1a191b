"""Copying a PostgreSQL database with ``pg_dump``, and putting another state in its place while the site goes on.

A dump is loaded into a schema of its own, made ready there, and takes over by changing names, which takes
milliseconds and keeps no reader waiting. Statements name no schema, so that they find the new tables from then on.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import psycopg
from django.db import connection
from psycopg import errors, sql

from .contents import Contents, read
from .files import BackupError

NAME = "postgresql"
PUBLIC, INCOMING, FORMER = "public", "directory_incoming", "directory_former"
LOCK = 0x6469726563746F72  # of whoever restores: “director”, as a number
# Shorter than the second after which PostgreSQL looks for deadlocks and ends one of those in it: we always give way.
LOCK_TIMEOUT = "500ms"
ATTEMPTS = 100
Say = Callable[[str], None]


@contextlib.contextmanager
def _connected() -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own; whatever PostgreSQL says is wrong becomes a ``BackupError``."""
    parameters = connection.get_connection_params()
    try:
        with contextlib.closing(psycopg.connect(**parameters, autocommit=True)) as connected:
            yield connected
    except psycopg.Error as error:
        reason = str(error).partition("\n")[0].strip().rstrip(".")
        raise BackupError(f"PostgreSQL refuses: {reason}.") from error


def _contents(connected: psycopg.Connection[Any]) -> Contents:
    tables = {name for (name,) in connected.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    return read(lambda query: connected.execute(query.encode()).fetchall(), tables)


def _check_schema(connected: psycopg.Connection[Any]) -> None:
    [schema] = connected.execute("SELECT current_schema()").fetchone() or [None]
    if schema != PUBLIC:
        raise BackupError(f"The directory's tables must be in the schema {PUBLIC}; this user works in {schema}.")


# --- The client programs ---------------------------------------------------------------------------------------------


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"{name} was not found. Install PostgreSQL's client programs (on Debian and Ubuntu: postgresql-client)."
        )
    return found


def _check_version(program: str, connected: psycopg.Connection[Any]) -> None:
    """A dump of a newer server is refused by ``pg_dump`` itself, in words that do not say what to do."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    found = re.search(r"\) (\d+)", told)
    server = connected.info.server_version // 10_000
    if found and int(found[1]) < server:
        raise BackupError(
            f"{program} is of PostgreSQL {found[1]}, and the server of {server}. Install the client programs of "
            f"{server} (on Debian and Ubuntu: postgresql-client-{server}), first on PATH."
        )


@contextlib.contextmanager
def _output(program: str, arguments: list[str], environment: dict[str, str] | None = None) -> Iterator[IO[bytes]]:
    """What a client program writes; ``BackupError`` in its own words when it fails."""
    variables = os.environ | {"LC_ALL": "C"} | (environment or {})
    with tempfile.TemporaryFile() as complaints:
        running = subprocess.Popen(  # noqa: S603 (a client program of PostgreSQL)
            [_program(program), *arguments], stdin=subprocess.DEVNULL, stdout=-1, stderr=complaints, env=variables
        )
        try:
            yield cast("IO[bytes]", running.stdout)
            running.wait()
        finally:
            running.kill()
            running.communicate()
        if running.returncode:
            complaints.seek(0)
            lines = complaints.read().decode(errors="replace").splitlines() or ["it was ended"]
            raise BackupError(f"{program} failed: {lines[0].rstrip('.')}.")


# --- Copying ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def copied(folder: Path, say: Say) -> Iterator[tuple[IO[bytes], Contents]]:
    """The database at one moment, as a stream, and what it holds; writers go on meanwhile."""
    with _connected() as connected:
        _check_version(_program("pg_dump"), connected)
        _check_schema(connected)
        connected.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        [snapshot] = connected.execute("SELECT pg_export_snapshot()").fetchone() or [""]
        held = _contents(connected)
        asked = ["--format=custom", "--compress=1", f"--schema={PUBLIC}", f"--snapshot={snapshot}", "--no-password"]
        command, environment = connection.client.settings_to_cmd_args_env(connection.settings_dict, asked)
        with _output("pg_dump", list(command[1:]), environment) as stream:
            yield stream, held


def contents() -> Contents:
    """What the database holds now."""
    with _connected() as connected:
        _check_schema(connected)
        return _contents(connected)


def check(payload: Path) -> None:
    """Whether ``pg_restore`` can read it: it names what is in it."""
    with _output("pg_restore", ["--list", str(payload)]) as listed:
        if b" TABLE DATA public django_migrations " not in listed.read():
            raise BackupError("The dump in the backup holds no directory.")


# --- Restoring -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def staged(payload: Path) -> Iterator[Staged]:
    """The dump, loaded beside the live tables."""
    with _connected() as connected:
        _check_schema(connected)
        if not _one(connected, "SELECT pg_try_advisory_lock(%s)", LOCK):
            raise BackupError("Somebody else is restoring a backup of this database.")
        for left_by_a_killed_one in (INCOMING, FORMER):
            _drop(connected, left_by_a_killed_one)
        with connected.transaction():
            _rename(connected, PUBLIC, FORMER)
            connected.execute(f"CREATE SCHEMA {PUBLIC}".encode())
            _load(connected, payload)
            _rename(connected, PUBLIC, INCOMING)
            _rename(connected, FORMER, PUBLIC)
            connected.execute("RESET ALL")  # which the dump has set
            _give_same_rights(connected)
        try:
            yield Staged(connected)
        finally:
            _drop(connected, INCOMING)


def _load(connected: psycopg.Connection[Any], payload: Path) -> None:
    asked = [f"--schema={PUBLIC}", "--no-owner", "--no-privileges", "--exit-on-error", "--file=-", str(payload)]
    for section in ("pre-data", "data", "post-data"):
        with _output("pg_restore", [f"--section={section}", *asked]) as script:
            if section == "data":
                _load_rows(connected, script)
            else:
                lines = (line for line in script if not line.startswith((b"\\restrict ", b"\\unrestrict ")))
                connected.execute(b"".join(lines))


def _load_rows(connected: psycopg.Connection[Any], script: IO[bytes]) -> None:
    """Between ``COPY`` and ``\\.`` are rows; all else in this section are statements of one line, and comments."""
    for line in script:
        if line.startswith(b"COPY "):
            with connected.cursor() as cursor, cursor.copy(line) as rows:
                while (row := script.readline()) and row != b"\\.\n":
                    rows.write(row)
        elif line.startswith((b"SET ", b"SELECT ")):
            connected.execute(line)


class Staged:
    """A copy in a schema of its own, which is made ready there before anybody sees it."""

    def __init__(self, connected: psycopg.Connection[Any]) -> None:
        self._connected = connected

    @contextlib.contextmanager
    def as_the_database(self) -> Iterator[None]:
        """Let Django work on the copy."""
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path TO {INCOMING}")
        try:
            yield
            with connection.cursor() as cursor:
                for table in connection.introspection.table_names(cursor):
                    cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET search_path")

    def take_over(self, keep: Callable[[], None], number: int) -> None:
        """Put the copy in the place of the live tables, in one transaction.

        Writers wait while the state that goes is kept; readers never do. The former tables go afterwards, when nobody
        reads them any more: dropping them in the same transaction would keep every reader waiting for the slowest.
        """
        connected = self._connected
        for _attempt in range(ATTEMPTS):
            with contextlib.suppress(errors.LockNotAvailable, errors.DeadlockDetected), connected.transaction():
                self._hold_off_writers()
                keep()
                if _contents(connected).directory_version >= number:
                    raise BackupError("The directory changed a million times meanwhile; nothing was done.")
                _rename(connected, PUBLIC, FORMER)
                _rename(connected, INCOMING, PUBLIC)
                break
            time.sleep(0.1)
        else:
            raise BackupError("Somebody else has been writing to the database all the time; nothing was done.")
        _drop(connected, FORMER)

    def _hold_off_writers(self) -> None:
        connected = self._connected
        connected.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'".encode())
        tables = connected.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        if tables:
            names = sql.SQL(", ").join(sql.Identifier(PUBLIC, name) for (name,) in tables)
            connected.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(names))
        connected.execute("SET LOCAL lock_timeout = 0")


def _one(connected: psycopg.Connection[Any], query: str, *values: Any) -> Any:
    row = connected.execute(query.encode(), values).fetchone()
    return row[0] if row else None


def _rename(connected: psycopg.Connection[Any], name: str, new: str) -> None:
    connected.execute(f"ALTER SCHEMA {name} RENAME TO {new}".encode())


def _give_same_rights(connected: psycopg.Connection[Any]) -> None:
    """Owner of the schema, and who may use it."""
    statements = connected.execute(
        "SELECT format('ALTER SCHEMA %I OWNER TO %I', %s::text, pg_get_userbyid(nspowner)) "
        "FROM pg_namespace WHERE nspname = 'public' UNION ALL "
        "SELECT format('GRANT %s ON SCHEMA %I TO %s', privilege_type, %s::text, "
        "CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END) "
        "FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'public'".replace("%I", "%%I")
        .replace("'GRANT %s ON", "'GRANT %%s ON")
        .replace("TO %s'", "TO %%s'")
        .encode(),
        (INCOMING, INCOMING),
    ).fetchall()
    for (statement,) in statements:
        connected.execute(statement.encode())


def _drop(connected: psycopg.Connection[Any], schema: str) -> None:
    """Take a schema away; one that somebody still reads stays, and goes with the next restore."""
    for _attempt in range(ATTEMPTS):
        with contextlib.suppress(errors.LockNotAvailable, errors.DeadlockDetected), connected.transaction():
            connected.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'".encode())
            connected.execute(
                f"SET LOCAL client_min_messages = warning; DROP SCHEMA IF EXISTS {schema} CASCADE".encode()
            )
            return
        time.sleep(0.1)
