"""Make the search index anew: ``manage.py rebuild_search [--check]``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from partnerships import search


class Command(BaseCommand):
    help = "Makes the search index anew, while the site goes on; with --check only says whether it is in step."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when the index is out of step")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if check:
            if lacking := search.out_of_step():
                numbers = ", ".join(f"{count:,} of kind {kind}" for kind, count in lacking.items())
                raise CommandError(f"The search index is out of step with the records: {numbers}. Run rebuild_search.")
            self.stdout.write("The search index is in step with the records.")
            return
        counts = search.rebuild(report_progress=self.show if options["verbosity"] else None)
        self.stdout.write("Indexed: " + ", ".join(f"{count:,} of kind {kind}" for kind, count in counts.items()))

    def show(self, kind: str, done: int, total: int) -> None:
        self.stderr.write(f"  {kind} {done:,}/{total:,}")
