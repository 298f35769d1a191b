"""Two hundred readers and two curators at once: no error, and never an old page after a save was answered."""

from __future__ import annotations

import threading
import time

from tests.server import Server

from .curators import CURATORS, Curator
from .readers import Readers
from .test_killed_servers import cited_partnerships

CONNECTIONS = 200
SECONDS = 20
LEAST_SAVES = 6  # on a slow machine it takes longer
LONGEST = 120


def test_two_hundred_readers_see_no_error_and_nobody_an_old_page(site: Server) -> None:
    records = cited_partnerships(site.database_url, len(CURATORS))
    curators = [Curator.signed_in(site, name) for name in CURATORS]
    saves: list[str] = []
    old_pages: list[str] = []
    refused: list[str] = []
    is_over = threading.Event()

    def work(number: int) -> None:
        curator, (record, slug) = curators[number], records[number]
        count = 0
        while not is_over.is_set():
            count += 1
            text = f"curator{number}save{count}"
            answer = curator.save(record, text)
            if answer.status != 302:
                refused.append(f"{text}: {answer.status} {answer.complaints}")
                return
            saves.append(text)
            for path in (f"/partnerships/{slug}/", f"/partnerships.json?q={text}"):
                # The curator, and somebody else on another connection.
                seen = [curator.get(path).text, site.get(path)[1].decode()]
                old_pages.extend(f"{path} without {text}" for page in seen if text not in page)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(len(CURATORS))]
    with Readers(site, keeping=CONNECTIONS, renewing=0, seconds=60) as readers:
        for thread in threads:
            thread.start()
        began = time.monotonic()
        while time.monotonic() - began < SECONDS or len(saves) < LEAST_SAVES:
            assert time.monotonic() - began < LONGEST, f"{len(saves)} saves, {readers.read} pages"
            time.sleep(0.1)
        is_over.set()
        for thread in threads:
            thread.join(120)
    assert refused == []
    assert old_pages == []
    assert (readers.failed, readers.broken, readers.wrong) == ([], [], []), site.output
    assert "locked" not in site.output
    assert "Traceback" not in site.output
    print(f"{readers.read} pages read on {CONNECTIONS} connections, {len(saves)} saves, {4 * len(saves)} looks at them")
