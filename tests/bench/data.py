"""The records to measure on, the addresses to ask for, and what a right answer holds."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import psycopg

from .client import Answer
from .load import ROOT, WrongAnswerError

PER_PAGE = 25
SEED = 1
WORDS = "clean energy"
PLACE = "北九州"
SLUG = re.compile(r"[\w-]+-\d{7}")  # of an invented partnership
ROWS = ("listing", "filtered", "words", "japanese", "deep", "record", "csv")
# The one order of parameters that the directory answers to; it redirects others.
ORDER = (
    *("q", "theme", "kind", "status", "state", "prefecture", "level", "decade", "actor", "year_min", "year_max"),
    *("sort", "page"),
)


def address(path: str = "/partnerships/", **parameters: str | list[str]) -> str:
    """The canonical address of a listing."""
    given = {name: [values] if isinstance(values, str) else sorted(values) for name, values in parameters.items()}
    query = "&".join(f"{name}={quote_plus(value)}" for name in ORDER for value in given.pop(name, []))
    assert not given, f"unknown parameters: {given}"
    return f"{path}?{query}" if query else path


@dataclass
class Dataset:
    """One number of invented partnerships in a database of one engine."""

    size: int
    engine: str
    folder: Path
    database_url: str
    places: Path
    facts: Facts = field(init=False)

    @property
    def name(self) -> str:
        return f"{self.size:,} on {'SQLite' if self.engine == 'sqlite' else 'PostgreSQL'}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every Django process on this database; nothing of the developer's own."""
        return os.environ | {
            "DATABASE_URL": self.database_url,
            "VAR_DIR": str(self.folder / "var"),
            "BENCH_PLACES": str(self.places),
            "SECRET_KEY": "only-for-measuring",
            "DEBUG": "false",
            "SITE_URL": "http://127.0.0.1:8000",
            "ALLOWED_HOSTS": "127.0.0.1",
            "TRUSTED_PROXIES": "",
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings_common",
        }

    @property
    def sqlite_file(self) -> Path:
        return self.folder / "directory.sqlite3"

    @property
    def datasette_file(self) -> Path:
        return self.folder / "bench.db"

    def connect(self) -> Any:
        """A connection of the driver's own, past Django."""
        if self.engine == "sqlite":
            return sqlite3.connect(self.sqlite_file)
        return psycopg.connect(self.database_url)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(sql if self.engine == "sqlite" else sql.replace("?", "%s"), values)
            return cursor.fetchall()


def start_making(
    size: int, engine: str, folder: Path, places: Path, server_url: str, base: Dataset | None = None
) -> tuple[Dataset, Any]:
    """Begin to make a database in a process of its own, of a copy of ``base``; the second value is that process.

    One of no partnerships, which holds the places and themes, is a base for others.
    """
    if base:
        shutil.copytree(base.folder, folder)
    else:
        (folder / "var").mkdir(parents=True)
    if engine == "sqlite":
        url = f"sqlite:///{folder / 'directory.sqlite3'}"
    else:
        template = f"TEMPLATE bench_{base.size}" if base else ""
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE bench_{size} {template}")
        url = server_url.rpartition("/")[0] + f"/bench_{size}"
    data = Dataset(size, engine, folder, url, places)
    with (folder / "make.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.make", str(size), str(SEED)],
            cwd=ROOT,
            env=data.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},  # the real data gives the weights
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return data, process


def finish_making(data: Dataset, process: Any) -> None:
    if process.wait():
        said = (data.folder / "make.log").read_text()[-2000:]
        raise WrongAnswerError(f"The records could not be made ({data.name}).\n{said}")
    if data.size:
        data.facts = Facts.of(data)


@dataclass
class Facts:
    """What is in the database, asked with plain SQL: which addresses to measure, and what must be on them."""

    theme: str
    state: str
    themes: list[str]
    states: list[str]
    prefectures: list[str]
    kinds: list[str]
    newest: list[tuple[int, str, str, str]]  # id, slug, title, start, in the listing's order
    matches: dict[str, set[str]]  # the slugs of filtered lists

    @classmethod
    def of(cls, data: Dataset) -> Facts:
        (theme, state), *_others = data.query(
            "SELECT t.slug, r.code FROM partnerships_partnershiptheme l JOIN partnerships_theme t ON t.id = l.theme_id "
            "JOIN partnerships_participation p ON p.partnership_id = l.partnership_id "
            "JOIN partnerships_actor a ON a.id = p.actor_id JOIN partnerships_actor r ON r.id = a.region_id "
            "WHERE a.country = 'US' GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT 1"
        )
        like = "LIKE" if data.engine == "sqlite" else "ILIKE"
        return cls(
            theme=theme,
            state=state,
            themes=_column(data, "SELECT DISTINCT t.slug FROM partnerships_theme t ORDER BY 1"),
            states=_regions(data, "US"),
            prefectures=_regions(data, "JP"),
            kinds=_column(data, "SELECT DISTINCT kind FROM partnerships_partnership ORDER BY 1"),
            newest=data.query(
                "SELECT id, slug, title, coalesce(started, '') FROM partnerships_partnership "
                "ORDER BY started IS NULL, started DESC, slug"
            ),
            matches={
                "filtered": set(
                    _column(
                        data,
                        "SELECT slug FROM partnerships_partnership WHERE id IN (SELECT l.partnership_id FROM "
                        "partnerships_partnershiptheme l JOIN partnerships_theme t ON t.id = l.theme_id "
                        "WHERE t.slug = ?) AND id IN (SELECT p.partnership_id FROM partnerships_participation p "
                        "JOIN partnerships_actor a ON a.id = p.actor_id JOIN partnerships_actor r "
                        "ON r.id = a.region_id WHERE r.code = ?)",
                        theme,
                        state,
                    )
                ),
                "words": set(
                    _column(
                        data,
                        f"SELECT slug FROM partnerships_partnership WHERE summary {like} ? OR title {like} ?",
                        f"%{WORDS}%",
                        f"%{WORDS}%",
                    )
                ),
                "japanese": set(
                    _column(
                        data,
                        "SELECT slug FROM partnerships_partnership WHERE title_ja LIKE ? OR summary_ja LIKE ?",
                        f"%{PLACE}%",
                        f"%{PLACE}%",
                    )
                ),
            },
        )

    @cached_property
    def slugs(self) -> set[str]:
        return {slug for _id, slug, *_rest in self.newest}

    @property
    def pages(self) -> list[int]:
        """Twenty pages around the middle of the records whose start is known."""
        last = sum(bool(started) for *_rest, started in self.newest) // PER_PAGE
        first = max(2, last // 2 - 10)
        return list(range(first, min(first + 20, last)))

    @property
    def sample(self) -> list[tuple[int, str, str, str]]:
        """A hundred records from everywhere."""
        step = max(1, len(self.newest) // 100)
        return self.newest[::step][:100]


def _column(data: Dataset, sql: str, *values: str) -> list[str]:
    return [row[0] for row in data.query(sql, *values)]


def _regions(data: Dataset, country: str) -> list[str]:
    return _column(
        data,
        "SELECT code FROM partnerships_actor WHERE kind IN ('state', 'territory', 'prefecture') AND country = ? "
        "AND code <> '' ORDER BY code",
        country,
    )


# --- Addresses -----------------------------------------------------------------------------------------------------


def addresses(system: str, row: str, data: Dataset) -> list[str]:
    facts = data.facts
    if system == "fixed":
        return ["/partnerships/"]
    if system == "datasette":
        return _datasette_addresses(row, data)
    return {
        "listing": lambda: [address()],
        "filtered": lambda: [address(theme=facts.theme, state=facts.state)],
        "words": lambda: [address(q=WORDS)],
        "japanese": lambda: [address(q=PLACE)],
        "deep": lambda: [address(page=str(number)) for number in facts.pages],
        "record": lambda: [f"/partnerships/{slug}/" for _id, slug, _title, _started in facts.sample],
        "csv": lambda: ["/partnerships.csv"],
    }[row]()


def _datasette_addresses(row: str, data: Dataset) -> list[str]:
    facts = data.facts
    table = "/bench/partnerships_partnership"
    facets = "_facet_array=themes&_facet_array=states&_facet_array=prefectures&_facet=kind&_facet=status"
    listing = f"{table}?{facets}&_size={PER_PAGE}&_sort_desc=started"
    match row:
        case "filtered":
            return [f"{listing}&themes__arraycontains={facts.theme}&states__arraycontains={facts.state}"]
        case "words":
            return [f"{listing}&_search={quote_plus(WORDS)}"]
        case "japanese":
            return [f"{listing}&_search={quote_plus(PLACE)}"]
        case "deep":
            last_before = [facts.newest[(number - 1) * PER_PAGE - 1] for number in facts.pages]
            return [f"{listing}&_next={started},{pk}" for pk, _slug, _title, started in last_before]
        case "record":
            return [f"{table}/{pk}" for pk, *_rest in facts.sample]
        case "csv":
            return [f"{table}.csv?_stream=1&_size=max"]
    return [listing]


def crawl_addresses(facts: Facts, count: int) -> list[str]:
    """Distinct addresses of filtered lists, as a robot finds them that follows every link."""
    chance = random.Random(SEED)
    statuses = ["active", "ended", "unknown"]
    found: dict[str, None] = {}
    while len(found) < count:
        chosen: dict[str, str | list[str]] = {}
        for name, values in (
            ("theme", facts.themes),
            ("kind", facts.kinds),
            ("status", statuses),
            ("state", facts.states),
            ("prefecture", facts.prefectures),
        ):
            if chance.random() < 0.6:
                chosen[name] = sorted(set(chance.choices(values, k=chance.choice((1, 1, 1, 2, 3)))))
        found[address(**chosen)] = None
    return list(found)


# --- What is right -------------------------------------------------------------------------------------------------


def problem_with(answer: Answer, system: str, row: str, turn: int, data: Dataset) -> str:
    """Why an answer is not what was asked for; empty where it is."""
    if answer.status != 200:
        return f"answered {answer.status}"
    text, facts = answer.text, data.facts
    if system == "fixed":
        return "" if len(answer.body) == 40_000 else f"has {len(answer.body)} bytes instead of 40,000"
    if row == "csv":
        number = sum(1 for _row in csv.reader(io.StringIO(text))) - 1
        return "" if number == data.size else f"has {number} rows instead of {data.size}"
    if row == "record":
        title = facts.sample[turn][2]
        return "" if escape(title) in text or title in text else f"does not show “{title}”"
    if row == "listing":
        wanted = [slug for _id, slug, *_rest in facts.newest[:PER_PAGE]]
    elif row == "deep":
        start = (facts.pages[turn] - 1) * PER_PAGE
        wanted = [slug for _id, slug, *_rest in facts.newest[start : start + PER_PAGE]]
    else:
        matches, shown_slugs = facts.matches[row], facts.slugs & set(SLUG.findall(text))
        if row == "filtered" and not shown_slugs <= matches:
            return f"shows records that do not match: {sorted(shown_slugs - matches)[:3]}"
        enough = len(shown_slugs) >= min(PER_PAGE, len(matches)) > 0
        return "" if enough else f"shows {len(shown_slugs)} records, though {len(matches)} match"
    # Records of the same day may be in another order in a system that knows no second key.
    least = PER_PAGE if system != "datasette" else PER_PAGE // 2
    shown = sum(slug in text for slug in wanted)
    return "" if shown >= min(least, len(wanted)) else f"shows {shown} of the {len(wanted)} records that it should"


# --- Datasette's copy ----------------------------------------------------------------------------------------------


def make_datasette_file(data: Dataset) -> None:
    """A copy of the SQLite file with what Datasette's users would add: arrays to facet by, and full-text search.

    Trigrams, because its usual tokenizer finds nothing in Japanese.
    """
    with closing(sqlite3.connect(data.sqlite_file)) as source, closing(sqlite3.connect(data.datasette_file)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        triggers = copy.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            copy.execute(f'DROP TRIGGER "{name}"')
        virtual = copy.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'").fetchall()
        for (name,) in virtual:  # the directory's own index, which Datasette would show but not use
            copy.execute(f'DROP TABLE "{name}"')
        for column in ("themes", "states", "prefectures"):
            copy.execute(f"ALTER TABLE partnerships_partnership ADD COLUMN {column} TEXT")
        arrays = _arrays(copy)
        copy.executemany(
            "UPDATE partnerships_partnership SET themes = ?, states = ?, prefectures = ? WHERE id = ?", arrays
        )
        copy.execute("CREATE INDEX bench_started ON partnerships_partnership (started)")
        columns = "title, title_ja, summary, summary_ja"
        copy.execute(
            f"CREATE VIRTUAL TABLE partnerships_partnership_fts USING fts5({columns}, "
            "content=partnerships_partnership, content_rowid=id, tokenize=trigram)"
        )
        copy.execute("INSERT INTO partnerships_partnership_fts (partnerships_partnership_fts) VALUES ('rebuild')")
        copy.execute("ANALYZE")
        copy.commit()


def _arrays(copy: sqlite3.Connection) -> Iterator[tuple[str, str, str, int]]:
    def grouped(sql: str) -> Callable[[int], str]:
        values: dict[int, list[str]] = {}
        for pk, value in copy.execute(sql):
            values.setdefault(pk, []).append(value)
        return lambda pk: json.dumps(values.get(pk, []))

    regions = (
        "SELECT DISTINCT p.partnership_id, r.code FROM partnerships_participation p "
        "JOIN partnerships_actor a ON a.id = p.actor_id JOIN partnerships_actor r ON r.id = a.region_id "
        "WHERE r.country = '{}' ORDER BY 1, 2"
    )
    columns = (
        grouped(
            "SELECT l.partnership_id, t.slug FROM partnerships_partnershiptheme l "
            "JOIN partnerships_theme t ON t.id = l.theme_id ORDER BY 1, 2"
        ),
        grouped(regions.format("US")),
        grouped(regions.format("JP")),
    )
    ids = [pk for (pk,) in copy.execute("SELECT id FROM partnerships_partnership")]
    return ((*(column(pk) for column in columns), pk) for pk in ids)  # type: ignore[misc]
