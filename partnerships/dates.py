"""Dates as offices write them, in Japan and in America, as partial dates; what is not one says why."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from partnerships.models import PartialDate


class DateError(ValueError):
    """A text that is no date, with the reason and what would be right."""


class AmbiguousDateError(DateError):
    """Day and month can be read both ways; both dates are of this ``year``."""

    def __init__(self, reason: str, year: int) -> None:
        super().__init__(reason)
        self.year = year


@dataclass(frozen=True)
class Era:
    name: str
    letter: str
    first: dt.date
    last: dt.date = dt.date.max

    def year(self, of: int) -> str:
        """A year of the Christian era in this one: 昭和64年."""
        number = of - self.first.year + 1
        return f"{self.name}{'元' if number == 1 else number}年"


# The day on which an emperor died belongs to both eras, except in 1989 and 2019, when the new one began a day later.
ERAS = (
    Era("明治", "M", dt.date(1868, 1, 25), dt.date(1912, 7, 30)),
    Era("大正", "T", dt.date(1912, 7, 30), dt.date(1926, 12, 25)),
    Era("昭和", "S", dt.date(1926, 12, 25), dt.date(1989, 1, 7)),
    Era("平成", "H", dt.date(1989, 1, 8), dt.date(2019, 4, 30)),
    Era("令和", "R", dt.date(2019, 5, 1)),
)
_BY_SIGN = {sign: era for era in ERAS for sign in (era.name, era.letter, era.name[0])}
_GREGORIAN_SINCE = 1873  # months and days of earlier Japanese dates are those of another calendar

_KANJI = dict(zip("〇一二三四五六七八九", range(10), strict=True))
_KANJI_NUMBER = re.compile("[〇一二三四五六七八九十]+(?=[年月日])")
_WEEKDAY = re.compile(r"\s*\((?:[月火水木金土日祝]+|[A-Za-z]{3,9}\.?)\)$")
_MIDNIGHT = re.compile(r"[T ]0?0:00(?::00(?:\.0+)?)?$")
_JAPANESE = re.compile(
    r"(明治|大正|昭和|平成|令和|[明大昭平令MTSHR])\s*\.?\s*(元|\d{1,3})\s*(?:年|[-./]|$)\s*"
    r"(?:(\d{1,2})\s*(?:月|[-./]|$)\s*(?:(\d{1,2})\s*日?)?)?",
    re.IGNORECASE,
)
_SLASHES = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{2}|\d{4})")
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/.](\d{4})")
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTHS = {
    spelling: number
    for number in range(1, 13)
    for spelling in (calendar.month_name[number].lower(), calendar.month_abbr[number].lower())
} | {"sept": 9}
_WORDS = re.compile(r"[a-z]+|\d+")
_TYPED = re.compile(r"(\d{4})(?:\s*[-/.年]\s*(?:(\d{1,2})(?:\s*[-/.月]\s*(?:(\d{1,2})\s*日?)?)?)?)?")
_EXCEL_BEGINS = dt.date(1899, 12, 30)


def partial_date(text: str) -> PartialDate:
    """Read a date as typed in either country: ``平成26年11月``, ``S32.10.3``, ``1957年10月``, ``Oct 21, 1957``.

    ``DateError`` says in words what is wrong: an era that had no such year, a day and a month that cannot be told
    apart, a fiscal year.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = _WEEKDAY.sub("", _MIDNIGHT.sub("", plain))
    plain = _KANJI_NUMBER.sub(lambda match: str(_kanji_number(match[0])), plain)
    if "年度" in plain:
        raise DateError(
            _("“%(text)s” is a fiscal year, from April to March; write the year or the month itself.") % {"text": text}
        )
    if match := _TYPED.fullmatch(plain):
        return _made(text, *(int(part) if part else None for part in match.groups()))  # type: ignore[arg-type]
    if match := _JAPANESE.fullmatch(plain):
        return _of_era(text, *match.groups())
    if match := _SLASHES.fullmatch(plain):
        return _american(text, int(match[1]), int(match[2]), match[3])
    if match := _MONTH_YEAR.fullmatch(plain):
        return _made(text, int(match[2]), int(match[1]))
    if match := _DIGITS.fullmatch(plain):
        return _made(text, int(match[1]), int(match[2]), int(match[3]))
    if (worded := _in_words(text, plain)) is not None:
        return worded
    if re.fullmatch(r"[1-9]\d{4}", plain):
        day = _EXCEL_BEGINS + dt.timedelta(days=int(plain))
        raise DateError(
            _("“%(text)s” is how Excel counts days; give the column the format of a date, or write %(day)s.")
            % {"text": text, "day": day.isoformat()}
        )
    raise DateError(
        _("“%(text)s” is not a date. Write 2014, 2014-11 or 2014-11-05, or as in 平成26年11月5日.") % {"text": text}
    )


def _made(text: str, year: int, month: int | None = None, day: int | None = None) -> PartialDate:
    try:
        return PartialDate(year, month, day)
    except ValueError:
        raise DateError(_("“%(text)s” is not in the calendar.") % {"text": text}) from None


def _kanji_number(text: str) -> int:
    """二十六, and 一九五七 digit by digit."""
    if "十" not in text:
        return int("".join(str(_KANJI[sign]) for sign in text))
    tens, _ten, ones = text.partition("十")
    try:
        return (_KANJI[tens] if tens else 1) * 10 + (_KANJI[ones] if ones else 0)
    except KeyError:  # 十十
        return 0


def _of_era(text: str, sign: str, number: str, month_text: str | None, day_text: str | None) -> PartialDate:
    era = _BY_SIGN[sign.upper()]
    count = 1 if number == "元" else int(number)
    year = era.first.year + count - 1
    month = int(month_text) if month_text else None
    day = int(day_text) if day_text else None
    if count == 0 or year > era.last.year:
        raise DateError(_no_such_year(text, era, year))
    found = _made(text, year, month, day)
    if month and year < _GREGORIAN_SINCE:
        raise DateError(
            _("“%(text)s”: months before 1873 are those of the old calendar; write the year only, or the new date.")
            % {"text": text}
        )
    if found.latest < era.first or found.earliest > era.last:
        raise DateError(_outside(text, era, found))
    return found


def _no_such_year(text: str, era: Era, year: int) -> str:
    right = next((other for other in reversed(ERAS) if other.first.year <= year <= other.last.year), None)
    if right is None or right is era or year < era.first.year:
        return _("“%(text)s”: %(era)s has no such year.") % {"text": text, "era": era.name}
    return _("“%(text)s”: %(era)s ended with %(last)s (%(last_year)d). %(year)d is %(right)s.") % {
        "text": text,
        "era": era.name,
        "last": era.year(era.last.year),
        "last_year": era.last.year,
        "year": year,
        "right": right.year(year),
    }


def _outside(text: str, era: Era, found: PartialDate) -> str:
    right = next(other for other in reversed(ERAS) if other.first <= found.latest and found.earliest <= other.last)
    return _("“%(text)s”: %(era)s was from %(first)s to %(last)s; this is %(right)s (%(date)s).") % {
        "text": text,
        "era": era.name,
        "first": era.first.isoformat(),
        "last": era.last.isoformat() if era.last != dt.date.max else _("today"),
        "right": right.year(found.year),
        "date": found,
    }


def _american(text: str, first: int, second: int, year: str) -> PartialDate:
    if len(year) == 2:
        raise DateError(_("“%(text)s”: write the year with four digits.") % {"text": text})
    if first <= 12 and second <= 12 and first != second:
        one, other = _made(text, int(year), first, second), _made(text, int(year), second, first)
        raise AmbiguousDateError(
            _("“%(text)s” can be read as month and day or as day and month; write %(one)s or %(other)s.")
            % {"text": text, "one": one, "other": other},
            one.year,
        )
    month, day = (first, second) if first <= 12 else (second, first)
    return _made(text, int(year), month, day)


def _in_words(text: str, plain: str) -> PartialDate | None:
    """“Oct 1957”, “October 21st, 1957”, “21 October 1957”."""
    if re.search(r"[^A-Za-z0-9.,\s/-]", plain):
        return None
    words = [word for word in _WORDS.findall(plain.lower()) if word not in {"st", "nd", "rd", "th", "of", "the"}]
    months = [_MONTHS[word] for word in words if word in _MONTHS]
    numbers = [word for word in words if word.isdigit()]
    if len(months) != 1 or len(months) + len(numbers) != len(words) or len(numbers) not in {1, 2}:
        return None
    years = [int(number) for number in numbers if len(number) == 4]
    days = [int(number) for number in numbers if len(number) <= 2]
    if len(years) != 1:
        raise DateError(_("“%(text)s”: write the year with four digits.") % {"text": text})
    if len(days) + 1 != len(numbers):
        return None
    return _made(text, years[0], months[0], days[0] if days else None)
