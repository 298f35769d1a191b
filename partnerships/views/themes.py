from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from partnerships import queries
from partnerships.http import public_page
from partnerships.models import Country

ROWS = 10
REGIONS = 8


@require_safe
@public_page
def theme_list(request: HttpRequest) -> HttpResponse:
    return render(request, "themes/list.html", {"themes": queries.themes_with_counts()})


@require_safe
@public_page
def theme_detail(request: HttpRequest, slug: str) -> HttpResponse:
    theme = get_object_or_404(queries.themes_with_counts(), slug=slug)
    found = queries.partnerships().filter(theme_links__theme=theme)
    context = {
        "theme": theme,
        "newest": list(queries.for_rows(found).order_by("-started", "slug").exclude(started=None)[:ROWS]),
        "kinds": queries.kinds_of(found),
        "states": queries.busiest_regions(found, Country.US, REGIONS),
        "prefectures": queries.busiest_regions(found, Country.JP, REGIONS),
    }
    return render(request, "themes/detail.html", context)
