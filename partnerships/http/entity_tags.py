"""Entity tags of public pages: what a page is made from, under a key of ours.

A tag that we would issue for an address now can only come from having been given it, so that a request that names it
is answered with 304 before anything of the page is looked at. Tags are weak (RFC 9110, 8.8.3): one for all codings of
a page, and still good after a proxy or a CDN has compressed it in its own way, where it would drop or weaken a strong
one.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

_START = '"page-'


def tag_for(address: tuple[str, ...], moment: tuple[int, int]) -> str:
    """The tag of the page at an address (scheme, host, path, query) at a moment (version, day)."""
    made_from = repr((address, moment)).encode()
    digest = hashlib.blake2b(made_from, key=_key(settings.SECRET_KEY), digest_size=15).digest()
    return f'W/{_START}{base64.urlsafe_b64encode(digest).decode()}"'


def may_name_ours(if_none_match: str) -> bool:
    return _START in if_none_match


def names(if_none_match: str, tag: str) -> bool:
    """Whether the header names this tag of ours; comparison is weak (RFC 9110, 13.1.2)."""
    return tag.removeprefix("W/") in if_none_match


@functools.lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return hashlib.blake2b(_build(), key=hashlib.blake2b(secret.encode()).digest(), digest_size=32).digest()


@functools.cache
def _build() -> bytes:
    """A digest of everything but the data that pages are made from: the same on every machine with the same build."""
    digest = hashlib.blake2b(repr((settings.SITE_URL, settings.STATIC_URL)).encode())
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.digest()


def _sources() -> Iterator[Path]:
    root = settings.BASE_DIR
    for pattern in ("config/**/*.py", "partnerships/**/*.py", "partnerships/**/*.mo", "templates/**/*"):
        yield from sorted(path for path in root.glob(pattern) if path.is_file())
    for path in (root / "requirements.txt", Path(settings.STATIC_ROOT) / "staticfiles.json"):
        if path.is_file():
            yield path
