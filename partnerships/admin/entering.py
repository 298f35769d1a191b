"""The form of a record: nothing that somebody typed, or that somebody else saved meanwhile, is lost in it."""

from __future__ import annotations

import copy
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partnerships.services import kept_forms
from partnerships.services.loaded_forms import FIELD, LoadedForm

from .conflicts import Conflict, Layout, Part, answered, compare, people
from .dates import TypedDates
from .sections import Section, shown
from .typed import what_was_typed

REASON_FIELD = "reason_for_change"


class LoadedFormField(forms.CharField):
    """Carries what the form was loaded from."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class RecordForm(forms.ModelForm):
    """A form that says what it was loaded from, and is not saved while somebody has to look at it first."""

    loaded_form = LoadedFormField(required=False)
    reason_for_change = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("For your colleagues; it stands in the record's history."),
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    not_yet: Any = ""  # why it is not saved now

    def clean(self) -> Any:
        cleaned = super().clean()
        if self.not_yet:
            raise ValidationError(self.not_yet, code="not_yet")
        return cleaned


class RecordAdmin(TypedDates, admin.ModelAdmin):
    """Saves a record only as somebody has seen it; comes before the other classes of a record's admin."""

    form = RecordForm
    change_form_template = "admin/partnerships/record_change_form.html"
    sections: tuple[Section, ...] = ()  # none: as the admin shows any form

    # --- Asked for ----------------------------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        kept = kept_forms.of(request) if request.method != "POST" else None
        if request.method != "POST" and kept is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            if kept is not None:
                return self._filled_again(request, kept, object_id, form_url, extra_context)
            return self._posted(request, object_id, form_url, extra_context)

    def _posted(self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: Any) -> Any:
        # Browsers send lines with both characters, whatever the text had.
        request.POST = _with_plain_newlines(request.POST)  # type: ignore[assignment]
        record = self._locked(request, object_id) if object_id else None
        if object_id and self.has_change_permission(request):
            if record is None and self._loaded(request, object_id):
                return self._told_why(request, None, status=404)
            if record is not None and not self.has_change_permission(request, record):
                return self._told_why(request, record, status=403)
        if record is not None and self.has_change_permission(request, record):
            self._compare(request, record)
        response = super().changeform_view(request, object_id, form_url, extra_context)
        if response.status_code == 302:
            kept_forms.forget(request)
        return response

    def _filled_again(
        self, request: HttpRequest, kept: QueryDict, object_id: str | None, form_url: str, extra_context: Any
    ) -> Any:
        """The form as it was posted, shown and not saved: ``not_yet`` is what makes sure of that."""
        again = copy.copy(request)
        again.method = "POST"
        again.POST = kept  # type: ignore[assignment]
        again._files = MultiValueDict()  # type: ignore[attr-defined]  # or asking for files would read the request anew
        again._not_yet = _("This is what you typed. It is not saved yet.")  # type: ignore[attr-defined]
        return self._posted(again, object_id, form_url, extra_context)

    def _locked(self, request: HttpRequest, object_id: str) -> models.Model | None:
        """The record, which nobody else changes until this transaction ends."""
        found = self.get_object(request, unquote(object_id))
        if found is not None:
            self.model._default_manager.select_for_update().filter(pk=found.pk).values_list("pk").first()
        return self.get_object(request, unquote(object_id)) if found else None

    def _loaded(self, request: HttpRequest, key: Any) -> LoadedForm | None:
        loaded = LoadedForm.read(request.POST.get(FIELD, ""))
        return loaded if loaded and (loaded.model, loaded.record) == (self.model._meta.label_lower, str(key)) else None

    # --- Compared -----------------------------------------------------------------------------------------------------

    def _layout(self, request: HttpRequest, record: models.Model, *, is_changed: bool = True) -> Layout:
        own = Part.of_form(self.get_form(request, record, change=is_changed))
        rows = [
            Part.of_rows(formset)
            for formset, inline in self.get_formsets_with_inlines(request, record)
            if inline.has_change_permission(request, record)
        ]
        return Layout(own, tuple(rows))

    def _compare(self, request: HttpRequest, record: models.Model) -> None:
        layout = self._layout(request, record)
        loaded = self._loaded(request, record.pk)
        now = LoadedForm.now(
            user=request.user.pk or 0,
            record=record,
            model=self.model._meta.label_lower,
            state=layout.state(record),
        )
        conflict = compare(layout, loaded, now, request.POST)
        if conflict is None:
            if loaded:
                request.POST = answered(loaded, layout, request.POST)  # type: ignore[assignment]
            return
        conflict.since = loaded.at if loaded else None
        conflict.by = list(people(record, conflict.since))
        request.POST = conflict.data  # type: ignore[assignment]
        request._conflict = conflict  # type: ignore[attr-defined]
        not_yet = _("Not saved yet: this record was changed while you were writing. See the box above.")
        request._not_yet = not_yet  # type: ignore[attr-defined]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Those that the form brings itself stand where the template puts them."""
        return [name for name in super().get_fields(request, obj) if name not in (FIELD, REASON_FIELD)]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        taken = {"unique": _("Another record has this address; choose another one.")}
        form = super().get_form(request, obj, change, **{"error_messages": {"slug": taken}, **options})
        form.not_yet = getattr(request, "_not_yet", "")  # type: ignore[attr-defined]
        return form

    def _told_why(self, request: HttpRequest, record: models.Model | None, *, status: int) -> HttpResponse:
        """What was typed into a form that cannot be saved any more, to be copied."""
        layout = self._layout(request, record or self.model(), is_changed=False)
        loaded = self._loaded(request, request.resolver_match.kwargs["object_id"])  # type: ignore[union-attr]
        context = {
            **self.admin_site.each_context(request),
            "title": _("This cannot be saved any more"),
            "opts": self.model._meta,
            "original": record,
            "typed": what_was_typed(layout, loaded, request.POST),
        }
        return render(request, "admin/partnerships/not_saved.html", context, status=status)

    # --- Shown --------------------------------------------------------------------------------------------------------

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        form = context["adminform"].form
        may_save = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may_save and FIELD in form.fields and not form.is_bound:
            form.initial[FIELD] = self._handed_out(request, context, obj).signed()
        context["may_save"] = may_save
        context["conflict"] = getattr(request, "_conflict", None)
        context["sections"] = (
            shown(self.sections, list(context["adminform"]), context["inline_admin_formsets"]) if self.sections else []
        )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _handed_out(self, request: HttpRequest, context: dict[str, Any], obj: Any) -> LoadedForm:
        record = obj if obj is not None and obj.pk else None
        formsets = [inline.formset for inline in context["inline_admin_formsets"] if inline.has_change_permission]
        layout = Layout(
            Part.of_form(type(context["adminform"].form)), tuple(Part.of_rows(type(each)) for each in formsets)
        )
        rows = {each.get_default_prefix(): each.get_queryset() for each in formsets} if record else {}
        state = layout.state(obj, rows) if record else layout.empty()
        return LoadedForm.now(user=request.user.pk or 0, record=record, model=self.model._meta.label_lower, state=state)

    # --- Saved --------------------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj._change_reason = form.cleaned_data.get(REASON_FIELD) or None
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.forms:
            row.instance._change_reason = form.cleaned_data.get(REASON_FIELD) or None
        super().save_formset(request, form, formset, change)


def _with_plain_newlines(posted: QueryDict) -> QueryDict:
    plain = posted.copy()
    for name, texts in plain.lists():
        plain.setlist(name, [text.replace("\r\n", "\n") for text in texts])
    return plain


__all__ = ["Conflict", "RecordAdmin", "RecordForm"]
