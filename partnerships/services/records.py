"""A record as one unit: everything it consists of, as rows of texts; read, compared, kept as JSON and written back.

What a partnership or a place consists of is said by ``package/tables.py``. Loading a package, undoing an import or a
merge and restoring a former state all write records by ``write()``, so that each of them leaves history, positions,
orders and unique values in the same state.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from partnerships.models import Actor
from partnerships.package.reading import PackageError, Row
from partnerships.package.tables import TABLE, Column, Table, parts_of
from partnerships.package.writing import sorted_rows

Texts = tuple[str, ...]
BATCH = 1000
# Parts of actors before partnerships, sources before citations: what is referred to comes first.
ORDER = ("themes", "sources", "actors", "partnerships")
FILLED_ON_SAVING = ("updated_at", "reading_order")


class Difference(NamedTuple):
    """One column of one row in which two states of a record differ.

    ``key`` names the row within its table, without the record's own slug; it is empty for the record's own row. A row
    that only one state has differs as a whole: ``column`` is empty, and what it says stands on its side, ``()`` on
    the other.
    """

    table: str
    key: Texts
    column: str
    before: Any
    after: Any


@dataclass
class RecordState:
    """One record at one moment: ``rows`` holds texts by table, in the order of that table's columns."""

    table: str
    slug: str
    publication: str = ""  # empty where records of the table have no state of publication
    rows: dict[str, list[Texts]] = field(default_factory=lambda: defaultdict(list))

    def digest(self) -> str:
        # An empty list of rows is no difference.
        rows = {name: rows for name, rows in self.rows.items() if rows}
        return hashlib.sha256(
            json.dumps([self.publication, rows], ensure_ascii=False, sort_keys=True).encode()
        ).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The state as JSON can hold it; ``from_json`` gives it back."""
        return {
            "table": self.table,
            "slug": self.slug,
            "publication": self.publication,
            "rows": {name: [list(texts) for texts in rows] for name, rows in self.rows.items() if rows},
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        rows: dict[str, list[Texts]] = defaultdict(list)
        rows |= {name: [tuple(texts) for texts in found] for name, found in kept["rows"].items()}
        return cls(kept["table"], kept["slug"], kept["publication"], rows)

    def differences(self, later: RecordState) -> Iterator[Difference]:
        """What differs between this state and a later one, in the order of the tables and their columns."""
        if self.publication != later.publication:
            yield Difference(self.table, (), "publication", self.publication, later.publication)
        for table in parts_of(TABLE[self.table]):
            before, after = self._by_key(table), later._by_key(table)
            for key in [*before, *(key for key in after if key not in before)]:
                yield from _row_differences(table, key, before.get(key), after.get(key))

    def _by_key(self, table: Table) -> dict[Texts, Texts]:
        places = [table.column_names.index(name) for name in table.key]
        owned = places[1:] if table.owner else []
        return {tuple(texts[place] for place in owned): texts for texts in self.rows.get(table.name, ())}


def _row_differences(table: Table, key: Texts, before: Texts | None, after: Texts | None) -> Iterator[Difference]:
    if before is None or after is None:
        yield Difference(table.name, key, "", before or (), after or ())
        return
    for name, mine, theirs in zip(table.column_names, before, after, strict=True):
        if mine != theirs:
            yield Difference(table.name, key, name, mine, theirs)


def states(record_table: Table, slugs: Collection[str] | None = None) -> dict[str, RecordState]:
    """The present states of these records, or of all, by slug, in whatever state of publication."""
    publications: dict[str, str] = {}
    if record_table.is_published_by_state:
        publications = dict(_of(record_table, "slug", slugs).values_list("slug", "publication"))
    found: dict[str, RecordState] = {}
    for table in parts_of(record_table):
        for texts in sorted_rows(table, _of(table, table.columns[0].lookup, slugs)):
            slug = texts[0]
            if slug not in found:
                found[slug] = RecordState(record_table.name, slug, publications.get(slug, ""))
            found[slug].rows[table.name].append(texts)
    return found


def state_of(record: models.Model) -> RecordState:
    """The present state of one record, read from the database; ``KeyError`` where it is gone."""
    table = table_of(type(record))
    slug: str = record.slug  # type: ignore[attr-defined]
    return states(table, [slug])[slug]


def table_of(model: type[models.Model]) -> Table:
    """The table whose rows records of this model are."""
    return next(table for table in TABLE.values() if table.model is model and not table.owner)


def _of(table: Table, lookup: str, slugs: Collection[str] | None) -> models.QuerySet[Any]:
    rows = table.model._default_manager.all()
    return rows if slugs is None else rows.filter(**{f"{lookup}__in": slugs})


def write(wanted: Iterable[RecordState], *, reason: str, report_progress: Callable[[str], None] | None = None) -> None:
    """Make these records exactly what the states say: create, change, delete rows; the histories name ``reason``.

    The caller's transaction holds all of it, and brings the search in step afterwards. ``PackageError`` where actors
    refer to one another in a circle; a reference to a record that is nowhere is a ``KeyError``: check before.
    """
    writer = _Writer(reason, report_progress or (lambda text: None))
    by_table: dict[str, dict[str, RecordState]] = defaultdict(dict)
    for state in wanted:
        by_table[state.table][state.slug] = state
    for name in ORDER:
        if by_table[name]:
            writer.write(TABLE[name], by_table[name])


@dataclass(frozen=True)
class _Writer:
    reason: str
    say: Callable[[str], None]

    def write(self, record_table: Table, wanted: dict[str, RecordState]) -> None:
        for table in parts_of(record_table):
            rows = [
                dict(zip(table.column_names, texts, strict=True))
                for state in wanted.values()
                for texts in state.rows.get(table.name, ())
            ]
            self._write_rows(table, rows, wanted)
        if record_table.name == "actors":
            self.say(_("placing actors in their hierarchy"))
            try:
                Actor.objects.rebuild_hierarchy()
            except ValueError as error:
                raise PackageError([_("actors: a circle: %(steps)s") % {"steps": error}]) from error

    def _write_rows(self, table: Table, rows: list[Row], owners: dict[str, RecordState]) -> None:
        """Make the rows of these records exactly what their states say: create, change, delete."""
        existing = _existing(table, owners)
        wanted = {_key(table, row): row for row in rows}
        for gone in existing.keys() - wanted.keys():
            existing[gone]._change_reason = self.reason
            existing[gone].delete()
        self._release(table, existing)
        ids = {column.references: _ids(TABLE[column.references]) for column in table.columns if column.references}
        positions: dict[str, int] = defaultdict(int)
        new: list[models.Model] = []
        changed: list[models.Model] = []
        waiting: list[tuple[Row, dict[str, Any]]] = []
        for key, row in wanted.items():
            positions[table.owner_slug(row)] += 1
            extra: dict[str, Any] = {}
            if table.name == "outcomes":
                extra = {"position": positions[table.owner_slug(row)]}
            if table.is_published_by_state:
                extra = {"publication": owners[row["slug"]].publication}
            if key in existing:
                before = _values(table, existing[key])
                instance = _assign(table, existing[key], row, ids, extra)
                # A record is updated as a whole; of its parts, only those that differ.
                if not table.owner or _values(table, instance) != before:
                    changed.append(instance)
            elif _is_self_reference_open(table, row, ids):
                waiting.append((row, extra))
            else:
                new.append(_assign(table, table.model(), row, ids, extra))
        self._create(table, new)
        # Actors that lie in, or merged into, actors which are themselves new: generation by generation.
        while waiting:
            ids[table.name] = _ids(table)
            ready = [each for each in waiting if not _is_self_reference_open(table, each[0], ids)]
            if not ready:
                slugs = ", ".join(row["slug"] for row, _extra in waiting)
                raise PackageError(
                    [_("actors: parents and successors refer to one another in a circle: %(slugs)s") % {"slugs": slugs}]
                )
            waiting = [each for each in waiting if each not in ready]
            self._create(table, [_assign(table, table.model(), row, ids, extra) for row, extra in ready])
        self._update(table, changed)

    def _release(self, table: Table, existing: dict[Texts, Any]) -> None:
        """Take unique values off the records to be written, until updating gives each its own.

        One may get what another gives up, and engines check row by row.
        """
        keys = [instance.pk for instance in existing.values()] if table.unique else []
        placeholder = Concat(Value("~"), Cast("pk", models.CharField()))
        for start in range(0, len(keys), BATCH):
            chosen = table.model._default_manager.filter(pk__in=keys[start : start + BATCH])
            chosen.update(**{names[-1]: placeholder for names in table.unique})

    def _create(self, table: Table, instances: list[models.Model]) -> None:
        for start in range(0, len(instances), BATCH):
            batch = table.model._default_manager.bulk_create(instances[start : start + BATCH])
            table.model.history.bulk_history_create(batch, default_change_reason=self.reason)  # type: ignore[attr-defined]
            self.say(f"{table.name} {min(start + BATCH, len(instances)):,}/{len(instances):,}")

    def _update(self, table: Table, instances: list[models.Model]) -> None:
        if not instances:
            return
        fields = [column.name for column in table.columns if column.name not in table.key]
        fields += ["position"] if table.name == "outcomes" else []
        fields += ["publication"] if table.is_published_by_state else []
        for column in table.model._meta.concrete_fields:
            if column.name in FILLED_ON_SAVING:  # which writing in bulk does not do by itself
                fields.append(column.name)
                for instance in instances:
                    column.pre_save(instance, add=False)
        if fields:
            table.model._default_manager.bulk_update(instances, fields, batch_size=200)
        table.model.history.bulk_history_create(  # type: ignore[attr-defined]
            instances, batch_size=BATCH, update=True, default_change_reason=self.reason
        )
        self.say(f"{table.name} {len(instances):,}")


def _existing(table: Table, owners: Collection[str]) -> dict[Texts, Any]:
    """The rows in the database of the records named, by key."""
    lookup = table.columns[0].lookup
    rows = table.model._default_manager.select_related(
        *(column.name for column in table.columns if column.references and column.name in table.key)
    )
    if len(owners) < BATCH:
        rows = rows.filter(**{f"{lookup}__in": owners})
    found = {}
    for instance in rows.iterator(chunk_size=5000):
        texts = [
            str(getattr(instance, name).slug if table.column(name).references else getattr(instance, name))
            for name in table.key
        ]
        if texts[0] in owners:
            found[tuple(texts)] = instance
    return found


def _key(table: Table, row: Row) -> Texts:
    return tuple(row[name] for name in table.key)


def _ids(table: Table) -> dict[str, int]:
    return dict(table.model._default_manager.values_list("slug", "pk"))


def _self_references(table: Table) -> Iterable[Column]:
    return (column for column in table.columns if column.references == table.name)


def _is_self_reference_open(table: Table, row: Row, ids: dict[str, dict[str, int]]) -> bool:
    return any(row[column.name] and row[column.name] not in ids[table.name] for column in _self_references(table))


def _values(table: Table, instance: models.Model) -> list[Any]:
    names = [column.attribute for column in table.columns] + (["position"] if table.name == "outcomes" else [])
    return [getattr(instance, name) for name in names]


def _assign(
    table: Table, instance: models.Model, row: Row, ids: dict[str, dict[str, int]], extra: dict[str, Any]
) -> models.Model:
    """Set the columns of a row on a model's instance."""
    for column in table.columns:
        text = row[column.name]
        value: Any
        if column.references:
            value = ids[column.references][text] if text else None
        elif text:
            value = column.cell.parse(text)
        else:
            value = None if table.field(column).null else ""
        setattr(instance, column.attribute, value)
    for name, value in extra.items():
        setattr(instance, name, value)
    return instance
