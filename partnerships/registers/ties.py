"""The sister and friendship ties that the directory has, by the places they join."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from partnerships.models import Country, PartialDate, Participation, Partnership, Publication


@dataclass(frozen=True)
class Tie:
    """A partnership with the leading participants of each shore, by their keys."""

    pk: int
    slug: str
    title: tuple[str, str]  # in English and in Japanese
    kind: str
    status: str
    started: PartialDate | None
    publication: str
    us: tuple[int, ...]
    jp: tuple[int, ...]

    @property
    def is_published(self) -> bool:
        return self.publication == Publication.PUBLISHED


class Ties:
    """Everything that joins two shores, read in two queries; what is archived or no tie is only mentioned."""

    def __init__(self) -> None:
        leading: defaultdict[int, dict[str, list[int]]] = defaultdict(lambda: {"US": [], "JP": []})
        others: defaultdict[int, dict[str, list[int]]] = defaultdict(lambda: {"US": [], "JP": []})
        parts = Participation.objects.order_by("position", "pk").values_list(
            "partnership", "role", "actor", "actor__country"
        )
        for partnership, role, actor, country in parts:
            of = leading if role == Participation.Role.LEAD else others
            of[partnership][country].append(actor)
        self.all: list[Tie] = []
        fields = ("pk", "slug", "title", "title_ja", "kind", "status", "started", "publication")
        for pk, slug, title, title_ja, kind, status, started, publication in Partnership.objects.order_by(
            "slug"
        ).values_list(*fields):
            us, jp = (tuple(leading[pk][shore] or others[pk][shore]) for shore in (Country.US, Country.JP))
            self.all.append(Tie(pk, slug, (title, title_ja or title), kind, status, started, publication, us, jp))
        self.by_pk = {tie.pk: tie for tie in self.all}
        self.by_pair: defaultdict[tuple[int, int], list[Tie]] = defaultdict(list)
        self.mentioned: defaultdict[tuple[int, int], list[Tie]] = defaultdict(list)
        for tie in self.all:
            is_asked = tie.kind in Partnership.TIE_KINDS and tie.publication != Publication.ARCHIVED
            of_pairs = self.by_pair if is_asked else self.mentioned
            for us_pk in tie.us:
                for jp_pk in tie.jp:
                    of_pairs[us_pk, jp_pk].append(tie)

    @property
    def actors(self) -> set[int]:
        """Whoever leads a tie: bodies that registers may name though they are no municipality."""
        return {actor for tie in self.all if tie.kind in Partnership.TIE_KINDS for actor in (*tie.us, *tie.jp)}
