"""Dates as offices write them, in Japan and in America."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from partnerships.dates import ERAS, DateError, partial_date


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2014", "2014"),
        ("2014-11", "2014-11"),
        ("2014/11/5", "2014-11-05"),
        ("1957年10月", "1957-10"),
        ("１９５７年１０月２１日", "1957-10-21"),
        ("平成26年11月", "2014-11"),
        ("平成２６年１１月５日", "2014-11-05"),
        ("平成二十六年十一月三日", "2014-11-03"),
        ("㍻26年11月", "2014-11"),
        ("令和元年5月1日", "2019-05-01"),
        ("令和元年", "2019"),
        ("昭和32年", "1957"),
        ("昭和32年10月21日（月）", "1957-10-21"),
        ("H26.11.3", "2014-11-03"),
        ("h26.11", "2014-11"),
        ("S32/10/21", "1957-10-21"),
        ("R1.5.1", "2019-05-01"),
        ("大正元年", "1912"),
        ("明治6年1月1日", "1873-01-01"),
        ("Oct 1957", "1957-10"),
        ("October 21st, 1957", "1957-10-21"),
        ("21 October 1957", "1957-10-21"),
        ("Sept. 1957", "1957-09"),
        ("10/21/1957", "1957-10-21"),
        ("21/10/1957", "1957-10-21"),
        ("5/5/1957", "1957-05-05"),
        ("10/1957", "1957-10"),
        ("19571021", "1957-10-21"),
        ("1957-10-21 00:00:00", "1957-10-21"),
    ],
)
def test_it_reads_what_offices_write(text, wanted):
    assert str(partial_date(text)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("明治45年7月30日", "1912-07-30"),
        ("大正元年7月30日", "1912-07-30"),
        ("大正15年12月25日", "1926-12-25"),
        ("昭和元年12月25日", "1926-12-25"),
        ("昭和64年1月7日", "1989-01-07"),
        ("平成元年1月8日", "1989-01-08"),
        ("平成31年4月30日", "2019-04-30"),
        ("令和元年5月1日", "2019-05-01"),
        ("昭和64年1月", "1989-01"),
        ("平成元年1月", "1989-01"),
    ],
)
def test_it_knows_the_days_on_which_eras_change(text, wanted):
    assert str(partial_date(text)) == wanted


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("昭和64年1月8日", "平成元年"),
        ("平成元年1月7日", "昭和64年"),
        ("平成31年5月1日", "令和元年"),
        ("令和元年4月30日", "平成31年"),
        ("大正15年12月26日", "昭和元年"),
        ("昭和元年12月24日", "大正15年"),
        ("大正元年7月29日", "明治45年"),
    ],
)
def test_it_refuses_a_day_of_another_era_and_names_that(text, right):
    with pytest.raises(DateError, match=f"this is {right}"):
        partial_date(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("昭和70年", "1995 is 平成7年"),
        ("平成0年", "no such year"),
        ("平成26年13月", "not in the calendar"),
        ("平成26年2月30日", "not in the calendar"),
        ("2014-02-30", "not in the calendar"),
        ("10/3/1957", "write 1957-10-03 or 1957-03-10"),
        ("10/21/57", "four digits"),
        ("Oct-57", "four digits"),
        ("平成26年度", "fiscal year"),
        ("2014年度", "fiscal year"),
        ("明治3年5月1日", "old calendar"),
        ("21114", "1957-10-21"),
        ("unknown", "not a date"),
        ("", "not a date"),
        ("十十年", "not"),
    ],
)
def test_it_says_why_a_text_is_no_date(text, reason):
    with pytest.raises(DateError, match=reason):
        partial_date(text)


@given(some.dates(min_value=ERAS[0].first.replace(year=1873)))
def test_a_day_written_in_its_era_is_that_day(day):
    era = next(era for era in reversed(ERAS) if era.first <= day <= era.last)
    if day.year - era.first.year + 1 <= 999:
        assert partial_date(f"{era.year(day.year)}{day.month}月{day.day}日").earliest == day


@given(some.text(max_size=30))
def test_any_text_is_a_date_or_refused_with_a_reason(text):
    try:
        partial_date(text)
    except DateError as refused:
        assert str(refused)


@given(some.text(alphabet="元0123456789年月日度平成昭和令HSR./- 一二十Oct,", max_size=14))
def test_what_looks_like_a_date_is_one_or_refused_with_a_reason(text):
    try:
        partial_date(text)
    except DateError as refused:
        assert str(refused)
