from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partnerships.models import (
    Actor,
    Adoption,
    Citation,
    Country,
    Milestone,
    Outcome,
    Participation,
    Partnership,
    PartnershipTheme,
    Publication,
)
from partnerships.package.cells import DECIMAL

from .bulk import BulkAdmin
from .duplicates import WarnsOfDuplicates
from .exchange import ExchangeAdmin
from .needs import PartnershipNeedsFilter
from .publication import NOTES_ARE_PUBLIC, PartsOfPublishedFormSet, PublishableAdmin


class ParticipationFormSet(PartsOfPublishedFormSet):
    required_field = "actor"

    def problems(self, kept: list[dict[str, Any]]) -> list[str]:
        actors: list[Actor] = [row["actor"] for row in kept]
        problems = [
            _("No participant from this shore: %(shore)s.") % {"shore": shore.label}
            for shore in Country
            if shore not in {actor.country for actor in actors}
        ]
        problems += [
            _("“%(actor)s” is not published yet; publish it first.") % {"actor": actor}
            for actor in actors
            if actor.publication != Publication.PUBLISHED
        ]
        return problems


class CitationFormSet(PartsOfPublishedFormSet):
    required_field = "source"

    def problems(self, kept: list[dict[str, Any]]) -> list[str]:
        return [] if kept else [_("A published record needs a source.")]


class ThemeFormSet(PartsOfPublishedFormSet):
    required_field = "theme"

    def problems(self, kept: list[dict[str, Any]]) -> list[str]:
        if kept or self.instance.is_tie:
            return []
        return [_("No theme is given; only sister and friendship ties may be without one.")]


class ParticipationInline(admin.TabularInline):
    model = Participation
    formset = ParticipationFormSet
    extra = 0
    autocomplete_fields = ["actor"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participation]:
        return super().get_queryset(request).select_related("actor__region")

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **options: Any) -> Any:
        options["queryset"] = Actor.objects.select_related("region")
        return super().formfield_for_foreignkey(db_field, request, **options)


class ThemeInline(admin.TabularInline):
    model = PartnershipTheme
    verbose_name = gettext_lazy("theme")
    verbose_name_plural = gettext_lazy("themes")
    formset = ThemeFormSet
    extra = 0
    autocomplete_fields = ["theme"]


class CitationInline(admin.TabularInline):
    model = Citation
    formset = CitationFormSet
    extra = 0
    autocomplete_fields = ["source"]


class MilestoneInline(admin.TabularInline):
    model = Milestone
    extra = 0
    autocomplete_fields = ["source"]


class OutcomeForm(forms.ModelForm):
    """Shows a figure as it was written: 88, not 88.0000."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.value is not None:
            self.initial["value"] = DECIMAL.render(self.instance.value)


class OutcomeInline(admin.StackedInline):
    model = Outcome
    form = OutcomeForm
    extra = 0
    autocomplete_fields = ["source"]
    fields = [("statement", "statement_ja"), ("value", "unit", "year"), ("claimant", "grade", "source"), "position"]


class AdoptionInline(admin.TabularInline):
    model = Adoption
    fk_name = "partnership"
    extra = 0
    autocomplete_fields = ["adopted_from"]


@admin.register(Partnership)
class PartnershipAdmin(WarnsOfDuplicates, ExchangeAdmin, BulkAdmin, PublishableAdmin):
    list_display = ["title", "title_ja", "kind", "status", "started", "publication", "updated_at"]
    list_filter = ["publication", PartnershipNeedsFilter, "kind", "status", "themes"]
    match_order = ["-updated_at", "slug"]
    search_help_text = gettext_lazy("Title, summary or participant, in English or Japanese")
    show_facets = admin.ShowFacets.ALWAYS
    prepopulated_fields = {"slug": ["title"]}
    save_on_top = True
    list_per_page = 50
    inlines = [
        ParticipationInline,
        ThemeInline,
        CitationInline,
        MilestoneInline,
        OutcomeInline,
        AdoptionInline,
    ]
    fieldsets = [
        (None, {"fields": [("title", "title_ja"), "slug", ("kind", "status"), ("started", "ended", "term_ends")]}),
        (gettext_lazy("What it does"), {"fields": ["summary", "summary_ja"]}),
        (
            gettext_lazy("How to replicate it"),
            {
                "classes": ["collapse"],
                "fields": [
                    "problem",
                    "problem_ja",
                    "approach",
                    "approach_ja",
                    "preconditions",
                    "preconditions_ja",
                    "how_to_replicate",
                    "how_to_replicate_ja",
                ],
            },
        ),
        (gettext_lazy("For curators"), {"fields": ["verified_on", "note"], "description": NOTES_ARE_PUBLIC}),
    ]
