"""Overlaps: every seeded one is found and nothing else, each is explained, and all agrees with counting by hand."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import NamedTuple

import pytest
from django.test import Client

from partnerships import queries, search
from partnerships.models import Actor, Partnership, Publication
from partnerships.networks import graph, overlaps
from partnerships.networks.overlaps import MOST_BUSY, MOST_LINES, Overlaps

from .factories import (
    add_themes,
    join,
    make_actor,
    make_partnership,
    make_prefecture,
    make_state,
    make_theme,
    published_partnership,
    some_time_passes,
)
from .markup import Page
from .test_facets import SEEDS, random_directory
from .test_networks import listed
from .test_pages import read

pytestmark = pytest.mark.django_db


def told(slug: str, *themes: str) -> Overlaps:
    found = overlaps.overlaps(graph.body(queries.actors().get(slug=slug)), themes)
    assert found is not None
    return found


class Found(NamedTuple):
    """An overlap as a test compares it: whose, with whom or on what, in which partnerships."""

    region: str
    about: str
    records: frozenset[str]


def all_found() -> set[Found]:
    """Every overlap of every state and prefecture, with all of its records."""
    found = set()
    radar = overlaps.current()
    slugs = dict(Partnership.objects.values_list("pk", "slug"))
    for pk in radar.graph.bodies.by_region:
        body = radar.graph.bodies[pk]
        region, shown = radar.region(body), overlaps.overlaps(body)
        assert shown is not None
        for group in (*shown.by_partner, *shown.by_theme):
            keys = region.partners[group.partner.pk] if group.partner else region.themes[group.theme]
            assert group.count == len(keys)
            about = group.partner.slug if group.partner else f"theme {group.theme}"
            found.add(Found(body.slug, about, frozenset(slugs[key] for key in keys)))
    return found


# --- Thirty seeded overlaps among what is none -----------------------------------------------------------------------


class Places:
    """Six states and six prefectures, each with two cities; in the first a university and a town that merged."""

    def __init__(self) -> None:
        self.states = [self._region("us", number) for number in range(6)]
        self.prefectures = [self._region("jp", number) for number in range(6)]

    def _region(self, shore: str, number: int) -> dict[str, Actor]:
        make, code = (make_state, f"US-{number:02}") if shore == "us" else (make_prefecture, f"JP-{number:02}")
        name = f"{shore}{number}"
        region = make(name, code)
        country = region.country
        first = make_actor(f"{name}-first", country=country, parent=region)
        return {
            "region": region,
            "first": first,
            "second": make_actor(f"{name}-second", country=country, parent=region),
            "merged": make_actor(f"{name}-merged", country=country, kind="town", parent=region, successor=first),
            "university": make_actor(f"{name}-university", country=country, kind="university", parent=first),
        }


# Who of a state takes part in each of two records, and who of a prefecture; each way is an overlap of the state.
WAYS = [
    (("first", "first"), ("second", "first")),  # the same city across, directly
    (("region", "region"), ("first", "region")),  # the state itself and a city of it with the same prefecture
    (("region", "region"), ("first", "first")),  # by the hierarchy of both shores
    (("first", "second"), ("second", "first")),  # two cities of one prefecture
    (("merged", "first"), ("second", "first")),  # a town that merged counts as its successor, which is not the second
    (("second", "merged"), ("first", "first")),  # a partner that merged is its successor
    (("university", "first"), ("first", "second")),  # a university and the city that it stands in
    (("merged", "merged"), ("region", "university")),
]


def test_thirty_seeded_overlaps_are_all_found_and_nothing_else() -> None:
    places = Places()
    chance = random.Random(30)
    seeded: set[Found] = set()
    rooms = [(state, prefecture) for state in range(6) for prefecture in range(6)]
    chance.shuffle(rooms)
    # Twenty by partner. What overlaps for the state may do so for the prefecture: two of its bodies in two records.
    for number, (state, prefecture) in enumerate(rooms[:20]):
        us, jp = places.states[state], places.prefectures[prefecture]
        pair = WAYS[number % len(WAYS)]
        for step, (ours, theirs) in enumerate(pair):
            published_partnership(
                f"partner-{number}-{step}", us=us[ours], jp=jp[theirs], status=["active", "unknown"][step]
            )
        slugs = frozenset(f"partner-{number}-{step}" for step in (0, 1))
        seeded.add(Found(us["region"].slug, jp["region"].slug, slugs))
        now = {"merged": "first"}
        if len({now.get(theirs, theirs) for _ours, theirs in pair}) > 1:
            seeded.add(Found(jp["region"].slug, us["region"].slug, slugs))
    # Ten by theme, with partners in prefectures that nobody else of the state works with.
    for number in range(10):
        theme = make_theme(f"theme-{number}")
        us = places.states[number % 6]
        for step, ours in enumerate(("first", "second")):
            alone = make_actor(f"alone-{number}-{step}", country="JP", kind="agency")
            published_partnership(f"theme-{number}-{step}", us=us[ours], jp=alone, themes=(theme,))
        seeded.add(Found(us["region"].slug, f"theme theme-{number}", frozenset(f"theme-{number}-{n}" for n in (0, 1))))
    # What is none: one body twice, the merged town with its successor, one record of many, what ended, what is hidden.
    for number, (state, prefecture) in enumerate(rooms[20:36]):
        us, jp = places.states[state], places.prefectures[prefecture]
        match number % 5:
            case 0:
                published_partnership(us=us["first"], jp=jp["first"])
                published_partnership(us=us["first"], jp=jp["first"], themes=(make_theme(),))
            case 1:
                published_partnership(us=us["merged"], jp=jp["first"])
                published_partnership(us=us["first"], jp=jp["merged"])
            case 2:
                join(published_partnership(us=us["first"], jp=jp["first"]), us["second"], jp["second"])
            case 3:
                published_partnership(us=us["first"], jp=jp["first"])
                published_partnership(us=us["second"], jp=jp["first"], status="ended")
            case 4:
                published_partnership(us=us["first"], jp=jp["first"])
                join(make_partnership(), us["second"], jp["second"])
    assert sum(it.about.startswith(("jp", "theme")) for it in seeded) == 30
    found = all_found()
    assert seeded - found == set(), "recall"
    assert found - seeded == set(), "false positives"


def test_every_found_overlap_is_explained_on_its_page(client: Client) -> None:
    places = Places()
    us, jp = places.states[0], places.prefectures[0]
    published_partnership("states", title="Sister states", us=us["region"], jp=jp["region"], started="1981-04")
    published_partnership("cities", title="Sister cities", us=us["merged"], jp=jp["second"], started="1979")
    published_partnership("study", title="A study", us=us["second"], jp=jp["second"], status="unknown")
    page = read(client, "/overlaps/?actor=us0")
    assert page.one("h1").text == "Overlaps in Us0"
    assert (
        "All of these work with Jp0 or somebody in it: Us0 itself with Jp0 itself; Us0 First with Jp0 Second; "
        "Us0 Second with Jp0 Second." in page.text
    )
    assert "The very same partner: Jp0 Second (Us0 Second, Us0 First)." in page.text.replace(
        "(Us0 First, Us0 Second)", "(Us0 Second, Us0 First)"
    )
    assert "signed by Us0 Merged, now part of Us0 First" in page.text
    items = [it for it in page.texts("li") if it.startswith("Sister cities")]
    assert items[0].startswith("Sister cities Sister tie since 1979 Us0 First with Jp0 Second")
    assert {"/partnerships/states/", "/partnerships/cities/", "/partnerships/study/"} <= page.links().keys()
    assert (
        page.links()["/partnerships/?state=US-00&prefecture=JP-00"]
        == "The list behind it, with what ended: 3 partnerships"
    )


def test_a_sister_tie_and_a_memorandum_with_the_nation_appear_together(client: Client) -> None:
    """As Maryland's do: the tie with Kanagawa and the memorandum with Japan, beside Baltimore's tie with Kawasaki."""
    maryland, kanagawa = make_state("maryland", "US-MD"), make_prefecture("kanagawa-prefecture", "JP-14")
    japan = make_actor("government-of-japan", kind="national_government", country="JP")
    baltimore = make_actor("baltimore", parent=maryland)
    kawasaki = make_actor("kawasaki", country="JP", parent=kanagawa)
    published_partnership("kanagawa-maryland-sister-state", us=maryland, jp=kanagawa)
    published_partnership("japan-maryland-memorandum", us=maryland, jp=japan, kind="memorandum")
    published_partnership("baltimore-kawasaki-sister-city", us=baltimore, jp=kawasaki)
    for slug in ("maryland", "baltimore"):
        own = {line.record.facts.slug for line in told(slug).own}
        assert own == {"kanagawa-maryland-sister-state", "japan-maryland-memorandum"}
        [group] = told(slug).by_partner
        assert {line.record.facts.slug for line in group.lines} == {
            "kanagawa-maryland-sister-state",
            "baltimore-kawasaki-sister-city",
        }
        assert group.includes_asked == (slug == "baltimore")
    page = read(client, "/overlaps/?actor=baltimore")
    assert "Baltimore is among them" in page.text
    assert "Baltimore belongs to Maryland. What concerns it comes first." in page.text


# --- Counted by hand -------------------------------------------------------------------------------------------------


def present(actor: Actor) -> Actor:
    while actor.successor:
        actor = actor.successor
    return actor


@pytest.mark.parametrize("seed", SEEDS)
def test_the_overlaps_are_those_of_counting_by_hand(seed: int) -> None:
    random_directory(random.Random(seed))
    groups: dict[tuple[str, str], dict[str, set[int]]] = defaultdict(dict)
    for record in queries.partnerships().exclude(status="ended").prefetch_related("themes"):
        actors = [present(part.actor) for part in record.participations.select_related("actor")]
        for region in {actor.region for actor in actors if actor.region}:
            bodies = {actor.pk for actor in actors if actor.region == region}
            across = {actor.region or actor for actor in actors if actor.country != region.country}
            for partner in across:
                groups[region.slug, partner.slug][record.slug] = bodies
            for theme in record.themes.all() if across else ():
                groups[region.slug, f"theme {theme.slug}"][record.slug] = bodies
    by_hand = {
        Found(region, about, frozenset(records))
        for (region, about), records in groups.items()
        if len(records) > 1 and len(set().union(*records.values())) > 1
    }
    assert by_hand
    assert all_found() == by_hand
    numbers = defaultdict(int)
    for overlap in by_hand:
        numbers[overlap.region] += 1
    assert {busy.region.slug: busy.overlaps for busy in overlaps.busiest()} == dict(
        sorted(numbers.items(), key=lambda it: (-it[1], it[0]))[:MOST_BUSY]
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_list_behind_a_group_holds_all_of_its_records(seed: int) -> None:
    random_directory(random.Random(seed))
    followed = 0
    for busy in overlaps.busiest():
        shown = overlaps.overlaps(busy.region)
        assert shown is not None
        for group in (*shown.by_partner, *shown.by_theme):
            if group.address:
                followed += 1
                behind = listed(group.address)
                assert len(behind) == group.all_count
                assert {line.record.facts.slug for line in group.lines if not line.signed_by} <= behind
    assert followed


# --- What is asked for -----------------------------------------------------------------------------------------------


def two_cities(*themes: str) -> dict[str, Actor]:
    """Seattle and Tacoma, both with Kobe; of each a record on every theme."""
    washington, hyogo = make_state("washington"), make_prefecture("hyogo")
    seattle, tacoma = (make_actor(slug, parent=washington) for slug in ("seattle", "tacoma"))
    kobe = make_actor("kobe", country="JP", parent=hyogo)
    made = [make_theme(slug) for slug in themes]
    for city in (seattle, tacoma):
        add_themes(published_partnership(f"{city.slug}-kobe", us=city, jp=kobe), *made)
    search.reindex()
    return {"washington": washington, "hyogo": hyogo, "seattle": seattle, "tacoma": tacoma, "kobe": kobe}


def test_a_theme_narrows_both_kinds_of_groups() -> None:
    places = two_cities("climate")
    make_theme("tech")
    published_partnership("plain", us=places["washington"], jp=places["hyogo"])
    everything, on_climate, on_tech = told("washington"), told("washington", "climate"), told("washington", "tech")
    assert [(it.partner and it.partner.slug, it.count) for it in everything.by_partner] == [("hyogo", 3)]
    assert [(it.partner and it.partner.slug, it.count) for it in on_climate.by_partner] == [("hyogo", 2)]
    assert [group.theme for group in on_climate.by_theme] == ["climate"]
    assert (on_tech.by_partner, on_tech.by_theme, on_tech.partnerships) == ([], [], 0)


def test_what_concerns_the_place_comes_first_then_the_largest() -> None:
    places = two_cities()
    oita, aichi = make_prefecture("oita", "JP-44"), make_prefecture("aichi", "JP-23")
    for name in ("spokane", "olympia", "yakima"):
        city = make_actor(name, parent=places["washington"])
        for prefecture in (oita, aichi):
            published_partnership(us=city, jp=prefecture)
    published_partnership(us=places["washington"], jp=oita)
    order = [group.partner.slug for group in told("washington").by_partner if group.partner]
    assert order == ["oita", "aichi", "hyogo"]
    assert [group.partner.slug for group in told("seattle").by_partner if group.partner] == ["hyogo", "oita", "aichi"]


def test_a_large_group_shows_each_body_before_a_second_record_of_one(client: Client) -> None:
    places = two_cities()
    for number in range(MOST_LINES + 3):
        published_partnership(us=places["seattle"], jp=places["kobe"], started=f"{2000 + number}")
    [group] = told("washington").by_partner
    assert (group.count, len(group.lines), group.hidden) == (MOST_LINES + 5, MOST_LINES, 5)
    assert {body.slug for line in group.lines for body in line.bodies} == {"seattle", "tacoma"}
    assert "and 5 more partnerships" in read(client, "/overlaps/?actor=washington").text


def test_only_so_many_groups_are_shown_and_all_are_counted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlaps, "MOST_GROUPS", 2)
    monkeypatch.setattr(overlaps, "MOST_LISTED", 1)
    places = two_cities()
    for number in range(3):
        agency = make_actor(f"agency-{number}", kind="agency", country="JP")
        for city in ("seattle", "tacoma"):
            published_partnership(us=places[city], jp=agency)
    shown = told("washington")
    assert (len(shown.by_partner), len(shown.listed), shown.partner_count, shown.hidden) == (2, 1, 4, 1)
    page = read(client, "/overlaps/?actor=washington")
    assert "They meet with 4 partners and on 0 of the themes." in page.text
    assert "1 more partner Agency 2 2 bodies" in page.text.replace("\xa0", " ")
    assert "1 more partner, with fewer bodies, is not shown." in page.text
    assert page.links()[f"/partnerships/{shown.listed[0].address}"] == "Agency 2"
    assert listed(shown.listed[0].address) == {
        record.slug for record in Partnership.objects.filter(participations__actor=shown.listed[0].partner.pk)
    }


def test_a_place_without_a_partnership_is_told_of_its_state(client: Client) -> None:
    places = two_cities()
    make_actor("spokane", parent=places["washington"])
    make_actor("old-spokane", parent=places["washington"], successor=queries.actors().get(slug="spokane"))
    for slug in ("spokane", "old-spokane"):
        assert [group.count for group in told(slug).by_partner] == [2]
    page = read(client, "/overlaps/?actor=old-spokane")
    assert "Spokane belongs to Washington." in page.text
    make_state("oregon", "US-OR")
    assert told("oregon").partnerships == 0
    assert "No two bodies of this place" in read(client, "/overlaps/?actor=oregon").text


def test_without_a_place_the_page_explains_and_names_where_most_overlaps(client: Client) -> None:
    two_cities()
    page = read(client, "/overlaps/")
    assert page.links()["?actor=washington"] == "Washington"
    rows = [row.text for row in page.all("tr") if row.is_in("tbody")]
    assert rows == ["Washington 1"]
    assert "What counts as an overlap" in page.texts("h2")
    form = page.one("form", method="get")
    assert (form.attributes["action"], form.attributes["data-leads"]) == ("/overlaps/", "/overlaps/?actor={slug}")
    assert {it.attributes["name"] for it in page.elements if it.tag in {"input", "select"}} == {"actor", "theme"}


def test_a_place_in_no_state_is_told_so(client: Client) -> None:
    two_cities()
    make_actor("agency", kind="agency")
    page = read(client, "/overlaps/?actor=agency")
    assert "Agency belongs to no state or prefecture" in page.text
    assert page.links()["/networks/?actor=agency"] == "Who it is connected with"


# --- What is typed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("Washington", "washington"),
        ("  tacoma ", "tacoma"),
        ("SEATTLE", "seattle"),
        ("神戸市", "kobe"),
        ("hyogo", "hyogo"),
    ],
)
def test_the_name_of_one_place_leads_to_it(client: Client, typed: str, slug: str) -> None:
    places = two_cities("climate")
    Actor.objects.filter(pk=places["kobe"].pk).update(name_ja="神戸市")
    Actor.objects.filter(pk=places["hyogo"].pk).update(name="Hyogo Prefecture")
    search.reindex()
    response = client.get("/overlaps/", {"actor": typed, "theme": "climate"}, follow=True)
    assert response.request["QUERY_STRING"] == f"actor={slug}&theme=climate"
    assert Page(response).texts("div", class_="notice") == []


def test_several_places_of_a_name_are_offered_and_a_state_comes_before_its_towns(client: Client) -> None:
    places = two_cities()
    make_actor("seattle-or", name="Seattle", parent=make_state("oregon", "US-OR"))
    make_actor("washington-town", name="Washington", parent=places["washington"])
    search.reindex()
    page = read(client, "/overlaps/?actor=Seattle")
    assert {"?actor=seattle", "?actor=seattle-or"} <= page.links().keys()
    response = client.get("/overlaps/?actor=WASHINGTON")
    assert (response.status_code, response.headers["Location"]) == (302, "/overlaps/?actor=washington")


def test_a_typing_error_and_an_unknown_theme_are_answered_with_the_nearest_names(client: Client) -> None:
    two_cities("climate", "tech")
    page = read(client, "/overlaps/?actor=tacomma&theme=clmate")
    assert "Place or organisation: “tacomma” was not understood and is ignored." in page.text
    assert page.links()["?actor=tacoma"] == "Tacoma, Washington"
    assert page.links()["?theme=climate"] == "Climate"
    in_japanese = read(client, "/ja/overlaps/?actor=tacomma")
    assert in_japanese.one("html").attributes["lang"] == "ja"
    assert "?actor=tacoma" in in_japanese.links()


@pytest.mark.parametrize("typed", ["%00", "-", "%22", "x" * 300, "<u>", "%E2%80%AE", "a&actor=b&actor=", "*", "é" * 90])
def test_junk_is_answered_with_a_page(client: Client, typed: str) -> None:
    two_cities()
    response = client.get(f"/overlaps/?actor={typed}", follow=True)
    assert response.status_code == 200
    assert Page(response).one("h1").text.startswith("Overlaps")


def test_the_page_has_one_address(client: Client) -> None:
    two_cities("climate", "tech")
    response = client.get("/overlaps/?theme=tech&theme=climate&actor=seattle&page=3")
    assert response.headers["Location"] == "/overlaps/?actor=seattle&theme=climate&theme=tech"


# --- Only what is published ------------------------------------------------------------------------------------------


def test_a_hidden_place_is_neither_asked_for_nor_offered(client: Client) -> None:
    places = two_cities()
    make_actor("hidden-town", parent=places["washington"], publication=Publication.DRAFT)
    search.reindex()
    for typed in ("hidden-town", "Hidden Town", "hiden"):
        page = read(client, f"/overlaps/?actor={typed}")
        assert not [address for address in page.links() if "hidden" in address and not address.startswith("/ja/")]


def test_a_change_shows_at_once(client: Client) -> None:
    places = two_cities()
    assert [group.count for group in told("washington").by_partner] == [2]
    some_time_passes()
    published_partnership("third", us=places["washington"], jp=places["hyogo"])
    assert [group.count for group in told("washington").by_partner] == [3]
    Partnership.objects.filter(slug="third").update(publication=Publication.ARCHIVED)
    assert [group.count for group in told("washington").by_partner] == [2]
