"""The last resort of whoever lost every second factor: ``manage.py remove_second_factors NAME``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from partnerships.services import accounts


class Command(BaseCommand):
    help = "Removes the second factors and recovery codes of an account and signs it out everywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="user name of the account")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no account {name!r}; nothing was changed.")
        count = accounts.remove_second_factors(user=user, by=None, detail="manage.py")
        self.stdout.write(f"{name}: {count} second factors removed, signed out everywhere.")
