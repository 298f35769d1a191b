"""Accounts: managers see all, give roles, and help whoever cannot sign in; the rest is for superusers."""

from __future__ import annotations

from typing import Any

from allauth.account import admin as allauth_account_admin  # noqa: F401  (registers what is taken away below)
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa import admin as allauth_mfa_admin  # noqa: F401
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as allauth_usersessions_admin  # noqa: F401
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partnerships.models import Happening, Role, SignInEvent
from partnerships.services import accounts
from partnerships.services.sign_in_events import note

from .lookups import LookupAdmin

# Secrets and sessions are nobody's to browse.
for model in (EmailAddress, EmailConfirmation, Authenticator, UserSession, User):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

FACTORS = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)


class AccountForm(UserChangeForm):
    def clean_email(self) -> str:
        """People sign in with it, so it belongs to one account, however it is written."""
        email = str(self.cleaned_data["email"]).strip().lower()
        if email and User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Another account has this address."))
        return email


class AccountFormOfManagers(AccountForm):
    password = None  # type: ignore[assignment]  # not even its digest


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin):
    form = AccountForm
    list_display = ["username", "email", "roles", "has_second_factor", "is_active", "last_login"]
    list_filter = ["groups", "is_active"]
    actions = ["remove_second_factors", "make_password_links", "sign_out_everywhere"]
    filter_horizontal = ["user_permissions"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).annotate(with_factor=Exists(FACTORS)).prefetch_related("groups")

    @admin.display(description=gettext_lazy("roles"))
    def roles(self, user: User) -> str:
        known = dict(Role.choices)
        names = [str(known.get(group.name, group.name)) for group in user.groups.all()]
        return ", ".join([_("superuser"), *names] if user.is_superuser else names)

    @admin.display(description=gettext_lazy("second factor"), boolean=True, ordering="with_factor")
    def has_second_factor(self, user: User) -> bool:
        return bool(getattr(user, "with_factor", False))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Others invite people, who choose their password themselves."""
        return _is_superuser(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_superuser and not _is_superuser(request):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) and super().has_delete_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """A password that somebody else knows is none; managers make a link for a new one."""
        if not _is_superuser(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if _is_superuser(request) or obj is None:
            return super().get_fieldsets(request, obj)
        return [
            (None, {"fields": ["username", "email", ("first_name", "last_name")]}),
            (gettext_lazy("Roles"), {"fields": ["groups", "is_active", "last_login", "date_joined"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if _is_superuser(request):
            return []
        fixed = ["username", "last_login", "date_joined"]
        return [*fixed, "groups", "is_active"] if obj == request.user else fixed

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None and not _is_superuser(request):
            kwargs["form"] = AccountFormOfManagers
        form = super().get_form(request, obj, change=change, **kwargs)
        if "groups" in form.base_fields:
            groups = Group.objects.filter(Q(name__in=Role.values) | Q(user=obj)).distinct()
            field: Any = form.base_fields["groups"]
            field.queryset = Group.objects.all() if _is_superuser(request) else groups
            field.help_text = gettext_lazy("Managers invite people and see this page; they do not publish by that.")
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:  # the former address signs in no more, and gets no letters
            EmailAddress.objects.filter(user=obj).delete()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        changed = set(form.changed_data) & {"email", "groups", "is_active", "is_superuser", "is_staff"}
        if change and changed:
            user = form.instance
            state = [*(group.name for group in user.groups.all()), *([] if user.is_active else [_("inactive")])]
            detail = f"{', '.join(sorted(changed))}: {', '.join(state)}"
            note(what=Happening.ROLES_CHANGED, user=user, by=request.user, detail=detail)  # type: ignore[arg-type]

    @admin.action(description=gettext_lazy("Remove second factors and sign out"), permissions=["change"])
    def remove_second_factors(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        count = 0
        for user in self._within_reach(request, chosen):
            accounts.remove_second_factors(user=user, by=request.user)  # type: ignore[arg-type]
            count += 1
        text = ngettext(
            "Second factors of %(count)d account removed.", "Second factors of %(count)d accounts removed.", count
        )
        messages.success(request, text % {"count": count})

    @admin.action(description=gettext_lazy("Make a link for a new password"), permissions=["change"])
    def make_password_links(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        for user in self._within_reach(request, chosen):
            text = _("Give this link to %(name)s yourself; it works once, for three days:") % {"name": user.username}
            link = accounts.password_link(user=user, by=request.user)  # type: ignore[arg-type]
            messages.warning(request, format_html("{} <code class=link-to-copy>{}</code>", text, link))

    @admin.action(description=gettext_lazy("Sign out everywhere"), permissions=["change"])
    def sign_out_everywhere(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        count = 0
        for user in self._within_reach(request, chosen):
            count += accounts.end_sessions(user=user, by=request.user)  # type: ignore[arg-type]
        text = ngettext("%(count)d session ended.", "%(count)d sessions ended.", count)
        messages.success(request, text % {"count": count})

    def _within_reach(self, request: HttpRequest, chosen: QuerySet[User]) -> list[User]:
        """Those of the chosen accounts that may be changed; one's own is changed on its own pages."""
        reached = []
        for user in chosen:
            if user == request.user:
                messages.error(request, _("%(name)s is your own account; see “Your account”.") % {"name": user})
            elif not self.has_change_permission(request, user):
                messages.error(request, _("%(name)s is a superuser, whom only superusers change.") % {"name": user})
            else:
                reached.append(user)
        return reached


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


@admin.register(SignInEvent)
class SignInEventAdmin(LookupAdmin):
    show_facets = admin.ShowFacets.ALLOW
    list_display = ["at", "what", "name", "by", "detail", "address"]
    list_filter = ["what", "at"]
    list_select_related = ["by"]
    search_fields = ["name", "detail", "address"]
