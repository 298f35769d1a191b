"""Invent records for measuring: ``manage.py make_benchmark_data --partnerships N [--seed S]``."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from partnerships.package.reading import PackageError
from partnerships.services.benchmark_data import BenchmarkDataError, make_benchmark_data


class Command(BaseCommand):
    help = (
        "Fills a database that holds no partnerships with invented ones between real places, for measuring; "
        "the same number and seed give the same records."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--partnerships", type=int, required=True, metavar="N", help="how many, 1 to 1,000,000")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="which ones (default: 1)")

    def handle(self, *args: Any, partnerships: int, seed: int, **options: Any) -> None:
        started = time.monotonic()
        say = self.show if options["verbosity"] else None
        try:
            rows = make_benchmark_data(partnerships=partnerships, seed=seed, report_progress=say)
        except (BenchmarkDataError, PackageError) as error:
            raise CommandError(f"{error}\nNothing was changed.") from error
        counts = ", ".join(f"{name} {count:,}" for name, count in rows.items())
        self.stdout.write(f"Made in {time.monotonic() - started:.1f} s: {counts}.")
        self.stdout.write("These records are invented, for measuring only; never show them to anyone as facts.")

    def show(self, text: str) -> None:
        self.stderr.write(f"  {text}")
