"""The data package as one file, and how the data is cited."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from partnerships.citing import DataReference, in_each_language
from partnerships.http import public_page
from partnerships.package import describing, download


@require_safe
@public_page
def data_package(request: HttpRequest) -> HttpResponse:
    package = download.current()
    return _file(package.archive, package.file_name, "application/zip")


@require_safe
@public_page
def data_bibtex(request: HttpRequest) -> HttpResponse:
    text = DataReference.of(download.current().edition).bibtex()
    return _file(text, f"{describing.NAME}.bib", "application/x-bibtex; charset=utf-8")


@require_safe
@public_page
def data_ris(request: HttpRequest) -> HttpResponse:
    text = DataReference.of(download.current().edition).ris()
    return _file(text, f"{describing.NAME}.ris", "application/x-research-info-systems; charset=utf-8")


def _file(content: bytes | str, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def citations_of_data(edition: describing.Edition) -> dict[str, Any]:
    reference = DataReference.of(edition)
    return {
        "plain": in_each_language(lambda: DataReference.of(edition).plain()),
        "bibtex": reference.bibtex(),
        "ris": reference.ris(),
    }
