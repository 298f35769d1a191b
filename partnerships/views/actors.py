from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from partnerships import catalogue, linked_data, maps, queries
from partnerships.facets import actor_facets
from partnerships.figures import by_year, headline, ranked
from partnerships.filters import ActorFilter
from partnerships.http import public_page
from partnerships.models import Actor, Country

from .listing import Listing, at_one_address
from .results import QueryResults

ROWS = 25  # of each list on an actor's page; the listing has the rest
MANY = 5  # partnerships from which on charts say more than the rows themselves


@require_safe
@public_page
@at_one_address
def actor_list(request: HttpRequest) -> HttpResponse:
    filters = ActorFilter(request.GET, queries.actors())
    listing = Listing.build(request, filters, QueryResults("actor", filters, actor_facets, queries.with_tie_counts))
    return render(request, "actors/list.html", {"listing": listing, "filters": filters})


@require_safe
@public_page
def actor_detail(request: HttpRequest, slug: str) -> HttpResponse:
    found = queries.actors().select_related("region", "parent", "successor").prefetch_related("other_names")
    actor = found.filter(slug=slug).first()
    if actor is None:
        if present := queries.former_slug(Actor, slug):
            return redirect("actor-detail", present, permanent=True)
        raise Http404
    selection = catalogue.selection("actor", slug)
    own, inherited = queries.partnerships_of(actor), queries.inherited_partnerships(actor)
    own_rows = list(queries.for_rows(own).order_by("started", "slug")[:ROWS])
    inherited_rows = list(queries.for_rows(inherited).order_by("started", "slug")[:ROWS])
    context = {
        "actor": actor,
        "linked_data": linked_data.script(linked_data.actor(actor)),
        "names": list(actor.other_names.all()),
        "predecessors": list(actor.predecessors.published().order_by(*queries.name_order())),
        "own": own_rows,
        "inherited": inherited_rows,
        "listed": len({row.pk for row in [*own_rows, *inherited_rows]}),
        "places": list(queries.places_within(actor)),
        "ties": maps.current().ties(selection.keys(0, selection.count)),
        "headline": headline(selection),
        "by_year": by_year(selection),
        "themes": ranked(selection, "theme"),
        "across": ranked(selection, "prefecture" if actor.country == Country.US else "state"),
        "in_figures": selection.count >= MANY,
    }
    return render(request, "actors/detail.html", context)
