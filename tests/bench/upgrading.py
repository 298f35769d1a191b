"""How long readers and a writer wait while a large directory is upgraded: ``python -m tests.bench.upgrading``.

Makes invented partnerships, takes the newest migrations back, and applies them again as ``make run`` does, while two
readers ask in turn what a listing, a record and the version of the directory ask, and one writer saves a record. They
are processes of their own and know the database only, as a program that still runs in its former version does.
Waits are in seconds, from the moment a statement was sent to its last row.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import psycopg

from tests import engine as engines

from .data import Dataset, finish_making, start_making
from .load import ROOT

READERS = 2
BEFORE = 2.0  # seconds that everybody is at work before the upgrade begins
LISTING = (
    "SELECT p.id, p.slug, p.title, p.title_ja, p.summary, p.started FROM partnerships_partnership p "
    "WHERE p.publication = 'published' ORDER BY p.started DESC, p.slug LIMIT 25"
)
RECORD = (
    "SELECT p.*, a.name, a.name_ja FROM partnerships_partnership p "
    "JOIN partnerships_participation t ON t.partnership_id = p.id JOIN partnerships_actor a ON a.id = t.actor_id "
    "WHERE p.id = {pk}"
)
SOURCES = (
    "SELECT s.title, s.url FROM partnerships_source s JOIN partnerships_citation c ON c.source_id = s.id "
    "WHERE c.partnership_id = {pk}"
)
VERSION = "SELECT number FROM partnerships_directoryversion WHERE id = 1"
SAVE = "UPDATE partnerships_partnership SET summary = summary || ' ' WHERE id = {pk}"


class Connection:
    """The database as the directory's own settings open it: statements that each are a transaction."""

    def __init__(self, url: str) -> None:
        if url.startswith("sqlite"):
            self._connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20, isolation_level=None)
            self._connection.execute("PRAGMA synchronous=NORMAL")
        else:
            # As Django does by default: a plan that was prepared before a table changed would be refused after it.
            self._connection = psycopg.connect(url, autocommit=True, prepare_threshold=None)

    def ask(self, statement: str) -> list[Any]:
        return list(self._connection.execute(statement).fetchall())

    def save(self, statement: str) -> None:
        self._connection.execute(statement)


def _at_work(url: str, ids: list[int], is_writer: bool, end: Event, waits: Any) -> None:
    """Ask or save until ``end``; put (moment, wait, statement) of each into ``waits``."""
    connection = Connection(url)
    chosen = random.Random(os.getpid())
    found: list[tuple[float, float, str]] = []
    failures: list[str] = []
    while not end.is_set():
        for statement in (SAVE,) if is_writer else (VERSION, LISTING, VERSION, RECORD, SOURCES):
            began = time.monotonic()
            try:
                (connection.save if is_writer else connection.ask)(statement.format(pk=chosen.choice(ids)))
            except (sqlite3.Error, psycopg.Error) as error:
                failures.append(f"{statement[:60]}: {str(error).splitlines()[0]}")
            found.append((began, time.monotonic() - began, statement))
        time.sleep(0.02 if is_writer else 0.005)
    waits.put((is_writer, found, failures))


@contextlib.contextmanager
def _everybody_at_work(url: str, ids: list[int]) -> Iterator[Callable[[], list[Any]]]:
    spawning = multiprocessing.get_context("spawn")
    end, waits = spawning.Event(), spawning.Queue()
    workers = [
        spawning.Process(target=_at_work, args=(url, ids, number == READERS, end, waits))
        for number in range(READERS + 1)
    ]
    for worker in workers:
        worker.start()

    def results() -> list[Any]:
        end.set()
        return [waits.get(timeout=60) for _ in workers]

    try:
        yield results
    finally:
        end.set()
        for worker in workers:
            worker.join(30)


def _manage(data: Dataset, *arguments: str) -> str:
    variables = data.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed.\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def measure(data: Dataset, since: str) -> dict[str, Any]:
    """Upgrade from ``since`` with everybody at work; the waits in seconds."""
    _manage(data, "manage.py", "migrate", "partnerships", since, "--verbosity", "0")
    data.query("ANALYZE") if data.engine == "sqlite" else None
    ids = [row[0] for row in data.query("SELECT id FROM partnerships_partnership")]
    with _everybody_at_work(data.database_url, ids) as results:
        time.sleep(BEFORE)
        began = time.monotonic()
        said = _manage(data, "manage.py", "migrate", "--verbosity", "2")
        ended = time.monotonic()
        time.sleep(BEFORE)
        found = results()
    figures: dict[str, Any] = {
        "engine": data.engine,
        "partnerships": data.size,
        "since": since,
        "seconds": round(ended - began, 2),
        "migrations": dict(re.findall(r"Applying partnerships\.(\S+?)\.\.\. OK \((\S+)s\)", said)),
    }
    for name, is_writer in (("readers", False), ("writer", True)):
        all_waits = [entry for writer, entries, _failures in found if writer is is_writer for entry in entries]
        during = [entry for entry in all_waits if began <= entry[0] + entry[1] and entry[0] <= ended]
        before = [entry for entry in all_waits if entry[0] + entry[1] < began]
        longest = max(during, key=lambda entry: entry[1])
        figures[name] = {
            "statements": len(during),
            "longest": round(longest[1], 3),
            "longest_asked": longest[2][:70],
            "longest_after_start": round(longest[0] - began, 2),
            "longest_before": round(max((entry[1] for entry in before), default=0.0), 3),
            "over_half_a_second": sum(entry[1] > 0.5 for entry in during),
            "failures": sorted({text for writer, _e, failures in found if writer is is_writer for text in failures}),
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--engine", choices=engines.ENGINES, action="append", help="default: both")
    parser.add_argument("--partnerships", type=int, default=100_000, metavar="N")
    parser.add_argument("--since", default="0004", help="the migration to upgrade from (default: 0004)")
    parser.add_argument("--folder", type=Path, help="keep the databases here, and use those that are there already")
    given = parser.parse_args()
    with contextlib.ExitStack() as ending:
        folder = given.folder or Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="upgrading-")))
        for engine in given.engine or engines.ENGINES:
            own = folder / f"{engine}-{given.partnerships}"
            own.mkdir(parents=True, exist_ok=True)
            with contextlib.ExitStack() as until_measured:
                server_url = ""
                if engine == "postgresql":
                    server_url = engines._start_postgresql(own / "server", until_measured)
                data = _made(given.partnerships, engine, own, server_url)
                print(json.dumps(measure(data, given.since), indent=2), flush=True)  # noqa: T201


def _made(size: int, engine: str, folder: Path, server_url: str) -> Dataset:
    if not (folder / "made").exists():
        data, process = start_making(size, engine, folder / "data", ROOT / "fixtures", server_url)
        finish_making(data, process)
        (folder / "made").write_text("")
        return data
    url = f"sqlite:///{folder / 'data' / 'directory.sqlite3'}"
    if engine == "postgresql":
        url = server_url.rpartition("/")[0] + f"/bench_{size}"
    return Dataset(size, engine, folder / "data", url, ROOT / "fixtures")


if __name__ == "__main__":
    main()
