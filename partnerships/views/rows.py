"""Rows of the listing: rendered once for each version and language, with the places marked that a search found."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe

from partnerships.marks import Fragment
from partnerships.models import Partnership
from partnerships.templating import macros
from partnerships.text import Query


def render_rows(records: list[Partnership]) -> list[Fragment]:
    """The rows of some partnerships that ``queries.for_rows`` gave, in the active language."""
    row = macros("includes/rows.html").row
    return [Fragment(row(record)) for record in records]


def joined(rows: list[Fragment], query: Query) -> SafeString:
    """The HTML of several rows, with the places marked that a search found."""
    if query.wanted:
        return mark_safe("".join(row.marked(query) for row in rows))  # noqa: S308 (templates' output, text escaped)
    return mark_safe(b"".join(row.octets for row in rows).decode())  # noqa: S308 (the templates' own output)
