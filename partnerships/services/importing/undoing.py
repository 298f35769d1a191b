"""Undoing an import as a whole: what it made goes, what it changed goes back, what was edited since is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from partnerships import search
from partnerships.models import Actor, Import, ImportLine, LoadedRecord, Publication, Source
from partnerships.package.tables import TABLE, TABLES, Table, parts_of
from partnerships.services import records
from partnerships.services.loading import hold_off_other_writers
from partnerships.services.records import BATCH, ORDER

from . import UNDONE_WITHIN, NotNowError, kept_after, kept_before, reason_of

Record = tuple[str, str]  # table and slug


@dataclass
class Undoing:
    """What undoing will do, line by line; ``left`` are those that stay as they are, with the reason."""

    goes: list[ImportLine] = field(default_factory=list)  # deleted
    archived: list[ImportLine] = field(default_factory=list)  # was public at once, as packages are
    returns: list[ImportLine] = field(default_factory=list)
    left: list[tuple[ImportLine, str]] = field(default_factory=list)

    @property
    def is_anything(self) -> bool:
        return bool(self.goes or self.archived or self.returns)


def is_open(imported: Import) -> bool:
    """Whether an import can still be undone, as far as time goes."""
    done = imported.done_at
    return imported.state == Import.State.DONE and done is not None and timezone.now() - done < UNDONE_WITHIN


def may_undo(imported: Import, user: Any) -> bool:
    """Who imported it undoes it, and whoever may publish."""
    is_own = imported.by_id == user.pk and user.has_perm("partnerships.add_import")
    is_editor = user.has_perm("partnerships.publish_partnership")
    # What a package wrote is public; and rights may have been taken away since.
    return is_editor or (is_own and imported.kind != Import.Kind.PACKAGE)


def plan(imported: Import, user: Any) -> Undoing:
    """What undoing would do with the records as they are now."""
    undoing = Undoing()
    lines = list(imported.lines.filter(outcome__in=[ImportLine.Outcome.NEW, ImportLine.Outcome.CHANGED]))
    slugs: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        slugs[line.table].append(line.slug)
    present = {name: records.states(TABLE[name], found) for name, found in slugs.items()}
    for line in lines:
        here = present[line.table].get(line.slug)
        after = kept_after(line)
        if here is None:
            undoing.left.append((line, _("It was deleted since, or has another address.")))
        elif here.digest() != after.digest():
            columns = dict.fromkeys(_label(each) for each in after.differences(here))
            undoing.left.append((line, _("It was edited since: %(columns)s.") % {"columns": ", ".join(columns)}))
        elif line.before:
            undoing.returns.append(line)
        elif here.publication == Publication.PUBLISHED:
            undoing.archived.append(line)
        else:
            undoing.goes.append(line)
    _leave_what_is_not_for(user, undoing)
    _leave_what_has_no_ground(undoing)
    _leave_what_is_needed(undoing)
    undoing.left.sort(key=lambda pair: (pair[0].number, pair[0].pk))
    return undoing


def undo(*, imported: Import, by: Any) -> Undoing:
    """Undo an import; what was edited since stays, and is said. ``NotNowError`` after 30 days or a second time."""
    with transaction.atomic():
        imported = Import.objects.select_for_update().get(pk=imported.pk)
        if not is_open(imported) or not may_undo(imported, by):
            raise NotNowError(_("This import cannot be undone, or not any more."))
        hold_off_other_writers()
        undoing = plan(imported, by)
        reason = f"Undone: {reason_of(imported)}"[:100]
        archived = [kept_after(line) for line in undoing.archived]
        for state in archived:
            state.publication = Publication.ARCHIVED.value
        # First back, so that nothing refers any more to what goes.
        records.write([*(kept_before(line) for line in undoing.returns), *archived], reason=reason)
        _delete(undoing.goes, reason)
        if imported.kind == Import.Kind.PACKAGE:
            _restore_ledger([*undoing.goes, *undoing.archived, *undoing.returns])
        for line, why in undoing.left:
            line.outcome, line.problems = ImportLine.Outcome.LEFT, [["", why]]
        ImportLine.objects.bulk_update([line for line, _why in undoing.left], ["outcome", "problems"], batch_size=200)
        imported.state, imported.undone_at, imported.undone_by = Import.State.UNDONE, timezone.now(), by
        imported.save()
        search.reindex()
    return undoing


def _label(difference: records.Difference) -> str:
    if difference.column == "publication":
        return _("publication")
    table = TABLE[difference.table]
    if table.owner or not difference.column:
        return str(table.model._meta.verbose_name_plural)
    return str(table.field(table.column(difference.column)).verbose_name)


# --- What stays ------------------------------------------------------------------------------------------------------


def _leave_what_is_not_for(user: Any, undoing: Undoing) -> None:
    """A source may have become public without being edited: by being cited."""
    if user.has_perm("partnerships.publish_partnership"):
        return
    public = set(Source.objects.published().values_list("slug", flat=True))
    why = _("It is in review, public or archived; only editors may change it.")
    _leave(
        undoing,
        {
            line.pk: why
            for line in [*undoing.goes, *undoing.archived, *undoing.returns]
            if kept_after(line).publication not in ("", Publication.DRAFT)
            or (line.table == "sources" and line.slug in public)
        },
    )


def _leave(undoing: Undoing, reasons: dict[int, str]) -> None:
    """Let these lines, by their keys, stay as they are."""
    for name in ("goes", "archived", "returns"):
        lines: list[ImportLine] = getattr(undoing, name)
        undoing.left += [(line, reasons[line.pk]) for line in lines if line.pk in reasons]
        setattr(undoing, name, [line for line in lines if line.pk not in reasons])


def _leave_what_has_no_ground(undoing: Undoing) -> None:
    """A record cannot go back to what refers to others that are gone, or to a code that another one has now."""
    referred = [
        (line, column.references, row[place])
        for line in undoing.returns
        for name, rows in kept_before(line).rows.items()
        for place, column in enumerate(TABLE[name].columns)
        if column.references
        for row in rows
        if row[place]
    ]
    wanted: dict[str, set[str]] = defaultdict(set)
    for _line, table_name, slug in referred:
        wanted[table_name].add(slug)
    there = {
        name: set(TABLE[name].model._default_manager.filter(slug__in=slugs).values_list("slug", flat=True))
        for name, slugs in wanted.items()
    }
    public = set(Actor.objects.published().filter(slug__in=wanted["actors"]).values_list("slug", flat=True))
    is_public = {line.pk for line in undoing.returns if kept_before(line).publication == Publication.PUBLISHED}
    reasons: dict[int, str] = {}
    for line, table_name, slug in referred:
        # An owner's own rows name it; it is there.
        if slug not in there[table_name]:
            reasons[line.pk] = _("Before, it named “%(slug)s”, which is not there any more.") % {"slug": slug}
        elif line.pk in is_public and table_name == "actors" and slug not in public:
            reasons[line.pk] = _("Before, it named “%(slug)s”, which is not published any more.") % {"slug": slug}
    for line, slug in _with_taken_values(undoing):
        reasons[line.pk] = _("“%(slug)s” has now what was its own before.") % {"slug": slug}
    _leave(undoing, reasons)


def _with_taken_values(undoing: Undoing) -> Iterator[tuple[ImportLine, str]]:
    handled = {(line.table, line.slug) for line in [*undoing.returns, *undoing.goes]}
    for name in {line.table for line in undoing.returns}:
        table = TABLE[name]
        for names in table.unique:
            places = [table.column_names.index(each) for each in names]
            rows = table.model._default_manager.values_list("slug", *names)
            taken = {tuple(values): slug for slug, *values in rows if (name, slug) not in handled and values[-1]}
            for line in undoing.returns:
                own = kept_before(line).rows[name][0] if line.table == name else ()
                if own and (other := taken.get(tuple(own[place] for place in places))):
                    yield line, other


def _leave_what_is_needed(undoing: Undoing) -> None:
    """What others refer to cannot go; and what stays for that reason needs others in its turn."""
    while True:
        handled = {(line.table, line.slug) for line in [*undoing.goes, *undoing.returns]}
        archived = {(line.table, line.slug): line for line in undoing.archived}
        going = archived | {(line.table, line.slug): line for line in undoing.goes}
        needed = {
            going[record].pk: _("Others refer to it: %(others)s.") % {"others": words}
            for record, owner, words in _references(going)
            if owner not in handled and not (record in archived and owner in archived)
        }
        if not needed:
            return
        _leave(undoing, needed)


def _references(lines: dict[Record, ImportLine]) -> Iterator[tuple[Record, Record | None, str]]:
    """Who refers to these records: (record, the record that the reference is a part of, in words)."""
    by_table: dict[str, list[str]] = defaultdict(list)
    for name, slug in lines:
        by_table[name].append(slug)
    for name, slugs in by_table.items():
        for relation in TABLE[name].model._meta.related_objects:
            related: Any = relation.related_model
            lookup = relation.field.name
            if not relation.one_to_many or lookup == "region" or hasattr(related, "history_object"):
                continue  # the region follows from what a place lies in
            part = next((table for table in TABLES if table.model is related), None)
            owner = part.columns[0].lookup if part else "pk"
            for start in range(0, len(slugs), BATCH):
                chosen = related._default_manager.filter(**{f"{lookup}__slug__in": slugs[start : start + BATCH]})
                for slug, other in chosen.order_by().values_list(f"{lookup}__slug", owner).distinct():
                    if part is None:
                        yield (name, slug), None, f"{related._meta.verbose_name} {other}"
                    elif (part.owner or part.name, other) != (name, slug):
                        yield (name, slug), (part.owner or part.name, other), str(other)


# --- What goes -------------------------------------------------------------------------------------------------------


def _delete(lines: list[ImportLine], reason: str) -> None:
    """Delete whole records with their parts, and write it into the histories, in a number of queries that rows do not
    multiply: deleting one by one sends a signal for each."""
    slugs: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        slugs[line.table].append(line.slug)
    for name in reversed(ORDER):
        for table in reversed(parts_of(TABLE[name])):
            for start in range(0, len(slugs[name]), BATCH):
                chosen = {f"{table.columns[0].lookup}__in": slugs[name][start : start + BATCH]}
                _delete_rows(table, list(table.model._default_manager.filter(**chosen)), reason)
    if slugs["actors"]:
        Actor.objects.rebuild_hierarchy()


def _delete_rows(table: Table, rows: list[models.Model], reason: str) -> None:
    history: Any = table.model.history  # type: ignore[attr-defined]
    kept = history.model
    now = timezone.now()
    kept.objects.bulk_create(
        [
            kept(
                history_date=now,
                history_type="-",
                history_change_reason=reason,
                history_user=kept.get_default_history_user(row),
                **{column.attname: getattr(row, column.attname) for column in kept.tracked_fields},
            )
            for row in rows
        ],
        batch_size=BATCH,
    )
    chosen = table.model._default_manager.filter(pk__in=[row.pk for row in rows])
    chosen._raw_delete(chosen.db)  # all that refers to them went before, or goes with them


def _restore_ledger(lines: list[ImportLine]) -> None:
    """What the package said before this import, so that loading it again meets no conflict of our making."""
    before = [line for line in lines if line.ledger]
    LoadedRecord.objects.bulk_create(
        [LoadedRecord(table=line.table, key=line.slug, digest=line.ledger) for line in before],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["table", "key"],
        update_fields=["digest"],
    )
    new: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if not line.ledger:
            new[line.table].append(line.slug)
    for name, slugs in new.items():
        for start in range(0, len(slugs), BATCH):
            LoadedRecord.objects.filter(table=name, key__in=slugs[start : start + BATCH]).delete()
