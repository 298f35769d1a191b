from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from partnerships.models import Citation, Publication, ReviewEvent, Source

from .deletion import DeletedUnusedAdmin
from .entering import RecordAdmin
from .exchange import ExchangeAdmin
from .histories import HistoryAdmin
from .links import LinkedAdmin, LinkFilter
from .merging import MergeableAdmin
from .publication import may_take
from .same_source import SameSourceAdmin, SourceForm
from .searching import SearchedAdmin


class CitedByInline(admin.TabularInline):
    """Where the source is cited, to look at; citations are written on the partnerships."""

    model = Citation
    extra = 0
    fields = ["partnership", "supports", "locator"]
    readonly_fields = ["partnership", "supports", "locator"]
    can_delete = False
    show_change_link = False
    verbose_name_plural = gettext_lazy("cited by")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Source)
class SourceAdmin(
    RecordAdmin,
    DeletedUnusedAdmin,
    HistoryAdmin,
    MergeableAdmin,
    ExchangeAdmin,
    SameSourceAdmin,
    LinkedAdmin,
    SearchedAdmin,
    SimpleHistoryAdmin,
):
    """A source that published records cite is changed by editors only: it is public."""

    form = SourceForm
    change_form_template = "admin/partnerships/source/change_form.html"

    list_display = ["title", "publisher", "kind", "language", "published_on", "link_state"]
    list_filter = [LinkFilter, "kind", "language", "link_state"]
    list_per_page = 50
    match_order = ["title", "slug"]
    search_help_text = gettext_lazy("Title, publisher or URL")
    show_facets = admin.ShowFacets.ALWAYS
    prepopulated_fields = {"slug": ["title"]}
    inlines = [CitedByInline]
    fields = [
        "title",
        "slug",
        "publisher",
        "url",
        "archived_url",
        ("kind", "language"),
        ("published_on", "accessed_on"),
    ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or may_take(request, ReviewEvent.Action.PUBLISHED) or not _is_public(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One by one; the page that asks says what uses it."""
        return obj is not None and super().has_delete_permission(request, obj)


def _is_public(source: Source) -> bool:
    return source.citations.filter(partnership__publication=Publication.PUBLISHED).exists()
