"""The sources of one record, numbered as its page shows them."""

from __future__ import annotations

from dataclasses import dataclass, field

from partnerships.models import Citation, Milestone, Outcome, Partnership, Source

# Where on the page the facts stand that a source supports.
PLACES = {
    Citation.Supports.EXISTENCE: "main",
    Citation.Supports.DATES: "dates",
    Citation.Supports.PARTICIPANTS: "participants",
    Citation.Supports.CONTENT: "what",
    Citation.Supports.OUTCOME: "results",
}


@dataclass
class CitedSource:
    """A source with its number, what it supports (a word, and where that stands if it does) and where in it."""

    number: int
    source: Source
    supports: list[tuple[str, str]] = field(default_factory=list)
    locators: list[str] = field(default_factory=list)


class CitedSources:
    """Each source once, in the order of their addresses; then those that only a result or a milestone names."""

    def __init__(self, record: Partnership) -> None:
        self._by_key: dict[int, CitedSource] = {}
        self._citations = list(record.citations.all())
        statements: list[Outcome | Milestone] = [*record.outcomes.all(), *record.milestones.all()]
        for citation in self._citations:
            entry = self._entry(citation.source)
            is_shown = citation.supports != Citation.Supports.OUTCOME or bool(record.outcomes.all())
            place = PLACES[Citation.Supports(citation.supports)] if is_shown else ""
            entry.supports.append((citation.get_supports_display(), place))
            if citation.locator and citation.locator not in entry.locators:
                entry.locators.append(citation.locator)
        for statement in statements:
            if statement.source:
                self._entry(statement.source)

    def _entry(self, source: Source) -> CitedSource:
        return self._by_key.setdefault(source.pk, CitedSource(len(self._by_key) + 1, source))

    @property
    def entries(self) -> list[CitedSource]:
        return list(self._by_key.values())

    @property
    def sources(self) -> list[Source]:
        return [entry.source for entry in self.entries]

    def number(self, source: Source | None) -> int | None:
        """The number of the source that a statement names, if it names one."""
        return self._by_key[source.pk].number if source else None

    def for_(self, supports: str) -> list[int]:
        """The numbers of the sources that support this of the record."""
        keys = {citation.source_id for citation in self._citations if citation.supports == supports}
        return sorted(self._by_key[key].number for key in keys)
