"""Which engine the directory runs on."""

from __future__ import annotations

from types import ModuleType

from django.db import connection

from . import postgresql, sqlite


def engine() -> ModuleType:
    """The module that speaks to the configured engine; both have ``NAME``, ``copied``, ``contents``, ``check`` and
    ``staged``."""
    return {"sqlite": sqlite, "postgresql": postgresql}[connection.vendor]
