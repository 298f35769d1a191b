"""Registers of ties: reading one, what it says, and in what it and the directory differ."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from partnerships.models import PartialDate, Partnership, RegisterDifference, RegisterEntry, Source
from partnerships.models.partial_date import PartialDateFormField
from partnerships.registers import reading
from partnerships.registers.comparing import Verdict
from partnerships.registers.reading import UnreadableError
from partnerships.registers.words import VERDICTS, explain
from partnerships.services.reconciling import (
    RefusedDecisionError,
    Report,
    decide,
    reconcile,
    start_draft,
)

from .naming import NamedChoices

State = RegisterDifference.State
Kind = RegisterDifference.Kind
MOST_SHOWN = 300
ONLY_THERE = (Kind.NO_TIE, Kind.PLACE_UNKNOWN, Kind.PLACE_AMBIGUOUS)


class RegisterFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"), help_text=gettext_lazy("UTF-8 or Shift_JIS, at most 5 MB and 20,000 rows.")
    )
    register = forms.ChoiceField(
        label=gettext_lazy("Register"),
        choices=[("", gettext_lazy("As the column “register” says")), *RegisterEntry.Register.choices],
        required=False,
    )
    read_on = PartialDateFormField(
        label=gettext_lazy("Read on"),
        help_text=gettext_lazy("The day on which the register was read; the column “read_on” goes before it."),
    )
    is_part = forms.BooleanField(
        label=gettext_lazy("The file is only a part of the register"),
        help_text=gettext_lazy("Then nothing follows from what it does not have."),
        required=False,
    )
    dry_run = forms.BooleanField(
        label=gettext_lazy("Only show what would come of it"),
        help_text=gettext_lazy("Nothing is kept."),
        required=False,
    )


@admin.register(RegisterEntry)
class RegisterEntryAdmin(NamedChoices, SimpleHistoryAdmin):
    """What registers say, verbatim; read from files, and linked to records by hand where names do not suffice."""

    change_list_template = "admin/partnerships/register_entries.html"
    # django-simple-history's own has a style attribute, which the policy does not let in.
    object_history_list_template = "admin/partnerships/register_entry_history.html"
    list_display = ["register", "us_name", "jp_name", "date_text", "status_text", "read_on", "partnership"]
    list_filter = ["register"]
    list_select_related = ["partnership"]
    search_fields = ["us_name", "jp_name", "key"]
    autocomplete_fields = ["partnership"]
    show_facets = admin.ShowFacets.ALWAYS

    def get_urls(self) -> list[Any]:
        own = [
            path("reconcile/", self.admin_site.admin_view(self.reconcile_view), name="reconcile"),
            path("reconcile/template.csv", self.admin_site.admin_view(self.template_view), name="reconcile_template"),
        ]
        return [*own, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if "partnership" in form.changed_data:
            obj.is_linked_by_hand = obj.partnership_id is not None
        super().save_model(request, obj, form, change)

    def reconcile_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        form = RegisterFileForm(
            request.POST or None,
            request.FILES or None,
            initial={"read_on": PartialDate(today.year, today.month, today.day)},
            label_suffix="",
        )
        context: dict[str, Any] = {}
        if form.is_valid():
            given = form.cleaned_data
            try:
                report = reconcile(
                    content=given["file"].read(),
                    register=given["register"],
                    read_on=given["read_on"],
                    is_part=given["is_part"],
                    dry_run=given["dry_run"],
                    by=request.user,  # type: ignore[arg-type]
                )
                context = {"report": report, **_shown(report)}
            except UnreadableError as error:
                context = {"problems": [str(problem) for problem in error.problems]}
        context |= {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Hold a register against the directory"),
            "form": form,
            "columns": [(column, ", ".join(column.also)) for column in reading.COLUMNS],
        }
        return TemplateResponse(request, "admin/partnerships/register_reconcile.html", context)

    def template_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        headers = {"Content-Disposition": 'attachment; filename="register.csv"'}
        return HttpResponse(reading.template(), content_type="text/csv; charset=utf-8", headers=headers)


def _shown(report: Report) -> dict[str, Any]:
    """A report as its page shows it: numbers, and what does not agree, up to a bound."""
    differing = [result for result in report.results if result.verdict != Verdict.AGREES]
    return {
        "verdicts": [(VERDICTS[verdict], count) for verdict, count in report.verdicts.items()],
        "differing": [
            (result, VERDICTS[result.verdict], explain(result.explanation)) for result in differing[:MOST_SHOWN]
        ],
        "not_shown": max(0, len(differing) - MOST_SHOWN),
    }


@admin.register(RegisterDifference)
class RegisterDifferenceAdmin(admin.ModelAdmin):
    """The tasks that readings of registers left; decided one by one, side by side."""

    list_display = ["subject", "kind", "register", "state", "found_on", "record"]
    list_filter = ["state", "register", "kind"]
    list_select_related = ["entry", "partnership"]
    list_per_page = 50
    search_fields = [
        "entry__us_name",
        "entry__jp_name",
        "entry__key",
        "partnership__title",
        "partnership__title_ja",
        "note",
    ]
    show_facets = admin.ShowFacets.ALWAYS
    actions = None

    @admin.display(description=gettext_lazy("difference"))
    def subject(self, difference: RegisterDifference) -> str:
        if difference.entry:
            return f"{difference.entry.us_name} – {difference.entry.jp_name}"
        return str(difference.partnership or _("a record that was deleted"))

    @admin.display(description=gettext_lazy("partnership"), ordering="partnership__title")
    def record(self, difference: RegisterDifference) -> Partnership | None:
        return difference.partnership

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        difference = self.get_object(request, object_id)
        if difference is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.has_view_or_change_permission(request, difference):
            raise PermissionDenied
        note = ""
        if request.method == "POST":
            if not self.has_change_permission(request, difference):
                raise PermissionDenied
            note = request.POST.get("note", "")
            if answer := self._decided(request, difference, note):
                return answer
        context = {
            **self.admin_site.each_context(request),
            **_side_by_side(difference),
            "opts": self.opts,
            "title": _("%(register)s and the directory: %(kind)s")
            % {"register": difference.get_register_display(), "kind": difference.get_kind_display()},
            "difference": difference,
            "note": note or difference.note,
            "may_decide": self.has_change_permission(request, difference),
            "may_draft": _may_draft(request, difference),
        }
        return TemplateResponse(request, "admin/partnerships/register_difference.html", context)

    def _decided(self, request: HttpRequest, difference: RegisterDifference, note: str) -> HttpResponse | None:
        """The answer to a decision; None where it was refused, which the page says with the note as it was typed."""
        chosen = request.POST.get("decision", "")
        by: Any = request.user
        try:
            if chosen == "draft":
                if not _may_draft(request, difference):
                    raise PermissionDenied
                draft = start_draft(entry=difference.entry, by=by)  # type: ignore[arg-type]
                messages.success(request, _("“%(title)s” is a draft now.") % {"title": draft})
                return HttpResponseRedirect(reverse("admin:partnerships_partnership_change", args=[draft.pk]))
            if chosen in State.values:
                decide(difference=difference, state=chosen, by=by, note=note)
                told = _("%(difference)s: %(state)s.") % {
                    "difference": self.subject(difference),
                    "state": State(chosen).label,
                }
                messages.success(request, told)
                listed = reverse("admin:partnerships_registerdifference_changelist")
                return HttpResponseRedirect(f"{listed}?state__exact=open")
        except RefusedDecisionError as error:
            messages.error(request, str(error))
        return None


def _may_draft(request: HttpRequest, difference: RegisterDifference) -> bool:
    return (
        difference.kind in ONLY_THERE
        and difference.entry is not None
        and difference.entry.partnership_id is None
        and request.user.has_perms(["partnerships.add_partnership", "partnerships.add_source"])
    )


def _side_by_side(difference: RegisterDifference) -> dict[str, Any]:
    entry, record = difference.entry, difference.partnership
    slugs = [slug for code, values in difference.reasons for slug in values.get("slugs", ())]
    asked = Q(pk=record.pk) if record else Q(slug__in=slugs)
    if record is None and entry and entry.partnership_id:
        asked = Q(pk=entry.partnership_id)
    records = _with_parts().filter(asked).order_by("slug")
    siblings: QuerySet[RegisterDifference] | list[RegisterDifference] = []
    before: list[Any] = []
    if entry:
        siblings = entry.differences.exclude(pk=difference.pk)
        before = _said_before(entry)
    return {
        "entry": entry,
        "records": [(each, _sources(each)) for each in records],
        "explanation": explain(difference.reasons),
        "siblings": siblings,
        "before": before,
        "decisions": difference.history.select_related("by", "history_user").order_by("-history_date", "-history_id"),
    }


def _with_parts() -> QuerySet[Partnership]:
    return Partnership.objects.prefetch_related("participations__actor__region", "citations__source")


def _sources(record: Partnership) -> list[tuple[Source, list[str]]]:
    """What the record cites, each source once, with everything that it supports."""
    found: dict[Source, list[str]] = {}
    for citation in record.citations.all():
        found.setdefault(citation.source, []).append(citation.get_supports_display())
    return list(found.items())


def _said_before(entry: RegisterEntry) -> list[Any]:
    """What the register said in earlier readings, where it was something else; the newest first."""
    words = ("us_name", "jp_name", "date_text", "status_text", "url")
    told = [getattr(entry, name) for name in words]
    found = []
    for past in entry.history.order_by("-history_date", "-history_id"):
        if (said := [getattr(past, name) for name in words]) != told:
            found.append(past)
            told = said
    return found
