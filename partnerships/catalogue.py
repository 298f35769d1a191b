"""The published partnerships at one version of the directory, held in memory so that lists and counts take no query.

Every partnership has a slot, a small number. What a parameter's value selects is a bitmap, a Python integer with one
bit for each slot, so that filters are “and” and “or” of integers and a count is ``bit_count()``. What values a record
has is declared in ``dimensions``; tests prove that what is selected and counted here equals what the querysets say.

A catalogue is never changed. After a change in the directory the next one is made of the last one with the records
that changed, or of all of them where too much did.
"""

from __future__ import annotations

import datetime as dt
import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from functools import cached_property, reduce, total_ordering
from itertools import compress, islice
from operator import attrgetter, or_
from sys import intern
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language

from . import bitmaps, databases, queries, search
from .bitmaps import Slots
from .dimensions import DIMENSIONS
from .filters import PartnershipFilter
from .models import Partnership, version
from .text import parse

MOST_PATCHED = 500  # records; for more, everything is read anew
MOST_ROWS = 12_000  # kept as they are shown, about 2 KB each
MOST_PAGES = 1_500  # about 10 KB each
MOST_FACETS = 60  # lists' worth, about 70 KB each
MOST_LINES = 150_000  # of an export, about 550 bytes each
MOST_SEARCHES = 200
STEPS = 5  # along an order in the time (0.25 µs) that it takes to pick out one match and sort it among the others

_UNDATED = ""
_LAST = "~"  # sorts after every date


@dataclass(frozen=True)
class Facts:
    """What orders, years, completions and short mentions need to know of a record."""

    pk: int
    slug: str
    title: str
    title_ja: str
    started: str
    updated: Any
    kind: str
    status: str
    ended: str


@total_ordering
class _Falling:
    """Sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Falling) and self.value == other.value

    def __lt__(self, other: _Falling) -> bool:
        return bool(other.value < self.value)


def _oldest(facts: Facts) -> str:
    return facts.started or _LAST


# What a list is sorted by, and whether what is greater comes first; where that is equal, by slug.
_ORDERS: dict[str, tuple[Callable[[Facts], Any], bool]] = {
    "newest": (attrgetter("started"), True),
    "oldest": (_oldest, False),
    "title": (attrgetter("title"), False),
    "title_ja": (lambda facts: facts.title_ja or facts.title, False),
    "updated": (attrgetter("updated"), True),
}


class Catalogue:
    """All published partnerships at one version."""

    def __init__(self, number: int) -> None:
        self.version = number
        self.line = object()  # the same in all that follow this one: a slot belongs to one record, or to none any more
        self.day = timezone.now().date()
        self.is_of_a_transaction = connection.in_atomic_block
        self._facts: list[Facts] = []  # by slot
        self._slots: dict[int, int] = {}  # by key
        self.everything = 0
        self._values: dict[str, dict[str, int]] = {parameter: {} for parameter in DIMENSIONS}
        self._years: dict[int, int] = {}
        self._orders: dict[str, Slots] = {}
        self._places: dict[str, Slots] = {}
        self._searches: dict[str, list[int]] = {}
        self.rows: dict[tuple[str, int], Any] = {}
        self.pages: dict[tuple[str, int], Any] = {}
        self.kept_lines: dict[int, bytes] = {}
        self.facets: dict[tuple[str, str], Any] = {}
        self.comparisons: dict[tuple[str, int], Any] = {}

    # --- Made of the database ----------------------------------------------------------------------------------------

    @classmethod
    def of_everything(cls, number: int) -> Catalogue:
        made = cls(number)
        made._add(None)
        return made

    def following(self, number: int, changed: set[int]) -> Catalogue:
        """The catalogue of a later version, in which these partnerships are not what they were."""
        made = copy(self)
        made.version = number
        made.is_of_a_transaction = connection.in_atomic_block
        made._facts = list(self._facts)
        made._slots = dict(self._slots)
        gone = bitmaps.of(made._slots.pop(pk) for pk in changed if pk in self._slots)
        made.everything &= ~gone
        made._values = {
            parameter: {value: bitmap & ~gone for value, bitmap in values.items()}
            for parameter, values in self._values.items()
        }
        made._years = {year: bitmap & ~gone for year, bitmap in self._years.items()}
        made._orders = {}
        made._places = {}
        made._searches = {}
        made.facets = {}
        made.comparisons = {}
        made.rows = {key: row for key, row in list(self.rows.items()) if key[1] not in changed}
        made.pages = {key: page for key, page in list(self.pages.items()) if key[1] not in changed}
        made.kept_lines = {pk: line for pk, line in list(self.kept_lines.items()) if pk not in changed}
        made.__dict__.pop("_keys", None)
        made._add(changed)
        made._orders = {
            order: made._reordered(order, slots, gone, changed) for order, slots in list(self._orders.items())
        }
        return made

    @property
    def is_mostly_empty(self) -> bool:
        """Whether most slots belong to what records once were."""
        return len(self._facts) > 2 * len(self._slots) + MOST_PATCHED

    def on(self, day: Any) -> Catalogue:
        """The same on another day: rows say whether a term has ended."""
        made = copy(self)
        made.day = day
        made.rows = {}
        made.pages = {}
        return made

    def _add(self, pks: set[int] | None) -> None:
        found = queries.partnerships()
        if pks is not None:
            found = found.filter(pk__in=pks)
        columns = ("pk", "slug", "title", "title_ja", "started", "updated_at", "kind", "status", "ended")
        years: dict[int, Slots] = {}
        for pk, slug, title, title_ja, started, updated, kind, status, ended in found.order_by("pk").values_list(
            *columns
        ):
            slot = self._slots[pk] = len(self._facts)
            dates = str(started or _UNDATED), updated, intern(kind), intern(status), str(ended or _UNDATED)
            self._facts.append(Facts(pk, slug, title, title_ja, *dates))
            if started:
                years.setdefault(started.year, []).append(slot)
        self.everything |= bitmaps.of(
            self._slots.values() if pks is None else (self._slots[pk] for pk in pks & self._slots.keys())
        )
        for year, slots in years.items():
            self._years[year] = self._years.get(year, 0) | bitmaps.of(slots)
        for parameter, rows in DIMENSIONS.items():
            standing = rows() if pks is None else rows().filter(owner__in=pks)
            by_value: dict[str, Slots] = {}
            for pk, value in standing.order_by().values_list("owner", "value"):
                if value and pk in self._slots:
                    by_value.setdefault(value, []).append(self._slots[pk])
            known = self._values[parameter]
            for value, slots in by_value.items():
                known[value] = known.get(value, 0) | bitmaps.of(slots)

    # --- Asked -------------------------------------------------------------------------------------------------------

    def selected(self, filters: PartnershipFilter) -> Selection:
        """What a list with these filters holds."""
        return Selection(self, filters)

    def narrowing(self, filters: PartnershipFilter) -> dict[str, int]:
        """For each parameter in use, the bitmap of what it leaves."""
        found = {}
        for parameter in DIMENSIONS:
            if chosen := filters.chosen(parameter):
                known = self._values[parameter]
                found[parameter] = reduce(or_, (known.get(value, 0) for value in chosen))
        if filters.query:
            found["q"] = self.searched(filters.words)[-1]
        if actor := filters.place:
            found["actor"] = self.bitmap(queries.partnerships_within(actor).values_list("pk", flat=True))
        for parameter, is_within in (("year_min", int.__ge__), ("year_max", int.__le__)):
            if chosen := filters.chosen(parameter):
                limit = int(chosen[0])
                found[parameter] = reduce(
                    or_, (bits for year, bits in self._years.items() if is_within(year, limit)), 0
                )
        return found

    def searched(self, typed: str) -> list[int]:
        """The bitmaps of what a search finds, level by level, the best first; each takes in the one before."""
        if typed not in self._searches:
            if len(self._searches) >= MOST_SEARCHES:
                self._searches.clear()
            self._searches[typed] = [self.bitmap(ids) for ids in search.ids_by_level("partnership", parse(typed))]
        return self._searches[typed]

    def bitmap(self, pks: Iterable[int]) -> int:
        """The bitmap of the published ones among these partnerships."""
        return bitmaps.of(self.slots(pks))

    def slots(self, pks: Iterable[int]) -> Slots:
        """The slots of the published ones among these partnerships, in their order."""
        slot_of = self._slots.get
        return [slot for pk in pks if (slot := slot_of(pk)) is not None]

    def moved(self, last: Catalogue) -> list[int]:
        """The partnerships that have another slot than in an earlier catalogue that this one follows."""
        before = last._slots.get
        return [pk for pk, slot in self._slots.items() if before(pk) != slot]

    def two_of(self, bitmap: int) -> tuple[int, int]:
        """The keys of two of the partnerships of a bitmap, whichever are found fastest; twice the same of one alone."""
        facts = self._facts
        return facts[(bitmap & -bitmap).bit_length() - 1].pk, facts[bitmap.bit_length() - 1].pk

    def flags(self, bitmap: int) -> bytes:
        """A bitmap as one byte for each slot, 0 or 1, for who looks at many slots one by one."""
        return bitmaps.flags(bitmap, len(self._facts))

    def counts(self, parameter: str, within: int) -> dict[str, int]:
        """How many of these have each value; values that none has are left out."""
        found = ((value, (bitmap & within).bit_count()) for value, bitmap in self._values[parameter].items())
        return {value: count for value, count in found if count}

    def having(self, parameter: str, value: str) -> int:
        """The bitmap of those that have one value of a parameter."""
        return self._values[parameter].get(value, 0)

    def years(self, within: int) -> dict[int, int]:
        """How many of these started in each year; those without a known start are in none."""
        found = ((year, (bitmap & within).bit_count()) for year, bitmap in self._years.items())
        return {year: count for year, count in found if count}

    def begun_by(self, day: dt.date) -> int:
        """The bitmap of what may have begun by a day: “2026” and “2026-11” sort before every day in them."""
        facts, slots = self._facts, self._ordered("oldest")

        def started(slot: int) -> str:
            return _oldest(facts[slot])

        later = slots[bisect_right(slots, day.isoformat(), key=started) : bisect_left(slots, _LAST, key=started)]
        return self.everything & ~bitmaps.of(later)

    def changed_since(self, moment: dt.datetime) -> int:
        """The bitmap of what was changed at this moment or later."""
        facts, slots = self._facts, self._ordered("updated")
        return bitmaps.of(
            slots[: bisect_right(slots, _Falling(moment), key=lambda slot: _Falling(facts[slot].updated))]
        )

    @property
    def changed_at(self) -> dt.datetime | None:
        """When a published partnership changed last."""
        slots = self._ordered("updated")
        return self._facts[slots[0]].updated if slots else None

    def sharing(self, pk: int, parameter: str) -> dict[str, int]:
        """For each value that a partnership has of a parameter, the bitmap of all that have it."""
        own = self.bitmap([pk])
        return {value: bitmap for value, bitmap in self._values[parameter].items() if bitmap & own}

    def key(self, slug: str) -> int | None:
        """The key of the published partnership with this slug; None where there is none."""
        return self._keys.get(slug)

    def facts(self, pks: Iterable[int]) -> list[Facts]:
        """What is known of these partnerships, in their order."""
        return [self._facts[self._slots[pk]] for pk in pks]

    def published(self, pks: Iterable[int]) -> list[Facts]:
        """The same of those among them that are published."""
        return self.facts(pk for pk in pks if pk in self._slots)

    def best(self, typed: str, most: int) -> list[Facts]:
        """The best matches of a search in names and titles."""
        keys: list[int] = []
        seen = 0
        for level in self.searched(typed)[:-1]:
            keys += self.keys(level & ~seen, "newest", 0, most - len(keys))
            seen |= level
        return self.facts(keys)

    def keys(self, bitmap: int, order: str, start: int, stop: int) -> list[int]:
        """The keys of a part of the selected partnerships, in an order."""
        slots = self._ordered(order)
        count = bitmap.bit_count()
        if bitmap == self.everything:
            chosen: Iterable[int] = slots[start:stop]
        elif stop * len(slots) < STEPS * count * count:
            # Of many, enough are soon met with by going along the order: one slot in ``len(slots) / count`` is wanted.
            chosen = islice(compress(slots, map(self.flags(bitmap).__getitem__, slots)), start, stop)
        else:
            chosen = sorted(bitmaps.slots(bitmap), key=self._placed(order).__getitem__)[start:stop]
        return [self._facts[slot].pk for slot in chosen]

    def _ordered(self, order: str) -> Slots:
        """All slots in an order; worked out when first asked for."""
        if order not in self._orders:
            facts = self._facts
            value, is_falling = _ORDERS[order]
            slots = sorted(bitmaps.slots(self.everything), key=lambda slot: facts[slot].slug)
            slots.sort(key=lambda slot: value(facts[slot]), reverse=is_falling)
            self._orders[order] = slots
        return self._orders[order]

    def _reordered(self, order: str, slots: Slots, gone: int, changed: set[int]) -> Slots:
        """The order of the catalogue that this one follows, without what is gone and with what was read again."""
        left = set(bitmaps.slots(gone))
        kept = [slot for slot in slots if slot not in left]
        value, is_falling = _ORDERS[order]

        def key(slot: int) -> tuple[Any, str]:
            facts = self._facts[slot]
            return _Falling(value(facts)) if is_falling else value(facts), facts.slug

        for pk in changed & self._slots.keys():
            insort(kept, self._slots[pk], key=key)
        return kept

    def _placed(self, order: str) -> Slots:
        """For each slot its place in an order."""
        if order not in self._places:
            places = [0] * len(self._facts)
            for place, slot in enumerate(self._ordered(order)):
                places[slot] = place
            self._places[order] = places
        return self._places[order]

    def shown(self, keys: list[int], render: Callable[[list[Partnership]], list[Any]]) -> list[Any]:
        """The rows of these partnerships as ``render`` makes them in the active language; each made once and kept."""
        language = get_language() or "en"
        rows = {pk: self.rows.get((language, pk)) for pk in keys}
        missing = [pk for pk, row in rows.items() if row is None]
        if missing:
            found = list(queries.for_rows(Partnership.objects.filter(pk__in=missing)))
            for record, row in zip(found, render(found), strict=True):
                rows[record.pk] = self.rows[language, record.pk] = row
            _bound(self.rows, MOST_ROWS)
        return [row for row in rows.values() if row is not None]

    def page(self, slug: str, render: Callable[[Partnership], Any]) -> Any:
        """What ``render`` makes of a published partnership's page in the active language, made once and kept."""
        pk = self.key(slug)
        if pk is None:
            return None
        key = get_language() or "en", pk
        page = self.pages.get(key)
        if page is None:
            record = queries.for_page(queries.partnerships()).filter(pk=pk).first()
            if record is None:  # withdrawn just now
                return None
            page = self.pages[key] = render(record)
            _bound(self.pages, MOST_PAGES)
        return page

    def compared(self, pk: int, compare: Callable[[int, Catalogue], Any]) -> Any:
        """What ``compare`` says in the active language of a partnership beside all others; kept until any changes."""
        key = get_language() or "en", pk
        compared = self.comparisons.get(key)
        if compared is None:
            compared = self.comparisons[key] = compare(pk, self)
            _bound(self.comparisons, MOST_PAGES)
        return compared

    @cached_property
    def _keys(self) -> dict[str, int]:
        return {self._facts[slot].slug: pk for pk, slot in self._slots.items()}

    def lines(self, keys: list[int], make: Callable[[list[int]], dict[int, bytes]]) -> list[bytes]:
        """The lines of an export for these partnerships, each made once and kept."""
        kept = self.kept_lines
        if missing := [pk for pk in keys if pk not in kept]:
            made = make(missing)
            kept.update(made)
            _bound(kept, MOST_LINES)
            return [line for pk in keys if (line := kept.get(pk) or made.get(pk))]
        return [kept[pk] for pk in keys if pk in kept]


class Selection:
    """What one list holds of a catalogue."""

    def __init__(self, catalogue: Catalogue, filters: PartnershipFilter) -> None:
        self.catalogue = catalogue
        self.filters = filters
        self._narrowing = catalogue.narrowing(filters)
        self.bitmap = self._all_but("")

    def _all_but(self, parameter: str) -> int:
        bitmap = self.catalogue.everything
        for name, left in self._narrowing.items():
            if name != parameter:
                bitmap &= left
        return bitmap

    def narrowed(self, parameter: str, bitmap: int) -> Selection:
        """What is left of it by something that is no filter of the listing; its facets are not to be kept."""
        made = copy(self)
        made._narrowing = {**self._narrowing, parameter: bitmap}
        made.bitmap = self.bitmap & bitmap
        return made

    @property
    def count(self) -> int:
        return self.bitmap.bit_count()

    def counts(self, parameter: str) -> dict[str, int]:
        """For each value of a parameter, how many there would be if it alone were chosen, the rest as it is."""
        return self.catalogue.counts(parameter, self._all_but(parameter))

    def facets(self, make: Callable[[Selection], Any]) -> Any:
        """What ``make`` counts, in the active language; the pages of one list have it in common."""
        kept = self.catalogue.facets
        key = get_language() or "en", self.filters.address()
        facets = kept.get(key)
        if facets is None:
            facets = kept[key] = make(self)
            _bound(kept, MOST_FACETS)
        return facets

    def batches(self, size: int) -> Iterator[list[int]]:
        """The keys of all partnerships in the order of the list, so many at a time."""
        keys = self.keys(0, self.count)
        return (keys[start : start + size] for start in range(0, len(keys), size))

    def keys(self, start: int, stop: int) -> list[int]:
        """The keys of the partnerships from one place to another, in the order of the list."""
        order = self.filters.sort_order
        if order == "title" and get_language() == "ja":
            order = "title_ja"
        if order != "relevance":
            return self.catalogue.keys(self.bitmap, order, start, stop)
        found: list[int] = []
        rest = self.bitmap
        for level in self.catalogue.searched(self.filters.words):
            here = rest & level
            count = here.bit_count()
            if start < count and stop > 0:
                found += self.catalogue.keys(here, "newest", max(start, 0), min(stop, count))
            start, stop = start - count, stop - count
            rest &= ~level
        return found


_latest: Catalogue | None = None
_making = threading.Lock()


def current() -> Catalogue:
    """The catalogue of the present version, made now where there is none yet; the same throughout a page.

    While one request makes it, others that need it wait: nobody is shown an older one.
    """
    seen = version.seen()
    if "catalogue" not in seen:
        seen["catalogue"] = _current(version.current())
    found: Catalogue = seen["catalogue"]
    return found


def _current(number: int) -> Catalogue:
    global _latest
    day = timezone.now().date()
    latest = _latest
    if latest is not None and latest.version == number and latest.day == day:
        return latest
    with _making:
        latest = _latest
        if latest is None or (latest.version != number and not _has_overtaken(latest, number)):
            latest = _next(latest, number)
        if latest.day != day:
            latest = latest.on(day)
        _latest = latest
    return latest


def _has_overtaken(latest: Catalogue, number: int) -> bool:
    """Whether a page is a little behind: another one has already made the catalogue of what is there now.

    It takes that one, which is newer than the page says and will not be kept. To make its own would be work for
    nothing, and so would be the next page's.
    """
    if not 0 <= number < latest.version or latest.is_of_a_transaction or connection.in_atomic_block:
        return False
    with version.held(None):
        return databases.current_version() == latest.version


def selection(parameter: str, value: str) -> Selection:
    """What the listing holds at present when one value is chosen."""
    filters = PartnershipFilter(QueryDict(urlencode({parameter: value})), queries.partnerships())
    return current().selected(filters)


def _next(last: Catalogue | None, number: int) -> Catalogue:
    # What was made inside a transaction may have been rolled back since; and slots are never used again.
    if last is None or last.is_of_a_transaction or number < last.version or last.is_mostly_empty:
        return Catalogue.of_everything(number)
    changes = version.changes_since(last.version)
    if changes is None or changes[: MOST_PATCHED + 1].count() > MOST_PATCHED:
        return Catalogue.of_everything(number)
    changed = changes.shown_partnerships()
    return last.following(number, changed) if len(changed) <= MOST_PATCHED else Catalogue.of_everything(number)


def _bound(kept: dict[Any, Any], most: int) -> None:
    """Let the oldest tenth go where there is too much."""
    if len(kept) > most:
        for oldest in list(kept)[: most // 10]:
            kept.pop(oldest, None)
