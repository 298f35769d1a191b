"""Django's ``manage.py check``, which says in one sentence that a database it is to look into cannot be reached."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import check

from partnerships.services import serving


class Command(check.Command):
    def handle(self, *app_labels: Any, **options: Any) -> None:
        if options["databases"]:
            try:
                serving.check_database()
            except serving.ServingError as error:
                raise CommandError(f"partnerships.E008: {error} Nothing was checked.") from error
        super().handle(*app_labels, **options)
