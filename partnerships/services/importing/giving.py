"""Records as the lines of a flat file, which an import takes back unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from partnerships.models import Actor
from partnerships.services.records import RecordState, states

from .columns import FlatFile

BATCH = 500  # records


class Shores(dict[str, str]):
    """On which shore those lie that some records name."""

    @classmethod
    def of(cls, named_in: Iterable[RecordState]) -> Self:
        named = {row[1] for state in named_in for row in state.rows.get("participations", ())}
        return cls(Actor.objects.filter(slug__in=named).values_list("slug", "country"))

    def country_of(self, actor: str) -> str:
        return self.get(actor, "")


def lines(flat: FlatFile, slugs: Sequence[str]) -> Iterator[list[list[str]]]:
    """The lines of these records in this order, a batch at a time; those deleted meanwhile are left out."""
    for start in range(0, len(slugs), BATCH):
        chosen = slugs[start : start + BATCH]
        found = states(flat.table, chosen)
        known = Shores.of(found.values())
        yield [flat.shown(found[slug], known) for slug in chosen if slug in found]
