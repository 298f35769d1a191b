"""Completing what somebody types: places and organisations, themes, partnerships, in both languages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from partnerships import catalogue, queries, search, vocabulary
from partnerships.http import public_page
from partnerships.models import Actor
from partnerships.text import MOST_CHARACTERS, fold, parse

ACTORS, THEMES, PARTNERSHIPS = 6, 3, 4  # of each, at most
ENOUGH = 50  # actors to choose the best from
MOST_COMPARED = 1_000
PLACES = {*Actor.REGION_KINDS, *Actor.MUNICIPAL_KINDS}  # before organisations of the same name
EXACT = 1  # the level up to which a match bears exactly the name typed


@require_safe
@public_page
def suggest(request: HttpRequest) -> JsonResponse:
    """``{"query": …, "results": [{"type", "slug", "name", "name_ja", "url", …}]}``, the best of each type first."""
    typed = " ".join(request.GET.get("q", "").split())[:MOST_CHARACTERS]
    query = parse(typed)
    results = [*_themes(typed), *_actors(typed), *_partnerships(typed)] if query.wanted else []
    response = JsonResponse({"query": typed, "results": results}, json_dumps_params={"ensure_ascii": False})
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


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
    counted: Any = queries.with_tie_counts(queries.actors().filter(pk__in=ids))
    rows = counted.values_list(
        "pk",
        "slug",
        "name",
        "name_ja",
        "name_kana",
        "kind",
        "region__name",
        "region__name_ja",
        "tie_count",
        "population",
    )
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
