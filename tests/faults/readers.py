"""Readers: threads that ask for pages without a pause, on connections that stay open and on new ones."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.server import Server

ADDRESSES = [
    "/",
    "/ja/",
    "/partnerships/",
    "/partnerships/?theme=clean-energy",
    "/ja/partnerships/?prefecture=JP-28",
    "/partnerships/?q=%E5%8C%97%E4%B9%9D%E5%B7%9E",
    "/partnerships/?q=port",
    "/partnerships/seattle-kobe-sister-city/",
    "/ja/partnerships/seattle-kobe-sister-city/",
    "/actors/kobe-hyogo/",
    "/themes/",
    "/sources/",
    "/map/",
    "/coverage/",
    "/api/v1/partnerships/?page_size=20",
    "/partnerships.csv?state=US-HI",
    "/partnerships.json?prefecture=JP-40",
    "/partnerships.atom?theme=clean-energy",
]


CHANCES = 4


@dataclass
class Readers:
    """``with Readers(site) as readers: …``: what they saw is there afterwards.

    A request whose connection breaks is made again on a new one; one that has no answer after ``CHANCES`` is in
    ``failed``.
    """

    site: Server
    addresses: list[str] = field(default_factory=lambda: ADDRESSES)
    keeping: int = 4
    renewing: int = 4
    seconds: float = 30  # that a reader waits for an answer
    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # answers with 4xx and 5xx

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(number, number < self.keeping), daemon=True)
            for number in range(self.keeping + self.renewing)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(self.seconds + 5)
        assert not any(thread.is_alive() for thread in self._threads), "a reader waits for ever"

    @property
    def read(self) -> int:
        return self.statuses.total()

    def wait_for_more(self, number: int, seconds: float = 60) -> None:
        """Wait until so many more pages were read."""
        until, wanted = time.monotonic() + seconds, self.read + number
        while self.read < wanted:
            assert time.monotonic() < until, f"only {self.read} pages were read of {wanted}: {self.failed[:5]}"
            time.sleep(0.01)

    def _connect(self) -> http.client.HTTPConnection:
        address = urlsplit(self.site.url)
        return http.client.HTTPConnection(address.hostname or "", address.port, timeout=self.seconds)

    def _read(self, number: int, is_keeping: bool) -> None:
        connection: http.client.HTTPConnection | None = None
        addresses = itertools.islice(itertools.cycle(self.addresses), number, None)
        for address in addresses:
            if self._over.is_set():
                break
            if connection is None or not is_keeping:
                if connection:
                    connection.close()
                connection = self._connect()
            for chances in range(CHANCES, 0, -1):
                try:
                    self._ask(connection, address)
                    break
                except (OSError, http.client.HTTPException) as error:
                    (self.broken if chances > 1 else self.failed).append(f"{address}: {error!r}")
                connection.close()
                time.sleep(0.02)  # a process that dies takes what comes to it until it is gone
                connection = self._connect()
        if connection:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection, address: str) -> None:
        connection.request("GET", address)
        response = connection.getresponse()
        body = response.read()
        self.statuses[response.status] += 1
        if response.status >= 400:
            self.wrong.append(f"{address}: {response.status} {body[:200]!r}")
