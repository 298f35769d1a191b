"""Robots that ask for every combination of filters, while a visitor's page is timed.

The server is the one that is delivered, with its limit per client, behind a proxy that says who asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from .client import Client
from .data import Dataset, address, addresses, crawl_addresses
from .load import CONNECTIONS, Robots, WrongAnswerError
from .report import Figures
from .servers import Server, running

MANY = 2_000  # robots, none of which comes near the limit
SECONDS_OF_MANY = 15
SECONDS_ALONE = 3
SECONDS_AT_LEAST = 15  # for one robot
SECONDS_BETWEEN_VISITS = 0.12  # fewer than the limit, too
VISITOR = "198.51.100.1"
READERS = ("198.51.100.2", "198.51.100.3", "198.51.100.4")


def crawl(data: Dataset, count: int, seconds: float, say: Callable[[str], None]) -> list[Figures]:
    """What ``count`` distinct addresses, asked for by one robot and then by many, do to a visitor and to the memory.

    ``seconds`` is how long it may all take; where that is not enough for many, there is one only. Raises
    ``WrongAnswerError`` where a visitor or a robot is answered wrongly.
    """
    until = time.monotonic() + seconds
    visitor = [address(), address(theme=data.facts.theme, state=data.facts.state)]
    found = []
    with running(["crawled"], data) as servers:
        server = servers["crawled"]
        _read(server, data)
        pages = crawl_addresses(data.facts, count)
        for robots in (1, MANY):
            left = until - time.monotonic() - 2 * SECONDS_ALONE
            if left <= 0:
                break
            figures = _beside(server, visitor, pages, robots, left if robots == 1 else min(left, SECONDS_OF_MANY))
            found.append({"size": data.size, "engine": data.engine, **figures})
            say(
                f"{data.name}: {robots:,} robot{'s' * (robots > 1)}, {figures['asked']:,} addresses in "
                f"{figures['seconds']:.0f} s; a visitor's p95 {figures['before']['p95']:.1f} → "
                f"{figures['during']['p95']:.1f} → {figures['after']['p95']:.1f} ms; memory "
                f"{figures['memory_before']:.0f} → {figures['memory_after']:.0f} MB"
            )
            pages = pages[::-1]  # what was asked for last is asked for last again: little of it is still kept
    return found


def _read(server: Server, data: Dataset) -> None:
    """What readers look at, over so many connections that (but once in two thousand times) every worker has made it."""
    pages = [
        page for row in ("listing", "filtered", "words", "japanese", "deep") for page in addresses("kept", row, data)
    ]

    def read(reader: str) -> None:
        for _connection in range(4):
            with Client(server.url, reader) as client:
                for page in pages:
                    client.get(page)

    with ThreadPoolExecutor(len(READERS)) as readers:
        list(readers.map(read, READERS))


def _beside(server: Server, visitor: list[str], pages: list[str], robots: int, seconds: float) -> Figures:
    found: Figures = {"robots": robots, "connections": CONNECTIONS, "memory_before": server.memory()["rss"]}
    found["before"] = _percentiles(_visits(server, visitor, SECONDS_ALONE))
    crawling = Robots(server.url, pages, robots=robots, seconds=seconds)
    try:
        times: list[float] = []
        while crawling.is_running:
            times += _visits(server, visitor, 0.5)
        found["during"] = _percentiles(times)
        found |= crawling.result()
    finally:
        crawling.stop()
    found["after"] = _percentiles(_visits(server, visitor, SECONDS_ALONE))
    found["memory_after"] = server.memory()["rss"]
    statuses = found["statuses"]
    found["asked"] = sum(statuses.values())
    if set(statuses) - ({"200", "429"} if robots == 1 else {"200"}):
        raise WrongAnswerError(f"{robots} robots were answered by status {statuses}")
    return found


def _visits(server: Server, pages: list[str], seconds: float) -> list[float]:
    """The times in milliseconds of a visitor's requests, each over a connection of its own, so to either worker."""
    times: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        page = pages[len(times) % len(pages)]
        with Client(server.url, VISITOR) as client:
            answer = client.get(page)
        if answer.status != 200:
            raise WrongAnswerError(f"beside robots, {page} answered {answer.status}")
        times.append(answer.seconds * 1000)
        time.sleep(SECONDS_BETWEEN_VISITS)
    return times


def _percentiles(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50": round(ordered[len(ordered) // 2], 2), "p95": round(ordered[int(len(ordered) * 0.95)], 2)}
