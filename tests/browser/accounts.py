"""Signing in as the first editor does."""

from __future__ import annotations

from playwright.sync_api import Page

from tests import server


def sign_in(page: Page, site: server.Server) -> None:
    """Leads to the desk; ``page`` is a tab whose addresses start at the site."""
    name, password = site.editor
    page.goto("/accounts/login/?next=/admin/")
    page.get_by_label("User name or e-mail").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/admin/")
