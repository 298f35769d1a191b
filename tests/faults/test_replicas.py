"""Replicas of PostgreSQL that lag, stop, hang and come back under load, and a primary that is away: real clusters."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests import cluster, server

from .conftest import prepare
from .curators import CURATORS, Curator
from .readers import Readers

pytestmark = pytest.mark.skipif("config.getoption('--engine') != 'postgresql'", reason="replicas are PostgreSQL's")

READING = 'FROM "partnerships_'
# Answered from what is kept, unless they are asked with something that is new each time.
COLD = ["/partnerships/?q=port{}", "/actors/?q=wa{}", "/sources/?q=city{}", "/api/v1/partnerships/?q=port{}"]


@dataclass(frozen=True)
class Databases:
    folder: Path
    primary: cluster.Postgres
    replicas: list[cluster.Postgres]

    def __iter__(self) -> Iterator[cluster.Postgres]:
        yield from (self.primary, *self.replicas)

    def wait_until_in_step(self) -> None:
        wanted = self.version(self.primary)
        for replica in self.replicas:
            wait_until(lambda one=replica: self.version(one) == wanted)

    @staticmethod
    def version(of: cluster.Postgres) -> int:
        with psycopg.connect(of.url) as connection:
            [number] = connection.execute("SELECT number FROM partnerships_directoryversion").fetchone() or [0]
        return int(number)


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    with contextlib.ExitStack() as stack:
        # Not under pytest's folder, which each run closes to all but its own user.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="replicated-")))
        (folder / "var").mkdir()

        def stopping(one: cluster.Postgres) -> cluster.Postgres:
            stack.callback(one.stop, "immediate")
            return one

        primary = stopping(cluster.make_primary(folder / "primary"))
        prepare(folder / "var", primary.url)
        yield Databases(
            folder / "var", primary, [stopping(primary.make_replica(folder / name)) for name in ("one", "two")]
        )


@pytest.fixture
def site(databases: Databases) -> Iterator[server.Server]:
    databases.wait_until_in_step()
    urls = ",".join(replica.url for replica in databases.replicas)
    running = server.start(databases.folder, databases.primary.url, DATABASE_REPLICA_URLS=urls, REQUIRE_MFA="off")
    try:
        running.wait_until(lambda it: "Serving " in it.output)
        yield running
    finally:
        running.stop()


def cold_addresses(mark: str) -> list[str]:
    return [address.format(f"+-{mark}{number}") for number in range(250) for address in COLD]


def statements_since(before: dict[int, int], databases: Databases) -> list[int]:
    """How many statements that read records each database was asked since its log was so long."""
    return [one.log[before[one.port] :].count(READING) for one in databases]


def lengths(databases: Databases) -> dict[int, int]:
    return {one.port: len(one.log) for one in databases}


def test_public_pages_are_read_from_the_replicas_in_turn(databases: Databases, site: server.Server) -> None:
    before = lengths(databases)
    for address in cold_addresses("turns")[:80]:
        assert site.get(address)[0] == 200, address
    primary, one, two = statements_since(before, databases)
    assert primary == 0
    assert one > 50
    assert two > 50


def test_a_replica_that_lags_shows_nobody_what_was(databases: Databases, site: server.Server) -> None:
    record, slug = a_record(databases)
    curator = Curator.signed_in(site, CURATORS[0])
    for replica in databases.replicas:
        replica.execute("SELECT pg_wal_replay_pause()")
    try:
        for number in range(3):
            text = f"Written while the replicas stand still, {number}"
            assert curator.save(record, text).status == 302
            assert text in curator.get(f"/partnerships/{slug}/").text
            assert text.encode() in site.get(f"/ja/partnerships/{slug}/")[1]
            assert curator.form(f"/admin/partnerships/partnership/{record}/change/", "summary_ja")["summary"] == text
        before = lengths(databases)
        for address in cold_addresses("lag")[:8]:
            assert site.get(address)[0] == 200
        primary, one, two = statements_since(before, databases)
        assert primary > 8
        assert (one, two) == (0, 0)
    finally:
        for replica in databases.replicas:
            replica.execute("SELECT pg_wal_replay_resume()")
    databases.wait_until_in_step()
    before = lengths(databases)
    for address in cold_addresses("again")[:8]:
        assert site.get(address)[0] == 200
    assert statements_since(before, databases)[0] == 0


@pytest.mark.parametrize("way", ["fast", "immediate", "hold"])
def test_a_replica_that_goes_costs_no_reader_an_error_and_is_used_when_it_is_back(
    databases: Databases, site: server.Server, way: str
) -> None:
    replica = databases.replicas[0]
    with Readers(site, addresses=cold_addresses(way)) as readers:
        readers.wait_for_more(50)
        if way == "hold":
            replica.hold()
        else:
            replica.stop(way)
        try:
            readers.wait_for_more(300)
        finally:
            if way == "hold":
                replica.go_on()
            else:
                replica.start()
        before = len(replica.log)
        wait_until(lambda: READING in replica.log[before:])
        readers.wait_for_more(50)
    assert (readers.wrong, readers.failed, readers.broken) == ([], [], []), site.output[-4000:]
    assert set(readers.statuses) == {200}
    assert "the database 'replica1' does not answer" in site.output.lower()


def test_while_the_primary_is_away_pages_are_read_from_replicas_and_nothing_is_saved_in_silence(
    databases: Databases, site: server.Server
) -> None:
    record, slug = a_record(databases)
    curator = Curator.signed_in(site, CURATORS[1])
    assert curator.save(record, "Before the primary went").status == 302
    path = f"/admin/partnerships/partnership/{record}/change/"
    form = curator.form(path, "summary_ja")
    databases.wait_until_in_step()
    with Readers(site, addresses=cold_addresses("away")) as readers:
        readers.wait_for_more(50)
        databases.primary.stop("fast")
        try:
            readers.wait_for_more(200)
            status, state = site.get("/readyz")
            assert (status, state.split(b":")[0]) == (200, b"ready for reading")
            assert b"Before the primary went" in site.get(f"/partnerships/{slug}/")[1]
            refused = curator.post(path, form | {"summary": "Typed while it was away", "_save": "Save"})
            assert refused.status == 503
            assert "Typed while it was away" in refused.text
        finally:
            databases.primary.start()
        readers.wait_for_more(50)
    assert (readers.wrong, readers.failed, readers.broken) == ([], [], []), site.output[-4000:]
    wait_until(lambda: curator.save(record, "After it came back").status == 302)
    assert b"After it came back" in site.get(f"/partnerships/{slug}/")[1]


def a_record(databases: Databases) -> tuple[int, str]:
    """The key and the address of a published record that cites a source."""
    with psycopg.connect(databases.primary.url) as connection:
        found = connection.execute(
            "SELECT p.id, p.slug FROM partnerships_partnership AS p "
            "JOIN partnerships_citation AS c ON c.partnership_id = p.id WHERE publication = 'published' LIMIT 1"
        ).fetchone()
    assert found
    return int(found[0]), str(found[1])
