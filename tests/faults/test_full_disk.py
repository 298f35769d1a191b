"""A disk that is full: what cannot be saved is refused in words and leaves nothing behind, readers go on, and with room
again everything works without a restart."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests import cluster, packages, server
from tests.importing import csv_file

from .children import Children
from .conftest import Prepared, moved
from .curators import CURATORS, Curator
from .readers import Readers
from .states import damage_of_file, faults_of, rows
from .test_killed_servers import cited_partnerships, saved_texts

MEGABYTES = 160
MOST_SAVES = 300


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can make a small disk, where that is allowed")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the room that is left."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1024 * 1024, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    return filler


def command(site: server.Server, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=server.ROOT,
        env=server.environment(site.folder, site.database_url),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def another_edition(folder: Path) -> Path:
    """The real directory with a note on every partnership."""
    found = packages.read(settings.FIXTURES_PACKAGE)
    for row in found["partnerships"]:
        row["note"] += " Written to a full disk."
    return packages.write(folder, found)


def a_file() -> bytes:
    line = {"title": "Tie", "kind": "sister", "status": "active", "us_participants": "nowhere", "note": ""}
    return csv_file(*(line | {"slug": f"tie-{number}", "note": os.urandom(300).hex()} for number in range(3000)))


def save_until_refused(curator: Curator, record: int) -> tuple[str, str]:
    """Save until there is no room: what the last answered save wrote, and the page that refused the next."""
    written = ""
    for number in range(MOST_SAVES):
        text = f"save{number}"
        answer = curator.save(record, text)
        if answer.status != 302:
            assert answer.status == 503, answer.complaints
            assert "retry-after" in answer.headers
            return written, answer.text
        written = text
    raise AssertionError(f"{MOST_SAVES} saves, and the disk is not full")


@pytest.fixture
def on_a_small_disk(prepared: Prepared, tmp_path: Path) -> Iterator[server.Server]:
    """A server whose files are all on a small disk: ``VAR_DIR`` and, on SQLite, the database."""
    if not prepared.database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL has a disk of its own")
    with (
        small_disk(tmp_path / "run" / "var", MEGABYTES) as folder,
        prepared.copied(folder) as copy,
    ):
        running = server.start(copy.folder, copy.database_url, REQUIRE_MFA="off")
        try:
            running.wait_until(lambda it: "Serving " in it.output)
            yield running
        finally:
            running.stop()


def test_what_does_not_fit_on_the_disk_is_refused_in_words_and_leaves_nothing(
    on_a_small_disk: server.Server, children: Children, tmp_path: Path, database_url: str
) -> None:
    site = on_a_small_disk
    [(record, slug)] = cited_partnerships(site.database_url, 1)
    curator = Curator.signed_in(site, CURATORS[0])
    edition = another_edition(tmp_path / "edition")
    before = saved_texts(site.database_url, record)
    ledger = "SELECT digest FROM partnerships_loadedrecord ORDER BY 1"
    loaded = rows(site.database_url, ledger)

    with Readers(site, keeping=2, renewing=2) as readers:
        readers.wait_for_more(20)
        filler = fill(site.folder)
        written, page = save_until_refused(curator, record)
        assert "There is no room left" in page
        assert "What you sent was not saved." in page
        assert 'name="summary"' in page  # what was typed
        after = saved_texts(site.database_url, record)
        assert set(after) == {written} if written else after == before

        bringing = curator.form("/ja/admin/partnerships/import/add/", "kind") | {"kind": "partnerships"}
        japanese = curator.post("/ja/admin/partnerships/import/add/", bringing, file=("ties.csv", a_file()))
        assert (japanese.status, 'lang="ja"' in japanese.text) == (503, True), japanese.complaints
        assert rows(site.database_url, "SELECT count(*) FROM partnerships_import") == [(0,)]

        loading = command(site, "load_directory", edition, "--overwrite")
        assert loading.returncode == 1
        assert "Traceback" not in loading.stderr
        assert loading.stderr.splitlines()[-1].startswith("There is no room left on the disk"), loading.stderr
        assert rows(site.database_url, ledger) == loaded
        assert damage_of_file(site.database_url) == []
        readers.wait_for_more(20)

        filler.unlink()
        assert curator.save(record, "room again").status == 302
        assert set(saved_texts(site.database_url, record)) == {"room again"}
        assert "room again" in site.get(f"/partnerships/{slug}/")[1].decode()
        loading = command(site, "load_directory", edition, "--overwrite")
        assert loading.returncode == 0, loading.stderr
        readers.wait_for_more(20)
    assert (readers.failed, readers.wrong) == ([], [])
    assert children.result_of(site.database_url, faults_of) == {}


def test_a_full_disk_of_postgresql_is_refused_in_words_and_leaves_nothing(
    prepared: Prepared, children: Children, tmp_path: Path, database_url: str
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite lies on the same disk as everything else")
    with (
        tempfile.TemporaryDirectory(prefix="directory-faults-") as folder,
        small_disk(Path(folder) / "disk", 260) as disk,
        contextlib.ExitStack() as ending,
    ):
        disk.chmod(0o755)
        primary = cluster.make_primary(disk / "postgresql")
        ending.callback(lambda: primary.stop("immediate"))
        moved(prepared.database_url, primary.url)
        (tmp_path / "var").mkdir()
        site = server.start(tmp_path / "var", primary.url, REQUIRE_MFA="off")
        ending.callback(site.stop)
        site.wait_until(lambda it: "Serving " in it.output)
        [(record, slug)] = cited_partnerships(primary.url, 1)
        curator = Curator.signed_in(site, CURATORS[0])
        before = saved_texts(primary.url, record)
        filler = fill(disk)
        written, page = save_until_refused(curator, record)
        filler.unlink()
        with contextlib.suppress(subprocess.CalledProcessError):
            primary.start()  # where it could not write its own log, it has ended
        after = saved_texts(primary.url, record)
        assert set(after) == {written} if written else after == before
        assert curator.save(record, "room again").status == 302
        assert set(saved_texts(primary.url, record)) == {"room again"}
        assert "room again" in site.get(f"/partnerships/{slug}/")[1].decode()
        assert "Out of service" in page
