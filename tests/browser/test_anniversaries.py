"""An official looks for the anniversaries of a prefecture, without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser


def test_an_official_finds_the_calendar_of_a_prefecture(site, browser: Browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/ja/anniversaries/")
    page.get_by_label("都道府県").select_option("兵庫県")
    page.get_by_role("button", name="適用").click()
    expect(page).to_have_url(re.compile(r"/ja/anniversaries/\?prefecture=JP-28$"))
    expect(page.locator(".chip")).to_contain_text("兵庫県")
    expect(page.get_by_label("都道府県")).to_have_value("JP-28")
    address = page.locator("code").inner_text()
    assert address.endswith("/ja/anniversaries.ics?prefecture=JP-28")
    answer = context.request.get(f"{site.url}/ja/anniversaries.ics?prefecture=JP-28")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "X-WR-CALNAME:日米自治体連携の周年（兵庫県）" in answer.text()
    context.close()
