"""The rules by which a place is compared with those across the Pacific: small, named, each with a weight and a reason.

A rule gives every candidate a number; its weight says how much one of it counts. The weights are in ``weights.json``,
for each asking shore, as ``evaluate_peers --write`` fitted them to the ties on record. What is unknown of
a candidate counts as usual, neither for it nor against it; what is unknown of the asking place makes no difference.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partnerships.models import Actor, PartialDate

from . import words
from .geography import DEGREE, distance
from .world import AREA, MUNICIPALITY, REACH, Columns, Place, World

MOST_APART = 4.0  # natural logarithm of the ratio of two populations: beyond, it makes no difference
LARGE = 300_000  # people
HEADS = 3  # the largest municipalities of a state or prefecture
USUAL_APART = 1.5  # what a place gets whose population is unknown
USUAL_SIZE = 10.0  # natural logarithm of a population: what a county gets, or a place whose own is unknown
A_CENTRE = 0.5  # of the people around
USUAL_CENTRE = math.log(0.2)  # what a county gets, or a place whose share is unknown
ASKING_REACH = 100.0  # km from the asking place at which a neighbour's tie counts 1/e
WORTH_TELLING = 0.1  # of what a tie between the two themselves would count
FARTHEST = 300.0  # km from the asking place

_WEIGHTS = Path(__file__).with_name("weights.json")

Scores = Sequence[float]


@dataclass(frozen=True)
class Question:
    """A place asks for partners across the Pacific, perhaps on some themes."""

    place: Place
    world: World
    themes: frozenset[str] = frozenset()  # slugs

    @cached_property
    def candidates(self) -> Columns:
        return self.world.gazetteer.across(self.place)

    @cached_property
    def tied_near(self) -> list[tuple[Place, float]]:
        """The tied places of the asking place's own class within ``FARTHEST`` km, itself among them, by distance."""
        place, own = self.place, self.world.gazetteer.columns_of(self.place)
        if place.point is None:
            return []
        north = place.point[0]
        near = []
        for pk in self.world.ties.partners:
            if pk in own.index and (point := (other := own.places[own.index[pk]]).point):
                if abs(point[0] - north) * DEGREE > FARTHEST:  # which is far quicker to see than the distance
                    continue
                if (km := distance(place.point, point)) <= FARTHEST:
                    near.append((other, km))
        return sorted(near, key=lambda found: (found[1], found[0].slug))

    @cached_property
    def ties_near(self) -> dict[int, TiesNear]:
        """By the candidate that they join with places near the asking one."""
        found: dict[int, TiesNear] = {}
        for place, km in self.tied_near:
            amount = math.exp(-km / ASKING_REACH)
            for pk in self.world.ties.partners[place.pk]:
                if known := found.get(pk):
                    found[pk] = TiesNear(known.amount + amount, known.nearest, known.km)
                elif pk in self.candidates.index:
                    found[pk] = TiesNear(amount, place, km)
        return found


@dataclass(frozen=True)
class TiesNear:
    """What joins somebody across the Pacific with places near the asking one."""

    amount: float  # the nearer these places and the more, the more
    nearest: Place
    km: float  # of the nearest


@dataclass(frozen=True)
class Rule:
    """``scores`` has a number for each candidate; ``reason`` is about one of them, empty where it says nothing."""

    name: str
    says: Any  # the rule in one sentence
    scores: Callable[[Question], Scores]
    reason: Callable[[Question, Place], str]


def _fixed(scores: Callable[[Columns], Scores]) -> Callable[[Question], Scores]:
    """A rule that depends on the candidates alone, worked out once for them."""

    def kept_scores(question: Question) -> Scores:
        candidates = question.candidates
        if scores not in candidates.fixed:
            candidates.fixed[scores] = scores(candidates)
        return candidates.fixed[scores]

    return kept_scores


def _few(question: Question, values: dict[int, float]) -> Scores:
    """By the keys of the few that have another number than 0."""
    scores = [0.0] * len(question.candidates.places)
    for pk, value in values.items():
        if (number := question.candidates.index.get(pk)) is not None:
            scores[number] = value
    return scores


def _column(question: Question, values: dict[int, float]) -> Scores:
    """By the state or prefecture of each candidate."""
    return [values.get(region, 0.0) for region in question.candidates.regions]


# --- Size and level -------------------------------------------------------------------------------------------------


def _size_apart(question: Question) -> Scores:
    population = question.place.population
    if not population:
        return [0.0] * len(question.candidates.places)
    own = math.log(population)
    return [
        -USUAL_APART if theirs is None else -min(abs(theirs - own), MOST_APART)
        for theirs in question.candidates.log_populations
    ]


def _why_size_apart(question: Question, other: Place) -> str:
    return words.size(question.place, other)


@_fixed
def _size(candidates: Columns) -> Scores:
    return [
        0.0 if own is None or level == Actor.Kind.COUNTY else own - USUAL_SIZE
        for own, level in zip(candidates.log_populations, candidates.levels, strict=True)
    ]


def _why_size(question: Question, other: Place) -> str:
    if not other.population or other.population < LARGE:
        return ""
    return _("a large place: %(number)s people") % {"number": words.number(other.population)}


def _level(question: Question) -> Scores:
    return [float(level == question.place.level) for level in question.candidates.levels]


def _why_level(question: Question, other: Place) -> str:
    return words.level(question.place, other)


def _standing(question: Question) -> Scores:
    own = question.world.gazetteer.columns_of(question.place)
    if not 1 <= own.standings[own.index[question.place.pk]] <= HEADS:
        return [0.0] * len(question.candidates.places)
    return [float(1 <= standing <= HEADS) for standing in question.candidates.standings]


def _why_standing(question: Question, other: Place) -> str:
    own, theirs = question.world.gazetteer.columns_of(question.place), question.candidates
    standings = own.standings[own.index[question.place.pk]], theirs.standings[theirs.index[other.pk]]
    if not all(1 <= standing <= HEADS for standing in standings):
        return ""
    if standings == (1, 1):
        return _("both the largest of their state and prefecture")
    return _("both among the three largest of their state and prefecture")


# --- Where they lie -------------------------------------------------------------------------------------------------


@_fixed
def _centre(candidates: Columns) -> Scores:
    return [math.log(share + 0.01) if share else USUAL_CENTRE for share in candidates.shares]


def _why_centre(question: Question, other: Place) -> str:
    share = question.candidates.shares[question.candidates.index[other.pk]]
    if share < A_CENTRE:
        return ""
    facts = {"share": round(100 * share), "km": round(AREA)}
    return _("the centre of its area: %(share)s%% of the people within %(km)s km") % facts


def _coast(question: Question) -> Scores:
    if question.place.point is None:
        return [0.0] * len(question.candidates.places)
    own = question.world.gazetteer.columns_of(question.place)
    is_coastal = own.coastal[own.index[question.place.pk]]
    return [0.5 if theirs is None else float(theirs == is_coastal) for theirs in question.candidates.coastal]


def _why_coast(question: Question, other: Place) -> str:
    own, theirs = question.world.gazetteer.columns_of(question.place), question.candidates
    if question.place.point is None or other.point is None:
        return _("position unknown: not used")
    sides = own.coastal[own.index[question.place.pk]], theirs.coastal[theirs.index[other.pk]]
    if sides[0] != sides[1]:
        return ""
    return _("both on the coast") if sides[0] else _("both inland")


@_fixed
def _seaside(candidates: Columns) -> Scores:
    return [float(bool(theirs)) for theirs in candidates.coastal]


# --- Who is tied already --------------------------------------------------------------------------------------------


def _by_region(question: Question) -> Callable[[int], tuple[int, int]]:
    """From a candidate's region to the pair of regions as it is counted."""
    own = question.place.region
    if question.place.country == "US":
        return lambda region: (own, region)
    return lambda region: (region, own)


def _sister_regions(question: Question) -> Scores:
    if question.place.shore_class != MUNICIPALITY:
        return [0.0] * len(question.candidates.places)
    return _column(question, dict.fromkeys(question.world.ties.partners.get(question.place.region, ()), 1.0))


def _why_sister_regions(question: Question, other: Place) -> str:
    is_asked = question.place.shore_class == MUNICIPALITY
    if not is_asked or other.region not in question.world.ties.partners.get(question.place.region, ()):
        return ""
    return _("%(own)s and %(other)s are sisters") % words.regions(question.world, question.place, other)


def _region_ties(question: Question) -> Scores:
    between, pair = question.world.ties.between_regions, _by_region(question)
    return _column(
        question,
        {region: math.log1p(between[pair(region)]) for region in question.candidates.members if between[pair(region)]},
    )


def _why_region_ties(question: Question, other: Place) -> str:
    number = question.world.ties.between_regions[_by_region(question)(other.region)]
    if not number:
        return ""
    found = ngettext(
        "%(number)s tie between towns of %(own)s and %(other)s",
        "%(number)s ties between towns of %(own)s and %(other)s",
        number,
    )
    return found % {"number": number, **words.regions(question.world, question.place, other)}


def _openness(question: Question) -> Scores:
    ties, members = question.world.ties.of_regions, question.candidates.members
    return _column(
        question, {region: math.log((ties[region] + 1) / (members[region] + 5)) for region in {*members, *ties}}
    )


def _neighbours(question: Question) -> Scores:
    """Ties between places near the asking one and places near the candidate; the nearer both, the more."""
    places, candidates = question.world.gazetteer.places, question.candidates
    scores = [0.0] * len(candidates.places)
    for partner, ties in question.ties_near.items():
        amount = ties.amount
        for number, closeness in candidates.neighbours(places[partner]):
            scores[number] += amount * closeness
    return [math.log1p(10 * score) if score else 0.0 for score in scores]


def _why_neighbours(question: Question, other: Place) -> str:
    candidates, ties_near = question.candidates, question.ties_near
    around = [
        (closeness * math.exp(-ties_near[pk].km / ASKING_REACH), pk, closeness)
        for number, closeness in candidates.neighbours(other)
        if (pk := candidates.places[number].pk) in ties_near
    ]
    if not around or max(around)[0] < WORTH_TELLING:
        return ""
    _weight, pk, closeness = max(around)
    place = ties_near[pk].nearest
    names = {
        "place": words.name(place),
        "partner": words.name(question.world.gazetteer.places[pk]),
        "km": round(-math.log(closeness) * REACH),
    }
    if place.pk == question.place.pk:
        return _("near your partner %(partner)s (%(km)s km)") % names
    if pk == other.pk:
        return _("tied with your neighbour %(place)s") % names
    return _("near it, %(partner)s (%(km)s km) is tied with %(place)s near you") % names


@_fixed
def _municipalities(candidates: Columns) -> Scores:
    return [float(level != Actor.Kind.COUNTY) for level in candidates.levels]


def _newcomer(question: Question) -> Scores:
    scores = list(_municipalities(question))
    index = question.candidates.index
    for pk in question.world.ties.partners:
        if pk in index:
            scores[index[pk]] = 0.0
    return scores


def _why_newcomer(question: Question, other: Place) -> str:
    if question.world.ties.partners.get(other.pk):
        return ""
    return _("no tie across the Pacific recorded yet")


def _like_mine(question: Question) -> Scores:
    partners, index = question.world.ties.partners, question.candidates.index
    like = {pk: 1.0 for pk, own in partners.items() if pk in index and any(_is_like(question, one) for one in own)}
    return _few(question, like)


def _is_like(question: Question, pk: int) -> bool:
    place, other = question.place, question.world.gazetteer.places[pk]
    if other.level != place.level or not other.population or not place.population:
        return False
    return abs(math.log(other.population / place.population)) <= words.SIMILAR


def _why_like_mine(question: Question, other: Place) -> str:
    partners = question.world.ties.partners.get(other.pk, ())
    like = [pk for pk in partners if _is_like(question, pk)]
    if not like:
        return ""
    return _("its partner %(place)s is a place of your size") % {
        "place": words.name(question.world.gazetteer.places[like[0]])
    }


# --- Themes ---------------------------------------------------------------------------------------------------------


def _themes(question: Question) -> Scores:
    """How many themes both are active on, besides those that were asked for."""
    themes = question.world.ties.themes
    own = themes.get(question.place.pk, frozenset()) - question.themes
    return _few(question, {pk: math.log1p(len(own & theirs)) for pk, theirs in themes.items() if own & theirs})


def _why_themes(question: Question, other: Place) -> str:
    themes = question.world.ties.themes
    own = themes.get(question.place.pk, frozenset()) - question.themes
    common = own & themes.get(other.pk, frozenset())
    if not common:
        return ""
    named = words.themes(common)
    return _("both active on %(themes)s") % {"themes": named}


def _asked_themes(question: Question) -> Scores:
    asked = question.themes
    return _few(
        question,
        {pk: float(len(asked & theirs)) for pk, theirs in question.world.ties.themes.items() if asked & theirs},
    )


def _why_asked_themes(question: Question, other: Place) -> str:
    common = question.themes & question.world.ties.themes.get(other.pk, frozenset())
    return _("active on %(themes)s") % {"themes": words.themes(common)} if common else ""


def _nothing(question: Question, other: Place) -> str:
    return ""


JUDGED = (
    Rule("asked_themes", gettext_lazy("It is active on the themes you asked for."), _asked_themes, _why_asked_themes),
    Rule("themes", gettext_lazy("You are active on the same themes."), _themes, _why_themes),
)
RULES = (
    Rule("size_apart", gettext_lazy("Its population is close to yours."), _size_apart, _why_size_apart),
    Rule("size", gettext_lazy("Larger places have ties more often."), _size, _why_size),
    Rule("level", gettext_lazy("It is of your level: city with city, town with town."), _level, _why_level),
    Rule(
        "standing",
        gettext_lazy("Both are among the three largest of their state and prefecture."),
        _standing,
        _why_standing,
    ),
    Rule("centre", gettext_lazy("It is the centre of its area, not a part of a larger one."), _centre, _why_centre),
    Rule("coast", gettext_lazy("Both lie on the coast, or both inland."), _coast, _why_coast),
    Rule("seaside", gettext_lazy("Places on the coast have ties more often."), _seaside, _nothing),
    Rule(
        "sister_regions",
        gettext_lazy("Your state and its prefecture are sisters."),
        _sister_regions,
        _why_sister_regions,
    ),
    Rule(
        "region_ties",
        gettext_lazy("Towns of your state and of its prefecture are tied already."),
        _region_ties,
        _why_region_ties,
    ),
    Rule(
        "openness",
        gettext_lazy("The towns of its state or prefecture have many ties across the Pacific."),
        _openness,
        _nothing,
    ),
    Rule(
        "neighbours",
        gettext_lazy("A neighbour of yours is tied with it or with a neighbour of it."),
        _neighbours,
        _why_neighbours,
    ),
    Rule(
        "newcomer",
        gettext_lazy("It has no tie across the Pacific yet, so that it is likelier to say yes."),
        _newcomer,
        _why_newcomer,
    ),
    Rule(
        "like_mine", gettext_lazy("One of its partners is a place of your level and size."), _like_mine, _why_like_mine
    ),
)


@cache
def kept() -> dict[str, Any]:
    """``weights.json``: the weights by asking shore and rule, and what was measured with them.

    The weights of ``JUDGED`` are a judgement: no tie on record says which theme a place had asked for, and too few
    tied places share one.
    """
    found: dict[str, Any] = json.loads(_WEIGHTS.read_text())
    return found


def measured_on() -> PartialDate | None:
    """The day of the evaluation that the weights come from."""
    return PartialDate.parse(kept()["as_of"]) if "as_of" in kept() else None


def keep(measured: dict[str, Any]) -> None:
    """Write what ``evaluation.as_data`` made into ``weights.json``; what is a judgement stays."""
    _WEIGHTS.write_text(json.dumps({**kept(), **measured}, indent=1) + "\n", encoding="utf-8")
    kept.cache_clear()


def weighted(country: str) -> list[tuple[Rule, float]]:
    """The rules that count for a place of this shore, and how much one of each does."""
    known = kept()["weights"][country] | kept()["judged"]
    return [(rule, known[rule.name]) for rule in (*RULES, *JUDGED) if known[rule.name]]
