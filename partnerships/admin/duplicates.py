"""Possible duplicates in the admin: the list of them, telling two apart, and the warning while one types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from partnerships import duplicates
from partnerships.duplicates import Likeness, Pair, Typed
from partnerships.models import NotDuplicate, Partnership, RecordKind
from partnerships.services.merging import MODELS
from partnerships.services.telling_apart import tell_apart

from .merging import change_address, may_merge, merge_address

ROWS = 50  # pairs on a page


def pairs_of(kinds: list[str]) -> list[Pair]:
    return [pair for kind in kinds for pair in duplicates.current(kind)]


def count() -> int:
    """How many pairs wait; the page of them has as many rows."""
    return len(pairs_of(RecordKind.values))


def address() -> str:
    return reverse("admin:partnerships_duplicates")


@dataclass(frozen=True)
class Row:
    """A pair as the page shows it."""

    pair: Pair
    first: Any
    second: Any

    @property
    def sides(self) -> list[tuple[Any, str, list[str]]]:
        """Of each record: itself, the address of its form, and what tells it from others."""
        return [(record, change_address(record), _facts(record)) for record in (self.first, self.second)]

    @property
    def merging(self) -> str:
        """Where the two are merged; the one that is public, or else the older one, is proposed to be kept."""
        into, duplicate = sorted((self.first, self.second), key=_standing)
        return merge_address(duplicate, into)


@admin.register(NotDuplicate)
class NotDuplicateAdmin(admin.ModelAdmin):
    """What curators told apart. An editor can take it back; then the two are looked at again."""

    list_display = ["names", "kind", "by", "at", "note"]
    list_filter = ["kind"]
    list_select_related = ["by"]
    search_fields = ["names", "note"]
    fields = ["names", "kind", "by", "at", "note"]
    readonly_fields = ["names", "kind", "by", "at", "note"]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("possible/", view(require_GET(self.possible_view)), name="partnerships_duplicates"),
            path("apart/", view(require_POST(self.apart_view)), name="partnerships_apart"),
            path("typed/", view(require_GET(self.typed_view)), name="partnerships_like_typed"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # in the list of possible duplicates, where the two stand side by side

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def possible_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("partnerships.change_partnership"):
            raise PermissionDenied
        asked = [kind for kind in request.GET.getlist("kind") if kind in MODELS]
        found = pairs_of(asked or list(RecordKind.values))
        page = Paginator(found, ROWS).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Possible duplicates"),
            "opts": self.opts,
            "count": len(found),
            "page": page,
            "rows": _rows(list(page)),
            "kinds": [
                (kind, RecordKind(kind).label, len(duplicates.current(kind)), kind in asked)
                for kind in RecordKind.values
            ],
            "asked": asked,
            "may_merge": may_merge(request),
            "may_tell_apart": request.user.has_perm("partnerships.add_notduplicate"),
            "here": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/partnerships/merging/possible.html", context)

    def apart_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("partnerships.add_notduplicate"):
            raise PermissionDenied
        kind, keys = request.POST.get("kind", ""), request.POST.getlist("record")
        if kind not in MODELS or len(set(keys)) != 2 or not all(re.fullmatch(r"\d{1,18}", key) for key in keys):
            raise Http404
        found = MODELS[kind]._default_manager.in_bulk([int(key) for key in keys])
        if len(found) != 2:
            raise Http404
        first, second = found.values()
        note = request.POST.get("note", "").strip()
        said = tell_apart(first=first, second=second, by=request.user, note=note)  # type: ignore[arg-type]
        messages.success(request, _("Noted as two: %(pair)s. They are not shown again.") % {"pair": said})
        query = f"?kind={kind}" if request.POST.get("asked") == kind else ""
        return HttpResponseRedirect(address() + query)

    def typed_view(self, request: HttpRequest) -> HttpResponse:
        """What is being typed may be recorded already: for the script that says so while one types."""
        if not any(request.user.has_perm(f"partnerships.{verb}_partnership") for verb in ("add", "change")):
            raise PermissionDenied
        return JsonResponse(
            {
                "found": [
                    {
                        "title": str(record),
                        "state": record.get_publication_display(),
                        "address": address,
                        "reasons": [str(reason) for reason in likeness.reasons],
                    }
                    for record, address, likeness in _recorded(typed_in(request.GET))
                ]
            }
        )


class WarnsOfDuplicates(admin.ModelAdmin):
    """A partnership that may be recorded already is said to be, while one types and before a new one is saved.

    Its form's template includes ``admin/partnerships/merging/warning.html``.
    """

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(
            css={"all": ["partnerships/css/duplicates.css"]},
            js=[Script("partnerships/js/duplicates.js", defer=True)],  # type: ignore[list-item]
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)
        if obj is not None or request.method != "POST":
            return form
        return type(form.__name__, (_AsksOnce, form), {})


class _AsksOnce(forms.ModelForm):
    """Refuses a new record that is very like another one, until one says that it is another."""

    is_like_another = False

    def clean(self) -> Any:
        cleaned = super().clean()
        if not self.data.get("is_another"):
            strong = [found for found in _recorded(typed_in(self.data)) if found[2].is_strong]
            self.is_like_another = bool(strong)
            for record, address, likeness in strong:
                self.add_error(None, ValidationError(_as_error(record, address, likeness), code="duplicate"))
        return cleaned


def typed_in(data: Mapping[str, Any]) -> Typed:
    """What the form of a partnership holds, as its fields are named; what makes no sense is passed over."""
    actors = [
        int(value)
        for name, value in data.items()
        if re.fullmatch(r"participations-\d+-actor", name)
        and re.fullmatch(r"\d{1,18}", str(value))
        and not data.get(name.removesuffix("actor") + "DELETE")
    ]
    pk = str(data.get("pk", ""))
    return Typed(
        title=str(data.get("title", ""))[:300],
        title_ja=str(data.get("title_ja", ""))[:300],
        kind=str(data.get("kind", "")),
        actors=tuple(actors[:100]),
        pk=int(pk) if re.fullmatch(r"\d{1,18}", pk) else None,
    )


def _recorded(typed: Typed) -> list[tuple[Partnership, str, Likeness]]:
    found = duplicates.like_typed(typed)
    records = Partnership.objects.in_bulk([pk for pk, _likeness in found])
    return [(records[pk], change_address(records[pk]), likeness) for pk, likeness in found]


def _as_error(record: Partnership, address: str, likeness: Likeness) -> str:
    return format_html(
        '{} <a href="{}" target="_blank" rel="noopener">{}</a> ({}). {}',
        _("This may be recorded already:"),
        address,
        record,
        record.get_publication_display(),
        format_html_join(" ", "{}", ((reason,) for reason in likeness.reasons)),
    )


def _rows(pairs: list[Pair]) -> list[Row]:
    records: dict[str, dict[int, Any]] = {}
    for kind in {pair.kind for pair in pairs}:
        keys = {key for pair in pairs if pair.kind == kind for key in pair.key}
        rows = MODELS[kind]._default_manager
        if kind == RecordKind.ACTORS:
            rows = rows.select_related("region")
        elif kind == RecordKind.PARTNERSHIPS:
            rows = rows.prefetch_related("participations__actor__region")
        records[kind] = rows.in_bulk(list(keys))
    return [Row(pair, records[pair.kind][pair.first], records[pair.kind][pair.second]) for pair in pairs]


def _facts(record: Any) -> list[str]:
    if isinstance(record, Partnership):
        parts = " · ".join(str(part.actor) for part in record.participations.all())
        facts = [record.title_ja, record.get_kind_display(), str(record.started or ""), parts]
    elif hasattr(record, "url"):
        facts = [record.publisher, record.url, str(record.published_on or "")]
    else:
        facts = [record.get_kind_display(), record.code, record.wikidata_id, record.website]
    if hasattr(record, "publication"):
        facts.append(record.get_publication_display())
    return [fact for fact in facts if fact]


def _standing(record: Any) -> tuple[bool, int]:
    return getattr(record, "publication", "published") != "published", record.pk
