"""Loading a data package: all of it or nothing, and no curator's work lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partnerships import search
from partnerships.models import Actor, LoadedRecord, Publication, Source
from partnerships.models.loaded_record import LOADED
from partnerships.package.reading import Package, PackageError, Row, read_package
from partnerships.package.tables import RECORD_TABLES, TABLES, Table, parts_of

from . import records
from .records import BATCH, RecordState

INVENTED_SOURCE = "invented-source-"  # how the slugs of the sources of records for measuring begin


@dataclass(frozen=True)
class Change:
    """A record that loading writes: as it was, None where there was none, and what the package last said of it."""

    before: RecordState | None
    after: RecordState
    ledger: str


@dataclass
class LoadReport:
    """What loading did, or with ``dry_run`` would have done, in numbers of records (not of rows)."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0
    conflicts: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def summary(self) -> str:
        text = _("%(created)d records created, %(updated)d updated, %(unchanged)d unchanged") % vars(self)
        if self.kept:
            text += "; " + ngettext(
                "%(count)d changed here since the last loading was left as it is",
                "%(count)d changed here since the last loading were left as they are",
                self.kept,
            ) % {"count": self.kept}
        return text


class EditedSinceError(PackageError):
    """Records that curators changed since they were loaded; the message says which and where."""


def load(
    *,
    path: Path,
    dry_run: bool = False,
    overwrite: bool = False,
    keep_edited: bool = False,
    report_progress: Callable[[str], None] | None = None,
    before_writing: Callable[[LoadReport], None] | None = None,
) -> LoadReport:
    """Bring the directory to what the package in the folder ``path`` says; records it does not name stay.

    Everything happens in one transaction. A record that was changed here since it was last loaded, and that the
    package would change, raises ``EditedSinceError`` unless ``overwrite`` takes the package's word or ``keep_edited``
    leaves the record alone. ``PackageError`` lists what is wrong with the package, in itself or beside the records
    that stay. ``dry_run`` does all the work and takes it back. ``before_writing`` is shown what is about to be written,
    and may raise whatever it likes instead.
    """
    say = report_progress or (lambda text: None)
    say(_("reading and checking %(path)s") % {"path": path})
    package = read_package(path)
    with transaction.atomic():
        hold_off_other_writers()
        loading = _Loading(package, say)
        report = loading.compare(overwrite=overwrite, keep_edited=keep_edited)
        if report.conflicts and not (overwrite or keep_edited):
            raise EditedSinceError(report.conflicts)
        if obstacles := loading.obstacles():
            raise PackageError(obstacles)
        if before_writing:
            before_writing(report)
        loading.write()
        say(_("bringing the search in step"))
        search.reindex()
        if dry_run:
            transaction.set_rollback(True)
        elif report.created + report.updated >= BATCH:
            take_statistics()
    return report


def take_statistics() -> None:
    """Let the engine know how many rows there are of what; it takes 0.03 s for the data package.

    PostgreSQL's own process would a minute later, in which the list of all places took more than five seconds and the
    beginning of a word was searched for seven times as long. SQLite never would: it takes every index to find ten
    rows, even “what is published”, and reads all places where it is asked for twenty.
    """
    names = [model._meta.db_table for model in apps.get_app_config("partnerships").get_models()]
    with connection.cursor() as cursor:
        for name in [*names, *search.tables()]:
            cursor.execute(f"ANALYZE {name}")


def hold_off_other_writers() -> None:
    """Let curators who save meanwhile wait, so that nothing changes between comparing and writing; readers go on.

    On SQLite the transaction has done so by beginning (``transaction_mode`` in the settings).
    """
    if connection.vendor == "postgresql":
        names = ", ".join(table.model._meta.db_table for table in TABLES)
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")


class _Loading:
    def __init__(self, package: Package, say: Callable[[str], None]) -> None:
        self.package = package
        self.say = say
        self.wanted = {table.name: _records_in_package(package, table) for table in RECORD_TABLES}
        self.to_write: dict[str, list[str]] = {}
        self.digests: dict[tuple[str, str], str] = {}
        self.merged: dict[tuple[str, str], str] = {}  # records of the package that were merged here, and into what
        self.is_overwriting = False
        self.out_of_reach: dict[tuple[str, str], str] = {}  # what stays deleted or unpublished, with the words for it

    def compare(self, *, overwrite: bool, keep_edited: bool) -> LoadReport:
        report = LoadReport()
        self.is_overwriting = overwrite
        ledger = {(entry.table, entry.key): entry.digest for entry in LoadedRecord.objects.iterator()}
        for table in RECORD_TABLES:
            self.say(_("comparing %(table)s") % {"table": table.name})
            present = records.states(table)
            merged = _merged_here(table)
            self.to_write[table.name] = []
            for slug, record in self.wanted[table.name].items():
                here = present.get(slug)
                last = ledger.get((table.name, slug))
                digest = record.digest()
                if slug in merged:
                    report.conflicts.append(
                        _("%(table)s: %(slug)s was merged into %(into)s here; the package still has it")
                        % {"table": table.name, "slug": slug, "into": merged[slug]}
                    )
                    # Neither way makes two of one: that is for a curator, who undoes the merge.
                    self.merged[table.name, slug] = merged[slug]
                    self.out_of_reach[table.name, slug] = _("which was merged into %(into)s here") % {
                        "into": merged[slug]
                    }
                    report.kept += keep_edited
                    continue
                if here and here.digest() == digest:
                    report.unchanged += 1
                elif (last is None) if here is None else (here.digest() == last):
                    report.created += here is None
                    report.updated += here is not None
                    self._write_later(report, here, record, last)
                else:
                    report.conflicts.append(_difference(table, slug, here, record, is_loaded=last is not None))
                    if not overwrite:
                        report.kept += keep_edited
                        if here is None:
                            self.out_of_reach[table.name, slug] = _("which was deleted here and stays so")
                        elif table.model is Actor and here.publication != Publication.PUBLISHED:
                            self.out_of_reach[table.name, slug] = _("which is not published here and stays so")
                        continue
                    report.created += here is None
                    report.updated += here is not None
                    self._write_later(report, here, record, last)
                if last != digest:
                    self.digests[table.name, slug] = digest
        return report

    def _write_later(self, report: LoadReport, here: RecordState | None, wanted: RecordState, last: str | None) -> None:
        self.to_write[wanted.table].append(wanted.slug)
        report.changes.append(Change(here, wanted, last or ""))

    def obstacles(self) -> list[str]:
        """Why the records chosen for writing cannot stand beside those that stay as they are."""
        if self.to_write["partnerships"] and Source.objects.filter(slug__startswith=INVENTED_SOURCE).exists():
            return [
                _(
                    "This database holds invented records for measuring, and real ones must never stand beside them; "
                    "use another database."
                )
            ]
        if self.is_overwriting and self.merged:
            return [
                _(
                    "%(table)s: %(slug)s was merged into %(into)s here; undo the merge in the admin, or take it out of "
                    "the package"
                )
                % {"table": table, "slug": slug, "into": into}
                for (table, slug), into in self.merged.items()
            ]
        return [text for table in RECORD_TABLES for text in [*self._taken_values(table), *self._lost_references(table)]]

    def _taken_values(self, table: Table) -> Iterator[str]:
        written = set(self.to_write[table.name])
        for names in table.unique:
            here = table.model._default_manager.values_list("slug", *names)
            taken = {tuple(values): slug for slug, *values in here if slug not in written}
            for row in self.package.rows[table.name]:
                key = tuple(row[name] for name in names)
                if row["slug"] in written and key[-1] and key in taken:
                    yield _("%(table)s: %(slug)s has the %(column)s “%(value)s”, which %(other)s has here") % {
                        "table": table.name,
                        "slug": row["slug"],
                        "column": names[-1],
                        "value": key[-1],
                        "other": taken[key],
                    }

    def _lost_references(self, record_table: Table) -> Iterator[str]:
        written = set(self.to_write[record_table.name])
        for table in parts_of(record_table) if self.out_of_reach else ():
            for row in self.package.rows[table.name]:
                for column in table.columns:
                    reason = self.out_of_reach.get((column.references, row[column.name]))
                    if reason and table.owner_slug(row) in written:
                        yield _("%(table)s: %(slug)s refers to %(other)s (%(column)s), %(reason)s") % {
                            "table": record_table.name,
                            "slug": table.owner_slug(row),
                            "other": row[column.name],
                            "column": column.name,
                            "reason": reason,
                        }

    def write(self) -> None:
        chosen = [self.wanted[name][slug] for name, slugs in self.to_write.items() for slug in slugs]
        records.write(chosen, reason=LOADED, report_progress=self.say)
        LoadedRecord.objects.bulk_create(
            [LoadedRecord(table=table, key=key, digest=digest) for (table, key), digest in self.digests.items()],
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["table", "key"],
            update_fields=["digest"],
        )


def _records_in_package(package: Package, record_table: Table) -> dict[str, RecordState]:
    publication = Publication.PUBLISHED.value if record_table.is_published_by_state else ""
    found = {
        row["slug"]: RecordState(record_table.name, row["slug"], publication) for row in package.rows[record_table.name]
    }
    for table in parts_of(record_table):
        rows = [
            (_order(table, row), tuple(row[name] for name in table.column_names)) for row in package.rows[table.name]
        ]
        for _position, texts in sorted(rows, key=lambda pair: pair[0]):
            found[texts[0]].rows[table.name].append(texts)
    return found


def _merged_here(table: Table) -> dict[str, str]:
    """Duplicates that were merged: their slug and that of the record they went into."""
    if not any(column.name == "merged_into" for column in table.model._meta.concrete_fields):
        return {}
    merged = table.model._default_manager.filter(merged_into__isnull=False)
    return dict(merged.values_list("slug", "merged_into__slug"))


def _order(table: Table, row: Row) -> tuple[Any, ...]:
    """The sort key of a package's row, by the same rule as ``Table.order`` for the database's."""
    key: list[Any] = []
    for lookup in table.order:
        name = lookup.removesuffix("__slug")
        if name in table.column_names:
            key.append(int(row[name]) if name == "position" else row[name])
        else:
            break  # outcomes keep the order in which they stand
    return tuple(key)


def _difference(table: Table, slug: str, here: RecordState | None, wanted: RecordState, *, is_loaded: bool) -> str:
    """“partnerships: kobe-seattle was changed here since it was loaded (summary, citations)”."""
    if here is None:
        return _("%(table)s: %(slug)s was deleted here since it was loaded") % {"table": table.name, "slug": slug}
    own = zip(table.column_names, here.rows[table.name][0], wanted.rows[table.name][0], strict=True)
    different = [name for name, mine, theirs in own if mine != theirs]
    different += [part.name for part in parts_of(table)[1:] if here.rows[part.name] != wanted.rows[part.name]]
    different += ["publication"] if here.publication != wanted.publication else []
    message = (
        _("%(table)s: %(slug)s was changed here since it was loaded (%(columns)s)")
        if is_loaded
        else _("%(table)s: %(slug)s was made here, not loaded, and differs (%(columns)s)")
    )
    return message % {"table": table.name, "slug": slug, "columns": ", ".join(different)}
