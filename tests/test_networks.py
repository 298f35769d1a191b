"""Who is connected with whom, checked against counting by hand over every record, and against the lists it leads to."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from partnerships import catalogue, queries
from partnerships.catalogue import Selection
from partnerships.filters import DatedPartnershipFilter, PartnershipFilter
from partnerships.models import Actor, Partnership, Publication
from partnerships.networks import connections, graph, overlaps
from partnerships.networks.connections import MOST_HUBS, MOST_MERGED
from partnerships.networks.graph import Graph

from .factories import (
    join,
    make_actor,
    make_partnership,
    make_prefecture,
    make_state,
    make_theme,
    published_partnership,
)
from .markup import Element, Page
from .test_catalogue import CHANGES, STEPS, in_one_go
from .test_facets import SEEDS, query_of, random_choices, random_directory, what_partnerships_offer
from .test_pages import read

pytestmark = pytest.mark.django_db


def selected(query: str | QueryDict = "") -> Selection:
    data = QueryDict(query) if isinstance(query, str) else query
    return catalogue.current().selected(DatedPartnershipFilter(data, queries.partnerships()))


def listed(address: str) -> set[str]:
    """The partnerships that the listing has at an address."""
    found = PartnershipFilter(QueryDict(address.removeprefix("?")), queries.partnerships())
    assert not found.ignored, found.ignored
    return {record.slug for record in found.qs}


def lists(seed: int) -> Iterator[Selection]:
    """Some lists of a directory made by chance: all of it, and what random choices leave."""
    chance = random.Random(seed)
    random_directory(chance)
    offered = what_partnerships_offer()
    yield selected()
    for _ in range(6):
        yield selected(query_of(random_choices(chance, offered, {"actor", "q", "year_min", "year_max"})))


def records_of(selection: Selection) -> list[Partnership]:
    found = PartnershipFilter(QueryDict(selection.filters.address().removeprefix("?")), queries.partnerships()).qs
    return list(found.prefetch_related("participations__actor__region"))


def regions_of(record: Partnership, country: str) -> set[str]:
    actors = [part.actor for part in record.participations.all()]
    return {it.region.code for it in actors if it.country == country and it.region}


# --- Counted by hand -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pairs_are_those_of_counting_by_hand_and_lead_to_lists_of_as_many(seed: int) -> None:
    followed = 0
    for selection in lists(seed):
        found = records_of(selection)
        by_hand = Counter(
            pair for record in found for pair in product(regions_of(record, "US"), regions_of(record, "JP"))
        )
        matrix = connections.matrix(selection)
        assert {(pair.state, pair.prefecture): pair.count for pair in matrix.pairs} == by_hand
        assert matrix.outside == sum(not (regions_of(it, "US") and regions_of(it, "JP")) for it in found)
        assert [pair.count for pair in matrix.pairs] == sorted(by_hand.values(), reverse=True)
        for pair in matrix.pairs:
            if pair.address:
                followed += 1
                assert len(listed(pair.address)) == pair.count, pair
        for region in (*matrix.states, *matrix.prefectures):
            assert region.count == sum(region.code in regions_of(it, region.code[:2]) for it in found)
            assert region.partners == len({pair for pair in by_hand if region.code in pair})
            assert not region.address or len(listed(region.address)) == region.count
        assert sum(ribbon.number for ribbon in matrix.drawing.ribbons) == sum(by_hand.values())
    assert followed


def present(actor: Actor) -> Actor:
    while actor.successor:
        actor = actor.successor
    return actor


def counted_for(actor: Actor) -> set[Actor]:
    """Whose list in the directory holds what an actor takes part in."""
    return {other for other in queries.actors() if Actor.objects.filter(queries.reach(other), pk=actor.pk).exists()}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_hubs_are_those_of_counting_by_hand_and_lead_to_lists_of_as_many(seed: int) -> None:
    reach: dict[int, set[int]] = {}
    for selection in lists(seed):
        everybody = {actor.pk: actor for actor in queries.actors().select_related("successor")}
        partners: dict[int, set[int]] = defaultdict(set)
        numbers: Counter[int] = Counter()
        for record in records_of(selection):
            actors = [part.actor for part in record.participations.all()]
            counting: set[int] = set()
            for actor in actors:
                if actor.pk not in reach:
                    reach[actor.pk] = {
                        other.pk
                        for other in counted_for(actor)
                        if other.kind not in Actor.REGION_KINDS and other.successor_id is None
                    }
                across = {present(other).pk for other in actors if other.country != actor.country}
                for hub in reach[actor.pk]:
                    partners[hub] |= across
                counting |= reach[actor.pk]
            numbers.update(counting)
        hubs = connections.hubs(selection, connections.matrix(selection))
        for country, shown in (("US", hubs.american), ("JP", hubs.japanese)):
            ordered = sorted(
                (pk for pk in partners if partners[pk] and everybody[pk].country == country),
                key=lambda pk: (-len(partners[pk]), -numbers[pk], everybody[pk].slug),
            )
            assert [(hub.body.slug, hub.partners, hub.partnerships) for hub in shown] == [
                (everybody[pk].slug, len(partners[pk]), numbers[pk]) for pk in ordered[:MOST_HUBS]
            ]
            for hub in shown:
                assert not hub.address or len(listed(hub.address)) == hub.partnerships, hub


@pytest.mark.parametrize("seed", SEEDS)
def test_the_clusters_are_those_of_counting_by_hand(seed: int) -> None:
    for selection in lists(seed):
        everything = records_of(selected())
        sisters = {
            (us.actor.code, jp.actor.code)
            for record in everything
            if record.kind in Partnership.TIE_KINDS and record.status != "ended"
            for us, jp in product(record.participations.all(), repeat=2)
            if (us.actor.kind, jp.actor.kind) == ("state", "prefecture")
        }
        below: Counter[tuple[str, str]] = Counter()
        inside = outside = 0
        for record in records_of(selection):
            towns = [part.actor for part in record.participations.all() if part.actor.kind in Actor.MUNICIPAL_KINDS]
            pairs = {
                (us.region.code, jp.region.code)
                for us, jp in product(towns, repeat=2)
                if (us.country, jp.country) == ("US", "JP") and us.region and jp.region
            }
            below.update(pairs & sisters)
            inside += bool(pairs & sisters)
            outside += bool(pairs) and not pairs & sisters
        told = connections.clusters(selection)
        assert (told.inside, told.outside, told.hidden) == (inside, outside, 0)
        assert {
            (it.state.code, it.prefecture.code): it.partnerships for it in told.clusters if it.partnerships
        } == below
        for cluster in told.clusters:
            assert not cluster.address or len(listed(cluster.address)) == cluster.all_count


# --- Clusters, one by one --------------------------------------------------------------------------------------------


def washington_and_hyogo() -> dict[str, Actor]:
    washington, hyogo = make_state("washington"), make_prefecture("hyogo")
    return {
        "washington": washington,
        "hyogo": hyogo,
        "seattle": make_actor("seattle", parent=washington),
        "kobe": make_actor("kobe", country="JP", parent=hyogo),
    }


def test_municipal_ties_are_named_under_the_sister_states() -> None:
    places = washington_and_hyogo()
    published_partnership("states", us=places["washington"], jp=places["hyogo"], started="1963")
    published_partnership("cities", us=places["seattle"], jp=places["kobe"], started="1957")
    published_partnership(
        "elsewhere", us=places["seattle"], jp=make_actor(country="JP", parent=make_prefecture("oita", "JP-44"))
    )
    [cluster] = connections.clusters(selected()).clusters
    assert [tie.facts.slug for tie in cluster.ties] == ["states"]
    assert [record.facts.slug for record in cluster.named] == ["cities"]
    told = connections.clusters(selected())
    assert (told.inside, told.outside) == (1, 1)


@pytest.mark.parametrize("fields", [{"status": "ended"}, {"kind": "memorandum"}, {"publication": Publication.DRAFT}])
def test_what_is_no_lasting_published_tie_between_the_two_makes_no_cluster(fields: dict[str, str]) -> None:
    places = washington_and_hyogo()
    record = published_partnership("states", us=places["washington"], jp=places["hyogo"])
    Partnership.objects.filter(pk=record.pk).update(**fields)
    published_partnership("cities", us=places["seattle"], jp=places["kobe"])
    told = connections.clusters(selected())
    assert (told.clusters, told.inside, told.outside) == ([], 0, 1)


def test_sister_states_without_a_municipal_tie_are_told_too() -> None:
    places = washington_and_hyogo()
    published_partnership("states", us=places["washington"], jp=places["hyogo"])
    [cluster] = connections.clusters(selected()).clusters
    assert (cluster.partnerships, cluster.all_count) == (0, 1)
    assert connections.clusters(selected("kind=project")).clusters == []


def test_a_long_table_names_the_first_prefectures_of_a_state_and_leads_to_the_others(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_PAIRS", 3)
    monkeypatch.setattr(connections, "MOST_IN_A_ROW", 2)
    washington = make_state("washington", "US-WA")
    for number in range(4):
        prefecture = make_prefecture(f"prefecture-{number}", f"JP-{number:02}")
        for _ in range(4 - number):
            published_partnership(us=washington, jp=prefecture)
    [state] = connections.matrix(selected()).states
    assert ([pair.prefecture for pair in state.shown], state.hidden) == (["JP-00", "JP-01"], 2)
    page = read(client, "/networks/")
    assert page.links()["/networks/?state=US-WA"] == "and 2 more prefectures"
    alone = read(client, "/networks/?state=US-WA")
    assert "more prefectures" not in alone.text
    assert {f"/partnerships/?state=US-WA&prefecture=JP-{number:02}" for number in range(4)} <= alone.links().keys()


# --- After mergers ---------------------------------------------------------------------------------------------------


def merged_town(places: dict[str, Actor], **fields: str) -> Actor:
    return make_actor("nada", country="JP", parent=places["hyogo"], successor=places["kobe"], **fields)


def outcomes() -> dict[str, str]:
    return {merger.record.facts.slug: merger.outcome for merger in connections.mergers(selected()).mergers}


@pytest.mark.parametrize(
    ("status", "ended", "dissolved_on", "outcome"),
    [
        ("active", None, "2005-04-01", "active"),
        ("unknown", None, "2005-04-01", "unknown"),
        ("ended", None, "2005-04-01", "ended"),
        ("ended", "2010", None, "ended"),
        ("ended", "2010", "2005-04-01", "lapsed"),
        ("ended", "2005", "2005-04-01", "lapsed"),
        ("ended", "2005-03-31", "2005-04-01", "ended_before"),
        ("ended", "1999", "2005-04-01", "ended_before"),
        ("ended", "2005-03", "2005", "lapsed"),
    ],
)
def test_a_tie_lapsed_only_where_it_ended_and_not_before_the_merger(
    status: str, ended: str | None, dissolved_on: str | None, outcome: str
) -> None:
    places = washington_and_hyogo()
    town = merged_town(places, **({"dissolved_on": dissolved_on} if dissolved_on else {}))
    published_partnership("tie", us=places["seattle"], jp=town, status=status, ended=ended)
    published_partnership("other", us=places["seattle"], jp=make_actor(country="JP"))
    assert outcomes() == {"tie": outcome}


@pytest.mark.parametrize("status", ["active", "unknown", "ended"])
def test_a_record_of_the_successor_with_the_same_partner_continues_the_tie(status: str) -> None:
    places = washington_and_hyogo()
    town = merged_town(places, dissolved_on="2005-04-01")
    published_partnership("tie", us=places["seattle"], jp=town, status=status)
    published_partnership("later", us=places["seattle"], jp=places["kobe"])
    [merger] = connections.mergers(selected()).mergers
    assert (merger.outcome, merger.continued_by and merger.continued_by.facts.slug) == ("continued", "later")


def test_a_record_of_the_successor_with_somebody_else_continues_nothing() -> None:
    places = washington_and_hyogo()
    published_partnership("tie", us=places["seattle"], jp=merged_town(places), status="unknown")
    published_partnership("later", us=places["washington"], jp=places["kobe"])
    draft = make_partnership("draft")
    join(draft, places["seattle"], places["kobe"])
    assert outcomes() == {"tie": "unknown"}


def test_a_partner_that_merged_itself_is_the_same_partner() -> None:
    places = washington_and_hyogo()
    old_seattle = make_actor("old-seattle", parent=places["washington"], successor=places["seattle"])
    published_partnership("tie", us=old_seattle, jp=merged_town(places))
    published_partnership("later", us=places["seattle"], jp=places["kobe"])
    told = connections.mergers(selected()).mergers
    assert {(merger.place.slug, merger.outcome) for merger in told} == {
        ("nada", "continued"),
        ("old-seattle", "continued"),
    }


def test_only_so_many_mergers_are_shown_and_all_are_counted(client: Client) -> None:
    places = washington_and_hyogo()
    town = merged_town(places)
    for number in range(MOST_MERGED + 2):
        published_partnership(f"tie-{number}", us=places["seattle"], jp=town, started=f"{1900 + number}")
    page = read(client, "/networks/")
    rows = [row for row in page.all("tr") if row.is_in("tbody") and any(_is_around(it, row) for it in page.all("td"))]
    assert f"{MOST_MERGED + 2} partnerships were signed by places that have merged since." in page.text
    assert "2 more are not shown." in page.text
    assert len([row for row in rows if "Recorded as active" in row.text]) == MOST_MERGED


def _is_around(inner: Element, outer: Element) -> bool:
    step = inner.around
    while step is not None and step is not outer:
        step = step.around
    return step is outer


# --- The page --------------------------------------------------------------------------------------------------------


def tables(page: Page) -> dict[str, list[list[str]]]:
    """The rows of every table by its caption."""
    found: dict[str, list[list[str]]] = {}
    for table in page.all("table"):
        caption = next(it.text for it in page.all("caption") if it.around is table)
        rows = [row for row in page.all("tr") if _is_around(row, table)]
        found[caption] = [
            [it.text for it in page.elements if it.tag in {"th", "td"} and it.around is row] for row in rows
        ]
    return found


def test_the_page_shows_in_tables_what_it_draws(client: Client) -> None:
    places = washington_and_hyogo()
    published_partnership("states", us=places["washington"], jp=places["hyogo"])
    published_partnership("cities", us=places["seattle"], jp=places["kobe"])
    published_partnership("far", us=make_actor("salem", parent=make_state("oregon", "US-OR")), jp=places["kobe"])
    page = read(client, "/networks/")
    shown = tables(page)
    assert shown["The strongest pairs"][1:] == [
        ["Hyogo – Washington sisters themselves", "2"],
        ["Hyogo – Oregon", "1"],
    ]
    assert shown["Partnerships by state and prefecture; those in bold are sisters or friends themselves"][1:] == [
        ["Washington", "Hyogo 2", "2"],
        ["Oregon", "Hyogo 1", "1"],
    ]
    assert shown["Japan: municipalities and organisations"][1:] == [["Kobe Hyogo", "2", "2"]]
    assert shown["States, by the prefectures they are connected with"][1:] == [
        ["Washington", "1", "2"],
        ["Oregon", "1", "1"],
    ]
    assert page.links()["/partnerships/?state=US-WA&prefecture=JP-28"] == "2"
    drawing = page.one("svg", role="img")
    assert drawing.attributes["aria-label"].startswith(
        "2 pairs of a state and a prefecture; the strongest is Washington and Hyogo with 2."
    )
    assert [it.text for it in page.all("text")] == ["Hyogo 3", "Washington 2", "Oregon 1"]
    assert len(page.all("path", class_="ribbon-sister")) == 1
    assert not [it for it in page.elements if "style" in it.attributes]


def test_the_page_is_in_japanese(client: Client) -> None:
    washington = make_state("washington", name_ja="ワシントン州")
    hyogo = make_prefecture("hyogo", name_ja="兵庫県")
    published_partnership("states", us=washington, jp=hyogo, title_ja="ワシントン州・兵庫県 姉妹州県")
    page = read(client, "/ja/networks/")
    assert page.one("h1").text == "誰と誰がつながっているか"
    assert [it.text for it in page.all("text")] == ["兵庫県 1", "ワシントン州 1"]
    assert "ワシントン州と兵庫県" in page.texts("h3")


def test_the_network_of_an_actor_and_of_a_theme_are_links_from_their_pages(client: Client) -> None:
    places = washington_and_hyogo()
    for _ in range(5):
        published_partnership(us=places["seattle"], jp=places["kobe"], themes=(make_theme(),))
    theme = make_theme("climate")
    published_partnership("climate", us=places["seattle"], jp=places["hyogo"], themes=(theme,))
    assert read(client, "/actors/seattle/").links()["/networks/?actor=seattle"] == "Its network"
    assert read(client, "/actors/seattle/").links()["/overlaps/?actor=seattle"] == "Overlaps around it"
    assert read(client, "/themes/climate/").links()["/networks/?theme=climate"] == "Its network"
    page = read(client, "/networks/?theme=climate")
    assert page.links()["/partnerships/?theme=climate"] == "See 1 partnership"
    assert page.texts("a", class_="chip") == ["Climate ✕(remove)"]
    assert page.links()["/partnerships/?theme=climate&state=US-WA&prefecture=JP-28"] == "1"


def test_the_page_has_one_address_without_an_order(client: Client) -> None:
    make_theme("climate")
    response = client.get("/networks/?sort=title&page=2&theme=climate&unknown=1")
    assert (response.status_code, response.headers["Location"]) == (301, "/networks/?theme=climate")


def test_the_page_says_what_was_not_understood_and_what_to_do_where_there_is_nothing(client: Client) -> None:
    make_theme("climate")
    published_partnership(kind="project")
    page = read(client, "/networks/?theme=nowhere&actor=nobody")
    assert "Theme: “nowhere” was not understood and is ignored." in page.text
    assert "Place or organisation: “nobody” was not understood and is ignored." in page.text
    nothing = read(client, "/networks/?theme=climate&kind=project")
    assert "without Theme" in nothing.texts("a")
    assert not nothing.all("svg", role="img")


def test_an_empty_directory_has_a_network_page(client: Client) -> None:
    assert "No partnership matches all of this." in read(client, "/networks/").text
    assert "Nowhere do two bodies" in read(client, "/overlaps/").text


def test_a_partnership_without_a_state_is_counted_and_said_to_be_outside(client: Client) -> None:
    published_partnership("nowhere")
    page = read(client, "/networks/")
    assert "1 partnership is in no pair" in page.text
    assert not page.all("svg", role="img")


def test_a_draft_is_in_no_network() -> None:
    places = washington_and_hyogo()
    published_partnership("public", us=places["washington"], jp=places["hyogo"])
    draft = make_partnership("draft")
    join(draft, places["seattle"], places["kobe"])
    hidden = make_actor("hidden", publication=Publication.DRAFT, parent=places["washington"])
    join(make_partnership("other"), hidden, places["kobe"])
    found = graph.current()
    assert {found.bodies[pk].slug for pk in found.bodies} == {"washington", "hyogo"}
    assert [pair.count for pair in connections.matrix(selected()).pairs] == [1]


# --- Of the last version, where little changed -----------------------------------------------------------------------


def contents(found: Graph) -> dict[str, Any]:
    """All that a graph can be asked; slots as the keys of their partnerships."""
    known = found.known
    crossings = {}
    for hub, _links in found.most_links:
        its_own = found.crossings(hub)
        keys = {slot: key for key, slot in zip(found.sides, known.slots(found.sides), strict=True)}
        linked = zip(its_own.link_slots, its_own.partners, strict=True)
        crossings[hub] = {keys[slot] for slot in its_own.slots}, Counter((keys[slot], pk) for slot, pk in linked)
    return {
        "sides": found.sides,
        "taking part": {pk: keys for pk, keys in found.taking_part.items() if keys},
        "links": sorted(found.most_links),
        "crossings": crossings,
        "sisters": found.sisters,
        "merged": {key: {body.slug for body in bodies} for key, bodies in found.merged.items()},
        "names": {
            pk: (body.slug, body.name, body.now.slug) for pk, body in found.bodies.items() if found.links.get(pk)
        },
        "overlaps": overlaps.Radar(found).numbers,
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(2))
def test_a_graph_made_of_the_last_one_is_the_same_as_one_made_of_everything(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    in_one_go(lambda: random_directory(chance))
    contents(graph.current())
    for _ in range(STEPS):
        change = chance.choice(CHANGES)
        in_one_go(lambda change=change: change(chance))
        present = contents(graph.current())
        monkeypatch.setattr(graph, "_latest", None)
        assert present == contents(graph.current()), change.__name__
