"""The listing as files: the same records as the page in the same order, readable by what people open them with."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import random
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import brotli
import openpyxl
import pytest
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from partnerships import queries
from partnerships.exports import workbooks
from partnerships.exports.columns import COLUMNS
from partnerships.exports.shapes import Partnership as Shape
from partnerships.filters import PartnershipFilter
from partnerships.models import Actor, Milestone, Outcome, Partnership, Publication
from partnerships.views import exports

from .factories import (
    cite,
    join,
    make_actor,
    make_prefecture,
    make_source,
    make_state,
    make_theme,
    published_partnership,
)
from .markup import Page
from .test_facets import query_of, random_choices, random_directory

pytestmark = pytest.mark.django_db

PROMISED = [
    "slug",
    "title",
    "title_ja",
    "kind",
    "status",
    "started",
    "ended",
    "themes",
    "us_participants",
    "jp_participants",
    "states",
    "prefectures",
    "url",
]
FORMATS = ["csv", "xlsx", "json", "geojson"]


def get(address: str, **headers: str) -> Any:
    response = Client().get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code)
    return response


def whole(address: str, **headers: str) -> bytes:
    return b"".join(get(address, **headers))


def rows_of_csv(address: str) -> list[list[str]]:
    text = whole(address).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline=""), strict=True))


def rows_of_workbook(address: str) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(whole(address))).worksheets[0]
    return [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]


def results(address: str) -> list[dict[str, Any]]:
    document = json.loads(whole(address))
    assert list(document) == ["count", "results"]
    assert document["count"] == len(document["results"])
    return document["results"]


def features(address: str) -> list[dict[str, Any]]:
    document = json.loads(whole(address))
    assert document["type"] == "FeatureCollection"
    return document["features"]


def slugs(query: str, prefix: str = "") -> dict[str, list[str]]:
    """What each format holds, by its slugs in order."""
    return {
        "csv": [row[0] for row in rows_of_csv(f"{prefix}/partnerships.csv{query}")[1:]],
        "xlsx": [row[0] for row in rows_of_workbook(f"{prefix}/partnerships.xlsx{query}")[1:]],
        "json": [result["slug"] for result in results(f"{prefix}/partnerships.json{query}")],
        "geojson": [feature["properties"]["slug"] for feature in features(f"{prefix}/partnerships.geojson{query}")],
    }


def slugs_of_pages(address: str) -> list[str]:
    """The records of a list in its order, page by page as a reader turns them."""
    found: list[str] = []
    for number in range(1, 10):
        between = "&" if "?" in address else "?"
        response = Client().get(f"{address}{between}page={number}" if number > 1 else address)
        page = Page(response)
        titles = page.all("h2", class_="row-title")
        found += [link.attributes["href"].split("/")[-2] for link in page.all("a") if link.around in titles]
        if not page.all("a", rel="next"):
            return found
    raise AssertionError("more pages than records")


def a_full_record() -> Partnership:
    climate, tech = make_theme("climate", order=1), make_theme("tech", order=2)
    washington, hyogo = make_state("washington"), make_prefecture("hyogo")
    seattle = make_actor(
        "seattle",
        name="Seattle",
        parent=washington,
        latitude=47.6,
        longitude=-122.3,
        code="5363000",
        wikidata_id="Q5083",
    )
    kobe = make_actor(
        "kobe", name="Kobe", name_ja="神戸市", country="JP", parent=hyogo, latitude=34.7, longitude=135.2, code="281000"
    )
    page = make_source("city-page", title="神戸市の姉妹都市", url="https://example.org/kobe", language="ja")
    record = published_partnership(
        "kobe-seattle",
        title="Seattle, Kobe",
        title_ja="シアトル・神戸",
        summary="Two ports.",
        summary_ja="二つの港。",
        started="1957-10",
        term_ends="2030",
        us=seattle,
        jp=kobe,
        themes=(tech, climate),
        source=page,
    )
    join(
        record, make_actor("port-of-kobe", name="Port of Kobe", country="JP", kind="port", parent=kobe), role="partner"
    )
    cite(record, page, supports="dates")
    report = make_source("report", url="https://example.org/report", publisher="The port")
    Outcome.objects.create(partnership=record, statement="Ships", source=report)
    Milestone.objects.create(partnership=record, kind="visit", on="2001", source=make_source("note"))
    return record


# --- The same records everywhere -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_every_format_holds_what_the_pages_hold_in_their_order(seed: int, prefix: str) -> None:
    chance = random.Random(seed)
    random_directory(chance)
    offered = {
        "q": ["forest", "river", "教育"],
        "theme": ["theme-1", "theme-2"],
        "kind": Partnership.Kind.values[:3],
        "status": Partnership.Status.values,
        "state": ["US-00", "US-01"],
        "prefecture": ["JP-00", "JP-02"],
        "level": ["city", "town"],
        "sort": ["oldest", "title", "updated"],
    }
    found = []
    for choices in [{}, {"sort": ["title"]}, *(random_choices(chance, offered, {"q", "sort"}) for _ in range(5))]:
        query = PartnershipFilter(query_of(choices), queries.partnerships()).address().removesuffix("?")
        pages = slugs_of_pages(f"{prefix}/partnerships/{query}")
        assert slugs(query, prefix) == dict.fromkeys(FORMATS, pages), choices
        found.append(len(pages))
    assert max(found) > 25 and len(set(found)) > 2


def test_an_empty_list_is_an_empty_file() -> None:
    assert not any(slugs("?kind=event").values())


@pytest.mark.parametrize("format_", FORMATS)
def test_an_address_that_is_not_the_canonical_one_leads_there(format_: str) -> None:
    make_theme("climate")
    response = Client().get(f"/partnerships.{format_}?kind=sister&theme=climate&nonsense=1")
    assert (response.status_code, response["Location"]) == (301, f"/partnerships.{format_}?theme=climate&kind=sister")


@pytest.mark.parametrize("format_", FORMATS)
def test_what_is_not_understood_is_left_out(format_: str) -> None:
    a_full_record()
    assert slugs("?theme=nonsense&year_min=soon")[format_] == ["kobe-seattle"]


def test_the_list_offers_itself_in_every_format() -> None:
    a_full_record()
    links = Page(get("/partnerships/?theme=climate")).links()
    assert {f"/partnerships.{format_}?theme=climate" for format_ in FORMATS} <= links.keys()


# --- Tables ----------------------------------------------------------------------------------------------------------


def test_a_table_begins_with_the_columns_that_are_promised() -> None:
    head = rows_of_csv("/partnerships.csv")[0]
    assert head[: len(PROMISED)] == PROMISED
    assert head == [*COLUMNS] == rows_of_workbook("/partnerships.xlsx")[0]


def test_a_japanese_table_has_a_japanese_head() -> None:
    head = rows_of_csv("/ja/partnerships.csv")[0]
    assert len(head) == len(set(head)) == len(COLUMNS)
    assert all(any(character > "\u3000" for character in label) for label in head if label not in {"URL"})
    assert head == rows_of_workbook("/ja/partnerships.xlsx")[0]


def test_a_line_says_what_is_known_of_a_record() -> None:
    record = a_full_record()
    expected = {
        "slug": "kobe-seattle",
        "title": "Seattle, Kobe",
        "title_ja": "シアトル・神戸",
        "kind": "sister",
        "status": "active",
        "started": "1957-10",
        "ended": "",
        "themes": "climate; tech",
        "us_participants": "Seattle",
        "jp_participants": "Kobe; Port of Kobe",
        "states": "US-WA",
        "prefectures": "JP-28",
        "url": f"{settings.SITE_URL}/partnerships/kobe-seattle/",
        "term_ends": "2030",
        "us_participants_ja": "Seattle",
        "jp_participants_ja": "神戸市; Port of Kobe",
        "sources": "https://example.org/kobe; https://example.org/report; https://example.org/note",
        "updated_at": f"{record.updated_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    for rows in (rows_of_csv("/partnerships.csv"), rows_of_workbook("/partnerships.xlsx")):
        assert dict(zip(*rows, strict=True)) == expected


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@sum(a)", "\t=1", '"quoted", and\r\nin two lines'])
def test_no_cell_is_taken_for_a_formula_and_none_breaks_its_line(title: str) -> None:
    published_partnership(title=title)
    cell = rows_of_csv("/partnerships.csv")[1][1]
    assert cell == (title if title.startswith('"') else f"'{title}")
    sheet = openpyxl.load_workbook(io.BytesIO(whole("/partnerships.xlsx"))).worksheets[0]
    assert (sheet["B2"].value.split(), sheet["B2"].data_type) == (title.split(), "s")


def test_lines_of_the_csv_end_as_the_standard_says() -> None:
    a_full_record()
    lines = whole("/partnerships.csv").split(b"\r\n")
    assert len(lines) == 3 and lines[-1] == b"" and b"\n" not in b"".join(lines)


def test_a_workbook_can_be_filtered_and_keeps_its_head_in_sight() -> None:
    a_full_record()
    sheet = openpyxl.load_workbook(io.BytesIO(whole("/partnerships.xlsx"))).worksheets[0]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet["A1"].font.bold) == ("B2", "A1:R2", True)
    assert (sheet.title, openpyxl.load_workbook(io.BytesIO(whole("/ja/partnerships.xlsx"))).sheetnames) == (
        "Partnerships",
        ["連携"],
    )


def test_a_workbook_takes_what_xml_cannot_hold_and_no_more_than_a_cell_can() -> None:
    columns = {"title": "Title"}
    lines = [[["<a> & \x00\x0b\ufffe b"]], [["長" * 40_000]]]
    made = b"".join(workbooks.workbook("Sheet", columns, lines, 2))
    sheet = openpyxl.load_workbook(io.BytesIO(made)).worksheets[0]
    assert sheet["A2"].value == "<a> &  b"
    assert sheet["A3"].value == "長" * (workbooks.LONGEST_CELL - 1) + "…"


def test_the_same_list_makes_the_same_bytes() -> None:
    a_full_record()
    for format_ in FORMATS:
        assert whole(f"/partnerships.{format_}") == whole(f"/partnerships.{format_}")
    with zipfile.ZipFile(io.BytesIO(whole("/partnerships.xlsx"))) as archive:
        assert archive.testzip() is None
        assert b"1980-01-01" in archive.read("docProps/core.xml")


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_a_result_says_all_that_is_promised_of_a_record() -> None:
    record = a_full_record()
    [result] = results("/partnerships.json")
    seattle = {
        "slug": "seattle",
        "name": "Seattle",
        "name_ja": "",
        "country": "US",
        "kind": "city",
        "role": "lead",
        "code": "5363000",
        "wikidata_id": "Q5083",
        "region": "US-WA",
    }
    sources = {source["slug"]: source for source in result.pop("sources")}
    participants = result.pop("participants")
    assert participants[0] == seattle
    assert [(part["slug"], part["role"]) for part in participants] == [
        ("seattle", "lead"),
        ("kobe", "lead"),
        ("port-of-kobe", "partner"),
    ]
    assert list(sources) == ["city-page", "report", "note"]
    assert sources["city-page"]["title"] == "神戸市の姉妹都市" and sources["report"]["publisher"] == "The port"
    assert result == {
        "slug": "kobe-seattle",
        "title": "Seattle, Kobe",
        "title_ja": "シアトル・神戸",
        "summary": "Two ports.",
        "summary_ja": "二つの港。",
        "kind": "sister",
        "status": "active",
        "started": "1957-10",
        "ended": None,
        "term_ends": "2030",
        "themes": ["climate", "tech"],
        "states": ["US-WA"],
        "prefectures": ["JP-28"],
        "url": f"{settings.SITE_URL}/partnerships/kobe-seattle/",
        "url_ja": f"{settings.SITE_URL}/ja/partnerships/kobe-seattle/",
        "updated_at": f"{record.updated_at:%Y-%m-%dT%H:%M:%SZ}",
    }


def test_a_result_numbers_its_sources_as_the_page_does() -> None:
    a_full_record()
    [result] = results("/partnerships.json")
    page = Page(get("/partnerships/kobe-seattle/"))
    on_the_page = [link for link in page.links() if link in {source["url"] for source in result["sources"]}]
    assert on_the_page == [source["url"] for source in result["sources"]]


def test_every_field_has_a_meaning_in_both_languages() -> None:
    for name in Shape().fields:
        meanings = []
        for language in ("en", "ja"):
            with translation.override(language):
                meanings.append(str(Shape.meaning(name)))
        assert meanings[0] and meanings[1] != meanings[0], name


# --- GeoJSON ---------------------------------------------------------------------------------------------------------


def positions(geometry: dict[str, Any]) -> Iterator[list[float]]:
    for line in geometry["coordinates"]:
        assert len(line) >= 2  # RFC 7946, 3.1.4
        yield from line


def test_a_tie_is_a_line_from_place_to_place_cut_where_the_date_changes() -> None:
    a_full_record()
    [feature] = features("/partnerships.geojson")
    assert feature["type"] == "Feature" and feature["id"] == "kobe-seattle"
    assert feature["geometry"]["type"] == "MultiLineString"
    west, east = feature["geometry"]["coordinates"]
    part = (180 - 135.2) / (360 - 122.3 - 135.2)
    latitude = pytest.approx(34.7 + part * (47.6 - 34.7), abs=1e-4)
    assert west == [[135.2, 34.7], [180.0, latitude]]
    assert east == [[-180.0, latitude], [-122.3, 47.6]]
    assert west[1][1] == east[0][1]
    properties = feature["properties"]
    assert (properties["title"], properties["kind"], properties["themes"]) == (
        "Seattle, Kobe",
        "sister",
        ["climate", "tech"],
    )


def test_a_tie_on_one_side_of_the_line_of_date_is_not_cut() -> None:
    guam = make_actor("guam", kind="territory", code="US-GU", latitude=13.4, longitude=144.8)
    kobe = make_actor("kobe", country="JP", latitude=34.7, longitude=135.2)
    published_partnership(us=guam, jp=kobe)
    [feature] = features("/partnerships.geojson")
    assert feature["geometry"]["coordinates"] == [[[135.2, 34.7], [144.8, 13.4]]]


def test_a_partnership_between_several_places_has_a_line_for_each_two() -> None:
    record = a_full_record()
    join(record, make_actor("osaka", country="JP", latitude=34.69, longitude=135.5))
    [feature] = features("/partnerships.geojson")
    ends = {tuple(line[0]) for line in feature["geometry"]["coordinates"] if line[0][0] > 0}
    assert ends == {(135.2, 34.7), (135.5, 34.69)}


def test_a_partnership_without_a_known_point_is_in_the_list_without_a_line() -> None:
    a_full_record()
    published_partnership("nowhere", started="1900")
    lines = {feature["id"]: feature["geometry"] for feature in features("/partnerships.geojson")}
    assert lines["nowhere"] is None and lines["kobe-seattle"] is not None


@pytest.mark.parametrize("seed", range(2))
def test_lines_stay_on_the_earth_and_join_what_the_map_joins(seed: int) -> None:
    chance = random.Random(seed)
    random_directory(chance)
    for actor in Actor.objects.filter(kind__in=["city", "county", "town"]):
        east = chance.uniform(124, 179) if actor.country == "JP" else chance.choice([-1, 1]) * chance.uniform(130, 180)
        Actor.objects.filter(pk=actor.pk).update(latitude=chance.uniform(-14, 70), longitude=round(east, 4))
    drawn = {feature["id"]: feature["geometry"] for feature in features("/partnerships.geojson")}
    for geometry in filter(None, drawn.values()):
        for longitude, latitude in positions(geometry):
            assert -180 <= longitude <= 180 and -90 <= latitude <= 90
        for line in geometry["coordinates"]:
            assert abs(line[0][0] - line[-1][0]) <= 180
    joined = json.loads(get("/map.json").content)
    assert {record[0] for record in joined["partnerships"]} == {slug for slug, geometry in drawn.items() if geometry}
    assert any(drawn.values())


# --- On the way ------------------------------------------------------------------------------------------------------


TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "geojson": "application/geo+json",
}


@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_says_what_it_is_and_may_be_read_by_every_site(format_: str) -> None:
    response = get(f"/partnerships.{format_}")
    assert response["Content-Type"] == TYPES[format_]
    assert response["Access-Control-Allow-Origin"] == "*"
    assert not response.cookies
    if format_ != "json":
        assert response["Content-Disposition"] == f'attachment; filename="partnerships.{format_}"'


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_that_has_not_changed_is_not_sent_again(format_: str) -> None:
    a_full_record()
    tag = get(f"/partnerships.{format_}")["ETag"]
    again = Client().get(f"/partnerships.{format_}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    published_partnership()
    assert get(f"/partnerships.{format_}")["ETag"] != tag


@pytest.mark.parametrize("format_", FORMATS)
def test_whoever_asks_for_the_head_alone_gets_it_without_a_file_being_made(format_: str) -> None:
    a_full_record()
    handler = BaseHandler()  # not the test client, which drops every body by itself
    handler.load_middleware()
    with CaptureQueriesContext(connection) as captured:
        response = handler.get_response(RequestFactory().head(f"/partnerships.{format_}"))
        assert b"".join(response) == b""
    assert response["Content-Type"] == TYPES[format_] and response["ETag"]
    assert not [query for query in captured if "partnerships_source" in query["sql"]]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_is_compressed_on_its_way_unless_it_is_already(format_: str) -> None:
    random_directory(random.Random(0))
    plain = whole(f"/partnerships.{format_}")
    for coding, decode in (
        ("br", brotli.decompress),
        ("gzip", gzip.decompress),
        ("gzip", lambda body: zlib.decompress(body, 16 + zlib.MAX_WBITS)),
    ):
        response = get(f"/partnerships.{format_}", **{"Accept-Encoding": coding})
        body = b"".join(response)
        if format_ == "xlsx":
            assert not response.has_header("Content-Encoding") and body == plain
        else:
            assert response["Content-Encoding"] == coding and response["Vary"] == "Accept-Encoding"
            assert decode(body) == plain and len(body) < len(plain) / 2


@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_is_read_in_batches_and_sent_while_the_rest_is_not_read_yet(
    format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    us, jp = make_actor(latitude=47.6, longitude=-122.3), make_actor(country="JP", latitude=34.7, longitude=135.2)
    for number in range(9):
        published_partnership(f"record-{number}", us=us, jp=jp, source=make_source(f"source-{number}"))
    monkeypatch.setattr(exports, "BATCH", 3)
    get("/partnerships/")  # what is kept in memory is up to date
    with CaptureQueriesContext(
        connection,
    ) as captured:
        chunks = iter(get(f"/partnerships.{format_}"))
        before = len(captured)
        counts = []
        for _chunk in chunks:
            counts.append(len(captured) - before)
    assert counts[0] == 0  # the head, which waits for nothing
    steps = [later - earlier for earlier, later in itertools.pairwise(counts) if later > earlier]
    assert len(steps) == 3 and len(set(steps)) == 1 and steps[0] <= 12, counts


@pytest.mark.parametrize("format_", FORMATS)
def test_a_record_withdrawn_while_a_file_is_sent_is_not_in_it(format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        published_partnership(f"record-{number}", title=f"Title {number}", started=str(2000 - number))
    monkeypatch.setattr(exports, "BATCH", 2)
    response = get(f"/partnerships.{format_}")
    assert isinstance(response, StreamingHttpResponse)
    chunks = iter(response)
    sent = [next(chunks)]
    Partnership.objects.filter(slug="record-3").update(publication=Publication.ARCHIVED, title="withdrawn")
    body = b"".join([*sent, *chunks])
    if format_ == "xlsx":
        body = zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml")
    assert b"record-2" in body and b"record-3" not in body and b"withdrawn" not in body
