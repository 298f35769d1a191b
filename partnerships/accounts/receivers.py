"""What allauth and Django tell of signing in becomes events; their signals are how they tell it."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest
from django.utils import timezone

from partnerships.http.rate_limit import client_of
from partnerships.models import Happening
from partnerships.services.accounts import end_some
from partnerships.services.sign_in_events import ADDRESSES_KEPT_FOR, note

CODES = Authenticator.Type.RECOVERY_CODES


def connect() -> None:
    account.user_logged_in.connect(_signed_in)
    user_logged_out.connect(_signed_out)
    account.password_changed.connect(_password_changed)
    account.password_reset.connect(_password_changed)
    mfa.authentication_failed.connect(_code_refused)
    mfa.authenticator_added.connect(_factor_added)
    mfa.authenticator_removed.connect(_factor_removed)
    mfa.authenticator_reset.connect(_codes_made)
    mfa.authenticator_used.connect(_factor_used)


def _signed_in(request: HttpRequest, user: User, **rest: Any) -> None:
    note(what=Happening.SIGNED_IN, user=user, address=client_of(request))
    # A session and its address are kept no longer than the session can last, which is less.
    UserSession.objects.filter(created_at__lt=timezone.now() - ADDRESSES_KEPT_FOR).delete()


def _signed_out(request: HttpRequest, user: User | None, **rest: Any) -> None:
    if user is not None:
        UserSession.objects.filter(session_key=request.session.session_key, user=user).delete()
        note(what=Happening.SIGNED_OUT, user=user, address=client_of(request))


def _password_changed(request: HttpRequest, user: User, **rest: Any) -> None:
    note(what=Happening.PASSWORD_CHANGED, user=user, address=client_of(request))


def _code_refused(request: HttpRequest, user: User, **rest: Any) -> None:
    note(what=Happening.CODE_REFUSED, user=user, address=client_of(request))


def _factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any) -> None:
    if authenticator.type == CODES:
        return _codes_made(request, user)
    note(what=Happening.FACTOR_ADDED, user=user, detail=str(authenticator.type), address=client_of(request))
    begun_without_it = UserSession.objects.exclude(session_key=request.session.session_key)
    end_some(user=user, sessions=begun_without_it, address=client_of(request))
    return None


def _factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any) -> None:
    if authenticator.type != CODES:
        note(what=Happening.FACTOR_REMOVED, user=user, detail=str(authenticator.type), address=client_of(request))


def _codes_made(request: HttpRequest, user: User, **rest: Any) -> None:
    note(what=Happening.CODES_MADE, user=user, address=client_of(request))


def _factor_used(request: HttpRequest, user: User, authenticator: Authenticator, **rest: Any) -> None:
    if authenticator.type == CODES:
        note(what=Happening.CODE_USED, user=user, address=client_of(request))
