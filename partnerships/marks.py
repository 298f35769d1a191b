"""Marking in finished HTML what a search found, without rendering it again."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from itertools import accumulate

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
        pieces, starts, markable = self._parts
        marked: dict[int, list[tuple[int, int]]] = {}  # the spans within a text, by its number
        for start, end in markable.spans(query):
            number = bisect_right(starts, start) - 1
            if end < starts[number + 1]:
                marked.setdefault(number, []).append((start - starts[number], end - starts[number]))
        if not marked:
            return self.__html__()
        pieces = pieces.copy()
        for number, spans in marked.items():
            pieces[2 * number] = _marked(pieces[2 * number], spans)
        return "".join(pieces)

    @cached_property
    def _parts(self) -> tuple[list[str], list[int], Markable]:
        """Texts and tags in turn, where each text starts in all of them as one, and that one to find words in."""
        before, unmarked, after = self.octets.decode().partition(UNMARKED)
        pieces = _TAG.split(before)
        texts = [html.unescape(text) for text in pieces[::2]]
        starts = [0, *accumulate(len(text) + len(_BETWEEN) for text in texts)]
        return [*pieces, unmarked + after], starts, Markable(_BETWEEN.join(texts))


def _marked(piece: str, spans: list[tuple[int, int]]) -> str:
    text = html.unescape(piece)
    # Most texts are in HTML what they are: nothing in them has to be escaped.
    escaped: Callable[[str], str] = str if "&" not in piece else html.escape
    pieces = []
    done = 0
    for start, end in spans:
        pieces += [escaped(text[done:start]), "<mark>", escaped(text[start:end]), "</mark>"]
        done = end
    return "".join([*pieces, escaped(text[done:])])
