"""What a record was at every moment of its history, and putting it back to one of them.

A moment is one save of a record with its parts. Nothing says which rows of the histories were written by one save, so
it is worked out: saving writes the record's own row before those of its parts, and rows that others write (a source
that is merged, a theme added to many) have another user, another reason or another time.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from partnerships import search
from partnerships.models import Publication, ReviewEvent
from partnerships.package.reading import PackageError
from partnerships.package.tables import TABLE, Column, Table, parts_of

from . import records
from .publishing import refusals_of
from .records import RecordState, Texts

TOGETHER = dt.timedelta(seconds=10)  # between the rows of one save
TOGETHER_BY_REASON = dt.timedelta(minutes=10)  # of one that has a reason: loading writes table by table


@dataclass
class Moment:
    """One save: ``at`` is that of its last row, and names it; ``state`` is what the record was after it."""

    start: dt.datetime
    at: dt.datetime
    user: Any
    reason: str
    state: RecordState
    lost: list[str] = field(default_factory=list)  # what it named and is gone since


@dataclass(frozen=True)
class Restored:
    """What restoring did: the state before it, and what could not come back, in words."""

    before: RecordState
    after: RecordState
    lost: list[str]


class RestoringRefusedError(Exception):
    """A moment to which a record cannot be put back, with every reason."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


# --- Reading ---------------------------------------------------------------------------------------------------------


def moments(record: models.Model) -> list[Moment]:
    """Every moment of a record's history, the oldest first."""
    return list(_History(record).moments())


def moment_of(record: models.Model, at: dt.datetime) -> Moment | None:
    return next((moment for moment in moments(record) if moment.at == at), None)


class _History:
    """The histories of a record and of its parts, put in the order of time."""

    def __init__(self, record: models.Model) -> None:
        self.record = record
        self.table = records.table_of(type(record))
        self.tables = parts_of(self.table)
        self.rows: list[tuple[Table, Any]] = []
        for table in self.tables:
            key = f"{table.columns[0].name}_id" if table.owner else "id"
            found: Any = table.model.history.filter(**{key: record.pk})  # type: ignore[attr-defined]
            self.rows += [(table, row) for row in found.select_related("history_user").order_by("history_id")]
        order = {table.name: place for place, table in enumerate(self.tables)}
        self.rows.sort(key=lambda each: (each[1].history_date, order[each[0].name], each[1].history_id))
        self.slugs = {name: self._slugs(name) for name in self._referred_tables()}

    def _referred_tables(self) -> set[str]:
        return {column.references for table in self.tables for column in _references(table)}

    def _slugs(self, name: str) -> dict[int, str]:
        """The slugs of the records that the histories refer to, by key; those that are gone are not in it."""
        keys = {
            getattr(row, column.attribute)
            for table, row in self.rows
            for column in _references(table)
            if column.references == name
        }
        return dict(TABLE[name].model._default_manager.filter(pk__in=keys - {None}).values_list("pk", "slug"))

    def moments(self) -> Iterator[Moment]:
        standing: dict[str, dict[int, Any]] = defaultdict(dict)
        group: list[tuple[Table, Any]] = []
        for table, row in self.rows:
            if group and not self._belongs(group, table, row):
                yield self._moment(group, standing)
                group = []
            group.append((table, row))
            if row.history_type == "-":
                standing[table.name].pop(row.id, None)
            else:
                standing[table.name][row.id] = row
        if group:
            yield self._moment(group, standing)

    def _belongs(self, group: list[tuple[Table, Any]], table: Table, row: Any) -> bool:
        """Whether a row was written by the same save as those before it."""
        first, last = group[0][1], group[-1][1]
        reason = row.history_change_reason or ""
        return (
            bool(table.owner)
            and row.history_date - last.history_date < (TOGETHER_BY_REASON if reason else TOGETHER)
            and row.history_user_id == first.history_user_id
            and reason in ("", first.history_change_reason or "")
        )

    def _moment(self, group: list[tuple[Table, Any]], standing: dict[str, dict[int, Any]]) -> Moment:
        first, last = group[0][1], group[-1][1]
        reason = next((row.history_change_reason for _table, row in group if row.history_change_reason), "")
        lost: list[str] = []
        state = self._state(standing, lost)
        return Moment(first.history_date, last.history_date, first.history_user, reason, state, lost)

    def _state(self, standing: dict[str, dict[int, Any]], lost: list[str]) -> RecordState:
        own = next(iter(standing[self.table.name].values()), None)
        slug: str = self.record.slug  # type: ignore[attr-defined]  # the address stays as it is
        state = RecordState(self.table.name, slug, getattr(own, "publication", ""))
        for table in self.tables:
            rows = standing[table.name].values()
            if not rows:
                continue
            found = [(self._order(table, row), texts) for row in rows if (texts := self._texts(table, row, lost))]
            state.rows[table.name] = [texts for _order, texts in sorted(found)]
        return state

    def _texts(self, table: Table, row: Any, lost: list[str]) -> Texts | None:
        values = []
        for column in table.columns:
            value = getattr(row, column.attribute)
            if column.name == "slug" or (table.owner and column is table.columns[0]):
                value = self.record.slug  # type: ignore[attr-defined]
            elif column.references and value is not None:
                slug = self.slugs[column.references].get(value)
                if slug is None:
                    lost.append(_lost(table, column, value))
                    if column.required:
                        return None
                value = slug
            values.append(value)
        return table.texts(values)

    def _order(self, table: Table, row: Any) -> tuple[Any, ...]:
        """What rows are sorted by in a state, as ``package.writing.sorted_rows`` sorts those of the database."""
        order: list[Any] = []
        for lookup in table.order:
            name, _sep, of_other = lookup.partition("__")
            if of_other:
                column = table.column(name)
                order.append(self.slugs[column.references].get(getattr(row, column.attribute)) or "")
            else:
                value = getattr(row, name)
                order.append(value if isinstance(value, int) else str(value))
        return tuple(order)


def _references(table: Table) -> Iterable[Column]:
    """The columns that refer to other records than the one that the row is part of."""
    return (column for column in table.columns[1 if table.owner else 0 :] if column.references)


def _lost(table: Table, column: Column, key: int) -> str:
    """The name of a record that is gone, as its history last had it."""
    model: Any = TABLE[column.references].model
    last = model.history.filter(id=key).first()
    name = (getattr(last, "title", "") or getattr(last, "name", "")) if last else f"{column.references} {key}"
    return _("%(kind)s: %(name)s") % {"kind": table.model._meta.verbose_name, "name": name}


# --- Writing ---------------------------------------------------------------------------------------------------------


def restore(*, record: models.Model, moment: Moment, reason: str) -> Restored:
    """Make a record what it was after ``moment``, but for its address and its state of publication.

    ``RestoringRefusedError`` changes nothing: a value that has to be unique is another record's now, a place would lie
    in itself, or what is public would not be fit for it any more.
    """
    try:
        with transaction.atomic():
            current: Any = type(record)._default_manager.select_for_update().get(pk=record.pk)
            before = records.state_of(current)
            refused_before = _unfit(current)
            wanted = wanted_state(moment, before)
            records.write([wanted], reason=reason)
            current.refresh_from_db()
            problems = [*_invalid(current, wanted), *(each for each in _unfit(current) if each not in refused_before)]
            if problems:
                raise RestoringRefusedError(problems)
            search.reindex()
    except IntegrityError as error:
        raise RestoringRefusedError([_("A value that has to be unique belongs to another record now.")]) from error
    except PackageError as error:
        raise RestoringRefusedError([str(error)]) from error
    return Restored(before, records.state_of(current), moment.lost)


def wanted_state(moment: Moment, present: RecordState) -> RecordState:
    """What restoring would write: the state of that moment in the present state of publication."""
    return RecordState(moment.state.table, present.slug, present.publication, moment.state.rows)


def _unfit(record: Any) -> list[str]:
    """Why a public record could not be published now."""
    if getattr(record, "publication", "") != Publication.PUBLISHED:
        return []
    record.publication = Publication.DRAFT  # not saved: the state from which every reason is asked for
    try:
        return [refusal.reason for refusal in refusals_of(record=record, action=ReviewEvent.Action.PUBLISHED)]
    finally:
        record.publication = Publication.PUBLISHED


def _invalid(record: Any, state: RecordState) -> list[str]:
    """What the rules of the models refuse of a record as it was written: circles, an end before the start."""
    found: list[str] = []
    for table in parts_of(TABLE[state.table]):
        rows = table.model._default_manager.filter(**{table.columns[0].name: record}) if table.owner else [record]
        for row in rows:
            try:
                row.clean()
            except ValidationError as error:
                found += [f"{table.model._meta.verbose_name}: {text}" for text in error.messages]
    return found
