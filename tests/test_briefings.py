"""Briefings: what they hold and leave out, the same in both languages, as of a day, however they are asked for."""

from __future__ import annotations

import datetime as dt
import re
import time
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from partnerships import search
from partnerships.briefings import scope
from partnerships.models import Actor, Milestone, Outcome, Partnership, Publication

from .briefing_pages import lines_of, said, without_language
from .factories import (
    add_themes,
    cite,
    join,
    make_actor,
    make_partnership,
    make_prefecture,
    make_source,
    make_state,
    make_theme,
    published_partnership,
)
from .markup import Page

pytestmark = pytest.mark.django_db
in_the_directory = pytest.mark.usefixtures("directory")

DAY = "2026-11-26"


@pytest.fixture
def directory() -> dict[str, Any]:
    """Kobe with a sister tie, a memorandum past its term, an ended project, and a town that merged into it."""
    washington = make_state(name="Washington", name_ja="ワシントン州")
    hyogo = make_prefecture("hyogo", name="Hyogo Prefecture", name_ja="兵庫県")
    seattle = make_actor("seattle", name_ja="シアトル", parent=washington, population=737_015, population_year=2020)
    kobe = make_actor(
        "kobe",
        name_ja="神戸市",
        country="JP",
        parent=hyogo,
        office_name="国際課",
        office_url="https://kobe.example.jp/office",
        office_email="office@kobe.example.jp",
        website="https://kobe.example.jp/",
    )
    nada = make_actor(
        "nada", name_ja="灘町", kind="town", country="JP", parent=hyogo, successor=kobe, dissolved_on="1950-04-01"
    )
    climate = make_theme("climate", name="Climate", name_ja="気候")
    page = make_source("city-page", publisher="City of Kobe", published_on="2015-03", accessed_on="2026-11-20")
    undated = make_source("undated", accessed_on="2020-01")
    tie = published_partnership(
        "kobe-seattle",
        title="Kobe and Seattle",
        title_ja="神戸とシアトル",
        started="1957-10-21",
        us=seattle,
        jp=kobe,
        source=page,
        themes=(climate,),
    )
    cite(tie, page, supports="dates")
    Outcome.objects.create(
        partnership=tie,
        statement="Forty visits",
        statement_ja="訪問40回",
        value=40,
        unit="visits",
        year=2014,
        claimant="City of Kobe",
        grade="press",
        source=page,
    )
    Milestone.objects.create(
        partnership=tie, kind="renewed", on="1997-10", title="Renewed", title_ja="更新", source=page
    )
    memorandum = published_partnership(
        "ports", kind="memorandum", started="2016", term_ends="2026-06", us=washington, jp=kobe, source=undated
    )
    Outcome.objects.create(partnership=memorandum, statement="All ships clean", year=2030)
    published_partnership(
        "trees", kind="project", started="2001", ended="2004-05", status="ended", us=seattle, jp=nada, source=page
    )
    published_partnership(
        "model",
        title="A model",
        kind="project",
        started="2019",
        themes=(climate,),
        us=make_actor("portland"),
        jp=make_actor("sapporo", country="JP"),
        source=page,
        problem="Hot summers.",
        how_to_replicate="Plant trees.",
        how_to_replicate_ja="木を植える。",
    )
    search.reindex()
    return {"kobe": kobe, "seattle": seattle, "tie": tie, "climate": climate, "hyogo": hyogo, "washington": washington}


def ask(address: str) -> HttpResponse:
    response = Client().get(address)
    assert response.status_code == 200, (address, response.status_code, response.headers.get("Location"))
    return response


def briefing(actor: str = "kobe", **parameters: str) -> HttpResponse:
    query = {"actor": actor} | ({"with": parameters.pop("other")} if "other" in parameters else {})
    return ask(f"/brief/?{urlencode(query | {'date': DAY} | parameters)}")


def lines(section: str, actor: str = "kobe", language: str = "en", **parameters: str) -> list[str]:
    return said(lines_of(briefing(actor, **parameters)), section, language)


def one(found: list[str], beginning: str) -> str:
    [line] = [line for line in found if line.startswith(beginning)]
    return line


# --- What it holds -------------------------------------------------------------------------------------------------


@in_the_directory
def test_at_a_glance_it_says_who_it_is_and_counts_what_takes_place() -> None:
    glance = lines("glance")
    assert glance[0] == "Kobe, Hyogo"
    assert one(glance, "Level") == "Level City · Japan"
    assert one(glance, "Partnerships") == "Partnerships 3 partnerships"
    assert one(glance, "Earliest start") == "Earliest start 21 October 1957"
    assert one(glance, "Status") == "Status, as sources say Active: 2 · Ended: 1"
    assert one(glance, "Themes") == "Themes Climate: 1"
    assert one(lines("glance", "seattle"), "People") == "People 737,015 · 2020"


@in_the_directory
def test_the_history_is_in_the_order_of_time_with_mergers_and_nothing_twice() -> None:
    assert [re.sub(r"\s?\d*$", "", line) if "Began" in line else line for line in lines("history")] == [
        "1 April 1950 · Nada, Hyogo · Merged into: Kobe, Hyogo",
        "21 October 1957 · Began · Kobe and Seattle",
        "October 1997 · Renewed · Renewed · Kobe and Seattle1",
        "2001 · Began · Trees",
        "May 2004 · Ended · Trees",
        "2016 · Began · Ports",
    ]


@in_the_directory
def test_a_start_that_a_milestone_tells_stands_once(directory: dict[str, Any]) -> None:
    Milestone.objects.create(partnership=directory["tie"], kind="signed", on="1957-10-21")
    assert len([line for line in lines("history") if line.startswith("21 October 1957")]) == 1


@in_the_directory
def test_each_agreement_says_its_kind_partners_dates_term_state_and_evidence() -> None:
    said_of_all = lines("agreements")
    ports = said_of_all[said_of_all.index("Ports2") :]
    assert one(ports[:7], "Kind") == "Kind Memorandum"
    assert one(ports[:7], "Between") == "Between Washington · Kobe, Hyogo"
    assert one(ports[:7], "Term ends") == "Term ends June 2026"
    assert "whether it was renewed has not been verified" in one(ports[:7], "Status")
    assert "not checked since 2020" in one(ports[:7], "Last evidence")
    trees = said_of_all[said_of_all.index("Trees1") :]
    assert one(trees, "Ended") == "Ended May 2004"
    assert one(trees, "Between") == "Between Seattle, Washington · Nada, Hyogo (now part of Kobe)"


@in_the_directory
def test_results_come_with_figure_year_claimant_grade_and_source() -> None:
    results = lines("results")
    assert results[:2] == [
        "Kobe and Seattle",
        "Forty visits · 40 visits · 2014 · According to: City of Kobe · Press1",
    ]
    assert results[3] == (
        "All ships clean · 2030 · later than the date of this briefing · "
        "which of this record's sources says so is not recorded"
    )


@in_the_directory
def test_what_lies_ahead_are_round_years_within_five_and_terms() -> None:
    assert lines("ahead") == [
        "2026 · 10 years · Ports",
        "21 October 2027 · 70 years · Kobe and Seattle",
        "2031 · 15 years · Ports",
    ]
    assert "June 2026 · Term ends · Ports" in lines("ahead", date="2025-11-26")


@in_the_directory
def test_offices_are_told_by_role_and_missing_ones_as_missing(directory: dict[str, Any]) -> None:
    helper = make_actor("helper", name="Helper")
    join(directory["tie"], helper, role="supporter")
    offices = lines("offices")
    assert offices[0] == "Kobe, Hyogo"
    assert offices[1] == "Lead Kobe and Seattle · Ports"
    assert offices[2] == (
        "Office to ask 国際課 (only in Japanese) · https://kobe.example.jp/office · office@kobe.example.jp · "
        "Website: https://kobe.example.jp/"
    )
    assert offices[-3:] == ["Helper", "Supporter Kobe and Seattle", "Office to ask no office is recorded"]


@in_the_directory
def test_comparable_models_share_a_theme_and_say_why_and_how() -> None:
    models = lines("models")
    assert models[0].startswith("A model")
    assert one(models[:6], "Why it is shown") == "Why it is shown same theme: Climate · same kind"
    assert one(models[:6], "How to replicate it") == "How to replicate it Plant trees."
    assert not {"Kobe and Seattle", "Ports", "Trees"} & {line.rstrip("0123456789") for line in models}


@in_the_directory
def test_open_questions_follow_from_the_data_alone(directory: dict[str, Any]) -> None:
    questions = lines("questions")
    assert one(questions, "Was it renewed?").endswith("Ports")
    assert one(questions, "Why did it end?").endswith("Trees")
    assert one(questions, "What came of it?").endswith("Trees")
    assert one(questions, "Is it still right?").endswith("Ports")
    assert one(questions, "Do the places themselves agree?").endswith("all 3 that are told here")
    assert one(questions, "When was it written?").endswith("1 of the sources below2")
    assert "Kobe, Hyogo" not in one(questions, "Whom to ask?")
    assert not [line for line in questions if line.startswith(("Since when?", "Is it still active?"))]
    Partnership.objects.filter(slug="ports").update(
        started=None, status="unknown", verified_on="2026-10", term_ends=None
    )
    questions = lines("questions")
    assert one(questions, "Since when?").endswith("Ports")
    assert one(questions, "Is it still active?").endswith("Ports")
    assert not [line for line in questions if line.startswith("Was it renewed?")]
    assert one(questions, "Do the places themselves agree?").endswith("Kobe and Seattle · Trees")


@in_the_directory
def test_sources_are_written_out_once_with_address_and_day_of_reading() -> None:
    page = Page(briefing())
    sources = page.texts("li", id="source-1") + page.texts("li", id="source-2")
    assert sources == [
        "City Page · City of Kobe · 2015-03 · https://example.org/city-page · read on / 閲覧日 2026-11-20",
        "Undated · date not known / 日付不明 · https://example.org/undated · read on / 閲覧日 2020-01",
    ]
    cited = {link for link in page.links() if link.startswith("#source-")}
    assert cited == {"#source-1", "#source-2"}


@in_the_directory
def test_what_is_known_in_one_language_only_stands_in_both_columns_and_says_so() -> None:
    assert "Ports（英語のみ）" in " ".join(lines("ahead", language="ja"))
    page = Page(briefing())
    assert page.languages_of("Hot summers.") == {"en"}


# --- Its scope -----------------------------------------------------------------------------------------------------


@in_the_directory
def test_with_narrows_it_to_what_both_take_part_in_places_below_included() -> None:
    def told(other: str) -> set[str]:
        wanted = ("Kobe and Seattle", "Ports", "Trees")
        return {name for line in lines("agreements", other=other) for name in wanted if line.startswith(name)}

    assert told("seattle") == {"Kobe and Seattle", "Trees"}
    assert told("washington") == {"Kobe and Seattle", "Ports", "Trees"}
    assert lines("first-steps", other="portland")[0] == (
        "No partnership in which both Kobe, Hyogo and Portland take part is recorded."
    )


@in_the_directory
def test_a_merged_municipality_names_its_successor_and_the_successor_tells_what_it_inherited() -> None:
    assert one(lines("glance", "nada"), "Merged into") == "Merged into Kobe, Hyogo · 1 April 1950"
    links = Page(briefing("nada")).links()
    assert f"{settings.SITE_URL}/brief/?actor=kobe" in links
    assert [line for line in lines("agreements") if line.startswith("Trees")]


@in_the_directory
def test_a_place_without_a_partnership_gets_first_steps_and_examples() -> None:
    make_actor("tacoma", parent=Actor.objects.get(slug="washington"))
    response = briefing("tacoma")
    steps = said(lines_of(response), "first-steps")
    assert steps[0] == "No partnership of Tacoma, Washington is recorded."
    assert f"{settings.SITE_URL}/partnerships/?state=US-WA" in Page(response).links()
    assert said(lines_of(response), "models")[0].startswith("A model")


@in_the_directory
def test_a_region_tells_its_own_and_counts_those_of_its_places(
    directory: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope, "MOST_TOLD", 2)
    agreements = lines("agreements", "washington")
    assert agreements[0].startswith("Ports")
    assert agreements[-2:] == [
        "Places and organisations in it · 2 partnerships · each name leads to its briefing",
        "Seattle, Washington · 2 partnerships",
    ]
    assert not [line for line in lines("history", "washington") if "Kobe and Seattle" in line]
    assert (
        "Told one by one 1 partnership; sections 2 and 4 to 9 are about it alone" in Page(briefing("washington")).text
    )
    assert one(lines("glance", "washington"), "Partnerships") == "Partnerships 3 partnerships · of these, 1 of its own"


@in_the_directory
def test_what_is_too_much_is_counted_and_leads_to_the_list(
    directory: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope, "MOST_TOLD", 2)
    response = briefing()
    agreements = said(lines_of(response), "agreements")
    assert agreements[-1] == "Not told here 1 more of its own · the list of all its partnerships"
    # What has ended gives way first.
    assert not [line for line in agreements if line.startswith("Trees")]
    assert f"{settings.SITE_URL}/partnerships/?actor=kobe" in Page(response).links()
    monkeypatch.setattr(scope, "MOST_PLACES", 1)
    town = make_actor("tacoma", parent=directory["washington"])
    published_partnership(us=town)
    published_partnership(us=town)
    published_partnership(us=town)
    assert one(lines("agreements", "washington"), "Not told") == (
        "Not told here 1 more place · the list of all its partnerships"
    )


# --- As of a day ---------------------------------------------------------------------------------------------------


@in_the_directory
def test_ages_terms_and_anniversaries_are_those_of_its_day() -> None:
    def evidence(date: str) -> str:
        return one(lines("agreements", date=date)[:6], "Last evidence")

    assert "11 years ago" in evidence(DAY) and "March 2015" in evidence(DAY)
    assert "1 year ago" in evidence("2016-11-26") and "March 2015" in evidence("2016-11-26")
    assert "October 1997" in evidence("2010-01-01")  # the source of 2015 and the result of 2014 were still to come
    assert any("its term runs to June 2026" in line for line in lines("agreements", date="2020-01-01"))
    assert "21 October 2007 · 50 years · Kobe and Seattle" in lines("ahead", date="2005-01-01")


@in_the_directory
def test_what_began_later_is_left_out_and_counted() -> None:
    response = briefing(date="1999-01-01")
    assert not [line for line in said(lines_of(response), "agreements") if line.startswith(("Ports", "Trees"))]
    text = Page(response).text
    assert "Left out 2 partnerships that began after this day" in text
    assert "later than the date of this briefing" in " ".join(said(lines_of(response), "results"))


@in_the_directory
def test_what_may_have_begun_by_then_is_in() -> None:
    assert "Left out" not in Page(briefing(date="2016-01-01")).text
    assert "Left out 1 partnership" in Page(briefing(date="2015-12-31")).text


@in_the_directory
def test_it_says_when_the_facts_were_recorded_and_claims_no_more() -> None:
    Partnership.objects.update(updated_at=dt.datetime(2026, 3, 4, tzinfo=dt.UTC))
    text = Page(briefing(date="2020-01-01")).text
    assert "As of 1 January 2020 · ages, terms and what lies ahead are told for this day" in text
    assert "Facts as recorded in the directory on 4 March 2026" in text
    assert "ディレクトリの記録の時点 2026年3月4日" in text


@in_the_directory
@pytest.mark.parametrize("query", ["", "&languages=ja", "&format=file", "&with=seattle"])
def test_the_same_day_gives_the_same_bytes_whenever_it_is_asked_for(
    query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from partnerships import catalogue

    pairs = dict(pair.split("=") for pair in query.split("&") if pair)
    order = ("actor", "with", "languages", "date", "format")
    given = {"actor": "kobe", "date": "2025-05-05"} | pairs
    address = f"/ja/brief/?{urlencode({name: given[name] for name in order if name in given})}"
    asked = []
    for moment in (dt.datetime(2026, 11, 26, 1, tzinfo=dt.UTC), dt.datetime(2031, 7, 2, 23, tzinfo=dt.UTC)):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        monkeypatch.setattr(time, "time", moment.timestamp)
        monkeypatch.setattr(catalogue, "_latest", None)  # as after a restart
        asked.append(ask(address).content)
    assert asked[0] == asked[1]
    assert b"2031" not in asked[0].replace(b"2031-10-21", b"")


@in_the_directory
def test_without_a_day_it_is_as_of_today_and_offers_the_address_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: dt.datetime(2027, 2, 3, tzinfo=dt.UTC))
    page = Page(ask("/brief/?actor=kobe"))
    assert "As of 3 February 2027" in page.text
    assert page.links()["?actor=kobe&date=2027-02-03"] == "The address for this day"
    assert f"{settings.SITE_URL}/brief/?actor=kobe&date=2027-02-03" in page.links()


# --- Two languages -------------------------------------------------------------------------------------------------


@in_the_directory
@pytest.mark.parametrize("actor", ["kobe", "seattle", "washington", "hyogo", "nada", "model-free"])
@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_both_columns_hold_the_same(actor: str, prefix: str) -> None:
    make_actor("model-free")
    rows = lines_of(ask(f"{prefix}/brief/?actor={actor}&date={DAY}"))
    assert rows
    for row in rows:
        first, second = row.cells
        assert {first.language, second.language} == {"en", "ja"}
        assert first.language == ("ja" if prefix else "en")
        assert first.structure == second.structure, row
        assert first.text and second.text


@in_the_directory
def test_the_preface_says_the_same_in_both_languages() -> None:
    page = Page(briefing(date="1999-01-01"))
    found = {}
    for part in page.all("ul"):
        if "brief-preface" in (part.around.attributes.get("class", "") if part.around else ""):
            inside = [element for element in page.elements if element.is_in("li") and element.language == part.language]
            found[part.language] = [
                element.attributes.get("datetime") or without_language(element.attributes["href"])
                for element in inside
                if element.tag in {"time", "a"} and _is_within(element, part)
            ]
    assert found["en"] == found["ja"] and len(found["en"]) == 3


def _is_within(element: Any, outer: Any) -> bool:
    step = element.around
    while step is not None and step is not outer:
        step = step.around
    return step is not None


@in_the_directory
@pytest.mark.parametrize(("languages", "columns"), [("en", ["en"]), ("ja", ["ja"])])
def test_one_language_alone_has_the_same_facts(languages: str, columns: list[str]) -> None:
    both = lines_of(briefing())
    alone = lines_of(ask(f"/brief/?actor=kobe&languages={languages}&date={DAY}"))
    assert [[cell.language for cell in row.cells] for row in alone] == [columns] * len(both)
    expected = [cell for row in both for cell in row.cells if cell.language == languages]
    assert [row.cells[0] for row in alone] == expected


@in_the_directory
def test_a_japanese_page_says_the_same_as_the_english_one() -> None:
    def by_language(address: str) -> list[dict[str, str]]:
        return [{cell.language: cell.text for cell in row.cells} for row in lines_of(ask(address))]

    assert by_language(f"/brief/?actor=kobe&date={DAY}") == by_language(f"/ja/brief/?actor=kobe&date={DAY}")


# --- Asked in whatever way -----------------------------------------------------------------------------------------


@in_the_directory
def test_without_a_place_it_explains_itself_and_asks_for_one() -> None:
    page = Page(ask("/brief/"))
    assert page.one("h1").text == "Briefings to print"
    assert page.one("input", name="actor").attributes["value"] == ""
    assert not page.all("meta", name="robots")


@in_the_directory
@pytest.mark.parametrize("query", ["actor=kobe", "actor=nowhere", "date=2020-01-01", "date=nonsense"])
def test_no_briefing_is_for_search_engines(query: str) -> None:
    page = Page(ask(f"/brief/?{query}"))
    assert page.one("meta", name="robots").attributes["content"] == "noindex, follow"


@in_the_directory
@pytest.mark.parametrize(
    ("typed", "expected"),
    [("Seattle", "seattle"), ("シアトル", "seattle"), ("Seatle", "seattle"), ("kobe hyogo", "kobe"), ("神戸", "kobe")],
)
def test_a_name_leads_to_whoever_may_be_meant(typed: str, expected: str) -> None:
    page = Page(ask(f"/brief/?actor={quote(typed)}&date={DAY}"))
    assert f"?actor={expected}&date={DAY}" in page.links()
    assert page.one("input", name="actor").attributes["value"] == typed


@in_the_directory
def test_a_name_of_the_other_place_keeps_the_first_one() -> None:
    links = Page(ask(f"/brief/?actor=kobe&with=Seattle&languages=ja&date={DAY}")).links()
    assert f"?actor=kobe&with=seattle&languages=ja&date={DAY}" in links


@in_the_directory
def test_an_unknown_name_is_said_plainly_in_the_language_of_the_page() -> None:
    assert "knows no place or organisation of the name “zzzz”" in Page(ask("/brief/?actor=zzzz")).text
    assert "「zzzz」" in Page(ask("/ja/brief/?actor=zzzz")).text


@in_the_directory
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("actor=kobe&date=2026-02-30", "“2026-02-30” is no day"),
        ("actor=kobe&date=2026-11", "“2026-11” is no day"),
        ("actor=kobe&date=1066-10-14", "from 1900 to 2199"),
        ("actor=kobe&date=9999-12-31", "from 1900 to 2199"),
        ("actor=kobe&languages=fr", "“fr” was not understood"),
        ("actor=kobe&format=pdf", "“pdf” was not understood"),
        ("actor=kobe&with=kobe", "no partnership with itself"),
        ("actor=seattle&actor=kobe", "“actor” was given more than once"),
    ],
)
def test_what_is_not_understood_is_said_and_left_out(query: str, message: str) -> None:
    page = Page(ask(f"/brief/?{query}"))
    assert page.one("h1").text == "Briefing: Kobe, Hyogo"
    assert message in page.one("p", role="status").text


@in_the_directory
@pytest.mark.parametrize(
    ("given", "moved"),
    [
        ("date=2026-11-26&actor=kobe", "actor=kobe&date=2026-11-26"),
        ("actor=kobe&with=&languages=both&date=", "actor=kobe"),
        ("actor=kobe&date=2026/11/5", "actor=kobe&date=2026-11-05"),
        ("actor=kobe&date=２０２６年１１月５日", "actor=kobe&date=2026-11-05"),
        ("actor=+kobe+", "actor=kobe"),
        ("utm_source=mail", ""),
        ("actor=kobe&actor=kobe", "actor=kobe"),
    ],
)
def test_each_briefing_has_one_address(given: str, moved: str) -> None:
    response = Client().get(f"/ja/brief/?{given}")
    assert (response.status_code, response.headers["Location"]) == (301, f"/ja/brief/?{moved}".removesuffix("?"))
    assert Client().get(response.headers["Location"]).status_code == 200


@in_the_directory
def test_a_former_address_leads_to_the_present_one(directory: dict[str, Any]) -> None:
    kobe = directory["kobe"]
    kobe.slug = "kobe-hyogo"
    kobe.save()
    response = Client().get("/brief/?actor=kobe&with=seattle")
    assert response.headers["Location"] == "/brief/?actor=kobe-hyogo&with=seattle"


@in_the_directory
@pytest.mark.parametrize("name", ["actor", "with", "languages", "date", "format"])
@pytest.mark.parametrize(
    "value",
    [
        "%00", "x" * 5_000, "%E6%B0%B4" * 2_000, "-1", "'%20OR%201=1%20--", "%3Cscript%3Ealert(1)%3C/script%3E",
        "%FF%FE", "%ED%A0%80", "%25s%20%25(x)d", "../../etc", "-kobe", "%22", "--------", "9" * 400,
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["", "actor=kobe&"])
def test_junk_is_answered_with_a_page(name: str, value: str, around: str) -> None:
    response = Client().get(f"/brief/?{around}{name}={value}")
    assert response.status_code in {200, 301}
    if response.status_code == 200:
        assert Page(response).has_only_our_scripts()


# --- Not public ----------------------------------------------------------------------------------------------------


@in_the_directory
def test_nothing_unpublished_shows_not_even_as_a_number(directory: dict[str, Any]) -> None:
    addresses = [
        f"/brief/?actor={actor}&date={DAY}{query}"
        for actor in ("kobe", "seattle", "hyogo", "washington", "model", "hidden-town")
        for query in ("", "&format=file")
    ]
    addresses.append(f"/brief/?actor=kobe&with=washington&date={DAY}")
    before = [Client().get(address).content for address in addresses]
    town = make_actor(
        "hidden-town",
        name="Hiddenmarker",
        country="JP",
        parent=directory["hyogo"],
        successor=directory["kobe"],
        dissolved_on="1703",
        publication=Publication.DRAFT,
    )
    for publication in (Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED):
        record = make_partnership(
            f"hidden-{publication}", title="Hiddenmarker", how_to_replicate="Hiddenmarker", publication=publication
        )
        join(record, directory["kobe"], directory["seattle"], town)
        add_themes(record, directory["climate"])
        cite(record, make_source(title="Hiddenmarker"))
        Milestone.objects.create(partnership=record, kind="signed", on="1703")
    search.reindex()
    assert [Client().get(address).content for address in addresses] == before


@in_the_directory
def test_a_participant_that_is_not_public_is_not_named_in_a_public_record(directory: dict[str, Any]) -> None:
    town = make_actor("hidden-town", name="Hiddenmarker", country="JP", publication=Publication.DRAFT)
    join(directory["tie"], town)
    old = make_actor("old-town", name="Old town", country="JP", successor=town)
    join(directory["tie"], old)
    assert "Hiddenmarker" not in briefing().content.decode()
    assert "Old Town" in briefing().content.decode() or "Old town" in briefing().content.decode()


# --- The file ------------------------------------------------------------------------------------------------------


@in_the_directory
def test_the_file_is_the_same_briefing_with_its_styles_and_without_anything_to_fetch() -> None:
    response = ask(f"/brief/?actor=kobe&with=seattle&date={DAY}&format=file")
    assert response.headers["Content-Disposition"] == f'attachment; filename="briefing-kobe-seattle-{DAY}.html"'
    page = Page(response)
    assert lines_of(response) == lines_of(briefing(other="seattle"))
    assert not page.all("script") and not page.all("link") and not page.all("img")
    assert "url(" not in page.one("style").text and "@import" not in page.one("style").text
    addresses = [link for link in page.links() if not link.startswith("#")]
    assert addresses and all(re.match(r"https?://|mailto:", link) for link in addresses)


@in_the_directory
def test_everything_that_leaves_the_site_with_a_briefing_has_its_whole_address() -> None:
    page = Page(briefing())
    inside = [link for link in page.all("a") if link.is_in("article")]
    assert inside
    assert all(re.match(r"https?://|mailto:|#", link.attributes["href"]) for link in inside)


@in_the_directory
def test_the_place_and_the_page_for_choosing_lead_to_it() -> None:
    assert "/brief/?actor=kobe" in Page(ask("/actors/kobe/")).links()
    assert "/ja/brief/?actor=nada" in Page(ask("/ja/actors/nada/")).links()


# --- Bounded -------------------------------------------------------------------------------------------------------


def test_many_partnerships_take_no_more_queries_than_few(directory: dict[str, Any]) -> None:
    def queries_of(address: str) -> int:
        Client().get("/partnerships/")
        with CaptureQueriesContext(connection) as captured:
            ask(address)
        return len(captured)

    kobe, washington = directory["kobe"], directory["washington"]
    few = [queries_of(f"/brief/?actor={actor}&date={DAY}") for actor in ("kobe", "washington")]
    for number in range(30):
        town = make_actor(parent=washington)
        record = published_partnership(us=town, jp=kobe, themes=(directory["climate"],), started=str(1960 + number))
        join(record, make_actor(), make_actor())
        Outcome.objects.create(partnership=record, statement="Result", source=make_source())
    many = [queries_of(f"/brief/?actor={actor}&date={DAY}") for actor in ("kobe", "washington")]
    # A region whose places are too many takes two more, for counting and naming them.
    assert many[0] <= few[0] + 2 and many[1] <= few[1] + 2
    assert max(many) <= 30
