"""How a partnership's record is cited: as plain text in the style of either language, as BibTeX and as RIS.

A plain citation names the day on which the record last changed. The day of reading is in BibTeX and RIS only, where it
has a field of its own: today by UTC, which is how long a page is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from . import wording
from .models import PartialDate, Partnership

LANGUAGES = ("en", "ja")
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
        changed, today = record.updated_at, timezone.now()
        return cls(
            slug=record.slug,
            title=_on_one_line(str(wording.local_text(record, "title"))),
            publisher=_("U.S.–Japan Partnerships Directory"),
            changed=PartialDate(changed.year, changed.month, changed.day),
            read=PartialDate(today.year, today.month, today.day),
            url=f"{settings.SITE_URL}{reverse('partnership-detail', args=[record.slug])}",
            language=get_language() or "en",
        )

    def plain(self) -> str:
        words = {"title": self.title, "publisher": self.publisher, "date": self.changed.localised(), "url": self.url}
        return _("“%(title)s.” %(publisher)s. Last changed %(date)s. %(url)s") % words

    def bibtex(self) -> str:
        """An entry for BibTeX and biblatex; the key is the record's address, which stays when a title changes."""
        fields = {
            "title": f"{{{_latex(self.title)}}}",  # a second pair of braces keeps the capitals
            "howpublished": _latex(self.publisher),  # what styles print of an entry that is “misc”
            "publisher": _latex(self.publisher),  # what programs that keep references read
            "year": str(self.changed.year),
            "note": _latex(_("Last changed %(date)s") % {"date": self.changed.localised()}),
            "url": self.url,
            "urldate": str(self.read),
            "langid": {"en": "english", "ja": "japanese"}[self.language],
        }
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items()]
        return f"@misc{{{self.slug},\n" + ",\n".join(lines) + "\n}\n"

    def ris(self) -> str:
        """A reference of the type ELEC, a page on the web. Lines end as the format wants it, with CR and LF."""
        fields = [
            ("TY", "ELEC"),
            ("ID", self.slug),
            ("TI", self.title),
            ("PB", self.publisher),
            ("PY", str(self.changed.year)),
            ("DA", _slashed(self.changed)),
            ("Y2", _slashed(self.read)),
            ("UR", self.url),
            ("LA", self.language),
            ("ER", ""),
        ]
        return "".join(f"{tag}  - {value}\r\n" for tag, value in fields)


def plain_in_each_language(record: Partnership) -> dict[str, str]:
    """The plain citation by language, the active one first."""
    texts = {}
    for language in sorted(LANGUAGES, key=lambda language: language != get_language()):
        with override(language):
            texts[language] = Reference.of(record).plain()
    return texts


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _latex(text: str) -> str:
    return _RESERVED.sub(lambda found: _IN_LATEX[found[0]], text)


def _slashed(date: PartialDate) -> str:
    return str(date).replace("-", "/")
