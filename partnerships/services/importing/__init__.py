"""Imports: a file is taken, checked some rows at a time, shown, written whole or not at all, and can be undone."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from partnerships import search
from partnerships.models import Import, ImportLine, Publication, Source, version
from partnerships.package.reading import PackageError
from partnerships.package.tables import RECORD_TABLES, TABLES
from partnerships.services import records
from partnerships.services.loading import LoadReport, hold_off_other_writers, load, take_statistics
from partnerships.services.records import BATCH, RecordState

from .columns import FLAT_FILES
from .headers import is_of_reasons, understand
from .lines import Checking, Line, Rights, clashes, own_row_title
from .reading import Sheet, UnreadableFileError, check_archive, read_sheet

ROWS_AT_ONCE = 500  # checked in one request: under a second
KEPT_UNFINISHED = dt.timedelta(days=1)
UNDONE_WITHIN = dt.timedelta(days=30)
MOST_PROBLEMS = 50  # of a file as a whole
PACKAGE_FILES = {table.file_name for table in TABLES} | {"datapackage.json", "LICENSE.txt"}

Kind, State, Outcome = Import.Kind, Import.State, ImportLine.Outcome


def kept_before(line: ImportLine) -> RecordState:
    """How the record of a changed line was."""
    return RecordState.from_json(line.before or {})


def kept_after(line: ImportLine) -> RecordState:
    """How the record of a new or changed line was to be."""
    return RecordState.from_json(line.after or {})


class NotNowError(Exception):
    """A step that the import's state does not allow, or that is not for this person, in words."""


def may_bring(kind: str, user: Any) -> bool:
    """Whether somebody may import files of this kind; what a package holds is public at once, which is for editors."""
    if not user.has_perm("partnerships.add_import"):
        return False
    if kind == Kind.PACKAGE:
        return user.has_perm("partnerships.publish_partnership")
    name = FLAT_FILES[kind].model_name
    return user.has_perm(f"partnerships.add_{name}") or user.has_perm(f"partnerships.change_{name}")


# --- Beginning -------------------------------------------------------------------------------------------------------


def begin(
    *, kind: str, file_name: str, content: bytes, by: Any, empties: bool = False, edited: str = Import.Edited.ASK
) -> Import:
    """Take a file that somebody brought; ``UnreadableFileError`` with every reason why it cannot be taken.

    What others left unfinished for a day is thrown away now, and what was kept for undoing when 30 days have passed.
    """
    if not may_bring(kind, by):
        raise PermissionDenied
    _drop_old()
    begun = Import(kind=kind, file_name=Path(file_name).name[:200], by=by, empties=empties, edited=edited)
    if kind == Kind.PACKAGE:
        _check_package(content)
        begun.content, begun.read_as, begun.total = content, _("Data package (zip)"), 1
    else:
        sheet = read_sheet(content)
        heading = understand(FLAT_FILES[kind], sheet.head)
        if heading.problems:
            raise UnreadableFileError(*heading.problems)
        begun.content, begun.read_as, begun.total = _packed(sheet), sheet.read_as[:200], len(sheet.rows)
        begun.notices = heading.notices
    begun.save()
    return begun


def _drop_old() -> None:
    now = timezone.now()
    unfinished = Import.objects.filter(state__in=[State.CHECKING, State.CHECKED])
    unfinished.filter(uploaded_at__lt=now - KEPT_UNFINISHED).delete()
    ImportLine.objects.filter(of__done_at__lt=now - UNDONE_WITHIN).delete()


def _packed(sheet: Sheet) -> bytes:
    table = json.dumps([sheet.head, sheet.rows], ensure_ascii=False)
    return zlib.compress(table.encode("utf-8", "surrogatepass"), 3)


def sheet_of(imported: Import) -> Sheet:
    """The table of the file, while it is kept."""
    head, rows = json.loads(zlib.decompress(bytes(imported.content or b"")).decode("utf-8", "surrogatepass"))
    return Sheet(head, [(number, cells) for number, cells in rows], imported.read_as)


def _check_package(content: bytes) -> None:
    with check_archive(content) as archive:
        names = archive.namelist()
        foreign = [name for name in names if name not in PACKAGE_FILES]
        missing = [table.file_name for table in TABLES if table.file_name not in names]
        if foreign or missing or len(names) != len(set(names)):
            raise UnreadableFileError(
                *(_("“%(name)s” does not belong into a data package.") % {"name": name[:100]} for name in foreign[:5]),
                *(_("“%(name)s” is missing in the data package.") % {"name": name} for name in missing),
                *([] if foreign or missing else [_("A file stands twice in the data package.")]),
            )


# --- Checking --------------------------------------------------------------------------------------------------------


def advance(*, imported: Import, by: Any) -> Import:
    """Check the next rows; after the last, the import waits for confirmation. ``NotNowError`` for somebody else's."""
    with transaction.atomic():
        imported = _locked(imported, by)
        if imported.state != State.CHECKING:
            return imported
        if imported.position == 0:
            imported.version = version.current()
        elif imported.version != version.current():
            imported.version = 0
        if imported.kind == Kind.PACKAGE:
            _preview_package(imported)
        else:
            _check_rows(imported, by)
        if imported.position == imported.total:
            imported.state = State.CHECKED
        _count(imported)
        imported.save()
    return imported


def _locked(imported: Import, by: Any) -> Import:
    found = Import.objects.select_for_update().get(pk=imported.pk)
    if found.by_id != by.pk:
        raise NotNowError(_("Only who uploaded the file can go on with it."))
    if not may_bring(found.kind, by):
        raise PermissionDenied
    return found


def _check_rows(imported: Import, by: Any) -> None:
    checking = _checking(imported, by)
    found = checking.check(imported.position, ROWS_AT_ONCE)
    imported.position = min(imported.position + ROWS_AT_ONCE, imported.total)
    _keep(imported, found)
    if imported.position == imported.total and imported.kind == Kind.ACTORS:
        lines = imported.lines.filter(outcome__in=[Outcome.NEW, Outcome.CHANGED])
        wanted = {line.slug: kept_after(line) for line in lines if line.after}
        _complain(imported, clashes(wanted))


def _checking(imported: Import, by: Any, *, afresh: bool = False) -> Checking:
    flat = FLAT_FILES[imported.kind]
    made = imported.lines.filter(table="sources", outcome=Outcome.NEW) if flat.name == Kind.PARTNERSHIPS else ()
    return Checking(
        flat,
        sheet_of(imported),
        Rights.of(by, flat.model_name),
        empties=imported.empties,
        made=[] if afresh else [kept_after(line) for line in made],
    )


def _keep(imported: Import, lines: Iterable[Line]) -> None:
    kept = []
    for line in lines:
        outcome = line.outcome
        is_written = outcome in (Outcome.NEW, Outcome.CHANGED)
        kept.append(
            ImportLine(
                of=imported,
                number=line.number,
                table=line.table,
                slug=line.slug[:200],
                title=line.title[:300],
                outcome=outcome,
                before=line.before.as_json() if is_written and line.before else None,
                after=line.after.as_json() if is_written and line.after else None,
                problems=[list(problem) for problem in line.problems],
            )
        )
    ImportLine.objects.bulk_create(kept, batch_size=BATCH)


def _complain(imported: Import, found: Iterable[tuple[str, str, str]]) -> None:
    flat = FLAT_FILES[imported.kind]
    problems: dict[str, list[list[str]]] = {}
    for slug, name, reason in found:
        problems.setdefault(slug, []).append([str(flat.by_name[name].label), reason])
    wrong = list(imported.lines.filter(slug__in=problems))
    for line in wrong:
        line.outcome, line.problems, line.before, line.after = Outcome.WRONG, problems[line.slug], None, None
    ImportLine.objects.bulk_update(wrong, ["outcome", "problems", "before", "after"], batch_size=200)


def _count(imported: Import) -> None:
    counts = dict(imported.lines.values_list("outcome").annotate(Count("pk")).order_by())
    for outcome in (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.WRONG):
        setattr(imported, outcome, counts.get(outcome.value, 0))


class _ShownError(Exception):
    """Stops loading when it is known what would be written."""


def _preview_package(imported: Import) -> None:
    seen: list[LoadReport] = []

    def show(report: LoadReport) -> None:
        seen.append(report)
        raise _ShownError

    try:
        with transaction.atomic():
            _load(imported, show)
    except _ShownError:
        _keep_report(imported, seen[0])
    except PackageError as error:
        problems = error.problems
        _keep(imported, [Line(0, "", "", "", problems=[("", problem)]) for problem in problems[: BATCH * 5]])
    imported.position = imported.total


def _load(imported: Import, before_writing: Any) -> LoadReport:
    with tempfile.TemporaryDirectory() as folder, check_archive(bytes(imported.content or b"")) as archive:
        for table in TABLES:  # by our names, never by the archive's
            (Path(folder) / table.file_name).write_bytes(archive.read(table.file_name))
        return load(
            path=Path(folder),
            overwrite=imported.edited == Import.Edited.OVERWRITE,
            keep_edited=imported.edited == Import.Edited.KEEP,
            before_writing=before_writing,
        )


def _keep_report(imported: Import, report: LoadReport) -> None:
    order = [table.name for table in RECORD_TABLES]
    changes = sorted(report.changes, key=lambda change: (order.index(change.after.table), change.after.slug))
    ImportLine.objects.bulk_create(
        [
            ImportLine(
                of=imported,
                number=number,
                table=change.after.table,
                slug=change.after.slug,
                title=own_row_title(change.after)[:300],
                outcome=Outcome.CHANGED if change.before else Outcome.NEW,
                before=change.before.as_json() if change.before else None,
                after=change.after.as_json(),
                ledger=change.ledger,
            )
            for number, change in enumerate(changes, 1)
        ],
        batch_size=BATCH,
    )
    imported.notices = [report.summary(), *report.conflicts[:MOST_PROBLEMS]]


# --- Writing ---------------------------------------------------------------------------------------------------------


def run(*, imported: Import, by: Any) -> Import:
    """Write what the preview showed, whole or not at all.

    Where the directory has changed since in what concerns the file, nothing is written and the state is “being
    checked” again. ``NotNowError`` while rows are wrong, or when it was done already.
    """
    with transaction.atomic():
        imported = _locked(imported, by)
        if imported.state != State.CHECKED or imported.wrong or not imported.new + imported.changed:
            raise NotNowError(_("This import cannot be written: it is done already, has wrong rows, or nothing new."))
        hold_off_other_writers()
        lines = list(imported.lines.filter(outcome__in=[Outcome.NEW, Outcome.CHANGED]))
        if imported.kind == Kind.PACKAGE:
            is_written = _write_package(imported, lines)
        else:
            is_written = _write_rows(imported, lines, by)
        if is_written:
            imported.lines.exclude(outcome__in=[Outcome.NEW, Outcome.CHANGED]).delete()
            imported.state, imported.content, imported.done_at = State.DONE, None, timezone.now()
            search.reindex()
        else:
            _again(imported)
        imported.save()
    return imported


def check_again(*, imported: Import, by: Any, edited: str = "") -> Import:
    """Begin the check anew, for a package perhaps with another word on what was changed here."""
    with transaction.atomic():
        imported = _locked(imported, by)
        if imported.state not in (State.CHECKING, State.CHECKED):
            raise NotNowError(_("This import is finished."))
        if edited:
            imported.edited = edited
        _again(imported)
        imported.save()
    return imported


def discard(*, imported: Import, by: Any) -> None:
    """Throw a file away that was not imported."""
    with transaction.atomic():
        imported = _locked(imported, by)
        if imported.state not in (State.CHECKING, State.CHECKED):
            raise NotNowError(_("This import is finished."))
        imported.delete()


def _again(imported: Import) -> None:
    imported.lines.all().delete()
    imported.state, imported.position = State.CHECKING, 0
    imported.new = imported.changed = imported.unchanged = imported.wrong = 0


def reason_of(imported: Import) -> str:
    """What histories say of that which an import wrote."""
    return f"Import {imported.pk}: {imported.file_name}"[:100]


def _write_rows(imported: Import, lines: list[ImportLine], by: Any) -> bool:
    is_new = imported.version == 0 or imported.version != version.current()
    if is_new and not _still_holds(imported, lines, by):
        return False
    if not _may_write(imported, lines, by):
        return False
    records.write((kept_after(line) for line in lines if line.after), reason=reason_of(imported))
    if len(lines) >= BATCH:
        take_statistics()
    return True


def _may_write(imported: Import, lines: list[ImportLine], by: Any) -> bool:
    """Whether rights were not taken away since the check."""
    rights = Rights.of(by, FLAT_FILES[imported.kind].model_name)
    is_changing = [line for line in lines if line.before]
    if (len(is_changing) < len(lines) and not rights.add) or (is_changing and not rights.change):
        return False
    if any(line.table != imported.kind for line in lines) and not rights.add_sources:
        return False
    if imported.kind == Kind.SOURCES:
        public = Source.objects.published().filter(slug__in=[line.slug for line in is_changing])
        return rights.publish or not public.exists()
    return rights.publish or all(kept_before(line).publication == Publication.DRAFT for line in is_changing)


def _still_holds(imported: Import, lines: list[ImportLine], by: Any) -> bool:
    """Whether a check would find now what the preview showed."""
    checking = _checking(imported, by, afresh=True)
    found = {
        (line.table, line.slug): line
        for start in range(0, imported.total, ROWS_AT_ONCE)
        for line in checking.check(start, ROWS_AT_ONCE)
        if line.outcome != Outcome.UNCHANGED
    }
    if found.keys() != {(line.table, line.slug) for line in lines}:
        return False
    for line in lines:
        now = found[line.table, line.slug]
        if now.problems or now.after is None or _digest(line.after) != now.after.digest():
            return False
        if _digest(line.before) != (now.before.digest() if now.before else ""):
            return False
    wanted = {line.slug: line.after for line in found.values() if line.table == "actors" and line.after}
    return not any(clashes(wanted))


def _digest(kept: Any) -> str:
    return RecordState.from_json(kept).digest() if kept else ""


def _write_package(imported: Import, lines: list[ImportLine]) -> bool:
    shown = {(line.table, line.slug): (_digest(line.before), _digest(line.after), line.ledger) for line in lines}

    def compare(report: LoadReport) -> None:
        found = {
            (change.after.table, change.after.slug): (
                change.before.digest() if change.before else "",
                change.after.digest(),
                change.ledger,
            )
            for change in report.changes
        }
        if found != shown:
            raise _ShownError

    try:
        with transaction.atomic():
            _load(imported, compare)
    except (_ShownError, PackageError):
        return False
    return True


# --- For the one who mends the file ----------------------------------------------------------------------------------


def with_reasons(imported: Import) -> Iterator[list[str]]:
    """The file's table with a column more, which says what is wrong; the head first."""
    sheet = sheet_of(imported)
    reasons: dict[int, list[str]] = {}
    for number, problems in imported.lines.filter(outcome=Outcome.WRONG).values_list("number", "problems"):
        reasons.setdefault(number, []).extend(f"{column}: {text}" if column else text for column, text in problems)
    kept = [place for place, text in enumerate(sheet.head) if not is_of_reasons(text)]
    kept += range(len(sheet.head), max((len(cells) for _number, cells in sheet.rows), default=0))
    yield [*_picked(sheet.head, kept), _("What is wrong")]
    for number, cells in sheet.rows:
        yield [*_picked(cells, kept), "\n".join(reasons.get(number, ()))]


def _picked(cells: list[str], places: list[int]) -> list[str]:
    return [cells[place] if place < len(cells) else "" for place in places]
