"""The tables of the data package, their columns and what ties them together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations

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
    Source,
    Theme,
)

from .cells import DATE, DECIMAL, DEGREES, INTEGER, SLUG, TEXT, URL, CellType


@dataclass(frozen=True)
class Column:
    """One column; ``references`` names the table whose slugs it holds."""

    name: str
    cell: CellType = TEXT
    required: bool = False
    references: str = ""

    @property
    def lookup(self) -> str:
        """The path from the row's model to the value that the cell shows."""
        return f"{self.name}__slug" if self.references else self.name

    @property
    def attribute(self) -> str:
        """The attribute of the row's model that holds it."""
        return f"{self.name}_id" if self.references else self.name


@dataclass(frozen=True)
class Table:
    """One CSV file.

    ``key`` names the columns that identify a row. ``owner`` names the table whose records the rows are part of: a
    record is compared, loaded and kept whole. ``order`` names the lookups by which the file is sorted. ``unique``
    names further columns that no two rows may share, unless the last of them is empty.
    """

    name: str
    model: type[models.Model]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    owner: str = ""
    order: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()

    @property
    def file_name(self) -> str:
        return f"{self.name}.csv"

    @property
    def is_published_by_state(self) -> bool:
        """Whether a row has a state of publication of its own; only published ones are in a package."""
        return self.model in (Actor, Partnership)

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        return self.columns[self.column_names.index(name)]

    def field(self, column: Column) -> models.Field[Any, Any]:
        return cast("models.Field[Any, Any]", self.model._meta.get_field(column.name))

    def choices(self, column: Column) -> list[str]:
        """The words that a cell may hold; empty where it is free."""
        if column.references:
            return []
        return [str(value) for value, _label in self.field(column).flatchoices if value != ""]

    def labels(self, column: Column) -> dict[str, str]:
        """The same words with what they mean in the active language."""
        if column.references:
            return {}
        return {str(value): str(label) for value, label in self.field(column).flatchoices if value != ""}

    def max_length(self, column: Column) -> int | None:
        return None if column.references or column.cell is DATE else self.field(column).max_length

    def max_value(self, column: Column) -> int | None:
        """The largest whole number that every engine can hold in the column."""
        if column.cell is not INTEGER:
            return None
        return BaseDatabaseOperations.integer_field_ranges[self.field(column).get_internal_type()][1]

    def owner_slug(self, row: dict[str, str]) -> str:
        """The slug of the record that a row is part of."""
        return row[self.columns[0].name]

    def texts(self, values: Iterable[Any]) -> tuple[str, ...]:
        """Values of one row, in the order of the columns, as the file writes them."""
        return tuple(
            "" if value is None or value == "" else column.cell.render(value)
            for column, value in zip(self.columns, values, strict=True)
        )


def _slug() -> Column:
    return Column("slug", SLUG, required=True)


def _of_partnership() -> Column:
    return Column("partnership", SLUG, required=True, references="partnerships")


TABLES: tuple[Table, ...] = (
    Table(
        "themes",
        Theme,
        (
            _slug(),
            Column("name", required=True),
            Column("name_ja"),
            Column("description"),
            Column("description_ja"),
            Column("order", INTEGER, required=True),
        ),
        key=("slug",),
        order=("slug",),
        unique=(("name",),),
    ),
    Table(
        "actors",
        Actor,
        (
            _slug(),
            Column("name", required=True),
            Column("name_ja"),
            Column("name_kana"),
            Column("kind", required=True),
            Column("country", required=True),
            Column("parent", SLUG, references="actors"),
            Column("code"),
            Column("wikidata_id"),
            Column("population", INTEGER),
            Column("population_year", INTEGER),
            Column("latitude", DEGREES),
            Column("longitude", DEGREES),
            Column("website", URL),
            Column("office_name"),
            Column("office_url", URL),
            Column("office_email"),
            Column("successor", SLUG, references="actors"),
            Column("dissolved_on", DATE),
            Column("note"),
        ),
        key=("slug",),
        order=("slug",),
        unique=(("country", "code"), ("wikidata_id",)),
    ),
    Table(
        "actor_names",
        ActorName,
        (
            Column("actor", SLUG, required=True, references="actors"),
            Column("name", required=True),
            Column("language", required=True),
            Column("kind", required=True),
        ),
        key=("actor", "name"),
        owner="actors",
        order=("actor__slug", "kind", "language", "name"),
    ),
    Table(
        "partnerships",
        Partnership,
        (
            _slug(),
            Column("title", required=True),
            Column("title_ja"),
            Column("summary"),
            Column("summary_ja"),
            Column("kind", required=True),
            Column("status", required=True),
            Column("started", DATE),
            Column("ended", DATE),
            Column("term_ends", DATE),
            Column("problem"),
            Column("problem_ja"),
            Column("approach"),
            Column("approach_ja"),
            Column("preconditions"),
            Column("preconditions_ja"),
            Column("how_to_replicate"),
            Column("how_to_replicate_ja"),
            Column("verified_on", DATE),
            Column("note"),
        ),
        key=("slug",),
        order=("slug",),
    ),
    Table(
        "participations",
        Participation,
        (
            _of_partnership(),
            Column("actor", SLUG, required=True, references="actors"),
            Column("role", required=True),
            Column("position", INTEGER, required=True),
        ),
        key=("partnership", "actor"),
        owner="partnerships",
        order=("partnership__slug", "position", "actor__slug"),
    ),
    Table(
        "partnership_themes",
        PartnershipTheme,
        (_of_partnership(), Column("theme", SLUG, required=True, references="themes")),
        key=("partnership", "theme"),
        owner="partnerships",
        order=("partnership__slug", "theme__slug"),
    ),
    Table(
        "outcomes",
        Outcome,
        (
            _of_partnership(),
            Column("statement", required=True),
            Column("statement_ja"),
            Column("value", DECIMAL),
            Column("unit"),
            Column("year", INTEGER),
            Column("claimant"),
            Column("grade"),
            Column("source", SLUG, references="sources"),
        ),
        key=("partnership", "statement"),
        owner="partnerships",
        order=("partnership__slug", "position", "statement"),
    ),
    Table(
        "adoptions",
        Adoption,
        (_of_partnership(), Column("adopted_from", SLUG, required=True, references="partnerships")),
        key=("partnership", "adopted_from"),
        owner="partnerships",
        order=("partnership__slug", "adopted_from__slug"),
    ),
    Table(
        "milestones",
        Milestone,
        (
            _of_partnership(),
            Column("kind", required=True),
            Column("on", DATE, required=True),
            Column("title"),
            Column("title_ja"),
            Column("source", SLUG, references="sources"),
        ),
        key=("partnership", "on", "kind"),
        owner="partnerships",
        order=("partnership__slug", "on", "kind"),
    ),
    Table(
        "sources",
        Source,
        (
            _slug(),
            Column("title", required=True),
            Column("publisher"),
            Column("url", URL, required=True),
            Column("kind", required=True),
            Column("language", required=True),
            Column("published_on", DATE),
            Column("accessed_on", DATE),
            Column("archived_url", URL),
        ),
        key=("slug",),
        order=("slug",),
    ),
    Table(
        "citations",
        Citation,
        (
            _of_partnership(),
            Column("source", SLUG, required=True, references="sources"),
            Column("supports", required=True),
            Column("locator"),
        ),
        key=("partnership", "source", "supports"),
        owner="partnerships",
        order=("partnership__slug", "source__slug", "supports"),
    ),
)

TABLE = {table.name: table for table in TABLES}
RECORD_TABLES = tuple(table for table in TABLES if not table.owner)


def parts_of(record_table: Table) -> tuple[Table, ...]:
    """The table itself and those whose rows are part of its records."""
    return (record_table, *(table for table in TABLES if table.owner == record_table.name))
