"""Making a data package from the database: the same records, the same bytes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction
from django.utils import translation

from partnerships.models import Publication, Source

from .tables import TABLES, Table

# What the package says of itself. The credit line is that of fixtures/PROVENANCE.md.
DESCRIPTION = {
    "profile": "tabular-data-package",
    "name": "us-japan-partnerships",
    "title": "U.S.–Japan Partnerships Directory",
    "description": (
        "Partnerships between states, prefectures, cities, ports and universities of the United States and Japan, "
        "each with its sources. Dates are partial (2014, 2014-11 or 2014-11-05); an empty cell means unknown."
    ),
    "licenses": [
        {
            "name": "CC-BY-4.0",
            "title": "Creative Commons Attribution 4.0",
            "path": "https://creativecommons.org/licenses/by/4.0/",
        }
    ],
    "sources": [
        {"title": "U.S. Census Bureau"},
        {"title": "GeoNames (CC BY 4.0)", "path": "https://www.geonames.org/"},
        {"title": "UScityURL, Cai, Huang & Decaminada 2023 (CC BY 4.0)"},
        {"title": "Natural Earth"},
        {"title": "Who's On First"},
        {"title": "総務省 全国地方公共団体コード"},
        {"title": "総務省統計局 国勢調査 (e-Stat)"},
        {"title": "code4fukui/localgovjp (CC0)"},
        {"title": "Geolonia 住所データ (CC BY 4.0)"},
        {"title": "国土地理院 地名集日本"},
        {"title": "The pages and documents in sources.csv, for the facts of each partnership"},
    ],
}


def published_rows(table: Table) -> Iterator[tuple[str, ...]]:
    """The rows of a table that the public may see, as texts, in the order of the file."""
    rows = table.model._default_manager.all()
    if table.is_published_by_state:
        rows = rows.filter(publication=Publication.PUBLISHED)
    elif table.model is Source:
        rows = Source.objects.published()
    elif table.owner:
        # A part is public as its record is, and an adoption only if both of its partnerships are.
        for column in table.columns:
            if column.references in ("partnerships", "actors"):
                rows = rows.filter(**{f"{column.name}__publication": Publication.PUBLISHED})
    for _key, texts in sorted_rows(table, rows):
        yield texts


def sorted_rows(table: Table, rows: models.QuerySet[Any]) -> list[tuple[tuple[Any, ...], tuple[str, ...]]]:
    """Pairs of sort key and texts, sorted here, because engines differ in how they order text."""
    keys = len(table.order)
    found = rows.order_by().values_list(*table.order, *(column.lookup for column in table.columns))
    return sorted((values[:keys], table.texts(values[keys:])) for values in found.iterator(chunk_size=5000))


def csv_text(table: Table, rows: Iterator[tuple[str, ...]]) -> str:
    """A whole CSV file: header, RFC 4180 quoting where needed, LF at the end of each line."""
    return "".join(",".join(map(_quoted, cells)) + "\n" for cells in (table.column_names, *rows))


def _quoted(text: str) -> str:
    # Not by csv.writer, which with these line ends leaves a carriage return bare that no reader takes back.
    return '"' + text.replace('"', '""') + '"' if re.search(r'[,"\r\n]', text) else text


def descriptor_text() -> str:
    """``datapackage.json``: the Frictionless description of the tables, made from their definition."""
    with translation.override("en"):
        descriptor = {**DESCRIPTION, "resources": [_resource(table) for table in TABLES]}
    return json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"


def _resource(table: Table) -> dict[str, Any]:
    fields = []
    foreign_keys = []
    for column in table.columns:
        constraints: dict[str, Any] = {"required": True} if column.required else {}
        if choices := table.choices(column):
            constraints["enum"] = choices
        if column.cell.pattern:
            constraints["pattern"] = column.cell.pattern
        if longest := table.max_length(column):
            constraints["maxLength"] = longest
        described: dict[str, Any] = {
            "name": column.name,
            "type": column.cell.name,
            "title": str(table.field(column).verbose_name),
        }
        fields.append({**described, "constraints": constraints} if constraints else described)
        if column.references:
            resource = "" if column.references == table.name else column.references
            foreign_keys.append(
                {"fields": [column.name], "reference": {"resource": resource, "fields": ["slug"]}},
            )
    schema: dict[str, Any] = {"fields": fields, "primaryKey": list(table.key), "missingValues": [""]}
    if foreign_keys:
        schema["foreignKeys"] = foreign_keys
    return {
        "profile": "tabular-data-resource",
        "name": table.name.replace("_", "-"),
        "path": table.file_name,
        "encoding": "utf-8",
        "schema": schema,
    }


def write_package(path: Path) -> dict[str, int]:
    """Write the published directory into the folder ``path``; return the number of rows by table.

    Each file is replaced whole; ``OSError`` where the folder cannot be written.
    """
    path.mkdir(parents=True, exist_ok=True)
    counts = {}
    with _one_state():
        for table in TABLES:
            rows = list(published_rows(table))
            counts[table.name] = len(rows)
            _replace(path / table.file_name, csv_text(table, iter(rows)))
    _replace(path / "datapackage.json", descriptor_text())
    return counts


@contextmanager
def _one_state() -> Iterator[None]:
    """A transaction in which every query sees the same state of the database."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8", newline="")
    os.replace(beside, path)
