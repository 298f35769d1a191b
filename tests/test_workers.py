"""What the real server's worker processes know of each other: over many connections, so that each has some."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import server

CONNECTIONS = 24


@pytest.fixture
def connections(site: server.Server) -> Iterator[list[http.client.HTTPConnection]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(contextlib.closing(site.connect())) for _ in range(CONNECTIONS)]


def get(
    connection: http.client.HTTPConnection, path: str, headers: dict[str, str] | None = None
) -> tuple[int, str, dict[str, str]]:
    connection.request("GET", path, headers=headers or {})
    response = connection.getresponse()
    return response.status, response.read().decode(), {name.lower(): value for name, value in response.getheaders()}


def test_a_change_shows_on_the_next_request_to_every_worker(
    site: server.Server, connections: list[http.client.HTTPConnection]
) -> None:
    name = "woods of both shores"
    for _ in range(3):
        before = [get(connection, "/themes/") for connection in connections]
    assert {(status, name in page) for status, page, _headers in before} == {(200, False)}
    [tag] = {headers["etag"] for _status, _page, headers in before}
    known = {"If-None-Match": tag}
    assert {get(connection, "/themes/", known)[0] for connection in connections} == {304}
    try:
        site.write("UPDATE partnerships_theme SET name = name || ', woods of both shores' WHERE slug = 'forestry'")
        after = [get(connection, "/themes/", known) for connection in connections]
        assert {(status, name in page) for status, page, _headers in after} == {(200, True)}
    finally:
        site.write("UPDATE partnerships_theme SET name = replace(name, ', woods of both shores', '')")
    restored = [get(connection, "/themes/") for connection in connections]
    assert {page for _status, page, _headers in restored} == {before[0][1]}


@pytest.fixture
def limited(site: server.Server) -> Iterator[server.Server]:
    """A second server on the same data, on which a client may ask 60 times a minute."""
    running = server.start(site.folder, site.database_url, RATE_LIMIT="60")
    try:
        running.wait_until(lambda it: "Serving " in it.output)
        yield running
    finally:
        running.stop()


def test_all_workers_together_refuse_at_the_limit(limited: server.Server) -> None:
    def ask(number: int) -> list[tuple[int, dict[str, str]]]:
        statuses = []
        with contextlib.closing(limited.connect()) as connection:
            for _ in range(4):
                # What a client says of its own address is not believed.
                status, _page, headers = get(connection, "/robots.txt", {"X-Forwarded-For": f"192.0.2.{number}"})
                statuses.append((status, headers))
        return statuses

    with ThreadPoolExecutor(8) as threads:
        answers = [answer for answers in threads.map(ask, range(CONNECTIONS)) for answer in answers]
    refused = [headers for status, headers in answers if status == 429]
    assert {status for status, _headers in answers} == {200, 429}
    # A minute may end meanwhile, and each second makes room for one more.
    assert 60 <= len(answers) - len(refused) <= 70
    assert all(1 <= int(headers["retry-after"]) <= 61 for headers in refused)
    assert limited.answers()
