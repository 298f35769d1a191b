"""A date known to the year, the month or the day.

Sources say "in 1957" as often as "on 21 October 1957". A partial date keeps what is known and guesses nothing. It is
stored as ISO 8601 text of reduced precision (``2014``, ``2014-11``, ``2014-11-05``), which sorts in time order.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.db.models.query_utils import DeferredAttribute
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext_lazy as _

from .fields import CodePointCharField

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
# What people type: 2014/11/5, 2014.11, 2014年11月5日
_TYPED = re.compile(r"(\d{4})(?:\s*[-/.年]\s*(?:(\d{1,2})(?:\s*[-/.月]\s*(?:(\d{1,2})\s*日?)?)?)?)?")

INVALID = _("“%(value)s” is not a date. Write a year (2014), a month (2014-11) or a day (2014-11-05).")


@functools.total_ordering
@dataclass(frozen=True, slots=True)
class PartialDate:
    """A year (1–9999), with its month and day where they are known. Ordered as its text is: 2014 before 2014-11."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.day is not None and self.month is None:
            raise ValueError("a day needs its month")
        dt.date(self.year, 1 if self.month is None else self.month, 1 if self.day is None else self.day)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ISO text of reduced precision; ``ValueError`` for anything else."""
        match = _ISO.fullmatch(text)
        if not match or not text.isascii():
            raise ValueError(f"not a partial date: {text!r}")
        return cls(*(int(part) if part else None for part in match.groups()))  # type: ignore[arg-type]

    @classmethod
    def parse_typed(cls, text: str) -> Self:
        """Read what people type, in half or full width: also ``2014/11/5`` and ``2014年11月5日``."""
        match = _TYPED.fullmatch(unicodedata.normalize("NFKC", text).strip())
        if not match:
            raise ValueError(f"not a partial date: {text!r}")
        return cls(*(int(part) if part else None for part in match.groups()))  # type: ignore[arg-type]

    def __str__(self) -> str:
        text = f"{self.year:04}"
        if self.month:
            text += f"-{self.month:02}"
        if self.day:
            text += f"-{self.day:02}"
        return text

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, PartialDate):
            return NotImplemented
        return str(self) < str(other)

    @property
    def earliest(self) -> dt.date:
        """The first day it can mean."""
        return dt.date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> dt.date:
        """The last day it can mean."""
        month = self.month or 12
        return dt.date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def localised(self) -> str:
        """“November 2014” or 2014年11月, in the active language."""
        first = self.earliest
        if get_language() == "ja":
            text = f"{self.year}年"
            if self.month:
                text += f"{self.month}月"
            if self.day:
                text += f"{self.day}日"
            return text
        if self.day:
            return date_format(first, "j F Y")
        return date_format(first, "F Y") if self.month else str(self.year)

    def localised_since(self) -> str:
        """The date after a preposition: “in November 2014”, “on 5 November 2014”; plain in Japanese."""
        if self.day:
            return pgettext("a day", "on %(date)s") % {"date": self.localised()}
        return pgettext("a month or a year", "in %(date)s") % {"date": self.localised()}


class PartialDateFormField(forms.CharField):
    """A text box for a partial date, as typed."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("A year, a month or a day: 2014, 2014-11 or 2014-11-05."))
        options["max_length"] = 40
        options["empty_value"] = None
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, PartialDate):
            return value
        text = super().to_python(value)
        if text is None:
            return None
        try:
            return PartialDate.parse_typed(text)
        except ValueError:
            raise ValidationError(INVALID, code="invalid", params={"value": text}) from None

    def run_validators(self, value: Any) -> None:
        """The length check of text does not fit a date that is already parsed."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != self.to_python(initial)
        except ValidationError:
            return True


class _PartialDateAttribute(DeferredAttribute):
    """Turns assigned text into a ``PartialDate`` at once, so that an instance never holds a bare string."""

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


class PartialDateField(CodePointCharField):
    """A column of partial dates; empty is NULL, because unknown is not a date."""

    # For the type checker: what may be assigned, and what is read.
    _pyi_private_set_type: PartialDate | str | None  # type: ignore[assignment]
    _pyi_private_get_type: PartialDate | None  # type: ignore[assignment]

    description = _("Partial date")
    descriptor_class = _PartialDateAttribute

    def __init__(self, *args: Any, **options: Any) -> None:
        options["max_length"] = 10
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        del options["max_length"]
        return name, path, args, options

    def to_python(self, value: Any) -> Any:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                return PartialDate.parse(value)
            except ValueError:
                raise ValidationError(INVALID, code="invalid", params={"value": value}) from None
        return value  # a PartialDate, or an expression on its way to the database

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return self.to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        return None if value in (None, "") else str(value)

    def run_validators(self, value: Any) -> None:
        """The length check of text does not fit a date that is already parsed."""

    def value_to_string(self, obj: Any) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **options: Any) -> Any:
        return options.get("form_class", PartialDateFormField)(
            required=not self.blank,
            label=str(self.verbose_name).capitalize(),
            help_text=self.help_text or _("A year, a month or a day: 2014, 2014-11 or 2014-11-05."),
        )
