"""The matrix of coverage in a real browser: its frame, its heads, its form."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from .test_reach import IS_SEEN, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.looks]

MOST_BYTES = 40_000  # of a page, compressed; styles and pictures are those of every page


@pytest.mark.parametrize("address", ["/coverage/", "/ja/coverage/?by=prefecture", "/ja/coverage/?by=pair"])
def test_a_page_is_light_although_it_has_thousands_of_cells(site, page: Page, address: str):
    response = page.goto(address)
    assert response is not None
    assert page.locator(".matrix td").count() > 500
    assert response.request.sizes()["responseBodySize"] < MOST_BYTES


@pytest.mark.parametrize("address", ["/coverage/", "/ja/coverage/?by=pair"])
def test_the_heads_and_the_first_column_stay_in_sight(site, page: Page, address: str):
    page.set_viewport_size(PHONE)
    page.goto(address)
    frame = page.locator(".coverage-frame")
    frame.evaluate("it => it.scrollTo(300, 500)")
    outer = frame.bounding_box()
    head = page.locator(".matrix thead th").nth(9).bounding_box()
    first = page.locator(".matrix tbody th").nth(30).bounding_box()
    assert outer and head and first
    assert abs(head["y"] - outer["y"]) < 3 and abs(first["x"] - outer["x"]) < 3


@pytest.mark.parametrize("address", ["/coverage/", "/ja/coverage/?by=pair"])
def test_nothing_lies_over_what_has_the_focus_in_the_matrix(site, page: Page, address: str):
    page.set_viewport_size(PHONE)
    page.emulate_media(reduced_motion="reduce")
    page.goto(address)
    page.locator(".coverage-frame").focus()
    for _ in range(80):
        page.keyboard.press("Tab")
        assert page.evaluate(IS_SEEN), page.evaluate("document.activeElement.outerHTML")


def test_a_number_leads_to_a_list_of_as_many_without_javascript(site, browser: Browser):
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/coverage/")
    page.get_by_label("Kind").select_option("memorandum")
    page.get_by_label("Started from").fill("2000")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile(r"/coverage/\?kind=memorandum&year_min=2000$"))
    page.get_by_role("link", name="Prefectures", exact=True).click()
    expect(page).to_have_url(re.compile(r"/coverage/\?kind=memorandum&year_min=2000&by=prefecture$"))
    number = page.locator(".matrix tbody td a").first
    promised = number.inner_text()
    number.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(rf"^{promised} partnerships?$"))
    expect(page.locator(".chip")).to_have_count(4)
    context.close()
