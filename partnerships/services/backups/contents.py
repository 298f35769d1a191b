"""What a database holds, asked in plain SQL: it may be of an older program, or of none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Model

from partnerships.models import Actor, DirectoryVersion, Partnership, Source, Suggestion, Theme

Ask = Callable[[str], list[tuple[Any, ...]]]

_MIGRATIONS = "django_migrations"
_BESIDE_MODELS = {_MIGRATIONS, "shared_for_a_while"}


def _tables() -> dict[str, str]:
    """Tables of what people call records, by what they are called."""
    models: dict[str, type[Model]] = {
        "partnerships": Partnership,
        "places and organisations": Actor,
        "themes": Theme,
        "sources": Source,
        "suggestions": Suggestion,
        "accounts": get_user_model(),
    }
    return {name: model._meta.db_table for name, model in models.items()}


@dataclass(frozen=True)
class Contents:
    """``migrations`` are those that were applied, by app; ``records`` numbers by what is counted."""

    migrations: dict[str, list[str]]
    directory_version: int
    records: dict[str, int]
    foreign_tables: list[str]

    @property
    def is_empty(self) -> bool:
        return not any(self.records.values()) and not self.foreign_tables

    def __str__(self) -> str:
        held = [f"{count:,} {name}" for name, count in self.records.items()]
        if self.foreign_tables:
            held.append(f"tables of something else ({len(self.foreign_tables)}: {', '.join(self.foreign_tables[:3])})")
        return ", ".join(held)


def read(ask: Ask, tables: set[str]) -> Contents:
    """``ask`` runs a query and gives its rows; ``tables`` are all there are."""
    migrations: dict[str, list[str]] = {}
    if _MIGRATIONS in tables:
        for app, name in ask(f"SELECT DISTINCT app, name FROM {_MIGRATIONS} ORDER BY app, name"):
            migrations.setdefault(app, []).append(name)
    number = 0
    if (table := DirectoryVersion._meta.db_table) in tables:
        number = max((row[0] for row in ask(f"SELECT number FROM {table}")), default=0)
    records = {
        name: ask(f"SELECT count(*) FROM {table}")[0][0] if table in tables else 0 for name, table in _tables().items()
    }
    return Contents(migrations, number, records, sorted(filter(_is_foreign, tables)))


def _is_foreign(table: str) -> bool:
    own = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} | _BESIDE_MODELS
    return table not in own and not table.startswith(("partnerships_", "sqlite_"))
