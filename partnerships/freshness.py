"""How fresh a record is and what state it is in, in the words of the active language.

Two things are kept apart. The *status* is what sources say, and only a source changes it. The *freshness* follows from
dates and the present day alone: it is worked out anew, stored nowhere, and never touches the status.

The newest dates of a record's parts are what ``queries.for_rows`` annotated; what only a record's own page says reads
what ``queries.for_page`` prefetched.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from .models import Milestone, PartialDate, Partnership, Source

CHECK_LASTS = 2  # years; a record that nobody looked at for longer reads “not checked since …”


# --- Evidence --------------------------------------------------------------------------------------------------------


def last_evidence(record: Partnership) -> PartialDate | None:
    """The newest date of anything that the record rests on; None where nothing is dated.

    That is the newest of: publication of a cited source, a milestone that is past, the year of a result, a curator's
    check. When a source was read says nothing about the age of what it says.
    """
    found: Any = record
    dates = [found.newest_source, found.newest_milestone, record.verified_on]
    if found.newest_outcome_year:
        dates.append(PartialDate(found.newest_outcome_year))
    return max((date for date in dates if date), default=None)


def evidence_label(record: Partnership) -> str:
    """“last evidence March 2022”."""
    newest = last_evidence(record)
    if newest is None:
        return _("date of the evidence not known")
    return _("last evidence %(date)s") % {"date": newest.localised()}


def independent_sources(sources: Iterable[Source]) -> int:
    """How many different publishers speak; of a source that names none, its host counts as the publisher."""
    return len({_folded(source.publisher) or _host(source.url) for source in sources})


def sources_label(sources: list[Source]) -> str:
    """“two independent sources”, “five sources, three of them independent”, “one source only”."""
    count, independent = len(sources), independent_sources(sources)
    if count == 1:
        return _("one source only")
    if independent == 1:
        return _("%(count)d sources of one publisher") % {"count": count}
    if independent == count:
        return _("%(count)d independent sources") % {"count": count}
    return _("%(count)d sources of %(publishers)d publishers") % {"count": count, "publishers": independent}


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


# --- Checks ----------------------------------------------------------------------------------------------------------


def checked_on(record: Partnership, sources: Iterable[Source]) -> PartialDate | None:
    """When somebody last looked: a curator at the record, or a compiler at one of its sources."""
    return max(
        (date for date in (record.verified_on, *(source.accessed_on for source in sources)) if date), default=None
    )


def check_labels(record: Partnership, sources: Iterable[Source], today: dt.date | None = None) -> list[str]:
    """When the record was last checked, or since when it was not, and whether the places themselves had a say."""
    newest = checked_on(record, sources)
    labels = []
    if newest is None:
        labels.append(_("when it was last checked is not known"))
    elif years_since(newest, today) >= CHECK_LASTS:
        labels.append(_("not checked since %(date)s") % {"date": PartialDate(newest.year).localised()})
    elif newest == record.verified_on:
        labels.append(_("verified %(date)s") % {"date": newest.localised()})
    else:
        labels.append(_("sources read %(date)s") % {"date": newest.localised()})
    if record.verified_on is None:
        labels.append(_("not yet verified with the places themselves"))
    return labels


def years_since(date: PartialDate, today: dt.date | None = None) -> int:
    """Whole years since the last day that a date can mean; 0 for less than one, and for what lies ahead."""
    last, now = date.latest, today or timezone.localdate()
    return max(0, now.year - last.year - ((now.month, now.day) < (last.month, last.day)))


def age(date: PartialDate | None, today: dt.date | None = None) -> str:
    """“3 years ago”; empty for less than a year, and for a date that is not known."""
    years = years_since(date, today) if date else 0
    return ngettext("%(years)d year ago", "%(years)d years ago", years) % {"years": years} if years else ""


# --- State -----------------------------------------------------------------------------------------------------------


class State(TextChoices):
    """What a record's status, its term and the present day say together."""

    IN_FORCE = "in-force", lazy("Active")
    PAST_TERM = "past-term", lazy("Term ended, renewal not verified")
    ENDED = "ended", lazy("Ended")
    UNKNOWN = "unknown", lazy("Not known whether active")


def state(record: Partnership, today: dt.date | None = None) -> State:
    """A term that has run out changes how an active record is described; what has ended or is unknown stays so."""
    if record.status == Partnership.Status.ENDED or record.ended:
        return State.ENDED
    if record.term_ends and record.term_ends.latest < (today or timezone.localdate()):
        return State.PAST_TERM
    return State.UNKNOWN if record.status == Partnership.Status.UNKNOWN else State.IN_FORCE


def state_sentence(record: Partnership, today: dt.date | None = None) -> str:
    """The state in a sentence, with the date where one is recorded."""
    present, term = state(record, today), record.term_ends
    if present == State.ENDED:
        return _ended(record)
    if present == State.UNKNOWN:
        return _("The sources do not say whether it is still active.")
    if term is None:
        return _("In force, as far as its sources say.")
    if present == State.PAST_TERM:
        on = term.localised_since()
        return _("Its term ended %(on)s; whether it was renewed has not been verified.") % {"on": on}
    return _("In force; its term runs to %(term)s.") % {"term": term.localised()}


def _ended(record: Partnership) -> str:
    end = ending(record)
    date = record.ended or (end.on if end else None)
    if record.kind == Partnership.Kind.EVENT:
        return _held(record.started or date, record.ended)
    return _("Ended %(on)s.") % {"on": date.localised_since()} if date else _("Ended; the date is not recorded.")


def _held(started: PartialDate | None, ended: PartialDate | None) -> str:
    """When an event was held: from one date to another, or in the month or year that holds both."""
    if started is None:
        return _("Held; the date is not recorded.")
    if ended and ended.earliest > started.latest:
        words = {"started": started.localised(), "ended": ended.localised()}
        return _("Held from %(started)s to %(ended)s.") % words
    # “11 March” alone would say of a week in March that it was a day.
    widest = ended if ended and ended.earliest <= started.earliest else started
    return _("Held %(on)s.") % {"on": widest.localised_since()}


def ending(record: Partnership) -> Milestone | None:
    """The milestone that says how it ended, the last one where there are several."""
    ends = [milestone for milestone in record.milestones.all() if milestone.kind == Milestone.Kind.ENDED]
    return ends[-1] if ends else None


def lacks_reason(record: Partnership) -> bool:
    """Whether it ended and nothing says why. An event is over because it was held."""
    end = ending(record)
    is_told = end is not None and bool(end.title or end.title_ja)
    return state(record) == State.ENDED and record.kind != Partnership.Kind.EVENT and not is_told


# --- All of it -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Freshness:
    """What a record's own page says of its state and its evidence."""

    state: State
    sentence: str
    ending: Milestone | None
    lacks_reason: bool
    sources: str
    evidence: PartialDate | None
    age: str
    checks: list[str]

    @classmethod
    def of(cls, record: Partnership, sources: list[Source], today: dt.date | None = None) -> Self:
        evidence = last_evidence(record)
        return cls(
            state=state(record, today),
            sentence=state_sentence(record, today),
            ending=ending(record),
            lacks_reason=lacks_reason(record),
            sources=sources_label(sources),
            evidence=evidence,
            age=age(evidence, today),
            checks=check_labels(record, sources, today),
        )
