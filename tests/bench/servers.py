"""The servers under test, each in a process group of its own, ended in any case."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.server import free_port

from .client import Client
from .data import Dataset
from .load import ROOT, WrongAnswerError

SECONDS_TO_START = 240  # what is kept in memory may be made before the first answer
SECONDS_TO_STOP = 15
WORKERS = 2
DATASETTE = ROOT / ".venv-bench" / "bin" / "datasette"
MODES = {
    "fixed": {"DJANGO_SETTINGS_MODULE": "tests.bench.settings_fixed", "KEEP_PAGES": "0"},
    "plain": {"DJANGO_SETTINGS_MODULE": "tests.bench.settings_plain", "KEEP_PAGES": "0"},
    "kept": {"DJANGO_SETTINGS_MODULE": "tests.bench.settings_common"},
    "cold": {"DJANGO_SETTINGS_MODULE": "tests.bench.settings_common", "KEEP_PAGES": "0"},
    "crawled": {"DJANGO_SETTINGS_MODULE": "tests.bench.settings_common", "TRUSTED_PROXIES": "127.0.0.1"},
}


@dataclass
class Server:
    system: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def workers(self) -> list[int]:
        """The processes that answer: the children of the main one, or itself where it has none."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in listed] or [self.process.pid]

    def memory(self) -> dict[str, float]:
        """Megabytes of the largest worker: resident in all, and its share of what processes have in common."""
        found = []
        for pid in self.workers():
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            sizes = {line.split()[0].rstrip(":"): int(line.split()[1]) for line in lines[1:] if line.endswith(" kB")}
            found.append((sizes["Rss"] / 1000, sizes["Pss"] / 1000))
        rss, pss = max(found)
        return {"rss": round(rss, 1), "pss": round(pss, 1)}

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            try:
                self.process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


@contextmanager
def running(systems: list[str], data: Dataset) -> Iterator[dict[str, Server]]:
    """Servers of these systems on the same records, each of which answers; all are ended with the block."""
    servers: dict[str, Server] = {}
    try:
        for system in systems:
            servers[system] = _start(system, data)
            if len(servers) == 1:
                _wait(servers[system])  # the first one prepares the database, the others find it ready
        for server in servers.values():
            _wait(server)
        yield servers
    finally:
        for server in servers.values():
            server.stop()


def _start(system: str, data: Dataset) -> Server:
    port = free_port()
    log = data.folder / f"{system}.log"
    if system == "datasette":
        # Its usual way to publish a file that does not change, with limits raised so that it answers at 100,000.
        limits = {
            "sql_time_limit_ms": 170_000,
            "facet_time_limit_ms": 170_000,
            "default_facet_size": 60,
            "max_csv_mb": 0,
            "suggest_facets": "off",
            "num_sql_threads": 4,
        }
        settings = [text for name, value in limits.items() for text in ("--setting", name, str(value))]
        command = [str(DATASETTE), "serve", "-i", str(data.datasette_file), "--port", str(port), *settings]
        environment = dict(os.environ)
    else:
        command = [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", str(WORKERS)]
        environment = data.environment | {"RATE_LIMIT": "0"} | MODES[system]
        if system == "crawled":
            del environment["RATE_LIMIT"]  # as it is delivered
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Server(system, f"http://127.0.0.1:{port}", process, log)


def _wait(server: Server) -> None:
    path = "/-/versions.json" if server.system == "datasette" else "/healthz"
    until = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            with Client(server.url) as client:
                if client.get(path).status == 200:
                    return
        except OSError:
            pass
        if server.process.poll() is not None or time.monotonic() > until:
            said = server.log.read_text(errors="replace")[-2000:]
            server.stop()
            raise WrongAnswerError(f"The server “{server.system}” did not start.\n{said}")
        time.sleep(0.1)
