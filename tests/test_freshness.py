"""How fresh a record is and in what state, in words: what counts as evidence, who is independent, what time changes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from partnerships import freshness, queries
from partnerships.freshness import State
from partnerships.models import Milestone, Outcome, PartialDate, Partnership, Source

from .factories import cite, make_partnership, make_source, published_partnership
from .markup import Page

SUMMER_2026 = dt.date(2026, 7, 15)

with_database = pytest.mark.django_db


def read_again(record: Partnership) -> Partnership:
    """The record with what its page brings along."""
    return queries.for_page(Partnership.objects.filter(pk=record.pk)).get()


def last_evidence(record: Partnership) -> str:
    return str(freshness.last_evidence(read_again(record)) or "")


# --- The date of the newest evidence -------------------------------------------------------------------------------


@with_database
def test_nothing_dated_is_no_date() -> None:
    record = published_partnership(started="1957")
    assert last_evidence(record) == ""
    assert freshness.evidence_label(read_again(record)) == "date of the evidence not known"


@with_database
def test_when_a_source_was_read_is_not_the_date_of_what_it_says() -> None:
    assert last_evidence(published_partnership(source=make_source(accessed_on="2026-01"))) == ""


@with_database
def test_the_newest_of_several_sources_dates_the_evidence() -> None:
    record = published_partnership(source=make_source(published_on="2019-05"))
    cite(record, make_source(published_on="2022-03"))
    cite(record, make_source(published_on="2020"), supports="dates")
    assert last_evidence(record) == "2022-03"
    assert freshness.evidence_label(read_again(record)) == "last evidence March 2022"


@with_database
@pytest.mark.parametrize(
    ("published", "milestone", "year", "verified", "newest"),
    [
        ("2022-03", "2019", 2018, "2020", "2022-03"),
        ("2019", "2022-03", 2018, "2020", "2022-03"),
        ("2019", "2018", 2022, "2020", "2022"),
        ("2019", "2018", 2020, "2022-03-01", "2022-03-01"),
        ("2022", "2022-03", 2022, "2022-02", "2022-03"),
    ],
)
def test_a_source_a_milestone_a_result_and_a_check_all_date_the_evidence(
    published: str, milestone: str, year: int, verified: str, newest: str
) -> None:
    record = published_partnership(source=make_source(published_on=published), verified_on=verified)
    Milestone.objects.create(partnership=record, kind="renewed", on=milestone)
    Outcome.objects.create(partnership=record, statement="Forty visits", year=year)
    assert last_evidence(record) == newest


@with_database
def test_what_lies_ahead_is_no_evidence() -> None:
    ahead = timezone.localdate().year + 5
    record = published_partnership(source=make_source(published_on="2019"))
    cite(record, make_source(published_on=str(ahead)))
    Milestone.objects.create(partnership=record, kind="event", on=f"{ahead}-01")
    Outcome.objects.create(partnership=record, statement="Carbon neutral", year=ahead)
    assert last_evidence(record) == "2019"


@with_database
def test_the_evidence_of_another_record_does_not_count() -> None:
    record = published_partnership(source=make_source(published_on="2019"))
    other = published_partnership(source=make_source(published_on="2024"))
    Milestone.objects.create(partnership=other, kind="renewed", on="2025")
    assert last_evidence(record) == "2019"


# --- Independent sources -------------------------------------------------------------------------------------------


def source(publisher: str = "", url: str = "https://example.org/page") -> Source:
    return Source(publisher=publisher, url=url)


@pytest.mark.parametrize(
    ("sources", "label"),
    [
        ([source("City of Kobe")], "one source only"),
        ([source("City of Kobe"), source("City of Seattle")], "2 independent sources"),
        ([source("City of Kobe"), source("city of  KOBE")], "2 sources of one publisher"),
        ([source("City of Kobe"), source("ＣＩＴＹ of Kobe")], "2 sources of one publisher"),
        ([source("A"), source("A"), source("B")], "3 sources of 2 publishers"),
        ([source(), source()], "2 sources of one publisher"),
        ([source(), source(url="https://www.example.org/other")], "2 sources of one publisher"),
        ([source(), source(url="https://example.com/page")], "2 independent sources"),
        ([source("City of Kobe"), source()], "2 independent sources"),
    ],
)
def test_sources_are_independent_where_publishers_differ_and_without_one_where_hosts_do(
    sources: list[Source], label: str
) -> None:
    assert freshness.sources_label(sources) == label


# --- Checks --------------------------------------------------------------------------------------------------------

NOT_VERIFIED = "not yet verified with the places themselves"


@pytest.mark.parametrize(
    ("verified", "read", "labels"),
    [
        (None, None, ["when it was last checked is not known", NOT_VERIFIED]),
        (None, "2026-03", ["sources read March 2026", NOT_VERIFIED]),
        (None, "2019-03", ["not checked since 2019", NOT_VERIFIED]),
        ("2026-03-01", "2019", ["verified 1 March 2026"]),
        ("2019", "2019", ["not checked since 2019"]),
        ("2019", "2026-03", ["sources read March 2026"]),
    ],
)
def test_a_record_says_when_somebody_last_looked(verified: str | None, read: str | None, labels: list[str]) -> None:
    sources = [Source(url="https://example.org/", accessed_on=read)]
    assert freshness.check_labels(Partnership(verified_on=verified), sources, SUMMER_2026) == labels


def test_a_check_lasts_for_so_many_years_and_no_longer() -> None:
    record = Partnership(verified_on="2024-07-16")
    assert freshness.CHECK_LASTS == 2
    assert freshness.check_labels(record, [], dt.date(2026, 7, 15)) == ["verified 16 July 2024"]
    assert freshness.check_labels(record, [], dt.date(2026, 7, 16)) == ["not checked since 2024"]


@pytest.mark.parametrize(
    ("date", "age"),
    [
        ("2026-07", ""),
        ("2027", ""),
        ("2025-07-16", ""),
        ("2025-07-15", "1 year ago"),
        ("2024", "1 year ago"),
        ("2019-03", "7 years ago"),
    ],
)
def test_an_age_is_counted_in_whole_years_from_the_last_day_that_a_date_can_mean(date: str, age: str) -> None:
    assert freshness.age(PartialDate.parse(date), SUMMER_2026) == age


def test_a_date_that_is_not_known_has_no_age() -> None:
    assert freshness.age(None, SUMMER_2026) == ""


# --- State ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": "active"}, State.IN_FORCE),
        ({"status": "active", "term_ends": "2026-07-15"}, State.IN_FORCE),
        ({"status": "active", "term_ends": "2026"}, State.IN_FORCE),
        ({"status": "active", "term_ends": "2026-07-14"}, State.PAST_TERM),
        ({"status": "unknown", "term_ends": "2020"}, State.PAST_TERM),
        ({"status": "unknown", "term_ends": "2030"}, State.UNKNOWN),
        ({"status": "unknown"}, State.UNKNOWN),
        ({"status": "ended"}, State.ENDED),
        ({"status": "ended", "term_ends": "2020"}, State.ENDED),
        ({"status": "unknown", "ended": "2020"}, State.ENDED),
    ],
)
def test_the_state_follows_from_the_status_the_term_and_the_day(fields: dict[str, Any], state: State) -> None:
    record = Partnership(**fields)
    assert freshness.state(record, SUMMER_2026) == state
    assert record.status == fields["status"]


@with_database
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": "active"}, "In force, as far as its sources say."),
        ({"status": "active", "term_ends": "2030-10"}, "In force; its term runs to October 2030."),
        (
            {"status": "active", "term_ends": "2026-06-29"},
            "Its term ended on 29 June 2026; whether it was renewed has not been verified.",
        ),
        ({"status": "unknown"}, "The sources do not say whether it is still active."),
        ({"status": "ended", "ended": "2018-10-02"}, "Ended on 2 October 2018."),
        ({"status": "ended"}, "Ended; the date is not recorded."),
        ({"status": "ended", "kind": "event", "started": "2009-10"}, "Held in October 2009."),
        ({"kind": "event", "started": "2023-03-11", "ended": "2023-03"}, "Held in March 2023."),
        ({"kind": "event", "started": "2023-03", "ended": "2023-03-18"}, "Held in March 2023."),
        ({"kind": "event", "started": "2023-03-11", "ended": "2023-03-11"}, "Held on 11 March 2023."),
        ({"kind": "event", "started": "2023-03-11", "ended": "2023-04"}, "Held from 11 March 2023 to April 2023."),
        ({"status": "ended", "kind": "event"}, "Held; the date is not recorded."),
    ],
)
def test_the_state_is_told_in_a_sentence(fields: dict[str, Any], sentence: str) -> None:
    assert freshness.state_sentence(make_partnership(**fields), SUMMER_2026) == sentence


@with_database
def test_a_milestone_dates_the_end_and_gives_the_reason() -> None:
    record = make_partnership(status="ended")
    assert freshness.lacks_reason(record)
    Milestone.objects.create(partnership=record, kind="ended", on="2018-10", title="Funding stopped")
    assert freshness.state_sentence(record) == "Ended in October 2018."
    assert not freshness.lacks_reason(record)


@with_database
def test_an_event_needs_no_reason_for_being_over() -> None:
    assert not freshness.lacks_reason(make_partnership(status="ended", kind="event"))


@with_database
def test_what_has_not_ended_lacks_no_reason() -> None:
    assert not freshness.lacks_reason(make_partnership(status="unknown"))


# --- On the pages --------------------------------------------------------------------------------------------------


def page_of(record: Partnership, prefix: str = "") -> Page:
    return Page(Client().get(f"{prefix}/partnerships/{record.slug}/"))


@with_database
def test_an_ended_record_says_when_why_and_by_which_source() -> None:
    letter = make_source(title="The mayor's letter")
    record = published_partnership(status="ended", ended="2018-10-02")
    Milestone.objects.create(partnership=record, kind="ended", on="2018-10-02", title="Over a statue", source=letter)
    page = page_of(record)
    [told] = [text for text in page.texts("dd") if text.startswith("Ended on")]
    assert told == "Ended on 2 October 2018. Over a statue2"
    [source] = [entry.text for entry in page.all("li") if entry.attributes.get("id") == "source-2"]
    assert "The mayor's letter" in source


@with_database
def test_an_ended_record_without_a_reason_says_so() -> None:
    assert "The reason is not recorded." in page_of(published_partnership(status="ended")).text


@with_database
def test_a_record_says_what_is_not_known() -> None:
    page = page_of(published_partnership(status="unknown"))
    assert page.texts("dd")[:3] == ["not known", "The sources do not say whether it is still active.", "not known"]
    assert "How to replicate it" not in page.text and "no office is recorded" in page.text


@with_database
def test_a_row_says_how_many_sources_and_how_new_the_evidence_is() -> None:
    published_partnership(source=make_source(published_on="2025"), status="active")
    [facts] = Page(Client().get("/partnerships/")).texts("p", class_="row-facts")
    assert facts == "1 source last evidence 2025 Compare"


@with_database
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "ended"}, "Ended"),
        ({"status": "unknown"}, "Not known whether active"),
        ({"status": "active", "term_ends": "1999"}, "renewal not verified"),
    ],
)
def test_a_row_says_what_is_not_simply_active(fields: dict[str, Any], words: str) -> None:
    published_partnership(**fields)
    [row] = Page(Client().get("/partnerships/")).texts("article", class_="row")
    assert words in row


@pytest.mark.parametrize("status", ["active", "unknown", "ended"])
@pytest.mark.parametrize("term_ends", [None, "1999", "2999"])
@with_database
def test_the_words_in_japanese_are_wholly_japanese(status: str, term_ends: str | None) -> None:
    record = published_partnership(status=status, term_ends=term_ends, source=make_source(accessed_on="2019"))
    record = read_again(record)
    with translation.override("ja"):
        sources = [citation.source for citation in record.citations.all()]
        said = [
            str(freshness.state(record).label),
            freshness.state_sentence(record),
            freshness.evidence_label(record),
            freshness.sources_label(sources),
            *freshness.check_labels(record, sources),
        ]
    assert not any(character.isascii() and character.isalpha() for character in "".join(said))
