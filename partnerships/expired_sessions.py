"""A form of the admin that is posted when its session is over: kept, and filled again after signing in.

Two ways lead here. Nobody is signed in any more: the admin sends to the sign-in page, whichever that is, and the
address to come back to gets the key of what was kept. Or somebody has signed in anew in another tab: the form's token
against forgery is of the session before, and ``csrf_failure`` is asked.
"""

from __future__ import annotations

from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.csrf import csrf_failure as plain_refusal

from .services import kept_forms


def keeping_what_was_typed(view: Any) -> Any:
    """A view of the admin whose redirect to the sign-in page leads back to what was posted."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        response = view(request, *args, **options)
        if request.method != "POST" or not isinstance(response, HttpResponseRedirect):
            return response
        back = _next_of(response.url)
        if back == request.get_full_path() and (address := kept_forms.keep(request)):
            response["Location"] = _with_next(response.url, address)
        return response

    return asked


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is of a session that is over; whatever comes from another site is refused as ever."""
    if _is_our_own(request) and (address := kept_forms.keep(request)):
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            return HttpResponseRedirect(address)
        return redirect_to_login(address, reverse("admin:login"))
    return plain_refusal(request, reason)


def _is_our_own(request: HttpRequest) -> bool:
    """Whether a page of this site posted it, which only a browser can say."""
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def _next_of(address: str) -> str:
    return dict(parse_qsl(urlsplit(address).query)).get(REDIRECT_FIELD_NAME, "")


def _with_next(address: str, back: str) -> str:
    parts = urlsplit(address)
    parameters = {**dict(parse_qsl(parts.query)), REDIRECT_FIELD_NAME: back}
    return urlunsplit(parts._replace(query=urlencode(parameters, safe="/")))
