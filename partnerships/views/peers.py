from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from partnerships import queries, vocabulary
from partnerships.filters import PlaceFilter
from partnerships.http import public_page
from partnerships.peers import rules, world
from partnerships.peers.finding import Peers

from .asking import Asked
from .listing import at_one_address, check_address


@require_safe
@public_page
@at_one_address
def peer_finder(request: HttpRequest) -> HttpResponse:
    """Who has done what a place wants to do, who across the Pacific could fit, who near is connected; with reasons."""
    filters = PlaceFilter(request.GET, queries.partnerships())
    check_address(request, filters)
    asked = Asked(filters, request.GET.get("actor", ""), request.GET.getlist("theme"))
    if asked.one_place is not None:
        return redirect(f"{request.path}{filters.address({'actor': [asked.one_place.slug]})}")
    context = {
        "filters": filters,
        "asked": asked,
        "peers": _peers(filters),
        "themes": vocabulary.current().labels("theme"),
        "rules": rules.RULES,
        "judged": rules.JUDGED,
        "weights": rules.kept(),
        "measured_on": rules.measured_on(),
    }
    return render(request, "peers/finder.html", context)


def _peers(filters: PlaceFilter) -> Peers | None:
    """The answers for the place that was chosen, or for what it became a part of; None where there is none."""
    if filters.place is None:
        return None
    present = world.current()
    place = present.gazetteer.places.get(present.gazetteer.present(filters.place.pk))
    return Peers(place, present, filters.chosen("theme")) if place else None
