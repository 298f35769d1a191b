"""Merging in the admin: two records side by side, chosen field by field; the log of merges, and undoing one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partnerships.models import Merge, RecordKind
from partnerships.package.tables import TABLE, Table
from partnerships.services import merging
from partnerships.services.merging import DUPLICATE, FATES, KEPT, MODELS, Choice, Fate, MergeRefusedError

from .lookups import LookupAdmin

MOST_NAMED = 12  # of what is attached to a record; the rest as a number


def may_merge(request: HttpRequest) -> bool:
    return request.user.has_perm("partnerships.add_merge")


def change_address(record: Any) -> str:
    return reverse(f"admin:partnerships_{record._meta.model_name}_change", args=[record.pk])


def merge_address(duplicate: Any, into: Any) -> str:
    return reverse("admin:partnerships_merge_two", args=[merging.kind_of(into), duplicate.pk, into.pk])


@dataclass(frozen=True)
class FieldRow:
    """A field of both records as the page shows it."""

    choice: Choice
    label: str
    into: str
    duplicate: str
    chosen: str

    @property
    def input_name(self) -> str:
        return f"field-{self.choice.name}"


@dataclass(frozen=True)
class AttachedRow:
    """What is attached to both records by one relation."""

    label: str
    is_united: bool
    into: list[str]
    duplicate: list[str]
    into_more: int
    duplicate_more: int


@admin.register(Merge)
class MergeAdmin(LookupAdmin):
    list_display = ["at", "kind", "duplicate_name", "into_name", "by", "state"]
    list_filter = ["kind"]
    list_select_related = ["by", "undone_by", "undoes"]
    search_fields = ["duplicate_name", "into_name", "note"]
    fields = ["at", "kind", "duplicate_name", "into_name", "by", "note", "state"]
    change_form_template = "admin/partnerships/merging/log_entry.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("two/<str:kind>/<int:duplicate>/<int:into>/", view(self.merge_view), name="partnerships_merge_two"),
            path("<int:pk>/undo/", view(self.undo_view), name="partnerships_merge_undo"),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("state"))
    def state(self, merge: Merge) -> str:
        if merge.undoes_id:
            return _("Undoes an earlier merge")
        return _("Undone") if hasattr(merge, "undone_by") else _("In force")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        merge = self.get_object(request, object_id)
        is_open = merge is not None and not merge.undoes_id and not merge.is_undone
        context = dict(extra_context or {})
        if is_open and may_merge(request):
            context["undo_address"] = reverse("admin:partnerships_merge_undo", args=[object_id])
        return super().change_view(request, object_id, form_url, context)

    def merge_view(self, request: HttpRequest, kind: str, duplicate: int, into: int) -> HttpResponse:
        if not may_merge(request):
            raise PermissionDenied
        if kind not in MODELS:
            raise Http404
        two = _both(kind, duplicate, into)
        refusals: list[str] = []
        if request.method == "POST":
            chosen = {
                name.removeprefix("field-"): str(side)
                for name, side in request.POST.items()
                if name.startswith("field-") and side in {KEPT, DUPLICATE}
            }
            note = request.POST.get("note", "").strip()
            try:
                report = merging.merge(
                    duplicate=two[0],
                    into=two[1],
                    choices=chosen,
                    by=request.user,  # type: ignore[arg-type]
                    note=note,
                )
            except MergeRefusedError as error:
                refusals = error.reasons
            else:
                _tell(request, report)
                return HttpResponseRedirect(change_address(two[1]))
        rows = _field_rows(TABLE[kind], two, request.POST)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge two records"),
            "opts": self.opts,
            "kind_label": RecordKind(kind).label,
            "duplicate": two[0],
            "into": two[1],
            "duplicate_address": change_address(two[0]),
            "into_address": change_address(two[1]),
            "swapped": merge_address(two[1], two[0]),
            "open": [row for row in rows if row.choice.is_open],
            "alike": [row for row in rows if not row.choice.is_open and any(row.choice.into)],
            "attached": _attached(two),
            "warnings": merging.warnings_about(duplicate=two[0], into=two[1]),
            "refusals": refusals,
            "note": request.POST.get("note", ""),
        }
        return TemplateResponse(request, "admin/partnerships/merging/merge.html", context)

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not may_merge(request):
            raise PermissionDenied
        merge = get_object_or_404(Merge, pk=pk)
        refusals: list[str] = []
        if request.method == "POST":
            note = request.POST.get("note", "").strip()
            try:
                merging.undo(merge=merge, by=request.user, note=note)  # type: ignore[arg-type]
            except MergeRefusedError as error:
                refusals = error.reasons
            else:
                messages.success(request, _("Undone: %(merge)s. Both records are as they were.") % {"merge": merge})
                return HttpResponseRedirect(reverse("admin:partnerships_merge_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Undo a merge"),
            "opts": self.opts,
            "merge": merge,
            "refusals": refusals,
            "note": request.POST.get("note", ""),
        }
        return TemplateResponse(request, "admin/partnerships/merging/undo.html", context)


class MergeableAdmin(admin.ModelAdmin):
    """Two records chosen in a list can be merged; a duplicate that was merged is only looked at."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if may_merge(request) and actions is not None and "_popup" not in request.GET:
            actions["merge_selected"] = (  # type: ignore[assignment]
                merge_selected,
                "merge_selected",
                gettext_lazy("Merge two records"),
            )
        return actions

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.merged_into_id is None) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.merged_into_id is None) and super().has_delete_permission(request, obj)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        record = context.get("original")
        if record is not None and record.merged_into_id:
            _tell_that_it_is_merged(request, record)
        return super().render_change_form(request, context, *args, **options)


def merge_selected(model_admin: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
    two = list(chosen.order_by("pk")[:3])
    if len(two) != 2:
        messages.error(request, _("Choose two records to merge."))
        return None
    # The older one is kept unless the page is told otherwise.
    return HttpResponseRedirect(merge_address(two[1], two[0]))


def _tell_that_it_is_merged(request: HttpRequest, record: Any) -> None:
    log = Merge.objects.filter(
        kind=merging.kind_of(record), duplicate=record.pk, undoes=None, undone_by__isnull=True
    ).first()
    messages.warning(
        request,
        format_html(
            '{} <a href="{}">{}</a>',
            _("A duplicate, merged into:"),
            change_address(record.merged_into),
            record.merged_into,
        ),
    )
    if log is not None and may_merge(request):
        address = reverse("admin:partnerships_merge_undo", args=[log.pk])
        messages.info(request, format_html('<a href="{}">{}</a>', address, _("Undo this merge")))


def _both(kind: str, duplicate: int, into: int) -> tuple[Any, Any]:
    related = ["merged_into", *(["region"] if kind == RecordKind.ACTORS else [])]
    found = MODELS[kind]._default_manager.select_related(*related).in_bulk([duplicate, into])
    if len(found) < 2:
        raise Http404
    return found[duplicate], found[into]


def _tell(request: HttpRequest, report: merging.MergeReport) -> None:
    moved = ", ".join(f"{name} {count}" for name, count in sorted(report.moved.items()) if count)
    text = _("Merged: %(merge)s.") % {"merge": report.merge}
    if moved:
        text += " " + _("Moved: %(moved)s.") % {"moved": moved}
    if left_out := sum(report.left_out.values()):
        text += " " + _("Already there and not doubled: %(count)d.") % {"count": left_out}
    messages.success(request, text)
    for warning in report.warnings:
        messages.warning(request, warning)


def _field_rows(table: Table, two: tuple[Any, Any], posted: Any) -> list[FieldRow]:
    rows = []
    for choice in merging.choices_between(duplicate=two[0], into=two[1]):
        label = " · ".join(_capital(str(table.field(table.column(name)).verbose_name)) for name in choice.columns)
        shown = [
            " · ".join(filter(None, (_shown(table, *pair) for pair in zip(choice.columns, texts, strict=True))))
            for texts in (choice.into, choice.duplicate)
        ]
        chosen = posted.get(f"field-{choice.name}", choice.taken)
        rows.append(FieldRow(choice, label, shown[0], shown[1], chosen))
    return rows


def _shown(table: Table, name: str, text: str) -> str:
    """A cell in words: the label of a choice, the name of a record."""
    column = table.column(name)
    if column.references and text:
        return str(TABLE[column.references].model._default_manager.get(slug=text))
    return table.labels(column).get(text, text)


def _attached(two: tuple[Any, Any]) -> list[AttachedRow]:
    rows = []
    for name, fate in FATES[type(two[0])].items():
        if fate in (Fate.UNITED, Fate.MOVED):
            model = type(two[0])._meta.get_field(name)
            label = merging.name_of_relation(type(two[0]), name)
            duplicate, into = ([_named(row, model.field.name) for row in getattr(record, name).all()] for record in two)
            if duplicate:
                rows.append(
                    AttachedRow(
                        _capital(label),
                        fate is Fate.UNITED,
                        into[:MOST_NAMED],
                        duplicate[:MOST_NAMED],
                        max(len(into) - MOST_NAMED, 0),
                        max(len(duplicate) - MOST_NAMED, 0),
                    )
                )
    return rows


def _named(row: Any, attribute: str) -> str:
    """What a row says besides which record it belongs to."""
    if attribute == "partnership" or not hasattr(row, "partnership_id"):
        return str(row)
    return str(row.partnership)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
