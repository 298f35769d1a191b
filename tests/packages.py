"""Small data packages for tests: rows as plain dictionaries, written to a folder as the reader expects them."""

from __future__ import annotations

import csv
from pathlib import Path

from partnerships.package.tables import TABLE, TABLES

Row = dict[str, str]
Rows = dict[str, list[Row]]

# What a row must have; a test names only what it is about.
LEAST: dict[str, Row] = {
    "themes": {"name": "Climate", "order": "1"},
    "actors": {"name": "Some place", "kind": "city", "country": "US"},
    "actor_names": {"language": "en", "kind": "alternate"},
    "partnerships": {"title": "Some partnership", "kind": "project", "status": "active"},
    "participations": {"role": "lead", "position": "1"},
    "milestones": {"kind": "signed"},
    "sources": {"title": "Some page", "url": "https://example.org/page", "kind": "government", "language": "en"},
    "citations": {"supports": "existence"},
}


def row(table: str, **cells: str) -> Row:
    """A row with every column of its table, empty where neither given nor required."""
    return {**dict.fromkeys(TABLE[table].column_names, ""), **LEAST.get(table, {}), **cells}


def small_package() -> Rows:
    """One partnership between Seattle and Kobe, with a row in every table but adoptions."""
    return {
        "themes": [row("themes", slug="climate", name_ja="気候")],
        "actors": [
            row("actors", slug="hyogo-prefecture", name="Hyogo Prefecture", kind="prefecture", country="JP"),
            row("actors", slug="kobe", name="Kobe", name_ja="神戸市", country="JP", parent="hyogo-prefecture"),
            row("actors", slug="seattle", name="Seattle", parent="washington", latitude="47.6", longitude="-122.33"),
            row("actors", slug="washington", name="Washington", kind="state", code="US-WA", wikidata_id="Q1223"),
        ],
        "actor_names": [row("actor_names", actor="seattle", name="Emerald City")],
        "partnerships": [
            row("partnerships", slug="kobe-seattle", title="Kobe–Seattle", summary="Both ports.", started="1957-10")
        ],
        "participations": [
            row("participations", partnership="kobe-seattle", actor="seattle", position="1"),
            row("participations", partnership="kobe-seattle", actor="kobe", position="2"),
        ],
        "partnership_themes": [row("partnership_themes", partnership="kobe-seattle", theme="climate")],
        "outcomes": [
            row("outcomes", partnership="kobe-seattle", statement="Forty visits", value="40", unit="visits"),
        ],
        "adoptions": [],
        "milestones": [row("milestones", partnership="kobe-seattle", on="1957-10-21", source="city-page")],
        "sources": [row("sources", slug="city-page")],
        "citations": [row("citations", partnership="kobe-seattle", source="city-page")],
    }


def add_partnership(rows: Rows, slug: str, **cells: str) -> None:
    """One more complete partnership of Kobe and Seattle."""
    rows["partnerships"].append(row("partnerships", slug=slug, **cells))
    rows["participations"] += [row("participations", partnership=slug, actor=actor) for actor in ("kobe", "seattle")]
    rows["citations"].append(row("citations", partnership=slug, source="city-page"))


def change(rows: Rows, table: str, /, number: int = 0, **cells: str) -> None:
    """Set cells of one row, counted from 0."""
    assert cells.keys() <= set(TABLE[table].column_names)
    rows[table][number].update(cells)


def edition(word: str, more: int) -> Rows:
    """A package of a few hundred rows, every part of which says which edition it is of."""
    rows = small_package()
    change(rows, "actors", 1, parent="hyogo-prefecture" if more else "")
    change(rows, "actors", 2, population=str(750_000 + more))
    for number in range(100 + more):
        add_partnership(rows, f"p{number}", title=f"{word} edition")
        rows["outcomes"].append(row("outcomes", partnership=f"p{number}", statement=f"{word} result"))
    for citation in rows["citations"]:
        citation["locator"] = f"{word} page"
    return rows


def write(folder: Path, rows: Rows | None = None) -> Path:
    """Write the rows into a folder, replacing what is there; the small package unless told otherwise."""
    folder.mkdir(exist_ok=True)
    rows = small_package() if rows is None else rows
    for table in TABLES:
        with (folder / table.file_name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, table.column_names, lineterminator="\n", quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows[table.name])
    return folder


def read(folder: Path) -> Rows:
    """The rows of a package in a folder, as they stand."""
    found: Rows = {}
    for table in TABLES:
        with (folder / table.file_name).open(encoding="utf-8", newline="") as file:
            found[table.name] = list(csv.DictReader(file))
    return found


def file_bytes(folder: Path) -> dict[str, bytes]:
    """Every file of a package with its bytes."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
