"""How much a request may bring. More than any form needs is refused before a byte of it is read or written to disk."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _

from .language import language_of, without_language

MEGABYTE = 1024 * 1024
LARGEST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE  # bytes; what Django takes of fields that are no files
LARGEST_WITH_FILE = 12 * MEGABYTE  # bytes, in the admin: the largest import, and what a form puts around it


def body_limit(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer 413 to requests that announce a larger body.

    What announces no length is read as having no body: Django's WSGI handler reads as much as was announced.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        largest = _largest(request.path_info)
        if length.isascii() and length.isdigit() and int(length) <= largest:
            return get_response(request)
        return _refusal(request.path_info, largest)

    return middleware


def _largest(path: str) -> int:
    return LARGEST_WITH_FILE if without_language(path).startswith("/admin/") else LARGEST


def _refusal(path: str, largest: int) -> HttpResponse:
    language = language_of(path)
    with translation.override(language):
        text = _("What was sent is too large; at most %(size)s MB are taken.") % {"size": f"{largest / MEGABYTE:g}"}
    headers = {
        "Cache-Control": "no-store",
        "Connection": "close",
        "Content-Language": language,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    content_type = "text/plain; charset=utf-8"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return HttpResponse(f"{text}\n", content_type=content_type, status=status, headers=headers)
