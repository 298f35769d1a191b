from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from partnerships import catalogue, queries
from partnerships.facets import partnership_facets
from partnerships.figures import by_year, headline, ranked, themes_by_decade
from partnerships.filters import PartnershipFilter
from partnerships.http import public_page

from .advice import Advice
from .listing import Narrowing, at_one_address, check_address
from .results import CatalogueResults


@require_safe
@public_page
@at_one_address
def directory_in_figures(request: HttpRequest) -> HttpResponse:
    """The listing's partnerships in numbers, narrowed by the listing's parameters."""
    filters = PartnershipFilter(request.GET, queries.partnerships())
    check_address(request, filters)
    selection = catalogue.current().selected(filters)
    context = {
        "filters": filters,
        "listing": Narrowing(filters, selection.facets(partnership_facets), selection.count),
        "advice": None if selection.count else Advice.build(filters, CatalogueResults(selection)),
        "headline": headline(selection),
        "by_year": by_year(selection),
        "themes": themes_by_decade(selection),
        "states": ranked(selection, "state"),
        "prefectures": ranked(selection, "prefecture"),
        "kinds": ranked(selection, "kind"),
    }
    return render(request, "pages/figures.html", context)
