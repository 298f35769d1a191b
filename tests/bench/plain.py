"""Control 2: the listing, a record and the CSV file, done the usual way on the same models.

A ListView with a Paginator, a FilterSet, one GROUP BY for each facet, prefetch_related, icontains, Django templates.
"""

from __future__ import annotations

import csv
from typing import Any

import django_filters
from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.generic import DetailView, ListView

from partnerships.models import Citation, Participation, Partnership, Theme

from .fixed import healthz

# Joined, not prefetched further: SQLite refuses what Django writes for more than 1,000 rows.
PARTICIPANTS = Prefetch("participations", Participation.objects.select_related("actor__region"))


class PartnershipFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search")
    theme = django_filters.ModelMultipleChoiceFilter(
        field_name="themes__slug", to_field_name="slug", queryset=Theme.objects.all()
    )
    kind = django_filters.MultipleChoiceFilter(choices=Partnership.Kind.choices)
    status = django_filters.MultipleChoiceFilter(choices=Partnership.Status.choices)
    state = django_filters.CharFilter(field_name="actors__region__code", distinct=True)
    prefecture = django_filters.CharFilter(field_name="actors__region__code", distinct=True)

    class Meta:
        model = Partnership
        fields: list[str] = []

    def search(self, found: QuerySet[Partnership], name: str, value: str) -> QuerySet[Partnership]:
        for word in value.split():
            found = found.filter(
                Q(title__icontains=word)
                | Q(title_ja__icontains=word)
                | Q(summary__icontains=word)
                | Q(summary_ja__icontains=word)
                | Q(actors__name__icontains=word)
                | Q(actors__name_ja__icontains=word)
            )
        return found.distinct()


def found_by(request: HttpRequest) -> QuerySet[Partnership]:
    everything = Partnership.objects.filter(publication="published")
    return PartnershipFilter(request.GET, everything).qs.order_by(F("started").desc(nulls_last=True), "slug")


class PartnershipList(ListView):
    template_name = "bench/list.html"
    paginate_by = 25
    context_object_name = "partnerships"

    def get_queryset(self) -> QuerySet[Partnership]:
        self.found = found_by(self.request)
        return self.found.prefetch_related("themes", PARTICIPANTS)

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        facets = {
            "theme": self.facet("themes__slug"),
            "state": self.facet("actors__region__code", actors__country="US"),
            "prefecture": self.facet("actors__region__code", actors__country="JP"),
            "kind": self.facet("kind"),
            "status": self.facet("status"),
        }
        return super().get_context_data(facets=facets, **options)

    def facet(self, column: str, **only: str) -> list[tuple[str, int]]:
        matches = Partnership.objects.filter(pk__in=self.found.order_by().values("pk"), **only)
        counted = matches.order_by().values(column).annotate(number=Count("pk", distinct=True)).order_by("-number")
        return [(row[column], row["number"]) for row in counted if row[column]]


class PartnershipDetail(DetailView):
    template_name = "bench/detail.html"
    context_object_name = "record"

    def get_queryset(self) -> QuerySet[Partnership]:
        return Partnership.objects.filter(publication="published").prefetch_related(
            "themes",
            PARTICIPANTS,
            Prefetch("citations", Citation.objects.select_related("source")),
            "outcomes",
            "milestones",
        )


def partnerships_csv(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    writer = csv.writer(response)
    writer.writerow(["slug", "title", "title_ja", "kind", "status", "started", "ended", "themes", "us", "jp", "url"])
    found = found_by(request).prefetch_related("themes", PARTICIPANTS)
    for record in found.iterator(chunk_size=2000):
        names: dict[str, list[str]] = {"US": [], "JP": []}
        for part in record.participations.all():
            names[part.actor.country].append(part.actor.name)
        writer.writerow(
            [
                record.slug,
                record.title,
                record.title_ja,
                record.kind,
                record.status,
                record.started or "",
                record.ended or "",
                "; ".join(theme.slug for theme in record.themes.all()),
                "; ".join(names["US"]),
                "; ".join(names["JP"]),
                request.build_absolute_uri(f"/partnerships/{record.slug}/"),
            ]
        )
    return response


urlpatterns = [
    path("healthz", healthz),
    path("partnerships/", PartnershipList.as_view()),
    path("partnerships.csv", partnerships_csv),
    path("partnerships/<slug:slug>/", PartnershipDetail.as_view()),
]
