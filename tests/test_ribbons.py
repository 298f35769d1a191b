"""The geometry of two shores: what stands where, and that nothing is lost, hidden or too narrow for its name."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from partnerships.ribbons import FILLED, MOST_ENDS, REST, SLOT, WIDEST, End, Shores


def random_counts(seed: int) -> dict[tuple[str, str], int]:
    chance = random.Random(seed)
    left = [f"JP-{number:02}" for number in range(1, chance.randint(2, 48))]
    right = [f"US-{number:02}" for number in range(1, chance.randint(2, 57))]
    pairs = chance.sample(list(itertools.product(left, right)), chance.randint(1, len(left) * len(right)))
    return {pair: chance.choice([1, 1, 2, 5, 40]) for pair in pairs}


PATH = re.compile(r"M0 ([\d.]+)C50 [\d.]+ 50 [\d.]+ 100 ([\d.]+)V([\d.]+)C50 [\d.]+ 50 [\d.]+ 0 ([\d.]+)Z")


def span(path: str, side: int) -> tuple[float, float]:
    """From where to where a ribbon lies on the left or on the right."""
    match = PATH.fullmatch(path)
    assert match, path
    start, finish, finish_below, start_below = map(float, match.groups())
    return (finish, finish_below) if side else (start, start_below)


SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_is_drawn_once_and_there_are_few_ribbons(seed: int) -> None:
    counts = random_counts(seed)
    drawn = Shores.of(counts)
    assert sum(ribbon.number for ribbon in drawn.ribbons) == sum(counts.values())
    assert len(drawn.ribbons) <= (MOST_ENDS + 1) ** 2
    for side, ends in enumerate((drawn.left, drawn.right)):
        assert len(ends) <= MOST_ENDS + 1
        folded = sum(end.folded for end in ends)
        assert folded != 1, "one alone has a name of its own"
        assert len([end for end in ends if end.key]) + folded == len({pair[side] for pair in counts})
        assert [end.key for end in ends].index(REST) == len(ends) - 1 if folded else REST not in {e.key for e in ends}


@pytest.mark.parametrize("seed", SEEDS)
def test_ribbons_fill_their_ends_without_lying_over_one_another(seed: int) -> None:
    drawn = Shores.of(random_counts(seed))
    for side, ends in enumerate((drawn.left, drawn.right)):
        for end in ends:
            own = [it for it in drawn.ribbons if (it.left, it.right)[side] == end.key]
            spans = sorted(span(ribbon.d, side) for ribbon in own)
            assert spans[0][0] == pytest.approx(end.y, abs=0.2)
            assert spans[-1][1] == pytest.approx(end.y + end.height, abs=0.3)
            for (_start, above), (below, _end) in itertools.pairwise(spans):
                assert below == pytest.approx(above, abs=0.2)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_name_has_room_and_all_is_within_the_height(seed: int) -> None:
    drawn = Shores.of(random_counts(seed))
    for ends in (drawn.left, drawn.right):
        middles = [end.middle for end in ends]
        assert all(lower - upper >= SLOT - 0.3 for upper, lower in itertools.pairwise(middles))
        assert ends[0].y >= 0
        assert ends[-1].y + ends[-1].height <= drawn.height + 0.3


def test_widths_are_in_proportion_and_few_partnerships_are_no_walls() -> None:
    drawn = Shores.of({("JP-01", "US-WA"): 3, ("JP-28", "US-WA"): 1})
    assert [(end.key, end.height) for end in drawn.left] == [("JP-01", 3 * WIDEST), ("JP-28", WIDEST)]
    assert [end.height for end in drawn.right] == [4 * WIDEST]
    many = Shores.of({("JP-01", "US-WA"): 3000, ("JP-28", "US-WA"): 1000})
    assert sum(end.height for end in many.left) == pytest.approx(FILLED)


def test_the_largest_come_first_then_by_code_and_the_rest_last() -> None:
    counts = {(f"JP-{number:02}", "US-WA"): 2 if number == 30 else 1 for number in range(1, 40)}
    left = Shores.of(counts).left
    assert [end.key for end in left][:3] == ["JP-30", "JP-01", "JP-02"]
    assert left[-1] == End(REST, left[-1].y, left[-1].height, 39 - MOST_ENDS)


def test_nothing_to_draw_is_an_empty_drawing() -> None:
    assert Shores.of({}) == Shores([], [], [], 0)
