"""How one cell of a table is written as text and read back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partnerships.models import PartialDate


@dataclass(frozen=True)
class CellType:
    """A type of cell. ``parse`` raises ``ValueError``; ``render(parse(text))`` is the canonical text."""

    name: str  # the Frictionless type
    parse: Callable[[str], Any]
    render: Callable[[Any], str]
    label: Any  # for people, translated when it is shown
    complaint: Callable[[], str]
    pattern: str = ""


_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def _parse_slug(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", text):
        raise ValueError(text)
    return text


def _parse_integer(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(text)
    return int(text)


def _parse_degrees(text: str) -> float:
    if not _NUMBER.fullmatch(text) or not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number + 0.0  # -0.0, which SQLite does not keep, becomes 0.0


def _parse_decimal(text: str) -> Decimal:
    """Exact within 15 digits, which is what SQLite keeps."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if abs(number) >= Decimal(10) ** 16 or number != round(number, 4):
        raise ValueError(text)
    if len(number.normalize().as_tuple().digits) > 15:
        raise ValueError(text)
    return number + 0


def _render_decimal(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _parse_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+\S*", text):
        raise ValueError(text)
    return text


TEXT = CellType("string", str, str, gettext_lazy("text"), lambda: _("is not text"))
SLUG = CellType(
    "string",
    _parse_slug,
    str,
    gettext_lazy("last part of an address"),
    lambda: _("is not an address: small letters, digits and single hyphens"),
    pattern="[a-z0-9]+(-[a-z0-9]+)*",
)
INTEGER = CellType("integer", _parse_integer, str, gettext_lazy("whole number"), lambda: _("is not a whole number"))
DEGREES = CellType("number", _parse_degrees, repr, gettext_lazy("degrees"), lambda: _("is not a number"))
DECIMAL = CellType(
    "number",
    _parse_decimal,
    _render_decimal,
    gettext_lazy("number"),
    lambda: _("is not a number with at most 15 digits and four decimal places"),
)
DATE = CellType(
    "string",
    PartialDate.parse,
    str,
    gettext_lazy("year, month or day"),
    lambda: _("is not a date like 2014, 2014-11 or 2014-11-05"),
    pattern="[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?",
)
URL = CellType(
    "string",
    _parse_url,
    str,
    gettext_lazy("web address"),
    lambda: _("is not an address that begins with http:// or https://"),
)
