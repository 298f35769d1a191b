"""One visit to an address: politely, within bounds, and with a reason for whatever came of it."""

from __future__ import annotations

import contextlib
import datetime as dt
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import certifi
import httpcore
import httpx

from .addresses import (
    Gate,
    NoNameError,
    NotPublicError,
    NotVisitedError,
    SlowResolverError,
    UnusableError,
)
from .connecting import CheckedBackend, OverdueError
from .outcomes import WORKING, Outcome, of_status

MOST_REDIRECTS = 8
LONGEST_WAIT = 30.0  # seconds; a server that asks for more is asked again in the next run
PERMANENT = frozenset({301, 308})
REDIRECTS = PERMANENT | {302, 303, 307}
# X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY and …_VERIFY_LEAF_SIGNATURE: the server sends its own certificate without
# those above it. Browsers fetch or remember them, so a reader gets through.
CHAIN_INCOMPLETE = frozenset({20, 21})


@dataclass(frozen=True)
class Visit:
    """What came of a visit. ``redirects`` holds what each step answered and where it led."""

    outcome: str
    status: int | None = None
    final_url: str = ""
    moved_to: str = ""
    redirects: tuple[tuple[int, str], ...] = ()
    detail: str = ""
    is_passing: bool = field(default=False, compare=False)  # worth another try in a moment
    retry_after: float | None = field(default=None, compare=False)

    @property
    def is_answered(self) -> bool:
        """Whether a web server somewhere answered, which shows that there is a network."""
        return self.status is not None or bool(self.redirects)


class _Answer(NamedTuple):
    status: int
    location: str
    retry_after: float | None


@dataclass
class _Turn:
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0


class Turns:
    """Whose turn it is to ask a host: one request at a time, with a pause in between, whatever led there."""

    def __init__(self, seconds_between: float, pause: Callable[[float], object]) -> None:
        self._seconds_between = seconds_between
        self._pause = pause
        self._turns: dict[str, _Turn] = defaultdict(_Turn)
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def at(self, host: str) -> Iterator[None]:
        with self._lock:
            turn = self._turns[site_of(host)]
        with turn.lock:
            if (wait := turn.free_at - time.monotonic()) > 0:
                self._pause(wait)
            try:
                yield
            finally:
                turn.free_at = time.monotonic() + self._seconds_between


def site_of(host: str) -> str:
    return host.lower().rstrip(".").removeprefix("www.")


def trusted_authorities() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


class Visitor:
    """Visits addresses. ``pause`` waits a number of seconds; ``gate`` says what may be contacted."""

    def __init__(
        self,
        *,
        user_agent: str,
        gate: Gate | None = None,
        tls: ssl.SSLContext | None = None,
        pause: Callable[[float], object] = time.sleep,
        seconds_between: float = 1.0,
        seconds_each: float = 15.0,
        seconds_in_all: float = 60.0,
        retries: int = 2,
    ) -> None:
        self._headers = {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        self._gate = gate or Gate()
        self._tls = tls or trusted_authorities()
        self._pause = pause
        self._turns = Turns(seconds_between, pause)
        self._seconds_each = seconds_each
        self._seconds_in_all = seconds_in_all
        self._retries = retries

    def visit(self, url: str) -> Visit:
        """Ask for an address, follow where it leads, and try again what may pass; never raises for what others do."""
        walk = _Walk(self, self._gate, self._seconds_in_all)
        try:
            for tried in range(self._retries + 1):
                found = walk.go(url, begin_with="GET" if tried else "HEAD")
                wait = 2.0**tried if found.retry_after is None else found.retry_after
                is_last = tried == self._retries or not walk.seconds_left
                if not found.is_passing or is_last or wait > LONGEST_WAIT:
                    break
                self._pause(wait)
        finally:
            walk.close()
        return found


class _Walk:
    """The requests of one visit: their cookies, their connections and the time they took together."""

    def __init__(self, visitor: Visitor, gate: Gate, seconds: float) -> None:
        self._visitor = visitor
        self._gate = gate
        self._backend = CheckedBackend(gate)
        self._pool = httpcore.ConnectionPool(ssl_context=visitor._tls, network_backend=self._backend)
        self._cookies = httpx.Cookies()
        self.seconds_left = seconds

    def close(self) -> None:
        self._pool.close()
        self._backend.close()

    def go(self, text: str, begin_with: str) -> Visit:
        steps: list[tuple[int, str]] = []
        address = text
        while True:
            found, leads_to = self._step(address, begin_with)
            if leads_to:
                steps.append((found.status or 0, leads_to[:2000]))
                address = leads_to
                if len(steps) <= MOST_REDIRECTS:
                    continue
                found = Visit(Outcome.TOO_MANY_REDIRECTS, found.status, detail=f"more than {MOST_REDIRECTS}")
            final = address[:2000] if steps else ""
            moved_to = _moved_to(text, steps) if found.outcome in WORKING else ""
            return replace(
                found,
                outcome=Outcome.MOVED if moved_to else found.outcome,
                final_url=final,
                moved_to=moved_to,
                redirects=tuple(steps),
            )

    def _step(self, address: str, method: str) -> tuple[Visit, str]:
        """One address of the way: what came of it, and where it leads to, if anywhere."""
        try:
            url = self._gate.target(address)
            answer = self._ask(url, method)
            if answer.status in REDIRECTS and answer.location:
                return Visit(Outcome.WORKS, answer.status), str(url.join(answer.location))
        except Exception as error:
            if (outcome := _outcome_of(error)) is None:
                raise
            return outcome, ""
        is_passing = answer.status >= 500 or answer.status == 429
        return Visit(of_status(answer.status), answer.status, is_passing=is_passing, retry_after=answer.retry_after), ""

    def _ask(self, url: httpx.URL, method: str) -> _Answer:
        """HEAD, and GET where the answer to HEAD is none that a browser would get; its body is never read."""
        if method == "HEAD":
            with contextlib.suppress(
                httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.ReadTimeout, OverdueError
            ):
                answer = self._request("HEAD", url)
                if answer.status < 400 or answer.status in {429, 503}:
                    return answer
        return self._request("GET", url)

    def _request(self, method: str, url: httpx.URL) -> _Answer:
        visitor = self._visitor
        request = httpx.Request(method, url, headers=visitor._headers)
        self._cookies.set_cookie_header(request)
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        if not self.seconds_left:
            raise OverdueError
        with visitor._turns.at(url.host):
            seconds = min(visitor._seconds_each, self.seconds_left)
            begun = time.monotonic()
            try:
                with (
                    self._backend.at_most(seconds),
                    self._pool.stream(
                        method,
                        target,
                        headers=request.headers.raw,
                        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
                    ) as got,
                ):
                    response = httpx.Response(got.status, headers=got.headers, request=request)
            finally:
                self.seconds_left = max(0.0, self.seconds_left - (time.monotonic() - begun))
        self._cookies.extract_cookies(response)
        headers = response.headers
        return _Answer(got.status, headers.get("location", "").strip(), _seconds_of(headers.get("retry-after", "")))


def _moved_to(text: str, steps: list[tuple[int, str]]) -> str:
    """The address that permanent redirects, and nothing else, lead to from the beginning; with the old fragment."""
    address = ""
    for status, leads_to in steps:
        if status not in PERMANENT:
            break
        address = leads_to
    if not address:
        return ""
    _, mark, fragment = text.partition("#")
    moved = address if "#" in address else f"{address}{mark}{fragment}"
    return "" if moved == text or len(moved) > 2000 else moved


def _seconds_of(text: str) -> float | None:
    """What Retry-After says, as seconds from now: a number or a date (RFC 9110)."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)
        return max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds())
    except (ValueError, OverflowError, TypeError):
        return None


def _outcome_of(error: Exception) -> Visit | None:
    """What an error means; None for one that is ours."""
    causes = list(_causes(error))
    detail = plain(str(causes[-1]))
    encryption = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    match error:
        case NotPublicError():
            return Visit(Outcome.BLOCKED, detail=plain(str(error)))
        case NotVisitedError():
            return Visit(Outcome.NOT_VISITED, detail=detail)
        case UnusableError() | httpx.InvalidURL() | httpcore.LocalProtocolError() | UnicodeError():
            return Visit(Outcome.BAD_ADDRESS, detail=detail)
        case NoNameError():
            return Visit(Outcome.NO_NAME, detail=plain(str(error)), is_passing=error.for_now)
        case OverdueError() | SlowResolverError() | httpcore.TimeoutException():
            return Visit(Outcome.TIMEOUT, is_passing=True)
        case httpcore.NetworkError() if encryption is not None:
            code = getattr(encryption, "verify_code", 0)
            return Visit(Outcome.UNVERIFIED if code in CHAIN_INCOMPLETE else Outcome.TLS, detail=detail)
        case httpcore.NetworkError():
            return Visit(Outcome.NO_CONNECTION, detail=detail, is_passing=True)
        case httpcore.ProtocolError():
            return Visit(Outcome.BAD_ANSWER, detail=detail, is_passing=True)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it; httpcore hides the latter from tracebacks only."""
    step: BaseException | None = error
    while step is not None:
        yield step
        step = step.__cause__ or step.__context__


def plain(text: str) -> str:
    """What others wrote, fit for a row of a database: printable and short."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:300].strip()
