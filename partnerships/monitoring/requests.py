"""Each request has an id, which its answer, its lines in the log and reports of its errors bear.

A thin layer around the whole application, because a kept page is answered before any middleware and shares its headers
with the next one.
"""

from __future__ import annotations

import functools
import ipaddress
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any, Protocol

from django.core.signals import got_request_exception

from . import metrics, paths

HEADER = "X-Request-ID"
METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")

logger = logging.getLogger("partnerships.requests")

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Request:
    """What is known of a request while it is answered."""

    __slots__ = ("id", "line", "method", "path")

    def __init__(self, request_id: str, method: str, path: str) -> None:
        self.id = request_id
        self.method = method
        self.path = path
        self.line = "500"  # of the answer: its status in digits and in words

    @property
    def status(self) -> int:
        return int(self.line[:3])

    @property
    def told_method(self) -> str:
        return self.method if self.method in METHODS else "other"

    @property
    def told_path(self) -> str:
        return paths.shortened(self.path)


# Not reset at the end of a request: what a stream does later is still of it, and the next one sets its own.
_current: ContextVar[Request | None] = ContextVar("request", default=None)


def current() -> Request | None:
    """The request that this thread answers; None outside of any."""
    return _current.get()


def current_id() -> str:
    """The id of the request that this thread answers; empty outside of any."""
    request = _current.get()
    return request.id if request else ""


class Watching(Protocol):
    """The settings that decide what is watched."""

    TRUSTED_PROXIES: list[str]
    LOG_REQUESTS: bool
    METRICS_TOKEN: str


def watched(application: WSGIApplication, settings: Watching) -> WSGIApplication:
    """The application with an id for each request, counted and logged where the settings ask for it."""
    got_request_exception.connect(_count_fault, dispatch_uid="unhandled errors")
    is_trusted = _trusting(settings.TRUSTED_PROXIES) if settings.TRUSTED_PROXIES else None
    is_followed = settings.LOG_REQUESTS or bool(settings.METRICS_TOKEN)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter() if is_followed else 0.0
        request_id = ""
        if is_trusted is not None and is_trusted(environ.get("REMOTE_ADDR", "")):
            given = environ.get("HTTP_X_REQUEST_ID", "")
            request_id = given if _GIVEN.fullmatch(given) else ""
        request = Request(request_id or os.urandom(16).hex(), environ["REQUEST_METHOD"], environ["PATH_INFO"])
        _current.set(request)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            request.line = status
            headers.append((HEADER, request.id))  # a list that was made for this answer, whatever was kept
            return start_response(status, headers, exc_info)

        body: Iterable[bytes]
        try:
            body = application(environ, start)
        except Exception:
            # Django answers for its views and middleware, not for reading the request itself.
            _note_fault("The request could not be answered")
            start("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")])
            body = [b"Something went wrong here; it has been noted.\n"]
        if is_followed or getattr(body, "streaming", False):
            return _Body(body, request, _follower(settings, began) if is_followed else None)
        return body

    return answer


class _Body:
    """A body on its way: how long it is, when it is through, and whether it broke off."""

    def __init__(self, body: Iterable[bytes], request: Request, finish: Callable[[Request, int], None] | None) -> None:
        self._parts = iter(body)
        self._close = getattr(body, "close", None)
        self._request = request
        self._finish = finish
        self._bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            part = next(self._parts)
        except StopIteration:
            raise
        except Exception:
            _current.set(self._request)
            _note_fault("The answer broke off")
            # The server would write the text of the exception into the log.
            raise ConnectionAbortedError("The answer broke off; the log says why.") from None
        self._bytes += len(part)
        return part

    def close(self) -> None:
        try:
            if self._close is not None:
                self._close()
        finally:
            finish, self._finish = self._finish, None
            if finish is not None:
                finish(self._request, self._bytes)


def _count_fault(**options: Any) -> None:
    metrics.count("unhandled_error")


def _note_fault(what: str) -> None:
    _count_fault()
    logger.exception(what)


def _follower(settings: Watching, began: float) -> Callable[[Request, int], None]:
    def finish(request: Request, length: int) -> None:
        seconds = time.perf_counter() - began
        if settings.METRICS_TOKEN:
            metrics.observe(paths.kind_of(request.path), request.told_method, request.status, seconds)
        if settings.LOG_REQUESTS:
            _current.set(request)
            told = {
                "method": request.told_method,
                "path": request.told_path,
                "status": request.status,
                "milliseconds": round(1000 * seconds, 1),
                "bytes": length,
            }
            logger.info("request", extra={"told": told})

    return finish


def _trusting(proxies: list[str]) -> Callable[[str], bool]:
    networks = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]

    @functools.lru_cache(maxsize=1024)
    def is_trusted(address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in networks)

    return is_trusted
