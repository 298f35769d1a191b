"""Records side by side: what the address asks for, what all have in common, what nobody has, what is hidden."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from partnerships import nearest, search
from partnerships.comparing import MOST_PARTNERS
from partnerships.models import Actor, Outcome, Partnership, Publication

from .factories import (
    join,
    make_actor,
    make_partnership,
    make_prefecture,
    make_source,
    make_state,
    make_theme,
    published_partnership,
)
from .markup import Element, Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("directory")]


@pytest.fixture
def directory() -> None:
    climate, tech, forestry = make_theme("climate"), make_theme("tech"), make_theme("forestry")
    hyogo, washington = make_prefecture("hyogo"), make_state("washington", population=7_958_180, population_year=2024)
    kobe = make_actor("kobe", name_ja="神戸市", country="JP", parent=hyogo, population=1_500_000, population_year=2020)
    seattle = make_actor("seattle", parent=washington, population=750_000)
    tacoma = make_actor("tacoma", parent=washington)
    port = make_actor("port-of-kobe", kind="port", country="JP", parent=hyogo)
    source = make_source("city-page", published_on="2022-03")
    clean = published_partnership(
        "clean-ports",
        title_ja="港の脱炭素",
        kind="memorandum",
        started="2019-11",
        us=seattle,
        jp=kobe,
        source=source,
        themes=(climate, tech),
        problem="Ships burn oil.",
        preconditions="A port; A plan",
    )
    Outcome.objects.create(partnership=clean, statement="Forty ships", year=2023, source=source)
    published_partnership(
        "green-ports", kind="memorandum", started="1957", us=tacoma, jp=kobe, source=source, themes=(forestry, climate)
    )
    published_partnership("old-ties", kind="sister", status="ended", us=tacoma, jp=port)
    published_partnership("school-visits", kind="exchange", started="1999", us=seattle, jp=make_actor(country="JP"))
    published_partnership("fifth-wheel", kind="network")
    search.reindex()


def get(address: str) -> HttpResponse:
    return Client().get(address)


def page(address: str) -> Page:
    response = get(address)
    assert response.status_code == 200, response
    return Page(response)


def heads(shown: Page) -> list[str]:
    """What stands side by side: the titles over the columns."""
    found = [
        element for element in shown.all("a") if element.around and element.around.attributes.get("scope") == "col"
    ]
    return [link.text for link in found if "remove" not in link.attributes.get("class", "")]


def row(shown: Page, attribute: str) -> list[Element]:
    """The cells of the row about an attribute."""
    cells: dict[str, list[Element]] = {}
    label = ""
    for element in shown.elements:
        if element.tag == "th" and element.attributes.get("scope") == "row":
            label = next(
                each.own_pieces[0].strip() for each in shown.all("span", class_="attribute") if each.around is element
            )
        elif element.tag == "td" and label:
            cells.setdefault(label, []).append(element)
    return cells[attribute]


def attributes(shown: Page) -> list[str]:
    return [each.own_pieces[0].strip() for each in shown.all("span", class_="attribute")]


def notices(shown: Page) -> list[str]:
    return [
        item.text
        for notice in shown.all("div", class_="notice")
        for item in shown.all("li")
        if item.is_in("div") and item.around.around is notice
    ]  # type: ignore[union-attr]


# --- The address -----------------------------------------------------------------------------------------------------


def test_partnerships_stand_in_the_order_of_the_address() -> None:
    assert heads(page("/compare/?p=old-ties&p=clean-ports")) == ["Old Ties", "Clean Ports"]
    assert heads(page("/ja/compare/?p=clean-ports&p=old-ties")) == ["港の脱炭素", "Old Ties"]


@pytest.mark.parametrize(
    ("given", "one_address"),
    [
        ("/compare/?p=old-ties&p=old-ties", "/compare/?p=old-ties"),
        ("/compare/?p=old-ties&utm_source=mail", "/compare/?p=old-ties"),
        ("/compare/?q=port&p=old-ties", "/compare/?p=old-ties&q=port"),
        ("/compare/?p=+old-ties&p=&q=", "/compare/?p=old-ties"),
        ("/ja/compare/?a=kobe&a=kobe&a=seattle", "/ja/compare/?a=kobe&a=seattle"),
        ("/compare/?x", "/compare/"),
    ],
)
def test_it_has_one_address_for_each_choice(given: str, one_address: str) -> None:
    response = get(given)
    assert (response.status_code, response.headers["Location"]) == (301, one_address)
    assert get(one_address).status_code == 200


@pytest.mark.parametrize(("model", "parameter", "slug"), [(Partnership, "p", "old-ties"), (Actor, "a", "tacoma")])
def test_a_former_slug_leads_to_the_present_one(model: Any, parameter: str, slug: str) -> None:
    record = model.objects.get(slug=slug)
    record.save()  # with the history that a record entered in the desk has
    record.slug = "renamed"
    record.save()
    assert get(f"/compare/?{parameter}={slug}").headers["Location"] == f"/compare/?{parameter}=renamed"


def test_of_five_the_first_four_are_shown_and_it_says_so() -> None:
    slugs = ["clean-ports", "green-ports", "old-ties", "school-visits", "fifth-wheel"]
    shown = page("/compare/?" + "&".join(f"p={slug}" for slug in slugs))
    assert heads(shown) == ["Clean Ports", "Green Ports", "Old Ties", "School Visits"]
    assert notices(shown) == ["Four partnerships can stand side by side; these are the first four."]
    assert not shown.all("form")


def test_of_three_places_the_first_two_are_shown_and_it_says_so() -> None:
    shown = page("/compare/?a=kobe&a=seattle&a=tacoma")
    assert heads(shown) == ["Kobe", "Seattle"]
    assert notices(shown) == ["Two places can stand side by side; these are the first two."]


def test_partnerships_and_places_do_not_stand_side_by_side() -> None:
    shown = page("/compare/?p=old-ties&a=kobe")
    assert heads(shown) == ["Old Ties"]
    assert "these are the partnerships" in notices(shown)[0]


def test_an_unknown_slug_is_named_with_what_may_have_been_meant() -> None:
    shown = page("/compare/?p=old-ties&p=claen-ports")
    assert heads(shown) == ["Old Ties"]
    assert notices(shown) == ["There is no partnership “claen-ports”. Perhaps one of these: Clean Ports, Green Ports"]
    assert shown.links()["/compare/?p=old-ties&p=clean-ports"] == "Clean Ports"
    places = page("/ja/compare/?a=seatle-wa&a=kobe")
    assert (heads(places), places.links()["/ja/compare/?a=kobe&a=seattle"]) == (["神戸市"], "WashingtonSeattle")


def test_near_names_have_most_of_the_words_and_what_has_none_is_near_nothing() -> None:
    near = nearest.partnerships("ports-clean", 3)
    assert [facts.slug for facts in near] == ["clean-ports", "green-ports", "old-ties"]
    assert nearest.partnerships("something-else-entirely", 3) == []
    assert [actor.slug for actor in nearest.places("Port_of_Kobe-2", 3)] == ["port-of-kobe"]
    assert nearest.places("nowhere", 3) == []


@pytest.mark.parametrize(
    "query",
    [
        "p=%00",
        "p=../../x",
        "p=" + "x" * 300,
        "p=%E7%A5%9E%E6%88%B8",
        "a=%22%3E%3Cb%3E",
        "p=---",
        "a=___",
        "q=%00",
        "q=%25",
        "p=&a=",
        "&".join(f"p=no-{number}" for number in range(99)),
    ],
)
@pytest.mark.parametrize("language", ["", "/ja"])
def test_whatever_is_asked_for_the_answer_is_a_page(query: str, language: str) -> None:
    response = Client().get(f"{language}/compare/?{query}", follow=True)
    assert response.status_code == 200
    assert not Page(response).all("b")


def test_a_draft_answers_as_if_it_did_not_exist() -> None:
    for publication in (Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED):
        hidden = make_partnership(f"hidden-{publication}", title="Clean Ports hidden", publication=publication)
        join(hidden, Actor.objects.get(slug="kobe"), Actor.objects.get(slug="seattle"))
        make_actor(f"hidden-place-{publication}", name="Kobe hidden", publication=publication)
        search.reindex()
        for address in (f"/compare/?p=hidden-{publication}", f"/compare/?a=hidden-place-{publication}"):
            other = address.replace(f"hidden-{publication}", "never-was").replace(f"place-{publication}", "place-ever")
            shown, never_was = page(address), page(other)
            assert not heads(shown) and not heads(never_was)
            assert "hidden" not in shown.text.replace(address.partition("=")[2], "")
    assert [cell.text for cell in row(page("/compare/?a=kobe&a=seattle"), "Partnerships")] == [
        "2 places below it included",
        "2 places below it included",
    ]


# --- Partnerships ----------------------------------------------------------------------------------------------------


def test_a_row_tells_the_same_of_each() -> None:
    shown = page("/compare/?p=clean-ports&p=old-ties")
    assert [cell.text for cell in row(shown, "Kind")] == ["Memorandum", "Sister tie"]
    assert [cell.text for cell in row(shown, "Dates")][1] == "start not known – ended, date not known"
    assert row(shown, "Dates")[0].text == "since 2019 Started November 2019"
    assert [cell.text for cell in row(shown, "In Japan")] == [
        "Kobe Hyogo City 1,500,000 people (2020)",
        "Port Of Kobe Hyogo Port",
    ]
    assert [cell.text for cell in row(shown, "In the United States")] == [
        "Seattle Washington City 750,000 people (year not known)",
        "Tacoma Washington City population not known",
    ]
    assert [cell.text for cell in row(shown, "Themes")] == ["Climate Tech", "not recorded"]
    assert row(shown, "The problem")[1].text == "not recorded"


def test_results_and_statements_lead_to_the_numbered_sources_of_their_record() -> None:
    shown = page("/ja/compare/?p=green-ports&p=clean-ports")
    [cite] = [link for link in shown.all("a") if link.is_in("sup")]
    assert cite.attributes["href"] == "/ja/partnerships/clean-ports/#source-1"
    record = page("/ja/partnerships/clean-ports/")
    assert record.all("li", id="source-1")


def test_what_nobody_has_is_no_row() -> None:
    everything = {"Themes", "Results", "The problem", "The approach", "What it needs", "Steps"}
    assert everything & {*attributes(page("/compare/?p=clean-ports&p=old-ties"))} == everything - {
        "The approach",
        "Steps",
    }
    assert not everything & {*attributes(page("/compare/?p=school-visits&p=old-ties"))}


def test_it_says_in_words_what_all_have_in_common() -> None:
    shown = page("/compare/?p=clean-ports&p=green-ports")
    common = dict(zip(shown.texts("dt"), shown.texts("dd"), strict=True))
    assert common == {
        "Kind": "Memorandum",
        "Themes": "Climate",
        "Participants": "Kobe, Hyogo",
        "State or prefecture": "Washington, Hyogo",
        "Sources": "1 source",
    }
    assert "Their starts lie 62 years apart." in shown.texts("p")
    assert [cell.text for cell in row(shown, "Themes")] == ["Climate in all Tech", "Climate in all Forestry"]
    marked = [each.around.text for each in shown.all("span", class_="in-common") if each.text == "the same in all"]  # type: ignore[union-attr]
    assert marked == ["Kind the same in all", "Status the same in all"]


def test_it_says_when_nothing_is_in_common() -> None:
    shown = page("/compare/?p=school-visits&p=fifth-wheel")
    assert "No kind, theme, place or source, as far as is recorded." in shown.texts("p")


def test_a_single_one_has_nothing_in_common_with_itself() -> None:
    shown = page("/compare/?p=clean-ports")
    assert heads(shown) == ["Clean Ports"]
    assert not shown.all("span", class_="in-common") and "What all of them have in common" not in shown.texts("h2")


def test_each_can_be_removed_and_others_added() -> None:
    shown = page("/compare/?p=clean-ports&p=old-ties&q=school")
    links = shown.links()
    assert (links["/compare/?p=old-ties"], links["/compare/?p=clean-ports"]) == (
        "Remove Clean Ports",
        "Remove Old Ties",
    )
    assert links["/compare/?p=clean-ports&p=old-ties&p=school-visits"] == "Add School Visits"
    assert links["/compare/?p=clean-ports&p=old-ties&p=green-ports"] == "Add Green Ports"
    assert links["/partnerships/#compare=clean-ports,old-ties"]
    kept = [(field.attributes["name"], field.attributes["value"]) for field in shown.all("input", type="hidden")]
    assert kept == [("p", "clean-ports"), ("p", "old-ties")]


def test_what_is_chosen_already_is_not_offered_again() -> None:
    shown = page("/compare/?p=clean-ports&q=clean")
    assert "Add Clean Ports" not in shown.texts("a")
    assert shown.links()["/partnerships/?q=clean"] == "Search the whole list"


# --- Places ----------------------------------------------------------------------------------------------------------


def test_two_places_on_one_shore_tell_their_ties_and_what_they_share() -> None:
    shown = page("/compare/?a=seattle&a=tacoma")
    assert [cell.text for cell in row(shown, "People")] == ["750,000 people (year not known)", "population not known"]
    assert [cell.text for cell in row(shown, "Oldest")] == ["School Visits 1999", "Green Ports 1957"]
    assert [cell.text for cell in row(shown, "Newest")] == ["Clean Ports November 2019", "Green Ports 1957"]
    assert row(shown, "Partners across the Pacific")[1].text.replace("\xa0", " ") == "Kobe, Hyogo 1Port Of Kobe 1"
    common = dict(zip(shown.texts("dt"), shown.texts("dd"), strict=True))
    assert common == {
        "Partners across the Pacific": "Kobe, Hyogo",
        "Across the Pacific": "Hyogo",
        "Themes": "Climate",
    }


def test_two_places_across_the_pacific_share_the_partnerships_between_them() -> None:
    shown = page("/compare/?a=kobe&a=seattle")
    common = dict(zip(shown.texts("dt"), shown.texts("dd"), strict=True))
    assert common == {"Partnerships": "Clean Ports", "Themes": "Climate, Tech"}


def test_a_place_includes_what_lies_below_it_as_its_list_does() -> None:
    cell = row(page("/compare/?a=washington&a=hyogo"), "Partnerships")[0]
    assert cell.text == "4 places below it included"
    assert page("/partnerships/?actor=washington").texts("h1") == ["4 partnerships"]


def test_places_without_ties_say_so() -> None:
    make_actor("quiet-town")
    make_actor("silent-town")
    shown = page("/compare/?a=quiet-town&a=silent-town")
    assert [cell.text for cell in row(shown, "Oldest")] == ["not recorded", "not recorded"]
    assert "No partnership, partner or theme, as far as is recorded." in shown.texts("p")


def test_of_many_partners_some_are_named_and_the_rest_counted() -> None:
    record = Partnership.objects.get(slug="clean-ports")
    join(record, *(make_actor(country="JP") for _ in range(MOST_PARTNERS + 1)))
    shown = page("/compare/?a=seattle&a=washington")
    assert "and 3 more" in row(shown, "Partners across the Pacific")[0].text
    assert "and 3 more" in dict(zip(shown.texts("dt"), shown.texts("dd"), strict=True))["Partners across the Pacific"]


# --- Without a choice ------------------------------------------------------------------------------------------------


def test_without_a_choice_it_explains_itself_and_offers_examples() -> None:
    shown = page("/compare/")
    assert shown.texts("h1") == ["Compare"]
    assert shown.links()["/compare/?p=clean-ports&p=green-ports"] == "Climate"
    assert "Tech" not in [text for text in shown.texts("a") if text == "Tech"]  # a single one is nothing to compare
    assert not shown.all("meta", name="robots")


def test_a_search_begins_with_partnerships_or_places() -> None:
    links = page("/ja/compare/?q=kobe").links()
    assert {"/ja/compare/?p=clean-ports", "/ja/compare/?p=green-ports", "/ja/compare/?a=kobe"} <= links.keys()
    assert page("/compare/?q=kobe").one("meta", name="robots").attributes["content"] == "noindex, follow"


def test_a_search_without_matches_leads_to_the_whole_list() -> None:
    shown = page("/compare/?q=nothing+like+it")
    assert "Nothing was found for “nothing like it”. Search the whole list" in shown.texts("p")


def test_every_row_and_every_record_lead_to_a_comparison() -> None:
    assert page("/partnerships/").links()["/compare/?p=clean-ports"] == "Compare"
    assert page("/actors/kobe/").links()["/compare/?a=kobe"] == "Compare with another place"
    assert page("/ja/partnerships/clean-ports/").links()["/ja/compare/?p=clean-ports"] == "比較"


def test_a_preview_offers_no_comparison_that_would_not_find_it(admin_client: Client) -> None:
    make_partnership("draft")
    assert "/compare/?p=draft" not in Page(admin_client.get("/partnerships/draft/")).links()
