from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .partnership import Partnership
from .publication import NOT_MERGED
from .source import Source


class Outcome(models.Model):
    """A result that somebody claims of a partnership, with its figure where the statement has one.

    ``value`` is a plain number in ``unit``; “about” and “more than” stay in the statement. An outcome without a source
    rests on one of its record's citations, and the page says so.
    """

    class Grade(models.TextChoices):
        OFFICIAL_STATISTIC = "official_statistic", _("Official statistic")
        SIGNED_DOCUMENT = "signed_document", _("Signed document")
        PRESS = "press", _("Press")
        SELF_REPORT = "self_report", _("Own report")

    partnership = models.ForeignKey(Partnership, models.CASCADE, related_name="outcomes", verbose_name=_("partnership"))
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    statement = models.CharField(_("statement"), max_length=400)
    statement_ja = models.CharField(_("statement in Japanese"), max_length=400, blank=True)
    value = models.DecimalField(_("figure"), max_digits=20, decimal_places=4, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=60, blank=True)
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    claimant = models.CharField(_("who says so"), max_length=120, blank=True)
    grade = models.CharField(_("grade of evidence"), max_length=20, choices=Grade.choices, blank=True)
    source = models.ForeignKey(
        Source,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="outcomes",
        limit_choices_to=NOT_MERGED,
        verbose_name=_("source"),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        ordering = ["partnership", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "statement"], name="outcome_once"),
            models.CheckConstraint(
                condition=Q(grade__in=["", "official_statistic", "signed_document", "press", "self_report"]),
                name="outcome_grade_known",
            ),
            models.CheckConstraint(condition=Q(unit="") | Q(value__isnull=False), name="outcome_unit_has_figure"),
        ]

    def __str__(self) -> str:
        return self.statement
