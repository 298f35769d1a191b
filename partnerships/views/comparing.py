"""Partnerships, or two places, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any, Self
from urllib.parse import parse_qsl

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from partnerships import catalogue, queries, search, vocabulary, wording
from partnerships.catalogue import Facts
from partnerships.comparing import PARTNERSHIPS, PLACES, Choice, Common, Ties, in_common, query, shared_ties
from partnerships.figures import Ranked, ranked
from partnerships.freshness import Freshness
from partnerships.http import public_page
from partnerships.models import Actor, Country, Partnership
from partnerships.similar import Similar, similar_to

from .cited import CitedSources
from .listing import MovedError, at_one_address

MOST_FOUND = 8  # offered of a search
MOST_SIMILAR = 4
EXAMPLES, COMPARED_IN_EXAMPLE = 4, 3


@require_safe
@public_page
@at_one_address
def compare(request: HttpRequest) -> HttpResponse:
    """Up to four partnerships (``p``) or two places (``a``); without either, how to begin."""
    choice = Choice(request.GET)
    given = parse_qsl(request.META["QUERY_STRING"], keep_blank_values=True)
    if not choice.messages and given != choice.pairs:
        raise MovedError(request.path + choice.address)
    if not choice:
        return render(request, "compare/begin.html", _beginning(choice))
    if choice.parameter == PLACES:
        return render(request, "compare/places.html", _places(choice))
    return render(request, "compare/partnerships.html", _partnerships(choice))


# --- Without a choice ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Example:
    """The newest partnerships of a theme, side by side."""

    theme: str
    records: list[Facts]

    @property
    def address(self) -> str:
        return query([(PARTNERSHIPS, record.slug) for record in self.records])


def _beginning(choice: Choice) -> dict[str, Any]:
    return {
        "choice": choice,
        "partnerships": _found_partnerships(choice),
        "places": _found_places(choice),
        "examples": [] if choice.words else list(_examples()),
    }


def _examples() -> list[Example]:
    """For each of the first themes the newest that are about it; none of a theme with a single one."""
    known = catalogue.current()
    found = []
    for slug, label in list(vocabulary.current().labels("theme").items())[:EXAMPLES]:
        keys = known.keys(known.having("theme", slug), "newest", 0, COMPARED_IN_EXAMPLE)
        if len(keys) > 1:
            found.append(Example(label, known.facts(keys)))
    return found


# --- Partnerships ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """A partnership with what its page says of its sources and its state."""

    record: Partnership
    cited: CitedSources
    fresh: Freshness

    @classmethod
    def of(cls, record: Partnership) -> Self:
        cited = CitedSources(record)
        return cls(record, cited, Freshness.of(record, cited.sources))


@dataclass(frozen=True)
class Table:
    """Partnerships as columns. What nobody has anything of is no row."""

    columns: list[Column]

    @cached_property
    def records(self) -> list[Partnership]:
        return [column.record for column in self.columns]

    @cached_property
    def common(self) -> Common:
        return in_common(self.records)

    @property
    def is_of_one_state(self) -> bool:
        return len(self.columns) > 1 and len({column.fresh.sentence for column in self.columns}) == 1

    @property
    def has_themes(self) -> bool:
        return any(record.themes.all() for record in self.records)

    @property
    def has_results(self) -> bool:
        return any(record.outcomes.all() for record in self.records)

    @property
    def told(self) -> list[str]:
        """The fields of the model that one of them tells: what for, how, with what needs, in which steps."""
        fields = Partnership.MODEL_FIELDS
        return [field for field in fields if any(wording.local_text(record, field) for record in self.records)]


def _partnerships(choice: Choice) -> dict[str, Any]:
    known = catalogue.current()
    keys = [key for slug in choice.slugs if (key := known.key(slug)) is not None]
    records = queries.for_page(queries.partnerships()).in_bulk(keys)
    columns = [Column.of(records[key]) for key in keys if key in records]
    return {
        "choice": choice,
        "table": Table(columns),
        "found": [] if choice.is_full else _found_partnerships(choice),
        "similar": [] if choice.is_full else _similar(keys),
    }


def _similar(keys: list[int]) -> list[Similar]:
    """What is similar to one of those that are compared: the most similar to each first."""
    known = catalogue.current()
    lists = [similar_to(key, known) for key in keys]
    found: dict[int, Similar] = {}
    for level in zip_longest(*lists):
        for each in level:
            if each and each.record.pk not in keys:
                found.setdefault(each.record.pk, each)
    return list(found.values())[:MOST_SIMILAR]


def _found_partnerships(choice: Choice) -> list[Partnership]:
    """What a search for another one finds, the best matches first."""
    if not choice.words or choice.parameter == PLACES:
        return []
    known = catalogue.current()
    keys = known.selected(choice.filters).keys(0, MOST_FOUND + len(choice.slugs))
    records = queries.partnerships().in_bulk(keys)
    found = [records[key] for key in keys if key in records]
    return [record for record in found if record.slug not in choice.slugs][:MOST_FOUND]


# --- Places ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PlaceColumn:
    """A place with its ties, counted as the listing counts them."""

    actor: Actor
    ties: Ties
    themes: list[Ranked]
    across: list[Ranked]

    @classmethod
    def of(cls, actor: Actor) -> Self:
        ties = Ties.of(actor)
        across = "prefecture" if actor.country == Country.US else "state"
        return cls(actor, ties, ranked(ties.selection, "theme"), ranked(ties.selection, across))


def _places(choice: Choice) -> dict[str, Any]:
    by_slug = {actor.slug: actor for actor in queries.actors().filter(slug__in=choice.slugs)}
    columns = [PlaceColumn.of(by_slug[slug]) for slug in choice.slugs if slug in by_slug]
    return {
        "choice": choice,
        "columns": columns,
        "shared": shared_ties(columns[0].ties, columns[1].ties) if len(columns) > 1 else None,
        "found": [] if choice.is_full else _found_places(choice),
    }


def _found_places(choice: Choice) -> list[Actor]:
    asked = choice.filters.query
    if not asked.wanted:
        return []
    found: Any = search.ranked(search.apply(queries.actors(), asked), asked)
    connected: Any = queries.with_tie_counts(found.exclude(slug__in=choice.slugs))
    return list(connected.order_by("rank", F("population").desc(nulls_last=True), *queries.name_order())[:MOST_FOUND])
