"""``python -m tests.bench [--quick]``: measure the directory in turn with its controls."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from . import report, robots
from .client import Client
from .data import (
    ROWS,
    Dataset,
    address,
    addresses,
    finish_making,
    make_datasette_file,
    problem_with,
    start_making,
)
from .load import CONNECTIONS, ROOT, VERY_SLOW, Readers, WrongAnswerError, alone, find_generator, measure
from .servers import DATASETTE, Server, running

SECONDS = 1  # of a round
ROUNDS = 3
PATIENCE = 9  # seconds for the rounds of a page that is too slow for the clock
CHANGES = 3
WARMING = 4  # visitors at a time
OURS = ("kept", "cold")


@dataclass(frozen=True)
class Plan:
    """What to measure on one set of records: the directory and the fixed body on ``rows``, the others on fewer."""

    size: int
    engine: str
    rows: tuple[str, ...] = ROWS
    others: tuple[str, ...] = ("plain", "datasette")
    rows_of_others: tuple[str, ...] = ("listing", "csv")
    rows_kept: tuple[str, ...] = ("listing", "record")  # a kept page is a kept page, whatever is on it
    crawl: int = 0

    @property
    def name(self) -> str:
        return f"{self.size}-{self.engine}"

    @property
    def in_full(self) -> Plan:
        """Every page of every system, where there are any."""
        if not self.rows:
            return self
        return replace(self, rows=ROWS, rows_of_others=ROWS, rows_kept=ROWS, crawl=self.crawl or 2_000)

    @property
    def systems(self) -> list[str]:
        return ["fixed", "kept", "cold", *self.others]

    def systems_on(self, row: str) -> list[str]:
        others = self.others if row in self.rows_of_others else ()
        if row == "csv":  # not to be compared with a page of 40 KB
            return ["kept", *others]
        return ["fixed", *(["kept"] if row in self.rows_kept else []), "cold", *others]


QUICK = [
    Plan(600, "sqlite", ("listing", "filtered", "words", "japanese", "record", "csv"), crawl=2_000),
    Plan(600, "postgresql", ("listing", "filtered"), ("plain",)),
]
FULL = [
    Plan(600, "sqlite"),
    Plan(10_000, "sqlite"),
    Plan(100_000, "sqlite", ROWS[:-1], rows_of_others=("listing",), crawl=100_000),  # a CSV takes the others minutes
    Plan(600, "postgresql", ROWS[:-1], ("plain",)),
    Plan(10_000, "postgresql", ROWS[:-1], ("plain",)),
]
# What only its name brings about: the records take too long to make.
BY_NAME = [
    Plan(100_000, "postgresql", ROWS[:-1], ("plain",)),
    Plan(1_000_000, "sqlite", ()),
    Plan(1_000_000, "postgresql", ()),
]
SECONDS_QUICK, SECONDS_FULL = 172, 870
SECONDS_OF_ROBOTS_QUICK, SECONDS_OF_ROBOTS_FULL = 15, 60


class Bench:
    def __init__(self, command: str, seconds: float, most_crawling: float) -> None:
        self.started = time.monotonic()
        self.most_crawling = most_crawling
        self.until = self.started + seconds
        self.failures: list[str] = []
        self.generator = find_generator()
        self.figures: report.Figures = {
            "command": command,
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "commit": _commit(),
            "machine": _machine(),
            "versions": _versions(),
            "generator": self.generator,
            "seconds": 0,
            "measurements": [],
            "sql": [],
            "changes": [],
            "memory": [],
            "crawl": [],
            "not_run": [],
        }

    def say(self, text: str) -> None:
        elapsed = int(time.monotonic() - self.started)
        print(f"{elapsed // 60:2}:{elapsed % 60:02}  {text}", flush=True)  # noqa: T201 (a program's output)

    def fail(self, text: str) -> None:
        self.failures.append(text)
        self.say(f"FAILED: {text}")

    @property
    def left(self) -> float:
        return self.until - time.monotonic()

    def has_time(self, seconds: float, what: str) -> bool:
        if seconds < self.left:
            return True
        self.say(f"not run, no time left: {what}")
        self.figures["not_run"].append(what)
        return False

    # --- Records -------------------------------------------------------------------------------------------------

    def make(self, plans: list[Plan], folder: Path, ending: contextlib.ExitStack) -> list[tuple[Plan, Dataset]]:
        """All databases, the two engines at the same time; each of one that holds the places and themes already."""
        places = folder / "places"
        places.mkdir()
        _in_django(
            "from pathlib import Path; from partnerships.services.benchmark_data import write_places_package; "
            f"write_places_package(Path({str(places)!r}))",
            folder,
        )
        server_url = ""
        if any(plan.engine == "postgresql" for plan in plans):
            server_url, self.figures["versions"]["PostgreSQL"] = _start_postgresql(folder / "postgresql", ending)

        def make(size: int, engine: str, base: Dataset | None) -> Dataset:
            data, process = start_making(size, engine, folder / f"{engine}-{size}", places, server_url, base)
            ending.callback(_end, process)
            finish_making(data, process)
            return data

        def make_all(engine: str) -> list[tuple[Plan, Dataset]]:
            base = make(0, engine, None)
            made = []
            for plan in sorted((plan for plan in plans if plan.engine == engine), key=lambda plan: plan.size):
                data = make(plan.size, engine, base)
                if plan.rows and "datasette" in plan.systems:
                    make_datasette_file(data)
                self.say(f"made {data.name}")
                made.append((plan, data))
            return made

        engines = sorted({plan.engine for plan in plans})
        with ThreadPoolExecutor(len(engines)) as makers:
            made = [pair for pairs in makers.map(make_all, engines) for pair in pairs]
        return sorted(made, key=lambda pair: plans.index(pair[0]))

    # --- Measuring -----------------------------------------------------------------------------------------------

    def run(self, plan: Plan, data: Dataset) -> None:
        if not self.has_time(20, data.name):
            return
        self.probe(data)
        if not plan.rows:
            return
        self.say(f"{data.name}: starting {', '.join(plan.systems)}")
        with running(plan.systems, data) as servers:
            for row in plan.rows:
                chosen = {system: servers[system] for system in plan.systems_on(row)}
                if self.has_time(2 + ROUNDS * SECONDS * len(chosen), f"{report.PAGES[row]}, {data.name}"):
                    self.measure_row(row, chosen, data)
            subject = servers["kept"]
            key = {"size": data.size, "engine": data.engine}
            memory = {system: server.memory() for system, server in servers.items() if system in OURS}
            worst = max(memory.values(), key=lambda each: each["rss"])
            self.figures["memory"].append({**key, **worst, "of": memory})
            self.say(f"{data.name}: memory of one worker {worst['rss']:.0f} MB (its share {worst['pss']:.0f} MB)")
            if self.has_time(10, f"after a change, {data.name}"):
                self.change(subject, data)
        if plan.crawl and self.has_time(robots.SECONDS_AT_LEAST, f"robots, {data.name}"):
            self.crawl(plan.crawl, data)

    def crawl(self, count: int, data: Dataset) -> None:
        try:
            found = robots.crawl(data, count, min(self.most_crawling, self.left - 5), self.say)
        except WrongAnswerError as error:
            self.fail(f"robots, {data.name}: {error}")
            return
        self.figures["crawl"] += found
        asked = found[0]["asked"] if found else 0
        if asked < count:
            missing = f"{count - asked:,} of the {count:,} addresses that one robot asks for"
            self.figures["not_run"].append(f"{missing}, {data.name}")

    def probe(self, data: Dataset) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.probe"],
            cwd=ROOT,
            env=data.environment | {"RATE_LIMIT": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            self.fail(f"database side, {data.name}: {done.stderr.strip()[-500:]}")
            return
        found = json.loads(done.stdout)
        self.figures["sql"].append({"size": data.size, "engine": data.engine, **found})
        self.say(
            f"{data.name}: plain SQL {sum(found['sql'].values()):.1f} ms, a listing of ours "
            f"{found['ours']['database']:.1f} ms in the database, {found['ours']['statements']} statements"
        )

    def measure_row(self, row: str, servers: dict[str, Server], data: Dataset) -> None:
        """One page on every server, in turn, round by round."""
        cells: dict[str, report.Figures] = {}
        pages = {system: addresses(system, row, data) for system in servers}
        for system, server in servers.items():
            found = {"size": data.size, "engine": data.engine, "row": row, "system": system, "rounds": [], "note": ""}
            self.figures["measurements"].append(found)
            if problem := self.check(server, row, pages[system], data):
                found["note"] = "not there" if row == "csv" and problem == "answered 404" else "wrong"
                if found["note"] == "wrong":
                    self.fail(f"{report.PAGES[row]}, {report.SYSTEMS[system]}, {data.name}: {problem}")
                continue
            cells[system] = found
            if system in OURS:  # parts of pages are kept in both modes, whole ones in one
                self.warm(server, pages[system])
        spent = dict.fromkeys(cells, 0.0)
        for turn in range(ROUNDS):
            for system, found in cells.items():
                if turn and spent[system] / turn * (turn + 1) > PATIENCE:
                    continue
                started = time.monotonic()
                try:
                    result = measure(
                        self.generator,
                        servers[system].url,
                        pages[system],
                        seconds=SECONDS,
                        turn=turn * len(pages[system]) // 3,
                    )
                except WrongAnswerError as error:
                    self.fail(f"{report.PAGES[row]}, {report.SYSTEMS[system]}, {data.name}: {error}")
                    found["note"] = "failed"
                    continue
                spent[system] += time.monotonic() - started
                found["rounds"].append(round(result.per_second, 3))
                found["p95"] = round(result.p95, 2)
                found["alone"] = round(result.p50, 3)
        for system, found in cells.items():
            if found["rounds"] and found["alone"] < VERY_SLOW * 1000:
                times = alone(servers[system].url, pages[system])
                found["alone"] = round(report.median(times), 3)
        limit = report.median(cells["fixed"]["rounds"]) if cells.get("fixed", {}).get("rounds") else 0
        parts = []
        for system, found in cells.items():
            if found["rounds"]:
                rate = report.median(found["rounds"])
                share = f" = {report.short(rate / limit)}" if limit and system != "fixed" else ""
                parts.append(f"{system} {report.short(rate)}/s{share} ±{report.spread(found['rounds']) / 2:.0%}")
        self.say(f"{data.name}, {report.PAGES[row]}: {', '.join(parts)}")

    def check(self, server: Server, row: str, pages: list[str], data: Dataset) -> str:
        """Whether the first, the middle and the last address are answered rightly; what is wrong, if not."""
        with Client(server.url) as client:
            for turn in sorted({0, len(pages) // 2, len(pages) - 1}):
                try:
                    answer = client.get(pages[turn])
                except OSError as error:
                    return f"{pages[turn]} was not answered ({error})"
                if problem := problem_with(answer, server.system, row, turn, data):
                    return problem if problem == "answered 404" else f"{pages[turn]} {problem}"
        return ""

    def warm(self, server: Server, pages: list[str]) -> None:
        """Ask for every address over many connections, a few at once, so that each worker has answered it.

        The system hands connections to one of two workers by chance: once in two thousand times one is left out.
        """

        def visit(_number: int) -> None:
            with Client(server.url) as client:
                for page in pages:
                    client.get(page)

        with ThreadPoolExecutor(WARMING) as visitors:
            list(visitors.map(visit, range(WARMING * 3)))

    # --- After a published change ----------------------------------------------------------------------------------

    def change(self, server: Server, data: Dataset) -> None:
        """Publish changes from another process; the very next page must show each, while readers go on."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.change"],
            cwd=ROOT,
            env=data.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdin and process.stdout
        found: report.Figures = {"size": data.size, "engine": data.engine, "is_right": True}
        try:
            process.stdout.readline()
            firsts, slowest = [], []
            for number in range(CHANGES):
                _pk, slug, *_rest = data.facts.newest[number]
                title = f"Zanzibarquay {number} of the benchmark"
                process.stdin.write(f"{slug} {title}\n")
                process.stdin.flush()
                process.stdout.readline()
                times = []
                for _worker in range(CONNECTIONS):  # several connections, so that every worker is asked
                    started = time.perf_counter()
                    with Client(server.url) as client:
                        search = address(q=f"zanzibarquay {number}")
                        for page, shown in ((address(), title), (search, slug), (f"/partnerships/{slug}/", title)):
                            answer = client.get(page)
                            if (answer.status != 200 or shown not in answer.text) and found["is_right"]:
                                found["is_right"] = False
                                self.fail(f"after a change, {data.name}: {page} does not show it ({answer.status})")
                            if not times:
                                times.append(time.perf_counter() - started)
                    times.append(time.perf_counter() - started)
                firsts.append(times[0])
                slowest.append(max(times[1:]))
            found["seconds"] = round(report.median(firsts), 4)
            found["seconds_all"] = round(report.median(slowest), 4)
            found["readers_worst"] = round(self.change_beside_readers(server, data, process), 2)
        finally:
            process.stdin.close()
            process.wait(30)
        self.figures["changes"].append(found)
        self.say(
            f"{data.name}, after a change: first page {'right' if found['is_right'] else 'WRONG'} in "
            f"{found['seconds']:.3f} s, readers meanwhile at most {found['readers_worst']:.0f} ms"
        )

    def change_beside_readers(self, server: Server, data: Dataset, process: Any) -> float:
        """The slowest page of four readers while changes are published, in milliseconds."""
        readers = Readers(server.url, [address()], seconds=CHANGES)
        try:
            for number in range(CHANGES):
                time.sleep(0.5)
                process.stdin.write(f"{data.facts.newest[CHANGES][1]} Zanzibarquay beside readers {number}\n")
                process.stdin.flush()
                process.stdout.readline()
            return readers.result().worst
        except WrongAnswerError as error:
            self.fail(f"after a change, {data.name}: readers meanwhile: {error}")
            return 0.0
        finally:
            readers.stop()


def _start_postgresql(folder: Path, ending: contextlib.ExitStack) -> tuple[str, str]:
    import psycopg

    from tests import engine

    url = engine._start_postgresql(folder, ending)
    with psycopg.connect(url) as connection:
        number = connection.info.server_version
    return url, f"{number // 10000}.{number % 10000}"


def _in_django(statement: str, folder: Path) -> None:
    environment = os.environ | {"VAR_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'none.sqlite3'}"}
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", statement], cwd=ROOT, env=environment, check=True
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def _machine() -> dict[str, Any]:
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {"processor": processor, "cores": os.cpu_count(), "memory": round(memory), "system": platform.system()}


def _versions() -> dict[str, str]:
    import sqlite3

    said = subprocess.run([str(DATASETTE), "--version"], capture_output=True, text=True, check=True).stdout
    return {
        "Python": platform.python_version(),
        "Django": version("django"),
        "Granian": version("granian"),
        "Datasette": said.split()[-1],
        "SQLite": sqlite3.sqlite_version,
    }


def _interrupted(*_signal: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="600 partnerships only, in less than three minutes")
    parser.add_argument("--all", action="store_true", help="every page of every system, however long it takes")
    parser.add_argument(
        "--only",
        metavar="SIZE-ENGINE",
        action="append",
        choices=[plan.name for plan in [*FULL, *BY_NAME]],
        help="one set of records, like 10000-sqlite; 100000-postgresql takes ten minutes, 1000000-sqlite an hour",
    )
    parser.add_argument("--add", action="store_true", help="leave in bench.json what it says of other sets of records")
    parser.add_argument("--update-readme", action="store_true", help="write the table of bench.json into the README")
    options = parser.parse_args()
    if options.update_readme:
        figures = json.loads((ROOT / "bench.json").read_text(encoding="utf-8"))
        report.update_readme(ROOT / "README.md", figures)
        return 0
    if not DATASETTE.exists():
        parser.exit(2, "Datasette is not installed under .venv-bench; “make bench” does that.\n")
    plans = QUICK if options.quick else FULL
    if options.only:
        plans = [plan for plan in [*plans, *BY_NAME] if plan.name in options.only]
    if not plans:
        parser.error("--quick measures 600-sqlite and 600-postgresql only.")
    if options.all:
        plans = [plan.in_full for plan in plans]
    has_limit = not options.all and not options.only
    signal.signal(signal.SIGTERM, _interrupted)
    bench = Bench(
        command=" ".join(["python -m tests.bench", *sys.argv[1:]]),
        seconds=(SECONDS_QUICK if options.quick else SECONDS_FULL) if has_limit else float("inf"),
        most_crawling=(SECONDS_OF_ROBOTS_QUICK if options.quick else SECONDS_OF_ROBOTS_FULL) if has_limit else 1800,
    )
    bench.say(f"load is made by {bench.generator}")
    try:
        with contextlib.ExitStack() as ending:
            folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            for plan, data in bench.make(plans, folder, ending):
                bench.run(plan, data)
    except KeyboardInterrupt:
        bench.say("interrupted; every server was stopped, nothing was written")
        return 130
    except WrongAnswerError as error:
        bench.say(f"FAILED: {error}")
        return 1
    if not options.quick and not options.only:
        bench.figures["not_run"] += [f"{plan.size:,} on {report.ENGINES[plan.engine]}" for plan in BY_NAME]
    bench.figures["seconds"] = round(time.monotonic() - bench.started)
    figures, there = bench.figures, ROOT / "bench.json"
    if options.add and there.exists():
        figures = report.added(json.loads(there.read_text(encoding="utf-8")), figures)
    report.write(ROOT, figures)
    print("\n" + report.markdown(figures))  # noqa: T201 (a program's output)
    bench.say("wrote bench.json and bench.svg")
    for text in report.missed(bench.figures):
        bench.say(f"target NOT met: {text}")
    for text in bench.failures:
        bench.say(f"FAILED: {text}")
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
