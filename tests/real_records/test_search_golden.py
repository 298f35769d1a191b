"""What people type and what they then want to see first: ``search_golden.csv``, asked of the real directory.

A row says, for the list of partnerships or of actors, which record must be first (one of those in ``first``) and which
must be among the first ten (``also``). It was written from the data and from what people type, not from what the search
does; where the two disagree, find out which of them is wrong. Rows of the kind "typing error" find nothing by
themselves; there, one of the spellings that the search offers instead must have the right record first.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db.models import F
from django.http import QueryDict

from partnerships import queries, search
from partnerships.filters import ActorFilter, PartnershipFilter
from partnerships.models import Country, Participation

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).with_name("search_golden.csv")
RECALL = 0.98  # how many of all rows must have the right record first
AMONG = 10
TYPING_ERROR = "typing error"


@dataclass(frozen=True)
class Wish:
    """One row of the file."""

    list: str
    query: str
    first: tuple[str, ...]
    also: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        return f"{self.list}, {self.query!r} ({self.why})"


def wishes() -> Iterator[Wish]:
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Wish(row["list"], row["query"], _slugs(row["first"]), _slugs(row["also"]), row["why"])


def _slugs(cell: str) -> tuple[str, ...]:
    return tuple(slug.strip() for slug in cell.split(";") if slug.strip())


ALL = list(wishes())
MISTYPED = [wish for wish in ALL if wish.why == TYPING_ERROR]
PLAIN = [wish for wish in ALL if wish.why != TYPING_ERROR]


def found(which: str, query: str) -> list[str]:
    """The first records of a list for a search, best first."""
    if which == "partnerships":
        records: Any = PartnershipFilter(QueryDict(urlencode({"q": query})), queries.partnerships()).qs
    else:
        records = ActorFilter(QueryDict(urlencode({"q": query, "show": "all"})), queries.actors()).qs
    return [record.slug for record in records[:AMONG]]


def did_you_mean(which: str, query: str) -> list[str]:
    """What the list offers instead of a search of one word that found nothing."""
    kind, published = {
        "partnerships": ("partnership", queries.partnerships()),
        "actors": ("actor", queries.actors()),
    }[which]
    return search.corrections(kind, query, published)


@pytest.fixture(scope="module")
def answers(real_directory: None) -> dict[Wish, list[str]]:
    return {wish: found(wish.list, wish.query) for wish in PLAIN}


def test_what_people_want_comes_first(answers: dict[Wish, list[str]]) -> None:
    misses = [
        f"{wish}: expected {' or '.join(wish.first)}, got {', '.join(answers[wish][:3]) or 'nothing'}"
        for wish in PLAIN
        if not set(answers[wish][:1]) & set(wish.first)
    ]
    recall = 1 - len(misses) / len(PLAIN)
    assert recall >= RECALL, "\n".join([f"{recall:.3f} of {len(PLAIN)}", *misses])


def test_what_else_belongs_to_it_is_among_the_first_ten(answers: dict[Wish, list[str]]) -> None:
    misses = {
        str(wish): f"lacks {', '.join(sorted(missing))}"
        for wish in PLAIN
        if (missing := set(wish.also) - set(answers[wish]))
    }
    assert not misses


def test_a_typing_error_finds_nothing_by_itself() -> None:
    assert {str(wish): records for wish in MISTYPED if (records := found(wish.list, wish.query))} == {}


def test_a_typing_error_leads_to_what_was_meant() -> None:
    misses = {}
    for wish in MISTYPED:
        offered = did_you_mean(wish.list, wish.query)
        if not any(set(found(wish.list, spelling)[:1]) & set(wish.first) for spelling in offered):
            misses[str(wish)] = f"expected {' or '.join(wish.first)}, offered {offered}"
    assert not misses


def test_what_bearers_of_a_whole_name_take_part_in_comes_first_and_the_newest_of_it_first() -> None:
    """For every Japanese participant's name with its suffix, which is nobody's name without one."""
    parts = Participation.objects.filter(actor__country=Country.JP).exclude(actor__name_ja="")
    newest_first = parts.order_by(F("partnership__started").desc(nulls_last=True), "partnership__slug")
    expected: dict[str, list[str]] = {}
    for name, slug in newest_first.values_list("actor__name_ja", "partnership__slug"):
        expected.setdefault(name, []).append(slug)
    several = {name: slugs[:AMONG] for name, slugs in expected.items() if len(slugs) > 1}
    got = {name: found("partnerships", name)[: len(slugs)] for name, slugs in several.items()}
    assert {name: got[name] for name in several if got[name] != several[name]} == {}


def test_every_record_that_is_expected_is_in_the_fixtures() -> None:
    known = {
        table: {row["slug"] for row in csv.DictReader((settings.FIXTURES_PACKAGE / f"{table}.csv").open(newline=""))}
        for table in ("actors", "partnerships")
    }
    assert [wish for wish in ALL if not {*wish.first, *wish.also} <= known[wish.list] or not wish.first] == []


def test_no_query_stands_in_the_file_twice() -> None:
    assert len({(wish.list, wish.query) for wish in ALL}) == len(ALL)
