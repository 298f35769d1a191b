"""A real Chromium to visit the real server with, for the whole session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import server

from .accounts import sign_in

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Playwright's own five are too few while every core is at work; whoever is quick waits for none.
SECONDS_OF_PATIENCE = 20
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        reason = f"no Chromium on this machine (looked for {', '.join(CHROMIUM_NAMES)})"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=SECONDS_OF_PATIENCE * 1000)
    # Between calls Playwright leaves its event loop marked as running, for which Django would refuse its database to
    # the tests that come after on this worker.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, site: server.Server) -> Iterator[Page]:
    """A tab with no past, whose addresses start at the site: ``page.goto("/partnerships/")``."""
    context = browser.new_context(base_url=site.url)
    yield context.new_page()
    context.close()


@pytest.fixture
def signed_in(page: Page, site: server.Server) -> Page:
    """The tab of the first editor, who has signed in."""
    sign_in(page, site)
    return page
