"""A limit of requests a minute for each client, counted by all workers of a machine together.

The count of a client is one number of 64 bits in memory that the workers share: which minute it is about, the requests
of the minute before and those of this one. The limit holds for the last sixty seconds, taking the minute before as
evenly spread, so that no edge of a minute lets twice as many through. There is no lock between processes: two that
write in the same instant count one request less, which nobody can make use of.
"""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import math
import mmap
import threading
import time
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import ngettext

from .cross_origin import API
from .language import language_of
from .problems import problem_response

MINUTE = 60
LARGEST = (1 << 20) - 1  # of a count
CELLS = 1 << 18  # 2 MB; of a thousand clients in one minute, four share a count with another
NOT_COUNTED = ("/healthz", "/readyz")


class Counts:
    """A fixed number of counts, in memory that processes forked from this one share."""

    def __init__(self, cells: int = CELLS) -> None:
        self._cells = memoryview(mmap.mmap(-1, 8 * cells)).cast("Q")
        self._lock = threading.Lock()  # between the threads of a process

    def wait_for(self, client: int, limit: int, now: float) -> int:
        """Count a request; 0 where it is within the limit, else the seconds until another one will be.

        ``client`` is any number that stands for the client, ``now`` a time in seconds that is the same in all
        processes. Requests that are refused are not counted.
        """
        minute, elapsed = divmod(now, MINUTE)
        number = int(minute) & 0xFFFFFF
        cell = client % len(self._cells)
        with self._lock:
            content = self._cells[cell]
            counted, before, current = content >> 40, content >> 20 & LARGEST, content & LARGEST
            if counted != number:
                before, current = (current if counted == number - 1 else 0), 0
            if before * (1 - elapsed / MINUTE) + current < limit:
                self._cells[cell] = number << 40 | before << 20 | current + 1
                return 0
        return math.floor(_seconds_until_full(before, current, limit) - elapsed) + 1


def _seconds_until_full(before: int, current: int, limit: int) -> float:
    """When the count will have come down to the limit, in seconds from the start of this minute."""
    if current < limit:
        return MINUTE * (1 - (limit - current) / before)
    return MINUTE + MINUTE * (1 - limit / current)


@functools.cache
def counts() -> Counts:
    """The counts of this machine. They are shared when this is first called before the workers are forked."""
    return Counts()


@functools.lru_cache(maxsize=4096)
def _number_of(client: str, secret: str) -> int:
    """A number for a client. Without the key nobody can look for addresses that share a count with somebody else's."""
    return int.from_bytes(_digest_of(client, secret, size=8), "big")


def _digest_of(client: str, secret: str, size: int) -> bytes:
    key = hashlib.sha256(secret.encode()).digest()
    return hashlib.blake2b(network_of(client).encode(), key=key, digest_size=size).digest()


def digest_of_client(request: HttpRequest) -> str:
    """What stands for a client where it has to be written down: nobody without the key can tell its address."""
    return _digest_of(client_of(request), f"written down: {settings.SECRET_KEY}", size=16).hex()


def client_of(request: HttpRequest) -> str:
    """The client's address; a socket of this machine counts as this machine.

    Behind a trusted proxy, config/wsgi.py has put the client's address in place of the proxy's.
    """
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0]))
    except ValueError:
        return "127.0.0.1"


def network_of(client: str) -> str:
    """IPv6 networks of 64 bits are given to single households, addresses within them are free to choose."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:  # a socket of this machine has no address
        return client
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def rate_limit(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer 429 to clients that ask more often than ``RATE_LIMIT`` times a minute."""
    if not settings.RATE_LIMIT:
        raise MiddlewareNotUsed
    limit, secret = settings.RATE_LIMIT, settings.SECRET_KEY
    not_counted = (*NOT_COUNTED, settings.STATIC_URL)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(not_counted):
            return get_response(request)
        # Behind a trusted proxy, config/wsgi.py has put the client's address in place of the proxy's.
        client = _number_of(request.META.get("REMOTE_ADDR", ""), secret)
        seconds = counts().wait_for(client, limit, time.monotonic())
        return _refusal(request.path_info, seconds) if seconds else get_response(request)

    return middleware


def _refusal(path: str, seconds: int) -> HttpResponse:
    language = language_of(path)
    with translation.override(language):
        text = ngettext(
            "Too many requests came from your address. Please try again in %(seconds)d second.",
            "Too many requests came from your address. Please try again in %(seconds)d seconds.",
            seconds,
        ) % {"seconds": seconds}
    if path.startswith(API):
        refusal = problem_response(HTTPStatus.TOO_MANY_REQUESTS, text)
    else:
        refusal = HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8", status=429)
    headers = {
        "Retry-After": str(seconds),
        "Cache-Control": "no-store",
        "Content-Language": language,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    for name, value in headers.items():
        refusal.headers[name] = value
    return refusal
