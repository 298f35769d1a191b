"""Search over two languages: one tokenizer (``text.py``), one index, matched by each engine's own means."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from types import ModuleType
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from partnerships import databases, text
from partnerships.models import Actor, DirectoryVersion, Partnership, RecordVersion, Source
from partnerships.text import Query

from . import postgres, sqlite
from .index import COLUMNS, KINDS, Alternative, Condition, Documents, Level, excluded, levels, shown_names

BATCH = 500
MANY = 2_000  # entries at once: a directory that is being filled
MOST_LOOKED_AT = 200  # records, for the words that one may have been meant to be
MODELS: dict[str, type[Any]] = {"partnership": Partnership, "actor": Actor, "source": Source}


def _engine() -> ModuleType:
    return {"sqlite": sqlite, "postgresql": postgres}[connection.vendor]


def install() -> None:
    """Make the index's tables where they are not there yet."""
    for kind in KINDS:
        _engine().install(connection, kind)


# --- Asking ----------------------------------------------------------------------------------------------------------


def apply(found: QuerySet[Any], query: Query) -> QuerySet[Any]:
    """Those of the records that match the query; all of them for a query without words."""
    kind = _kind(found)
    if query.wanted:
        found = found.filter(pk__in=_subquery(kind, levels(query)[-1]))
    if unwanted := excluded(query):
        found = found.exclude(pk__in=_subquery(kind, unwanted))
    return found


def ranked(found: QuerySet[Any], query: Query) -> QuerySet[Any]:
    """Annotated with ``rank``: 0 for the best matches. The query must want something, not only exclude."""
    best = levels(query)[:-1]
    steps = [When(pk__in=_subquery(_kind(found), level), then=Value(number)) for number, level in enumerate(best)]
    return found.annotate(rank=Case(*steps, default=Value(len(best)), output_field=IntegerField()))


def tables() -> list[str]:
    """The names of the tables that hold the index."""
    return [_engine().table(kind) for kind in KINDS]


def ids_by_level(kind: str, query: Query) -> list[list[int]]:
    """The ids of the matching records, level by level, the best first; a record is on every level after its first.

    One statement; published or not is for the caller to know. For a query of which only exclusions are left, the one
    level is all others.
    """
    engine = _engine()
    asked = levels(query) if query.wanted else []
    parts = [engine.matching(kind, level) for level in asked] or [(engine.all_ids(kind), [])]
    unwanted = excluded(query)
    taken_out, values = engine.matching(kind, unwanted) if unwanted else ("", [])
    rows: list[list[int]] = [[] for _ in parts]
    statement = " UNION ALL ".join(
        f"SELECT {number}, id FROM ({sql}) AS level_{number}" for number, (sql, _values) in enumerate(parts)
    )
    if unwanted:
        statement = f"SELECT * FROM ({statement}) AS matches WHERE id NOT IN ({taken_out})"
    with databases.connection().cursor() as cursor:
        cursor.execute(statement, [*(value for _sql, given in parts for value in given), *values])
        for number, pk in cursor.fetchall():
            rows[number].append(pk)
    return rows


def corrections(kind: str, word: str, published: QuerySet[Any]) -> list[str]:
    """What a Latin word may have been meant to be: words one typing error away that stand in names and titles.

    The most frequent first, at most three, as the published records spell them.
    """
    candidates = text.one_error_away(text.fold(word))
    if not candidates:
        return []
    one_of: Condition = (tuple(Alternative((candidate,)) for candidate in sorted(candidates)),)
    level = Level(COLUMNS.index("titles") + 1, (one_of,))
    ids = published.filter(pk__in=_subquery(kind, level)).order_by("pk").values_list("pk", flat=True)
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for name in shown_names(kind, list(ids[:MOST_LOOKED_AT])):
        for written in name.split():
            bare = written.strip('.,;:!?()[]“”"–—-')
            if text.fold(bare) in candidates:
                spellings[text.fold(bare)][bare] += 1
    frequent = sorted(spellings.values(), key=lambda counter: -counter.total())
    return [counter.most_common(1)[0][0] for counter in frequent[:3]]


def _subquery(kind: str, level: Level) -> RawSQL:
    return RawSQL(*_engine().matching(kind, level))


def _kind(found: QuerySet[Any]) -> str:
    return next(kind for kind, model in MODELS.items() if model is found.model)


# --- Keeping in step -------------------------------------------------------------------------------------------------


def reindex() -> int:
    """Bring the index in step with every record that changed; return how many entries were written anew.

    Call it at the end of the transaction that changed them: which they are, the database's triggers have noted.
    """
    pending = RecordVersion.objects.not_indexed()
    if not pending.exists():
        return 0
    changed = {
        "partnership": pending.partnerships(),
        "actor": pending.actors(),
        "source": set(pending.ids(RecordVersion.Kind.SOURCE)),
    }
    documents = Documents()
    for kind, ids in changed.items():
        _renew(kind, sorted(ids), documents)
    pending.update(is_indexed=True)
    return sum(map(len, changed.values()))


def rebuild(report_progress: Callable[[str, int, int], None] | None = None) -> dict[str, int]:
    """Make every entry anew, while the site is read and written; return the number of entries by kind.

    ``report_progress`` is told kind, entries done and entries in all. Batch by batch, each in a transaction that holds
    off writers for a moment, so that no entry is made of a record that is just being changed.
    """
    documents = Documents()
    counts = {}
    for kind, model in MODELS.items():
        ids = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), BATCH):
            with transaction.atomic():
                _hold_off_writers()
                _renew(kind, ids[start : start + BATCH], documents)
            if report_progress:
                report_progress(kind, min(start + BATCH, len(ids)), len(ids))
        with transaction.atomic():
            _hold_off_writers()
            _engine().remove(connection, kind, _superfluous(kind))
        counts[kind] = len(ids)
    with transaction.atomic():
        _hold_off_writers()
        reindex()
    return counts


def _hold_off_writers() -> None:
    """Every writer raises the version and holds its row until it is done; on SQLite, beginning is enough."""
    list(DirectoryVersion.objects.select_for_update().values_list("pk"))


def _renew(kind: str, ids: list[int], documents: Documents) -> None:
    with _engine().many(connection, kind) if len(ids) > MANY else nullcontext():
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            _engine().remove(connection, kind, batch)
            _engine().write(connection, kind, documents.entries(kind, batch))


def out_of_step() -> dict[str, int]:
    """By kind, how many records the index lacks, holds in vain, or holds in an old state; empty when it is in step."""
    pending = RecordVersion.objects.not_indexed()
    found = {}
    for kind, model in MODELS.items():
        missing = model._default_manager.exclude(pk__in=RawSQL(_engine().all_ids(kind), []))
        number = missing.count() + len(_superfluous(kind)) + pending.ids(kind).count()
        if number:
            found[kind] = number
    return found


def reason_not_to_search() -> str:
    """Why the index cannot be relied on, as one line; empty where it can. Three short queries, for probes.

    That it lacks records which no trigger noted, only ``out_of_step`` finds out.
    """
    present = set(connection.introspection.table_names())
    if not present.issuperset(tables()):
        return "search index missing: run manage.py migrate, then rebuild_search"
    out_of_step = "search index out of step: run manage.py rebuild_search"
    if RecordVersion.objects.not_indexed().exists():
        return out_of_step
    is_empty = " OR ".join(
        f"(EXISTS (SELECT 1 FROM {model._meta.db_table}) AND NOT EXISTS (SELECT 1 FROM {_engine().table(kind)}))"
        for kind, model in MODELS.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {is_empty}")
        return out_of_step if cursor.fetchone()[0] else ""


def _superfluous(kind: str) -> list[int]:
    """Entries of records that are no more."""
    table = MODELS[kind]._meta.db_table
    entries = _engine().all_ids(kind)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM ({entries}) AS entry WHERE id NOT IN (SELECT id FROM {table})")
        return [row[0] for row in cursor.fetchall()]
