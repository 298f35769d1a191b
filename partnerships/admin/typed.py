"""What somebody typed into a form that cannot be saved any more, to be read and copied."""

from __future__ import annotations

from typing import NamedTuple

from django.http import QueryDict
from django.utils.text import capfirst

from partnerships.services.loaded_forms import LoadedForm

from .conflicts import Layout, Part, rows_of


class Typed(NamedTuple):
    label: str
    text: str


def what_was_typed(layout: Layout, loaded: LoadedForm | None, posted: QueryDict) -> list[Typed]:
    """The values that differ from those the form was loaded with."""
    found = list(_values(layout.own, "", loaded.state.own if loaded else {}, posted))
    for part in layout.rows:
        before = loaded.state.rows.get(part.prefix, {}) if loaded else {}
        for row in rows_of(posted, part):
            found += _values(part, row.number, before.get(row.key, {}), posted)
    return found


def _values(part: Part, index: int | str, before: dict[str, str], posted: QueryDict) -> list[Typed]:
    found = []
    for name in part.fields:
        typed = part.typed(posted, index, name)
        if typed and part.is_changed(name, before.get(name, ""), typed):
            label = capfirst(str(part.model._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
            label = f"{part.label}: {label}" if part.prefix else label
            found.append(Typed(label, part.words(name, str(typed))))
    return found
