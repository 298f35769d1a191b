from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .partial_date import PartialDateField
from .partnership import Partnership
from .register import RegisterEntry


class RegisterDifference(models.Model):
    """One point in which a register and the directory do not say the same: a task for a curator, until it is decided.

    An entry has at most one of each kind. What only the directory has belongs to no entry, but to a partnership.
    """

    class Kind(models.TextChoices):
        DATE = "date", _("Date")
        STATUS = "status", _("Status")
        MEMBERSHIP = "membership", _("Membership in the register")
        TIE_KIND = "tie_kind", _("Sister or friendship tie")
        FORMER_NAME = "former_name", _("Former name")
        REVERSED = "reversed", _("Sides swapped")
        TWICE = "twice", _("Twice in the register")
        SEVERAL = "several", _("Several records in the directory")
        NO_TIE = "no_tie", _("Only in the register: both places known")
        PLACE_UNKNOWN = "place_unknown", _("Only in the register: a place not known")
        PLACE_AMBIGUOUS = "ambiguous", _("Only in the register: a name of several places")
        ONLY_HERE = "only_here", _("Only in the directory")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        SETTLED = "settled", _("Settled")
        DISMISSED = "dismissed", _("Dismissed")

    register = models.CharField(_("register"), max_length=10, choices=RegisterEntry.Register.choices)
    entry = models.ForeignKey(
        RegisterEntry,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="differences",
        verbose_name=_("register entry"),
        help_text=_("Empty: something that only the directory has."),
    )
    partnership = models.ForeignKey(
        Partnership,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="register_differences",
        verbose_name=_("partnership"),
    )
    kind = models.CharField(_("kind"), max_length=13, choices=Kind.choices)
    # Pairs of a reason's name and its values, put into words by ``registers/words.py`` in whichever language is read.
    reasons = models.JSONField(_("explanation"), default=list)
    said = models.CharField(
        _("what the register said"),
        max_length=64,
        editable=False,
        help_text=_("Its digest: when the register says something else, a decision is asked for again."),
    )
    found_on = PartialDateField(_("read on"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
        help_text=_("Empty: a later reading that no longer differed."),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("difference from a register")
        verbose_name_plural = _("differences from registers")
        ordering = ["register", "kind", "pk"]
        indexes = [models.Index(fields=["state", "register", "kind"], name="register_difference_queue")]
        constraints = [
            models.UniqueConstraint(fields=["entry", "kind"], name="register_difference_once"),
            models.UniqueConstraint(
                fields=["register", "partnership"],
                condition=Q(entry__isnull=True),
                name="register_difference_only_here_once",
            ),
            models.CheckConstraint(
                condition=Q(entry__isnull=False) | Q(kind="only_here"), name="register_difference_of_an_entry"
            ),
            models.CheckConstraint(
                condition=Q(register__in=["clair", "jlgc", "sci", "wikidata"]),
                name="register_difference_register_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "date",
                        "status",
                        "membership",
                        "tie_kind",
                        "former_name",
                        "reversed",
                        "twice",
                        "several",
                        "no_tie",
                        "place_unknown",
                        "ambiguous",
                        "only_here",
                    ]
                ),
                name="register_difference_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | Q(state__in=["settled", "dismissed"], decided_at__isnull=False),
                name="register_difference_decided_or_open",
            ),
            models.CheckConstraint(
                condition=~Q(state="dismissed") | ~Q(note=""), name="register_difference_dismissed_with_a_note"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_register_display()}: {self.get_kind_display()}"
