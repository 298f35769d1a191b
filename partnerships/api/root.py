"""Where the API begins: its addresses, and what it is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.request import Request
from rest_framework.response import Response

from partnerships.exports.shapes import Shape, Text
from partnerships.http.problems import problem_response
from partnerships.linked_data import LICENCE

from .endpoints import Endpoint
from .schema import described_api

LISTS = ("partnerships", "actors", "themes", "sources", "peers", "suggest")


class Root(Shape):
    """The addresses of the API."""

    partnerships = Text(gettext_lazy("Partnerships."))
    actors = Text(gettext_lazy("Places and organisations."))
    themes = Text(gettext_lazy("Themes."))
    sources = Text(gettext_lazy("Sources."))
    peers = Text(gettext_lazy("Peers of a place."))
    suggest = Text(gettext_lazy("Completing what somebody types."))
    schema = Text(gettext_lazy("The description of the API (OpenAPI 3.1)."))
    docs = Text(gettext_lazy("The same to read."))
    data = Text(gettext_lazy("All of the data, and what is to be known about it."))
    licence = Text(gettext_lazy("The licence of the data."))


class RootEndpoint(Endpoint):
    summary = gettext_lazy("The addresses of the API")
    description = gettext_lazy("Where everything is.")
    answer = Root

    def get(self, request: Request) -> Response:
        names = {name: f"api-{name}" for name in (*LISTS, "schema", "docs")} | {"data": "data"}
        links: dict[str, Any] = {name: f"{settings.SITE_URL}{reverse(view)}" for name, view in names.items()}
        return Response(Root().to_representation({**links, "licence": LICENCE}))


class Schema(Endpoint):
    """The API described for programs."""

    schema = None

    def get(self, request: Request) -> Response:
        return Response(described_api())


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any other address below the API's."""
    return problem_response(404, _("There is nothing at this address."))
