"""The curators' desk: Django's own admin, in the site's clothes."""

from __future__ import annotations

from . import (
    actors,
    coverage_checks,
    desk,
    duplicates,
    imports,
    invitations,
    kept_forms,
    links,
    lookups,
    merging,
    partnerships,
    registers,
    sources,
    suggestions,
    themes,
    users,
)

__all__ = [
    "actors",
    "coverage_checks",
    "desk",
    "duplicates",
    "imports",
    "invitations",
    "kept_forms",
    "links",
    "lookups",
    "merging",
    "partnerships",
    "registers",
    "sources",
    "suggestions",
    "themes",
    "users",
]
