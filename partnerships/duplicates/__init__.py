"""Records that may be one and the same, each suspicion with its reasons in words; nothing is decided here.

Drafts are looked at like everything else, so all of it is for the admin and the command line only. Duplicates that
were merged, and pairs that a curator told apart, are not found again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from partnerships.models import Actor, NotDuplicate, Partnership, RecordKind, RecordVersion, Source, version
from partnerships.models.publication import NOT_MERGED

from . import actors, partnerships, sources
from .likeness import Likeness, Pair, Reason, find_pairs
from .partnerships import Typed

__all__ = ["Likeness", "Pair", "Reason", "Typed", "current", "find", "like_typed"]

_FINDERS: dict[str, Any] = {
    RecordKind.PARTNERSHIPS: partnerships,
    RecordKind.ACTORS: actors,
    RecordKind.SOURCES: sources,
}
_MODELS: dict[str, Any] = {
    RecordKind.PARTNERSHIPS: Partnership,
    RecordKind.ACTORS: Actor,
    RecordKind.SOURCES: Source,
}
_RESTS_ON: dict[str, tuple[str, ...]] = {
    RecordKind.PARTNERSHIPS: (RecordVersion.Kind.PARTNERSHIP, RecordVersion.Kind.ACTOR),
    RecordKind.ACTORS: (RecordVersion.Kind.ACTOR,),
    RecordKind.SOURCES: (RecordVersion.Kind.SOURCE,),
}
MOST_LIKE_TYPED = 5


def find(kind: str, report_progress: Callable[[str], None] | None = None) -> list[Pair]:
    """All suspicions of one kind of record, the strongest first, then by address: the same data, the same list."""
    return _without_told_apart(kind, _find(kind, report_progress or (lambda text: None)))


def _find(kind: str, say: Callable[[str], None]) -> list[Pair]:
    finder = _FINDERS[kind]
    profiles = finder.read_profiles()
    say(f"{kind}: {len(profiles):,}")
    profile: Any = type(profiles[0]) if profiles else None
    found = (
        find_pairs(profiles, same=profile.same, similar=profile.similar, compare=finder.compare, say=say)
        if profiles
        else ()
    )
    pairs = [Pair(kind, one.pk, other.pk, (one.slug, other.slug), likeness) for one, other, likeness in found]
    return sorted(pairs, key=lambda pair: (-pair.likeness.score, pair.slugs))


SLOW = 2.0  # seconds; 631 partnerships take a tenth of that, 100,000 some 14 s
REST = 50  # what took long is looked for again after so many times as long


@dataclass(frozen=True)
class _Found:
    version: int
    pairs: list[Pair]
    good_until: float  # by the monotonic clock


_latest: dict[str, _Found] = {}


def current(kind: str) -> list[Pair]:
    """The same as ``find()``, looked for again only after a change of what it rests on.

    The version rises with whatever changes in a partnership, an actor or a source, drafts among them. What was told
    apart since is asked each time, because it changes nothing that the public sees. In a directory so large that
    looking takes long, a list stays for a while, without those of its records that are gone or were merged.
    """
    number = version.current()
    found = _latest.get(kind)
    if found and found.version != number:
        changes = version.changes_since(found.version)
        if changes is None:
            found = None
        elif not changes.filter(record_kind__in=_RESTS_ON[RecordKind(kind)]).exists():
            found = _latest[kind] = replace(found, version=number)
    if found is None or (found.version != number and monotonic() >= found.good_until):
        started = monotonic()
        pairs = _find(kind, lambda text: None)
        took = monotonic() - started
        found = _latest[kind] = _Found(number, pairs, monotonic() + (took * REST if took > SLOW else 0))
    pairs = found.pairs
    if found.version != number:
        here = set(_MODELS[kind].objects.filter(**NOT_MERGED).values_list("pk", flat=True))
        pairs = [pair for pair in pairs if here.issuperset(pair.key)]
    return _without_told_apart(kind, pairs)


def _without_told_apart(kind: str, pairs: list[Pair]) -> list[Pair]:
    apart = set(NotDuplicate.objects.filter(kind=kind).values_list("first", "second")) if pairs else set()
    return [pair for pair in pairs if pair.key not in apart]


def like_typed(typed: Typed) -> list[tuple[int, Likeness]]:
    """Keys of partnerships that what is being typed may be, with how alike they are; the likeliest first."""
    return partnerships.like_typed(typed, MOST_LIKE_TYPED)
