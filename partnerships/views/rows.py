"""Rows of the listing: rendered once for each version and language, with the places marked that a search found."""

from __future__ import annotations

import html
import re
from functools import cached_property
from typing import Any

from django.template import engines
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from partnerships.models import Partnership
from partnerships.text import Markable, Query

_TAG = re.compile(r"(<[^>]*>)")
_UNMARKED = '<p class="row-facts">'  # themes, sources and status are not what was searched for


class Row:
    """The HTML of one row. Kept as bytes, which take a third of a Japanese string's memory."""

    def __init__(self, text: str) -> None:
        self._octets = text.encode()

    def __html__(self) -> str:
        return self._octets.decode()

    def marked(self, query: Query) -> SafeString:
        """The same with ``mark`` elements."""
        parts = [part if markable is None else _marked(markable, query) for part, markable in self._parts]
        return mark_safe("".join(parts))  # noqa: S308 (the template's own output, and text escaped again)

    @cached_property
    def _parts(self) -> list[tuple[str, Markable | None]]:
        """Tags and texts in turn; of texts, what is shown for their characters."""
        before, facts, after = self._octets.decode().partition(_UNMARKED)
        parts: list[tuple[str, Markable | None]] = [
            (part, None if part.startswith("<") or not part.strip() else Markable(html.unescape(part)))
            for part in _TAG.split(before)
        ]
        return [*parts, (facts + after, None)]


def _marked(markable: Markable, query: Query) -> str:
    text = markable.text
    pieces = []
    done = 0
    for start, end in markable.spans(query):
        pieces += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
        done = end
    return "".join([*pieces, escape(text[done:])])


def render_rows(records: list[Partnership]) -> list[Row]:
    """The rows of some partnerships that ``queries.for_rows`` gave, in the active language."""
    row: Any = engines["jinja2"].env.get_template("includes/rows.html").module.row  # type: ignore[attr-defined]
    return [Row(row(record)) for record in records]
