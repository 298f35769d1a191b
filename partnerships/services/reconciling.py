"""Holding a register against the directory: what it says is kept verbatim, what differs becomes a task.

Nothing of the directory is changed. An entry is linked to a record where its names mean exactly one, which is
bookkeeping and renewed with each reading; a link that somebody decided on stays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from partnerships import search
from partnerships.models import (
    Actor,
    Citation,
    DirectoryVersion,
    PartialDate,
    Participation,
    Partnership,
    RegisterDifference,
    RegisterEntry,
    Source,
)
from partnerships.registers import comparing
from partnerships.registers.comparing import Result, Verdict
from partnerships.registers.dates import read_date
from partnerships.registers.matching import Reason, homonyms, match
from partnerships.registers.places import Places
from partnerships.registers.reading import Entry, Problem, UnreadableError, read_register
from partnerships.registers.ties import Ties

State = RegisterDifference.State
BATCH = 500
VERBATIM = ("us_name", "jp_name", "date_text", "status_text", "url", "read_on")

Progress = Callable[[str], None]


@dataclass
class Report:
    """What a reading came to; with ``is_dry_run``, what it would come to."""

    results: list[Result]
    unused: list[str]
    is_dry_run: bool = False
    entries: Counter[str] = field(default_factory=Counter)  # “new”, “changed”, “unchanged”
    differences: Counter[str] = field(default_factory=Counter)  # “new”, “reopened”, “closed”, “known”, “decided”

    @property
    def verdicts(self) -> dict[Verdict, int]:
        counted = Counter(result.verdict for result in self.results)
        return {verdict: counted[verdict] for verdict in Verdict}


@dataclass
class _Plan:
    """What is to be written."""

    entries_new: list[RegisterEntry] = field(default_factory=list)
    entries_changed: list[RegisterEntry] = field(default_factory=list)
    differences_new: list[RegisterDifference] = field(default_factory=list)
    differences_changed: list[RegisterDifference] = field(default_factory=list)


def reconcile(
    *,
    content: bytes,
    register: str = "",
    read_on: PartialDate | None = None,
    is_part: bool = False,
    by: AbstractBaseUser | None = None,
    dry_run: bool = False,
    report_progress: Progress | None = None,
) -> Report:
    """Read a register's file and hold it against the directory.

    With ``is_part``, the file is only a part of the register, so that nothing follows from what it does not have.
    ``UnreadableError`` names every row that cannot be taken; then nothing is changed.
    """
    say = report_progress or (lambda _text: None)
    today = timezone.localdate()
    default_day = read_on or PartialDate(today.year, today.month, today.day)
    file = read_register(content, register=register, read_on=default_day, today=today)
    say(_("%(count)d entries read") % {"count": len(file.entries)})
    with transaction.atomic():
        # Two readings at once would each make the same entries.
        list(DirectoryVersion.objects.select_for_update())
        registers = sorted({entry.register for entry in file.entries})
        known = {
            (entry.register, entry.key): entry
            for entry in RegisterEntry.objects.filter(register__in=registers).order_by("pk")
        }
        _refuse_older(file.entries, known)
        ties = Ties()
        places = Places(ties.actors)
        say(_("The directory's places and ties read"))
        results = _compare(file.entries, known, places, ties, say)
        if not is_part:
            for each in registers:
                results += _only_here(each, results, known, places, ties)
        report = Report(results, file.unused, dry_run)
        plan = _plan(results, known, registers, is_part, report)
        if not dry_run:
            _write(plan, by)
            say(_("Written"))
    return report


def _refuse_older(entries: list[Entry], known: dict[tuple[str, str], RegisterEntry]) -> None:
    problems = []
    for entry in entries:
        before = known.get((entry.register, entry.key))
        if before and before.read_on and entry.read_on.latest < before.read_on.earliest:
            told = _("it was read again on a later day (%(date)s); an older reading does not replace that.")
            problems.append(Problem(entry.row, told % {"date": before.read_on.localised()}))
    if problems:
        raise UnreadableError(problems)


def _compare(
    entries: list[Entry], known: dict[tuple[str, str], RegisterEntry], places: Places, ties: Ties, say: Progress
) -> list[Result]:
    by_hand = {
        key: entry.partnership_id for key, entry in known.items() if entry.is_linked_by_hand and entry.partnership_id
    }
    results: list[Result] = []
    for start in range(0, len(entries), BATCH):
        batch = entries[start : start + BATCH]
        results += [comparing.compare(entry, places, ties, by_hand.get((entry.register, entry.key))) for entry in batch]
        say(_("%(done)d of %(all)d entries compared") % {"done": len(results), "all": len(entries)})
    comparing.mark_what_stands_twice(results)
    return results


def _only_here(
    register: str,
    results: list[Result],
    known: dict[tuple[str, str], RegisterEntry],
    places: Places,
    ties: Ties,
) -> list[Result]:
    of_register = [result for result in results if result.entry and result.entry.register == register]
    listed = {
        entry.partnership_id: (entry.key, str(entry.read_on))
        for (of, _key), entry in known.items()
        if of == register and entry.partnership_id
    }
    return comparing.only_here(of_register, register, places, ties, listed)


# --- What is to be written -------------------------------------------------------------------------------------------


class _Known:
    """The differences that are there already."""

    def __init__(self, registers: list[str]) -> None:
        self.of_entries: defaultdict[int | None, dict[str, RegisterDifference]] = defaultdict(dict)
        self.only_here: dict[tuple[str, int | None], RegisterDifference] = {}
        for difference in RegisterDifference.objects.filter(register__in=registers).order_by("pk"):
            if difference.entry_id:
                self.of_entries[difference.entry_id][difference.kind] = difference
            else:
                self.only_here[difference.register, difference.partnership_id] = difference


def _plan(
    results: list[Result],
    entries: dict[tuple[str, str], RegisterEntry],
    registers: list[str],
    is_part: bool,
    report: Report,
) -> _Plan:
    plan = _Plan()
    known = _Known(registers)
    newest = {
        register: max(result.entry.read_on for result in results if result.entry and result.entry.register == register)
        for register in registers
    }
    met: set[int | None] = set()
    for result in results:
        if result.entry:
            entry = _plan_entry(
                result, result.entry, entries.get((result.entry.register, result.entry.key)), plan, report
            )
            met.add(entry.pk)
            _plan_points(
                result, result.entry, entry, known.of_entries.get(entry.pk, {}) if entry.pk else {}, plan, report
            )
    if not is_part:
        for entry in entries.values():
            if entry.pk not in met:
                for held in known.of_entries.get(entry.pk, {}).values():
                    _close(held, ("entry_gone", {"date": str(newest[entry.register])}), plan, report)
    _plan_only_here(results, known, newest, is_part, plan, report)
    return plan


def _plan_entry(result: Result, said: Entry, entry: RegisterEntry | None, plan: _Plan, report: Report) -> RegisterEntry:
    fields = {name: getattr(said, name) for name in VERBATIM}
    linked = result.tie.pk if result.tie and result.is_certain else None
    if entry is None:
        entry = RegisterEntry(register=said.register, key=said.key, partnership_id=linked, **fields)
        plan.entries_new.append(entry)
        report.entries["new"] += 1
        return entry
    if not entry.is_linked_by_hand:
        fields["partnership_id"] = linked
    if any(getattr(entry, name) != value for name, value in fields.items()):
        for name, value in fields.items():
            setattr(entry, name, value)
        plan.entries_changed.append(entry)
        report.entries["changed"] += 1
    else:
        report.entries["unchanged"] += 1
    return entry


def _plan_points(
    result: Result,
    said: Entry,
    entry: RegisterEntry,
    held: dict[str, RegisterDifference],
    plan: _Plan,
    report: Report,
) -> None:
    for point in result.points:
        new = RegisterDifference(
            register=said.register,
            entry=entry,
            partnership_id=result.tie.pk if result.tie else None,
            kind=point.kind,
            # What the names were understood as belongs to every difference of the entry.
            reasons=_as_json([*result.reasons, *point.reasons]),
            said=point.said,
            found_on=said.read_on,
        )
        _keep(held.get(point.kind), new, plan, report)
    differing = {point.kind for point in result.points}
    for kind, difference in held.items():
        if kind not in differing:
            _close(difference, ("no_longer", {"date": str(said.read_on)}), plan, report)


def _plan_only_here(
    results: list[Result],
    known: _Known,
    newest: dict[str, PartialDate],
    is_part: bool,
    plan: _Plan,
    report: Report,
) -> None:
    missing: set[tuple[str, int | None]] = set()
    met = {
        (result.entry.register, pk)
        for result in results
        if result.entry
        for pk in (result.tie.pk if result.tie else None, *(tie.pk for tie in result.candidates))
    }
    for result in results:
        if result.entry is None and result.tie:
            missing.add((result.register, result.tie.pk))
            [point] = result.points
            new = RegisterDifference(
                register=result.register,
                partnership_id=result.tie.pk,
                kind=point.kind,
                reasons=_as_json(point.reasons),
                said=point.said,
                found_on=newest[result.register],
            )
            _keep(known.only_here.get((result.register, result.tie.pk)), new, plan, report)
    for key, difference in known.only_here.items():
        if key not in missing and (not is_part or key in met):
            _close(difference, ("listed_now", {"date": str(newest[difference.register])}), plan, report)


def _keep(held: RegisterDifference | None, new: RegisterDifference, plan: _Plan, report: Report) -> None:
    """Make a difference a task once; ask again only where there is something new to decide."""
    if held is None:
        plan.differences_new.append(new)
        report.differences["new"] += 1
        return
    says_something_else = held.said != new.said
    is_later = bool(held.decided_at and new.found_on and new.found_on.earliest > timezone.localdate(held.decided_at))
    if held.state == State.OPEN:
        is_changed = (held.reasons, held.said, held.partnership_id) != (new.reasons, new.said, new.partnership_id)
        report.differences["known"] += 1
    elif says_something_else or (held.state == State.SETTLED and (is_later or held.by_id is None)):
        held.state, held.by, held.decided_at, held.note = State.OPEN, None, None, ""
        held.found_on = new.found_on
        is_changed = True
        report.differences["reopened"] += 1
    else:
        is_changed = False
        report.differences["decided"] += 1
    if is_changed:
        held.reasons, held.said, held.partnership_id = new.reasons, new.said, new.partnership_id
        plan.differences_changed.append(held)


def _close(held: RegisterDifference, reason: Reason, plan: _Plan, report: Report) -> None:
    if held.state != State.OPEN:
        return
    held.state, held.by, held.decided_at = State.SETTLED, None, timezone.now()
    held.reasons = [*held.reasons, *_as_json([reason])]
    plan.differences_changed.append(held)
    report.differences["closed"] += 1


def _as_json(reasons: list[Reason]) -> list[Any]:
    """As the database gives them back, so that equal reasons are equal."""
    return [list(reason) for reason in reasons]


def _write(plan: _Plan, by: AbstractBaseUser | None) -> None:
    _create(RegisterEntry, plan.entries_new, by)
    _update(RegisterEntry, plan.entries_changed, [*VERBATIM, "partnership"], by)
    for difference in plan.differences_new:
        if difference.entry:
            difference.entry_id = difference.entry.pk  # it was made only now
    _create(RegisterDifference, plan.differences_new, by)
    decided = ["partnership", "reasons", "said", "found_on", "state", "by", "decided_at", "note"]
    _update(RegisterDifference, plan.differences_changed, decided, by)


def _create(model: Any, rows: list[Any], by: AbstractBaseUser | None) -> None:
    for start in range(0, len(rows), BATCH):
        made = model.objects.bulk_create(rows[start : start + BATCH])
        model.history.bulk_history_create(made, default_user=by)


def _update(model: Any, rows: list[Any], fields: list[str], by: AbstractBaseUser | None) -> None:
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        model.objects.bulk_update(batch, fields, batch_size=BATCH // 5)
        model.history.bulk_history_create(batch, update=True, default_user=by)


# --- What a person decides -------------------------------------------------------------------------------------------


class RefusedDecisionError(Exception):
    """A decision that cannot be taken, with the reason in words."""


def decide(*, difference: RegisterDifference, state: str, by: AbstractBaseUser, note: str = "") -> RegisterDifference:
    """Settle a difference, dismiss it, or open it again; to dismiss one needs a note."""
    with transaction.atomic():
        held = RegisterDifference.objects.select_for_update().get(pk=difference.pk)
        note = note.strip()
        if state == State.DISMISSED and not note:
            raise RefusedDecisionError(_("To dismiss a difference, say why the directory stays as it is."))
        if len(note) > 2000:
            raise RefusedDecisionError(_("A note has at most 2,000 characters."))
        is_open = state == State.OPEN
        held.state, held.note = State(state), "" if is_open else note
        held.by, held.decided_at = (None, None) if is_open else (by, timezone.now())  # type: ignore[assignment]
        held._history_user = by  # type: ignore[attr-defined]
        held.save()
    return held


def link(*, entry: RegisterEntry, partnership: Partnership | None, by: AbstractBaseUser) -> RegisterEntry:
    """Say which record an entry means, so that readings keep to it; None leaves it to them again."""
    with transaction.atomic():
        held = RegisterEntry.objects.select_for_update().get(pk=entry.pk)
        held.partnership, held.is_linked_by_hand = partnership, partnership is not None
        held._history_user = by  # type: ignore[attr-defined]
        held.save()
    return held


def start_draft(*, entry: RegisterEntry, by: AbstractBaseUser) -> Partnership:
    """Make a draft of what an entry says, with the register as its source where it has an address, and link the two.

    Only participants that the names leave no doubt about are entered; ``RefusedDecisionError`` where the entry is
    linked already.
    """
    with transaction.atomic():
        held = RegisterEntry.objects.select_for_update().get(pk=entry.pk)
        if held.partnership_id:
            raise RefusedDecisionError(_("This entry belongs to a record already."))
        participants = _participants(held)
        draft = Partnership(**_facts(held, participants))
        draft._history_user = by  # type: ignore[attr-defined]
        draft._change_reason = _("Started from what %(register)s says") % {  # type: ignore[attr-defined]
            "register": held.get_register_display()
        }
        draft.save()
        for position, actor in enumerate(participants, 1):
            Participation.objects.create(partnership=draft, actor=actor, position=position)
        if held.url:
            source = Source.objects.filter(url=held.url).order_by("pk").first() or _source(held)
            Citation.objects.create(partnership=draft, source=source, supports=Citation.Supports.EXISTENCE)
        link(entry=held, partnership=draft, by=by)
        search.reindex()
    return draft


def _participants(entry: RegisterEntry) -> list[Actor]:
    ties = Ties()
    places = Places(ties.actors)
    said = Entry(0, entry.register, entry.key, entry.us_name, entry.jp_name, "", "", "", PartialDate(1))
    found = match(said, places, ties)
    chosen = [senses[0].place.pk for side in (found.us, found.jp) if len(senses := homonyms(side, places)) == 1]
    actors = Actor.objects.select_related("region").in_bulk(chosen)
    return [actors[pk] for pk in chosen]


def _facts(entry: RegisterEntry, participants: list[Actor]) -> dict[str, Any]:
    kind = comparing.kind_of(entry.status_text) or Partnership.Kind.SISTER
    names = {actor.country: actor for actor in participants}
    us, jp = names.get("US"), names.get("JP")
    us_name, jp_name = (us.name if us else entry.us_name), (jp.name if jp else entry.jp_name)
    us_ja, jp_ja = (us.name_ja if us else ""), (jp.name_ja if jp else "")
    between_states = bool(us and jp) and all(actor.kind in Actor.REGION_KINDS for actor in participants)
    noun, noun_ja, last = _NOUNS[kind == Partnership.Kind.FRIENDSHIP, between_states]
    read = read_date(entry.date_text)
    return {
        "title": f"{us_name}–{jp_name.removesuffix(' Prefecture')} {noun}"[:200],
        "title_ja": f"{us_ja}・{jp_ja} {noun_ja}"[:200] if us_ja and jp_ja else "",
        "slug": _free_slug(f"{us_name} {jp_name} {last}", Partnership),
        "kind": kind,
        "status": comparing.status_of(entry.status_text) or Partnership.Status.UNKNOWN,
        "started": read.date if read else None,
    }


_NOUNS = {
    (False, False): ("sister cities", "姉妹都市", "sister city"),
    (False, True): ("sister states", "姉妹州県", "sister state"),
    (True, False): ("friendship cities", "友好都市", "friendship city"),
    (True, True): ("friendship states", "友好州県", "friendship state"),
}


def _source(entry: RegisterEntry) -> Source:
    register = entry.get_register_display()
    title = f"{register}: {entry.us_name} – {entry.jp_name}"[:300]
    return Source.objects.create(
        slug=_free_slug(title, Source),
        title=title,
        publisher=register,
        url=entry.url,
        kind=Source.Kind.DATASET if entry.register == RegisterEntry.Register.WIKIDATA else Source.Kind.ORGANISATION,
        language=Source.Language.JA if entry.register == RegisterEntry.Register.CLAIR else Source.Language.EN,
        accessed_on=entry.read_on,
    )


def _free_slug(words: str, model: Any) -> str:
    slug = slugify(words)[:90].strip("-") or "register-entry"
    taken = set(model.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    return next(
        each for each in (slug, *(f"{slug}-{number}" for number in range(2, len(taken) + 3))) if each not in taken
    )
