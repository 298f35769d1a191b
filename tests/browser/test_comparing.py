"""The tray: partnerships collected while somebody browses, in the address, and the comparison they lead to."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .axe import what_is_wrong

pytestmark = [pytest.mark.browser, pytest.mark.looks]

PHONE = {"width": 390, "height": 844}
LISTING = "/partnerships/?theme=climate"
PAIR = "/compare/?p=lancaster-namie-smart-sister-cities&p=hawaii-okinawa-clean-energy-partnership"
FOUR = f"{PAIR}&p=hawaii-jera-strategic-partnering-agreement&p=los-angeles-yokohama-port-mou"


def visit(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("script[data-ready]")).to_be_attached()


def switches(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Compare: "))


def tray(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Chosen for comparison")


def slugs(page: Page) -> list[str]:
    """What the address says is chosen."""
    return [slug for slug in page.evaluate("location.hash").removeprefix("#compare=").split(",") if slug]


def slug_of(switch: Locator) -> str:
    return (switch.get_attribute("href") or "").partition("?p=")[2]


@pytest.fixture
def listing(site, page: Page) -> Page:
    visit(page, LISTING)
    return page


def test_what_is_chosen_is_in_the_address_and_leads_to_the_comparison(listing: Page):
    expect(tray(listing)).to_be_hidden()
    first, second = (switches(listing).nth(number) for number in (0, 2))
    chosen = [slug_of(first), slug_of(second)]
    first.click()
    second.click()
    assert slugs(listing) == chosen
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(listing.locator(".tray-status")).to_have_text("2 partnerships chosen")
    tray(listing).get_by_role("link", name="Compare").click()
    expect(listing).to_have_url(re.compile(rf"/compare/\?p={chosen[0]}&p={chosen[1]}$"))
    expect(listing.locator("thead th")).to_have_count(2)
    assert listing.context.cookies() == []
    stored = listing.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert not [slug for slug in chosen if slug in stored]


def test_a_second_use_takes_it_out_again_by_keyboard_too(listing: Page):
    first = switches(listing).first
    first.focus()
    listing.keyboard.press("Space")
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(first).to_be_focused()
    listing.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-pressed", "false")
    expect(listing.locator(".tray-status")).to_have_text("No partnership chosen")
    expect(tray(listing)).to_be_hidden()
    assert listing.url.endswith(LISTING)


def test_the_choice_survives_filters_pages_records_and_the_way_back(listing: Page):
    switches(listing).first.click()
    chosen = slugs(listing)
    listing.locator(".facet-value:not([aria-current])").first.click()
    expect(listing.locator(".chip")).to_have_count(2)
    expect(listing).to_have_url(re.compile(f"&.*#compare={chosen[0]}$"))
    switches(listing).nth(1).click()
    both = slugs(listing)
    assert len(both) == 2 and both[0] == chosen[0]
    listing.go_back()
    expect(listing).to_have_url(re.compile(rf"{re.escape(LISTING)}#compare={','.join(both)}$"))
    expect(tray(listing)).to_contain_text("2 partnerships chosen")
    listing.locator(".row-title a").first.click()
    expect(listing).to_have_url(re.compile(rf"/partnerships/[^/?]+/#compare={','.join(both)}$"))
    expect(tray(listing)).to_contain_text("2 partnerships chosen")
    listing.get_by_role("link", name="日本語").click()
    expect(listing).to_have_url(re.compile(rf"/ja/partnerships/[^/?]+/#compare={','.join(both)}$"))
    expect(listing.locator(".tray")).to_contain_text("2件を選択中")


def test_a_record_collects_itself(site, page: Page):
    visit(page, "/partnerships/lancaster-namie-smart-sister-cities/")
    switches(page).click()
    assert slugs(page) == ["lancaster-namie-smart-sister-cities"]
    page.get_by_role("link", name="Partnerships", exact=True).first.click()
    expect(tray(page)).to_contain_text("1 partnership chosen")
    tray(page).get_by_role("button", name="Clear").click()
    expect(tray(page)).to_be_hidden()
    assert slugs(page) == []


def test_a_fifth_is_not_taken_and_it_says_why(listing: Page):
    for number in range(5):
        switches(listing).nth(number).click()
    assert len(slugs(listing)) == 4
    expect(switches(listing).nth(4)).to_have_attribute("aria-pressed", "false")
    expect(listing.locator(".tray-status")).to_contain_text("Four partnerships are chosen, which is the most.")


def test_a_link_within_the_page_does_not_lose_the_choice(listing: Page):
    switches(listing).first.click()
    chosen = slugs(listing)
    listing.evaluate("location.hash = '#results'")
    expect(listing).to_have_url(re.compile(f"#compare={chosen[0]}$"))


def test_an_address_that_somebody_sent_brings_its_choice_and_nothing_else(site, page: Page):
    visit(page, "/partnerships/#compare=one,two,one,<b>,three,four,five")
    expect(tray(page)).to_contain_text("4 partnerships chosen")
    href = tray(page).get_by_role("link", name="Compare").get_attribute("href")
    assert href == "/compare/?p=one&p=two&p=three&p=four"


def test_from_the_comparison_one_goes_on_choosing(site, page: Page):
    page.goto(PAIR)
    page.get_by_role("link", name="Choose more in the list of partnerships").click()
    expect(tray(page)).to_contain_text("2 partnerships chosen")


def test_without_scripts_a_row_leads_to_its_comparison(site, browser: Browser):
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(LISTING)
    expect(page.locator(".tray")).to_be_hidden()
    page.get_by_role("link", name="Compare", exact=True).first.click()
    expect(page.locator("thead th")).to_have_count(1)
    page.get_by_role("searchbox").fill("kobe")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=re.compile("^Add ")).first.click()
    expect(page.locator("thead th")).to_have_count(2)
    page.get_by_role("link", name=re.compile("^Remove ")).first.click()
    expect(page.locator("thead th")).to_have_count(1)
    context.close()


@pytest.mark.parametrize("address", [FOUR, f"/ja{PAIR}", "/compare/?a=washington&a=oregon", "/ja/compare/?q=kobe"])
def test_a_phone_scrolls_a_comparison_in_its_frame_and_never_the_page(site, page: Page, address: str):
    page.set_viewport_size(PHONE)
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert what_is_wrong(page) == ""


def test_two_records_are_side_by_side_on_a_phone(site, page: Page):
    page.set_viewport_size(PHONE)
    page.goto(PAIR)
    assert page.locator(".comparison-frame").evaluate("it => it.scrollWidth <= it.clientWidth")
    left, right = (cell.bounding_box() for cell in page.locator("tbody tr").first.locator("td").all())
    assert left and right
    assert left["y"] == right["y"] and left["x"] + left["width"] <= right["x"] + 1
    assert left["width"] > 150 and right["width"] > 150


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_chosen_is_usable_for_all(listing: Page, scheme: str):
    listing.emulate_media(color_scheme=scheme)
    switches(listing).first.click()
    assert what_is_wrong(listing) == ""


def test_the_tray_lies_over_nothing_that_has_the_focus(listing: Page):
    listing.set_viewport_size(PHONE)
    listing.emulate_media(reduced_motion="reduce")
    switches(listing).first.click()
    bar = tray(listing)
    for link in listing.locator(".row-title a").all():
        link.focus()
        box, over = link.bounding_box(), bar.bounding_box()
        assert box and over and box["y"] + box["height"] <= over["y"] + 1


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_on_paper_it_lies_on_its_side(site, page: Page, paper: str):
    page.goto(FOUR)
    printed = page.pdf(format=paper)
    boxes = [[float(each) for each in box.split()] for box in re.findall(rb"/MediaBox \[([^\]]*)\]", printed)]
    assert 1 <= len(boxes) <= 4
    assert all(width > height for _left, _top, width, height in boxes)
