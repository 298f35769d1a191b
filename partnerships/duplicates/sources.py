"""Sources that may be one: the same address once it is normalised, or the same title and publisher."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from partnerships.links.same import key_of
from partnerships.models import Source
from partnerships.models.publication import NOT_MERGED
from partnerships.text import whole

from .likeness import Likeness, reason


@dataclass(frozen=True)
class Profile:
    pk: int
    slug: str
    url: str
    title: str
    publisher: str

    def same(self) -> Iterator[Hashable]:
        if self.url:
            yield "url", self.url
        if self.title and self.publisher:
            yield "title", self.title, self.publisher

    def similar(self) -> Iterator[Hashable]:
        return iter(())


def compare(one: Profile, other: Profile) -> Likeness | None:
    reasons, score = [], 0
    if one.url and one.url == other.url:
        reasons.append(reason("url", url=one.url))
        score = 98
    if one.title and one.publisher and (one.title, one.publisher) == (other.title, other.publisher):
        reasons.append(reason("publisher"))
        score = max(score + 2, 93)
    return Likeness(score, tuple(reasons)) if reasons else None


def read_profiles() -> list[Profile]:
    rows = Source.objects.filter(**NOT_MERGED).order_by("slug").values_list("pk", "slug", "url", "title", "publisher")
    return [
        Profile(pk, slug, key_of(url), whole(title), whole(publisher))
        for pk, slug, url, title, publisher in rows.iterator(chunk_size=5000)
    ]
