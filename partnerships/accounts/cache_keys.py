"""Keys of the shared cache: they hold addresses and names of those who try to sign in, for nobody to read there."""

from __future__ import annotations

import hashlib

from django.conf import settings


def digest(key: str, prefix: str, version: int) -> str:
    secret = hashlib.sha256(settings.SECRET_KEY.encode()).digest()
    return hashlib.blake2b(f"{prefix}:{version}:{key}".encode(), key=secret, digest_size=32).hexdigest()
