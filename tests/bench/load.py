"""Load on a server: wrk where there is one, else a generator of our own; the same for every server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .client import ACCEPT, Client

ROOT = Path(__file__).resolve().parent.parent.parent
LUA = Path(__file__).with_name("load.lua")
CONNECTIONS = 8
SLOW = 0.1  # seconds: of answers that take longer, a number is timed instead of a second's worth counted
VERY_SLOW = 4  # seconds: one of these is enough
OWN = "our own generator (2 processes over bare sockets)"


class WrongAnswerError(Exception):
    """An answer that makes the measurement worthless."""


@dataclass(frozen=True)
class Round:
    """One measurement of one page on one server; times in milliseconds, as the client saw them."""

    per_second: float
    p50: float
    p95: float
    worst: float


def find_generator() -> str:
    """Install wrk where it is missing and may be installed; returns what load will be made with."""
    if shutil.which("wrk"):
        return _version()
    may = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") and (not may or shutil.which("sudo")):
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "wrk"]):
            subprocess.run(
                [*may, "apt-get", "--quiet", *command],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                stdin=subprocess.DEVNULL,
                check=False,
            )
    return _version() if shutil.which("wrk") else OWN


def _version() -> str:
    said = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False).stdout.split()
    return "wrk " + (said[1] if len(said) > 1 else "")


def measure(generator: str, url: str, paths: list[str], *, seconds: int, turn: int = 0) -> Round:
    """One round. Of pages slower than ``SLOW``, some are asked for four at a time, and timed until the last.

    A page that is ``VERY_SLOW`` is asked for once: no second one would run beside it without making both slower.
    """
    with Client(url) as client:
        probe = client.get(paths[turn % len(paths)])
    if probe.status != 200:
        raise WrongAnswerError(f"{url}{paths[turn % len(paths)]} answered {probe.status}")
    if probe.seconds > VERY_SLOW:
        return Round(1 / probe.seconds, *[probe.seconds * 1000] * 3)
    if probe.seconds > SLOW:
        number = max(4, int(2 * seconds / probe.seconds))
        return _summed([_run_client({"url": url, "paths": paths, "connections": 4, "requests": number})])
    if generator == OWN:
        task = {"url": url, "connections": CONNECTIONS // 2, "seconds": seconds}
        halves = [paths[0::2], paths[1::2] or paths]
        running = [
            _start_client({**task, "paths": half[turn % len(half) :] + half[: turn % len(half)]}) for half in halves
        ]
        return _summed([_finished(process) for process in running])
    return _wrk(url, paths, seconds, turn)


def _wrk(url: str, paths: list[str], seconds: int, turn: int) -> Round:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(paths))
        file.flush()
        done = subprocess.run(
            [
                *("wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "30s"),
                *("-H", f"Accept-Encoding: {ACCEPT}", "-s", str(LUA), url, "--", file.name, str(turn)),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    said = json.loads(done.stdout.strip().splitlines()[-1])
    if said["bad"] or not said["requests"]:
        raise WrongAnswerError(f"{said['bad']} of {said['requests']} requests to {url}{paths[0]} failed")
    return Round(said["requests"] / said["seconds"], said["p50"], said["p95"], said["worst"])


def _start_client(task: dict[str, Any]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.client"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin
    process.stdin.write(json.dumps(task))
    process.stdin.close()
    return process


def _finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    with process.stdout as output:
        said = output.read()
    if process.wait():
        raise WrongAnswerError("the generator of load failed")
    return json.loads(said)


def _run_client(task: dict[str, Any]) -> dict[str, Any]:
    return _finished(_start_client(task))


def _summed(answers: list[dict[str, Any]]) -> Round:
    times = sorted(seconds * 1000 for answer in answers for seconds in answer["times"])
    bad = sum(count for answer in answers for status, count in answer["statuses"].items() if status != "200")
    if bad or not times:
        raise WrongAnswerError(f"{bad} requests failed")
    return Round(
        len(times) / max(answer["seconds"] for answer in answers),
        times[len(times) // 2],
        times[min(len(times) - 1, int(len(times) * 0.95))],
        times[-1],
    )


def alone(url: str, paths: list[str], *, seconds: float = 0.3, most: int = 60) -> list[float]:
    """The times in milliseconds of one visitor's requests, one after the other; at least one."""
    times: list[float] = []
    until = time.monotonic() + seconds
    with Client(url) as client:
        client.get(paths[0])
        while not times or (time.monotonic() < until and len(times) < most):
            answer = client.get(paths[len(times) % len(paths)])
            if answer.status != 200:
                raise WrongAnswerError(f"{url}{paths[0]} answered {answer.status}")
            times.append(answer.seconds * 1000)
    return times


class Readers:
    """Four visitors who ask for the same pages for some seconds, in the background."""

    def __init__(self, url: str, paths: list[str], *, seconds: float) -> None:
        self.process = _start_client({"url": url, "paths": paths, "connections": 4, "seconds": seconds})

    def result(self) -> Round:
        return _summed([_finished(self.process)])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Robots:
    """Distinct addresses asked for once each, by many connections, in the background."""

    def __init__(self, url: str, paths: list[str], *, robots: int, seconds: float) -> None:
        # Without the times of all answers: what nobody reads yet would fill the pipe and hold the process.
        task = {"url": url, "connections": CONNECTIONS // 2, "seconds": seconds, "robots": robots, "with_times": False}
        self.running = [
            _start_client({**task, "paths": paths[half::2], "requests": len(paths[half::2])}) for half in range(2)
        ]

    @property
    def is_running(self) -> bool:
        return any(process.poll() is None for process in self.running)

    def result(self) -> dict[str, Any]:
        """Waits; how many were answered, with which status, in which time."""
        answers = [_finished(process) for process in self.running]
        statuses: dict[str, int] = {}
        for answer in answers:
            for status, count in answer["statuses"].items():
                statuses[status] = statuses.get(status, 0) + count
        return {"statuses": statuses, "seconds": max(answer["seconds"] for answer in answers)}

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.wait()
