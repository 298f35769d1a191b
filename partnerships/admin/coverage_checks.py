"""What was looked into, whether or not anything was found."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from partnerships.models import CoverageCheck

from .naming import NamedChoices


@admin.register(CoverageCheck)
class CoverageCheckAdmin(NamedChoices, admin.ModelAdmin):
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
