"""What people outside propose, and every step that curators take with it. Nothing of this is ever public."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .actor import Actor
from .fields import WebURLField
from .partnership import Partnership
from .source import Source
from .theme import Theme


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    def open(self) -> SuggestionQuerySet:
        """Those that nobody has decided on yet, whoever is to act next."""
        return self.filter(state__in=Suggestion.OPEN)


class Suggestion(models.Model):
    """What somebody outside proposes: a new record, or a correction of one. It stays as it was written.

    ``held_because`` lists the rules that put it aside, as pairs of a rule's name and what it found
    (``services/holding.py``). ``draft`` and ``source`` are what accepting it led to.
    """

    class State(models.TextChoices):
        HELD = "held", _("Held")
        WAITING = "waiting", _("Waiting")
        ASKED = "asked", _("Asked back")
        FORWARDED = "forwarded", _("For an editor")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")

    OPEN = (State.HELD, State.WAITING, State.ASKED, State.FORWARDED)

    reference = models.CharField(_("reference"), max_length=16, unique=True)
    partnership = models.ForeignKey(
        Partnership,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="suggestions",
        verbose_name=_("partnership"),
        help_text=_("Empty: a record that the directory does not have yet."),
    )
    record_title = models.CharField(
        _("title of the record when it was written about"), max_length=200, blank=True, editable=False
    )
    actor = models.ForeignKey(
        Actor,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="suggestions",
        verbose_name=_("place it was begun from"),
    )
    theme = models.ForeignKey(
        Theme,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="suggestions",
        verbose_name=_("theme it was begun from"),
    )
    text = models.TextField(_("suggestion"), max_length=5000)
    evidence_url = WebURLField(_("evidence"), max_length=1000)
    sender_name = models.CharField(_("sender"), max_length=120, blank=True)
    sender_email = models.EmailField(_("sender's e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=2, choices=[("en", _("English")), ("ja", _("Japanese"))])
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    held_because = models.JSONField(_("why it is held"), default=list, blank=True, editable=False)
    reason = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="answered_suggestions",
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True, editable=False)
    draft = models.ForeignKey(
        Partnership,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="begun_by_suggestions",
        verbose_name=_("record made of it"),
    )
    source = models.ForeignKey(
        Source,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="suggestions",
        verbose_name=_("source made of its evidence"),
    )
    created_at = models.DateTimeField(_("received"), auto_now_add=True)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        ordering = ["-created_at", "pk"]
        indexes = [models.Index(fields=["state", "-created_at"], name="suggestion_queue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["held", "waiting", "asked", "forwarded", "accepted", "rejected"]),
                name="suggestion_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(reason=""), name="suggestion_rejected_with_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | ~Q(held_because=[]), name="suggestion_held_for_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.partnership or self.record_title or _('new record')}"

    @property
    def is_correction(self) -> bool:
        """Whether it is about a record, also where that is gone by now."""
        return self.partnership_id is not None or bool(self.record_title)


class SuggestionStep(models.Model):
    """One step of a suggestion: what was done, by whom, with which words. Append-only."""

    class Action(models.TextChoices):
        RECEIVED = "received", _("Received")
        HELD = "held", _("Held by a rule")
        RELEASED = "released", _("Released")
        ASKED = "asked", _("Asked the sender")
        ANSWERED = "answered", _("The sender answered")
        FORWARDED = "forwarded", _("Passed on to an editor")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")

    suggestion = models.ForeignKey(Suggestion, models.CASCADE, related_name="steps", verbose_name=_("suggestion"))
    action = models.CharField(_("action"), max_length=10, choices=Action.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="suggestion_steps",
        verbose_name=_("by"),
    )
    note = models.TextField(_("note"), blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("step of a suggestion")
        verbose_name_plural = _("steps of suggestions")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    action__in=[
                        "received",
                        "held",
                        "released",
                        "asked",
                        "answered",
                        "forwarded",
                        "accepted",
                        "rejected",
                    ]
                ),
                name="suggestion_step_action_known",
            ),
            models.CheckConstraint(
                condition=~Q(action__in=["asked", "answered", "rejected"]) | ~Q(note=""),
                name="suggestion_step_says_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.suggestion.reference}"

    def save(self, *args: Any, **options: Any) -> None:
        if self.pk:
            raise TypeError("A step of a suggestion is written once and never changed.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        raise TypeError("A step of a suggestion is never deleted; it goes only with its suggestion.")


class RecentSender(models.Model):
    """Who sent suggestions within the last hour: a keyed digest of the client, and when it sent which.

    ``sent`` is a list of pairs of a time in seconds and a reference. Rows whose hour is over go with the next
    suggestion of anybody.
    """

    client = models.CharField(_("client"), max_length=32, unique=True)
    sent = models.JSONField(_("sent"), default=list)
    last_at = models.DateTimeField(_("last sent"))

    class Meta:
        verbose_name = _("recent sender")
        verbose_name_plural = _("recent senders")
        default_permissions = ()
        indexes = [models.Index(fields=["last_at"], name="recent_sender_by_time")]

    def __str__(self) -> str:
        return self.client
