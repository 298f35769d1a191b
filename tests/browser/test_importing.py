"""A curator brings a file with three wrong rows, mends it, imports it and takes it back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from partnerships.services.importing.reading import read_sheet

from .accounts import sign_in
from .axe import what_is_wrong

pytestmark = pytest.mark.browser

SLOW = 30_000  # milliseconds, for what works on many records
HEAD = "slug,タイトル（英語）,タイトル（日本語）,種別,状況,開始日,米国側,日本側,テーマ,出典"
SOURCE = "https://example.org/browser | Browser's page | government | en"
WRONG = [
    f',Import by hand one,取り込み一,姉妹都市,継続中,平成26年11月,"Seattle, Washington",神戸市,culture,{SOURCE}',
    ",Import by hand two,取り込み二,姉妹都市,継続中,昭和70年,Springfield,札幌市,culture,",
    ',Import by hand three,取り込み三,覚え書き,継続中,1959,"Portland, Oregon",札幌市,culture,',
    ",Import by hand four,取り込み四,覚書,継続中,10/3/1957,Atlantis,札幌市,観光,",
]
MENDED = {
    "昭和70年": "平成7年",
    "Springfield,": '"Springfield, Illinois",',
    "覚え書き": "覚書",
    "10/3/1957": "1957-10-03",
    "Atlantis": "seattle-wa",
    "観光": "environment",
}


def upload(page: Page, folder: Path, name: str, lines: list[str]) -> None:
    file = folder / name
    file.write_bytes("\r\n".join([HEAD, *lines]).encode("cp932"))
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator(".import-verdict")).to_be_visible(timeout=SLOW)


def mended() -> list[str]:
    text = "\n".join(WRONG)
    for wrong, right in MENDED.items():
        text = text.replace(wrong, right)
    return text.split("\n")


def test_three_wrong_rows_are_mended_imported_and_undone(site, page: Page, tmp_path: Path):
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.text} {message.location['url']}"))
    sign_in(page, site)
    page.get_by_role("link", name="Partnerships", exact=True).first.click()
    page.get_by_role("link", name="Import", exact=True).click()

    upload(page, tmp_path, "offices.csv", WRONG)
    expect(page.get_by_text("Shift_JIS (CP932), columns separated by commas")).to_be_visible()
    expect(page.locator(".import-outcomes .is-wrong")).to_have_text(re.compile("Wrong 3"))
    expect(page.locator(".import-lines tbody tr")).to_have_count(3)
    for reason in (
        "1995 is 平成7年",
        "Springfield, Illinois",
        "is not one of",
        "1957-10-03 or 1957-03-10",
        "Atlantis",
        "is no theme",
    ):
        expect(page.locator(".import-lines")).to_contain_text(reason)
    expect(page.get_by_role("button", name=re.compile("^Import:"))).to_have_count(0)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="With reasons, as Excel").click()
    told = read_sheet(Path(downloading.value.path()).read_bytes())
    assert [bool(cells[10:]) for _number, cells in told.rows] == [False, True, True, True]

    page.goto("/admin/partnerships/import/add/?kind=partnerships")
    upload(page, tmp_path, "mended.csv", mended())
    expect(page.locator(".import-lines")).to_contain_text("2014-11")
    page.get_by_role("button", name="Import: 5 new, 0 changed").click()
    expect(page.locator(".messagelist .success")).to_have_text("Imported: 5 new, 0 changed.", timeout=SLOW)
    page.goto("/admin/partnerships/partnership/?q=取り込み二")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("#result_list")).to_contain_text("Draft")

    page.goto("/admin/partnerships/import/")
    page.get_by_role("link", name="mended.csv").first.click()
    page.get_by_role("link", name="Undo this import …").click()
    expect(page.locator(".import-plan")).to_contain_text("5 records are deleted")
    page.get_by_role("button", name="Undo the import").click()
    expect(page.locator(".messagelist .success")).to_contain_text("5 records that were made are gone.", timeout=SLOW)
    page.goto("/admin/partnerships/partnership/?q=取り込み二")
    expect(page.locator("#result_list tbody tr")).to_have_count(0)
    assert said == []


def test_without_javascript_a_button_goes_on_with_a_long_file(site, browser: Browser, tmp_path: Path):
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, site)
    page.goto("/admin/partnerships/import/add/?kind=sources")
    file = tmp_path / "sources.csv"
    file.write_text("\n".join(["title,kind", *(f"Page {number},news" for number in range(700))]))
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Check the file").click()
    bar = page.locator(".import-progress progress")
    for done in ("0", "500"):
        expect(bar).to_have_attribute("value", done)
        page.get_by_role("button", name="Go on checking").click()
    expect(page.locator(".import-verdict")).to_contain_text("700 rows are wrong")
    page.get_by_role("button", name="Throw away").click()
    expect(page.locator(".messagelist .success")).to_contain_text("nothing was imported")
    context.close()


@pytest.mark.looks
def test_the_pages_fit_a_phone_and_are_accessible(site, page: Page, tmp_path: Path):
    sign_in(page, site)
    page.set_viewport_size({"width": 390, "height": 844})
    for name, lines in (("wrong", WRONG), ("mended", mended())):
        page.goto("/admin/partnerships/import/add/?kind=partnerships")
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert what_is_wrong(page) == ""
        upload(page, tmp_path, f"{name}.csv", lines)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert what_is_wrong(page) == ""
