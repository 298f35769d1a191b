from __future__ import annotations

from django.contrib import admin

from partnerships.models import KeptForm

from .lookups import LookupAdmin


@admin.register(KeptForm)
class KeptFormAdmin(LookupAdmin):
    """Whose form is waiting where; what was typed into it is theirs."""

    list_display = ["path", "user", "kept_at"]
    list_select_related = ["user"]
    fields = ["path", "user", "kept_at"]
