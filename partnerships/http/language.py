"""One address is one page in one language: Japanese below ``/ja/``, English elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation


def language_from_path(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Activate the language that the address names.

    Django's ``LocaleMiddleware`` would also look at cookies and headers and add ``Vary: Accept-Language``; here one
    address is one page, for people and for shared caches alike.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        language = language_of(request.path_info)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response

    return middleware


def language_of(path: str) -> str:
    """The language of the page at this path."""
    return "ja" if path == "/ja" or path.startswith("/ja/") else "en"


def without_language(path: str) -> str:
    """The path of the page, whatever its language; empty for ``/ja``."""
    return path.removeprefix("/ja") if language_of(path) == "ja" else path


def in_language(path: str, language: str) -> str:
    """The same address in another language; ``path`` may carry a query."""
    bare = path.removeprefix("/ja") if path == "/ja" or path.startswith(("/ja/", "/ja?")) else path
    if language == settings.LANGUAGE_CODE:
        return bare or "/"
    return f"/{language}{bare}"
