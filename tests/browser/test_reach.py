"""The directory as its users meet it: on a phone, by keyboard, with widely set text, on paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.looks]

PHONE = {"width": 390, "height": 844}

# As WCAG 1.4.12 sets it, where it is wider than ours.
WIDE_TEXT = "* {letter-spacing: .12em !important; word-spacing: .16em !important} p {margin-block-end: 2em !important}"

# Whether what has the focus is in the window and nothing lies over its middle.
IS_SEEN = """() => {
  const focused = document.activeElement, box = focused.getBoundingClientRect();
  const y = box.top + box.height / 2, x = Math.max(0, Math.min(box.left + box.width / 2, innerWidth - 1));
  const shown = document.elementFromPoint(x, y);
  return shown !== null && (focused.contains(shown) || shown.contains(focused));
}"""


@pytest.fixture
def phone(page: Page) -> Page:
    page.set_viewport_size(PHONE)
    page.emulate_media(reduced_motion="reduce")
    return page


@pytest.mark.parametrize("address", ["/map/", "/figures/", "/networks/", "/ja/map/?theme=climate"])
def test_a_phone_shows_the_page_before_its_filters_and_these_unfold(site, phone: Page, address: str):
    phone.goto(address)
    expect(phone.get_by_role("heading", level=1)).to_be_in_viewport()
    expect(phone.locator(".facet-value").first).to_be_hidden()
    phone.locator(".filters > summary").click()
    expect(phone.locator(".facet-value").first).to_be_visible()
    phone.locator(".to-results a").click()
    expect(phone.get_by_role("heading", level=1)).to_be_in_viewport()


def test_the_map_of_the_first_page_fits_a_phone_with_its_words(site, phone: Page):
    phone.goto("/")
    for part in (".map-drawing", ".map-caption"):
        box = phone.locator(part).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]


def test_a_phone_shows_places_without_scrolling_sideways(site, phone: Page):
    phone.goto("/actors/")
    frame = phone.locator(".table-frame")
    assert frame.evaluate("it => it.scrollWidth <= it.clientWidth")
    expect(phone.get_by_role("row").nth(1).get_by_role("cell")).to_have_count(3)


@pytest.mark.parametrize("address", ["/partnerships/", "/figures/", "/networks/"])
def test_nothing_lies_over_what_has_the_focus(site, phone: Page, address: str):
    phone.goto(address)
    phone.locator(".filters > summary").click()
    for _ in range(60):
        phone.keyboard.press("Tab")
        assert phone.evaluate(IS_SEEN), phone.evaluate("document.activeElement.outerHTML")


def test_widely_set_text_fits_the_window(site, browser: Browser):
    context = browser.new_context(base_url=site.url, viewport=PHONE, bypass_csp=True)
    page = context.new_page()
    for address in (
        "/",
        "/partnerships/",
        "/partnerships/hawaii-okinawa-clean-energy-partnership/",
        "/figures/",
        "/networks/",
        "/overlaps/?actor=maryland",
        "/peers/?actor=abira-hokkaido",
        "/coverage/",
        "/embed/?theme=climate",
        "/suggest/?actor=kobe-hyogo&theme=climate",
        "/partnerships/hawaii-okinawa-clean-energy-partnership/suggest/",
        "/embed/partnerships/?view=both",
    ):
        page.goto(address)
        page.add_style_tag(content=WIDE_TEXT)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
    context.close()


def test_paper_shows_no_buttons_and_a_light_map(site, page: Page):
    page.emulate_media(media="print", color_scheme="dark")
    page.goto("/actors/washington/")
    expect(page.locator(".action").first).to_be_hidden()
    expect(page.locator("summary:visible")).to_have_count(0)
    assert page.locator(".map-sheet img").evaluate("it => getComputedStyle(it).colorScheme") == "light"
