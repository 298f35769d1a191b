"""What a table of partnerships holds, column by column: said once, for every format that is a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from partnerships.models import Country, Participation, Partnership, PartnershipTheme

BETWEEN = "; "  # the values of a list


@dataclass
class Record:
    """A partnership as tables show it."""

    fields: dict[str, Any]
    themes: list[str] = field(default_factory=list)  # slugs
    names: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # of participants, by country
    regions: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # codes, by country

    @property
    def url(self) -> str:
        """The address of its English page."""
        return f"{settings.SITE_URL}/partnerships/{self.fields['slug']}/"


def _own(name: str) -> Callable[[Record], str]:
    return lambda record: str(record.fields[name] or "")


COLUMNS: dict[str, Callable[[Record], str]] = {
    **{name: _own(name) for name in ("slug", "title", "title_ja", "kind", "status", "started", "ended")},
    "themes": lambda record: BETWEEN.join(record.themes),
    "us_participants": lambda record: BETWEEN.join(record.names[Country.US]),
    "jp_participants": lambda record: BETWEEN.join(record.names[Country.JP]),
    "states": lambda record: BETWEEN.join(dict.fromkeys(record.regions[Country.US])),
    "prefectures": lambda record: BETWEEN.join(dict.fromkeys(record.regions[Country.JP])),
    "url": lambda record: record.url,
}
_FIELDS = ("slug", "title", "title_ja", "kind", "status", "started", "ended")


def records(keys: list[int]) -> Iterator[tuple[int, Record]]:
    """These partnerships by their keys, in no particular order."""
    found = {
        pk: Record(dict(zip(_FIELDS, values, strict=True)))
        for pk, *values in Partnership.objects.filter(pk__in=keys).values_list("pk", *_FIELDS)
    }
    themes = PartnershipTheme.objects.filter(partnership__in=keys).order_by("theme__order", "theme__slug")
    for pk, slug in themes.values_list("partnership", "theme__slug"):
        found[pk].themes.append(slug)
    parts = Participation.objects.filter(partnership__in=keys).order_by("position", "pk")
    for pk, country, name, code in parts.values_list(
        "partnership", "actor__country", "actor__name", "actor__region__code"
    ):
        found[pk].names[country].append(name)
        if code:
            found[pk].regions[country].append(code)
    yield from found.items()
