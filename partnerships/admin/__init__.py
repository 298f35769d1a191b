"""The curators' desk: Django's own admin, in the site's clothes."""

from __future__ import annotations

from . import actors, desk, lookups, partnerships, queues, sources, suggestions, themes

__all__ = ["actors", "desk", "lookups", "partnerships", "queues", "sources", "suggestions", "themes"]
