"""Reasons in words, in the active language: they are kept as names with values, and read in either."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language, gettext_lazy, ngettext_lazy, pgettext
from django.utils.translation import gettext as _

from partnerships.models import PartialDate, Partnership

from .comparing import Verdict
from .matching import Reason

VERDICTS: dict[str, Any] = {
    Verdict.AGREES: gettext_lazy("Agrees"),
    Verdict.DIFFERS: gettext_lazy("Differs"),
    Verdict.SEVERAL: gettext_lazy("Several records in the directory"),
    Verdict.ONLY_THERE: gettext_lazy("Only in the register"),
    Verdict.ONLY_HERE: gettext_lazy("Only in the directory"),
}

SENTENCES: dict[str, Any] = {
    # How the names were understood.
    "is_place": gettext_lazy("“%(written)s” is %(place)s."),
    "read_as": gettext_lazy(
        "“%(written)s” is taken as %(place)s, although the spelling or the kind of place is another one."
    ),
    "named_alternate": gettext_lazy("“%(written)s” is %(place)s (other name: %(name)s)."),
    "named_former": gettext_lazy("“%(written)s” is %(place)s (former name: %(name)s)."),
    "named_local": gettext_lazy("“%(written)s” is %(place)s (local name: %(name)s)."),
    "named_romanised": gettext_lazy("“%(written)s” is %(place)s (other romanisation: %(name)s)."),
    "decided_by_tie": gettext_lazy(
        "%(count)d places are called “%(written)s”; only %(place)s has such a tie, so it is taken as that one."
    ),
    "linked_by_hand": gettext_lazy("A curator decided that the entry means “%(title)s”."),
    "not_published": gettext_lazy("The record “%(title)s” is not public yet."),
    "name_of_several": gettext_lazy(
        "%(count)d places are called “%(written)s”, and the register does not say which: %(places)s."
    ),
    "known_elsewhere": gettext_lazy("“%(written)s” is not known there; places of this name: %(places)s."),
    "unknown_US": gettext_lazy("No American place is known as “%(written)s”."),
    "unknown_JP": gettext_lazy("No Japanese place is known as “%(written)s”."),
    # Names of different times, and swapped sides.
    "renamed": gettext_lazy("%(place)s was called %(name)s before; the register uses the former name."),
    "merged": gettext_lazy("%(old)s merged into %(new)s (%(date)s)."),
    "merged_once": gettext_lazy("%(old)s merged into %(new)s."),
    "tie_of_new": gettext_lazy("The directory has the tie with %(place)s, of today."),
    "tie_of_old": gettext_lazy("The directory has the tie with %(place)s, which signed it."),
    "sides_swapped": gettext_lazy(
        "The register has the sides swapped: %(us)s stands on the Japanese side and %(jp)s on the American one."
    ),
    "names_swapped": gettext_lazy("The register has the sides swapped."),
    # Dates.
    "same_date": gettext_lazy("Both give the same date: %(date)s."),
    "same_year": gettext_lazy("The dates agree to the year: the register says %(there)s, the directory %(here)s."),
    "same_month": gettext_lazy("The dates agree to the month: the register says %(there)s, the directory %(here)s."),
    "day_or_month": gettext_lazy("“%(there)s” does not say which is the day and which the month."),
    "no_date_there": gettext_lazy("The register gives no date."),
    "no_date_here": gettext_lazy("The register says %(there)s, the directory has no date."),
    "date_not_understood": gettext_lazy("The date “%(there)s” was not understood, so it could not be compared."),
    "days_apart": ngettext_lazy(
        "The register says %(there)s, the directory %(here)s: %(days)d day apart.",
        "The register says %(there)s, the directory %(here)s: %(days)d days apart.",
        "days",
    ),
    "years_apart": ngettext_lazy(
        "The register says %(there)s, the directory %(here)s: %(years)d calendar year apart.",
        "The register says %(there)s, the directory %(here)s: %(years)d calendar years apart.",
        "years",
    ),
    "months_apart": gettext_lazy("The register says %(there)s, the directory %(here)s: different months of one year."),
    # Status.
    "same_status": gettext_lazy("The status is the same: %(here)s."),
    "other_status": gettext_lazy("The register says “%(there)s”, the directory “%(here)s”."),
    "status_not_understood": gettext_lazy(
        "The status “%(there)s” was not understood, so it could not be compared; the directory says “%(here)s”."
    ),
    "same_kind": gettext_lazy("The kind of tie is the same: %(kind)s."),
    "other_kind": gettext_lazy("The register says “%(there)s”, the directory “%(kind)s”."),
    "member": gettext_lazy(
        "The register has it as a member, which says nothing against a tie with the status “%(here)s”."
    ),
    "no_member": gettext_lazy(
        "The register says “%(there)s”. That is about membership, not about the tie, which the directory has as "
        "“%(here)s”."
    ),
    "member_of_ended": gettext_lazy("The register says “%(there)s”, but the directory has the tie as “%(here)s”."),
    # What only one of the two has.
    "several_records": gettext_lazy("The directory has %(count)d records that the entry can mean: %(titles)s."),
    "no_such_tie": gettext_lazy("The directory has no sister or friendship tie between the two."),
    "archived_tie": gettext_lazy("A record of the two was archived: “%(title)s”."),
    "other_partnership": gettext_lazy("The two have something else together: “%(title)s” (%(kind)s)."),
    "also_as": gettext_lazy("The register has the same tie a second time: %(names)s."),
    "not_listed": gettext_lazy("The register does not have “%(title)s”."),
    "listed_before": gettext_lazy("It had it when it was read before (%(date)s), as “%(key)s”."),
    "absence_clair": gettext_lazy(
        "CLAIR lists ties that Japanese local governments report to it and that meet its criteria; a tie may be "
        "missing because it was not reported, does not meet them, or has ended."
    ),
    "absence_jlgc": gettext_lazy(
        "JLGC is the New York office of CLAIR; a tie may be missing because it was not reported, does not meet CLAIR's "
        "criteria, or has ended."
    ),
    "absence_sci": gettext_lazy(
        "Sister Cities International lists its members; a missing tie often means that no dues were paid, and says "
        "little about the tie."
    ),
    "absence_wikidata": gettext_lazy(
        "Wikidata is written by volunteers and is not complete; a missing tie says little about the tie."
    ),
    # Why a difference was closed by a later reading.
    "no_longer": gettext_lazy("The reading of %(date)s no longer differs in this."),
    "entry_gone": gettext_lazy("The reading of %(date)s no longer has the entry."),
    "listed_now": gettext_lazy("The reading of %(date)s has it, or the directory no longer has it as a public tie."),
}
_PAIRS = ("place", "us", "jp", "old", "new", "title")
_DATED = {"same_date", "same_year", "same_month", "no_date_here", "days_apart", "years_apart", "months_apart"}


def say(reason: Reason | list[Any]) -> str:
    """One reason as a sentence; one of a newer or older program, which is not known here, by its name."""
    code, values = reason
    if code not in SENTENCES:
        return str(code)
    return SENTENCES[code] % {name: _value(code, name, value) for name, value in values.items()}


def explain(reasons: Iterable[Reason | list[Any]]) -> list[str]:
    return [say(reason) for reason in reasons]


def _value(code: str, name: str, value: Any) -> Any:
    comma = pgettext("between several names", ", ")
    if name in _PAIRS:
        return _in_language(value)
    if name == "places":
        return pgettext("between places with their states", "; ").join(map(_in_language, value))
    if name == "titles":
        return comma.join(_("“%(title)s”") % {"title": _in_language(title)} for title in value)
    if name == "names":
        return comma.join(value)
    if name == "date" or (name == "here" and code in _DATED):
        return PartialDate.parse(value).localised() if value else ""
    if name == "here":
        return Partnership.Status(value).label
    if name == "kind":
        return Partnership.Kind(value).label
    return value


def _in_language(pair: list[str]) -> str:
    return pair[1] if get_language() == "ja" else pair[0]
