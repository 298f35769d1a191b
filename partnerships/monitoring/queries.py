"""Statements that took long: with placeholders, never with what was put in their places."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from . import metrics, requests

LONGEST = 2000  # characters of a statement

logger = logging.getLogger("partnerships.queries")

_LITERAL = re.compile(r"'(?:[^'\\]|''|\\.)*'?|\$(\w*)\$.*?(?:\$\1\$|\Z)", re.DOTALL)
_PLACEHOLDERS = re.compile(r"%s(?:\s*,\s*%s){3,}")
_REPEATED = re.compile(r"(\([^()]*\))(?:, \1){2,}")


def watch(milliseconds: int) -> None:
    """Log every statement that takes so long or longer, of every connection that is made from now on.

    Of requests only: commands that load or migrate are expected to take their time, and say what they do.
    """

    def timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            taken = 1000 * (time.perf_counter() - began)
            if taken >= milliseconds and requests.current():
                _tell(sql, taken, context["connection"].alias)

    def connected(connection: BaseDatabaseWrapper, **options: Any) -> None:
        # A pool makes a connection anew for each request. Before all others: whoever adds one for a while takes away
        # the last.
        if timed not in connection.execute_wrappers:
            connection.execute_wrappers.insert(0, timed)

    connection_created.connect(connected, weak=False, dispatch_uid="slow queries")


def without_values(sql: str) -> str:
    """A statement in one line, with ``?`` for its literal texts, and long rows of placeholders told short."""
    line = " ".join(_LITERAL.sub("?", str(sql)).split())
    return _REPEATED.sub(r"\1, ...", _PLACEHOLDERS.sub("%s, ...", line))[:LONGEST]


def _tell(sql: str, milliseconds: float, database: str) -> None:
    metrics.count("slow_query")
    told = {"milliseconds": round(milliseconds), "database": database, "sql": without_values(sql)}
    logger.warning("slow query", extra={"told": told})
