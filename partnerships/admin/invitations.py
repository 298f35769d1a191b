"""Inviting people, and what is still open of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partnerships.models import Invitation, Role
from partnerships.services import invitations


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("open", gettext_lazy("open")),
            ("expired", gettext_lazy("open, link expired")),
            ("accepted", gettext_lazy("accepted")),
            ("withdrawn", gettext_lazy("withdrawn")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        still_open = queryset.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)
        return {
            "open": still_open,
            "expired": still_open.filter(expires_at__lte=timezone.now()),
            "accepted": queryset.filter(accepted_at__isnull=False),
            "withdrawn": queryset.filter(withdrawn_at__isnull=False),
        }.get(self.value() or "", queryset)


class InvitationForm(forms.ModelForm):
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=lambda: [("", "—"), *((role.value, role.explanation) for role in Role)]
    )

    class Meta:
        model = Invitation
        fields = ["email", "role", "language"]
        help_texts = {"language": gettext_lazy("Of the invitation and of the page that it leads to.")}

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        if reason := invitations.reason_against(email):
            raise forms.ValidationError(reason)
        return email.lower()


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    """Written by its service only; an invitation is not edited, it is sent again or withdrawn."""

    form = InvitationForm
    list_display = ["email", "role", "state", "sent_at", "expires_at", "invited_by"]
    list_filter = [StateFilter, "role"]
    list_select_related = ["invited_by"]
    search_fields = ["email"]
    actions = ["send_again", "withdraw"]

    @admin.display(description=gettext_lazy("state"))
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_at:
            return _("accepted")
        if invitation.withdrawn_at:
            return _("withdrawn")
        return _("open") if invitation.expires_at > timezone.now() else _("open, link expired")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return ["email", "role", "language"]
        shown = ["email", "role", "language", "state", "invited_by", "sent_at", "expires_at", "accepted_at"]
        return [*shown, "account", "withdrawn_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [] if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.instance

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        sent = invitations.invite(
            email=obj.email,
            role=obj.role,
            language=obj.language,
            by=request.user,  # type: ignore[arg-type]
        )
        obj.pk = sent.invitation.pk
        _tell(request, sent)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing belongs to an invitation."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:partnerships_invitation_changelist"))

    @admin.action(description=gettext_lazy("Send again with a new link"), permissions=["change"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        for invitation in chosen:
            try:
                _tell(request, invitations.send_again(invitation=invitation, by=request.user))  # type: ignore[arg-type]
            except invitations.InvitationError as error:
                messages.error(request, f"{invitation.email}: {error}")

    @admin.action(description=gettext_lazy("Withdraw"), permissions=["change"])
    def withdraw(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        done = 0
        for invitation in chosen:
            try:
                invitations.withdraw(invitation=invitation, by=request.user)  # type: ignore[arg-type]
                done += 1
            except invitations.InvitationError as error:
                messages.error(request, f"{invitation.email}: {error}")
        if done:
            text = ngettext("%(count)d invitation withdrawn.", "%(count)d invitations withdrawn.", done)
            messages.success(request, text % {"count": done})


def _tell(request: HttpRequest, sent: invitations.Sent) -> None:
    """What is said of an invitation; its link is shown only where it did not go by e-mail, and only now."""
    if sent.by_mail:
        messages.success(request, _("The invitation was sent to %(email)s.") % {"email": sent.invitation.email})
        return
    text = _("No e-mail was sent. Give this link to %(email)s yourself; it works once, for seven days:")
    link = format_html("{} <code class=link-to-copy>{}</code>", text % {"email": sent.invitation.email}, sent.link)
    messages.warning(request, link)
