"""The public pages as a visitor gets them, in both languages: what each holds, where it leads, how it is sent."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urljoin
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import translation

from partnerships import search, wording
from partnerships.exports.columns import COLUMNS
from partnerships.filters import PartnershipFilter
from partnerships.models import (
    Actor,
    ActorName,
    Adoption,
    CoverageCheck,
    Milestone,
    Outcome,
    Partnership,
    Publication,
    Source,
    Theme,
)
from partnerships.package.tables import TABLES
from partnerships.views.listing import PER_PAGE

from .factories import (
    at_one_version,
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
from .markup import Element, Page

LANGUAGES = ["en", "ja"]
UNPUBLISHED = [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED]

with_database = pytest.mark.django_db


def small_directory() -> list[str]:
    """One record with everything, a plain tie, a merged town; the address of every kind of page, in English."""
    climate = make_theme(
        "climate", name="Climate", name_ja="気候", description="Cooler towns.", description_ja="涼しい町"
    )
    make_theme("forestry", name="Forestry", name_ja="森林")
    washington = make_state("washington", name_ja="ワシントン州", population=7_700_000)
    hyogo = make_prefecture("hyogo", name="Hyogo Prefecture", name_ja="兵庫県", name_kana="ひょうごけん")
    seattle = make_actor("seattle", name_ja="シアトル市", parent=washington, population=737_015, population_year=2020)
    kobe = make_actor("kobe", name_ja="神戸市", country="JP", parent=hyogo, website="https://kobe.example.jp/")
    town = make_actor("nada", name_ja="灘町", country="JP", parent=hyogo, successor=kobe, dissolved_on="1950-04-01")
    ActorName.objects.create(actor=seattle, name="Emerald City", language="en")
    source = make_source("city-page", publisher="City of Kobe", published_on="2015-03", language="ja")
    record = published_partnership(
        "kobe-seattle",
        title="Kobe and Seattle",
        title_ja="神戸とシアトル",
        summary="Both ports learn from each other.",
        kind="programme",
        started="1957-10-21",
        term_ends="2030",
        problem="Hot summers.",
        approach="More trees.",
        preconditions="Land; Time",
        how_to_replicate="Start small.",
        us=seattle,
        jp=kobe,
        source=source,
        themes=(climate,),
    )
    cite(record, source, supports="content", locator="p. 3")
    Outcome.objects.create(partnership=record, statement="Forty visits", value=40, unit="visits", source=source)
    Milestone.objects.create(partnership=record, kind="renewed", on="2017", source=source)
    almanac = make_source("almanac")
    published_partnership("plain-tie", title="Plain tie", started="1960", us=washington, jp=hyogo, source=almanac)
    published_partnership(
        "nada-tie", title="Nada tie", status="ended", us=washington, jp=town, source=almanac, themes=(climate,)
    )
    search.reindex()
    return [
        "/",
        "/partnerships/",
        "/partnerships/?q=kobe&theme=climate&kind=programme&state=US-WA&sort=title",
        "/partnerships/?q=nothing+matches+this&theme=climate",
        "/partnerships/kobe-seattle/",
        "/partnerships/plain-tie/",
        "/actors/",
        "/actors/?q=kobe&kind=city&prefecture=JP-28&show=all",
        "/actors/seattle/",
        "/actors/kobe/",
        "/actors/nada/",
        "/actors/hyogo/",
        "/themes/",
        "/themes/climate/",
        "/themes/forestry/",
        "/figures/",
        "/figures/?theme=climate&theme=forestry",
        "/figures/?q=nothing+matches+this&theme=climate",
        "/suggest/",
        "/suggest/?actor=kobe&theme=climate",
        "/partnerships/kobe-seattle/suggest/",
        "/embed/",
        "/embed/?theme=climate&view=both&look=light",
        "/embed/?q=nothing+matches+this&theme=climate",
        "/coverage/",
        "/coverage/?kind=programme&year_min=1950&by=prefecture",
        "/coverage/?kind=event&by=pair",
        "/brief/",
        "/brief/?actor=kobe",
        "/brief/?actor=nada&languages=ja&date=2026-11-26",
        "/brief/?actor=kobe&with=washington",
        "/sources/",
        "/networks/",
        "/networks/?theme=climate&actor=hyogo",
        "/networks/?q=nothing+matches+this&theme=climate",
        "/overlaps/",
        "/peers/",
        "/overlaps/?actor=seattle",
        "/peers/?actor=seattle&theme=climate",
        "/overlaps/?actor=hyogo&theme=climate",
        "/sources/?q=page&language=ja",
        "/sources/city-page/",
        "/about/",
        "/data/",
        "/accessibility/",
        "/anniversaries/",
        "/anniversaries/?theme=climate&kind=programme&kind=sister&actor=kobe",
        "/updates/",
    ]


def in_language(address: str, language: str) -> str:
    return address if language == "en" else f"/ja{address}"


def in_both_languages(addresses: list[str]) -> list[str]:
    return [in_language(address, language) for language in LANGUAGES for address in addresses]


def language_of(address: str) -> str:
    return "ja" if address.startswith("/ja/") else "en"


def read(client: Client, address: str) -> Page:
    response = client.get(address)
    assert response.status_code == 200, f"{address}: {response.status_code}"
    return Page(response)


Answers = dict[str, tuple[HttpResponse, Page]]


@pytest.fixture(scope="module")
def answers(django_db_setup: None, django_db_blocker: Any) -> Answers:
    """Every kind of page in both languages, by its address."""
    with django_db_blocker.unblock(), transaction.atomic():
        addresses = in_both_languages(small_directory())
        with at_one_version():
            responses = {address: Client().get(address) for address in addresses}
        transaction.set_rollback(True)
    return {address: (response, Page(response)) for address, response in responses.items()}


def those_that_fail(answers: Answers, fits: Callable[[Page, HttpResponse, str], bool]) -> list[str]:
    return [address for address, (response, page) in answers.items() if not fits(page, response, address)]


# --- Every kind of page --------------------------------------------------------------------------------------------


@with_database
def test_every_kind_of_page_is_there_in_both_languages(answers: Answers) -> None:
    assert those_that_fail(answers, lambda page, response, address: response.status_code == 200) == []


@with_database
def test_every_page_says_in_which_language_it_is(answers: Answers) -> None:
    def fits(page: Page, response: HttpResponse, address: str) -> bool:
        language = language_of(address)
        return page.one("html").attributes["lang"] == response.headers["Content-Language"] == language

    assert those_that_fail(answers, fits) == []


@with_database
def test_every_page_has_one_main_heading_with_words(answers: Answers) -> None:
    assert those_that_fail(answers, lambda page, response, address: bool(page.one("h1").text)) == []


@with_database
def test_every_page_has_a_title_of_its_own_and_a_description(answers: Answers) -> None:
    def fits(page: Page, response: HttpResponse, address: str) -> bool:
        own_part = page.one("title").text.split("·")[0].strip()
        return bool(own_part and page.one("meta", name="description").attributes["content"].strip())

    assert those_that_fail(answers, fits) == []


@with_database
def test_the_first_link_of_every_page_skips_to_its_content(answers: Answers) -> None:
    def fits(page: Page, response: HttpResponse, address: str) -> bool:
        return page.all("a")[0].attributes["href"] == "#" + page.one("main").attributes["id"]

    assert those_that_fail(answers, fits) == []


@with_database
def test_every_page_names_itself_in_both_languages_with_its_filters(answers: Answers) -> None:
    def fits(page: Page, response: HttpResponse, address: str) -> bool:
        bare = address.removeprefix("/ja")
        named = {
            link.attributes["hreflang"]: link.attributes["href"]
            for link in page.all("link", rel="alternate")
            if "hreflang" in link.attributes
        }
        english = f"{settings.SITE_URL}{bare}"
        return named == {"en": english, "ja": f"{settings.SITE_URL}/ja{bare}", "x-default": english}

    assert those_that_fail(answers, fits) == []


@with_database
def test_every_page_names_its_own_address_in_full(answers: Answers) -> None:
    def fits(page: Page, response: HttpResponse, address: str) -> bool:
        own = f"{settings.SITE_URL}{address}"
        shared = page.one("meta", property="og:url").attributes["content"]
        return page.one("link", rel="canonical").attributes["href"] == shared == own

    assert those_that_fail(answers, fits) == []


@with_database
@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("/?utm_source=mail", "/"),
        ("/about/?x=1", "/about/"),
        ("/partnerships/kobe-seattle/?x=1", "/partnerships/kobe-seattle/"),
        ("/partnerships/?theme=climate&theme=nonsense", "/partnerships/?theme=climate"),
        ("/ja/actors/?page=99", "/ja/actors/"),
    ],
)
def test_an_address_with_more_than_the_page_needs_is_not_its_own(client: Client, given: str, canonical: str) -> None:
    small_directory()
    link = read(client, given).one("link", rel="canonical")
    assert link.attributes["href"] == f"{settings.SITE_URL}{canonical}"


@with_database
def test_a_shared_link_shows_what_the_page_says_of_itself(answers: Answers) -> None:
    def fits(page: Page, response: HttpResponse, address: str) -> bool:
        shared = {
            meta.attributes["property"]: meta.attributes["content"]
            for meta in page.all("meta")
            if "property" in meta.attributes
        }
        title = page.one("title").text
        description = " ".join(page.one("meta", name="description").attributes["content"].split())
        locale = {"en": "en_GB", "ja": "ja_JP"}[language_of(address)]
        return (
            f"{shared['og:title']} · {shared['og:site_name']}" == title
            and " ".join(shared["og:description"].split()) == description
            and shared["og:locale"] == locale != shared["og:locale:alternate"]
            and shared["og:image"].startswith(f"{settings.SITE_URL}/static/partnerships/img/share")
            and bool(shared["og:image:alt"])
        )

    assert those_that_fail(answers, fits) == []


def test_the_picture_of_shared_links_is_as_large_as_the_pages_say() -> None:
    picture = (settings.BASE_DIR / "partnerships/static/partnerships/img/share.png").read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == (1200, 630)
    assert len(picture) < 100_000


@with_database
def test_every_page_links_to_itself_in_the_other_language_with_its_filters(answers: Answers) -> None:
    def fits(page: Page, response: HttpResponse, address: str) -> bool:
        other = {"en": "ja", "ja": "en"}[language_of(address)]
        return page.one("a", hreflang=other).attributes["href"] == in_language(address.removeprefix("/ja"), other)

    assert those_that_fail(answers, fits) == []


@with_database
def test_no_page_sets_a_cookie_or_depends_on_one(answers: Answers) -> None:
    def fits(page: Page, response: HttpResponse, address: str) -> bool:
        return not response.cookies and "cookie" not in response.headers.get("Vary", "").lower()

    assert those_that_fail(answers, fits) == []


@with_database
def test_every_page_comes_with_a_strict_content_security_policy(answers: Answers) -> None:
    def fits(page: Page, response: HttpResponse, address: str) -> bool:
        policy = response.headers["Content-Security-Policy"]
        return "default-src 'self'" in policy and "unsafe-" not in policy

    assert those_that_fail(answers, fits) == []


@with_database
def test_no_page_has_a_script_or_a_style_that_the_policy_would_stop(answers: Answers) -> None:
    def fits(page: Page, response: HttpResponse, address: str) -> bool:
        inline = [element for element in page.elements if {"style", "onclick", "onload"} & element.attributes.keys()]
        return not inline and page.has_only_our_scripts() and not page.all("style")

    assert those_that_fail(answers, fits) == []


@with_database
def test_every_name_and_link_within_a_page_has_one_target(answers: Answers) -> None:
    def fits(page: Page, response: HttpResponse, address: str) -> bool:
        ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
        meant = {link.removeprefix("#") for link in page.links() if link.startswith("#")}
        for attribute in ("aria-labelledby", "for"):
            meant |= {element.attributes[attribute] for element in page.elements if attribute in element.attributes}
        return len(ids) == len(set(ids)) and meant <= set(ids)

    assert those_that_fail(answers, fits) == []


@with_database
def test_no_page_shows_what_is_missing_as_none(answers: Answers) -> None:
    assert those_that_fail(answers, lambda page, response, address: "None" not in page.text) == []


@with_database
def test_a_japanese_page_leads_to_japanese_pages(answers: Answers) -> None:
    in_no_language = {"/data/us-japan-partnerships.zip", "/api/v1/schema/"}

    def fits(page: Page, response: HttpResponse, address: str) -> bool:
        links = {link for link, text in page.links().items() if link.startswith("/") and text != "English"}
        return language_of(address) == "en" or all(link.startswith("/ja/") for link in links - in_no_language)

    assert those_that_fail(answers, fits) == []


@with_database
def test_every_link_to_another_page_leads_somewhere(client: Client, answers: Answers) -> None:
    small_directory()
    links = {link for _response, page in answers.values() for link in page.links() if link.startswith("/")}
    with at_one_version():
        assert {link: status for link in links if (status := client.get(link).status_code) not in {200, 302}} == {}


@with_database
def test_a_page_is_for_reading_only(client: Client) -> None:
    pages = [address for address in small_directory() if not address.partition("?")[0].endswith("/suggest/")]
    statuses = {address: client.post(address).status_code for address in pages}
    assert set(statuses.values()) == {405}


@with_database
@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_shown_as_they_are_and_never_as_markup(client: Client, language: str) -> None:
    sign = "<u title='\"'>&amp;</u>"
    theme = make_theme("theme", name=sign, name_ja=sign, description=sign, description_ja=sign)
    us = make_actor("us", name=sign, name_ja=f"{sign}市", office_name=sign, parent=make_state(name=sign))
    source = make_source("source", title=sign, publisher=sign, url="https://example.org/?a=1&b=%22%3Cu%3E")
    texts = {"title": sign, "title_ja": f"{sign}と", "summary": sign, "summary_ja": sign, "preconditions": sign}
    record = published_partnership("record", us=us, source=source, themes=(theme,), **texts)
    cite(record, source, supports="content", locator=sign)
    Outcome.objects.create(partnership=record, statement=sign, unit="%", value=1, claimant=sign, source=source)
    Milestone.objects.create(partnership=record, kind="event", on="2017", title=sign)
    addresses = ["/", "/partnerships/", "/partnerships/record/", "/actors/", "/actors/us/", "/sources/source/"]
    addresses += ["/themes/", "/themes/theme/", "/sources/", "/partnerships/?q=%3Cu%3E", "/partnerships/?theme=%3Cu%3E"]
    found = {address: read(client, in_language(address, language)).all("u") for address in addresses}
    assert {address for address, elements in found.items() if elements} == set()


# --- The first page ------------------------------------------------------------------------------------------------


@with_database
def test_the_first_page_counts_what_is_published(client: Client) -> None:
    small_directory()
    make_partnership("draft")
    figures = dict(zip(*(read(client, "/").texts(tag) for tag in ("dt", "dd")), strict=True))
    assert figures["sister and friendship ties"] == "2"
    assert figures["other partnerships"] == "1"
    assert figures["sources"] == "2"


@with_database
def test_the_first_page_shows_the_newest_partnerships_first(client: Client) -> None:
    small_directory()
    page = read(client, "/")
    heading = page.elements.index(page.one("h2", id="newest-title"))
    lines = [element.text for element in page.elements[heading:] if element.tag == "a"]
    assert lines[:2] == ["Plain tie", "Kobe and Seattle"]


@with_database
@pytest.mark.parametrize(
    ("language", "gap", "unchecked", "checked"),
    [
        ("en", "Climate in Oregon", "not looked into yet", "checked, none found"),
        ("ja", "Oregon：気候", "未確認", "確認済み（該当なし）"),
    ],
)
def test_the_first_page_says_where_nothing_is_recorded_and_whether_anybody_looked(
    client: Client, language: str, gap: str, unchecked: str, checked: str
) -> None:
    small_directory()
    oregon = make_state("oregon", code="US-OR")
    address = in_language("/", language)
    assert gap not in read(client, address).text  # no partnership at all: nothing is said of it
    published_partnership("oregon-tie", us=oregon, themes=(Theme.objects.get(slug="forestry"),))
    (line,) = [item.text for item in read(client, address).all("li") if item.text.startswith(gap)]
    assert unchecked in line and checked not in line
    CoverageCheck.objects.create(place=oregon, theme=Theme.objects.get(slug="climate"), checked_on="2026", method="-")
    (line,) = [item.text for item in read(client, address).all("li") if item.text.startswith(gap)]
    assert checked in line and unchecked not in line


@with_database
def test_the_first_page_works_before_anything_is_published(client: Client) -> None:
    assert "Nothing is published yet." in read(client, "/").text


# --- A partnership -------------------------------------------------------------------------------------------------


@with_database
def test_a_record_in_japanese_bears_its_japanese_names(client: Client) -> None:
    small_directory()
    page = read(client, "/ja/partnerships/kobe-seattle/")
    assert page.one("h1").text == "神戸とシアトル"
    assert {"神戸市", "シアトル市", "兵庫県", "ワシントン州"} <= {element.text for element in page.elements}


@with_database
def test_a_record_in_english_bears_its_japanese_names_beside_the_english_ones(client: Client) -> None:
    small_directory()
    page = read(client, "/partnerships/kobe-seattle/")
    assert page.one("h1").text == "Kobe and Seattle"
    assert [page.languages_of(name) for name in ("神戸とシアトル", "神戸市", "シアトル市")] == [{"ja"}] * 3


@with_database
def test_a_text_that_is_there_in_english_only_is_marked_as_english_on_the_japanese_page(client: Client) -> None:
    small_directory()
    page = read(client, "/ja/partnerships/kobe-seattle/")
    assert page.languages_of("Both ports learn from each other.") == {"en"}
    assert page.languages_of("Forty visits") == {"en"}
    assert page.languages_of("Start small.") == {"en"}


@with_database
def test_a_text_that_is_there_in_japanese_only_is_marked_as_japanese_on_the_english_page(client: Client) -> None:
    published_partnership("one", summary_ja="港どうしが学び合う。", us=make_actor(name_ja="港市"))
    assert read(client, "/partnerships/one/").languages_of("港どうしが学び合う。") == {"ja"}


@with_database
def test_the_name_of_a_source_is_marked_with_the_language_of_the_source(client: Client) -> None:
    published_partnership("one", source=make_source(title="市のページ", language="ja"))
    assert read(client, "/partnerships/one/").languages_of("市のページ") == {"ja"}


@with_database
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "fields",
    [
        {"status": "active", "started": "1957-10-21"},
        {"status": "active"},
        {"status": "unknown", "started": "1957-10"},
        {"status": "unknown", "started": "1957-10-21"},
        {"status": "ended", "started": "1957", "ended": "2018-03"},
        {"status": "ended", "ended": "2018"},
        {"status": "ended", "started": "1957"},
    ],
)
def test_a_tie_without_a_summary_has_a_composed_sentence(client: Client, fields: dict[str, str], language: str) -> None:
    seattle, kobe = make_actor("seattle", name_ja="シアトル市"), make_actor("kobe", name_ja="神戸市", country="JP")
    record = published_partnership("tie", us=seattle, jp=kobe, **fields)
    with translation.override(language):
        sentence = wording.composed_summary(record)
    page = read(client, in_language("/partnerships/tie/", language))
    assert sentence
    assert sentence in page.one("main").text
    assert page.one("meta", name="description").attributes["content"].strip() == sentence


@with_database
def test_a_record_with_a_summary_has_no_composed_sentence(client: Client) -> None:
    small_directory()
    assert "have been" not in read(client, "/partnerships/kobe-seattle/").text


@with_database
def test_a_date_is_written_for_people_and_for_machines(client: Client) -> None:
    small_directory()
    page = read(client, "/partnerships/kobe-seattle/")
    assert page.texts("time", datetime="1957-10-21") == ["21 October 1957"]


@with_database
def test_a_record_lists_the_participants_of_both_shores_in_their_order(client: Client) -> None:
    small_directory()
    record = Partnership.objects.get(slug="plain-tie")
    join(record, make_actor(name="Tacoma"), make_actor(name="Akashi", country="JP"))
    page = read(client, "/partnerships/plain-tie/")
    names = [link.text for link in page.all("a") if "/actors/" in link.attributes["href"] and link.is_in("article")]
    assert names == ["Hyogo Prefecture", "Akashi", "Washington", "Tacoma"]


@with_database
def test_people_without_a_year_are_shown_without_one(client: Client) -> None:
    small_directory()
    assert "7,700,000 people" in read(client, "/partnerships/plain-tie/").text


def source_entries(page: Page) -> list[Element]:
    return [entry for entry in page.all("li") if entry.attributes.get("id", "").startswith("source-")]


@with_database
def test_sources_are_numbered_in_the_order_of_the_data_package(client: Client) -> None:
    record = published_partnership("one", source=make_source("b", title="Cited first"))
    cite(record, make_source("a", title="Cited next"))
    entries = source_entries(read(client, "/partnerships/one/"))
    assert [(entry.attributes["id"], entry.text.split("supports")[0].strip()) for entry in entries] == [
        ("source-1", "Cited next"),
        ("source-2", "Cited first"),
    ]


@with_database
def test_a_source_cited_for_several_facts_is_listed_once_with_all_of_them(client: Client) -> None:
    record = published_partnership("one", source=(source := make_source()))
    cite(record, source, supports="dates", locator="p. 3")
    cite(record, source, supports="content", locator="p. 4")
    [entry] = source_entries(read(client, "/partnerships/one/"))
    assert "supports that it exists, dates, what it does" in entry.text
    assert "p. 3" in entry.text and "p. 4" in entry.text


@with_database
def test_a_fact_points_to_the_source_that_supports_it(client: Client) -> None:
    record = published_partnership("one", title="One", started="1957", source=make_source("a-page"))
    report, almanac = make_source("b-report", title="Report"), make_source("c-almanac", title="Almanac")
    cite(record, report, supports="outcome")
    cite(record, almanac, supports="dates")
    Outcome.objects.create(partnership=record, statement="Forty visits", source=report)
    Milestone.objects.create(partnership=record, kind="renewed", on="1990", source=almanac)
    page = read(client, "/partnerships/one/")
    numbers = {tag: re.findall(r"\d$", text) for tag in ("li", "p") for text in page.texts(tag) if "Forty" in text}
    entries = {entry.attributes["id"]: entry.text for entry in source_entries(page)}
    assert numbers["p"] == ["2"] and "Report" in entries["source-2"]
    assert [text[-1] for text in page.texts("li") if "Renewed" in text] == ["3"] and "Almanac" in entries["source-3"]
    assert [text[-1] for text in page.texts("dd") if text.startswith("1957")] == ["3"]


@with_database
def test_a_source_leads_back_to_the_facts_that_it_supports(client: Client) -> None:
    record = published_partnership("one", source=(source := make_source()))
    for supports in ("dates", "participants", "content", "outcome"):
        cite(record, source, supports=supports)
    Outcome.objects.create(partnership=record, statement="Forty visits", source=source)
    page = read(client, "/partnerships/one/")
    backs = [link.attributes["href"].removeprefix("#") for link in page.all("a", class_="back")]
    assert backs == ["main", "dates", "participants", "what", "results"]
    assert {element.attributes.get("id") for element in page.elements} >= set(backs)


@with_database
def test_a_source_that_supports_results_which_are_not_recorded_leads_nowhere(client: Client) -> None:
    record = published_partnership("one")
    cite(record, supports="outcome")
    page = read(client, "/partnerships/one/")
    assert [link.text for link in page.all("a", class_="back")] == ["that it exists"]
    assert "supports results" in source_entries(page)[1].text


@with_database
def test_a_source_that_only_a_result_names_is_numbered_after_the_cited_ones(client: Client) -> None:
    record = published_partnership("one", source=make_source(title="Cited"))
    Outcome.objects.create(partnership=record, statement="Forty visits", source=make_source(title="Named"))
    page = read(client, "/partnerships/one/")
    assert ["Cited" in entry.text for entry in source_entries(page)] == [True, False]
    assert [text for text in page.texts("p") if "Forty visits" in text] == ["Forty visits2"]


@with_database
def test_a_record_names_the_office_to_ask_where_one_is_recorded(client: Client) -> None:
    kobe = make_actor(
        country="JP", office_name="International Division", office_url="https://kobe.example.jp/", office_email="a@b.jp"
    )
    published_partnership("one", jp=kobe, us=make_actor(website="https://seattle.example.org/"))
    links = read(client, "/partnerships/one/").links()
    assert links["https://kobe.example.jp/"] == "International Division"
    assert links["mailto:a@b.jp"] == "a@b.jp"
    assert links["https://seattle.example.org/"] == "website"


@with_database
def test_a_result_whose_source_is_not_recorded_says_so(client: Client) -> None:
    Outcome.objects.create(partnership=published_partnership("one"), statement="Forty visits")
    assert "which of this record's sources says so is not recorded" in read(client, "/partnerships/one/").text


@with_database
def test_a_model_and_its_copies_point_to_each_other(client: Client) -> None:
    model, copy = published_partnership("model"), published_partnership("copy")
    Adoption.objects.create(partnership=copy, adopted_from=model)
    assert read(client, "/partnerships/copy/").links()["/partnerships/model/"] == "Model"
    assert read(client, "/partnerships/model/").links()["/partnerships/copy/"] == "Copy"


# --- A place or an organisation ------------------------------------------------------------------------------------


def section(page: Page, heading: str) -> list[str]:
    """The titles of the partnerships listed below a heading."""
    titles: dict[str, list[str]] = {}
    current = ""
    for element in page.all("h2"):
        if "row-title" in element.attributes.get("class", ""):
            titles[current].append(element.text)
        else:
            current = element.text
            titles[current] = []
    return titles[heading]


@with_database
@pytest.mark.parametrize(("language", "name"), [("en", "Kobe"), ("ja", "神戸市")])
def test_a_merged_municipality_names_its_successor_and_the_day(client: Client, language: str, name: str) -> None:
    small_directory()
    page = read(client, in_language("/actors/nada/", language))
    assert page.links()[in_language("/actors/kobe/", language)] == name
    with translation.override(language):
        assert Actor.objects.get(slug="nada").dissolved_on.localised() in page.one("p", class_="notice").text


@with_database
def test_a_merged_municipality_keeps_what_it_had_signed(client: Client) -> None:
    small_directory()
    assert section(read(client, "/actors/nada/"), "Its partnerships") == ["Nada tie"]


@with_database
def test_a_successor_lists_what_it_inherited_apart_from_its_own(client: Client) -> None:
    small_directory()
    page = read(client, "/actors/kobe/")
    assert section(page, "Its partnerships") == ["Kobe and Seattle"]
    assert section(page, "Inherited from places that merged into it") == ["Nada tie"]


@with_database
def test_a_successor_names_who_merged_into_it(client: Client) -> None:
    small_directory()
    assert read(client, "/actors/kobe/").links()["/actors/nada/"] == "Nada"


@with_database
def test_a_prefecture_lists_the_places_in_it_that_have_partnerships(client: Client) -> None:
    small_directory()
    make_actor("lonely", country="JP", parent=Actor.objects.get(slug="hyogo"))
    links = read(client, "/actors/hyogo/").links()
    assert ("/actors/kobe/" in links, "/actors/nada/" in links, "/actors/lonely/" in links) == (True, True, False)


@with_database
def test_a_prefecture_links_to_all_that_the_places_in_it_take_part_in(client: Client) -> None:
    small_directory()
    assert read(client, "/actors/hyogo/").links()["/partnerships/?actor=hyogo"].startswith("See all 3 partnerships")


# --- Themes and sources --------------------------------------------------------------------------------------------


@with_database
def test_the_themes_are_counted_by_what_is_published(client: Client) -> None:
    small_directory()
    page = read(client, "/themes/")
    assert page.texts("p", class_="figure") == ["2 partnerships", "0 partnerships"]


@with_database
def test_a_theme_leads_to_its_partnerships(client: Client) -> None:
    small_directory()
    assert read(client, "/themes/climate/").links()["/partnerships/?theme=climate"] == "See all 2 partnerships"


@with_database
def test_a_source_lists_what_it_supports(client: Client) -> None:
    small_directory()
    page = read(client, "/sources/city-page/")
    assert page.links()["/partnerships/kobe-seattle/"] == "Kobe and Seattle"
    assert {"that it exists, what it does", "p. 3"} <= {span.text for span in page.all("span")}


# --- Addresses that were ------------------------------------------------------------------------------------------


@with_database
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("section", ["partnerships", "actors", "sources"])
def test_a_renamed_record_is_found_under_its_old_address(client: Client, section: str, language: str) -> None:
    record = published_partnership("old", us=make_actor("old"), source=make_source("old"))
    renamed: dict[str, Any] = {
        "partnerships": record,
        "actors": Actor.objects.get(slug="old"),
        "sources": Source.objects.get(slug="old"),
    }
    for slug in ("newer", "newest"):
        renamed[section].slug = slug
        renamed[section].save()
    for slug in ("old", "newer"):
        response = client.get(in_language(f"/{section}/{slug}/", language))
        assert (response.status_code, response.url) == (301, in_language(f"/{section}/newest/", language))


@with_database
def test_an_old_address_that_another_record_took_over_is_that_record(client: Client) -> None:
    record = published_partnership("contested")
    record.slug = "elsewhere"
    record.save()
    published_partnership("contested", title="The new holder")
    assert read(client, "/partnerships/contested/").one("h1").text == "The new holder"


@with_database
def test_an_old_address_still_leads_on_when_a_draft_bore_it_since(client: Client) -> None:
    record = published_partnership("contested")
    record.slug = "elsewhere"
    record.save()
    make_partnership("contested").delete()
    assert client.get("/partnerships/contested/").status_code == 301


@with_database
@pytest.mark.parametrize("publication", UNPUBLISHED)
def test_the_old_address_of_an_unpublished_record_tells_nothing(client: Client, publication: str) -> None:
    record = make_partnership("old", publication=publication)
    record.slug = "new"
    record.save()
    assert client.get("/partnerships/old/").status_code == 404


# --- Pages of a list -----------------------------------------------------------------------------------------------


def many(count: int) -> None:
    us, jp = make_actor("us"), make_actor("jp", country="JP")
    for number in range(count):
        published_partnership(f"number-{number:02}", started="2000", us=us, jp=jp)


def slugs_on(page: Page) -> list[str]:
    titles = page.all("h2", class_="row-title")
    links = [link for link in page.all("a") if link.around in titles]
    return [link.attributes["href"].split("/")[-2] for link in links]


@with_database
def test_all_pages_together_hold_every_record_once_in_every_order(client: Client) -> None:
    many(2 * PER_PAGE + 3)
    everything = [f"number-{number:02}" for number in range(2 * PER_PAGE + 3)]
    for sort in ("newest", "oldest", "title", "updated"):
        pages = [client.get(f"/partnerships/?sort={sort}&page={number}", follow=True) for number in (1, 2, 3)]
        found = [slugs_on(Page(page)) for page in pages]
        assert [len(slugs) for slugs in found] == [PER_PAGE, PER_PAGE, 3]
        assert sorted(found[0] + found[1] + found[2]) == everything


@with_database
def test_the_list_of_sources_is_paged_too(client: Client) -> None:
    many(PER_PAGE + 1)
    entries = [
        {link for link in read(client, address).links() if re.fullmatch("/sources/[^?]+/", link)}
        for address in ("/sources/", "/sources/?page=2")
    ]
    assert ([len(links) for links in entries], entries[0] & entries[1]) == ([PER_PAGE, 1], set())


@with_database
def test_the_list_of_places_is_paged_too(client: Client) -> None:
    for _ in range(PER_PAGE + 1):
        make_actor()
    addresses = ("/actors/?show=all", "/actors/?show=all&page=2")
    rows = [read(client, address).texts("th", scope="row") for address in addresses]
    assert ([len(names) for names in rows], set(rows[0]) & set(rows[1])) == ([PER_PAGE, 1], set())


@with_database
def test_the_links_to_other_pages_keep_the_filters(client: Client) -> None:
    many(2 * PER_PAGE + 1)
    page = read(client, "/partnerships/?status=active&sort=title&page=2")
    assert page.one("a", rel="prev").attributes["href"] == "?status=active&sort=title"
    assert page.one("a", rel="next").attributes["href"] == "?status=active&sort=title&page=3"


@with_database
def test_a_page_that_is_not_there_is_answered_with_one_that_is_and_a_word_about_it(client: Client) -> None:
    many(PER_PAGE + 1)
    first = (PER_PAGE, ["That is not a page number; this is the first page."])
    answers = {
        "2": (1, []),
        "%EF%BC%92": (1, []),  # a full-width 2
        "3": (1, ["There is no page 3; this is the last one."]),
        "9999999999": (1, ["There is no page 9999999999; this is the last one."]),
        "0": first,
        "-1": first,
        "abc": first,
        "9" * 5000: first,
    }
    for number, answer in answers.items():
        page = Page(client.get(f"/partnerships/?page={number}", follow=True))
        assert (len(slugs_on(page)), page.texts("div", class_="notice")) == answer


@with_database
def test_a_list_of_one_page_has_no_links_to_pages(client: Client) -> None:
    many(PER_PAGE)
    assert not read(client, "/partnerships/").all("nav", class_="pages")


# --- Lists that are narrowed ---------------------------------------------------------------------------------------


@with_database
def test_the_chosen_filters_can_be_taken_away_one_by_one(client: Client) -> None:
    small_directory()
    page = read(client, "/partnerships/?q=kobe&theme=climate&state=US-WA")
    chips = [(chip.text.split(" ✕")[0], chip.attributes["href"]) for chip in page.all("a", class_="chip")]
    assert chips == [
        ("“kobe”", "?theme=climate&state=US-WA"),
        ("Climate", "?q=kobe&state=US-WA"),
        ("Washington", "?q=kobe&theme=climate"),
    ]


@with_database
@pytest.mark.parametrize(
    ("address", "chips"),
    [
        ("/partnerships/?actor=kobe", ["Kobe, Hyogo"]),
        ("/ja/partnerships/?actor=kobe", ["兵庫県神戸市"]),
        ("/partnerships/?year_min=1990", ["Started from: 1990"]),
        ("/ja/partnerships/?year_min=1990", ["開始年の下限：1990"]),
    ],
)
def test_a_chosen_filter_is_told_in_the_words_of_the_page(client: Client, address: str, chips: list[str]) -> None:
    small_directory()
    assert [chip.text.split(" ✕")[0] for chip in read(client, address).all("a", class_="chip")] == chips


@with_database
@pytest.mark.parametrize(
    ("address", "links"),
    [
        (
            "/partnerships/?q=plain&theme=climate",
            {"?theme=climate": "without “plain” (2)", "?q=plain": "without Theme (1)"},
        ),
        (
            "/partnerships/?q=plain+nada",
            {"?q=nada": "without “plain” (1)", "?q=plain": "without “nada” (1)"},
        ),
        ("/actors/?q=kobe&kind=state", {"?kind=state": "without “kobe” (1)", "?q=kobe": "without Kind (1)"}),
        (
            "/sources/?q=almanac&language=ja",
            {"?language=ja": "without “almanac” (1)", "?q=almanac": "without Language (1)"},
        ),
    ],
)
def test_an_empty_list_shows_ways_out_and_where_each_leads(client: Client, address: str, links: dict[str, str]) -> None:
    small_directory()
    page = read(client, address)
    [empty] = page.all("div", class_="empty")
    offered = {}
    for item in page.all("li"):
        inside = [a.attributes["href"] for a in page.all("a") if a.around is item]
        if item.is_in("div") and item.text.startswith("without"):
            offered[inside[0]] = item.text
    assert "matches all of this" in empty.text
    assert offered == links
    assert page.links()[address.partition("?")[0]]


@with_database
def test_an_empty_list_offers_nothing_that_is_empty_too(client: Client) -> None:
    small_directory()
    page = read(client, "/partnerships/?q=nothing&theme=forestry")
    assert [item.text for item in page.all("li") if item.is_in("div") and item.text.startswith("without")] == []


@with_database
def test_an_empty_list_offers_the_word_that_was_meant_with_what_it_finds(client: Client) -> None:
    small_directory()
    page = read(client, "/partnerships/?q=seatle&theme=climate")
    assert "Did you mean" in page.text
    assert page.links()["?q=Seattle&theme=climate"] == "Seattle"
    assert [item.text for item in page.all("li") if item.text.startswith("Seattle")] == ["Seattle (1)"]


@with_database
def test_an_empty_list_names_the_places_of_that_name(client: Client) -> None:
    small_directory()
    make_actor("sapporo", name_ja="札幌市", country="JP")
    make_actor("sapporo-in-secret", name="Sapporo", country="JP", publication=Publication.DRAFT)
    search.reindex()
    for words in ("sapporo", "札幌"):
        links = read(client, f"/partnerships/?q={quote(words)}").links()
        assert [link for link in links if "sapporo" in link and link.startswith("/actors/")] == ["/actors/sapporo/"]


@with_database
def test_a_search_form_keeps_the_chosen_filters(client: Client) -> None:
    small_directory()
    page = read(client, "/partnerships/?q=kobe&theme=climate&sort=title")
    form = page.one("form", class_="search")
    fields = {field.attributes["name"]: field.attributes["value"] for field in page.all("input") if field.around}
    assert fields == {"q": "kobe", "theme": "climate", "sort": "title", "year_min": "", "year_max": ""}
    assert form.attributes["action"] == "/partnerships/"


@with_database
def test_searches_sorted_lists_and_combinations_are_kept_out_of_search_engines(client: Client) -> None:
    small_directory()
    make_theme("tech")
    robots = {
        query: [
            meta.attributes["content"] for meta in read(client, f"/partnerships/{query}").all("meta", name="robots")
        ]
        for query in (
            "",
            "?theme=climate",
            "?theme=climate&theme=tech",
            "?theme=climate&state=US-WA",
            "?q=kobe",
            "?sort=title",
            "?theme=nonsense",
        )
    }
    kept_out = ["noindex, follow"]
    assert robots == {"": [], "?theme=climate": []} | dict.fromkeys([*robots][2:], kept_out)


@with_database
def test_the_order_in_effect_is_marked(client: Client) -> None:
    small_directory()
    marked = [
        [span.text for span in read(client, address).all("span", **{"aria-current": "true"}) if span.text != "English"]
        for address in ("/partnerships/", "/partnerships/?sort=title", "/partnerships/?q=kobe")
    ]
    assert marked == [["newest first"], ["title"], ["relevance"]]


@with_database
def test_the_title_of_a_listing_says_what_is_chosen(client: Client) -> None:
    small_directory()
    titles = [
        read(client, address).one("title").text.partition(" · ")[0]
        for address in ("/partnerships/", "/partnerships/?theme=climate&state=US-WA", "/ja/partnerships/?theme=climate")
    ]
    assert titles == ["Partnerships", "Partnerships: Climate, Washington", "連携：気候"]


@with_database
@pytest.mark.parametrize(
    ("address", "types"),
    [
        ("/", "actor theme partnership"),
        ("/partnerships/", "actor theme partnership"),
        ("/actors/", "actor"),
        ("/sources/", ""),
    ],
)
def test_a_search_box_says_what_it_can_complete(client: Client, address: str, types: str) -> None:
    form = read(client, address).one("form", class_="search")
    assert form.attributes["data-completes"] == types
    assert all(form.attributes[f"data-{kind}"] for kind in types.split())


# --- Pages that are not there, and errors ---------------------------------------------------------------------------


NOWHERE = [
    "/nowhere/",
    "/partnerships/nowhere/",
    "/actors/nowhere/",
    "/themes/nowhere/",
    "/sources/nowhere/",
    "/partnerships/kobe-seattle/nowhere/",
    "/fr/partnerships/",
    "/en/partnerships/",
]


@with_database
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", NOWHERE)
def test_an_unknown_address_is_answered_with_our_own_page_in_its_language(
    client: Client, address: str, language: str
) -> None:
    response = client.get(in_language(address, language))
    page = Page(response)
    assert response.status_code == 404
    assert page.one("html").attributes["lang"] == language
    assert page.one("form", class_="search").attributes["action"] == in_language("/partnerships/", language)


@with_database
def test_an_unknown_address_says_so_in_the_language_of_the_address(client: Client) -> None:
    headings = [Page(client.get(address)).one("h1").text for address in ("/nowhere/", "/ja/nowhere/")]
    assert headings[0] == "Page not found"
    assert not re.search("[A-Za-z]", headings[1])


@with_database
@pytest.mark.parametrize("address", ["//example.org/", "/ja//example.org/", "/ja///example.org/%2F"])
def test_no_address_makes_a_link_to_another_site(client: Client, address: str) -> None:
    page = Page(client.get(f"http://testserver{address}"))
    links = [element.attributes["href"] for element in page.elements if "hreflang" in element.attributes]
    assert [urljoin("https://here/", link).split("/")[2] for link in links] == ["here"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_is_answered_with_our_own_page_without_the_database(client: Client, language: str) -> None:
    client.raise_request_exception = False
    response = client.get(in_language("/partnerships/", language))  # without access to the database, this fails
    page = Page(response)
    assert response.status_code == 500
    assert page.one("html").attributes["lang"] == language
    assert page.links()[in_language("/", language)]


def test_an_error_says_so(client: Client) -> None:
    client.raise_request_exception = False
    assert Page(client.get("/partnerships/")).one("h1").text == "Something went wrong on our side"


def test_an_error_page_reveals_nothing_of_the_error(client: Client) -> None:
    client.raise_request_exception = False
    response = client.get("/partnerships/?q=marker")
    assert "database" not in Page(response).text.lower() and "Traceback" not in response.content.decode()


@with_database
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_that_is_not_there_has_no_address_to_share(client: Client, language: str) -> None:
    page = Page(client.get(in_language("/nowhere/", language)))
    assert not page.all("link", rel="canonical") and not page.all("meta", property="og:url")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_offers_ways_on_in_its_language(client: Client, language: str) -> None:
    client.raise_request_exception = False
    links = Page(client.get(in_language("/sources/", language))).links()
    assert {in_language(address, language) for address in ("/", "/partnerships/", "/about/")} <= links.keys()


# --- Pages about the directory ---------------------------------------------------------------------------------------


@with_database
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_leads_to_those_about_the_directory(client: Client, language: str) -> None:
    links = read(client, in_language("/", language)).links()
    assert {in_language(address, language) for address in ("/about/", "/data/", "/accessibility/")} <= links.keys()


@with_database
def test_the_data_page_describes_every_column_and_every_parameter(client: Client) -> None:
    described = {code.text for code in read(client, "/data/").all("code")}
    assert described >= {*COLUMNS, *PartnershipFilter.base_filters}


@with_database
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_data_page_names_whom_the_licences_ask_to_name(client: Client, language: str) -> None:
    provenance = (settings.BASE_DIR / "fixtures" / "PROVENANCE.md").read_text()
    credit = re.search(r"Credit line: (.*?)\n\n", provenance, re.DOTALL)
    assert credit
    assert " ".join(credit[1].split()) in read(client, in_language("/data/", language)).text


@with_database
def test_the_data_page_says_how_much_there_is_and_of_when(client: Client) -> None:
    small_directory()
    page = read(client, "/data/")
    figures = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
    assert (figures["sister and friendship ties"], figures["other partnerships"]) == ("2", "1")
    assert figures["last change"]


@with_database
@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["2026.11.5+", "5 November 2026", "filled in 1 of 1", "sister Sister tie", "partnerships 1 row"]),
        ("ja", ["2026.11.5+", "2026年11月5日", "1行中1行に記入", "sister 姉妹提携", "連携 1行"]),
    ],
)
def test_the_data_page_explains_every_table_and_column_of_the_package(
    client: Client, language: str, expected: list[str]
) -> None:
    published_partnership(title_ja="神戸", source=make_source(accessed_on="2026-11-05"))
    page = read(client, in_language("/data/", language))
    tables = {element.attributes["id"]: element for element in page.all("details", class_="package-table")}
    assert [*tables] == [f"table-{table.name}" for table in TABLES]
    for table in TABLES:
        text = tables[f"table-{table.name}"].text
        for column in table.columns:
            assert column.name in text
            with translation.override(language):
                assert str(table.field(column).verbose_name) in text
        assert all(word in text for column in table.columns for word in table.choices(column))
    assert [words for words in expected if words not in page.text] == []


@with_database
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_data_page_leads_to_the_package_and_cites_its_version(client: Client, language: str) -> None:
    published_partnership(source=make_source(accessed_on="2026-11-05"))
    page = read(client, in_language("/data/", language))
    assert "/data/us-japan-partnerships.zip" in page.links()
    version = page.linked_data("Dataset")["version"]
    for name in ("cite.bib", "cite.ris"):
        address = in_language(f"/data/{name}", language)
        assert address in page.links()
        text = client.get(address).content.decode()
        assert version in text and " ".join(text.split()) in page.text
    citations = [element for element in page.all("p") if version in element.text and "CC BY 4.0" in element.text]
    assert [citation.language for citation in citations] == [language, *({"en", "ja"} - {language})]


@with_database
def test_the_data_page_says_how_much_of_the_map_is_covered(client: Client) -> None:
    hyogo, washington = make_prefecture(), make_state()
    make_prefecture("osaka", "JP-27")
    make_actor("tacoma", parent=washington)
    published_partnership(
        us=make_actor("seattle", parent=washington), jp=make_actor("kobe", country="JP", parent=hyogo)
    )
    rows = read(client, "/data/").texts("tr")
    assert {
        "U.S. states and D.C. 1 1",
        "Japanese prefectures 1 2",
        "U.S. cities, towns and other municipalities 1 2",
        "Japanese cities, wards, towns and villages 1 1",
    } <= {*rows}


@with_database
@pytest.mark.parametrize("address", ["/about/", "/accessibility/", "/ja/about/", "/ja/accessibility/"])
def test_a_page_names_the_contact_where_there_is_one(client: Client, settings: Any, address: str) -> None:
    assert not [link for link in read(client, address).links() if link.startswith("mailto:")]
    settings.CONTACT_EMAIL = "directory@example.org"
    assert "mailto:directory@example.org" in read(client, address).links()


@with_database
def test_the_pages_about_the_directory_say_how_many_there_are(client: Client) -> None:
    small_directory()
    assert "3 partnerships are published: 2 sister and friendship ties and 1 others." in read(client, "/about/").text


# --- What browsers and crawlers look for -----------------------------------------------------------------------------


@with_database
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_browser_learns_how_to_search(client: Client, language: str) -> None:
    link = read(client, in_language("/", language)).one("link", rel="search")
    response = client.get(link.attributes["href"])
    assert response.headers["Content-Type"].startswith(link.attributes["type"])
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    root = ElementTree.fromstring(response.content)  # noqa: S314 (our own)
    template = root.find(f"{space}Url").attrib["template"]
    assert template == f"{settings.SITE_URL}{in_language('/partnerships/', language)}?q={{searchTerms}}"
    assert 0 < len(root.findtext(f"{space}ShortName")) <= 16
    assert root.findtext(f"{space}Language") == language


@with_database
def test_crawlers_are_told_where_the_sitemap_is(client: Client) -> None:
    rules = client.get("/robots.txt").content.decode().splitlines()
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in rules
    assert "Disallow: /*?q=" in rules and "Disallow: /admin/" in rules


# --- Previews ------------------------------------------------------------------------------------------------------


def sign_in(client: Client, *rights: str) -> None:
    user = User.objects.create_user("somebody")
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user)


@with_database
@pytest.mark.parametrize("publication", UNPUBLISHED)
def test_an_unpublished_record_does_not_exist_for_a_visitor(client: Client, publication: str) -> None:
    make_partnership("hidden", publication=publication)
    assert client.get("/partnerships/hidden/").status_code == 404


@with_database
def test_an_unpublished_record_does_not_exist_for_somebody_who_may_only_look(client: Client) -> None:
    make_partnership("hidden")
    sign_in(client, "view_partnership")
    assert client.get("/partnerships/hidden/").status_code == 404


@with_database
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("publication", UNPUBLISHED)
def test_an_editor_sees_an_unpublished_record_in_advance(client: Client, publication: str, language: str) -> None:
    make_partnership("hidden", title="A hidden record", publication=publication)
    sign_in(client, "change_partnership")
    page = read(client, in_language("/partnerships/hidden/", language))
    assert page.one("h1").text == "A hidden record"


@with_database
def test_a_preview_says_that_it_is_one(client: Client) -> None:
    make_partnership("hidden", publication=Publication.IN_REVIEW)
    sign_in(client, "change_partnership")
    page = read(client, "/partnerships/hidden/")
    notice = page.one("p", class_="notice").text
    assert notice == "Preview: this record is in the state “In review” and not public."


@with_database
def test_a_preview_is_kept_nowhere(client: Client) -> None:
    make_partnership("hidden")
    sign_in(client, "change_partnership")
    response = client.get("/partnerships/hidden/")
    assert response.headers["Cache-Control"] == "private, no-store"
    assert Page(response).one("meta", name="robots").attributes["content"] == "noindex"


@with_database
def test_an_editor_sees_a_draft_at_an_address_that_a_published_record_left(client: Client) -> None:
    record = published_partnership("contested")
    record.slug = "elsewhere"
    record.save()
    make_partnership("contested", title="The draft")
    sign_in(client, "change_partnership")
    assert read(client, "/partnerships/contested/").one("h1").text == "The draft"


@with_database
def test_a_published_page_is_the_same_for_an_editor(client: Client) -> None:
    small_directory()
    for_a_visitor = client.get("/partnerships/kobe-seattle/").content
    sign_in(client, "change_partnership")
    assert client.get("/partnerships/kobe-seattle/").content == for_a_visitor
