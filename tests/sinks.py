"""Servers that take what the site sends: a mail server, and one that takes error events as Sentry does."""

from __future__ import annotations

import gzip
import json
import socketserver
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

import brotli


class _Session(socketserver.StreamRequestHandler):
    """One session of SMTP (RFC 5321), without any extension."""

    server: MailServer

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline():
            command = line.strip().upper()
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                content = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.letters.append(message_from_bytes(content, policy=policy.default))
            self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 fine\r\n")
            if command == b"QUIT":
                return


class MailServer(socketserver.ThreadingTCPServer):
    """Takes every letter; ``letters`` are those that came."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.letters: list[EmailMessage] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.shutdown()
        self.server_close()


class _Envelope(BaseHTTPRequestHandler):
    server: SentryServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        decompress = {"br": brotli.decompress, "gzip": gzip.decompress}.get(self.headers.get("Content-Encoding", ""))
        body = decompress(body) if decompress else body
        self.server.envelopes.append(body)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: Any) -> None:
        pass


class SentryServer(ThreadingHTTPServer):
    """Takes every envelope; ``envelopes`` are their bodies, lines of JSON."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Envelope)
        self.envelopes: list[bytes] = []

    @property
    def dsn(self) -> str:
        return f"http://publickey@127.0.0.1:{self.server_address[1]}/1"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The items of the envelopes without their heads: a head of all, then a head and a body for each."""
        return [json.loads(body) for envelope in self.envelopes for body in envelope.splitlines()[2::2]]

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.shutdown()
        self.server_close()
