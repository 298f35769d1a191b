"""What a record still needs: said once, for the desk that counts and for the list that shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from partnerships import anniversaries
from partnerships.freshness import CHECK_LASTS
from partnerships.models import (
    Actor,
    Citation,
    Outcome,
    PartialDate,
    Participation,
    Partnership,
    Publication,
    ReviewEvent,
)

MONTHS_TO_PREPARE = 6  # an anniversary is planned half a year ahead

Action = ReviewEvent.Action


@dataclass(frozen=True)
class Need:
    """One thing that a record may need; ``choose`` gives those records of a queryset that do."""

    slug: str
    label: str | Promise
    choose: Callable[[QuerySet[Any]], QuerySet[Any]]


def _of_public(choose: Callable[[QuerySet[Any]], QuerySet[Any]]) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
    return lambda records: choose(records.filter(publication=Publication.PUBLISHED))


def _one_source(records: QuerySet[Any]) -> QuerySet[Any]:
    sources = (
        Citation.objects.filter(partnership=OuterRef("pk"))
        .order_by()
        .values("partnership")
        .annotate(count=Count("source", distinct=True))
        .values("count")
    )
    return records.filter(pk__in=Partnership.objects.annotate(sources=Subquery(sources)).filter(sources=1).values("pk"))


def _unchecked(records: QuerySet[Any]) -> QuerySet[Any]:
    """By the rule of ``freshness.checked_on``: neither the record nor any of its sources was looked at lately."""
    limit = anniversaries.months_after(anniversaries.today(), -12 * CHECK_LASTS)
    looked_into = Citation.objects.filter(_later_than(limit, "source__accessed_on"), partnership=OuterRef("pk"))
    checked = Partnership.objects.filter(_later_than(limit, "verified_on") | Q(Exists(looked_into)))
    return records.exclude(pk__in=checked.values("pk"))


def _later_than(day: dt.date, field: str) -> Q:
    """Partial dates whose last day is later; as texts, “2024” and “2024-11” come before every day in them."""
    known_less = [date for date in (PartialDate(day.year), PartialDate(day.year, day.month)) if date.latest > day]
    return Q(**{f"{field}__gt": day.isoformat()}) | Q(**{f"{field}__in": known_less})


def _sent_back(records: QuerySet[Any]) -> QuerySet[Any]:
    last = ReviewEvent.objects.filter(partnership=OuterRef("pk")).order_by("-at", "-pk").values("action")[:1]
    sent_back = Partnership.objects.annotate(last_step=Subquery(last)).filter(last_step=Action.RETURNED)
    return records.filter(publication=Publication.DRAFT, pk__in=sent_back.values("pk"))


def _results_without_a_source(records: QuerySet[Any]) -> QuerySet[Any]:
    return records.filter(pk__in=Outcome.objects.filter(source=None).values("partnership"))


def _past_its_term(records: QuerySet[Any]) -> QuerySet[Any]:
    """By the rule of ``freshness.state``."""
    yesterday = anniversaries.today() - dt.timedelta(days=1)
    with_a_term = records.filter(term_ends__isnull=False, ended__isnull=True).exclude(status=Partnership.Status.ENDED)
    return with_a_term.exclude(_later_than(yesterday, "term_ends"))


REVIEW = Need(
    "review",
    gettext_lazy("Wait for review"),
    lambda records: records.filter(publication=Publication.IN_REVIEW),
)
SENT_BACK = Need("changes", gettext_lazy("Sent back to be changed"), _sent_back)
SECOND_SOURCE = Need("second-source", gettext_lazy("Rest on one source"), _of_public(_one_source))
CHECK = Need("check", gettext_lazy("Not checked for two years"), _of_public(_unchecked))
JAPANESE = Need(
    "japanese",
    gettext_lazy("Japanese title or summary missing"),
    _of_public(lambda records: records.filter(Q(title_ja="") | Q(summary_ja=""))),
)
SOURCES_OF_RESULTS = Need(
    "source-of-result", gettext_lazy("A result does not say its source"), _of_public(_results_without_a_source)
)
ANNIVERSARY = Need(
    "anniversary",
    gettext_lazy("Anniversary within six months"),
    lambda records: records.filter(pk__in=anniversaries.celebrating(MONTHS_TO_PREPARE)),
)
TERM = Need("term", gettext_lazy("Term over, renewal not verified"), _of_public(_past_its_term))

JAPANESE_NAME = Need(
    "japanese-name",
    gettext_lazy("Take part, Japanese name missing"),
    lambda actors: _taking_part(actors).filter(name_ja=""),
)
POSITION = Need(
    "position",
    gettext_lazy("Places that take part, not on the map"),
    lambda actors: _taking_part(actors).filter(latitude=None, kind__in=Actor.REGION_KINDS + Actor.MUNICIPAL_KINDS),
)


def _taking_part(actors: QuerySet[Any]) -> QuerySet[Any]:
    public = Participation.objects.filter(partnership__publication=Publication.PUBLISHED)
    return actors.filter(pk__in=public.values("actor"))


class _NeedsFilter(admin.SimpleListFilter):
    title = gettext_lazy("what it needs")
    parameter_name = "needs"
    needs: tuple[Need, ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(need.slug, str(need.label)) for need in self.needs]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for need in self.needs:
            if need.slug == self.value():
                return need.choose(queryset)
        return queryset


class PartnershipNeedsFilter(_NeedsFilter):
    needs = (REVIEW, SENT_BACK, SECOND_SOURCE, CHECK, JAPANESE, SOURCES_OF_RESULTS, ANNIVERSARY, TERM)


class ActorNeedsFilter(_NeedsFilter):
    needs = (JAPANESE_NAME, POSITION)
