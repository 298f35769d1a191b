"""What the flat files of partnerships, places and sources consist of, column by column, in both directions.

Only what is declared here can be written by an import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnerships.models import Country
from partnerships.package import tables
from partnerships.package.tables import TABLE, Table
from partnerships.services.records import RecordState, Texts

BETWEEN = "; "  # the values of a list


class Known(Protocol):
    """What one must know of other records to write a cell."""

    def country_of(self, actor: str) -> str: ...


@dataclass(frozen=True)
class Column:
    """A column of a flat file. ``shown`` is what an export writes; what an import reads is in ``cells``.

    ``holds`` says what a cell is: a ``field`` of the record itself, a reference, or a list of parts.
    """

    name: str
    label: Any
    meaning: Any
    example: str = ""
    holds: str = "field"
    # Words in the first line that mean this column too.
    others: tuple[str, ...] = ()

    def shown(self, table: Table, state: RecordState, known: Known) -> str:
        return _SHOWN[self.holds](table, self.name, state, known)


def own_row(table: Table, state: RecordState) -> dict[str, str]:
    return dict(zip(table.column_names, state.rows[table.name][0], strict=True))


def participants(state: RecordState, country: str, known: Known) -> list[Texts]:
    """The participations of one shore, in their order."""
    return [row for row in state.rows["participations"] if known.country_of(row[1]) == country]


def _shown_field(table: Table, name: str, state: RecordState, known: Known) -> str:
    return own_row(table, state)[name]


def _shown_us(table: Table, name: str, state: RecordState, known: Known) -> str:
    return BETWEEN.join(row[1] for row in participants(state, Country.US, known))


def _shown_jp(table: Table, name: str, state: RecordState, known: Known) -> str:
    return BETWEEN.join(row[1] for row in participants(state, Country.JP, known))


def _shown_themes(table: Table, name: str, state: RecordState, known: Known) -> str:
    return BETWEEN.join(row[1] for row in state.rows["partnership_themes"])


def _shown_sources(table: Table, name: str, state: RecordState, known: Known) -> str:
    return BETWEEN.join(dict.fromkeys(row[1] for row in state.rows["citations"]))


def _shown_former(table: Table, name: str, state: RecordState, known: Known) -> str:
    return BETWEEN.join(row[1] for row in state.rows["actor_names"] if row[3] == "former")


def _shown_other(table: Table, name: str, state: RecordState, known: Known) -> str:
    return BETWEEN.join(row[1] for row in state.rows["actor_names"] if row[3] != "former")


_SHOWN: dict[str, Callable[[Table, str, RecordState, Known], str]] = {
    "field": _shown_field,
    "place": _shown_field,
    "us": _shown_us,
    "jp": _shown_jp,
    "themes": _shown_themes,
    "sources": _shown_sources,
    "former": _shown_former,
    "other": _shown_other,
}


@dataclass(frozen=True)
class FlatFile:
    """The file of one kind of record. ``naming`` is the column from which an address is made where none is given."""

    name: str  # of the table
    naming: str
    columns: tuple[Column, ...]
    examples: tuple[dict[str, str], ...] = field(default=())

    @property
    def table(self) -> Table:
        return TABLE[self.name]

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def of_table(self, column: Column) -> tables.Column | None:
        """The column of the package that it is, if it is one."""
        return self.table.column(column.name) if column.name in self.table.column_names else None

    def shown(self, state: RecordState, known: Known) -> list[str]:
        """A record's line."""
        return [column.shown(self.table, state, known) for column in self.columns]

    @property
    def model_name(self) -> str:
        return str(self.table.model._meta.model_name)


_SLUG = _("The last part of the record's address. Leave it empty for a new record: it is made of the name.")
_DATE = _("A year, a month or a day: 2014, 2014-11, 2014-11-05, 平成26年11月, Oct 1957.")

PARTNERSHIPS = FlatFile(
    "partnerships",
    "title",
    (
        Column("slug", pgettext_lazy("column", "slug"), _SLUG, "seattle-kobe"),
        Column("title", pgettext_lazy("column", "title"), _("Title in English."), "Seattle–Kobe"),
        Column(
            "title_ja",
            pgettext_lazy("column", "title_ja"),
            _("Title in Japanese."),
            "シアトル市と神戸市の姉妹提携",
            others=("和名", "件名"),
        ),
        Column(
            "kind",
            pgettext_lazy("column", "kind"),
            _("What it is; one of the words listed."),
            "sister",
            others=("type", "種類"),
        ),
        Column(
            "status", pgettext_lazy("column", "status"), _("What the sources say; one of the words listed."), "active"
        ),
        Column(
            "started",
            pgettext_lazy("column", "started"),
            _DATE,
            "1957-10",
            others=("提携日", "提携年月日", "締結日", "start", "date"),
        ),
        Column("ended", pgettext_lazy("column", "ended"), _DATE, others=("end",)),
        Column("term_ends", pgettext_lazy("column", "term_ends"), _DATE),
        Column(
            "themes",
            pgettext_lazy("column", "themes"),
            _("Themes, by address or by name in either language. Several are joined by “; ”."),
            "culture; trade-investment",
            "themes",
            ("theme",),
        ),
        Column(
            "us_participants",
            pgettext_lazy("column", "us_participants"),
            _(
                "Participants in the United States, by address or by name in either language; where several places "
                "bear the name, with the state: Springfield, Illinois. Several are joined by “; ”."
            ),
            "Seattle, Washington",
            "us",
            ("米国側", "米国側自治体", "米国側の参加団体", "U.S. participants"),
        ),
        Column(
            "jp_participants",
            pgettext_lazy("column", "jp_participants"),
            _("Participants in Japan, likewise: Kobe, or 兵庫県神戸市."),
            "神戸市",
            "jp",
            ("日本側", "日本側自治体", "日本側の参加団体", "Japanese participants"),
        ),
        Column("summary", pgettext_lazy("column", "summary"), _("What it is about, in English.")),
        Column("summary_ja", pgettext_lazy("column", "summary_ja"), _("The same in Japanese.")),
        Column("problem", pgettext_lazy("column", "problem"), _("The problem that it answers, in English.")),
        Column("problem_ja", pgettext_lazy("column", "problem_ja"), _("The same in Japanese.")),
        Column("approach", pgettext_lazy("column", "approach"), _("What is done, in English.")),
        Column("approach_ja", pgettext_lazy("column", "approach_ja"), _("The same in Japanese.")),
        Column(
            "preconditions",
            pgettext_lazy("column", "preconditions"),
            _("What it needs, in English. Several are joined by “; ”."),
        ),
        Column("preconditions_ja", pgettext_lazy("column", "preconditions_ja"), _("The same in Japanese.")),
        Column("how_to_replicate", pgettext_lazy("column", "how_to_replicate"), _("How to do it, in English.")),
        Column("how_to_replicate_ja", pgettext_lazy("column", "how_to_replicate_ja"), _("The same in Japanese.")),
        Column("verified_on", pgettext_lazy("column", "verified_on"), _DATE),
        Column(
            "note",
            pgettext_lazy("column", "note"),
            _("A note for curators. Once the record is public, anybody can read it in the data package."),
        ),
        Column(
            "sources",
            pgettext_lazy("column", "sources"),
            _(
                "Sources, by address or URL. One that is not in the directory yet is written as "
                "URL | title | kind | language. Several are joined by “; ”."
            ),
            "https://www.example.org/kobe | Sister cities of Seattle | government | en",
            "sources",
            ("source", "出典"),
        ),
    ),
    examples=(
        {},
        {
            "slug": "",
            "title": "Memorandum on offshore wind of Maine and Aomori",
            "title_ja": "メイン州と青森県の洋上風力に関する覚書",
            "kind": "覚書",
            "status": "継続中",
            "started": "平成26年11月",
            "themes": "clean-energy",
            "us_participants": "maine",
            "jp_participants": "青森県",
            "sources": "https://www.example.org/aomori | 洋上風力に関する覚書 | 政府・自治体 | 日本語",
        },
    ),
)

ACTORS = FlatFile(
    "actors",
    "name",
    (
        Column("slug", pgettext_lazy("column", "slug"), _SLUG, "kobe-hyogo"),
        Column("name", pgettext_lazy("column", "name"), _("Name in English."), "Kobe"),
        Column("name_ja", pgettext_lazy("column", "name_ja"), _("Name in Japanese."), "神戸市"),
        Column("name_kana", pgettext_lazy("column", "name_kana"), _("Reading in kana."), "こうべし", others=("よみ",)),
        Column("kind", pgettext_lazy("column", "kind"), _("What it is; one of the words listed."), "city"),
        Column("country", pgettext_lazy("column", "country"), _("US or JP."), "JP"),
        Column(
            "parent",
            pgettext_lazy("column", "parent"),
            _("The state, prefecture or body that it belongs to, by address or name."),
            "兵庫県",
            "place",
            ("都道府県", "州", "state", "prefecture"),
        ),
        Column(
            "code",
            pgettext_lazy("column", "code"),
            _("ISO 3166-2, FIPS (GEOID) or the municipal code of Japan; as text, so that no zero is lost."),
            "281000",
        ),
        Column("wikidata_id", pgettext_lazy("column", "wikidata_id"), _("Identifier in Wikidata."), "Q48320"),
        Column("population", pgettext_lazy("column", "population"), _("A whole number."), "1510171"),
        Column("population_year", pgettext_lazy("column", "population_year"), _("The year it is of."), "2022"),
        Column("latitude", pgettext_lazy("column", "latitude"), _("Degrees, north is positive."), "34.69"),
        Column("longitude", pgettext_lazy("column", "longitude"), _("Degrees, east is positive."), "135.195"),
        Column("website", pgettext_lazy("column", "website"), _("An address with https://."), others=("url", "HP")),
        Column("office_name", pgettext_lazy("column", "office_name"), _("The office for international affairs.")),
        Column("office_url", pgettext_lazy("column", "office_url"), _("Its page.")),
        Column("office_email", pgettext_lazy("column", "office_email"), _("Its e-mail address.")),
        Column(
            "successor",
            pgettext_lazy("column", "successor"),
            _("For a place that merged: what it belongs to now, by address or name."),
            holds="place",
        ),
        Column("dissolved_on", pgettext_lazy("column", "dissolved_on"), _DATE),
        Column(
            "former_names",
            pgettext_lazy("column", "former_names"),
            _("Names it had before. Several are joined by “; ”."),
            holds="former",
        ),
        Column(
            "other_names",
            pgettext_lazy("column", "other_names"),
            _("Other names it goes by. Several are joined by “; ”."),
            holds="other",
        ),
        Column(
            "note",
            pgettext_lazy("column", "note"),
            _("A note for curators. Once the record is public, anybody can read it in the data package."),
        ),
    ),
    examples=({},),
)

SOURCES = FlatFile(
    "sources",
    "title",
    (
        Column("slug", pgettext_lazy("column", "slug"), _SLUG, "seattle-sister-cities"),
        Column("title", pgettext_lazy("column", "title"), _("Its title, in its own language."), "Sister Cities"),
        Column("publisher", pgettext_lazy("column", "publisher"), _("Who published it."), "City of Seattle"),
        Column("url", pgettext_lazy("column", "url"), _("An address with https://."), "https://www.example.org/kobe"),
        Column("kind", pgettext_lazy("column", "kind"), _("What it is; one of the words listed."), "government"),
        Column("language", pgettext_lazy("column", "language"), _("en or ja."), "en"),
        Column("published_on", pgettext_lazy("column", "published_on"), _DATE, "2023"),
        Column("accessed_on", pgettext_lazy("column", "accessed_on"), _DATE, "令和5年8月10日"),
        Column("archived_url", pgettext_lazy("column", "archived_url"), _("A copy in an archive.")),
    ),
    examples=({},),
)

FLAT_FILES = {flat.name: flat for flat in (PARTNERSHIPS, ACTORS, SOURCES)}

# What an import never writes, in whatever file; asked for, it is refused and not passed over.
REFUSED = (
    *("id", "pk", "publication", "link_state", "path", "region", "reading_order", "created_at", "history"),
    *("公開状態", "公開", "リンクの状態", "作成日時"),
)
# What the public tables say besides, which follows from the rest.
FOLLOWS = (
    *("states", "prefectures", "url", "updated_at", "us_participants_ja", "jp_participants_ja"),
    *("州・準州等（ISO 3166-2）", "都道府県（ISO 3166-2）", "更新日時", "更新日時（UTC）"),
    *("米国側の参加団体（日本語）", "日本側の参加団体（日本語）"),
)
