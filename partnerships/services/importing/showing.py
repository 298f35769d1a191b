"""What an import does to a record, cell by cell, for the one who confirms it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from partnerships.models import ImportLine
from partnerships.package.tables import TABLE, parts_of
from partnerships.services.records import Difference, RecordState

from . import kept_after, kept_before
from .columns import FLAT_FILES, FlatFile
from .giving import Shores

LONGEST_SHOWN = 400  # characters


@dataclass(frozen=True)
class Cell:
    """One value before and after; one of them is empty where there was or will be none."""

    label: str
    before: str
    after: str


def with_cells(lines: Iterable[ImportLine]) -> list[tuple[ImportLine, list[Cell]]]:
    """Lines, each with what it changes; of a new record, all that it will say."""
    lines = list(lines)
    states = {line.pk: (kept_before(line) if line.before else None, kept_after(line)) for line in lines if line.after}
    known = Shores.of(state for pair in states.values() for state in pair if state)
    return [(line, list(_cells(line, known, *states[line.pk])) if line.pk in states else []) for line in lines]


def _cells(line: ImportLine, known: Any, before: RecordState | None, after: RecordState) -> Iterator[Cell]:
    flat = FLAT_FILES.get(line.table)
    if flat is not None and line.of.kind in FLAT_FILES:
        yield from _of_flat_file(flat, known, before, after)
    elif before is None:
        table = TABLE[after.table]
        for column, text in zip(table.columns, after.rows[table.name][0], strict=True):
            if text and column.name != "slug":
                yield Cell(str(table.field(column).verbose_name), "", _short(text))
        for part in parts_of(table)[1:]:
            for row in after.rows.get(part.name, ()):
                yield Cell(str(part.model._meta.verbose_name), "", _short(_joined(row[1:])))
    else:
        for difference in before.differences(after):
            yield _of_difference(difference)


def _of_flat_file(flat: FlatFile, known: Any, before: RecordState | None, after: RecordState) -> Iterator[Cell]:
    old = flat.shown(before, known) if before else [""] * len(flat.columns)
    for column, was, will in zip(flat.columns, old, flat.shown(after, known), strict=True):
        if was != will and column.name != "slug":
            own = flat.of_table(column)
            words = flat.table.labels(own) if own else {}
            yield Cell(str(column.label), *(_short(words.get(text, text)) for text in (was, will)))


def _of_difference(difference: Difference) -> Cell:
    table = TABLE[difference.table]
    label = str(table.model._meta.verbose_name) if table.owner else ""
    if difference.column == "publication":
        label = str(table.model._meta.get_field("publication").verbose_name)  # type: ignore[union-attr]
    elif difference.column:
        own = str(table.field(table.column(difference.column)).verbose_name)
        label = f"{label} {_joined(difference.key)}: {own}" if label else own
    values = [
        _joined(value[1:]) if isinstance(value, tuple) else value for value in (difference.before, difference.after)
    ]
    return Cell(label, *map(_short, values))


def _joined(texts: Iterable[str]) -> str:
    return " · ".join(filter(None, texts))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
