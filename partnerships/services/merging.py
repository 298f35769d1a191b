"""Merging a duplicate into the record that is kept, and undoing it.

The duplicate stays in the database as it was, archived, and points to the record kept, so that its addresses lead
there. What it says is united with what the other says; what other records say of it then speaks of the other.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from partnerships import search
from partnerships.models import (
    Actor,
    ActorName,
    Adoption,
    Merge,
    Partnership,
    Publication,
    RecordKind,
    ReviewEvent,
    Source,
)
from partnerships.package.tables import TABLE, Table, parts_of

from . import records
from .publishing import Refusal, refusals_of
from .records import RecordState, Texts, state_of

KEPT, DUPLICATE = "into", "duplicate"  # which record a field is taken from
Record = Any  # a Partnership, an Actor or a Source
MODELS: dict[str, Any] = {kind: TABLE[kind].model for kind in RecordKind.values}


class Fate(Enum):
    """What becomes of the rows that point to a duplicate."""

    UNITED = "part of what it says: united with what the record kept says"
    MOVED = "said of it by others: from now on of the record kept"
    STAYS = "its own past: stays with it"
    DERIVED = "follows from the others"


# Every relation that points to a record, by its name on that record; tests fail when one is not thought of.
FATES: dict[type[models.Model], dict[str, Fate]] = {
    Partnership: {
        "participations": Fate.UNITED,
        "theme_links": Fate.UNITED,
        "adoptions": Fate.UNITED,
        "citations": Fate.UNITED,
        "outcomes": Fate.UNITED,
        "milestones": Fate.UNITED,
        "adopted_by": Fate.MOVED,
        "register_entries": Fate.MOVED,
        "suggestions": Fate.MOVED,
        "begun_by_suggestions": Fate.MOVED,
        "register_differences": Fate.MOVED,
        "review_events": Fate.STAYS,
        "merged_duplicates": Fate.STAYS,
    },
    Actor: {
        "other_names": Fate.UNITED,
        "children": Fate.MOVED,
        "predecessors": Fate.MOVED,
        "participations": Fate.MOVED,
        "coverage_checks": Fate.MOVED,
        "suggestions": Fate.MOVED,
        "places": Fate.DERIVED,
        "review_events": Fate.STAYS,
        "merged_duplicates": Fate.STAYS,
    },
    Source: {
        "citations": Fate.MOVED,
        "outcomes": Fate.MOVED,
        "milestones": Fate.MOVED,
        "suggestions": Fate.MOVED,
        "link_checks": Fate.STAYS,  # they are of that address
        "merged_duplicates": Fate.STAYS,
    },
}
# Columns that mean something together only, and are chosen together, by the name of the first.
TOGETHER: dict[str, tuple[str, ...]] = {
    "latitude": ("latitude", "longitude"),
    "population": ("population", "population_year"),
    "status": ("status", "ended"),
    "successor": ("successor", "dissolved_on"),
    "value": ("value", "unit", "year"),
}
FIXED = {"slug", "country"}  # never chosen: the record kept keeps its address
# Taken from a duplicate only by choice: that one body was dissolved does not make the other one so.
NOT_TAKEN_OVER = {"successor"}


class MergeRefusedError(Exception):
    """A merge or its undoing that cannot be done, with every reason; nothing was changed."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass
class MergeReport:
    """What a merge, or its undoing, did: rows by the name of their kind."""

    merge: Merge
    moved: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Choice:
    """A field, or fields that belong together, of two records side by side; ``taken`` is whose is taken by default."""

    name: str
    columns: tuple[str, ...]
    into: Texts
    duplicate: Texts

    @property
    def is_open(self) -> bool:
        return self.into != self.duplicate

    @property
    def taken(self) -> str:
        if any(self.into) or not any(self.duplicate) or self.name in NOT_TAKEN_OVER:
            return KEPT
        return DUPLICATE


def kind_of(record: models.Model) -> str:
    return records.table_of(type(record)).name


def choices_between(*, duplicate: Record, into: Record) -> list[Choice]:
    """The fields of two records side by side, in the order of the package's columns."""
    table = records.table_of(type(into))
    return _choices(table, state_of(duplicate), state_of(into))


def _choices(table: Table, duplicate: RecordState, into: RecordState) -> list[Choice]:
    theirs = dict(zip(table.column_names, duplicate.rows[table.name][0], strict=True))
    mine = dict(zip(table.column_names, into.rows[table.name][0], strict=True))
    for column in table.columns:
        if column.references == table.name and theirs[column.name] == into.slug:
            theirs[column.name] = ""  # nothing that the record kept can say of itself
    followers = {name for names in TOGETHER.values() for name in names[1:]}
    found = []
    for name in table.column_names:
        if name not in FIXED and name not in followers:
            columns = TOGETHER.get(name, (name,))
            found.append(
                Choice(name, columns, tuple(mine[each] for each in columns), tuple(theirs[each] for each in columns))
            )
    return found


def warnings_about(*, duplicate: Record, into: Record) -> list[str]:
    """What one should know before merging these two."""
    found = []
    if isinstance(into, Actor):
        if duplicate.successor_id == into.pk:
            found.append(
                _(
                    "“%(duplicate)s” became part of “%(into)s” in reality. That is no duplicate: it should keep its "
                    "own record, with what it signed."
                )
                % {"duplicate": duplicate, "into": into}
            )
        elif duplicate.dissolved_on and not into.dissolved_on:
            found.append(
                _("“%(duplicate)s” was dissolved and “%(into)s” was not; they may be two bodies.")
                % {"duplicate": duplicate, "into": into}
            )
    if getattr(duplicate, "publication", "") == Publication.PUBLISHED and into.publication != Publication.PUBLISHED:
        found.append(
            _(
                "“%(duplicate)s” is public and “%(into)s” is not: what is public now will not be found until that is "
                "published. You may want to merge the other way round."
            )
            % {"duplicate": duplicate, "into": into}
        )
    return found


def merge(
    *,
    duplicate: Record,
    into: Record,
    choices: Mapping[str, str] | None = None,
    by: AbstractBaseUser | None,
    note: str = "",
) -> MergeReport:
    """Merge one record into another of the same kind.

    ``choices`` says for the name of a field (the first of those that belong together) whether it is taken from
    ``"into"`` or from ``"duplicate"``; of what it does not name, the kept record's is taken, the other's where that is
    empty. ``MergeRefusedError`` changes nothing.
    """
    with transaction.atomic():
        return _Merging(duplicate, into, dict(choices or {}), by, note).run()


class _Merging:
    def __init__(
        self, duplicate: Record, into: Record, choices: dict[str, str], by: AbstractBaseUser | None, note: str
    ) -> None:
        if type(duplicate) is not type(into):
            raise MergeRefusedError([_("Only records of one kind can be merged.")])
        if duplicate.pk == into.pk:
            raise MergeRefusedError([_("A record cannot be merged into itself.")])
        self.model: Any = type(into)
        self.table = records.table_of(self.model)
        self.duplicate, self.into = _locked(self.model, duplicate.pk, into.pk)
        self.choices, self.by, self.note = choices, by, note
        self.names = {"duplicate_name": str(self.duplicate), "into_name": str(self.into)}
        self.reason = _reason("Merged: %s into %s", self.duplicate, self.into)
        self.moved: dict[str, list[int]] = {}
        self.removed: list[dict[str, Any]] = []
        self.filled: list[dict[str, Any]] = []

    def run(self) -> MergeReport:
        _refuse(self.obstacles())
        before = {DUPLICATE: state_of(self.duplicate), KEPT: state_of(self.into)}
        short_before = _shortcomings(self.into)
        wanted, released = self.united(before[DUPLICATE], before[KEPT])
        _refuse(self.faults(wanted))
        warnings = warnings_about(duplicate=self.duplicate, into=self.into)

        self.set_aside(released)
        records.write([wanted], reason=self.reason)
        for name, fate in FATES[self.model].items():
            if fate is Fate.MOVED:
                self.move(name)
        if self.model is Actor:
            Actor.objects.rebuild_hierarchy()
        self.into.refresh_from_db()
        _refuse(self.circles())
        _refuse([text for text in _shortcomings(self.into) if text not in short_before])
        after = {DUPLICATE: state_of(self.duplicate), KEPT: state_of(self.into)}
        kept = Merge.objects.create(
            kind=self.table.name,
            duplicate=self.duplicate.pk,
            into=self.into.pk,
            **self.names,
            by=self.by,  # type: ignore[misc]
            note=self.note,
            choices=self.choices,
            before={name: state.as_json() for name, state in before.items()},
            after={name: state.as_json() for name, state in after.items()},
            moved=self.moved,
            removed=self.removed,
            filled=self.filled,
        )
        search.reindex()
        report = MergeReport(kept, warnings=warnings)
        for name, keys in self.moved.items():
            report.moved[name_of_relation(self.model, name)] += len(keys)
        for table in parts_of(self.table)[1:]:
            added = len(after[KEPT].rows[table.name]) - len(before[KEPT].rows[table.name])
            if added > 0:
                report.moved[str(table.model._meta.verbose_name_plural)] += added
        for row in self.removed:
            report.left_out[name_of_relation(self.model, row["relation"])] += 1
        return report

    def obstacles(self) -> list[str]:
        """Why these two cannot be merged, as they are."""
        found = [
            _("“%(record)s” was merged into “%(other)s” already.") % {"record": record, "other": record.merged_into}
            for record in (self.duplicate, self.into)
            if record.merged_into_id
        ]
        if self.model is Actor:
            if self.duplicate.country != self.into.country:
                found.append(_("They lie on different shores."))
            if self.duplicate.publication == Publication.PUBLISHED != self.into.publication:
                found += [
                    refusal.reason + " " + _("Publish “%(into)s” first.") % {"into": self.into}
                    for refusal in refusals_of(record=self.duplicate, action=ReviewEvent.Action.ARCHIVED)
                ]
        return found

    def united(self, duplicate: RecordState, into: RecordState) -> tuple[RecordState, set[str]]:
        """What the record kept is to say, and the columns that the duplicate must give up because they are unique."""
        table = self.table
        wanted = RecordState(into.table, into.slug, into.publication)
        names = table.column_names
        own = dict(zip(names, into.rows[table.name][0], strict=True))
        theirs = dict(zip(names, duplicate.rows[table.name][0], strict=True))
        for choice in _choices(table, duplicate, into):
            if self.choices.get(choice.name, choice.taken) == DUPLICATE:
                own |= dict(zip(choice.columns, choice.duplicate, strict=True))
        wanted.rows[table.name] = [tuple(own[name] for name in names)]
        unique = {columns[-1] for columns in table.unique}
        released = {name for name in unique if theirs[name] and own[name] == theirs[name]}
        for part in parts_of(table)[1:]:
            wanted.rows[part.name] = self.united_parts(part, duplicate, into)
        if self.model is Actor:
            wanted.rows["actor_names"] = _names(wanted, (into, duplicate))
        return wanted, released

    def united_parts(self, part: Table, duplicate: RecordState, into: RecordState) -> list[Texts]:
        """The rows of both, each once; where one said less than its equal, it takes over the rest."""
        found: dict[Texts, dict[str, str]] = {}
        last_position = 0
        for state in (into, duplicate):
            for texts in state.rows[part.name]:
                row = dict(zip(part.column_names, texts, strict=True)) | {part.columns[0].name: into.slug}
                if part.model is Adoption and row["adopted_from"] in {into.slug, duplicate.slug}:
                    continue  # neither is the model of the other
                key = tuple(row[name] for name in part.key)
                if key in found:
                    _fill(found[key], row)
                    continue
                if "position" in row:
                    last_position = (
                        max(last_position + 1, int(row["position"])) if state is duplicate else last_position
                    )
                    if state is duplicate:
                        row["position"] = str(last_position)
                    else:
                        last_position = max(last_position, int(row["position"]))
                found[key] = row
        return [tuple(row[name] for name in part.column_names) for row in found.values()]

    def faults(self, wanted: RecordState) -> list[str]:
        """What is wrong with what was chosen, in the words of the model."""
        trial = copy.copy(self.into)
        row = dict(zip(self.table.column_names, wanted.rows[self.table.name][0], strict=True))
        found = []
        for column in self.table.columns:
            text = row[column.name]
            if not column.references:
                empty = None if self.table.field(column).null else ""
                setattr(trial, column.name, column.cell.parse(text) if text else empty)
            elif not text:
                setattr(trial, column.name, None)
            else:
                other = TABLE[column.references].model._default_manager.get(slug=text)
                setattr(trial, column.name, other)
                if isinstance(other, Actor) and other.leads_to(self.duplicate):
                    found.append(
                        _("%(field)s: “%(other)s” leads back to “%(duplicate)s”, which is to go into this record.")
                        % {
                            "field": self.table.field(column).verbose_name,
                            "other": other,
                            "duplicate": self.duplicate,
                        }
                    )
        if found:
            return found
        try:
            trial.clean()
        except ValidationError as error:
            return [str(text) for text in error.messages]
        return []

    def set_aside(self, released: set[str]) -> None:
        """Archive the duplicate, let it point to the record kept, and log it."""
        for name in released:
            setattr(self.duplicate, name, "")
        self.duplicate.merged_into = self.into
        if self.table.is_published_by_state:
            _change_publication(self.duplicate, Publication.ARCHIVED, self.by, self.reason)
        self.duplicate._change_reason = self.reason
        self.duplicate.save()

    def move(self, name: str) -> None:
        """Let rows of others that point to the duplicate point to the record kept, unless one there says the same."""
        relation = self.model._meta.get_field(name)
        attribute = relation.field.name
        rows = relation.related_model._default_manager.filter(**{attribute: self.duplicate}).order_by("pk")
        for row in rows.exclude(pk=self.into.pk) if relation.related_model is self.model else rows:
            if equal := self.equal_of(row, attribute):
                self.remove(row, name, equal)
                continue
            setattr(row, attribute, self.into)
            row._change_reason = self.reason
            row.save()
            self.moved.setdefault(name, []).append(row.pk)

    def equal_of(self, row: Any, attribute: str) -> Any:
        """The row of the record kept that leaves no room for this one, by the unique constraints."""
        for constraint in type(row)._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and attribute in constraint.fields:
                rows = type(row)._default_manager.filter(constraint.condition or Q())
                same = {name: getattr(row, name) for name in constraint.fields} | {attribute: self.into}
                if rows.filter(pk=row.pk).exists() and (equal := rows.filter(**same).first()):
                    return equal
        return None

    def remove(self, row: Any, relation: str, equal: Any) -> None:
        kept = {column.attname: _plain(getattr(row, column.attname)) for column in row._meta.concrete_fields}
        self.removed.append({"relation": relation, "row": kept})
        blanks = {
            column.name: getattr(row, column.name)
            for column in row._meta.concrete_fields
            if getattr(equal, column.name) in ("", None) and getattr(row, column.name) not in ("", None)
        }
        for name, value in blanks.items():
            setattr(equal, name, value)
            self.filled.append({"relation": relation, "pk": equal.pk, "field": name, "value": _plain(value)})
        if blanks:
            equal._change_reason = self.reason
            equal.save()
        row._change_reason = self.reason
        row.delete()

    def circles(self) -> list[str]:
        """Adoptions that would lead from the record kept back to it."""
        if self.model is not Partnership:
            return []
        models_of: dict[int, list[int]] = {}
        for follower, model in Adoption.objects.exclude(partnership=self.duplicate).values_list(
            "partnership", "adopted_from"
        ):
            models_of.setdefault(follower, []).append(model)
        seen: set[int] = set()
        ahead = list(models_of.get(self.into.pk, ()))
        while ahead:
            step = ahead.pop()
            if step == self.into.pk:
                return [_("Then “%(into)s” would be its own model, by way of what adopted it.") % {"into": self.into}]
            if step not in seen:
                seen.add(step)
                ahead += models_of.get(step, [])
        return []


def undo(*, merge: Merge, by: AbstractBaseUser | None, note: str = "") -> MergeReport:
    """Make two records of one again; ``MergeRefusedError`` names what was edited since, and changes nothing."""
    with transaction.atomic():
        return _Undoing(merge, by, note).run()


class _Undoing:
    def __init__(self, merge: Merge, by: AbstractBaseUser | None, note: str) -> None:
        self.model: Any = MODELS[merge.kind]
        self.table = TABLE[merge.kind]
        self.merge, self.by, self.note = Merge.objects.select_for_update().get(pk=merge.pk), by, note
        try:
            self.duplicate, self.into = _locked(self.model, merge.duplicate, merge.into)
        except self.model.DoesNotExist:
            raise MergeRefusedError([_("One of the two records is no longer there.")]) from None
        self.reason = _reason("Merge undone: %s from %s", self.duplicate, self.into)

    def run(self) -> MergeReport:
        _refuse(self.obstacles())
        rows = {name: self.rows(name, keys) for name, keys in self.merge.moved.items()}
        _refuse([*self.edited(), *self.moved_on(rows)])
        before = {name: RecordState.from_json(kept) for name, kept in self.merge.before.items()}

        self.model._default_manager.filter(pk=self.duplicate.pk).update(merged_into=None)
        self.duplicate.refresh_from_db()
        for name, moved in rows.items():
            attribute = self.model._meta.get_field(name).field.name
            for row in moved:
                setattr(row, attribute, self.duplicate)
                row._change_reason = self.reason
                row.save()
        self.empty_again()
        self.bring_back()
        records.write(before.values(), reason=self.reason)
        if self.table.is_published_by_state:
            _change_publication(self.duplicate, before[DUPLICATE].publication, self.by, self.reason)
        self.duplicate.refresh_from_db()
        self.into.refresh_from_db()
        _refuse([*self.unpublishable(self.duplicate), *self.unpublishable(self.into)])
        done = Merge.objects.create(
            kind=self.merge.kind,
            duplicate=self.duplicate.pk,
            into=self.into.pk,
            duplicate_name=str(self.duplicate),
            into_name=str(self.into),
            by=self.by,  # type: ignore[misc]
            note=self.note,
            undoes=self.merge,
        )
        search.reindex()
        report = MergeReport(done)
        for name, moved in rows.items():
            report.moved[name_of_relation(self.model, name)] += len(moved)
        return report

    def obstacles(self) -> list[str]:
        if self.merge.undoes_id or self.merge.is_undone:
            return [_("This merge was undone already.")]
        if self.duplicate.merged_into_id != self.into.pk:
            return [_("“%(record)s” is not merged into “%(into)s” any more.") % self.names]
        if self.into.merged_into_id:
            return [
                _("“%(into)s” was itself merged into “%(other)s” since; undo that first.")
                % {"into": self.into, "other": self.into.merged_into}
            ]
        return []

    @property
    def names(self) -> dict[str, Any]:
        return {"record": self.duplicate, "into": self.into}

    def edited(self) -> list[str]:
        """What was changed in either record since the merge, field by field."""
        return [
            said
            for name, record in ((KEPT, self.into), (DUPLICATE, self.duplicate))
            for said in _differences(RecordState.from_json(self.merge.after[name]), state_of(record), record)
        ]

    def rows(self, relation: str, keys: Iterable[int]) -> list[Any]:
        model = self.model._meta.get_field(relation).related_model
        return list(model._default_manager.filter(pk__in=list(keys)).order_by("pk"))

    def moved_on(self, rows: dict[str, list[Any]]) -> Iterator[str]:
        """Rows that were moved and are gone, or speak of something else, since."""
        for name, keys in self.merge.moved.items():
            attribute = self.model._meta.get_field(name).field.attname
            left = len(keys) - sum(getattr(row, attribute) == self.into.pk for row in rows[name])
            if left:
                yield _("%(kind)s: %(count)d that were moved by the merge were removed or changed since.") % {
                    "kind": name_of_relation(self.model, name),
                    "count": left,
                }

    def empty_again(self) -> None:
        """Take back what rows took over from equal ones, where it still is that."""
        for filled in self.merge.filled:
            for row in self.rows(filled["relation"], [filled["pk"]]):
                if _plain(getattr(row, filled["field"])) == filled["value"]:
                    setattr(row, filled["field"], None if row._meta.get_field(filled["field"]).null else "")
                    row._change_reason = self.reason
                    row.save()

    def bring_back(self) -> None:
        """Make the rows again that were left out because there was an equal one."""
        for removed in self.merge.removed:
            relation = self.model._meta.get_field(removed["relation"])
            row = relation.related_model(**removed["row"])
            row._change_reason = self.reason
            try:
                with transaction.atomic():
                    row.save(force_insert=True)
            except IntegrityError:
                raise MergeRefusedError(
                    [
                        _("%(kind)s: “%(row)s” cannot be brought back: what it belongs to is gone or has changed.")
                        % {"kind": name_of_relation(self.model, removed["relation"]), "row": self.duplicate}
                    ]
                ) from None

    def unpublishable(self, record: Record) -> list[str]:
        """What is public and refers to what is not, after what happened since the merge."""
        if isinstance(record, Partnership) and record.publication == Publication.PUBLISHED:
            needed: Iterable[Any] = [part.actor for part in record.participations.select_related("actor__region")]
        elif isinstance(record, Actor) and record.publication == Publication.PUBLISHED:
            needed = filter(None, (record.parent, record.successor))
        elif isinstance(record, Actor):
            trial = copy.copy(record)
            trial.publication = Publication.PUBLISHED
            return [refusal.reason for refusal in refusals_of(record=trial, action=ReviewEvent.Action.ARCHIVED)]
        else:
            return []
        return [
            _("“%(record)s” would be public again, and “%(other)s” is not.") % {"record": record, "other": other}
            for other in needed
            if other.publication != Publication.PUBLISHED
        ]


def _locked(model: Any, duplicate: int, into: int) -> tuple[Any, Any]:
    """Both records, always locked in the same order, so that two who merge the same pair wait for each other."""
    found = {
        row.pk: row
        for row in model._default_manager.select_for_update().filter(pk__in=(duplicate, into)).order_by("pk")
    }
    if len(found) < 2:
        raise model.DoesNotExist
    return found[duplicate], found[into]


def _refuse(reasons: list[str]) -> None:
    if reasons:
        raise MergeRefusedError(reasons)


def _shortcomings(record: Record) -> list[str]:
    """Why a public record could not be published now; empty for others."""
    if getattr(record, "publication", "") != Publication.PUBLISHED:
        return []
    trial = copy.copy(record)
    trial.publication = Publication.DRAFT
    found: list[Refusal] = refusals_of(record=trial, action=ReviewEvent.Action.PUBLISHED)
    return [refusal.reason for refusal in found]


_LOGGED_AS = {
    Publication.ARCHIVED: ReviewEvent.Action.ARCHIVED,
    Publication.PUBLISHED: ReviewEvent.Action.PUBLISHED,
    Publication.IN_REVIEW: ReviewEvent.Action.SUBMITTED,
    Publication.DRAFT: ReviewEvent.Action.RETURNED,
}


def _change_publication(record: Record, to: str, by: AbstractBaseUser | None, reason: str) -> None:
    """Note in the log that a record's state is another now; the caller saves it."""
    if record.publication != to:
        target = {"actor": record} if isinstance(record, Actor) else {"partnership": record}
        ReviewEvent.objects.create(action=_LOGGED_AS[Publication(to)], by=by, note=reason, **target)  # type: ignore[misc]
        record.publication = to


def _names(wanted: RecordState, both: tuple[RecordState, RecordState]) -> list[Texts]:
    """Other names of an actor, with the names of either record that are not its own name now."""
    columns = TABLE["actors"].column_names
    places = {"en": columns.index("name"), "ja": columns.index("name_ja")}
    now = {wanted.rows["actors"][0][place] for place in places.values()}
    found = {texts[1]: texts for texts in wanted.rows["actor_names"] if texts[1] not in now}
    for state in both:
        for language, place in places.items():
            name = state.rows["actors"][0][place]
            if name and name not in now:
                found.setdefault(name, (wanted.slug, name, language, ActorName.Kind.ALTERNATE.value))
    return list(found.values())


def _fill(row: dict[str, str], equal: dict[str, str]) -> None:
    """Let a row take over what it does not say itself and its equal does."""
    followers = {name for names in TOGETHER.values() for name in names[1:]}
    for name in row:
        if name not in followers and not row[name]:
            columns = TOGETHER.get(name, (name,))
            if not any(row.get(each) for each in columns):
                row.update({each: equal[each] for each in columns if each in equal})


def _reason(words: str, one: Record, other: Record) -> str:
    """For histories, which keep a hundred characters."""
    return (words % (one.slug, other.slug))[:100]


def name_of_relation(model: Any, relation: str) -> str:
    """What the rows of a relation are called: “citations”."""
    field = model._meta.get_field(relation)
    if field.related_model is model:
        return str(field.field.verbose_name)
    return str(field.related_model._meta.verbose_name_plural)


def _plain(value: Any) -> Any:
    """A column's value as JSON holds it."""
    if value is None or isinstance(value, str | int | float | bool):
        return str(value) if isinstance(value, str) else value
    try:
        return DjangoJSONEncoder().default(value)
    except TypeError:
        return str(value)


def _differences(before: RecordState, later: RecordState, record: Record) -> Iterator[str]:
    for each in before.differences(later):
        table = TABLE[each.table]
        what = str(table.model._meta.verbose_name) if table.owner else ""
        if each.key:
            what += " " + " · ".join(each.key)
        if each.column == "publication":
            column = _("publication")
        elif each.column:
            column = str(table.field(table.column(each.column)).verbose_name)
        else:
            yield _("“%(record)s”: %(part)s was %(done)s since.") % {
                "record": record,
                "part": what,
                "done": _("added") if not each.before else _("removed"),
            }
            continue
        yield _("“%(record)s”: %(field)s was “%(before)s” after the merge and is “%(now)s” now.") % {
            "record": record,
            "field": " ".join(filter(None, (what, column))),
            "before": each.before,
            "now": each.after,
        }
