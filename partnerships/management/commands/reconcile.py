"""Hold a register against the directory: ``manage.py reconcile REGISTER.csv [--register …] [--dry-run]``."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from partnerships.models import PartialDate, RegisterEntry
from partnerships.registers import reading
from partnerships.registers.comparing import Result, Verdict
from partnerships.registers.reading import UnreadableError
from partnerships.registers.words import VERDICTS, explain
from partnerships.services.reconciling import Report, reconcile


class Command(BaseCommand):
    help = (
        "Holds what a register of ties says against the directory. What it says is kept verbatim, each difference "
        "becomes a task of the curators' desk, and no record of the directory is changed."
    )

    def create_parser(self, *args: Any, **options: Any) -> Any:
        """With the columns of the file, one a line."""
        columns = "\n".join(f"  {column.name:<9} {column.meaning}" for column in reading.COLUMNS)
        parser = super().create_parser(*args, **options)
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = (
            "The file is a CSV (UTF-8 or Shift_JIS; commas, semicolons or tabs) with these columns, by these or by "
            f"Japanese names;\nus_name and jp_name are required:\n\n{columns}"
        )
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="REGISTER.csv")
        parser.add_argument(
            "--register", choices=RegisterEntry.Register.values, default="", help="the register that the file is of"
        )
        parser.add_argument(
            "--read-on", metavar="DATE", help="the day on which the register was read, if not today: 2026-11-20"
        )
        parser.add_argument(
            "--part", action="store_true", help="the file is a part of the register: say nothing of what it lacks"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, change nothing")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            read_on = PartialDate.parse_typed(options["read_on"]) if options["read_on"] else None
        except ValueError as error:
            raise CommandError(f"--read-on: {error}; nothing was changed.") from error
        try:
            report = reconcile(
                content=path.read_bytes(),
                register=options["register"],
                read_on=read_on,
                is_part=options["part"],
                dry_run=options["dry_run"],
                report_progress=self._progress if options["verbosity"] else None,
            )
        except OSError as error:
            raise CommandError(f"{path} cannot be read ({error.strerror}); nothing was changed.") from error
        except UnreadableError as error:
            raise CommandError(f"{error}\nNothing was changed.") from error
        if options["verbosity"]:
            for result in report.results:
                if result.verdict != Verdict.AGREES or options["verbosity"] > 1:
                    self._result(result)
        self._summary(report)

    def _progress(self, text: str) -> None:
        self.stderr.write(f"  {text}")

    def _result(self, result: Result) -> None:
        entry = result.entry
        name = f"row {entry.row}, {entry.us_name} – {entry.jp_name}" if entry else str(result.tie and result.tie.slug)
        self.stdout.write(f"{VERDICTS[result.verdict]}: {name}")
        for sentence in explain(result.explanation):
            self.stdout.write(f"    {sentence}")

    def _summary(self, report: Report) -> None:
        if report.unused:
            self.stdout.write("Columns not used: " + ", ".join(report.unused))
        for verdict, count in report.verdicts.items():
            self.stdout.write(f"  {count:>6,}  {VERDICTS[verdict]}")
        entries, differences = report.entries, report.differences
        self.stdout.write(
            ("Dry run, nothing was changed: " if report.is_dry_run else "Kept: ")
            + f"{entries['new']} new entries, {entries['changed']} changed, {entries['unchanged']} unchanged; "
            + f"{differences['new']} new differences, {differences['reopened']} opened again, "
            + f"{differences['closed']} closed, {differences['known']} open as before, "
            + f"{differences['decided']} decided before."
        )
