from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partnerships import duplicates
from partnerships.models import RecordKind


class Command(BaseCommand):
    help = "Print pairs of records that may be one and the same, with the reasons; drafts are looked at, too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", choices=RecordKind.values, help="look at one kind of record only")

    def handle(self, *args: Any, **options: Any) -> None:
        for kind in [options["kind"]] if options["kind"] else RecordKind.values:
            found = duplicates.find(kind, self._report)
            self.stdout.write(f"{RecordKind(kind).label}: {self._count(len(found))}")
            for pair in found:
                self.stdout.write(f"  {pair.slugs[0]} | {pair.slugs[1]} ({pair.likeness.score})")
                for reason in pair.likeness.reasons:
                    self.stdout.write(f"    {reason}")

    def _count(self, number: int) -> str:
        return ngettext("%(count)d pair", "%(count)d pairs", number) % {"count": number} if number else _("none found")

    def _report(self, text: str) -> None:
        self.stderr.write(text)
