"""The directory in the page of somebody else: another site with the code that was copied, in a real browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.looks]

Site = dict[str, str]  # the pages of another site, by their paths; the one at “/” can be written by a test


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, Site]]:
    """Another site: its address, and its pages."""
    pages: Site = {}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"<!DOCTYPE html><html lang='en'><title>City</title>{pages.get(self.path, '')}</html>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}", pages
    server.shutdown()
    server.server_close()


def code_at(site, page: Page, address: str) -> str:
    """The code that the directory gives for copying, with the port that this server happens to have."""
    page.goto(address)
    code = page.get_by_label("Copy this to the place in your page").input_value()
    assert settings.SITE_URL in code
    return code.replace(settings.SITE_URL, site.url)


@pytest.mark.parametrize("query", ["actor=washington", "theme=climate&view=both&rows=10"])
def test_the_code_shows_the_list_in_another_site_and_its_links_open_beside_it(site, page: Page, elsewhere, query: str):
    address, pages = elsewhere
    pages["/"] = f"<h1>City</h1>{code_at(site, page, f'/embed/?{query}')}"
    page.goto(address)
    frame = page.frame_locator("iframe")
    title = frame.locator("li a").first
    expect(title).to_be_visible()
    # Its stylesheet applies, though a sandboxed page is of no origin.
    assert title.evaluate("it => getComputedStyle(it).textUnderlineOffset") != "auto"
    words = title.inner_text()
    with page.context.expect_page() as opened:
        title.click()
    record = opened.value
    expect(record.get_by_role("heading", level=1)).to_have_text(words)
    assert record.evaluate("window.opener") is None
    assert record.evaluate("typeof localStorage")  # it has an origin again: the sandbox ends with the frame
    expect(page).to_have_url(f"{address}/")
    assert page.context.cookies() == []


def test_a_page_on_somebody_s_own_disk_shows_it_too(site, page: Page, tmp_path: Path):
    (tmp_path / "test.html").write_text(code_at(site, page, "/embed/?theme=climate&view=map"))
    page.goto((tmp_path / "test.html").as_uri())
    drawing = page.frame_locator("iframe").locator("svg.map-drawing")
    expect(drawing).to_be_visible()
    land = page.frame_locator("iframe").locator(".map-sheet img")
    assert land.evaluate("it => it.decode().then(() => it.naturalWidth)") > 0


@pytest.mark.parametrize("path", ["/partnerships/", "/", "/ja/map/", "/embed/", "/embed/nowhere/", "/admin/"])
def test_no_other_page_of_the_directory_is_shown_in_another_site(site, page: Page, elsewhere, path: str):
    address, pages = elsewhere
    pages["/"] = f"<iframe src='{site.url}{path}' title='The directory'></iframe>"
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    page.wait_for_function("!document.querySelector('iframe').contentDocument")
    expect(page.frame_locator("iframe").locator(".site-header")).to_have_count(0)
    assert any("frame-ancestors" in text or "X-Frame-Options" in text for text in said), said


@pytest.mark.parametrize("prefix", ["", "/ja"])
@pytest.mark.parametrize("view", ["list", "map", "both"])
def test_it_fits_a_narrow_column(site, page: Page, prefix: str, view: str):
    query = "" if view == "list" else f"&view={view}"
    for width in (240, 300, 600):
        page.set_viewport_size({"width": width, "height": 400})
        page.goto(f"{prefix}/embed/partnerships/?state=US-WA{query}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        expect(page.get_by_role("heading", level=1)).to_be_in_viewport()


def test_a_frame_is_high_enough_for_what_it_shows(site, page: Page):
    """Where the code says so, and up to its largest height."""
    page.set_viewport_size({"width": 1280, "height": 900})
    for query in ("actor=kobe-hyogo", "theme=climate", "kind=sister&rows=10", "theme=climate&view=map"):
        page.goto(f"/embed/?{query}")
        preview = page.frame_locator("iframe").locator("html")
        heights = preview.evaluate("it => [it.scrollHeight, innerHeight]")
        assert heights[0] <= heights[1] or heights[1] >= 1_098, (query, heights)


def test_always_light_is_light_on_a_dark_device(site, browser: Browser):
    context = browser.new_context(base_url=site.url, color_scheme="dark")
    page = context.new_page()
    grounds = []
    for query in ("", "?look=light"):
        page.goto(f"/embed/partnerships/{query}")
        grounds.append(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
    assert grounds == ["rgb(20, 23, 27)", "rgb(251, 250, 247)"]
    context.close()


def test_the_code_is_copied_by_a_button(site, browser: Browser):
    context = browser.new_context(base_url=site.url, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/embed/?theme=climate")
    page.get_by_role("button", name="Copy the code").click()
    expect(page.locator(".embed-code [role=status]")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("textarea").input_value()
    context.close()


def test_where_the_browser_does_not_copy_the_code_is_selected(site, page: Page):
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")  # as on plain http
    page.goto("/embed/")
    page.get_by_role("button", name="Copy the code").click()
    expect(page.locator(".embed-code [role=status]")).to_contain_text("copy it with the keyboard")
    assert page.evaluate("getSelection().toString()").startswith("<iframe")


def test_without_javascript_choices_and_code_are_there(site, browser: Browser):
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/embed/?theme=climate")
    expect(page.get_by_role("button", name="Copy the code")).to_be_hidden()
    page.get_by_label("What it shows").select_option("map")
    page.get_by_role("combobox", name="Language").select_option("ja")
    page.get_by_role("button", name="Update the code").click()
    expect(page).to_have_url(re.compile(r"/embed/\?theme=climate&view=map&language=ja$"))
    expect(page.locator("textarea")).to_have_value(re.compile(r"/ja/embed/partnerships/\?theme=climate&amp;view=map"))
    expect(page.frame_locator("iframe").locator("h1")).to_have_text("連携：気候変動対策")
    context.close()
