"""In the browser: a partnership like another is said to be so while one types; two are merged and made two again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests import server

from .accounts import sign_in

pytestmark = pytest.mark.browser

ORIGINAL = "/partnerships/abilene-minori-sister-city/"


@pytest.fixture
def desk(page: Page, site: server.Server) -> Iterator[Page]:
    """Signed in as the editor of the first start; the console says nothing."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    sign_in(page, site)
    yield page
    assert said == []


def choose(page: Page, row: int, typed: str, wanted: str) -> None:
    page.get_by_text("Add another Participant").click()
    page.locator(f"#participations-{row} .select2-selection").click()
    page.locator(".select2-search__field").fill(typed)
    option = page.locator(".select2-results__option", has_text=wanted).first
    option.click()
    page.locator(f"[name=participations-{row}-position]").fill(str(row + 1))


def test_a_duplicate_is_entered_warned_of_merged_and_made_two_again(desk: Page) -> None:
    desk.goto("/admin/partnerships/partnership/add/")
    desk.get_by_label("Title", exact=False).first.fill("A tie entered twice")
    desk.locator("[name=kind]").select_option("sister")
    desk.locator("[name=summary]").fill("What only the duplicate says.")
    warning = desk.locator(".like-typed")
    expect(warning).to_be_empty()
    choose(desk, 0, "abilene", "Kansas")
    choose(desk, 1, "minori", "Ibaraki")
    expect(warning).to_contain_text("The same places and the same kind.")
    expect(warning.get_by_role("link", name="Abilene–Minori sister cities")).to_have_attribute("target", "_blank")

    desk.locator("[name=_continue]").first.click()
    expect(desk.locator(".errornote, .errorlist").first).to_be_visible()
    expect(desk.locator(".errorlist.nonfield").first).to_contain_text("This may be recorded already:")
    expect(desk.locator("[name=summary]")).to_have_value("What only the duplicate says.")
    expect(desk.locator("[name=slug]")).to_have_value("a-tie-entered-twice")
    desk.get_by_label("This is another partnership; save it.").check()
    desk.locator("[name=_continue]").first.click()
    expect(desk.locator(".messagelist .success")).to_be_visible()

    desk.goto("/admin/")
    desk.get_by_role("link", name=re.compile("Possible duplicates")).click()
    pair = desk.locator(".pair", has_text="A tie entered twice")
    expect(pair).to_contain_text("Abilene–Minori sister cities")
    pair.get_by_role("link", name=re.compile("^Merge")).click()
    expect(desk.get_by_role("columnheader", name=re.compile("Kept")).first).to_contain_text("Abilene–Minori")
    expect(desk.locator("[name=field-summary][value=duplicate]")).to_be_checked()  # the record kept has none
    expect(desk.locator("[name=field-title][value=into]")).to_be_checked()
    desk.get_by_label(re.compile("Title, Duplicate")).check()
    desk.get_by_role("button", name="Merge").click()
    expect(desk.locator(".messagelist .success")).to_contain_text("Merged: A tie entered twice")
    expect(desk.locator("[name=summary]")).to_have_value("What only the duplicate says.")

    desk.goto("/ja/partnerships/a-tie-entered-twice/")
    assert desk.url.endswith(f"/ja{ORIGINAL}")
    desk.goto("/partnerships/a-tie-entered-twice/")
    assert desk.url.endswith(ORIGINAL)
    expect(desk.locator("h1")).to_contain_text("A tie entered twice")
    expect(desk.locator("main")).to_contain_text("What only the duplicate says.")

    desk.goto("/admin/partnerships/merge/")
    desk.locator("#result_list tbody th a").first.click()
    desk.get_by_role("link", name="Undo this merge").click()
    desk.get_by_role("button", name="Undo this merge").click()
    expect(desk.locator(".messagelist .success")).to_contain_text("Both records are as they were.")
    desk.goto(ORIGINAL)
    expect(desk.locator("h1")).to_contain_text("Abilene–Minori")
    expect(desk.locator("main")).not_to_contain_text("What only the duplicate says.")
    desk.goto("/partnerships/a-tie-entered-twice/")
    expect(desk.locator("h1")).to_contain_text("A tie entered twice")  # a draft, which editors see

    # It waits for nobody after this test.
    desk.goto("/admin/partnerships/partnership/?q=entered+twice")
    desk.locator("#result_list tbody th.field-title a", has_text="A tie entered twice").click()
    desk.get_by_role("button", name="Save and archive").click()
    expect(desk.locator(".messagelist .success").last).to_contain_text("Archived")


@pytest.mark.parametrize("path", ["/admin/partnerships/notduplicate/possible/", "/ja/admin/partnerships/merge/"])
def test_the_pages_of_merging_fit_a_phone(desk: Page, path: str) -> None:
    desk.set_viewport_size({"width": 390, "height": 800})
    desk.goto(path)
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
