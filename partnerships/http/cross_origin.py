"""Public data for scripts of other sites (CORS): any origin may read it, without credentials."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from .language import without_language

API = "/api/"
FILES = (".atom", ".bib", ".csv", ".geojson", ".ics", ".json", ".ris", ".xlsx", ".zip")
READABLE = {
    "Access-Control-Allow-Origin": "*",
    # What a script may read beside the few headers that it always may.
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After, Content-Disposition",
}
_PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",  # seconds
}


def cross_origin(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Let every origin read what is data, whatever the answer: a refusal, too, and “not modified”."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not is_data(request.path_info):
            return get_response(request)
        if request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META:
            return HttpResponse(status=204, headers=_PREFLIGHT)
        response = get_response(request)
        for name, value in READABLE.items():
            response.headers[name] = value
        return response

    return middleware


def is_data(path: str) -> bool:
    """Whether a path is one of the API's or a file's; what curators see is for this site alone."""
    return path.startswith(API) or (path.endswith(FILES) and not without_language(path).startswith("/admin"))
