from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class RecordKind(models.TextChoices):
    """What can be a duplicate of something; the values are the names of the package's tables."""

    PARTNERSHIPS = "partnerships", _("Partnerships")
    ACTORS = "actors", _("Places and organisations")
    SOURCES = "sources", _("Sources")


class NotDuplicate(models.Model):
    """Two records that look alike and that a curator told apart: their keys, the smaller one first."""

    kind = models.CharField(_("kind"), max_length=12, choices=RecordKind.choices)
    first = models.BigIntegerField(_("first record"))
    second = models.BigIntegerField(_("second record"))
    names = models.CharField(_("records"), max_length=500)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="told_apart", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("pair that is no duplicate")
        verbose_name_plural = _("pairs that are no duplicates")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "first", "second"], name="not_duplicate_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="not_duplicate_smaller_key_first"),
            models.CheckConstraint(
                condition=Q(kind__in=["partnerships", "actors", "sources"]), name="not_duplicate_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.names


class Merge(models.Model):
    """A duplicate that went into another record, with all that is needed to undo it; or, with ``undoes``, the undoing.

    ``before`` and ``after`` hold the states of both (``services/records.py``); ``moved`` the rows of other records
    that pointed to the duplicate, by relation; ``removed`` those that said the same as one that was there, whole;
    ``filled`` what these took over from them. Append-only.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=RecordKind.choices)
    duplicate = models.BigIntegerField(_("duplicate's key"))
    into = models.BigIntegerField(_("key of the record kept"))
    duplicate_name = models.CharField(_("duplicate"), max_length=400)
    into_name = models.CharField(_("merged into"), max_length=400)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="merges", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)
    note = models.TextField(_("note"), blank=True)
    choices = models.JSONField(_("choices"), default=dict, blank=True)
    before = models.JSONField(_("before"), default=dict, blank=True)
    after = models.JSONField(_("after"), default=dict, blank=True)
    moved = models.JSONField(_("moved"), default=dict, blank=True)
    removed = models.JSONField(_("left out because it was there already"), default=list, blank=True)
    filled = models.JSONField(_("filled in"), default=list, blank=True)
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by", verbose_name=_("undoes")
    )

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["kind", "duplicate"], name="merge_of_duplicate")]
        constraints = [
            models.CheckConstraint(condition=~Q(duplicate=F("into")), name="merge_of_two_records"),
            models.CheckConstraint(
                condition=Q(kind__in=["partnerships", "actors", "sources"]), name="merge_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.duplicate_name} → {self.into_name}"

    def save(self, *args: Any, **options: Any) -> None:
        if self.pk:
            raise TypeError("A merge is written once and never changed.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        raise TypeError("A merge is never deleted.")

    @property
    def is_undone(self) -> bool:
        return Merge.objects.filter(undoes=self.pk).exists()
