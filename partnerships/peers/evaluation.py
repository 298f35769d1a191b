"""How well the rules find ties that are hidden from them (leave one out), and what weights the ties on record suggest.

For each sister and friendship tie between two municipalities, in both directions: whatever joins the two is taken out
of the world, one of them asks, and all municipalities of the other shore that it is not tied with are ranked. The
weights of a conditional logit model come from four fifths of the ties, the figures from the last fifth.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import compress, count
from operator import mul
from typing import Any

from partnerships.models import Actor, Country

from .rules import RULES, Question
from .world import MUNICIPALITY, Pair, Place, World, across_from

FOLDS = 5
SAMPLED = 200  # candidates beside the true one that a model is fitted with, for each tie
FEWER = 60  # of these, where a rule is left out: the fit begins with the weights of all rules
SHRINKAGE = 1.0  # of the weights towards 0: half the precision of a normal prior
STEPS = 12  # of Newton's method, at most
DEPTHS = (10, 50)
SMALLEST = 10_000  # people, from which on all American places are in the data
SEED = 20261126  # of the folds and samples, so that the same data give the same figures

Row = Sequence[float]  # a number for each rule


@dataclass(frozen=True)
class Trial:
    """One hidden tie, asked from one side."""

    place: Place
    partner: Place
    columns: Sequence[Sequence[float]]  # by rule, a number for every candidate
    true: int  # the number of the partner among the candidates
    tied: frozenset[int]  # the numbers of those that it is tied with otherwise: they are not ranked
    same_level: Sequence[float]
    sampled: list[Row]  # the true one first


@dataclass(frozen=True)
class Figures:
    """Of the trials, which part had the partner among the first 10 and 50; the mean of 1/rank."""

    trials: int
    hits: tuple[float, ...]  # by ``DEPTHS``
    reciprocal_rank: float

    @classmethod
    def of(cls, ranks: Sequence[tuple[int, int]]) -> Figures:
        """From the number of better candidates and of equal ones, the true one among these, in chance order."""
        count = len(ranks) or 1
        hits = tuple(
            sum(min(1.0, max(0, depth - better) / equal) for better, equal in ranks) / count for depth in DEPTHS
        )
        mean = sum((_harmonic(better + equal) - _harmonic(better)) / equal for better, equal in ranks) / count
        return cls(len(ranks), hits, mean)


def _harmonic(number: int) -> float:
    """1 + 1/2 + … + 1/number, by Euler's approximation beyond 30."""
    if number <= 30:
        return sum(1 / n for n in range(1, number + 1))
    return math.log(number) + 0.5772156649015329 + 1 / (2 * number) - 1 / (12 * number**2)


@dataclass(frozen=True)
class Direction:
    """What was measured of places of one shore that ask."""

    country: str
    candidates: int
    rules: Figures
    random: Figures
    population: Figures
    level: Figures
    by_level: dict[str, Figures]  # of the asking place
    larger: Figures  # ties of American places that the directory would hold without their tie, too
    without: dict[str, Figures]  # each rule left out, by its name; empty where not asked for
    weights: dict[str, float]  # fitted to all ties


def evaluate(
    world: World, *, with_each_rule: bool = False, report_progress: Callable[[str, int, int], None] | None = None
) -> list[Direction]:
    """Both directions, the American side asking first. ``report_progress`` is told what, how many, of how many."""
    say = report_progress or (lambda what, done, of: None)
    return [_direction(world, country, with_each_rule, say) for country in (Country.US.value, Country.JP.value)]


def _direction(world: World, country: str, with_each_rule: bool, say: Callable[[str, int, int], None]) -> Direction:
    pairs = hideable(world)
    chance = random.Random(SEED)  # noqa: S311 (nothing secret: it must be repeatable)
    trials = []
    for number, pair in enumerate(pairs, 1):
        trials.append(_trial(world, pair, country, chance))
        if number % 20 == 0 or number == len(pairs):
            say(f"{country}: ties hidden", number, len(pairs))
    folds = list(range(len(trials)))
    chance.shuffle(folds)
    every = list(range(len(RULES)))
    fitted = _fitted([trial.sampled for trial in trials], every)
    ranks, weights = _cross_validated(trials, folds, every, [fitted] * FOLDS)
    without = {}
    if with_each_rule:
        for number, rule in enumerate(RULES, 1):
            rest = [index for index in every if index != number - 1]
            without[rule.name] = Figures.of(_cross_validated(trials, folds, rest, weights, FEWER)[0])
            say(f"{country}: rules left out", number, len(RULES))
    large = [rank for trial, rank in zip(trials, ranks, strict=True) if _is_larger(trial)]
    by_level: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for trial, rank in zip(trials, ranks, strict=True):
        by_level[trial.place.kind].append(rank)
    apart = next(index for index, rule in enumerate(RULES) if rule.name == "size_apart")
    return Direction(
        country,
        len(world.gazetteer.columns[across_from(country), MUNICIPALITY].places),
        Figures.of(ranks),
        Figures.of([_rank(trial, [0.0] * len(trial.same_level)) for trial in trials]),
        Figures.of([_rank(trial, trial.columns[apart]) for trial in trials]),
        Figures.of([_rank(trial, trial.same_level) for trial in trials]),
        {kind: Figures.of(found) for kind, found in sorted(by_level.items(), key=lambda item: -len(item[1]))},
        Figures.of(large),
        without,
        dict(zip((rule.name for rule in RULES), fitted, strict=True)),
    )


def _is_larger(trial: Trial) -> bool:
    """Smaller American places are in the data only because they take part in something: being there gives them away."""
    american = trial.place if trial.place.country == Country.US else trial.partner
    return american.kind == Actor.Kind.COUNTY or (american.population or 0) >= SMALLEST


def hideable(world: World) -> list[Pair]:
    """The ties between two municipalities, by their keys."""
    places = world.gazetteer.places
    known = [pair for pair in world.ties.pairs if all(places[pk].shore_class == MUNICIPALITY for pk in pair)]
    return sorted(known, key=lambda pair: (places[pair[0]].slug, places[pair[1]].slug))


def _trial(world: World, pair: Pair, country: str, chance: random.Random) -> Trial:
    places = world.gazetteer.places
    own, other = pair if country == Country.US else pair[::-1]
    hidden = world.without(*pair)
    question = Question(places[own], hidden)
    candidates = question.candidates
    columns: list[Sequence[float]] = [rule.scores(question) for rule in RULES]
    true = candidates.index[other]
    tied = frozenset(candidates.index[pk] for pk in hidden.ties.partners.get(own, ()) if pk in candidates.index)
    others = [number for number in range(len(candidates.places)) if number != true and number not in tied]
    chosen = [true, *chance.sample(others, min(SAMPLED, len(others)))]
    rows: list[Row] = [[column[number] for column in columns] for number in chosen]
    level = [float(level == places[own].level) for level in candidates.levels]
    return Trial(places[own], places[other], columns, true, tied, level, rows)


def _cross_validated(
    trials: list[Trial], folds: list[int], used: list[int], begin: list[list[float]], samples: int = SAMPLED
) -> tuple[list[tuple[int, int]], list[list[float]]]:
    """Each trial's rank by the weights that the other folds suggest, with these rules alone; and the weights.

    ``begin`` has weights of all rules near those sought, one list for each fold: where Newton's method begins makes no
    difference to where it ends, but it ends sooner.
    """
    ranks: list[tuple[int, int]] = [(0, 1)] * len(trials)
    fitted = []
    for fold in range(FOLDS):
        learnt = [trials[number].sampled[: samples + 1] for place, number in enumerate(folds) if place % FOLDS != fold]
        weights = _fitted(learnt, used, [begin[fold][index] for index in used])
        fitted.append(weights)
        for place, number in enumerate(folds):
            if place % FOLDS == fold:
                trial = trials[number]
                ranks[number] = _rank(trial, total([trial.columns[index] for index in used], weights))
    return ranks, fitted


def total(columns: Sequence[Sequence[float]], weights: Sequence[float]) -> list[float]:
    """The weighted sum of the rules for every candidate."""
    sums = [0.0] * len(columns[0])
    for column, weight in zip(columns, weights, strict=True):
        if not weight:
            continue
        told = list(compress(count(), column))  # most rules say nothing of most candidates
        if 4 * len(told) < len(column):
            for number in told:
                sums[number] += weight * column[number]
        else:
            sums = [sum_ + weight * value for sum_, value in zip(sums, column, strict=True)]
    return sums


def _rank(trial: Trial, scores: Sequence[float]) -> tuple[int, int]:
    """How many candidates are better than the true one, and how many are as good, itself among them."""
    own = scores[trial.true]
    better = sum(score > own for score in scores) - sum(scores[number] > own for number in trial.tied)
    equal = scores.count(own) if isinstance(scores, list) else sum(score == own for score in scores)
    return better, equal - sum(scores[number] == own for number in trial.tied)


# --- Fitting ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sample:
    """What one trial is fitted with: by rule, the numbers of its candidates, the true one first.

    Most rules say nothing of most candidates. ``told`` has a rule's numbers without the zeros where these are more
    than half, and nothing where they are fewer: sums that pass over zeros are the same, and quicker.
    """

    columns: Sequence[Sequence[float]]
    told: Sequence[Sequence[float] | None]

    @classmethod
    def of(cls, rows: Sequence[Row], used: list[int]) -> _Sample:
        columns = [column for index, column in enumerate(zip(*rows, strict=True)) if index in used]
        told = [list(filter(None, column)) for column in columns]
        return cls(columns, [few if 2 * len(few) < len(rows) else None for few in told])


def _fitted(trials: Sequence[list[Row]], used: list[int], begin: list[float] | None = None) -> list[float]:
    """The weights under which the true ones, the first of each trial, are likeliest: Newton's method, halving steps."""
    samples = [_Sample.of(rows, used) for rows in trials]
    weights = begin or [0.0] * len(used)
    chances, value = _likelihoods(samples, weights)
    for _step in range(STEPS):
        gradient, hessian = _slopes(samples, weights, chances)
        step = _solved(hessian, gradient)
        share = 1.0
        while share > 0.01:
            tried = [weight - share * change for weight, change in zip(weights, step, strict=True)]
            chances, found = _likelihoods(samples, tried)
            if found < value:
                break
            share /= 2
        else:
            return weights
        weights, gained, value = tried, value - found, found
        if gained < 0.01:
            break
    return weights


def _likelihoods(samples: Sequence[_Sample], weights: list[float]) -> tuple[list[list[float]], float]:
    """For each trial the chance of each to be the true one; and the loss: how unlikely the true ones are."""
    chances, loss = [], 0.0
    for sample in samples:
        scores = total(sample.columns, weights)
        top = max(scores)
        parts = [math.exp(score - top) for score in scores]
        whole = sum(parts)
        chances.append([part / whole for part in parts])
        loss += math.log(whole) + top - scores[0]
    return chances, loss + SHRINKAGE * sum(weight * weight for weight in weights)


def _slopes(
    samples: Sequence[_Sample], weights: list[float], chances: Sequence[Sequence[float]]
) -> tuple[list[float], list[list[float]]]:
    """The first and second derivatives of the loss."""
    size = len(weights)
    gradient = [2 * SHRINKAGE * weight for weight in weights]
    hessian = [[2 * SHRINKAGE * (row == column) for column in range(size)] for row in range(size)]
    for sample, chances_here in zip(samples, chances, strict=True):
        columns, told = sample.columns, sample.told
        weighted = [list(map(mul, column, chances_here)) for column in columns]
        means = [sum(column) for column in weighted]
        for index, (own, own_told) in enumerate(zip(weighted, told, strict=True)):
            gradient[index] += means[index] - columns[index][0]
            row = hessian[index]
            few = None if own_told is None else list(compress(own, columns[index]))
            for other in range(index + 1):
                if few is not None:
                    products = map(mul, few, compress(columns[other], columns[index]))
                elif (others_told := told[other]) is not None:
                    products = map(mul, compress(own, columns[other]), others_told)
                else:
                    products = map(mul, own, columns[other])
                row[other] += sum(products) - means[index] * means[other]
    for index in range(size):
        for other in range(index):
            hessian[other][index] = hessian[index][other]
    return gradient, hessian


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """The solution of a system of linear equations, by elimination; the matrix is positive definite."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for pivot in range(size):
        for other in range(pivot + 1, size):
            factor = rows[other][pivot] / rows[pivot][pivot]
            if factor:
                rows[other] = [value - factor * own for value, own in zip(rows[other], rows[pivot], strict=True)]
    solution = [0.0] * size
    for index in reversed(range(size)):
        known = sum(rows[index][other] * solution[other] for other in range(index + 1, size))
        solution[index] = (rows[index][size] - known) / rows[index][index]
    return solution


def as_data(directions: Iterable[Direction], as_of: str) -> dict[str, Any]:
    """What ``weights.json`` holds of an evaluation. A rule that the ties on record speak against does not count."""
    found = list(directions)
    return {
        "weights": {
            each.country: {name: max(0.0, round(weight, 2)) for name, weight in each.weights.items()} for each in found
        },
        "measured": {
            each.country: {
                "ties": each.rules.trials,
                "candidates": each.candidates,
                "rules": _as_data(each.rules),
                "larger": _as_data(each.larger),
                "population": _as_data(each.population),
                "random": _as_data(each.random),
                "without": {name: _as_data(figures) for name, figures in each.without.items()},
            }
            for each in found
        },
        "as_of": as_of,
    }


def _as_data(figures: Figures) -> list[float]:
    """The part found among the first 10 and 50, and the mean reciprocal rank."""
    return [*(round(hit, 3) for hit in figures.hits), round(figures.reciprocal_rank, 4)]
