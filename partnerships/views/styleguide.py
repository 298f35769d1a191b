"""Every component in every state, made by the templates and the data that the pages use. There in development only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from django.contrib.staticfiles import finders
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from partnerships import anniversaries, catalogue, changes, figures, maps, queries
from partnerships.filters import PartnershipFilter
from partnerships.models import Partnership

from .listing import Listing
from .results import CatalogueResults

# With a value that is not understood, which is said above the list.
NARROWED = "kind=sister&kind=friendship&status=active&state=US-XX"
WITHOUT_MATCHES = "q=kobbe+harbour&kind=research&state=US-XX"

TEXT, SIGN = 4.5, 3.0  # the least contrast that WCAG 2.2 asks of texts, and of edges and focus rings
PAIRS = [
    ("ink", "paper", TEXT),
    ("ink", "raised", TEXT),
    ("muted", "paper", TEXT),
    ("muted", "raised", TEXT),
    ("indigo", "paper", TEXT),
    ("indigo", "raised", TEXT),
    ("vermilion", "paper", TEXT),
    ("vermilion", "raised", TEXT),
    ("on-indigo", "indigo", TEXT),
    ("ink", "chosen", TEXT),
    ("ink", "notice", TEXT),
    ("ink", "mark", TEXT),
    ("edge", "paper", SIGN),
    ("edge", "raised", SIGN),
    ("focus", "paper", SIGN),
    ("focus", "raised", SIGN),
]


@dataclass(frozen=True)
class Contrast:
    """A colour on a ground, as #rrggbb, and the least contrast that this use needs."""

    name: str
    ground_name: str
    colour: str
    ground: str
    least: float

    @property
    def ratio(self) -> float:
        darker, lighter = sorted((_luminance(self.colour), _luminance(self.ground)))
        return (lighter + 0.05) / (darker + 0.05)

    @property
    def is_enough(self) -> bool:
        return self.ratio >= self.least


def contrasts() -> list[tuple[Contrast, Contrast]]:
    """Each pair of tokens that the pages set on one another, in light and in dark, as ``tokens.css`` has them."""
    light, dark = _colours()
    return [
        (
            Contrast(name, ground, light[name], light[ground], least),
            Contrast(name, ground, dark[name], dark[ground], least),
        )
        for name, ground, least in PAIRS
    ]


def _colours() -> tuple[dict[str, str], dict[str, str]]:
    tokens = Path(str(finders.find("partnerships/css/tokens.css"))).read_text()
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6});", part)) for part in tokens.split("@media", 1))
    return light, light | dark


def _luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    everything = catalogue.current().selected(PartnershipFilter(QueryDict(), queries.partnerships()))
    eventful = (
        queries.for_page(queries.partnerships()).annotate(steps=Count("milestones")).order_by("-steps", "slug").first()
    )
    context = {
        "contrasts": contrasts(),
        "examples": _examples(),
        "listing": _listing(request, NARROWED),
        "without_matches": _listing(request, WITHOUT_MATCHES),
        "themes": list(queries.themes_with_counts()),
        "figures": queries.figures(),
        "eventful": eventful,
        "changes": changes.of_partnership(eventful) if eventful else [],
        "by_year": figures.by_year(everything),
        "decades": figures.themes_by_decade(everything),
        "states": figures.ranked(everything, "state"),
        "ties": maps.current().ties(everything.keys(0, everything.count)),
        "occasions": anniversaries.Agenda.of(queries.partnerships(), 3).occasions,
    }
    return render(request, "pages/styleguide.html", context)


def _listing(request: HttpRequest, query: str) -> Listing:
    filters = PartnershipFilter(QueryDict(query), queries.partnerships())
    return Listing.build(request, filters, CatalogueResults(catalogue.current().selected(filters)))


def _examples() -> list[tuple[str, Partnership]]:
    """A record in each state that two shores can show."""
    records = queries.for_rows(queries.partnerships())
    dated, terms = records.exclude(started=None), records.exclude(term_ends=None).order_by("term_ends", "slug")
    year = anniversaries.today().year
    found = {
        "A tie that is active": dated.filter(kind="sister", status="active").order_by("started", "slug"),
        "One whose start is not known": records.filter(started=None).order_by("slug"),
        "One whose state is not known": records.filter(status="unknown").order_by("slug"),
        "One that ended": records.filter(status="ended").order_by("slug"),
        "One with a term": terms.filter(term_ends__gt=f"{year}~"),
        "One past its term": terms.filter(term_ends__lt=str(year)),
        "One of a municipality that merged": records.filter(participations__actor__successor__isnull=False).order_by(
            "slug"
        ),
        "One with many participants": records.annotate(size=Count("participations")).order_by("-size", "slug"),
    }
    return [(label, record) for label, ordered in found.items() if (record := ordered.first())]
