"""What managers do for people who cannot help themselves: lost second factors, forgotten passwords, lost devices."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from partnerships.models import Happening

from .sign_in_events import note


@transaction.atomic
def remove_second_factors(*, user: User, by: User | None, detail: str = "") -> int:
    """Take away all second factors and recovery codes of somebody, and sign them out: what was lost is worth nothing.

    Returns how many factors that were. Where a second factor is required, the next sign-in sets up a new one.
    """
    factors = Authenticator.objects.filter(user=user)
    count = factors.exclude(type=Authenticator.Type.RECOVERY_CODES).count()
    factors.delete()
    end_sessions(user=user, by=by)
    note(what=Happening.FACTOR_REMOVED, user=user, by=by, detail=detail or str(count))
    return count


def end_sessions(*, user: User, by: User | None = None, address: str | None = None) -> int:
    """Sign somebody out everywhere; returns from how many places."""
    return end_some(user=user, sessions=UserSession.objects.all(), by=by, address=address)


@transaction.atomic
def end_some(*, user: User, sessions: QuerySet[UserSession], by: User | None = None, address: str | None = None) -> int:
    """End those of the sessions that are this person's; returns how many."""
    ended = list(sessions.filter(user=user))
    for session in ended:
        session.end()
    if ended:
        note(what=Happening.SESSIONS_ENDED, user=user, by=by, detail=str(len(ended)), address=address)
    return len(ended)


def password_link(*, user: User, by: User) -> str:
    """A link by which somebody gives themself a new password, once; for where no e-mail can be sent."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    note(what=Happening.PASSWORD_LINK, user=user, by=by)
    return settings.SITE_URL + path.replace("UID-KEY", key)
