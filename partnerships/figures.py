"""The directory in numbers: what charts show of a list of partnerships, each with the rule it counts by.

Numbers come from the catalogue's bitmaps and take no query. Each carries the address of the list behind it, relative to
the listing; empty where the listing cannot say it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from . import catalogue, charts, queries, vocabulary
from .catalogue import Selection
from .dimensions import LAST_DECADE
from .filters import PartnershipFilter
from .models import PartialDate, Partnership

FIRST_YEAR = 1950  # what started earlier, a handful, is counted in one
LAST_YEAR = LAST_DECADE + 9
STATUSES = (Partnership.Status.ACTIVE, Partnership.Status.UNKNOWN, Partnership.Status.ENDED)
CANDIDATES = 20  # looked at for a theme's example
FEW_THEMES = 4


# --- Headline ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Headline:
    """How much a list holds. A partnership counts once, and for every state and prefecture of its participants."""

    partnerships: int
    active: int
    states: int
    prefectures: int
    since: int | None  # the earliest known start
    as_of: dt.datetime | None  # the last change of a published record


def headline(selection: Selection) -> Headline:
    known, bitmap = selection.catalogue, selection.bitmap
    return Headline(
        partnerships=selection.count,
        active=(bitmap & known.having("status", Partnership.Status.ACTIVE)).bit_count(),
        states=len(known.counts("state", bitmap)),
        prefectures=len(known.counts("prefecture", bitmap)),
        since=min(known.years(bitmap), default=None),
        as_of=known.changed_at,
    )


# --- Periods -------------------------------------------------------------------------------------------------------

EARLY = 0  # the period before the first year


def _folded(years: dict[int, int], step: int) -> dict[int, int]:
    """The same numbers by periods of so many years."""
    folded: dict[int, int] = {}
    for year, count in years.items():
        if year <= LAST_YEAR:
            period = year // step * step if year >= FIRST_YEAR else EARLY
            folded[period] = folded.get(period, 0) + count
    return folded


def _periods(counted: Iterable[dict[int, int]], step: int) -> list[int]:
    """Every period from the first to the last that has a number; none is left out between them."""
    known = {period for counts in counted for period in counts}
    later = known - {EARLY}
    if EARLY not in known:
        return [*range(min(later), max(later) + 1, step)] if later else []
    return [EARLY, *range(FIRST_YEAR, max(later, default=EARLY) + 1, step)]


def _limits(filters: PartnershipFilter, period: int, step: int) -> dict[str, list[str]]:
    """What narrows a list to a period."""
    if period == EARLY:
        chosen = [int(year) for year in filters.chosen("year_max")]
        return {"year_max": [str(min([*chosen, FIRST_YEAR - 1]))]}
    if step == 1:
        return {"year_min": [str(period)], "year_max": [str(period)]}
    return {"decade": [str(period)]}


def _before_the_first() -> str:
    return _("before %(year)d") % {"year": FIRST_YEAR}


# --- By year -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Year:
    """What started in a year, or before the first one: as many as there are of each of ``STATUSES`` today."""

    period: int
    label: str
    mark: str  # on the axis, where it has one
    counts: list[int]
    address: str

    @property
    def is_early(self) -> bool:
        return self.period == EARLY

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class ByYear:
    """Starts by year. A partnership counts in the year in which it started, under the status it has today.

    Every year from the first to the last is there. Partnerships without a known start are left out and counted in
    ``undated``.
    """

    years: list[Year]
    undated: int

    @property
    def dated(self) -> int:
        return sum(year.total for year in self.years)

    @cached_property
    def busiest(self) -> Year:
        return max(self.years, key=lambda year: year.total)

    @cached_property
    def chart(self) -> charts.Columns:
        return charts.Columns.of([year.counts for year in self.years], STATUSES)


def by_year(selection: Selection) -> ByYear:
    known, filters = selection.catalogue, selection.filters
    counted = [_folded(known.years(selection.bitmap & known.having("status", status)), 1) for status in STATUSES]
    periods = _periods(counted, 1)
    marks = _marks(periods)
    years = [
        Year(
            period,
            PartialDate(period).localised() if period else _before_the_first(),
            marks.get(period, ""),
            [counts.get(period, 0) for counts in counted],
            filters.address(_limits(filters, period, 1)),
        )
        for period in periods
    ]
    return ByYear(years, selection.count - sum(year.total for year in years))


def _marks(periods: list[int]) -> dict[int, str]:
    """What is written on the axis: few enough years for a phone, none of them close to the early ones' mark."""
    step = 1 if len(periods) <= 8 else 5 if len(periods) <= 40 else 10
    marks = {period: str(period) for period in periods if period % step == 0}
    if EARLY in periods:
        marks = {period: mark for period, mark in marks.items() if periods.index(period) > step / 2}
        marks[EARLY] = f"–{FIRST_YEAR - 1}"
    return marks


# --- Ranked --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ranked:
    """A value of one of the listing's parameters with its number of partnerships."""

    label: str
    count: int
    share: float  # of the highest number, in per cent
    address: str


def ranked(selection: Selection, parameter: str) -> list[Ranked]:
    """The values of a parameter, the most frequent first.

    A partnership counts once for each of its values: for every theme, and for every state that a participant is in.
    """
    counts = selection.catalogue.counts(parameter, selection.bitmap)
    labels = _labels(parameter)
    found = sorted((value for value in labels if value in counts), key=lambda value: -counts[value])
    most = max(counts.values(), default=0)
    return [
        Ranked(
            labels[value],
            counts[value],
            charts.share(counts[value], most),
            _address(selection.filters, parameter, value),
        )
        for value in found
    ]


def _labels(parameter: str) -> dict[str, str]:
    if parameter == "kind":
        return {str(value): str(label) for value, label in Partnership.Kind.choices}
    return vocabulary.current().labels(parameter)


def _address(filters: PartnershipFilter, parameter: str, value: str, limits: dict[str, list[str]] | None = None) -> str:
    """The list of those that have the value, too; empty where others are chosen, because values only widen a list."""
    chosen = filters.chosen(parameter)
    return filters.address({parameter: [value], **(limits or {})}) if not chosen or value in chosen else ""


# --- Themes by decade ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    count: int
    shade: int  # from 0 to charts.SHADES
    address: str


@dataclass(frozen=True)
class ThemeRow:
    label: str
    address: str
    cells: list[Cell]  # for each of the decades
    undated: int

    @property
    def total(self) -> int:
        return self.undated + sum(cell.count for cell in self.cells)


@dataclass(frozen=True)
class ThemesByDecade:
    """Themes by the decade of the start. A partnership counts once for each of its themes.

    Those without a known start are in ``undated`` of their themes' rows, those without a theme in none.
    """

    decades: list[str]
    rows: list[ThemeRow]


def themes_by_decade(selection: Selection) -> ThemesByDecade:
    known, filters = selection.catalogue, selection.filters
    labels = _labels("theme")
    themes = {slug: selection.bitmap & known.having("theme", slug) for slug in labels}
    counted = {slug: _folded(known.years(bitmap), 10) for slug, bitmap in themes.items() if bitmap}
    decades = _periods(counted.values(), 10)
    most = max((count for counts in counted.values() for count in counts.values()), default=0)
    rows = [
        ThemeRow(
            labels[slug],
            _address(filters, "theme", slug),
            [
                Cell(count, charts.shade(count, most), _address(filters, "theme", slug, _limits(filters, decade, 10)))
                for decade in decades
                for count in [counts.get(decade, 0)]
            ],
            themes[slug].bit_count() - sum(counts.values()),
        )
        for slug, counts in counted.items()
    ]
    names = [_("%(year)ds") % {"year": decade} if decade else _before_the_first() for decade in decades]
    return ThemesByDecade(names, rows)


# --- Examples ------------------------------------------------------------------------------------------------------


def theme_examples() -> dict[str, Partnership]:
    """One partnership for each theme that has a dated one with a summary, by the theme's slug.

    The newest of those that are no single event and have few themes, so that they are about this one; another where
    there is none. A theme takes what no theme before it took, where it can.
    """
    known = catalogue.current()
    newest = {
        slug: known.keys(known.having("theme", slug), "newest", 0, CANDIDATES) for slug in vocabulary.current().theme
    }
    told = queries.partnerships().filter(started__isnull=False).exclude(summary="", summary_ja="")
    records: dict[int, Any] = told.annotate(theme_count=Count("themes")).in_bulk({*chain(*newest.values())})
    examples: dict[str, Partnership] = {}
    for slug, keys in newest.items():
        found = sorted((records[key] for key in keys if key in records), key=_is_general)
        if found:
            examples[slug] = next((record for record in found if record not in examples.values()), found[0])
    return examples


def _is_general(record: Any) -> bool:
    return record.kind == Partnership.Kind.EVENT or record.theme_count > FEW_THEMES
