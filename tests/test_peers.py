"""Peers: the answers to a place's questions, each with true reasons; a hidden tie leaves no trace."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation

from partnerships import search
from partnerships.models import Actor, Country, Outcome, Partnership, Publication
from partnerships.peers import evaluation, rules, world
from partnerships.peers.evaluation import Figures, hideable
from partnerships.peers.finding import Peers
from partnerships.peers.geography import Grid, distance, is_coastal
from partnerships.peers.rules import JUDGED, RULES, Question
from partnerships.peers.world import World

from .factories import (
    add_themes,
    join,
    make_actor,
    make_partnership,
    make_prefecture,
    make_state,
    make_theme,
    published_partnership,
)
from .markup import Page

pytestmark = pytest.mark.django_db

SEATTLE, PORTLAND, BOISE = (47.61, -122.33), (45.52, -122.68), (43.62, -116.2)
KOBE, AKASHI, KOFU = (34.69, 135.2), (34.64, 135.0), (35.66, 138.57)


def at(point: tuple[float, float], **fields: Any) -> dict[str, Any]:
    return {"latitude": point[0], "longitude": point[1]} | fields


@pytest.fixture
def directory() -> dict[str, Actor]:
    """Washington and Hyogo are sisters, and so are Seattle and Kobe; Akashi, Yamanashi and Tacoma have nothing."""
    washington, oregon = make_state(**at(SEATTLE)), make_state("oregon", "US-OR", **at(PORTLAND))
    hyogo = make_prefecture(**at(KOBE), name="Hyogo Prefecture", name_ja="兵庫県")
    yamanashi = make_prefecture("yamanashi-prefecture", "JP-19", **at(KOFU), name_ja="山梨県")
    japanese = {"country": Country.JP}
    places = {
        "washington": washington,
        "oregon": oregon,
        "hyogo": hyogo,
        "yamanashi": yamanashi,
        "seattle": make_actor("seattle", parent=washington, population=750_000, name_ja="シアトル", **at(SEATTLE)),
        "tacoma": make_actor("tacoma", parent=washington, population=220_000, **at((47.25, -122.44))),
        "portland": make_actor("portland", parent=oregon, population=640_000, **at(PORTLAND)),
        "kobe": make_actor("kobe", parent=hyogo, population=1_500_000, name_ja="神戸市", **at(KOBE, **japanese)),
        "akashi": make_actor("akashi", parent=hyogo, population=300_000, name_ja="明石市", **at(AKASHI, **japanese)),
        "kofu": make_actor("kofu", parent=yamanashi, population=190_000, name_ja="甲府市", **at(KOFU, **japanese)),
        "nowhere": make_actor("nowhere", parent=yamanashi, **japanese),
    }
    forestry = make_theme("forestry", name="Forestry", name_ja="森林")
    published_partnership("washington-hyogo", us=washington, jp=hyogo, started="1963")
    published_partnership("seattle-kobe", us=places["seattle"], jp=places["kobe"], started="1957", title="Seattle–Kobe")
    project = published_partnership(
        "portland-wood",
        us=places["portland"],
        jp=places["kofu"],
        kind=Partnership.Kind.PROJECT,
        themes=(forestry,),
        how_to_replicate="Begin with a visit.",
        started="2015-04",
    )
    Outcome.objects.create(partnership=project, statement="Built 30 houses", statement_ja="30棟を建設", position=1)
    search.reindex()
    return places


def peers(actor: Actor, *themes: str) -> Peers:
    present = world.current()
    return Peers(present.gazetteer.places[actor.pk], present, themes)


def reasons(found: Peers) -> dict[str, list[str]]:
    return {fit.place.slug: fit.reasons for fit in found.fits}


# --- The answers ------------------------------------------------------------------------------------------------------


def test_every_fit_says_why_and_the_reasons_are_true(directory: dict[str, Actor]) -> None:
    found = reasons(peers(directory["tacoma"]))
    assert set(found) == {"kobe", "akashi", "kofu", "nowhere"}
    assert set(found["akashi"]) >= {
        "similar size: 220,000 and 300,000 people",
        "the same level: city",
        "both among the three largest of their state and prefecture",
        "both on the coast",
        "Washington and Hyogo are sisters",
        "1 tie between towns of Washington and Hyogo",
        "no tie across the Pacific recorded yet",
        "near it, Kobe (19 km) is tied with Seattle near you",
    }
    assert "tied with your neighbour Seattle" in found["kobe"]
    assert not any("no tie" in reason or "similar size" in reason for reason in found["kobe"])
    assert not any("coast" in reason or "sisters" in reason for reason in found["kofu"])
    assert "population unknown: not used" in found["nowhere"]
    assert "position unknown: not used" in found["nowhere"]


def test_the_reasons_are_told_in_japanese_too(directory: dict[str, Actor]) -> None:
    with translation.override("ja"):
        found = reasons(peers(directory["tacoma"]))
    assert {"同程度の規模（220,000人と300,000人）", "どちらも沿岸", "日米間の提携の記録がまだない"} <= set(
        found["akashi"]
    )


def test_it_ranks_both_ways_and_prefers_more_that_fits(directory: dict[str, Actor]) -> None:
    order = [fit.place.slug for fit in peers(directory["tacoma"]).fits]
    assert order.index("akashi") < order.index("kofu") < order.index("nowhere")
    assert peers(directory["akashi"]).fits[0].place.slug == "tacoma"


def test_whom_a_partnership_joins_already_is_told_and_not_suggested(directory: dict[str, Actor]) -> None:
    found = peers(directory["seattle"])
    assert "kobe" not in reasons(found)
    assert [(one.place.slug, [record.slug for record in one.records]) for one in found.existing] == [
        ("kobe", ["seattle-kobe"])
    ]


def test_themes_asked_for_bring_whoever_is_active_on_them_to_the_front(directory: dict[str, Actor]) -> None:
    assert peers(directory["tacoma"]).fits[0].place.slug != "kofu"
    found = peers(directory["tacoma"], "forestry")
    assert found.fits[0].place.slug == "kofu"
    assert "active on Forestry" in found.fits[0].reasons


def test_who_has_done_it_is_ranked_by_likeness_on_the_same_shore(directory: dict[str, Actor]) -> None:
    found = peers(directory["tacoma"])
    assert [(one.record.slug, one.like.slug) for one in found.examples] == [
        ("seattle-kobe", "seattle"),
        ("portland-wood", "portland"),
        ("washington-hyogo", "washington"),
    ]
    first, second, third = found.examples
    assert {"the same level: city", "in Washington as well", "41 km from you"} <= set(first.reasons)
    assert "tells how to replicate it" in second.reasons
    assert (second.result.statement if second.result else "") == "Built 30 houses"
    assert second.office == directory["portland"]
    assert "your state or prefecture" in third.reasons
    assert [one.record.slug for one in peers(directory["tacoma"], "forestry").examples] == ["portland-wood"]
    assert [one.record.slug for one in peers(directory["seattle"]).examples] == ["portland-wood", "washington-hyogo"]


def test_a_record_stands_for_the_participant_that_is_most_like_the_asking_place(
    directory: dict[str, Actor],
) -> None:
    joint = Partnership.objects.get(slug="portland-wood")
    join(joint, make_actor("spokane", parent=directory["washington"], population=230_000, **at((47.66, -117.43))))
    best = peers(directory["tacoma"]).examples[0]
    assert (best.record.slug, best.like.slug) == ("portland-wood", "spokane")


def test_the_first_year_is_what_the_sources_say_of_it(directory: dict[str, Actor]) -> None:
    record = Partnership.objects.get(slug="portland-wood")
    for on in ("2015-03", "2015-04-02", "2016-04", "2016-06"):
        record.milestones.create(kind="visit", on=on, title=f"Visit of {on}")
    record.outcomes.update(year=2015)
    record.outcomes.create(statement="Later", year=2017, position=2)
    (one,) = peers(directory["tacoma"]).beginnings
    assert [milestone.title for milestone in one.milestones] == ["Visit of 2015-04-02", "Visit of 2016-04"]
    assert [result.statement for result in one.results] == ["Built 30 houses"]


def test_who_near_is_connected(directory: dict[str, Actor]) -> None:
    found = peers(directory["tacoma"])
    assert found.region is not None
    assert (found.region.place.slug, [name for _place, name in found.region.partners]) == (
        "washington",
        ["Hyogo Prefecture"],
    )
    assert [(one.place.slug, one.km, one.partner_count) for one in found.neighbours] == [("seattle", 41, 1)]
    assert peers(directory["nowhere"]).neighbours == []


def test_a_place_without_a_tie_is_told_how_to_begin(directory: dict[str, Actor]) -> None:
    make_actor("sister-cities-international", kind=Actor.Kind.ASSOCIATION, name="Sister Cities International")
    found = peers(directory["tacoma"])
    assert not found.has_records
    assert [actor.slug for actor in found.offices] == ["washington", "sister-cities-international"]
    assert [one.example.record.slug for one in found.beginnings] == ["portland-wood"]
    shown = page("/peers/?actor=tacoma")
    assert "Begin with a visit." in shown.text and "nothing is recorded but the start" in shown.text
    assert "How to begin" not in page("/peers/?actor=seattle").text


def test_organisations_ask_for_their_like(directory: dict[str, Actor]) -> None:
    port = make_actor("port-of-seattle", kind=Actor.Kind.PORT, parent=directory["seattle"])
    make_actor("port-of-kobe", kind=Actor.Kind.PORT, country=Country.JP, parent=directory["kobe"])
    assert list(reasons(peers(port))) == ["port-of-kobe"]
    assert set(reasons(peers(directory["oregon"]))) == {"hyogo-prefecture", "yamanashi-prefecture"}


def test_a_merged_town_is_answered_for_its_successor(directory: dict[str, Actor]) -> None:
    old = make_actor("old-town", country=Country.JP, successor=directory["akashi"])
    published_partnership("tie-of-old", us=directory["tacoma"], jp=old)
    present = world.current()
    assert present.ties.partners[directory["tacoma"].pk] == (directory["akashi"].pk,)
    assert old.pk not in present.gazetteer.places
    assert "merged into" in page("/peers/?actor=old-town").text


def test_unpublished_records_and_places_are_nowhere(directory: dict[str, Actor]) -> None:
    draft = make_partnership("draft", publication=Publication.DRAFT)
    join(draft, directory["tacoma"], directory["kofu"])
    make_actor("hidden-city", country=Country.JP, publication=Publication.DRAFT, parent=directory["hyogo"])
    found = peers(directory["tacoma"])
    assert found.existing == [] and "kofu" in reasons(found) and "hidden-city" not in reasons(found)
    assert page("/peers/?actor=hidden-city", status=200).links().get("/actors/hidden-city/") is None


# --- The page ---------------------------------------------------------------------------------------------------------


def page(address: str, status: int = 200) -> Page:
    response = Client().get(address)
    assert response.status_code == status
    return Page(response)


def test_a_name_that_was_typed_leads_to_its_place(directory: dict[str, Actor]) -> None:
    response = Client().get("/peers/?actor=Tacoma&theme=forestry")
    assert (response.status_code, response.headers["Location"]) == (302, "/peers/?actor=tacoma&theme=forestry")


def test_what_does_not_exist_is_said_with_the_nearest_names(directory: dict[str, Actor]) -> None:
    links = page("/peers/?actor=Seatle&theme=forestri").links()
    assert links["?actor=seattle"] == "Seattle, Washington" and links["?theme=forestry"] == "Forestry"
    assert page("/ja/peers/?actor=Seatle").links()["?actor=seattle"] == "Washingtonシアトル"


def test_the_page_shows_the_rules_their_weights_and_how_well_they_do() -> None:
    shown = page("/peers/").text
    for rule in (*RULES, *JUDGED):
        assert str(rule.says) in shown
    for country in Country.values:
        for share in rules.kept()["measured"][country]["rules"][:2]:
            assert f"{share:.1%}" in shown


# --- The rules --------------------------------------------------------------------------------------------------------


def test_every_rule_has_its_weight_for_both_shores() -> None:
    names = {rule.name for rule in RULES}
    assert {country: set(known) for country, known in rules.kept()["weights"].items()} == {"US": names, "JP": names}
    assert set(rules.kept()["judged"]) == {rule.name for rule in JUDGED}
    assert all(weight >= 0 for known in rules.kept()["weights"].values() for weight in known.values())


def random_directory(chance: random.Random) -> None:
    """Two states, two prefectures, twenty municipalities, bodies in them, and ties of every kind."""
    themes = [make_theme(name) for name in ("climate", "forestry", "tech")]
    states = [make_state(f"state-{number}", f"US-0{number}") for number in range(2)]
    prefectures = [make_prefecture(f"prefecture-{number}", f"JP-0{number}") for number in range(2)]
    shores: dict[str, list[Actor]] = {"US": [*states], "JP": [*prefectures]}
    for number in range(20):
        country = chance.choice(["US", "JP"])
        base = SEATTLE if country == "US" else KOBE
        town = make_actor(
            f"town-{number}",
            country=country,
            kind=chance.choice([Actor.Kind.CITY, Actor.Kind.TOWN] + [Actor.Kind.COUNTY] * (country == "US")),
            parent=chance.choice(states if country == "US" else prefectures),
            population=chance.choice([None, 900, 30_000, 40_000, 1_000_000]),
            latitude=base[0] + chance.random(),
            longitude=base[1] + chance.random(),
        )
        shores[country].append(town)
        if chance.random() < 0.3:
            shores[country].append(make_actor(f"port-{number}", country=country, kind=Actor.Kind.PORT, parent=town))
    for number in range(60):
        record = published_partnership(
            f"tie-{number}",
            us=chance.choice(shores["US"]),
            jp=chance.choice(shores["JP"]),
            kind=chance.choice(Partnership.Kind.values),
        )
        if chance.random() < 0.4:
            join(record, *({*chance.sample(shores["US"], 2)} - {part.actor for part in record.participations.all()}))
        add_themes(record, *chance.sample(themes, chance.choice([0, 1, 2])))


def told(present: World, pk: int) -> dict[str, list[float]]:
    question = Question(present.gazetteer.places[pk], present)
    return {rule.name: list(rule.scores(question)) for rule in (*RULES, *JUDGED)}


def test_hiding_a_tie_is_the_same_as_never_having_recorded_what_joins_the_two() -> None:
    random_directory(random.Random(12))
    full = world.current()
    pairs = hideable(full)
    assert len(pairs) > 5
    for us, jp in pairs:
        hidden = full.without(us, jp)
        with transaction.atomic():
            joining = Partnership.objects.filter(participations__actor=us).filter(participations__actor=jp)
            gone = list(joining.values_list("pk", flat=True))
            assert gone
            Partnership.objects.filter(pk__in=gone).update(publication=Publication.ARCHIVED)
            without_them = world.current()
            for pk in (us, jp):
                assert told(hidden, pk) == told(without_them, pk)
                assert told(hidden, pk) != told(full, pk)
            transaction.set_rollback(True)


def test_an_evaluation_gives_the_same_figures_again_and_beats_nothing_by_seeing_the_answer() -> None:
    random_directory(random.Random(3))
    first, second = evaluation.evaluate(world.current()), evaluation.evaluate(world.current())
    assert first == second
    for direction in first:
        assert direction.rules.trials == len(hideable(world.current()))
        assert set(direction.weights) == {rule.name for rule in RULES}


def test_figures_count_equal_places_as_chance_would_order_them() -> None:
    assert Figures.of([(0, 1)]) == Figures(1, (1.0, 1.0), 1.0)
    spread = Figures.of([(5, 20)])
    assert spread.hits == (5 / 20, 1.0)
    assert spread.reciprocal_rank == pytest.approx(sum(1 / rank for rank in range(6, 26)) / 20)
    assert Figures.of([(999, 1)]).reciprocal_rank == pytest.approx(1 / 1000, rel=1e-3)


# --- Places -----------------------------------------------------------------------------------------------------------


def test_distances_and_coasts_are_those_of_the_map() -> None:
    assert distance(SEATTLE, PORTLAND) == pytest.approx(233.8, abs=1)
    assert distance((0, 179.5), (0, -179.5)) == pytest.approx(111.2, abs=0.5)
    assert is_coastal(KOBE) and is_coastal((21.31, -157.86)) and not is_coastal(KOFU) and not is_coastal(BOISE)
    assert is_coastal((41.28, -70.1)), "Nantucket, an island that the map does not show"
    assert not is_coastal((46.6, -120.5)) and not is_coastal((39.1, -94.6)), "Yakima and Kansas City"


def test_a_grid_finds_what_looking_at_every_point_finds() -> None:
    chance = random.Random(5)
    points = {key: (chance.uniform(-60, 70), chance.uniform(-180, 180)) for key in range(400)}
    grid = Grid(points.items())
    for key, point in list(points.items())[:60]:
        near = {other for other in points if distance(point, points[other]) <= 900}
        assert {other for other, _km in grid.near(point, 900)} == near and key in near


def test_what_is_unknown_of_a_place_counts_neither_for_it_nor_against_it(directory: dict[str, Actor]) -> None:
    found = told(world.current(), directory["tacoma"].pk)
    number = Question(world.current().gazetteer.places[directory["tacoma"].pk], world.current()).candidates.index[
        directory["nowhere"].pk
    ]
    assert min(found["size_apart"]) < found["size_apart"][number] < max(found["size_apart"])
    assert min(found["coast"]) < found["coast"][number] < max(found["coast"])
    assert (found["size"][number], found["seaside"][number], found["standing"][number]) == (0, 0, 0)
