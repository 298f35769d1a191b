"""The warning before one document is entered as a source twice: while the address is typed, and when it is saved."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from partnerships.links.same import key_of
from partnerships.models import Source
from partnerships.services.links import sources_at

from .entering import RecordForm

ACCEPTED = "same_url_accepted"  # holds the key of the address that the warning was about
MOST_SHOWN = 5


class SourceForm(RecordForm):
    """Comes back once when its address is a source already; saves when the box beside the warning is ticked."""

    same: list[dict[str, str]]
    same_key = ""
    pattern: tuple[dict[str, str], ...] = ({},)  # a row without contents, which the script fills

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.same = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        url = cleaned.get("url", "")
        if not url or (self.instance.pk and "url" not in self.changed_data):
            return cleaned
        if found := sources_at(url, but=self.instance):
            self.same, self.same_key = described(found), key_of(url)
            if self.data.get(ACCEPTED) != self.same_key:
                self.add_error("url", _("This address is a source already. Please look at it before you save."))
        return cleaned


def described(sources: list[Source]) -> list[dict[str, str]]:
    """What the warning says of each source: title, address in the admin, by how many records it is cited."""
    rows = []
    for source in sources[:MOST_SHOWN]:
        cited = source.citations.values("partnership").distinct().count()
        rows.append(
            {
                "title": str(source),
                "url": source.url,
                "address": reverse("admin:partnerships_source_change", args=[source.pk]),
                "choose": reverse("admin:partnerships_source_choose", args=[source.pk]),
                "cited": ngettext("cited by %(count)d record", "cited by %(count)d records", cited) % {"count": cited},
            }
        )
    return rows


class SameSourceAdmin(admin.ModelAdmin):
    form = SourceForm

    class Media:
        js = [forms.Script("partnerships/js/same-source.js", defer=True)]
        css = {"all": ["partnerships/css/admin-links.css"]}

    def get_urls(self) -> list[Any]:
        wrapped = self.admin_site.admin_view
        return [
            path("same-url/", wrapped(require_GET(self.same_url_view)), name="partnerships_source_same_url"),
            path("<int:pk>/choose/", wrapped(require_GET(self.choose_view)), name="partnerships_source_choose"),
            *super().get_urls(),
        ]

    def same_url_view(self, request: HttpRequest) -> HttpResponse:
        """``?url=…&but=ID``: the sources that have this address, for the script."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        url = request.GET.get("url", "")[:2000]
        but = request.GET.get("but", "")
        present = Source(pk=int(but)) if but.isascii() and but.isdigit() and len(but) < 19 else None
        return JsonResponse({"key": key_of(url), "sources": described(sources_at(url, but=present))})

    def choose_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Closes the window in which a source was about to be added, with this one chosen instead."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        source = self.get_object(request, str(pk))
        if source is None:
            raise Http404
        chosen = json.dumps({"value": str(source.pk), "obj": str(source)})
        return TemplateResponse(request, "admin/popup_response.html", {"popup_response_data": chosen})
