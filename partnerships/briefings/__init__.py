"""Briefings and handover pages: what is recorded of a place's partnerships, in both languages, as of a day.

A briefing depends on the published directory and on its day, never on the clock: the same day gives the same bytes as
long as nothing in the directory changes. It does not claim to know what the directory held on that day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from partnerships import wording
from partnerships.models import Actor, PartialDate, Source

from . import comparable, questions, sections
from .citations import Citations
from .facts import Address, Fact, Group, Label, Part, Section, counted, dated, fact, head, page, words
from .scope import Scope
from .sections import Material

__all__ = ["Briefing", "Fact", "Part", "Section"]


@dataclass(frozen=True)
class Briefing:
    """Sections of facts, and the numbered sources that they rest on, which are one list for both languages."""

    actor: Any
    other: Any | None
    day: dt.date
    count: int
    preface: list[Fact]
    sections: list[Section]
    sources: list[Source]

    @classmethod
    def of(cls, actor: Actor, other: Actor | None, day: dt.date, address: Address) -> Self:
        """The briefing on a published actor, or on what it and another one do together.

        ``address`` gives, in the active language, where this very briefing is found again.
        """
        scope = Scope.of(actor, other, day)
        keys = comparable.keys_of_models(scope)
        records = comparable.read([*scope.told, *keys], day)
        material = Material(
            scope=scope,
            records=[records[pk] for pk in scope.told if pk in records],
            models=comparable.models_of(keys, records),
            predecessors=list(actor.predecessors.published().select_related("region", "successor").order_by("slug")),
            citations=Citations(),
        )
        for record in material.records:
            material.citations.take(record)
        made = [Section(number, *parts) for number, parts in enumerate(_parts(material), 1)]
        return cls(
            actor=actor,
            other=other,
            day=day,
            count=scope.count,
            preface=_preface(scope, address),
            sections=made,
            sources=material.citations.sources,
        )


def _parts(material: Material) -> list[tuple[str, Label, list[Group]]]:
    """Key, title and groups of each section; one without facts says so."""
    nothing = _nothing(lazy("No partnership is recorded."))
    if not material.records:
        return [
            ("glance", lazy("At a glance"), _filled(sections.at_a_glance(material), nothing)),
            ("first-steps", lazy("First steps"), [_first_steps(material.scope)]),
            ("offices", lazy("The office to ask"), [sections.office(material.scope.actor, {})]),
            ("models", lazy("Examples to learn from"), _filled(sections.comparable(material), nothing)),
        ]
    return [
        ("glance", lazy("At a glance"), _filled(sections.at_a_glance(material), nothing)),
        ("history", lazy("History"), _filled(sections.history(material), _nothing(lazy("Nothing dated is recorded.")))),
        ("agreements", lazy("Agreements and their terms"), sections.agreements(material)),
        ("results", lazy("Results"), _filled(sections.results(material), _nothing(lazy("No result is recorded.")))),
        (
            "ahead",
            lazy("What lies ahead"),
            _filled(
                sections.ahead(material),
                _nothing(lazy("No round anniversary and no end of a term within five years.")),
            ),
        ),
        ("offices", lazy("Offices by role"), sections.offices(material)),
        (
            "models",
            lazy("Comparable models"),
            _filled(sections.comparable(material), _nothing(lazy("No comparable partnership is recorded."))),
        ),
        ("questions", lazy("Open questions"), _filled(questions.open_questions(material), questions.nothing_open())),
    ]


def _filled(groups: list[Group], otherwise: Group) -> list[Group]:
    return [group for group in groups if group] or [otherwise]


def _nothing(sentence: Label) -> Group:
    return [fact("", words(lambda: str(sentence)))]


def _preface(scope: Scope, address: Address) -> list[Fact]:
    """What the briefing is, what it does not know, and what is left out of it."""
    day = PartialDate(scope.day.year, scope.day.month, scope.day.day)
    facts = [fact(lazy("As of"), dated(day), words(lambda: _("ages, terms and what lies ahead are told for this day")))]
    if changed := scope.published.changed_at:
        read = PartialDate(changed.year, changed.month, changed.day)
        facts.append(fact(lazy("Facts as recorded in the directory on"), dated(read)))
    if scope.later:
        facts.append(fact(lazy("Left out"), counted(scope.later, partial(_began_later, scope.later))))
    if scope.count > len(scope.told):
        told = len(scope.told)
        facts.append(fact(lazy("Told one by one"), counted(told, partial(_told, told)), sections.whole_list(scope)))
    facts.append(fact(lazy("Found again at"), Part(address, address)))
    return facts


def _began_later(number: int) -> str:
    text = ngettext(
        "%(number)d partnership that began after this day", "%(number)d partnerships that began after this day", number
    )
    return text % {"number": number}


def _told(number: int) -> str:
    text = ngettext(
        "%(number)d partnership; sections 2 and 4 to 9 are about it alone",
        "%(number)d partnerships; sections 2 and 4 to 9 are about these alone",
        number,
    )
    return text % {"number": number}


def _first_steps(scope: Scope) -> Group:
    """Where to go on from when nothing is recorded yet."""
    actor = scope.actor
    steps = [
        head(words(lambda: _no_partnership(scope))),
        fact("", Part(lambda: _("Find partners that could fit"), page("peers", query=f"?actor={actor.slug}"))),
        fact("", Part(lambda: _("See what others do on each theme"), page("theme-list"))),
    ]
    if actor.region and actor.region.code:
        parameter = "state" if actor.country == "US" else "prefecture"
        query = f"?{parameter}={actor.region.code}"
        near = Part(lambda: _near(actor.region), page("partnership-list", query=query))
        steps.append(fact("", near))
    steps.append(fact("", Part(lambda: _("How a record comes into the directory"), page("about"))))
    return steps


def _no_partnership(scope: Scope) -> str:
    if scope.other is None:
        return _("No partnership of %(place)s is recorded.") % {"place": wording.full_name(scope.actor)}
    words = {"one": wording.full_name(scope.actor), "other": wording.full_name(scope.other)}
    return _("No partnership in which both %(one)s and %(other)s take part is recorded.") % words


def _near(region: Actor) -> str:
    return _("Partnerships in %(region)s") % {"region": wording.local_text(region, "name")}
