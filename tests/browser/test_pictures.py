"""Pictures of the main pages, in both languages and schemes, under ``var/pictures``: for people to see."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.pictures]

MAIN_PAGES = {
    "home": "/",
    "listing": "/partnerships/?theme=climate",
    "record": "/partnerships/hawaii-okinawa-clean-energy-partnership/",
    "place": "/actors/washington/",
    "theme": "/themes/forestry/",
    "map": "/map/",
    "figures": "/figures/",
    "networks": "/networks/",
    "overlaps": "/overlaps/?actor=maryland",
    "peers": "/peers/?actor=abira-hokkaido",
    "comparison": "/compare/?p=lancaster-namie-smart-sister-cities&p=hawaii-okinawa-clean-energy-partnership",
    "coverage": "/coverage/",
    "anniversaries": "/anniversaries/",
}
WIDTHS = {"light": 1280, "dark": 390}  # each scheme on one of the two kinds of screen


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("scheme", WIDTHS)
def test_every_main_page_has_its_picture_taken(site, browser: Browser, language: str, scheme: str):
    folder = Path(settings.BASE_DIR) / "var" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    width = WIDTHS[scheme]
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    for name, path in MAIN_PAGES.items():
        picture = folder / f"{name}-{language}-{scheme}.png"
        picture.unlink(missing_ok=True)
        page.goto(site.url + ("/ja" if language == "ja" else "") + path)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=picture, full_page=True)
        taken_width, taken_height = struct.unpack(">II", picture.read_bytes()[16:24])  # the header of a PNG
        assert (taken_width, taken_height > 900) == (width, True), picture.name
    context.close()
