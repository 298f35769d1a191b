"""The listing as a file: every match of the same filters, in the same order, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from partnerships import catalogue, queries
from partnerships.catalogue import Selection
from partnerships.exports import documents, tables, workbooks
from partnerships.exports.columns import COLUMNS, cells, head
from partnerships.exports.records import records
from partnerships.filters import PartnershipFilter
from partnerships.http import public_page

from .listing import at_one_address, check_address
from .streams import stream

BATCH = 500  # records


@require_safe
@public_page
@at_one_address
def partnerships_csv(request: HttpRequest) -> HttpResponseBase:
    return stream(_csv(_selected(request)), "text/csv; charset=utf-8", "partnerships.csv")


@require_safe
@public_page
@at_one_address
def partnerships_xlsx(request: HttpRequest) -> HttpResponseBase:
    selection = _selected(request)
    labels = dict(zip(COLUMNS, head(), strict=True))
    count = min(selection.count, workbooks.MOST_LINES)
    chunks = workbooks.workbook(_("Partnerships"), labels, _cells(selection, count), count)
    return stream(chunks, workbooks.CONTENT_TYPE, "partnerships.xlsx")


@require_safe
@public_page
@at_one_address
def partnerships_json(request: HttpRequest) -> HttpResponseBase:
    selection = _selected(request)
    return stream(documents.document(selection.count, selection.batches(BATCH)), "application/json")


@require_safe
@public_page
@at_one_address
def partnerships_geojson(request: HttpRequest) -> HttpResponseBase:
    return stream(documents.geojson(_selected(request).batches(BATCH)), "application/geo+json", "partnerships.geojson")


def _selected(request: HttpRequest) -> Selection:
    filters = PartnershipFilter(request.GET, queries.partnerships())
    check_address(request, filters)
    return catalogue.current().selected(filters)


def _csv(selection: Selection) -> Iterator[bytes]:
    yield tables.csv_head()
    for keys in selection.batches(BATCH):
        yield b"".join(selection.catalogue.lines(keys, tables.csv_lines))


def _cells(selection: Selection, count: int) -> Iterator[list[list[str]]]:
    for keys in selection.batches(BATCH):
        found = records(keys[:count])
        yield [cells(found[pk]) for pk in keys[:count] if pk in found]
        count -= len(keys)
        if count <= 0:
            return
