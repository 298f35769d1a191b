"""Partnerships as they leave the directory: read in batches, each in the same few queries however many there are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from partnerships import databases, queries
from partnerships.models import Citation, Country, Milestone, Outcome, Participation, PartnershipTheme

_TEXTS = ("slug", "title", "title_ja", "summary", "summary_ja", "kind", "status")
_DATES = ("started", "ended", "term_ends")
_COLUMNS = (*_TEXTS, *_DATES, "updated_at")


@dataclass(slots=True)
class Record:
    """A published partnership with nothing but texts, numbers, lists and dictionaries in it; unknown dates are None."""

    slug: str
    title: str
    title_ja: str
    summary: str
    summary_ja: str
    kind: str
    status: str
    started: str | None
    ended: str | None
    term_ends: str | None
    updated_at: str
    themes: list[str] = field(default_factory=list)  # slugs
    participants: list[dict[str, Any]] = field(default_factory=list)
    states: list[str] = field(default_factory=list)  # codes
    prefectures: list[str] = field(default_factory=list)  # codes
    sources: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address of its English page."""
        return f"{settings.SITE_URL}/partnerships/{self.slug}/"

    @property
    def url_ja(self) -> str:
        return f"{settings.SITE_URL}/ja/partnerships/{self.slug}/"

    def names(self, country: str, name: str) -> list[str]:
        """What the participants of one shore are called; in English where there is no other name."""
        return [part[name] or part["name"] for part in self.participants if part["country"] == country]


def moment(of: dt.datetime) -> str:
    """A moment as RFC 3339 in UTC, to the second: ``2026-11-26T21:03:04Z``."""
    return f"{of.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def records(keys: list[int]) -> dict[int, Record]:
    """These partnerships by their keys, in no particular order; those that are not published any more are left out."""
    # Most of them are read while a file is being sent, after the view has ended.
    return databases.read(lambda: _read(keys), databases.current_version())


def _read(keys: list[int]) -> dict[int, Record]:
    found = {}
    for pk, *values in queries.partnerships().filter(pk__in=keys).values_list("pk", *_COLUMNS):
        own = dict(zip(_COLUMNS, values, strict=True))
        dates = {name: str(own[name]) if own[name] else None for name in _DATES}
        found[pk] = Record(**own | dates | {"updated_at": moment(own["updated_at"])})
    _add_themes(found)
    _add_participants(found)
    _add_sources(found)
    return found


def _add_themes(found: dict[int, Record]) -> None:
    links = PartnershipTheme.objects.filter(partnership__in=found).order_by("theme__order", "theme__slug")
    for pk, slug in links.values_list("partnership", "theme__slug"):
        found[pk].themes.append(slug)


_OF_PARTICIPANTS = {
    "slug": "actor__slug",
    "name": "actor__name",
    "name_ja": "actor__name_ja",
    "country": "actor__country",
    "kind": "actor__kind",
    "role": "role",
    "code": "actor__code",
    "wikidata_id": "actor__wikidata_id",
    "region": "actor__region__code",
}


def _add_participants(found: dict[int, Record]) -> None:
    parts = Participation.objects.filter(partnership__in=found).order_by("position", "actor__slug")
    for pk, *values in parts.values_list("partnership", *_OF_PARTICIPANTS.values()):
        part = dict(zip(_OF_PARTICIPANTS, values, strict=True))
        part["region"] = code = part["region"] or ""
        record = found[pk]
        record.participants.append(part)
        regions = record.states if part["country"] == Country.US else record.prefectures
        if code and code not in regions:
            regions.append(code)


_OF_SOURCES = {
    "slug": "source__slug",
    "title": "source__title",
    "url": "source__url",
    "publisher": "source__publisher",
    "language": "source__language",
    "archived_url": "source__archived_url",
}


def _add_sources(found: dict[int, Record]) -> None:
    """Each source once, in the order and with the numbers of the record's page."""
    seen: dict[int, set[str]] = {pk: set() for pk in found}
    for rows in _that_cite(found):
        for pk, *values in rows:
            source = dict(zip(_OF_SOURCES, values, strict=True))
            if source["slug"] not in seen[pk]:
                seen[pk].add(source["slug"])
                found[pk].sources.append(source)


def _that_cite(found: dict[int, Record]) -> Iterable[Any]:
    """Citations, then results and milestones, which may name further sources."""
    columns = ("partnership", *_OF_SOURCES.values())
    # Ordered by the partnership first, or SQLite would read all sources in the order of their slugs.
    citations = Citation.objects.order_by("partnership", "source__slug")
    yield citations.filter(partnership__in=found).values_list(*columns)
    statements = (Outcome.objects.order_by("position", "pk"), Milestone.objects.order_by("on", "kind"))
    for ordered in statements:
        yield ordered.filter(partnership__in=found, source__isnull=False).values_list(*columns)
