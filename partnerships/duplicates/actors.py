"""Places and organisations that may be one: the same name in the same region, code, identifier or website."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from partnerships.links.same import key_of
from partnerships.models import Actor, ActorName, Publication
from partnerships.models.publication import NOT_MERGED
from partnerships.text import fold, pieces, whole

from .likeness import Likeness, percent_alike, reason, words_of


@dataclass(frozen=True)
class Profile:
    pk: int
    slug: str
    name: str
    core: str
    names: frozenset[str]  # all of them, folded to one word each
    where: tuple[str, int | None, str]  # country, region, sort of body: what must agree for a name to say anything
    code: str
    wikidata: str
    website: str
    successor: int | None
    is_dissolved: bool

    def same(self) -> Iterator[Hashable]:
        country, _region, sort = self.where
        if self.code:
            yield "code", country, self.code
        if self.wikidata:
            yield "wikidata", self.wikidata
        if self.website:
            yield "website", sort, self.website
        for name in self.names:
            yield "name", self.where, name

    def similar(self) -> Iterator[Hashable]:
        # Of two places that both have an official number, the numbers tell whether they are one.
        for word in words_of(self.core):
            yield self.where, word


def compare(one: Profile, other: Profile) -> Likeness | None:
    """How alike two bodies are. A municipality that merged in reality is its own record, and no duplicate."""
    if one.where[0] != other.where[0] or one.where[2] != other.where[2]:
        return None
    if one.pk == other.successor or other.pk == one.successor:
        return None
    reasons, score = [], 0
    if one.code and one.code == other.code:
        reasons.append(reason("code", code=one.code))
        score = 100
    if one.wikidata and one.wikidata == other.wikidata:
        reasons.append(reason("wikidata", code=one.wikidata.upper()))
        score = 100
    told_apart = one.is_dissolved != other.is_dissolved or any(
        mine and theirs and mine != theirs for mine, theirs in ((one.code, other.code), (one.wikidata, other.wikidata))
    )
    if reasons or not told_apart:
        if one.website and one.website == other.website:
            reasons.append(reason("website", url=one.website))
            score = max(score, 92)
        if one.where == other.where:
            if one.names & other.names:
                reasons.append(reason("name", name=one.name))
                score = max(score, 97)
            elif percent := percent_alike(one.core, other.core):
                reasons.append(reason("similar_name", percent=percent))
                score = max(score, percent)
    return Likeness(score, tuple(reasons)) if reasons else None


def read_profiles() -> list[Profile]:
    other_names: dict[int, list[str]] = defaultdict(list)
    for actor, name in ActorName.objects.order_by().values_list("actor", "name").iterator(chunk_size=5000):
        other_names[actor].append(name)
    rows = Actor.objects.filter(**NOT_MERGED).exclude(publication=Publication.ARCHIVED).order_by("slug")
    return [
        Profile(
            pk,
            slug,
            name,
            " ".join(sorted(pieces(fold(name)))),
            frozenset(filter(None, map(whole, (name, name_ja, *other_names[pk])))),
            (country, region, _sort(kind)),
            code.strip().upper().lstrip("0"),
            wikidata.strip().upper(),
            key_of(website),
            successor,
            bool(successor or dissolved),
        )
        for pk, slug, name, name_ja, country, region, kind, code, wikidata, website, successor, dissolved in (
            rows.values_list(
                "pk",
                "slug",
                "name",
                "name_ja",
                "country",
                "region",
                "kind",
                "code",
                "wikidata_id",
                "website",
                "successor",
                "dissolved_on",
            ).iterator(chunk_size=5000)
        )
    ]


def _sort(kind: str) -> str:
    if kind in Actor.REGION_KINDS:
        return "region"
    # A county and a city of one name are two bodies.
    return "municipality" if kind in Actor.MUNICIPAL_KINDS and kind != Actor.Kind.COUNTY else kind
