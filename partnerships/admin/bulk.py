"""Changes to many partnerships from their list: asked for once, counted, and explained where they were not made."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partnerships.models import Partnership, Theme
from partnerships.services import bulk
from partnerships.services.bulk import BulkReport, Left
from partnerships.wording import local_text

from .publication import PublishableAdmin

MOST_TOLD = 20  # refusals, one by one; of the others their number


class ThemeField(forms.ModelChoiceField):
    def label_from_instance(self, theme: Any) -> str:
        return local_text(theme, "name").text


class ThemeChoice(forms.Form):
    theme = ThemeField(Theme.objects.all(), label=gettext_lazy("theme"), widget=forms.RadioSelect, empty_label=None)


class BulkAdmin(PublishableAdmin):
    actions = [*PublishableAdmin.actions, "add_theme_to_selected", "mark_selected_verified"]

    @admin.action(description=gettext_lazy("Add a theme"), permissions=["change"])
    def add_theme_to_selected(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        """Asks for the theme on a page of its own, which comes back to this action."""
        form = ThemeChoice(request.POST if "theme_asked" in request.POST else None)
        if not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Add a theme"),
                "count": chosen.count(),
                "form": form,
                "chosen": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
                "checkbox": helpers.ACTION_CHECKBOX_NAME,
                "across": request.POST.get("select_across") == "1",
            }
            return TemplateResponse(request, "admin/partnerships/partnership/add_theme.html", context)
        theme = form.cleaned_data["theme"]
        allowed, refused = self._may_change(request, chosen)
        report = bulk.add_theme(records=allowed, theme=theme, by=request.user)  # type: ignore[arg-type]
        changed = ngettext(
            "%(count)d record has the theme “%(theme)s” now.",
            "%(count)d records have the theme “%(theme)s” now.",
            report.changed,
        )
        had_it = ngettext("%(count)d record had it already.", "%(count)d records had it already.", report.had_it)
        self._report(
            request,
            report,
            refused,
            changed % {"count": report.changed, "theme": local_text(theme, "name").text},
            had_it,
        )
        return None

    @admin.action(description=gettext_lazy("Mark as verified today"), permissions=["change"])
    def mark_selected_verified(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        allowed, refused = self._may_change(request, chosen)
        report = bulk.mark_verified(records=allowed, by=request.user)  # type: ignore[arg-type]
        changed = ngettext(
            "%(count)d record is marked as verified today.",
            "%(count)d records are marked as verified today.",
            report.changed,
        )
        had_it = ngettext("%(count)d record was already.", "%(count)d records were already.", report.had_it)
        self._report(request, report, refused, changed % {"count": report.changed}, had_it)

    def _may_change(self, request: HttpRequest, chosen: QuerySet[Any]) -> tuple[list[Partnership], list[Left]]:
        allowed: list[Partnership] = []
        refused: list[Left] = []
        for record in chosen:
            if self.has_change_permission(request, record):
                allowed.append(record)
            else:
                state = record.get_publication_display()
                reason = _("It is in the state “%(state)s”, in which only editors change it.") % {"state": state}
                refused.append(Left(record, reason))
        return allowed, refused

    def _report(self, request: HttpRequest, report: BulkReport, refused: list[Left], changed: str, had_it: str) -> None:
        if report.changed:
            messages.success(request, changed)
        if report.had_it:
            messages.info(request, had_it % {"count": report.had_it})
        left = [*refused, *report.left]
        for each in left[:MOST_TOLD]:
            messages.error(request, f"{each.record}: {each.reason}")
        if more := len(left) - MOST_TOLD if len(left) > MOST_TOLD else 0:
            text = ngettext(
                "%(count)d more record was left as it was.", "%(count)d more records were left as they were.", more
            )
            messages.error(request, text % {"count": more})
