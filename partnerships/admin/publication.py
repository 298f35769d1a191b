"""What the admin pages of publishable records share: who may change what, and the steps between the states."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from simple_history.admin import SimpleHistoryAdmin

from partnerships.models import Publication, ReviewEvent
from partnerships.services.publishing import STEPS, RefusedError, take_step

from .searching import SearchedAdmin

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


class PublishableAdmin(SearchedAdmin, SimpleHistoryAdmin):
    """Curators change drafts; what is in review or public is changed, and moved between the states, by editors."""

    actions = ["submit_selected", "publish_selected", "return_selected", "archive_selected"]
    change_form_template = "admin/partnerships/publishable_change_form.html"

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
    def return_selected(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self._take_all(request, chosen, Action.RETURNED)

    @admin.action(description=gettext_lazy("Archive"), permissions=["publish"])
    def archive_selected(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self._take_all(request, chosen, Action.ARCHIVED)

    def _take_all(self, request: HttpRequest, chosen: QuerySet[Any], action: str) -> None:
        done = 0
        for record in chosen:
            done += self._take(request, record, action)
        if done:
            text = ngettext("%(count)d record: %(step)s.", "%(count)d records: %(step)s.", done)
            messages.success(request, text % {"count": done, "step": ReviewEvent.Action(action).label})

    def _take(self, request: HttpRequest, record: Any, action: str) -> bool:
        try:
            take_step(record=record, action=action, by=request.user)  # type: ignore[arg-type]
        except RefusedError as error:
            for refusal in error.refusals:
                messages.error(request, f"{record}: {refusal.reason}")
            return False
        return True

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
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        self._take_posted_step(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        self._take_posted_step(request, obj)
        return super().response_change(request, obj)

    def _take_posted_step(self, request: HttpRequest, obj: Any) -> None:
        """The step whose button was pressed, after the form itself was saved."""
        action = request.POST.get("_step", "")
        if action in STEPS and may_take(request, action) and self._take(request, obj, action):
            messages.success(request, _("%(record)s: %(step)s.") % {"record": obj, "step": Action(action).label})


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
