"""PostgreSQL restarted under load: readers have their pages all the same, and what was answered is there."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import cluster, server

from .conftest import Prepared, moved
from .curators import CURATORS, Curator
from .readers import Readers
from .test_killed_servers import cited_partnerships, saved_texts


@pytest.fixture
def primary(prepared: Prepared) -> Iterator[cluster.Postgres]:
    """A cluster of the test's own with the prepared database."""
    if prepared.database_url.startswith("sqlite"):
        pytest.skip("SQLite is no server")
    # Not below pytest's own folder, which every other run of pytest closes to PostgreSQL's user again.
    with tempfile.TemporaryDirectory(prefix="directory-faults-") as folder, contextlib.ExitStack() as ending:
        made = cluster.make_primary(Path(folder) / "postgresql")
        ending.callback(lambda: made.stop("immediate"))
        moved(prepared.database_url, made.url)
        yield made


def test_a_restart_of_postgresql_costs_no_reader_a_page_and_no_curator_an_answered_save(
    primary: cluster.Postgres, tmp_path: Path, database_url: str
) -> None:
    (tmp_path / "var").mkdir()
    site = server.start(tmp_path / "var", primary.url, REQUIRE_MFA="off")
    try:
        site.wait_until(lambda it: "Serving " in it.output)
        records = cited_partnerships(primary.url, len(CURATORS))
        curators = [Curator.signed_in(site, name) for name in CURATORS]
        answered: list[list[str]] = [[], []]
        uncertain: list[list[str]] = [[], []]  # since the last answer
        counts = {"saved": 0, "refused": 0}
        wrong: list[str] = []
        is_over = threading.Event()

        def work(number: int) -> None:
            record, _slug = records[number]
            count = 0
            while not is_over.is_set():
                count += 1
                text = f"curator{number}save{count}"
                form = curators[number].get(f"/admin/partnerships/partnership/{record}/change/")
                if form.status == 503:
                    continue
                try:
                    answer = curators[number].save(record, text)
                except AssertionError:  # the form could not be shown
                    continue
                if answer.status == 302:
                    answered[number].append(text)
                    uncertain[number].clear()
                    counts["saved"] += 1
                elif answer.status == 503:
                    uncertain[number].append(text)
                    counts["refused"] += 1
                else:
                    wrong.append(f"{answer.status} {answer.complaints}")

        threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(len(CURATORS))]
        with Readers(site, seconds=60) as readers:
            readers.wait_for_more(50)
            for thread in threads:
                thread.start()
            outages: list[tuple[Any, ...]] = []  # how, and for how many seconds
            for mode in ("fast", "immediate"):
                readers.wait_for_more(40)
                gone_at = time.monotonic()
                primary.stop(mode)
                primary.start()
                outages.append((mode, round(time.monotonic() - gone_at, 1)))
                readers.wait_for_more(40)
            before = [len(texts) for texts in answered]
            site.wait_until(lambda _it: all(len(texts) > old for texts, old in zip(answered, before, strict=True)))
            is_over.set()
            for thread in threads:
                thread.join(60)
        assert wrong == []
        assert readers.failed == []
        assert set(readers.statuses) == {200}, f"{outages}\n{site.output}"
        for number, (record, slug) in enumerate(records):
            [text] = set(saved_texts(primary.url, record))
            assert text in {answered[number][-1], *uncertain[number]}
            assert text in site.get(f"/partnerships/{slug}/")[1].decode()
        print(f"{readers.read} pages read, {counts}, {outages}")
    finally:
        site.stop()
