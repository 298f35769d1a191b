"""Check the links of sources: ``manage.py check_links [--limit N] [--stale-days D]``."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from partnerships.links.fetching import Visitor
from partnerships.models import LinkCheck
from partnerships.services import links

WIDTH = 30


class Command(BaseCommand):
    help = (
        "Visits the addresses of the sources that records cite, those first that were not checked for longest, and "
        "notes what came of it. A link that fails on three different days is called broken."
    )
    # Only for callers within the program: tests have a server on their own machine, where none may go otherwise.
    stealth_options = ("visitor",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=_counted, metavar="N", help="check at most N sources (default: all)")
        parser.add_argument(
            "--stale-days", type=_counted, metavar="D", help="only those that were not checked in the last D days"
        )

    def handle(self, *args: Any, visitor: Visitor | None = None, **options: Any) -> None:
        started = time.monotonic()
        try:
            with override("en"):
                report = links.check_links(
                    limit=options["limit"],
                    stale_days=options["stale_days"],
                    visitor=visitor,
                    report_progress=self.show if options["verbosity"] else None,
                )
        except links.AlreadyRunningError as error:
            raise CommandError("Another run of check_links is going on; this one did nothing.") from error
        if report.wanted and self.stderr.isatty():
            self.stderr.write("")
        self.stdout.write(f"{_summary(report)} {time.monotonic() - started:.0f} s.")
        left = report.wanted - report.checked
        if report.is_broken_off:
            self.stderr.write(f"Broken off; {left:,} not checked. What was checked is kept.")
            sys.exit(130)
        if report.unreached:
            raise CommandError(
                f"Nothing answered for {report.unreached:,} of them, nor did a link that worked before: is there a "
                "network? Of these nothing was written down."
            )

    def show(self, done: int, total: int, url: str) -> None:
        if self.stderr.isatty():
            filled = WIDTH * done // total
            bar = "#" * filled + "." * (WIDTH - filled)
            self.stderr.write(f"\r[{bar}] {done:,}/{total:,} {url[:60]:<60}", ending="")
            self.stderr.flush()
        elif done == total or done * 20 // total != (done - 1) * 20 // total:
            self.stderr.write(f"  {done:,}/{total:,}")


def _counted(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1_000_000):
        raise ArgumentTypeError("it must be a whole number from 1 to 1,000,000")
    return int(text)


def _summary(report: links.CheckReport) -> str:
    parts = [f"Checked {report.checked:,} of {report.wanted:,} sources that were due"]
    with override("en"):
        parts += [f"{LinkCheck.Outcome(name).label}: {count:,}" for name, count in report.outcomes.most_common()]
    parts += [f"newly called broken: {report.newly_broken:,}", f"working again: {report.working_again:,}"]
    return "; ".join(parts) + "."
