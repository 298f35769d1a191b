from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from partnerships.models import Actor, ActorName

from .deletion import ArchivedAdmin
from .entering import RecordAdmin
from .exchange import ExchangeAdmin
from .histories import HistoryAdmin
from .naming import NamedChoices
from .needs import ActorNeedsFilter
from .publication import NOTES_ARE_PUBLIC, PublishableAdmin
from .sections import Rows, Section, fieldsets_of, inlines_of


class ActorNameInline(Rows):
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


SECTIONS = (
    Section(
        "names",
        gettext_lazy("Names"),
        fields=(("name", "name_ja", "name_kana"), "slug", ("kind", "country"), "parent"),
        inlines=(ActorNameInline,),
    ),
    Section(
        "facts",
        gettext_lazy("Facts"),
        fields=(
            ("code", "wikidata_id"),
            ("population", "population_year"),
            ("latitude", "longitude"),
            "website",
        ),
    ),
    Section("office", gettext_lazy("Office to ask"), fields=(("office_name", "office_email"), "office_url")),
    Section("merger", gettext_lazy("Merger"), fields=(("successor", "dissolved_on"),)),
    Section("curators", gettext_lazy("For curators"), fields=("note",), help=NOTES_ARE_PUBLIC),
)


@admin.register(Actor)
class ActorAdmin(RecordAdmin, ArchivedAdmin, HistoryAdmin, NamedChoices, ExchangeAdmin, PublishableAdmin):
    change_form_template = PublishableAdmin.change_form_template
    list_display = ["name", "name_ja", "kind", "region", "country", "population", "publication"]
    list_filter = ["publication", ActorNeedsFilter, HasPartnershipFilter, "country", "kind"]
    list_select_related = ["region"]
    list_per_page = 50
    match_order = [F("population").desc(nulls_last=True), "name", "slug"]
    search_help_text = gettext_lazy("Name in English, Japanese or kana, other names, or code")
    show_facets = admin.ShowFacets.ALWAYS
    autocomplete_fields = ["parent", "successor"]
    prepopulated_fields = {"slug": ["name"]}
    sections = SECTIONS
    fieldsets = fieldsets_of(SECTIONS)
    inlines = inlines_of(SECTIONS)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("region")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        Actor.objects.rebuild_hierarchy()
