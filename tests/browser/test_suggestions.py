"""A suggestion on its way, in a real browser: from the public page to the published correction."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from .accounts import sign_in
from .axe import what_is_wrong

pytestmark = pytest.mark.browser

RECORD = "/partnerships/abilene-minori-sister-city/"
SECRET = re.compile(r"/suggest/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/$")


def write(page: Page, text: str, evidence: str, email: str = "") -> None:
    page.locator("#text").fill(text)
    page.get_by_label("Where one can read it").fill(evidence)
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_role("button", name="Send the suggestion").click()


def test_a_suggestion_becomes_a_published_correction(site, browser: Browser, page: Page):
    said: list[str] = []
    # The sender: without JavaScript, from the record's own page.
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    sender = context.new_page()
    sender.goto(RECORD)
    sender.get_by_role("link", name="Suggest a correction").click()
    expect(sender.get_by_role("heading", name="What the record says now")).to_be_visible()
    write(sender, "Students were exchanged in 2019, too.", "")
    expect(sender.locator(".error-summary")).to_be_focused()
    sender.get_by_role("link", name="Give the address of a page").click()
    expect(sender.locator("#text")).to_have_value("Students were exchanged in 2019, too.")
    write(sender, "Students were exchanged in 2019, too.", "https://www.abilenetx.gov/sister-cities-2019")
    expect(sender).to_have_url(SECRET)
    expect(sender.get_by_role("heading", level=1)).to_have_text("Thank you for your suggestion")
    reference = sender.locator(".suggestion-reference").inner_text()
    sender.reload()
    expect(sender.locator(".suggestion-reference")).to_have_text(reference)

    # The editor: from the desk to the record's form.
    page.on("console", lambda message: said.append(message.text))
    sign_in(page, site)
    page.get_by_role("link", name=re.compile("Suggestions of the public")).click()
    page.get_by_role("link", name=reference).click()
    expect(page.get_by_role("heading", name="The record now")).to_be_visible()
    page.get_by_label("Title of the source").fill("Sister cities in 2019")
    page.get_by_label("Kind of the source").select_option("government")
    page.get_by_role("button", name="Accept and edit the record").click()
    expect(page.locator(".suggested")).to_contain_text("Students were exchanged in 2019, too.")
    summary = page.locator("#id_summary")
    before = summary.input_value()
    summary.fill("Students were exchanged in 2019.")
    page.locator("[name=_continue]").first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()

    # Everybody, and the sender.
    reader = context.new_page()
    reader.goto(RECORD)
    expect(reader.locator(".record-main")).to_contain_text("Students were exchanged in 2019.")
    expect(reader.locator(".sources")).to_contain_text("Sister cities in 2019")
    sender.reload()
    expect(sender.locator("main")).to_contain_text("It was accepted.")
    context.close()

    # Put back what other tests read.
    summary.fill(before)
    page.get_by_role("row", name=re.compile("Sister cities in 2019")).locator("[name$=-DELETE]").check()
    page.locator("[name=_continue]").first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert said == []


def test_what_a_rule_held_is_released_by_keyboard_and_becomes_a_draft(site, page: Page):
    page.goto("/suggest/?actor=kobe-hyogo&theme=climate")
    expect(page.locator(".begun-from")).to_contain_text("Kobe")
    write(page, "神戸市とリガ市は、2019年から気候変動対策で連携しています。", "https://bit.ly/kobe-riga")
    expect(page.locator("main")).to_contain_text("a person will look at it")
    reference = page.locator(".suggestion-reference").inner_text()
    sign_in(page, site)
    page.goto("/ja/admin/")
    page.get_by_role("link", name=re.compile("規則により保留中の情報提供")).click()
    page.get_by_role("link", name=reference).click()
    expect(page.locator(".suggestion-held")).to_contain_text("短縮URL")
    assert what_is_wrong(page) == ""
    page.get_by_role("button", name="保留の解除").press("Enter")
    expect(page.locator(".messagelist .success")).to_be_visible()
    page.get_by_label("下書きの種類").select_option("project")
    page.get_by_role("button", name="採用して下書きを作成する").press("Enter")
    expect(page.locator(".errorlist").first).to_be_visible()
    assert what_is_wrong(page) == ""
    page.get_by_label("出典の題名").fill("神戸市とリガ市")
    page.get_by_label("出典の種類").select_option("news")
    page.get_by_role("button", name="採用して下書きを作成する").press("Enter")
    expect(page.locator("#id_title")).to_have_value("神戸市とリガ市は、2019年から気候変動対策で連携しています。")
    expect(page.locator(".suggested")).to_contain_text(reference)


@pytest.mark.looks
@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_axe_finds_nothing_and_nothing_is_too_wide_while_somebody_writes(site, page: Page, prefix: str):
    address = f"{prefix}/partnerships/hawaii-okinawa-clean-energy-partnership/suggest/"
    send = page.get_by_role("button", name=re.compile("^(Send the suggestion|送信する)$"))
    for form in (f"{prefix}/suggest/?actor=kobe-hyogo&theme=climate", address):
        page.goto(form)
        send.click()
        expect(page.locator(".error-summary")).to_be_focused()
        check(page)
    page.locator("#text").fill(f"x{'long' * 100} {prefix}")
    page.locator("#evidence_url").fill("https://example.org/" + "long" * 200)
    send.click()
    expect(page).to_have_url(SECRET)
    check(page)


def check(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert what_is_wrong(page) == "", page.url
    assert what_is_wrong(page, {"runOnly": ["target-size"]}) == "", page.url
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} at {width}"
