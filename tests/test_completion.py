"""Completing what somebody types: both scripts, the exact name first, what is published only, a bounded answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from partnerships import search
from partnerships.api.completion import ACTORS, PARTNERSHIPS, THEMES
from partnerships.models import Publication
from partnerships.text import MOST_CHARACTERS

from .factories import join, make_actor, make_partnership, make_prefecture, make_theme, published_partnership

pytestmark = pytest.mark.django_db


def suggested(typed: str) -> list[dict[str, Any]]:
    search.reindex()
    response = Client().get("/api/v1/suggest", {"q": typed})
    assert response.status_code == 200
    return response.json()["results"]


def slugs(typed: str, kind: str) -> list[str]:
    return [result["slug"] for result in suggested(typed) if result["type"] == kind]


def test_the_answer_says_of_each_record_what_it_is_and_where() -> None:
    hyogo = make_prefecture("hyogo", name="Hyogo", name_ja="兵庫県")
    kobe = make_actor("kobe", name="Kobe", name_ja="神戸市", country="JP", parent=hyogo)
    published_partnership("kobe-tie", title="Kobe tie", title_ja="神戸の提携", jp=kobe)
    make_theme("kobe-theme", name="Kobe studies", name_ja="神戸学")
    assert suggested("kobe") == [
        {
            "type": "theme",
            "slug": "kobe-theme",
            "name": "Kobe studies",
            "name_ja": "神戸学",
            "url": "/themes/kobe-theme/",
        },
        {
            "type": "actor",
            "slug": "kobe",
            "name": "Kobe",
            "name_ja": "神戸市",
            "kind": "city",
            "region": "Hyogo",
            "region_ja": "兵庫県",
            "partnerships": 1,
            "url": "/actors/kobe/",
        },
        {
            "type": "partnership",
            "slug": "kobe-tie",
            "name": "Kobe tie",
            "name_ja": "神戸の提携",
            "url": "/partnerships/kobe-tie/",
        },
    ]


def test_other_sites_may_read_it_and_japanese_stays_readable() -> None:
    response = Client().get("/api/v1/suggest", {"q": " 神戸\t市  "})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Content-Type"].startswith("application/json")
    assert '"query":"神戸 市"' in response.content.decode()


@pytest.mark.parametrize(
    "typed", ["kitaky", "Kitakyūshū", "kitakyuushuu", "北九", "九州", "きたきゅう", "ｷﾀｷｭｳ", "キタキュウ"]
)
def test_a_place_is_suggested_for_what_is_typed_in_either_script(typed: str) -> None:
    make_actor("kitakyushu", name="Kitakyushu", name_ja="北九州市", name_kana="きたきゅうしゅうし", country="JP")
    make_actor("kobe", name="Kobe", name_ja="神戸市", country="JP")
    assert slugs(typed, "actor") == ["kitakyushu"]


@pytest.mark.parametrize("typed", ["cli", "CLIMATE", "change", "気候", "climate ch"])
def test_a_theme_is_suggested_by_the_beginning_of_its_name_or_of_a_word_of_it(typed: str) -> None:
    make_theme("climate", name="Climate change", name_ja="気候変動")
    make_theme("other")
    assert slugs(typed, "theme") == ["climate"]


def test_the_exact_name_comes_before_longer_ones_and_places_before_organisations() -> None:
    make_actor("kobe-university", name="Kobe", kind="university", country="JP")
    make_actor("kobe-harbour-place", name="Kobe Harbour", country="JP", population=9_000_000)
    make_actor("kobe", name="Kobe", country="JP")
    assert slugs("kobe", "actor") == ["kobe", "kobe-university", "kobe-harbour-place"]


def test_of_equals_those_with_more_partnerships_and_then_with_more_people_come_first() -> None:
    busy = make_actor("busy", name="Springfield")
    make_actor("small", name="Springfield", population=10)
    make_actor("large", name="Springfield", population=100_000)
    published_partnership(us=busy)
    assert slugs("springf", "actor") == ["busy", "large", "small"]


@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_what_is_not_published_is_never_suggested_nor_counted(publication: str) -> None:
    make_actor("hidden-place", name="Port", publication=publication)
    join(make_partnership("hidden", title="Port", publication=publication), make_actor("port", name="Port"))
    assert [(result["slug"], result.get("partnerships")) for result in suggested("port")] == [("port", 0)]


def test_so_many_of_each_are_suggested_and_no_more() -> None:
    for number in range(max(ACTORS, THEMES, PARTNERSHIPS) + 2):
        make_theme(name=f"Port {number}")
        published_partnership(title=f"Port {number}", us=make_actor(name=f"Port {number}"))
    kinds = [result["type"] for result in suggested("port")]
    assert (kinds.count("theme"), kinds.count("actor"), kinds.count("partnership")) == (THEMES, ACTORS, PARTNERSHIPS)


@pytest.mark.parametrize("typed", ["", " ", "-", '"', "%", "-kobe", "🦀", "\0", "' OR 1=1 --"])
def test_what_holds_nothing_to_complete_is_answered_with_nothing(typed: str) -> None:
    make_actor("kobe", name="Kobe", country="JP")
    make_theme("climate")
    assert suggested(typed) == []


def test_it_answers_without_a_parameter_and_uses_the_beginning_of_a_long_one() -> None:
    assert Client().get("/api/v1/suggest").json() == {"query": "", "results": []}
    assert len(Client().get("/api/v1/suggest", {"q": "x" * 5_000}).json()["query"]) == MOST_CHARACTERS


def test_it_is_for_reading_only() -> None:
    assert Client().post("/api/v1/suggest", {"q": "kobe"}).status_code == 405


@settings(deadline=None, max_examples=40)
@given(st.one_of(st.text(max_size=30), st.sampled_from(["ﷺ" * 200, "水" * 300, "a " * 300, '"a b" -c ' * 40])))
def test_whatever_is_typed_is_answered(typed: str) -> None:
    response = Client().get(f"/api/v1/suggest?q={quote(typed, errors='replace')}")
    assert (response.status_code, [*response.json()]) == (200, ["query", "results"])
