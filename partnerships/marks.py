"""Marking in finished HTML what a search found, without rendering it again."""

from __future__ import annotations

import html
import re
from functools import cached_property

from .text import Markable, Query

UNMARKED = '<p class="row-facts">'  # themes, sources and status of a row are not what was searched for
_TAG = re.compile(r"(<[^>]*>)")
_BETWEEN = "\0"  # stands in no text


class Fragment:
    """A finished piece of HTML. Kept as bytes, which take a third of a Japanese string's memory."""

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
        before, unmarked, after = self.octets.decode().partition(UNMARKED)
        parts = ["", *_TAG.split(before), unmarked + after, ""]
        texts = [html.unescape(text) for text in parts[1::2]]
        return parts[::2], texts, Markable(_BETWEEN.join(texts))


def _marked(text: str, spans: list[tuple[int, int]]) -> str:
    pieces = []
    done = 0
    for start, end in spans:
        pieces += [html.escape(text[done:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
        done = end
    return "".join([*pieces, html.escape(text[done:])])
