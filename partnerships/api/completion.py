"""Completing what somebody types: places and organisations, themes, partnerships, in both languages."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy
from rest_framework.request import Request
from rest_framework.response import Response

from partnerships import catalogue, databases, queries, search, vocabulary
from partnerships.models import Actor
from partnerships.text import MOST_CHARACTERS, fold, parse

from .endpoints import Endpoint
from .parameters import Parameter
from .shapes import Suggestions

ACTORS, THEMES, PARTNERSHIPS = 6, 3, 4  # of each, at most
ENOUGH = 40  # actors to choose the best from
MOST_COMPARED = 1_000
PLACES = {*Actor.REGION_KINDS, *Actor.MUNICIPAL_KINDS}  # before organisations of the same name
COMPARED = (
    *("pk", "slug", "name", "name_ja", "name_kana", "kind", "region__name", "region__name_ja"),
    *("tie_count", "population"),
)
EXACT = 1  # the level up to which a match bears exactly the name typed


def _typed(text: str) -> str:
    return " ".join(text.split())[:MOST_CHARACTERS]


class Suggest(Endpoint):
    summary = gettext_lazy("Completing what somebody types")
    description = gettext_lazy(
        "The places and organisations, themes and partnerships that the beginning of a name may mean, in either "
        "language; without anything typed none."
    )
    parameters = (
        Parameter(
            "q",
            gettext_lazy("What is typed, in English, Japanese or romaji; of a long text the beginning is used."),
            {"type": "string"},
            "kobe",
            _typed,
            "",
        ),
    )
    answer = Suggestions
    example = "suggest?q=kobe"

    def get(self, request: Request) -> Response:
        typed = self.given()["q"]
        results = [*_themes(typed), *_actors(typed), *_partnerships(typed)] if parse(typed).wanted else []
        return Response({"query": typed, "results": results})


def _themes(typed: str) -> list[dict[str, Any]]:
    beginning = fold(typed)
    found = [
        {"type": "theme", "slug": slug, "name": name, "name_ja": name_ja, "url": reverse("theme-detail", args=[slug])}
        for slug, (name, name_ja) in vocabulary.current().theme.items()
        if any(word.startswith(beginning) for word in (fold(name), *fold(name).split(), fold(name_ja)))
    ]
    return found[:THEMES]


def _actors(typed: str) -> list[dict[str, Any]]:
    levels = search.ids_by_level("actor", parse(typed))
    exact = set(levels[EXACT])
    ids = next((level for level in levels if len(level) >= ENOUGH), levels[-1])[:MOST_COMPARED]
    rows = _compared(ids) if ids else []
    beginning = typed.casefold()

    def rank(row: Any) -> tuple[Any, ...]:
        pk, slug, name, name_ja, name_kana, kind, *_region, ties, population = row
        begins = any(text.casefold().startswith(beginning) for text in (name, name_ja, name_kana))
        return pk not in exact, not begins, kind not in PLACES, -ties, -(population or 0), slug

    return [
        {
            "type": "actor",
            "slug": slug,
            "name": name,
            "name_ja": name_ja,
            "kind": kind,
            "region": region or "",
            "region_ja": region_ja or "",
            "partnerships": ties,
            "url": reverse("actor-detail", args=[slug]),
        }
        for _pk, slug, name, name_ja, _kana, kind, region, region_ja, ties, _population in sorted(rows, key=rank)[
            :ACTORS
        ]
    ]


def _compared(ids: list[int]) -> list[Any]:
    """What is known of the published ones among these actors."""
    # The same id more than once finds no more: so there are ten statements, of 1 to 1,024 ids, and not a thousand.
    ids = ids + ids[-1:] * ((1 << (len(ids) - 1).bit_length()) - len(ids))
    connection = databases.connection()
    sql, values = _statement(connection.vendor, len(ids))
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids[value] if isinstance(value, int) and value < 0 else value for value in values])
        return cursor.fetchall()


@lru_cache(maxsize=30)
def _statement(vendor: str, number: int) -> tuple[str, tuple[Any, ...]]:
    """The statement for so many ids, with the places of the ids (from -1 downwards) among its values.

    Django takes 2.4 ms to write it, half of what somebody who types has to wait.
    """
    known: Any = queries.with_tie_counts(queries.actors().filter(pk__in=range(-number, 0)))
    return known.values_list(*COMPARED).query.get_compiler(connection=databases.connection()).as_sql()


def _partnerships(typed: str) -> list[dict[str, Any]]:
    present = catalogue.current()
    return [
        {
            "type": "partnership",
            "slug": record.slug,
            "name": record.title,
            "name_ja": record.title_ja,
            "url": reverse("partnership-detail", args=[record.slug]),
        }
        for record in present.best(typed, PARTNERSHIPS)
    ]
