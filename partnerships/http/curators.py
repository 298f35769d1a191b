"""Django's middleware of sessions, accounts and messages, for those requests that may come from a curator.

Readers of public pages have no account: their requests pass through. Subclasses, so that the admin's system checks
still find what the admin needs.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .language import without_language

PLACES = ("/admin", "/accounts")
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
    return user is not None and user.has_perm(permission)


class _ForCurators:
    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if may_concern_a_curator(request):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)


class SessionMiddleware(_ForCurators, sessions.SessionMiddleware):
    pass


class AuthenticationMiddleware(_ForCurators, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(_ForCurators, messages.MessageMiddleware):
    pass
