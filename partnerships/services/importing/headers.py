"""What the first line of a file means: which column is which, in English or Japanese, and what is passed over."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from .columns import FOLLOWS, REFUSED, Column, FlatFile
from .reading import folded


@dataclass
class Heading:
    """``columns`` stand at their places in the line, None for what is passed over; ``notices`` say what that is."""

    columns: list[Column | None] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def understand(flat: FlatFile, head: list[str]) -> Heading:
    """Which columns these are. ``problems`` must be mended before any line can be believed."""
    words = _words(flat)
    refused, follows = {folded(word) for word in REFUSED}, {folded(word) for word in FOLLOWS}
    heading = Heading()
    seen: dict[str, str] = {}
    for place, text in enumerate(head, 1):
        word = folded(text.rstrip("*＊"))
        column = words.get(word)
        heading.columns.append(column)
        if column is not None:
            if column.name in seen:
                heading.problems.append(
                    _("“%(column)s” and “%(other)s” mean the same column; keep one of them.")
                    % {"column": text, "other": seen[column.name]}
                )
            seen[column.name] = text
        elif word in refused:
            heading.problems.append(
                _("“%(column)s” is never written by an import; take the column out of the file.") % {"column": text}
            )
        elif not word:
            heading.notices.append(_("Column %(place)d has no name and is passed over.") % {"place": place})
        elif word in follows:
            heading.notices.append(
                _("“%(column)s” follows from the other columns and is passed over.") % {"column": text}
            )
        elif not is_of_reasons(text):
            heading.notices.append(_("“%(column)s” is not known and is passed over.") % {"column": text})
    if not seen:
        heading.problems.append(
            _("None of the columns is known; the first line must hold their names, as in the template.")
        )
    return heading


def _words(flat: FlatFile) -> dict[str, Column]:
    """What each column may be called: its name before its labels, these before what else it is called."""
    found = {folded(column.name): column for column in flat.columns}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for column in flat.columns:
                found.setdefault(folded(str(column.label)), column)
    for column in flat.columns:
        for other in column.others:
            found.setdefault(folded(other), column)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for column in flat.columns:
                if own := flat.of_table(column):
                    found.setdefault(folded(str(flat.table.field(own).verbose_name)), column)
    return found


def is_of_reasons(text: str) -> bool:
    """Whether a column is the one that we added for the reasons."""
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            if folded(text) == folded(_("What is wrong")):
                return True
    return False
