"""Entries as registers write them, each with the record that it means, held against the real directory.

The ties are real and published, the ways of writing them are those of registers: kanji, romaji without macrons, with
-shi, “City, State”, names before and after a merger, sides swapped, capitals, kana. A row without a record must find
none: places that have no such tie, namesakes in another state, names that nobody bears. It is a set for measuring and
no register's text. Ten of its rows are known not to be found: abbreviations (NYC), other katakana, misspelt names.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from django.utils import translation

from partnerships.models import PartialDate
from partnerships.registers.comparing import Result, compare
from partnerships.registers.places import Places
from partnerships.registers.reading import Entry
from partnerships.registers.ties import Ties

pytestmark = pytest.mark.django_db

LABELLED = Path(__file__).with_name("register_labelled.csv")
PRECISION, RECALL = 0.99, 0.95


@pytest.fixture(scope="module")
def found(django_db_blocker) -> list[tuple[dict[str, str], Result]]:
    with LABELLED.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    with django_db_blocker.unblock(), translation.override("en"):
        ties = Ties()
        places = Places(ties.actors)
        return [(row, compare(_entry(row), places, ties)) for row in rows]


def _entry(row: dict[str, str]) -> Entry:
    return Entry(2, "clair", "1", row["us_name"], row["jp_name"], "", "", "", PartialDate(2026))


def test_the_set_is_large_and_holds_both_kinds(found):
    labelled = sum(bool(row["partnership"]) for row, _result in found)
    assert labelled >= 150
    assert len(found) - labelled >= 50
    known = {tie.slug for tie in Ties().all}
    assert {row["partnership"] for row, _result in found if row["partnership"]} <= known


def test_matching_keeps_its_precision_and_recall(found, capsys):
    counts: Counter[str] = Counter()
    wrong = []
    for row, result in found:
        slug = result.tie.slug if result.tie else ""
        counts["found"] += bool(slug)
        counts["right"] += bool(slug) and slug == row["partnership"]
        counts["wanted"] += bool(row["partnership"])
        if slug != row["partnership"]:
            wrong.append(f"{row['us_name']} – {row['jp_name']}: {slug or 'none'}, not {row['partnership'] or 'none'}")
    precision, recall = counts["right"] / counts["found"], counts["right"] / counts["wanted"]
    with capsys.disabled():
        print(f"\nregisters: {len(found)} entries, precision {precision:.3f}, recall {recall:.3f}")  # noqa: T201
    assert precision >= PRECISION, "\n".join(wrong)
    assert recall >= RECALL, "\n".join(wrong)


def test_every_entry_is_explained(found):
    assert all(result.explanation for _row, result in found)
