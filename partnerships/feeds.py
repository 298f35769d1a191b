"""Atom 1.0 (RFC 4287): what changed in the directory, and any list of partnerships, in both languages."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import get_tag_uri, rfc3339_date
from django.utils.html import escape, format_html, format_html_join
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.utils.xmlutils import SimplerXMLGenerator

from . import databases, http, queries
from .changes import Update
from .models import Country, Partnership
from .wording import LocalText, composed_summary, full_name, local_text, time_span, without_controls

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)  # Atom wants a moment where a feed has no entry, too


@dataclass(frozen=True)
class Feed:
    """A feed's head. Addresses are those of the active language, without the host."""

    address: str
    page: str  # which shows the same
    title: str
    subtitle: str


@dataclass(frozen=True)
class Entry:
    """What a feed says of one record or one change; ``content`` is HTML."""

    id: str
    address: str
    title: LocalText
    updated: dt.datetime
    content: str
    themes: list[Any] = field(default_factory=list)


def of_updates(updates: Iterable[Update]) -> Iterator[Entry]:
    """An entry for each change; its id holds the moment of the change, which no other database has for another one."""
    for update in updates:
        lines = format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((str(line),) for line in update.lines)))
        reason = format_html("<p>{}</p>", _("Reason: %(reason)s") % {"reason": update.reason}) if update.reason else ""
        content = lines + reason if update.lines else escape(update.title.text)
        yield Entry(_tag(f"updates/{update.key}", update.at), update.url, update.title, update.at, content)


def of_partnerships(keys: list[int]) -> Iterator[Entry]:
    """An entry for each of these partnerships, in this order.

    Its id is made of the host, the day on which the record was entered and its number: it outlives a new slug, and a
    database that was filled anew gives new ids rather than those of other records.
    """
    # While the feed is being sent, after the view has ended.
    found = databases.read(
        lambda: queries.with_names(queries.partnerships()).in_bulk(keys), databases.current_version()
    )
    for record in (found[key] for key in keys if key in found):
        yield Entry(
            _tag(f"partnerships/{record.pk}", record.created_at),
            record.get_absolute_url(),
            local_text(record, "title"),
            record.updated_at,
            _facts(record),
            list(record.themes.all()),
        )


def _tag(path: str, moment: dt.datetime) -> str:
    return get_tag_uri(f"{settings.SITE_URL}{http.in_language(f'/{path}', get_language() or 'en')}", moment)


def _facts(record: Partnership) -> str:
    """A partnership in two paragraphs: what it is, and who takes part in what since when."""
    summary = str(local_text(record, "summary")) or composed_summary(record)
    parts = record.participations.all()
    shores = [
        pgettext("between several names", ", ").join(
            full_name(part.actor) for part in parts if part.actor.country == country
        )
        for country in (Country.JP, Country.US)
    ]
    facts = " · ".join([" – ".join(shores), record.get_kind_display(), time_span(record)])
    return format_html_join("", "<p>{}</p>", ((text,) for text in (summary, facts) if text))


def atom(feed: Feed, entries: Iterator[Entry]) -> Iterator[bytes]:
    """The feed, entry by entry; ``entries`` come with the newest first."""
    writer = _Writer()
    first = next(entries, None)
    writer.xml.startDocument()
    writer.xml.startElement("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": get_language() or "en"})
    writer.text("id", _absolute(feed.address))
    writer.text("title", feed.title)
    writer.text("subtitle", feed.subtitle)
    writer.text("updated", rfc3339_date(first.updated if first else NEVER))
    writer.link("self", feed.address, type="application/atom+xml")
    writer.alternates(feed.page)
    writer.xml.startElement("author", {})
    writer.text("name", _("U.S.–Japan Partnerships Directory"))
    writer.text("uri", _absolute(reverse("home")))
    writer.xml.endElement("author")
    for entry in chain([first] if first else [], entries):
        yield writer.written()
        writer.entry(entry)
    writer.xml.endElement("feed")
    yield writer.written()


class _Writer:
    """XML that is handed on piece by piece."""

    def __init__(self) -> None:
        self._pieces = io.StringIO()
        self.xml: Any = SimplerXMLGenerator(self._pieces, "utf-8")

    def written(self) -> bytes:
        octets = self._pieces.getvalue().encode()
        self._pieces.seek(0)
        self._pieces.truncate()
        return octets

    def text(self, name: str, text: str, **attributes: str) -> None:
        self.xml.addQuickElement(name, without_controls(text), attributes)

    def link(self, rel: str, address: str, **attributes: str) -> None:
        self.xml.addQuickElement("link", None, {"rel": rel, "href": _absolute(address), **attributes})

    def alternates(self, address: str) -> None:
        """The page at this address in both languages, the active one first."""
        for language in sorted(dict(settings.LANGUAGES), key=lambda code: code != get_language()):
            self.link("alternate", http.in_language(address, language), type="text/html", hreflang=language)

    def entry(self, entry: Entry) -> None:
        self.xml.startElement("entry", {})
        self.text("id", entry.id)
        foreign = {"xml:lang": entry.title.language} if entry.title.is_foreign else {}
        self.text("title", entry.title.text, **foreign)
        self.text("updated", rfc3339_date(entry.updated))
        self.alternates(entry.address)
        for theme in entry.themes:
            scheme = _absolute(reverse("theme-list"))
            label = without_controls(str(local_text(theme, "name")))
            self.xml.addQuickElement("category", None, {"term": theme.slug, "scheme": scheme, "label": label})
        self.text("content", entry.content, type="html")
        self.xml.endElement("entry")


def _absolute(address: str) -> str:
    return f"{settings.SITE_URL}{address}"
