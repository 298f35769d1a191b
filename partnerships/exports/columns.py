"""What a table of partnerships holds, column by column: said once, for every format that is a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnerships.models import Country

from .records import Record
from .shapes import Partnership

BETWEEN = "; "  # the values of a list


@dataclass(frozen=True)
class Column:
    """A column; its label stands in the head of the table, in English the name that programs rely on."""

    label: Any
    meaning: Any
    cell: Callable[[Record], str]


def _own(name: str, label: Any) -> Column:
    """A column of what a record says under this name, one value or several."""

    def cell(record: Record) -> str:
        value = getattr(record, name)
        return BETWEEN.join(value) if isinstance(value, list) else value or ""

    return Column(label, Partnership.meaning(name), cell)


def _names(country: str, name: str, label: Any, meaning: Any) -> Column:
    return Column(label, meaning, lambda record: BETWEEN.join(record.names(country, name)))


# The first thirteen are promised to programs, in this order; others may be added behind them.
COLUMNS: dict[str, Column] = {
    "slug": _own("slug", pgettext_lazy("column", "slug")),
    "title": _own("title", pgettext_lazy("column", "title")),
    "title_ja": _own("title_ja", pgettext_lazy("column", "title_ja")),
    "kind": _own("kind", pgettext_lazy("column", "kind")),
    "status": _own("status", pgettext_lazy("column", "status")),
    "started": _own("started", pgettext_lazy("column", "started")),
    "ended": _own("ended", pgettext_lazy("column", "ended")),
    "themes": _own("themes", pgettext_lazy("column", "themes")),
    "us_participants": _names(
        Country.US,
        "name",
        pgettext_lazy("column", "us_participants"),
        _("Participants in the United States, by their English names."),
    ),
    "jp_participants": _names(
        Country.JP,
        "name",
        pgettext_lazy("column", "jp_participants"),
        _("Participants in Japan, by their English names."),
    ),
    "states": _own("states", pgettext_lazy("column", "states")),
    "prefectures": _own("prefectures", pgettext_lazy("column", "prefectures")),
    "url": _own("url", pgettext_lazy("column", "url")),
    "term_ends": _own("term_ends", pgettext_lazy("column", "term_ends")),
    "us_participants_ja": _names(
        Country.US,
        "name_ja",
        pgettext_lazy("column", "us_participants_ja"),
        _("Participants in the United States, by their Japanese names where they are known."),
    ),
    "jp_participants_ja": _names(
        Country.JP,
        "name_ja",
        pgettext_lazy("column", "jp_participants_ja"),
        _("Participants in Japan, by their Japanese names."),
    ),
    "sources": Column(
        pgettext_lazy("column", "sources"),
        _("Addresses of the sources, as the record numbers them."),
        lambda record: BETWEEN.join(source["url"] for source in record.sources),
    ),
    "updated_at": _own("updated_at", pgettext_lazy("column", "updated_at")),
}


def head() -> list[str]:
    """The labels of all columns in the active language."""
    return [str(column.label) for column in COLUMNS.values()]


def cells(record: Record) -> list[str]:
    """A record's line."""
    return [column.cell(record) for column in COLUMNS.values()]
