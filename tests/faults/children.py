"""Work done in a process of its own, which may be killed: forked from this one, so that it begins at once."""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any
from urllib.parse import urlsplit

from pytest_django import DjangoDbBlocker

_FORKING = multiprocessing.get_context("fork")
SECONDS_OF_PATIENCE = 120


@dataclass(frozen=True)
class Children:
    blocker: DjangoDbBlocker

    def result_of(self, database_url: str, work: Callable[..., Any], *arguments: Any) -> Any:
        """What ``work`` returns in a process whose database is this one; what it raises fails the test."""
        mine, child = self._begun(database_url, work, arguments)
        assert mine.poll(SECONDS_OF_PATIENCE), "no answer"
        is_done, result = mine.recv()
        child.join()
        assert is_done, result
        return result

    def killed(self, database_url: str, seconds: float, work: Callable[..., Any], *arguments: Any) -> bool:
        """Let a process begin with ``work`` and kill it after some seconds; whether it was still at it."""
        mine, child = self._begun(database_url, work, arguments, is_timed=True)
        mine.recv()  # it begins now
        time.sleep(seconds)
        child.kill()
        child.join()
        is_killed = not mine.poll()
        if not is_killed:
            try:
                is_done, result = mine.recv()
            except EOFError:
                return True
            assert is_done, result
        return is_killed

    def _begun(
        self, database_url: str, work: Callable[..., Any], arguments: Any, is_timed: bool = False
    ) -> tuple[Connection, ForkProcess]:
        from django.db import connections

        # Or the process would go on with this one's connections, whichever database they are to.
        for wrapper in connections.all(initialized_only=True):
            wrapper.close()
            if wrapper.vendor == "postgresql":
                wrapper.close_pool()
        mine, theirs = _FORKING.Pipe()
        child = _FORKING.Process(target=self._answer, args=(theirs, database_url, work, arguments, is_timed))
        child.start()
        theirs.close()
        return mine, child

    def _answer(
        self, pipe: Connection, database_url: str, work: Callable[..., Any], arguments: Any, is_timed: bool
    ) -> None:
        from django.db import connection

        is_sqlite = database_url.startswith("sqlite")
        name = database_url.removeprefix("sqlite:///") if is_sqlite else urlsplit(database_url).path[1:]
        connection.settings_dict["NAME"] = name
        with self.blocker.unblock():
            try:
                if is_timed:
                    pipe.send("begins")
                result = (True, work(*arguments))
            except BaseException:
                result = (False, traceback.format_exc())
            connection.close()
        pipe.send(result)
