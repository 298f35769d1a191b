"""What the database costs: ``python -m tests.bench.probe`` in the environment of a dataset writes one JSON object.

Control 3, the listing as plain SQL through the bare driver: the number of matches, 25 rows, five facets. Beside it what
one uncached listing of ours spends in the database, the number of its statements, and the time it takes in all. (On
PostgreSQL the directory asks for its version past Django, which is not seen here.)
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from typing import Any

ROUNDS = 5
PUBLIC = "publication = 'published'"
REGIONS = (
    "SELECT r.code, count(DISTINCT p.partnership_id) FROM partnerships_participation p "
    "JOIN partnerships_partnership s ON s.id = p.partnership_id JOIN partnerships_actor a ON a.id = p.actor_id "
    "JOIN partnerships_actor r ON r.id = a.region_id "
    f"WHERE s.{PUBLIC} AND r.country = '{{}}' GROUP BY 1"
)
STATEMENTS = {
    "count": [f"SELECT count(*) FROM partnerships_partnership WHERE {PUBLIC}"],
    "rows": [
        "SELECT id, slug, title, title_ja, summary, kind, status, started FROM partnerships_partnership "
        f"WHERE {PUBLIC} ORDER BY started DESC {{nulls_last}}, slug LIMIT 25"
    ],
    "facets": [
        f"SELECT kind, count(*) FROM partnerships_partnership WHERE {PUBLIC} GROUP BY 1",
        f"SELECT status, count(*) FROM partnerships_partnership WHERE {PUBLIC} GROUP BY 1",
        "SELECT l.theme_id, count(*) FROM partnerships_partnershiptheme l "
        f"JOIN partnerships_partnership s ON s.id = l.partnership_id WHERE s.{PUBLIC} GROUP BY 1",
        REGIONS.format("US"),
        REGIONS.format("JP"),
    ],
}


def timed(call: Any) -> float:
    """The median of some runs, in milliseconds."""
    times = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def plain_sql() -> dict[str, float]:
    from django.db import connection

    connection.ensure_connection()
    cursor = connection.connection.cursor()

    def run(statements: list[str]) -> None:
        for statement in statements:
            cursor.execute(statement.format(nulls_last="NULLS LAST"))
            cursor.fetchall()

    return {name: round(timed(lambda given=given: run(given)), 2) for name, given in STATEMENTS.items()}


def our_listing() -> dict[str, float]:
    from django.db import connection
    from django.test import Client

    spent: list[float] = []

    def watch(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, values, many, context)
        finally:
            spent.append((time.perf_counter() - started) * 1000)

    client = Client(headers={"host": "127.0.0.1"})
    started = time.perf_counter()
    client.get("/partnerships/")  # makes what is kept in memory
    first = time.perf_counter() - started
    sums, counts, whole = [], [], []
    for _round in range(ROUNDS):
        spent.clear()
        started = time.perf_counter()
        with connection.execute_wrapper(watch):
            response = client.get("/partnerships/")
        whole.append((time.perf_counter() - started) * 1000)
        if response.status_code != 200:
            raise SystemExit(f"the listing answered {response.status_code}")
        sums.append(sum(spent))
        counts.append(len(spent))
    return {
        "database": round(statistics.median(sums), 2),
        "statements": max(counts),
        "whole": round(statistics.median(whole), 2),
        "first": round(first * 1000),
    }


def main() -> None:
    import django

    os.environ["KEEP_PAGES"] = "0"
    django.setup()
    json.dump({"sql": plain_sql(), "ours": our_listing()}, sys.stdout)


if __name__ == "__main__":
    main()
