"""What a suspicion rests on, and how records that may be alike find each other without comparing all with all."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy
from rapidfuzz import fuzz

from partnerships.text import fold, is_japanese, pairs, pieces

ALIKE = 90  # per cent from which on two names or titles are called similar
STRONG = 95  # per cent from which on one is asked before saving
LARGEST_BLOCK = 30  # records that share one word, compared with one another; a word of more tells nothing
MOST_ALIKE = 10  # records of one key that are all paired; of more, each is paired with the first

Profile = TypeVar("Profile")

WORDS = {
    "places": gettext_lazy("The same places and the same kind."),
    "places_merged": gettext_lazy("The same places, counting merged municipalities as their successors, and kind."),
    "title": gettext_lazy("A similar title in English (%(percent)d%% alike)."),
    "title_ja": gettext_lazy("A similar title in Japanese (%(percent)d%% alike)."),
    "name": gettext_lazy("The same name in the same state or prefecture: %(name)s."),
    "similar_name": gettext_lazy("A very similar name in the same state or prefecture (%(percent)d%% alike)."),
    "code": gettext_lazy("The same code: %(code)s."),
    "wikidata": gettext_lazy("The same Wikidata id: %(code)s."),
    "website": gettext_lazy("The same website: %(url)s."),
    "url": gettext_lazy("The same web address: %(url)s."),
    "publisher": gettext_lazy("The same title and the same publisher."),
}


@dataclass(frozen=True)
class Reason:
    """One reason, in words of the active language whenever it is shown."""

    code: str
    details: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        return str(WORDS[self.code]) % dict(self.details)


def reason(code: str, /, **details: Any) -> Reason:
    return Reason(code, tuple(details.items()))


@dataclass(frozen=True)
class Likeness:
    """How alike two records are, 0–100, and why."""

    score: int
    reasons: tuple[Reason, ...]

    @property
    def is_strong(self) -> bool:
        return self.score >= STRONG


@dataclass(frozen=True)
class Pair:
    """Two records that may be one: their keys and addresses, the lesser address first."""

    kind: str
    first: int
    second: int
    slugs: tuple[str, str]
    likeness: Likeness

    @property
    def key(self) -> tuple[int, int]:
        """The two keys, the smaller first, as ``NotDuplicate`` keeps them."""
        return min(self.first, self.second), max(self.first, self.second)


# What titles of ties are made of besides names.
_GENERIC = frozenset(
    pieces(
        "a an and at between for in of on the to with us japan sister friendship city cities town towns state states "
        "tie ties county counties prefecture relationship agreement partnership"
    )
)
_GENERIC_JA = re.compile("姉妹都市|友好都市|姉妹提携|友好提携|姉妹州県|姉妹|友好|提携|関係|協定|の|と|・")
_NUMBERS = re.compile(r"\d+")


def core(title: str) -> str:
    """What tells one title from others: its folded words without those that most have, sorted."""
    words = [word for word in pieces(_GENERIC_JA.sub(" ", fold(title))) if word not in _GENERIC]
    return " ".join(sorted(words)) or fold(title).strip()


def percent_alike(one: str, other: str) -> int:
    """How alike two cores are; 0 where they bear different numbers, as “2009” and “2013” of a yearly event."""
    if not one or not other:
        return 0
    if one == other:
        return 100
    if sorted(_NUMBERS.findall(one)) != sorted(_NUMBERS.findall(other)):
        return 0
    return min(int(fuzz.ratio(one, other, score_cutoff=ALIKE)), 99)


def words_of(text: str) -> Iterator[str]:
    """The keys under which a core is found again: Latin words, pairs of Japanese characters."""
    for word in text.split():
        yield from pairs(word) if is_japanese(word) else (word,)


def find_pairs(
    profiles: Sequence[Profile],
    *,
    same: Callable[[Profile], Iterable[Hashable]],
    similar: Callable[[Profile], Iterable[Hashable]],
    compare: Callable[[Profile, Profile], Likeness | None],
    say: Callable[[str], None],
) -> Iterator[tuple[Profile, Profile, Likeness]]:
    """Pairs of profiles that ``compare`` calls alike, each once.

    Only those are compared that have a key of ``same`` or of ``similar`` in common. Of one key of ``same`` there may
    be any number; a key of ``similar`` that more than ``LARGEST_BLOCK`` profiles have is passed over. So the work
    grows with the number of records, not with its square.
    """
    compared: set[tuple[int, int]] = set()
    for keys, is_exact in ((same, True), (similar, False)):
        blocks: dict[Hashable, list[int]] = defaultdict(list)
        for number, profile in enumerate(profiles):
            for key in dict.fromkeys(keys(profile)):
                blocks[key].append(number)
        for done, block in enumerate(blocks.values(), 1):
            for pair in _chosen(block, is_exact=is_exact):
                if pair not in compared:
                    compared.add(pair)
                    one, other = profiles[pair[0]], profiles[pair[1]]
                    if likeness := compare(one, other):
                        yield one, other, likeness
            if done % 50_000 == 0:
                say(f"{done:,}/{len(blocks):,}")


def _chosen(block: list[int], *, is_exact: bool) -> Iterator[tuple[int, int]]:
    if not is_exact and len(block) > LARGEST_BLOCK:
        return
    leaders = block if len(block) <= (MOST_ALIKE if is_exact else LARGEST_BLOCK) else block[:1]
    for place, one in enumerate(leaders):
        for other in block[place + 1 :]:
            yield one, other
