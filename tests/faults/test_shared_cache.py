"""Redis that goes and comes back under load: it costs nobody an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import server
from tests.redis_server import Redis, running_redis

from .conftest import Prepared
from .curators import CURATORS, Curator
from .readers import Readers

SLUG = "seattle-kobe-sister-city"
SAID = "The shared cache does not answer"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Redis]:
    with running_redis(tmp_path) as made:
        yield made


@pytest.fixture
def site(prepared: Prepared, store: Redis, tmp_path: Path) -> Iterator[server.Server]:
    """A server that shares its pages, and keeps none itself, so that each is asked of Redis."""
    with prepared.copied(tmp_path / "var") as copy:
        running = server.start(copy.folder, copy.database_url, CACHE_URL=store.url, KEEP_PAGES="0", REQUIRE_MFA="off")
        try:
            running.wait_until(lambda it: "Serving " in it.output)
            yield running
        finally:
            running.stop()


def test_its_loss_costs_no_reader_an_answer_and_it_is_used_again(site: server.Server, store: Redis) -> None:
    with Readers(site) as readers:
        readers.wait_for_more(100)
        assert store.client().dbsize() > 10
        store.stop()
        readers.wait_for_more(200)
        store.start()
        readers.wait_for_more(100)
        site.wait_until(lambda _site: store.client().dbsize() > 10)
    assert (readers.wrong, readers.failed, readers.broken) == ([], [], []), site.output[-4000:]
    assert SAID in site.output


def test_no_page_is_old_while_it_is_shared(site: server.Server, store: Redis) -> None:
    curator = Curator.signed_in(site, CURATORS[0])
    path = f"/partnerships/{SLUG}/"
    [record] = re.findall(
        r"/partnership/(\d+)/change/", curator.get(f"/admin/partnerships/partnership/?q={SLUG}").text
    )[:1]
    with Readers(site, addresses=[path, f"/ja{path}", "/partnerships/"]) as readers:
        for number in range(8):
            if number == 4:
                store.stop()
            text = f"Written for the {number}th time"
            answer = curator.save(int(record), text)
            assert answer.status == 302, answer.complaints
            assert text.encode() in site.get(path)[1]
            assert text.encode() in site.get(f"/ja{path}")[1]
    assert (readers.wrong, readers.failed, readers.broken) == ([], [], []), site.output[-4000:]


def test_a_site_starts_without_it(prepared: Prepared, store: Redis, tmp_path: Path) -> None:
    store.stop()
    with prepared.copied(tmp_path / "other") as copy:
        running = server.start(copy.folder, copy.database_url, CACHE_URL=store.url)
        try:
            running.wait_until(lambda it: "Serving " in it.output)
            assert running.get("/partnerships/")[0] == 200
        finally:
            running.stop()
