"""A bounded store of whole pages that a crawl cannot empty: a segmented LRU."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.http import HttpResponse
from django.http.response import ResponseHeaders

from . import encodings

PROBATION = 5  # one in so many bytes is for what was asked once
OVERHEAD = 4096  # of a page: its headers, its address and the objects around them


class Page:
    """A response as it was first delivered, and its body in the codings that were asked for since."""

    def __init__(
        self, headers: ResponseHeaders, body: bytes, tag: str, bodies: Mapping[str, bytes] = MappingProxyType({})
    ) -> None:
        """``bodies`` are those in other codings that are there already."""
        self.tag = tag
        self._bodies = {encodings.IDENTITY: body, **bodies}
        self._headers = {encodings.IDENTITY: headers}

    @property
    def headers(self) -> dict[str, str]:
        """Those without compression."""
        return dict(self._headers[encodings.IDENTITY].items())

    def body_in(self, coding: str) -> bytes:
        """The body in a coding; compressed once, by the first who asks for it."""
        if coding not in self._bodies:
            self._bodies[coding] = encodings.encode(self._bodies[encodings.IDENTITY], coding)
        return self._bodies[coding]

    def response_in(self, coding: str) -> HttpResponse:
        """The page for a client that wants this coding."""
        body = self.body_in(coding)
        if coding not in self._headers:
            lengths = {"Content-Length": str(len(body)), "Content-Encoding": coding}
            self._headers[coding] = ResponseHeaders({**self.headers, **lengths})
        response = HttpResponse(body)
        # Not a copy, which takes longer than all the rest: this is the last room that a response comes through.
        response.headers = self._headers[coding]
        return response

    def is_there_in(self, coding: str) -> bool:
        return coding in self._bodies

    def __len__(self) -> int:
        """Bytes without compression."""
        return len(self._bodies[encodings.IDENTITY])

    @property
    def is_compressible(self) -> bool:
        return encodings.is_compressible(self._headers[encodings.IDENTITY]["Content-Type"])

    @property
    def weight(self) -> int:
        return OVERHEAD + sum(map(len, self._bodies.values()))


@dataclass(slots=True)
class _Entry:
    page: Page
    weight: int


class _Segment:
    """Pages with the one that was asked for last at the end."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.weight = 0
        self.entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    def add(self, key: Hashable, entry: _Entry) -> None:
        self.entries[key] = entry
        self.weight += entry.weight

    def take(self, key: Hashable) -> _Entry:
        entry = self.entries.pop(key)
        self.weight -= entry.weight
        return entry

    def overflow(self) -> tuple[Hashable, _Entry]:
        """Take out what was not asked for the longest."""
        key = next(iter(self.entries))
        return key, self.take(key)

    @property
    def is_too_full(self) -> bool:
        return self.weight > self.capacity


class Store:
    """Pages of one moment by address.

    A page begins on probation, a fifth of the room, and moves to the rest when it is asked for again. So whoever asks
    for many addresses once each, as a crawler does, only pushes out what was asked for once.
    """

    def __init__(self, capacity: int) -> None:
        """``capacity`` is in bytes of whole pages; 0 keeps none."""
        self._lock = threading.Lock()
        self.moment: Hashable = None  # of all the pages in it
        self._probation = _Segment(capacity // PROBATION)
        self._proven = _Segment(capacity - capacity // PROBATION)

    def __contains__(self, address: Hashable) -> bool:
        """Whether there is a page of any moment."""
        return address in self._proven.entries or address in self._probation.entries

    def __len__(self) -> int:
        return len(self._proven.entries) + len(self._probation.entries)

    @property
    def weight(self) -> int:
        return self._proven.weight + self._probation.weight

    def find(self, address: Hashable, moment: Hashable) -> Page | None:
        """The page at ``address``, if it is of this very ``moment``."""
        with self._lock:
            if moment != self.moment:
                return None
            if address in self._proven.entries:
                self._proven.entries.move_to_end(address)
                return self._proven.entries[address].page
            if address not in self._probation.entries:
                return None
            entry = self._probation.take(address)
            self._prove(address, entry)
            return entry.page

    def keep(self, address: Hashable, moment: Hashable, page: Page) -> None:
        """Keep a page that was made of the directory as it was at ``moment``; pages of any other moment go."""
        with self._lock:
            if moment != self.moment:
                self._forget_all()
                self.moment = moment
            if address not in self:
                self._put_on_probation(address, _Entry(page, page.weight))

    def weigh_again(self, address: Hashable, page: Page) -> None:
        """Take note that a page has grown by a coding."""
        with self._lock:
            for segment in (self._proven, self._probation):
                entry = segment.entries.get(address)
                if entry is not None and entry.page is page:
                    segment.weight += page.weight - entry.weight
                    entry.weight = page.weight
            self._make_room()

    def _prove(self, address: Hashable, entry: _Entry) -> None:
        self._proven.add(address, entry)
        self._make_room()

    def _put_on_probation(self, address: Hashable, entry: _Entry) -> None:
        if entry.weight <= self._probation.capacity:
            self._probation.add(address, entry)
            self._make_room()

    def _make_room(self) -> None:
        while self._proven.is_too_full:
            self._probation.add(*self._proven.overflow())
        while self._probation.is_too_full:
            self._probation.overflow()

    def _forget_all(self) -> None:
        for segment in (self._proven, self._probation):
            segment.entries.clear()
            segment.weight = 0
