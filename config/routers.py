"""Where models are read and written (Django's DATABASE_ROUTERS)."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS

from partnerships import databases


class Replicas:
    """Reads go where the request at hand reads from, everything else to the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return databases.chosen()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True  # they are copies of one database

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS
