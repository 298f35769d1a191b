"""The parts of the benchmark that could be wrong in silence: its arithmetic, its addresses, its table, its client."""

from __future__ import annotations

import copy
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.http import QueryDict

from partnerships import queries
from partnerships.filters import PartnershipFilter

from .bench import fixed, report
from .bench.client import Answer, Client, load
from .bench.data import Dataset, Facts, address, addresses, crawl_addresses, problem_with
from .factories import make_prefecture, make_state, make_theme


def measurement(system: str, *rounds: float, row: str = "listing", size: int = 600, engine: str = "sqlite") -> Any:
    return {
        "size": size,
        "engine": engine,
        "row": row,
        "system": system,
        "rounds": list(rounds),
        "note": "",
        "alone": 1,
    }


def robots(number: int, statuses: dict[str, int]) -> report.Figures:
    times = {"before": {"p50": 1, "p95": 2}, "during": {"p50": 3, "p95": 17}, "after": {"p50": 1, "p95": 2}}
    about = {"size": 600, "engine": "sqlite", "robots": number, "connections": 8, "asked": 2000, "seconds": 4.0}
    return {**about, **times, "statuses": statuses, "memory_before": 133.0, "memory_after": 149.0}


@pytest.fixture
def figures() -> report.Figures:
    return {
        "command": "make bench",
        "date": "2026-11-24",
        "commit": "abc1234",
        "generator": "wrk",
        "machine": {"processor": "a processor", "cores": 2, "memory": 24},
        "versions": {"Python": "3.11"},
        "measurements": [
            measurement("fixed", 4000, 1000, 2000),
            measurement("kept", 1900, 1900, 100),
            measurement("cold", 500, 300, 400),
            measurement("datasette", 20, 10, 30),
            {**measurement("kept", row="csv"), "note": "not there"},
        ],
        "sql": [],
        "changes": [],
        "memory": [{"size": 600, "engine": "sqlite", "rss": 151.0, "pss": 90.0}],
        "crawl": [robots(1, {"200": 600, "429": 1400}), robots(2000, {"200": 2000})],
        "not_run": ["a million"],
    }


def target(label: str) -> report.Target:
    return next(each for each in report.TARGETS if each.label == label)


def test_a_ratio_is_that_of_the_medians(figures):
    assert report.ratio(figures, 600, "sqlite", "listing", "cold", "fixed") == 400 / 2000
    assert report.ratio(figures, 600, "sqlite", "listing", "kept", "datasette") == 1900 / 20


@pytest.mark.parametrize(("row", "system"), [("record", "cold"), ("csv", "kept"), ("listing", "plain")])
def test_what_was_not_measured_has_no_ratio(figures, row, system):
    assert report.ratio(figures, 600, "sqlite", row, system, "fixed") is None


def test_spread_is_the_distance_of_the_rounds_by_their_median():
    assert report.spread([80, 100, 120]) == pytest.approx(0.4)


def test_a_missed_target_is_called_so_and_a_met_one_too(figures):
    table = "\n".join(report.targets_table(figures))
    assert "| listing with facets, cold / fixed body | SQLite | 0.200 (≥ 0.300) **NOT met** |" in table
    assert "| kept / fixed body, slowest page | SQLite | 0.950 (≥ 0.900) met |" in table
    assert "| memory of one worker | SQLite | 151 MB (≤ 150) **NOT met** |" in table
    assert report.missed(figures) == [
        "listing with facets, cold / fixed body, 600 on SQLite",
        "listing, cold / Datasette, 600 on SQLite",
        "listing, kept / Datasette, 600 on SQLite",
        "memory of one worker, 600 on SQLite",
    ]


def test_the_slowest_page_decides_for_all(figures):
    figures["measurements"] += [measurement("kept", 500, row="deep"), measurement("fixed", 2000, row="deep")]
    label = "kept / fixed body, slowest page"
    assert target(label).figure(figures, 600, "sqlite") == 0.25


def test_cold_targets_are_halved_on_postgresql_and_kept_ones_are_not():
    cold, kept = target("listing with facets, cold / fixed body"), target("kept / fixed body, slowest page")
    assert [cold.bound(10_000, engine) for engine in report.ENGINES] == [0.25, 0.125]
    assert [kept.bound(10_000, engine) for engine in report.ENGINES] == [0.9, 0.9]


def test_a_row_that_was_not_measured_says_why(figures):
    assert any("not there" in line for line in report.rates_table(figures, 600, "sqlite"))


@pytest.mark.parametrize(("value", "text"), [(0.0123, "0.0123"), (1234.5, "1,234"), (12.34, "12.3"), (0, "0")])
def test_figures_have_three_digits(value, text):
    assert report.short(value) == text


def test_the_plot_is_well_formed_and_says_in_words_what_it_shows(figures):
    root = ET.fromstring(report.svg(figures))  # noqa: S314 (our own text)
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title") is not None
    described = root.find(f"{space}desc")
    assert described is not None and "Datasette 20.0" in str(described.text)
    widths = [float(bar.get("width", "")) for bar in root.iter(f"{space}rect") if bar.get("stroke")]
    assert len(widths) == 4 and widths == sorted(widths, reverse=True)


def test_only_what_stands_between_the_markers_changes(figures, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report.BEGIN}\nformer figures\n{report.END}\nafter\n")
    report.update_readme(readme, figures)
    once = readme.read_text()
    assert once.startswith(f"before\n{report.BEGIN}\n") and once.endswith(f"{report.END}\nafter\n")
    assert "former figures" not in once and "abc1234" in once and "Not run: a million." in once
    report.update_readme(readme, figures)
    assert readme.read_text() == once


def test_a_readme_without_the_markers_is_left_as_it_is(figures, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before {report.END} {report.BEGIN}")
    with pytest.raises(SystemExit, match="left as it is"):
        report.update_readme(readme, figures)
    assert readme.read_text() == f"before {report.END} {report.BEGIN}"


def test_the_readme_has_the_markers():
    text = (Path(__file__).parent.parent / "README.md").read_text()
    assert text.count(report.BEGIN) == text.count(report.END) == 1


def test_the_figures_survive_the_file(figures, tmp_path):
    before = copy.deepcopy(figures)
    report.write(tmp_path, figures)
    assert json.loads((tmp_path / "bench.json").read_text()) == before


# --- Several runs in one file --------------------------------------------------------------------------------------


def of_a_million(database: float) -> report.Figures:
    sql = {"count": 100.0, "rows": 400.0, "facets": 2500.0}
    ours = {"database": database, "statements": 1, "whole": 9.0, "first": 45_600}
    return {"size": 1_000_000, "engine": "sqlite", "sql": sql, "ours": ours}


@pytest.fixture
def later(figures) -> report.Figures:
    return {
        **figures,
        "command": "make bench again",
        "commit": "def5678",
        "versions": {"PostgreSQL": "18.1"},
        "measurements": [measurement("fixed", 100, size=10_000), measurement("cold", 50, size=10_000)],
        "sql": [of_a_million(59.9)],
        "memory": [],
        "crawl": [],
        "not_run": ["CSV of everything, 10,000 on SQLite"],
    }


def test_a_run_leaves_the_figures_of_sets_that_it_did_not_measure(figures, later):
    figures["not_run"] = ["1,000,000 on SQLite", "robots, 600 on SQLite", "100,000 on PostgreSQL"]
    later["not_run"] += ["100,000 on PostgreSQL", "600 on SQLite"]  # not by this run, but before it
    together = report.added(figures, later)
    assert report.ratio(together, 600, "sqlite", "listing", "cold", "fixed") == 0.2
    assert report.ratio(together, 10_000, "sqlite", "listing", "cold", "fixed") == 0.5
    assert (together["memory"], together["crawl"], together["sql"]) == (
        figures["memory"],
        figures["crawl"],
        later["sql"],
    )
    not_run = ["robots, 600 on SQLite", "100,000 on PostgreSQL", "CSV of everything, 10,000 on SQLite"]
    assert together["not_run"] == not_run
    assert together["versions"] == {"Python": "3.11", "PostgreSQL": "18.1"}
    said = report.summary(together)
    assert "`make bench`, 2026-11-24, commit abc1234 (600 on SQLite); `make bench again`, 2026-11-24, " in said
    assert "commit def5678 (10,000 on SQLite; 1,000,000 on SQLite); 2 cores" in said


def test_a_run_replaces_all_figures_of_the_sets_that_it_measured(figures, later):
    figures["measurements"].append(measurement("cold", 1, row="record", size=10_000))
    together = report.added(report.added(figures, later), later)
    assert report.cell(together, 10_000, "sqlite", "record", "cold") is None
    assert len(together["measurements"]) == len(figures["measurements"]) - 1 + 2
    assert len(together["sql"]) == 1
    assert [run["command"] for run in together["runs_before"]] == ["make bench"]  # of the second, nothing is left


@pytest.mark.parametrize(("database", "verdict"), [(60.0, ": met)"), (60.1, ": **NOT met**)")])
def test_the_database_side_of_a_million_is_told_with_its_bound(figures, database, verdict):
    figures["sql"] = [of_a_million(database)]
    said = report.summary(figures)
    assert f"1,000,000 on SQLite: a listing made anew takes {report.short(database)} ms in the database" in said
    assert verdict in said and "in plain SQL 3,000 ms" in said and "took 45.6 s" in said


# --- Addresses -----------------------------------------------------------------------------------------------------


@pytest.fixture
def facts() -> Facts:
    newest = [(pk, f"a-b-{pk:07}", f"Title & {pk}", "2001" if pk <= 900 else "") for pk in range(1, 1001)]
    return Facts(
        theme="climate",
        state="US-WA",
        themes=["climate", "forestry"],
        states=["US-OR", "US-WA"],
        prefectures=["JP-28", "JP-40"],
        kinds=["project", "sister"],
        newest=newest,
        matches={"filtered": {"a-b-0000001"}, "words": set(), "japanese": {"a-b-0000002"}},
    )


@pytest.fixture
def data(facts, tmp_path) -> Dataset:
    data = Dataset(1000, "sqlite", tmp_path, "sqlite://", tmp_path)
    data.facts = facts
    return data


@pytest.mark.django_db
def test_every_address_is_the_canonical_one_of_the_directory(data):
    make_state()
    make_state("oregon", "US-OR")
    make_prefecture()
    make_prefecture("fukuoka-prefecture", "JP-40")
    make_theme("climate")
    make_theme("forestry")
    asked = crawl_addresses(data.facts, 200)
    asked += [
        path for row in ("listing", "filtered", "words", "japanese", "deep") for path in addresses("cold", row, data)
    ]
    for path in asked:
        query = QueryDict(path.partition("?")[2])
        filters = PartnershipFilter(query, queries.partnerships())
        page = int(query.get("page", 1))
        assert filters.ignored == []
        assert path == "/partnerships/" + filters.address(page=page).removesuffix("?"), path


def test_the_addresses_of_the_crawl_are_distinct_and_the_same_every_time(facts):
    asked = crawl_addresses(facts, 300)
    assert len(set(asked)) == 300
    assert asked == crawl_addresses(facts, 300)


def test_an_unknown_parameter_is_a_mistake_of_the_benchmark():
    with pytest.raises(AssertionError):
        address(prefektur="JP-40")


def test_deep_pages_lie_around_the_middle_of_what_is_dated(facts):
    assert facts.pages == list(range(8, 28))


# --- Wrong answers are noticed -------------------------------------------------------------------------------------


def answer(text: str, status: int = 200) -> Answer:
    return Answer(status, text.encode(), 0.1, is_compressed=False)


def test_a_page_without_its_records_is_wrong(data):
    slugs = " ".join(f"/partnerships/{slug}/" for _pk, slug, *_rest in data.facts.newest[:25])
    assert problem_with(answer(slugs), "cold", "listing", 0, data) == ""
    assert "24 of the 25" in problem_with(answer(slugs.replace("a-b-0000007", "")), "cold", "listing", 0, data)
    assert "301" in problem_with(answer(slugs, 301), "cold", "listing", 0, data)


def test_a_filtered_page_with_a_record_too_many_is_wrong(data):
    assert problem_with(answer('"a-b-0000001"'), "plain", "filtered", 0, data) == ""
    assert "do not match" in problem_with(answer('"a-b-0000001" "a-b-0000003"'), "plain", "filtered", 0, data)


def test_a_search_that_can_find_nothing_is_no_measurement(data):
    assert problem_with(answer("nothing"), "cold", "words", 0, data)
    assert problem_with(answer("nothing"), "cold", "japanese", 0, data)


def test_a_record_shows_its_title_and_a_file_all_its_rows(data):
    assert problem_with(answer("<h1>Title &amp; 1</h1>"), "cold", "record", 0, data) == ""
    assert problem_with(answer("<h1>Title 2</h1>"), "cold", "record", 0, data)
    assert problem_with(answer("slug\n" + "x\n" * 1000), "cold", "csv", 0, data) == ""
    assert problem_with(answer("slug\n" + "x\n" * 999), "cold", "csv", 0, data)


def test_the_fixed_body_has_forty_kilobytes():
    assert len(fixed.BODY.encode()) == 40_000


# --- The client ----------------------------------------------------------------------------------------------------


@contextmanager
def serving(respond: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            respond(self)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def in_chunks(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"5\r\nhello\r\n6\r\n there\r\n0\r\n\r\n")


def in_one_piece(handler: BaseHTTPRequestHandler) -> None:
    body = handler.path.encode() * 20_000
    handler.send_response(404 if handler.path == "/missing" else 200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_the_client_reads_answers_in_chunks_and_in_one_piece():
    with serving(in_chunks) as url, Client(url) as client:
        assert [client.get("/").body for _time in range(2)] == [b"hello there"] * 2
    with serving(in_one_piece) as url, Client(url) as client:
        assert client.get("/a").body == b"/a" * 20_000
        assert client.get("/missing").status == 404


def test_the_generator_asks_for_every_address_once_and_counts_the_answers():
    asked: list[str] = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        in_one_piece(handler)

    with serving(respond) as url:
        paths = [f"/{number}" for number in range(10)] + ["/missing"]
        result = load({"url": url, "paths": paths, "connections": 4, "requests": len(paths)})
    assert sorted(asked) == sorted(paths)
    assert result["statuses"] == {200: 10, 404: 1}
    assert len(result["times"]) == 11


def test_one_robot_and_many_are_told_apart(figures):
    told = report.markdown(figures)
    assert "\nOne robot with 8 connections asked for 2,000 distinct addresses in 4 s (600 on SQLite" in told
    assert "\n2,000 robots with 8 connections asked for" in told
    assert "1.00/2.00 ms before, 3.00/17.0 during, 1.00/2.00 after" in told
