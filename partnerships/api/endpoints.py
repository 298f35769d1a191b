"""What all of the API's addresses have in common: JSON whatever is asked for, kept like the pages, problems as such."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property, partial
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import APIException, MethodNotAllowed
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from partnerships import queries
from partnerships.exports.shapes import SLUG, Shape
from partnerships.facets import Facets
from partnerships.filters import ListFilterSet, presentable
from partnerships.http import public_page
from partnerships.http.problems import CONTENT_TYPE, problem

from .parameters import BadParametersError, Given, Parameter, faults_of
from .schema import EndpointSchema
from .shapes import Facet


class AlwaysJSON(BaseContentNegotiation):
    """One address is one document: what a client says that it accepts changes nothing."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type

    def select_parser(self, request: Any, parsers: Any) -> None:
        return None


class NotThereError(APIException):
    """Something that an address names does not exist."""

    status_code = HTTPStatus.NOT_FOUND


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """A response for what a view raised; None leaves the fault to Django, which logs it."""
    headers = {}
    if isinstance(error, BadParametersError):
        faults = [{"parameter": name, "detail": detail} for name, detail in error.faults]
        detail = " ".join(f"{name}: {detail}" for name, detail in error.faults)
        body = problem(HTTPStatus.BAD_REQUEST, detail, errors=faults)
    elif isinstance(error, Http404):
        body = problem(HTTPStatus.NOT_FOUND, str(error) or _("There is nothing at this address."))
    elif isinstance(error, APIException):
        if isinstance(error, MethodNotAllowed):
            headers["Allow"] = ", ".join(context["view"].allowed_methods)
        body = problem(error.status_code, str(error.detail))
    else:
        return None
    return Response(body, status=body["status"], content_type=CONTENT_TYPE, headers=headers)


class Endpoint(APIView):
    """An address of the API; what the schema says of it stands in these attributes."""

    http_method_names = ["get", "head"]
    authentication_classes = ()
    permission_classes = ()
    parser_classes = ()
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = AlwaysJSON
    schema: EndpointSchema | None = EndpointSchema()
    summary: Any = ""
    description: Any = ""
    filters: Any = None  # a FilterSet, where it takes the parameters of a page
    required: frozenset[str] = frozenset()  # of the filters
    parameters: tuple[Parameter, ...] = ()
    answer: type[Shape]
    path_meaning: Any = ""  # of the part of its path that names something
    example = ""  # an address below the API's root, with values of the real data
    may_have_moved = False

    @classmethod
    def as_view(cls, **options: Any) -> Callable[..., HttpResponseBase]:
        return public_page(super().as_view(**options))

    def get_exception_handler(self) -> Any:
        return answer_problem

    def given(self, filters: ListFilterSet | None = None) -> Given:
        """The parameters of this request; ``BadParametersError`` where one of them or of the filters is bad."""
        faults = faults_of(filters, self.request.GET) if filters else []
        return Given.read(self.parameters, self.request.GET, faults)


class ListEndpoint(Endpoint):
    """A list in pages, with facets on request."""

    shape: type[Shape]

    def page(self, found: Found, given: Given) -> Response:
        """The page that was asked for of what was found."""
        size, number = given["page_size"], given["page"]
        last = max(1, math.ceil(found.count / size))
        if number > last:
            numbers = {"number": number, "last": last}
            raise NotThereError(_("page: there is no page %(number)d; the last one is %(last)d.") % numbers)
        shape = self.shape(only=given["fields"])
        links = _links(self.request, number, last)
        body: dict[str, Any] = {
            "count": found.count,
            "next": links.get("next"),
            "previous": links.get("prev"),
            "results": [shape.to_representation(row) for row in found.rows((number - 1) * size, number * size)],
        }
        if given.get("facets"):
            body["facet_results"] = facet_results(found.facets, self.request)
        return Response(body, headers={"Link": ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items())})


class QueryListEndpoint(ListEndpoint):
    """A list of the matches of a queryset, narrowed by a FilterSet and by when they were changed."""

    records: Callable[[], QuerySet[Any]]
    read: Callable[[QuerySet[Any]], list[Any]]
    count_facets: Callable[[Any], Facets]

    def get(self, request: Request) -> Response:
        filters = self.filters(request.GET, self.records())
        given = self.given(filters)
        matches = filters.qs
        if since := given["updated_since"]:
            matches = matches.filter(updated_at__gte=since)
        return self.page(FoundByQuery(matches, self.read, partial(self.count_facets, filters)), given)


class DetailEndpoint(Endpoint):
    """One record by its slug; a former slug leads to the present one."""

    model: Any
    shape: type[Shape]
    path_meaning = SLUG
    may_have_moved = True

    def moved(self, slug: str) -> HttpResponseBase:
        """A redirect to the record that had this slug before; ``NotThereError`` where there was none."""
        present = queries.former_slug(self.model, slug)
        if present is None:
            raise NotThereError(_("There is no “%(slug)s”.") % {"slug": presentable(slug)})
        query = self.request.META["QUERY_STRING"]
        address = reverse(self.request.resolver_match.view_name, args=[present])
        return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)


class Found(Protocol):
    """The records of a list."""

    @property
    def count(self) -> int: ...

    def rows(self, start: int, stop: int) -> Iterable[Any]: ...

    def facets(self) -> Facets: ...


@dataclass
class FoundByQuery:
    """The matches of a queryset; ``read`` makes records of some of them."""

    matches: QuerySet[Any]
    read: Callable[[QuerySet[Any]], list[Any]]
    facets: Callable[[], Facets] = Facets

    @cached_property
    def count(self) -> int:
        return self.matches.count()

    def rows(self, start: int, stop: int) -> list[Any]:
        return self.read(self.matches[start:stop])


def _links(request: HttpRequest, number: int, last: int) -> dict[str, str]:
    """The addresses of other pages of the same list by their relation to this one (RFC 8288)."""
    numbers = {"first": 1, "prev": number - 1, "next": number + 1, "last": last}
    return {rel: address_with(request, {"page": [page]}) for rel, page in numbers.items() if 1 <= page <= last}


def address_with(request: HttpRequest, changes: dict[str, list[Any]]) -> str:
    """The absolute address of a request with some of its parameters changed."""
    pairs = [(name, values) for name, values in request.GET.lists() if name not in changes]
    query = urlencode([*pairs, *changes.items()], doseq=True)
    return f"{settings.SITE_URL}{request.path}" + (f"?{query}" if query else "")


def facet_results(facets: Callable[[], Facets], request: HttpRequest) -> dict[str, Any]:
    """Facets by name, as Datasette shows them, with labels in both languages."""
    english = facets()
    with translation.override("ja"):
        labels = {(facet.name, value.value): value.label for facet in facets() for value in facet.values}
    return {
        facet.name: {
            "name": facet.name,
            "results": [
                {
                    "value": value.value,
                    "label": value.label,
                    "label_ja": labels[facet.name, value.value],
                    "count": value.count,
                    "selected": value.selected,
                    "toggle_url": _toggled(request, facet.name, value.value, is_selected=value.selected),
                }
                for value in facet.values
            ],
            "truncated": False,
        }
        for facet in english
    }


def _toggled(request: HttpRequest, name: str, value: str, *, is_selected: bool) -> str:
    chosen = [other for other in request.GET.getlist(name) if other and other != value]
    return address_with(request, {"page": [], name: chosen if is_selected else [*chosen, value]})


@cache
def page_of(shape: type[Shape]) -> type[Shape]:
    """The shape of a page of a list."""
    address = {"allow_null": True}
    fields = {
        "count": serializers.IntegerField(min_value=0, help_text=gettext_lazy("How many there are on all pages.")),
        "next": serializers.URLField(help_text=gettext_lazy("The next page; null on the last one."), **address),
        "previous": serializers.URLField(help_text=gettext_lazy("The page before; null on the first one."), **address),
        "results": shape(many=True, help_text=gettext_lazy("The records of this page.")),
        "facet_results": serializers.DictField(
            child=Facet(), help_text=gettext_lazy("With facets=true: the facets by the names of their parameters.")
        ),
    }
    own = {**fields, "__doc__": "A page of a list.", "always": ("count", "next", "previous", "results")}
    return type(f"{shape.__name__}List", (Shape,), own)
