"""The themes and regions that filters offer, read once for each version of the directory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language

from . import queries
from .models import Country, Theme, version

Names = dict[str, tuple[str, str]]  # value → its English and its Japanese name


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Values in the order in which they are offered."""

    version: int
    theme: Names
    state: Names
    prefecture: Names

    def choices(self, parameter: str) -> list[tuple[str, str]]:
        return [(value, names[0]) for value, names in getattr(self, parameter).items()]

    def labels(self, parameter: str) -> dict[str, str]:
        """The names in the active language, or in the other one where that is all there is."""
        return _labels(self, parameter, get_language() or "en")


@lru_cache(maxsize=12)
def _labels(offered: Vocabulary, parameter: str, language: str) -> dict[str, str]:
    own, other = (1, 0) if language == "ja" else (0, 1)
    return {value: names[own] or names[other] for value, names in getattr(offered, parameter).items()}


_latest = Vocabulary(-1, {}, {}, {})


def current() -> Vocabulary:
    global _latest
    number = version.current()
    if _latest.version != number:
        themes = Theme.objects.order_by("order", "slug").values_list("slug", "name", "name_ja")
        _latest = Vocabulary(number, _named(themes), _regions(Country.US), _regions(Country.JP))
    return _latest


def _regions(country: str) -> Names:
    return _named(queries.regions(country).order_by("code").values_list("code", "name", "name_ja"))


def _named(rows: Any) -> Names:
    return {value: (name, name_ja) for value, name, name_ja in rows}
