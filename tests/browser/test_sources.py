"""A source entered in a real browser: what is there already is told while its address is typed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests import server

from .axe import what_is_wrong

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(signed_in: Page) -> Iterator[Page]:
    """The same, where nothing that a page shows may offend the policy or break a script."""
    said: list[str] = []
    signed_in.on("console", lambda message: said.append(message.text))
    yield signed_in
    assert said == []


@pytest.fixture
def present(site: server.Server) -> dict[str, str]:
    """A source of the real directory."""
    return json.loads(site.get("/api/v1/sources/?page_size=1")[1])["results"][0]


def other_writing(url: str) -> str:
    """The same address as a newsletter would give it."""
    return f"{url.replace('https://', 'http://')}{'&' if '?' in url else '?'}utm_source=newsletter#top"


def test_an_address_that_is_a_source_already_is_told_while_it_is_pasted(desk: Page, present: dict[str, str]):
    desk.goto("/admin/partnerships/source/add/")
    warning = desk.locator(".same-source")
    expect(warning).to_be_hidden()
    desk.locator("#id_url").fill(other_writing(present["url"]))
    expect(warning.get_by_role("link", name=present["title"])).to_be_visible()
    assert desk.locator("#id_title").input_value() == ""  # nothing is filled that cannot be known
    desk.locator("#id_url").fill("https://example.org/a-new-one")
    expect(warning).to_be_hidden()


def test_an_address_that_is_pasted_before_the_page_is_ready_is_looked_up(desk: Page, present: dict[str, str]):
    waiting: list[Route] = []
    desk.route("**/same-source*.js", lambda route: waiting.append(route))
    with desk.expect_request("**/same-source*.js"):
        desk.goto("/admin/partnerships/source/add/", wait_until="commit")
    desk.locator("#id_url").fill(other_writing(present["url"]))
    waiting.pop().continue_()
    expect(desk.locator(".same-source").get_by_role("link", name=present["title"])).to_be_visible()


@pytest.mark.looks
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_warning_can_be_read_by_everybody(signed_in: Page, present: dict[str, str], scheme: str):
    signed_in.emulate_media(color_scheme=scheme)
    signed_in.goto("/admin/partnerships/source/add/")
    signed_in.locator("#id_url").fill(other_writing(present["url"]))
    expect(signed_in.locator(".same-source-list a")).to_be_visible()
    assert what_is_wrong(signed_in, {"runOnly": ["wcag2a", "wcag2aa"]}) == ""


def test_the_source_that_is_there_is_cited_instead(desk: Page, present: dict[str, str]):
    desk.goto("/admin/partnerships/partnership/add/")
    desk.get_by_text("Add another Citation").click()
    with desk.expect_popup() as opened:
        desk.locator("#add_id_citations-0-source").click()
    window = opened.value
    window.locator("#id_url").fill(other_writing(present["url"]))
    choose = window.get_by_role("link", name="Cite this source instead")
    expect(choose).to_be_visible()
    with window.expect_event("close"):
        choose.click()
    expect(desk.locator("#citations-0 .select2-selection__rendered")).to_contain_text(present["title"])
