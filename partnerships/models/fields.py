"""Column types of our own."""

from __future__ import annotations

from typing import Any

from django.core.validators import URLValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class _OrderedByCodePoint(models.Field):
    """Text that every engine orders by code point.

    SQLite does so by itself; PostgreSQL follows the database's locale unless the column says ``COLLATE "C"``. Prefix
    ranges on paths, the order of partial dates and the orders that are kept in memory rely on one and the same order.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


class CodePointCharField(_OrderedByCodePoint, models.CharField):
    """Short text that every engine orders by code point."""


class CodePointSlugField(_OrderedByCodePoint, models.SlugField):
    """A slug that every engine orders by code point."""


class WebURLField(models.URLField):
    """An http(s) address; one typed without its scheme is taken as https."""

    default_validators = [URLValidator(schemes=["http", "https"])]

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"assume_scheme": "https", **options})
