"""Publication: what the public may see."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Publication(models.TextChoices):
    """The four states of a record; only ``services.publishing`` moves a record between them."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")
    ARCHIVED = "archived", _("Archived")


# What may be chosen in a form: a duplicate that was merged is represented by the record it went into.
NOT_MERGED = {"merged_into__isnull": True}


class PublicationQuerySet(models.QuerySet[Any]):
    """The one definition of “public”: every public read starts at ``published()``."""

    def published(self) -> Self:
        return self.filter(publication=Publication.PUBLISHED)


class ReviewEvent(models.Model):
    """One step of a record between the states of publication: who, when, why. Append-only."""

    class Action(models.TextChoices):
        SUBMITTED = "submitted", _("Submitted for review")
        RETURNED = "returned", _("Sent back")
        PUBLISHED = "published", _("Published")
        ARCHIVED = "archived", _("Archived")

    partnership = models.ForeignKey(
        "Partnership",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="review_events",
        verbose_name=_("partnership"),
    )
    actor = models.ForeignKey(
        "Actor", models.CASCADE, null=True, blank=True, related_name="review_events", verbose_name=_("place or body")
    )
    action = models.CharField(_("action"), max_length=20, choices=Action.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="review_events", verbose_name=_("by")
    )
    note = models.TextField(_("note"), blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("review event")
        verbose_name_plural = _("review events")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(partnership__isnull=True, actor__isnull=False)
                | Q(partnership__isnull=False, actor__isnull=True),
                name="review_event_of_one_record",
            ),
            models.CheckConstraint(
                condition=Q(action__in=["submitted", "returned", "published", "archived"]),
                name="review_event_action_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.partnership or self.actor}"

    def save(self, *args: Any, **options: Any) -> None:
        if self.pk:
            raise TypeError("A review event is written once and never changed.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        raise TypeError("A review event is never deleted; it goes only with its record.")
