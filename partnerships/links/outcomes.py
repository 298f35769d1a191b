"""What an outcome means for a link: it works, it failed, or nothing can be said; and when a link is called broken."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from partnerships.models import LinkCheck, Source

Outcome = LinkCheck.Outcome
State = Source.LinkState

WORKING = frozenset({Outcome.WORKS, Outcome.MOVED})
# A site that turns programs away may well serve people, and browsers find what a certificate's chain lacks.
UNDECIDED = frozenset({Outcome.REFUSED, Outcome.UNVERIFIED, Outcome.NOT_VISITED})
FAILED = frozenset(Outcome) - WORKING - UNDECIDED

FAILING_DAYS = 3  # on so many different days a link has to fail before it is called broken


class Standing(NamedTuple):
    """On how many days in a row a link failed, and on which one last."""

    failing_days: int = 0
    failed_on: dt.date | None = None

    def after(self, outcome: str, day: dt.date) -> Standing:
        """Several failures of one day count once; one success forgets all of them."""
        if outcome in WORKING:
            return Standing()
        if outcome in UNDECIDED or self.failed_on == day:
            return self
        return Standing(self.failing_days + 1, day)


def state_after(present: str, outcome: str, standing: Standing) -> str:
    """What is shown of a link: it stays as it was until something is known."""
    if outcome in WORKING:
        return State.REDIRECTED if outcome == Outcome.MOVED else State.OK
    if outcome in FAILED and standing.failing_days >= FAILING_DAYS:
        return State.BROKEN
    return present


def of_status(status: int) -> str:
    """The outcome of an answer that leads nowhere else."""
    if status in {401, 403, 407, 429, 451}:
        return Outcome.REFUSED
    named = {404: Outcome.NOT_FOUND, 410: Outcome.GONE}
    if status in named:
        return named[status]
    if 200 <= status < 300 or status == 300:
        return Outcome.WORKS
    if 400 <= status < 500:
        return Outcome.BAD_REQUEST
    return Outcome.SERVER_ERROR if 500 <= status < 600 else Outcome.BAD_ANSWER
