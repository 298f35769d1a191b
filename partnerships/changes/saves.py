"""When records changed: saves since the last publication, those that belong together as one."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import QuerySet

from partnerships.models import Publication
from partnerships.models.loaded_record import LOADED

from .kinds import Kind

TOGETHER = dt.timedelta(minutes=1)


class _Save(NamedTuple):
    """A row of a history, as far as it says when something was saved."""

    owner: int
    at: dt.datetime
    reason: str | None
    type: str = ""
    publication: str = ""  # of a record's own rows; those of its parts have none


@dataclass
class Group:
    """Saves of one record that are told as one: all from ``start`` until before ``end``."""

    owner: int
    start: dt.datetime
    at: dt.datetime  # of the last one
    is_loaded: bool
    is_first: bool  # the record was published by it
    is_created: bool  # and had not been there before
    end: dt.datetime | None = None
    reasons: set[str | None] = field(default_factory=set)

    def takes(self, save: _Save) -> bool:
        """Whether a save goes with this one. A step of publication is the last of its own, so that nothing does."""
        is_step = self.is_first and not (self.is_loaded or self.is_created)
        return not is_step and (save.reason == LOADED) == self.is_loaded and save.at - self.start < TOGETHER


def groups_of(kind: Kind, records: QuerySet[Any]) -> dict[int, list[Group]]:
    """The public saves of these records by key, the oldest first; in two queries."""
    keys = records.order_by().values("pk")
    own = kind.model.history.filter(id__in=keys).order_by("history_date", "history_id")
    saves: dict[int, list[_Save]] = defaultdict(list)
    for values in own.values_list("id", "history_date", "history_change_reason", "history_type", "publication"):
        saves[values[0]].append(_Save(*values))
    # Loading writes a row for the record before those of its parts, which are most of all rows.
    parts = [
        part.model.history.filter(**{f"{part.owner}__in": keys}, **part.told)
        .exclude(history_change_reason=LOADED)
        .order_by()
        .values_list(f"{part.owner}_id", "history_date", "history_change_reason")
        for part in kind.parts
    ]
    some, *more = parts
    for values in some.union(*more, all=True):
        saves[values[0]].append(_Save(*values))
    return {owner: list(_grouped(_since_publication(listed))) for owner, listed in saves.items()}


def _since_publication(saves: list[_Save]) -> list[_Save]:
    saves = sorted(saves, key=lambda save: save.at)
    start = None
    for place, save in enumerate(saves):
        if save.publication and (save.publication != Publication.PUBLISHED or save.type == "-"):
            start = None
        elif save.publication and start is None:
            start = place
    return [] if start is None else saves[start:]


def _grouped(saves: list[_Save]) -> Iterator[Group]:
    group: Group | None = None
    for save in saves:
        if group is None or not group.takes(save):
            if group is not None:
                group.end = save.at
                yield group
            is_loaded, is_first = save.reason == LOADED, group is None
            group = Group(save.owner, save.at, save.at, is_loaded, is_first, is_created=save.type == "+")
        group.at = save.at
        group.reasons.add(save.reason)
    if group is not None:
        yield group
