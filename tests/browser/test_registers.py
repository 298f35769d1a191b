"""A curator reads a register's file in the admin, sees what differs side by side and decides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .accounts import sign_in
from .axe import what_is_wrong

pytestmark = pytest.mark.browser

PAGE = "/admin/partnerships/registerentry/reconcile/"
ROWS = (
    "key,us_name,jp_name,date,status\r\n"
    '1,"Portland, Oregon",札幌市,1959-11-18,active\r\n'
    '2,兵庫県神戸市,"Seattle, WA",1957,active\r\n'
    "3,Nowhere,Zzyzx,,\r\n"
)


@pytest.fixture(scope="module")
def signed_in(browser: Browser, site) -> Iterator[dict]:
    """The first account's session, as cookies."""
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    sign_in(page, site)
    expect(page).to_have_url(f"{site.url}/admin/")
    yield context.storage_state()
    context.close()


@pytest.fixture
def desk(browser: Browser, site, signed_in) -> Iterator[Page]:
    context = browser.new_context(base_url=site.url, storage_state=signed_in)
    page = context.new_page()
    yield page
    context.close()


def read(desk: Page, *, is_trial: bool) -> None:
    desk.goto(PAGE)
    desk.get_by_label("CSV file").set_input_files(
        {"name": "register.csv", "mimeType": "text/csv", "buffer": ROWS.encode("cp932")}
    )
    desk.get_by_label("Register", exact=True).select_option("jlgc")
    desk.get_by_label("The file is only a part of the register").check()
    if is_trial:
        desk.get_by_label("Only show what would come of it").check()
    desk.get_by_role("button", name="Read the file").click()


def test_a_file_is_tried_read_and_a_difference_is_dismissed_with_a_reason(desk: Page):
    said: list[str] = []
    desk.on("console", lambda message: said.append(message.text))
    read(desk, is_trial=True)
    expect(desk.get_by_text("Nothing was kept.")).to_be_visible()
    expect(desk.get_by_role("cell", name="1 day apart")).to_be_visible()
    read(desk, is_trial=False)
    desk.get_by_role("link", name="To the open differences").click()
    desk.get_by_role("link", name="Portland, Oregon – 札幌市").click()
    directory = desk.get_by_role("region", name="What the directory says")
    expect(directory).to_contain_text("Portland–Sapporo sister cities")
    expect(desk.get_by_role("region", name="What JLGC says")).to_contain_text("1959-11-18")
    desk.get_by_role("button", name="Dismiss").click()
    expect(desk.get_by_text("say why the directory stays as it is")).to_be_visible()
    desk.get_by_label("Note").fill("The city's own page says the 17th.")
    desk.get_by_role("button", name="Dismiss").click()
    expect(desk.get_by_text("Portland, Oregon – 札幌市: Dismissed.")).to_be_visible()
    expect(desk.get_by_role("link", name="Portland, Oregon – 札幌市")).to_have_count(0)
    assert said == []


@pytest.mark.looks
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_its_pages_are_in_order_for_axe_and_fit_a_phone(desk: Page, scheme, prefix):
    read(desk, is_trial=False)
    desk.emulate_media(color_scheme=scheme)
    desk.goto(f"{prefix}/admin/partnerships/registerdifference/")
    desk.locator("#result_list tbody th a").first.click()
    addresses = [desk.url, f"{prefix}{PAGE}"]
    desk.set_viewport_size({"width": 390, "height": 844})
    for address in addresses:
        desk.goto(address)
        assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        assert what_is_wrong(desk, {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}) == "", address
