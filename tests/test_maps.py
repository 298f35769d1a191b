"""The map: who stands where, which places are joined, how that is drawn, and what its page and its data hold."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.http import QueryDict
from django.template import engines
from django.test import Client

from partnerships import catalogue, maps, queries, search
from partnerships.filters import PartnershipFilter
from partnerships.maps import Ties
from partnerships.models import Actor, Partnership, Publication

from .factories import join, make_actor, make_prefecture, make_state, make_theme, published_partnership
from .markup import Page

STATIC = settings.BASE_DIR / "partnerships" / "static" / "partnerships"
GEOGRAPHY, STYLES = STATIC / "geo", STATIC / "css"
LAND_UNITS = 10  # a degree of longitude in geo/pacific.svg
with_database = pytest.mark.django_db


def everything() -> Ties:
    atlas = maps.current()
    return atlas.ties(atlas.records)


def joined(ties: Ties) -> dict[tuple[str, str], int]:
    places = ties.atlas.places
    return {(places[jp].slug, places[us].slug): count for (jp, us), count in ties.pairs.items()}


def shown(ties: Ties) -> dict[str, int]:
    return {ties.atlas.places[key].slug: count for key, count in ties.places.items()}


@pytest.fixture
def places(db: None) -> dict[str, Actor]:
    """A state and a prefecture with a city each, all with points of their own."""
    washington = make_state("washington", name_ja="ワシントン州", latitude=47.4, longitude=-120.4)
    hyogo = make_prefecture("hyogo", name_ja="兵庫県", latitude=35.0, longitude=134.8)
    seattle = make_actor("seattle", name_ja="シアトル市", parent=washington, latitude=47.61, longitude=-122.33)
    kobe = make_actor("kobe", name_ja="神戸市", country="JP", parent=hyogo, latitude=34.69, longitude=135.2)
    return {"washington": washington, "hyogo": hyogo, "seattle": seattle, "kobe": kobe}


# --- Geometry --------------------------------------------------------------------------------------------------------


def test_american_longitudes_go_on_to_the_east_of_japan() -> None:
    assert [maps.pacific(longitude) for longitude in (135.2, 144.8, -122.5, -67.0)] == [135.2, 144.8, 237.5, 293.0]


def test_the_picture_of_the_land_lies_where_drawings_put_it() -> None:
    box = re.search(r'viewBox="0 (\S+) (\S+) (\S+)"', (GEOGRAPHY / "pacific.svg").read_text())
    assert box
    top, width, height = (float(number) * maps.UNITS / LAND_UNITS for number in box.groups())
    assert width == maps.WIDTH
    assert (top, height) == pytest.approx((maps.FULL_TOP, maps.FULL_HEIGHT), abs=0.5)
    # The stylesheet says it as a part of what is left out.
    position = re.search(r"object-position: 0 ([\d.]+)%", (STYLES / "map.css").read_text())
    assert position
    left_out = maps.FULL_HEIGHT - maps.USUAL_HEIGHT
    assert float(position[1]) / 100 * left_out == pytest.approx(maps.USUAL_TOP - maps.FULL_TOP, abs=0.5)


@pytest.mark.parametrize(("name", "country", "number"), [("states", "US", 56), ("prefectures", "JP", 47)])
def test_every_state_and_prefecture_has_its_shape(name: str, country: str, number: int) -> None:
    features = json.loads((GEOGRAPHY / f"{name}.json").read_text())["features"]
    assert len({feature["id"] for feature in features if feature["id"].startswith(f"{country}-")}) == number
    assert all(feature["geometry"]["coordinates"] for feature in features)


@with_database
def test_an_arc_goes_from_one_place_to_the_other_and_bends_north(places: dict[str, Actor]) -> None:
    published_partnership(us=places["seattle"], jp=places["kobe"])
    (arc,) = everything().drawing.arcs
    numbers = [int(number) for number in re.findall(r"-?\d+", arc.d)]
    x, y, _bend_x, bend_y, across, down = numbers
    assert (x, x + across) == (86, 598)
    assert y > y + down  # Seattle lies farther north
    assert bend_y < min(0, down)


@with_database
def test_a_drawing_shows_the_usual_part_unless_a_place_lies_outside(places: dict[str, Actor]) -> None:
    published_partnership(us=places["seattle"], jp=places["kobe"])
    assert everything().drawing.view_box == f"0 {maps.USUAL_TOP} {maps.WIDTH} {maps.USUAL_HEIGHT}"
    published_partnership(us=make_actor("pago-pago", latitude=-14.3, longitude=-170.7), jp=places["kobe"])
    assert everything().drawing.view_box == f"0 {maps.FULL_TOP} {maps.WIDTH} {maps.FULL_HEIGHT}"


@with_database
def test_many_arcs_are_drawn_as_few_paths(places: dict[str, Actor]) -> None:
    towns = [make_actor(f"town-{number}", latitude=40 + number, longitude=-100) for number in range(20)]
    record = published_partnership(us=places["seattle"], jp=places["kobe"])
    join(record, *towns)
    drawing = everything().drawing
    assert len(drawing.arcs) == maps.MOST_LAYERS
    assert sum(line.d.count("M") for line in drawing.arcs) == 21


@with_database
def test_more_arcs_than_a_drawing_takes_join_states_and_prefectures_instead(
    places: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    spokane = make_actor("spokane", parent=places["washington"], latitude=47.66, longitude=-117.43)
    published_partnership(us=places["seattle"], jp=places["kobe"])
    published_partnership(us=spokane, jp=places["kobe"])
    monkeypatch.setattr(maps, "MOST_ARCS", 1)
    drawing = everything().drawing
    assert sum(line.d.count("M") for line in drawing.arcs) == 1
    assert {line.step for line in drawing.arcs} == {2}  # as thick as two


# --- Who stands where ------------------------------------------------------------------------------------------------


@with_database
def test_ties_between_the_same_places_are_counted_together(places: dict[str, Actor]) -> None:
    for _number in range(2):
        published_partnership(us=places["seattle"], jp=places["kobe"])
    published_partnership(us=places["washington"], jp=places["kobe"])
    assert joined(everything()) == {("kobe", "seattle"): 2, ("kobe", "washington"): 1}
    assert shown(everything()) == {"kobe": 3, "seattle": 2, "washington": 1}
    assert everything().regions == {"JP-28": 3, "US-WA": 3}


@with_database
def test_a_partnership_of_several_on_a_shore_joins_each_with_each_and_counts_once_for_a_place(
    places: dict[str, Actor],
) -> None:
    record = published_partnership(us=places["seattle"], jp=places["kobe"])
    join(record, places["washington"], places["hyogo"])
    assert len(everything().pairs) == 4
    assert set(shown(everything()).values()) == {1}


@with_database
@pytest.mark.parametrize(("parent", "point"), [("seattle", "seattle"), ("washington", "washington")])
def test_who_has_no_point_stands_at_what_they_lie_in(places: dict[str, Actor], parent: str, point: str) -> None:
    university = make_actor("university", kind="university", parent=places[parent])
    published_partnership(us=university, jp=places["kobe"])
    assert joined(everything()) == {("kobe", point): 1}


@with_database
def test_a_town_that_merged_stands_at_its_successor(places: dict[str, Actor]) -> None:
    town = make_actor("nada", country="JP", parent=places["hyogo"], successor=places["kobe"])
    published_partnership(us=places["seattle"], jp=town)
    assert joined(everything()) == {("kobe", "seattle"): 1}


@with_database
@pytest.mark.parametrize("point", [{}, {"latitude": 48.9, "longitude": 2.3}, {"latitude": -34.0, "longitude": 151.0}])
def test_without_a_place_in_the_window_on_both_shores_a_partnership_is_counted_and_not_drawn(
    places: dict[str, Actor], point: dict[str, float]
) -> None:
    published_partnership(us=make_actor("somewhere", **point), jp=places["kobe"])
    published_partnership(us=places["seattle"], jp=places["kobe"])
    assert (len(everything().drawn), everything().not_drawn) == (1, 1)


@with_database
def test_parents_that_lead_in_a_circle_lead_nowhere(places: dict[str, Actor]) -> None:
    first, second = make_actor("first"), make_actor("second")
    published_partnership(us=first, jp=places["kobe"])
    Actor.objects.filter(pk=first.pk).update(successor=second)
    Actor.objects.filter(pk=second.pk).update(successor=first)
    assert everything().not_drawn == 1


@with_database
@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_what_is_not_published_is_neither_a_tie_nor_a_point_to_stand_at(
    places: dict[str, Actor], publication: str
) -> None:
    hidden = make_actor("hidden", latitude=40, longitude=-100, publication=publication)
    published_partnership(us=make_actor("office", parent=hidden), jp=places["kobe"])
    record = published_partnership(us=places["seattle"], jp=places["kobe"])
    Partnership.objects.filter(pk=record.pk).update(publication=publication)
    assert (everything().pairs, everything().not_drawn) == ({}, 1)


@with_database
def test_a_place_that_moves_moves_on_the_map(places: dict[str, Actor]) -> None:
    published_partnership(us=places["seattle"], jp=places["kobe"])
    before = everything().drawing
    Actor.objects.filter(pk=places["seattle"].pk).update(longitude=-100)
    assert everything().drawing != before


# --- The page and its data -------------------------------------------------------------------------------------------


@pytest.fixture
def directory(places: dict[str, Actor]) -> None:
    climate = make_theme("climate", name_ja="気候")
    kobe, seattle, washington = places["kobe"], places["seattle"], places["washington"]
    published_partnership("two-ports", title_ja="二つの港", started="1957", us=seattle, jp=kobe, themes=(climate,))
    published_partnership("two-regions", kind="project", started="1963", us=washington, jp=places["hyogo"])
    published_partnership("an-office", us=make_actor("office"), jp=kobe, themes=(climate,))
    search.reindex()


QUERIES = ["", "theme=climate", "state=US-WA", "actor=kobe", "kind=project&prefecture=JP-28", "q=ports", "q=nowhere"]


def data_of(address: str) -> Any:
    return json.loads(Client().get(address).content)


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("query", QUERIES)
def test_the_map_holds_what_the_listing_holds(query: str) -> None:
    data = data_of(f"/map.json?{query}")
    expected = queries.partnerships().filter(pk__in=PartnershipFilter(QueryDict(query), queries.partnerships()).qs)
    drawn = {slug for slug, *_rest in data["partnerships"]}
    assert data["count"] == expected.count() == len(drawn) + data["not_drawn"]
    assert drawn <= set(expected.values_list("slug", flat=True))


@pytest.mark.usefixtures("directory")
def test_the_data_has_places_partnerships_and_pairs_by_their_numbers() -> None:
    data = data_of("/map.json?actor=seattle")
    assert data["partnerships"] == [["two-ports", "Two Ports", "Sister tie"]]
    ((jp, us, records),) = data["pairs"]
    assert data["places"][jp] == ["kobe", "Kobe", "JP-28", "jp", 135.2, 34.69]
    assert data["places"][us] == ["seattle", "Seattle", "US-WA", "us", 237.67, 47.61]
    assert records == [0]


@pytest.mark.usefixtures("directory")
def test_the_data_is_in_the_language_of_its_address_and_says_where_a_title_is_not() -> None:
    data = data_of("/ja/map.json")
    assert [name for _slug, name, *_rest in data["places"]].count("神戸市") == 1
    assert ["two-ports", "二つの港", "姉妹提携"] in data["partnerships"]
    assert ["two-regions", "Two Regions", "プロジェクト", "en"] in data["partnerships"]


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("address", ["/map/", "/ja/map.json"])
def test_the_map_has_one_address_like_the_listing(client: Client, address: str) -> None:
    response = client.get(f"{address}?state=US-WA&theme=climate&page=1")
    assert (response.status_code, response.url) == (301, f"{address}?theme=climate&state=US-WA")


@pytest.mark.usefixtures("directory")
def test_every_place_in_the_list_leads_to_a_map_with_as_many(client: Client) -> None:
    page = Page(client.get("/map/?theme=climate"))
    links = [link for link in page.all("a") if {"data-place", "data-region"} & link.attributes.keys()]
    assert {link.attributes["href"] for link in links} == {
        "?theme=climate&actor=kobe",
        "?theme=climate&actor=seattle",
        "?theme=climate&prefecture=JP-28",
        "?theme=climate&state=US-WA",
    }
    for link in links:
        data = data_of("/map.json" + link.attributes["href"])
        assert len(data["partnerships"]) == 1


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("", "1 partnership is not on the map, because a place of it is not known."),
        ("/ja", "所在地の分からない自治体・団体があるため、1件の連携は地図に表示していません。"),
    ],
)
def test_the_page_says_how_many_are_not_on_the_map(client: Client, prefix: str, words: str) -> None:
    assert words in client.get(f"{prefix}/map/").content.decode()


@pytest.mark.usefixtures("directory")
def test_the_page_names_those_whose_geography_it_shows(client: Client) -> None:
    for address in ("/map/", "/ja/map/"):
        text = Page(client.get(address)).one("figcaption").text
        assert "Natural Earth" in text
        assert "国土数値情報（行政区域データ）（国土交通省）を加工して作成" in text


@pytest.mark.usefixtures("directory")
def test_the_page_names_a_bad_value_and_shows_the_map_without_it(client: Client) -> None:
    page = client.get("/map/?state=US-ZZ&theme=climate").content.decode()
    assert "US-ZZ" in page
    assert "2 partnerships as a list" in page


@pytest.mark.usefixtures("directory")
def test_a_map_without_matches_offers_what_the_listing_offers(client: Client) -> None:
    page = Page(client.get("/map/?theme=climate&kind=project"))
    assert page.all("svg") == []
    assert "without" in page.one("main").text


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize(("query", "is_kept_out"), [("", False), ("theme=climate", False), ("q=ports", True)])
def test_search_engines_keep_no_searches(client: Client, query: str, is_kept_out: bool) -> None:
    assert (b"noindex" in client.get(f"/map/?{query}").content) is is_kept_out


@pytest.mark.usefixtures("directory")
def test_tiles_are_named_only_where_they_are_set(client: Client, settings: Any) -> None:
    (frame,) = [it for it in Page(client.get("/map/")).elements if "data-map" in it.attributes]
    assert frame.attributes["data-tiles"] == ""
    settings.TILE_URL = "https://tiles.example.org/{z}/{x}/{y}.png"
    assert settings.TILE_URL in client.get("/map/?theme=climate").content.decode()


def test_the_policy_lets_in_pictures_from_the_server_of_the_tiles(tmp_path: Any) -> None:
    say = "from config.settings import CONTENT_SECURITY_POLICY as it; print(it['DIRECTIVES']['img-src'])"
    variables = {"TILE_URL": "https://tiles.example.org:8443/a/{z}/{x}/{y}.png?key=1", "VAR_DIR": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", say],
        cwd=settings.BASE_DIR,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "[\"'self'\", 'https://tiles.example.org:8443']"


# --- Smaller maps ----------------------------------------------------------------------------------------------------


def macro(name: str, *values: Any) -> str:
    return str(getattr(engines["jinja2"].env.get_template("includes/maps.html").module, name)(*values))


@pytest.mark.usefixtures("directory")
def test_a_record_has_a_small_map_of_its_own_tie() -> None:
    record = queries.for_page(queries.partnerships()).get(slug="two-ports")
    maps.current()
    drawn = macro("small_map", record)
    assert drawn.count("<svg") == drawn.count("map-arcs-1") == drawn.count("map-dots-jp") == 1
    assert 'aria-label="Where the partners are"' in drawn


@pytest.mark.usefixtures("directory")
def test_a_record_whose_places_are_not_known_has_none() -> None:
    assert macro("small_map", queries.partnerships().get(slug="an-office")).strip() == ""


@pytest.mark.usefixtures("directory")
def test_a_place_has_a_map_of_its_ties_with_a_link_to_the_large_one() -> None:
    kobe = Actor.objects.get(slug="kobe")
    ties = maps.current().ties(queries.partnerships_within(kobe).values_list("pk", flat=True))
    drawn = macro("place_map", kobe, ties)
    assert 'href="/map/?actor=kobe"' in drawn
    assert "1 partnership is not on the map" in drawn


@pytest.mark.usefixtures("directory")
def test_the_map_of_all_ties_says_what_it_shows() -> None:
    filters = PartnershipFilter(QueryDict(), queries.partnerships())
    selection = catalogue.current().selected(filters)
    ties = maps.current().ties(selection.keys(0, selection.count))
    drawn = macro("tie_map", ties, "Every tie")
    assert 'role="img"' in drawn and 'aria-label="Every tie"' in drawn
    assert "<figcaption" in drawn
