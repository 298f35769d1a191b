"""What the pages tell machines: JSON-LD of the kinds that search engines know, and nothing that a page does not say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from partnerships import linked_data, queries
from partnerships.models import Actor, ActorName, Country

from .factories import (
    cite,
    make_actor,
    make_prefecture,
    make_source,
    make_state,
    make_theme,
    published_partnership,
)
from .markup import Page

with_database = pytest.mark.django_db


def site(address: str) -> str:
    return f"{settings.SITE_URL}{address}"


def read(client: Client, address: str) -> Page:
    return Page(client.get(address))


def of_record(**fields: Any) -> dict[str, Any]:
    published_partnership("record", **fields)
    record = queries.for_page(queries.partnerships()).get()
    return linked_data.partnership(record, [], title=record.title, description="")


# --- As it stands in a page ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!-- <script>", "a & b", "\u2028\u2029", '"\\', "神戸市"]
)
def test_no_text_ends_the_block_or_changes_in_it(text: str) -> None:
    block = str(linked_data.script({"name": text}))
    inside = block.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not {*"<>&\u2028\u2029"} & {*inside}
    assert json.loads(inside) == {"@context": "https://schema.org", "name": text}


@with_database
def test_what_curators_write_stays_data_in_the_page(client: Client) -> None:
    sign = "</script><u>"
    published_partnership("record", title=sign, summary=sign, us=make_actor("us", name=sign))
    for address in ("/partnerships/record/", "/actors/us/"):
        assert read(client, address).all("u") == []
    assert read(client, "/partnerships/record/").linked_data("WebPage")["name"] == sign


# --- The site and its data -------------------------------------------------------------------------------------------


@with_database
@pytest.mark.parametrize(("prefix", "language"), [("", "en"), ("/ja", "ja")])
def test_the_first_page_tells_how_to_search_the_site(client: Client, prefix: str, language: str) -> None:
    data = read(client, f"{prefix}/").linked_data("WebSite")
    assert (data["url"], data["inLanguage"]) == (site(f"{prefix}/"), language)
    target = data["potentialAction"]["target"]["urlTemplate"]
    assert target == site(f"{prefix}/partnerships/?q={{search_term_string}}")
    assert client.get(target.replace("{search_term_string}", "kobe")).status_code == 200


@with_database
@pytest.mark.parametrize("address", ["/", "/data/", "/ja/", "/ja/data/"])
def test_the_directory_is_described_as_a_data_set(client: Client, address: str) -> None:
    published_partnership(started="1957-10-21")
    published_partnership(started="1984")
    data = read(client, address).linked_data("Dataset")
    assert data["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert data["temporalCoverage"] == "1957-10-21/.."
    assert len(data["spatialCoverage"]) == 2
    assert 50 <= len(data["description"]) <= 5_000  # what Google's search for data sets takes
    assert data["dateModified"]
    assert "creator" not in data
    assert ("version" in data) == address.endswith("data/")  # the home page does not read all tables for it
    assert any(download["encodingFormat"] == "application/zip" for download in data["distribution"])


@with_database
def test_every_download_of_the_data_set_is_there_in_its_type(client: Client) -> None:
    downloads = read(client, "/data/").linked_data("Dataset")["distribution"]
    assert downloads
    for download in downloads:
        response = client.get(download["contentUrl"].removeprefix(settings.SITE_URL))
        assert response.headers["Content-Type"].startswith(download["encodingFormat"])


@with_database
def test_before_anything_is_published_the_data_set_claims_no_time(client: Client) -> None:
    assert not {"temporalCoverage", "dateModified"} & read(client, "/data/").linked_data("Dataset").keys()


# --- A partnership ---------------------------------------------------------------------------------------------------


@with_database
def test_a_record_names_whom_it_is_about_and_on_what_it_rests(client: Client) -> None:
    source = make_source("city-page", title="市のページ", publisher="神戸市", published_on="2015-03", language="ja")
    record = published_partnership(
        "kobe-seattle",
        us=make_actor("seattle", parent=make_state()),
        jp=make_actor("kobe", country="JP", kind=Actor.Kind.UNIVERSITY),
        source=source,
        themes=(make_theme("climate", name="Climate"),),
    )
    cite(record, source, supports="content")
    data = read(client, "/partnerships/kobe-seattle/").linked_data("WebPage")
    assert data["url"] == site("/partnerships/kobe-seattle/")
    assert data["keywords"] == ["Climate"]
    assert data["about"] == [
        {"@type": "City", "@id": site("/actors/seattle/"), "name": "Seattle"},
        {"@type": "CollegeOrUniversity", "@id": site("/actors/kobe/"), "name": "Kobe"},
    ]
    assert data["citation"] == [
        {
            "@type": "CreativeWork",
            "name": "市のページ",
            "url": source.url,
            "publisher": {"@type": "Organization", "name": "神戸市"},
            "datePublished": "2015-03",
            "inLanguage": "ja",
        }
    ]


@with_database
def test_a_japanese_record_is_told_in_japanese(client: Client) -> None:
    published_partnership("record", title_ja="神戸とシアトル", us=make_actor("seattle", name_ja="シアトル市"))
    data = read(client, "/ja/partnerships/record/").linked_data("WebPage")
    assert (data["name"], data["inLanguage"]) == ("神戸とシアトル", "ja")
    assert data["about"][0]["name"] == "シアトル市"
    assert data["about"][0]["@id"] == site("/ja/actors/seattle/")


@with_database
@pytest.mark.parametrize(
    ("fields", "time"),
    [
        ({"started": "1957-10", "status": "active"}, "1957-10/.."),
        ({"started": "1957", "ended": "2018", "status": "ended"}, "1957/2018"),
        ({"started": "2021-03-04", "kind": "event", "status": "ended"}, "2021-03-04"),
        ({"started": "1957", "status": "unknown"}, None),
        ({"started": "1957", "status": "ended"}, None),
        ({"started": "2016", "status": "active", "term_ends": "2020"}, None),
        ({"status": "active"}, None),
    ],
)
def test_a_record_says_no_more_of_its_time_than_is_known(fields: dict[str, str], time: str | None) -> None:
    assert of_record(**fields).get("temporalCoverage") == time


# --- A place or an organisation --------------------------------------------------------------------------------------


@with_database
def test_a_place_tells_where_it_lies_and_what_else_is_the_same(client: Client) -> None:
    hyogo = make_prefecture(name="Hyogo Prefecture")
    place = {"wikidata_id": "Q48320", "latitude": 34.69, "longitude": 135.19, "website": "https://kobe.example.jp/"}
    kobe = make_actor("kobe", name_ja="神戸市", country="JP", parent=hyogo, **place)
    ActorName.objects.create(actor=kobe, name="Kōbe", language="en")
    assert read(client, "/actors/kobe/").linked_data("City") == {
        "@context": "https://schema.org",
        "@type": "City",
        "@id": site("/actors/kobe/"),
        "name": "Kobe",
        "alternateName": ["神戸市", "Kōbe"],
        "url": "https://kobe.example.jp/",
        "mainEntityOfPage": site("/actors/kobe/"),
        "sameAs": "https://www.wikidata.org/entity/Q48320",
        "geo": {"@type": "GeoCoordinates", "latitude": 34.69, "longitude": 135.19},
        "containedInPlace": {
            "@type": "AdministrativeArea",
            "@id": site("/actors/hyogo-prefecture/"),
            "name": "Hyogo Prefecture",
        },
    }


@with_database
def test_a_state_lies_in_its_country() -> None:
    with translation.override("ja"):
        assert linked_data.actor(make_state())["containedInPlace"] == {"@type": "Country", "name": "米国"}


@with_database
def test_an_organisation_has_a_place_and_is_none() -> None:
    university = make_actor("university", kind=Actor.Kind.UNIVERSITY, country=Country.JP, parent=make_prefecture())
    data = linked_data.actor(university)
    assert "containedInPlace" not in data
    assert data["location"]["containedInPlace"]["@id"] == site("/actors/hyogo-prefecture/")


@with_database
@pytest.mark.parametrize("kind", Actor.Kind.values)
def test_every_kind_of_body_has_a_type(kind: str) -> None:
    data = linked_data.actor(make_actor("body", kind=kind))
    assert data["@type"] in {
        "AdministrativeArea",
        "City",
        "CollegeOrUniversity",
        "GovernmentOrganization",
        "Organization",
    }


@with_database
def test_what_is_not_known_of_a_place_is_left_out() -> None:
    assert linked_data.actor(make_actor("town")).keys() == {"@type", "@id", "name", "mainEntityOfPage"}


# --- The way to a page -----------------------------------------------------------------------------------------------


@with_database
@pytest.mark.parametrize("prefix", ["", "/ja"])
@pytest.mark.parametrize("address", ["/partnerships/record/", "/actors/seattle/", "/themes/climate/", "/sources/page/"])
def test_machines_are_shown_the_same_way_as_people(client: Client, address: str, prefix: str) -> None:
    published_partnership(
        "record",
        us=make_actor("seattle", parent=make_state()),
        source=make_source("page"),
        themes=(make_theme("climate"),),
    )
    page = read(client, prefix + address)
    trail = page.one("nav", class_="breadcrumbs")
    steps = page.linked_data("BreadcrumbList")["itemListElement"]
    shown = [item for item in page.all("li") if item.is_in("nav") and item.around and item.around.around is trail]
    assert [step["name"] for step in steps] == [item.text for item in shown]
    assert [step["position"] for step in steps] == [1, 2]
    links = [link.attributes["href"] for link in page.all("a") if link.around in shown]
    assert [step["item"] for step in steps if "item" in step] == [site(link) for link in links]
