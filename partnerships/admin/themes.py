from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from partnerships.models import Theme

from .deletion import DeletedUnusedAdmin
from .entering import RecordAdmin
from .histories import HistoryAdmin


@admin.register(Theme)
class ThemeAdmin(RecordAdmin, DeletedUnusedAdmin, HistoryAdmin, SimpleHistoryAdmin):
    list_display = ["name", "name_ja", "order"]
    search_fields = ["name", "name_ja", "slug"]
    prepopulated_fields = {"slug": ["name"]}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One by one; the page that asks says what uses it."""
        return obj is not None and super().has_delete_permission(request, obj)
