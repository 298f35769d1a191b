"""The listing as a file."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from partnerships import catalogue, queries
from partnerships.catalogue import Selection
from partnerships.exports import formats
from partnerships.filters import PartnershipFilter
from partnerships.http import public_page

from .listing import at_one_address, check_address

BATCH = 1_000  # lines


@require_safe
@public_page
@at_one_address
def partnerships_csv(request: HttpRequest) -> HttpResponseBase:
    filters = PartnershipFilter(request.GET, queries.partnerships())
    check_address(request, filters)
    selection = catalogue.current().selected(filters)
    response = StreamingHttpResponse(_csv(selection), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="partnerships.csv"'
    return response


def _csv(selection: Selection) -> Iterator[bytes]:
    yield formats.csv_head()
    for lines in selection.lines(formats.csv_lines, BATCH):
        yield b"".join(lines)
