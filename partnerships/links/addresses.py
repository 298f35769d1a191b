"""Which addresses may be contacted: public ones on the ports of the web, and nothing else.

The program runs inside somebody's network, and whoever can enter a source, or answers for a domain that one cites,
could have it ask things there in their place. So names are resolved here, every address a name has must be public, and
the connection goes to an address that was looked at, never to the name again.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int, float], list[str]]

PORTS = frozenset({80, 443, 8080, 8443})
SECONDS_TO_RESOLVE = 10.0
MOST_LETTERS = 2000  # of an address that is visited; browsers take a little more, sources have at most 1,000

# IANA's special-purpose registries know some that ``ipaddress`` takes for ordinary ones.
_NOT_PUBLIC_4 = [
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "224.0.0.0/4",  # multicast
        "168.63.129.16/32",  # Azure's machines ask their host there, though it lies in a public block
    )
]
# Only what is handed out for use on the Internet, 2000::/3, and of that nothing with a special purpose.
_PUBLIC_6 = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC_6 = [
    ipaddress.ip_network(text)
    for text in (
        "2001::/23",  # protocol assignments, among them Teredo, which carries an IPv4 address
        "2001:db8::/32",
        "2002::/16",  # 6to4, which carries an IPv4 address
        "3fff::/20",
    )
]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # carries an IPv4 address, and is all that some networks have
_HOST = re.compile(r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?\.?")


class UnusableError(Exception):
    """No address of the web."""


class NotVisitedError(Exception):
    """An address of the web which this program leaves alone."""


class NotPublicError(Exception):
    """A name or an address that does not lead to the public Internet."""


class NoNameError(Exception):
    """A name that cannot be resolved; ``for_now`` where the resolver itself has trouble."""

    def __init__(self, text: str, *, for_now: bool) -> None:
        super().__init__(text)
        self.for_now = for_now


class SlowResolverError(Exception):
    """No answer of the resolver in time."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public Internet, as far as anybody can tell from the address."""
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not (address.is_reserved or any(address in network for network in _NOT_PUBLIC_4))
    if address.scope_id is not None:
        return False
    last_four = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64:
        return is_public(last_four)
    if address not in _PUBLIC_6 or any(address in network for network in _NOT_PUBLIC_6):
        return False
    is_isatap = (int(address) >> 32) & 0xFDFFFFFF == 0x00005EFE
    return not is_isatap or is_public(last_four)


@dataclass(frozen=True)
class Gate:
    """What may be contacted. ``also`` holds (address, port) pairs besides: tests have servers on their own machine."""

    also: Collection[tuple[str, int]] = ()
    resolve: Resolve = field(default_factory=lambda: resolve)

    def target(self, text: str) -> httpx.URL:
        """The address as it will be asked for, or the reason why it will not be."""
        if len(text) > MOST_LETTERS:
            raise UnusableError(f"longer than {MOST_LETTERS} characters")
        try:
            url = httpx.URL(text)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UnusableError(str(error)) from error
        if url.scheme not in {"http", "https"}:
            raise UnusableError(f"{url.scheme or 'no scheme'}: only http and https are visited")
        host = url.raw_host.decode("ascii").lower()
        if url.userinfo:
            raise NotVisitedError("a name or password in the address")
        if not (_HOST.fullmatch(host) or ":" in host) or ".." in host or len(host) > 253:
            raise UnusableError(f"no name of a host: {host[:100] or 'none'}")
        if port_of(url) not in PORTS | {port for _address, port in self.also}:
            raise NotVisitedError(f"port {port_of(url)}")
        return url.copy_with(fragment=None)

    def addresses(self, host: str, port: int, seconds: float) -> list[str]:
        """The addresses of a host, all of which may be contacted; ``NotPublicError`` where one may not."""
        found = [host] if _is_literal(host) else self.resolve(host, port, seconds)
        for text in found:
            if (text, port) in self.also:
                continue
            if port not in PORTS:
                raise NotPublicError(f"port {port}")
            try:
                address = ipaddress.ip_address(text)
            except ValueError as error:
                raise NotPublicError(f"{host}: {text}") from error
            if not is_public(address):
                raise NotPublicError(text if text == host else f"{host}: {text}")
        return found


def port_of(url: httpx.URL) -> int:
    return url.port if url.port is not None else {"http": 80, "https": 443}[url.scheme]


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def resolve(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a name, in the resolver's order. The system's resolver knows no time limit, so it is left alone
    with a thread of its own when it takes too long."""
    answers: list[list[str] | Exception] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.append(list(dict.fromkeys(str(row[4][0]) for row in rows)))
        except (OSError, UnicodeError) as error:
            answers.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(min(seconds, SECONDS_TO_RESOLVE))
    if not answers:
        raise SlowResolverError(host)
    if isinstance(answers[0], Exception):
        for_now = getattr(answers[0], "errno", None) == socket.EAI_AGAIN
        raise NoNameError(f"{host}: {answers[0]}", for_now=for_now) from answers[0]
    if not answers[0]:
        raise NoNameError(host, for_now=False)
    return answers[0]
