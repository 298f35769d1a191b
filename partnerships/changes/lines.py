"""What a group of saves changed, line by line: the state before it beside the state after it."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any

from django.db.models import EmailField, ForeignKey, PositiveIntegerField, TextField
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from partnerships.models import Actor, Citation, PartialDate, Partnership, Theme
from partnerships.wording import LocalText

from .kinds import Kind, Part, in_language, name_of, told_columns
from .saves import Group

Rows = list[Any]


@dataclass(frozen=True)
class Line:
    """One thing that changed: “Term ends: October 2025 → October 2030”, “Source added: …”."""

    label: str
    value: LocalText | None = None
    former: LocalText | None = None
    url: str = ""  # of what the value names

    def __str__(self) -> str:
        words = {"label": self.label, "former": self.former, "value": self.value}
        if self.value is None:
            return self.label
        return (
            _("%(label)s: %(value)s") % words if self.former is None else _("%(label)s: %(former)s → %(value)s") % words
        )


class Histories:
    """The histories of some records with their parts; each table is read once, when it is first asked for."""

    def __init__(self, kind: Kind, owners: Iterable[int]) -> None:
        self.kind = kind
        self.owners = set(owners)
        self._parts: dict[Part, dict[int, Rows]] = {}

    # --- Read from the database --------------------------------------------------------------------------------------

    @cached_property
    def _own(self) -> dict[int, Rows]:
        return _by_owner(self.kind.model.history.filter(id__in=self.owners), "id")

    def _rows(self, part: Part) -> dict[int, Rows]:
        if part not in self._parts:
            found = part.model.history.filter(**{f"{part.owner}__in": self.owners}, **part.told)
            self._parts[part] = _by_owner(found, f"{part.owner}_id")
        return self._parts[part]

    @cached_property
    def _named(self) -> dict[Any, dict[int, Any]]:
        """The records that others mention and that the public may see."""
        mentioned: dict[Any, set[int]] = defaultdict(set)
        for column in told_columns(self.kind.model):
            if isinstance(column, ForeignKey):
                mentioned[column.related_model] |= {getattr(row, column.attname) for row in _all(self._own)}
        for part in self.kind.parts:
            if part.about and part.model is not Citation:
                model = part.model._meta.get_field(part.about).related_model
                mentioned[model] |= {part.identity(row) for row in _all(self._rows(part))}
        public = {
            Actor: Actor.objects.published().select_related("region"),
            Partnership: Partnership.objects.published(),
            Theme: Theme.objects.all(),
        }
        return {model: public[model].in_bulk(keys - {None}) for model, keys in mentioned.items()}

    @cached_property
    def _cited(self) -> dict[tuple[int, int], Any]:
        """The sources that the records cite now, each with who does."""
        found = Citation.objects.filter(partnership__in=self.owners).select_related("source")
        return {(citation.partnership_id, citation.source_id): citation.source for citation in found}

    # --- In words ----------------------------------------------------------------------------------------------------

    def publication(self, group: Group) -> Line:
        """“Record published with 5 sources”."""
        cited: set[int] = set()
        for part in self.kind.parts:
            if part.model is Citation:
                cited |= self._state(part, group.owner, group.end).keys()
        words = {"count": len(cited)}
        if group.is_created:
            with_sources = ngettext(
                "Record added with %(count)d source", "Record added with %(count)d sources", len(cited)
            )
            return Line(with_sources % words if cited else _("Record added"))
        with_sources = ngettext(
            "Record published with %(count)d source", "Record published with %(count)d sources", len(cited)
        )
        return Line(with_sources % words if cited else _("Record published"))

    def changes(self, group: Group) -> Iterator[Line]:
        """The lines of a group that changed a public record."""
        yield from self._columns(group)
        for part in self.kind.parts:
            yield from self._part(part, group)

    def _columns(self, group: Group) -> Iterator[Line]:
        rows = self._own[group.owner]
        former, present = _last(rows, group.start), _last(rows, group.end)
        for column in told_columns(self.kind.model):
            if getattr(former, column.attname) == getattr(present, column.attname):
                continue
            label = capfirst(str(column.verbose_name))
            if isinstance(column, TextField):
                yield Line(_text_changed(label, getattr(former, column.name), getattr(present, column.name)))
            elif isinstance(column, EmailField):  # whose a former address was is nobody's business
                yield Line(_("%(label)s changed") % {"label": label})
            else:
                old, new = self._value(column, former), self._value(column, present)
                if old is not None and new is not None:
                    yield Line(label, new, old)

    def _value(self, column: Any, row: Any) -> LocalText | None:
        """A short field in words; None for a record that is not public."""
        value = getattr(row, column.attname)
        if value is None or value == "":
            return in_language(get_language() or "en", _("not recorded"))
        if isinstance(column, ForeignKey):
            record = self._named[column.related_model].get(value)
            return name_of(record) if record else None
        if isinstance(value, PartialDate):
            value = value.localised()
        elif isinstance(column, PositiveIntegerField):  # people; years are small integers
            value = f"{value:,}"
        elif column.choices:
            value = dict(column.flatchoices).get(value, value)
        elif column.name.endswith(("_ja", "_kana")):
            return in_language("ja", value)
        elif hasattr(row, f"{column.name}_ja"):
            return in_language("en", value)
        return in_language(get_language() or "en", str(value))

    def _part(self, part: Part, group: Group) -> Iterator[Line]:
        former = self._state(part, group.owner, group.start)
        present = self._state(part, group.owner, group.end)
        words = {"label": capfirst(str(part.label))}
        for identity, rows in {**former, **present}.items():
            if identity not in former:
                label = _("%(label)s added") % words
            elif identity not in present:
                label = _("%(label)s removed") % words
            elif {part.facts(row) for row in former[identity]} != {part.facts(row) for row in rows}:
                label = _("%(label)s changed") % words
            else:
                continue
            yield self._named_line(label, part, group.owner, rows[0])

    def _named_line(self, label: str, part: Part, owner: int, row: Any) -> Line:
        if part.shown:
            return Line(label, part.shown(row))
        if part.model is Citation:
            record = self._cited.get((owner, row.source_id))
        else:
            record = self._named[part.model._meta.get_field(part.about).related_model].get(part.identity(row))
        return Line(label, name_of(record), url=record.get_absolute_url()) if record else Line(label)

    def _state(self, part: Part, owner: int, before: dt.datetime | None) -> dict[int, Rows]:
        """The rows of a part as they stood before a moment, by what they are about."""
        found: dict[int, Rows] = defaultdict(list)
        for row in _standing(self._rows(part).get(owner, []), before):
            found[part.identity(row)].append(row)
        return found


def _by_owner(found: Any, column: str) -> dict[int, Rows]:
    by_owner: dict[int, Rows] = defaultdict(list)
    for row in found.order_by("history_date", "history_id"):
        by_owner[getattr(row, column)].append(row)
    return by_owner


def _all(by_owner: dict[int, Rows]) -> Iterator[Any]:
    return (row for rows in by_owner.values() for row in rows)


def _standing(rows: Rows, before: dt.datetime | None) -> Rows:
    """The rows of a history that stood just before a moment, or that stand now."""
    latest = {row.id: row for row in rows if before is None or row.history_date < before}
    return [row for row in latest.values() if row.history_type != "-"]


def _last(rows: Rows, before: dt.datetime | None) -> Any:
    """The row of a record's own history that stood just before a moment, or that stands now."""
    place = len(rows) if before is None else bisect_left(rows, before, key=attrgetter("history_date"))
    return rows[place - 1]


def _text_changed(label: str, former: str, present: str) -> str:
    words = {"label": label}
    if not former:
        return _("%(label)s added") % words
    return _("%(label)s rewritten") % words if present else _("%(label)s removed") % words
