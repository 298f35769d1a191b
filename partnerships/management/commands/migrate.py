"""Django's ``manage.py migrate``, which lets readers pass (services/migrating.py)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, no_translations
from django.core.management.commands import migrate
from django.db import connections

from partnerships.services import migrating


class Command(migrate.Command):
    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            migrating.patiently(
                connections[options["database"]],
                lambda: super(Command, self).handle(*args, **options),
                self.stderr.write,
            )
        except migrating.InTheWayError as error:
            raise CommandError(str(error)) from error
