"""What becomes of suggestions from outside: received, held, asked about, accepted, rejected; each step in a log.

Who may call which verb is for the caller to check. A suggestion itself stays as it was written.
"""

from __future__ import annotations

import datetime as dt
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator, slugify
from django.utils.translation import gettext as _

from partnerships import search, wording
from partnerships.models import (
    Actor,
    Citation,
    Participation,
    Partnership,
    PartnershipTheme,
    RecentSender,
    Source,
    Suggestion,
    SuggestionStep,
    Theme,
)

from .holding import Incoming, reasons_to_hold
from .links import sources_at
from .telling_senders import tell_sender

State, Action = Suggestion.State, SuggestionStep.Action

MOST_AN_HOUR = 10  # suggestions of one client
HOUR = 3600
# Without letters and digits that look alike: 31 signs, twelve of them, are 59 bits.
SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LONGEST_TITLE = 100

# From which states each step may be taken.
STEPS: dict[str, frozenset[str]] = {
    Action.RELEASED: frozenset({State.HELD}),
    Action.ASKED: frozenset({State.WAITING, State.ASKED, State.FORWARDED}),
    Action.ANSWERED: frozenset({State.ASKED}),
    Action.FORWARDED: frozenset({State.WAITING, State.ASKED}),
    Action.ACCEPTED: frozenset({State.WAITING, State.ASKED, State.FORWARDED}),
    Action.REJECTED: frozenset({State.HELD, State.WAITING, State.ASKED, State.FORWARDED}),
}


class NotPossibleError(Exception):
    """A step that cannot be taken, with the reason in words; nothing was changed."""


class TooManyError(Exception):
    """More suggestions than one client may send; ``seconds`` until the next one may come."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Receipt:
    """``is_new`` is false where the same client had just sent the very same."""

    suggestion: Suggestion
    is_new: bool


@dataclass(frozen=True)
class Answered:
    """A step that was taken with a suggestion."""

    suggestion: Suggestion
    step: SuggestionStep


@dataclass(frozen=True)
class Accepted:
    """What accepting led to. ``is_cited`` is false where the record cited the source for this already."""

    suggestion: Suggestion
    record: Partnership
    source: Source
    is_new_source: bool
    is_cited: bool


def do_nothing() -> None:
    """What is called where no mail was sent and nobody is there to be told."""


# --- From the sender -----------------------------------------------------------------------------------------------


@transaction.atomic
def receive(
    *,
    text: str,
    evidence_url: str,
    language: str,
    client: str,
    sender_name: str = "",
    sender_email: str = "",
    partnership: Partnership | None = None,
    actor: Actor | None = None,
    theme: Theme | None = None,
    is_trapped: bool = False,
) -> Receipt:
    """Take in a suggestion, hold it where a rule says so; ``TooManyError`` keeps nothing.

    ``client`` is a digest that stands for whoever sends it. Who sends the same again within the hour, by pressing twice
    or going back, gets the same reference.
    """
    now = timezone.now()
    sender = _locked_sender(client, now)
    recent = [(at, reference) for at, reference in sender.sent if at > now.timestamp() - HOUR]
    written = {
        "text": text,
        "evidence_url": evidence_url,
        "sender_name": sender_name,
        "sender_email": sender_email,
        "partnership": partnership,
    }
    own = Suggestion.objects.filter(reference__in=[reference for _at, reference in recent], **written)
    if (same := own.first()) is not None:
        return Receipt(same, is_new=False)
    if len(recent) >= MOST_AN_HOUR:
        raise TooManyError(math.ceil(recent[-MOST_AN_HOUR][0] + HOUR - now.timestamp()))
    held_because = reasons_to_hold(
        Incoming(
            text,
            evidence_url,
            own_host=urlsplit(settings.SITE_URL).hostname or "",
            is_trapped=is_trapped,
            same_as=_earlier_of(text),
            seconds_since_last=now.timestamp() - recent[-1][0] if recent else None,
        )
    )
    suggestion = Suggestion.objects.create(
        **written,
        reference=_new_reference(),
        record_title=partnership.title if partnership else "",
        actor=actor,
        theme=theme,
        language=language,
        state=State.HELD if held_because else State.WAITING,
        held_because=held_because,
    )
    _note(suggestion, Action.RECEIVED)
    if held_because:
        _note(suggestion, Action.HELD)
    sender.sent = [*recent, (now.timestamp(), suggestion.reference)]
    sender.last_at = now
    sender.save(update_fields=["sent", "last_at"])
    return Receipt(suggestion, is_new=True)


@transaction.atomic
def answer(*, suggestion: Suggestion, text: str) -> Answered:
    """The sender's answer to a question; the suggestion waits for a curator again."""
    current = _locked(suggestion, Action.ANSWERED)
    return _done(current, State.WAITING, Action.ANSWERED, None, text)


def _locked_sender(client: str, now: dt.datetime) -> RecentSender:
    """The client's row, in which no other process may count meanwhile; other rows go when their hour is over."""
    sender, _is_new = RecentSender.objects.select_for_update().get_or_create(client=client, defaults={"last_at": now})
    over = RecentSender.objects.filter(last_at__lt=now - dt.timedelta(seconds=HOUR)).exclude(pk=sender.pk)
    # Those that another process has in hand are its own business, and to wait for them could be a deadlock.
    ended = list(over.select_for_update(skip_locked=True).values_list("pk", flat=True))
    RecentSender.objects.filter(pk__in=ended).delete()
    return sender


def _earlier_of(text: str) -> str:
    earlier = Suggestion.objects.filter(text=text).order_by("created_at", "pk")
    return earlier.values_list("reference", flat=True).first() or ""


def _new_reference() -> str:
    signs = "".join(secrets.choice(SIGNS) for _number in range(12))
    return "-".join((signs[:4], signs[4:8], signs[8:]))


# --- From curators -------------------------------------------------------------------------------------------------


@transaction.atomic
def release(*, suggestion: Suggestion, by: AbstractBaseUser) -> Answered:
    """Let a suggestion that a rule held wait with the others."""
    return _done(_locked(suggestion, Action.RELEASED), State.WAITING, Action.RELEASED, by)


@transaction.atomic
def forward(*, suggestion: Suggestion, by: AbstractBaseUser, note: str = "") -> Answered:
    """Pass it on to the editors, because it is about a record that only they may change."""
    return _done(_locked(suggestion, Action.FORWARDED), State.FORWARDED, Action.FORWARDED, by, note)


@transaction.atomic
def ask(
    *,
    suggestion: Suggestion,
    by: AbstractBaseUser,
    question: str,
    report_failure: Callable[[], None] = do_nothing,
) -> Answered:
    """Ask the sender, who must have left an address; the answer comes on the suggestion's own page."""
    current = _locked(suggestion, Action.ASKED)
    if not current.sender_email:
        raise NotPossibleError(_("The sender left no e-mail address, so nobody would read the question."))
    done = _answered(current, State.ASKED, Action.ASKED, by, question)
    tell_sender(current, Action.ASKED, question, report_failure)
    return done


@transaction.atomic
def reject(
    *,
    suggestion: Suggestion,
    by: AbstractBaseUser,
    reason: str,
    report_failure: Callable[[], None] = do_nothing,
) -> Answered:
    """Reject it with a reason, which the sender reads. Nobody is written to about what a rule held."""
    current = _locked(suggestion, Action.REJECTED)
    was_held = current.state == State.HELD
    done = _answered(current, State.REJECTED, Action.REJECTED, by, reason)
    if not was_held:  # the address may be anybody's, and the text an advertisement
        tell_sender(current, Action.REJECTED, reason, report_failure)
    return done


@transaction.atomic
def accept(
    *,
    suggestion: Suggestion,
    by: AbstractBaseUser,
    supports: str,
    title: str = "",
    kind: str = "",
    source_title: str = "",
    source_kind: str = Source.Kind.GOVERNMENT,
    source_language: str = "",
    note: str = "",
    report_failure: Callable[[], None] = do_nothing,
) -> Accepted:
    """Make a draft of a new record, or go on with the record that is corrected; either cites the evidence.

    ``title`` and ``kind`` are the draft's, those of the source are for one that the directory does not have yet;
    ``note`` is told the sender. The text stays on the suggestion and does not become a note: notes are public.
    """
    current = _locked(suggestion, Action.ACCEPTED)
    if current.is_correction and current.partnership is None:
        raise NotPossibleError(_("The record that it corrects does not exist any more."))
    source, is_new_source = _source_of(current, source_title, source_kind, source_language)
    record = current.partnership or _draft_of(current, title, kind)
    citation, is_cited = Citation.objects.get_or_create(partnership=record, source=source, supports=supports)
    if not current.is_correction:
        current.draft = record
    elif is_cited:
        record.save(update_fields=["updated_at"])
    current.source = source
    done = _answered(current, State.ACCEPTED, Action.ACCEPTED, by, note)
    search.reindex()
    tell_sender(current, Action.ACCEPTED, note, report_failure)
    return Accepted(done.suggestion, record, citation.source, is_new_source, is_cited)


def first_words(suggestion: Suggestion) -> str:
    """What a draft is called until somebody finds a better title."""
    return Truncator(suggestion.text.split("\n", 1)[0]).chars(LONGEST_TITLE)


def source_with(url: str) -> Source | None:
    """The source with this address, or with one that differs in nothing that matters."""
    found = sources_at(url)
    return next((source for source in found if source.url == url), found[0] if found else None)


def _source_of(suggestion: Suggestion, title: str, kind: str, language: str) -> tuple[Source, bool]:
    existing = source_with(suggestion.evidence_url)
    if existing is not None:
        return existing, False
    host = urlsplit(suggestion.evidence_url).hostname or suggestion.evidence_url
    title = title or host
    source = Source.objects.create(
        slug=_free_slug(Source, title, suggestion),
        title=title,
        url=suggestion.evidence_url,
        kind=kind,
        language=language or wording.language_of(title),
    )
    return source, True


def _draft_of(suggestion: Suggestion, title: str, kind: str) -> Partnership:
    title = title or first_words(suggestion)
    record = Partnership.objects.create(
        slug=_free_slug(Partnership, title, suggestion),
        title=title,
        title_ja=title if wording.language_of(title) == "ja" else "",
        kind=kind,
    )
    if suggestion.actor:
        Participation.objects.create(partnership=record, actor=suggestion.actor)
    if suggestion.theme:
        PartnershipTheme.objects.create(partnership=record, theme=suggestion.theme)
    return record


def _free_slug(model: type[Partnership] | type[Source], title: str, suggestion: Suggestion) -> str:
    """An address that no record has, and that none had: old addresses lead to their records."""
    wanted = slugify(title)[:80].strip("-")
    with_reference = f"{wanted or 'suggestion'}-{suggestion.reference.lower()}"
    is_taken = model._default_manager.filter(slug=wanted).exists() or model.history.filter(slug=wanted).exists()
    return with_reference if is_taken or not wanted else wanted


# --- One step ------------------------------------------------------------------------------------------------------


def _locked(suggestion: Suggestion, action: str) -> Suggestion:
    """The suggestion as it is now, which nobody else may answer meanwhile."""
    current = Suggestion.objects.select_for_update().filter(pk=suggestion.pk).first()
    if current is None:
        raise NotPossibleError(_("The suggestion does not exist any more."))
    if current.state not in STEPS[action]:
        raise NotPossibleError(
            _("The suggestion is in the state “%(state)s” by now, from which this step does not lead.")
            % {"state": current.get_state_display()}
        )
    return current


def _answered(suggestion: Suggestion, state: str, action: str, by: AbstractBaseUser, words: str) -> Answered:
    """A step of which the sender is told."""
    suggestion.reason = words
    suggestion.answered_by = by  # type: ignore[assignment]
    suggestion.answered_at = timezone.now()
    return _done(suggestion, state, action, by, words)


def _done(suggestion: Suggestion, state: str, action: str, by: AbstractBaseUser | None, note: str = "") -> Answered:
    suggestion.state = state
    suggestion.save()
    return Answered(suggestion, _note(suggestion, action, by, note))


def _note(suggestion: Suggestion, action: str, by: Any = None, note: str = "") -> SuggestionStep:
    return SuggestionStep.objects.create(suggestion=suggestion, action=action, by=by, note=note)
