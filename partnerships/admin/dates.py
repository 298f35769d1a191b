"""Dates as curators type them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.core.exceptions import ValidationError

from partnerships.dates import DateError, partial_date
from partnerships.models import PartialDate, PartialDateField
from partnerships.models.partial_date import PartialDateFormField


class TypedDateField(PartialDateFormField):
    def to_python(self, value: Any) -> Any:
        text = value if isinstance(value, PartialDate) else forms.CharField.to_python(self, value)
        if text is None or isinstance(text, PartialDate):
            return text
        try:
            return partial_date(text)
        except DateError as error:
            raise ValidationError(str(error), code="invalid") from None


class TypedDates(BaseModelAdmin):
    formfield_overrides = {PartialDateField: {"form_class": TypedDateField}}
