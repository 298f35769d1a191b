"""Who is connected with whom, and what overlaps in one state or prefecture."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from partnerships import catalogue, queries, vocabulary
from partnerships.facets import partnership_facets
from partnerships.filters import DatedPartnershipFilter, PlaceFilter
from partnerships.http import public_page
from partnerships.networks import connections, graph, overlaps

from .advice import Advice
from .asking import Asked
from .listing import Narrowing, at_one_address, check_address
from .results import CatalogueResults


@require_safe
@public_page
@at_one_address
def network(request: HttpRequest) -> HttpResponse:
    """Who is connected with whom among the partnerships that the listing's parameters choose."""
    filters = DatedPartnershipFilter(request.GET, queries.partnerships())
    check_address(request, filters)
    selection = catalogue.current().selected(filters)
    matrix = connections.matrix(selection)
    context = {
        "filters": filters,
        "listing": Narrowing(filters, selection.facets(partnership_facets), selection.count),
        "advice": None if selection.count else Advice.build(filters, CatalogueResults(selection)),
        "matrix": matrix,
        "hubs": connections.hubs(selection, matrix),
        "clusters": connections.clusters(selection),
        "mergers": connections.mergers(selection),
    }
    return render(request, "networks/network.html", context)


@require_safe
@public_page
@at_one_address
def overlaps_of_a_place(request: HttpRequest) -> HttpResponse:
    """What overlaps in the state or prefecture of a place; without one, how to find that out."""
    filters = PlaceFilter(request.GET, queries.partnerships())
    check_address(request, filters)
    asked = Asked(filters, request.GET.get("actor", ""), request.GET.getlist("theme"))
    if asked.one_place is not None:
        return redirect(f"{request.path}{filters.address({'actor': [asked.one_place.slug]})}")
    found = overlaps.overlaps(graph.body(filters.place), filters.chosen("theme")) if filters.place else None
    context = {
        "filters": filters,
        "asked": asked,
        "overlaps": found,
        "themes": vocabulary.current().labels("theme"),
        "busiest": [] if found else overlaps.busiest(),
    }
    return render(request, "networks/overlaps.html", context)
