"""What a briefing was asked for: whose, with whom, in which languages, as of which day."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from partnerships import nearest, queries
from partnerships.briefings.facts import page
from partnerships.filters import presentable
from partnerships.models import Actor, PartialDate

from .listing import MovedError

PARAMETERS = ("actor", "with", "languages", "date", "format")
LANGUAGES = ("en", "ja")
BOTH = "both"
FILE = "file"
SLUG = re.compile(r"[-\w]{1,100}", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1900, 2199
MOST_CANDIDATES = 8


@dataclass(frozen=True)
class Candidates:
    """A name that is nobody's address, with the places and organisations that may be meant."""

    typed: str
    offers: list[tuple[Actor, str]]  # each with the address of its briefing


@dataclass
class BriefingRequest:
    """The parameters as far as they were understood; ``messages`` says what was not, ``candidates`` who is meant."""

    actor: Any = None
    other: Any = None
    chosen: str = BOTH
    date: dt.date | None = None
    is_file: bool = False
    messages: list[str] = field(default_factory=list)
    candidates: list[Candidates] = field(default_factory=list)

    @classmethod
    def of(cls, data: QueryDict) -> Self:
        asked = cls()
        given = {name: asked._single(name, data.getlist(name)) for name in PARAMETERS}
        asked.chosen = asked._one_of("languages", given["languages"], (BOTH, *LANGUAGES)) or BOTH
        asked.date = asked._day(given["date"])
        asked.is_file = bool(asked._one_of("format", given["format"], (FILE,)))
        asked.actor = _found(given["actor"])
        other = _found(given["with"])
        if other and other == asked.actor:
            asked.messages.append(_("A place has no partnership with itself: “with” is ignored."))
        else:
            asked.other = other
        if given["actor"] and not asked.actor:
            asked._offer("actor", given["actor"])
        if given["with"] and not other:
            asked._offer("other", given["with"])
        return asked

    # --- Understanding -----------------------------------------------------------------------------------------------

    def _single(self, name: str, values: list[str]) -> str:
        """The last value that is not empty; says so where there are others."""
        given = [" ".join(value.split()) for value in values if value.strip()]
        if len(set(given)) > 1:
            text = _("“%(name)s” was given more than once; the last value is used.")
            self.messages.append(text % {"name": name})
        return given[-1] if given else ""

    def _one_of(self, name: str, value: str, known: tuple[str, ...]) -> str:
        if value and value not in known:
            self._complain(name, value)
            return ""
        return value

    def _day(self, typed: str) -> dt.date | None:
        if not typed:
            return None
        try:
            date = PartialDate.parse_typed(typed[:20])
        except ValueError:
            date = None
        if date is None or date.day is None or not FIRST_YEAR <= date.year <= LAST_YEAR:
            text = _("“%(value)s” is no day from %(first)d to %(last)d, as in 2026-11-26; the briefing is as of today.")
            words = {"value": presentable(typed), "first": FIRST_YEAR, "last": LAST_YEAR}
            self.messages.append(text % words)
            return None
        return date.earliest

    def _complain(self, name: str, value: str) -> None:
        text = _("%(label)s: “%(value)s” was not understood and is ignored.")
        self.messages.append(text % {"label": name, "value": presentable(value)})

    def _offer(self, parameter: str, typed: str) -> None:
        offers = [(actor, self.address(**{parameter: actor.slug})) for actor in nearest.places(typed, MOST_CANDIDATES)]
        self.candidates.append(Candidates(presentable(typed), offers))
        if not offers:
            text = _("The directory knows no place or organisation of the name “%(name)s”, nor of a similar one.")
            self.messages.append(text % {"name": presentable(typed)})

    # --- Said --------------------------------------------------------------------------------------------------------

    @property
    def is_unclear(self) -> bool:
        """Whether a name has to be chosen before there is a briefing."""
        return bool(self.candidates)

    @cached_property
    def day(self) -> dt.date:
        return self.date or timezone.localdate()

    @property
    def languages(self) -> list[str]:
        """The languages of the columns, the page's own first."""
        if self.chosen != BOTH:
            return [self.chosen]
        return sorted(LANGUAGES, key=lambda language: language != get_language())

    @property
    def is_of_a_day(self) -> bool:
        return self.date is not None

    def pairs(self, **changes: str) -> list[tuple[str, str]]:
        """The parameters in their one order, without defaults; ``other`` stands for ``with``."""
        values = {
            "actor": self.actor.slug if self.actor else "",
            "other": self.other.slug if self.other else "",
            "languages": "" if self.chosen == BOTH else self.chosen,
            "date": self.date.isoformat() if self.date else "",
            "format": FILE if self.is_file else "",
        } | changes
        return [("with" if name == "other" else name, value) for name, value in values.items() if value]

    def address(self, **changes: str) -> str:
        """The query string of this briefing with some parameters changed."""
        return f"?{urlencode(self.pairs(**changes))}"

    @property
    def canonical_query(self) -> str:
        return self.address().removesuffix("?")

    @property
    def dated_query(self) -> str:
        """The same with its day written out, so that it says the same tomorrow."""
        return self.address(date=self.day.isoformat(), format="")

    @property
    def file_query(self) -> str:
        return self.address(date=self.day.isoformat(), format=FILE)

    def own_address(self) -> str:
        """Where this briefing is found again, in the active language."""
        return page("brief", query=self.dated_query)()

    @property
    def file_name(self) -> str:
        parties = [actor.slug for actor in (self.actor, self.other) if actor]
        return "-".join(["briefing", *parties, self.day.isoformat()]) + ".html"

    def check_address(self, request: HttpRequest) -> None:
        """Raise ``MovedError`` when all was understood and the address is not the one of this briefing."""
        given = parse_qsl(request.META["QUERY_STRING"], keep_blank_values=True)
        if not (self.messages or self.candidates) and given != self.pairs():
            raise MovedError(request.path + self.canonical_query)


def _found(slug: str) -> Actor | None:
    """The published actor that has this address, or had it before."""
    if not SLUG.fullmatch(slug):
        return None
    found = queries.actors().select_related("region", "successor__region")
    actor = found.filter(slug=slug).first()
    if actor is None and (present := queries.former_slug(Actor, slug)):
        actor = found.filter(slug=present).first()
    return actor
