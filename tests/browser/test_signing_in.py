"""Signing in, from the invitation to the passkey, in a real browser with the site's strict policy."""

from __future__ import annotations

import itertools
import re
import urllib.parse
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import server
from tests.signing_in import PASSWORD, code_of

from .axe import what_is_wrong

pytestmark = pytest.mark.browser

NAMES = itertools.count(1)


@pytest.fixture(scope="module")
def strict(site: server.Server) -> Iterator[server.Server]:
    """The same directory, served where a second factor is required; by name, because passkeys want one."""
    running = server.start(site.folder, site.database_url, REQUIRE_MFA="1")
    try:
        running.wait_until(lambda it: "Serving " in it.output)
        yield running
    finally:
        running.stop()


@pytest.fixture
def context(browser: Browser, strict: server.Server) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=strict.url.replace("127.0.0.1", "localhost"))
    yield context
    context.close()


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    """A tab in which nothing may go against the policy."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


@pytest.fixture
def invited(browser: Browser, site: server.Server) -> Iterator[str]:
    """The path of a link that the first editor, who manages the accounts, made for somebody new."""
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    name, password = site.editor
    page.goto("/admin/")
    fill_in(page, name, password)
    page.goto("/admin/partnerships/invitation/add/")
    page.get_by_label("E-mail").fill(f"hanako-{next(NAMES)}@example.org")
    page.get_by_label("Role").select_option("Editors")
    page.get_by_role("button", name="Save", exact=True).click()
    link = page.locator(".link-to-copy").inner_text()
    context.close()
    yield urllib.parse.urlsplit(link).path


def fill_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("User name or e-mail").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def look(page: Page) -> None:
    """Accessible, and no wider than a telephone."""
    assert what_is_wrong(page) == "", page.url
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    assert size
    page.set_viewport_size(size)


def make_account(page: Page, link: str) -> str:
    """Follow an invitation up to the second factor; returns the name of the account."""
    name = f"hanako-{next(NAMES)}"
    page.goto(link)
    look(page)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password, again").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("a stolen password alone changes nothing")).to_be_visible()
    look(page)
    return name


def set_up_app(page: Page) -> str:
    """Let the app read the key; returns it."""
    page.get_by_role("link", name="Set up an app").click()
    look(page)
    assert page.locator(".qr-code svg path").bounding_box()
    secret = page.locator(".secret").inner_text()
    page.get_by_label("Enter the code").fill(code_of(secret))
    page.get_by_role("button", name="Switch on").click()
    return secret


def sign_out(page: Page) -> None:
    page.goto("/accounts/sessions/")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_a_first_sign_in_sets_up_codes_and_the_next_ones_ask_for_them(tab: Page, invited: str) -> None:
    name = make_account(tab, invited)
    tab.goto("/admin/partnerships/partnership/")
    expect(tab.get_by_role("heading", name="Second factor")).to_be_visible()  # not before it is done
    secret = set_up_app(tab)
    look(tab)
    spare = tab.locator(".recovery-codes code").first.inner_text()
    tab.get_by_role("link", name="On to the desk").click()
    expect(tab.get_by_role("heading", name="Curators' desk")).to_be_visible()

    for another_way in (None, spare):
        sign_out(tab)
        tab.goto("/admin/partnerships/actor/")
        look(tab)
        fill_in(tab, name)
        look(tab)
        tab.get_by_label("Code from the app").fill(another_way or code_of(secret))
        tab.get_by_role("button", name="Sign in", exact=True).click()
        expect(tab).to_have_url(re.compile(r"/admin/partnerships/actor/$"))


def test_a_passkey_opens_the_desk_without_a_password(tab: Page, context: BrowserContext, invited: str) -> None:
    devices = context.new_cdp_session(tab)
    devices.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    name = make_account(tab, invited)
    tab.get_by_role("link", name="Add a passkey").click()
    look(tab)
    tab.get_by_role("button", name="Make the passkey").click()
    expect(tab.get_by_role("heading", name="Recovery codes")).to_be_visible()
    tab.goto("/accounts/2fa/webauthn/")
    look(tab)

    sign_out(tab)
    tab.goto("/ja/admin/partnerships/actor/")
    look(tab)
    tab.get_by_role("button", name="パスキーでサインイン").click()
    expect(tab).to_have_url(re.compile(r"/ja/admin/partnerships/actor/$"))

    sign_out(tab)  # and as the second factor after the password
    tab.goto("/admin/")
    fill_in(tab, name)
    tab.get_by_role("button", name="Use a passkey").click()
    expect(tab.get_by_role("heading", name="Curators' desk")).to_be_visible()


def test_a_passkey_that_is_not_there_is_explained(tab: Page, context: BrowserContext) -> None:
    devices = context.new_cdp_session(tab)
    devices.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": device | {"isUserVerified": True}})
    tab.goto("/accounts/login/")
    tab.get_by_role("button", name="Sign in with a passkey").click()
    expect(tab.get_by_text("The passkey could not be used")).to_be_visible()
    look(tab)


def test_sessions_elsewhere_are_listed_and_ended(
    tab: Page, browser: Browser, strict: server.Server, invited: str
) -> None:
    name = make_account(tab, invited)
    secret = set_up_app(tab)
    elsewhere = browser.new_context(base_url=strict.url)
    other = elsewhere.new_page()
    other.goto("/accounts/login/")
    fill_in(other, name)
    other.get_by_label("Code from the app").fill(code_of(secret))
    other.get_by_role("button", name="Sign in", exact=True).click()
    expect(other.get_by_role("heading", name="Curators' desk")).to_be_visible()

    tab.goto("/accounts/sessions/")
    look(tab)
    tab.get_by_role("button", name="End this session").click()
    expect(tab.get_by_text("1 session ended.")).to_be_visible()
    other.goto("/admin/")
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    elsewhere.close()
    tab.get_by_role("button", name="Sign out everywhere").click()
    tab.goto("/admin/")
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("path", ["password/reset/", "signup/", "invitation/x/", "login/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_other_pages_can_be_read_by_everybody_in_japanese(context: BrowserContext, path: str, scheme: str) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"/ja/accounts/{path}")
    assert page.locator("html").get_attribute("lang") == "ja"
    look(page)


def test_attempts_are_counted_by_all_workers_together(context: BrowserContext) -> None:
    """Each request by another connection, so that any worker may take it."""
    said = []
    for _attempt in range(6):
        page = context.new_page()
        page.goto("/accounts/login/")
        fill_in(page, "nobody-of-this-name", "a guess")
        said.append(page.locator(".account-problem").first.inner_text())
        page.close()
    assert ["Too many" in text for text in said] == [False] * 5 + [True]
