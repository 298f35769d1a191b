"""The parameters of the API: how each is read, and how the schema describes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import django_filters
from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import APIException

from partnerships.filters import MOST_VALUES, ListFilterSet, presentable
from partnerships.text import MOST_CHARACTERS

USUAL_PAGE, LARGEST_PAGE = 50, 200  # records
MOST_PAGES = 1_000_000
SEARCHABLE = r"^$|[\p{L}\p{N}]"  # nothing, or something to search for: a letter or a digit of any script
YEARS = (1, 9999)

# Values of each filter that the real data has; the first that a list knows is its example.
EXAMPLES: dict[str, Any] = {
    "q": "clean energy",
    "theme": ("climate",),
    "kind": ("memorandum", "city", "government"),
    "status": ("active",),
    "state": ("US-WA",),
    "prefecture": ("JP-28",),
    "level": ("city",),
    "decade": ("1990",),
    "actor": "kobe-hyogo",
    "year_min": 2010,
    "year_max": 2020,
    "sort": "newest",
    "show": "all",
    "language": ("ja",),
}


class BadParametersError(APIException):
    """Parameters that were not understood, as (name, what is wrong with it)."""

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__()
        self.faults = faults


@dataclass(frozen=True)
class Parameter:
    """A parameter; ``read`` turns its text into its value, and raises ``ValueError`` with what is wrong."""

    name: str
    meaning: Any
    schema: dict[str, Any]
    example: Any
    read: Callable[[str], Any]
    default: Any = None
    explode: bool = True  # of a list: its name before each value, not values with commas

    def described(self) -> OpenApiParameter:
        return described(self.name, self.meaning, self.schema, self.example, explode=self.explode)


def described(
    name: str,
    meaning: Any,
    schema: dict[str, Any],
    example: Any,
    *,
    required: bool = False,
    location: str = "query",
    explode: bool = True,
) -> OpenApiParameter:
    """A parameter as the schema describes it."""
    options: dict[str, Any] = {"explode": explode, "style": "form"} if schema.get("type") == "array" else {}
    return OpenApiParameter(
        name,
        schema,
        location,  # type: ignore[arg-type]
        required=required,
        description=meaning,
        examples=[OpenApiExample(name, value=example)],
        **options,
    )


class Given(dict[str, Any]):
    """The values of a request's parameters by name; defaults where they are not given."""

    @classmethod
    def read(cls, parameters: tuple[Parameter, ...], data: QueryDict, faults: list[tuple[str, str]]) -> Given:
        """``BadParametersError`` where one is not understood, with ``faults`` that were found elsewhere."""
        given, faults = cls(), list(faults)
        for parameter in parameters:
            given[parameter.name] = parameter.default
            try:
                if parameter.name in data:
                    given[parameter.name] = parameter.read(data.get(parameter.name, "").strip())
            except ValueError as error:
                faults.append((parameter.name, str(error)))
        if faults:
            raise BadParametersError(faults)
        return given


# --- Of lists --------------------------------------------------------------------------------------------------------


def _whole_number(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most:
            return int(text)
        raise ValueError(
            _("“%(value)s” is not a whole number from 1 to %(most)d.") % {"value": presentable(text), "most": most}
        )

    return read


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(_("“%(value)s” is neither true nor false.") % {"value": presentable(text)})
    return text == "true"


def _moment(text: str) -> dt.datetime:
    """A day begins at midnight UTC, which is also taken for the zone of a time that names none."""
    try:
        if day := parse_date(text):
            return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
        if moment := parse_datetime(text.replace(" ", "+")):  # a plus sign that was not written as %2B
            return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):  # no such day, or none that can be told in UTC
        pass
    raise ValueError(
        _("“%(value)s” is neither a date nor a moment, like 2026-11-01 or 2026-11-01T12:00:00Z.")
        % {"value": presentable(text)}
    )


PAGE = Parameter(
    "page",
    gettext_lazy("The number of the page, from 1."),
    {"type": "integer", "minimum": 1, "maximum": MOST_PAGES, "default": 1},
    2,
    _whole_number(MOST_PAGES),
    1,
)
PAGE_SIZE = Parameter(
    "page_size",
    gettext_lazy("How many records a page holds, at most 200."),
    {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": USUAL_PAGE},
    100,
    _whole_number(LARGEST_PAGE),
    USUAL_PAGE,
)
FACETS = Parameter(
    "facets",
    gettext_lazy("With true, how many records each value of each filter would leave, as facet_results."),
    {"type": "boolean", "default": False},
    True,
    _flag,
    False,
)
UPDATED_SINCE = Parameter(
    "updated_since",
    gettext_lazy(
        "Only records that were changed at this moment or later: a date, which begins at midnight UTC, or a moment. "
        "What was withdrawn since is in no list."
    ),
    {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]},
    "2026-11-01",
    _moment,
)


def fields_of(shape: type[serializers.Serializer]) -> Parameter:
    """Which fields of a shape are asked for; ``slug`` is always there."""
    names = list(shape._declared_fields)

    def read(text: str) -> list[str]:
        asked = [name.strip() for name in text.split(",")]
        for name in asked:
            if name not in names:
                raise ValueError(_("There is no field “%(value)s”.") % {"value": presentable(name)})
        return asked

    return Parameter(
        "fields",
        gettext_lazy("Only these fields, separated by commas; slug is always there."),
        {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1},
        names[1:3],  # the name or title in both languages
        read,
        explode=False,
    )


def faults_of(filters: ListFilterSet, data: QueryDict) -> list[tuple[str, str]]:
    """What is wrong with the parameters of a list. A form sends fields that were left empty, a program does not."""
    faults = [(ignored.parameter, ignored.fault) for ignored in filters.ignored]
    for name in filters.base_filters:
        if name != "q" and not all(value.strip() for value in data.getlist(name)):
            faults.append((name, _("It is empty.")))
    return faults


def of_filters(filters: type[ListFilterSet], required: frozenset[str] = frozenset()) -> list[OpenApiParameter]:
    """The parameters of a FilterSet as the schema describes them, with the values that there are at present."""
    found = []
    for name, declared in filters.base_filters.items():
        schema = _schema(name, declared)
        meaning = declared.extra["help_text"]
        found.append(described(name, meaning, schema, _example(name, schema), required=name in required))
    return found


def _example(name: str, schema: dict[str, Any]) -> Any:
    example = EXAMPLES[name]
    if schema["type"] != "array":
        return example
    known = schema["items"]["enum"]
    return [value for value in example if value in known][:1] or known[:1]


def _schema(name: str, declared: Any) -> dict[str, Any]:
    if isinstance(declared, django_filters.NumberFilter):
        return {"type": "integer", "minimum": YEARS[0], "maximum": YEARS[1]}
    choices = declared.extra.get("choices")
    if choices is None:
        if name == "actor":
            return {"type": "string", "format": "actor-slug", "pattern": "^[a-z0-9-]+$"}
        return {"type": "string", "maxLength": MOST_CHARACTERS, "pattern": SEARCHABLE}
    values = [str(value) for value, _label in (choices() if callable(choices) else choices)]
    one = {"type": "string", "enum": values}
    if isinstance(declared, django_filters.MultipleChoiceFilter):
        # A value that is given twice counts once.
        return {"type": "array", "items": one} | ({"maxItems": MOST_VALUES} if len(values) > MOST_VALUES else {})
    return one
