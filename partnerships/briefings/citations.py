"""The sources of a whole briefing in one numbered list."""

from __future__ import annotations

from partnerships.models import Milestone, Outcome, Partnership, Source


class Citations:
    """Each source once, numbered in the order in which the records of a briefing cite them."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self.sources: list[Source] = []

    def take(self, record: Partnership) -> list[Source]:
        """Number all sources of a record that ``queries.for_page`` gave; the sources of this record, each once."""
        found = [citation.source for citation in record.citations.all()]
        statements: list[Outcome | Milestone] = [*record.outcomes.all(), *record.milestones.all()]
        found += [statement.source for statement in statements if statement.source]
        own = {source.pk: source for source in found}
        for source in own.values():
            self._add(source)
        return list(own.values())

    def _add(self, source: Source) -> int:
        if source.pk not in self._numbers:
            self.sources.append(source)
            self._numbers[source.pk] = len(self.sources)
        return self._numbers[source.pk]

    def number(self, source: Source | None) -> int | None:
        """The number of the source that a statement names, if it names one."""
        return self._add(source) if source else None

    def supporting(self, record: Partnership, *supports: str) -> list[int]:
        """The numbers of the sources that a record cites for one of these."""
        return [self._add(each.source) for each in record.citations.all() if each.supports in supports]
