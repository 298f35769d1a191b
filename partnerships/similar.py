"""Partnerships similar to one, each with the reason in words.

A rule gives points for values that two records have in common. How many points is said in ``RULES`` and nowhere else.
With the catalogue's bitmaps, no record is looked at by itself: for each number of points there is one bitmap of all
that have them, the highest first, until there are enough.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from . import vocabulary
from .catalogue import Catalogue, Facts

SHOWN = 4


@dataclass(frozen=True)
class Rule:
    """So many points for each value of a parameter that both records have, for so many values at most."""

    parameter: str
    points: int
    most: int = 1


RULES = (Rule("state", 3), Rule("prefecture", 3), Rule("theme", 2, most=3), Rule("kind", 1))
LEAST = 2  # points; the same kind alone makes nothing similar

Shared = dict[str, list[str]]  # parameter → the values in common


@dataclass(frozen=True)
class Similar:
    """A partnership with what it has in common with others."""

    record: Facts
    pk: int
    shared: Shared

    @property
    def reasons(self) -> list[str]:
        """What they have in common, in the active language."""
        return _reasons(self.shared, vocabulary.current().labels("theme"))


def similar_to(pk: int, catalogue: Catalogue) -> list[Similar]:
    """Up to ``SHOWN`` partnerships with the most points; of those with as many, the newest, then by slug."""
    return most_similar([pk], catalogue.everything, catalogue)


def most_similar(pks: list[int], among: int, catalogue: Catalogue, most: int = SHOWN) -> list[Similar]:
    """The same for several partnerships together, looked for among those of a bitmap; they themselves are left out."""
    values: dict[str, dict[str, int]] = {rule.parameter: {} for rule in RULES}
    for rule in RULES:
        for pk in pks:
            values[rule.parameter] |= catalogue.sharing(pk, rule.parameter)
    found: list[int] = []
    for bitmap in _by_points(values, among & ~catalogue.bitmap(pks)):
        found += catalogue.keys(bitmap, "newest", 0, most - len(found))
        if len(found) == most:
            break
    similar = []
    for key, record in zip(found, catalogue.facts(found), strict=True):
        its_bit = catalogue.bitmap([key])
        shared = {parameter: _shared(known, its_bit) for parameter, known in values.items()}
        similar.append(Similar(record, key, shared))
    return similar


def _shared(known: dict[str, int], bit: int) -> list[str]:
    return [value for value, bitmap in known.items() if bitmap & bit]


def _by_points(values: dict[str, dict[str, int]], others: int) -> Iterator[int]:
    """The bitmaps of the others by their points, the most points first; none is in two of them."""
    levels = [_levels(rule, list(values[rule.parameter].values()), others) for rule in RULES]
    bitmaps: dict[int, int] = defaultdict(int)
    for choice in product(*levels):
        bitmap = others
        for _points, level in choice:
            bitmap &= level
        bitmaps[sum(points for points, _level in choice)] |= bitmap
    for points in sorted(bitmaps, reverse=True):
        if points >= LEAST and bitmaps[points]:
            yield bitmaps[points]


def _levels(rule: Rule, bitmaps: list[int], others: int) -> list[tuple[int, int]]:
    """For each number of values in common, its points and the bitmap of those that have so many and no more."""
    at_least = [others] + [0] * rule.most
    for bitmap in bitmaps:
        for number in range(rule.most, 0, -1):
            at_least[number] |= at_least[number - 1] & bitmap
    exactly = [here & ~more for here, more in zip(at_least, [*at_least[1:], 0], strict=True)]
    return [(number * rule.points, level) for number, level in enumerate(exactly)]


def _reasons(shared: Shared, themes: dict[str, str]) -> list[str]:
    """What two partnerships have in common: “same state and prefecture”, “same themes: Clean energy, Tech”."""
    reasons = []
    if shared["state"] and shared["prefecture"]:
        reasons.append(_("same state and prefecture"))
    elif shared["state"]:
        reasons.append(_("same state"))
    elif shared["prefecture"]:
        reasons.append(_("same prefecture"))
    if shared["theme"]:
        named = [label for slug, label in themes.items() if slug in shared["theme"]]
        words = {"themes": pgettext("between several names", ", ").join(named)}
        reasons.append(ngettext("same theme: %(themes)s", "same themes: %(themes)s", len(named)) % words)
    if shared["kind"]:
        reasons.append(_("same kind"))
    return reasons
