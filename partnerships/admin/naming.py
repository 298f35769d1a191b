"""What a record is called where one is chosen: in both scripts, with what tells it from others of the same name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.db.models import ForeignKey
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from partnerships.models import Actor, Partnership, Publication, Source, Theme

from .dates import TypedDates


def described(record: models.Model) -> str:
    """“Kobe 神戸市 · City · Hyōgo Prefecture”; what is not published says so."""
    words = _WORDS[type(record)](record) if type(record) in _WORDS else [str(record)]
    if (state := getattr(record, "publication", Publication.PUBLISHED)) != Publication.PUBLISHED:
        words.append(_("not public: %(state)s") % {"state": Publication(state).label})
    return " · ".join(filter(None, words))


def _actor(actor: Actor) -> list[str]:
    name = " ".join(filter(None, (actor.name, actor.name_ja)))
    region = actor.region if actor.region_id != actor.pk else None
    place = _in_language(region, "name") if region else actor.get_country_display()
    return [name, str(actor.get_kind_display()), place, _("merged") if actor.successor_id else ""]


def _partnership(partnership: Partnership) -> list[str]:
    started = str(partnership.started.year) if partnership.started else ""
    return [partnership.title, partnership.title_ja, str(partnership.get_kind_display()), started]


def _source(source: Source) -> list[str]:
    published = str(source.published_on) if source.published_on else ""
    return [source.title, source.publisher, published]


def _theme(theme: Theme) -> list[str]:
    return [" ".join(filter(None, (theme.name, theme.name_ja)))]


def _in_language(record: Any, name: str) -> str:
    ours, other = (f"{name}_ja", name) if get_language() == "ja" else (name, f"{name}_ja")
    return getattr(record, ours) or getattr(record, other)


_WORDS: dict[type[models.Model], Any] = {
    Actor: _actor,
    Partnership: _partnership,
    Source: _source,
    Theme: _theme,
}
_NUMBER = re.compile(r"[0-9]{1,18}")  # 64 bits hold it


class Completions(AutocompleteJsonView):
    """The admin's completions, by these names."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {"id": str(getattr(obj, to_field_name)), "text": described(obj)}


class CompletedSelect(AutocompleteSelect):
    """Asks the database only for what can be the number of a record, not for whatever was sent."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if _NUMBER.fullmatch(str(one))], attr)


class NamedChoices(TypedDates):
    """Fields that choose a record call the chosen one as their list does; sources can be taken from the row above."""

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **options: Any) -> Any:
        if db_field.related_model is Actor:
            options.setdefault("queryset", Actor.objects.select_related("region"))
        if db_field.name in self.get_autocomplete_fields(request):
            options.setdefault("widget", CompletedSelect(db_field, self.admin_site, using=options.get("using")))
        field = super().formfield_for_foreignkey(db_field, request, **options)
        if field is not None and db_field.related_model in _WORDS:
            field.label_from_instance = described  # type: ignore[assignment, method-assign]
        if field is not None and db_field.related_model is Source:
            field.widget.attrs["data-same-source"] = _("Same source as above")
        return field
