"""Lists to look things up in: parts of records are edited on their records, logs are written by services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from partnerships.models import (
    ActorName,
    Adoption,
    Citation,
    DirectoryVersion,
    LoadedRecord,
    Milestone,
    Outcome,
    Participation,
    PartnershipTheme,
    RecentSender,
    RecordVersion,
    ReviewEvent,
    SuggestionStep,
)


class LookupAdmin(admin.ModelAdmin):
    """Read-only."""

    show_facets = admin.ShowFacets.ALWAYS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ReviewEvent)
class ReviewEventAdmin(LookupAdmin):
    list_display = ["at", "action", "partnership", "actor", "by", "note"]
    list_filter = ["action"]
    list_select_related = ["partnership", "actor__region", "by"]
    search_fields = ["partnership__title", "partnership__title_ja", "actor__name", "actor__name_ja", "note"]


@admin.register(Participation)
class ParticipationAdmin(LookupAdmin):
    list_display = ["partnership", "actor", "role", "position"]
    list_filter = ["role", "actor__country", "actor__kind"]
    list_select_related = ["partnership", "actor__region"]
    search_fields = ["partnership__title", "partnership__title_ja", "actor__name", "actor__name_ja"]


@admin.register(PartnershipTheme)
class PartnershipThemeAdmin(LookupAdmin):
    list_display = ["partnership", "theme"]
    list_filter = ["theme"]
    list_select_related = ["partnership", "theme"]
    search_fields = ["partnership__title", "partnership__title_ja", "theme__name", "theme__name_ja"]


@admin.register(Citation)
class CitationAdmin(LookupAdmin):
    list_display = ["partnership", "source", "supports", "locator"]
    list_filter = ["supports", "source__kind"]
    list_select_related = ["partnership", "source"]
    search_fields = ["partnership__title", "partnership__title_ja", "source__title", "locator"]


@admin.register(Outcome)
class OutcomeAdmin(LookupAdmin):
    list_display = ["statement", "statement_ja", "partnership", "year", "grade", "source"]
    list_filter = ["grade", ("source", admin.EmptyFieldListFilter)]
    list_select_related = ["partnership", "source"]
    search_fields = ["statement", "statement_ja", "partnership__title", "partnership__title_ja"]


@admin.register(Milestone)
class MilestoneAdmin(LookupAdmin):
    list_display = ["partnership", "kind", "on", "title", "source"]
    list_filter = ["kind"]
    list_select_related = ["partnership", "source"]
    search_fields = ["title", "title_ja", "partnership__title", "partnership__title_ja"]


@admin.register(Adoption)
class AdoptionAdmin(LookupAdmin):
    list_display = ["partnership", "adopted_from"]
    list_select_related = ["partnership", "adopted_from"]
    search_fields = ["partnership__title", "partnership__title_ja", "adopted_from__title", "adopted_from__title_ja"]


@admin.register(ActorName)
class ActorNameAdmin(LookupAdmin):
    list_display = ["name", "actor", "language", "kind"]
    list_filter = ["kind", "language"]
    list_select_related = ["actor__region"]
    search_fields = ["name", "actor__name", "actor__name_ja"]


@admin.register(LoadedRecord)
class LoadedRecordAdmin(LookupAdmin):
    list_display = ["table", "key", "digest"]
    list_filter = ["table"]
    search_fields = ["key"]


@admin.register(DirectoryVersion)
class DirectoryVersionAdmin(LookupAdmin):
    list_display = ["number"]


@admin.register(RecordVersion)
class RecordVersionAdmin(LookupAdmin):
    list_display = ["record_kind", "record_id", "version", "is_indexed"]
    list_filter = ["record_kind", "is_indexed"]


@admin.register(SuggestionStep)
class SuggestionStepAdmin(LookupAdmin):
    list_display = ["at", "suggestion", "action", "by", "note"]
    list_filter = ["action"]
    list_select_related = ["suggestion__partnership", "by"]
    search_fields = ["suggestion__reference", "note"]


@admin.register(RecentSender)
class RecentSenderAdmin(LookupAdmin):
    list_display = ["client", "last_at"]
