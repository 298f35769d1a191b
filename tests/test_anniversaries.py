"""Coming anniversaries: which years are round, how precise a date is, what lies in the window, what is left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from partnerships import anniversaries, queries, search
from partnerships.anniversaries import Agenda, Window, in_year, is_round, months_after
from partnerships.models import PartialDate, Publication

from .factories import (
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
in_the_directory = pytest.mark.usefixtures("directory")

TODAY = dt.date(2026, 11, 26)
LAST = dt.date(2028, 5, 26)
WINDOW = Window(TODAY, LAST)


@pytest.fixture(autouse=True)
def on_a_day(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.date], None]:
    def be(day: dt.date) -> None:
        monkeypatch.setattr(anniversaries, "today", lambda: day)

    be(TODAY)
    return be


def found_for(started: str) -> tuple[str, int] | None:
    found = WINDOW.anniversary(PartialDate.parse(started))
    return (str(found[0]), found[1]) if found else None


def agenda(most: int = 99) -> Agenda:
    return Agenda.of(queries.partnerships(), most)


def coming(**fields: str) -> list[tuple[str, int | None]]:
    published_partnership(**fields)
    return [(str(occasion.on), occasion.years) for occasion in agenda().occasions]


def page(address: str) -> Page:
    search.reindex()
    response = Client().get(address)
    assert response.status_code == 200, response.headers
    return Page(response)


def shown(address: str) -> list[tuple[str, str, str]]:
    """Date, number of years and title of each line."""
    listed = page(address)
    dates, labels = listed.texts("p", class_="occasion-date"), listed.texts("strong", class_="occasion-label")
    heads = [link.text for link in listed.all("a") if link.around and link.is_in("li") and link.is_in("ol")]
    return list(zip(dates, labels, heads, strict=True))


# --- The rule ------------------------------------------------------------------------------------------------------


def test_round_years_are_the_first_the_fifth_and_every_five_after() -> None:
    assert [years for years in range(-5, 31) if is_round(years)] == [1, 5, 10, 15, 20, 25, 30]


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        ("1957-10-10", ("2027-10-10", 70)),
        ("2026-05-26", ("2027-05-26", 1)),
        ("1997-03", ("2027-03", 30)),
        ("1962", ("2027", 65)),
        ("1958-10-10", None),  # 70 years in October 2028, 69 in 2027
        ("2027-05-26", ("2028-05-26", 1)),  # one that is signed in the meantime
    ],
)
def test_an_anniversary_is_as_precise_as_the_date_it_counts_from(
    started: str, expected: tuple[str, int] | None
) -> None:
    assert found_for(started) == expected


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        ("1996-11-25", None),
        ("1996-11-26", ("2026-11-26", 30)),
        ("1998-05-26", ("2028-05-26", 30)),
        ("1998-05-27", None),
        ("1996-10", None),
        ("1996-11", ("2026-11", 30)),
        ("1998-05", ("2028-05", 30)),
        ("1998-06", None),
        ("1996", ("2026", 30)),
        ("1998", ("2028", 30)),
    ],
)
def test_both_ends_of_the_window_belong_to_it_and_whatever_may_lie_in_it(
    started: str, expected: tuple[str, int] | None
) -> None:
    assert found_for(started) == expected


def test_the_29th_of_february_is_celebrated_on_the_28th_where_there_is_none() -> None:
    leap_day = PartialDate(1960, 2, 29)
    assert [str(in_year(leap_day, year)) for year in (2027, 2028, 2100)] == ["2027-02-28", "2028-02-29", "2100-02-28"]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-11-26", 18, "2028-05-26"),
        ("2026-08-31", 18, "2028-02-29"),
        ("2025-08-31", 18, "2027-02-28"),
        ("2026-01-31", -12, "2025-01-31"),
        ("2024-02-29", -12, "2023-02-28"),
        ("2026-06-15", 18, "2027-12-15"),
    ],
)
def test_months_are_counted_to_the_same_day_or_the_last_there_is(day: str, months: int, expected: str) -> None:
    assert str(months_after(dt.date.fromisoformat(day), months)) == expected


@given(
    st.dates(dt.date(1850, 1, 1), dt.date(2100, 12, 31)),
    st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)),
    st.sampled_from(["year", "month", "day"]),
)
def test_whatever_is_found_is_round_within_the_window_and_no_more_precise_than_its_start(
    started: dt.date, today: dt.date, precision: str
) -> None:
    date = PartialDate.parse(started.isoformat()[: {"year": 4, "month": 7, "day": 10}[precision]])
    window = Window(today, months_after(today, anniversaries.MONTHS_AHEAD))
    found = window.anniversary(date)
    expected = [years for years in range(1, 300) if is_round(years) and in_year(date, date.year + years) in window]
    assert [found[1]] == expected if found else expected == []
    if found:
        assert (found[0].month is None, found[0].day is None) == (date.month is None, date.day is None)


# --- What is left out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "ended"},
        {"status": "unknown", "ended": "2014-09"},
        {"kind": "event"},
    ],
)
def test_what_has_ended_has_no_anniversary_and_neither_has_an_event(fields: dict[str, str]) -> None:
    assert coming(started="1957-10-10", **fields) == []


def test_a_tie_that_may_still_be_active_keeps_its_anniversary() -> None:
    assert coming(started="1957-10-10", status="unknown") == [("2027-10-10", 70)]


def test_a_term_that_ends_is_told_beside_the_anniversary() -> None:
    assert coming(started="2017-10-10", term_ends="2027-10") == [("2027-10-10", 10), ("2027-10", None)]


@pytest.mark.parametrize(
    ("term_ends", "expected"),
    [
        ("2025-11-25", []),
        ("2025-11-26", ["2025-11-26"]),
        ("2026-11-25", ["2026-11-25"]),
        ("2026-11-26", []),
        ("2026-11", []),
        ("2025-11", ["2025-11"]),
        ("2026", []),
        ("2025", ["2025"]),
        ("2019-05", []),
    ],
)
def test_a_term_that_ran_out_is_told_for_a_year(term_ends: str, expected: list[str]) -> None:
    published_partnership(kind="memorandum", term_ends=term_ends)
    assert [str(occasion.on) for occasion in agenda().past_terms] == expected


def test_the_order_is_that_of_time_with_what_is_less_precisely_known_behind() -> None:
    for started in ("1962", "1962-12-31", "1963-01-01", "1962-12", "1962-12-01"):
        published_partnership(started=started)
    ordered = agenda()
    assert [str(occasion.on) for occasion in ordered.occasions] == [
        "2027-12-01",
        "2027-12-31",
        "2027-12",
        "2027",
        "2028-01-01",
    ]
    assert [month.label for month in ordered.months] == ["December 2027", "2027, month not known", "January 2028"]
    with translation.override("ja"):
        assert [month.label for month in ordered.months] == ["2027年12月", "2027年（月は不明）", "2028年1月"]
        assert [month.name for month in ordered.months] == ["12月", "月は不明", "1月"]


def test_the_soonest_are_anniversaries_with_a_month_or_a_day() -> None:
    published_partnership("last", started="1957-10-10")
    published_partnership("first", started="1996-12-01", term_ends="2026-11-30")
    published_partnership("year-only", started="1996")
    assert [occasion.record.slug for occasion in anniversaries.soonest(5)] == ["first", "last"]
    assert [occasion.label for occasion in anniversaries.soonest(1)] == ["30 years"]


# --- The page ------------------------------------------------------------------------------------------------------


@pytest.fixture
def directory() -> None:
    washington, oregon = make_state(name_ja="ワシントン州"), make_state("oregon", "US-OR")
    seattle = make_actor("seattle", name_ja="シアトル市", parent=washington)
    kobe = make_actor("kobe", name_ja="神戸市", country="JP", parent=make_prefecture(name_ja="兵庫県"))
    climate = make_theme("climate")
    published_partnership(
        "seattle-kobe", title_ja="シアトル・神戸", started="1957-10-21", us=seattle, jp=kobe, themes=(climate,)
    )
    published_partnership(
        "oregon-kobe", kind="memorandum", started="2018", term_ends="2027-03", us=oregon, jp=kobe, status="unknown"
    )
    published_partnership("past", kind="memorandum", term_ends="2026-06-29", us=seattle, jp=kobe)


@in_the_directory
def test_it_lists_each_occasion_with_its_date_and_terms_past_last() -> None:
    assert shown("/anniversaries/") == [
        ("March 2027", "Term ends", "Oregon Kobe"),
        ("21 October 2027", "70 years", "Seattle Kobe"),
        ("2028", "10 years", "Oregon Kobe"),
        ("29 June 2026", "Term ended", "Past"),
    ]


@in_the_directory
def test_it_speaks_japanese() -> None:
    assert ("2027年10月21日", "70周年", "シアトル・神戸") in shown("/ja/anniversaries/")
    assert page("/ja/anniversaries/").languages_of("Oregon Kobe") == {"en"}


@in_the_directory
def test_each_line_names_both_places_the_kind_and_what_is_not_known() -> None:
    [_past, *lines] = [line.text for line in reversed(page("/anniversaries/").all("li", class_="occasion"))]
    assert "Kobe Hyogo Prefecture Seattle Washington Sister tie since 1957" in lines[1]
    assert "whether it is still active is not known" in lines[0]


@in_the_directory
def test_it_counts_anniversaries_and_ending_terms() -> None:
    text = page("/anniversaries/").text
    assert "2 anniversaries between 26 November 2026 and 26 May 2028." in text
    assert "1 term ends." in text


@in_the_directory
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=US-OR", ["Term ends", "10 years"]),
        ("theme=climate", ["70 years"]),
        ("kind=sister", ["70 years"]),
        ("kind=research", []),
        ("actor=seattle", ["70 years", "Term ended"]),
        ("q=oregon", ["Term ends", "10 years"]),
        ("decade=2010", ["Term ends", "10 years"]),
    ],
)
def test_it_takes_the_filters_of_the_listing(query: str, expected: list[str]) -> None:
    assert [label for _date, label, _title in shown(f"/anniversaries/?{query}")] == expected


@in_the_directory
@pytest.mark.parametrize(
    ("given", "moved"),
    [
        ("/anniversaries/?state=US-WA&state=US-OR", "/anniversaries/?state=US-OR&state=US-WA"),
        ("/anniversaries/?sort=title&kind=sister", "/anniversaries/?kind=sister"),
        ("/anniversaries/?kind=", "/anniversaries/"),
        ("/ja/anniversaries/?page=2", "/ja/anniversaries/"),
        ("/anniversaries.ics?state=&prefecture=&theme=climate", "/anniversaries.ics?theme=climate"),
    ],
)
def test_it_has_one_address_for_each_view(given: str, moved: str) -> None:
    response = Client().get(given)
    assert (response.status_code, response.headers["Location"]) == (301, moved)


@in_the_directory
def test_it_names_what_it_did_not_understand() -> None:
    assert page("/anniversaries/?kind=nonsense").one("div", class_="notice").text.startswith("Kind: “nonsense”")


@in_the_directory
def test_the_form_keeps_what_it_does_not_offer() -> None:
    kept = [field.attributes for field in page("/anniversaries/?kind=sister&actor=kobe").all("input")]
    assert [(field["name"], field["value"]) for field in kept] == [("actor", "kobe")]


@in_the_directory
def test_the_form_shows_what_is_chosen_and_keeps_several_values_of_one() -> None:
    one = page("/anniversaries/?kind=sister")
    assert one.one("option", selected="").attributes["value"] == "sister"
    two = page("/anniversaries/?kind=memorandum&kind=sister")
    assert [field.attributes["value"] for field in two.all("input", name="kind")] == ["memorandum", "sister"]
    assert "2 chosen" in two.texts("option")


@in_the_directory
def test_the_calendar_it_offers_has_the_same_filters() -> None:
    listed = page("/ja/anniversaries/?kind=memorandum&state=US-OR")
    assert listed.one("code").text.endswith("/ja/anniversaries.ics?kind=memorandum&state=US-OR")
    assert "/ja/anniversaries.ics?kind=memorandum&state=US-OR" in listed.links()


@in_the_directory
def test_an_empty_list_says_what_to_do_next() -> None:
    links = page("/anniversaries/?kind=research").links()
    assert {"/partnerships/?kind=research", "/anniversaries/"} <= links.keys()


def test_a_list_without_bound_is_shortened_to_the_next_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for year in ("1957", "1962", "1967"):
        published_partnership(started=f"{year}-10-10", kind="memorandum", term_ends="2027-10-11")
    next_four = agenda(most=4)
    assert [occasion.years for occasion in next_four.occasions] == [70, 65, 60, None]
    assert (next_four.anniversaries, next_four.ending_terms, next_four.is_shortened) == (3, 3, True)
    assert not agenda(most=6).is_shortened
    monkeypatch.setattr("partnerships.views.anniversaries.MOST_SHOWN", 4)
    assert page("/anniversaries/").one("p", class_="notice").text.startswith("Only the next 4 are shown.")


def test_it_hides_what_is_not_published() -> None:
    for publication in (Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED):
        record = make_partnership(started="1957-10-10", term_ends="2027-10-10", publication=publication)
        join(record, make_actor(), make_actor(country="JP"))
    assert shown("/anniversaries/") == []
    assert anniversaries.soonest(9) == []


def test_the_window_moves_with_the_day(on_a_day: Callable[[dt.date], None]) -> None:
    published_partnership(started="1957-10-21")
    on_a_day(dt.date(2027, 10, 21))
    assert len(shown("/anniversaries/")) == 1
    on_a_day(dt.date(2027, 10, 22))
    assert shown("/anniversaries/") == []
