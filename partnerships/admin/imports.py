"""Imports: bring a file, see what it would do, confirm, and if need be undo it as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from partnerships.exports import tables, workbooks
from partnerships.models import Import, ImportLine
from partnerships.services import importing
from partnerships.services.importing import NotNowError, showing, undoing
from partnerships.services.importing.columns import FLAT_FILES
from partnerships.services.importing.reading import LARGEST_FILE, UnreadableFileError

from .exchange import CSV, as_file, template_csv, template_xlsx
from .lookups import LookupAdmin

LINES_SHOWN = 50  # on a page
MOST_LEFT_TOLD = 200
OUTCOMES = ImportLine.Outcome


class UploadForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("What the file holds"))
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV or Excel (.xlsx), at most 10 MB and 10,000 rows; for a data package, its zip file."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.zip"}),
    )
    empties = forms.BooleanField(
        label=gettext_lazy("Empty cells empty the field"),
        required=False,
        help_text=gettext_lazy(
            "Otherwise an empty cell leaves the field as it is. Columns that are missing change nothing."
        ),
    )

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        allowed = [choice for choice in Import.Kind.choices if importing.may_bring(choice[0], user)]
        self.fields["kind"].choices = allowed  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        if (file := self.cleaned_data["file"]).size > LARGEST_FILE:
            raise forms.ValidationError(
                _("The file is too large; at most %(size)d MB are taken.") % {"size": LARGEST_FILE // 1024 // 1024}
            )
        return file


@admin.register(Import)
class ImportAdmin(LookupAdmin):
    list_display = ["file_name", "kind", "by", "uploaded_at", "state", "new", "changed", "undone_at"]
    list_filter = ["state", "kind"]
    list_select_related = ["by"]
    search_fields = ["file_name", "by__username"]
    show_facets = admin.ShowFacets.ALLOW

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("partnerships.add_import")

    def get_urls(self) -> list[Any]:
        def step(address: str, view: Any, name: str) -> Any:
            return path(address, self.admin_site.admin_view(view), name=f"partnerships_import_{name}")

        return [
            step("template/<slug:kind>.<slug:ending>", self.template, "template"),
            step("<int:pk>/check/", require_POST(self.check_next), "check"),
            step("<int:pk>/again/", require_POST(self.check_again), "again"),
            step("<int:pk>/write/", require_POST(self.write), "write"),
            step("<int:pk>/discard/", require_POST(self.discard), "discard"),
            step("<int:pk>/undo/", self.undo, "undo"),
            step("<int:pk>/reasons.<slug:ending>", require_safe(self.reasons), "reasons"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        return super().get_queryset(request).defer("content")

    # --- Bringing a file ---

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(
            request.POST or None,
            request.FILES or None,
            user=request.user,
            initial={"kind": request.GET.get("kind")},
            label_suffix="",
        )
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                begun = importing.begin(
                    kind=form.cleaned_data["kind"],
                    file_name=file.name,
                    content=file.read(),
                    by=request.user,
                    empties=form.cleaned_data["empties"],
                )
            except UnreadableFileError as error:
                form.add_error("file", error.problems)
            else:
                return HttpResponseRedirect(self._address(begun))
        kinds = [
            (kind, label, [_address_of_template(kind, ending) for ending in ("xlsx", "csv")])
            for kind, label in form.fields["kind"].choices  # type: ignore[attr-defined]
            if kind in FLAT_FILES
        ]
        status = 422 if form.errors else 200
        context = {"title": _("Import"), "form": form, "kinds": kinds}
        return self._render(request, "upload", context, status)

    def template(self, request: HttpRequest, kind: str, ending: str) -> HttpResponseBase:
        flat = FLAT_FILES.get(kind)
        if flat is None or ending not in {"csv", "xlsx"}:
            raise Http404
        if not self.has_add_permission(request):
            raise PermissionDenied
        if ending == "csv":
            return as_file(template_csv(flat), CSV, f"{kind}-template.csv")
        return as_file(template_xlsx(flat), workbooks.CONTENT_TYPE, f"{kind}-template.xlsx")

    # --- One import ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        imported = self.get_object(request, object_id)
        if imported is None:
            raise Http404
        if request.method == "POST" or not self.has_view_permission(request, imported):
            raise PermissionDenied  # what can be done has addresses of its own
        outcomes = self._outcomes(imported)
        shown = request.GET.get("show", "")
        if shown not in {outcome for outcome, _label, _count in outcomes}:
            shown = outcomes[0][0] if outcomes else ""
        lines = imported.lines.filter(outcome=shown).select_related("of").defer("of__content").order_by("number", "pk")
        page = Paginator(lines, LINES_SHOWN).get_page(request.GET.get("p"))
        is_open = imported.state in {Import.State.CHECKING, Import.State.CHECKED}
        context = {
            "title": imported.file_name,
            "imported": imported,
            "outcomes": outcomes,
            "shown": shown,
            "page": page,
            "lines": showing.with_cells(page.object_list),
            "is_own": is_open and imported.by_id == request.user.pk,
            "is_ready": imported.state == Import.State.CHECKED
            and not imported.wrong
            and imported.new + imported.changed > 0,
            "may_undo": undoing.is_open(imported) and undoing.may_undo(imported, request.user),
            "has_reasons": imported.wrong and imported.kind in FLAT_FILES,
            "is_package": imported.kind == Import.Kind.PACKAGE,
            "ways": [choice for choice in Import.Edited.choices if choice[0] != Import.Edited.ASK],
            "days": importing.UNDONE_WITHIN.days,
        }
        return self._render(request, "import", context)

    def _outcomes(self, imported: Import) -> list[tuple[str, Any, int]]:
        """What there are lines of: (outcome, label, how many); the wrong ones first."""
        if imported.state == Import.State.CHECKING:
            return []
        counts = {
            OUTCOMES.WRONG: imported.wrong,
            OUTCOMES.LEFT: imported.lines.filter(outcome=OUTCOMES.LEFT).count(),
            OUTCOMES.NEW: imported.new,
            OUTCOMES.CHANGED: imported.changed,
            OUTCOMES.UNCHANGED: imported.unchanged,
        }
        return [(outcome.value, outcome.label, count) for outcome, count in counts.items() if count]

    @staticmethod
    def _address(imported: Import) -> str:
        return reverse("admin:partnerships_import_change", args=[imported.pk])

    def _found(self, request: HttpRequest, pk: int) -> Import:
        imported = self.get_object(request, str(pk))
        if imported is None:
            raise Http404
        if not self.has_add_permission(request):
            raise PermissionDenied
        return imported

    def _taken(self, request: HttpRequest, pk: int, step: Any, **options: Any) -> Import | None:
        """The import after a step; None with a message where the step could not be taken."""
        try:
            return step(imported=self._found(request, pk), by=request.user, **options)
        except NotNowError as error:
            messages.error(request, str(error))
            return None

    def check_next(self, request: HttpRequest, pk: int) -> HttpResponse:
        imported = self._taken(request, pk, importing.advance)
        if imported is not None and request.headers.get("Accept") == "application/json":
            is_done = imported.state != Import.State.CHECKING
            return JsonResponse({"position": imported.position, "total": imported.total, "done": is_done})
        return self._back(pk)

    def check_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        edited = request.POST.get("edited", "")
        self._taken(request, pk, importing.check_again, edited=edited if edited in Import.Edited.values else "")
        return self._back(pk)

    def write(self, request: HttpRequest, pk: int) -> HttpResponse:
        imported = self._taken(request, pk, importing.run)
        if imported is not None and imported.state == Import.State.DONE:
            told = _("Imported: %(new)d new, %(changed)d changed.") % {"new": imported.new, "changed": imported.changed}
            messages.success(request, told)
        elif imported is not None:
            told = _("Nothing was imported: the directory has changed since the file was checked. It is checked again.")
            messages.warning(request, told)
        return self._back(pk)

    def discard(self, request: HttpRequest, pk: int) -> HttpResponse:
        imported = self._found(request, pk)
        try:
            importing.discard(imported=imported, by=request.user)
        except NotNowError as error:
            messages.error(request, str(error))
            return self._back(pk)
        messages.success(request, _("“%(file)s” was thrown away; nothing was imported.") % {"file": imported})
        return HttpResponseRedirect(reverse("admin:partnerships_import_changelist"))

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        imported = self._found(request, pk)
        if request.method == "POST":
            undone = self._taken(request, pk, undoing.undo)
            if undone is not None:
                messages.success(request, _told_of(undone))
            return self._back(pk)
        if not undoing.is_open(imported) or not undoing.may_undo(imported, request.user):
            raise PermissionDenied
        plan = undoing.plan(imported, request.user)
        context = {
            "title": _("Undo the import of %(file)s") % {"file": imported},
            "imported": imported,
            "plan": plan,
            "left": plan.left[:MOST_LEFT_TOLD],
            "more": max(0, len(plan.left) - MOST_LEFT_TOLD),
        }
        return self._render(request, "undo", context)

    def reasons(self, request: HttpRequest, pk: int, ending: str) -> HttpResponseBase:
        imported = self._found(request, pk)
        if not imported.content or imported.kind not in FLAT_FILES or ending not in {"csv", "xlsx"}:
            raise Http404
        lines = importing.with_reasons(imported)
        name = imported.file_name.rpartition(".")[0] or "import"
        if ending == "csv":
            return as_file(tables.csv_table(lines), CSV, f"{_plain(name)}-reasons.csv")
        first, *rest = lines
        labels = {str(place): text for place, text in enumerate(first)}
        made: Iterator[bytes] = workbooks.workbook(_("What is wrong"), labels, [rest], len(rest))
        return as_file(made, workbooks.CONTENT_TYPE, f"{_plain(name)}-reasons.xlsx")

    def _back(self, pk: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:partnerships_import_change", args=[pk]))

    def _render(self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}
        return render(request, f"admin/imports/{name}.html", {**shared, **context}, status=status)


@admin.register(ImportLine)
class ImportLineAdmin(LookupAdmin):
    list_display = ["of", "number", "table", "slug", "outcome"]
    list_filter = ["outcome", "table"]
    list_select_related = ["of"]
    search_fields = ["slug", "title", "of__file_name"]
    fields = ["of", "number", "table", "slug", "title", "outcome", "problems"]
    show_facets = admin.ShowFacets.ALLOW

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportLine]:
        return super().get_queryset(request).defer("of__content", "before", "after")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # reached by way of its import


def _address_of_template(kind: str, ending: str) -> tuple[str, str]:
    return ending.upper(), reverse("admin:partnerships_import_template", args=[kind, ending])


def _plain(name: str) -> str:
    """A file's name as a header can hold it."""
    return "".join(sign for sign in name if sign.isascii() and (sign.isalnum() or sign in "-_ ")).strip() or "import"


def _told_of(undone: Any) -> str:
    done = len(undone.goes) + len(undone.archived)
    return " ".join(
        [
            ngettext("%(count)d record that was made is gone.", "%(count)d records that were made are gone.", done)
            % {"count": done},
            ngettext(
                "%(count)d that was changed is as before.",
                "%(count)d that were changed are as before.",
                len(undone.returns),
            )
            % {"count": len(undone.returns)},
            ngettext("%(count)d was left.", "%(count)d were left.", len(undone.left)) % {"count": len(undone.left)},
        ]
    )
