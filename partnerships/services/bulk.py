"""One change to many partnerships at once: what was changed is counted, and whatever was left says why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from partnerships import search
from partnerships.models import Citation, PartialDate, Partnership, PartnershipTheme, Theme

BATCH = 200


@dataclass(frozen=True)
class Left:
    """A record that was left as it was, and why."""

    record: Partnership
    reason: str


@dataclass
class BulkReport:
    changed: int = 0
    had_it: int = 0  # nothing was left to do
    left: list[Left] = field(default_factory=list)


def add_theme(*, records: Collection[Partnership], theme: Theme, by: AbstractBaseUser | None) -> BulkReport:
    """Give each record a theme, unless it has it. Who may change which record is for the caller to decide."""
    with transaction.atomic():
        locked = _locked(records)
        having = set(
            PartnershipTheme.objects.filter(theme=theme, partnership__in=locked).values_list("partnership", flat=True)
        )
        lacking = [record for record in locked if record.pk not in having]
        reason = _("Theme “%(theme)s” added to %(count)d records") % {"theme": theme, "count": len(lacking)}
        _save(lacking, [], by, reason)
        links = [PartnershipTheme(partnership=record, theme=theme) for record in lacking]
        bulk_create_with_history(
            links, PartnershipTheme, batch_size=BATCH, default_user=by, default_change_reason=reason[:100]
        )
        search.reindex()
    return BulkReport(len(lacking), len(having), _gone(records, locked))


def mark_verified(*, records: Collection[Partnership], by: AbstractBaseUser | None) -> BulkReport:
    """Note that each record was compared with its sources today; one without a source cannot have been."""
    day = timezone.localdate()
    today = PartialDate(day.year, day.month, day.day)
    with transaction.atomic():
        locked = _locked(records)
        cited = set(
            Partnership.objects.filter(
                Exists(Citation.objects.filter(partnership=OuterRef("pk"))), pk__in=[record.pk for record in locked]
            ).values_list("pk", flat=True)
        )
        report = BulkReport(left=_gone(records, locked))
        changed = []
        for record in locked:
            if record.pk not in cited:
                report.left.append(Left(record, _("No source is cited.")))
            elif record.verified_on == today:
                report.had_it += 1
            else:
                record.verified_on = today
                changed.append(record)
        reason = _("%(count)d records marked as verified") % {"count": len(changed)}
        _save(changed, ["verified_on"], by, reason)
        search.reindex()
    report.changed = len(changed)
    return report


def _locked(records: Collection[Partnership]) -> list[Partnership]:
    """The records as they are now; nobody else changes them until the transaction ends."""
    found = Partnership.objects.select_for_update().filter(pk__in=[record.pk for record in records])
    return list(found.order_by("pk"))


def _gone(records: Collection[Partnership], locked: list[Partnership]) -> list[Left]:
    present = {record.pk for record in locked}
    return [Left(record, _("It was deleted meanwhile.")) for record in records if record.pk not in present]


def _save(records: list[Partnership], fields: list[str], by: AbstractBaseUser | None, reason: str) -> None:
    """A row of the record's own history even where only a part of it changes, as a save in its form writes it."""
    now = timezone.now()
    for record in records:
        record.updated_at = now
    bulk_update_with_history(
        records,
        Partnership,
        [*fields, "updated_at"],
        batch_size=BATCH,
        default_user=by,
        default_change_reason=reason[:100],
    )
