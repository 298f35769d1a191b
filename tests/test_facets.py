"""The counts beside the filters, checked against a count by hand: plain Python over every record, no shared query.

The catalogue, which the listing is made of, is checked against the FilterSet's queryset too, in set and in order.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import translation

from partnerships import catalogue, queries, search
from partnerships.facets import SHOWN, Facet, actor_facets, partnership_facets, source_facets
from partnerships.filters import ActorFilter, ListFilterSet, PartnershipFilter, SourceFilter
from partnerships.models import (
    Actor,
    Citation,
    Participation,
    Partnership,
    PartnershipTheme,
    Publication,
    Source,
    Theme,
)

from .factories import (
    add_themes,
    cite,
    join,
    make_actor,
    make_partnership,
    make_prefecture,
    make_source,
    make_state,
    make_theme,
    published_partnership,
)

pytestmark = pytest.mark.django_db

SEEDS = range(3)
COMBINATIONS = 16  # of filters tried on each random directory
RECORDS = 45
WORDS = ["forest", "river", "climate", "水素", "教育", "Ōsaka"]

Choices = dict[str, list[str]]


# --- A directory and choices made by chance ------------------------------------------------------------------------


def random_directory(chance: random.Random) -> None:
    """Places three levels deep on both shores, some merged into others, and partnerships in every state."""
    themes = [make_theme(f"theme-{number}", name=f"{chance.choice(WORDS)} {number}") for number in range(5)]
    actors: list[Actor] = []
    for country, make_region in (("US", make_state), ("JP", make_prefecture)):
        regions = [make_region(f"{country}-region-{n}".lower(), f"{country}-{n:02}") for n in range(3)]
        middles = [make_actor(country=country, kind="county", parent=chance.choice(regions)) for _ in range(2)]
        cities = [
            make_actor(
                country=country,
                kind=chance.choice(["city", "town", "port", "university"]),
                parent=chance.choice([*regions, *middles, None]),
                name=f"{chance.choice(WORDS)}ville",
            )
            for _ in range(7)
        ]
        for merged in cities[:2]:
            Actor.objects.filter(pk=merged.pk).update(successor=chance.choice(cities[2:]))
        actors += [*regions, *middles, *cities]
    sources = [
        make_source(
            title=chance.choice(WORDS),
            kind=chance.choice(Source.Kind.values[:4]),
            language=chance.choice(Source.Language.values),
        )
        for _ in range(15)
    ]
    parts: dict[type[Any], list[Any]] = {Participation: [], PartnershipTheme: [], Citation: []}
    for _ in range(RECORDS):
        record = make_partnership(
            title=f"{chance.choice(WORDS)} {chance.choice(WORDS)}",
            title_ja=chance.choice(["", "港の教育", "ああ", "アイ", "水素と森"]),
            kind=chance.choice(Partnership.Kind.values[:4]),
            status=chance.choice(Partnership.Status.values),
            started=chance.choice([None, "1957", "1957-10", "1990-05-01", "2014-12-31", "2015"]),
            publication=chance.choice([Publication.PUBLISHED] * 4 + Publication.values),
        )
        parts[Participation] += [
            Participation(partnership=record, actor=actor, role=Participation.Role.LEAD, position=position)
            for position, actor in enumerate(chance.sample(actors, chance.randint(1, 4)), 1)
        ]
        parts[PartnershipTheme] += [
            PartnershipTheme(partnership=record, theme=theme) for theme in chance.sample(themes, chance.randint(0, 3))
        ]
        parts[Citation] += [
            Citation(partnership=record, source=source, supports=Citation.Supports.EXISTENCE)
            for source in chance.sample(sources, chance.randint(1, 2))
        ]
        Partnership.objects.filter(pk=record.pk).update(
            updated_at=dt.datetime(2024, 1, chance.randint(1, 9), tzinfo=dt.UTC)
        )
    for model, rows in parts.items():
        model.objects.bulk_create(rows)  # what is asked here has no history
    search.reindex()


def random_choices(chance: random.Random, offered: Choices, single: set[str]) -> Choices:
    """One to four parameters with one to three values each."""
    names = chance.sample(sorted(offered), chance.randint(1, min(4, len(offered))))
    return {
        name: chance.sample(offered[name], 1 if name in single else min(len(offered[name]), chance.randint(1, 3)))
        for name in names
    }


def query_of(choices: Choices) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, values in choices.items():
        query.setlist(name, values)
    return query


# --- Counting by hand ----------------------------------------------------------------------------------------------


@dataclass
class Known:
    """What a list may be narrowed by, of one record: a set of values for each parameter, and its words."""

    slug: str
    values: dict[str, set[str]]
    words: str
    started: str = ""

    def fits(self, choices: Choices) -> bool:
        return all(self._fits(name, values) for name, values in choices.items())

    def _fits(self, name: str, values: list[str]) -> bool:
        match name:
            case "q":
                first, last = values[0].split()[:-1], values[0].split()[-1]
                return all(self._has(word) for word in first) and self._has(last, is_prefix=True)
            case "year_min":
                return bool(self.started) and int(self.started[:4]) >= int(values[0])
            case "year_max":
                return bool(self.started) and int(self.started[:4]) <= int(values[0])
        return bool(self.values[name] & {*values})

    def _has(self, word: str, *, is_prefix: bool = False) -> bool:
        if word.startswith("-"):
            return not self._has(word[1:])
        if re.fullmatch("[一-龥]+", word):
            return word in self.words
        return re.search(rf"\b{word.casefold()}{'' if is_prefix else chr(92) + 'b'}", self.words) is not None


def above(actor: Actor) -> list[Actor]:
    """The actor and everything it lies in, nearest first."""
    return [actor, *(above(actor.parent) if actor.parent else [])]


def region_codes(actor: Actor) -> list[str]:
    return [place.code for place in above(actor) if place.kind in Actor.REGION_KINDS][:1]


def by_country(codes: list[str]) -> dict[str, set[str]]:
    return {
        "state": {code for code in codes if code.startswith("US")},
        "prefecture": {code for code in codes if code.startswith("JP")},
    }


def known_partnerships() -> list[Known]:
    known = []
    for record in Partnership.objects.all():
        if record.publication != "published":
            continue
        actors = list(record.actors.all())
        themes = list(record.themes.all())
        codes = [code for actor in actors for code in region_codes(actor)]
        reaching = {place.slug for actor in actors for place in above(actor)}
        reaching |= {actor.successor.slug for actor in actors if actor.successor}
        regions = [place.name for actor in actors for place in above(actor) if place.kind in Actor.REGION_KINDS]
        names = [actor.name for actor in actors] + [theme.name for theme in themes] + regions
        known.append(
            Known(
                record.slug,
                {
                    "theme": {theme.slug for theme in themes},
                    "kind": {record.kind},
                    "status": {record.status},
                    "level": {actor.kind for actor in actors},
                    "actor": reaching,
                    "decade": {f"{str(record.started)[:3]}0"} if record.started else set(),
                    **by_country(codes),
                },
                "\n".join([record.title, record.title_ja, *names]).casefold(),
                str(record.started or ""),
            )
        )
    return known


def known_actors() -> list[Known]:
    return [
        Known(
            actor.slug,
            {
                "kind": {actor.kind},
                "show": {"all"} | ({"connected"} if connected else set()),
                **by_country(region_codes(actor)),
            },
            "\n".join(
                [
                    actor.name,
                    *(place.name for place in above(actor) if place.kind in Actor.REGION_KINDS),
                    *(merged.name for merged in actor.predecessors.all()),
                ]
            ).casefold(),
        )
        for actor in Actor.objects.all()
        for connected in [any(record.publication == "published" for record in actor.partnerships.all())]
    ]


def known_sources() -> list[Known]:
    return [
        Known(
            source.slug,
            {"kind": {source.kind}, "language": {source.language}},
            f"{source.title}\n{source.url}".casefold(),
        )
        for source in Source.objects.all()
        if any(citation.partnership.publication == "published" for citation in source.citations.all())
    ]


def counted_by_hand(known: list[Known], name: str, choices: Choices, values: list[str]) -> dict[str, int]:
    """For each value, how many records there are when it alone is chosen; only what is worth offering."""
    counts = {value: sum(record.fits({**choices, name: [value]}) for record in known) for value in values}
    return {value: count for value, count in counts.items() if count or value in choices.get(name, [])}


def assert_as_by_hand(
    filters: ListFilterSet, facets: list[Facet], known: list[Known], choices: Choices, offered: Choices
) -> None:
    assert {record.slug for record in filters.qs} == {record.slug for record in known if record.fits(choices)}, choices
    for facet in facets:
        shown = {value.value: value.count for value in facet.values}
        assert shown == counted_by_hand(known, facet.name, choices, offered[facet.name]), (facet.name, choices)


def what_partnerships_offer() -> Choices:
    return {
        "theme": list(Theme.objects.values_list("slug", flat=True)),
        "kind": Partnership.Kind.values,
        "status": Partnership.Status.values,
        "level": Actor.Kind.values,
        "state": list(Actor.objects.filter(code__startswith="US").values_list("code", flat=True)),
        "prefecture": list(Actor.objects.filter(code__startswith="JP").values_list("code", flat=True)),
        "actor": list(Actor.objects.values_list("slug", flat=True)),
        "q": [*WORDS, "forest climate", "region riverville", "水素 教育", "climate -forest", "-水素", "教"],
        "decade": ["1950", "1960", "1990", "2010"],
        "year_min": ["1957", "1958", "2014", "9999"],
        "year_max": ["1957", "1989", "2014", "9999"],
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_the_counts_of_partnerships_are_those_of_counting_by_hand(seed: int) -> None:
    chance = random.Random(seed)
    random_directory(chance)
    known = known_partnerships()
    offered = what_partnerships_offer()
    for _ in range(COMBINATIONS):
        choices = random_choices(chance, offered, {"actor", "q", "year_min", "year_max"})
        filters = PartnershipFilter(query_of(choices), queries.partnerships())
        facets = partnership_facets(catalogue.current().selected(filters))
        assert_as_by_hand(filters, facets, known, choices, offered)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_counts_of_places_are_those_of_counting_by_hand(seed: int) -> None:
    chance = random.Random(seed)
    random_directory(chance)
    known = known_actors()
    offered = {
        "kind": Actor.Kind.values,
        "state": list(Actor.objects.filter(code__startswith="US").values_list("code", flat=True)),
        "prefecture": list(Actor.objects.filter(code__startswith="JP").values_list("code", flat=True)),
        "q": [*WORDS, "region riverville", "riverville -region"],
        "show": ["all", "connected"],
    }
    for _ in range(COMBINATIONS):
        choices = random_choices(chance, offered, {"q", "show"})
        filters = ActorFilter(query_of(choices), queries.actors())
        by_hand = {"show": ["connected"], **choices}
        assert_as_by_hand(filters, actor_facets(filters), known, by_hand, offered)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_counts_of_sources_are_those_of_counting_by_hand(seed: int) -> None:
    chance = random.Random(seed)
    random_directory(chance)
    known = known_sources()
    offered = {"kind": Source.Kind.values, "language": Source.Language.values, "q": WORDS}
    for _ in range(COMBINATIONS):
        choices = random_choices(chance, offered, {"q"})
        filters = SourceFilter(query_of(choices), queries.sources())
        assert_as_by_hand(filters, source_facets(filters), known, choices, offered)


# --- The catalogue and the queryset --------------------------------------------------------------------------------


PART = 7  # of a list, in places


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_catalogue_selects_what_the_queryset_does_in_the_same_order(seed: int, language: str) -> None:
    chance = random.Random(100 + seed)
    random_directory(chance)
    offered = what_partnerships_offer()
    present = catalogue.current()  # once: inside the transaction that wrote it, each look would make it anew
    for _ in range(2 * COMBINATIONS):
        choices = random_choices(chance, offered, {"actor", "q", "year_min", "year_max"})
        for sort in chance.sample(["", "relevance", "newest", "oldest", "title", "updated"], 3):
            with translation.override(language):
                filters = PartnershipFilter(query_of({**choices, "sort": [sort]}), queries.partnerships())
                selection = present.selected(filters)
                ordered = list(filters.qs.values_list("pk", flat=True))
                parts = [pk for start in range(0, RECORDS, PART) for pk in selection.keys(start, start + PART)]
            assert (selection.count, parts) == (len(ordered), ordered), (choices, sort)


@pytest.mark.parametrize("steps", [0, 1_000_000], ids=["picked out", "met with"])
@pytest.mark.parametrize("sort", ["newest", "oldest", "title", "updated", "relevance"])
def test_few_and_many_matches_come_in_the_same_order(sort: str, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "STEPS", steps)
    random_directory(random.Random(7))
    for query in ("", "kind=sister", "q=forest", "q=forest&kind=sister"):
        filters = PartnershipFilter(QueryDict(f"{query}&sort={sort}"), queries.partnerships())
        ordered = list(filters.qs.values_list("pk", flat=True))
        assert catalogue.current().selected(filters).keys(0, RECORDS) == ordered


# --- How a facet presents itself -----------------------------------------------------------------------------------


def facet(name: str, query: str = "") -> Facet:
    filters = PartnershipFilter(QueryDict(query), queries.partnerships())
    facets = partnership_facets(catalogue.current().selected(filters))
    return next(facet for facet in facets if facet.name == name)


def shown(facet: Facet) -> list[Any]:
    return [(value.value, value.count, value.selected) for value in facet.values]


def test_a_chosen_value_hides_no_other_value_of_its_facet() -> None:
    published_partnership(kind="project")
    published_partnership(kind="network")
    assert shown(facet("kind", "kind=project")) == [("project", 1, True), ("network", 1, False)]


def test_chosen_values_come_first_and_then_the_most_frequent() -> None:
    for kind, count in [("project", 1), ("network", 2), ("event", 3)]:
        for _ in range(count):
            published_partnership(kind=kind)
    assert shown(facet("kind", "kind=project")) == [("project", 1, True), ("event", 3, False), ("network", 2, False)]


def test_themes_keep_the_order_that_curators_gave_them() -> None:
    first, second = make_theme("z", order=1), make_theme("a", order=2)
    published_partnership(themes=(first, second))
    published_partnership(themes=(second,))
    assert shown(facet("theme")) == [("z", 1, False), ("a", 2, False)]


def test_a_chosen_value_without_a_match_stays_so_that_it_can_be_taken_away() -> None:
    published_partnership(kind="project", status="active")
    assert shown(facet("status", "kind=project&status=ended")) == [("ended", 0, True), ("active", 1, False)]


def test_the_link_of_a_value_leads_to_as_many_results_as_it_says() -> None:
    published_partnership(kind="project")
    published_partnership(kind="project", status="ended")
    published_partnership(kind="network")
    value = facet("kind", "status=active").values[0]
    query = QueryDict(value.toggle_url.removeprefix("?"))
    assert PartnershipFilter(query, queries.partnerships()).qs.count() == value.count == 1


@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_what_is_not_published_counts_nowhere(publication: str) -> None:
    record = make_partnership(publication=publication)
    join(record, make_state(), make_prefecture())
    add_themes(record, make_theme())
    cite(record)
    filters = PartnershipFilter(QueryDict(), queries.partnerships())
    places = ActorFilter(QueryDict(), queries.actors())
    sources = SourceFilter(QueryDict(), queries.sources())
    counted = partnership_facets(catalogue.current().selected(filters))
    facets = [*counted, *actor_facets(places), *source_facets(sources)]
    assert [facet.values for facet in facets] == [[]] * 12


def test_values_are_labelled_in_the_language_of_the_page() -> None:
    published_partnership(us=make_state(name="Washington", name_ja="ワシントン州"))
    with translation.override("ja"):
        japanese = facet("state").values[0].label
    assert (facet("state").values[0].label, japanese) == ("Washington", "ワシントン州")


def test_a_long_facet_shows_its_first_values_and_folds_the_rest() -> None:
    published_partnership(themes=tuple(make_theme() for _ in range(SHOWN + 3)))
    themes = facet("theme")
    assert (len(themes.first), len(themes.rest)) == (SHOWN, 3)


def test_a_long_facet_folds_no_chosen_value() -> None:
    themes = [make_theme() for _ in range(SHOWN + 3)]
    published_partnership(themes=tuple(themes))
    chosen = facet("theme", "&".join(f"theme={theme.slug}" for theme in themes[2:]))
    assert (len(chosen.first), len(chosen.rest)) == (SHOWN + 1, 2)


def test_decades_are_in_the_order_of_time_and_named_as_such() -> None:
    for started in ("1998", "1961-05", "1998-01-01", None):
        published_partnership(started=started)
    assert shown(facet("decade")) == [("1960", 1, False), ("1990", 2, False)]
    assert [value.label for value in facet("decade").values] == ["1960s", "1990s"]


def test_the_counts_of_a_search_are_those_of_its_matches() -> None:
    published_partnership(kind="project", title="Forests")
    published_partnership(kind="network", title="Forestry")
    published_partnership(kind="network", title="Harbours")
    search.reindex()
    assert shown(facet("kind", "q=forest")) == [("project", 1, False), ("network", 1, False)]


def test_a_facet_in_use_is_unfolded() -> None:
    assert (facet("status").is_open, facet("status", "status=ended").is_open) == (False, True)
