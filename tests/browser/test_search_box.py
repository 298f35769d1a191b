"""The search box that offers records while somebody types: by keyboard, mouse and touch, in both scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .axe import what_is_wrong

pytestmark = [pytest.mark.browser, pytest.mark.looks]

SUGGEST = "**/api/v1/suggest?*"


@pytest.fixture
def box(site, page: Page) -> Locator:
    page.goto("/")
    return page.get_by_role("combobox")


def typed(box: Locator, text: str) -> Locator:
    """What is offered for a text, once it is there."""
    box.press_sequentially(text)
    options = box.page.get_by_role("option")
    expect(options.first).to_be_visible()
    return options


def test_places_themes_and_partnerships_are_offered_in_groups_with_what_was_typed_marked(box: Locator):
    page = box.page
    options = typed(box, "clim")
    expect(page.get_by_role("group", name="Themes").get_by_role("option").first).to_contain_text("Climate action")
    assert page.get_by_role("group").count() > 1
    expect(options.filter(has_text="Climate action").locator("mark").first).to_have_text("Clim")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status")).to_have_text(f"{options.count()} suggestions")


def test_the_arrows_go_through_the_offers_and_around(box: Locator):
    options = typed(box, "kitakyu")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", options.first.get_attribute("id"))
    expect(box).to_be_focused()
    box.press("ArrowUp")
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile(""))
    box.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    expect(box.page.locator("[aria-selected=true]")).to_have_count(0)


def test_enter_opens_the_offer_that_is_pointed_at(box: Locator):
    typed(box, "kitakyu")
    box.press("ArrowDown")
    box.press("Enter")
    expect(box.page).to_have_url(re.compile("/actors/kitakyushu-fukuoka/$"))


def test_enter_without_an_offer_searches(box: Locator):
    typed(box, "kitakyu")
    box.press("Enter")
    expect(box.page).to_have_url(re.compile(r"/partnerships/\?q=kitakyu$"))


def test_escape_closes_the_offers_and_then_empties_the_box(box: Locator):
    options = typed(box, "kitakyu")
    box.press("Escape")
    expect(options.first).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("kitakyu")
    box.press("ArrowDown")
    expect(options.first).to_be_visible()
    box.press("Escape")
    box.press("Escape")
    expect(box).to_have_value("")


def test_tab_leaves_the_box_and_closes_the_offers(box: Locator):
    options = typed(box, "kitakyu")
    box.press("Tab")
    expect(options.first).to_be_hidden()
    expect(box.page.get_by_role("button", name="Search")).to_be_focused()


def test_a_mouse_opens_an_offer(box: Locator):
    typed(box, "kitakyu").first.click()
    expect(box.page).to_have_url(re.compile("/actors/kitakyushu-fukuoka/$"))


def test_japanese_words_lead_to_japanese_pages_on_a_phone(site, browser: Browser):
    context = browser.new_context(
        base_url=site.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto("/ja/")
    options = typed(page.get_by_role("combobox"), "北九")
    first = options.first
    expect(first.locator("mark").first).to_have_text("北九")
    expect(first.locator("[lang=en]")).to_have_text("Kitakyushu")
    expect(page.get_by_role("status")).to_have_text(f"候補が{options.count()}件あります")
    assert first.bounding_box()["height"] >= 24
    first.tap()
    expect(page).to_have_url(re.compile("/ja/actors/kitakyushu-fukuoka/$"))
    context.close()


def test_nothing_is_asked_and_no_key_is_taken_while_characters_are_composed(box: Locator):
    asked: list[str] = []
    box.page.on("request", lambda request: asked.append(request.url) if "suggest" in request.url else None)
    keys = box.page.context.new_cdp_session(box.page)
    box.focus()
    keys.send("Input.imeSetComposition", {"text": "きたきゅう", "selectionStart": 5, "selectionEnd": 5})
    expect(box).to_have_value("きたきゅう")
    box.dispatch_event("keydown", {"key": "Escape", "isComposing": True})
    expect(box).to_have_value("きたきゅう")
    assert asked == []
    keys.send("Input.insertText", {"text": "北九州"})
    expect(box.page.get_by_role("option").first).to_contain_text("北九州")
    assert len(asked) == 1


def test_offers_that_fail_are_not_missed(box: Locator):
    box.page.route(SUGGEST, lambda route: route.fulfill(status=500))
    with box.page.expect_response(SUGGEST):
        box.press_sequentially("kitakyu")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press("Enter")
    expect(box.page).to_have_url(re.compile(r"/partnerships/\?q=kitakyu$"))


def test_among_places_only_places_are_offered(site, page: Page):
    page.goto("/actors/")
    typed(page.get_by_role("combobox"), "wash")
    groups = page.get_by_role("listbox").get_by_role("group")
    expect(groups).to_have_count(1)
    expect(groups).to_have_accessible_name("Places and organisations")


def test_the_box_of_a_list_still_offers_after_the_list_has_changed(site, page: Page):
    page.goto("/partnerships/")
    expect(page.get_by_role("combobox")).to_be_visible()
    page.locator(".facet-value").first.click()
    expect(page.locator(".chip")).to_have_count(1)
    typed(page.get_by_role("combobox"), "kitakyu")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_with_the_offers_open(box: Locator, colours: str):
    box.page.emulate_media(color_scheme=colours)
    typed(box, "clim")
    box.press("ArrowDown")
    assert what_is_wrong(box.page) == ""
