"""The filters that lists are made of."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, Self

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from partnerships import dimensions, vocabulary
from partnerships.models import Actor


class _LightlyCopied(django_filters.Filter):
    """A filter as every FilterSet gets its own; copying it deeply, as django-filter does, takes longer than its use."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        made = copy(self)
        made.extra = dict(self.extra)
        if self.method:
            made.method = self.method  # binds it to the copy
        return made


class TextFilter(_LightlyCopied, django_filters.CharFilter):
    pass


class ChoiceFilter(_LightlyCopied, django_filters.ChoiceFilter):
    pass


class ChoicesFilter(_LightlyCopied, django_filters.MultipleChoiceFilter):
    pass


def offered(parameter: str) -> Callable[[], list[tuple[str, str]]]:
    return lambda: vocabulary.current().choices(parameter)


def decades() -> list[tuple[str, str]]:
    return [(str(year), str(year)) for year in range(dimensions.FIRST_DECADE, dimensions.LAST_DECADE + 1, 10)]


class _ActorSlugField(forms.CharField):
    """Takes the slug of a published actor and gives the actor."""

    def clean(self, value: Any) -> Any:
        slug = super().clean(value)
        if not slug:
            return None
        actor = Actor.objects.published().filter(slug=slug).first()
        if actor is None:
            raise ValidationError("unknown")
        return actor


class ActorSlugFilter(TextFilter):
    field_class = _ActorSlugField


class YearFilter(_LightlyCopied, django_filters.NumberFilter):
    field_class = forms.IntegerField

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=9999, **options)


WORDS = gettext_lazy("Words in English, Japanese or romaji; all of them must occur.")
STATE = gettext_lazy("ISO 3166-2 code of a state or territory such as US-WA, with every place in it. May repeat.")
PREFECTURE = gettext_lazy("ISO 3166-2 code of a prefecture such as JP-40, with every place in it. May repeat.")
