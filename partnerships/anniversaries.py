"""Coming anniversaries of agreements and terms that end: what a city's international office plans for.

An anniversary counts from ``started`` and is exactly as precise as that date: a day has its day, a month its month, a
year only its year. One that began on 29 February is celebrated on 28 February in years without that day, so that it
stays in its month. An event has none, and nothing has one after its end; a tie whose present state is unknown does.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from . import queries
from .models import PartialDate, Partnership

MONTHS_AHEAD = 18
MONTHS_PAST_TERM = 12


def is_round(years: int) -> bool:
    """1, 5, 10, 15 and every five after."""
    return years == 1 or (years > 0 and years % 5 == 0)


def in_year(date: PartialDate, year: int) -> PartialDate:
    """The same day, month or year in another year; 28 February for a 29th that it does not have."""
    if (date.month, date.day) == (2, 29) and not calendar.isleap(year):
        return PartialDate(year, 2, 28)
    return replace(date, year=year)


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day some months later, or earlier, or the last one where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def today() -> dt.date:
    """The day in UTC, as for kept pages."""
    return timezone.now().date()


@dataclass(frozen=True)
class Window:
    """The days from one to another, both included; a partial date is in it when any day that it can mean is."""

    first: dt.date
    last: dt.date

    def __contains__(self, date: PartialDate) -> bool:
        return date.earliest <= self.last and date.latest >= self.first

    def anniversaries(self, started: PartialDate) -> Iterator[tuple[PartialDate, int]]:
        """The round anniversaries in this window with their numbers of years, in the order of time."""
        for year in range(self.first.year, self.last.year + 1):
            years = year - started.year
            if is_round(years) and (on := in_year(started, year)) in self:
                yield on, years

    def anniversary(self, started: PartialDate) -> tuple[PartialDate, int] | None:
        """The only one in a window of less than four years."""
        return next(self.anniversaries(started), None)


def coming_window() -> Window:
    first = today()
    return Window(first, months_after(first, MONTHS_AHEAD))


@dataclass(frozen=True)
class Occasion:
    """An anniversary, or the end of a term, of a partnership that ``queries.with_names`` gave."""

    record: Partnership
    on: PartialDate
    years: int | None = None  # None: its term ends

    @property
    def label(self) -> str:
        """“70 years” or 70周年; “Term ends”, “Term ended” or 期間満了."""
        if self.years is None:
            has_ended = self.on.latest < today()
            return pgettext("an occasion", "Term ended") if has_ended else pgettext("an occasion", "Term ends")
        return ngettext("%(years)d year", "%(years)d years", self.years) % {"years": self.years}


@dataclass(frozen=True)
class Month:
    """The occasions of a month; those known to the year only stand behind its months, with ``known`` a year."""

    known: PartialDate
    occasions: list[Occasion]

    @property
    def label(self) -> str:
        if self.known.month:
            return self.known.localised()
        return _("%(year)s, month not known") % {"year": self.year_label}

    @property
    def year_label(self) -> str:
        return PartialDate(self.known.year).localised()

    @property
    def name(self) -> str:
        """The month beside its year: “March”, 3月."""
        return date_format(self.known.earliest, "F") if self.known.month else _("month not known")


@dataclass(frozen=True)
class Agenda:
    """What comes for some partnerships, and the terms that ran out of late without a renewal that is on record."""

    window: Window
    anniversaries: int  # how many there are in all
    ending_terms: int
    occasions: list[Occasion]  # the next of both, in the order of time; what is known less precisely behind
    past_terms: list[Occasion]

    @classmethod
    def of(cls, found: QuerySet[Partnership], most: int) -> Agenda:
        """The agenda with so many occasions at most, so that neither page nor calendar grows without bound."""
        window = coming_window()
        past = Window(months_after(window.first, -MONTHS_PAST_TERM), window.first - dt.timedelta(days=1))
        anniversaries: list[_Dated] = []
        ending: list[_Dated] = []
        past_terms: list[_Dated] = []
        for pk, slug, kind, started, term_ends in _in_force(found):
            if started and kind != Partnership.Kind.EVENT and (anniversary := window.anniversary(started)):
                anniversaries.append(_Dated(slug, pk, *anniversary))
            if term_ends and term_ends in window:
                ending.append(_Dated(slug, pk, term_ends, None))
            elif term_ends and past.first <= term_ends.latest <= past.last:
                past_terms.append(_Dated(slug, pk, term_ends, None))
        return cls(
            window,
            len(anniversaries),
            len(ending),
            _occasions([*anniversaries, *ending], most),
            _occasions(past_terms, most),
        )

    @property
    def is_shortened(self) -> bool:
        return len(self.occasions) < self.anniversaries + self.ending_terms

    @property
    def months(self) -> list[Month]:
        grouped = groupby(self.occasions, key=lambda occasion: PartialDate(occasion.on.year, occasion.on.month))
        return [Month(known, list(occasions)) for known, occasions in grouped]


def soonest(count: int) -> list[Occasion]:
    """The next anniversaries of all whose day or month is known."""
    return _occasions(_known_to_the_month(coming_window()), count)


def celebrating(months: int) -> list[int]:
    """The keys of the public records that have a round anniversary within so many months, its day or month known."""
    first = today()
    return [dated.pk for dated in _known_to_the_month(Window(first, months_after(first, months)))]


@dataclass(frozen=True)
class _Dated:
    """An occasion before its record is read."""

    slug: str
    pk: int
    on: PartialDate
    years: int | None


def _known_to_the_month(window: Window) -> list[_Dated]:
    return [
        _Dated(slug, pk, *anniversary)
        for pk, slug, kind, started, _term_ends in _in_force(queries.partnerships())
        if started and started.month and kind != Partnership.Kind.EVENT and (anniversary := window.anniversary(started))
    ]


def _in_force(found: QuerySet[Partnership]) -> Iterator[tuple[int, str, str, PartialDate | None, PartialDate | None]]:
    """Key, slug, kind, start and end of the term of those among these that no source says have ended."""
    running = found.exclude(status=Partnership.Status.ENDED).filter(ended__isnull=True).order_by()
    yield from running.values_list("pk", "slug", "kind", "started", "term_ends")


def _place(dated: _Dated) -> tuple[int, int, int, str]:
    """Where it stands: a day before “that month”, a month before “that year”."""
    return dated.on.year, dated.on.month or 13, dated.on.day or 32, dated.slug


def _occasions(dated: list[_Dated], most: int) -> list[Occasion]:
    """The first of these with their records."""
    first = sorted(dated, key=_place)[:most]
    records = queries.with_names(queries.partnerships()).in_bulk([each.pk for each in first])
    # Without what was withdrawn since the dates were read.
    return [Occasion(records[each.pk], each.on, each.years) for each in first if each.pk in records]
