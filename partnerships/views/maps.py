"""The map of the listing's partnerships: as a page, and as data for the page's script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from partnerships import catalogue, maps, queries, vocabulary, wording
from partnerships.filters import PartnershipFilter
from partnerships.http import public_page
from partnerships.maps import Place, Ties
from partnerships.models import Country, Partnership

from .listing import Listing, at_one_address, check_address
from .results import CatalogueResults


class MapResults(CatalogueResults):
    """The partnerships of a list, to be shown by their titles."""

    def rows(self, start: int, stop: int) -> Any:
        records = maps.current().records
        return [records[key] for key in self.selection.keys(start, stop) if key in records]


def _selected(request: HttpRequest) -> tuple[PartnershipFilter, MapResults, Ties]:
    filters = PartnershipFilter(request.GET, queries.partnerships())
    check_address(request, filters)
    results = MapResults(catalogue.current().selected(filters))
    return filters, results, maps.current().ties(results.selection.keys(0, results.count))


@require_safe
@public_page
@at_one_address
def map_page(request: HttpRequest) -> HttpResponse:
    filters, results, ties = _selected(request)
    context = {
        "listing": Listing.build(request, filters, results),
        "filters": filters,
        "ties": ties,
        "shores": [_shore(ties, filters, country, name) for country, name in SHORES],
        "tiles": settings.TILE_URL,
    }
    return render(request, "maps/map.html", context)


# --- The list beside the map -----------------------------------------------------------------------------------------

SHORES = ((Country.JP, "prefecture"), (Country.US, "state"))


@dataclass(frozen=True)
class ListedPlace:
    place: Place
    count: int
    url: str


@dataclass(frozen=True)
class ListedRegion:
    """A state or prefecture with its places, the busiest first; the code is empty for places that lie in none."""

    code: str
    label: str
    count: int
    url: str
    places: list[ListedPlace]


@dataclass(frozen=True)
class Shore:
    country: str
    label: str
    regions: list[ListedRegion]


def _shore(ties: Ties, filters: PartnershipFilter, country: str, parameter: str) -> Shore:
    before, after = filters.address({"actor": ["\0"]}).split("%00")
    places: dict[str, list[ListedPlace]] = {}
    for key, count in ties.places.items():
        place = ties.atlas.places[key]
        if place.country == country:
            listed = places.setdefault(place.region_code, [])
            if not place.is_region:
                listed.append(ListedPlace(place, count, before + place.slug + after))
    labels = vocabulary.current().labels(parameter)
    regions = [
        ListedRegion(
            code,
            labels.get(code) or _("In no state or prefecture"),
            ties.regions[code],
            filters.address({parameter: [code]}) if code in labels else "",
            sorted(listed, key=lambda it: (-it.count, it.place.slug)),
        )
        for code, listed in places.items()
    ]
    regions.sort(key=lambda region: (-region.count, region.code))
    return Shore(country.lower(), str(Country(country).label), regions)


# --- Data for the script ---------------------------------------------------------------------------------------------


@require_safe
@public_page
@at_one_address
def map_data(request: HttpRequest) -> HttpResponse:
    """Places, partnerships, and for each two places the partnerships that join them, by their numbers in the lists.

    A place is ``[slug, name, code of its region, shore, longitude, latitude]``, with longitudes from 118 to 300; a
    partnership ``[slug, title, kind]``, and the title's language where it is not the page's; a pair ``[number of the
    Japanese place, number of the American place, [numbers of partnerships]]``. Partnerships stand in the list's order.
    """
    _filters, results, ties = _selected(request)
    atlas = ties.atlas
    kinds = {str(value): str(label) for value, label in Partnership.Kind.choices}
    numbers = {key: number for number, key in enumerate(sorted(ties.places, key=lambda key: atlas.places[key].slug))}
    joined: dict[maps.Pair, list[int]] = {}
    for number, key in enumerate(ties.drawn):
        for pair in atlas.pairs[key]:
            joined.setdefault(pair, []).append(number)
    data = {
        "count": results.count,
        "not_drawn": ties.not_drawn,
        "places": [_place_data(atlas.places[key]) for key in numbers],
        "partnerships": [_record_data(atlas.records[key], kinds) for key in ties.drawn],
        "pairs": sorted([numbers[jp], numbers[us], records] for (jp, us), records in joined.items()),
    }
    compact = {"ensure_ascii": False, "separators": (",", ":")}
    return JsonResponse(data, json_dumps_params=compact)


def _place_data(place: Place) -> list[Any]:
    name = str(wording.local_text(place, "name"))
    point = [round(place.longitude, 3), round(place.latitude, 3)]
    return [place.slug, name, place.region_code, place.country.lower(), *point]


def _record_data(record: maps.Record, kinds: dict[str, str]) -> list[str]:
    title = wording.local_text(record, "title")
    return [record.slug, title.text, kinds[record.kind], *([title.language] if title.is_foreign else [])]
