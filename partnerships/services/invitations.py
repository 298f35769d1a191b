"""Inviting people: a link by which one person makes one account of one role, once, within a week."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from partnerships.http.language import in_language
from partnerships.models import Happening, Invitation

from .sign_in_events import note


class InvitationError(Exception):
    """Why it cannot be done, as a sentence for whoever tried."""


@dataclass(frozen=True)
class Sent:
    """An invitation with the only copy of its link; ``by_mail`` says whether it is on its way to the person."""

    invitation: Invitation
    link: str
    by_mail: bool


def reason_against(email: str) -> str:
    """Why nobody can be invited at this address; empty where somebody can."""
    if User.objects.filter(email__iexact=email).exists():
        return _("There is an account with this address already.")
    if Invitation.objects.open().filter(email=email.lower()).exists():
        return _("This address has an open invitation; send that one again, or withdraw it.")
    return ""


@transaction.atomic
def invite(*, email: str, role: str, language: str, by: User) -> Sent:
    """Invite somebody; raises ``InvitationError`` where the address has an account or an open invitation."""
    email = email.strip().lower()
    if reason := reason_against(email):
        raise InvitationError(reason)
    return _send(Invitation(email=email, role=role, language=language), by)


@transaction.atomic
def send_again(*, invitation: Invitation, by: User) -> Sent:
    """A new link that is valid for another week; the old one stops working."""
    return _send(_still_open(invitation), by)


@transaction.atomic
def withdraw(*, invitation: Invitation, by: User) -> Invitation:
    invitation = _still_open(invitation)
    invitation.withdrawn_at = timezone.now()
    invitation.save(update_fields=["withdrawn_at"])
    note(what=Happening.WITHDRAWN, name=invitation.email, detail=invitation.role, by=by)
    return invitation


def find(token: str) -> Invitation | None:
    """The invitation whose link holds this token, while it can be accepted."""
    return Invitation.objects.usable().filter(digest=_digest(token)).first()


@transaction.atomic
def accept(*, token: str, username: str, password: str, address: str | None = None) -> User:
    """Make the account that somebody was invited to; raises ``InvitationError`` where the link is not valid any more.

    Name and password were checked by the form.
    """
    invitation = Invitation.objects.usable().select_for_update().filter(digest=_digest(token)).first()
    if invitation is None:
        raise InvitationError(_("This link is not valid any more."))
    user = User.objects.create_user(username, email=invitation.email, password=password, is_staff=True)
    user.groups.add(Group.objects.get(name=invitation.role))
    invitation.accepted_at = timezone.now()
    invitation.account = user
    invitation.save(update_fields=["accepted_at", "account"])
    note(what=Happening.ACCEPTED, user=user, detail=f"{invitation.email}, {invitation.role}", address=address)
    return user


def _still_open(invitation: Invitation) -> Invitation:
    found = Invitation.objects.open().select_for_update().filter(pk=invitation.pk).first()
    if found is None:
        raise InvitationError(_("This invitation was accepted or withdrawn in the meantime."))
    return found


def _send(invitation: Invitation, by: User) -> Sent:
    token = secrets.token_urlsafe(32)
    invitation.digest = _digest(token)
    invitation.invited_by = by
    invitation.sent_at = timezone.now()
    invitation.expires_at = invitation.sent_at + Invitation.VALID_FOR
    invitation.save()
    link = settings.SITE_URL + in_language(reverse("invitation", args=[token]), invitation.language)
    note(what=Happening.INVITED, name=invitation.email, detail=invitation.role, by=by)
    return Sent(invitation, link, _mail(invitation, link))


def _mail(invitation: Invitation, link: str) -> bool:
    """Whether the letter was taken by the mail server."""
    if not settings.EMAIL_IS_CONFIGURED:
        return False
    with translation.override(invitation.language):
        subject = _("Invitation to the U.S.–Japan Partnerships Directory")
        context = {"invitation": invitation, "link": link, "days": Invitation.VALID_FOR.days}
        text = render_to_string("account/email/invitation.txt", context)
    try:
        return send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [invitation.email]) == 1
    except (OSError, SMTPException):
        return False


def _digest(token: str) -> str:
    """A token of 256 random bits needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
