"""The curators' desk: Django's own admin, in the site's clothes."""

from __future__ import annotations

from . import actors, desk, imports, lookups, partnerships, queues, sources, themes

__all__ = ["actors", "desk", "imports", "lookups", "partnerships", "queues", "sources", "themes"]
