"""How a partnership's record, and the data as a whole, are cited: as plain text, BibTeX and RIS.

A plain citation names the day on which the record last changed, or the version of the data. The day of reading is in
BibTeX and RIS only, where it has a field of its own: today by UTC, which is how long a page is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from . import wording
from .models import PartialDate, Partnership
from .package import describing

LANGUAGES = ("en", "ja")
_LANGID = {"en": "english", "ja": "japanese"}  # babel's names
_IN_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
}
_RESERVED = re.compile("|".join(map(re.escape, _IN_LATEX)))


@dataclass(frozen=True)
class Reference:
    """What a citation of a record says, in one language."""

    slug: str
    title: str
    publisher: str
    changed: PartialDate
    read: PartialDate
    url: str
    language: str

    @classmethod
    def of(cls, record: Partnership) -> Self:
        """The reference in the active language."""
        changed = record.updated_at
        return cls(
            slug=record.slug,
            title=_on_one_line(str(wording.local_text(record, "title"))),
            publisher=_("U.S.–Japan Partnerships Directory"),
            changed=PartialDate(changed.year, changed.month, changed.day),
            read=_today(),
            url=f"{settings.SITE_URL}{reverse('partnership-detail', args=[record.slug])}",
            language=get_language() or "en",
        )

    def plain(self) -> str:
        words = {"title": self.title, "publisher": self.publisher, "date": self.changed.localised(), "url": self.url}
        return _("“%(title)s.” %(publisher)s. Last changed %(date)s. %(url)s") % words

    def bibtex(self) -> str:
        """An entry for BibTeX and biblatex; the key is the record's address, which stays when a title changes."""
        return _bibtex(
            "misc",
            self.slug,
            {
                "title": f"{{{_latex(self.title)}}}",  # a second pair of braces keeps the capitals
                "howpublished": _latex(self.publisher),  # what styles print of an entry that is “misc”
                "publisher": _latex(self.publisher),  # what programs that keep references read
                "year": str(self.changed.year),
                "note": _latex(_("Last changed %(date)s") % {"date": self.changed.localised()}),
                "url": self.url,
                "urldate": str(self.read),
                "langid": _LANGID[self.language],
            },
        )

    def ris(self) -> str:
        """A reference of the type ELEC, a page on the web. Lines end as the format wants it, with CR and LF."""
        return _ris(
            [
                ("TY", "ELEC"),
                ("ID", self.slug),
                ("TI", self.title),
                ("PB", self.publisher),
                ("PY", str(self.changed.year)),
                ("DA", _slashed(self.changed)),
                ("Y2", _slashed(self.read)),
                ("UR", self.url),
                ("LA", self.language),
            ]
        )


@dataclass(frozen=True)
class DataReference:
    """What a citation of the data says, in one language. Nobody is named as its author: none is recorded."""

    title: str
    version: str
    as_of: PartialDate | None
    read: PartialDate
    url: str
    language: str

    @classmethod
    def of(cls, edition: describing.Edition) -> Self:
        """The reference in the active language."""
        return cls(
            title=_("U.S.–Japan Partnerships Directory"),
            version=edition.version,
            as_of=edition.as_of,
            read=_today(),
            url=f"{settings.SITE_URL}{reverse('data')}",
            language=get_language() or "en",
        )

    def plain(self) -> str:
        words = {"title": self.title, "version": self.version, "url": self.url}
        if self.as_of is None:
            return _("%(title)s. Data set, version %(version)s. CC BY 4.0. %(url)s") % words
        return _("%(title)s. Data set, version %(version)s, as of %(date)s. CC BY 4.0. %(url)s") % {
            **words,
            "date": self.as_of.localised(),
        }

    def bibtex(self) -> str:
        """An entry of the type dataset, which biblatex and programs that keep references know; BibTeX takes it as misc.

        Of such an entry BibTeX's styles print ``howpublished``, biblatex's ``version``, so that each says it once.
        """
        return _bibtex(
            "dataset",
            describing.NAME,
            {
                "title": f"{{{_latex(self.title)}}}",
                "publisher": _latex(self.title),
                "howpublished": _latex(_("Data set, version %(version)s") % {"version": self.version}),
                "version": self.version,
                "year": str(self.as_of.year) if self.as_of else "",
                "note": "CC BY 4.0",
                "url": self.url,
                "urldate": str(self.read),
                "langid": _LANGID[self.language],
            },
        )

    def ris(self) -> str:
        """A reference of the type DATA; its version stands where that of a book's edition would."""
        return _ris(
            [
                ("TY", "DATA"),
                ("ID", describing.NAME),
                ("TI", self.title),
                ("PB", self.title),
                ("ET", self.version),
                ("PY", str(self.as_of.year) if self.as_of else ""),
                ("DA", _slashed(self.as_of) if self.as_of else ""),
                ("Y2", _slashed(self.read)),
                ("UR", self.url),
                ("LA", self.language),
            ]
        )


def in_each_language(plain: Callable[[], str]) -> dict[str, str]:
    """A plain citation by language, the active one first."""
    texts = {}
    for language in sorted(LANGUAGES, key=lambda language: language != get_language()):
        with override(language):
            texts[language] = plain()
    return texts


def plain_in_each_language(record: Partnership) -> dict[str, str]:
    return in_each_language(lambda: Reference.of(record).plain())


def _bibtex(kind: str, key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{kind}{{{key},\n" + ",\n".join(lines) + "\n}\n"


def _ris(fields: list[tuple[str, str]]) -> str:
    return "".join(f"{tag}  - {value}\r\n" for tag, value in [*fields, ("ER", "")] if value or tag == "ER")


def _today() -> PartialDate:
    today = timezone.now()
    return PartialDate(today.year, today.month, today.day)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _latex(text: str) -> str:
    return _RESERVED.sub(lambda found: _IN_LATEX[found[0]], text)


def _slashed(date: PartialDate) -> str:
    return str(date).replace("-", "/")
