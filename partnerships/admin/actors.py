from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from partnerships.models import Actor, ActorName

from .publication import PublishableAdmin


class ActorNameInline(admin.TabularInline):
    model = ActorName
    extra = 0


class HasPartnershipFilter(admin.SimpleListFilter):
    title = gettext_lazy("partnerships")
    parameter_name = "connected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("with a partnership")), ("no", gettext_lazy("without one"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"yes", "no"}:
            return queryset
        taking_part = Q(pk__in=Actor.partnerships.through.objects.values("actor"))
        return queryset.filter(taking_part if self.value() == "yes" else ~taking_part)


@admin.register(Actor)
class ActorAdmin(PublishableAdmin):
    list_display = ["name", "name_ja", "kind", "region", "country", "population", "publication"]
    list_filter = ["publication", HasPartnershipFilter, "country", "kind"]
    list_select_related = ["region"]
    list_per_page = 50
    search_fields = ["name", "name_ja", "name_kana", "other_names__name", "slug", "code"]
    search_help_text = gettext_lazy("Name in English, Japanese or kana, other names, or code")
    show_facets = admin.ShowFacets.ALWAYS
    autocomplete_fields = ["parent", "successor"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [ActorNameInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "name_ja", "name_kana"),
                    "slug",
                    ("kind", "country"),
                    "parent",
                    ("code", "wikidata_id"),
                    ("population", "population_year"),
                    ("latitude", "longitude"),
                    "website",
                ]
            },
        ),
        (gettext_lazy("Office to ask"), {"fields": [("office_name", "office_email"), "office_url"]}),
        (gettext_lazy("Merger"), {"fields": [("successor", "dissolved_on")]}),
        (gettext_lazy("For curators"), {"fields": ["note"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("region")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Whoever bears exactly the name typed comes first: 京都市 before 東京都's wards, Kobe before Kobelco."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        term = search_term.strip()
        if not term:
            return found, may_repeat
        exact = Q(name__iexact=term) | Q(name_ja=term) | Q(name_kana=term)
        begins = Q(name__istartswith=term) | Q(name_ja__startswith=term) | Q(name_kana__startswith=term)
        rank = Case(When(exact, then=Value(0)), When(begins, then=Value(1)), default=Value(2))
        ranked = queryset.filter(pk__in=found.order_by().values("pk")).annotate(rank=rank)
        return ranked.order_by("rank", F("population").desc(nulls_last=True), "name", "slug"), False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        Actor.objects.rebuild_hierarchy()
