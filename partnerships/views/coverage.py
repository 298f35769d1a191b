"""Where activity is recorded and where nothing is, as a page and as a table."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from partnerships import catalogue, coverage, queries
from partnerships.coverage import Matrix
from partnerships.exports import matrices, tables
from partnerships.facets import coverage_facets
from partnerships.filters import CoverageFilter
from partnerships.http import public_page

from .listing import Narrowing, at_one_address, check_address


@require_safe
@public_page
@at_one_address
def coverage_page(request: HttpRequest) -> HttpResponse:
    asked, matrix = _asked_for(request)
    language = get_language() or "en"
    context = {
        "filters": asked.filters,
        "listing": asked,
        "matrix": matrix,
        "switch": _switch(asked.filters),
        "by_theme": coverage.gaps_by_theme(language),
        "by_place": coverage.gaps_by_place(matrix.by, language) if matrix.by != "pair" else [],
        "shares": coverage.shares(),
        "groups": coverage.current().groups,
    }
    return render(request, "coverage/matrix.html", context)


@require_safe
@public_page
@at_one_address
def coverage_csv(request: HttpRequest) -> HttpResponse:
    _asked, matrix = _asked_for(request)
    response = HttpResponse(tables.csv_table(matrices.rows(matrix)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="coverage-by-{matrix.by}.csv"'
    return response


def _asked_for(request: HttpRequest) -> tuple[Narrowing, Matrix]:
    filters = CoverageFilter(request.GET, queries.partnerships())
    check_address(request, filters)
    selection = catalogue.current().selected(filters)
    asked = Narrowing(filters, coverage_facets(selection), selection.count)
    return asked, coverage.matrix(selection, get_language() or "en")


def _switch(filters: CoverageFilter) -> list[tuple[str, str, bool]]:
    """What the matrix can show, as (label, address, whether it does)."""
    return [
        (str(label), filters.address({"by": [value]}), value == filters.by_what)
        for value, label in filters.base_filters["by"].extra["choices"]
    ]
