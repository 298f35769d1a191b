"""Reading a data package from disk: everything is checked before anything is believed."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from partnerships.models import Country, PartialDate

from .tables import TABLES, Table

LONGEST_CELL = 1_000_000  # what is longer is a broken quote, not a text


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a package; ``row`` counts as a spreadsheet does, the header being row 1."""

    table: str
    message: str
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        place = f"{self.table}.csv"
        if self.row is not None:
            place += ", " + _("row %(row)d") % {"row": self.row}
        if self.column:
            place += ", " + _("column %(column)s") % {"column": self.column}
        return f"{place}: {self.message}"


class PackageError(Exception):
    """A package that cannot be loaded, with every reason at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


Row = dict[str, str]


@dataclass
class Package:
    """The checked rows of each table, canonical texts by column name."""

    rows: dict[str, list[Row]] = field(default_factory=dict)


def read_package(path: Path) -> Package:
    """Read and check the package in a folder; ``PackageError`` names every fault by table, row and column."""
    if not path.is_dir():
        raise PackageError([_("%(path)s is not a folder with a data package.") % {"path": path}])
    reader = _Reader(path)
    package = reader.read()
    if reader.problems:
        raise PackageError([str(problem) for problem in reader.problems])
    return package


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.rows: dict[str, list[tuple[int, Row]]] = {}
        # What was complained about already, so that one fault does not give rise to a hundred complaints.
        self.unread: set[str] = set()
        self.bad_cells: set[tuple[str, int, str]] = set()

    def read(self) -> Package:
        csv.field_size_limit(LONGEST_CELL)  # here, because it holds for the whole process and others set it too
        for table in TABLES:
            self.rows[table.name] = list(self._table(table))
        for table in TABLES:
            self._check_unique(table, table.key)
            for names in table.unique:
                self._check_unique(table, names)
            self._check_references(table)
        self._check_actors()
        self._check_partnerships()
        for column in ("parent", "successor"):
            self._check_circles("actors", {row["slug"]: [row[column]] for _n, row in self.rows["actors"]}, column)
        adopted = defaultdict(list)
        for _number, row in self.rows["adoptions"]:
            adopted[row["partnership"]].append(row["adopted_from"])
        self._check_circles("adoptions", adopted, "adopted_from")
        return Package({name: [row for _number, row in rows] for name, rows in self.rows.items()})

    def complain(self, table: str, message: str, row: int | None = None, column: str = "") -> None:
        self.problems.append(Problem(table, message, row, column))
        if row is None:
            self.unread.add(table)
        else:
            self.bad_cells.add((table, row, column))

    def _table(self, table: Table) -> Iterator[tuple[int, Row]]:
        """The rows of one file with their numbers; cells that cannot be read are complained about and left empty."""
        path = self.path / table.file_name
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            self.complain(table.name, _("the file is missing"))
            return
        except (OSError, UnicodeDecodeError) as error:
            self.complain(table.name, _("the file cannot be read as UTF-8 text (%(error)s)") % {"error": error})
            return
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        number = 0
        try:
            header = next(lines, [])
            if not self._check_header(table, header):
                self.unread.add(table.name)
                return
            number = 1
            for number, cells in enumerate(lines, start=2):
                if len(cells) != len(header):
                    self.complain(
                        table.name,
                        _("%(found)d cells where the header has %(expected)d")
                        % {"found": len(cells), "expected": len(header)},
                        number,
                    )
                    continue
                raw = dict(zip(header, cells, strict=True))
                yield number, {name: self._cell(table, number, name, raw[name]) for name in table.column_names}
        except csv.Error as error:
            self.unread.add(table.name)
            self.complain(table.name, _("not valid CSV: %(error)s") % {"error": error}, number + 1)

    def _check_header(self, table: Table, header: list[str]) -> bool:
        expected = set(table.column_names)
        for name in sorted(set(header) - expected):
            self.complain(table.name, _("unknown column"), 1, name)
        for name in table.column_names:
            if header.count(name) != 1:
                message = _("missing column") if name not in header else _("the column appears twice")
                self.complain(table.name, message, 1, name)
        return set(header) == expected and len(header) == len(expected)

    def _cell(self, table: Table, number: int, name: str, text: str) -> str:
        column = table.column(name)
        if column.required and not text.strip():
            self.complain(table.name, _("must not be empty"), number, name)
            return ""
        if not text:
            return ""
        if "\x00" in text:
            self.complain(table.name, _("contains a NUL character"), number, name)
            return ""
        choices = table.choices(column)
        if choices and text not in choices:
            self.complain(
                table.name,
                _("“%(value)s” is not one of: %(choices)s") % {"value": _short(text), "choices": ", ".join(choices)},
                number,
                name,
            )
            return ""
        try:
            canonical = column.cell.render(column.cell.parse(text))
        except ValueError:
            self.complain(table.name, f"“{_short(text)}” {column.cell.complaint()}", number, name)
            return ""
        longest = table.max_length(column)
        if longest and len(canonical) > longest:
            self.complain(
                table.name,
                _("%(length)d characters, at most %(longest)d fit") % {"length": len(canonical), "longest": longest},
                number,
                name,
            )
        largest = table.max_value(column)
        if largest and int(canonical) > largest:
            self.complain(table.name, _("at most %(largest)d fits") % {"largest": largest}, number, name)
        return canonical

    def _check_unique(self, table: Table, names: tuple[str, ...]) -> None:
        first: dict[tuple[str, ...], int] = {}
        for number, row in self.rows[table.name]:
            key = tuple(row[name] for name in names)
            if not all(key):
                continue
            if key in first:
                self.complain(
                    table.name,
                    _("“%(key)s” stands in row %(row)d already") % {"key": " · ".join(key), "row": first[key]},
                    number,
                    names[-1],
                )
            else:
                first[key] = number

    def _check_references(self, table: Table) -> None:
        for column in table.columns:
            if not column.references or column.references in self.unread:
                continue
            known = {row["slug"] for _number, row in self.rows[column.references]}
            for number, row in self.rows[table.name]:
                if row[column.name] and row[column.name] not in known:
                    self.complain(
                        table.name,
                        _("“%(slug)s” is not in %(table)s.csv")
                        % {"slug": row[column.name], "table": column.references},
                        number,
                        column.name,
                    )

    def _check_actors(self) -> None:
        for number, row in self.rows["actors"]:
            bad = self.bad_cells & {("actors", number, "latitude"), ("actors", number, "longitude")}
            if bool(row["latitude"]) != bool(row["longitude"]) and not bad:
                self.complain("actors", _("latitude and longitude belong together"), number, "longitude")
            for column, limit in (("latitude", 90), ("longitude", 180)):
                if row[column] and abs(float(row[column])) > limit:
                    self.complain("actors", _("beyond ±%(limit)d degrees") % {"limit": limit}, number, column)

    def _check_partnerships(self) -> None:
        country = {row["slug"]: row["country"] for _number, row in self.rows["actors"]}
        shores: dict[str, set[str]] = defaultdict(set)
        for _number, row in self.rows["participations"]:
            shores[row["partnership"]].add(country.get(row["actor"], ""))
        sourced = {row["partnership"] for _number, row in self.rows["citations"]}
        for number, row in self.rows["partnerships"]:
            found = shores[row["slug"]]
            # "" stands for a participant that cannot be placed, which was said where it stands.
            is_known = row["slug"] and "" not in found and not self.unread & {"participations", "actors"}
            for shore in Country if is_known else ():
                if shore not in found:
                    self.complain(
                        "partnerships",
                        _("“%(slug)s” has no participant from this shore: %(shore)s")
                        % {"slug": row["slug"], "shore": shore.label},
                        number,
                        "slug",
                    )
            if row["slug"] and row["slug"] not in sourced and "citations" not in self.unread:
                self.complain("partnerships", _("“%(slug)s” has no source") % {"slug": row["slug"]}, number, "slug")
            if (
                row["started"]
                and row["ended"]
                and PartialDate.parse(row["ended"]).latest < PartialDate.parse(row["started"]).earliest
            ):
                self.complain("partnerships", _("the end lies before the start"), number, "ended")
        for number, row in self.rows["outcomes"]:
            if row["unit"] and not row["value"] and ("outcomes", number, "value") not in self.bad_cells:
                self.complain("outcomes", _("a unit without a figure"), number, "unit")

    def _check_circles(self, table: str, links: dict[str, list[str]], column: str) -> None:
        """Complain once about each row from which ``column`` leads back to itself."""
        number_of = {row[next(iter(row))]: number for number, row in reversed(self.rows[table])}
        done: set[str] = set()
        for start in links:
            if not start or start in done:
                continue
            trail: dict[str, None] = {}
            stack = [(start, iter(links.get(start, ())))]
            trail[start] = None
            while stack:
                step, ahead = stack[-1]
                following = next(ahead, None)
                if following is None:
                    stack.pop()
                    trail.pop(step)
                    done.add(step)
                elif following in trail:
                    circle = [*trail][[*trail].index(following) :]
                    self.complain(
                        table,
                        _("a circle: %(steps)s") % {"steps": " → ".join([*circle, following])},
                        number_of.get(step),
                        column,
                    )
                elif following and following not in done:
                    trail[following] = None
                    stack.append((following, iter(links.get(following, ()))))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
