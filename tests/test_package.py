"""Reading a data package: whatever is wrong with it is named by table, row and column, all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from partnerships.package.cells import DECIMAL, DEGREES
from partnerships.package.reading import PackageError, read_package
from partnerships.package.tables import TABLES
from partnerships.package.writing import csv_text

from .packages import Rows, add_partnership, change, row, small_package, write


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def problems_of(folder: Path) -> list[str]:
    """What is wrong with the package in a folder; empty where nothing is."""
    try:
        read_package(folder)
    except PackageError as error:
        return error.problems
    return []


def test_a_sound_package_has_no_problems(tmp_path: Path) -> None:
    assert problems_of(write(tmp_path)) == []


def test_a_package_without_any_rows_is_sound(tmp_path: Path) -> None:
    assert problems_of(write(tmp_path, {table.name: [] for table in TABLES})) == []


# Rows are counted as a spreadsheet does: the header is row 1, so that row 2 is the first of small_package().
BAD_CELLS: list[tuple[str, dict[str, str], str]] = [
    ("partnerships", {"started": "1957-13"}, "column started: “1957-13” is not a date like 2014, 2014-11 or"),
    ("partnerships", {"started": "2023-02-29"}, "column started: “2023-02-29” is not a date like"),
    ("partnerships", {"started": "1957-00"}, "column started: “1957-00” is not a date like"),
    ("partnerships", {"verified_on": "21 October 1957"}, "column verified_on: “21 October 1957” is not a date like"),
    ("partnerships", {"ended": "1957-09"}, "column ended: the end lies before the start"),
    ("partnerships", {"title": ""}, "column title: must not be empty"),
    ("partnerships", {"title": " \t"}, "column title: must not be empty"),
    ("partnerships", {"title": "K" * 201}, "column title: 201 characters, at most 200 fit"),
    ("partnerships", {"title": "神" * 201}, "column title: 201 characters, at most 200 fit"),
    ("partnerships", {"summary": "Both\x00ports"}, "column summary: contains a NUL character"),
    ("partnerships", {"kind": "Sister"}, "column kind: “Sister” is not one of: sister, friendship, memorandum,"),
    ("partnerships", {"status": ""}, "column status: must not be empty"),
    ("actors", {"country": "FR"}, "column country: “FR” is not one of: US, JP"),
    ("actors", {"population": "1,500"}, "column population: “1,500” is not a whole number"),
    ("actors", {"population": "-1"}, "column population: “-1” is not a whole number"),
    ("actors", {"population": "1.5e6"}, "column population: “1.5e6” is not a whole number"),
    ("actors", {"population": "１５００"}, "column population: “１５００” is not a whole number"),
    ("actors", {"population_year": "40000"}, "column population_year: at most 32767 fits"),
    ("participations", {"position": "32768"}, "column position: at most 32767 fits"),
    ("actors", {"latitude": "north", "longitude": "1"}, "column latitude: “north” is not a number"),
    ("actors", {"latitude": "nan", "longitude": "1"}, "column latitude: “nan” is not a number"),
    ("actors", {"latitude": "1e999", "longitude": "1"}, "column latitude: “1e999” is not a number"),
    ("actors", {"latitude": "4_7", "longitude": "1"}, "column latitude: “4_7” is not a number"),
    ("actors", {"latitude": "90.1", "longitude": "1"}, "column latitude: beyond ±90 degrees"),
    ("actors", {"latitude": "1", "longitude": "-180.1"}, "column longitude: beyond ±180 degrees"),
    ("actors", {"latitude": "1"}, "column longitude: latitude and longitude belong together"),
    ("actors", {"website": "www.example.org"}, "column website: “www.example.org” is not an address that begins with"),
    ("actors", {"office_url": "javascript:alert(1)"}, "column office_url: “javascript:alert(1)” is not an address"),
    ("actors", {"office_url": "https://a b"}, "column office_url: “https://a b” is not an address"),
    ("sources", {"url": "ftp://example.org/"}, "column url: “ftp://example.org/” is not an address that begins with"),
    ("sources", {"url": "https://"}, "column url: “https://” is not an address"),
    ("sources", {"language": "fr"}, "column language: “fr” is not one of: en, ja"),
    ("outcomes", {"value": "about 40"}, "column value: “about 40” is not a number with at most"),
    ("outcomes", {"value": "0.12345"}, "column value: “0.12345” is not a number with at most"),
    ("outcomes", {"value": "Infinity"}, "column value: “Infinity” is not a number with at most"),
    ("outcomes", {"value": "1234567890123456"}, "column value: “1234567890123456” is not a number with at most"),
    ("outcomes", {"value": ""}, "column unit: a unit without a figure"),
    ("outcomes", {"grade": "hearsay"}, "column grade: “hearsay” is not one of: official_statistic,"),
    ("outcomes", {"source": "lost-page"}, "column source: “lost-page” is not in sources.csv"),
    ("milestones", {"on": ""}, "column on: must not be empty"),
    ("milestones", {"source": "lost-page"}, "column source: “lost-page” is not in sources.csv"),
    ("actor_names", {"actor": "portland"}, "column actor: “portland” is not in actors.csv"),
    ("actors", {"parent": "asia"}, "column parent: “asia” is not in actors.csv"),
    ("actors", {"successor": "asia"}, "column successor: “asia” is not in actors.csv"),
    ("partnership_themes", {"theme": "space"}, "column theme: “space” is not in themes.csv"),
    ("participations", {"actor": "portland"}, "column actor: “portland” is not in actors.csv"),
    ("participations", {"role": "guest"}, "column role: “guest” is not one of: lead, partner, host,"),
    ("citations", {"supports": "weather"}, "column supports: “weather” is not one of: existence,"),
    ("themes", {"order": ""}, "column order: must not be empty"),
]


@pytest.mark.parametrize(("table", "cells", "complaint"), BAD_CELLS, ids=[text for _t, _c, text in BAD_CELLS])
def test_it_names_a_bad_cell(tmp_path: Path, table: str, cells: dict[str, str], complaint: str) -> None:
    rows = small_package()
    change(rows, table, **cells)
    [problem] = problems_of(write(tmp_path, rows))
    assert problem.startswith(f"{table}.csv, row 2, {complaint}")


@pytest.mark.parametrize("slug", ["Kobe", "kobe seattle", "kobe--seattle", "-kobe", "kobe_seattle", "神戸", "kobe/x"])
def test_it_refuses_a_slug_that_is_no_address(tmp_path: Path, slug: str) -> None:
    rows = small_package()
    rows["themes"].append(row("themes", slug=slug, name="Another"))
    assert problems_of(write(tmp_path, rows)) == [
        f"themes.csv, row 3, column slug: “{slug}” is not an address: small letters, digits and single hyphens"
    ]


@pytest.mark.parametrize("slug", ["", "Kobe"])
@pytest.mark.parametrize("table", ["themes", "actors", "partnerships", "sources"])
def test_a_bad_slug_gives_one_complaint_and_no_more(tmp_path: Path, table: str, slug: str) -> None:
    rows = small_package()
    rows[table].append(row(table, slug=slug, **({"name": "Another"} if table == "themes" else {})))
    [problem] = problems_of(write(tmp_path, rows))
    assert problem.startswith(f"{table}.csv, row {len(rows[table]) + 1}, column slug: ")


@pytest.mark.parametrize("table", [table for table in TABLES if table.owner], ids=lambda table: table.name)
def test_a_part_of_no_record_is_a_bad_cell(tmp_path: Path, table: object) -> None:
    rows = small_package()
    first, *others = table.key  # type: ignore[attr-defined]
    known = {"adopted_from": "kobe-seattle", "actor": "kobe", "theme": "climate", "source": "city-page", "on": "2014"}
    cells = {name: known.get(name, "signed" if name == "kind" else "existence") for name in others}
    rows[table.name].append(row(table.name, **cells))  # type: ignore[attr-defined]
    [problem] = problems_of(write(tmp_path, rows))
    assert problem.endswith(f"column {first}: must not be empty")


def test_a_long_value_is_shortened_in_the_complaint(tmp_path: Path) -> None:
    rows = small_package()
    change(rows, "partnerships", started="x" * 500)
    [problem] = problems_of(write(tmp_path, rows))
    assert f"“{'x' * 57}…”" in problem


DUPLICATES: dict[str, tuple[dict[str, str], str]] = {
    "themes": ({"slug": "climate", "name": "Weather"}, "row 3, column slug: “climate” stands in row 2 already"),
    "actors": ({"slug": "kobe", "country": "JP"}, "row 6, column slug: “kobe” stands in row 3 already"),
    "partnerships": ({"slug": "kobe-seattle"}, "row 3, column slug: “kobe-seattle” stands in row 2 already"),
    "sources": ({"slug": "city-page"}, "row 3, column slug: “city-page” stands in row 2 already"),
    "actor_names": (
        {"actor": "seattle", "name": "Emerald City", "kind": "former"},
        "row 3, column name: “seattle · Emerald City” stands in row 2 already",
    ),
    "participations": (
        {"partnership": "kobe-seattle", "actor": "kobe", "role": "host"},
        "row 4, column actor: “kobe-seattle · kobe” stands in row 3 already",
    ),
    "partnership_themes": (
        {"partnership": "kobe-seattle", "theme": "climate"},
        "row 3, column theme: “kobe-seattle · climate” stands in row 2 already",
    ),
    "outcomes": (
        {"partnership": "kobe-seattle", "statement": "Forty visits"},
        "row 3, column statement: “kobe-seattle · Forty visits” stands in row 2 already",
    ),
    "milestones": (
        {"partnership": "kobe-seattle", "on": "1957-10-21", "kind": "signed"},
        "row 3, column kind: “kobe-seattle · 1957-10-21 · signed” stands in row 2 already",
    ),
    "citations": (
        {"partnership": "kobe-seattle", "source": "city-page", "supports": "existence"},
        "row 3, column supports: “kobe-seattle · city-page · existence” stands in row 2 already",
    ),
}


@pytest.mark.parametrize("table", DUPLICATES)
def test_a_key_stands_once(tmp_path: Path, table: str) -> None:
    cells, complaint = DUPLICATES[table]
    rows = small_package()
    rows[table].append(row(table, **cells))
    assert problems_of(write(tmp_path, rows)) == [f"{table}.csv, {complaint}"]


def test_an_adoption_stands_once(tmp_path: Path) -> None:
    rows = small_package()
    add_partnership(rows, "copy")
    rows["adoptions"] += [row("adoptions", partnership="copy", adopted_from="kobe-seattle")] * 2
    assert problems_of(write(tmp_path, rows)) == [
        "adoptions.csv, row 3, column adopted_from: “copy · kobe-seattle” stands in row 2 already"
    ]


@pytest.mark.parametrize(
    ("column", "value", "key"), [("code", "US-WA", "US · US-WA"), ("wikidata_id", "Q1223", "Q1223")]
)
def test_an_official_number_belongs_to_one_place(tmp_path: Path, column: str, value: str, key: str) -> None:
    rows = small_package()
    rows["actors"].append(row("actors", slug="other", **{column: value}))
    assert problems_of(write(tmp_path, rows)) == [
        f"actors.csv, row 6, column {column}: “{key}” stands in row 5 already"
    ]


def test_the_same_code_may_stand_on_both_shores(tmp_path: Path) -> None:
    rows = small_package()
    rows["actors"].append(row("actors", slug="other", country="JP", code="US-WA"))
    assert problems_of(write(tmp_path, rows)) == []


def test_the_name_of_a_theme_stands_once(tmp_path: Path) -> None:
    rows = small_package()
    rows["themes"].append(row("themes", slug="weather", name="Climate"))
    assert problems_of(write(tmp_path, rows)) == ["themes.csv, row 3, column name: “Climate” stands in row 2 already"]


@pytest.mark.parametrize(("gone", "shore"), [("seattle", "United States"), ("kobe", "Japan")])
def test_a_partnership_needs_both_shores(tmp_path: Path, gone: str, shore: str) -> None:
    rows = small_package()
    rows["participations"] = [part for part in rows["participations"] if part["actor"] != gone]
    assert problems_of(write(tmp_path, rows)) == [
        f"partnerships.csv, row 2, column slug: “kobe-seattle” has no participant from this shore: {shore}"
    ]


def test_a_partnership_needs_a_source(tmp_path: Path) -> None:
    rows = small_package() | {"citations": []}
    assert problems_of(write(tmp_path, rows)) == ["partnerships.csv, row 2, column slug: “kobe-seattle” has no source"]


@pytest.mark.parametrize("column", ["parent", "successor"])
def test_places_that_lead_back_to_themselves_are_a_circle(tmp_path: Path, column: str) -> None:
    rows = small_package()
    rows["actors"] += [
        row("actors", slug="one", **{column: "two"}),
        row("actors", slug="outside", **{column: "one"}),
        row("actors", slug="two", **{column: "one"}),
    ]
    assert problems_of(write(tmp_path, rows)) == [f"actors.csv, row 8, column {column}: a circle: one → two → one"]


def test_a_circle_is_shown_without_the_way_into_it(tmp_path: Path) -> None:
    rows = small_package()
    rows["actors"] += [
        row("actors", slug="a-outside", parent="one"),
        row("actors", slug="one", parent="two"),
        row("actors", slug="two", parent="one"),
    ]
    assert problems_of(write(tmp_path, rows)) == ["actors.csv, row 8, column parent: a circle: one → two → one"]


def test_a_place_in_itself_is_a_circle(tmp_path: Path) -> None:
    rows = small_package()
    rows["actors"].append(row("actors", slug="one", parent="one"))
    assert problems_of(write(tmp_path, rows)) == ["actors.csv, row 6, column parent: a circle: one → one"]


def test_adoptions_form_no_circle(tmp_path: Path) -> None:
    rows = small_package()
    for slug, model in (("one", "two"), ("two", "three"), ("three", "one")):
        add_partnership(rows, slug)
        rows["adoptions"].append(row("adoptions", partnership=slug, adopted_from=model))
    assert problems_of(write(tmp_path, rows)) == [
        "adoptions.csv, row 4, column adopted_from: a circle: one → two → three → one"
    ]


def test_several_models_are_no_circle(tmp_path: Path) -> None:
    rows = small_package()
    for slug in ("one", "two", "three"):
        add_partnership(rows, slug)
    links = [("one", "two"), ("one", "three"), ("two", "three"), ("three", "kobe-seattle")]
    rows["adoptions"] = [row("adoptions", partnership=one, adopted_from=model) for one, model in links]
    assert problems_of(write(tmp_path, rows)) == []


@pytest.mark.parametrize("started", ["", "1957", "1957-10", "1957-10-21"])
@pytest.mark.parametrize("ended", ["", "1957", "1957-10", "1957-10-21"])
def test_an_end_that_may_follow_the_start_is_sound(tmp_path: Path, started: str, ended: str) -> None:
    rows = small_package()
    change(rows, "partnerships", started=started, ended=ended)
    assert problems_of(write(tmp_path, rows)) == []


def test_all_problems_come_in_one_report(tmp_path: Path) -> None:
    rows = small_package()
    change(rows, "themes", order="first")
    change(rows, "actors", 1, population="many", website="nowhere")
    change(rows, "actors", 2, parent="oregon")
    change(rows, "partnerships", started="1957-13")
    folder = write(tmp_path, rows)
    (folder / "outcomes.csv").unlink()
    assert [problem.split(":")[0] for problem in problems_of(folder)] == [
        "themes.csv, row 2, column order",
        "actors.csv, row 3, column population",
        "actors.csv, row 3, column website",
        "partnerships.csv, row 2, column started",
        "outcomes.csv",
        "actors.csv, row 4, column parent",
    ]


def test_the_message_of_the_error_holds_every_problem(tmp_path: Path) -> None:
    rows = small_package()
    change(rows, "themes", name="", order="first")
    with pytest.raises(PackageError, match=r"column name.*\n.*column order"):
        read_package(write(tmp_path, rows))


def test_a_folder_that_is_not_there_is_said_to_be_none(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "nowhere") == [f"{tmp_path / 'nowhere'} is not a folder with a data package."]


@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_a_missing_file_is_one_problem_and_not_a_thousand(tmp_path: Path, table: str) -> None:
    folder = write(tmp_path)
    (folder / f"{table}.csv").unlink()
    assert problems_of(folder) == [f"{table}.csv: the file is missing"]


def test_a_folder_in_place_of_a_file_is_a_problem(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "themes.csv").unlink()
    (folder / "themes.csv").mkdir()
    [problem] = problems_of(folder)
    assert problem.startswith("themes.csv: the file cannot be read")


def edit(folder: Path, table: str, change: Callable[[bytes], bytes]) -> Path:
    """Change the bytes of one file of a package."""
    path = folder / f"{table}.csv"
    path.write_bytes(change(path.read_bytes()))
    return folder


def test_an_empty_file_lacks_every_column(tmp_path: Path) -> None:
    folder = edit(write(tmp_path), "partnership_themes", lambda text: b"")
    assert problems_of(folder) == [
        "partnership_themes.csv, row 1, column partnership: missing column",
        "partnership_themes.csv, row 1, column theme: missing column",
    ]


def test_an_unknown_column_is_named(tmp_path: Path) -> None:
    folder = edit(write(tmp_path), "adoptions", lambda text: b"partnership,adopted_from,since\n")
    assert problems_of(folder) == ["adoptions.csv, row 1, column since: unknown column"]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    folder = edit(write(tmp_path), "adoptions", lambda text: b"partnership\n")
    assert problems_of(folder) == ["adoptions.csv, row 1, column adopted_from: missing column"]


def test_a_column_that_appears_twice_is_named(tmp_path: Path) -> None:
    folder = edit(write(tmp_path), "adoptions", lambda text: b"partnership,adopted_from,partnership\n")
    assert problems_of(folder) == ["adoptions.csv, row 1, column partnership: the column appears twice"]


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    folder = edit(write(tmp_path), "partnership_themes", lambda text: b"theme,partnership\nclimate,kobe-seattle\n")
    assert read_package(folder).rows["partnership_themes"] == [{"partnership": "kobe-seattle", "theme": "climate"}]


@pytest.mark.parametrize(("line", "found"), [(b"kobe-seattle", 1), (b"kobe-seattle,climate,", 3), (b"", 0)])
def test_a_row_of_another_length_is_named(tmp_path: Path, line: bytes, found: int) -> None:
    folder = edit(write(tmp_path), "partnership_themes", lambda text: text + line + b"\n")
    assert problems_of(folder) == [f"partnership_themes.csv, row 3: {found} cells where the header has 2"]


@pytest.mark.parametrize("table", ["themes", "actors", "partnerships"])
def test_a_byte_order_mark_is_accepted(tmp_path: Path, table: str) -> None:
    folder = edit(write(tmp_path), table, lambda text: b"\xef\xbb\xbf" + text)
    assert problems_of(folder) == []


def test_line_ends_of_windows_are_accepted(tmp_path: Path) -> None:
    write(tmp_path)
    plain = read_package(tmp_path)
    for table in TABLES:
        edit(tmp_path, table.name, lambda text: text.replace(b"\n", b"\r\n"))
    assert read_package(tmp_path) == plain


def test_a_last_line_without_an_end_is_accepted(tmp_path: Path) -> None:
    assert problems_of(edit(write(tmp_path), "citations", bytes.rstrip)) == []


def test_line_breaks_inside_a_cell_are_kept(tmp_path: Path) -> None:
    rows = small_package()
    change(rows, "partnerships", summary="Both\nports\r\nand\rmore")
    assert read_package(write(tmp_path, rows)).rows["partnerships"][0]["summary"] == "Both\nports\r\nand\rmore"


def test_rows_are_counted_as_rows_and_not_as_lines(tmp_path: Path) -> None:
    rows = small_package()
    change(rows, "partnerships", summary="Both\nports\nand\nmore")
    add_partnership(rows, "other", started="soon")
    [problem] = problems_of(write(tmp_path, rows))
    assert problem.startswith("partnerships.csv, row 3, column started: ")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'"kobe-seattle"x,climate\n', "',' expected after '\"'"),
        (b'"kobe-seattle,climate\nkobe-seattle,tech\n', "unexpected end of data"),
    ],
)
def test_a_quoting_fault_is_named_with_the_row_in_which_it_begins(tmp_path: Path, line: bytes, reason: str) -> None:
    rows = small_package()
    rows["partnership_themes"] = []
    folder = edit(write(tmp_path, rows), "partnership_themes", lambda text: text + line)
    assert problems_of(folder) == [f"partnership_themes.csv, row 2: not valid CSV: {reason}"]


def test_a_quoting_fault_after_cells_with_line_breaks_is_counted_in_rows(tmp_path: Path) -> None:
    rows = small_package()
    change(rows, "citations", locator="Page 1\nand\npage 2")
    folder = edit(write(tmp_path, rows), "citations", lambda text: text + b'"kobe-seattle"x,city-page,dates,\n')
    [problem] = problems_of(folder)
    assert problem.startswith("citations.csv, row 3: not valid CSV")


def test_a_quoting_fault_is_one_problem_and_not_a_thousand(tmp_path: Path) -> None:
    folder = edit(write(tmp_path), "actors", lambda text: text.replace(b'\n"kobe"', b'\n"kobe"x', 1))
    [problem] = problems_of(folder)
    assert problem.startswith("actors.csv, row 3: not valid CSV")


def test_a_cell_without_an_end_is_a_problem(tmp_path: Path) -> None:
    rows = small_package()
    change(rows, "partnerships", summary="x" * 1_000_001)
    [problem] = problems_of(write(tmp_path, rows))
    assert problem.startswith("partnerships.csv, row 2: not valid CSV: field larger than")


@pytest.mark.parametrize("encoding", ["shift_jis", "utf-16"])
def test_another_encoding_is_a_problem(tmp_path: Path, encoding: str) -> None:
    folder = edit(write(tmp_path), "actors", lambda text: text.decode().encode(encoding))
    [problem] = problems_of(folder)
    assert problem.startswith("actors.csv: the file cannot be read as UTF-8 text")


CANONICAL: list[tuple[str, dict[str, str], str, str]] = [
    ("actors", {"latitude": "47.60", "longitude": "0"}, "latitude", "47.6"),
    ("actors", {"latitude": "+1e1", "longitude": "0"}, "latitude", "10.0"),
    ("actors", {"latitude": "-0", "longitude": "0"}, "latitude", "0.0"),
    ("actors", {"population": "007"}, "population", "7"),
    ("outcomes", {"value": "40.00"}, "value", "40"),
    ("outcomes", {"value": "100"}, "value", "100"),
    ("outcomes", {"value": "1E+3"}, "value", "1000"),
    ("outcomes", {"value": "-0.0"}, "value", "0"),
]


@pytest.mark.parametrize(("table", "cells", "column", "text"), CANONICAL)
def test_a_number_is_read_as_its_one_canonical_text(
    tmp_path: Path, table: str, cells: dict[str, str], column: str, text: str
) -> None:
    rows = small_package()
    change(rows, table, **cells)
    assert read_package(write(tmp_path, rows)).rows[table][0][column] == text


@settings(deadline=None)
@given(st.decimals(min_value=-(10**11) + 1, max_value=10**11 - 1, places=4))
def test_a_figure_reads_back_as_itself(number: object) -> None:
    assert DECIMAL.parse(DECIMAL.render(DECIMAL.parse(str(number)))) == number


@settings(deadline=None)
@given(st.floats(-180, 180))
def test_a_coordinate_reads_back_as_itself(number: float) -> None:
    assert DEGREES.parse(DEGREES.render(DEGREES.parse(repr(number)))) == number


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3))
@example([('"', ","), ("a\rb", "\r"), ("\n", "\r\n"), ("神戸, 「港」", "🗾"), ("\u2028\x85\x1c", " x ")])
def test_any_text_reads_back_as_it_was_written(tmp_path: Path, texts: list[tuple[str, str]]) -> None:
    rows: Rows = small_package()
    for number, (_title, _note) in enumerate(texts):
        add_partnership(rows, f"p{number}", summary=_title, note=_note)
    write(tmp_path, rows)
    for table in TABLES:
        ordered = [tuple(cells[name] for name in table.column_names) for cells in rows[table.name]]
        (tmp_path / table.file_name).write_bytes(csv_text([table.column_names, *ordered]).encode())
    found = read_package(tmp_path).rows["partnerships"][1:]
    assert [(cells["summary"], cells["note"]) for cells in found] == texts
