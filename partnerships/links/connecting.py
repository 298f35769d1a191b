"""How a connection is made: to an address that was looked at, and for a bounded time."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Iterator

import httpcore

from .addresses import Gate

MOST_ADDRESSES = 4  # of one name that are tried
SECONDS_TO_CONNECT = 10.0


class OverdueError(Exception):
    """A request that took longer than it may."""


class CheckedBackend(httpcore.NetworkBackend):
    """Resolves a name once, has every address looked at, and connects to one of these.

    Certificates and the header Host are still of the name: httpcore takes both from the request, not from here.
    """

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._plain = httpcore.SyncBackend()
        self._until = time.monotonic()
        self._over = threading.Event()
        self._sockets: list[socket.socket] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = OverdueError()
        for address in self.gate.addresses(host, port, self._left())[:MOST_ADDRESSES]:
            if not (left := self._left()):
                break
            try:
                stream = self._plain.connect_tcp(
                    address, port, min(left, SECONDS_TO_CONNECT), socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            self._sockets.append(stream.get_extra_info("socket").dup())
            if self._over.is_set():
                self._shut()
            return stream
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        raise NotImplementedError

    @contextlib.contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """End what goes on inside after so many seconds, however slowly the other side sends.

        Timeouts of sockets begin anew with each byte, so that a server could keep a visitor for hours.
        """
        self._until = time.monotonic() + seconds
        self._over.clear()
        watch = threading.Timer(seconds, self._end)
        watch.daemon = True
        watch.start()
        try:
            yield
        except Exception as error:
            if self._over.is_set():
                raise OverdueError from error
            raise
        finally:
            watch.cancel()

    def close(self) -> None:
        while self._sockets:
            self._sockets.pop().close()

    def _left(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def _end(self) -> None:
        self._over.set()
        self._shut()

    def _shut(self) -> None:
        for each in list(self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
