"""The real server as its users start it: ``manage.py serve`` in a process group of its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
FIRST_ACCOUNT = re.compile(r"Made the first account: (\S+), password (\S+) ")
SECONDS_TO_START = 120
SECONDS_TO_STOP = 15

_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    url: str
    log: Path
    folder: Path
    database_url: str

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def editor(self) -> tuple[str, str]:
        """Name and password of the account made at the first start."""
        found = FIRST_ACCOUNT.search(self.output)
        assert found, self.output
        return found[1], found[2]

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with _open(self.url + path, timeout=30) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def connect(self) -> http.client.HTTPConnection:
        """A connection that stays open, which one of the workers takes for as long as it lasts."""
        address = urlsplit(self.url)
        return http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)

    def write(self, statement: str) -> None:
        """Change the database as another program would."""
        if self.database_url.startswith("sqlite"):
            with contextlib.closing(sqlite3.connect(self.database_url.removeprefix("sqlite:///"))) as connection:
                connection.execute(statement)
                connection.commit()
        else:
            with psycopg.connect(self.database_url) as connection:
                connection.execute(statement.encode())

    def answers(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def wait_until(self, condition: Callable[[Server], bool]) -> None:
        until = time.monotonic() + SECONDS_TO_START
        while not condition(self):
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"The server ended or took too long.\n{self.output}")
            time.sleep(0.05)

    def interrupt(self) -> int:
        """Press Ctrl-C, which reaches every process of the terminal's group; returns the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(SECONDS_TO_STOP)

    def stop(self) -> None:
        """End it in any case."""
        if self.process.poll() is None:
            try:
                self.interrupt()
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, database_url: str, **settings: str) -> dict[str, str]:
    """The settings of a server that keeps everything under ``folder`` and makes its own secret key there."""
    variables = os.environ | {"VAR_DIR": str(folder), "DATABASE_URL": database_url} | settings
    if "SECRET_KEY" not in settings:
        del variables["SECRET_KEY"]
    return variables


def start(folder: Path, database_url: str, **settings: str) -> Server:
    """Start a server and return at once; its state is in ``folder``."""
    port = free_port()
    log = folder.parent / f"server-{port}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment(folder, database_url, **settings),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Server(process, f"http://127.0.0.1:{port}", log, folder, database_url)
