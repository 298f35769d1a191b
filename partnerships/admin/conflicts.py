"""Two people with one form: what the other changed meanwhile, field by field, put together with what was typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from partnerships.models import PartialDate
from partnerships.services.loaded_forms import FIELD, FormState, LoadedForm, Question, Texts, texts_of

MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class Part:
    """Rows of a form, or its own fields (``prefix`` is empty then)."""

    prefix: str
    model: type[models.Model]
    fields: dict[str, forms.Field]
    label: str = ""
    owner: str = ""  # the column of the record that a row belongs to

    @classmethod
    def of_form(cls, form: type[forms.ModelForm[Any]]) -> Part:
        model = form._meta.model
        return cls("", model, _columns_among(model, form.base_fields))

    @classmethod
    def of_rows(cls, formset: Any) -> Part:
        label = capfirst(str(formset.model._meta.verbose_name))
        fields = _columns_among(formset.model, formset.form.base_fields)
        fields.pop(formset.fk.name, None)
        return cls(formset.get_default_prefix(), formset.model, fields, label, formset.fk.name)

    def key(self, row: int | str, name: str) -> str:
        return f"{self.prefix}-{row}-{name}" if self.prefix else name

    def is_changed(self, name: str, text: str, typed: Any) -> bool:
        """Whether what was typed means anything else than the text."""
        column: Any = self.model._meta.get_field(name)
        return self.fields[name].has_changed(column.to_python(text) if text else None, typed)

    def typed(self, data: QueryDict, row: int | str, name: str) -> Any:
        return self.fields[name].widget.value_from_datadict(data, {}, self.key(row, name))

    def words(self, name: str, text: str) -> str:
        """A value in words: names instead of keys, labels instead of codes."""
        column: Any = self.model._meta.get_field(name)
        if not text:
            return ""
        if column.is_relation:
            found = column.related_model._default_manager.filter(pk=text).first() if text.isdecimal() else None
            return str(found) if found else text
        if column.choices:
            return str(dict(column.flatchoices).get(text, text))
        try:
            value = column.to_python(text)
        except ValidationError:
            return text
        return value.localised() if isinstance(value, PartialDate) else text


def _columns_among(model: type[models.Model], fields: dict[str, forms.Field]) -> dict[str, forms.Field]:
    columns = {column.name for column in model._meta.concrete_fields if not column.primary_key}
    return {name: field for name, field in fields.items() if name in columns}


@dataclass(frozen=True)
class Layout:
    """What a form consists of."""

    own: Part
    rows: tuple[Part, ...]

    def empty(self) -> FormState:
        return FormState(rows={part.prefix: {} for part in self.rows})

    def state(self, record: models.Model, rows: dict[str, Any] | None = None) -> FormState:
        """The present state of a record, read from the database unless the rows are given."""
        names = [*self.own.fields, *(["publication"] if hasattr(record, "publication") else [])]
        found: dict[str, dict[str, Texts]] = {}
        for part in self.rows:
            present = (
                rows[part.prefix] if rows is not None else part.model._default_manager.filter(**{part.owner: record})
            )
            found[part.prefix] = {str(row.pk): texts_of(row, part.fields) for row in present}
        return FormState(texts_of(record, names), found)


class Told(NamedTuple):
    """One change as the page tells it; ``name`` is that of the choice, empty where there is none to make."""

    what: str
    before: str
    theirs: str
    mine: str = ""
    name: str = ""
    chosen: str = ""
    is_long: bool = False


@dataclass
class Conflict:
    """What somebody else changed since a form was loaded, and the form put together with it."""

    data: QueryDict
    taken: list[Told] = field(default_factory=list)
    open: list[Told] = field(default_factory=list)
    since: dt.datetime | None = None
    by: list[str] = field(default_factory=list)


class _Row(NamedTuple):
    number: int
    values: dict[str, list[str]]  # what was posted of it, by what follows the row's number

    @property
    def key(self) -> str:
        return "".join(self.values.get("id", [""])[-1:])

    @property
    def is_removed(self) -> bool:
        return self.values.get("DELETE", [""])[-1] not in ("", "false")


def compare(layout: Layout, loaded: LoadedForm | None, now: LoadedForm, posted: QueryDict) -> Conflict | None:
    """The conflict between what was posted and what is there now; None where nobody else changed anything.

    What only the others changed is taken over into the form; of what both changed, the form keeps what was typed and a
    question is asked. Answers to questions asked before are put into ``data`` first. Without a ``loaded`` form to
    compare with, everything that differs is asked about.
    """
    comparison = _Comparison(layout, loaded, now.state, posted.copy())
    if not comparison.run():
        return None
    comparison.data[FIELD] = replace(now, questions=tuple(comparison.questions)).signed()
    return comparison.conflict()


def answered(loaded: LoadedForm, layout: Layout, posted: QueryDict) -> QueryDict:
    """The form with the answers to the questions that it asked."""
    data = posted.copy()
    parts = {part.prefix: part for part in (layout.own, *layout.rows)}
    for question in loaded.questions:
        if posted.get(question.input_name) != THEIRS:
            continue
        part = parts[question.part]
        if not question.part:
            data[question.name] = loaded.state.own[question.name]
            continue
        index = next((row.number for row in rows_of(data, part) if row.key == question.row), None)
        if index is None:
            continue
        if question.name:
            data[part.key(index, question.name)] = loaded.state.rows[part.prefix][question.row][question.name]
        else:
            data.pop(part.key(index, "DELETE"), None)
    return data


def rows_of(data: QueryDict, part: Part) -> list[_Row]:
    """The rows that were posted, in their order."""
    try:
        total = min(int(str(data[f"{part.prefix}-TOTAL_FORMS"])), 1000)
    except (KeyError, ValueError):
        return []
    rows = []
    for index in range(total):
        start = f"{part.prefix}-{index}-"
        values = {key.removeprefix(start): data.getlist(key) for key in data if key.startswith(start)}
        rows.append(_Row(index, values))
    return rows


class _Comparison:
    def __init__(self, layout: Layout, loaded: LoadedForm | None, present: FormState, data: QueryDict) -> None:
        self.layout = layout
        self.loaded = loaded
        self.present = present
        self.data = answered(loaded, layout, data) if loaded else data
        self.questions: list[Question] = []
        self.taken: list[tuple[Part, str, str, str, str]] = []  # part, row's label, field, before, now
        self.mine: dict[Question, str] = {}

    @property
    def unanswered(self) -> list[Question]:
        if not self.loaded:
            return []
        return [each for each in self.loaded.questions if self.data.get(each.input_name) not in (MINE, THEIRS)]

    def run(self) -> bool:
        """Put both together; whether there is anything to tell."""
        self.questions = [question for question in self.unanswered if self._still_asks(question)]
        if self.loaded and self.loaded.state == self.present:
            return bool(self.questions)
        before = self.loaded.state if self.loaded else None
        own = self.layout.own
        self._merge_values(own, "", "", before.own if before else None, self.present.own)
        for part in self.layout.rows:
            self._merge_rows(part, before.rows.get(part.prefix, {}) if before else None)
        return bool(self.questions or self.taken)

    def _still_asks(self, question: Question) -> bool:
        if not question.part:
            return True
        return question.row in self.present.rows.get(question.part, {})

    # --- Own fields, and those of one row -----------------------------------------------------------------------------

    def _merge_values(self, part: Part, row: str, index: int | str, before: Texts | None, now: Texts) -> None:
        if before is not None and not part.prefix and before.get("publication") != now.get("publication"):
            self.taken.append((part, row, "publication", before["publication"], now["publication"]))
        for name in part.fields:
            if before is not None and before.get(name, "") == now[name]:
                continue
            typed = part.typed(self.data, index, name)
            if not part.is_changed(name, now[name], typed):
                continue  # both mean the same
            if before is not None and not part.is_changed(name, before.get(name, ""), typed):
                self.data[part.key(index, name)] = now[name]
                self.taken.append((part, row, name, before.get(name, ""), now[name]))
            else:
                self._ask(Question(part.prefix, row, name, before.get(name, "") if before else ""))

    def _ask(self, question: Question) -> None:
        self.questions = [each for each in self.questions if each.input_name != question.input_name]
        self.questions.append(question)
        self.data.pop(question.input_name, None)

    # --- Rows ---------------------------------------------------------------------------------------------------------

    def _merge_rows(self, part: Part, before: dict[str, Texts] | None) -> None:
        now = self.present.rows[part.prefix]
        known: list[dict[str, list[str]]] = []
        new: list[dict[str, list[str]]] = []
        rows = rows_of(self.data, part)
        for row in rows:
            former = before.get(row.key) if before is not None else None
            if row.key in now:
                self._merge_row(part, row, former, now[row.key], is_compared=before is not None)
                known.append(_Row(row.number, self._posted(part, row.number)).values)
            elif row.key:
                new += self._removed_by_others(part, row, former)
            else:
                new.append(row.values)
        for key in now.keys() - {row.key for row in rows}:
            new = [values for values in new if not self._is_same(part, values, now[key])]
            known.append({"id": [key], **{name: [text] for name, text in now[key].items()}})
            if before is None or key not in before:
                self.taken.append((part, key, "", "", self._row_label(part, now[key])))
        self._put(part, len(rows), known, new)

    def _merge_row(self, part: Part, row: _Row, before: Texts | None, now: Texts, *, is_compared: bool) -> None:
        if row.is_removed:
            if before != now and is_compared:
                for name in part.fields:
                    self.data[part.key(row.number, name)] = now[name]
                self._ask(Question(part.prefix, row.key, "", self._row_label(part, before or now)))
            return
        self._merge_values(part, row.key, row.number, before if is_compared else None, now)

    def _removed_by_others(self, part: Part, row: _Row, before: Texts | None) -> list[dict[str, list[str]]]:
        """The row as a new one where this form changed it; nothing where it can go."""
        is_changed = before is None or any(
            part.is_changed(name, before[name], part.typed(self.data, row.number, name)) for name in part.fields
        )
        label = self._row_label(part, before) if before else row.key
        if row.is_removed or not is_changed:
            if not row.is_removed:
                self.taken.append((part, row.key, "", label, ""))
            return []
        self.taken.append((part, row.key, "", label, _("removed; your row is kept as a new one")))
        return [{name: values for name, values in row.values.items() if name != "id"}]

    def _is_same(self, part: Part, values: dict[str, list[str]], now: Texts) -> bool:
        return all(not part.is_changed(name, now[name], "".join(values.get(name, [])[-1:])) for name in part.fields)

    def _posted(self, part: Part, index: int) -> dict[str, list[str]]:
        return rows_of(self.data, part)[index].values

    def _put(self, part: Part, total: int, known: list[dict[str, list[str]]], new: list[dict[str, list[str]]]) -> None:
        """Write the rows into the form: those in the database first, as formsets have them."""
        for index in range(total):
            for name in self._posted(part, index):
                del self.data[f"{part.prefix}-{index}-{name}"]
        for index, values in enumerate([*known, *new]):
            for name, texts in values.items():
                self.data.setlist(f"{part.prefix}-{index}-{name}", texts)
        self.data[f"{part.prefix}-TOTAL_FORMS"] = str(len(known) + len(new))
        self.data[f"{part.prefix}-INITIAL_FORMS"] = str(len(known))

    # --- In words -----------------------------------------------------------------------------------------------------

    def conflict(self) -> Conflict:
        data = self.data
        told = [self._told_question(question) for question in self.questions]
        return Conflict(data, [self._told_taken(*each) for each in self.taken], told)

    def _told_taken(self, part: Part, row: str, name: str, before: str, now: str) -> Told:
        if not name:
            return Told(part.label, before, now)
        return Told(self._what(part, row, name), part.words(name, before), part.words(name, now))

    def _told_question(self, question: Question) -> Told:
        part = next(part for part in (self.layout.own, *self.layout.rows) if part.prefix == question.part)
        chosen = self.data.get(question.input_name, "")
        if not question.name:
            now = self._row_label(part, self.present.rows[part.prefix][question.row])
            return Told(part.label, question.before, now, _("removed"), question.input_name, chosen)
        now = (self.present.rows[part.prefix][question.row] if part.prefix else self.present.own)[question.name]
        index = (
            next((row.number for row in rows_of(self.data, part) if row.key == question.row), "") if part.prefix else ""
        )
        typed = str(part.typed(self.data, index, question.name) or "")
        return Told(
            self._what(part, question.row, question.name),
            part.words(question.name, question.before),
            part.words(question.name, now),
            part.words(question.name, typed),
            question.input_name,
            chosen,
            isinstance(part.model._meta.get_field(question.name), models.TextField),
        )

    def _what(self, part: Part, row: str, name: str) -> str:
        label = capfirst(str(part.model._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
        if not part.prefix:
            return label
        values = self.present.rows[part.prefix].get(row, {})
        return _("%(part)s “%(row)s”: %(field)s") % {
            "part": part.label,
            "row": self._row_label(part, values),
            "field": label,
        }

    def _row_label(self, part: Part, values: Texts) -> str:
        """A row in a few words: what it is about, or what it says."""
        words = [part.words(name, values.get(name, "")) for name in part.fields if name != "position"]
        return " · ".join(list(filter(None, words))[:3])


def people(record: models.Model, since: dt.datetime | None) -> Iterator[str]:
    """Who saved a record since then, each once."""
    history: Any = record.history.select_related("history_user")  # type: ignore[attr-defined]
    seen = set()
    for row in history.filter(history_date__gt=since) if since else history.all()[:1]:
        name = row.history_user.get_username() if row.history_user else _("a program")
        if name not in seen:
            seen.add(name)
            yield name
