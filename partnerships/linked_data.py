"""What machines read of a page: its facts as JSON-LD in the words of schema.org, in the active language.

Only what the page itself says. Every function gives a plain dict; ``script`` makes the element for the page of it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from . import queries, wording
from .models import Actor, Country, Partnership, Source

Data = dict[str, Any]

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
LANGUAGES = ["en", "ja"]
# Inside of a script element these could end it or begin a comment; in JSON they may be written as escapes.
_ESCAPES = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"})

_TYPES: dict[str, str] = {
    **dict.fromkeys(Actor.REGION_KINDS, "AdministrativeArea"),
    **dict.fromkeys(Actor.MUNICIPAL_KINDS, "AdministrativeArea"),
    Actor.Kind.CITY: "City",
    Actor.Kind.TOWN: "City",  # schema.org: “a city or town”
    Actor.Kind.UNIVERSITY: "CollegeOrUniversity",
    Actor.Kind.AGENCY: "GovernmentOrganization",
    Actor.Kind.CONSULATE: "GovernmentOrganization",
    Actor.Kind.NATIONAL_GOVERNMENT: "GovernmentOrganization",
}
_PLACES = {"AdministrativeArea", "City"}


def script(data: Data) -> SafeString:
    """The element that carries the data: a data block, which browsers do not execute and the policy need not allow."""
    body = {"@context": "https://schema.org", **data}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 (escaped above)


def absolute(address: str) -> str:
    """An address of this site as others must write it."""
    return f"{settings.SITE_URL}{address}"


def breadcrumbs(trail: Sequence[tuple[str, str]]) -> Data:
    """The way to a page, as (label, address); the page itself comes last and needs no address."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": str(label)}
            | ({"item": absolute(address)} if address else {})
            for position, (label, address) in enumerate(trail, 1)
        ],
    }


def website() -> Data:
    """The site as a whole, with the address of its search."""
    return {
        "@type": "WebSite",
        "name": _("U.S.–Japan Partnerships Directory"),
        "url": absolute(reverse("home")),
        "inLanguage": get_language(),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": f"{absolute(reverse('partnership-list'))}?q={{search_term_string}}",
            },
            "query-input": "required name=search_term_string",
        },
    }


def dataset(figures: queries.Figures, downloads: Mapping[str, str], version: str = "") -> Data:
    """The directory as open data; ``downloads`` are addresses by media type. It names no creator: none is recorded.

    The version is that of the data package, which takes the reading of all tables; a page that does not tell it leaves
    it out.
    """
    return _without_empty(
        {
            "@type": "Dataset",
            "@id": f"{absolute(reverse('data'))}#dataset",
            "name": _("U.S.–Japan Partnerships Directory"),
            "description": _(
                "Partnerships between states, cities and institutions of the United States and prefectures, cities and "
                "institutions of Japan, each with its sources. Dates are a year, a month or a day; what is empty is "
                "not known."
            ),
            "url": absolute(reverse("data")),
            "license": LICENCE,
            "isAccessibleForFree": True,
            "inLanguage": LANGUAGES,
            "temporalCoverage": f"{figures.earliest}/.." if figures.earliest else "",
            "spatialCoverage": [{"@type": "Country", "name": str(country.label)} for country in Country],
            "version": version,
            "dateModified": _day(figures.as_of),
            "distribution": [
                {"@type": "DataDownload", "encodingFormat": media_type, "contentUrl": absolute(address)}
                for media_type, address in downloads.items()
            ],
        }
    )


def partnership(record: Partnership, sources: Iterable[Source], *, title: str, description: str) -> Data:
    """A record's page: what it is about, on which sources it rests. Uses what ``queries.for_page`` fetched."""
    return _without_empty(
        {
            "@type": "WebPage",
            "@id": absolute(record.get_absolute_url()),
            "url": absolute(record.get_absolute_url()),
            "name": title,
            "description": description,
            "inLanguage": get_language(),
            "dateModified": _day(record.updated_at),
            "temporalCoverage": _time(record),
            "keywords": [str(wording.local_text(theme, "name")) for theme in record.themes.all()],
            "about": [_reference(part.actor) for part in record.participations.all()],
            "citation": [_citation(source) for source in sources],
            "license": LICENCE,
            "isPartOf": {"@id": f"{absolute(reverse('data'))}#dataset"},
        }
    )


def actor(record: Actor) -> Data:
    """A place or an organisation, with where it lies and what else on the web is the same."""
    within = record.parent
    where: Data = {}
    if within is not None:
        where["containedInPlace"] = _reference(within)
    elif record.kind in Actor.REGION_KINDS:
        where["containedInPlace"] = {"@type": "Country", "name": record.get_country_display()}
    if record.latitude is not None:
        where["geo"] = {"@type": "GeoCoordinates", "latitude": record.latitude, "longitude": record.longitude}
    data = _reference(record) | {
        "mainEntityOfPage": absolute(record.get_absolute_url()),
        "url": record.website,
        "sameAs": f"https://www.wikidata.org/entity/{record.wikidata_id}" if record.wikidata_id else "",
        "alternateName": [
            *filter(None, [str(wording.other_text(record, "name"))]),
            *(name.name for name in record.other_names.all()),
        ],
    }
    if data["@type"] in _PLACES:
        data |= where
    elif where:
        data["location"] = {"@type": "Place", **where}
    return _without_empty(data)


def _reference(record: Actor) -> Data:
    return {
        "@type": _TYPES.get(record.kind, "Organization"),
        "@id": absolute(record.get_absolute_url()),
        "name": str(wording.local_text(record, "name")),
    }


def _citation(source: Source) -> Data:
    return _without_empty(
        {
            "@type": "CreativeWork",
            "name": source.title,
            "url": source.url,
            "publisher": {"@type": "Organization", "name": source.publisher} if source.publisher else "",
            "datePublished": str(source.published_on or ""),
            "inLanguage": source.language,
        }
    )


def _time(record: Partnership) -> str:
    """ISO 8601; empty where it is not known whether the partnership goes on, because an open end would say that."""
    if not record.started:
        return ""
    if record.ended:
        return f"{record.started}/{record.ended}"
    if record.kind == Partnership.Kind.EVENT:
        return str(record.started)
    return f"{record.started}/.." if record.status == Partnership.Status.ACTIVE and not record.term_ends else ""


def _day(moment: dt.datetime | None) -> str:
    return moment.date().isoformat() if moment else ""


def _without_empty(data: Data) -> Data:
    """What is not known is left out."""
    return {name: value for name, value in data.items() if value not in ("", [], None)}
