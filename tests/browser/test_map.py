"""The map in a real browser: choosing places by pointer and by keyboard, with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .axe import what_is_wrong

pytestmark = [pytest.mark.browser, pytest.mark.looks]

CHOSEN = "#map-ties"


def number_in(text: str) -> int:
    found = re.search(r"\d[\d,]*", text)
    assert found, text
    return int(found[0].replace(",", ""))


@pytest.fixture
def map_page(site, page: Page) -> Page:
    """The English map, drawn by the script."""
    page.emulate_media(reduced_motion="reduce")
    page.goto("/map/")
    expect(page.locator("[data-map][data-ready]")).to_be_visible()
    return page


@pytest.fixture
def scriptless(site, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    yield context.new_page()
    context.close()


def place(page: Page, slug: str) -> Locator:
    return page.locator(f"[data-place='{slug}']")


def test_a_place_chosen_in_the_list_shows_its_ties_and_all_come_back(map_page: Page):
    before = map_page.locator(".map-list").first.inner_text()
    link = map_page.locator("[data-region='US-HI']")
    promised = number_in(map_page.locator(".map-region", has=link).locator(".facet-count").inner_text())
    link.click()
    expect(map_page).to_have_url(re.compile(r"/map/$"))
    expect(map_page.locator(CHOSEN)).to_have_text(f"Hawaii: {promised} partnerships")
    expect(map_page.locator(CHOSEN)).to_be_focused()
    expect(map_page.locator("[data-map-said]")).to_be_empty()  # a heading that has the focus is read out anyway
    expect(map_page.locator(".map-list").first.locator("li")).to_have_count(promised)
    expect(link).to_have_attribute("aria-current", "true")
    map_page.get_by_role("button", name="Show all").click()
    expect(map_page.locator(CHOSEN)).to_have_text("Partnerships")
    expect(link).to_be_focused()
    assert map_page.locator(".map-list").first.inner_text() == before


def test_a_click_on_the_map_chooses_the_place_or_the_state_there(map_page: Page):
    frame = map_page.locator("[data-map]")
    box = frame.bounding_box()
    assert box
    per_degree = box["width"] / 182

    def at(longitude: float, northing: float) -> dict[str, float]:
        """Where a point is in the frame; northing in degrees of longitude, as Mercator's projection counts."""
        return {"x": (longitude - 118) * per_degree, "y": (88.7 - northing) * per_degree}

    frame.click(position=at(202.14, 21.81))  # Honolulu
    expect(map_page.locator(CHOSEN)).to_have_text(re.compile(r"^Honolulu: \d+ partnerships$"))
    expect(map_page.locator("[data-map-said]")).to_have_text(map_page.locator(CHOSEN).inner_text())
    expect(place(map_page, "honolulu-hi")).to_be_visible()
    frame.click(position=at(243.2, 41.9))  # the emptiness of Nevada
    expect(map_page.locator(CHOSEN)).to_have_text(re.compile(r"^Nevada: \d+ partnerships?$"))
    expect(map_page.locator(".map-region-chosen")).to_have_count(1)
    frame.click(position=at(190, 40))  # the sea
    expect(map_page.locator(CHOSEN)).to_have_text("Partnerships")


def test_a_keyboard_alone_chooses_opens_a_record_and_escapes(map_page: Page):
    map_page.locator("[data-region='JP-40']").focus()
    map_page.keyboard.press("Enter")
    expect(map_page.locator(CHOSEN)).to_have_text(re.compile(r"^Fukuoka Prefecture: \d+ partnerships$"))
    map_page.keyboard.press("Escape")
    expect(map_page.locator(CHOSEN)).to_have_text("Partnerships")
    expect(map_page.locator("[data-region='JP-40']")).to_be_focused()
    map_page.keyboard.press("Enter")
    for _number in range(3):  # past “Show all” and “Narrow the map” to the first tie
        map_page.keyboard.press("Tab")
    map_page.keyboard.press("Enter")
    expect(map_page).to_have_url(re.compile(r"/partnerships/[\w-]+/$"))


def test_the_map_itself_moves_and_changes_its_scale_by_keyboard(map_page: Page):
    frame = map_page.locator("[data-map]")
    expect(frame).to_have_attribute("role", "application")
    before = map_page.locator(".map-us").first.bounding_box()
    frame.focus()
    map_page.keyboard.press("+")
    assert before
    map_page.wait_for_function(
        "wide => document.querySelector('.map-us').getBoundingClientRect().width > wide", arg=before["width"] * 1.2
    )


def test_a_choice_can_be_kept_as_an_address(map_page: Page):
    map_page.locator("[data-region='US-HI']").click()
    promised = number_in(map_page.locator(CHOSEN).inner_text())
    map_page.get_by_role("link", name="Narrow the map to this place").click()
    expect(map_page).to_have_url(re.compile(r"/map/\?state=US-HI$"))
    expect(map_page.locator(".chip")).to_contain_text("Hawaii")
    assert number_in(map_page.locator(".map-caption").inner_text()) == promised


@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_without_javascript_there_are_a_drawing_and_links(scriptless: Page, prefix: str):
    scriptless.goto(f"{prefix}/map/")
    expect(scriptless.locator("svg.map-drawing")).to_be_visible()
    link = scriptless.locator("[data-region='US-HI']")
    promised = number_in(scriptless.locator(".map-region", has=link).locator(".facet-count").inner_text())
    link.click()
    expect(scriptless).to_have_url(re.compile(r"/map/\?state=US-HI$"))
    expect(scriptless.locator("svg.map-drawing")).to_be_visible()
    assert number_in(scriptless.locator(".map-caption > span").first.inner_text()) == promised
    expect(scriptless.locator("[data-map-chosen]")).to_be_hidden()


@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_axe_finds_nothing_while_a_place_is_chosen_in_light_or_dark(site, page: Page, prefix: str):
    page.goto(f"{prefix}/map/")
    expect(page.locator("[data-map][data-ready]")).to_be_visible()
    page.locator("[data-region='JP-40']").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert what_is_wrong(page) == ""


def test_drawing_and_choosing_neither_fail_nor_break_the_content_security_policy(site, page: Page):
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto("/map/")
    expect(page.locator("[data-map][data-ready]")).to_be_visible()
    page.locator("[data-map]").hover()
    page.get_by_role("button", name="Zoom in").click()
    page.locator("[data-region='JP-40']").click()
    page.get_by_role("button", name="Show all").click()
    assert said == []


def test_where_the_data_cannot_be_read_the_drawing_stays(site, page: Page):
    page.route("**/map.json*", lambda route: route.abort())
    page.goto("/map/")
    expect(page.locator("svg.map-drawing")).to_be_visible()
    page.locator("[data-region='US-HI']").click()
    expect(page).to_have_url(re.compile(r"/map/\?state=US-HI$"))


def test_the_first_pages_drawing_is_as_wide_as_a_phone(site, page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    box = page.locator(".wide .map").bounding_box()
    assert box and (box["x"], box["width"]) == (0, 390)
