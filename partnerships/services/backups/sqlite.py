"""Copying an SQLite database, and putting another state into its file while other processes have it open."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from django.db import connection

from .contents import Contents, read
from .files import BackupError

NAME = "sqlite"
PAGES = 1_000  # at a time; a page has 4 KB
SECONDS_TO_WAIT = 60  # for whoever is writing
Say = Callable[[str], None]


def _live() -> Path:
    return Path(connection.settings_dict["NAME"])


@contextlib.contextmanager
def _opened(path: Path, mode: str = "rw") -> Iterator[sqlite3.Connection]:
    """A connection of its own; whatever SQLite says is wrong becomes a ``BackupError``."""
    try:
        with contextlib.closing(
            sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=SECONDS_TO_WAIT, isolation_level=None
            )
        ) as opened:
            yield opened
    except sqlite3.Error as error:
        raise BackupError(f"The database {path} cannot be used: {error}.") from error


def _contents(opened: sqlite3.Connection) -> Contents:
    tables = {name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return read(lambda query: opened.execute(query).fetchall(), tables)


@contextlib.contextmanager
def copied(folder: Path, say: Say) -> Iterator[tuple[IO[bytes], Contents]]:
    """The database at one moment, as a stream, and what it holds; writers go on meanwhile.

    ``VACUUM INTO`` leaves out what was deleted, which the pages of a file still hold.
    """
    copy = folder / "copy.sqlite3"
    with _opened(_live()) as opened:
        opened.execute("VACUUM INTO ?", [str(copy)])
    with _opened(copy) as opened:
        held = _contents(opened)
    say(f"Packing {copy.stat().st_size:,} bytes...")
    with copy.open("rb") as stream:
        yield stream, held


def contents() -> Contents:
    """What the database holds now; nothing where there is none yet."""
    if not _live().exists():
        return read(lambda query: [(0,)], set())
    with _opened(_live()) as opened:
        return _contents(opened)


def check(payload: Path) -> Contents:
    with _opened(payload) as opened:
        faults = [row[0] for row in opened.execute("PRAGMA integrity_check(1)")]
        faults += opened.execute("PRAGMA foreign_key_check").fetchall()[:1]
        if faults != ["ok"]:
            fault = " ".join(str(faults[-1]).split())
            raise BackupError(f"The database in the backup is damaged ({fault}).")
        return _contents(opened)


class Staged:
    """A copy in a file of its own, which is made ready there before anybody sees it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def as_the_database(self) -> Iterator[None]:
        """Let Django work on the copy."""
        connection.close()
        live = connection.settings_dict["NAME"]
        connection.settings_dict["NAME"] = str(self._path)
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = live

    def take_over(self, keep: Callable[[], None], number: int) -> None:
        """Put the copy in the place of the live database, in one transaction of its WAL.

        Who reads goes on with what was before and sees the copy with the next query; who writes waits. The lock is
        there from the first pages on, and then the state that goes is kept again if it changed since it was kept. A
        process that is killed meanwhile leaves a transaction that never ended.
        """
        with _opened(_live(), "rwc") as live, _opened(_live(), "rwc") as watching, _opened(self._path) as copy:
            live.execute("PRAGMA journal_mode = WAL")
            self._give_same_page_size(copy, live)
            before = self._changes(watching)
            keep()
            has_lock = False

            def has_copied(status: int, remaining: int, total: int) -> None:
                nonlocal has_lock
                if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise BackupError("Somebody else has been writing to the database for a minute; nothing was done.")
                if not has_lock:
                    has_lock = True
                    if self._changes(watching) != before:
                        keep()
                    if _contents(watching).directory_version >= number:
                        raise BackupError("The directory changed a million times meanwhile; nothing was done.")

            # In two steps at least: the last one ends the transaction.
            half = copy.execute("PRAGMA page_count").fetchone()[0] // 2
            copy.backup(live, pages=max(1, min(PAGES, half)), progress=has_copied)
            live.execute("PRAGMA wal_checkpoint(PASSIVE)")
        connection.close()

    @staticmethod
    def _changes(watching: sqlite3.Connection) -> int:
        return int(watching.execute("PRAGMA data_version").fetchone()[0])

    @staticmethod
    def _give_same_page_size(copy: sqlite3.Connection, live: sqlite3.Connection) -> None:
        """A database in WAL mode keeps the size of its pages."""
        [(wanted,)] = live.execute("PRAGMA page_size").fetchall()
        if copy.execute("PRAGMA page_size").fetchone()[0] != wanted:
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.execute(f"PRAGMA page_size = {wanted}")
            copy.execute("VACUUM")


@contextlib.contextmanager
def staged(payload: Path) -> Iterator[Staged]:
    yield Staged(payload)
