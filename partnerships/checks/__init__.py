"""Mistakes of deployment that Django's own checks do not know: each with an id, what is wrong, and how to mend it.

README, "Production check", lists the ids. Those that only matter where others reach the site run with ``--deploy``.
"""

from __future__ import annotations

from . import database, settings

__all__ = ["database", "settings"]
