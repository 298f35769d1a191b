"""The numbered sections of a briefing, each made of the facts of its records.

Their order follows dates and slugs alone, never a name, which would differ by language. Each function gives the same
for the same data and day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext

from partnerships import freshness, vocabulary, wording
from partnerships.anniversaries import Window, months_after
from partnerships.models import (
    Actor,
    Citation,
    Milestone,
    Outcome,
    PartialDate,
    Participation,
    Partnership,
    Publication,
)

from .citations import Citations
from .comparable import Model
from .facts import (
    Fact,
    Group,
    Part,
    counted,
    dated,
    elsewhere,
    fact,
    head,
    page,
    place,
    plain,
    text,
    title,
    words,
    written,
)
from .scope import Below, Scope

YEARS_AHEAD = 5  # in which every agreement has a round year
ROLES = [str(role) for role in Participation.Role]


@dataclass(frozen=True)
class Material:
    """What the sections are made of: the scope, the records told one by one, models, the numbered sources."""

    scope: Scope
    records: list[Any]
    models: list[Model]
    predecessors: list[Any]
    citations: Citations

    @property
    def day(self) -> Any:
        return self.scope.day

    def parts_of(self, record: Partnership) -> list[Participation]:
        """Who takes part, without whoever is not public."""
        return [part for part in record.participations.all() if _is_public(part.actor)]


def _is_public(actor: Actor | None) -> bool:
    return actor is not None and actor.publication == Publication.PUBLISHED


def _not_known() -> Part:
    return words(lambda: _("not known"))


def partnerships_counted(count: int) -> str:
    words = {"number": f"{count:,}"}
    return ngettext("%(number)s partnership", "%(number)s partnerships", count) % words


def list_of(scope: Scope) -> Any:
    """The address of the listing that holds all of the actor's partnerships."""
    return page("partnership-list", query=f"?actor={scope.actor.slug}")


# --- 1 At a glance ---------------------------------------------------------------------------------------------------


def at_a_glance(material: Material) -> list[Group]:
    scope = material.scope
    actors = [scope.actor, scope.other] if scope.other else [scope.actor]
    together = [
        fact(lazy("Partnerships"), *_numbers(scope)),
        fact(lazy("Earliest start"), dated(scope.earliest) if scope.earliest else _not_known()),
    ]
    if statuses := scope.counts("status"):
        known = [(status.label, statuses[status]) for status in Partnership.Status if status in statuses]
        parts = [counted(number, partial(_labelled, label, number)) for label, number in known]
        together.append(fact(lazy("Status, as sources say"), *parts))
    if themes := _themes(scope):
        together.append(fact(lazy("Themes"), *themes))
    return [*(_portrait(actor) for actor in actors), together if scope.count else []]


def _labelled(label: Any, number: int) -> str:
    return _("%(label)s: %(number)s") % {"label": label, "number": f"{number:,}"}


def _numbers(scope: Scope) -> list[Part]:
    parts = [counted(scope.count, lambda: partnerships_counted(scope.count))]
    if scope.count > scope.own_count:
        parts.append(counted(scope.own_count, partial(_of_its_own, scope.own_count)))
    return parts


def _of_its_own(number: int) -> str:
    return _("of these, %(number)s of its own") % {"number": f"{number:,}"}


def _themes(scope: Scope) -> list[Part]:
    """The themes with their numbers, the most frequent first, of equal ones in the directory's order."""
    counts = scope.counts("theme")
    order = [slug for slug in vocabulary.current().theme if slug in counts]
    return [
        counted(counts[slug], partial(_theme, slug, counts[slug])) for slug in sorted(order, key=lambda it: -counts[it])
    ]


def _theme(slug: str, number: int) -> str:
    return _labelled(vocabulary.current().labels("theme")[slug], number)


def _portrait(actor: Any) -> Group:
    group = [
        head(place(actor)),
        fact(lazy("Level"), words(lambda: _choice(actor, "kind")), words(lambda: _choice(actor, "country"))),
    ]
    if actor.region and actor.region_id != actor.pk:
        group.append(fact(lazy("State or prefecture"), place(actor.region)))
    if actor.kind in (*Actor.REGION_KINDS, *Actor.MUNICIPAL_KINDS):
        group.append(fact(lazy("People"), *_population(actor)))
    if actor.website:
        group.append(fact(lazy("Website"), plain(actor.website, elsewhere(actor.website))))
    if _is_public(actor.successor):
        group.append(
            fact(lazy("Merged into"), place(actor.successor), dated(actor.dissolved_on) if actor.dissolved_on else None)
        )
        briefing = page("brief", query=f"?actor={actor.successor.slug}")
        group.append(fact(lazy("Its briefing"), place(actor.successor, address=briefing)))
    return group


def _choice(record: Any, field: str) -> str:
    return str(getattr(record, f"get_{field}_display")())


def _population(actor: Actor) -> list[Part]:
    if not actor.population:
        return [_not_known()]
    year = dated(PartialDate(actor.population_year)) if actor.population_year else words(lambda: _("year not known"))
    return [counted(actor.population, partial(_people, actor.population)), year]


def _people(number: int) -> str:
    return pgettext("a number of people", "%(number)s") % {"number": f"{number:,}"}


# --- 2 History -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Event:
    at: dt.date  # the first day that its date can mean; of an end, the last one
    order: str
    fact: Fact


def history(material: Material) -> list[Group]:
    """Everything dated, in the order of time; a start or an end that a milestone tells already stands once."""
    events: list[_Event] = []
    for record in material.records:
        events += _of_record(material, record)
    merged = {actor.pk: actor for actor in (*material.predecessors, *_merged_participants(material))}
    for actor in merged.values():
        if actor.dissolved_on:
            happened = [place(actor), place(actor.successor, label=lazy("Merged into"))]
            event = _event(material, actor.dissolved_on, happened)
            events.append(_Event(actor.dissolved_on.earliest, actor.slug, event))
    events.sort(key=lambda event: (event.at, event.order))
    return [[event.fact for event in events]]


def _merged_participants(material: Material) -> Iterable[Any]:
    for record in material.records:
        for part in material.parts_of(record):
            if _is_public(part.actor.successor):
                yield part.actor


def _of_record(material: Material, record: Any) -> Iterable[_Event]:
    signed, ended = Milestone.Kind.SIGNED, Milestone.Kind.ENDED
    milestones = list(record.milestones.all())
    told = {(str(each.on), each.kind) for each in milestones}
    dates = material.citations.supporting(record, Citation.Supports.DATES)
    for each in milestones:
        what = text(each, "title") if each.title or each.title_ja else None
        kind = words(partial(_choice, each, "kind"))
        event = _event(material, each.on, [kind, what, title(record)], [material.citations.number(each.source)])
        is_end = each.kind == ended
        yield _Event(each.on.latest if is_end else each.on.earliest, f"{record.slug} {each.kind}", event)
    if record.started and (str(record.started), signed) not in told:
        started = words(lambda: pgettext("of a partnership", "Began"))
        event = _event(material, record.started, [started, title(record)], dates)
        yield _Event(record.started.earliest, record.slug, event)
    if record.ended and (str(record.ended), ended) not in told:
        over = words(lambda: pgettext("of a partnership", "Ended"))
        event = _event(material, record.ended, [over, title(record)], dates)
        yield _Event(record.ended.latest, f"{record.slug} ~", event)


def _event(
    material: Material, on: PartialDate, happened: Sequence[Part | None], sources: Iterable[int | None] = ()
) -> Fact:
    return fact("", dated(on), *happened, _later(material, on), sources=sources)


def _later(material: Material, on: PartialDate) -> Part | None:
    """A mark for what the day of the briefing does not know of yet."""
    if on.earliest <= material.day:
        return None
    return words(lambda: _("later than the date of this briefing"))


# --- 3 Agreements and their terms ------------------------------------------------------------------------------------


def agreements(material: Material) -> list[Group]:
    scope = material.scope
    groups = [_agreement(material, record) for record in material.records]
    if scope.own_left_out:
        more = counted(scope.own_left_out, lambda: _left_out(scope.own_left_out))
        groups.append([fact(lazy("Not told here"), more, whole_list(scope))])
    if scope.below_count:
        groups.append(_places_below(scope))
    return groups


def _left_out(number: int) -> str:
    sentence = ngettext("%(number)s more of its own", "%(number)s more of its own", number)
    return sentence % {"number": f"{number:,}"}


def whole_list(scope: Scope) -> Part:
    return Part(lambda: _("the list of all its partnerships"), list_of(scope))


def _places_below(scope: Scope) -> Group:
    below = counted(scope.below_count, lambda: partnerships_counted(scope.below_count))
    leading = words(lambda: _("each name leads to its briefing"))
    group = [head(words(lambda: _("Places and organisations in it")), below, leading)]
    group += [fact("", *_place_below(row)) for row in scope.below]
    if scope.places_left_out:
        more = counted(scope.places_left_out, partial(_more_places, scope.places_left_out))
        group.append(fact(lazy("Not told here"), more, whole_list(scope)))
    return group


def _more_places(number: int) -> str:
    return ngettext("%(number)s more place", "%(number)s more places", number) % {"number": f"{number:,}"}


def _place_below(row: Below) -> list[Part]:
    named = place(row.place, address=page("brief", query=f"?actor={row.place.slug}"))
    return [named, counted(row.count, lambda: partnerships_counted(row.count))]


def _agreement(material: Material, record: Any) -> Group:
    day, supporting = material.day, partial(material.citations.supporting, record)
    sources = material.citations.take(record)
    dates = supporting(Citation.Supports.DATES)
    who = [place(part.actor, _name_when_signed) for part in material.parts_of(record)]
    group = [
        head(title(record), sources=supporting(Citation.Supports.EXISTENCE)),
        fact(lazy("Kind"), words(partial(_choice, record, "kind"))),
        fact(lazy("Between"), *who, sources=supporting(Citation.Supports.PARTICIPANTS)),
        fact(lazy("Started"), dated(record.started) if record.started else _not_known(), sources=dates),
    ]
    if record.term_ends:
        group.append(fact(lazy("Term ends"), dated(record.term_ends)))
    if record.ended:
        group.append(fact(lazy("Ended"), dated(record.ended), sources=dates))
    group.append(_state(material, record))
    group.append(_evidence(record, sources, day))
    content = supporting(Citation.Supports.CONTENT)
    if record.summary or record.summary_ja:
        group.append(fact(lazy("What it does"), text(record, "summary"), sources=content))
    themes = [text(theme, "name") for theme in record.themes.all()]
    if themes:
        group.append(fact(lazy("Themes"), *themes))
    return group


def _name_when_signed(actor: Actor) -> str:
    return wording.name_when_signed(actor) if _is_public(actor.successor) else wording.full_name(actor)


def _state(material: Material, record: Partnership) -> Fact:
    end = freshness.ending(record) if freshness.state(record, material.day) == freshness.State.ENDED else None
    reason = text(end, "title") if end and (end.title or end.title_ja) else None
    lacking = words(lambda: _("The reason is not recorded.")) if freshness.lacks_reason(record) else None
    sentence = words(lambda: freshness.state_sentence(record, material.day))
    told_by = material.citations.number(end.source if end else None)
    return fact(lazy("Status"), sentence, reason, lacking, sources=[told_by])


def _evidence(record: Partnership, sources: list[Any], day: Any) -> Fact:
    newest = freshness.last_evidence(record)
    checks = partial(freshness.check_labels, record, sources, day)
    count = len(checks())
    return fact(
        lazy("Last evidence"),
        dated(newest) if newest else _not_known(),
        words(partial(freshness.age, newest, day)) if freshness.age(newest, day) else None,
        words(partial(freshness.sources_label, sources)) if sources else None,
        *(words(lambda number=number: checks()[number]) for number in range(count)),  # type: ignore[misc]
    )


# --- 4 Results -------------------------------------------------------------------------------------------------------


def results(material: Material) -> list[Group]:
    groups = []
    for record in material.records:
        if outcomes := list(record.outcomes.all()):
            groups.append([head(title(record)), *(_result(material, outcome) for outcome in outcomes)])
    return groups


def _result(material: Material, outcome: Outcome) -> Fact:
    year = PartialDate(outcome.year) if outcome.year else None
    parts: list[Part | None] = [text(outcome, "statement")]
    if outcome.value is not None:
        parts.append(counted(outcome.value, partial(wording.figure, outcome.value)))
        parts += [written(outcome.unit, is_joined=True)] if outcome.unit else []
    parts += [dated(year), _later(material, year)] if year else []
    if outcome.claimant:
        parts.append(written(outcome.claimant, label=lazy("According to")))
    if outcome.grade:
        parts.append(words(partial(_choice, outcome, "grade")))
    if outcome.source is None:
        parts.append(words(lambda: _("which of this record's sources says so is not recorded")))
    return fact("", *parts, sources=[material.citations.number(outcome.source)])


# --- 5 What lies ahead -----------------------------------------------------------------------------------------------


def ahead(material: Material) -> list[Group]:
    """Round anniversaries and ends of terms within ``YEARS_AHEAD`` years, in the order of time."""
    window = Window(material.day, months_after(material.day, 12 * YEARS_AHEAD))
    found: list[tuple[tuple[int, int, int, str], Fact]] = []
    for record in material.records:
        if record.status == Partnership.Status.ENDED or record.ended:
            continue
        if record.started and record.kind != Partnership.Kind.EVENT:
            for on, years in window.anniversaries(record.started):
                found.append((_place_in_time(on, record), _anniversary(record, on, years)))
        if record.term_ends and record.term_ends in window:
            over = words(lambda: pgettext("an occasion", "Term ends"))
            end = fact("", dated(record.term_ends), over, title(record))
            found.append((_place_in_time(record.term_ends, record), end))
    found.sort(key=lambda each: each[0])
    return [[made for _place, made in found]]


def _place_in_time(on: PartialDate, record: Partnership) -> tuple[int, int, int, str]:
    return on.year, on.month or 13, on.day or 32, record.slug


def _years(number: int) -> str:
    return ngettext("%(years)d year", "%(years)d years", number) % {"years": number}


def _anniversary(record: Partnership, on: PartialDate, years: int) -> Fact:
    doubt = None
    if record.status != Partnership.Status.ACTIVE:
        doubt = words(lambda: _("whether it is still active is not known"))
    return fact("", dated(on), counted(years, partial(_years, years)), title(record), doubt)


# --- 6 Offices by role -----------------------------------------------------------------------------------------------


def offices(material: Material) -> list[Group]:
    """Whom to ask at each participant, once, with its roles; the briefing's own places first, leads before others."""
    roles: dict[int, dict[str, list[Partnership]]] = {}
    actors: dict[int, Any] = {}
    for record in material.records:
        for part in material.parts_of(record):
            actors[part.actor_id] = part.actor
            roles.setdefault(part.actor_id, {}).setdefault(part.role, []).append(record)
    own = {actor.pk for actor in (material.scope.actor, material.scope.other) if actor}

    def order(actor: Actor) -> tuple[bool, int, str]:
        return actor.pk not in own, min(map(ROLES.index, roles[actor.pk])), actor.slug

    return [office(actor, roles[actor.pk]) for actor in sorted(actors.values(), key=order)]


def office(actor: Actor, roles: dict[str, list[Partnership]]) -> Group:
    group = [head(place(actor))]
    for role in sorted(roles, key=ROLES.index):
        group.append(fact(Participation.Role(role).label, *(title(record) for record in roles[role])))
    named: list[Part | None] = []
    if actor.office_name:
        named.append(written(actor.office_name))
    if actor.office_url:
        named.append(plain(actor.office_url, elsewhere(actor.office_url)))
    if actor.office_email:
        named.append(plain(actor.office_email, elsewhere(f"mailto:{actor.office_email}")))
    if not named:
        named.append(words(lambda: _("no office is recorded")))
    if actor.website:
        named.append(plain(actor.website, elsewhere(actor.website), lazy("Website")))
    return [*group, fact(lazy("Office to ask"), *named)]


# --- 7 Comparable models ---------------------------------------------------------------------------------------------


def comparable(material: Material) -> list[Group]:
    return [_model(material, model) for model in material.models]


def _model(material: Material, model: Model) -> Group:
    record = model.record
    group = [
        head(title(record), sources=material.citations.supporting(record, Citation.Supports.CONTENT)),
        fact(lazy("Why it is shown"), *model.reasons()),
        fact(lazy("Between"), *(place(part.actor, _name_when_signed) for part in material.parts_of(record))),
    ]
    for name, label in (
        ("problem", lazy("The problem")),
        ("approach", lazy("The approach")),
        ("preconditions", lazy("What it needs")),
        ("how_to_replicate", lazy("How to replicate it")),
    ):
        if getattr(record, name) or getattr(record, f"{name}_ja"):
            group.append(fact(label, text(record, name)))
    return group
