"""The curators' desk: Django's own admin, in the site's clothes."""

from __future__ import annotations

from . import (
    actors,
    desk,
    invitations,
    links,
    lookups,
    partnerships,
    queues,
    sources,
    suggestions,
    themes,
    users,
)

__all__ = [
    "actors",
    "desk",
    "invitations",
    "links",
    "lookups",
    "partnerships",
    "queues",
    "sources",
    "suggestions",
    "themes",
    "users",
]
