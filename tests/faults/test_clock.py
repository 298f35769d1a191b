"""A server whose clock jumps: nobody is signed out or refused, and every change shows at once.

The clock is that of the server's processes alone (libfaketime), as it is where a machine is set right again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import server

from .children import Children
from .conftest import Prepared
from .curators import CURATORS, Curator
from .readers import ADDRESSES
from .states import faults_of
from .test_killed_servers import cited_partnerships, saved_texts

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
# Forward; back before what was saved last; far back; right again; and so far that every session is over.
JUMPS = ["+3d", "-2d", "-400d", "+0", "+400d"]
BEYOND_ANY_SESSION = "+400d"


class Clock:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.set("+0")

    def set(self, offset: str) -> None:
        another = self.file.with_suffix(".new")
        another.write_text(f"{offset}\n")
        another.replace(self.file)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    if not LIBRARIES:
        pytest.skip("no libfaketime on this machine (on Debian: the package faketime)")
    return Clock(tmp_path / "clock")


@pytest.fixture
def site(prepared: Prepared, tmp_path: Path, clock: Clock) -> Iterator[server.Server]:
    with prepared.copied(tmp_path / "var") as copy:
        running = server.start(
            copy.folder,
            copy.database_url,
            REQUIRE_MFA="off",
            RATE_LIMIT="100000",
            LD_PRELOAD=str(LIBRARIES[0]),
            FAKETIME_TIMESTAMP_FILE=str(clock.file),
            FAKETIME_NO_CACHE="1",
            FAKETIME_DONT_FAKE_MONOTONIC="1",
            PYTHONPATH=str(Path(__file__).parent / "under_faketime"),
        )
        try:
            running.wait_until(lambda it: "Serving " in it.output)
            yield running
        finally:
            running.stop()


def test_every_change_shows_at_once_however_the_clock_jumps(
    site: server.Server, clock: Clock, children: Children
) -> None:
    [(record, slug)] = cited_partnerships(site.database_url, 1)
    curator = Curator.signed_in(site, CURATORS[0])
    assert curator.save(record, "before any jump").status == 302
    saves = 0
    for jump in JUMPS:
        for path in ADDRESSES:
            site.get(path)  # so that pages of the day before are kept
        clock.set(jump)
        seen = {path: site.get(path)[0] for path in [*ADDRESSES, "/updates/", "/updates.atom", "/anniversaries/"]}
        assert set(seen.values()) == {200}, (jump, seen)
        if jump == BEYOND_ANY_SESSION:
            curator = Curator.signed_in(site, CURATORS[0])
        for number, who in enumerate((curator, Curator.signed_in(site, CURATORS[1]))):
            text = f"jump{JUMPS.index(jump)}save{number}"
            answer = who.save(record, text)
            assert answer.status == 302, (jump, answer.complaints)
            saves += 1
            assert set(saved_texts(site.database_url, record)) == {text}
            for _worker in range(6):  # over as many connections
                assert text in site.get(f"/partnerships/{slug}/")[1].decode(), jump
            assert slug in site.get(f"/partnerships.json?q={text}")[1].decode(), jump
    assert children.result_of(site.database_url, faults_of) == {}
    assert "Traceback" not in site.output
    print(f"{len(JUMPS)} jumps, {saves} saves, each shown at once")
