"""Rows of the listing: rendered once for each version and language, with the places marked that a search found."""

from __future__ import annotations

import html
import re
from functools import cached_property
from typing import Any

from django.template import engines
from django.utils.safestring import SafeString, mark_safe

from partnerships.models import Partnership
from partnerships.text import Markable, Query

_TAG = re.compile(r"(<[^>]*>)")
_BETWEEN = "\0"  # stands in no text
_UNMARKED = '<p class="row-facts">'  # themes, sources and status are not what was searched for


class Row:
    """The HTML of one row. Kept as bytes, which take a third of a Japanese string's memory."""

    def __init__(self, text: str) -> None:
        self.octets = text.encode()

    def __html__(self) -> str:
        return self.octets.decode()

    def marked(self, query: Query) -> str:
        """The same with ``mark`` elements."""
        tags, texts, markable = self._parts
        spans = markable.spans(query)
        if not spans:
            return self.__html__()
        pieces = []
        start = 0
        for tag, text in zip(tags, texts, strict=True):
            end = start + len(text)
            here = [(a - start, b - start) for a, b in spans if start <= a and b <= end]
            pieces += [tag, _marked(text, here) if here else html.escape(text)]
            start = end + 1
        return "".join(pieces)

    @cached_property
    def _parts(self) -> tuple[list[str], list[str], Markable]:
        """Tags and the texts that follow them, and all texts as one in which to find the words of a search."""
        before, facts, after = self.octets.decode().partition(_UNMARKED)
        parts = ["", *_TAG.split(before), facts + after, ""]
        texts = [html.unescape(text) for text in parts[1::2]]
        return parts[::2], texts, Markable(_BETWEEN.join(texts))


def _marked(text: str, spans: list[tuple[int, int]]) -> str:
    pieces = []
    done = 0
    for start, end in spans:
        pieces += [html.escape(text[done:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
        done = end
    return "".join([*pieces, html.escape(text[done:])])


def render_rows(records: list[Partnership]) -> list[Row]:
    """The rows of some partnerships that ``queries.for_rows`` gave, in the active language."""
    row: Any = engines["jinja2"].env.get_template("includes/rows.html").module.row  # type: ignore[attr-defined]
    return [Row(row(record)) for record in records]


def joined(rows: list[Row], query: Query) -> SafeString:
    """The HTML of several rows, with the places marked that a search found."""
    if query.wanted:
        return mark_safe("".join(row.marked(query) for row in rows))  # noqa: S308 (templates' output, text escaped)
    return mark_safe(b"".join(row.octets for row in rows).decode())  # noqa: S308 (the templates' own output)
