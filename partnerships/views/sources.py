from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from partnerships import queries
from partnerships.facets import source_facets
from partnerships.filters import SourceFilter
from partnerships.http import public_page
from partnerships.models import Source

from .listing import Listing, at_one_address
from .results import QueryResults


@require_safe
@public_page
@at_one_address
def source_list(request: HttpRequest) -> HttpResponse:
    filters = SourceFilter(request.GET, queries.sources())
    listing = Listing.build(
        request, filters, QueryResults("source", filters, source_facets, queries.with_citation_counts)
    )
    return render(request, "sources/list.html", {"listing": listing, "filters": filters})


@require_safe
@public_page
def source_detail(request: HttpRequest, slug: str) -> HttpResponse:
    source = queries.sources().filter(slug=slug).first()
    if source is None:
        if present := queries.former_slug(Source, slug):
            return redirect("source-detail", present, permanent=True)
        raise Http404
    return render(request, "sources/detail.html", {"source": source, "supported": queries.support_of(source)})
