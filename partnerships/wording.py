"""Facts put into words: names with their place, composed sentences, spans of time; in the active language."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from .models import Actor, Country, PartialDate, Partnership, Source

_JAPANESE = re.compile("[ぁ-ヿ㐀-鿿]")
_CONTROLS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class LocalText:
    """A text with the language it is written in, which is not always the page's."""

    text: str
    language: str
    is_foreign: bool = False  # so that the page must mark it with ``lang``

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text)


def local_text(record: Any, field: str) -> LocalText:
    """A bilingual field in the active language, or in the other one where that is all there is."""
    english = getattr(record, field)
    japanese = getattr(record, f"{field}_ja")
    if get_language() == "ja":
        return LocalText(japanese, "ja") if japanese else LocalText(english, "en", is_foreign=True)
    return LocalText(english, "en") if english else LocalText(japanese, "ja", is_foreign=True)


def other_text(record: Model, field: str) -> LocalText:
    """The same field in the language that the page is not in; empty where there is none."""
    if get_language() == "ja":
        return LocalText(getattr(record, field), "en", is_foreign=True)
    return LocalText(getattr(record, f"{field}_ja"), "ja", is_foreign=True)


def without_controls(text: str) -> str:
    """A text without the characters that neither XML nor a calendar can hold."""
    return _CONTROLS.sub("", text)


def language_of(text: str) -> str:
    """The language of a text that exists in one only, by its script.

    Titles and publishers of Japanese sources were mostly entered in English, so that a source's language says nothing
    about them.
    """
    return "ja" if _JAPANESE.search(text) else "en"


def reference(source: Source) -> str:
    """How to cite a source, in one line: publisher, title, date, address, and when it was read."""
    facts = [
        source.publisher,
        _("“%(title)s”") % {"title": source.title},
        source.published_on.localised() if source.published_on else _("date not known"),
        source.url,
    ]
    line = pgettext("between several names", ", ").join(fact for fact in facts if fact)
    if source.accessed_on:
        return _("%(reference)s (read %(date)s)") % {"reference": line, "date": source.accessed_on.localised()}
    return line


def region_name(region: Actor) -> str:
    """A state or prefecture as it follows a town's name: “Hyogo”, not “Hyogo Prefecture”."""
    name = str(local_text(region, "name"))
    return name.removesuffix(" Prefecture") if get_language() != "ja" else name


def full_name(actor: Actor) -> str:
    """An actor with its state or prefecture: “Kobe, Hyogo”, 兵庫県神戸市."""
    name = str(local_text(actor, "name"))
    if actor.region is None or actor.region_id == actor.pk or actor.kind not in Actor.MUNICIPAL_KINDS:
        return name
    if get_language() == "ja":
        return f"{region_name(actor.region)}{name}"
    return f"{name}, {region_name(actor.region)}"


def code_system(actor: Actor) -> str:
    """What an actor's code is called."""
    if actor.kind in Actor.REGION_KINDS:
        return _("ISO 3166-2 code")
    return _("FIPS code") if actor.country == Country.US else _("Municipal code")


def name_when_signed(actor: Actor) -> str:
    """The full name, and for a municipality that merged what it is part of now."""
    if actor.successor is None:
        return full_name(actor)
    return _("%(name)s (now part of %(successor)s)") % {
        "name": full_name(actor),
        "successor": local_text(actor.successor, "name"),
    }


def composed_summary(partnership: Partnership) -> str:
    """The facts of a tie in one sentence, for records without a summary; empty where there is too little to say."""
    sides = [
        [name_when_signed(part.actor) for part in partnership.participations.all() if part.actor.country == country]
        for country in ("US", "JP")
    ]
    if not all(sides):
        return ""
    words = {"us": _join(sides[0]), "jp": _join(sides[1]), "tie": _tie_noun(partnership)}
    if partnership.started:
        words["started"] = partnership.started.localised()
    if partnership.ended:
        words["ended"] = partnership.ended.localised()
    if partnership.status == Partnership.Status.ENDED:
        if partnership.started and partnership.ended:
            return _("%(us)s and %(jp)s were %(tie)s from %(started)s until %(ended)s.") % words
        if partnership.ended:
            return _("%(us)s and %(jp)s were %(tie)s until %(ended)s.") % words
        return _("%(us)s and %(jp)s were %(tie)s; the tie has ended.") % words
    if not partnership.started:
        return _("%(us)s and %(jp)s are recorded as %(tie)s; the sources do not say since when.") % words
    if partnership.status == Partnership.Status.ACTIVE:
        return _("%(us)s and %(jp)s have been %(tie)s since %(started)s.") % words
    words["on"] = partnership.started.localised_since()
    return _("%(us)s and %(jp)s became %(tie)s %(on)s; whether the tie is still active is not known.") % words


def _join(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return pgettext("joins the last two of several names", "%(others)s and %(last)s") % {
        "others": pgettext("between several names", ", ").join(names[:-1]),
        "last": names[-1],
    }


def _tie_noun(partnership: Partnership) -> str:
    kinds = {part.actor.kind for part in partnership.participations.all()}
    if partnership.kind == Partnership.Kind.SISTER:
        if kinds <= {*Actor.REGION_KINDS}:
            return _("sister states")
        if kinds <= {*Actor.MUNICIPAL_KINDS} - {Actor.Kind.COUNTY}:
            return _("sister cities")
        return _("sister communities")
    if partnership.kind == Partnership.Kind.FRIENDSHIP:
        if kinds <= {*Actor.MUNICIPAL_KINDS} - {Actor.Kind.COUNTY}:
            return _("friendship cities")
        return _("friendship partners")
    return _("partners")


def figure(value: Decimal) -> str:
    """12,000 or 0.5: grouped, without empty decimal places."""
    whole = value == value.to_integral_value()
    return f"{value:,.0f}" if whole else f"{value.normalize():,f}"


def time_span(partnership: Partnership, today: dt.date | None = None) -> str:
    """“since 1957”, “2010 – term to October 2030”, “2016 – term ended June 2026, renewal not verified”, “1960–2018”.

    A term that has run out changes these words, never the status.
    """
    started = _year(partnership.started)
    words: dict[str, Any] = {"started": started or _("start not known")}
    if partnership.ended:
        words["ended"] = _year(partnership.ended)
        if started == words["ended"]:
            return started
        return _("%(started)s – %(ended)s") % words
    if partnership.status == Partnership.Status.ENDED:
        return _("%(started)s – ended, date not known") % words
    if partnership.term_ends:
        words["term"] = partnership.term_ends.localised()
        if partnership.term_ends.latest < (today or timezone.localdate()):
            return _("%(started)s – term ended %(term)s, renewal not verified") % words
        return _("%(started)s – term to %(term)s") % words
    if partnership.kind == Partnership.Kind.EVENT and started:
        return started
    return _("since %(started)s") % words if started else str(words["started"])


def years(partnership: Partnership) -> str:
    """The same in years alone, for the head of a record: “2010 –”, “1960 – 2018”, “2019”, “from 1957”."""
    started, ended = _year(partnership.started), _year(partnership.ended)
    if not started and not ended:
        return _("dates not known")
    if started == ended or (partnership.kind == Partnership.Kind.EVENT and not (started and ended)):
        return started or ended
    if ended or partnership.status == Partnership.Status.ACTIVE:
        words = {"started": started or _("start not known"), "ended": ended}
        return (_("%(started)s – %(ended)s") % words).strip()
    return _("from %(started)s") % {"started": started}


def term(partnership: Partnership, today: dt.date | None = None) -> str:
    """“term to October 2030”, “term ended June 2026, renewal not verified”; empty without one or once all is over."""
    if not partnership.term_ends or partnership.ended or partnership.status == Partnership.Status.ENDED:
        return ""
    words = {"term": partnership.term_ends.localised()}
    if partnership.term_ends.latest < (today or timezone.localdate()):
        return _("term ended %(term)s, renewal not verified") % words
    return _("term to %(term)s") % words


def _year(date: PartialDate | None) -> str:
    """“1957” or 1957年; empty for an unknown date."""
    return PartialDate(date.year).localised() if date else ""
