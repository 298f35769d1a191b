"""The numbers behind the charts, checked against counting by hand, and the geometry that draws them."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import translation

from partnerships import catalogue, charts, queries
from partnerships.catalogue import Selection
from partnerships.figures import (
    FIRST_YEAR,
    STATUSES,
    by_year,
    headline,
    ranked,
    theme_examples,
    themes_by_decade,
)
from partnerships.filters import PartnershipFilter
from partnerships.models import Outcome, Partnership, PartnershipTheme, Publication, Theme
from partnerships.views.actors import MANY

from .factories import (
    at_one_version,
    cite,
    make_actor,
    make_partnership,
    make_prefecture,
    make_state,
    make_theme,
    published_partnership,
)
from .markup import Page
from .test_facets import (
    COMBINATIONS,
    SEEDS,
    Known,
    known_partnerships,
    query_of,
    random_choices,
    random_directory,
    what_partnerships_offer,
)
from .test_pages import read

with_database = pytest.mark.django_db


def selected(query: str | QueryDict = "") -> Selection:
    data = QueryDict(query) if isinstance(query, str) else query
    return catalogue.current().selected(PartnershipFilter(data, queries.partnerships()))


def listed(address: str) -> int:
    """How many partnerships the listing has at an address."""
    return PartnershipFilter(QueryDict(address.removeprefix("?")), queries.partnerships()).qs.count()


# --- Counting by hand ----------------------------------------------------------------------------------------------


def directory_with_early_ones(chance: random.Random) -> None:
    random_directory(chance)
    keys = list(Partnership.objects.values_list("pk", flat=True))
    for started in ("1876", "1949-12-31", "1950", "2031"):
        Partnership.objects.filter(pk__in=chance.sample(keys, 3)).update(started=started)


def statuses_by_year(found: list[Known]) -> dict[str, list[int]]:
    counted: dict[str, Counter[str]] = {}
    for record in found:
        if record.started:
            year = record.started[:4] if int(record.started[:4]) >= FIRST_YEAR else f"before {FIRST_YEAR}"
            counted.setdefault(year, Counter()).update(record.values["status"])
    return {year: [counts[status] for status in STATUSES] for year, counts in counted.items()}


def themes_and_decades(found: list[Known]) -> Counter[tuple[str, str]]:
    counted: Counter[tuple[str, str]] = Counter()
    for record in found:
        decade = f"{record.started[:3]}0s" if record.started >= str(FIRST_YEAR) else f"before {FIRST_YEAR}"
        counted.update((theme, decade if record.started else "") for theme in record.values["theme"])
    return counted


@with_database
@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_is_that_of_counting_by_hand(seed: int) -> None:
    chance = random.Random(seed)
    directory_with_early_ones(chance)
    known = known_partnerships()
    offered = what_partnerships_offer()
    names = dict(Theme.objects.values_list("slug", "name"))
    for choices in [{}, *(random_choices(chance, offered, {"actor", "q", "year_min", "year_max"}) for _ in range(8))]:
        selection = selected(query_of(choices))
        found = [record for record in known if record.fits(choices)]

        years = by_year(selection)
        assert {year.label: year.counts for year in years.years if year.total} == statuses_by_year(found), choices
        assert years.undated == sum(not record.started for record in found)

        for parameter in ("kind", "state", "prefecture", "theme"):
            counts = Counter(value for record in found for value in record.values[parameter])
            rows = ranked(selection, parameter)
            assert [row.count for row in rows] == sorted(counts.values(), reverse=True), (parameter, choices)

        table = themes_by_decade(selection)
        cells = {
            (row.label, decade): cell.count
            for row in table.rows
            for decade, cell in zip(table.decades, row.cells, strict=True)
            if cell.count
        }
        cells |= {(row.label, ""): row.undated for row in table.rows if row.undated}
        by_hand = {(names[slug], decade): count for (slug, decade), count in themes_and_decades(found).items()}
        assert cells == by_hand, choices

        numbers = headline(selection)
        assert (numbers.partnerships, numbers.active, numbers.states, numbers.prefectures, numbers.since) == (
            len(found),
            sum("active" in record.values["status"] for record in found),
            len({value for record in found for value in record.values["state"]}),
            len({value for record in found for value in record.values["prefecture"]}),
            min((int(record.started[:4]) for record in found if record.started), default=None),
        )


@with_database
@pytest.mark.parametrize("seed", SEEDS)
def test_the_address_of_a_number_leads_to_a_list_of_as_many(seed: int) -> None:
    chance = random.Random(50 + seed)
    directory_with_early_ones(chance)
    offered = what_partnerships_offer()
    with at_one_version():
        for _ in range(COMBINATIONS // 4):
            selection = selected(query_of(random_choices(chance, offered, {"actor", "q", "year_min", "year_max"})))
            table = themes_by_decade(selection)
            pairs = [(year.address, year.total) for year in by_year(selection).years]
            pairs += [
                (row.address, row.count) for name in ("kind", "state", "theme") for row in ranked(selection, name)
            ]
            pairs += [(row.address, row.total) for row in table.rows]
            pairs += [(cell.address, cell.count) for row in table.rows for cell in row.cells]
            assert {(address, count) for address, count in pairs if address and listed(address) != count} == set()


# --- The rules -----------------------------------------------------------------------------------------------------


@with_database
@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_what_is_not_published_counts_nowhere(publication: str) -> None:
    published_partnership(us=make_state(), jp=make_prefecture(), themes=(make_theme(),), started="1957")
    Partnership.objects.update(publication=publication)
    selection = selected()
    assert (headline(selection).partnerships, by_year(selection).years, themes_by_decade(selection).rows) == (0, [], [])
    assert [ranked(selection, name) for name in ("theme", "kind", "state", "prefecture")] == [[]] * 4
    assert theme_examples() == {}


@with_database
def test_no_year_is_left_out_between_the_first_and_the_last() -> None:
    for started in ("1990", "1994-05"):
        published_partnership(started=started)
    assert [year.label for year in by_year(selected()).years] == ["1990", "1991", "1992", "1993", "1994"]


@with_database
def test_years_before_the_first_stand_in_one_column_with_no_gap_after_it() -> None:
    for started in ("1876", "1923", "1952"):
        published_partnership(started=started)
    years = by_year(selected()).years
    assert [(year.label, year.total) for year in years] == [("before 1950", 2), ("1950", 0), ("1951", 0), ("1952", 1)]


@with_database
def test_a_list_that_ends_before_the_first_year_keeps_its_end() -> None:
    for started in ("1876", "1923"):
        published_partnership(started=started)
    (early,) = by_year(selected("year_max=1900")).years
    assert (early.total, listed(early.address)) == (1, 1)


@with_database
def test_years_are_named_in_the_language_of_the_page() -> None:
    published_partnership(started="1957")
    with translation.override("ja"):
        assert [year.label for year in by_year(selected()).years] == ["1957年"]


@with_database
def test_a_value_beside_the_chosen_ones_has_no_address_because_choosing_it_would_widen_the_list() -> None:
    forestry, climate = make_theme("forestry"), make_theme("climate")
    published_partnership(themes=(forestry, climate))
    published_partnership(themes=(climate,))
    rows = ranked(selected("theme=forestry"), "theme")
    assert [(row.label, row.address) for row in rows] == [("Forestry", "?theme=forestry"), ("Climate", "")]


@with_database
def test_the_date_of_the_figures_is_that_of_the_last_change() -> None:
    published_partnership()
    newest = published_partnership()
    make_partnership()
    newest.refresh_from_db()
    assert headline(selected()).as_of == newest.updated_at


# --- Examples ------------------------------------------------------------------------------------------------------


@with_database
def test_the_example_of_a_theme_is_its_newest_with_a_date_and_a_summary() -> None:
    theme = make_theme("climate")
    published_partnership("undated", summary="Words", themes=(theme,))
    published_partnership("untold", started="2020", themes=(theme,))
    published_partnership("older", started="2001", summary="Words", themes=(theme,))
    newest = published_partnership("newest", started="2010-05", summary_ja="文", themes=(theme,))
    assert theme_examples() == {"climate": newest}


@with_database
def test_an_event_or_a_record_of_many_themes_is_an_example_only_where_there_is_no_other() -> None:
    themes = [make_theme(f"theme-{number}", order=number) for number in range(6)]
    published_partnership("of-all", started="2020", summary="Words", themes=tuple(themes))
    published_partnership("event", kind="event", started="2019", summary="Words", themes=(themes[0],))
    published_partnership("own", started="2001", summary="Words", themes=(themes[0],))
    assert {slug: record.slug for slug, record in theme_examples().items()} == {
        "theme-0": "own",
        **{f"theme-{number}": "of-all" for number in range(1, 6)},
    }


@with_database
def test_two_themes_that_share_their_newest_record_show_one_each() -> None:
    first, second = make_theme("first", order=1), make_theme("second", order=2)
    published_partnership("shared", started="2020", summary="Words", themes=(first, second))
    published_partnership("other", started="2010", summary="Words", themes=(second,))
    assert {slug: record.slug for slug, record in theme_examples().items()} == {"first": "shared", "second": "other"}


def instructive_slugs(theme: Theme) -> list[str]:
    found = queries.partnerships().filter(pk__in=PartnershipTheme.objects.filter(theme=theme).values("partnership"))
    return [record.slug for record in queries.instructive(found, 9)]


@with_database
def test_examples_to_learn_from_have_a_result_with_a_figure_or_tell_how_to_replicate_it() -> None:
    theme = make_theme()
    for slug, text, value in [("told", "Start small.", None), ("counted", "", 7), ("neither", "", None)]:
        record = published_partnership(slug, how_to_replicate=text, themes=(theme,), started="2000")
        Outcome.objects.create(partnership=record, statement="A result", value=value)
    published_partnership("without-result", how_to_replicate="Start small.", themes=(theme,))
    assert instructive_slugs(theme) == ["counted", "told"]


@with_database
def test_examples_to_learn_from_begin_with_those_of_most_sources_and_then_with_the_newest() -> None:
    theme = make_theme()
    for slug, started, sources in [("older", "1990", 1), ("sourced", None, 3), ("newer", "2010", 1)]:
        record = published_partnership(slug, started=started, themes=(theme,))
        Outcome.objects.create(partnership=record, statement="A result", value=1)
        for _ in range(sources - 1):
            cite(record)
    assert instructive_slugs(theme) == ["sourced", "newer", "older"]


# --- The pages -----------------------------------------------------------------------------------------------------


def tables(page: Page) -> dict[str, list[list[str]]]:
    """The cells of each table of a page, row by row, by its caption."""
    found: dict[str, list[list[str]]] = {}
    for element in page.elements:
        match element.tag:
            case "caption":
                rows = found.setdefault(element.text, [])
            case "tr":
                rows.append([])
            case "th" | "td":
                rows[-1].append(element.text)
    return found


@with_database
def test_the_figures_show_every_number_of_a_chart_in_a_table(client: Client) -> None:
    theme, us, jp = make_theme("climate"), make_state(), make_prefecture()
    for started, status in [("1990", "active"), ("1990-05", "ended"), ("1992", "unknown"), (None, "active")]:
        published_partnership(started=started, status=status, themes=(theme,), us=us, jp=jp)
    shown = tables(read(client, "/figures/"))
    assert shown["Partnerships by the year they started; years without any are left out"][1:] == [
        ["1990", "1", "0", "1", "2"],
        ["1992", "0", "1", "0", "1"],
    ]
    assert shown["Themes by the decade in which partnerships started"][1:] == [["Climate", "3", "1", "4"]]
    assert shown["States"][1:] == [["Washington", "4"]]
    assert shown["Prefectures"][1:] == [["Hyogo Prefecture", "4"]]
    assert shown["Partnerships by kind"][1:] == [["Sister tie", "4"]]


@with_database
@pytest.mark.parametrize("address", ["/figures/", "/themes/climate/", "/actors/seattle/"])
def test_a_drawing_has_a_name_and_says_what_it_leaves_out(client: Client, address: str) -> None:
    theme, seattle = make_theme("climate"), make_actor("seattle")
    for started in ["1990"] * 3 + ["1991", None, None]:
        published_partnership(started=started, themes=(theme,), us=seattle)
    page = read(client, address)
    assert page.one("svg", role="img").attributes["aria-label"] == (
        "Columns: 4 partnerships by the year they started; the highest is 1990 with 3."
    )
    assert "2 partnerships are left out, because their start is not known." in page.text


@with_database
def test_the_figures_are_those_of_the_list_with_the_same_parameters(client: Client) -> None:
    climate = make_theme("climate")
    published_partnership(themes=(climate,))
    published_partnership()
    page = read(client, "/figures/?theme=climate")
    assert page.links()["/partnerships/?theme=climate"] == "See 1 partnership"
    assert page.texts("a", class_="chip") == ["Climate ✕(remove)"]


@with_database
def test_the_figures_have_one_address(client: Client) -> None:
    make_theme("climate")
    response = client.get("/figures/?page=2&theme=climate&unknown=1")
    assert (response.status_code, response.headers["Location"]) == (301, "/figures/?theme=climate")


@with_database
def test_the_figures_say_what_was_not_understood(client: Client) -> None:
    published_partnership()
    page = read(client, "/figures/?theme=nowhere")
    assert page.one("div", class_="notice").text == "Theme: “nowhere” was not understood and is ignored."
    assert "/partnerships/" in page.links()


@with_database
def test_figures_of_nothing_show_ways_out(client: Client) -> None:
    make_theme("climate")
    published_partnership(kind="project")
    page = read(client, "/figures/?theme=climate&kind=project")
    assert "without Theme" in page.texts("a")
    assert not page.all("svg")


@with_database
def test_only_the_figures_of_the_whole_directory_are_for_search_engines(client: Client) -> None:
    published_partnership(themes=(make_theme("climate"),))
    robots = [bool(read(client, f"/figures/{query}").all("meta", name="robots")) for query in ("", "?theme=climate")]
    assert robots == [False, True]


@with_database
def test_a_theme_shows_examples_with_their_results_and_links_what_it_counts(client: Client) -> None:
    climate = make_theme("climate")
    record = published_partnership("model", themes=(climate,), us=make_state(), started="2001")
    Outcome.objects.create(partnership=record, statement="Forty visits", value=40, unit="visits")
    page = read(client, "/themes/climate/")
    assert page.texts("p", class_="figure") == ["40 visits"]
    assert page.links()["/partnerships/?theme=climate&state=US-WA"] == "Washington"
    assert page.links()["/figures/?theme=climate"] == "More figures"


@with_database
def test_the_themes_show_an_example_each(client: Client) -> None:
    make_theme("forestry")
    published_partnership("green-port", title="Green port", started="2001-05", summary="Words", themes=(make_theme(),))
    assert read(client, "/themes/").links()["/partnerships/green-port/"] == "Green port, 2001"
    assert read(client, "/ja/themes/").links()["/ja/partnerships/green-port/"] == "Green port（2001年）"


@with_database
def test_a_place_with_a_few_partnerships_has_rows_and_one_with_more_has_charts(client: Client) -> None:
    few, more = make_actor("few"), make_actor("more")
    for place, count in ((few, MANY - 1), (more, MANY)):
        for _ in range(count):
            published_partnership(us=place, started="1990")
    assert [bool(read(client, f"/actors/{slug}/").all("figure")) for slug in ("few", "more")] == [False, True]


@with_database
def test_a_place_counts_the_regions_across_the_pacific_only(client: Client) -> None:
    kobe = make_actor("kobe", country="JP", parent=make_prefecture())
    washington = make_state()
    for _ in range(MANY):
        published_partnership(us=washington, jp=kobe)
    japanese, american = read(client, "/actors/kobe/"), read(client, "/actors/washington/")
    assert tables(japanese)["States across the Pacific"][1:] == [["Washington", "5"]]
    assert tables(american)["Prefectures across the Pacific"][1:] == [["Hyogo Prefecture", "5"]]
    assert ("prefecture" in japanese.texts("dt"), "prefecture" in american.texts("dt")) == (False, True)


def profile(page: Page) -> dict[str, str]:
    """The facts of a place or an organisation."""
    around = page.one("dl", class_="profile")
    names, facts = (
        [each.text for each in page.all(tag) if each.around and each.around.around is around] for tag in ("dt", "dd")
    )
    return dict(zip(names, facts, strict=True))


@with_database
def test_a_place_says_what_is_not_known_of_it(client: Client) -> None:
    make_actor("kobe", country="JP")
    assert profile(read(client, "/actors/kobe/")) == {
        "Kind": "City · Japan",
        "People": "not known",
        "Municipal code": "not known",
        "Website": "not known",
        "Office to ask": "not known",
    }


@with_database
def test_an_organisation_is_not_asked_for_people_and_a_code(client: Client) -> None:
    make_actor("college", kind="university", website="https://college.example.edu/", office_email="us@example.edu")
    assert profile(read(client, "/actors/college/")) == {
        "Kind": "University · United States",
        "Website": "https://college.example.edu/",
        "Office to ask": "us@example.edu",
    }


@with_database
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "state", "code": "US-WA"}, "ISO 3166-2 code"),
        ({"code": "5363000"}, "FIPS code"),
        ({"country": "JP", "code": "28100"}, "Municipal code"),
    ],
)
def test_a_code_is_named_by_its_system(client: Client, fields: dict[str, str], code: str) -> None:
    make_actor("place", population=5, population_year=2020, wikidata_id="Q1", **fields)
    page = read(client, "/actors/place/")
    assert {code: fields["code"], "People": "5 (2020)", "Wikidata": "Q1"}.items() <= profile(page).items()
    assert page.links()["https://www.wikidata.org/wiki/Q1"] == "Q1"


# --- Geometry ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "step"), [(0, 1), (1, 1), (4, 1), (5, 2), (9, 5), (20, 5), (21, 10), (23, 10), (41, 20), (4321, 2000)]
)
def test_lines_stand_at_round_numbers_and_there_are_few(most: int, step: int) -> None:
    assert charts.round_step(most) == step


def test_the_parts_of_a_column_stand_on_one_another_in_proportion() -> None:
    chart = charts.Columns.of([[4, 0, 2], [1, 1, 0]], ["a", "b", "c"])
    top = chart.lines[-1]
    first, second = (
        {block.name: (chart.base - block.y - block.height, block.height) for block in column.blocks}
        for column in chart.columns
    )
    unit = (chart.base - top.y) / top.value
    assert first == {"a": (0, pytest.approx(4 * unit)), "c": (pytest.approx(4 * unit), pytest.approx(2 * unit))}
    assert second == {"a": (0, pytest.approx(unit)), "b": (pytest.approx(unit), pytest.approx(unit))}


def test_the_scale_begins_at_zero_and_reaches_the_highest_column() -> None:
    chart = charts.Columns.of([[23], [5]], ["a"])
    assert [line.value for line in chart.lines] == [0, 10, 20, 30]
    assert chart.lines[0].y == chart.base


@pytest.mark.parametrize("count", [1, 2, 75, 150])
def test_columns_stand_beside_one_another_within_the_chart(count: int) -> None:
    columns = charts.Columns.of([[1]] * count, ["a"]).columns
    assert all(left.end < right.x for left, right in itertools.pairwise(columns))
    assert columns[0].x >= charts.BESIDE
    assert columns[-1].end <= 100


def test_a_shade_tells_nothing_from_little_and_the_highest_from_the_rest() -> None:
    assert [charts.shade(number, 35) for number in (0, 1, 7, 8, 35)] == [0, 1, 1, 2, charts.SHADES]
