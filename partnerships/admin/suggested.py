"""What the public suggested about a record, for its form: notes are public, so suggestions are shown there instead."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils import timezone

from partnerships.models import Partnership, Publication, Suggestion

State = Suggestion.State
# For so long an accepted correction stands above a public record: its text may take more than one sitting to work in.
STAYS_FOR = dt.timedelta(days=30)


def suggestions_on(record: Any, user: Any) -> list[Suggestion]:
    """Those that wait for an answer, and those accepted whose text may still have to be worked in; the oldest first."""
    if not isinstance(record, Partnership) or not user.has_perm("partnerships.view_suggestion"):
        return []
    shown = Q(state__in=[State.WAITING, State.ASKED, State.FORWARDED])
    if record.publication == Publication.PUBLISHED:
        shown |= Q(state=State.ACCEPTED, answered_at__gte=timezone.now() - STAYS_FOR)
    else:
        shown |= Q(state=State.ACCEPTED)
    about = Q(partnership=record) | Q(draft=record)
    return list(Suggestion.objects.filter(about, shown).order_by("created_at", "pk"))
