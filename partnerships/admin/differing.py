"""Differences between two states of a record, in words: which field of which part, from what to what."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from partnerships.models import Actor, Publication
from partnerships.package.cells import DATE
from partnerships.package.tables import TABLE, Column, Table
from partnerships.services.records import Difference, Texts

# Latin words and numbers are compared as a whole, Japanese by the character.
_PIECES = re.compile(r"[A-Za-z\u00c0-\u024f0-9]+|\s+|.", re.DOTALL)
MOST_PIECES = 3000  # of both texts; longer ones are compared roughly


@dataclass(frozen=True)
class DifferenceLine:
    """One difference as a page tells it; ``text`` has ``<ins>`` and ``<del>``."""

    label: str
    text: SafeString


def in_words(differences: Iterable[Difference]) -> list[DifferenceLine]:
    listed = list(differences)
    words = _Words(listed)
    return [words.line(difference) for difference in listed]


def marked(before: str, after: str) -> SafeString:
    """One text with what was taken out and put in, word by word; the whole of both where they have little in common."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > MOST_PIECES)
    if before and after and matcher.ratio() < 0.3:
        return format_html("<del>{}</del> <ins>{}</ins>", before, after)
    pieces = []
    for step, i1, i2, j1, j2 in matcher.get_opcodes():
        if step == "equal":
            pieces.append(("", "".join(old[i1:i2])))
            continue
        pieces += [("del", "".join(old[i1:i2])), ("ins", "".join(new[j1:j2]))]
    return format_html_join("", "{}", ((_piece(tag, text),) for tag, text in pieces if text))


def _piece(tag: str, text: str) -> str | SafeString:
    if tag == "del":
        return format_html("<del>{}</del>", text)
    return format_html("<ins>{}</ins>", text) if tag == "ins" else text


class _Words:
    """Names of what differences mention, each table read once."""

    def __init__(self, differences: list[Difference]) -> None:
        wanted: dict[str, set[str]] = defaultdict(set)
        for difference in differences:
            table = TABLE[difference.table]
            for column, text in self._mentioned(table, difference):
                wanted[column.references].add(text)
        self.names = {name: self._named(name, slugs) for name, slugs in wanted.items()}

    def _mentioned(self, table: Table, difference: Difference) -> Iterable[tuple[Column, str]]:
        if difference.column:
            if difference.column != "publication":
                column = table.column(difference.column)
                for text in (difference.before, difference.after):
                    if column.references and text:
                        yield column, text
            pairs: Iterable[tuple[Column, str]] = zip(_own_key(table), difference.key, strict=False)
        else:
            pairs = [
                pair
                for texts in (difference.before, difference.after)
                for pair in zip(table.columns, texts, strict=False)
            ]
        yield from ((column, text) for column, text in pairs if column.references and text)

    def _named(self, name: str, slugs: set[str]) -> dict[str, str]:
        rows: Any = TABLE[name].model._default_manager.filter(slug__in=slugs)
        rows = rows.select_related("region") if TABLE[name].model is Actor else rows
        return {row.slug: str(row) for row in rows}

    def line(self, difference: Difference) -> DifferenceLine:
        table = TABLE[difference.table]
        if not difference.column:
            return self._row_line(table, difference)
        if difference.column == "publication":
            before, after = (
                str(Publication(text).label) if text else "" for text in (difference.before, difference.after)
            )
            return DifferenceLine(_("State"), _from_to(before, after))
        column = table.column(difference.column)
        label = _label(table, column)
        if table.owner:
            key = " · ".join(self.words(table, *pair) for pair in zip(_own_key(table), difference.key, strict=True))
            label = _("%(part)s “%(row)s”: %(field)s") % {"part": _part(table), "row": key, "field": label}
        before, after = (self.words(table, column, text) for text in (difference.before, difference.after))
        is_text = not column.references and not table.choices(column) and len(before) + len(after) > 40
        return DifferenceLine(label, marked(before, after) if is_text else _from_to(before, after))

    def _row_line(self, table: Table, difference: Difference) -> DifferenceLine:
        texts, tag = (difference.after, "ins") if difference.after else (difference.before, "del")
        words = {"part": _part(table)}
        label = _("%(part)s added") % words if difference.after else _("%(part)s removed") % words
        return DifferenceLine(label, SafeString(_piece(tag, self.row_words(table, texts))))

    def row_words(self, table: Table, texts: Texts) -> str:
        words = [
            self.words(table, column, text)
            for column, text in zip(table.columns, texts, strict=True)
            if text and column.name != "position" and not (table.owner and column is table.columns[0])
        ]
        return " · ".join(words)

    def words(self, table: Table, column: Column, text: str) -> str:
        """A cell in words: names instead of slugs, labels instead of codes, dates as one reads them."""
        if not text:
            return ""
        if column.references:
            return self.names.get(column.references, {}).get(text, text)
        if column.cell is DATE:
            return column.cell.parse(text).localised()
        return table.labels(column).get(text, text)


def _own_key(table: Table) -> list[Column]:
    """The columns that name a row within its record."""
    names = table.key[1:] if table.owner else table.key
    return [table.column(name) for name in names]


def _label(table: Table, column: Column) -> str:
    return capfirst(str(table.field(column).verbose_name))


def _part(table: Table) -> str:
    return capfirst(str(table.model._meta.verbose_name))


def _from_to(before: str, after: str) -> SafeString:
    if not before:
        return format_html("<ins>{}</ins>", after)
    if not after:
        return format_html("<del>{}</del>", before)
    return format_html("<del>{}</del> → <ins>{}</ins>", before, after)
