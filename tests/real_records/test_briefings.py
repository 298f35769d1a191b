"""Briefings of the directory's real records: in every one, both languages hold the same facts."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from typing import Any

import pytest
from django.db.models import Count
from django.test import Client

from partnerships import queries
from partnerships.models import Actor
from tests.briefing_pages import Line, lines_of
from tests.markup import Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]

DAYS = ("2026-11-26", "1999-12-31", "2040-02-29")
SAMPLE = 40
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# Rows in which no words of a record stand, only ours around its dates and numbers.
OUR_WORDS = re.compile(r"(?:Started|Ended|Term ends|Status|Earliest start|People|Partnerships|Last evidence) ")


@pytest.fixture(scope="module")
def actors(real_directory: None, django_db_blocker: Any) -> list[str]:
    """The busiest of each kind, those that merged, one without a partnership, and others drawn by lot."""
    with django_db_blocker.unblock():
        connected = queries.connected_actors(queries.actors())
        counted = connected.annotate(ties=Count("participations")).order_by("-ties", "slug")
        by_kind: dict[str, str] = {}
        for slug, kind in counted.values_list("slug", "kind"):
            by_kind.setdefault(kind, slug)
        merged = list(connected.filter(successor__isnull=False).order_by("slug").values_list("slug", flat=True)[:3])
        lonely = Actor.objects.published().exclude(pk__in=connected.values("pk")).order_by("slug")
        others = random.Random(7).sample(sorted(counted.values_list("slug", flat=True)), SAMPLE)
        return [*by_kind.values(), *merged, lonely.values_list("slug", flat=True)[0], "california", *others]


def differing(row: Line) -> bool:
    english, japanese = sorted(row.cells, key=lambda cell: cell.language)
    if english.structure != japanese.structure or not (english.text and japanese.text):
        return True
    if OUR_WORDS.match(english.text):
        return sorted(YEAR.findall(english.words)) != sorted(YEAR.findall(japanese.words))
    return False


def test_every_fact_is_the_same_in_both_columns(actors: list[str]) -> None:
    client = Client()
    found, rows = [], 0
    for number, actor in enumerate(actors):
        response = client.get(f"/brief/?actor={actor}&date={DAYS[number % len(DAYS)]}")
        assert response.status_code == 200, actor
        lines = lines_of(response)
        rows += len(lines)
        found += [(actor, line.number, line.cells) for line in lines if differing(line)]
    assert found == []
    assert rows > 1_000


def test_every_number_of_a_source_leads_to_one_that_is_written_out(actors: list[str]) -> None:
    for actor in actors:
        page = Page(Client().get(f"/brief/?actor={actor}&date={DAYS[0]}"))
        cited = {link.removeprefix("#") for link in page.links() if link.startswith("#source-")}
        listed = {element.attributes["id"] for element in page.all("li") if "id" in element.attributes}
        assert cited <= listed, actor
        assert listed == {f"source-{number}" for number in range(1, len(listed) + 1)}


def test_the_rows_of_a_section_are_numbered_without_a_gap(actors: list[str]) -> None:
    for actor in actors[:20]:
        numbers = [line.number for line in lines_of(Client().get(f"/brief/?actor={actor}&date={DAYS[0]}"))]
        assert len(numbers) == len(set(numbers))
        for before, after in pairwise(numbers):
            section, row = map(int, before.split("."))
            assert after in {f"{section}.{row + 1}", f"{section + 1}.1"}
