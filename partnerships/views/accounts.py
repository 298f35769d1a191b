"""The pages of one's account that django-allauth has not."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from allauth.account import views as allauth_views
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.internal.flows.logout import logout
from allauth.account.models import Login
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters

from partnerships.http.rate_limit import client_of
from partnerships.models import Role
from partnerships.services import accounts, invitations


def home(request: HttpRequest) -> HttpResponse:
    return redirect("mfa_index" if request.user.is_authenticated else "account_login")


def password_reset(request: HttpRequest) -> HttpResponse:
    """Where no e-mail can be sent, the page says whom to ask."""
    if not settings.EMAIL_IS_CONFIGURED:
        return render(request, "account/password_reset_ask.html")
    return allauth_views.password_reset(request)


@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """Where somebody is signed in; each session can be ended, and all of them."""
    user: User = request.user  # type: ignore[assignment]  # @login_required
    own = UserSession.objects.filter(user=user)
    if request.method == "POST" and "everywhere" in request.POST:
        accounts.end_sessions(user=user, address=client_of(request))
        logout(request)
        return redirect("account_login")
    if request.method == "POST":
        named = request.POST.getlist("session")
        chosen = own.exclude(session_key=request.session.session_key).filter(
            pk__in=[int(number) for number in named if re.fullmatch(r"\d{1,18}", number, re.ASCII)]
        )
        ended = accounts.end_some(user=user, sessions=chosen, address=client_of(request))
        text = ngettext("%(count)d session ended.", "%(count)d sessions ended.", ended)
        messages.success(request, text % {"count": ended})
        return redirect("usersessions_list")
    listed = sorted(UserSession.objects.purge_and_list(user), key=lambda it: it.created_at, reverse=True)
    return render(request, "usersessions/usersession_list.html", {"sessions": listed})


@sensitive_post_parameters()
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Choosing user name and password; afterwards one is signed in."""
    found = invitations.find(token)
    if found is None:
        return render(request, "account/invitation_over.html", status=HTTPStatus.NOT_FOUND)
    if request.user.is_authenticated:
        return render(request, "account/invitation_signed_in.html", {"invitation": found})
    form: Any = UserCreationForm(request.POST or None, instance=User(email=found.email))
    if request.method != "POST" or not form.is_valid():
        role = Role(found.role).explanation
        return render(request, "account/invitation.html", {"form": form, "invitation": found, "role": role})
    name, password = form.cleaned_data["username"], form.cleaned_data["password1"]
    try:
        user = invitations.accept(token=token, username=name, password=password, address=client_of(request))
    except invitations.InvitationError:
        return render(request, "account/invitation_over.html", status=HTTPStatus.NOT_FOUND)
    messages.success(request, _("Welcome, %(name)s. This is your account now.") % {"name": name})
    return perform_password_login(request, {"username": name}, Login(user=user, email=user.email))


def too_many(request: HttpRequest) -> HttpResponse:
    """What allauth answers beyond its limits."""
    response = render(request, "account/too_many.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = "60"
    return response
