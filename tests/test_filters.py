"""The parameters of the lists: what each one finds, how they combine, and how a list is written as an address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.http import QueryDict
from django.utils import translation

from partnerships import queries, search
from partnerships.filters import (
    MOST_VALUES,
    ActorFilter,
    ListFilterSet,
    PartnershipFilter,
    SourceFilter,
)
from partnerships.models import ActorName, Partnership, Publication
from partnerships.text import MOST_CHARACTERS, MOST_WORDS

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

SORTS = ["relevance", "newest", "oldest", "title", "updated"]


def listing(query: str = "") -> PartnershipFilter:
    search.reindex()
    return PartnershipFilter(QueryDict(query), queries.partnerships())


def found(query: str = "") -> list[str]:
    return [record.slug for record in listing(query).qs]


def places(query: str = "") -> list[str]:
    search.reindex()
    return [actor.slug for actor in ActorFilter(QueryDict(query), queries.actors()).qs]


def sources(query: str = "") -> list[str]:
    search.reindex()
    return [source.slug for source in SourceFilter(QueryDict(query), queries.sources()).qs]


def messages(filters: ListFilterSet) -> list[tuple[str, str]]:
    return [(ignored.parameter, ignored.message) for ignored in filters.ignored]


# --- Each parameter, or within and between ------------------------------------------------------------------------


def test_without_parameters_every_published_partnership_is_listed() -> None:
    published_partnership("one")
    published_partnership("two")
    assert set(found()) == {"one", "two"}


def test_theme_finds_partnerships_with_that_theme() -> None:
    climate, forestry = make_theme("climate"), make_theme("forestry")
    published_partnership("cool", themes=(climate,))
    published_partnership("woods", themes=(forestry,))
    assert found("theme=climate") == ["cool"]


def test_several_values_of_one_parameter_widen() -> None:
    for slug in ("climate", "forestry", "tech"):
        published_partnership(f"about-{slug}", themes=(make_theme(slug),))
    assert set(found("theme=climate&theme=tech")) == {"about-climate", "about-tech"}


def test_a_partnership_with_several_of_the_chosen_themes_is_listed_once() -> None:
    published_partnership("both", themes=(make_theme("climate"), make_theme("tech")))
    assert found("theme=climate&theme=tech") == ["both"]


def test_different_parameters_narrow() -> None:
    climate = make_theme("climate")
    published_partnership("climate-project", kind="project", themes=(climate,))
    published_partnership("climate-network", kind="network", themes=(climate,))
    published_partnership("other-project", kind="project")
    assert found("theme=climate&kind=project") == ["climate-project"]


def test_kind_finds_partnerships_of_that_kind() -> None:
    for kind in Partnership.Kind.values:
        published_partnership(f"a-{kind}", kind=kind)
    assert {kind: found(f"kind={kind}") for kind in Partnership.Kind.values} == {
        kind: [f"a-{kind}"] for kind in Partnership.Kind.values
    }


def test_status_finds_partnerships_with_that_status() -> None:
    for status in Partnership.Status.values:
        published_partnership(f"is-{status}", status=status)
    assert {status: found(f"status={status}") for status in Partnership.Status.values} == {
        status: [f"is-{status}"] for status in Partnership.Status.values
    }


def test_level_finds_partnerships_with_a_participant_of_that_kind() -> None:
    published_partnership("of-counties", us=make_actor(kind="county"))
    published_partnership("of-cities")
    assert found("level=county") == ["of-counties"]


def test_state_finds_what_places_in_it_take_part_in() -> None:
    washington, oregon = make_state(), make_state("oregon", "US-OR")
    published_partnership("seattle-kobe", us=make_actor("seattle", parent=washington))
    published_partnership("portland-sapporo", us=make_actor("portland", parent=oregon))
    assert found("state=US-WA") == ["seattle-kobe"]


def test_state_finds_what_the_state_itself_takes_part_in() -> None:
    published_partnership("washington-hyogo", us=make_state())
    assert found("state=US-WA") == ["washington-hyogo"]


def test_state_finds_what_a_city_below_a_county_takes_part_in() -> None:
    county = make_actor("king-county", kind="county", parent=make_state())
    published_partnership("seattle-kobe", us=make_actor("seattle", parent=county))
    assert found("state=US-WA") == ["seattle-kobe"]


def test_prefecture_finds_what_places_in_it_take_part_in() -> None:
    hyogo, fukuoka = make_prefecture(), make_prefecture("fukuoka", "JP-40")
    published_partnership("seattle-kobe", jp=make_actor("kobe", country="JP", parent=hyogo))
    published_partnership("oakland-fukuoka", jp=make_actor("fukuoka-city", country="JP", parent=fukuoka))
    assert found("prefecture=JP-40") == ["oakland-fukuoka"]


def test_prefecture_finds_what_a_municipality_merged_since_had_signed() -> None:
    hyogo = make_prefecture()
    city = make_actor("toyooka", country="JP", parent=hyogo)
    town = make_actor("hidaka", kind="town", country="JP", parent=hyogo, successor=city)
    published_partnership("hidaka-tie", jp=town)
    assert found("prefecture=JP-28") == ["hidaka-tie"]


def test_state_and_prefecture_together_need_both_shores() -> None:
    washington, hyogo = make_state(), make_prefecture()
    seattle = make_actor("seattle", parent=washington)
    kobe = make_actor("kobe", country="JP", parent=hyogo)
    published_partnership("both", us=seattle, jp=kobe)
    published_partnership("only-the-state", us=seattle)
    published_partnership("only-the-prefecture", jp=kobe)
    assert found("state=US-WA&prefecture=JP-28") == ["both"]


def test_actor_finds_what_it_takes_part_in_itself() -> None:
    published_partnership("seattle-kobe", us=make_actor("seattle"))
    published_partnership("portland-sapporo", us=make_actor("portland"))
    assert found("actor=seattle") == ["seattle-kobe"]


@pytest.mark.parametrize("slug", ["washington", "king-county", "seattle"])
def test_actor_finds_what_places_below_it_take_part_in(slug: str) -> None:
    county = make_actor("king-county", kind="county", parent=make_state("washington"))
    published_partnership("seattle-kobe", us=make_actor("seattle", parent=county))
    published_partnership("elsewhere")
    assert found(f"actor={slug}") == ["seattle-kobe"]


def test_actor_finds_nothing_of_the_places_above_it() -> None:
    washington = make_state("washington")
    make_actor("seattle", parent=washington)
    published_partnership("washington-hyogo", us=washington)
    assert found("actor=seattle") == []


def test_actor_finds_nothing_of_a_neighbour_whose_address_begins_the_same() -> None:
    washington = make_state("washington")
    make_actor("port", parent=washington)
    published_partnership("portland-sapporo", us=make_actor("portland", parent=washington))
    assert found("actor=port") == []


def test_actor_finds_what_a_municipality_merged_into_it_had_signed() -> None:
    city = make_actor("toyooka", country="JP")
    published_partnership("hidaka-tie", jp=make_actor("hidaka", kind="town", country="JP", successor=city))
    assert found("actor=toyooka") == ["hidaka-tie"]


def test_actor_finds_for_a_merged_municipality_only_what_it_had_signed() -> None:
    city = make_actor("toyooka", country="JP")
    published_partnership("hidaka-tie", jp=make_actor("hidaka", kind="town", country="JP", successor=city))
    published_partnership("toyooka-tie", jp=city)
    assert found("actor=hidaka") == ["hidaka-tie"]


def test_actor_does_not_take_an_unpublished_place() -> None:
    make_actor("secret-place", publication=Publication.DRAFT)
    published_partnership("one")
    filters = listing("actor=secret-place")
    assert ([record.slug for record in filters.qs], filters.chosen("actor")) == (["one"], [])


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("year_min=2014", {"year", "month", "day", "later"}),
        ("year_max=2014", {"year", "month", "day", "earlier"}),
        ("year_min=2014&year_max=2014", {"year", "month", "day"}),
        ("year_min=2015&year_max=2014", set()),
        ("year_min=1", {"year", "month", "day", "earlier", "later"}),
        ("year_max=9999", {"year", "month", "day", "earlier", "later"}),
    ],
)
def test_years_are_those_in_which_it_may_have_started_and_both_ends_count(query: str, slugs: set[str]) -> None:
    dates = {"year": "2014", "month": "2014-12", "day": "2014-12-31", "earlier": "2013-12-31", "later": "2015"}
    for slug, started in dates.items():
        published_partnership(slug, started=started)
    published_partnership("start-not-known")
    assert set(found(query)) == slugs


def test_decade_finds_what_started_in_it() -> None:
    for slug, started in [("fifties", "1959-12-31"), ("sixties", "1960"), ("seventies", "1970-01"), ("unknown", None)]:
        published_partnership(slug, started=started)
    assert found("decade=1960") == ["sixties"]
    assert found("decade=1950&decade=1970") == ["seventies", "fifties"]


# --- Search --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "hydrogen",
        "HYDROGEN",
        "ｈｙｄｒｏｇｅｎ",
        "hydro",
        "水素",
        "fuelling",
        "水素ステーション",
        "clean energy",
        "クリーンエネルギー",
        "seattle",
        "シアトル",
        "emerald city",
        "new hampshire-cho",
        "kobe",
        "神戸",
        "こうべ",
        "washington",
        "ワシントン州",
        "hyogo",
        "兵庫県",
        "seattle 神戸",
        "hydrogen kobe energy",
    ],
)
def test_search_finds_words_in_texts_themes_and_names_of_both_languages(words: str) -> None:
    energy = make_theme("clean-energy", name="Clean energy", name_ja="クリーンエネルギー")
    seattle = make_actor("seattle", name_ja="シアトル市", parent=make_state("washington", name_ja="ワシントン州"))
    hyogo = make_prefecture("hyogo", name_ja="兵庫県")
    kobe = make_actor("kobe", name_ja="神戸市", name_kana="こうべし", country="JP", parent=hyogo)
    ActorName.objects.create(actor=seattle, name="Emerald City", language="en")
    ActorName.objects.create(actor=kobe, name="New Hampshire-cho", language="en", kind="former")
    published_partnership(
        "hydrogen",
        title="Hydrogen for harbours",
        title_ja="港の水素",
        summary="Two ports share what they learn about fuelling ships.",
        summary_ja="水素ステーションを作る。",
        us=seattle,
        jp=kobe,
        themes=(energy,),
    )
    published_partnership("other")
    query = QueryDict(mutable=True)
    query["q"] = words
    assert found(query.urlencode()) == ["hydrogen"]


def test_search_needs_every_word() -> None:
    published_partnership("forests", title="Forests of the north")
    assert found("q=forests+south") == []


@pytest.mark.parametrize(
    "words", ["100%25", "a_b", "a_b%5Cc%27s", "100%25+OR+a_b", "%22100%25+of+a_b%5Cc%27s%22", "b*"]
)
def test_signs_that_mean_something_to_the_database_only_part_the_words_beside_them(words: str) -> None:
    published_partnership("plain", title="Plain title or other")
    published_partnership("with-the-signs", title="100% of a_b\\c's")
    assert found(f"q={words}") == ["with-the-signs"]


@pytest.mark.parametrize("sign", ["%25", "_", "%5C", "%27", "%22%22", "*", "-", "%28%29", "%3A", "%F0%9F%A6%80"])
def test_a_search_of_signs_only_is_reported_and_left_out(sign: str) -> None:
    published_partnership("one")
    filters = listing(f"q={sign}")
    [(parameter, message)] = messages(filters)
    assert ([record.slug for record in filters.qs], parameter, filters.address()) == (["one"], "q", "?")
    assert message.endswith("holds nothing to search for.")


def test_a_search_of_spaces_only_is_no_search() -> None:
    published_partnership("one")
    assert found("q=%20%E3%80%80+") == ["one"]


def test_a_record_with_several_matching_participants_is_listed_once() -> None:
    record = published_partnership("one", us=make_actor(name="Springfield"))
    join(record, make_actor(name="Springfield"))
    assert found("q=springfield") == ["one"]


@pytest.mark.parametrize("words", ["+".join(["word"] * (MOST_WORDS + 1)), "水" * (MOST_CHARACTERS + 1)])
def test_a_search_that_is_too_long_says_how_much_of_it_was_used(words: str) -> None:
    only = f"Only the first {MOST_WORDS} words and {MOST_CHARACTERS} characters of the search were used."
    assert messages(listing(f"q={words}")) == [("q", only)]


@pytest.mark.parametrize("lists", [found, places, sources])
def test_a_search_that_only_excludes_finds_all_the_rest(lists: Callable[[str], list[str]]) -> None:
    published_partnership("port", us=make_actor("portland"), jp=make_actor("kobe"), source=make_source("almanac"))
    assert len(lists("")) == len(lists("q=-nothing")) > 0
    assert lists("q=-almanac+-port+-portland+-kobe") == []


# --- Order ---------------------------------------------------------------------------------------------------------


def test_the_newest_come_first_unless_told_otherwise() -> None:
    for slug, started in [("old", "1957-10-21"), ("new", "2020"), ("middle", "1990-05"), ("unknown", None)]:
        published_partnership(slug, started=started)
    assert found() == found("sort=newest") == ["new", "middle", "old", "unknown"]


def test_the_oldest_first_still_puts_an_unknown_start_last() -> None:
    for slug, started in [("unknown", None), ("new", "2020"), ("old", "1957-10-21")]:
        published_partnership(slug, started=started)
    assert found("sort=oldest") == ["old", "new", "unknown"]


def test_titles_are_sorted_in_the_language_of_the_page() -> None:
    published_partnership("one", title="Apples", title_ja="んまつり")
    published_partnership("two", title="Berries", title_ja="あきまつり")
    with translation.override("ja"):
        japanese = found("sort=title")
    assert (found("sort=title"), japanese) == (["one", "two"], ["two", "one"])


def test_the_last_updated_come_first_when_asked_for() -> None:
    for day, slug in enumerate(["first", "second", "third"], 1):
        record = published_partnership(slug)
        Partnership.objects.filter(pk=record.pk).update(updated_at=dt.datetime(2024, 1, day, tzinfo=dt.UTC))
    assert found("sort=updated") == ["third", "second", "first"]


def test_a_search_puts_those_with_the_words_in_their_title_first() -> None:
    published_partnership("only-in-the-summary", started="2020", summary="About clean energy.")
    published_partnership("in-the-title", started="1990", title="Clean energy for islands")
    assert found("q=clean+energy") == ["in-the-title", "only-in-the-summary"]


def test_a_search_can_be_sorted_otherwise() -> None:
    published_partnership("only-in-the-summary", started="2020", summary="About clean energy.")
    published_partnership("in-the-title", started="1990", title="Clean energy for islands")
    assert found("q=clean+energy&sort=newest") == ["only-in-the-summary", "in-the-title"]


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("sort=newest", "?"),
        ("sort=relevance", "?"),
        ("sort=oldest", "?sort=oldest"),
        ("q=sea&sort=relevance", "?q=sea"),
        ("q=sea&sort=newest", "?q=sea&sort=newest"),
    ],
)
def test_the_address_leaves_out_the_order_that_is_in_effect_anyway(given: str, address: str) -> None:
    assert listing(given).address() == address


@pytest.mark.parametrize("order", SORTS)
@pytest.mark.parametrize(
    "given", ["", "q=port", "sort=oldest", "kind=sister&sort=title", "q=port&year_max=1960&sort=newest"]
)
def test_the_address_of_another_order_is_the_one_of_a_list_asked_for_in_it(given: str, order: str) -> None:
    chosen = listing(given)
    assert chosen.sorted_address(order) == chosen.address({"sort": [order]})
    again = listing(chosen.sorted_address(order)[1:])
    assert (again.sort_order, again.words) == (listing(f"{given}&sort={order}").sort_order, chosen.words)


@pytest.mark.parametrize("show", ["", "show=connected"])
def test_the_address_of_places_leaves_out_that_only_those_with_a_partnership_are_shown(show: str) -> None:
    assert ActorFilter(QueryDict(show), queries.actors()).address() == "?"


def test_relevance_without_a_search_is_the_newest_first() -> None:
    assert listing("sort=relevance").sort_order == "newest"


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_order_puts_equals_in_the_order_of_their_addresses(sort: str, language: str) -> None:
    us, jp, source = make_actor(), make_actor(country="JP"), make_source()
    for slug in ("c", "a", "d", "b"):
        published_partnership(slug, us=us, jp=jp, source=source, title="Same", title_ja="同じ", started="2000")
    Partnership.objects.update(updated_at=dt.datetime(2024, 1, 1, tzinfo=dt.UTC))
    with translation.override(language):
        assert found(f"q=same&sort={sort}") == ["a", "b", "c", "d"]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_holds_every_match(sort: str) -> None:
    published_partnership("dated", title="Same", started="2000")
    published_partnership("undated", title="Same")
    assert sorted(found(f"q=same&sort={sort}")) == ["dated", "undated"]


# --- What is not understood ----------------------------------------------------------------------------------------


def test_unknown_parameters_are_ignored() -> None:
    published_partnership("one")
    filters = listing("utm_source=mail&theme%5B%5D=climate&Theme=x&publication=draft")
    assert ([record.slug for record in filters.qs], messages(filters), filters.address()) == (["one"], [], "?")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("theme=nonsense", "theme"),
        ("kind=nonsense", "kind"),
        ("kind=SISTER", "kind"),
        ("status=nonsense", "status"),
        ("state=US-XX", "state"),
        ("state=JP-28", "state"),
        ("prefecture=US-WA", "prefecture"),
        ("level=nonsense", "level"),
        ("decade=1957", "decade"),
        ("decade=3000", "decade"),
        ("actor=nonsense", "actor"),
        ("year_min=abc", "year_min"),
        ("year_min=0", "year_min"),
        ("year_min=1957.5", "year_min"),
        ("year_max=-1", "year_max"),
        ("year_max=10000", "year_max"),
        ("sort=nonsense", "sort"),
        ("q=%00", "q"),
    ],
)
def test_a_bad_value_is_reported_and_left_out(query: str, parameter: str) -> None:
    make_state()
    make_prefecture()
    published_partnership("one")
    filters = listing(query)
    reported = [name for name, _message in messages(filters)]
    assert ([record.slug for record in filters.qs], reported, filters.address()) == (["one"], [parameter], "?")


def test_a_bad_value_leaves_the_good_ones_beside_it_in_effect() -> None:
    published_partnership("cool", themes=(make_theme("climate"),))
    published_partnership("other")
    assert found("theme=nonsense&theme=climate&year_min=abc") == ["cool"]


def test_the_report_names_the_filter_and_the_value() -> None:
    assert messages(listing("kind=<b>")) == [("kind", "Kind: “<b>” was not understood and is ignored.")]


def test_the_report_shows_a_long_value_shortened_and_without_control_characters() -> None:
    [(_parameter, message)] = messages(listing("kind=" + "%E2%80%AE%00" + "x" * 10_000))
    assert message == f"Kind: “��{'x' * 37}…” was not understood and is ignored."


def test_an_empty_value_is_no_value() -> None:
    published_partnership("one")
    filters = listing("theme=&q=&year_min=&sort=&actor=&kind=++")
    assert ([record.slug for record in filters.qs], messages(filters), filters.address()) == (["one"], [], "?")


# --- Repeated values -----------------------------------------------------------------------------------------------


def test_a_value_given_twice_counts_once() -> None:
    make_theme("climate")
    assert listing("theme=climate&theme=climate").chosen("theme") == ["climate"]


@pytest.mark.parametrize("year", ["1957", "1957.0", "1957.", "01957", "%EF%BC%91957", "+1957+", "%2B1957"])
def test_a_year_is_understood_and_written_in_one_way_only(year: str) -> None:
    published_partnership("old", started="1956")
    published_partnership("new", started="1957")
    filters = listing(f"year_min={year}")
    assert ([record.slug for record in filters.qs], filters.address()) == (["new"], "?year_min=1957")


def test_blanks_around_a_value_are_no_part_of_it() -> None:
    make_actor("kobe")
    filters = listing("actor=+kobe+&kind=+sister&sort=title+")
    assert (filters.address(), messages(filters)) == ("?kind=sister&actor=kobe&sort=title", [])


def test_of_a_parameter_that_takes_one_value_the_last_counts() -> None:
    assert listing("sort=title&sort=oldest").sort_order == "oldest"


def test_a_value_repeated_very_often_does_not_hide_another_one() -> None:
    make_theme("climate")
    make_theme("tech")
    query = "&".join(["theme=climate"] * (MOST_VALUES + 1) + ["theme=tech"])
    assert listing(query).chosen("theme") == ["climate", "tech"]


def test_too_many_values_are_reported_and_the_first_ones_used() -> None:
    for number in range(MOST_VALUES + 1):
        make_theme(f"theme-number-{number:03}")
    filters = listing("&".join(f"theme=theme-number-{number:03}" for number in range(MOST_VALUES + 1)))
    assert len(filters.chosen("theme")) == MOST_VALUES
    assert messages(filters) == [("theme", f"Theme: only the first {MOST_VALUES} values were used.")]


# --- The address of a list -----------------------------------------------------------------------------------------


def test_the_address_has_one_order_of_parameters_and_values_however_they_were_given() -> None:
    make_theme("climate")
    make_theme("tech")
    make_state()
    one = listing("state=US-WA&sort=title&theme=tech&q=sea&theme=climate&page=3&x=y").address()
    other = listing("theme=climate&theme=tech&sort=title&state=US-WA&q=sea").address()
    assert one == other == "?q=sea&theme=climate&theme=tech&state=US-WA&sort=title"


def test_the_address_keeps_words_whole() -> None:
    filters = listing(listing("q=a%26b%3D%22%E7%A5%9E%E6%88%B8%22").address().removeprefix("?"))
    assert filters.chosen("q") == ['a&b="神戸"']


@pytest.mark.parametrize(("page", "address"), [(1, "?sort=title"), (2, "?sort=title&page=2")])
def test_the_page_is_the_last_part_of_the_address_and_the_first_page_needs_none(page: int, address: str) -> None:
    assert listing("sort=title").address(page=page) == address


def test_toggling_a_value_adds_it_to_the_others() -> None:
    make_theme("climate")
    make_theme("tech")
    assert listing("theme=tech&kind=project").toggled("theme", "climate") == "?theme=climate&theme=tech&kind=project"


def test_toggling_a_chosen_value_takes_only_it_away() -> None:
    make_theme("climate")
    make_theme("tech")
    assert listing("theme=tech&theme=climate&kind=project").toggled("theme", "tech") == "?theme=climate&kind=project"


def test_toggling_twice_leads_back() -> None:
    filters = listing("kind=project&status=active")
    once = listing(filters.toggled("kind", "network").removeprefix("?"))
    assert once.toggled("kind", "network") == filters.address()


@pytest.mark.parametrize("others", ["kind=project", "sort=title", "kind=project&sort=title"])
def test_a_facet_and_a_chip_lead_to_the_same_address(others: str) -> None:
    make_theme("climate")
    filters = listing(f"{others}&theme=climate")
    assert filters.toggles("theme", ["climate"]) == [filters.toggled("theme", "climate")]


def test_toggling_the_last_value_leads_to_the_whole_list() -> None:
    assert listing("kind=project").toggled("kind", "project") == "?"


def test_a_list_without_one_of_its_filters_keeps_the_others() -> None:
    make_theme("climate")
    assert listing("theme=climate&kind=project&sort=title").without("theme").address() == "?kind=project&sort=title"


# --- What is not public --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=harbour",
        "theme=climate",
        "kind=sister",
        "status=active",
        "state=US-WA",
        "prefecture=JP-28",
        "actor=seattle",
        "level=city",
        "year_min=1900",
        "year_max=2100",
        "decade=2000",
        "q=nothing+-harbours",
        "q=-nothing",
        "sort=updated",
    ],
)
def test_what_is_not_published_never_matches(publication: str, query: str) -> None:
    record = make_partnership("hidden", title="Harbour", started="2000", publication=publication)
    join(record, make_actor("seattle", parent=make_state()), make_actor(country="JP", parent=make_prefecture()))
    add_themes(record, make_theme("climate"))
    cite(record)
    assert found(query) == []


# --- Places and organisations --------------------------------------------------------------------------------------


def test_places_without_a_partnership_are_listed_on_request_only() -> None:
    published_partnership(us=make_actor("seattle"), jp=make_actor("kobe", country="JP"))
    make_actor("lonely")
    assert (places(), places("show=connected"), places("show=all")) == (
        ["kobe", "seattle"],
        ["kobe", "seattle"],
        ["kobe", "lonely", "seattle"],
    )


def test_a_place_in_drafts_only_counts_as_without_a_partnership() -> None:
    join(make_partnership(), make_actor("seattle"))
    assert places() == []


@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_a_place_that_is_not_published_is_not_even_listed_on_request(publication: str) -> None:
    make_actor("hidden", publication=publication)
    assert places("show=all") == []


@pytest.mark.parametrize("words", ["kobe", "神戸", "こうべ", "port%20city", "hyogo", "兵庫", "KOBE+兵庫"])
def test_places_are_found_by_their_names_and_their_region(words: str) -> None:
    hyogo = make_prefecture("hyogo", name_ja="兵庫県")
    kobe = make_actor("kobe", name_ja="神戸市", name_kana="こうべし", country="JP", parent=hyogo)
    ActorName.objects.create(actor=kobe, name="Port City", language="en")
    make_actor("seattle")
    assert places(f"show=all&kind=city&q={words}") == ["kobe"]


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("kind=county", ["king-county"]),
        ("kind=county&kind=state", ["king-county", "washington"]),
        ("state=US-WA", ["king-county", "seattle", "washington"]),
        ("prefecture=JP-28", ["hyogo", "kobe"]),
        ("kind=city&state=US-WA", ["seattle"]),
        ("state=US-WA&prefecture=JP-28", []),
    ],
)
def test_places_are_narrowed_by_kind_and_region(query: str, slugs: list[str]) -> None:
    county = make_actor("king-county", kind="county", parent=make_state("washington"))
    make_actor("seattle", parent=county)
    make_actor("kobe", country="JP", parent=make_prefecture("hyogo"))
    assert places(f"show=all&{query}") == slugs


def test_places_are_sorted_by_name_and_in_japanese_by_their_reading() -> None:
    for slug, name, name_ja, reading in [
        ("one", "Zushi", "逗子市", "あ"),
        ("two", "Akita", "秋田市", "ん"),
        ("three", "Akita", "秋田村", "ん"),
    ]:
        make_actor(slug, name=name, name_ja=name_ja, name_kana=reading)
    with translation.override("ja"):
        japanese = places("show=all")
    assert (places("show=all"), japanese) == (["three", "two", "one"], ["one", "two", "three"])


def test_japanese_names_are_sorted_as_in_a_dictionary_katakana_among_the_readings() -> None:
    names = [
        ("jr-hokkaido", "JR北海道", ""),
        ("alaska", "アラスカ州", ""),
        ("arita", "有田町", "ありたちょう"),
        ("ome", "青梅市", "おうめし"),
        ("oregon", "オレゴン州", ""),
        ("kaga", "加賀市", "かがし"),
        ("gamagori", "蒲郡市", "がまごおりし"),
        ("california", "カリフォルニア州", ""),
        ("kawagoe", "川越市", "かわごえし"),
        ("kyoto", "京都府", "きょうとふ"),
        ("cleveland", "クリーブランド", ""),
        ("clinton", "クリントン", ""),
        ("nyuzen", "入善町", "にゅうぜんまち"),
        ("new-york", "ニューヨーク州", ""),
        ("new-london", "ニュー・ロンドン", ""),
        ("jetro", "日本貿易振興機構", ""),
        ("aarp", "", ""),
    ]
    for slug, name_ja, reading in reversed(names):
        make_actor(slug, name_ja=name_ja, name_kana=reading)
    with translation.override("ja"):
        assert places("show=all") == [slug for slug, _name, _reading in names]


# --- Sources -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["almanac", "年鑑", "press", "example.org%2Falmanac", "almanac+press"])
def test_sources_are_found_by_title_publisher_and_address(words: str) -> None:
    source = make_source("almanac", title="Almanac 年鑑", publisher="The Press")
    published_partnership(source=source)
    published_partnership(source=make_source("other"))
    assert sources(f"q={words}") == ["almanac"]


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("kind=news", ["daily"]),
        ("language=ja", ["nippo"]),
        ("kind=news&kind=dataset", ["daily", "table"]),
        ("kind=dataset&language=ja", []),
    ],
)
def test_sources_are_narrowed_by_kind_and_language(query: str, slugs: list[str]) -> None:
    for slug, kind, language in [
        ("daily", "news", "en"),
        ("nippo", "government", "ja"),
        ("table", "dataset", "en"),
    ]:
        published_partnership(source=make_source(slug, kind=kind, language=language))
    assert sources(query) == slugs


@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_a_source_of_unpublished_records_only_is_not_listed(publication: str) -> None:
    cite(make_partnership(publication=publication), make_source("secret"))
    assert sources() == []


def test_actor_finds_what_a_municipality_signed_that_merged_twice() -> None:
    city = make_actor("toyooka", country="JP")
    town = make_actor("hidaka", kind="town", country="JP", successor=city)
    published_partnership("village-tie", jp=make_actor("kannabe", kind="village", country="JP", successor=town))
    assert [record.slug for record in PartnershipFilter(QueryDict("actor=toyooka"), queries.partnerships()).qs] == [
        "village-tie"
    ]
