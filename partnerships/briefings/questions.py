"""What the records of a briefing leave open, derived from their data and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from partnerships import freshness
from partnerships.freshness import State
from partnerships.models import Source

from .facts import Fact, Group, Label, counted, fact, place, title, words
from .sections import Material

MOST_NAMED = 20  # of one question

Test = Callable[[Any, list[Source], dt.date], bool]

# Each question with the test that a record of the briefing must meet; the sources are the record's own.
OF_RECORDS: tuple[tuple[Label, Test], ...] = (
    (lazy("Since when? The start is not recorded."), lambda record, sources, day: record.started is None),
    (
        lazy("Is it still active? The sources do not say."),
        lambda record, sources, day: freshness.state(record, day) == State.UNKNOWN,
    ),
    (
        lazy("Was it renewed? Its term has ended, and a renewal is not verified."),
        lambda record, sources, day: freshness.state(record, day) == State.PAST_TERM,
    ),
    (lazy("Why did it end? The reason is not recorded."), lambda record, sources, day: freshness.lacks_reason(record)),
    (lazy("What came of it? No result is recorded."), lambda record, sources, day: not record.outcomes.all()),
    (lazy("Is there a second source? Only one is recorded."), lambda record, sources, day: len(sources) == 1),
    (
        lazy("Do the places themselves agree? It is not verified with them."),
        lambda record, sources, day: record.verified_on is None,
    ),
    (
        lazy("Is it still right? Nobody has checked it for two years."),
        lambda record, sources, day: _is_long_unchecked(record, sources, day),
    ),
    (lazy("How is it told in Japanese? A Japanese text is missing."), lambda record, sources, day: _lacks(record)),
)
TEXTS = ("title", "summary", "problem", "approach", "preconditions", "how_to_replicate")


def _is_long_unchecked(record: Any, sources: list[Source], day: dt.date) -> bool:
    newest = freshness.checked_on(record, sources)
    return newest is None or freshness.years_since(newest, day) >= freshness.CHECK_LASTS


def _lacks(record: Any) -> bool:
    """Whether something that is told in English is not told in Japanese."""
    statements = [each for each in record.outcomes.all() if not each.statement_ja]
    return bool(statements) or any(getattr(record, name) and not getattr(record, f"{name}_ja") for name in TEXTS)


def open_questions(material: Material) -> list[Group]:
    cited = {record.pk: material.citations.take(record) for record in material.records}
    found: list[Fact] = []
    for label, test in OF_RECORDS:
        open_ones = [record for record in material.records if test(record, cited[record.pk], material.day)]
        if open_ones:
            found.append(_about(label, open_ones, len(material.records)))
    if lacking := _without_office(material):
        label = lazy("Whom to ask? No office is recorded.")
        named = [place(actor) for actor in lacking[:MOST_NAMED]]
        if len(lacking) > MOST_NAMED:
            rest = len(lacking) - MOST_NAMED
            named.append(counted(rest, partial(_more, rest)))
        found.append(fact(label, *named))
    if undated := [source for sources in cited.values() for source in sources if source.published_on is None]:
        numbers = {material.citations.number(source) for source in undated}
        count = len(numbers)
        found.append(
            fact(
                lazy("When was it written? Sources without a date."),
                counted(count, partial(_sources, count)),
                sources=numbers,
            )
        )
    return [found]


def _about(label: Label, records: list[Any], of: int) -> Fact:
    """A question with the records that it is about; all of many are not named one by one."""
    if len(records) == of > 2:
        return fact(label, counted(of, partial(_all, of)))
    return fact(label, *(title(record) for record in records))


def _without_office(material: Material) -> list[Any]:
    actors = {part.actor_id: part.actor for record in material.records for part in material.parts_of(record)}
    lacking = [actor for actor in actors.values() if not (actor.office_name or actor.office_url or actor.office_email)]
    return sorted(lacking, key=lambda actor: actor.slug)


def _all(number: int) -> str:
    return _("all %(number)d that are told here") % {"number": number}


def _more(number: int) -> str:
    return _("and %(number)d more places and organisations") % {"number": number}


def _sources(number: int) -> str:
    return _("%(number)d of the sources below") % {"number": number}


def nothing_open() -> Group:
    return [fact("", words(lambda: _("The data leave no question open.")))]
