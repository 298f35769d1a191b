"""Django's middleware of sessions, accounts and messages, for those requests that may come from a curator.

Readers of public pages have no account: their requests pass through. Subclasses, so that the admin's system checks
still find what the admin needs.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers

from partnerships import databases

from .language import without_language

ACCOUNTS = "/accounts"
PLACES = ("/admin", ACCOUNTS)
READING = {"GET", "HEAD", "OPTIONS"}


def may_concern_a_curator(request: HttpRequest) -> bool:
    """Everything but reading a page outside the admin without a session."""
    return (
        request.method not in READING
        or settings.SESSION_COOKIE_NAME in request.COOKIES
        or without_language(request.path_info).startswith(PLACES)
    )


def may(request: HttpRequest, permission: str) -> bool:
    """Whether whoever asks has signed in and may do this."""
    user = getattr(request, "user", None)  # none where the middleware let the request pass
    return user is not None and user.has_perm(permission) and not lacks_second_factor(request)


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether whoever asks works in the admin and has no second factor, where ``REQUIRE_MFA`` asks for one.

    Signing in asks for the factor of whoever has one, so a session with a factor behind it is proof of it.
    """
    user = getattr(request, "user", None)
    if not settings.REQUIRE_MFA or user is None or not user.is_staff:
        return False
    known = request.__dict__.get("_lacks_second_factor")
    if known is None:
        known = not is_mfa_enabled(user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN])
        request.__dict__["_lacks_second_factor"] = known
    return bool(known)


class _ForCurators:
    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if may_concern_a_curator(request):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)


class SessionMiddleware(_ForCurators, sessions.SessionMiddleware):
    """The first of the three; what it needs the database for must not fail because that was restarted meanwhile."""

    def process_request(self, request: HttpRequest) -> None:
        databases.make_sure_of_primary()
        super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if without_language(request.path_info).startswith(ACCOUNTS):
            add_never_cache_headers(response)
        return super().process_response(request, response)


class AuthenticationMiddleware(_ForCurators, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(_ForCurators, messages.MessageMiddleware):
    pass
