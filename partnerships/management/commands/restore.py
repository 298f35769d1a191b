"""Make the database what a backup holds: ``manage.py restore PATH [--yes]``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from partnerships.services.backups.files import BackupError
from partnerships.services.backups.restoring import restore


class Command(BaseCommand):
    help = (
        "Checks a backup, makes it ready, and puts it in the place of the database at one moment, while the site goes "
        "on; what was there is kept as a backup."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH")
        parser.add_argument("--yes", action="store_true", help="replace what the database holds")

    def handle(self, *args: Any, path: Path, yes: bool, **options: Any) -> None:
        try:
            restored = restore(path, agreed=yes, say=self.show if options["verbosity"] else lambda text: None)
        except BackupError as error:
            raise CommandError(str(error)) from error
        if restored.kept:
            self.stdout.write(f"What was there before is in {restored.kept}")
        self.stdout.write("Without the SECRET_KEY of that time, authenticator apps and recovery codes do not work.")
        records = ", ".join(f"{count:,} {name}" for name, count in restored.manifest.records.items())
        self.stdout.write(f"Restored the state of {restored.manifest.made_at}: {records}")

    def show(self, text: str) -> None:
        self.stderr.write(f"  {text}")
