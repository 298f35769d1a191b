"""The sitemap for search engines: an index of parts, each with a bounded number of pages in both languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any
from xml.etree import ElementTree as ET

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from . import http, queries
from .models import Theme

PER_PART = 2_000  # pages, each twice: about 2 MB, where the protocol allows 50 MB and 50,000 addresses
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'

# Pages that are there whatever is published; those of the first kind show what was changed last.
LISTS = (
    "home",
    "partnership-list",
    "map",
    "actor-list",
    "theme-list",
    "figures",
    "networks",
    "overlaps",
    "coverage",
    "source-list",
    "anniversary-list",
    "update-list",
    "data",
)
TEXTS = ("peers", "compare", "brief", "embed", "suggest", "about", "accessibility", "api-docs")


@dataclass(frozen=True)
class Entry:
    """A page by its English address, and when it last changed, where that is known."""

    address: str
    changed_at: dt.datetime | None = None


def _records(found: Callable[[], QuerySet[Any]], page: str) -> Callable[[int, int], Iterable[Entry]]:
    def entries(start: int, stop: int) -> Iterable[Entry]:
        before, _slug, after = reverse(page, args=["slug"]).rpartition("slug")
        rows = found().order_by("slug").values_list("slug", "updated_at")[start:stop]
        return (Entry(f"{before}{slug}{after}", changed_at) for slug, changed_at in rows)

    return entries


def _connected_actors() -> QuerySet[Any]:
    return queries.connected_actors(queries.actors())


def _pages(start: int, stop: int) -> Iterable[Entry]:
    changed_at = queries.figures().as_of
    themes = Theme.objects.order_by("slug").values_list("slug", flat=True)
    entries = [
        *(Entry(reverse(name), changed_at) for name in LISTS),
        *(Entry(reverse(name)) for name in TEXTS),
        *(Entry(reverse("theme-detail", args=[slug])) for slug in themes),
    ]
    return entries[start:stop]


SECTIONS: dict[str, tuple[Callable[[], int], Callable[[int, int], Iterable[Entry]]]] = {
    "pages": (lambda: len(LISTS) + len(TEXTS) + Theme.objects.count(), _pages),
    "partnerships": (lambda: queries.partnerships().count(), _records(queries.partnerships, "partnership-detail")),
    "actors": (lambda: _connected_actors().count(), _records(_connected_actors, "actor-detail")),
    "sources": (lambda: queries.sources().count(), _records(queries.sources, "source-detail")),
}


def parts() -> dict[str, int]:
    """How many parts each section has."""
    return {section: ceil(count() / PER_PART) for section, (count, _entries) in SECTIONS.items()}


def index() -> bytes:
    """The addresses of all parts."""
    root = ET.Element("sitemapindex", {"xmlns": NAMESPACE})
    for section, number_of_parts in parts().items():
        for number in range(1, number_of_parts + 1):
            part = ET.SubElement(root, "sitemap")
            ET.SubElement(part, "loc").text = settings.SITE_URL + reverse("sitemap-part", args=[section, number])
    return DECLARATION + ET.tostring(root, encoding="utf-8")


def part(section: str, number: int) -> bytes | None:
    """One part, with each page in both languages; None where there is no such part."""
    if section not in SECTIONS:
        return None
    count, entries_of = SECTIONS[section]
    if not 1 <= number <= ceil(count() / PER_PART):
        return None
    root = ET.Element("urlset", {"xmlns": NAMESPACE, "xmlns:xhtml": XHTML})
    for entry in entries_of((number - 1) * PER_PART, number * PER_PART):
        addresses = {language: _absolute(entry.address, language) for language in ("en", "ja")}
        for address in addresses.values():
            url = ET.SubElement(root, "url")
            ET.SubElement(url, "loc").text = address
            if entry.changed_at:
                ET.SubElement(url, "lastmod").text = entry.changed_at.isoformat(timespec="seconds")
            for language, alternate in {**addresses, "x-default": addresses["en"]}.items():
                ET.SubElement(url, "xhtml:link", {"rel": "alternate", "hreflang": language, "href": alternate})
    return DECLARATION + ET.tostring(root, encoding="utf-8")


def _absolute(address: str, language: str) -> str:
    return settings.SITE_URL + http.in_language(address, language)
