"""Pages that are about the directory as a whole, and the pages shown when something is wrong."""

from __future__ import annotations

import sys
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseServerError
from django.shortcuts import render
from django.template import loader
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from partnerships import coverage, databases, linked_data, queries
from partnerships.exports import workbooks
from partnerships.exports.columns import COLUMNS
from partnerships.filters import PartnershipFilter
from partnerships.http import public_page
from partnerships.http.cross_origin import API
from partnerships.http.curators import ACCOUNTS
from partnerships.http.language import language_of, without_language
from partnerships.http.problems import problem_response
from partnerships.models import PartialDate
from partnerships.monitoring.requests import current_id
from partnerships.package import describing, download
from partnerships.package.tables import TABLES

from .package import citations_of_data

SECONDS_UNTIL_NEXT_TRY = 10

STATEMENT_WRITTEN_ON = PartialDate(2026, 11, 26)  # the one on accessibility

EXAMPLES = {
    "validating": "pip install frictionless\nfrictionless validate datapackage.json",
    "python": (
        "from frictionless import Package\n\n"
        'package = Package("datapackage.json")\n'
        'for row in package.get_resource("partnerships").read_rows():\n'
        '    print(row["slug"], row["title"])'
    ),
    "loading": "python manage.py load_directory FOLDER\npython manage.py load_directory FOLDER --dry-run",
}


@require_safe
@public_page
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/about.html", {"figures": queries.figures(), "contact": settings.CONTACT_EMAIL})


@require_safe
@public_page
def data(request: HttpRequest) -> HttpResponse:
    figures, package = queries.figures(), download.current()
    context = {
        "figures": figures,
        "columns": COLUMNS,
        "parameters": PartnershipFilter.base_filters,
        "dataset": data_of_dataset(figures, package.edition.version),
        "package": package,
        "size": filesizeformat(len(package.archive)),
        "tables": TABLES,
        "credited": [source["title"] for source in describing.CREDITED],
        "citations": citations_of_data(package.edition),
        "reached": _reached(figures),
        "examples": EXAMPLES,
    }
    return render(request, "pages/data.html", context)


def data_of_dataset(figures: queries.Figures, version: str = "") -> str:
    """The directory as a data set, for machines."""
    downloads = {
        "application/zip": reverse("data-package"),
        "text/csv": reverse("partnerships-csv"),
        workbooks.CONTENT_TYPE: reverse("partnerships-xlsx"),
        "application/json": reverse("partnerships-json"),
        "application/geo+json": reverse("partnerships-geojson"),
    }
    return linked_data.script(linked_data.dataset(figures, downloads, version))


def _reached(figures: queries.Figures) -> dict[str, tuple[int, int]]:
    """How many places of each sort a published partnership reaches, and how many there are."""
    ground = coverage.current()
    states = len(ground.lines("state", "en")) - len(ground.territories)
    return {
        "states": (figures.states, states),
        "prefectures": (figures.prefectures, len(ground.lines("prefecture", "en"))),
        **{group.name: (group.reached, group.total) for group in ground.groups},
    }


@require_safe
@public_page
def accessibility(request: HttpRequest) -> HttpResponse:
    context = {"contact": settings.CONTACT_EMAIL, "written_on": STATEMENT_WRITTEN_ON}
    return render(request, "pages/accessibility.html", context)


ROBOTS = """\
# Welcome. Every record, place, theme and source is linked from lists that may be read, page by page.
User-agent: *

# The results of searches are no pages of their own, and there is no end of words to search for.
Disallow: /*?q=
Disallow: /*&q=

# Filters may be combined in millions of ways, which show the same records over and over: one filter at a time.
Disallow: /*?*&

# Comparisons of single records, of which there is no end either; answers and briefings for each of thousands of places.
Disallow: /compare/?
Disallow: /ja/compare/?
Disallow: /peers/?
Disallow: /ja/peers/?
Disallow: /brief/?
Disallow: /ja/brief/?

# One form for each of thousands of records, and for each place and theme that somebody may begin from.
Disallow: /suggest/?
Disallow: /ja/suggest/?
Disallow: /partnerships/*/suggest/
Disallow: /ja/partnerships/*/suggest/

# The same records for programs, which need not be told.
Allow: /api/v1/docs/
Disallow: /api/

# For curators only.
Disallow: /admin/
Disallow: /accounts/
Disallow: /ja/admin/
Disallow: /ja/accounts/

Sitemap: {sitemap}
"""


@require_safe
@public_page
def robots(request: HttpRequest) -> HttpResponse:
    rules = ROBOTS.format(sitemap=linked_data.absolute(reverse("sitemap")))
    return HttpResponse(rules, content_type="text/plain; charset=utf-8")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponseNotFound(loader.render_to_string("404.html", request=request))


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the database, which may be what failed; 503 where that will pass."""
    outage = databases.outage_behind(sys.exc_info()[1])
    # What failed may stand before the middleware that knows the language.
    with translation.override(language_of(request.path_info)):
        return _out_of_service(request, outage) if outage else _fault(request)


def _fault(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith(API):
        return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, _("Something went wrong here; it has been noted."))
    context = {"request": request, "request_id": current_id()}
    return HttpResponseServerError(loader.render_to_string("500.html", context))


def _out_of_service(request: HttpRequest, outage: databases.Outage) -> HttpResponse:
    if request.path_info.startswith(API):
        sentence = _("The directory is out of service for a moment; please try again in a minute.")
        response = problem_response(HTTPStatus.SERVICE_UNAVAILABLE, sentence)
    else:
        context = {"request": request, "outage": outage.value, "typed": _what_was_typed(request)}
        page = loader.render_to_string("503.html", context)
        response = HttpResponse(page, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = str(SECONDS_UNTIL_NEXT_TRY)
    response.headers["Cache-Control"] = "no-store"
    return response


def _what_was_typed(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of the form that could not be saved, to be sent again; passwords are typed again."""
    if request.method != "POST" or without_language(request.path_info).startswith(ACCOUNTS):
        return []
    try:
        return [(name, value) for name, values in request.POST.lists() for value in values]
    except (OSError, SuspiciousOperation):  # it did not come whole, or is none
        return []
