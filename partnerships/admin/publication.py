"""What the admin pages of publishable records share: who may change what, and the steps between the states."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from simple_history.admin import SimpleHistoryAdmin

from partnerships.models import Publication, ReviewEvent
from partnerships.services.publishing import STEPS, Refusal, RefusedError, missing_for_publication, take_step

from .merging import MergeableAdmin
from .searching import SearchedAdmin
from .suggested import suggestions_on

Action = ReviewEvent.Action

# The steps that need the right to publish; submitting needs only the right to submit.
EDITORS_STEPS = {Action.RETURNED, Action.PUBLISHED, Action.ARCHIVED}
STEP_LABELS = {
    Action.SUBMITTED: gettext_lazy("Save and submit for review"),
    Action.PUBLISHED: gettext_lazy("Save and publish"),
    Action.RETURNED: gettext_lazy("Save and send back to draft"),
    Action.ARCHIVED: gettext_lazy("Save and archive"),
}
# Of records that are public: the package holds what ``load_directory`` takes, and their notes are a part of that.
NOTES_ARE_PUBLIC = gettext_lazy(
    "The note stands on no page, but anybody can read it in the data package once the record is public."
)


def may_take(request: HttpRequest, action: str) -> bool:
    right = "publish" if action in EDITORS_STEPS else "submit"
    return request.user.has_perm(f"partnerships.{right}_partnership")


class PublishableAdmin(MergeableAdmin, SearchedAdmin, SimpleHistoryAdmin):
    """Curators change drafts; what is in review or public is changed, and moved between the states, by editors."""

    actions = ["submit_selected", "publish_selected", "return_selected", "archive_selected"]
    change_form_template = "admin/partnerships/publishable_change_form.html"

    class Media:
        css = {"all": ["partnerships/css/admin-suggestions.css"]}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or obj.publication == Publication.DRAFT or self.has_publish_permission(request)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return may_take(request, Action.PUBLISHED)

    def has_submit_permission(self, request: HttpRequest) -> bool:
        return may_take(request, Action.SUBMITTED)

    @admin.action(description=gettext_lazy("Submit for review"), permissions=["submit"])
    def submit_selected(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self._take_all(request, chosen, Action.SUBMITTED)

    @admin.action(description=gettext_lazy("Publish"), permissions=["publish"])
    def publish_selected(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self._take_all(request, chosen, Action.PUBLISHED)

    @admin.action(description=gettext_lazy("Send back to draft"), permissions=["publish"])
    def return_selected(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        """Asks on a page of its own what is to be changed."""
        if "_note" in request.POST:
            self._take_all(request, chosen, Action.RETURNED, request.POST["_note"])
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Send back to draft"),
            "opts": self.opts,
            "chosen": chosen,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/partnerships/return_selected.html", context)

    @admin.action(description=gettext_lazy("Archive"), permissions=["publish"])
    def archive_selected(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self._take_all(request, chosen, Action.ARCHIVED)

    def _take_all(self, request: HttpRequest, chosen: QuerySet[Any], action: str, note: str = "") -> None:
        done = 0
        for record in chosen:
            done += self._take(request, record, action, note)
        if done:
            text = ngettext("%(count)d record: %(step)s.", "%(count)d records: %(step)s.", done)
            messages.success(request, text % {"count": done, "step": ReviewEvent.Action(action).label})

    def _take(self, request: HttpRequest, record: Any, action: str, note: str = "") -> bool:
        try:
            take_step(record=record, action=action, by=request.user, note=note)  # type: ignore[arg-type]
        except RefusedError as error:
            form = reverse(f"admin:partnerships_{self.opts.model_name}_change", args=[record.pk])
            for refusal in error.refusals:
                place = f"{form}#{self.place_in_form(refusal)}"
                messages.error(request, format_html('{}: <a href="{}">{}</a>', record, place, refusal.reason))
            return False
        return True

    def place_in_form(self, refusal: Refusal) -> str:
        """The id of the part of the record's form where a refusal can be mended."""
        is_part = any(relation.name == refusal.field for relation in self.opts.related_objects)
        return f"{refusal.field}-group" if is_part else f"id_{refusal.field}"

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        state = obj.publication if obj else Publication.DRAFT
        may_save = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        context["steps"] = [
            (action, STEP_LABELS[Action(action)])
            for action, (froms, _to) in STEPS.items()
            if may_save and state in froms and may_take(request, action)
        ]
        context["state"] = Publication(state).label
        if obj and may_save and state != Publication.PUBLISHED:
            missing = missing_for_publication(obj)
            context["missing"] = [(self.place_in_form(refusal), refusal.reason) for refusal in missing]
        if obj:
            context["review_events"] = obj.review_events.select_related("by")[:5]
            context["needs_note"] = state == Publication.IN_REVIEW and may_take(request, Action.RETURNED)
        context["suggestions"] = suggestions_on(obj, request.user)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        answer = super().response_add(request, obj, post_url_continue)
        return self._take_posted_step(request, obj) or answer

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        answer = super().response_change(request, obj)
        return self._take_posted_step(request, obj) or answer

    def _take_posted_step(self, request: HttpRequest, obj: Any) -> HttpResponse | None:
        """The step whose button was pressed, after the form itself was saved; back to the form if it is refused."""
        action = request.POST.get("_step", "")
        if action not in STEPS or not may_take(request, action):
            return None
        if self._take(request, obj, action, request.POST.get("_note", "")):
            messages.success(request, _("%(record)s: %(step)s.") % {"record": obj, "step": Action(action).label})
            return None
        return redirect(f"admin:partnerships_{self.opts.model_name}_change", obj.pk)


class PartsOfPublishedFormSet(BaseInlineFormSet):
    """Inline rows of a record; while it is published, they must stay such that it could be."""

    required_field = ""

    def problems(self, kept: list[dict[str, Any]]) -> list[str]:
        raise NotImplementedError

    def clean(self) -> None:
        super().clean()
        if any(self.errors) or self.instance.publication != Publication.PUBLISHED:
            return
        rows = [form.cleaned_data for form in self.forms if form not in self.deleted_forms]
        kept = [row for row in rows if row.get(self.required_field)]
        if found := self.problems(kept):
            raise ValidationError(found)
