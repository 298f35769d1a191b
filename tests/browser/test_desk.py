"""The form of a record, as curators work with it: by keyboard, two at a time, and longer than a session lasts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import server
from tests.desk import session_of, sign_in, somebody

from .axe import what_is_wrong

pytestmark = pytest.mark.browser

ADD = "/admin/partnerships/partnership/add/"


def choose(page: Page, text: str, result: str) -> None:
    """Choose from the picker that has the focus, by keyboard."""
    page.keyboard.press("Enter")
    expect(page.locator(".select2-search__field")).to_be_focused()
    page.keyboard.type(text)
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text(result, timeout=20_000)
    page.keyboard.press("Enter")


def add_row(page: Page, part: str) -> None:
    """Add a row by keyboard, which leaves the focus in its first field."""
    page.locator(f"#{part}-group .add-row a").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#{part}-group tr:not(.empty-form) .select2-selection").last).to_be_focused()


def open_form(page: Page, slug: str) -> None:
    page.goto(f"/admin/partnerships/partnership/?q={slug}")
    page.locator("#result_list tbody th a").first.click()


def test_a_record_is_entered_from_nothing_to_published_by_keyboard(browser: Browser, site: server.Server) -> None:
    with somebody(browser, site, "eve", "Editors") as page:
        page.goto(ADD)
        add_row(page, "participations")
        choose(page, "Tacoma", "Tacoma")
        add_row(page, "participations")
        choose(page, "北九州", "Kitakyushu 北九州市 · City · Fukuoka Prefecture")
        page.locator("#id_title").focus()
        page.keyboard.type("Tacoma–Kitakyushu port talks")
        page.locator("#id_kind").select_option("exchange")
        add_row(page, "theme_links")
        choose(page, "climate", "Climate")
        page.locator("#id_started").focus()
        page.keyboard.type("２０１４年１１月")
        add_row(page, "citations")
        choose(page, "Wikidata", "Wikidata")
        page.locator("#id_citations-0-supports").select_option("existence")
        add_row(page, "citations")
        page.locator("#citations-1 .same-source").press("Enter")
        expect(page.locator("#citations-1 .select2-selection__rendered")).to_contain_text("Wikidata")
        page.locator("#id_citations-1-supports").select_option("dates")
        page.get_by_role("button", name="Save and publish").press("Enter")
        expect(page.locator(".messagelist .error")).to_have_count(0)
        page.goto("/partnerships/tacomakitakyushu-port-talks/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Tacoma–Kitakyushu port talks")
        expect(page.get_by_text("November 2014").first).to_be_visible()


@pytest.mark.parametrize("with_script", [True, False])
def test_two_people_change_one_record_and_the_second_chooses(
    browser: Browser, site: server.Server, with_script: bool
) -> None:
    slug = "adrian-moriyama-sister-city"
    hers, his, note = (
        f"{words} ({with_script})" for words in ("What Hanako wrote", "What John wrote", "Read by Hanako")
    )
    with (
        somebody(browser, site, "hanako", "Editors") as first,
        somebody(browser, site, "john", "Editors", java_script_enabled=with_script) as second,
    ):
        for page in (first, second):
            open_form(page, slug)
        first.locator("#id_summary").fill(hers)
        first.locator("#id_note").fill(note)
        first.get_by_role("button", name="Save and continue editing").click()
        expect(first.locator(".messagelist .success")).to_be_visible()
        second.locator("#id_summary").fill(his)
        second.get_by_role("button", name="Save", exact=True).click()
        expect(second.get_by_role("heading", name="Changed while you were writing")).to_be_visible()
        question = second.get_by_role("group", name="Summary")
        expect(question).to_contain_text(hers)
        expect(question).to_contain_text(his)
        expect(second.locator(".conflict-taken")).to_contain_text(note)
        second.get_by_label("Keep mine").check()
        second.get_by_role("button", name="Save and continue editing").click()
        expect(second.locator(".messagelist .success")).to_be_visible()
        expect(second.locator("#id_summary")).to_have_value(his)
        expect(second.locator("#id_note")).to_have_value(note)


@pytest.mark.parametrize("with_script", [True, False])
def test_what_was_typed_outlives_the_session(browser: Browser, site: server.Server, with_script: bool) -> None:
    with somebody(browser, site, "olga", "Editors", java_script_enabled=with_script) as page:
        open_form(page, "adrian-moriyama-sister-city")
        page.locator("#id_note").fill("Typed for an hour")
        page.context.clear_cookies(name="sessionid")
        page.get_by_role("button", name="Save and continue editing").click()
        page.wait_for_url("**login**")
        back = page.evaluate("new URLSearchParams(location.search).get('next')")
        sign_in(page, site, session_of(site, "olga", "Editors"))
        page.goto(back)
        expect(page.get_by_text("It is not saved yet")).to_be_visible()
        expect(page.locator("#id_note")).to_have_value("Typed for an hour")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist .success")).to_be_visible()


def desk_pages(page: Page) -> list[str]:
    open_form(page, "hawaii-okinawa-clean-energy-partnership")
    record = page.url.partition("?")[0]
    return [ADD, record, *(record.replace("/change/", f"/{name}/") for name in ("history", "delete"))]


@pytest.mark.looks
@pytest.mark.parametrize("language", ["", "/ja"])
def test_the_desks_pages_fit_a_phone_and_keep_the_policy(browser: Browser, site: server.Server, language: str) -> None:
    with somebody(browser, site, "pauline", "Editors", viewport={"width": 390, "height": 800}) as page:
        for address in desk_pages(page):
            page.goto(language + address.removeprefix(site.url))
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


@pytest.mark.looks
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_the_desks_pages_are_accessible(browser: Browser, site: server.Server, width: int, scheme: str) -> None:
    look = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    # Axe itself tries styles that the policy forbids.
    with somebody(browser, site, "axel", "Editors", may_complain=True, **look) as page:
        for address in desk_pages(page):
            page.goto(address)
            page.wait_for_load_state("networkidle")
            assert not (found := what_is_wrong(page)), f"{address}\n{found}"


def test_results_of_a_picker_are_read_whole_on_a_phone(browser: Browser, site: server.Server) -> None:
    with somebody(browser, site, "paul", "Curators", viewport={"width": 390, "height": 800}) as page:
        page.goto(ADD)
        add_row(page, "participations")
        page.keyboard.press("Enter")
        expect(page.locator(".select2-search__field")).to_be_focused()
        page.keyboard.type("kobe")
        results = page.locator(".select2-results__option[role=option]")
        expect(results.first).to_contain_text("Hyogo Prefecture", timeout=20_000)
        assert page.evaluate(
            "[...document.querySelectorAll('.select2-results__option')].every("
            "row => row.scrollWidth <= row.clientWidth && row.getBoundingClientRect().right <= innerWidth)"
        )
