"""The sitemap: every public page in both languages, in parts of bounded size."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.test import Client

from partnerships import sitemaps

from .factories import make_actor, make_partnership, make_source, make_state, make_theme, published_partnership

pytestmark = pytest.mark.django_db

SPACES = {"s": sitemaps.NAMESPACE, "x": sitemaps.XHTML}


def read(client: Client, address: str) -> ElementTree.Element:
    response = client.get(address.removeprefix(settings.SITE_URL))
    assert response.status_code == 200, address
    assert response.headers["Content-Type"].startswith("application/xml")
    return ElementTree.fromstring(response.content)  # noqa: S314 (our own)


def parts(client: Client) -> list[str]:
    return [element.text or "" for element in read(client, "/sitemap.xml").iterfind("s:sitemap/s:loc", SPACES)]


def pages(client: Client) -> list[str]:
    """The paths of all pages in all parts, in their order."""
    return [
        (element.text or "").removeprefix(settings.SITE_URL)
        for part in parts(client)
        for element in read(client, part).iterfind("s:url/s:loc", SPACES)
    ]


def small_directory() -> None:
    published_partnership(
        "kobe-seattle",
        us=make_actor("seattle"),
        jp=make_actor("kobe", country="JP"),
        source=make_source("city-page"),
        themes=(make_theme("climate"),),
    )


def test_it_names_every_public_page_in_both_languages_once(client: Client) -> None:
    small_directory()
    expected = {
        "/",
        "/partnerships/",
        "/partnerships/kobe-seattle/",
        "/actors/",
        "/actors/kobe/",
        "/actors/seattle/",
        "/themes/",
        "/themes/climate/",
        "/sources/",
        "/sources/city-page/",
        "/map/",
        "/figures/",
        "/networks/",
        "/overlaps/",
        "/peers/",
        "/coverage/",
        "/brief/",
        "/embed/",
        "/suggest/",
        "/anniversaries/",
        "/updates/",
        "/compare/",
        "/about/",
        "/data/",
        "/accessibility/",
        "/api/v1/docs/",
    }
    named = pages(client)
    assert len(named) == len(set(named))
    assert {*named} == expected | {f"/ja{address}" for address in expected}


def test_every_address_in_it_is_a_page_that_names_itself_so(client: Client) -> None:
    small_directory()
    for address in pages(client):
        response = client.get(address)
        assert response.status_code == 200
        assert f'<link rel="canonical" href="{settings.SITE_URL}{address}">' in " ".join(
            response.content.decode().split()
        )


def test_it_names_no_page_without_a_public_partnership(client: Client) -> None:
    small_directory()
    make_state("washington")
    make_source("unused")
    make_partnership("draft")
    assert not [address for address in pages(client) if address.endswith(("/washington/", "/unused/", "/draft/"))]


def test_it_works_before_anything_is_published(client: Client) -> None:
    assert "/ja/" in pages(client)
    assert len(parts(client)) == 1


def test_each_page_leads_to_itself_in_every_language(client: Client) -> None:
    small_directory()
    english, japanese = read(client, "/sitemap-partnerships-1.xml").iterfind("s:url", SPACES)
    alternates = [
        {link.attrib["hreflang"]: link.attrib["href"] for link in url.iterfind("x:link", SPACES)}
        for url in (english, japanese)
    ]
    own = f"{settings.SITE_URL}/partnerships/kobe-seattle/"
    assert alternates[0] == alternates[1]
    assert alternates[0] == {
        "en": own,
        "ja": f"{settings.SITE_URL}/ja/partnerships/kobe-seattle/",
        "x-default": own,
    }


def test_a_record_says_when_it_last_changed(client: Client) -> None:
    record = published_partnership("kobe-seattle")
    changed = {element.text for element in read(client, "/sitemap-partnerships-1.xml").iterfind("*/s:lastmod", SPACES)}
    assert changed == {record.updated_at.isoformat(timespec="seconds")}


def test_a_section_that_grows_gets_more_parts(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        published_partnership(f"port-{number}")
    whole = pages(client)
    monkeypatch.setattr(sitemaps, "PER_PART", 2)
    assert [part for part in parts(client) if "partnerships" in part] == [
        f"{settings.SITE_URL}/sitemap-partnerships-{number}.xml" for number in (1, 2, 3)
    ]
    assert pages(client) == whole


def test_a_part_stays_within_what_the_protocol_allows() -> None:
    assert 2 * sitemaps.PER_PART <= 50_000


@pytest.mark.parametrize(
    "address",
    [
        "/sitemap-partnerships-2.xml",
        "/sitemap-partnerships-0.xml",
        f"/sitemap-partnerships-{10**25}.xml",
        "/sitemap-nothing-1.xml",
        "/ja/sitemap.xml",
    ],
)
def test_a_part_that_does_not_exist_is_not_found(client: Client, address: str) -> None:
    small_directory()
    assert client.get(address).status_code == 404


def test_it_is_kept_like_every_public_page(client: Client) -> None:
    small_directory()
    headers = client.get("/sitemap-actors-1.xml").headers
    assert headers["Cache-Control"].startswith("public") and headers["ETag"]
