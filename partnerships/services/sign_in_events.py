"""Noting what happens to accounts, and forgetting in time what is kept of it."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import AbstractBaseUser, User
from django.utils import timezone

from partnerships.models import Happening, SignInEvent

# As long as somebody may notice, and ask, what an unknown address did here.
ADDRESSES_KEPT_FOR = dt.timedelta(days=30)
ATTEMPTS = (Happening.REFUSED, Happening.CODE_REFUSED)


def note(
    *,
    what: Happening,
    user: AbstractBaseUser | None = None,
    by: AbstractBaseUser | None = None,
    name: str = "",
    detail: str = "",
    address: str | None = None,
) -> SignInEvent:
    """Append one event. ``user`` is whom it is about, ``by`` who did it where that is somebody else.

    Every event forgets what is older than ``ADDRESSES_KEPT_FOR``: the addresses of all, and failed attempts as a whole.
    """
    event = SignInEvent.objects.create(
        what=what,
        user=user if isinstance(user, User) else None,
        name=name or (user.get_username() if user else ""),
        by=by if isinstance(by, User) and by != user else None,
        detail=detail[:254],
        address=address,
    )
    old = SignInEvent.objects.filter(at__lt=timezone.now() - ADDRESSES_KEPT_FOR, address__isnull=False)
    old.filter(what__in=ATTEMPTS).delete()
    old.update(address=None)
    return event
