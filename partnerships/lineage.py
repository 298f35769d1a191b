"""Who adopted what from whom, over all generations: the models a partnership came from, and what was made after it.

Only published records are in it, and only through published ones does it go on. All pairs are read once for each
version of the directory; there are few, for somebody must have said that one was made after the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from . import queries
from .catalogue import Catalogue, Facts
from .models import version

MOST_SHOWN = 24  # records; a page that is printed has no room for more

Pair = tuple[int, int]  # keys: who adopted, from whom


@dataclass
class Kin:
    """A partnership in a lineage, with those that adopted it."""

    record: Facts
    is_here: bool  # the one whose page this is
    is_repeated: bool = False  # it stands further up already, with what was made after it
    copies: list[Kin] = field(default_factory=list)


@dataclass(frozen=True)
class Lineage:
    """The oldest models, each with what was made after it, as far as that leads to one partnership or comes from it."""

    models: list[Kin]
    more: int  # records that are left out


@dataclass(frozen=True)
class _Pairs:
    version: int
    known: list[Pair]


_latest = _Pairs(-1, [])


def _pairs() -> list[Pair]:
    global _latest
    number = version.current()
    if _latest.version != number:
        _latest = _Pairs(number, list(queries.public_adoptions().values_list("partnership", "adopted_from")))
    return _latest.known


def lineage_of(record: Facts, known: Catalogue, unpublished: Iterable[Pair] = ()) -> Lineage | None:
    """The lineage of a partnership; None where it has neither a model nor a copy.

    For a preview, ``unpublished`` are the pairs that will be public with the record.
    """
    models: dict[int, list[int]] = defaultdict(list)
    copies: dict[int, list[int]] = defaultdict(list)
    for copy, model in [*_pairs(), *unpublished]:
        models[copy].append(model)
        copies[model].append(copy)
    if not models.get(record.pk) and not copies.get(record.pk):
        return None
    nearest = list(dict.fromkeys([*_reached(record.pk, models), *_reached(record.pk, copies)]))
    shown = {record.pk: record}
    shown |= {facts.pk: facts for facts in known.published(nearest[:MOST_SHOWN]) if facts.pk != record.pk}
    if len(shown) == 1:
        return None
    roots = [pk for pk in shown if not any(model in shown for model in models[pk])] or [record.pk]
    told: set[int] = set()
    ordered = sorted(roots, key=lambda pk: _by_age(shown[pk]))
    drawn = [_kin(pk, record.pk, shown, copies, told) for pk in ordered]
    return Lineage(drawn, len(nearest) - len(shown))


def _reached(start: int, steps: dict[int, list[int]]) -> list[int]:
    """What can be reached in one direction, the nearest first; what forms a circle is reached once."""
    found, seen = [start], {start}
    for pk in found:  # grows while it is gone through
        following = [step for step in dict.fromkeys(steps.get(pk, ())) if step not in seen]
        found += following
        seen |= {*following}
    return found


def _kin(pk: int, here: int, shown: dict[int, Facts], copies: dict[int, list[int]], told: set[int]) -> Kin:
    kin = Kin(shown[pk], pk == here, is_repeated=pk in told)
    if not kin.is_repeated:
        told.add(pk)
        following = sorted(
            (copy for copy in set(copies.get(pk, ())) if copy in shown), key=lambda pk: _by_age(shown[pk])
        )
        kin.copies = [_kin(copy, here, shown, copies, told) for copy in following]
    return kin


def _by_age(facts: Facts) -> tuple[str, str]:
    return facts.started or "~", facts.slug  # “~” sorts after every date
