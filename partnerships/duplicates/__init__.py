"""Records that may be one and the same, each suspicion with its reasons in words; nothing is decided here.

Drafts are looked at like everything else, so all of it is for the admin and the command line only. Duplicates that
were merged, and pairs that a curator told apart, are not found again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from partnerships.models import NotDuplicate, RecordKind, version

from . import actors, partnerships, sources
from .likeness import Likeness, Pair, Reason, find_pairs
from .partnerships import Typed
from .urls import normal_url

__all__ = ["Likeness", "Pair", "Reason", "Typed", "current", "find", "like_typed", "normal_url"]

_FINDERS: dict[str, Any] = {
    RecordKind.PARTNERSHIPS: partnerships,
    RecordKind.ACTORS: actors,
    RecordKind.SOURCES: sources,
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


_latest: dict[str, tuple[int, list[Pair]]] = {}


def current(kind: str) -> list[Pair]:
    """The same as ``find()``, looked for once for each version of the directory.

    The version rises with whatever changes in a partnership, an actor or a source, drafts among them. What was told
    apart since is asked each time, because it changes nothing that the public sees.
    """
    number = version.current()
    kept = _latest.get(kind)
    if kept is None or kept[0] != number:
        kept = _latest[kind] = number, _find(kind, lambda text: None)
    return _without_told_apart(kind, kept[1])


def _without_told_apart(kind: str, pairs: list[Pair]) -> list[Pair]:
    apart = set(NotDuplicate.objects.filter(kind=kind).values_list("first", "second")) if pairs else set()
    return [pair for pair in pairs if pair.key not in apart]


def like_typed(typed: Typed) -> list[tuple[int, Likeness]]:
    """Keys of partnerships that what is being typed may be, with how alike they are; the likeliest first."""
    return partnerships.like_typed(typed, MOST_LIKE_TYPED)
