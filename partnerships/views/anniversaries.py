"""Coming anniversaries, as a page and as a calendar."""

from __future__ import annotations

from operator import attrgetter

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from partnerships import calendars, catalogue, queries
from partnerships.anniversaries import Agenda
from partnerships.facets import Facet, partnership_facets
from partnerships.filters import DatedPartnershipFilter
from partnerships.http import public_page

from .listing import Chip, Narrowing, at_one_address, check_address

MOST_SHOWN = 500  # on the page; more would be megabytes
FORM = ("state", "prefecture", "theme", "kind")


@require_safe
@public_page
@at_one_address
def anniversary_list(request: HttpRequest) -> HttpResponse:
    filters, asked = _asked_for(request)
    context = {
        "filters": filters,
        "listing": asked,
        "agenda": Agenda.of(filters.qs, MOST_SHOWN),
        "fields": [_in_order(facet) for name in FORM for facet in asked.facets if facet.name == name],
        "calendar": _calendar_address(filters),
    }
    return render(request, "anniversaries/list.html", context)


@require_safe
@public_page
@at_one_address
def anniversaries_ics(request: HttpRequest) -> HttpResponse:
    filters, asked = _asked_for(request)
    occasions = Agenda.of(filters.qs, calendars.MOST_EVENTS).occasions
    body = calendars.anniversaries(occasions, _name(asked.chips), _calendar_address(filters))
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="anniversaries.ics"'
    return response


def _asked_for(request: HttpRequest) -> tuple[DatedPartnershipFilter, Narrowing]:
    filters = DatedPartnershipFilter(request.GET, queries.partnerships())
    check_address(request, filters)
    selection = catalogue.current().selected(filters)
    return filters, Narrowing(filters, selection.facets(partnership_facets), selection.count)


def _calendar_address(filters: DatedPartnershipFilter) -> str:
    """The address to give to a calendar program."""
    return f"{settings.SITE_URL}{reverse('anniversaries-ics')}{filters.address()}".removesuffix("?")


def _name(chips: list[Chip]) -> str:
    """What calendar programs call it: “U.S.–Japan anniversaries (Washington, Oregon)”."""
    if not chips:
        return _("U.S.–Japan anniversaries")
    chosen = pgettext("between several names", ", ").join(chip.label for chip in chips)
    return _("U.S.–Japan anniversaries (%(chosen)s)") % {"chosen": chosen}


def _in_order(facet: Facet) -> Facet:
    """A facet as a drop-down list wants it: states by name, prefectures from north to south as everywhere in Japan."""
    match facet.name:
        case "state":
            return Facet(facet.name, facet.label, sorted(facet.values, key=attrgetter("label")))
        case "prefecture":
            return Facet(facet.name, facet.label, sorted(facet.values, key=attrgetter("value")))
    return facet
