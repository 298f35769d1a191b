"""The curators' desk: Django's own admin, in the site's clothes."""

from __future__ import annotations

from . import actors, desk, lookups, partnerships, queues, registers, sources, themes

__all__ = ["actors", "desk", "lookups", "partnerships", "queues", "registers", "sources", "themes"]
