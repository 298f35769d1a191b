"""The matrix of coverage as a table of one row for each cell, for spreadsheets that make a matrix of it again."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from partnerships.coverage import BY, Cell, Line, Matrix

EVERYTHING = Line("*", "", "", "")  # of a total, in which each partnership counts once
NOTHING = Line("", "", "", "")  # no region, or no theme


def rows(matrix: Matrix) -> Iterator[list[str]]:
    """The head, and a row for each cell. A number of 0 stands beside what is known of it."""
    yield [
        *(f"{name}{column}" for name in BY[matrix.by] for column in ("", "_name", "_name_ja")),
        "partnerships",
        "coverage",
        "checked_on",
        "checked_how",
        "url",
    ]
    for row in (*matrix.rows, matrix.rest, matrix.total):
        line = row.line or (NOTHING if row is matrix.rest else EVERYTHING)
        for column, cell in zip((*matrix.columns, NOTHING, EVERYTHING), (*row.cells, row.rest, row.total), strict=True):
            yield [*line[:3], *column[:3], *_values(cell)]


def _values(cell: Cell) -> list[str]:
    check = cell.check
    return [
        str(cell.count),
        str(cell.coverage),
        str(check.checked_on) if check else "",
        check.method if check else "",
        f"{settings.SITE_URL}/partnerships/{cell.address}".removesuffix("?") if cell.address else "",
    ]
