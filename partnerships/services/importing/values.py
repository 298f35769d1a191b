"""What a cell may hold, and how it is written: choices in either language, dates, numbers, codes."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import translation
from django.utils.translation import gettext as _

from partnerships.dates import DateError, partial_date
from partnerships.package import tables
from partnerships.package.cells import DATE, DEGREES, INTEGER, SLUG
from partnerships.package.tables import TABLE, Table
from partnerships.wording import without_controls

from .reading import LONGEST_CELL, folded


class CellError(ValueError):
    """What is wrong with a cell, and what would be right."""


# Beside codes and labels, how offices say it.
OTHER_WORDS = {
    "sister": (
        "姉妹都市",
        "姉妹都市提携",
        "姉妹州",
        "姉妹県州",
        "姉妹都市交流",
        "sister city",
        "sister cities",
        "sister state",
    ),
    "friendship": ("友好都市", "友好都市提携", "友好交流", "friendship city", "friendship"),
    "memorandum": ("MOU", "覚書締結", "memorandum of understanding"),
    "active": ("継続", "実施中", "現行", "有効"),
    "ended": ("終了済", "終了済み", "解消", "inactive"),
    "US": ("アメリカ", "アメリカ合衆国", "USA", "United States of America", "U.S."),
    "JP": ("日本国",),
    "prefecture": ("県", "府", "都", "道"),
    "territory": ("準州",),
    "special_ward": ("区",),
    "government": ("政府", "自治体", "行政"),
    "news": ("新聞", "ニュース"),
    "en": ("英文", "eng"),
    "ja": ("和文", "jpn", "jp"),
}
_CODES = {"code", "wikidata_id"}  # texts whose width says nothing
_LIMITS = {"latitude": 90, "longitude": 180}


def canonical(table: Table, column: tables.Column, text: str) -> str:
    """The text that the record is to hold; ``CellError`` with the reason where the cell cannot mean one."""
    if "\x00" in text or without_controls(text) != text:
        raise CellError(_("The cell holds characters that are no text."))
    if len(text) > LONGEST_CELL:
        raise CellError(
            _("%(length)d characters, at most %(longest)d fit") % {"length": len(text), "longest": LONGEST_CELL}
        )
    if choices := table.choices(column):
        return _choice(table, column, text, choices)
    if column.cell is DATE:
        try:
            return str(partial_date(text))
        except DateError as error:
            raise CellError(str(error)) from None
    plain = text
    if column.cell in (INTEGER, DEGREES, SLUG) or column.name in _CODES:
        plain = unicodedata.normalize("NFKC", text).strip()
    if column.cell is INTEGER:
        plain = re.sub(r"[,，\s人年]", "", plain)
    if column.name == "office_email":
        _check_email(plain)
    try:
        found = column.cell.render(column.cell.parse(plain))
    except ValueError:
        raise CellError(f"“{_short(text)}” {column.cell.complaint()}") from None
    return _within(table, column, found)


def _within(table: Table, column: tables.Column, found: str) -> str:
    longest = table.max_length(column)
    if longest and len(found) > longest:
        raise CellError(
            _("%(length)d characters, at most %(longest)d fit") % {"length": len(found), "longest": longest}
        )
    largest = table.max_value(column)
    if largest and int(found) > largest:
        raise CellError(_("at most %(largest)d fits") % {"largest": largest})
    limit = _LIMITS.get(column.name)
    if limit and abs(float(found)) > limit:
        raise CellError(_("beyond ±%(limit)d degrees") % {"limit": limit})
    return found


def _check_email(text: str) -> None:
    try:
        validate_email(text)
    except ValidationError:
        raise CellError(_("“%(value)s” is not an e-mail address.") % {"value": _short(text)}) from None


def _choice(table: Table, column: tables.Column, text: str, choices: list[str]) -> str:
    found = _words(table.name, column.name).get(folded(text))
    if found is None:
        labels = table.labels(column)
        raise CellError(
            _("“%(value)s” is not one of: %(choices)s")
            % {"value": _short(text), "choices": ", ".join(f"{code} ({labels[code]})" for code in choices)}
        )
    return found


@cache
def _words(table_name: str, column_name: str) -> dict[str, str]:
    table = TABLE[table_name]
    column = table.column(column_name)
    found = {folded(code): code for code in table.choices(column)}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for code, label in table.labels(column).items():
                found.setdefault(folded(label), code)
    for code in table.choices(column):
        for word in OTHER_WORDS.get(code, ()):
            found.setdefault(folded(word), code)
    return found


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
