"""Errors are told to people: by e-mail (``ERROR_EMAIL``) or to Sentry (``SENTRY_DSN``).

Both tell what the log tells and no more. Django's own handler for mail and Sentry's own integrations would send
headers, cookies, forms, the user and every local variable, so neither is used.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import traceback
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage

from . import faults, logs

SECONDS_OF_SILENCE = 600  # after a mail, about the same kind of error
KINDS = 1000  # that are remembered

logger = logging.getLogger("partnerships.reports")


class _Reports(logging.Handler):
    """Takes errors of ours, and leaves what whoever asked did wrong."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        if logs.is_refusal(record):
            return
        with contextlib.suppress(Exception):  # a report that fails must not make a second error of the first
            self.report(record)

    def report(self, record: logging.LogRecord) -> None:
        raise NotImplementedError


class MailedReports(_Reports):
    """One mail for each kind of error in ten minutes, from each process, sent by a thread of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, str], float] = {}

    def report(self, record: logging.LogRecord) -> None:
        if not self._is_new(record):
            return
        told = logs.fields(record)
        exception = told.pop("exception", "")
        error = record.exc_info[1] if record.exc_info else None
        what = faults.summary(error) if error else told["message"]
        message = EmailMessage(
            f"[{settings.SITE_URL}] {what}"[:150],
            "\n".join([*(f"{name}: {value}" for name, value in told.items()), "", exception]) + "\n",
            settings.SERVER_EMAIL,
            settings.ERROR_EMAIL,
        )
        threading.Thread(target=_send, args=[message], daemon=True).start()

    def _is_new(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        # What goes wrong in the database is raised in one place, so its text counts, too.
        kind = (faults.summary(error), faults.place_of(error)) if error else (record.name, str(record.msg))
        now = time.monotonic()
        if now - self._told.get(kind, -SECONDS_OF_SILENCE) < SECONDS_OF_SILENCE:
            return False
        if len(self._told) >= KINDS:
            self._told.clear()
        self._told[kind] = now
        return True


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception as error:
        logger.warning("A report of an error could not be mailed; check EMAIL_URL (%s).", faults.summary(error))


class SentryReports(_Reports):
    """Events of our own making, without any of Sentry's integrations."""

    def __init__(self) -> None:
        super().__init__()
        import sentry_sdk

        sentry_sdk.init(
            settings.SENTRY_DSN,
            before_send=_only_what_is_named,
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            send_client_reports=False,
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
        )
        self._library = sentry_sdk

    def report(self, record: logging.LogRecord) -> None:
        told = logs.fields(record)
        error = record.exc_info[1] if record.exc_info else None
        event: dict[str, Any] = {
            "level": record.levelname.lower(),
            "logger": record.name,
            "logentry": {"formatted": told["message"]},
            "tags": {name: told[name] for name in ("request_id", "method", "path") if name in told},
        }
        if error is not None:
            event["exception"] = {"values": [_as_sentry_has_it(each) for each in faults.chain(error)]}
        self._library.capture_event(event)  # type: ignore[arg-type]


# Of an event; whatever the library may add one day stays here. The last are about this machine and this program.
_NAMED = {
    *("event_id", "timestamp", "platform", "level", "logger", "logentry", "tags", "exception"),
    *("server_name", "environment", "release", "sdk"),
}


def _only_what_is_named(event: Any, hint: Any) -> Any:
    return {name: value for name, value in event.items() if name in _NAMED}


def _as_sentry_has_it(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__, limit=-faults.FRAMES)
    return {
        "type": type(error).__qualname__,
        "module": type(error).__module__,
        "value": faults.summary(error).partition(": ")[2],
        "stacktrace": {
            "frames": [
                {
                    "filename": frame.filename,
                    "function": frame.name,
                    "lineno": frame.lineno,
                    "context_line": frame.line or "",
                    "in_app": "/site-packages/" not in frame.filename,
                }
                for frame in frames
            ]
        },
    }
