"""Migrations while the site is read. PostgreSQL is the engine on which a change of a table waits for its readers."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction

from partnerships.services import migrating
from tests.factories import make_theme

SECONDS = 60  # for what must come to an end; a test that is right needs none of them

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _on_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("On SQLite readers never wait for a writer.")


@contextlib.contextmanager
def somebody(**options: Any) -> Iterator[psycopg.Connection[Any]]:
    """A connection of another program, which gives up where it would wait for ever."""
    chosen = connection.settings_dict
    address = {"host": chosen["HOST"], "port": chosen["PORT"] or None, "user": chosen["USER"]}
    with psycopg.connect(
        **address, password=chosen["PASSWORD"] or None, dbname=chosen["NAME"], application_name="somebody", **options
    ) as other:
        other.execute(f"SET statement_timeout = {SECONDS * 1000}")
        other.commit()
        yield other


class InTheBackground(threading.Thread):
    """Does something with a database connection of its own; ``result()`` waits for its end and raises its error."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self._error = error
        finally:
            connection.close()
            connection.close_pool()

    def result(self) -> None:
        self.join(SECONDS)
        assert not self.is_alive()
        if self._error:
            raise self._error


def wait_until(condition: Callable[[], Any]) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def is_queueing(watcher: psycopg.Connection[Any], table: str) -> bool:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = to_regclass(%s)"
    return bool(watcher.execute(query, [table]).fetchone()[0])  # type: ignore[index]


def change_the_table() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE partnerships_theme ADD COLUMN of_a_later_version integer")


@pytest.fixture
def _as_it_was() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE partnerships_theme DROP COLUMN IF EXISTS of_a_later_version")


@pytest.mark.usefixtures("_as_it_was")
def test_readers_pass_a_migration_that_waits_for_a_long_one() -> None:
    with somebody() as long_reader, somebody(autocommit=True) as reader:
        long_reader.execute("SELECT count(*) FROM partnerships_theme")  # and does not end
        migration = InTheBackground(lambda: migrating.patiently(connection, change_the_table, print))
        for _time in range(3):  # the migration tries again and again, and nobody waits for the long reader to end
            wait_until(lambda: is_queueing(reader, "partnerships_theme"))
            reader.execute("SELECT count(*) FROM partnerships_theme")
            assert migration.is_alive()
        long_reader.commit()
        migration.result()
        reader.execute("SELECT of_a_later_version FROM partnerships_theme")


@pytest.mark.usefixtures("_as_it_was")
def test_readers_pass_a_migration_that_works_out_what_comes_next() -> None:
    seen: list[Any] = []

    def migrate() -> None:
        with connection.schema_editor() as editor:
            editor.execute('ALTER TABLE "partnerships_theme" ADD COLUMN of_a_later_version integer')
            with somebody(autocommit=True) as reader:
                seen.extend(reader.execute("SELECT count(*) FROM partnerships_theme"))
            editor.execute('ALTER TABLE "partnerships_source" ALTER COLUMN title SET NOT NULL')

    migrating.patiently(connection, migrate, print)
    assert seen == [(0,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT of_a_later_version FROM partnerships_theme")


@pytest.mark.usefixtures("_as_it_was")
def test_what_a_migration_asks_is_asked_after_its_changes() -> None:
    def migrate() -> None:
        with connection.schema_editor() as editor:
            editor.execute('ALTER TABLE "partnerships_theme" ADD COLUMN of_a_later_version integer')
            with connection.cursor() as cursor:
                cursor.execute("SELECT of_a_later_version FROM partnerships_theme")

    migrating.patiently(connection, migrate, print)


@pytest.mark.usefixtures("_as_it_was")
def test_all_tables_are_locked_before_any_is_changed_and_nothing_stays_of_a_failure() -> None:
    def migrate() -> None:
        with connection.schema_editor() as editor:
            editor.execute('ALTER TABLE "partnerships_theme" ADD COLUMN of_a_later_version integer')
            editor.execute('ALTER TABLE "partnerships_source" ALTER COLUMN title SET NOT NULL')

    with somebody() as long_reader, somebody(autocommit=True) as reader:
        long_reader.execute("SELECT count(*) FROM partnerships_source")
        migration = InTheBackground(lambda: migrating.patiently(connection, migrate, print))
        for _time in range(2):
            wait_until(lambda: is_queueing(reader, "partnerships_source"))
            assert not held(reader, "partnerships_theme")  # which comes later
            wait_until(lambda: not is_queueing(reader, "partnerships_source"))
        long_reader.commit()
        migration.result()
        reader.execute("SELECT of_a_later_version FROM partnerships_theme")


def held(watcher: psycopg.Connection[Any], table: str) -> bool:
    query = (
        "SELECT count(*) FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock' AND relation = to_regclass(%s)"
    )
    return bool(watcher.execute(query, [table]).fetchone()[0])  # type: ignore[index]


def test_writers_pass_the_triggers_that_a_migration_puts_in_place() -> None:
    theme = make_theme()
    with somebody() as long_writer, somebody(autocommit=True) as writer:
        long_writer.execute("LOCK TABLE partnerships_theme IN ROW EXCLUSIVE MODE")  # as any change of a row does
        migration = InTheBackground(lambda: call_command("migrate", verbosity=0))
        wait_until(lambda: is_queueing(writer, "partnerships_theme"))
        writer.execute("UPDATE partnerships_theme SET name = 'Ports' WHERE id = %s", [theme.pk])
        assert migration.is_alive()
        long_writer.commit()
        migration.result()


def test_two_servers_migrate_one_after_the_other() -> None:
    seen: list[str] = []
    with somebody() as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [migrating.ONE_AT_A_TIME])
        migration = InTheBackground(
            lambda: migrating.patiently(connection, lambda: seen.append("migrated"), seen.append)
        )
        wait_until(lambda: seen)
        assert len(seen) == 1
        assert "(somebody), idle in transaction for" in seen[0]
        assert "holds migrations of another server" in seen[0]
        other.commit()
        migration.result()
    assert seen[1:] == ["migrated"]


def test_after_a_bounded_time_it_names_who_is_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "TRIES", 2)
    monkeypatch.setattr(migrating, "SECONDS_BETWEEN", 0)
    with somebody() as writer:
        writer.execute("UPDATE partnerships_theme SET name = 'what nobody else is to read'")
        with pytest.raises(CommandError, match="in use: process ") as refused:
            call_command("migrate", verbosity=0)
        said = str(refused.value)
        assert f"process {writer.info.backend_pid} of " in said
        assert "(somebody), idle in transaction for" in said
        assert "holds partnerships_theme" in said
        assert "nobody else" not in said
    call_command("migrate", verbosity=0)


def test_what_else_goes_wrong_is_not_tried_again() -> None:
    tries: list[int] = []

    def fail() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(10)")

    with pytest.raises(OperationalError, match="statement timeout"):
        migrating.patiently(connection, fail, print)
    assert tries == [1]


def test_afterwards_the_connection_waits_for_locks_as_before() -> None:
    migrating.patiently(connection, lambda: None, print)
    with somebody() as other, connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
        other.execute("SELECT pg_advisory_xact_lock_shared(%s)", [migrating.ONE_AT_A_TIME])  # nobody holds it
