from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
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
from .deletion import ArchivedAdmin
from .duplicates import WarnsOfDuplicates
from .entering import RecordAdmin
from .exchange import ExchangeAdmin
from .histories import HistoryAdmin
from .naming import NamedChoices
from .needs import PartnershipNeedsFilter
from .publication import NOTES_ARE_PUBLIC, PartsOfPublishedFormSet, PublishableAdmin
from .sections import Rows, Section, fieldsets_of, inlines_of


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


class ParticipationInline(NamedChoices, Rows):
    model = Participation
    formset = ParticipationFormSet
    extra = 0
    autocomplete_fields = ["actor"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participation]:
        return super().get_queryset(request).select_related("actor__region")


class ThemeInline(NamedChoices, Rows):
    model = PartnershipTheme
    verbose_name = gettext_lazy("theme")
    verbose_name_plural = gettext_lazy("themes")
    formset = ThemeFormSet
    extra = 0
    autocomplete_fields = ["theme"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PartnershipTheme]:
        return super().get_queryset(request).select_related("theme")


class CitationInline(NamedChoices, Rows):
    model = Citation
    formset = CitationFormSet
    extra = 0
    autocomplete_fields = ["source"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Citation]:
        return super().get_queryset(request).select_related("source")


class MilestoneInline(NamedChoices, Rows):
    model = Milestone
    extra = 0
    autocomplete_fields = ["source"]


class OutcomeForm(forms.ModelForm):
    """Shows a figure as it was written: 88, not 88.0000."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.value is not None:
            self.initial["value"] = DECIMAL.render(self.instance.value)


class OutcomeInline(NamedChoices, admin.StackedInline):
    model = Outcome
    form = OutcomeForm
    extra = 0
    autocomplete_fields = ["source"]
    fields = [("statement", "statement_ja"), ("value", "unit", "year"), ("claimant", "grade"), ("source", "position")]


class AdoptionInline(NamedChoices, Rows):
    model = Adoption
    fk_name = "partnership"
    extra = 0
    autocomplete_fields = ["adopted_from"]


# In the order in which one enters a record: who, what, when, on whose word; then what one finds out later.
SECTIONS = (
    Section(
        "who",
        gettext_lazy("Who"),
        inlines=(ParticipationInline,),
        help=gettext_lazy("At least one from each shore. Type a name in English, Japanese or kana."),
    ),
    Section(
        "what",
        gettext_lazy("What it is"),
        fields=(("title", "title_ja"), "slug", ("kind", "status"), ("summary", "summary_ja")),
        inlines=(ThemeInline,),
    ),
    Section(
        "when",
        gettext_lazy("When"),
        fields=(("started", "ended", "term_ends"),),
        inlines=(MilestoneInline,),
        help=gettext_lazy(
            "As precisely as the source says: 1957, 1957-10, Oct 3, 1957, 1957年10月3日 or 昭和32年10月3日."
        ),
    ),
    Section(
        "sources",
        gettext_lazy("Sources"),
        inlines=(CitationInline,),
        help=gettext_lazy("What each source supports; a source may stand in several rows."),
    ),
    Section("results", gettext_lazy("Results"), inlines=(OutcomeInline,)),
    Section(
        "model",
        gettext_lazy("How to replicate it"),
        fields=(
            ("problem", "problem_ja"),
            ("approach", "approach_ja"),
            ("preconditions", "preconditions_ja"),
            ("how_to_replicate", "how_to_replicate_ja"),
        ),
        inlines=(AdoptionInline,),
    ),
    Section("curators", gettext_lazy("For curators"), fields=("verified_on", "note"), help=NOTES_ARE_PUBLIC),
)


@admin.register(Partnership)
class PartnershipAdmin(
    RecordAdmin, ArchivedAdmin, HistoryAdmin, WarnsOfDuplicates, ExchangeAdmin, BulkAdmin, PublishableAdmin
):
    change_form_template = PublishableAdmin.change_form_template
    list_display = ["title", "title_ja", "kind", "status", "started", "publication", "updated_at"]
    list_filter = ["publication", PartnershipNeedsFilter, "kind", "status", "themes"]
    match_order = ["-updated_at", "slug"]
    search_help_text = gettext_lazy("Title, summary or participant, in English or Japanese")
    show_facets = admin.ShowFacets.ALWAYS
    prepopulated_fields = {"slug": ["title"]}
    list_per_page = 50
    sections = SECTIONS
    fieldsets = fieldsets_of(SECTIONS)
    inlines = inlines_of(SECTIONS)
