"""What every request passes through."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation


def language_from_path(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Activate the language that the address names: Japanese below ``/ja/``, English elsewhere.

    Django's ``LocaleMiddleware`` would also look at cookies and headers and add ``Vary: Accept-Language``; here one
    address is one page, for people and for shared caches alike.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        language = "ja" if request.path_info == "/ja" or request.path_info.startswith("/ja/") else "en"
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response

    return middleware


def in_language(path: str, language: str) -> str:
    """The same address in another language; ``path`` may carry a query."""
    bare = path.removeprefix("/ja") if path == "/ja" or path.startswith(("/ja/", "/ja?")) else path
    if language == settings.LANGUAGE_CODE:
        return bare or "/"
    return f"/{language}{bare}"
