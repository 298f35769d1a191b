"""Themes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.request import Request
from rest_framework.response import Response

from partnerships import queries

from . import shapes
from .endpoints import Endpoint, FoundByQuery, ListEndpoint, NotThereError, page_of
from .parameters import PAGE, PAGE_SIZE, fields_of


class ThemeList(ListEndpoint):
    summary = gettext_lazy("Themes")
    description = gettext_lazy("The themes in the order in which the directory shows them.")
    parameters = (fields_of(shapes.Theme), PAGE, PAGE_SIZE)
    shape = shapes.Theme
    answer = page_of(shapes.Theme)
    example = "themes/"

    def get(self, request: Request) -> Response:
        return self.page(FoundByQuery(queries.themes_with_counts(), read), self.given())


class ThemeOne(Endpoint):
    summary = gettext_lazy("One theme")
    description = gettext_lazy("One theme; its partnerships are in the list of partnerships with theme=.")
    parameters = (fields_of(shapes.Theme),)
    answer = shapes.Theme
    path_meaning = shapes.SLUG
    example = "themes/climate/"

    def get(self, request: Request, slug: str) -> HttpResponseBase:
        given = self.given()
        found = read(queries.themes_with_counts().filter(slug=slug))
        if not found:
            raise NotThereError(_("There is no “%(slug)s”.") % {"slug": slug})
        return Response(self.answer(only=given["fields"]).to_representation(found[0]))


def read(found: Any) -> list[dict[str, Any]]:
    """Themes as the API shows them."""
    return [
        {
            **{name: getattr(theme, name) for name in ("slug", "name", "name_ja", "description", "description_ja")},
            "partnerships": theme.partnership_count,
            "url": f"{settings.SITE_URL}/themes/{theme.slug}/",
            "url_ja": f"{settings.SITE_URL}/ja/themes/{theme.slug}/",
        }
        for theme in found
    ]
