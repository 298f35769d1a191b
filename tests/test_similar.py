"""Similar partnerships: the bitmaps find what looking at every pair would find, and each says why."""

from __future__ import annotations

import random

import pytest
from django.test import Client
from django.utils import translation

from partnerships import catalogue
from partnerships.dimensions import DIMENSIONS
from partnerships.models import Actor, Partnership, Publication
from partnerships.similar import LEAST, RULES, SHOWN, similar_to

from .factories import (
    add_themes,
    join,
    make_actor,
    make_partnership,
    make_prefecture,
    make_state,
    make_theme,
    published_partnership,
)
from .markup import Page

pytestmark = pytest.mark.django_db


def reasons(record: Partnership) -> dict[str, list[str]]:
    return {other.record.slug: other.reasons for other in similar_to(record.pk, catalogue.current())}


def naive(record: Partnership) -> list[str]:
    """The same by looking at every other published record."""

    def values(one: Partnership, parameter: str) -> set[str]:
        rows = DIMENSIONS[parameter]().filter(owner=one.pk).order_by().values_list("value", flat=True)
        return {value for value in rows if value}

    own = {rule.parameter: values(record, rule.parameter) for rule in RULES}
    scored = []
    for other in Partnership.objects.published().exclude(pk=record.pk).order_by("slug"):
        points = sum(
            rule.points * min(rule.most, len(own[rule.parameter] & values(other, rule.parameter))) for rule in RULES
        )
        if points >= LEAST:
            scored.append((points, str(other.started or ""), other.slug))
    scored.sort(key=lambda entry: entry[:2], reverse=True)  # stable: then by slug
    return [slug for _points, _started, slug in scored[:SHOWN]]


def test_it_finds_what_looking_at_every_pair_finds() -> None:
    chance = random.Random(4)
    themes = [make_theme(name) for name in ("climate", "forestry", "tech", "health", "culture")]
    states = [make_state(f"state-{number}", f"US-0{number}") for number in range(4)]
    prefectures = [make_prefecture(f"prefecture-{number}", f"JP-0{number}") for number in range(4)]
    records = []
    for _number in range(40):
        record = make_partnership(
            kind=chance.choice(["sister", "project", "event"]),
            started=chance.choice([None, "1957", "1957-10", "2001"]),
            publication=chance.choice([Publication.PUBLISHED] * 4 + [Publication.DRAFT]),
        )
        join(record, *chance.sample(states, chance.choice([1, 1, 2])), *chance.sample(prefectures, 1))
        add_themes(record, *chance.sample(themes, chance.choice([0, 1, 2, 4])))
        records.append(record)
    published = [record for record in records if record.publication == Publication.PUBLISHED]
    assert {record.slug: list(reasons(record)) for record in published} == {
        record.slug: naive(record) for record in published
    }


# --- Reasons -------------------------------------------------------------------------------------------------------


@pytest.fixture
def places() -> dict[str, Actor]:
    return {
        "washington": make_state("washington", "US-WA"),
        "oregon": make_state("oregon", "US-OR"),
        "hyogo": make_prefecture("hyogo", "JP-28"),
        "osaka": make_prefecture("osaka", "JP-27"),
    }


def test_it_says_in_words_what_they_have_in_common(places: dict[str, Actor]) -> None:
    energy, tech = make_theme("energy", name="Clean energy"), make_theme("tech", name="Tech")
    wa, oregon, hyogo, osaka = places.values()
    record = published_partnership("one", kind="project", us=wa, jp=hyogo, themes=(energy, tech))
    published_partnership("both-shores", kind="event", us=wa, jp=hyogo)
    published_partnership("all-themes", kind="event", us=oregon, jp=osaka, themes=(energy, tech))
    published_partnership("a-theme-and-state", kind="event", us=wa, jp=osaka, themes=(tech,))
    published_partnership("prefecture-and-kind", kind="project", us=oregon, jp=hyogo)
    assert reasons(record) == {
        "both-shores": ["same state and prefecture"],
        "a-theme-and-state": ["same state", "same theme: Tech"],
        "all-themes": ["same themes: Clean energy, Tech"],
        "prefecture-and-kind": ["same prefecture", "same kind"],
    }


def test_the_reasons_are_in_the_language_of_the_page(places: dict[str, Actor]) -> None:
    energy = make_theme("energy", name_ja="クリーンエネルギー")
    record = published_partnership("one", us=places["washington"], jp=places["hyogo"], themes=(energy,))
    published_partnership("two", us=places["washington"], jp=places["hyogo"], themes=(energy,))
    with translation.override("ja"):
        assert reasons(record) == {"two": ["同じ州・都道府県", "共通のテーマ：クリーンエネルギー", "同じ種別"]}


def test_the_same_kind_alone_makes_nothing_similar() -> None:
    record = published_partnership(kind="network")
    published_partnership(kind="network")
    assert reasons(record) == {}


def test_of_those_with_as_many_points_the_newest_come_first_and_then_by_slug(places: dict[str, Actor]) -> None:
    def beside(slug: str, started: str | None) -> Partnership:
        return published_partnership(slug, started=started, us=places["washington"], jp=places["hyogo"])

    record = beside("one", "1950")
    for slug, started in [("e", None), ("d", "1980"), ("b", "1990"), ("a", "1980"), ("c", "1957")]:
        beside(slug, started)
    assert list(reasons(record)) == ["b", "a", "d", "c"]


def test_what_is_not_published_is_similar_to_nothing(places: dict[str, Actor]) -> None:
    draft = make_partnership("draft")
    join(draft, places["washington"], places["hyogo"])
    record = published_partnership(us=places["washington"], jp=places["hyogo"])
    assert reasons(draft) == {}
    assert reasons(record) == {}


def test_the_page_follows_a_change_in_another_record(client: Client, places: dict[str, Actor]) -> None:
    published_partnership("one", us=places["washington"], jp=places["hyogo"])
    other = published_partnership("two", title="The other", us=places["washington"], jp=make_actor(country="JP"))

    def beside() -> dict[str, str]:
        links = Page(client.get("/partnerships/one/")).all("a")
        return {link.attributes["href"]: link.text for link in links if link.is_in("aside")}

    assert beside()["/partnerships/two/"] == "The other"
    Partnership.objects.filter(pk=other.pk).update(title="Renamed")
    assert beside()["/partnerships/two/"] == "Renamed"
    Partnership.objects.filter(pk=other.pk).update(publication=Publication.ARCHIVED)
    assert "/partnerships/two/" not in beside()
