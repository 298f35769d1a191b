"""Control 1, the limit: a constant page of 40 KB."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

SIZE = 40_000
_ROW = "<li><a href='/partnerships/'>A partnership between two shores</a> <span>1957, clean energy</span></li>\n"
_START, _END = "<!doctype html><html lang='en'><title>Fixed</title><ul>\n", "</ul></html>\n"
BODY = (_START + _ROW * (SIZE // len(_ROW)))[: SIZE - len(_END)] + _END


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(BODY)


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("healthz", healthz), path("partnerships/", page)]
