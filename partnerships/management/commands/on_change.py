"""Run a command after every published change: ``manage.py on_change [--every S] COMMAND [ARGUMENT …]``."""

from __future__ import annotations

import os
import subprocess
import time
from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from partnerships import databases


class Command(BaseCommand):
    help = (
        "Runs a command at the start and after every change of the public directory, for instance one that tells a "
        "content delivery network to forget the pages it holds. It finds the version in DIRECTORY_VERSION. One that "
        "fails is run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, metavar="S", help="seconds between looks (default: 1)")
        parser.add_argument("command", nargs=REMAINDER, metavar="COMMAND", help="with its arguments; no shell is used")

    def handle(self, *args: Any, every: float, command: list[str], **options: Any) -> None:
        if not command:
            raise CommandError("Say which command to run.")
        if every <= 0:
            raise CommandError("--every must be more than 0 seconds.")
        told = -1
        try:
            while True:
                number = self.version_or(told)
                if number != told and self.run(command, number):
                    told = number
                time.sleep(every)
        except KeyboardInterrupt:
            return

    def version_or(self, last: int) -> int:
        try:
            return databases.current_version(databases.SECONDS_OF_PATIENCE)
        except databases.LOST as error:
            self.stderr.write(f"The database does not answer: {error}")
            return last

    def run(self, command: list[str], number: int) -> bool:
        try:
            code = subprocess.run(command, env=os.environ | {"DIRECTORY_VERSION": str(number)}, check=False).returncode  # noqa: S603 (the operator's own)
        except OSError as error:
            raise CommandError(f"{command[0]} cannot be run: {error.strerror}.") from error
        if code:
            self.stderr.write(f"{command[0]} ended with {code} for version {number}; it is run again.")
        else:
            self.stdout.write(f"{command[0]} was run for version {number}.")
            self.stdout.flush()
        return not code
