"""The API described for programs (OpenAPI 3.1), from the endpoints' own parameters and shapes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from partnerships.http.problems import CONTENT_TYPE
from partnerships.linked_data import LICENCE

from .parameters import described, of_filters
from .shapes import Problem

ROOT = "/api/v1/"


class EndpointSchema(AutoSchema):
    """What an endpoint says of itself, in drf-spectacular's words."""

    view: Any

    def get_override_parameters(self) -> list[Any]:
        endpoint = self.view
        found = []
        if endpoint.path_meaning:
            slug = {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}
            example = endpoint.example.split("/")[1]
            found.append(described("slug", endpoint.path_meaning, slug, example, required=True, location="path"))
        if endpoint.filters:
            found += of_filters(endpoint.filters, endpoint.required)
        found += [parameter.described() for parameter in endpoint.parameters]
        return [*found, *_headers(endpoint)]

    def get_response_serializers(self) -> dict[Any, Any]:
        endpoint = self.view
        answers: dict[Any, Any] = {200: OpenApiResponse(endpoint.answer, _("What was asked for."))}
        problems = [(429, _("Too many requests came from one address; Retry-After says how long to wait."))]
        if endpoint.filters or endpoint.parameters:
            problems.append((400, _("A parameter was not understood; errors names each.")))
        if endpoint.path_meaning or _is_list(endpoint):
            problems.append((404, _("There is nothing at this address.")))
        if endpoint.may_have_moved:
            answers[301] = OpenApiResponse(description=_("The record has another address now."))
        answers |= {(status, CONTENT_TYPE): OpenApiResponse(Problem, text) for status, text in problems}
        return answers

    def get_summary(self) -> str:
        return str(self.view.summary)

    def get_description(self) -> str:
        return str(self.view.description)

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix(ROOT).split("/")[0] or "root"]

    def get_operation_id(self) -> str:
        name = "_".join(part for part in self.path.removeprefix(ROOT).split("/") if part and "{" not in part)
        return f"{name or 'root'}_{'one' if '{' in self.path else 'list'}"

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False  # the shape of a page says what it holds


def _is_list(endpoint: Any) -> bool:
    return any(parameter.name == "page" for parameter in endpoint.parameters)


def _headers(endpoint: Any) -> list[OpenApiParameter]:
    """What comes with an answer."""
    link = _("The first, the previous, the next and the last page (RFC 8288).")
    tag = _("What to send back as If-None-Match: while nothing has changed the answer is 304.")
    found = [OpenApiParameter("ETag", str, "header", response=[200], description=tag)]
    if _is_list(endpoint):
        found.append(OpenApiParameter("Link", str, "header", response=[200], description=link))
    wait = _("Seconds until the next request will be answered.")
    return [*found, OpenApiParameter("Retry-After", int, "header", response=[429], description=wait)]


def described_api() -> dict[str, Any]:
    """The whole description in the active language, as it is at present."""
    description: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    description["info"] = {
        "title": _("U.S.–Japan Partnerships Directory"),
        "version": "1",
        "description": _(
            "Everything public in the directory, for reading. No key is needed. Names in English and in Japanese stand "
            "side by side. Whatever a program does not know it must ignore: fields may be added, none goes or changes "
            "its meaning within version 1."
        ),
        "license": {"name": "CC BY 4.0", "url": LICENCE},
    }
    description["servers"] = [{"url": settings.SITE_URL}]
    return description
