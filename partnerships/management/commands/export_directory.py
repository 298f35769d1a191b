"""Write the published directory as a data package: ``manage.py export_directory PATH``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from partnerships.package.writing import write_package


class Command(BaseCommand):
    help = "Writes the published directory as a data package; the same records always give the same bytes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            counts = write_package(path)
        except OSError as error:
            raise CommandError(f"Cannot write {error.filename or path}: {error.strerror}.") from error
        self.stdout.write(f"Wrote {path}: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))
