"""Where activity is recorded, and where nothing is: themes by states and by prefectures, and the pairs of the two.

Numbers come from the catalogue's bitmaps and take no query. What depends on the version alone is read once for each:
the regions, what curators looked into, and which municipalities no partnership reaches.

A place or a theme of which nothing is recorded is either “checked, none found”, where a ``CoverageCheck`` says so, or
“not checked”; a number is never zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from django.db.models import F, QuerySet
from django.http import QueryDict
from django.utils.translation import override

from . import catalogue, charts, queries, vocabulary
from .catalogue import Catalogue, Selection
from .filters import CoverageFilter, PartnershipFilter
from .models import Actor, Country, CoverageCheck, PartialDate, Participation, Partnership, Publication, version

MOST_LARGE = 20  # places of a group without a partnership
BY = {"state": ("state", "theme"), "prefecture": ("prefecture", "theme"), "pair": ("state", "prefecture")}


# --- What depends on the version alone -------------------------------------------------------------------------------


class Line(NamedTuple):
    """A theme, a state or territory, or a prefecture: a row or a column."""

    value: str  # of the listing's parameter: a slug or a code
    name: str
    name_ja: str
    slug: str

    @property
    def short(self) -> Line:
        """As it stands in a narrow column: “Hyogo”, not “Hyogo Prefecture”."""
        return self._replace(name=self.name.removesuffix(" Prefecture"))


class Check(NamedTuple):
    """Somebody looked into a place, or into one theme in it, and found nothing. Who it was is not public."""

    place: str  # the code of a region; empty for another place
    theme: str  # its slug; empty for all themes
    checked_on: PartialDate
    method: str


class LargePlace(NamedTuple):
    """A municipality that no published partnership reaches."""

    actor: Any
    check: Check | None


@dataclass(frozen=True)
class Group:
    """The municipalities of one sort: those that exist today, and how many of them a published partnership reaches.

    A partnership reaches a municipality that takes part, one in which a participant lies, and the one that a
    participant merged into: what the listing finds with ``actor=``.
    """

    name: str  # cities, counties, municipalities: see ``GROUPS``
    country: str
    total: int
    reached: int
    unranked: int  # not reached, and of unknown population
    largest: list[LargePlace]  # of those not reached, by population

    @property
    def missing(self) -> int:
        return self.total - self.reached


_MUNICIPAL = {*Actor.MUNICIPAL_KINDS}
# American counties hold cities that are municipalities themselves, so that they are ranked apart.
GROUPS: dict[str, tuple[str, set[Actor.Kind]]] = {
    "cities": (Country.US, {*_MUNICIPAL} - {Actor.Kind.COUNTY}),
    "counties": (Country.US, {Actor.Kind.COUNTY}),
    "municipalities": (Country.JP, _MUNICIPAL),
}


@dataclass(frozen=True, eq=False)
class Ground:
    """What the matrix stands on, at one version."""

    version: int
    regions: dict[tuple[str, str], list[Line]]  # by parameter and language, in the order of the page
    territories: set[str]  # codes
    checks: dict[tuple[str, str], Check]  # the last ones, by code of the region and slug of the theme, or ""
    groups: list[Group]

    def lines(self, parameter: str, language: str) -> list[Line]:
        if parameter == "theme":
            return [Line(slug, *names, slug) for slug, names in vocabulary.current().theme.items()]
        return self.regions[parameter, language]

    def check(self, code: str, theme: str = "") -> Check | None:
        """The last time that somebody looked into a theme in a region, or into all of them."""
        return _latest_of(self.checks.get((code, theme)), self.checks.get((code, "")))


def _latest_of(*checks: Check | None) -> Check | None:
    return max((check for check in checks if check), key=lambda check: str(check.checked_on), default=None)


_latest = Ground(-1, {}, set(), {}, [])


def current() -> Ground:
    """The ground of the present version, made when it is first asked for."""
    global _latest
    number = version.current()
    if _latest.version != number:
        _latest = _made(number)
    return _latest


def _made(number: int) -> Ground:
    # Territories after the states, as in American tables; prefectures from north to south, as in Japanese ones.
    regions: dict[tuple[str, str], list[Line]] = {}
    states = queries.regions(Country.US)
    for language in ("en", "ja"):
        with override(language):
            regions["state", language] = _lines(states.order_by("kind", *queries.name_order()))
    prefectures = _lines(queries.regions(Country.JP).order_by("code"))
    regions |= {("prefecture", language): prefectures for language in ("en", "ja")}
    territories = states.filter(kind=Actor.Kind.TERRITORY).values_list("code", flat=True)
    return Ground(number, regions, {*territories}, _checks(), _groups())


def _lines(places: QuerySet[Actor]) -> list[Line]:
    rows = places.values_list("code", "name", "name_ja", "slug")
    return [*{row[0]: Line(*row) for row in rows}.values()]  # a code stands once, as in the listing's filters


def _checks() -> dict[tuple[str, str], Check]:
    """The last check of each region and theme."""
    places = Actor.objects.published().regions()
    found = CoverageCheck.objects.filter(place__in=places).order_by("checked_on", "-pk")
    rows: Any = found.values_list("place__code", "theme__slug", "checked_on", "method")
    return {(code, theme or ""): Check(code, theme or "", *rest) for code, theme, *rest in rows}


def _groups() -> list[Group]:
    reached = _reached()
    existing = Actor.objects.published().filter(successor=None, dissolved_on=None, kind__in=_MUNICIPAL)
    ordered = existing.order_by(F("population").desc(nulls_last=True), "slug")
    rows = list(ordered.values_list("slug", "country", "kind", "population"))
    groups, named = [], {}
    for name, (country, kinds) in GROUPS.items():
        own = [row for row in rows if row[1] == country and row[2] in kinds]
        missing = [(slug, population) for slug, _country, _kind, population in own if slug not in reached]
        named[name] = [slug for slug, population in missing if population is not None][:MOST_LARGE]
        unranked = sum(population is None for _slug, population in missing)
        groups.append(Group(name, country, len(own), len(own) - len(missing), unranked, []))
    wanted = [slug for slugs in named.values() for slug in slugs]
    actors = {actor.slug: actor for actor in queries.actors().filter(slug__in=wanted)}
    found = CoverageCheck.objects.filter(place__slug__in=wanted, theme=None).order_by("checked_on", "-pk")
    checks: Any = found.values_list("place__slug", "checked_on", "method")
    checked = {slug: Check("", "", checked_on, method) for slug, checked_on, method in checks}
    return [
        replace(group, largest=[LargePlace(actors[slug], checked.get(slug)) for slug in named[group.name]])
        for group in groups
    ]


def _reached() -> set[str]:
    """The slugs of all that published partnerships reach, as ``queries.reach`` says it of one place."""
    found: set[str] = set()
    connected = _connected()
    rows = Actor.objects.values_list("pk", "path", "successor__slug", "successor__successor__slug").order_by()
    for pk, path, *successors in rows:
        if pk in connected:
            found.update(path.split("/"), filter(None, successors))
    return found


def _connected() -> set[int]:
    """The keys of those that take part in a published partnership.

    Only whoever takes part in another one as well has to be looked up: joining all partnerships takes ten times longer.
    """
    parts = Participation.objects.order_by().values_list("actor", flat=True).distinct()
    hidden = Partnership.objects.exclude(publication=Publication.PUBLISHED).values("pk")
    doubtful = set(parts.filter(partnership__in=hidden))
    again = parts.filter(actor__in=doubtful).exclude(partnership__in=hidden) if doubtful else ()
    return set(parts) - doubtful | set(again)


# --- The matrix ------------------------------------------------------------------------------------------------------


class Coverage(StrEnum):
    """What a cell tells."""

    RECORDED = "recorded"
    NONE_CHOSEN = "none_of_the_chosen"  # something is recorded, but nothing that fits the filters
    CHECKED = "checked_none_found"
    NOT_CHECKED = "not_checked"
    NONE = "none"  # where nobody needs to look: in a total, or beside a place all of whose partnerships have a theme


@dataclass(frozen=True)
class Cell:
    """A number with what it means; ``count`` is 0 exactly where nothing that fits is recorded."""

    count: int
    coverage: Coverage
    address: str = ""  # of the list of as many partnerships, relative to the listing, where the listing can say it
    shade: int = 0  # from 0 to charts.SHADES
    check: Check | None = None


@dataclass(frozen=True)
class Row:
    line: Line | None  # none for what lies in no region, and for the totals
    cells: list[Cell]
    rest: Cell  # of no column: no theme is recorded, or no prefecture
    total: Cell  # each partnership once


@dataclass(frozen=True)
class Sum:
    """How the parts of a total add up: ``parts`` is ``whole`` and what counts in several of them again."""

    parts: int
    whole: int
    several: int  # partnerships that count in more than one part

    @property
    def again(self) -> int:
        return self.parts - self.whole


@dataclass(frozen=True)
class Matrix:
    """Partnerships by rows and columns. One counts in each row and each column that it belongs to.

    Row by row, and column by column, every partnership is somewhere: those in no region are in ``rest``, those without
    a theme in the ``rest`` of their rows. ``total`` counts each once.
    """

    by: str
    columns: list[Line]
    rows: list[Row]
    heads: list[str]  # for each column the address of its list
    rest: Row
    total: Row
    over_rows: Sum
    over_columns: Sum

    @cached_property
    def shown_columns(self) -> list[int]:
        """The places of the columns that are shown: of prefectures those with a partnership, of themes all."""
        is_all = self.by != "pair"
        return [place for place, cell in enumerate(self.total.cells) if is_all or cell.count]

    @cached_property
    def shown_rows(self) -> list[Row]:
        return [row for row in self.rows if self.by != "pair" or row.total.count]

    @cached_property
    def left_out(self) -> tuple[list[Line], list[Line]]:
        """The rows and the columns that are not shown, because nothing that fits is recorded of them."""
        shown = {*self.shown_columns}
        rows = [row.line for row in self.rows if row.line and not row.total.count] if self.by == "pair" else []
        return rows, [line for place, line in enumerate(self.columns) if place not in shown]

    @cached_property
    def checks(self) -> list[tuple[Line, Check]]:
        """What was looked into without finding anything, each check once, by place."""
        places = {row.line.value: row.line for row in self.rows if row.line}
        if self.by == "pair":
            places |= {line.value: line for line in self.columns}
        cells = (cell for row in self.rows for cell in (*row.cells, row.total))
        found = dict.fromkeys(cell.check for cell in cells if cell.check)
        return sorted(((places[check.place], check) for check in found), key=lambda it: [*places].index(it[0].value))

    @cached_property
    def kinds(self) -> set[Coverage]:
        """What the marks on the page mean, for its legend."""
        shown = self.shown_columns
        return {
            cell.coverage for row in self.shown_rows for cell in (*(row.cells[place] for place in shown), row.total)
        }


def matrix(selection: Selection, language: str) -> Matrix:
    """The matrix of a selection, which a ``CoverageFilter`` made."""
    return _Count(selection, language).matrix()


class _Axis:
    """Rows or columns with the bitmap of each."""

    def __init__(self, known: Catalogue, parameter: str, lines: list[Line]) -> None:
        self.parameter = parameter
        self.lines = lines
        self.bitmaps = [known.having(parameter, line.value) for line in lines]
        self.several = seen = 0
        for bitmap in self.bitmaps:
            self.several |= seen & bitmap
            seen |= bitmap
        self.rest = known.everything & ~seen

    def sum(self, within: int) -> Sum:
        parts = sum((bitmap & within).bit_count() for bitmap in (*self.bitmaps, self.rest))
        return Sum(parts, within.bit_count(), (self.several & within).bit_count())


class _Count:
    def __init__(self, selection: Selection, language: str) -> None:
        filters: Any = selection.filters
        self.by = filters.by_what
        self.chosen = selection.bitmap
        self.ground = current()
        self.rows, self.columns = (
            _Axis(selection.catalogue, parameter, self.ground.lines(parameter, language)) for parameter in BY[self.by]
        )
        self.addresses = _Addresses(listing_filter(filters))
        self.counts = [
            [(within & column).bit_count() for column in self.columns.bitmaps]
            for within in (row & self.chosen for row in self.rows.bitmaps)
        ]
        self.highest = max((count for counts in self.counts for count in counts), default=0)

    def matrix(self) -> Matrix:
        rows, columns = self.rows, self.columns
        return Matrix(
            self.by,
            columns.lines,
            [self._row(*row) for row in zip(rows.lines, rows.bitmaps, self.counts, strict=True)],
            [self.addresses.of({columns.parameter: line.value}) for line in columns.lines],
            self._foot(rows.rest & self.chosen, can_be_listed=False),
            self._foot(self.chosen, can_be_listed=True),
            rows.sum(self.chosen),
            columns.sum(self.chosen),
        )

    def _row(self, line: Line, bitmap: int, counts: list[int]) -> Row:
        rows, columns = self.rows, self.columns
        cells = [
            Cell(
                count,
                Coverage.RECORDED,
                self.addresses.of({rows.parameter: line.value, columns.parameter: of.value}),
                charts.shade(count, self.highest),
            )
            if count
            else self._empty(bitmap & column, line, of)
            for of, column, count in zip(columns.lines, columns.bitmaps, counts, strict=True)
        ]
        within = bitmap & self.chosen
        if not within:
            total = self._empty(bitmap, line)
            return Row(line, cells, total, total)
        total = Cell(within.bit_count(), Coverage.RECORDED, self.addresses.of({rows.parameter: line.value}))
        return Row(line, cells, _plain(within & columns.rest), total)

    def _empty(self, bitmap: int, *lines: Line) -> Cell:
        """A cell without a number; the bitmap is what is recorded, whether it fits the filters or not."""
        if bitmap:
            return Cell(0, Coverage.NONE_CHOSEN)
        check = self._check(*lines)
        return Cell(0, Coverage.CHECKED if check else Coverage.NOT_CHECKED, check=check)

    def _check(self, row: Line, column: Line | None = None) -> Check | None:
        if self.by != "pair":
            return self.ground.check(row.value, column.value if column else "")
        # Who found nothing at all in a state found nothing between it and any prefecture.
        return _latest_of(*(self.ground.check(line.value) for line in (row, column) if line))

    def _foot(self, within: int, *, can_be_listed: bool) -> Row:
        columns = self.columns
        cells = [_plain(within & column) for column in columns.bitmaps]
        total = _plain(within)
        if can_be_listed:
            total = self._listed(total)
            cells = [
                self._listed(cell, {columns.parameter: line.value})
                for cell, line in zip(cells, columns.lines, strict=True)
            ]
        return Row(None, cells, _plain(within & columns.rest), total)

    def _listed(self, cell: Cell, values: dict[str, str] | None = None) -> Cell:
        return replace(cell, address=self.addresses.of(values or {})) if cell.count else cell


def _plain(bitmap: int) -> Cell:
    count = bitmap.bit_count()
    return Cell(count, Coverage.RECORDED if count else Coverage.NONE)


def listing_filter(filters: CoverageFilter) -> PartnershipFilter:
    """The listing narrowed as the matrix is."""
    query = QueryDict(mutable=True)
    for name, value in filters.pairs({"by": []}):
        query.appendlist(name, value)
    return PartnershipFilter(query, filters.queryset)


class _Addresses:
    """Addresses of lists with one or two values more, each made of a pattern: a matrix has a thousand."""

    def __init__(self, listing: PartnershipFilter) -> None:
        self._listing = listing
        self._patterns: dict[tuple[str, ...], str] = {}
        self._quoted: dict[str, str] = {}

    def of(self, values: dict[str, str]) -> str:
        names = tuple(values)
        if names not in self._patterns:
            self._patterns[names] = self._listing.address({name: [f"\0{place}"] for place, name in enumerate(names)})
        address = self._patterns[names]
        for place, value in enumerate(values.values()):
            if value not in self._quoted:
                self._quoted[value] = quote_plus(value)
            address = address.replace(f"%00{place}", self._quoted[value])
        return address


# --- What is not recorded --------------------------------------------------------------------------------------------


class Gap(NamedTuple):
    """A place in which a theme is not recorded, or a theme that is not recorded in a place."""

    line: Line
    check: Check | None


@dataclass(frozen=True)
class Gaps:
    """What is not recorded of one theme or one place in the whole directory, whatever the matrix is narrowed to."""

    of: Line
    states: list[Gap]
    prefectures: list[Gap]
    themes: list[Gap]
    is_everything: bool  # nothing at all is recorded of it

    @property
    def count(self) -> int:
        return len(self.states) + len(self.prefectures) + len(self.themes)


def gaps_by_theme(language: str) -> list[Gaps]:
    """For each theme the states and the prefectures in which nothing is recorded of it."""
    known, ground = catalogue.current(), current()

    def missing(theme: Line, parameter: str) -> list[Gap]:
        bitmap = known.having("theme", theme.value)
        return [
            Gap(place, ground.check(place.value, theme.value))
            for place in ground.lines(parameter, language)
            if not known.having(parameter, place.value) & bitmap
        ]

    return [
        Gaps(theme, missing(theme, "state"), missing(theme, "prefecture"), [], not known.having("theme", theme.value))
        for theme in ground.lines("theme", language)
    ]


def gaps_by_place(parameter: str, language: str) -> list[Gaps]:
    """For each state, or each prefecture, the themes of which nothing is recorded in it; those that have a gap."""
    known, ground = catalogue.current(), current()
    themes = ground.lines("theme", language)
    found = []
    for place in ground.lines(parameter, language):
        bitmap = known.having(parameter, place.value)
        missing = [
            Gap(theme, ground.check(place.value, theme.value))
            for theme in themes
            if not bitmap & known.having("theme", theme.value)
        ]
        if missing:
            found.append(Gaps(place, [], [], missing, not bitmap))
    return found


# --- How much of each country ----------------------------------------------------------------------------------------


class Share(NamedTuple):
    """How many places of a kind the directory holds, and how many of them have a published partnership."""

    name: str  # states, territories, prefectures, or a group's
    total: int
    reached: int

    @property
    def missing(self) -> int:
        return self.total - self.reached


def shares() -> list[Share]:
    """Every kind of place with its denominator. A partnership counts for a region when a participant lies in it."""
    known, ground = catalogue.current(), current()

    def share(name: str, codes: Sequence[str], parameter: str) -> Share:
        return Share(name, len(codes), sum(bool(known.having(parameter, code)) for code in codes))

    states = [line.value for line in ground.lines("state", "en")]
    prefectures = [line.value for line in ground.lines("prefecture", "en")]
    return [
        share("states", [code for code in states if code not in ground.territories], "state"),
        share("territories", [code for code in states if code in ground.territories], "state"),
        share("prefectures", prefectures, "prefecture"),
        *(Share(group.name, group.total, group.reached) for group in ground.groups),
    ]
