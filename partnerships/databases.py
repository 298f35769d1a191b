"""Which database answers: the primary for everything that is written, replicas for reading public pages.

A page is read from a replica only while that has the version of the directory which the page is made of, or a newer
one, so that a change shows on the next request, however far a replica lags. One that does not answer is left, and the
page is made of another or of the primary; a thread looks when it is back. While the primary is away, pages are made of
whatever a replica has.

SQLite has neither replicas nor a connection to lose.
"""

from __future__ import annotations

import errno
import functools
import itertools
import logging
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from enum import Enum
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, InternalError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from .models import version

T = TypeVar("T")

LOST = (OperationalError, InterfaceError)  # what a lost connection is reported as, among others
SECONDS_BETWEEN_LOOKS = 0.25
SECONDS_OF_PATIENCE = 8  # how long a request waits for a database that is being restarted
MOST_ATTEMPTS = 5
SECONDS_FOR_A_REPLICA = 1  # to say its version: it may hang, and the primary need not wait for it
SECONDS_UNDER_WAY = 2  # of a page's reading, until somebody looks whether the replica still answers
SECONDS_BEHIND = 30  # until the log tells that a replica lags

logger = logging.getLogger(__name__)

_chosen: ContextVar[str] = ContextVar("chosen", default=DEFAULT_DB_ALIAS)


class AwayError(OperationalError):
    """No database answers."""


class Outage(Enum):
    """Why nothing can be read or written at present, which is nobody's mistake and passes."""

    AWAY = "away"  # whether the last transaction was ended well is not known
    FULL = "full"
    BUSY = "busy"


def outage_behind(error: BaseException | None) -> Outage | None:
    """What outage an exception tells of; None where it tells of a mistake in the program or in the data."""
    while error is not None:
        if isinstance(error, AwayError):
            return Outage.AWAY
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return Outage.FULL
        if isinstance(error, sqlite3.OperationalError):
            return _OF_SQLITE.get(error.sqlite_errorcode & 0xFF)
        if isinstance(error, _driver(DEFAULT_DB_ALIAS).OperationalError):  # psycopg's
            return _of_postgresql(error.sqlstate or "")
        error = error.__cause__
    return None


# An I/O error is what SQLite says where there is no room for its file of shared memory.
_OF_SQLITE = {
    sqlite3.SQLITE_FULL: Outage.FULL,
    sqlite3.SQLITE_IOERR: Outage.FULL,
    sqlite3.SQLITE_BUSY: Outage.BUSY,
    sqlite3.SQLITE_LOCKED: Outage.BUSY,
    sqlite3.SQLITE_READONLY: Outage.AWAY,
    sqlite3.SQLITE_CANTOPEN: Outage.AWAY,
}


def _of_postgresql(state: str) -> Outage | None:
    """By the classes of SQLSTATE (PostgreSQL's documentation, appendix A); none is given where a connection is lost."""
    if state == "53100":
        return Outage.FULL
    if state.startswith(("40", "53", "55P03", "57014")):
        return Outage.BUSY
    return Outage.AWAY if not state or state.startswith(("08", "57P", "58")) else None


class Standing:
    """Whether one database answers, as far as this process knows."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._answers = threading.Event()
        self._answers.set()
        self._changing = threading.Lock()
        self._left_at = 0.0
        self._behind_since = 0.0
        self._under_way: dict[int, tuple[float, socket.socket]] = {}  # by thread: since when, and over what

    @property
    def is_away(self) -> bool:
        return not self._answers.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until it answers, but not longer than so many seconds after it went; whether it does.

        A restart is over by then. Of a longer outage readers are told at once: threads that wait would keep others
        from what is kept.
        """
        return self._answers.wait(max(0.0, self._left_at + seconds - time.monotonic()))

    def leave(self) -> None:
        """Ask it nothing more until it answers again, for which a thread looks."""
        with self._changing:
            if self.is_away:
                return
            self._left_at = time.monotonic()
            self._answers.clear()
        logger.warning("The database %r does not answer; it is left until it does.", self.alias)
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while not _answers(self.alias):
            time.sleep(SECONDS_BETWEEN_LOOKS)
        with suppress(_driver(self.alias).Error):  # it may be gone again; whoever asks next finds out
            _drop_broken_connections(connections[self.alias])
        logger.warning("The database %r answers again.", self.alias)
        self._answers.set()

    @contextmanager
    def being_read(self) -> Iterator[None]:
        """This thread reads from it, and is not left waiting for ever where it hangs."""
        held: Any = connections[self.alias].connection
        thread = threading.get_ident()
        # A handle of its own, so that it never comes to mean another connection.
        with socket.socket(fileno=os.dup(held.pgconn.socket)) as handle:
            self._under_way[thread] = time.monotonic(), handle
            try:
                with _reading(self.alias):
                    yield
            finally:
                del self._under_way[thread]

    def end_what_hangs(self) -> None:
        """Leave it where it neither finishes what was asked nor answers anybody else."""
        before = time.monotonic() - SECONDS_UNDER_WAY
        waiting = [handle for since, handle in list(self._under_way.values()) if since < before]
        if waiting and not _answers(self.alias):
            self.leave()
            for handle in waiting:
                with suppress(OSError):  # it has ended meanwhile
                    handle.shutdown(socket.SHUT_RDWR)

    def version(self) -> int | None:
        """The version of the directory that it has; None where it does not answer."""
        if self.is_away:
            return None
        try:
            return version.read(connections[self.alias], SECONDS_FOR_A_REPLICA)
        except LOST:
            give_back(self.alias)
            self.leave()
            return None

    def is_at(self, number: int) -> bool:
        """Whether it answers, and with this version of the directory or a newer one."""
        has = self.version()
        if has is None:
            return False
        self._note_lag(is_behind=has < number)
        return has >= number

    def _note_lag(self, *, is_behind: bool) -> None:
        now = time.monotonic()
        if not is_behind:
            if self._behind_since and now - self._behind_since > SECONDS_BEHIND:
                logger.warning("The database %r has caught up.", self.alias)
            self._behind_since = 0.0
        elif not self._behind_since:
            self._behind_since = now
        elif self._behind_since > 0 and now - self._behind_since > SECONDS_BEHIND:
            logger.warning("The database %r is behind; pages are read from the others.", self.alias)
            self._behind_since = now - SECONDS_BEHIND  # said again after as long


primary = Standing(DEFAULT_DB_ALIAS)
replicas = [Standing(alias) for alias in settings.REPLICAS]
_turns = itertools.count()


def chosen() -> str:
    """The alias of the database that is read at present."""
    # A transaction, which is always the primary's, reads what it wrote, and one state of everything.
    return DEFAULT_DB_ALIAS if connections[DEFAULT_DB_ALIAS].in_atomic_block else _chosen.get()


def connection() -> BaseDatabaseWrapper:
    """The connection to read from, for statements that do not come by way of a model."""
    return connections[chosen()]


def current_version(patience: float = 0) -> int:
    """The directory's version at the primary; a replica's while that is away.

    ``patience`` is how many seconds to wait for a database that is away; ``AwayError`` when none answers.
    """
    if not primary.is_away:
        with suppress(AwayError):
            return _asked_of_primary(version.current, 0 if replicas else patience)
    for replica in replicas:
        if (number := replica.version()) is not None:
            return number
    if primary.wait(patience):
        return _asked_of_primary(version.current, patience)
    raise AwayError("No database answers.")


def read(call: Callable[[], T], number: int) -> T:
    """What ``call`` gives, which only reads: by a replica that has this version of the directory, else by the primary.

    It may be called again where a connection was lost on the way.
    """
    if _chosen.get() != DEFAULT_DB_ALIAS:  # a part of something that is read from a replica already
        return call()
    for replica in _in_turn():
        if replica.is_at(number):
            try:
                with replica.being_read():
                    return call()
            except (*LOST, InternalError):  # also what a replica ends because it has to go on
                if _was_lost(connections[replica.alias]):
                    give_back(replica.alias)
                    replica.leave()
    with _reading(DEFAULT_DB_ALIAS):
        return _asked_of_primary(call, SECONDS_OF_PATIENCE)


def _asked_of_primary(call: Callable[[], T], patience: float) -> T:
    """What ``call`` gives, asked again where the connection was lost; ``AwayError`` where there is none to be had.

    A server that ends takes its connections with it one after another, so that the next one may go, too.
    """
    for _attempt in range(MOST_ATTEMPTS):
        try:
            return call()
        except LOST as error:
            if not _was_lost(connections[DEFAULT_DB_ALIAS]):
                raise
            if not _is_back(primary, patience):
                raise AwayError("The primary database does not answer.") from error
    return call()


def make_sure_of_primary() -> None:
    """Begin with a connection to the primary that works, waiting a little for one; ``AwayError`` without."""
    wrapper = connections[DEFAULT_DB_ALIAS]
    if wrapper.vendor != "postgresql" or wrapper.in_atomic_block:
        return
    if not primary.wait(SECONDS_OF_PATIENCE):
        raise AwayError("The database does not answer.")
    try:
        wrapper.ensure_connection()
        if wrapper.is_usable():
            return
    except LOST:
        pass
    if not _is_back(primary, SECONDS_OF_PATIENCE):
        raise AwayError("The database does not answer.")


def give_back(alias: str) -> None:
    """Part with this thread's connection, whatever state it is in; a pool throws away what is broken."""
    wrapper = connections[alias]
    wrapper.needs_rollback = False
    wrapper.close()


def _in_turn() -> Iterator[Standing]:
    """The replicas, each time beginning with another one."""
    if not replicas or connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return
    _begin_to_watch()
    first = next(_turns) % len(replicas)
    yield from (*replicas[first:], *replicas[:first])


@functools.cache
def _begin_to_watch() -> None:
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while True:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        for replica in replicas:
            replica.end_what_hangs()


@contextmanager
def _reading(alias: str) -> Iterator[None]:
    token = _chosen.set(alias)
    try:
        yield
    finally:
        _chosen.reset(token)


def _was_lost(wrapper: BaseDatabaseWrapper) -> bool:
    """Whether there is no connection any more, where anything else may be wrong with a statement."""
    if wrapper.vendor != "postgresql" or wrapper.in_atomic_block:
        return False
    held: Any = wrapper.connection
    return held is None or bool(held.closed)  # which it is, too, when the other side ended it


def _is_back(standing: Standing, patience: float) -> bool:
    """After a connection was lost: whether the next one will do, now or within some seconds."""
    give_back(standing.alias)
    if not standing.is_away:
        if _answers(standing.alias):  # it was restarted, or ended this connection only
            _drop_broken_connections(connections[standing.alias])
            return True
        standing.leave()
    return standing.wait(patience)


def _answers(alias: str) -> bool:
    """Whether a new connection can be made, past the pool, which would wait and try again by itself."""
    parameters: dict[str, Any] = {**connections[alias].get_connection_params(), "connect_timeout": 2}
    for name in ("context", "cursor_factory", "prepare_threshold"):
        parameters.pop(name, None)
    try:
        with _driver(alias).connect(**parameters, autocommit=True) as probe:
            probe.execute("SELECT 1")
    except _driver(alias).Error:
        return False
    return True


def _driver(alias: str) -> Any:
    """The module behind a database, by way of Django: on SQLite, psycopg would take 9 MB of each worker."""
    wrapper: Any = connections[alias]
    return wrapper.Database


def _drop_broken_connections(wrapper: Any) -> None:
    if wrapper.pool is not None:
        wrapper.pool.open()
        wrapper.pool.check()
