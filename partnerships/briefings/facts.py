"""What a briefing consists of: facts that belong to no language and say themselves in the active one.

A fact is made once, of its data. Each of its parts is asked for its words once for each language, so that both columns
hold the same facts, dates, figures, links and sources because there is only one of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, override

from partnerships import linked_data, wording
from partnerships.models import Actor, PartialDate, Partnership
from partnerships.wording import LocalText

Say = Callable[[], LocalText | str]
Address = Callable[[], str]
Label = str | Any  # a lazy translation


@dataclass(frozen=True)
class Part:
    """A piece of a fact: what it says in the active language, and what it is in every language."""

    say: Say
    address: Address | None = None
    date: PartialDate | None = None
    number: int | Decimal | None = None
    label: Label = ""  # what it is, where the fact's own label does not say so
    is_joined: bool = False  # to the part before it, as a unit to its figure

    @property
    def said(self) -> LocalText:
        text = self.say()
        return text if isinstance(text, LocalText) else LocalText(text, get_language() or "en")


@dataclass(frozen=True)
class Fact:
    """One row: a label, parts, and the numbers of the sources that it rests on."""

    parts: tuple[Part, ...]
    label: Label = ""
    sources: tuple[int, ...] = ()
    is_head: bool = False  # names what the rows below it are about


Group = list[Fact]


@dataclass(frozen=True)
class Section:
    """A numbered part of the briefing; its groups stay together on paper where they can."""

    number: int
    key: str
    title: Label
    groups: list[Group] = field(default_factory=list)


# --- Parts -----------------------------------------------------------------------------------------------------------


def words(say: Callable[[], str]) -> Part:
    """Words of ours, in either language."""
    return Part(say)


def text(record: Any, name: str, address: Address | None = None) -> Part:
    """A bilingual field of a record."""
    return Part(lambda: wording.local_text(record, name), address)


def written(text: str, label: Label = "", *, is_joined: bool = False) -> Part:
    """A text that was recorded in one language only."""

    def say() -> LocalText:
        language = wording.language_of(text)
        return LocalText(text, language, is_foreign=language != get_language())

    return Part(say, label=label, is_joined=is_joined)


def plain(text: str, address: Address | None = None, label: Label = "") -> Part:
    """What is no language: an address, an e-mail address."""
    return Part(lambda: text, address, label=label)


def dated(date: PartialDate) -> Part:
    return Part(date.localised, date=date)


def counted(number: int | Decimal, say: Callable[[], str]) -> Part:
    """A figure, in words that hold it."""
    return Part(say, number=number)


def place(
    actor: Actor, say: Callable[[Actor], str] = wording.full_name, label: Label = "", address: Address | None = None
) -> Part:
    """An actor's name, linked to its page where no other address is given."""

    def named() -> LocalText:
        own = wording.local_text(actor, "name")
        if not own.is_foreign:
            return LocalText(say(actor), own.language)
        with override(own.language):  # so that the name and that of its state are of one language
            return LocalText(say(actor), own.language, own.is_foreign)

    return Part(named, address or page("actor-detail", actor.slug), label=label)


def title(record: Partnership) -> Part:
    """A partnership's title, linked to its page."""
    return text(record, "title", page("partnership-detail", record.slug))


# --- Addresses -------------------------------------------------------------------------------------------------------


def page(name: str, slug: str = "", query: str = "") -> Address:
    """A page of this site in the active language, as it must be written in what leaves the site."""
    return lambda: linked_data.absolute(reverse(name, args=[slug] if slug else None) + query)


def elsewhere(url: str) -> Address:
    return lambda: url


# --- Facts -----------------------------------------------------------------------------------------------------------


def fact(label: Label, *parts: Part | None, sources: Iterable[int | None] = ()) -> Fact:
    """A fact of the parts that are there; sources in the order of their numbers, each once."""
    numbers = sorted({number for number in sources if number})
    return Fact(tuple(part for part in parts if part), label, tuple(numbers))


def head(*parts: Part, label: Label = "", sources: Iterable[int | None] = ()) -> Fact:
    made = fact(label, *parts, sources=sources)
    return Fact(made.parts, made.label, made.sources, is_head=True)
