"""Anniversaries as a calendar: read back with icalendar, and held against what RFC 5545 asks of the bytes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar, Event

from partnerships import anniversaries, search
from partnerships.models import Partnership, Publication

from .factories import (
    join,
    make_actor,
    make_partnership,
    make_prefecture,
    make_state,
    make_theme,
    published_partnership,
)

pytestmark = pytest.mark.django_db

CHANGED = dt.datetime(2026, 11, 20, 8, 30, 15, 999, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def on_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anniversaries, "today", lambda: dt.date(2026, 11, 26))


@pytest.fixture
def tie() -> Partnership:
    seattle = make_actor("seattle", name_ja="シアトル市", parent=make_state(name_ja="ワシントン州"))
    kobe = make_actor("kobe", name_ja="神戸市", country="JP", parent=make_prefecture(name_ja="兵庫県"))
    themes = (make_theme("climate", name="Climate; air, water", name_ja="気候"), make_theme("tech", name="Tech"))
    return published_partnership(
        "seattle-kobe",
        title="Seattle–Kobe sister cities",
        title_ja="シアトル・神戸市 姉妹都市",
        started="1957-10-21",
        us=seattle,
        jp=kobe,
        themes=themes,
    )


def octets(address: str = "/anniversaries.ics") -> bytes:
    search.reindex()
    response = Client().get(address)
    assert response.status_code == 200
    return response.content


def events(address: str = "/anniversaries.ics") -> list[Event]:
    calendar = Calendar.from_ical(octets(address))
    assert not calendar.errors
    assert not [fault for event in calendar.events for fault in event.errors]
    return calendar.events


def only_event(address: str = "/anniversaries.ics") -> Any:
    [event] = events(address)
    return event


def days_of(event: Event) -> tuple[str, str]:
    """The first day, and the first that is no longer part of it."""
    for moment in (event["DTSTART"], event["DTEND"]):
        assert moment.params["VALUE"] == "DATE"
    return event["DTSTART"].dt.isoformat(), event["DTEND"].dt.isoformat()


def test_it_is_sent_as_a_calendar() -> None:
    headers = Client().get("/anniversaries.ics").headers
    assert headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert headers["Cache-Control"].startswith("public")
    assert "ETag" in headers
    assert "Set-Cookie" not in headers


def test_a_known_day_is_an_event_of_that_day(tie: Partnership) -> None:
    event = only_event()
    assert days_of(event) == ("2027-10-21", "2027-10-22")
    assert event["SUMMARY"] == "Seattle–Kobe sister cities: 70 years"
    assert event["TRANSP"] == "TRANSPARENT"
    assert event["URL"].endswith("/partnerships/seattle-kobe/")
    assert event["CATEGORIES"].cats == ["Sister tie", "Climate; air, water", "Tech"]
    sentence, page = event["DESCRIPTION"].split("\n")
    assert sentence == "Seattle, Washington and Kobe, Hyogo have been sister cities since 21 October 1957."
    assert page == event["URL"]


def test_it_speaks_japanese_with_the_same_uid(tie: Partnership) -> None:
    event = only_event("/ja/anniversaries.ics")
    assert event["SUMMARY"] == "シアトル・神戸市 姉妹都市：70周年"
    assert event["URL"].endswith("/ja/partnerships/seattle-kobe/")
    assert event["CATEGORIES"].cats[:2] == ["姉妹提携", "気候"]
    assert event["UID"] == only_event()["UID"]


def test_a_known_month_is_an_event_of_all_its_days() -> None:
    published_partnership(started="1963-02")
    event = only_event()
    assert days_of(event) == ("2028-02-01", "2028-03-01")
    assert "The sources name the month, not the day." in event["DESCRIPTION"]


def test_what_is_known_to_the_year_only_is_left_out() -> None:
    published_partnership(started="1962")
    published_partnership(kind="memorandum", term_ends="2027")
    assert events() == []


def test_the_29th_of_february_is_on_the_28th() -> None:
    published_partnership(started="1952-02-29")
    assert days_of(only_event()) == ("2027-02-28", "2027-03-01")


def test_a_term_that_ends_is_an_event() -> None:
    published_partnership("pact", title="Pact", kind="memorandum", started="2019", term_ends="2027-03-31")
    event = only_event()
    assert (event["SUMMARY"], days_of(event)) == ("Pact: Term ends", ("2027-03-31", "2027-04-01"))


@pytest.mark.parametrize(
    ("query", "count"), [("", 2), ("?kind=memorandum", 1), ("?state=US-WA", 1), ("?q=pact", 1), ("?kind=nonsense", 2)]
)
def test_it_takes_the_filters_of_the_listing(tie: Partnership, query: str, count: int) -> None:
    published_partnership(title="Pact", kind="memorandum", term_ends="2027-03-31")
    assert len(events(f"/anniversaries.ics{query}")) == count


def test_it_is_named_after_its_filters(tie: Partnership) -> None:
    lines = octets("/anniversaries.ics?kind=sister&state=US-WA").decode().split("\r\n")
    name = r"NAME:U.S.–Japan anniversaries (Sister tie\, Washington)"  # a comma in a text has a backslash
    assert {name, f"X-WR-CAL{name}"} <= {*lines}
    assert Calendar.from_ical(octets())["X-WR-CALNAME"] == "U.S.–Japan anniversaries"


def test_it_says_what_it_is_and_how_often_to_look(tie: Partnership) -> None:
    lines = octets().split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert {b"VERSION:2.0", b"METHOD:PUBLISH", b"REFRESH-INTERVAL;VALUE=DURATION:P1D"} <= {*lines}


def test_its_lines_end_as_they_must_and_are_folded_between_characters(tie: Partnership) -> None:
    Partnership.objects.filter(pk=tie.pk).update(title_ja="友好" * 90)
    whole = octets("/ja/anniversaries.ics")
    assert whole.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in whole.replace(b"\r\n", b"")
    for line in whole.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # fails within a character
    assert "友好" * 90 in only_event("/ja/anniversaries.ics")["SUMMARY"]


def test_every_event_has_an_identity_of_its_own() -> None:
    for _number in range(3):
        published_partnership(kind="memorandum", started="2017-10-10", term_ends="2027-10-10")
    uids = [str(event["UID"]) for event in events()]
    assert len({*uids}) == len(uids) == 6


def test_the_identity_survives_loading_anew_and_a_corrected_date(tie: Partnership) -> None:
    before = only_event()["UID"]
    fields = {"title": tie.title, "started": "1957-10-23"}
    tie.delete()
    published_partnership("seattle-kobe", **fields)
    event = only_event()
    assert (event["UID"], days_of(event)[0]) == (before, "2027-10-23")


def test_the_same_records_give_the_same_bytes(tie: Partnership) -> None:
    Partnership.objects.update(updated_at=CHANGED)
    assert octets() == octets()
    assert only_event()["DTSTAMP"].dt == CHANGED.replace(microsecond=0)


def test_it_hides_what_is_not_published() -> None:
    for publication in (Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED):
        record = make_partnership(started="1957-10-10", term_ends="2027-10-10", publication=publication)
        join(record, make_actor(), make_actor(country="JP"))
    assert events() == []
    assert events("/anniversaries.ics?kind=sister") == []
