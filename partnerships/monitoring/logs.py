"""What a line of the log tells: a closed list of things, as JSON or as a line to read.

Django attaches the whole request to its records, and messages of libraries may repeat what somebody sent. So only what
is named here is written: the message (of others than ourselves without quotations), what our own code gives as
``extra={"told": {…}}``, the id of the request with its method and shortened path, and what ``faults`` tells of an
exception.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from http import HTTPStatus
from typing import Any

from . import faults, requests

OURS = "partnerships"


def is_refusal(record: logging.LogRecord) -> bool:
    """Whether it tells of a request that was answered 4xx: whoever asked made the mistake."""
    return 400 <= getattr(record, "status_code", 0) < 500


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What is told of a record, in order; values are texts and numbers."""
    error = record.exc_info[1] if record.exc_info else None
    told: dict[str, Any] = {
        "time": _time(record),
        "level": "WARNING" if is_refusal(record) else record.levelname,
        "logger": record.name,
        "message": _message(record),
    }
    request = requests.current()
    if request is not None:
        told["request_id"] = request.id
        if record.levelno >= logging.WARNING:
            told |= {"method": request.told_method, "path": request.told_path}
    told |= getattr(record, "told", {})
    if error is not None and not is_refusal(record):
        told["exception"] = faults.account(error)
    return told


class JSONLines(logging.Formatter):
    """A line is one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(fields(record))


class ReadableLines(logging.Formatter):
    """The same for people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        told = fields(record)
        exception = told.pop("exception", "")
        line = " ".join(told.pop(name) for name in ("time", "level", "logger")) + f": {told.pop('message')}"
        more = ", ".join(f"{name} {value}" for name, value in told.items())
        return "\n".join(part for part in (f"{line} ({more})" if more else line, exception) if part)


def _message(record: logging.LogRecord) -> str:
    status = getattr(record, "status_code", None)
    if status is not None and record.name.startswith("django"):
        # Django puts the path, or what the exception says, into the text; “django.security.DisallowedHost” names it.
        return f"{HTTPStatus(status).phrase} ({status})"
    message = record.getMessage()
    return message if record.name.partition(".")[0] == OURS else faults.without_quotations(message)


def _time(record: logging.LogRecord) -> str:
    """ISO 8601 in UTC."""
    moment = dt.datetime.fromtimestamp(record.created, tz=dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
