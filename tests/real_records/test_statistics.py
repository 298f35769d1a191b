"""What the engines know of the data once it is loaded, seen by the way they take to it."""

from __future__ import annotations

import pytest

from partnerships import queries
from partnerships.exports.records import _that_cite

pytestmark = pytest.mark.django_db


def test_a_few_places_are_found_by_their_keys_and_not_among_all_that_are_published() -> None:
    assert "actor_by_name" not in queries.actors().filter(pk__in=range(1, 21)).explain()


@pytest.mark.once  # PostgreSQL calls it otherwise, and does not do it
def test_the_sources_of_a_part_of_an_export_are_found_by_its_citations() -> None:
    citations = next(iter(_that_cite(dict.fromkeys(queries.partnerships().values_list("pk", flat=True)[:500]))))
    assert "SCAN partnerships_source" not in citations.explain()
