"""How well the peer finder's rules find the directory's own ties when these are hidden."""

from __future__ import annotations

import pytest

from partnerships.models import Country
from partnerships.peers import evaluation, rules, world

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# At least, in both directions: found among the first 10, among the first 50, mean reciprocal rank.
LEAST = (0.12, 0.30, 0.055)


def test_hidden_ties_are_found_and_the_kept_weights_and_figures_are_those_of_the_data() -> None:
    measured = evaluation.evaluate(world.current())
    assert [direction.country for direction in measured] == [Country.US, Country.JP]
    for direction in measured:
        figures, population = direction.rules, direction.population
        assert figures.trials > 430
        assert (figures.hits[0] >= LEAST[0], figures.hits[1] >= LEAST[1]) == (True, True)
        assert figures.reciprocal_rank >= LEAST[2] > 3 * population.reciprocal_rank
    kept, found = rules.kept(), evaluation.as_data(measured, "")
    assert kept["weights"] == found["weights"], "evaluate_peers --write brings them in line with the data"
    for country, figures in found["measured"].items():
        figures.pop("without")
        assert {name: kept["measured"][country][name] for name in figures} == figures
