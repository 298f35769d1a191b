"""Load a data package: ``manage.py load_directory [PATH] [--dry-run] [--overwrite | --keep-edited]``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from partnerships.package.reading import PackageError
from partnerships.services.loading import EditedSinceError, load


class Command(BaseCommand):
    help = "Loads a data package into the directory: everything is checked first, then all of it is loaded or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, default=settings.FIXTURES_PACKAGE, metavar="PATH")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, change nothing")
        edited = parser.add_mutually_exclusive_group()
        edited.add_argument("--overwrite", action="store_true", help="replace records that curators changed since")
        edited.add_argument("--keep-edited", action="store_true", help="leave records that curators changed since")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        chosen = {name: options[name] for name in ("dry_run", "overwrite", "keep_edited")}
        try:
            report = load(path=path, report_progress=self.show if options["verbosity"] else None, **chosen)
        except EditedSinceError as error:
            conflicts = len(error.problems)
            changed = (
                "1 record was changed here since it was"
                if conflicts == 1
                else f"{conflicts} records were changed here since they were"
            )
            raise CommandError(
                f"{error}\n{changed} loaded; nothing was "
                "loaded. Use --overwrite to take the package's version, or --keep-edited to load all others."
            ) from error
        except PackageError as error:
            count = "1 problem" if len(error.problems) == 1 else f"{len(error.problems)} problems"
            raise CommandError(f"{error}\n{count}; nothing was changed.") from error
        self.stdout.write(("Dry run, nothing was changed: " if options["dry_run"] else "Loaded: ") + report.summary())

    def show(self, text: str) -> None:
        self.stderr.write(f"  {text}")
