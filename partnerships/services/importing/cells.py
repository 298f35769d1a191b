"""What a cell says, written into a record's state: fields, and lists of participants, themes, sources and names."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils.translation import gettext as _

from partnerships.models import Country
from partnerships.package.cells import INTEGER
from partnerships.package.tables import TABLE, Table
from partnerships.services.records import RecordState, Texts
from partnerships.wording import language_of

from .columns import Column, own_row, participants
from .names import Directory
from .values import CellError, canonical

_SEPARATORS = re.compile(r"[;；\n]+")
_BETWEEN_SOURCES = re.compile(r"\s*；\s*|;\s+|;$|\n+")


def write_cell(table: Table, column: Column, text: str, state: RecordState, known: Directory) -> None:
    """Let the state say what the cell says; ``text`` is empty where the field is to be emptied."""
    _WRITTEN[column.holds](table, column.name, text, state, known)


def set_field(table: Table, name: str, text: str, state: RecordState) -> None:
    row = own_row(table, state) | {name: text}
    state.rows[table.name] = [tuple(row.values())]


def _field(table: Table, name: str, text: str, state: RecordState, known: Directory) -> None:
    column = table.column(name)
    if not text and column.required:
        raise CellError(_("must not be empty"))
    set_field(table, name, canonical(table, column, text) if text else "", state)


def _place(table: Table, name: str, text: str, state: RecordState, known: Directory) -> None:
    country = own_row(table, state)["country"]
    preferred = [own_row(table, state)[name]]
    slug = known.actor(text, preferred=preferred, country=country) if text else ""
    if slug == state.slug:
        raise CellError(_("A place cannot lie in itself or merge into itself."))
    set_field(table, name, slug, state)


def _participants(country: str) -> Callable[[Table, str, str, RecordState, Directory], None]:
    def write(table: Table, name: str, text: str, state: RecordState, known: Directory) -> None:
        here = participants(state, country, known)
        present = [row[1] for row in here]
        wanted = list(dict.fromkeys(known.actor(each, preferred=present, country=country) for each in _listed(text)))
        if wanted == present:
            return
        others = [row for row in state.rows["participations"] if row not in here]
        roles = {row[1]: row[2] for row in here}
        # Who stays keeps the positions of this shore; more stand behind all.
        positions = sorted(int(row[3]) for row in here)[: len(wanted)]
        last = max([0, *(int(row[3]) for row in state.rows["participations"])])
        positions += range(last + 1, last + 1 + len(wanted) - len(positions))
        made = [
            (state.slug, actor, roles.get(actor, "lead"), str(position))
            for actor, position in zip(wanted, positions, strict=True)
        ]
        _set_parts(state, "participations", [*others, *made])

    return write


def _listed(text: str) -> list[str]:
    return [each.strip() for each in _SEPARATORS.split(text) if each.strip()]


def _themes(table: Table, name: str, text: str, state: RecordState, known: Directory) -> None:
    wanted = {known.theme(each) for each in _listed(text)}
    _set_parts(state, "partnership_themes", [(state.slug, theme) for theme in wanted])


def sources_of(state: RecordState) -> set[str]:
    """Every source that a partnership rests on, in whatever part."""
    found = {row[1] for row in state.rows["citations"]}
    for part in ("outcomes", "milestones"):
        place = TABLE[part].column_names.index("source")
        found |= {row[place] for row in state.rows.get(part, ()) if row[place]}
    return found


def _sources(table: Table, name: str, text: str, state: RecordState, known: Directory) -> None:
    present = sources_of(state)
    listed = [each.strip() for each in _BETWEEN_SOURCES.split(text) if each.strip()]
    wanted = {slug for each in listed for slug in known.source(each, preferred=present)}
    kept = [row for row in state.rows["citations"] if row[1] in wanted]
    _set_parts(
        state, "citations", [*kept, *((state.slug, source, "existence", "") for source in sorted(wanted - present))]
    )


def _names(*, former: bool) -> Callable[[Table, str, str, RecordState, Directory], None]:
    def write(table: Table, name: str, text: str, state: RecordState, known: Directory) -> None:
        names = TABLE["actor_names"]
        wanted = list(dict.fromkeys(canonical(names, names.column("name"), each) for each in _listed(text)))
        others = [row for row in state.rows["actor_names"] if (row[3] == "former") != former]
        for each in wanted:
            if any(row[1] == each for row in others):
                raise CellError(
                    _("“%(name)s” stands among the former names and among the other ones.") % {"name": each}
                )
        kept = {row[1]: row for row in state.rows["actor_names"]}
        kind = "former" if former else "alternate"
        made = [kept.get(each) or (state.slug, each, language_of(each), kind) for each in wanted]
        _set_parts(state, "actor_names", [*others, *made])

    return write


_WRITTEN: dict[str, Callable[[Table, str, str, RecordState, Directory], None]] = {
    "field": _field,
    "place": _place,
    "us": _participants(Country.US),
    "jp": _participants(Country.JP),
    "themes": _themes,
    "sources": _sources,
    "former": _names(former=True),
    "other": _names(former=False),
}


def _set_parts(state: RecordState, table_name: str, rows: list[Texts]) -> None:
    """The rows in the order of the table, as they will be read back."""
    table = TABLE[table_name]
    places = [table.column_names.index(lookup.removesuffix("__slug")) for lookup in table.order]
    numbers = {place for place in places if table.columns[place].cell is INTEGER}
    state.rows[table_name] = sorted(
        rows, key=lambda row: [int(row[place]) if place in numbers else row[place] for place in places]
    )
