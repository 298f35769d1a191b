"""Dates as curators type them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.core.exceptions import ValidationError

from partnerships.models import PartialDate, PartialDateField
from partnerships.models.partial_date import INVALID, PartialDateFormField


def read(text: str) -> PartialDate:
    """The one place that says what may be typed as a date; ``ValueError`` for anything else."""
    return PartialDate.parse_typed(text)


class TypedDateField(PartialDateFormField):
    def to_python(self, value: Any) -> Any:
        text = value if isinstance(value, PartialDate) else forms.CharField.to_python(self, value)
        if text is None or isinstance(text, PartialDate):
            return text
        try:
            return read(text)
        except ValueError:
            raise ValidationError(INVALID, code="invalid", params={"value": text}) from None


class TypedDates(BaseModelAdmin):
    formfield_overrides = {PartialDateField: {"form_class": TypedDateField}}
