"""The version of the directory: a number that rises in the transaction of every change to what the public may see.

Database triggers raise it and note which records changed, so that it holds on every way to change a record: the admin,
loading, a shell, another program. Whatever is kept in memory asks ``current()`` first. The triggers are not part of a
migration, because SQLite drops them whenever a later migration makes a table anew; they are put in place after each.
"""

from __future__ import annotations

import secrets
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Self

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q

from .actor import Actor
from .milestone import Milestone
from .outcome import Outcome
from .partnership import Adoption, Participation, PartnershipTheme
from .source import Citation


class DirectoryVersion(models.Model):
    """One row. The low 20 bits of ``number`` are random: a transaction that was rolled back, or a backup that was
    restored, never leaves behind a number that later means something else. ``known_since`` is the number with which a
    backup was restored last: of what changed between an older version and now, nothing is known."""

    number = models.BigIntegerField(default=0)
    known_since = models.BigIntegerField(null=True)
    raised_by = models.BigIntegerField(default=0)  # PostgreSQL's transaction id: once in a transaction is enough

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.number)


class RecordVersionQuerySet(models.QuerySet["RecordVersion"]):
    def not_indexed(self) -> Self:
        return self.filter(is_indexed=False)

    def since(self, version: int) -> Self:
        return self.filter(version__gt=version)

    def ids(self, kind: str) -> models.QuerySet[Any]:
        return self.filter(record_kind=kind).values_list("record_id", flat=True)

    def partnerships(self) -> set[int]:
        """Partnerships that changed, or that bear the name of an actor or a theme that did."""
        changed = self.ids(RecordVersion.Kind.ACTOR)
        # Asked of the few actors, not of the many participations.
        showing = Actor.objects.filter(
            Q(pk__in=changed) | Q(parent__in=changed) | Q(region__in=changed) | Q(successor__in=changed)
        )
        themes = PartnershipTheme.objects.filter(theme__in=self.ids(RecordVersion.Kind.THEME))
        return {
            *self.ids(RecordVersion.Kind.PARTNERSHIP),
            *Participation.objects.filter(actor__in=showing).values_list("partnership", flat=True),
            *themes.values_list("partnership", flat=True),
        }

    def shown_partnerships(self) -> set[int]:
        """The same, with those whose pages show another record that changed: a source, a former part, a former model.

        A participant without a point of its own stands on the map where the one stands that it lies in or merged into.
        """
        own = self.ids(RecordVersion.Kind.PARTNERSHIP)
        actors = Actor.objects.depending_on(set(self.ids(RecordVersion.Kind.ACTOR)))
        sources = self.ids(RecordVersion.Kind.SOURCE)
        # What a source is cited by, and whose history names who or what is no part of it any more.
        resting: list[Any] = [
            *(model._default_manager.filter(source__in=sources) for model in (Citation, Outcome, Milestone)),
            *(parts.filter(actor__in=actors) for parts in (Participation.objects, Participation.history)),
            PartnershipTheme.history.filter(theme__in=self.ids(RecordVersion.Kind.THEME)),
            Adoption.history.filter(adopted_from__in=own),
        ]
        first, *others = (part.order_by().values_list("partnership_id", flat=True) for part in resting)
        return {
            *self.partnerships(),
            *first.union(*others),
        }

    def actors(self) -> set[int]:
        """Actors that changed, that lie in one that did, or into which one merged that did."""
        changed = self.ids(RecordVersion.Kind.ACTOR)
        successors = Actor.objects.filter(pk__in=changed, successor__isnull=False)
        return {
            *changed,
            *Actor.objects.filter(region__in=changed).values_list("pk", flat=True),
            *successors.values_list("successor", flat=True),
        }


class RecordVersion(models.Model):
    """The version of the directory in which a record last changed, and whether the search index knows."""

    class Kind(models.TextChoices):
        PARTNERSHIP = "partnership"
        ACTOR = "actor"
        THEME = "theme"
        SOURCE = "source"

    record_kind = models.CharField(max_length=12, choices=Kind.choices)
    record_id = models.BigIntegerField()
    version = models.BigIntegerField()
    is_indexed = models.BooleanField(default=False)

    objects = RecordVersionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["version"], name="record_version"),
            models.Index(fields=["record_kind"], name="record_not_indexed", condition=Q(is_indexed=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["record_kind", "record_id"], name="record_version_once"),
            models.CheckConstraint(
                condition=Q(record_kind__in=["partnership", "actor", "theme", "source"]),
                name="record_version_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_kind} {self.record_id}: {self.version}"


_READ = "SELECT number FROM partnerships_directoryversion WHERE id = 1"
# PostgreSQL raises the number once in a transaction. Inside of one that has raised it, it says nothing about what the
# same transaction changes next, so that each look gives another number, which no version ever has.
_READ_WITHIN = (
    "SELECT CASE WHEN raised_by = txid_current_if_assigned() "
    "THEN -1 - floor(random() * 1152921504606846976)::bigint ELSE number END "
    "FROM partnerships_directoryversion WHERE id = 1"
)


@dataclass
class Held:
    """The version that a page is made of, and what of it the page has looked at."""

    number: int
    seen: dict[str, Any] = field(default_factory=dict)


_held: ContextVar[Held | None] = ContextVar("held", default=None)


@contextmanager
def held(number: int | None) -> Iterator[None]:
    """Let ``current()`` give this number, so that all parts of one page are of the version it began with.

    With None it gives the present one, within a page, too.
    """
    token = _held.set(None if number is None else Held(number))
    try:
        yield
    finally:
        _held.reset(token)


def seen() -> dict[str, Any]:
    """What the page at hand has looked at so far, by name, so that it looks at the same again."""
    held = _held.get()
    return {} if held is None else held.seen


def current() -> int:
    """The directory's version now; 0 before anything was ever written."""
    if (held := _held.get()) is not None:
        return held.number
    wrapper = connections[DEFAULT_DB_ALIAS]
    if wrapper.vendor == "postgresql" and wrapper.in_atomic_block:
        with wrapper.cursor() as cursor:
            cursor.execute(_READ_WITHIN)
            row = cursor.fetchone()
        return row[0] if row else 0
    return read(wrapper)


def read(connection: BaseDatabaseWrapper, seconds: float | None = None) -> int:
    """The version that a database has; ``OperationalError`` where PostgreSQL does not say within so many seconds."""
    connection.ensure_connection()
    held: Any = connection.connection
    # Past Django: every request of a public page asks, and a cursor takes three to four times as long.
    with connection.wrap_database_errors:
        if connection.vendor == "sqlite":
            row = held.execute(_READ).fetchone()
            return row[0] if row else 0
        result = held.pgconn.exec_(_READ.encode()) if seconds is None else _ask(held.pgconn, seconds)
    if result is not None and result.ntuples:
        return int(result.get_value(0, 0))
    with connection.cursor() as cursor:  # which says what is wrong, if anything is
        cursor.execute(_READ)
        row = cursor.fetchone()
    return row[0] if row else 0


def changes_since(number: int) -> RecordVersionQuerySet | None:
    """The records that changed after a version; None where that is not known, because a backup was restored since.

    Whoever keeps something of an earlier version and brings it up to date asks here, and makes it anew for None.
    """
    if DirectoryVersion.objects.filter(known_since__gt=number).exists():
        return None
    return RecordVersion.objects.since(number)


_STEPS_AT_RESTORING = 1 << 20  # so many changes may be made elsewhere between this and the restored state's turn


def begin_anew(after: int) -> int:
    """Give a restored directory a number that is beyond ``after`` and all its own; returns it."""
    own = current()
    number = (((max(after, own) >> 20) + _STEPS_AT_RESTORING) << 20) | secrets.randbits(20)
    # No transaction of another server may find its own id there, or it would not raise the number.
    DirectoryVersion.objects.update(number=number, known_since=number, raised_by=0)
    return number


def _ask(pgconn: Any, seconds: float) -> Any:
    """The version's row from a server that may hang, in which case the connection is ended."""
    pgconn.send_query(_READ.encode())
    ready = select.poll()
    ready.register(pgconn.socket, select.POLLIN)
    until = time.monotonic() + seconds
    while True:
        if not ready.poll(max(0.0, until - time.monotonic()) * 1000):
            pgconn.finish()
            raise OperationalError("The server does not answer.")
        pgconn.consume_input()
        if not pgconn.is_busy():
            break
    result = pgconn.get_result()
    while pgconn.get_result() is not None:
        pass
    return result


# Which table's rows belong to which record: model → (kind, column with the record's id) …
_NOTED: dict[str, list[tuple[str, str]]] = {
    "Partnership": [(RecordVersion.Kind.PARTNERSHIP, "id")],
    "Participation": [(RecordVersion.Kind.PARTNERSHIP, "partnership_id")],
    "PartnershipTheme": [(RecordVersion.Kind.PARTNERSHIP, "partnership_id")],
    "Citation": [(RecordVersion.Kind.PARTNERSHIP, "partnership_id")],
    "Outcome": [(RecordVersion.Kind.PARTNERSHIP, "partnership_id")],
    "Milestone": [(RecordVersion.Kind.PARTNERSHIP, "partnership_id")],
    "Adoption": [
        (RecordVersion.Kind.PARTNERSHIP, "partnership_id"),
        (RecordVersion.Kind.PARTNERSHIP, "adopted_from_id"),
    ],
    "Actor": [(RecordVersion.Kind.ACTOR, "id"), (RecordVersion.Kind.ACTOR, "successor_id")],
    "ActorName": [(RecordVersion.Kind.ACTOR, "actor_id")],
    "Theme": [(RecordVersion.Kind.THEME, "id")],
    "Source": [(RecordVersion.Kind.SOURCE, "id")],
    "CoverageCheck": [],  # raises the number and belongs to no record: what nothing is recorded of, pages work out anew
}
_ROWS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}


def install_triggers(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place, or renew them, and raise the version: what is kept may be of an older program."""
    write = {"sqlite": _for_sqlite, "postgresql": _for_postgresql}[connection.vendor]
    with connection.cursor() as cursor:
        for name, columns in _NOTED.items():
            for statement in write(apps.get_model("partnerships", name)._meta.db_table, columns):
                cursor.execute(statement)
        cursor.execute(_RAISE[connection.vendor])


_NEXT = {
    "sqlite": "(((partnerships_directoryversion.number >> 20) + 1) << 20) | (random() & 1048575)",
    "postgresql": "(((partnerships_directoryversion.number >> 20) + 1) << 20) | floor(random() * 1048576)::bigint",
}
_RAISE = {
    vendor: "INSERT INTO partnerships_directoryversion (id, number, raised_by) VALUES (1, 1048576, 0) "
    f"ON CONFLICT (id) DO UPDATE SET number = {following}"
    for vendor, following in _NEXT.items()
}


def _noting(columns: list[tuple[str, str]], operation: str, *, update_only: str = "") -> Iterator[str]:
    """The statements that note the records of a row that was inserted, updated or deleted."""
    for kind, column in columns:
        for row in _ROWS[operation]:
            yield (
                "INSERT INTO partnerships_recordversion (record_kind, record_id, version, is_indexed) "
                f"SELECT '{kind}', {row}.{column}, d.number, FALSE FROM partnerships_directoryversion AS d "
                f"WHERE d.id = 1 AND {row}.{column} IS NOT NULL ON CONFLICT (record_kind, record_id) "
                f"DO UPDATE SET version = EXCLUDED.version, is_indexed = FALSE{update_only};"
            )


def _for_sqlite(table: str, columns: list[tuple[str, str]]) -> Iterator[str]:
    for operation in _ROWS:
        name = f"{table}_noted_on_{operation.lower()}"
        body = " ".join([f"{_RAISE['sqlite']};", *_noting(columns, operation)])
        yield f"DROP TRIGGER IF EXISTS {name}"
        yield f"CREATE TRIGGER {name} AFTER {operation} ON {table} BEGIN {body} END"


def _for_postgresql(table: str, columns: list[tuple[str, str]]) -> Iterator[str]:
    raise_once = (
        "INSERT INTO partnerships_directoryversion (id, number, raised_by) "
        "VALUES (1, 1048576, txid_current()) ON CONFLICT (id) DO UPDATE "
        f"SET number = {_NEXT['postgresql']}, raised_by = EXCLUDED.raised_by "
        "WHERE partnerships_directoryversion.raised_by <> EXCLUDED.raised_by;"
    )
    known = "partnerships_recordversion"
    changed = f" WHERE {known}.version <> EXCLUDED.version OR {known}.is_indexed"
    for operation in _ROWS:
        name = f"{table}_noted_on_{operation.lower()}"
        body = " ".join([raise_once, *_noting(columns, operation, update_only=changed)])
        yield (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$note$ BEGIN {body} RETURN NULL; END $note$"
        )
        yield (f"CREATE OR REPLACE TRIGGER {name} AFTER {operation} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def missing_triggers(connection: BaseDatabaseWrapper) -> set[str]:
    """The names of triggers that should be there and are not."""
    tables = [apps.get_model("partnerships", name)._meta.db_table for name in _NOTED]
    wanted = {f"{table}_noted_on_{operation.lower()}" for table in tables for operation in _ROWS}
    query: dict[str, str] = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D' "
        "AND pg_table_is_visible(tgrelid)",  # a state that is being restored has its own, in a schema of its own
    }
    with connection.cursor() as cursor:
        cursor.execute(query[connection.vendor])
        present: set[Any] = {row[0] for row in cursor.fetchall()}
    return wanted - present
