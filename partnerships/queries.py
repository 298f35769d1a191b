"""What a page asks, as sentences; each starts from what is published.

The parts of a record come in the order that the data package has, so that a directory loaded elsewhere shows the same.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, NullIf
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.translation import get_language

from .models import (
    Actor,
    Adoption,
    Citation,
    Milestone,
    Outcome,
    PartialDate,
    Participation,
    Partnership,
    Publication,
    Source,
    Theme,
)
from .models.partnership import PartnershipQuerySet

_PUBLIC_PARTNERSHIP = Q(partnership__publication=Publication.PUBLISHED)
# Citations of one source: what it supports, in the order in which a record's page tells it.
_BY_FACT = Case(*(When(supports=fact, then=number) for number, fact in enumerate(Citation.Supports)))


@cache  # never evaluated, only copied: to say it anew takes longer than what a listing asks of the catalogue
def _published_partnerships() -> PartnershipQuerySet:
    return Partnership.objects.published()


def partnerships() -> PartnershipQuerySet:
    return _published_partnerships().all()


def with_names(found: QuerySet[Partnership]) -> QuerySet[Partnership]:
    """Partnerships with their participants and themes, whose names a sentence about them needs."""
    participations = Participation.objects.select_related("actor__region", "actor__successor").order_by(
        "position", "actor__slug"
    )
    return found.prefetch_related(Prefetch("participations", participations), "themes")


def for_rows(found: QuerySet[Partnership], today: dt.date | None = None) -> QuerySet[Partnership]:
    """Everything that a row of a list shows, in a fixed number of queries; ``today`` stands for the present day."""
    return with_names(found).annotate(**_evidence(today or timezone.localdate()))


@lru_cache(maxsize=2)  # never evaluated, only copied: to say it anew takes as long as the database does
def _evidence(today: dt.date) -> dict[str, Any]:
    """How many sources a partnership has, and how new they are and what they tell of.

    What lies ahead, such as a result that is aimed at, is no evidence yet.
    """
    cited = Citation.objects.filter(partnership=OuterRef("pk"))
    milestones = Milestone.objects.filter(partnership=OuterRef("pk"), on__lte=today)
    outcomes = Outcome.objects.filter(partnership=OuterRef("pk"), year__lte=today.year)
    return {
        "source_count": _counted(cited, "partnership", "source"),
        "newest_source": _newest(cited.filter(source__published_on__lte=today), "source__published_on"),
        "newest_milestone": _newest(milestones, "on"),
        "newest_outcome_year": _newest(outcomes, "year"),
    }


def _newest(rows: QuerySet[Any], date: str) -> Subquery:
    """The newest date of a partnership's rows in a subquery, None where there is none."""
    return Subquery(rows.order_by().values("partnership").annotate(newest=Max(date)).values("newest"))


def _counted(rows: QuerySet[Any], group: str, counted: str) -> Coalesce:
    """A count in a subquery, worked out for the rows of the page only and not for every match."""
    numbers = rows.order_by().values(group).annotate(number=Count(counted, distinct=True)).values("number")
    return Coalesce(Subquery(numbers, output_field=IntegerField()), 0)


def for_page(found: QuerySet[Partnership], today: dt.date | None = None) -> QuerySet[Partnership]:
    """Everything that a partnership's own page shows; ``today`` stands for the present day."""
    return for_rows(found, today).prefetch_related(
        Prefetch("citations", Citation.objects.select_related("source").order_by("source__slug", _BY_FACT)),
        Prefetch("outcomes", Outcome.objects.select_related("source")),
        Prefetch("milestones", Milestone.objects.select_related("source")),
    )


def public_adoptions() -> QuerySet[Adoption]:
    """Who adopted what from whom, where both are published."""
    return Adoption.objects.filter(_PUBLIC_PARTNERSHIP, adopted_from__publication=Publication.PUBLISHED).order_by(
        "partnership__slug", "adopted_from__slug"
    )


def adoptions_in_preview(record: Partnership) -> QuerySet[Adoption]:
    """What a record adopted from published ones, and what those adopted from it."""
    of_its_own = Q(partnership=record, adopted_from__publication=Publication.PUBLISHED)
    links = Adoption.objects.filter(of_its_own | (_PUBLIC_PARTNERSHIP & Q(adopted_from=record)))
    return links.order_by("partnership__slug", "adopted_from__slug")


def newest_partnerships(count: int) -> list[Partnership]:
    """The records that began last, as far as the sources say."""
    dated = partnerships().filter(started__isnull=False)
    return list(dated.order_by("-started", "slug")[:count])


def instructive(found: QuerySet[Partnership], most: int) -> list[Partnership]:
    """Examples to learn from: those with most sources, then the newest, of what has a result to show.

    That is an outcome with a figure, or an outcome and a text on how to replicate it.
    """
    results = Outcome.objects.filter(partnership=OuterRef("pk"))
    told = ~Q(how_to_replicate="", how_to_replicate_ja="")
    worth = found.filter(Exists(results.filter(value__isnull=False)) | (Exists(results) & told))
    rows: QuerySet[Any] = for_rows(worth)
    ordered = rows.order_by("-source_count", F("started").desc(nulls_last=True), "slug")
    figures_first = Outcome.objects.order_by(IsNull(F("value"), True), "position", "pk")
    return list(ordered.prefetch_related(Prefetch("outcomes", figures_first))[:most])


def actors() -> QuerySet[Actor]:
    return Actor.objects.published().select_related("region")


def connected_actors(found: QuerySet[Actor]) -> QuerySet[Actor]:
    """Those that take part in a published partnership themselves."""
    return found.filter(pk__in=Participation.objects.filter(_PUBLIC_PARTNERSHIP).values("actor"))


def public_parts(actor: Any) -> QuerySet[Participation]:
    """The parts that an actor, or the one of an outer query, has in published partnerships."""
    return Participation.objects.filter(_PUBLIC_PARTNERSHIP, actor=actor)


def public_participations() -> QuerySet[Participation]:
    """Who takes part in which published partnership."""
    return Participation.objects.filter(_PUBLIC_PARTNERSHIP)


def with_tie_counts(found: QuerySet[Actor]) -> QuerySet[Actor]:
    return found.annotate(tie_count=_counted(public_parts(OuterRef("pk")), "actor", "partnership"))


def partnerships_of(actor: Actor) -> QuerySet[Partnership]:
    """What the actor itself takes part in."""
    return partnerships().with_participants_in(Actor.objects.filter(pk=actor.pk))


def inherited_partnerships(actor: Actor) -> QuerySet[Partnership]:
    """What municipalities that merged into this one had signed."""
    return partnerships().with_participants_in(Actor.objects.published().filter(merged_into(actor)))


def merged_into(actor: Actor) -> Q:
    """The municipalities that became part of this one, at once or by way of another that did."""
    return Q(successor=actor) | Q(successor__successor=actor)


def partnerships_within(actor: Actor) -> QuerySet[Partnership]:
    """What the actor, the places below it and the municipalities merged into it take part in."""
    return partnerships().with_participants_in(Actor.objects.filter(reach(actor)))


def reach(actor: Actor) -> Q:
    """The actor, what lies below it, and the municipalities that merged into it."""
    return Q(pk__in=Actor.objects.within(actor).values("pk")) | merged_into(actor)


def partners_across(actor: Actor) -> QuerySet[Actor]:
    """Who takes part on the other shore in the partnerships within an actor, with their number as ``shared``.

    Those with most first, then by name.
    """
    across = Actor.objects.published().exclude(country=actor.country).select_related("region")
    shared = across.filter(participations__partnership__in=partnerships_within(actor).values("pk"))
    counted = shared.annotate(shared=Count("participations__partnership", distinct=True))
    return counted.order_by("-shared", *name_order())


def places_within(actor: Actor) -> QuerySet[Actor]:
    """Places and bodies below an actor that take part in a partnership, by name."""
    below = Actor.objects.published().within(actor).exclude(pk=actor.pk)
    return with_tie_counts(connected_actors(below)).order_by(*name_order())


def regions(country: str) -> QuerySet[Actor]:
    """The states and territories, or the prefectures, that the filters offer."""
    return Actor.objects.published().regions().filter(country=country).exclude(code="")


def name_order() -> list[Any]:
    """By name; in Japanese by its reading, katakana among it, then by name as written; without a Japanese name last."""
    if get_language() != "ja":
        return ["name", "slug"]
    return [NullIf("reading_order", Value("")).asc(nulls_last=True), "name_kana", "name_ja", "name", "slug"]


def themes_with_counts() -> QuerySet[Theme]:
    return Theme.objects.annotate(
        partnership_count=Count("partnerships", filter=Q(partnerships__publication=Publication.PUBLISHED))
    ).order_by("order", "slug")


def sources() -> QuerySet[Source]:
    return Source.objects.published()


def with_citation_counts(found: QuerySet[Source]) -> QuerySet[Source]:
    citations = Citation.objects.filter(_PUBLIC_PARTNERSHIP, source=OuterRef("pk"))
    return found.annotate(partnership_count=_counted(citations, "source", "partnership"))


@dataclass(frozen=True)
class Support:
    """All that one published partnership takes from a source."""

    partnership: Partnership
    citations: list[Citation] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)

    @property
    def locators(self) -> list[str]:
        """Where in the source, each place once."""
        return list(dict.fromkeys(citation.locator for citation in self.citations if citation.locator))


def support_of(source: Source) -> list[Support]:
    """What rests on a source, by partnership: facts that cite it, results, milestones."""
    found: dict[int, Support] = {}
    orders: dict[str, Any] = {"citations": _BY_FACT, "outcomes": "position", "milestones": "on"}
    for kind, order in orders.items():
        parts = getattr(source, kind).filter(_PUBLIC_PARTNERSHIP).select_related("partnership")
        for part in parts.order_by(order, "pk"):
            support = found.setdefault(part.partnership_id, Support(part.partnership))
            getattr(support, kind).append(part)
    return sorted(found.values(), key=lambda support: (support.partnership.title, support.partnership.slug))


@dataclass(frozen=True)
class Figures:
    """How much the directory holds; every number counts published records only."""

    partnerships: int
    ties: int
    states: int
    prefectures: int
    sources: int
    as_of: dt.datetime | None
    earliest: PartialDate | None  # start of a partnership

    @property
    def others(self) -> int:
        """What is neither a sister nor a friendship tie."""
        return self.partnerships - self.ties


def figures() -> Figures:
    counted = partnerships().aggregate(
        all=Count("pk"),
        ties=Count("pk", filter=Q(kind__in=Partnership.TIE_KINDS)),
        as_of=Max("updated_at"),
        earliest=Min("started"),
    )
    places = Participation.objects.filter(_PUBLIC_PARTNERSHIP).aggregate(
        states=Count("actor__region", filter=Q(actor__region__kind=Actor.Kind.STATE), distinct=True),
        prefectures=Count("actor__region", filter=Q(actor__region__kind=Actor.Kind.PREFECTURE), distinct=True),
    )
    return Figures(
        counted["all"],
        counted["ties"],
        places["states"],
        places["prefectures"],
        sources().count(),
        counted["as_of"],
        counted["earliest"],
    )


def former_slug(model: type[Actor | Partnership | Source], slug: str) -> str | None:
    """The present slug of the published record that had this one last, or into which that record was merged.

    None where there is none: of a duplicate that went into an unpublished record, nobody learns where it went.
    """
    published = model._default_manager.published()
    merged = model._default_manager.filter(merged_into__isnull=False)
    known = Q(id__in=published.values("pk")) | Q(id__in=merged.values("pk"))
    bearers = model.history.filter(known, slug=slug).values("id").annotate(on=Max("history_date"), at=Max("history_id"))
    # Whoever bears it at present comes first: a duplicate, which keeps its address.
    present = Exists(merged.filter(pk=OuterRef("id"), slug=slug))
    for bearer in bearers.annotate(is_present=present).order_by("-is_present", "-on", "-at"):
        found = published.filter(pk=representative(model, bearer["id"])).values_list("slug", flat=True).first()
        if found is not None:
            return found
    return None


def representative(model: type[Actor | Partnership | Source], pk: int) -> int:
    """The key of the record that a duplicate was merged into, at once or by way of others; of others their own."""
    merged = model._default_manager.filter(merged_into__isnull=False)
    seen: set[int] = set()
    while pk not in seen:
        seen.add(pk)
        pk = merged.filter(pk=pk).values_list("merged_into", flat=True).first() or pk
    return pk
