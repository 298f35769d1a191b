"""A real Redis of a test's own, on a socket in a folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

SECONDS_TO_START = 10


@dataclass
class Redis:
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.folder / 'redis.sock'}"

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        """Start it, empty; it answers when this returns."""
        socket = self.folder / "redis.sock"
        command = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                self.client().ping()
                return
            except redis.ConnectionError:
                assert time.monotonic() < until, "Redis does not start"
                time.sleep(0.02)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def running_redis(folder: Path) -> Iterator[Redis]:
    """A Redis that has been started, and is ended afterwards.

    Without the program the test is skipped, or fails where it must not be.
    """
    if shutil.which("redis-server") is None:
        (pytest.fail if os.environ.get("REQUIRE_REDIS") == "1" else pytest.skip)("there is no redis-server here")
    made = Redis(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
