"""What changed in the published directory, when and why, in words.

A record's public history begins with its last publication: what happened before, or while it was withdrawn, is told
nowhere. Neither are curators' notes, notes of reviews and names of users. The reason that somebody gave for a save is
free text which was not written for readers, so only those in ``PUBLIC_REASONS`` are told, in words of ours. Other
records are named while they are published, sources while the record cites them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext

from partnerships.models import Actor, Participation, Partnership, Publication
from partnerships.models.loaded_record import LOADED
from partnerships.wording import LocalText, local_text

from .kinds import ACTORS, PARTNERSHIPS, Kind
from .lines import Histories, Line
from .saves import Group, groups_of

__all__ = ["Change", "Line", "Update", "latest", "of_partnership"]

PUBLIC_REASONS = {LOADED: gettext_lazy("update of the data package")}
MOST_LISTED = 10  # records that one day's loading added or changed; more are told as a number
MOST_CHANGES = 200  # of one record
MOST_UPDATES = 500  # of the whole directory; what lies further back is in each record's own history


@dataclass(frozen=True)
class Change:
    """What one save changed in a record."""

    at: dt.datetime
    lines: list[Line]
    reason: str = ""


@dataclass(frozen=True)
class Update:
    """A change of one record, or what loading did to many, as the whole directory tells it."""

    at: dt.datetime
    key: str  # names it for good, whatever the record is called later
    title: LocalText
    url: str
    lines: list[Line] = field(default_factory=list)
    reason: str = ""


def of_partnership(partnership: Partnership) -> list[Change]:
    """The public history of a published partnership, the newest first; empty for any other.

    Of more than ``MOST_CHANGES`` the first and the last are told, those between them as a number.
    """
    groups = groups_of(PARTNERSHIPS, Partnership.objects.published().filter(pk=partnership.pk))
    histories = Histories(PARTNERSHIPS, groups.keys())
    first, between, last = _parted(groups.get(partnership.pk, []))
    changes = [_change(histories, group) for group in first]
    changes += [Change(between[-1].at, [_not_told(len(between))])] if between else []
    changes += [_change(histories, group) for group in last]
    return [change for change in reversed(changes) if change is not None]


def _parted(groups: list[Group]) -> tuple[list[Group], list[Group], list[Group]]:
    """Those that are told, with those between them that are only counted."""
    if len(groups) <= MOST_CHANGES:
        return groups, [], []
    return groups[:1], groups[1 : 1 - MOST_CHANGES], groups[1 - MOST_CHANGES :]


def _not_told(count: int) -> Line:
    words = ngettext("%(shown)s change in between", "%(shown)s changes in between", count)
    return Line(words % {"shown": f"{count:,}"})


def latest() -> list[Update]:
    """What was added and changed in the whole directory, the newest first; at most ``MOST_UPDATES``.

    Of actors those with a part in a published partnership, as the list of places shows them.
    """
    parts = Participation.objects.filter(partnership__publication=Publication.PUBLISHED)
    connected = Actor.objects.published().filter(pk__in=parts.values("actor"))
    updates = [*_updates(PARTNERSHIPS, Partnership.objects.published()), *_updates(ACTORS, connected)]
    return sorted(updates, key=lambda update: update.at, reverse=True)[:MOST_UPDATES]


def _updates(kind: Kind, records: QuerySet[Any]) -> Iterator[Update]:
    single: list[Group] = []
    batches: dict[Hashable, list[Group]] = defaultdict(list)
    for groups in groups_of(kind, records).values():
        for group in groups:
            if group.is_loaded:
                batches[group.start.date(), group.is_first].append(group)
            else:
                single.append(group)
    for batch in batches.values():
        if len(batch) > MOST_LISTED:
            yield _summary(kind, batch)
        else:
            single += batch
    single = sorted(single, key=lambda group: group.at, reverse=True)[:MOST_UPDATES]
    owners = {group.owner for group in single}
    histories, named = Histories(kind, owners), records.in_bulk(owners)
    for group in single:
        record = named.get(group.owner)  # none where it was withdrawn just now
        if record and (change := _change(histories, group)):
            key = f"{kind.name}/{group.owner}/{group.start:%Y%m%d%H%M%S%f}"
            title = local_text(record, kind.title)
            yield Update(change.at, key, title, record.get_absolute_url(), change.lines, change.reason)


def _summary(kind: Kind, batch: list[Group]) -> Update:
    first = batch[0]
    words = kind.added(len(batch)) if first.is_first else kind.changed(len(batch))
    return Update(
        max(group.at for group in batch),
        f"{kind.name}/{'added' if first.is_first else 'changed'}/{first.start:%Y%m%d}",
        LocalText(words, get_language() or "en"),
        reverse(kind.list_page) + kind.list_order,
    )


def _change(histories: Histories, group: Group) -> Change | None:
    """A group of saves in words; None where nothing of it is told."""
    if group.is_first:
        return Change(group.at, [histories.publication(group)])
    lines = list(histories.changes(group))
    reasons = [str(words) for reason, words in PUBLIC_REASONS.items() if reason in group.reasons]
    return Change(group.at, lines, "".join(reasons)) if lines else None
