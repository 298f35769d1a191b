"""Partnerships that a briefing shows as models: what others did on the same themes, and how it can be copied."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.utils.translation import gettext as _

from partnerships import queries, similar
from partnerships.catalogue import Catalogue
from partnerships.models import Partnership
from partnerships.similar import Similar

from .facts import Part, words
from .scope import Scope

MOST_MODELS = 4


@dataclass(frozen=True)
class Model:
    """A partnership to learn from, with what it has in common with those of the briefing, if anything."""

    record: Any
    common: Similar | None

    def reasons(self) -> list[Part]:
        common = self.common
        if common is None or not common.reasons:
            return [words(lambda: _("an example whose steps are recorded"))]
        return [_reason(common, number) for number in range(len(common.reasons))]


def _reason(common: Similar, number: int) -> Part:
    return words(lambda: common.reasons[number])


def keys_of_models(scope: Scope) -> dict[int, Similar | None]:
    """The keys of at most ``MOST_MODELS`` partnerships, the best first.

    Those whose steps are recorded and that share a theme; then those most similar by the rules of ``similar``; where
    nothing is there to compare with, the newest whose steps are recorded. None of the actor's own.
    """
    published = scope.published
    others = published.everything & ~scope.bitmap
    models = _models(published) & others
    if not scope.told:
        return dict.fromkeys(published.keys(models, "newest", 0, MOST_MODELS))
    themes = [bits for pk in scope.told for bits in published.sharing(pk, "theme").values()]
    with_a_theme = models & reduce(or_, themes, 0)
    found = similar.most_similar(scope.told, with_a_theme, published, MOST_MODELS)
    if len(found) < MOST_MODELS:
        rest = others & ~published.bitmap([each.pk for each in found])
        found += similar.most_similar(scope.told, rest, published, MOST_MODELS - len(found))
    return {each.pk: each for each in found}


_told: tuple[Catalogue, int] | None = None


def _models(published: Catalogue) -> int:
    """The bitmap of those whose steps are recorded, read once for each catalogue."""
    global _told
    kept = _told
    if kept is None or kept[0] is not published:
        found = queries.partnerships().exclude(how_to_replicate="", how_to_replicate_ja="").order_by()
        kept = _told = published, published.bitmap(found.values_list("pk", flat=True))
    return kept[1]


def read(keys: list[int], day: dt.date) -> dict[int, Any]:
    """These published partnerships with all that a briefing says of them, by key."""
    return queries.for_page(queries.partnerships(), day).in_bulk(keys)


def models_of(keys: dict[int, Similar | None], records: dict[int, Partnership]) -> list[Model]:
    return [Model(records[pk], common) for pk, common in keys.items() if pk in records]
