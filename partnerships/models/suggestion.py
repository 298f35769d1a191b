from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .fields import WebURLField
from .partnership import Partnership


class Suggestion(models.Model):
    """What somebody outside proposes: a new record, or a correction of one. Never shown to the public."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ASKED = "asked", _("Asked back")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")

    reference = models.CharField(_("reference"), max_length=16, unique=True)
    partnership = models.ForeignKey(
        Partnership,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="suggestions",
        verbose_name=_("partnership"),
        help_text=_("Empty: a record that the directory does not have yet."),
    )
    text = models.TextField(_("suggestion"), max_length=5000)
    evidence_url = WebURLField(_("evidence"), max_length=1000)
    sender_name = models.CharField(_("sender"), max_length=120, blank=True)
    sender_email = models.EmailField(_("sender's e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=2, choices=[("en", _("English")), ("ja", _("Japanese"))])
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.TextField(_("answer"), blank=True)
    created_at = models.DateTimeField(_("received"), auto_now_add=True)

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        ordering = ["-created_at", "pk"]
        indexes = [models.Index(fields=["state", "-created_at"], name="suggestion_queue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "asked", "accepted", "rejected"]), name="suggestion_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(reason=""), name="suggestion_rejected_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.partnership or _('new record')}"
