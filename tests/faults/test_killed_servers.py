"""Workers and whole servers killed under load: readers go on, and what a curator was answered is there."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import server

from .children import Children
from .curators import CURATORS, Curator
from .readers import Readers
from .states import damage_of_file, faults_of, rows, wait_for_backends

TIMES_A_WORKER_IS_KILLED = 4
TIMES_THE_SERVER_IS_KILLED = 3
SECONDS_BETWEEN_KILLS = 7  # Granian gives up where a worker ends again within 5.5 seconds of its start
READERS = 8


def workers_of(site: server.Server) -> list[int]:
    """The processes that answer, in the order in which they were started."""
    pid = site.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_killed_worker_costs_no_more_than_the_connections_that_it_held(site: server.Server) -> None:
    with Readers(site) as readers:
        readers.wait_for_more(40)
        for _ in range(TIMES_A_WORKER_IS_KILLED):
            before, seen = workers_of(site), len(readers.broken)
            assert len(before) == 2
            os.kill(before[0], signal.SIGKILL)
            site.wait_until(lambda it, gone=before[0]: len(workers_of(it)) == 2 and gone not in workers_of(it))
            readers.wait_for_more(20)
            time.sleep(SECONDS_BETWEEN_KILLS)
            # What it held, and what was still coming to it while it died.
            assert len(readers.broken) - seen <= 2 * READERS
        readers.wait_for_more(40)
    assert readers.failed == []
    assert set(readers.statuses) == {200}, f"{readers.wrong[:5]}\n{site.output}"
    print(f"{TIMES_A_WORKER_IS_KILLED} workers killed, {readers.read} pages read, {len(readers.broken)} made again")


@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["as Docker does", "as systemd does"])
def test_a_server_that_is_asked_to_end_breaks_off_no_answer(
    send: Callable[[int, int], None], site: server.Server, children: Children
) -> None:
    with Readers(site) as readers:
        readers.wait_for_more(40)
        send(site.process.pid, signal.SIGTERM)
        assert site.process.wait(server.SECONDS_TO_STOP) == 0
    assert set(readers.statuses) == {200}, f"{readers.wrong[:5]}\n{site.output}"
    # Who comes afterwards finds nobody; whoever was being answered has the answer whole.
    assert [reason for reason in readers.broken + readers.failed if "IncompleteRead" in reason] == []
    assert "Traceback" not in site.output
    assert damage_of_file(site.database_url) == []
    assert children.result_of(site.database_url, faults_of) == {}


def saved_texts(database_url: str, record: int) -> list[str]:
    """What a record says at every place that a save writes, and what its history last says there."""
    [(summary, summary_ja)] = rows(
        database_url, f"SELECT summary, summary_ja FROM partnerships_partnership WHERE id = {record}"
    )
    first = f"SELECT min(id) FROM partnerships_citation WHERE partnership_id = {record}"
    [(locator,)] = rows(database_url, f"SELECT locator FROM partnerships_citation WHERE id = ({first})")
    [(past, past_ja)] = rows(
        database_url,
        "SELECT summary, summary_ja FROM partnerships_historicalpartnership "
        f"WHERE id = {record} ORDER BY history_id DESC LIMIT 1",
    )
    [(past_locator,)] = rows(
        database_url,
        f"SELECT locator FROM partnerships_historicalcitation WHERE id = ({first}) ORDER BY history_id DESC LIMIT 1",
    )
    return [summary, summary_ja, locator, past, past_ja, past_locator]


def cited_partnerships(database_url: str, number: int) -> list[tuple[int, str]]:
    """Published partnerships with one source: number and slug."""
    found = rows(
        database_url,
        "SELECT id, slug FROM partnerships_partnership WHERE publication = 'published' AND id IN "
        "(SELECT partnership_id FROM partnerships_citation GROUP BY 1 HAVING count(*) = 1) "
        f"ORDER BY id LIMIT {number}",
    )
    return [(record, slug) for record, slug in found]


def test_what_a_curator_was_answered_is_there_after_the_server_was_killed(
    site: server.Server, children: Children
) -> None:
    saves = 0
    for life in range(TIMES_THE_SERVER_IS_KILLED):
        records = cited_partnerships(site.database_url, len(CURATORS))
        old = [set(saved_texts(site.database_url, record)[:3]) for record, _slug in records]
        answered: list[list[str]] = [[] for _ in CURATORS]
        begun: list[list[str]] = [[] for _ in CURATORS]
        refused: list[str] = []

        def work(number: int, name: str) -> None:
            record, _slug = records[number]  # noqa: B023 (the thread ends with this life)
            try:
                curator = Curator.signed_in(site, name)
                for count in range(10_000):
                    text = f"life{life}x{number}save{count}"  # noqa: B023
                    begun[number].append(text)  # noqa: B023
                    answer = curator.save(record, text)
                    if answer.status != 302:
                        refused.append(f"{answer.status}: {answer.complaints}")  # noqa: B023
                        return
                    answered[number].append(text)  # noqa: B023
            except (OSError, http.client.HTTPException):
                return  # the server is gone

        threads = [threading.Thread(target=work, args=item, daemon=True) for item in enumerate(CURATORS)]
        with Readers(site, keeping=2, renewing=2) as readers:
            for thread in threads:
                thread.start()
            until = time.monotonic() + 120
            while not all(len(texts) >= 3 + life for texts in answered):
                assert time.monotonic() < until
                assert not refused, refused[0]
                time.sleep(0.005)
            os.killpg(site.process.pid, signal.SIGKILL)
            site.process.wait()
            for thread in threads:
                thread.join(60)
        assert set(readers.statuses) == {200}, f"{readers.wrong[:5]}\n{site.output}"
        assert not refused, refused[0]
        saves += sum(map(len, answered))

        wait_for_backends(site.database_url)
        assert damage_of_file(site.database_url) == []
        for number, (record, _slug) in enumerate(records):
            texts = set(saved_texts(site.database_url, record))
            assert len(texts) == 1, f"a save is torn: {texts} (before: {old[number]})"
            assert texts <= {answered[number][-1], begun[number][-1]}
        assert children.result_of(site.database_url, faults_of) == {}

        again = server.start(site.folder, site.database_url, REQUIRE_MFA="off")
        site.process, site.url, site.log = again.process, again.url, again.log
        site.wait_until(lambda it: "Serving " in it.output)
        for record, slug in records:
            [text] = set(saved_texts(site.database_url, record))
            assert text in site.get(f"/partnerships/{slug}/")[1].decode()
            assert slug in site.get(f"/partnerships.json?q={text}")[1].decode()
    print(f"{TIMES_THE_SERVER_IS_KILLED} servers killed, {saves} saves answered, every one of them there")
