"""Make a backup of the whole database: ``manage.py backup PATH``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from partnerships.services.backups.files import BackupError
from partnerships.services.backups.making import make


class Command(BaseCommand):
    help = (
        "Writes the whole database, as it is at one moment, to one file, while the site goes on. "
        "SECRET_KEY is not in it."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH", help="a new file, or a folder to make one in")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            made = make(path, self.show if options["verbosity"] else lambda text: None)
        except BackupError as error:
            raise CommandError(str(error)) from error
        records = ", ".join(f"{count:,} {name}" for name, count in made.manifest.records.items())
        self.stdout.write("SECRET_KEY is not in it; keep it apart, or authenticator apps and recovery codes are lost.")
        self.stdout.write(f"Wrote {made.path}: {made.size:,} bytes, {records}, SHA-256 {made.sha256}")

    def show(self, text: str) -> None:
        self.stderr.write(f"  {text}")
