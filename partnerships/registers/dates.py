"""Dates as registers write them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from partnerships.models import PartialDate

_ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_LETTERS = dict(zip("mtshr", _ERAS.values(), strict=True))
_ERA = re.compile(
    r"(?P<era>明治|大正|昭和|平成|令和|[mtshr](?=\.?\s?\d))\.?\s?(?P<year>元|\d{1,2})\s?[年./-]?"
    r"(?:\s?(?P<month>\d{1,2})\s?[月./-]?(?:\s?(?P<day>\d{1,2})\s?日?)?)?"
)
_SHORT_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_SHORT_MONTHS, 1)}
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WORDS = [
    re.compile(pattern)
    for pattern in (
        rf"{_MONTH}\s+{_DAY}\s*,?\s+(?P<year>\d{{4}})",
        rf"{_DAY}\s+(?:of\s+)?{_MONTH}\s*,?\s+(?P<year>\d{{4}})",
        rf"{_MONTH}\s*,?\s+(?P<year>\d{{4}})",
    )
]
_FIGURES = re.compile(r"(?P<first>\d{1,2})[/.](?P<second>\d{1,2})[/.](?P<year>\d{4})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_IN_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[t ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(z|[+-]\d{2}:?\d{2})?")


@dataclass(frozen=True)
class ReadDate:
    """A date as understood; ``is_uncertain`` where day and month can be read both ways, so that only the year is."""

    date: PartialDate
    is_uncertain: bool = False


def read_date(written: str) -> ReadDate | None:
    """Understand a date in English, Japanese or figures; None for what is none."""
    typed = unicodedata.normalize("NFKC", written).strip().casefold()
    for candidate in dict.fromkeys((typed, _YEAR_IN_BRACKETS.sub("", typed))):
        try:
            if found := _read(candidate):
                return found
        except ValueError:
            continue
    return None


def _read(typed: str) -> ReadDate | None:
    if match := _MOMENT.fullmatch(typed):
        typed = match[1]
    try:
        return ReadDate(PartialDate.parse_typed(typed))
    except ValueError:
        pass
    if match := _COMPACT.fullmatch(typed):
        return ReadDate(PartialDate(*map(int, match.groups())))
    if match := _ERA.fullmatch(typed):
        begins = _ERAS.get(match["era"]) or _LETTERS[match["era"]]
        year = begins + (1 if match["year"] == "元" else int(match["year"]))
        return ReadDate(PartialDate(year, _number(match["month"]), _number(match["day"])))
    for pattern in _WORDS:
        if match := pattern.fullmatch(typed):
            named = match.groupdict()
            return ReadDate(PartialDate(int(named["year"]), _MONTHS[named["month"]], _number(named.get("day"))))
    if match := _FIGURES.fullmatch(typed):
        return _in_figures(int(match["year"]), int(match["first"]), int(match["second"]))
    return None


def _in_figures(year: int, first: int, second: int) -> ReadDate:
    """“10/3/1957” is 3 October or 10 March: nothing says which, so that only the year is taken."""
    if first > 12 or first == second:
        return ReadDate(PartialDate(year, second, first))
    if second > 12:
        return ReadDate(PartialDate(year, first, second))
    return ReadDate(PartialDate(year), is_uncertain=True)


def _number(written: str | None) -> int | None:
    return int(written) if written else None
