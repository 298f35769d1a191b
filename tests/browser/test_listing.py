"""Lists that change in place: what is shown and said, where the focus goes, what a failure leaves."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from .axe import what_is_wrong

pytestmark = [pytest.mark.browser, pytest.mark.looks]

PHONE = {"width": 390, "height": 844}
MOST_BYTES = 120_000
COUNT = re.compile(r"^[\d,]+ partnerships?$")


def facet(page: Page, value: str) -> Locator:
    return page.locator(".facet-value", has_text=re.compile(rf"^\s*(✓ Chosen: )?{value}\s"))


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def stay(page: Page) -> None:
    """Leave a mark that is lost with the document."""
    page.evaluate("document.documentElement.dataset.stayed = 'yes'")


def assert_stayed(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-stayed", "yes")


def visit(page: Page, address: str) -> None:
    """Open a list as it is once its scripts have come, which are fetched after the first paint."""
    page.goto(address)
    expect(page.locator("script[data-ready]")).to_be_attached()
    stay(page)


@pytest.fixture
def listing(site, page: Page) -> Page:
    visit(page, "/partnerships/")
    return page


def test_a_facet_changes_address_title_results_and_the_link_to_the_other_language(listing: Page):
    promised = facet(listing, "Climate action").locator(".facet-count").inner_text()
    facet(listing, "Climate action").click()
    expect(heading(listing)).to_have_text(f"{promised} partnerships")
    expect(listing).to_have_url(re.compile(r"/partnerships/\?theme=climate$"))
    expect(listing).to_have_title(re.compile("^Partnerships: Climate action · "))
    other = listing.get_by_role("link", name="日本語")
    expect(other).to_have_attribute("href", re.compile(r"/ja/partnerships/\?theme=climate$"))
    assert_stayed(listing)


def test_the_count_is_said_after_a_change_and_not_before(listing: Page):
    status = listing.locator(".list-status")
    expect(status).to_be_empty()
    facet(listing, "Climate action").click()
    expect(status).to_have_text(COUNT)
    expect(status).to_have_text(heading(listing).inner_text())


def test_a_keyboard_stays_on_the_facet_it_chose_and_on_what_was_unfolded(listing: Page):
    state = listing.locator(".facet", has=listing.get_by_role("heading", name="State", exact=True))
    state.locator(".facet-more > summary").click()
    chosen = state.locator(".facet-more .facet-value").nth(3)
    name = chosen.locator(".facet-label").inner_text()
    chosen.focus()
    listing.keyboard.press("Enter")
    expect(listing.locator(".chip")).to_have_count(1)
    expect(listing.locator(":focus .facet-label")).to_have_text(f"✓ Chosen: {name}")
    expect(listing.locator(":focus")).to_be_in_viewport()
    expect(state.locator(".facet-more")).to_have_attribute("open", "")
    listing.keyboard.press("Enter")
    expect(listing.locator(".chip")).to_have_count(0)
    expect(listing.locator(":focus .facet-label")).to_have_text(name)
    expect(listing).to_have_url(re.compile("/partnerships/$"))


def test_removing_chips_leads_to_the_next_one_and_then_to_the_heading(site, page: Page):
    visit(page, "/partnerships/?theme=climate&state=US-HI")
    page.locator(".chip").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator(".chip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(0)
    expect(heading(page)).to_be_focused()


def test_the_order_is_chosen_from_a_menu_that_escape_closes(listing: Page):
    menu = listing.locator(".menu > summary")
    menu.click()
    listing.keyboard.press("Escape")
    expect(listing.get_by_role("link", name="oldest first")).to_be_hidden()
    menu.click()
    listing.get_by_role("link", name="oldest first").click()
    expect(listing).to_have_url(re.compile(r"\?sort=oldest$"))
    expect(menu).to_contain_text("oldest first")
    expect(menu).to_be_focused()
    assert_stayed(listing)


def test_the_next_page_is_shown_from_its_beginning(listing: Page):
    first = listing.locator(".row-title").first.inner_text()
    listing.get_by_role("link", name="Next").click()
    expect(listing).to_have_url(re.compile(r"\?page=2$"))
    expect(listing.locator(".row-title").first).not_to_have_text(first)
    expect(heading(listing)).to_be_focused()
    expect(heading(listing)).to_be_in_viewport()
    expect(listing.locator(".row-title").first).to_be_in_viewport()
    assert_stayed(listing)


def test_forms_narrow_the_list_in_place_too(listing: Page):
    listing.get_by_role("combobox").fill("forestry")
    listing.get_by_role("combobox").press("Enter")
    expect(listing).to_have_url(re.compile(r"/partnerships/\?q=forestry$"))
    listing.get_by_label("from").fill("2000")
    listing.get_by_role("button", name="Apply").click()
    # The empty field of the form is no part of the one address that the list has.
    expect(listing).to_have_url(re.compile(r"/partnerships/\?q=forestry&year_min=2000$"))
    expect(listing.locator(".chip")).to_have_count(2)
    assert_stayed(listing)


def test_back_and_forward_show_what_was_there_where_it_was(listing: Page):
    all_of_them = heading(listing).inner_text()
    listing.evaluate("window.scrollTo({top: 200, behavior: 'instant'})")
    facet(listing, "Hawaii").click()
    expect(heading(listing)).not_to_have_text(all_of_them)
    fewer = heading(listing).inner_text()
    listing.go_back()
    expect(heading(listing)).to_have_text(all_of_them)
    expect(listing).to_have_title(re.compile("^Partnerships · "))
    expect(listing.get_by_role("link", name="日本語")).to_have_attribute("href", re.compile("/ja/partnerships/$"))
    assert listing.evaluate("window.scrollY") == 200
    listing.go_forward()
    expect(heading(listing)).to_have_text(fewer)
    expect(listing).to_have_url(re.compile(r"\?state=US-HI$"))
    assert_stayed(listing)


def test_back_from_a_record_and_back_again(listing: Page):
    all_of_them = heading(listing).inner_text()
    facet(listing, "Climate action").click()
    expect(listing.locator(".chip")).to_have_count(1)
    listing.locator(".row-title a").first.click()
    expect(listing.locator(".record")).to_be_visible()
    listing.go_back()
    expect(listing).to_have_url(re.compile(r"\?theme=climate$"))
    expect(listing.locator(".chip")).to_have_count(1)
    listing.go_back()
    expect(heading(listing)).to_have_text(all_of_them)
    expect(listing.locator(".chip")).to_have_count(0)


def test_who_goes_back_twice_before_the_scripts_are_there_sees_the_right_list(listing: Page):
    all_of_them = heading(listing).inner_text()
    facet(listing, "Climate action").click()
    expect(listing.locator(".chip")).to_have_count(1)
    listing.locator(".row-title a").first.click()
    expect(listing.locator(".record")).to_be_visible()
    waiting: list[Route] = []
    listing.route("**/listing*.js", lambda route: waiting.append(route))
    listing.go_back(wait_until="commit")
    expect(listing.locator(".chip")).to_have_count(1)
    listing.go_back(wait_until="commit")
    expect(listing).to_have_url(re.compile(r"/partnerships/$"))
    # In this order: whatever still waits when the last route is taken away is let go by the browser itself.
    for route in waiting:
        route.continue_()
    listing.unroute("**/listing*.js")
    expect(heading(listing)).to_have_text(all_of_them)


def test_of_two_quick_choices_the_last_one_wins(listing: Page):
    waiting: list[Route] = []
    listing.route("**/partnerships/?theme=climate", lambda route: waiting.append(route))
    facet(listing, "Climate action").click()
    facet(listing, "Hawaii").click()
    expect(listing).to_have_url(re.compile(r"\?state=US-HI$"))
    assert len(waiting) == 1
    expect(listing.locator(".chip")).to_have_text(re.compile("^Hawaii"))
    expect(listing.locator(".list-failure")).to_be_hidden()


def test_waiting_is_shown(listing: Page):
    waiting: list[Route] = []
    listing.route("**/partnerships/?theme=climate", lambda route: waiting.append(route))
    expect(listing.get_by_text("Loading…")).to_be_hidden()
    facet(listing, "Climate action").click()
    expect(listing.get_by_text("Loading…")).to_be_visible()
    waiting[0].continue_()
    expect(listing.locator(".chip")).to_have_count(1)
    expect(listing.get_by_text("Loading…")).to_be_hidden()


@pytest.mark.parametrize(
    ("address", "answer", "words", "again"),
    [
        ("/partnerships/", None, "cannot be reached", "Try again"),
        ("/partnerships/", {"status": 500}, "Something went wrong", "Try again"),
        ("/partnerships/", {"status": 429, "headers": {"Retry-After": "20"}}, "try again in 20 seconds", "Try again"),
        ("/ja/partnerships/", {"status": 429, "headers": {"Retry-After": "1"}}, "1 秒後に", "もう一度試す"),
        ("/ja/partnerships/", None, "接続できません", "もう一度試す"),
    ],
)
def test_a_failure_is_told_leaves_the_list_and_can_be_tried_again(
    site, page: Page, address: str, answer: dict | None, words: str, again: str
):
    visit(page, address)
    before = heading(page).inner_text()
    page.route("**/partnerships/?*", lambda route: route.fulfill(**answer) if answer else route.abort())
    page.locator(".facet-value").first.click()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(words)
    expect(heading(page)).to_have_text(before)
    expect(page).to_have_url(re.compile(f"{address}$"))
    page.unroute("**/partnerships/?*")
    page.get_by_role("button", name=again).click()
    expect(page.locator(".chip")).to_have_count(1)
    expect(notice).to_be_hidden()
    expect(page.locator(".facet-value:focus")).to_have_count(1)


def test_a_failure_on_the_way_back_is_told_too(listing: Page):
    facet(listing, "Climate action").click()
    expect(listing.locator(".chip")).to_have_count(1)
    listing.route("**/partnerships/", lambda route: route.abort())
    listing.go_back()
    expect(listing.get_by_role("alert")).to_contain_text("cannot be reached")
    listing.unroute("**/partnerships/")
    listing.get_by_role("button", name="Try again").click()
    expect(listing.locator(".chip")).to_have_count(0)
    expect(listing.get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize("key", ["Control", "Shift"])
def test_a_new_window_is_left_to_the_browser(listing: Page, key: str):
    with listing.context.expect_page() as opened:
        facet(listing, "Climate action").click(modifiers=[key])
    expect(opened.value).to_have_url(re.compile(r"\?theme=climate$"))
    expect(listing).to_have_url(re.compile("/partnerships/$"))


def test_on_a_phone_the_filters_are_folded_up_and_stay_open_while_they_are_used(listing: Page):
    listing.set_viewport_size(PHONE)
    expect(listing.locator(".row-title").first).to_be_in_viewport()
    expect(facet(listing, "Climate action")).to_be_hidden()
    filters = listing.locator(".filters > summary")
    filters.click()
    facet(listing, "Climate action").click()
    expect(filters).to_have_text("Filters (1)")
    expect(facet(listing, "Climate action")).to_be_visible()
    count = heading(listing).inner_text().split()[0]
    listing.get_by_role("link", name=f"Show {count} results").click()
    expect(heading(listing)).to_be_in_viewport()


def test_on_a_phone_the_filters_open_without_javascript(site, browser: Browser):
    context = browser.new_context(base_url=site.url, java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto("/ja/partnerships/?theme=climate")
    page.locator(".filters > summary").click()
    page.locator(".facet-value", has_text="ハワイ州").click()
    expect(page).to_have_url(re.compile(r"\?theme=climate&state=US-HI$"))
    context.close()


@pytest.mark.parametrize(("address", "word"), [("/actors/", "places and organisations"), ("/sources/", "sources")])
def test_the_other_lists_change_in_place_as_well(site, page: Page, address: str, word: str):
    visit(page, address)
    page.locator(".facet-value").first.click()
    expect(page.locator(".list-status")).to_have_text(re.compile(rf"^[\d,]+ {word}$"))
    assert_stayed(page)


def test_axe_finds_nothing_after_a_change_and_with_a_failure(listing: Page):
    facet(listing, "Climate action").click()
    expect(listing.locator(".chip")).to_have_count(1)
    listing.route("**/partnerships/?*", lambda route: route.abort())
    facet(listing, "Hawaii").click()
    expect(listing.get_by_role("alert")).to_be_visible()
    assert what_is_wrong(listing) == ""


def test_changes_break_no_content_security_policy(listing: Page):
    said: list[str] = []
    listing.on("console", lambda message: said.append(message.text))
    listing.on("pageerror", lambda error: said.append(str(error)))
    facet(listing, "Climate action").click()
    expect(listing.locator(".chip")).to_have_count(1)
    listing.go_back()
    expect(listing.locator(".chip")).to_have_count(0)
    assert said == []


def test_all_that_a_listing_loads_is_light(site, page: Page):
    sizes: dict[str, int] = {}
    page.on("requestfinished", lambda request: sizes.setdefault(request.url, request.sizes()["responseBodySize"]))
    page.goto("/partnerships/", wait_until="networkidle")
    assert {"listing", "htmx-2", "combobox", "site"} <= {re.split(r"[./]", url.rsplit("/", 1)[-1])[0] for url in sizes}
    assert sum(sizes.values()) < MOST_BYTES, sizes
