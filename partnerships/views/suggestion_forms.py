"""What people outside write in a form: plain text, checked, with what is wrong in words and what was typed kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator, URLValidator
from django.utils.translation import gettext_lazy as _

from partnerships import wording

LONGEST_TEXT = 5000
LONGEST_URL = 1000
LONGEST_NAME = 120
TOO_LONG = _("This has %(show_value)d characters; at most %(limit_value)d fit.")


class PlainTextField(forms.CharField):
    """Text as people type it: one sign for the end of a line, and none that neither a page nor a mail can show."""

    def __init__(self, *, longest: int, **options: Any) -> None:
        super().__init__(**options)
        self.validators.append(MaxLengthValidator(longest, TOO_LONG))

    def to_python(self, value: Any) -> str:
        text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
        return super().to_python(wording.without_controls(text)) or ""


class WebAddressField(forms.URLField):
    """An http(s) address; one typed without its scheme is taken as https."""

    default_validators = [URLValidator(schemes=["http", "https"])]

    def __init__(self, **options: Any) -> None:
        super().__init__(assume_scheme="https", **options)
        self.validators.append(MaxLengthValidator(LONGEST_URL, TOO_LONG))


class SuggestionForm(forms.Form):
    """``homepage`` is a field that people do not see; programs that fill in everything fill it in, too."""

    text = PlainTextField(
        longest=LONGEST_TEXT,
        error_messages={"required": _("Write what you suggest: without it there is nothing to do.")},
    )
    evidence_url = WebAddressField(
        error_messages={
            "required": _("Give the address of a page that says so: nothing is published without a source."),
            "invalid": _("This is no address of a web page. It begins with https:// or http://."),
        }
    )
    sender_name = PlainTextField(longest=LONGEST_NAME, required=False)
    sender_email = forms.EmailField(
        required=False,
        error_messages={"invalid": _("This is no e-mail address. Leave the field empty if you want no answer.")},
    )
    homepage = forms.CharField(required=False)

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """What is wrong, as (name of the field, what), in the order of the fields."""
        return [(name, str(errors[0])) for name in self.fields if (errors := self.errors.get(name))]

    def typed(self, name: str) -> str:
        return str(self[name].value() or "")

    def mistake(self, name: str) -> str:
        return next((what for field, what in self.mistakes if field == name), "") if self.is_bound else ""


class AnswerForm(forms.Form):
    text = PlainTextField(longest=LONGEST_TEXT, error_messages={"required": _("Write your answer first.")})

    typed = SuggestionForm.typed
    mistakes = SuggestionForm.mistakes
    mistake = SuggestionForm.mistake
