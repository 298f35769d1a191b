"""Facts put into words: names with their place, spans of time, and the sentence composed for a tie."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import translation

from partnerships import wording
from partnerships.models import Actor, Partnership

from .factories import join, make_actor, make_partnership, make_prefecture, make_state

SUMMER_2026 = dt.date(2026, 7, 15)


def span(today: dt.date = SUMMER_2026, **fields: str) -> str:
    fields = {"kind": "memorandum", "status": "active", **fields}
    return wording.time_span(Partnership(**fields), today=today)


# --- Texts in two languages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "english", "japanese", "shown", "language"),
    [
        ("en", "Kobe", "神戸市", "Kobe", "en"),
        ("ja", "Kobe", "神戸市", "神戸市", "ja"),
        ("en", "", "神戸市", "神戸市", "ja"),
        ("ja", "Kobe", "", "Kobe", "en"),
    ],
)
def test_a_text_is_shown_in_the_language_of_the_page_or_in_the_one_there_is(
    page: str, english: str, japanese: str, shown: str, language: str
) -> None:
    with translation.override(page):
        local = wording.local_text(Actor(name=english, name_ja=japanese), "name")
        assert (str(local), local.language, local.is_foreign) == (shown, language, language != page)


@pytest.mark.parametrize(("page", "other"), [("en", "神戸市"), ("ja", "Kobe")])
def test_the_other_text_is_that_of_the_other_language(page: str, other: str) -> None:
    with translation.override(page):
        assert str(wording.other_text(Actor(name="Kobe", name_ja="神戸市"), "name")) == other


def test_a_text_that_is_missing_is_false() -> None:
    assert not wording.other_text(Actor(name="Kobe"), "name")


# --- Names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "name"), [("en", "Kobe, Hyogo"), ("ja", "兵庫県神戸市")])
def test_a_town_is_named_with_its_prefecture(language: str, name: str) -> None:
    hyogo = Actor(pk=1, kind="prefecture", name="Hyogo Prefecture", name_ja="兵庫県")
    kobe = Actor(pk=2, kind="city", name="Kobe", name_ja="神戸市", region=hyogo)
    with translation.override(language):
        assert wording.full_name(kobe) == name


def test_a_state_is_named_alone() -> None:
    washington = Actor(pk=1, kind="state", name="Washington")
    washington.region = washington
    assert wording.full_name(washington) == "Washington"


def test_an_organisation_is_named_alone() -> None:
    washington = Actor(pk=1, kind="state", name="Washington")
    assert wording.full_name(Actor(kind="university", name="The University", region=washington)) == "The University"


def test_a_town_in_no_state_is_named_alone() -> None:
    assert wording.full_name(Actor(kind="city", name="Washington")) == "Washington"


def test_a_merged_town_is_named_with_what_it_is_part_of_now() -> None:
    town = Actor(kind="town", name="Kurisawa", successor=Actor(name="Iwamizawa"))
    assert wording.name_when_signed(town) == "Kurisawa (now part of Iwamizawa)"


# --- Spans of time -------------------------------------------------------------------------------------------------


SPANS = [
    ({"started": "1957-10-21"}, "since 1957"),
    ({}, "start not known"),
    ({"started": "1960", "ended": "2018-03"}, "1960 – 2018"),
    ({"started": "2019-01", "ended": "2019-11"}, "2019"),
    ({"ended": "2018"}, "start not known – 2018"),
    ({"started": "1960", "status": "ended"}, "1960 – ended, date not known"),
    ({"status": "ended"}, "start not known – ended, date not known"),
    ({"started": "2010", "term_ends": "2030-10"}, "2010 – term to October 2030"),
    ({"term_ends": "2030"}, "start not known – term to 2030"),
    ({"started": "2016", "term_ends": "2026-06"}, "2016 – term ended June 2026, renewal not verified"),
    ({"started": "2010", "ended": "2020", "term_ends": "2030"}, "2010 – 2020"),
    ({"started": "2010", "status": "ended", "term_ends": "2030"}, "2010 – ended, date not known"),
    ({"started": "2019-05", "kind": "event"}, "2019"),
    ({"kind": "event"}, "start not known"),
    ({"started": "1957", "status": "unknown"}, "since 1957"),
]


@pytest.mark.parametrize(("fields", "words"), SPANS)
def test_a_span_says_what_the_sources_say_and_no_more(fields: dict[str, str], words: str) -> None:
    assert span(**fields) == words


@pytest.mark.parametrize(
    ("term_ends", "last_day"),
    [
        ("2026", dt.date(2026, 12, 31)),
        ("2026-02", dt.date(2026, 2, 28)),
        ("2026-06-15", dt.date(2026, 6, 15)),
    ],
)
def test_a_term_runs_out_after_the_last_day_that_it_can_mean(term_ends: str, last_day: dt.date) -> None:
    on_the_day = span(last_day, started="2016", term_ends=term_ends)
    on_the_day_after = span(last_day + dt.timedelta(days=1), started="2016", term_ends=term_ends)
    assert ("renewal not verified" in on_the_day, "renewal not verified" in on_the_day_after) == (False, True)


def test_a_term_that_ran_out_changes_the_words_and_not_the_status() -> None:
    record = Partnership(kind="memorandum", status="active", started="2016", term_ends="2020")
    wording.time_span(record, today=SUMMER_2026)
    assert record.status == Partnership.Status.ACTIVE


def test_without_a_day_given_a_term_is_measured_by_today() -> None:
    record = Partnership(kind="memorandum", status="active", started="0900", term_ends="0999")
    assert wording.time_span(record) == "900 – term ended 999, renewal not verified"


@pytest.mark.parametrize("fields", [fields for fields, _words in SPANS])
def test_a_span_in_japanese_is_wholly_japanese(fields: dict[str, str]) -> None:
    with translation.override("ja"):
        words = span(**fields)
    assert not re.search("[A-Za-z]", words)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"started": "2010-06"}, "2010 –"),
        ({"started": "1960", "ended": "2018-03", "status": "ended"}, "1960 – 2018"),
        ({"ended": "2018", "status": "ended"}, "start not known – 2018"),
        ({"started": "1957", "status": "unknown"}, "from 1957"),
        ({"started": "1957", "status": "ended"}, "from 1957"),
        ({"started": "2019-01", "ended": "2019-11"}, "2019"),
        ({"started": "2019", "kind": "event"}, "2019"),
        ({"started": "2019", "ended": "2020", "kind": "event"}, "2019 – 2020"),
        ({}, "dates not known"),
    ],
)
def test_the_head_of_a_record_says_the_years_alone(fields: dict[str, str], words: str) -> None:
    assert wording.years(Partnership(**{"kind": "memorandum", "status": "active", **fields})) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"term_ends": "2030-10"}, "term to October 2030"),
        ({"term_ends": "2026-06"}, "term ended June 2026, renewal not verified"),
        ({"term_ends": "2026-06", "status": "ended"}, ""),
        ({"term_ends": "2030", "ended": "2020"}, ""),
        ({}, ""),
    ],
)
def test_the_head_of_a_record_says_how_long_its_term_runs(fields: dict[str, str], words: str) -> None:
    assert wording.term(Partnership(**{"status": "active", **fields}), today=SUMMER_2026) == words


# --- The sentence composed for a tie -------------------------------------------------------------------------------

SEATTLE_AND_KOBE = "Seattle, Washington and Kobe, Hyogo"
# One record for each pattern, with the sentence in English and the dates in the sentence in Japanese.
SENTENCES = [
    (
        {"status": "active", "started": "1957-10-21"},
        f"{SEATTLE_AND_KOBE} have been sister cities since 21 October 1957.",
        ["1957年10月21日"],
    ),
    (
        {"status": "active"},
        f"{SEATTLE_AND_KOBE} are recorded as sister cities; the sources do not say since when.",
        [],
    ),
    (
        {"status": "unknown", "started": "1957-10"},
        f"{SEATTLE_AND_KOBE} became sister cities in October 1957; whether the tie is still active is not known.",
        ["1957年10月"],
    ),
    (
        {"status": "unknown", "started": "1957-10-21"},
        f"{SEATTLE_AND_KOBE} became sister cities on 21 October 1957; whether the tie is still active is not known.",
        ["1957年10月21日"],
    ),
    (
        {"status": "ended", "started": "1957", "ended": "2018-03"},
        f"{SEATTLE_AND_KOBE} were sister cities from 1957 until March 2018.",
        ["1957年", "2018年3月"],
    ),
    (
        {"status": "ended", "ended": "2018"},
        f"{SEATTLE_AND_KOBE} were sister cities until 2018.",
        ["2018年"],
    ),
    (
        {"status": "ended", "started": "1957"},
        f"{SEATTLE_AND_KOBE} were sister cities; the tie has ended.",
        [],
    ),
]


def tie_of_seattle_and_kobe(**fields: str) -> Partnership:
    washington = make_state("washington", name_ja="ワシントン州")
    hyogo = make_prefecture("hyogo", name="Hyogo Prefecture", name_ja="兵庫県")
    record = make_partnership(**fields)
    join(
        record,
        make_actor("kobe", name_ja="神戸市", country="JP", parent=hyogo),
        make_actor("seattle", name_ja="シアトル市", parent=washington),
    )
    return record


@pytest.mark.django_db
@pytest.mark.parametrize(("fields", "sentence", "_dates"), SENTENCES)
def test_the_sentence_says_what_is_known_of_the_tie(fields: dict[str, str], sentence: str, _dates: list[str]) -> None:
    assert wording.composed_summary(tie_of_seattle_and_kobe(**fields)) == sentence


@pytest.mark.django_db
@pytest.mark.parametrize(("fields", "_sentence", "dates"), SENTENCES)
def test_the_sentence_in_japanese_has_names_and_dates_in_japanese(
    fields: dict[str, str], _sentence: str, dates: list[str]
) -> None:
    with translation.override("ja"):
        sentence = wording.composed_summary(tie_of_seattle_and_kobe(**fields))
    assert [part for part in ["ワシントン州シアトル市", "兵庫県神戸市", *dates] if part not in sentence] == []


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [fields for fields, _sentence, _dates in SENTENCES])
def test_the_sentence_in_japanese_is_wholly_japanese(fields: dict[str, str]) -> None:
    with translation.override("ja"):
        assert not re.search("[A-Za-z]", wording.composed_summary(tie_of_seattle_and_kobe(**fields)))


def tie_noun(us: str, jp: str, kind: str) -> str:
    record = make_partnership(kind=kind, status="active")
    join(record, make_actor(kind=us, name="Here"), make_actor(kind=jp, name="There", country="JP"))
    found = re.search("are recorded as (.*);", wording.composed_summary(record))
    assert found
    return found[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("us", "jp", "kind", "noun"),
    [
        ("state", "prefecture", "sister", "sister states"),
        ("city", "city", "sister", "sister cities"),
        ("town", "special_ward", "sister", "sister cities"),
        ("county", "city", "sister", "sister communities"),
        ("state", "city", "sister", "sister communities"),
        ("port", "port", "sister", "sister communities"),
        ("city", "village", "friendship", "friendship cities"),
        ("state", "prefecture", "friendship", "friendship partners"),
        ("county", "city", "friendship", "friendship partners"),
        ("university", "city", "project", "partners"),
    ],
)
def test_the_tie_is_called_after_who_is_tied(us: str, jp: str, kind: str, noun: str) -> None:
    assert tie_noun(us, jp, kind) == noun


@pytest.mark.django_db
def test_several_participants_of_a_shore_are_listed() -> None:
    record = make_partnership(status="active", started="2000")
    join(record, *(make_actor(name=name) for name in ("Hood River", "The Dalles", "Mosier")))
    join(record, make_actor(name="Tsuruta", country="JP"))
    sentence = wording.composed_summary(record)
    assert sentence == "Hood River, The Dalles and Mosier and Tsuruta have been sister cities since 2000."


@pytest.mark.django_db
def test_a_merged_town_is_named_as_it_was_with_what_it_is_part_of_now() -> None:
    city = make_actor(name="Iwamizawa", country="JP")
    record = make_partnership(status="active", started="1998")
    join(record, make_actor(name="Canby"), make_actor(name="Kurisawa", country="JP", kind="town", successor=city))
    assert "Kurisawa (now part of Iwamizawa)" in wording.composed_summary(record)


@pytest.mark.django_db
def test_nothing_is_composed_where_a_shore_is_missing() -> None:
    record = make_partnership(status="active", started="1998")
    join(record, make_actor())
    assert wording.composed_summary(record) == ""
