"""The lines of a flat file as records: before, after, and what is wrong, in words. Nothing is written here."""

from __future__ import annotations

import copy
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from partnerships.models import Actor, Country, PartialDate, Partnership, Publication, Source
from partnerships.package.cells import SLUG
from partnerships.package.tables import TABLE
from partnerships.services.records import RecordState, states

from .cells import write_cell
from .columns import Column, FlatFile, own_row
from .headers import understand
from .names import LONGEST_SLUG, Directory
from .reading import Sheet, trimmed
from .values import CellError

NO_SLUG = "?"  # of a line that names no record


@dataclass(frozen=True)
class Rights:
    """What the one who imports may do with records of the kind."""

    add: bool
    change: bool
    publish: bool
    add_sources: bool

    @classmethod
    def of(cls, user: Any, model_name: str) -> Rights:
        may = user.has_perm
        return cls(
            add=may(f"partnerships.add_{model_name}"),
            change=may(f"partnerships.change_{model_name}"),
            publish=may("partnerships.publish_partnership"),
            add_sources=may("partnerships.add_source"),
        )


@dataclass
class Line:
    """One record that a row of the file names, or makes. ``problems`` are pairs of a column's label and the reason."""

    number: int
    table: str
    slug: str
    title: str
    before: RecordState | None = None
    after: RecordState | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        if self.problems or self.after is None:
            return "wrong"
        if self.before is None:
            return "new"
        return "unchanged" if self.before.digest() == self.after.digest() else "changed"


class Checking:
    """Checks the lines of one file against the directory as it is now, some at a time."""

    def __init__(
        self, flat: FlatFile, sheet: Sheet, rights: Rights, *, empties: bool, made: Iterable[RecordState] = ()
    ) -> None:
        self.flat = flat
        self.sheet = sheet
        self.rights = rights
        self.empties = empties
        self.heading = understand(flat, sheet.head)
        self.places = {column.name: place for place, column in enumerate(self.heading.columns) if column is not None}
        in_file = self._names_in_file() if flat.name == "actors" else ()
        self.known = Directory(in_file, made)

    # --- Which record a row is about ---

    def _cell(self, cells: list[str], name: str) -> str:
        place = self.places.get(name)
        return cells[place] if place is not None and place < len(cells) else ""

    def _slug(self, cells: list[str]) -> tuple[str, bool]:
        """The address of a row's record, and whether it was made of the name."""
        if given := self._cell(cells, "slug"):
            return unicodedata.normalize("NFKC", given).strip().lower(), False
        return slugify(self._cell(cells, self.flat.naming))[:LONGEST_SLUG].strip("-"), True

    def _names_in_file(self) -> Iterator[tuple[str, str, str]]:
        for _number, cells in self.sheet.rows:
            slug, _made = self._slug(cells)
            if slug:
                yield slug, self._cell(cells, "name"), self._cell(cells, "name_ja")

    @cached_property
    def _first_row(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for number, cells in self.sheet.rows:
            found.setdefault(self._slug(cells)[0], number)
        return found

    # --- Checking ---

    def check(self, start: int, count: int) -> list[Line]:
        """The lines of these rows, counted from 0; new sources that they bring stand before them."""
        rows = self.sheet.rows[start : start + count]
        slugs = {self._slug(cells)[0] for _number, cells in rows} - {""}
        present = states(self.flat.table, slugs)
        elsewhere = self._renamed(slugs - present.keys())
        public = (
            set(Source.objects.published().filter(slug__in=present).values_list("slug", flat=True))
            if self.flat.name == "sources"
            else {slug for slug, state in present.items() if state.publication != Publication.DRAFT}
        )
        found: list[Line] = []
        for number, cells in rows:
            made_before = set(self.known.made)
            line = self._line(number, cells, present, elsewhere, public)
            for url in self.known.made.keys() - made_before:
                state = self.known.made[url]
                found.append(Line(number, "sources", state.slug, own_row_title(state), after=state))
                if not self.rights.add_sources:
                    line.problems.append((self._label("sources"), _("You may not add sources.")))
            found.append(line)
        return found

    def _renamed(self, slugs: set[str]) -> dict[str, str]:
        """Where the records are now that were at these addresses."""
        model: Any = self.flat.table.model
        former = dict(model.history.filter(slug__in=slugs).order_by("history_date").values_list("slug", "id"))
        now = dict(model.objects.filter(pk__in=former.values()).values_list("pk", "slug"))
        return {slug: now[pk] for slug, pk in former.items() if pk in now}

    def _label(self, name: str) -> str:
        place = self.places.get(name)
        return self.sheet.head[place] if place is not None else str(self.flat.by_name[name].label)

    def _line(
        self,
        number: int,
        cells: list[str],
        present: dict[str, RecordState],
        elsewhere: dict[str, str],
        public: set[str],
    ) -> Line:
        slug, is_made = self._slug(cells)
        problems = [(self._label("slug"), reason) for reason in self._slug_problems(number, slug, is_made, present)]
        if slug in elsewhere:
            problems.append(
                (self._label("slug"), _("This record is now at “%(slug)s”; write that.") % {"slug": elsewhere[slug]})
            )
        before = None if problems else present.get(slug)
        if len(cells) > len(self.heading.columns):
            problems.append(("", _("The row has more cells than the first line has names.")))
        if before is None and not problems and not self.rights.add:
            problems.append(("", _("You may not add records of this kind.")))
        state = self._new(slug if not problems else NO_SLUG) if before is None else copy.deepcopy(before)
        problems += self._written(cells, state, before)
        changed = before is not None and before.digest() != state.digest()
        if changed:
            problems += self._unchangeable(slug, public)
        if not problems and (changed or before is None):
            problems += self._contradictions(state, is_new=before is None)
        line = Line(number, self.flat.name, slug, self._cell(cells, self.flat.naming), before, state, problems)
        line.title = line.title or (own_row_title(before) if before else "")
        return line

    def _slug_problems(self, number: int, slug: str, is_made: bool, present: dict[str, RecordState]) -> Iterator[str]:
        if not slug:
            yield _("Give an address in small Latin letters; none can be made of the name.")
            return
        try:
            SLUG.parse(slug)
        except ValueError:
            yield f"“{slug[:60]}” {SLUG.complaint()}"
            return
        if len(slug) > (self.flat.table.max_length(self.flat.table.column("slug")) or 0):
            yield _("The address is too long.")
        if self._first_row[slug] != number:
            yield _("Row %(row)d is about “%(slug)s” already.") % {"row": self._first_row[slug], "slug": slug}
        elif is_made and slug in present:
            yield _(
                "There is a record “%(slug)s” already. Write this address to change that record, or another one for a "
                "new record."
            ) % {"slug": slug}

    def _new(self, slug: str) -> RecordState:
        table = self.flat.table
        state = RecordState(self.flat.name, slug, Publication.DRAFT.value if table.is_published_by_state else "")
        row = dict.fromkeys(table.column_names, "") | {"slug": slug}
        if "status" in row:
            row["status"] = "unknown"
        state.rows[table.name] = [tuple(row.values())]
        return state

    def _written(self, cells: list[str], state: RecordState, before: RecordState | None) -> Iterator[tuple[str, str]]:
        """Write the row's cells into the state; yield what cannot be written."""
        table = self.flat.table
        bad = set()
        for column in self.flat.columns:
            if column.name == "slug" or column.name not in self.places:
                continue
            text = self._cell(cells, column.name)
            if not self._says_something(column, text, before):
                continue
            try:
                write_cell(table, column, text, state, self.known)
            except CellError as error:
                bad.add(column.name)
                yield self._label(column.name), str(error)
        own = own_row(table, state)
        for part in table.columns:
            if before is None and part.required and not own[part.name] and part.name not in bad:
                yield self._label(part.name), _("must not be empty")

    def _says_something(self, column: Column, text: str, before: RecordState | None) -> bool:
        if not text:
            return before is not None and self.empties and bool(column.shown(self.flat.table, before, self.known))
        return before is None or text != trimmed(column.shown(self.flat.table, before, self.known))

    def _unchangeable(self, slug: str, public: set[str]) -> Iterator[tuple[str, str]]:
        if not self.rights.change:
            yield "", _("You may not change records of this kind.")
        elif slug in public and not self.rights.publish:
            yield "", _("The record is in review, public or archived; only editors may change it.")

    def _contradictions(self, state: RecordState, *, is_new: bool) -> Iterator[tuple[str, str]]:
        row = own_row(self.flat.table, state)
        if self.flat.name == "partnerships":
            if row["started"] and row["ended"] and _is_before(row["ended"], row["started"]):
                yield self._label("ended"), _("The end lies before the start.")
            if state.publication == Publication.PUBLISHED:
                yield from self._unfit_for_the_public(state, row)
        elif self.flat.name == "actors":
            if bool(row["latitude"]) != bool(row["longitude"]):
                yield self._label("longitude"), _("Latitude and longitude belong together.")
            for name in ("parent", "successor"):
                if state.publication == Publication.PUBLISHED and row[name] and row[name] not in self.known.published:
                    yield (
                        self._label(name),
                        _("“%(actor)s” is not published yet; publish it first.") % {"actor": row[name]},
                    )
        elif is_new and (same := self.known.sources_with(row["url"])):
            yield (
                self._label("url"),
                _("There is a source with this URL already: %(sources)s. Write its address to change it.")
                % {"sources": ", ".join(same)},
            )

    def _unfit_for_the_public(self, state: RecordState, row: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Why a public record could not stay public as the row wants it; as ``services.publishing`` would refuse it."""
        actors = [part[1] for part in state.rows["participations"]]
        for shore, name in ((Country.US, "us_participants"), (Country.JP, "jp_participants")):
            if shore not in {self.known.country_of(actor) for actor in actors}:
                yield self._label(name), _("No participant from this shore: %(shore)s.") % {"shore": shore.label}
        for actor in actors:
            if actor not in self.known.published:
                name = "us_participants" if self.known.country_of(actor) == Country.US else "jp_participants"
                yield self._label(name), _("“%(actor)s” is not published yet; publish it first.") % {"actor": actor}
        if not state.rows["citations"]:
            yield self._label("sources"), _("A published record needs a source.")
        if row["kind"] not in Partnership.TIE_KINDS and not state.rows["partnership_themes"]:
            yield (
                self._label("themes"),
                _("No theme is given; only sister and friendship ties may be without one."),
            )


def _is_before(end: str, start: str) -> bool:
    return PartialDate.parse(end).latest < PartialDate.parse(start).earliest


def own_row_title(state: RecordState) -> str:
    """What a record is called in its own row."""
    row = dict(zip(_columns_of(state), state.rows[state.table][0], strict=True))
    return row.get("title") or row.get("name") or state.slug


def _columns_of(state: RecordState) -> tuple[str, ...]:
    return TABLE[state.table].column_names


# --- All lines together ----------------------------------------------------------------------------------------------


def clashes(wanted: dict[str, RecordState]) -> Iterator[tuple[str, str, str]]:
    """Codes that two places would share, and circles: (address, column, reason). ``wanted`` are places by address."""
    if not wanted:
        return
    columns = ("slug", "country", "code", "wikidata_id", "parent__slug", "successor__slug")
    names = ("slug", "country", "code", "wikidata_id", "parent", "successor")
    rows = {
        row[0]: dict(zip(names, (each or "" for each in row), strict=True))
        for row in Actor.objects.values_list(*columns)
    }
    for slug, state in wanted.items():
        own = dict(zip(_columns_of(state), state.rows["actors"][0], strict=True))
        rows[slug] = {name: own[name] for name in names}
    for columns_of_key in (("country", "code"), ("wikidata_id",)):
        owners = defaultdict(list)
        for slug, row in rows.items():
            if row[columns_of_key[-1]]:
                owners[tuple(row[name] for name in columns_of_key)].append(slug)
        for slugs in owners.values():
            for slug in slugs if len(slugs) > 1 else ():
                if slug in wanted:
                    others = ", ".join(other for other in slugs if other != slug)
                    yield slug, columns_of_key[-1], _("%(other)s has the same one.") % {"other": others}
    for slug in wanted:
        trail, step = [slug], rows[slug]["parent"]
        while step and step in rows and step not in trail:
            trail.append(step)
            step = rows[step]["parent"]
        if step == slug:
            yield slug, "parent", _("a circle: %(steps)s") % {"steps": " → ".join([*trail, slug])}
