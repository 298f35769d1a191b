"""A client over a bare socket, quick enough to time others: one connection, kept open, one request after another.

Run as a program it is a generator of load: ``python -m tests.bench.client`` reads one JSON object (``url``, ``paths``,
``connections``, and ``seconds`` or ``requests``; for how many ``robots`` it asks) and writes the times of all answers.
"""

from __future__ import annotations

import gzip
import json
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

ACCEPT = "identity"  # all bodies as they are: the controls do not compress, and kept pages are compressed only once
PATIENCE = 180  # seconds for one answer


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    seconds: float
    is_compressed: bool

    @property
    def text(self) -> str:
        return (gzip.decompress(self.body) if self.is_compressed else self.body).decode()


class Client:
    def __init__(self, url: str, forwarded_for: str = "") -> None:
        parts = urlsplit(url)
        self.forwarded_for = forwarded_for  # as a proxy says whom it asks for
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.connection: socket.socket | None = None
        self.rest = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection, self.rest = None, b""

    def get(self, path: str) -> Answer:
        started = time.perf_counter()
        if self.connection is None:
            self.connection = socket.create_connection((self.host, self.port), timeout=PATIENCE)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [f"GET {path} HTTP/1.1", f"Host: {self.host}:{self.port}", f"Accept-Encoding: {ACCEPT}"]
        if self.forwarded_for:
            lines.append(f"X-Forwarded-For: {self.forwarded_for}")
        self.connection.sendall("\r\n".join([*lines, "", ""]).encode())
        head = self._until(b"\r\n\r\n").lower()
        if b"\r\ntransfer-encoding: chunked" in head:
            body = self._chunks()
        else:
            found = head.find(b"\r\ncontent-length:")
            body = self._exactly(int(head[found + 17 : head.index(b"\r\n", found + 2)])) if found >= 0 else b""
        status = int(head[9:12])
        if b"\r\nconnection: close" in head:
            self.close()
        return Answer(status, body, time.perf_counter() - started, b"\r\ncontent-encoding: gzip" in head)

    def _more(self) -> None:
        assert self.connection
        received = self.connection.recv(262_144)
        if not received:
            self.close()
            raise ConnectionError("the server closed the connection within an answer")
        self.rest += received

    def _until(self, mark: bytes) -> bytes:
        while (end := self.rest.find(mark)) < 0:
            self._more()
        found, self.rest = self.rest[: end + len(mark)], self.rest[end + len(mark) :]
        return found

    def _exactly(self, size: int) -> bytes:
        parts, held = [self.rest], len(self.rest)
        self.rest = b""
        while held < size:
            self._more()
            parts.append(self.rest)
            held += len(self.rest)
            self.rest = b""
        whole = b"".join(parts)
        self.rest = whole[size:]
        return whole[:size]

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            parts.append(self._exactly(size))
            self._until(b"\r\n")
        self._until(b"\r\n")
        return b"".join(parts)


def load(task: dict[str, Any]) -> dict[str, Any]:
    """Ask with several connections at once, each taking its share of the addresses in turn."""
    paths, connections, robots = task["paths"], task["connections"], task.get("robots", 0)
    until = time.monotonic() + task["seconds"] if task.get("seconds") else None
    times: list[float] = []
    statuses: Counter[int] = Counter()
    started = time.perf_counter()

    def ask(first: int) -> None:
        turn = first
        with Client(task["url"]) as client:
            while turn < task["requests"] if "requests" in task else True:
                if until and time.monotonic() > until:
                    break
                if robots:
                    client.forwarded_for = _address_of(robots, turn % robots)
                try:
                    answer = client.get(paths[turn % len(paths)])
                except OSError:
                    client.close()
                    statuses[0] += 1
                else:
                    statuses[answer.status] += 1
                    times.append(answer.seconds)
                turn += connections

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = times if task.get("with_times", True) else []
    return {"times": kept, "statuses": dict(statuses), "seconds": time.perf_counter() - started}


def _address_of(robots: int, robot: int) -> str:
    """One of the addresses that are set aside for measurements (RFC 2544); one robot's is none of many robots'."""
    return f"198.{19 if robots == 1 else 18}.{robot >> 8}.{robot & 255}"


def main() -> None:
    json.dump(load(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
