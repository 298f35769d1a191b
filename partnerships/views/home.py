"""The first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from partnerships import anniversaries, catalogue, figures, linked_data, maps, queries
from partnerships.http import public_page

from .pages import data_of_dataset

LEAD_THEMES = 4
LINES = 5  # of each column


@require_safe
@public_page
def home(request: HttpRequest) -> HttpResponse:
    themes = list(queries.themes_with_counts())
    published = catalogue.current()  # once: a change meanwhile may give every record another slot
    counted = queries.figures()
    context = {
        "lead_themes": themes[:LEAD_THEMES],
        "other_themes": themes[LEAD_THEMES:],
        "examples": figures.theme_examples(),
        "ties": maps.current().ties(
            published.keys(published.everything, "oldest", 0, published.everything.bit_count())
        ),
        "figures": counted,
        "site_data": linked_data.script(linked_data.website()),
        "dataset": data_of_dataset(counted),
        "newest": queries.newest_partnerships(LINES),
        "anniversaries": anniversaries.soonest(LINES),
        "gaps": figures.gaps(theme.slug for theme in themes[: LINES - 1]),
    }
    return render(request, "pages/home.html", context)
