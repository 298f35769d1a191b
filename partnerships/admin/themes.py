from __future__ import annotations

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin

from partnerships.models import Theme


@admin.register(Theme)
class ThemeAdmin(SimpleHistoryAdmin):
    list_display = ["name", "name_ja", "order"]
    search_fields = ["name", "name_ja", "slug"]
    prepopulated_fields = {"slug": ["name"]}
