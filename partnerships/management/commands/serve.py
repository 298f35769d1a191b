"""Prepare whatever is missing and serve: ``manage.py serve [--host H] [--port P] [--workers N]``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from partnerships.services import serving


class Command(BaseCommand):
    help = "Migrates, loads the data and collects static files where that is not done yet, then serves the directory."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
        parser.add_argument("--port", default="8000", help="port to listen on (default: 8000)")
        parser.add_argument("--workers", default="2", help="number of processes that answer (default: 2)")

    def handle(self, *args: Any, host: str, port: str, workers: str, **options: Any) -> None:
        try:
            self.prepare_and_serve(
                host,
                serving.checked_number("PORT", port, 65535),
                serving.checked_number("The number of workers", workers, 64),
            )
        except serving.ServingError as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            sys.exit(130)  # as a shell reports it

    def prepare_and_serve(self, host: str, port: int, workers: int) -> None:
        address = serving.checked_address(host, port)
        url = serving.url_of(host, port)
        serving.prepare(url=url, say=self.say)
        if not serving.is_loopback(address) and set(settings.ALLOWED_HOSTS) <= settings.LOOPBACK_NAMES:
            self.say("Others cannot reach it yet: set ALLOWED_HOSTS to its host name, and SECRET_KEY.")
        serving.serve(
            address=address,
            port=port,
            workers=workers,
            on_start=lambda: self.say(f"Serving {url} (stop with Ctrl-C)"),
        )

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
