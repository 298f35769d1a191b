"""Finished pages that all processes and servers share, in Redis: what one has made, the others need not make.

A page is found under its entity tag, which names address, moment and build, so that nothing in there is ever out of
date, and nothing need be removed after a change. Redis is only ever a shortcut: where it is away, slow, or holds
anything but what was put there, pages are made as they are without it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http.response import ResponseHeaders

from . import encodings
from .store import Page

SECONDS_KEPT = 86_400  # a page says what day it is
SECONDS_LEFT_ALONE = 5  # after Redis did not answer
LARGEST = 1024 * 1024  # bytes, compressed
_DIGEST = 32

logger = logging.getLogger(__name__)
_away_until = 0.0


class AsItIs:
    """Django's cache stores bytes of ours without pickling them: what is read back is never run."""

    def __init__(self, **options: Any) -> None:
        pass

    def dumps(self, value: bytes) -> bytes:
        return value

    def loads(self, value: bytes) -> bytes:
        return value


def find(tag: str) -> Page | None:
    """The page with this tag, where another process has made it."""
    if not _may_ask():
        return None
    try:
        kept = caches["pages"].get(_key(tag))
    except _failures() as error:
        _leave_alone(error)
        return None
    return _unpacked(kept, tag) if kept else None


def keep(page: Page) -> None:
    """Let others have a page of a moment that is settled."""
    if not _may_ask():
        return
    packed = _packed(page)
    if len(packed) > LARGEST:
        return
    try:
        caches["pages"].set(_key(page.tag), packed, SECONDS_KEPT)
    except _failures() as error:
        _leave_alone(error)


def _failures() -> tuple[type[Exception], ...]:
    from redis import RedisError  # here: it takes 3 MB of each worker, and most sites share nothing

    return RedisError, OSError


def _may_ask() -> bool:
    return "pages" in settings.CACHES and time.monotonic() >= _away_until


def _leave_alone(error: Exception) -> None:
    global _away_until
    _away_until = time.monotonic() + SECONDS_LEFT_ALONE
    logger.warning("The shared cache does not answer (%s); pages are made without it.", type(error).__name__)


def _key(tag: str) -> str:
    return tag.removeprefix("W/").strip('"')


def _packed(page: Page) -> bytes:
    """A digest of what follows; then the headers, in one line; then the body."""
    headers = page.headers
    body = page.body_in("br" if page.is_compressible else encodings.IDENTITY)
    content = json.dumps(headers).encode() + b"\n" + body
    return _digest(page.tag, content) + content


def _unpacked(packed: bytes, tag: str) -> Page | None:
    digest, content = packed[:_DIGEST], packed[_DIGEST:]
    if digest != _digest(tag, content):
        logger.warning("The shared cache holds something that was not put there; it is passed over.")
        return None
    line, _end, body = content.partition(b"\n")
    headers = ResponseHeaders(json.loads(line))
    page = Page(headers, body, tag)
    return Page(headers, encodings.brotli.decompress(body), tag, {"br": body}) if page.is_compressible else page


def _digest(tag: str, content: bytes) -> bytes:
    """Only who has this site's key can make it."""
    key = hashlib.sha256(settings.SECRET_KEY.encode()).digest()
    return hashlib.blake2b(tag.encode() + content, key=key, digest_size=_DIGEST, person=b"pages").digest()
