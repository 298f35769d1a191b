"""Web servers of this machine that behave as badly as those of others do, and names that lead wherever a test says."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from partnerships.links.addresses import Gate, NoNameError
from partnerships.links.fetching import Visitor

LOOPBACK = "127.0.0.1"
Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Does what the server was told for a path; everything else is not found."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        behave = self.server.paths.get(self.path, status(404))
        self.server.seen.append((self.command, self.path, self.headers["Host"]))
        self.server.agents.add(self.headers["User-Agent"])
        with suppress(OSError):
            behave(self)

    do_HEAD = do_GET

    def answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), Handler)
        self.paths: dict[str, Behaviour] = {}
        self.seen: list[tuple[str, str, str]] = []
        self.agents: set[str] = set()
        self.over = threading.Event()

    def handle_error(self, *args: Any) -> None:
        """A visitor that goes away is what these tests are about."""


@dataclass
class Site:
    """A running server: its paths to fill, and the requests that it saw."""

    server: _Server
    scheme: str = "http"

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    @property
    def seen(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path, _host in self.server.seen]

    @property
    def hosts(self) -> list[str]:
        return [host for _method, _path, host in self.server.seen]

    def says(self, path: str, *behaviours: Behaviour) -> str:
        """Let a path behave so; of several behaviours each answers once, the last one ever after. Returns the URL."""
        left = list(behaviours)

        def behave(handler: Handler) -> None:
            (left.pop(0) if len(left) > 1 else left[0])(handler)

        self.server.paths[path] = behave
        return self.url(path)

    def url(self, path: str, host: str = LOOPBACK) -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"


def status(code: int, **headers: str) -> Behaviour:
    return lambda handler: handler.answer(code, b"text", **headers)


def leads_to(address: str, code: int = 301) -> Behaviour:
    return lambda handler: handler.answer(code, Location=address)


def only_get(then: Behaviour, for_head: Behaviour) -> Behaviour:
    return lambda handler: (for_head if handler.command == "HEAD" else then)(handler)


def silence(handler: Handler) -> None:
    """Never says anything."""
    handler.server.over.wait(30)
    handler.close_connection = True


def hang_up(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def nonsense(handler: Handler) -> None:
    handler.wfile.write(b"220 mail.example.org ESMTP ready\r\n")
    handler.close_connection = True


def drip(handler: Handler) -> None:
    """A header that goes on for ever, a letter at a time: no read of it ever times out."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.server.over.wait(0.02):
        handler.wfile.write(b"a")
        handler.wfile.flush()


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.close_connection = True
    while handler.command != "HEAD" and not handler.server.over.is_set():
        handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


@contextmanager
def site(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    server = _Server()
    if tls is not None:
        # The handshake is each connection's own affair, not that of the thread which accepts them.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Site(server, "https" if tls else "http")
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


no_authority = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # certificates are required, and it knows no authority


@dataclass
class Names:
    """A resolver: each name has lists of addresses, of which every question takes one; the last stays."""

    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int, seconds: float) -> list[str]:
        self.asked.append(host)
        if host not in self.answers:
            raise NoNameError(f"{host}: unknown", for_now=False)
        left = self.answers[host]
        return left.pop(0) if len(left) > 1 else left[0]


def visitor(*sites: Site, names: Names | None = None, **options: Any) -> Visitor:
    """One that may visit these servers besides public addresses, waits for nobody and has its names from the test."""
    gate = Gate(also=frozenset((LOOPBACK, each.port) for each in sites), resolve=names or Names())
    defaults: dict[str, Any] = {
        "user_agent": "test",
        "tls": no_authority,
        "pause": lambda seconds: None,
        "seconds_between": 0.0,
        "retries": 0,
    }
    return Visitor(gate=gate, **defaults | options)


# --- Certificates ----------------------------------------------------------------------------------------------------


@dataclass
class Certificate:
    name: str
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def serving(self, folder: Path, *chain: Certificate) -> ssl.SSLContext:
        """A server's side that shows this certificate with those above it."""
        path = folder / f"{self.certificate.serial_number}.pem"
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(key + self.pem() + b"".join(each.pem() for each in chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def trusted(self) -> ssl.SSLContext:
        """A visitor's side that knows this authority and no other."""
        return ssl.create_default_context(cadata=self.pem().decode())


def certificate(name: str, *, by: Certificate | None = None, is_authority: bool = False, days: int = 10) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=20))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
    return Certificate(name, builder.sign(by.key if by else key, hashes.SHA256()), key)


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@contextmanager
def sites(count: int) -> Iterator[list[Site]]:
    with ExitStack() as stack:
        yield [stack.enter_context(site()) for _ in range(count)]
