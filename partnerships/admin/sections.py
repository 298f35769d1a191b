"""A long form in sections: which fields and rows stand together, in the order in which one enters them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin
from django.utils.functional import Promise
from django.utils.translation import gettext as _

Text = str | Promise


@dataclass(frozen=True)
class Section:
    """A part of a form; ``name`` is in its address: ``#section-who``."""

    name: str
    label: Text
    fields: tuple[Any, ...] = ()
    inlines: tuple[Any, ...] = ()
    help: Text = ""


class Rows(admin.TabularInline):
    """Rows as a table; on narrow windows each field stands under its name."""

    template = "admin/partnerships/rows.html"


@dataclass(frozen=True)
class ShownSection:
    anchor: str
    label: Text
    help: Text = ""
    fieldsets: list[Any] = field(default_factory=list)
    inlines: list[Any] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many rows it has."""
        return sum(formset.formset.initial_form_count() for formset in self.inlines)

    @property
    def is_wrong(self) -> bool:
        """Whether something in it has to be corrected."""
        return any(each.form.errors.keys() & set(_names(each.fields)) for each in self.fieldsets) or any(
            each.formset.is_bound and (each.formset.total_error_count()) for each in self.inlines
        )


def _names(fields: Iterable[Any]) -> Iterable[str]:
    for each in fields:
        yield from [each] if isinstance(each, str) else each


def fieldsets_of(sections: Iterable[Section]) -> list[Any]:
    """As ``ModelAdmin.fieldsets`` wants them; the sections have the headings."""
    return [(None, {"fields": list(section.fields)}) for section in sections if section.fields]


def inlines_of(sections: Iterable[Section]) -> list[Any]:
    return [inline for section in sections for inline in section.inlines]


def shown(sections: Iterable[Section], fieldsets: list[Any], formsets: list[Any]) -> list[ShownSection]:
    """The sections with what the admin made of them; what belongs to none comes last."""
    wanted = list(sections)
    found = []
    with_fields = iter(fieldsets)
    rest = list(formsets)
    for section in wanted:
        rows = [each for each in rest if type(each.opts) in section.inlines]
        rest = [each for each in rest if each not in rows]
        own = [next(with_fields)] if section.fields else []
        found.append(ShownSection(f"section-{section.name}", section.label, section.help, own, rows))
    left = list(with_fields)
    if left or rest:
        found.append(ShownSection("section-more", _("More"), "", left, rest))
    return found
