"""Records side by side: what an address asks to compare, what comes near a name that is none, what all have in common.

The choice is in the address and nowhere else, so that it can be kept, sent and printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from . import catalogue, nearest, queries, vocabulary, wording
from .catalogue import Facts, Selection
from .filters import ActorFilter, PartnershipFilter, presentable
from .models import Actor, Country, PartialDate, Partnership, Source, Theme

PARTNERSHIPS, PLACES = "p", "a"  # the parameters, which repeat
MOST = {PARTNERSHIPS: 4, PLACES: 2}
MOST_NEAR = 3
MOST_PARTNERS = 10  # named of each place

_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,100}")


# --- What an address asks for ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Message:
    """What was not understood, with other records that may have been meant as (name, address of the comparison)."""

    text: str
    near: list[tuple[str, str]]


class Choice:
    """What an address asks to compare: ``p`` partnerships or ``a`` places by slug, and ``q`` words to find another by.

    The order is the one given. A record that is named twice counts once, a former slug leads to the present one.
    """

    def __init__(self, data: QueryDict) -> None:
        given = {parameter: _given(data, parameter) for parameter in MOST}
        self.parameter = PLACES if given[PLACES] and not given[PARTNERSHIPS] else PARTNERSHIPS
        self.messages: list[Message] = []
        slugs = given[self.parameter]
        present = {slug: self._present(slug) for slug in slugs[: self.most]}
        self.slugs = list(dict.fromkeys(slug for slug in present.values() if slug))
        self._complain(slugs, [slug for slug, found in present.items() if not found])
        if given[PARTNERSHIPS] and given[PLACES]:
            self._say(_("Partnerships and places cannot stand side by side; these are the partnerships."))
        searched = QueryDict(mutable=True)
        searched.setlist("q", data.getlist("q"))
        self.filters = (ActorFilter if self.parameter == PLACES else PartnershipFilter)(searched, self._found())
        for ignored in self.filters.ignored:
            self._say(ignored.message)

    def __bool__(self) -> bool:
        return bool(self.slugs)

    @property
    def most(self) -> int:
        return MOST[self.parameter]

    @property
    def is_full(self) -> bool:
        return len(self.slugs) == self.most

    @property
    def words(self) -> str:
        """What another one is searched for with."""
        return self.filters.words

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a form that searches for another one must carry along."""
        return [(self.parameter, slug) for slug in self.slugs]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters in their one order."""
        return [*self.kept, *([("q", self.words)] if self.words else [])]

    @property
    def address(self) -> str:
        """The query string of this very page."""
        return query(self.pairs)

    @property
    def searched(self) -> str:
        """The search as the query string of a list."""
        return urlencode([("q", self.words)])

    @property
    def fragment(self) -> str:
        """What takes the choice along to the lists, for their script: “#compare=one,another”."""
        return f"#compare={','.join(self.slugs)}" if self.slugs else ""

    def adding(self, slug: str, parameter: str = "") -> str:
        """The query string with one more record."""
        return query([*self.kept, (parameter or self.parameter, slug)])

    def without(self, slug: str) -> str:
        """The query string without one of the records."""
        return query([pair for pair in self.kept if pair[1] != slug])

    def _found(self) -> Any:
        return queries.actors() if self.parameter == PLACES else queries.partnerships()

    def _present(self, slug: str) -> str | None:
        """The slug that a published record has at present which has, or once had, this one."""
        if not _SLUG.fullmatch(slug):
            return None
        if self.parameter == PARTNERSHIPS and catalogue.current().key(slug) is not None:
            return slug
        if self.parameter == PLACES and queries.actors().filter(slug=slug).exists():
            return slug
        return queries.former_slug(Actor if self.parameter == PLACES else Partnership, slug)

    def _say(self, text: str) -> None:
        self.messages.append(Message(text, []))

    def _complain(self, slugs: list[str], unknown: list[str]) -> None:
        is_of_places = self.parameter == PLACES
        for slug in unknown:
            text = _("There is no place “%(slug)s”.") if is_of_places else _("There is no partnership “%(slug)s”.")
            near = _near_places(slug) if is_of_places else _near_partnerships(slug)
            offers = [(name, self.adding(other)) for other, name in near if other not in self.slugs]
            self.messages.append(Message(text % {"slug": presentable(slug)}, [] if self.is_full else offers))
        if len(slugs) > self.most:
            text = (
                _("Two places can stand side by side; these are the first two.")
                if is_of_places
                else _("Four partnerships can stand side by side; these are the first four.")
            )
            self._say(text)


def _given(data: QueryDict, parameter: str) -> list[str]:
    return list(dict.fromkeys(value.strip() for value in data.getlist(parameter) if value.strip()))


def _near_places(slug: str) -> list[tuple[str, str]]:
    return [(actor.slug, wording.full_name(actor)) for actor in nearest.places(slug, MOST_NEAR)]


def _near_partnerships(slug: str) -> list[tuple[str, str]]:
    found = nearest.partnerships(slug, MOST_NEAR)
    return [(facts.slug, str(wording.local_text(facts, "title"))) for facts in found]


def query(pairs: list[tuple[str, str]]) -> str:
    return f"?{urlencode(pairs)}" if pairs else ""


# --- What they have in common ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Common:
    """What all of several partnerships have in common; nothing of a single one."""

    kind: bool
    status: bool
    themes: list[Theme]
    participants: list[Actor]
    regions: list[Actor]  # states, territories and prefectures that participants are or lie in
    sources: list[Source]
    years_apart: int  # between the earliest and the latest known start

    def __bool__(self) -> bool:
        return bool(self.kind or self.themes or self.participants or self.regions or self.sources)


def in_common(records: list[Partnership]) -> Common:
    """What these records, each with all that its page shows, have in common."""
    if len(records) < 2:
        return Common(False, False, [], [], [], [], 0)
    actors = [[part.actor for part in record.participations.all()] for record in records]
    years = [record.started.year for record in records if record.started]
    participants = _shared(actors)
    return Common(
        kind=len({record.kind for record in records}) == 1,
        status=len({record.status for record in records}) == 1,
        themes=_shared([list(record.themes.all()) for record in records]),
        participants=participants,
        regions=[
            region
            for region in _shared([[actor.region for actor in each if actor.region] for each in actors])
            if region not in participants
        ],
        sources=_shared([[citation.source for citation in record.citations.all()] for record in records]),
        years_apart=max(years) - min(years) if len(years) > 1 else 0,
    )


def _shared(lists: list[list[Any]]) -> list[Any]:
    """What is in all of these lists, each once, in the order of the first."""
    shared = reduce(and_, (set(each) for each in lists))
    return [each for each in dict.fromkeys(lists[0]) if each in shared]


# --- Places ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dated:
    """A partnership with the date on which it started."""

    record: Facts
    started: PartialDate


@dataclass(frozen=True)
class Ties:
    """The partnerships of a place, of what lies below it and of what merged into it, as the listing counts them."""

    actor: Actor
    selection: Selection
    oldest: Dated | None
    newest: Dated | None
    partners: list[Any]  # actors across the Pacific, with the number of partnerships as ``shared``
    more_partners: int  # that are not named

    @classmethod
    def of(cls, actor: Actor) -> Self:
        selection = catalogue.selection("actor", actor.slug)
        partners = queries.partners_across(actor)
        return cls(
            actor=actor,
            selection=selection,
            oldest=_first_dated(selection, "oldest"),
            newest=_first_dated(selection, "newest"),
            partners=list(partners[:MOST_PARTNERS]),
            more_partners=_more(partners),
        )


def _more(partners: QuerySet[Actor]) -> int:
    return max(0, partners.order_by().count() - MOST_PARTNERS)


def _first_dated(selection: Selection, order: str) -> Dated | None:
    """Those without a known start come last in both orders."""
    known = selection.catalogue
    for facts in known.facts(known.keys(selection.bitmap, order, 0, 1)):
        if facts.started:
            return Dated(facts, PartialDate.parse(facts.started))
    return None


@dataclass(frozen=True)
class SharedTies:
    """What two places have in common."""

    partnerships: list[Facts]  # in which both take part, the newest first
    more_partnerships: int  # that are not named
    partners: list[Actor]
    more_partners: int
    themes: list[str]
    regions: list[str]  # states or prefectures across the Pacific; of two places on one shore

    def __bool__(self) -> bool:
        return bool(self.partnerships or self.partners or self.themes or self.regions)


def shared_ties(one: Ties, other: Ties) -> SharedTies:
    """What two places have in common; only two on one shore can have a partner or a region across in common."""
    known = one.selection.catalogue
    both = one.selection.bitmap & other.selection.bitmap
    on_one_shore = one.actor.country == other.actor.country
    partners = queries.partners_across(one.actor).filter(
        pk__in=queries.partners_across(other.actor).order_by().values("pk")
    )
    if not on_one_shore:
        partners = partners.none()
    across = "prefecture" if one.actor.country == Country.US else "state"
    return SharedTies(
        partnerships=known.facts(known.keys(both, "newest", 0, MOST_PARTNERS)),
        more_partnerships=max(0, both.bit_count() - MOST_PARTNERS),
        partners=list(partners[:MOST_PARTNERS]),
        more_partners=_more(partners),
        themes=_labels_in_both(one, other, "theme"),
        regions=_labels_in_both(one, other, across) if on_one_shore else [],
    )


def _labels_in_both(one: Ties, other: Ties, parameter: str) -> list[str]:
    first, second = (ties.selection.counts(parameter) for ties in (one, other))
    return [
        label for value, label in vocabulary.current().labels(parameter).items() if value in first and value in second
    ]
