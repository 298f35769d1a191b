"""The curators' desk: Django's own admin, in the site's clothes."""

from __future__ import annotations

from . import actors, desk, kept_forms, lookups, partnerships, queues, sources, themes

__all__ = ["actors", "desk", "kept_forms", "lookups", "partnerships", "queues", "sources", "themes"]
