"""What arrives from outside: suggestions of the public, what was looked into."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from partnerships.models import CoverageCheck, Suggestion


@admin.register(Suggestion)
class SuggestionAdmin(admin.ModelAdmin):
    """What the sender wrote stays as it was written; curators set the state and the answer."""

    list_display = ["reference", "partnership", "state", "created_at"]
    list_filter = ["state", "language"]
    list_select_related = ["partnership"]
    search_fields = ["reference", "text", "partnership__title", "partnership__title_ja"]
    fields = [
        "reference",
        "partnership",
        "text",
        "evidence_url",
        ("sender_name", "sender_email", "language"),
        "created_at",
        "state",
        "reason",
    ]
    readonly_fields = [
        "reference",
        "partnership",
        "text",
        "evidence_url",
        "sender_name",
        "sender_email",
        "language",
        "created_at",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(CoverageCheck)
class CoverageCheckAdmin(admin.ModelAdmin):
    list_display = ["place", "theme", "checked_on", "by"]
    list_filter = ["theme"]
    list_select_related = ["place__region", "theme", "by"]
    search_fields = ["place__name", "place__name_ja", "method"]
    autocomplete_fields = ["place", "theme"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        told = _("Shown to the public with the date, in the language it is written in; name no persons.")
        return super().get_form(request, obj, change, help_texts={"method": told}, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.by = request.user
        super().save_model(request, obj, form, change)
