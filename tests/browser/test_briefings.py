"""A briefing in a real browser: found by name, printed on two papers, read from a disk without a network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.looks]

BRIEFING = "/brief/?actor=kobe-hyogo&date=2026-11-26"
SHEETS = {"A4": (210, 297), "Letter": (215.9, 279.4)}  # millimetres
MARGINS = (26, 30)  # left and right, above and below, as brief-print.css has them
PIXELS = 96 / 25.4  # a millimetre

# Text that stands outside of its cell, and rows that do not fit on a sheet of this height.
CLIPPED = """height => [...document.querySelectorAll(".brief td, .brief th, .brief li, .brief h1")]
  .filter(it => it.scrollWidth > it.clientWidth + 1 || it.getBoundingClientRect().height > height)
  .map(it => it.innerText.slice(0, 60))"""


def test_an_official_finds_a_briefing_by_name_without_scripts(site, browser: Browser):
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/ja/brief/")
    page.get_by_label("自治体・団体").fill("シアトル")
    page.get_by_role("button", name="説明資料を表示").click()
    page.get_by_role("link", name="ワシントン州シアトル", exact=True).click()
    expect(page).to_have_url(re.compile(r"/ja/brief/\?actor=seattle-wa$"))
    page.locator(".brief-adjust > summary").click()
    page.get_by_label("次の相手との連携だけを表示").fill("Kobe")
    page.get_by_label("基準日").fill("2020-05-05")
    page.get_by_role("combobox", name="言語").select_option("日本語")
    page.get_by_role("button", name="説明資料を表示").click()
    page.get_by_role("link", name="兵庫県神戸市", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?actor=seattle-wa&with=kobe-hyogo&languages=ja&date=2020-05-05$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("神戸市")
    expect(page.get_by_role("columnheader", name="English")).to_have_count(0)
    context.close()


def test_typing_offers_places_whose_briefings_open(site, page: Page):
    page.goto("/brief/")
    page.get_by_role("combobox").press_sequentially("kobe")
    page.get_by_role("option", name=re.compile("^Kobe")).first.click()
    expect(page).to_have_url(re.compile(r"/brief/\?actor=kobe-hyogo$"))
    page.locator(".brief-adjust > summary").click()
    page.get_by_role("combobox").first.press_sequentially("seattl")
    page.get_by_role("option", name=re.compile("^Seattle ")).first.click()
    expect(page).to_have_url(re.compile(r"/brief/\?actor=kobe-hyogo&with=seattle-wa$"))


@pytest.mark.parametrize("paper", SHEETS)
@pytest.mark.parametrize("address", [BRIEFING, "/ja/brief/?actor=kobe-hyogo&languages=ja", "/brief/?actor=california"])
def test_on_paper_no_row_is_clipped_or_too_tall_and_nothing_but_the_briefing_is_printed(
    site, page: Page, paper: str, address: str
):
    width, height = (round((side - margin) * PIXELS) for side, margin in zip(SHEETS[paper], MARGINS, strict=True))
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CLIPPED, height) == []
    for kept_away in (".site-nav", ".site-footer", ".brief-tools", ".breadcrumbs", ".languages"):
        expect(page.locator(kept_away)).to_be_hidden()
    row = page.locator(".brief-table tbody tr").first
    assert row.evaluate("it => getComputedStyle(it).breakInside") == "avoid"
    assert page.locator("thead").first.evaluate("it => getComputedStyle(it).display") == "table-header-group"
    sheets = page.pdf(format=paper)
    box = {"A4": rb"/MediaBox \[0 0 59[56]\S* 84[123]\S*\]", "Letter": rb"/MediaBox \[0 0 612\S* 792\S*\]"}[paper]
    assert len(re.findall(box, sheets)) > 3


def test_a_saved_briefing_is_read_from_the_disk_without_a_network(site, browser: Browser, page: Page, tmp_path: Path):
    page.goto(BRIEFING)
    shown = page.locator("article.brief").inner_text()
    with page.expect_download() as started:
        page.get_by_role("link", name="Save as a file").click()
    assert started.value.suggested_filename == "briefing-kobe-hyogo-2026-11-26.html"
    saved = tmp_path / started.value.suggested_filename
    started.value.save_as(saved)
    context = browser.new_context(offline=True)
    reader = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    reader.on("console", lambda message: complaints.append(message.text))
    reader.goto(saved.as_uri())
    assert reader.locator("article.brief").inner_text() == shown
    assert reader.locator(".brief-table").first.evaluate("it => getComputedStyle(it).tableLayout") == "fixed"
    reader.get_by_role("link", name="Source 1", exact=True).first.click()
    assert reader.url.endswith("#source-1")
    assert {address.partition("#")[0] for address in asked} == {saved.as_uri()}
    assert complaints == []
    context.close()


def test_its_bare_html_is_readable_without_its_stylesheet(site, browser: Browser, page: Page, tmp_path: Path):
    page.goto(BRIEFING)
    rows = page.locator(".brief-table tbody tr").count()
    saved = tmp_path / "page.html"
    saved.write_text(page.content())
    context = browser.new_context(offline=True, java_script_enabled=False)
    reader = context.new_page()
    reader.goto(saved.as_uri())
    # Beside each other, as a table is without any style.
    cells = reader.locator(".brief-table tbody tr").nth(1).locator("td")
    english, japanese = (cells.nth(place).bounding_box() for place in (0, 1))
    assert english and japanese and english["x"] + english["width"] <= japanese["x"]
    assert reader.locator(".brief-table tbody tr").count() == rows
    own = reader.locator("article a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert own and all(re.match(r"https?://|mailto:|#", link) for link in own)
    context.close()


def test_a_phone_shows_one_language_below_the_other(site, page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(BRIEFING)
    first = page.locator(".brief-table tbody tr").first.locator("td")
    above, below = (first.nth(place).bounding_box() for place in (0, 1))
    assert above and below and above["x"] == below["x"] and above["y"] + above["height"] <= below["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
