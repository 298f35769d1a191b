"""Counts for Prometheus, over all workers of a server; nothing is imported or counted while ``METRICS_TOKEN`` is empty.

Each worker writes its counts into files of its own in one folder, which whoever answers ``/metrics`` adds up
(“multiprocess mode” of prometheus-client). What a worker counted stays when it ends, because counts must not fall.
What can be asked of the database is asked when somebody wants to know, so that no worker leaves an old value behind.
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own variable
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Gauge(NamedTuple):
    """A number that can rise and fall; ``values`` by the value of ``label``, or by "" where there is none."""

    name: str
    meaning: str
    values: Mapping[str, float]
    label: str = ""


def count(event: str) -> None:
    """Count an event; ``event`` is a word of the program, never one of a request."""
    meters = _meters()
    if meters is not None:
        meters.count(event)


def observe(kind: str, method: str, status: int, seconds: float) -> None:
    """Count a request that was answered. All but the time must come from closed sets."""
    meters = _meters()
    if meters is not None:
        meters.observe(kind, method, f"{status // 100}xx", seconds)


def exposition(gauges: Iterable[Gauge]) -> tuple[bytes, str]:
    """All counts and these numbers in Prometheus's text format, and its content type. ``METRICS_TOKEN`` must be set."""
    meters = _meters()
    if meters is None:
        raise RuntimeError("METRICS_TOKEN is not set.")
    return meters.exposition(gauges)


def prepare_folder(folder: Path) -> None:
    """Empty the folder for the counts of a server that is about to start; its workers inherit the variable."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[FOLDER] = str(folder)


@functools.cache
def _meters() -> _Meters | None:
    return _Meters() if settings.METRICS_TOKEN else None


class _Meters:
    def __init__(self) -> None:
        import prometheus_client  # which looks at the variable when it is imported

        self._library = prometheus_client
        self._registry = prometheus_client.CollectorRegistry()
        self._requests = prometheus_client.Counter(
            "directory_requests", "Requests that were answered.", ["kind", "method", "status"], registry=self._registry
        )
        self._seconds = prometheus_client.Histogram(
            "directory_request_seconds",
            "Time from a request to the end of its answer.",
            ["kind"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._events = prometheus_client.Counter(
            "directory_events", "What happened beside requests, by its name.", ["event"], registry=self._registry
        )
        # So that a rule can tell “none so far” from “not counted”.
        for event in ("slow_query", "unhandled_error"):
            self._events.labels(event)
        # ``labels`` takes longer than to count.
        self._requests_of: dict[tuple[str, str, str], Any] = {}
        self._seconds_of: dict[str, Any] = {}

    def count(self, event: str) -> None:
        self._events.labels(event).inc()

    def observe(self, kind: str, method: str, status: str, seconds: float) -> None:
        key = (kind, method, status)
        counter = self._requests_of.get(key)
        if counter is None:
            counter = self._requests_of[key] = self._requests.labels(*key)
        histogram = self._seconds_of.get(kind)
        if histogram is None:
            histogram = self._seconds_of[kind] = self._seconds.labels(kind)
        counter.inc()
        histogram.observe(seconds)

    def exposition(self, gauges: Iterable[Gauge]) -> tuple[bytes, str]:
        if FOLDER in os.environ:
            from prometheus_client.multiprocess import MultiProcessCollector

            registry = self._library.CollectorRegistry()
            MultiProcessCollector(registry)
        else:  # one process, which some other server runs
            registry = self._library.CollectorRegistry()
            registry.register(self._registry)
        registry.register(_Asked(gauges))
        return self._library.generate_latest(registry), self._library.CONTENT_TYPE_LATEST


class _Asked:
    """Numbers that were asked for just now, in the library's shape."""

    def __init__(self, gauges: Iterable[Gauge]) -> None:
        self._gauges = list(gauges)

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        for gauge in self._gauges:
            family = GaugeMetricFamily(gauge.name, gauge.meaning, labels=[gauge.label] if gauge.label else [])
            for value, number in gauge.values.items():
                family.add_metric([value] if gauge.label else [], number)
            yield family
