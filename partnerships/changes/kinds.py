"""Which records have a public history, what belongs to them, and what of it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from partnerships.models import (
    Actor,
    ActorName,
    Adoption,
    Citation,
    Milestone,
    Outcome,
    Participation,
    Partnership,
    PartnershipTheme,
    Publication,
    Source,
)
from partnerships.wording import LocalText, full_name, local_text

UNTOLD = {"id", "note", "publication", "created_at", "updated_at", "position", "merged_into"}
MOST_CHARACTERS = 120  # of a result's statement


def told_columns(model: Any) -> list[Any]:
    """The columns whose changes are told."""
    return [column for column in model.history.model.tracked_fields if column.name not in UNTOLD]


def in_language(language: str, text: str) -> LocalText:
    return LocalText(text, language, is_foreign=language != get_language())


def name_of(record: Any) -> LocalText:
    """What a record is called where a change names it."""
    if isinstance(record, Source):
        return in_language(record.language, record.title)
    if isinstance(record, Actor):
        named = local_text(record, "name")
        return LocalText(full_name(record), named.language, named.is_foreign)
    return local_text(record, "title" if isinstance(record, Partnership) else "name")


@dataclass(frozen=True, eq=False)
class Part:
    """Rows that belong to a record. Each is about another record, or is shown by itself."""

    label: Any
    model: Any
    owner: str  # the column of the record that a row belongs to
    about: str = ""  # the column of the record that it is about
    shown: Callable[[Any], LocalText] | None = None
    told: dict[str, Any] = field(default_factory=dict)  # a condition

    def identity(self, row: Any) -> int:
        """What stays the same when a row is replaced by another one about the same."""
        return getattr(row, f"{self.about}_id") if self.about else row.id

    def facts(self, row: Any) -> tuple[Any, ...]:
        return tuple(getattr(row, column.attname) for column in told_columns(self.model))


@dataclass(frozen=True, eq=False)
class Kind:
    """Records with a public history."""

    name: str
    model: Any
    title: str
    parts: tuple[Part, ...]
    list_page: str
    list_order: str
    added: Callable[[int], str]
    changed: Callable[[int], str]


def _statement(row: Any) -> LocalText:
    whole = local_text(row, "statement")
    return LocalText(Truncator(whole.text).chars(MOST_CHARACTERS), whole.language, whole.is_foreign)


def _milestone(row: Any) -> LocalText:
    words = {"kind": row.get_kind_display(), "date": row.on.localised()}
    return LocalText(_("%(kind)s, %(date)s") % words, get_language() or "en")


def _partnerships_added(count: int) -> str:
    return ngettext(
        "%(shown)s partnership added from the data package",
        "%(shown)s partnerships added from the data package",
        count,
    ) % {"shown": f"{count:,}"}


def _partnerships_changed(count: int) -> str:
    return ngettext(
        "%(shown)s partnership changed by an update of the data package",
        "%(shown)s partnerships changed by an update of the data package",
        count,
    ) % {"shown": f"{count:,}"}


def _actors_added(count: int) -> str:
    return ngettext(
        "%(shown)s place or organisation with a partnership added from the data package",
        "%(shown)s places and organisations with a partnership added from the data package",
        count,
    ) % {"shown": f"{count:,}"}


def _actors_changed(count: int) -> str:
    return ngettext(
        "%(shown)s place or organisation with a partnership changed by an update of the data package",
        "%(shown)s places and organisations with a partnership changed by an update of the data package",
        count,
    ) % {"shown": f"{count:,}"}


def _is_public(column: str) -> dict[str, Any]:
    return {f"{column}__publication": Publication.PUBLISHED}


PARTNERSHIPS = Kind(
    "partnerships",
    Partnership,
    "title",
    (
        Part(gettext_lazy("participant"), Participation, "partnership", "actor", told=_is_public("actor")),
        Part(gettext_lazy("theme"), PartnershipTheme, "partnership", "theme"),
        Part(gettext_lazy("result"), Outcome, "partnership", shown=_statement),
        Part(gettext_lazy("milestone"), Milestone, "partnership", shown=_milestone),
        Part(gettext_lazy("source"), Citation, "partnership", "source"),
        Part(gettext_lazy("model"), Adoption, "partnership", "adopted_from", told=_is_public("adopted_from")),
    ),
    "partnership-list",
    "?sort=updated",
    _partnerships_added,
    _partnerships_changed,
)
ACTORS = Kind(
    "actors",
    Actor,
    "name",
    (Part(gettext_lazy("other name"), ActorName, "actor", shown=lambda row: in_language(row.language, row.name)),),
    "actor-list",
    "",
    _actors_added,
    _actors_changed,
)
