"""Partnerships that may be one: the same places and kind, or a similar title."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from partnerships.models import Actor, Country, Participation, Partnership, Publication
from partnerships.models.publication import NOT_MERGED

from .likeness import ALIKE, Likeness, core, percent_alike, reason, words_of

_PLACES = {*Actor.REGION_KINDS, *Actor.MUNICIPAL_KINDS}
Shores = tuple[frozenset[int], frozenset[int]]  # the places of the American and of the Japanese side


@dataclass(frozen=True)
class Profile:
    """What is compared of a partnership; ``shores`` holds successors in place of merged municipalities."""

    pk: int
    slug: str
    kind: str
    core: str
    core_ja: str
    shores: Shores = (frozenset(), frozenset())
    as_signed: Shores = (frozenset(), frozenset())

    @property
    def has_both_shores(self) -> bool:
        return all(self.shores)

    def same(self) -> Iterator[Hashable]:
        if self.has_both_shores:
            yield self.kind, self.shores

    def similar(self) -> Iterator[Hashable]:
        yield from words_of(self.core)
        yield from words_of(self.core_ja)


def compare(one: Profile, other: Profile) -> Likeness | None:
    """How alike two partnerships are; a title says nothing where a shore has other places."""
    reasons, score = [], 0
    if one.has_both_shores and (one.kind, one.shores) == (other.kind, other.shores):
        reasons.append(reason("places" if one.as_signed == other.as_signed else "places_merged"))
        score = 95
    if not any(mine and theirs and not mine & theirs for mine, theirs in zip(one.shores, other.shores, strict=True)):
        for code, percent in (
            ("title", percent_alike(one.core, other.core)),
            ("title_ja", percent_alike(one.core_ja, other.core_ja)),
        ):
            if percent:
                reasons.append(reason(code, percent=percent))
                score = max(score, percent) + (2 if score else 0)
    return Likeness(min(score, 100), tuple(reasons)) if reasons else None


def read_profiles(pks: Collection[int] | None = None, *, with_archived: bool = False) -> list[Profile]:
    """What is compared of these partnerships, or of all; never of duplicates that were merged."""
    wanted = Partnership.objects.filter(**NOT_MERGED)
    parts = Participation.objects.filter(partnership__merged_into__isnull=True)
    if not with_archived:
        wanted = wanted.exclude(publication=Publication.ARCHIVED)
        parts = parts.exclude(partnership__publication=Publication.ARCHIVED)
    if pks is not None:
        wanted, parts = wanted.filter(pk__in=pks), parts.filter(partnership__in=pks)
    involved: dict[int, list[int]] = {}
    for partnership, actor in parts.order_by().values_list("partnership", "actor").iterator(chunk_size=5000):
        involved.setdefault(partnership, []).append(actor)
    places = Places.read(None if pks is None else {actor for actors in involved.values() for actor in actors})
    return [
        Profile(
            pk,
            slug,
            kind,
            core(title),
            core(title_ja),
            places.shores(involved.get(pk, ())),
            places.shores_as_signed(involved.get(pk, ())),
        )
        for pk, slug, kind, title, title_ja in wanted.order_by("slug")
        .values_list("pk", "slug", "kind", "title", "title_ja")
        .iterator(chunk_size=5000)
    ]


@dataclass(frozen=True)
class Places:
    """Of actors: country and kind, and what they merged into."""

    kinds: dict[int, tuple[str, str]]
    successors: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, pks: Collection[int] | None) -> Places:
        merged = dict(Actor.objects.filter(successor__isnull=False).values_list("pk", "successor"))
        wanted = Actor.objects.all()
        if pks is not None:
            wanted = wanted.filter(pk__in={*pks, *merged, *merged.values()})
        return cls({pk: (country, kind) for pk, country, kind in wanted.values_list("pk", "country", "kind")}, merged)

    def present(self, pk: int) -> int:
        """The municipality that a place is, or became part of."""
        seen: set[int] = set()
        while pk in self.successors and pk not in seen:
            seen.add(pk)
            pk = self.successors[pk]
        return pk

    def shores(self, actors: Iterable[int]) -> Shores:
        """The municipal and regional bodies of each shore; all that take part where there is no such body."""
        return self.shores_as_signed([self.present(pk) for pk in actors])

    def shores_as_signed(self, actors: Iterable[int]) -> Shores:
        """The same, a merged municipality as itself."""
        sides = []
        for country in Country:
            side = [pk for pk in actors if pk in self.kinds and self.kinds[pk][0] == country]
            bodies = frozenset(pk for pk in side if self.kinds[pk][1] in _PLACES)
            sides.append(bodies or frozenset(side))
        return sides[0], sides[1]


@dataclass(frozen=True)
class Typed:
    """A partnership as far as it is typed in a form."""

    title: str
    title_ja: str = ""
    kind: str = ""
    actors: tuple[int, ...] = ()
    pk: int | None = None


_latest_cores: dict[str, str] = {}


def _known_cores(titles: Iterable[str]) -> dict[str, str]:
    """The core of each title; only of those that are new since the last time it has to be worked out."""
    global _latest_cores
    before = _latest_cores
    _latest_cores = {title: before[title] if title in before else core(title) for title in titles}
    return _latest_cores


def like_typed(typed: Typed, most: int) -> list[tuple[int, Likeness]]:
    """Recorded partnerships, in whatever state, that what is typed may be; the likeliest first."""
    titles = list(Partnership.objects.filter(**NOT_MERGED).exclude(pk=typed.pk).values_list("pk", "title", "title_ja"))
    known = _known_cores(text for _pk, *texts in titles for text in texts)
    suspects: set[int] = set()
    for text, place in ((typed.title, 1), (typed.title_ja, 2)):
        if wanted := core(text):
            cores = [known[row[place]] for row in titles]
            close = process.extract_iter(wanted, cores, scorer=fuzz.ratio, score_cutoff=ALIKE, processor=None)
            suspects |= {titles[number][0] for _core, _score, number in close}
    places = Places.read(set(typed.actors))
    own = Profile(
        typed.pk or 0,
        "",
        typed.kind,
        core(typed.title),
        core(typed.title_ja),
        places.shores(typed.actors),
        places.shores_as_signed(typed.actors),
    )
    if own.has_both_shores:
        here = {pk for shore in own.shores for pk in shore}
        same_places = here | {pk for pk in places.successors if places.present(pk) in here}
        side = {pk for pk in same_places if places.present(pk) in own.shores[0]}
        same = Participation.objects.filter(actor__in=side, partnership__kind=typed.kind).exclude(partnership=typed.pk)
        suspects |= set(same.values_list("partnership", flat=True))
    found = []
    for profile in read_profiles(suspects, with_archived=True) if suspects else ():
        if likeness := compare(own, profile):
            found.append((profile.slug, profile.pk, likeness))
    found.sort(key=lambda each: (-each[2].score, each[0]))
    return [(pk, likeness) for _slug, pk, likeness in found[:most]]
