"""Where activity is recorded and where nothing is, checked against counting by hand and against the listing."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client

from partnerships import catalogue, coverage, queries
from partnerships.coverage import BY, MOST_LARGE, Coverage, Group, Matrix
from partnerships.filters import CoverageFilter, PartnershipFilter
from partnerships.models import Actor, CoverageCheck, Participation, Partnership, Publication, Theme

from .factories import (
    at_one_version,
    join,
    make_actor,
    make_partnership,
    make_prefecture,
    make_state,
    make_theme,
    published_partnership,
)
from .markup import Page
from .test_facets import SEEDS, Choices, Known, known_partnerships, query_of, random_choices, random_directory
from .test_figures import listed
from .test_pages import read

pytestmark = pytest.mark.django_db

REST, ALL = "", "*"  # as the table as a file names what is in no column, or no row, and what is in all


def matrix_of(query: str | QueryDict = "", language: str = "en") -> Matrix:
    filters = CoverageFilter(QueryDict(query) if isinstance(query, str) else query, queries.partnerships())
    return coverage.matrix(catalogue.current().selected(filters), language)


def cells_of(matrix: Matrix) -> dict[tuple[str, str], coverage.Cell]:
    """Every cell by the values of its row and its column."""
    rows = [(row.line.value if row.line else (REST, ALL)[row is matrix.total], row) for row in matrix.rows]
    rows += [(REST, matrix.rest), (ALL, matrix.total)]
    columns = [line.value for line in matrix.columns]
    return {
        (name, column): cell
        for name, row in rows
        for column, cell in zip((*columns, REST, ALL), (*row.cells, row.rest, row.total), strict=True)
    }


def some_choices(chance: random.Random, by: str) -> Choices:
    offered = {
        "kind": Partnership.Kind.values[:5],
        "status": Partnership.Status.values,
        "year_min": ["1957", "1958", "2014"],
        "year_max": ["1957", "1989", "2014"],
    }
    return {**random_choices(chance, offered, {"year_min", "year_max"}), "by": [by]}


def narrowing(choices: Choices) -> Choices:
    return {name: values for name, values in choices.items() if name != "by"}


def groups() -> dict[str, Group]:
    return {group.name: group for group in coverage.current().groups}


# --- Counting by hand ----------------------------------------------------------------------------------------------


def belonging(record: Known, parameter: str, known: list[str]) -> set[str]:
    """The rows, or columns, in which a partnership counts."""
    return {*(record.values[parameter] & {*known} or {REST}), ALL}


def counted_by_hand(found: list[Known], by: str, known: dict[str, list[str]]) -> Counter[tuple[str, str]]:
    row, column = BY[by]
    return Counter(
        (one, other)
        for record in found
        for one in belonging(record, row, known[row])
        for other in belonging(record, column, known[column])
    )


def what_is_known() -> dict[str, list[str]]:
    return {
        "theme": list(Theme.objects.values_list("slug", flat=True)),
        "state": list(Actor.objects.filter(kind="state").values_list("code", flat=True)),
        "prefecture": list(Actor.objects.filter(kind="prefecture").values_list("code", flat=True)),
    }


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_is_that_of_counting_by_hand(seed: int, by: str) -> None:
    chance = random.Random(200 + seed)
    random_directory(chance)
    records, known = known_partnerships(), what_is_known()
    everything = counted_by_hand(records, by, known)
    with at_one_version():
        for choices in [{"by": [by]}, *(some_choices(chance, by) for _ in range(8))]:
            found = [record for record in records if record.fits(narrowing(choices))]
            by_hand = counted_by_hand(found, by, known)
            cells = cells_of(matrix_of(query_of(choices)))
            assert {place: cell.count for place, cell in cells.items() if cell.count} == by_hand, choices
            for (row, column), cell in cells.items():
                inside = row not in {REST, ALL} and column not in {REST, ALL}
                assert (cell.coverage == Coverage.RECORDED) == bool(cell.count)
                if inside and not cell.count:
                    recorded = everything[row, column]
                    assert cell.coverage == (Coverage.NONE_CHOSEN if recorded else Coverage.NOT_CHECKED), choices
                assert bool(cell.shade) == (inside and bool(cell.count))


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_with_a_link_leads_to_a_list_of_as_many(seed: int, by: str) -> None:
    chance = random.Random(300 + seed)
    random_directory(chance)
    with at_one_version():
        for choices in [{"by": [by]}, *(some_choices(chance, by) for _ in range(3))]:
            matrix = matrix_of(query_of(choices))
            cells = cells_of(matrix)
            linked = {place: cell for place, cell in cells.items() if cell.address}
            assert {place for place in linked if listed(linked[place].address) != linked[place].count} == set(), choices
            # Without a link is only what the listing cannot say.
            assert {place for place, cell in cells.items() if cell.count and not cell.address} == {
                place for place, cell in cells.items() if cell.count and REST in place
            }
            heads = zip(matrix.heads, matrix.total.cells, strict=True)
            assert all(listed(address) == cell.count for address, cell in heads)


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_parts_add_up_as_the_page_says(seed: int, by: str) -> None:
    chance = random.Random(400 + seed)
    random_directory(chance)
    records, known = known_partnerships(), what_is_known()
    with at_one_version():
        for choices in [{"by": [by]}, *(some_choices(chance, by) for _ in range(4))]:
            matrix = matrix_of(query_of(choices))
            found = [record for record in records if record.fits(narrowing(choices))]
            totals = [*(row.total.count for row in matrix.rows), matrix.rest.total.count]
            foot = [*(cell.count for cell in matrix.total.cells), matrix.total.rest.count]
            for parts, said, parameter in (
                (totals, matrix.over_rows, BY[by][0]),
                (foot, matrix.over_columns, BY[by][1]),
            ):
                counts = [
                    len(belonging(record, parameter, known[parameter])) - 1 for record in found
                ]  # without the total
                assert (said.parts, said.whole, said.several, said.again) == (
                    sum(parts),
                    len(found),
                    sum(count > 1 for count in counts),
                    sum(count - 1 for count in counts),
                )


def test_the_page_says_in_words_why_the_sums_differ(client: Client) -> None:
    themes = (make_theme("climate"), make_theme("tech"))
    seattle = make_actor("seattle", parent=make_state())
    published_partnership(us=seattle, themes=themes)
    published_partnership(us=seattle)
    text = read(client, "/coverage/").text
    assert "The columns add up to 3 for 2 partnerships: 1 has more than one theme and counts in each." in text
    assert "The rows add up to the number of partnerships: none has participants in more than one state." in text


# --- What is not recorded --------------------------------------------------------------------------------------------


def check(place: Actor, on: str, theme: Theme | None = None, method: str = "Asked the office.") -> CoverageCheck:
    return CoverageCheck.objects.create(place=place, theme=theme, checked_on=on, method=method)


def test_checked_and_none_found_is_told_from_not_checked() -> None:
    washington, climate, tech = make_state(), make_theme("climate"), make_theme("tech")
    make_state("oregon", "US-OR")
    check(washington, "2026-05", climate)
    cells = cells_of(matrix_of())
    assert {place: cell.coverage.value for place, cell in cells.items() if REST not in place and ALL not in place} == {
        ("US-WA", "climate"): "checked_none_found",
        ("US-WA", "tech"): "not_checked",
        ("US-OR", "climate"): "not_checked",
        ("US-OR", "tech"): "not_checked",
    }
    # One theme is not all of them.
    assert cells["US-WA", ALL].coverage == Coverage.NOT_CHECKED
    assert tech.slug in {line.value for line in matrix_of().columns}


def test_a_check_of_all_themes_speaks_for_each_and_the_last_one_counts() -> None:
    washington, climate = make_state(), make_theme("climate")
    make_theme("tech")
    check(washington, "2024-01-05", climate, "Read the minutes.")
    check(washington, "2025", None, "Asked the office.")
    check(washington, "2023", None, "An early look.")
    cells = cells_of(matrix_of())
    shown = {column: str(cells["US-WA", column].check.checked_on) for column in ("climate", "tech", ALL)}  # type: ignore[union-attr]
    assert shown == {"climate": "2025", "tech": "2025", ALL: "2025"}
    check(washington, "2026-02", climate, "Asked again.")
    renewed = cells_of(matrix_of())["US-WA", "climate"].check
    assert renewed and (str(renewed.checked_on), renewed.method) == ("2026-02", "Asked again.")


def test_what_was_found_since_is_no_longer_checked_without_a_finding(client: Client) -> None:
    washington, climate = make_state(), make_theme("climate")
    check(washington, "2025", climate)
    published_partnership(us=washington, themes=(climate,))
    matrix = matrix_of()
    assert (cells_of(matrix)["US-WA", "climate"].coverage, matrix.checks) == (Coverage.RECORDED, [])
    assert not [heading for heading in read(client, "/coverage/").texts("h2") if heading == "Checked, none found"]


def test_a_place_without_anything_was_checked_for_every_pair() -> None:
    check(make_state(), "2025")
    check(make_prefecture(), "2026")
    make_state("oregon", "US-OR")
    make_prefecture("osaka", "JP-27")
    cells = cells_of(matrix_of("by=pair"))
    shown = {
        place: str(cell.check.checked_on) if cell.check else "" for place, cell in cells.items() if ALL not in place
    }
    assert {place: date for place, date in shown.items() if REST not in place} == {
        ("US-WA", "JP-28"): "2026",
        ("US-WA", "JP-27"): "2025",
        ("US-OR", "JP-28"): "2026",
        ("US-OR", "JP-27"): "",
    }


def test_the_page_tells_when_and_how_something_was_checked_and_not_by_whom(client: Client) -> None:
    curator = User.objects.create(username="secretname", first_name="Secretname", email="secretname@example.org")
    washington, climate = make_state(), make_theme("climate")
    CoverageCheck.objects.create(
        place=washington, theme=climate, checked_on="2026-05-07", method="Asked the office.", by=curator
    )
    page = read(client, "/coverage/")
    rows = [
        [cell.text for cell in page.elements if cell.around is row and cell.tag in {"th", "td"}]
        for row in page.all("tr")
    ]
    assert ["Washington", "Climate", "7 May 2026", "Asked the office."] in rows
    assert any("∅checked, none found (7 May 2026)" in cell for row in rows for cell in row)
    for address in ("/coverage/", "/ja/coverage/?by=prefecture", "/coverage.csv"):
        assert b"ecretname" not in client.get(address).content


def test_no_cell_of_the_page_is_a_bare_zero(client: Client) -> None:
    published_partnership(us=make_state(), jp=make_prefecture(), themes=(make_theme("climate"),), kind="project")
    make_state("oregon", "US-OR")
    make_prefecture("osaka", "JP-27")
    make_theme("tech")
    for query in ("", "?by=prefecture", "?by=pair", "?kind=sister", "?kind=sister&by=pair"):
        for language in ("", "/ja"):
            cells = read(client, f"{language}/coverage/{query}").texts("td")
            assert [cell for cell in cells if not cell.strip("0 ") and cell] == [], query


def test_what_fits_no_filter_is_not_called_unrecorded(client: Client) -> None:
    published_partnership(us=make_state(), themes=(make_theme("climate"),), kind="project")
    page = read(client, "/coverage/?kind=sister")
    assert "No partnership matches all of this." in page.text
    assert "·recorded, but none of the chosen" in page.texts("td")
    # The lists below the matrix are about the whole directory.
    assert "Climate" not in page.one("section", **{"aria-labelledby": "gaps"}).text.split("By state")[1]


def test_the_gaps_are_those_of_the_whole_directory() -> None:
    chance = random.Random(7)
    random_directory(chance)
    known, everything = what_is_known(), counted_by_hand(known_partnerships(), "state", what_is_known())
    in_japan = counted_by_hand(known_partnerships(), "prefecture", what_is_known())
    for gaps in coverage.gaps_by_theme("en"):
        theme = gaps.of.value
        assert {gap.line.value for gap in gaps.states} == {it for it in known["state"] if not everything[it, theme]}
        assert {gap.line.value for gap in gaps.prefectures} == {
            it for it in known["prefecture"] if not in_japan[it, theme]
        }
    for parameter, counts in (("state", everything), ("prefecture", in_japan)):
        by_place = {gaps.of.value: gaps for gaps in coverage.gaps_by_place(parameter, "en")}
        for place in known[parameter]:
            missing = {theme for theme in known["theme"] if not counts[place, theme]}
            assert {gap.line.value for gap in by_place[place].themes} == missing if missing else place not in by_place
            assert not missing or by_place[place].is_everything == (not counts[place, ALL])


def test_every_list_of_gaps_invites(client: Client) -> None:
    make_state()
    make_theme("climate")
    page = read(client, "/coverage/")
    assert page.one("h2", id="suggest").text == "Suggest a partnership"
    for section in ("gaps", "large", "suggest"):
        links = [link for link in page.all("a", href="/suggest/") if section in sections_of(link)]
        assert len(links) == 1, section


def sections_of(element: Any) -> list[str]:
    """The headings of the sections in which an element stands."""
    found = []
    while element:
        found.append(element.attributes.get("aria-labelledby", ""))
        element = element.around
    return found


# --- How much of both countries --------------------------------------------------------------------------------------


def random_municipalities(chance: random.Random) -> None:
    random_directory(chance)
    actors = list(Actor.objects.filter(kind__in=Actor.MUNICIPAL_KINDS))
    for actor in actors:
        make_actor(parent=actor, kind="university", country=actor.country)
        Actor.objects.filter(pk=actor.pk).update(population=chance.choice([None, *range(1_000, 9_000, 1_000)]))
        make_actor(country=actor.country, population=chance.randint(1, 10_000))
    universities = list(Actor.objects.filter(kind="university"))
    for record in Partnership.objects.all()[:3]:
        join(
            record,
            *chance.sample([u for u in universities if u.pk not in {*record.actors.values_list("pk", flat=True)}], 2),
        )
    chain = list(Actor.objects.filter(kind__in=Actor.MUNICIPAL_KINDS, successor=None))[:3]
    Actor.objects.filter(pk=chain[0].pk).update(successor=chain[1])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_municipality_is_reached_when_the_listing_finds_something_for_it(seed: int) -> None:
    random_municipalities(random.Random(500 + seed))
    kinds = {
        "cities": ("US", {*Actor.MUNICIPAL_KINDS} - {"county"}),
        "counties": ("US", {"county"}),
        "municipalities": ("JP", {*Actor.MUNICIPAL_KINDS}),
    }
    present = catalogue.current()
    for name, (country, own) in kinds.items():
        existing = Actor.objects.filter(country=country, kind__in=own, successor=None)
        reached = {
            actor.pk
            for actor in existing
            if present.selected(PartnershipFilter(QueryDict(f"actor={actor.slug}"), queries.partnerships())).count
        }
        missing = [actor for actor in existing if actor.pk not in reached]
        ranked = [actor for actor in missing if actor.population]
        group = groups()[name]
        assert (group.total, group.reached) == (len(existing), len(reached))
        assert group.unranked == len(missing) - len(ranked)
        by_hand = sorted(ranked, key=lambda actor: (-actor.population, actor.slug))[:MOST_LARGE]
        assert [place.actor.slug for place in group.largest] == [actor.slug for actor in by_hand]


def test_a_municipality_that_merged_counts_for_its_successor_and_not_itself() -> None:
    shizuoka = make_actor("shizuoka", country="JP", parent=make_prefecture())
    town = make_actor("town", country="JP", parent=shizuoka.parent, successor=shizuoka, dissolved_on="2003-04-01")
    assert (groups()["municipalities"].total, groups()["municipalities"].reached) == (1, 0)
    published_partnership(us=make_actor(), jp=town)
    assert (groups()["municipalities"].total, groups()["municipalities"].reached) == (1, 1)


def test_large_places_say_their_population_its_year_and_whether_anybody_looked(client: Client) -> None:
    washington = make_state()
    spokane = make_actor("spokane", parent=washington, population=229_447, population_year=2024)
    make_actor("tacoma", parent=washington, population=222_906)
    make_actor("unknown", parent=washington)
    check(spokane, "2026-03")
    section = read(client, "/coverage/").one("section", **{"aria-labelledby": "large-cities"})
    assert " ".join(section.text.split()) == (
        "U.S. cities and towns Spokane, Washington 229,447 people (2024) checked, none found March 2026 "
        "Tacoma, Washington 222,906 people (year not known) not looked into yet "
        "1 more is without a partnership, and its population is not known."
    )


def test_a_check_of_one_theme_says_nothing_about_a_large_place() -> None:
    check(make_actor("spokane", population=229_447), "2026", make_theme())
    (place,) = groups()["cities"].largest
    assert place.check is None


def test_every_kind_of_place_has_its_denominator() -> None:
    washington = make_state()
    make_actor("guam", kind="territory", code="US-GU")
    make_state("hidden", "US-XX", publication=Publication.DRAFT)
    make_actor("county", kind="county", parent=washington)
    hyogo = make_prefecture()
    published_partnership(
        us=make_actor("seattle", parent=washington), jp=make_actor("kobe", country="JP", parent=hyogo)
    )
    assert {share.name: (share.total, share.reached, share.missing) for share in coverage.shares()} == {
        "states": (1, 1, 0),
        "territories": (1, 0, 1),
        "prefectures": (1, 1, 0),
        "cities": (1, 1, 0),
        "counties": (1, 0, 1),
        "municipalities": (1, 1, 0),
    }


# --- Drafts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_what_is_not_published_counts_nowhere(publication: str) -> None:
    washington, hyogo, theme = make_state(), make_prefecture(), make_theme()
    city = make_actor(parent=washington)
    record = make_partnership(publication=publication)
    join(record, washington, hyogo, city)
    record.theme_links.create(theme=theme)
    for by in BY:
        cells = cells_of(matrix_of(f"by={by}"))
        assert not any(cell.count for cell in cells.values())
        assert Coverage.NONE_CHOSEN not in {cell.coverage for cell in cells.values()}
    assert groups()["cities"].reached == 0
    assert [share.reached for share in coverage.shares()] == [0] * 6
    Partnership.objects.update(publication=Publication.PUBLISHED)
    assert cells_of(matrix_of())["US-WA", theme.slug].count == groups()["cities"].reached == 1
    assert Participation.objects.count() == 3


# --- The pages -------------------------------------------------------------------------------------------------------


def small_directory() -> None:
    climate = make_theme("climate", name_ja="気候変動")
    make_theme("tech", name_ja="技術")
    washington, hyogo = make_state(name_ja="ワシントン州"), make_prefecture(name_ja="兵庫県")
    make_state("oregon", "US-OR", name_ja="オレゴン州")
    make_prefecture("osaka", "JP-27", name="Osaka Prefecture", name_ja="大阪府")
    kobe = make_actor("kobe", country="JP", parent=hyogo)
    published_partnership("one", us=washington, jp=kobe, themes=(climate,), kind="project", started="1990")
    published_partnership("two", us=make_actor("seattle", parent=washington), jp=hyogo, started="2001")
    published_partnership("three", us=make_actor("nowhere"), jp=make_actor("nippon", country="JP"), started="2001")


def table(page: Page) -> dict[str, list[str]]:
    """The rows of the matrix as the page shows them, by their first cell."""
    (frame,) = page.all("div", class_="coverage-frame")
    inside = page.elements[page.elements.index(frame) :]
    rows: dict[str, list[str]] = {}
    cells: list[str] = []
    for element in inside:
        if element.tag == "tr":
            cells = []
        elif element.tag in {"th", "td"}:
            cells.append(element.text)
            rows.setdefault(cells[0], cells)
        elif element.tag == "h2":
            break
    return rows


def test_the_matrix_shows_numbers_marks_and_totals(client: Client) -> None:
    small_directory()
    nothing = "–nothing recorded, not looked into yet"
    assert table(read(client, "/coverage/")) == {
        "": ["", "Climate", "Tech", "No theme recorded", "Partnerships, each once"],
        "Oregon": ["Oregon", nothing, nothing, nothing, nothing],
        "Washington": ["Washington", "1", nothing, "1", "2"],
        "In no state or territory": ["In no state or territory", "none", "none", "1", "1"],
        "Partnerships, each once": ["Partnerships, each once", "1", "none", "2", "3"],
    }
    assert table(read(client, "/coverage/?by=pair")) == {
        "": ["", "Hyogo", "No prefecture recorded", "Partnerships, each once"],
        "Washington": ["Washington", "2", "none", "2"],
        "In no state or territory": ["In no state or territory", "none", "1", "1"],
        "Partnerships, each once": ["Partnerships, each once", "2", "1", "3"],
    }


def test_pairs_leave_out_what_has_none_and_name_it(client: Client) -> None:
    small_directory()
    page = read(client, "/coverage/?by=pair")
    assert page.texts("ul", class_="names")[:2] == ["Oregon", "Osaka Prefecture"]
    assert not {"Oregon", "Osaka"} & {*table(page), *table(page)[""]}


@pytest.mark.parametrize("language", ["", "/ja"])
@pytest.mark.parametrize("query", ["", "?by=prefecture", "?by=pair", "?kind=project&year_min=1980"])
def test_the_table_as_a_file_is_what_the_page_shows(client: Client, query: str, language: str) -> None:
    small_directory()
    check(Actor.objects.get(slug="oregon"), "2026-01", method="=SUM(A1)")
    response = client.get(f"{language}/coverage.csv{query}")
    assert response.content.startswith("\ufeff".encode()) and response.content.endswith(b"\r\n")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    matrix = matrix_of(query.removeprefix("?"))
    row, column = BY[matrix.by]
    cells = cells_of(matrix)
    assert {(it[row], it[column]): (int(it["partnerships"]), it["coverage"]) for it in rows} == {
        place: (cell.count, str(cell.coverage)) for place, cell in cells.items()
    }
    for it in rows:
        assert not it["url"] or listed(it["url"].partition("?")[2]) == int(it["partnerships"])
        assert it["checked_how"] in {"", "'=SUM(A1)"}
    # Row by row and cell by cell as the page has them.
    shown = table(read(client, f"{language}/coverage/{query}"))
    head, *lines = [*shown.values()]
    by_row: dict[str, list[str]] = {}
    name = row + ("_name_ja" if language else "_name")
    for it in rows:
        is_left_out = it[column] == ("" if not matrix.total.rest.count else "JP-27" if matrix.by == "pair" else None)
        if not is_left_out:
            by_row.setdefault(it[name].removesuffix(" Prefecture") or it[row], []).append(what_is_shown(it, language))
    assert len(head) == len(lines[0]) > 3
    for first, *texts in lines:
        of = by_row[first] if first in by_row else by_row[REST if "区分なし" in first or "In no" in first else ALL]
        assert [text.removesuffix(words_in(text)) for text in texts] == of, first
    assert len(lines) > 2


def what_is_shown(it: dict[str, str], language: str) -> str:
    """What the page shows for a row of the file: a number or a mark."""
    marks = {"not_checked": "–", "checked_none_found": "∅", "none_of_the_chosen": "·"}
    marks["none"] = "なし" if language else "none"
    return marks[it["coverage"]] if it["partnerships"] == "0" else it["partnerships"]


def words_in(text: str) -> str:
    """What follows a mark for those who hear it."""
    return text[1:] if text[0] in "–∅·" else ""


def test_the_file_has_a_name_for_what_it_shows(client: Client) -> None:
    headers = client.get("/coverage.csv?by=pair").headers
    assert headers["Content-Disposition"] == 'attachment; filename="coverage-by-pair.csv"'
    assert headers["Content-Type"] == "text/csv; charset=utf-8"


def test_the_switch_keeps_the_filters_and_marks_what_is_shown(client: Client) -> None:
    small_directory()
    page = read(client, "/coverage/?kind=project&by=prefecture")
    links = {link.text: link.attributes for link in page.all("a") if "switch" in classes_around(link)}
    assert {label: attributes["href"] for label, attributes in links.items()} == {
        "States": "?kind=project",
        "Prefectures": "?kind=project&by=prefecture",
        "States and prefectures": "?kind=project&by=pair",
    }
    assert [label for label, attributes in links.items() if "aria-current" in attributes] == ["Prefectures"]
    assert page.texts("a", class_="chip") == ["Project ✕(remove)"]
    assert page.links()["/coverage.csv?kind=project&by=prefecture"] == "This matrix as a table (CSV)"


def classes_around(element: Any) -> str:
    found = ""
    while element:
        found += " " + element.attributes.get("class", "")
        element = element.around
    return found


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("/coverage/?by=state", "/coverage/"),
        ("/coverage/?by=pair&kind=sister", "/coverage/?kind=sister&by=pair"),
        ("/coverage/?by=pair&by=prefecture", "/coverage/?by=prefecture"),
        ("/coverage/?theme=climate&state=US-WA&q=x&page=2", "/coverage/"),
        ("/coverage/?year_min=01990", "/coverage/?year_min=1990"),
        ("/coverage.csv?by=state", "/coverage.csv"),
        ("/ja/coverage/?status=ended&kind=sister&kind=event", "/ja/coverage/?kind=event&kind=sister&status=ended"),
    ],
)
def test_another_spelling_leads_to_the_one_address(client: Client, given: str, canonical: str) -> None:
    response = client.get(given)
    assert (response.status_code, response.headers["Location"]) == (301, canonical)
    assert client.get(canonical).status_code == 200


@pytest.mark.parametrize("language", ["", "/ja"])
@pytest.mark.parametrize(
    "query",
    ["by=nothing", "kind=%00", "status=gone", "year_min=soon", "year_max=0", "year_min=99999999", "by=%E2%80%AE<b>"],
)
def test_what_is_not_understood_is_said_and_ignored(client: Client, query: str, language: str) -> None:
    small_directory()
    page = read(client, f"{language}/coverage/?{query}")
    assert len(page.one("div", class_="notice").text) > 10
    assert table(page)[""] == table(read(client, f"{language}/coverage/"))[""]
    assert client.get(f"{language}/coverage.csv?{query}").status_code == 200


def test_the_matrix_is_there_before_anything_is_published(client: Client) -> None:
    for query in ("", "?by=prefecture", "?by=pair"):
        assert "Nothing is published yet." in read(client, f"/coverage/{query}").text
    make_state()
    make_theme("climate")
    assert table(read(client, "/coverage/"))["Washington"][1:] == ["–nothing recorded, not looked into yet"] * 2


def test_only_the_matrix_of_everything_is_for_search_engines(client: Client) -> None:
    small_directory()
    robots = [
        bool(read(client, f"/coverage/{query}").all("meta", name="robots"))
        for query in ("", "?by=prefecture", "?kind=sister", "?by=nothing")
    ]
    assert robots == [False, False, True, True]


def test_states_are_in_the_order_of_the_page_s_language_and_territories_follow_them(client: Client) -> None:
    for slug, code, name_ja in [("texas", "US-TX", "テキサス州"), ("alaska", "US-AK", "アラスカ州")]:
        make_state(slug, code, name_ja=name_ja)
    make_state("wyoming", "US-WY", name_ja="ワイオミング州")
    make_state("utah", "US-UT", name_ja="ユタ州")
    make_actor("guam", kind="territory", code="US-GU", name_ja="グアム")
    make_theme()
    names = [[*table(read(client, address))][1:] for address in ("/coverage/", "/ja/coverage/")]
    assert names == [
        ["Alaska", "Texas", "Utah", "Wyoming", "Guam"],
        ["アラスカ州", "テキサス州", "ユタ州", "ワイオミング州", "グアム"],
    ]
