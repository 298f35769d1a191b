from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .partial_date import PartialDateField
from .partnership import Partnership
from .publication import NOT_MERGED
from .source import Source


class Milestone(models.Model):
    """A dated step in the life of a partnership."""

    class Kind(models.TextChoices):
        SIGNED = "signed", _("Signed")
        RENEWED = "renewed", _("Renewed")
        EXTENDED = "extended", _("Extended")
        SUSPENDED = "suspended", _("Suspended")
        RESUMED = "resumed", _("Resumed")
        ENDED = "ended", _("Ended")
        VISIT = "visit", _("Visit")
        EVENT = "event", _("Event")

    partnership = models.ForeignKey(
        Partnership, models.CASCADE, related_name="milestones", verbose_name=_("partnership")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    on = PartialDateField(_("date"))
    title = models.CharField(_("title"), max_length=200, blank=True)
    title_ja = models.CharField(_("title in Japanese"), max_length=200, blank=True)
    source = models.ForeignKey(
        Source,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="milestones",
        limit_choices_to=NOT_MERGED,
        verbose_name=_("source"),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["partnership", "on", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "on", "kind"], name="milestone_once"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["signed", "renewed", "extended", "suspended", "resumed", "ended", "visit", "event"]
                ),
                name="milestone_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on}: {self.title or self.get_kind_display()}"
