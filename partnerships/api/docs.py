"""The API's documentation for people, made of its description for programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from partnerships.http import public_page
from partnerships.linked_data import absolute

from .schema import ROOT, described_api
from .urls import urlpatterns

SAID = {"200", "429"}  # of what holds everywhere
MOST_WORDS = 20  # of a vocabulary that is written out


@dataclass(frozen=True)
class Value:
    """A parameter or a field: what it is called, what it takes, what it means."""

    name: str
    kind: str  # in the words of JSON Schema
    meaning: str
    words: list[str] = field(default_factory=list)  # that it may be, where they are few
    shape: str = ""  # the name of the shape that it has or that it lists
    is_required: bool = False
    example: str = ""


@dataclass(frozen=True)
class Operation:
    """One address of the API."""

    path: str
    anchor: str
    summary: str
    meaning: str
    parameters: list[Value]
    answer: str  # the name of a shape
    problems: list[tuple[str, str]]  # (status, what it means)
    example: str  # an address that answers


@dataclass(frozen=True)
class Described:
    """A shape of answers."""

    name: str
    fields: list[Value]


@require_safe
@public_page
def api_docs(request: HttpRequest) -> HttpResponse:
    description = described_api()
    schemas = description["components"]["schemas"]
    shapes = [
        Described(name, _fields(schema, schemas)) for name, schema in schemas.items() if schema.get("type") == "object"
    ]
    context = {
        "info": description["info"],
        "operations": [_operation(path, item["get"], schemas) for path, item in description["paths"].items()],
        "shapes": shapes,
        "root": absolute(ROOT),
        "limit": settings.RATE_LIMIT,
    }
    return render(request, "api/docs.html", context)


def _operation(path: str, described: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    answers = described["responses"]
    example = _example_of(path)
    return Operation(
        path,
        described["operationId"].replace("_", "-"),
        described["summary"],
        described.get("description", ""),
        [_parameter(parameter, schemas) for parameter in described.get("parameters", ())],
        _reference(answers["200"]["content"]["application/json"]["schema"]),
        [(status, answer["description"]) for status, answer in sorted(answers.items()) if status not in SAID],
        f"{absolute(ROOT)}{example}" if example or path == ROOT else "",
    )


def _example_of(path: str) -> str:
    """The example that the endpoint at a path gives."""
    for pattern in urlpatterns:
        if path == ROOT + str(pattern.pattern).replace("<slug:slug>", "{slug}"):
            view: Any = pattern.callback
            return str(view.cls.example)
    return ""


def _parameter(described: dict[str, Any], schemas: dict[str, Any]) -> Value:
    example = next(example["value"] for example in described["examples"].values())
    shown = ",".join(example) if isinstance(example, list) else str(example)
    if isinstance(example, bool):
        shown = shown.lower()
    value = _value(described["name"], described["schema"], schemas)
    is_required = described.get("required", False)
    return Value(value.name, value.kind, described.get("description", ""), value.words, value.shape, is_required, shown)


def _fields(schema: dict[str, Any], schemas: dict[str, Any]) -> list[Value]:
    return [_value(name, described, schemas) for name, described in schema.get("properties", {}).items()]


def _value(name: str, described: dict[str, Any], schemas: dict[str, Any]) -> Value:
    meaning = described.get("description", "")
    kinds: list[str] = []
    words: list[str] = []
    shape = ""
    for part in _parts(described, schemas):
        kind = part.get("type", [])
        kinds += kind if isinstance(kind, list) else [kind]
        words += [str(word) for word in part.get("enum", ()) if word]
        shape = shape or _reference(part)
    kind = " / ".join(dict.fromkeys(kinds))
    return Value(name, kind, meaning, words if len(words) <= MOST_WORDS else [], shape)


def _parts(described: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """A schema with what it refers to, lists, or lets choose between; vocabularies are followed, shapes are not."""
    if name := _reference(described):
        return [described] if schemas[name].get("type") == "object" else [schemas[name]]
    parts = [described]
    for inner in ("items", "additionalProperties"):
        if isinstance(described.get(inner), dict):
            parts += [part if _reference(part) else {**part, "type": []} for part in _parts(described[inner], schemas)]
    for alternatives in ("allOf", "oneOf", "anyOf"):
        for part in described.get(alternatives, ()):
            parts += _parts(part, schemas)
    return parts


def _reference(schema: dict[str, Any]) -> str:
    """The name of the component that a schema refers to; empty where it refers to none."""
    return str(schema.get("$ref", "")).rpartition("/")[2]
