"""What people do with the directory, in a real browser against the real server with the real data."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from .axe import what_is_wrong

pytestmark = pytest.mark.browser

PAGES = [
    "/",
    "/partnerships/?theme=climate&state=US-WA",
    "/partnerships/?theme=forestry&state=US-PR",
    "/partnerships/?q=okinawa",
    "/partnerships/?state=nowhere&year_min=soon",
    "/partnerships/hawaii-okinawa-clean-energy-partnership/",
    "/partnerships/abilene-minori-sister-city/",
    "/partnerships/nedo-drivethearc-california/",
    "/actors/",
    "/actors/?q=no-such-place",
    "/actors/washington/",
    "/actors/omitama-ibaraki/",
    "/themes/",
    "/themes/climate/",
    "/figures/",
    "/figures/?state=US-WA&theme=forestry",
    "/networks/?actor=maryland",
    "/overlaps/",
    "/overlaps/?actor=baltimore-md",
    "/peers/",
    "/peers/?actor=abira-hokkaido&theme=forestry",
    "/overlaps/?actor=marylnd&theme=clmate",
    "/embed/",
    "/embed/?actor=kobe-hyogo&view=both",
    "/embed/partnerships/?theme=climate",
    "/embed/partnerships/?state=US-WA&view=both&rows=20",
    "/embed/partnerships/?q=no-such-words&rows=7",
    "/coverage/?kind=memorandum&by=prefecture",
    "/brief/",
    "/brief/?actor=kobe-hyogo",
    "/brief/?actor=seatle",
    "/suggest/",
    "/partnerships/abilene-minori-sister-city/suggest/",
    "/sources/",
    "/about/",
    "/data/",
    "/api/v1/docs/",
    "/accessibility/",
    "/map/",
    "/map/?theme=climate&state=US-WA",
    "/sources/wikidata-twinned-bodies-2016/",
    "/anniversaries/?state=US-WA",
    "/anniversaries/?theme=forestry&state=US-PR",
    "/updates/",
    "/no-such-page/",
]
# Thousands of cells each, of which axe would take a minute to say what it says of the smaller ones.
LARGE_PAGES = ["/networks/", "/coverage/", "/coverage/?year_min=2000&by=pair"]
# What axe needs ten seconds for: in Japanese the same elements with other words, of which the colours are looked at.
SLOW_PAGES = ["/figures/", "/map/", "/coverage/?kind=memorandum&by=prefecture", "/brief/?actor=kobe-hyogo"]


def test_an_official_filters_opens_a_record_and_comes_back(site, page: Page):
    page.goto(site.url)
    page.locator(".card").get_by_role("link", name="Climate action").click()
    page.get_by_role("link", name=re.compile(r"See all \d+ partnerships")).click()
    state = page.get_by_role("link", name=re.compile(r"^Washington\s*\d+"))
    promised = int(re.search(r"\d+$", state.inner_text()).group())
    state.click()
    expect(page).to_have_url(re.compile(r"\?theme=climate&state=US-WA$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(rf"^{promised} partnerships?$"))
    filtered = page.url
    page.locator(".row-title a").first.click()
    expect(page.get_by_role("heading", name="Sources")).to_be_visible()
    expect(page.locator(".shore-jp li").first).to_be_visible()
    expect(page.locator(".shore-us li").first).to_be_visible()
    page.go_back()
    expect(page).to_have_url(filtered)


def test_the_language_switch_keeps_the_page_and_its_filters(site, page: Page):
    page.goto(f"{site.url}/partnerships/?prefecture=JP-40&sort=oldest")
    count = re.match(r"\d+", page.get_by_role("heading", level=1).inner_text()).group()
    page.get_by_role("link", name="日本語").click()
    expect(page).to_have_url(re.compile(r"/ja/partnerships/\?prefecture=JP-40&sort=oldest$"))
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_role("heading", level=1)).to_contain_text(count)
    expect(page.locator(".chip").first).to_contain_text("福岡県")


def test_everything_works_without_javascript(site, browser: Browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/ja/")
    page.get_by_role("searchbox").fill("北九州")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".row").first).to_contain_text("北九州")
    page.locator(".facet-value").first.click()
    expect(page.locator(".chip")).to_have_count(2)
    context.close()


def test_a_keyboard_alone_reaches_the_content_and_a_filter(site, page: Page):
    page.goto(f"{site.url}/partnerships/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('facet-value')"):
            break
    expect(page.locator(".facet-value:focus")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)


@pytest.mark.looks
@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_no_page_is_wider_than_the_window(site, page: Page, prefix: str):
    for path in (*PAGES, *LARGE_PAGES):
        page.goto(site.url + prefix + path)
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{prefix}{path} at {width}"


@pytest.mark.looks
@pytest.mark.parametrize(("prefix", "scheme"), [("", "light"), ("/ja", "dark")])
def test_axe_finds_nothing_on_any_page(site, page: Page, prefix: str, scheme: str):
    """The elements are the same in both languages and the colours in neither: so each scheme in one of them."""
    page.emulate_media(color_scheme=scheme)
    for path in PAGES:
        page.goto(site.url + prefix + path)
        page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
        only_colours = prefix and path in SLOW_PAGES
        everything = what_is_wrong(page, {"runOnly": ["color-contrast"]} if only_colours else {})
        # A menu covers a part of what lies under it while it is open.
        page.evaluate("for (const menu of document.querySelectorAll('details.menu')) menu.open = false")
        sizes = what_is_wrong(page, {"runOnly": ["target-size"]})
        assert (everything, sizes) == ("", ""), f"{prefix}{path}: {everything}{sizes}"


def test_no_page_logs_an_error_or_breaks_the_content_security_policy(site, page: Page):
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    data_blocks = 0
    for path in [path for path in PAGES if path != "/no-such-page/"]:
        page.goto(site.url + path)
        data_blocks += page.locator('script[type="application/ld+json"]').count()
    assert said == []
    assert data_blocks  # data in a script element is not executed, so the policy lets it be


def test_an_editor_corrects_a_record(signed_in: Page):
    page = signed_in
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.get_by_role("link", name="Partnerships", exact=True).first.click()
    page.locator("#searchbar").fill("アビリーン 美野里")
    page.locator("#searchbar").press("Enter")
    page.locator("#result_list th.field-title a").first.click()
    page.get_by_label("Curators' note").fill("Looked at in a browser.")
    page.get_by_text("Add another Participant").click()
    page.locator("#participations-group .select2-selection").last.click()
    page.locator(".select2-search__field").fill("北九州")
    expect(page.locator(".select2-results__option").first).to_contain_text(
        "Kitakyushu 北九州市 · City · Fukuoka Prefecture"
    )
    page.locator(".select2-results__option").first.click()
    page.locator("[name=participations-2-position]").fill("3")
    page.locator("[name=_continue]").first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    page.get_by_role("link", name="View on site").click()
    expect(page.locator(".shore-jp")).to_contain_text("Kitakyushu")
    # Put back what later tests read.
    page.go_back()
    page.locator("[name=participations-2-DELETE]").check()
    page.locator("[name=_continue]").first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert said == []
