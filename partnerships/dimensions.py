"""What the listing can be narrowed by: where each parameter's values stand, said once for filters and for counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat, Substr

from .models import Country, Participation, Partnership, PartnershipTheme

FIRST_DECADE, LAST_DECADE = 1850, 2090


def _themes() -> QuerySet[Any]:
    return PartnershipTheme.objects.annotate(owner=F("partnership"), value=F("theme__slug"))


def _regions(country: str) -> Callable[[], QuerySet[Any]]:
    def rows() -> QuerySet[Any]:
        parts = Participation.objects.filter(actor__region__country=country)
        return parts.annotate(owner=F("partnership"), value=F("actor__region__code"))

    return rows


def _levels() -> QuerySet[Any]:
    return Participation.objects.annotate(owner=F("partnership"), value=F("actor__kind"))


def _column(name: str) -> Callable[[], QuerySet[Any]]:
    return lambda: Partnership.objects.annotate(owner=F("pk"), value=F(name))


def _decades() -> QuerySet[Any]:
    dated = Partnership.objects.filter(started__isnull=False)
    return dated.annotate(owner=F("pk"), value=Concat(Substr("started", 1, 3), Value("0")))


# Each gives rows with ``owner``, a partnership's key, and ``value``; a partnership may have several values.
DIMENSIONS: dict[str, Callable[[], QuerySet[Any]]] = {
    "theme": _themes,
    "kind": _column("kind"),
    "status": _column("status"),
    "state": _regions(Country.US),
    "prefecture": _regions(Country.JP),
    "level": _levels,
    "decade": _decades,
}


def having(parameter: str, values: list[str]) -> QuerySet[Any]:
    """The keys of the partnerships that have one of these values."""
    return DIMENSIONS[parameter]().filter(value__in=values).order_by().values("owner")
