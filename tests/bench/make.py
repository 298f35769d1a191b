"""Make one database of invented records: ``python -m tests.bench.make SIZE SEED`` in the environment of a dataset.

With a size of 0 it gets the places and themes only.
"""

from __future__ import annotations

import os
import sys

import django
from django.core.management import call_command
from django.db import connection


def main(size: int, seed: int) -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    if size:
        call_command("make_benchmark_data", partnerships=size, seed=seed)
    else:
        call_command("load_directory", os.environ["BENCH_PLACES"])
    call_command("collectstatic", interactive=False, verbosity=0)
    if size:  # SQLite would go on believing what was counted in a base
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as loading does, and PostgreSQL by itself in time


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
