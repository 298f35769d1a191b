"""People who work in the admin: whom they invite, and what is noted of their signing in."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]


class Role(models.TextChoices):
    """What somebody does here; each is the group of that name (migrations 0002 and 0005)."""

    CURATORS = "Curators", _("Curators")
    EDITORS = "Editors", _("Editors")
    MANAGERS = "Managers", _("Managers")

    @property
    def explanation(self) -> str:
        return {
            Role.CURATORS: gettext("Curators: enter and correct drafts, submit them for review"),
            Role.EDITORS: gettext("Editors: also change what is public, publish, send back, archive"),
            Role.MANAGERS: gettext("Managers: invite people, change their roles, see who signed in"),
        }[self]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> InvitationQuerySet:
        """Neither accepted nor withdrawn; the link of some may have expired."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)

    def usable(self) -> InvitationQuerySet:
        return self.open().filter(expires_at__gt=timezone.now())


class Invitation(models.Model):
    """Somebody may make an account of a role with the link that was sent. Only the link's digest is kept."""

    VALID_FOR = dt.timedelta(days=7)

    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    language = models.CharField(_("language"), max_length=2, choices=LANGUAGES, default="en")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("invited by")
    )
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("link expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account"),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_open_once_for_an_address",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="invitation_accepted_or_withdrawn",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="invitation_address_in_lower_case"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(condition=Q(language__in=["en", "ja"]), name="invitation_language_known"),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None


class Happening(models.TextChoices):
    """What can happen to an account."""

    SIGNED_IN = "signed_in", _("Signed in")
    REFUSED = "refused", _("Wrong name or password")
    CODE_REFUSED = "code_refused", _("Wrong second factor")
    SIGNED_OUT = "signed_out", _("Signed out")
    SESSIONS_ENDED = "sessions_ended", _("Sessions ended")
    FACTOR_ADDED = "factor_added", _("Second factor added")
    FACTOR_REMOVED = "factor_removed", _("Second factor removed")
    CODES_MADE = "codes_made", _("Recovery codes made")
    CODE_USED = "code_used", _("Recovery code used")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    PASSWORD_LINK = "password_link", _("Link for a new password made")
    INVITED = "invited", _("Invitation sent")
    WITHDRAWN = "withdrawn", _("Invitation withdrawn")
    ACCEPTED = "accepted", _("Invitation accepted")
    ROLES_CHANGED = "roles_changed", _("Account changed")


class SignInEvent(models.Model):
    """What happened to an account: who, when, what. Append-only, but for addresses, which are forgotten.

    What was typed at an attempt to sign in is not kept: people type their password into the wrong field.
    """

    at = models.DateTimeField(_("at"), default=timezone.now)
    what = models.CharField(_("what"), max_length=20, choices=Happening.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("account")
    )
    name = models.CharField(
        _("name"), max_length=254, blank=True, help_text=_("As it was then; empty: no such account.")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    detail = models.CharField(_("detail"), max_length=254, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)

    class Meta:
        verbose_name = _("sign-in event")
        verbose_name_plural = _("sign-in events")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="sign_in_event_newest"),
            models.Index(fields=["at"], condition=Q(address__isnull=False), name="sign_in_event_with_address"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(what__in=Happening.values), name="sign_in_event_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()}: {self.name or '—'}"
