"""Moving records between draft, in review, published and archived: refused with every reason at once, and logged.

Who may call which verb is for the caller to check (``admin/publication.py``); what may be published is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from partnerships import search
from partnerships.models import Actor, Country, Partnership, Publication, ReviewEvent, Source

Action = ReviewEvent.Action

# From which states each step may be taken, and where it leads.
STEPS: dict[str, tuple[frozenset[str], str]] = {
    Action.SUBMITTED: (frozenset({Publication.DRAFT}), Publication.IN_REVIEW),
    Action.RETURNED: (frozenset({Publication.IN_REVIEW, Publication.ARCHIVED}), Publication.DRAFT),
    Action.PUBLISHED: (
        frozenset({Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED}),
        Publication.PUBLISHED,
    ),
    Action.ARCHIVED: (
        frozenset({Publication.DRAFT, Publication.IN_REVIEW, Publication.PUBLISHED}),
        Publication.ARCHIVED,
    ),
}


@dataclass(frozen=True)
class Refusal:
    """One reason why a record cannot take a step; ``field`` names where in its form to mend it."""

    field: str
    reason: str


class RefusedError(Exception):
    """A step that cannot be taken, with every reason."""

    def __init__(self, record: Actor | Partnership, refusals: list[Refusal]) -> None:
        super().__init__(" ".join(refusal.reason for refusal in refusals))
        self.record = record
        self.refusals = refusals


def take_step(*, record: Actor | Partnership, action: str, by: AbstractBaseUser | None, note: str = "") -> ReviewEvent:
    """Take one step with a record and write it into the log; ``RefusedError`` changes nothing."""
    with transaction.atomic():
        current: Any = type(record)._default_manager.select_for_update().get(pk=record.pk)
        refusals = refusals_of(record=current, action=action, by=by, note=note)
        if refusals:
            raise RefusedError(record, refusals)
        current.publication = STEPS[action][1]
        current.save(update_fields=["publication", "updated_at"])
        record.publication = current.publication
        target = {"actor": current} if isinstance(current, Actor) else {"partnership": current}
        event = ReviewEvent.objects.create(action=action, by=by, note=note, **target)  # type: ignore[misc]
        search.reindex()
    return event


def refusals_of(
    *, record: Actor | Partnership, action: str, by: AbstractBaseUser | None = None, note: str = ""
) -> list[Refusal]:
    """Every reason why the step cannot be taken; empty when it can."""
    if record.merged_into_id:
        return [
            Refusal(
                "publication",
                _("“%(record)s” was merged into “%(other)s”; undo that first.")
                % {"record": record, "other": record.merged_into},
            )
        ]
    froms, _to = STEPS[action]
    if record.publication not in froms:
        return [
            Refusal(
                "publication",
                _("“%(record)s” is in the state “%(state)s”, from which this step does not lead.")
                % {"record": record, "state": record.get_publication_display()},
            )
        ]
    if action == Action.RETURNED and record.publication == Publication.IN_REVIEW and not note.strip():
        return [Refusal("review_note", _("Say in a note what is to be changed."))]
    if action == Action.PUBLISHED:
        return missing_for_publication(record) + _needs_another(record, by)
    if action == Action.ARCHIVED and isinstance(record, Actor):
        return _still_needed(record)
    return []


def missing_for_publication(record: Actor | Partnership) -> list[Refusal]:
    """Every reason in the record itself why it cannot be public."""
    return _unpublishable_actor(record) if isinstance(record, Actor) else _unpublishable_partnership(record)


def _needs_another(record: Actor | Partnership, by: AbstractBaseUser | None) -> list[Refusal]:
    """With ``REVIEW_BY_ANOTHER``, whoever submitted a record does not publish it, and nothing is public unsubmitted.

    What was public before and was archived since needs no second review. Commands act for nobody.
    """
    if not settings.REVIEW_BY_ANOTHER or by is None:
        return []
    events = record.review_events
    if record.publication == Publication.ARCHIVED and events.filter(action=Action.PUBLISHED).exists():
        return []
    last = events.filter(action=Action.SUBMITTED).order_by("-at", "-pk").first()
    if record.publication != Publication.IN_REVIEW or last is None:
        return [Refusal("publication", _("Submit it for review first; somebody else publishes it."))]
    if last.by_id == by.pk:
        return [Refusal("publication", _("You submitted this record; somebody else publishes it."))]
    return []


def _unpublishable_partnership(record: Partnership) -> list[Refusal]:
    refusals = []
    participants = [part.actor for part in record.participations.select_related("actor")]
    shores = {actor.country for actor in participants}
    for shore in Country:
        if shore not in shores:
            refusals.append(
                Refusal("participations", _("No participant from this shore: %(shore)s.") % {"shore": shore.label})
            )
    refusals += [
        Refusal("participations", _("“%(actor)s” is not published yet; publish it first.") % {"actor": actor})
        for actor in participants
        if actor.publication != Publication.PUBLISHED
    ]
    if not record.citations.exists():
        refusals.append(Refusal("citations", _("No source is cited.")))
    dead = Source.objects.filter(citations__partnership=record, link_state=Source.LinkState.BROKEN, archived_url="")
    refusals += [
        Refusal(
            "citations",
            _("The link of the source “%(source)s” is broken; give an archived copy of it, or another source.")
            % {"source": source},
        )
        for source in dead.distinct()
    ]
    if not record.is_tie and not record.theme_links.exists():
        refusals.append(
            Refusal("theme_links", _("No theme is given; only sister and friendship ties may be without one."))
        )
    if record.started and record.ended and record.ended.latest < record.started.earliest:
        refusals.append(Refusal("ended", _("The end lies before the start.")))
    return refusals


def _unpublishable_actor(record: Actor) -> list[Refusal]:
    return [
        Refusal(field, _("“%(actor)s” is not published yet; publish it first.") % {"actor": other})
        for field, other in (("parent", record.parent), ("successor", record.successor))
        if other and other.publication != Publication.PUBLISHED
    ]


def _still_needed(record: Actor) -> list[Refusal]:
    refusals = []
    if record.partnerships.published().exists():
        refusals.append(Refusal("publication", _("Published partnerships name “%(actor)s”.") % {"actor": record}))
    if record.children.published().exists() or record.predecessors.published().exists():
        refusals.append(
            Refusal("publication", _("Published places lie in “%(actor)s” or merged into it.") % {"actor": record})
        )
    return refusals
