from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from partnerships import catalogue, queries
from partnerships.figures import by_year, headline, ranked, theme_examples
from partnerships.http import public_page

NEWEST = 6
EXAMPLES = 2


@require_safe
@public_page
def theme_list(request: HttpRequest) -> HttpResponse:
    context = {"themes": list(queries.themes_with_counts()), "examples": theme_examples()}
    return render(request, "themes/list.html", context)


@require_safe
@public_page
def theme_detail(request: HttpRequest, slug: str) -> HttpResponse:
    theme = get_object_or_404(queries.themes_with_counts(), slug=slug)
    selection = catalogue.selection("theme", slug)
    found = queries.partnerships().filter(theme_links__theme=theme)
    context = {
        "theme": theme,
        "headline": headline(selection),
        "by_year": by_year(selection),
        "states": ranked(selection, "state"),
        "prefectures": ranked(selection, "prefecture"),
        "kinds": ranked(selection, "kind"),
        "examples": queries.instructive(found, EXAMPLES),
        "newest": list(queries.for_rows(found).order_by("-started", "slug").exclude(started=None)[:NEWEST]),
    }
    return render(request, "themes/detail.html", context)
