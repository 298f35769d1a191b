"""Partial dates: read, written, compared and stored without guessing what is not known."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from partnerships.models import PartialDate, Partnership
from partnerships.models.partial_date import PartialDateFormField

from .factories import make_partnership


@st.composite
def partial_dates(draw: st.DrawFn, first_year: int = 1, last_year: int = 9999) -> PartialDate:
    day = draw(st.dates(dt.date(first_year, 1, 1), dt.date(last_year, 12, 31)))
    parts = draw(st.integers(1, 3))
    return PartialDate(*(day.year, day.month, day.day)[:parts])


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2014", PartialDate(2014)),
        ("2014-11", PartialDate(2014, 11)),
        ("2014-11-05", PartialDate(2014, 11, 5)),
        ("2024-02-29", PartialDate(2024, 2, 29)),
        ("0645", PartialDate(645)),
    ],
)
def test_it_reads_a_year_a_month_or_a_day(text: str, date: PartialDate) -> None:
    assert PartialDate.parse(text) == date


@pytest.mark.parametrize(
    "text",
    [
        *("", " 2014", "2014 ", "2014\n", "14", "02014", "2014-", "2014-1", "2014-11-5", "2014/11", "2014-11-05T00"),
        *("0000", "2014-00", "2014-13", "2014-02-30", "2023-02-29", "2014-11-00", "２０１４", "2014年", "unknown"),
    ],
)
def test_it_refuses_what_is_not_an_iso_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        PartialDate.parse(text)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("2014/11/5", "2014-11-05"),
        ("2014.11", "2014-11"),
        (" 2014 - 1 ", "2014-01"),
        ("2014年", "2014"),
        ("2014年11月", "2014-11"),
        ("2014年11月5日", "2014-11-05"),
        ("２０１４年１１月５日", "2014-11-05"),
    ],
)
def test_it_reads_what_people_type(typed: str, text: str) -> None:
    assert str(PartialDate.parse_typed(typed)) == text


@pytest.mark.parametrize("typed", ["平成26年", "Nov 2014", "2014-11-05-06", "5/11/2014", "2014-13", ""])
def test_it_refuses_typed_text_that_it_would_have_to_guess_at(typed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        PartialDate.parse_typed(typed)


def test_it_refuses_a_day_without_its_month() -> None:
    with pytest.raises(ValueError, match="a day needs its month"):
        PartialDate(2014, day=5)


@settings(deadline=None)
@given(partial_dates())
def test_it_reads_back_what_it_writes(date: PartialDate) -> None:
    assert PartialDate.parse(str(date)) == date


@settings(deadline=None)
@given(partial_dates())
def test_it_reads_its_own_text_as_typed(date: PartialDate) -> None:
    assert PartialDate.parse_typed(str(date)) == date


@settings(deadline=None)
@given(partial_dates(), partial_dates())
def test_an_earlier_date_never_sorts_after_a_later_one(one: PartialDate, other: PartialDate) -> None:
    if one.latest < other.earliest:
        assert one < other


@settings(deadline=None)
@given(partial_dates())
def test_it_spans_from_its_earliest_to_its_latest_day(date: PartialDate) -> None:
    days = (date.latest - date.earliest).days + 1
    assert days in ({1} if date.day else {28, 29, 30, 31} if date.month else {365, 366})


def test_a_year_sorts_before_its_months_and_a_month_before_its_days() -> None:
    texts = ["2014", "2014-01", "2014-01-31", "2014-02", "2015"]
    assert [str(date) for date in sorted(map(PartialDate.parse, reversed(texts)))] == texts


def test_it_cannot_be_compared_with_text() -> None:
    with pytest.raises(TypeError):
        assert PartialDate(2014) < "2015"


@pytest.mark.parametrize(
    ("text", "english", "japanese"),
    [
        ("2014", "2014", "2014年"),
        ("2014-11", "November 2014", "2014年11月"),
        ("2014-11-05", "5 November 2014", "2014年11月5日"),
    ],
)
def test_it_shows_only_what_is_known_in_both_languages(text: str, english: str, japanese: str) -> None:
    date = PartialDate.parse(text)
    with translation.override("en"):
        assert date.localised() == english
    with translation.override("ja"):
        assert date.localised() == japanese


@pytest.mark.parametrize(
    ("text", "phrase"),
    [("2014", "in 2014"), ("2014-11", "in November 2014"), ("2014-11-05", "on 5 November 2014")],
)
def test_its_preposition_fits_its_precision(text: str, phrase: str) -> None:
    with translation.override("en"):
        assert PartialDate.parse(text).localised_since() == phrase


def test_a_form_takes_typed_dates() -> None:
    assert PartialDateFormField().clean("2014年11月5日") == PartialDate(2014, 11, 5)


def test_a_form_explains_a_bad_date() -> None:
    with pytest.raises(ValidationError, match="“soon” is not a date"):
        PartialDateFormField().clean("soon")


def test_an_empty_form_field_is_no_date() -> None:
    assert PartialDateFormField(required=False).clean("  ") is None


@pytest.mark.parametrize(("data", "changed"), [("2014", False), ("2014年", False), ("2015", True), ("soon", True)])
def test_a_form_notices_a_change_of_meaning_only(data: str, changed: bool) -> None:
    assert PartialDateFormField().has_changed(PartialDate(2014), data) is changed


def test_text_assigned_to_a_model_becomes_a_date_at_once() -> None:
    assert Partnership(started="2014-11").started == PartialDate(2014, 11)


def test_bad_text_assigned_to_a_model_is_refused_at_once() -> None:
    with pytest.raises(ValidationError):
        Partnership(started="2014-13")


@pytest.mark.django_db
def test_an_empty_date_is_stored_as_null() -> None:
    make_partnership("undated", started="")
    assert Partnership.objects.get(started__isnull=True).slug == "undated"


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["2014", "2014-11", "2014-11-05"])
def test_a_date_is_stored_with_its_precision(text: str) -> None:
    partnership = make_partnership(started=text)
    partnership.refresh_from_db()
    assert partnership.started == PartialDate.parse(text)


@pytest.mark.django_db
@settings(max_examples=30, deadline=None)
@given(dates=st.lists(partial_dates(), min_size=2, max_size=30))
def test_the_database_orders_dates_as_python_does(dates: list[PartialDate]) -> None:
    Partnership.objects.all().delete()
    Partnership.objects.bulk_create(
        Partnership(slug=f"p{number}", title="P", kind="sister", started=date) for number, date in enumerate(dates)
    )
    assert list(Partnership.objects.order_by("started").values_list("started", flat=True)) == sorted(dates)


@pytest.mark.django_db
@pytest.mark.parametrize(("lookup", "found"), [("gte", {"month", "next"}), ("lt", {"year", "before"})])
def test_the_database_compares_dates_as_python_does(lookup: str, found: set[str]) -> None:
    for slug, started in (("before", "2013-12-31"), ("year", "2014"), ("month", "2014-11"), ("next", "2015")):
        make_partnership(slug, started=started)
    chosen = Partnership.objects.filter(**{f"started__{lookup}": PartialDate(2014, 2)})
    assert set(chosen.values_list("slug", flat=True)) == found
