"""Dates as registers write them: as offices do, with moments of databases and remarks in brackets beside."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from partnerships.dates import AmbiguousDateError, DateError, partial_date
from partnerships.models import PartialDate

_IN_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?")


@dataclass(frozen=True)
class ReadDate:
    """A date as understood; ``is_uncertain`` where day and month can be read both ways, so that only the year is."""

    date: PartialDate
    is_uncertain: bool = False


def read_date(written: str) -> ReadDate | None:
    """Understand a date in English, Japanese or figures; None for what is none."""
    typed = unicodedata.normalize("NFKC", written).strip()
    if match := _MOMENT.fullmatch(typed):
        typed = match[1]
    for candidate in dict.fromkeys((typed, _IN_BRACKETS.sub("", typed))):
        try:
            return ReadDate(partial_date(candidate))
        except AmbiguousDateError as error:
            return ReadDate(PartialDate(error.year), is_uncertain=True)
        except DateError:
            continue
    return None
