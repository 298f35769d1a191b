"""What an entry and the directory say differently, point by point, each with its reasons.

Every entry is of exactly one class; every difference is one point. Nothing is decided here: a point says what both
sides say, and a person decides.
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from partnerships import text
from partnerships.models import Partnership, RegisterDifference

from .dates import read_date
from .matching import Candidate, Match, Reason, homonyms, match
from .places import Found, Places, Sense
from .reading import Entry
from .ties import Tie, Ties

Kind = RegisterDifference.Kind
MOST_NAMED = 5


class Verdict(enum.StrEnum):
    """How a register and the directory stand to each other in one thing; exactly one for each."""

    AGREES = "agrees"
    DIFFERS = "differs"
    SEVERAL = "several"
    ONLY_THERE = "only_there"
    ONLY_HERE = "only_here"


@dataclass(frozen=True)
class Point:
    """One difference; ``said`` is the digest of what the register says in it."""

    kind: str
    reasons: list[Reason]
    said: str


@dataclass
class Result:
    """One entry, or with ``entry`` None one tie that the register does not have."""

    entry: Entry | None
    verdict: Verdict
    tie: Tie | None = None
    reasons: list[Reason] = field(default_factory=list)  # of the match, and of what agrees
    points: list[Point] = field(default_factory=list)
    is_certain: bool = False  # neither name could have meant another place
    candidates: list[Tie] = field(default_factory=list)  # where they are several
    of_register: str = ""

    @property
    def register(self) -> str:
        return self.entry.register if self.entry else self.of_register

    @property
    def explanation(self) -> list[Reason]:
        return [*self.reasons, *(reason for point in self.points for reason in point.reasons)]


STATUS_WORDS = {
    Partnership.Status.ACTIVE: "active current ongoing existing continuing 現在 継続 継続中 交流中 提携中 活動中 有効",
    Partnership.Status.ENDED: "ended inactive terminated dissolved cancelled canceled former expired discontinued "
    "解消 終了 提携解消 解消済 廃止 失効",
    Partnership.Status.UNKNOWN: "unknown suspended dormant paused 休止 休止中 停止 不明",
}
_STATUSES = {text.whole(word): status for status, words in STATUS_WORDS.items() for word in words.split()}
_MEMBERS = {text.whole(word): True for word in ("member", "current member", "会員", "加盟")}
_MEMBERS |= {
    text.whole(word): False for word in ("non-member", "not a member", "nonmember", "非会員", "未加盟", "退会")
}
_TIE_KINDS = {
    text.whole(word): kind
    for kind, words in {
        Partnership.Kind.SISTER: "sister sistercity sistercities sisterstate 姉妹 姉妹都市 姉妹提携 姉妹州 姉妹県",
        Partnership.Kind.FRIENDSHIP: "friendship friendshipcity friendshipcities 友好 友好都市 友好提携 友好交流",
    }.items()
    for word in words.split()
}


def kind_of(status_text: str) -> str:
    """The kind of tie that a status says, where it says one: “姉妹都市”."""
    return _TIE_KINDS.get(text.whole(status_text), "")


def status_of(status_text: str) -> str:
    """The status that a register's words mean; empty where they are not understood."""
    return _STATUSES.get(text.whole(status_text), "")


def digest(*texts: str) -> str:
    return hashlib.sha256(json.dumps(texts, ensure_ascii=False).encode()).hexdigest()


def compare(entry: Entry, places: Places, ties: Ties, linked: int | None = None) -> Result:
    found = match(entry, places, ties)
    if linked is not None and linked in ties.by_pk:
        return _compare_linked(entry, found, ties.by_pk[linked], places)
    if len(found.candidates) == 1:
        return _compare_with(entry, found, found.candidates[0], places)
    if found.candidates:
        return _several(entry, found, places)
    return _only_there(entry, found, places)


def only_here(
    results: list[Result], register: str, places: Places, ties: Ties, known: dict[int, tuple[str, str]]
) -> list[Result]:
    """Published ties of places that no entry means; ``known`` says of partnerships what entry there once was.

    A tie that has ended is not expected in a register.
    """
    meant = {tie.pk for result in results for tie in (result.tie, *result.candidates) if tie}
    missing = []
    for tie in ties.all:
        is_of_places = any(places.is_place(pk) for pk in tie.us) and any(places.is_place(pk) for pk in tie.jp)
        if (
            tie.pk in meant
            or not tie.is_published
            or tie.kind not in Partnership.TIE_KINDS
            or tie.status == Partnership.Status.ENDED
            or not is_of_places
        ):
            continue
        reasons: list[Reason] = [("not_listed", {"title": list(tie.title)}), (f"absence_{register}", {})]
        if tie.pk in known:
            key, read_on = known[tie.pk]
            reasons.append(("listed_before", {"key": key, "date": read_on}))
        point = Point(Kind.ONLY_HERE, reasons, digest(tie.slug))
        missing.append(Result(None, Verdict.ONLY_HERE, tie, points=[point], of_register=register))
    return missing


# --- One entry -------------------------------------------------------------------------------------------------------


def _compare_with(entry: Entry, found: Match, candidate: Candidate, places: Places) -> Result:
    result = Result(entry, Verdict.AGREES, candidate.tie)
    us_others, jp_others = homonyms(found.us, places), homonyms(found.jp, places)
    result.is_certain = len(us_others) <= 1 and len(jp_others) <= 1
    for side, sense, others in ((found.us, candidate.us, us_others), (found.jp, candidate.jp, jp_others)):
        result.reasons += _named(side, sense)
        if len(others) > 1:
            told = {"written": side.written, "count": len(others), "place": list(sense.place.label)}
            result.reasons.append(("decided_by_tie", told))
    names = digest(entry.us_name, entry.jp_name)
    if found.is_reversed:
        told = {"us": list(candidate.us.place.label), "jp": list(candidate.jp.place.label)}
        result.points.append(Point(Kind.REVERSED, [("sides_swapped", told)], names))
    if former := _former(candidate, places):
        result.points.append(Point(Kind.FORMER_NAME, former, names))
    _compare_facts(entry, candidate.tie, result)
    return result


def _compare_linked(entry: Entry, found: Match, tie: Tie, places: Places) -> Result:
    """Somebody decided which record the entry means: the names are no question any more, what else it says is."""
    for candidate in found.candidates:
        if candidate.tie.pk == tie.pk:
            result = _compare_with(entry, found, candidate, places)
            result.reasons.append(("linked_by_hand", {"title": list(tie.title)}))
            break
    else:
        result = Result(entry, Verdict.AGREES, tie, [("linked_by_hand", {"title": list(tie.title)})])
        _compare_facts(entry, tie, result)
    result.is_certain = True
    return result


def _compare_facts(entry: Entry, tie: Tie, result: Result) -> None:
    if not tie.is_published:
        result.reasons.append(("not_published", {"title": list(tie.title)}))
    _compare_dates(entry, tie, result)
    _compare_status(entry, tie, result)
    if result.points:
        result.verdict = Verdict.DIFFERS


def _named(side: Found, sense: Sense) -> list[Reason]:
    told: dict[str, Any] = {"written": side.written, "place": list(sense.place.label)}
    if sense.by != "name":
        return [(f"named_{sense.by}", told | {"name": sense.name})]
    return [("read_as", told)] if sense.is_loose else [("is_place", told)]


def _former(candidate: Candidate, places: Places) -> list[Reason]:
    """Where the register and the directory use names of different times for one place."""
    reasons: list[Reason] = []
    for sense, pk in ((candidate.us, candidate.us_pk), (candidate.jp, candidate.jp_pk)):
        if sense.by == "former":
            reasons.append(("renamed", {"place": list(sense.place.label), "name": sense.name}))
        if sense.place.pk != pk:
            other = places.place(pk)
            old, new = (sense.place, other) if pk in _successors(sense, places) else (other, sense.place)
            told = {"old": list(old.label), "new": list(new.label), "date": old.dissolved_on}
            reasons.append(("merged" if old.dissolved_on else "merged_once", told))
            reasons.append(("tie_of_new" if other is new else "tie_of_old", {"place": list(other.label)}))
    return reasons


def _successors(sense: Sense, places: Places) -> set[int]:
    found: set[int] = set()
    step = sense.place.successor
    while step and step not in found and places.is_place(step):
        found.add(step)
        step = places.place(step).successor
    return found


def _compare_dates(entry: Entry, tie: Tie, result: Result) -> None:
    def differs(code: str, **told: Any) -> None:
        told = {"there": entry.date_text, "here": str(tie.started or ""), **told}
        result.points.append(Point(Kind.DATE, [(code, told)], digest(entry.date_text)))

    if not entry.date_text:
        result.reasons.append(("no_date_there", {}))
        return
    read = read_date(entry.date_text)
    if read is None:
        differs("date_not_understood")
    elif tie.started is None:
        differs("no_date_here")
    elif read.date == tie.started:
        result.reasons.append(("same_date", {"date": str(tie.started)}))
    elif not (read.date.latest < tie.started.earliest or tie.started.latest < read.date.earliest):
        precision = "month" if min(read.date, tie.started, key=lambda date: len(str(date))).month else "year"
        told = {"there": entry.date_text, "here": str(tie.started)}
        result.reasons.append((f"same_{precision}", told))
        if read.is_uncertain:
            result.reasons.append(("day_or_month", {"there": entry.date_text}))
    elif read.date.day and tie.started.day:
        differs("days_apart", days=abs((read.date.earliest - tie.started.earliest).days))
    elif read.date.year != tie.started.year:
        differs("years_apart", years=abs(read.date.year - tie.started.year))
    else:
        differs("months_apart")


def _compare_status(entry: Entry, tie: Tie, result: Result) -> None:
    if not entry.status_text:
        return
    key = text.whole(entry.status_text)
    said = digest(entry.status_text)
    told = {"there": entry.status_text, "here": tie.status, "kind": tie.kind}
    if key in _TIE_KINDS:
        if _TIE_KINDS[key] == tie.kind:
            result.reasons.append(("same_kind", told))
        else:
            result.points.append(Point(Kind.TIE_KIND, [("other_kind", told)], said))
    elif key in _MEMBERS:
        if not _MEMBERS[key]:
            result.points.append(Point(Kind.MEMBERSHIP, [("no_member", told)], said))
        elif tie.status == Partnership.Status.ENDED:
            result.points.append(Point(Kind.MEMBERSHIP, [("member_of_ended", told)], said))
        else:
            result.reasons.append(("member", told))
    elif key not in _STATUSES:
        result.points.append(Point(Kind.STATUS, [("status_not_understood", told)], said))
    elif _STATUSES[key] == tie.status:
        result.reasons.append(("same_status", told))
    else:
        result.points.append(Point(Kind.STATUS, [("other_status", told)], said))


def _several(entry: Entry, found: Match, places: Places) -> Result:
    result = Result(entry, Verdict.SEVERAL, candidates=[candidate.tie for candidate in found.candidates])
    for side in (found.us, found.jp):
        result.reasons += _of_several_places(side, places)
    titles = [list(candidate.tie.title) for candidate in found.candidates]
    reasons: list[Reason] = [
        ("several_records", {"count": len(titles), "titles": titles, "slugs": [tie.slug for tie in result.candidates]})
    ]
    for candidate in found.candidates:
        reasons += _former(candidate, places)
    unique = {json.dumps(reason): reason for reason in reasons}
    result.points.append(Point(Kind.SEVERAL, list(unique.values()), digest(entry.us_name, entry.jp_name)))
    return result


def _only_there(entry: Entry, found: Match, places: Places) -> Result:
    result = Result(entry, Verdict.ONLY_THERE)
    said = digest(entry.us_name, entry.jp_name)
    sides = ((found.us, "US"), (found.jp, "JP"))
    if not found.is_placed:
        reasons: list[Reason] = []
        for side, country in sides:
            if side:
                reasons += _of_several_places(side, places)
            elif side.elsewhere:
                told = [list(sense.place.label) for sense in side.elsewhere[:5]]
                reasons.append(("known_elsewhere", {"written": side.written, "places": told}))
            else:
                reasons.append((f"unknown_{country}", {"written": side.written}))
        result.points.append(Point(Kind.PLACE_UNKNOWN, reasons, said))
        return result
    reasons = [reason for side, _country in sides for reason in _of_several_places(side, places)]
    is_ambiguous = any(len(homonyms(side, places)) > 1 for side, _country in sides)
    reasons.append(("no_such_tie", {}))
    if found.is_reversed:
        reasons.append(("names_swapped", {}))
    reasons += (_mention(tie) for tie in found.mentioned)
    result.points.append(Point(Kind.PLACE_AMBIGUOUS if is_ambiguous else Kind.NO_TIE, reasons, said))
    return result


def _of_several_places(side: Found, places: Places) -> list[Reason]:
    senses = homonyms(side, places)
    if len(senses) > 1:
        labels = [list(sense.place.label) for sense in senses[:8]]
        return [("name_of_several", {"written": side.written, "count": len(senses), "places": labels})]
    return _named(side, side.senses[0])


def _mention(tie: Tie) -> Reason:
    code = "archived_tie" if tie.kind in Partnership.TIE_KINDS else "other_partnership"
    return code, {"title": list(tie.title), "kind": tie.kind}


def mark_what_stands_twice(results: list[Result]) -> None:
    """Entries of one register that mean the same record: one of them may stand under an old name."""
    by_tie: defaultdict[tuple[str, int], list[Result]] = defaultdict(list)
    for result in results:
        if result.entry and result.tie:
            by_tie[result.entry.register, result.tie.pk].append(result)
    for group in by_tie.values():
        if len(group) < 2:
            continue
        names = sorted(_pair_of_names(entry) for result in group if (entry := result.entry))
        said = digest(*names)
        for result in group:
            others = names[: MOST_NAMED + 1]
            if result.entry and (own := _pair_of_names(result.entry)) in others:
                others.remove(own)
            result.points.append(Point(Kind.TWICE, [("also_as", {"names": others[:MOST_NAMED]})], said))
            result.verdict = Verdict.DIFFERS


def _pair_of_names(entry: Entry) -> str:
    return f"{entry.us_name} – {entry.jp_name}"
