"""What a partnership is as JSON: its fields and what they mean, said once for exports, API and schema."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from partnerships import models

SLUG = _("The last part of its address. After a rename the old address leads to the new one.")
KIND = _("What it is: state, prefecture, city, port, university …")
CODE = _("ISO 3166-2 (US-WA), FIPS (5363000) or the municipal code of Japan (401005); empty where it has none.")
REGION = _("ISO 3166-2 code of the state, territory or prefecture in which it lies; empty where it lies in none.")
CHANGED = _("When the record was last changed here, in UTC.")
PARTIAL_DATE = r"^\d{4}(-\d{2}(-\d{2})?)?$"


class Shape(serializers.Serializer):
    """An object whose values stand ready, under the names of its fields, as attributes or in a dictionary.

    Nothing is worked out or checked while it is written, which for a list of thousands takes longer than all else.
    ``always`` names the fields that are there whatever is asked for; all of them where it is None.
    """

    always: tuple[str, ...] | None = None

    def __init__(self, *args: Any, only: list[str] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._only = only

    def get_fields(self) -> dict[str, serializers.Field]:
        """The declared fields, or those that are asked for, in the order of their declaration."""
        fields = super().get_fields()
        if self.always is not None:
            for name, field in fields.items():
                field.required = name in self.always
        if self._only is None:
            return fields
        return {name: field for name, field in fields.items() if field.required or name in self._only}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        if isinstance(instance, dict):
            return {name: instance[name] for name in self.fields}
        return {name: getattr(instance, name) for name in self.fields}

    @classmethod
    def meaning(cls, name: str) -> Any:
        """What a field holds, in the words of the active language."""
        return cls._declared_fields[name].help_text


class Text(serializers.CharField):
    """A text; empty where there is none."""

    def __init__(self, meaning: Any = None) -> None:
        super().__init__(help_text=meaning)


class Word(serializers.ChoiceField):
    """One of a vocabulary's words."""

    def __init__(self, choices: Any, meaning: Any = None, *, allow_blank: bool = False) -> None:
        super().__init__(choices, help_text=meaning, allow_blank=allow_blank)


class PartialDate(serializers.RegexField):
    """A date as far as it is known: 2014, 2014-11 or 2014-11-05; null where it is not."""

    def __init__(self, meaning: Any = None) -> None:
        super().__init__(PARTIAL_DATE, help_text=meaning, allow_null=True)


class Texts(serializers.ListField):
    def __init__(self, meaning: Any = None) -> None:
        super().__init__(child=serializers.CharField(), help_text=meaning)


class Participant(Shape):
    """A place or organisation with its part in a partnership."""

    slug = Text(SLUG)
    name = Text(_("Its name in English."))
    name_ja = Text(_("Its name in Japanese; empty where it is not known."))
    country = Word(models.Country.choices, _("The shore on which it lies."))
    kind = Word(models.Actor.Kind.choices, KIND)
    role = Word(models.Participation.Role.choices, _("Its part in the partnership."))
    code = Text(CODE)
    wikidata_id = Text(_("Its identifier in Wikidata; empty where it is not known."))
    region = Text(REGION)


class CitedSource(Shape):
    """A source that a partnership's record rests on."""

    slug = Text(SLUG)
    title = Text(_("Its title, in its own language."))
    url = Text(_("Where it can be read."))
    publisher = Text(_("Who published it."))
    language = Word(models.Source.Language.choices, _("The language in which it is written."))
    archived_url = Text(_("A copy in an archive; empty where there is none."))


class Partnership(Shape):
    """A partnership as lists show it."""

    slug = Text(_("The last part of the record's address. After a rename the old address leads to the new one."))
    title = Text(_("Title in English."))
    title_ja = Text(_("Title in Japanese."))
    summary = Text(_("What it is about, in English; empty where the sources say no more than that it exists."))
    summary_ja = Text(_("The same in Japanese."))
    kind = Word(
        models.Partnership.Kind.choices,
        _("Kind of partnership: sister, memorandum, programme, research and others."),
    )
    status = Word(models.Partnership.Status.choices, _("What the sources say: active, ended or unknown."))
    started = PartialDate(_("When it began, as far as it is known: 2014, 2014-11 or 2014-11-05. Empty: not known."))
    ended = PartialDate(_("When it ended, likewise. Empty: it has not ended, or the date is not known; see status."))
    term_ends = PartialDate(
        _("When the term of the present agreement ends, likewise. Empty: it has none, or it is not known.")
    )
    themes = Texts(_("Themes, as the last parts of their addresses."))
    participants = Participant(many=True, help_text=_("Who takes part, the leading ones first."))
    states = Texts(_("ISO 3166-2 codes of the states and territories in which the participants lie (US-WA)."))
    prefectures = Texts(_("ISO 3166-2 codes of the prefectures in which the participants lie (JP-40)."))
    sources = CitedSource(many=True, help_text=_("What the record rests on, as its page numbers it."))
    url = Text(_("Address of the record's English page."))
    url_ja = Text(_("Address of the record's Japanese page."))
    updated_at = serializers.DateTimeField(help_text=CHANGED)

    always = ("slug",)
