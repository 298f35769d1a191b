from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .fields import CodePointCharField, CodePointSlugField, WebURLField
from .partial_date import PartialDateField
from .publication import NOT_MERGED, Publication


class SourceQuerySet(models.QuerySet[Any]):
    def published(self) -> SourceQuerySet:
        """Sources that a published partnership, one of its results or of its milestones rests on; no duplicates."""
        return self._cited(Q(partnership__publication=Publication.PUBLISHED)).filter(**NOT_MERGED)

    def cited(self) -> SourceQuerySet:
        """Sources that anything which is not archived rests on in the same way, drafts included."""
        return self._cited(~Q(partnership__publication=Publication.ARCHIVED))

    def _cited(self, by: Q) -> SourceQuerySet:
        used = Q()
        for relation in ("citations", "outcomes", "milestones"):
            parts: Any = Source._meta.get_field(relation).related_model
            used |= Q(Exists(parts.objects.filter(by, source=OuterRef("pk"))))
        return self.filter(used)


class Source(models.Model):
    """A document that supports what the directory says."""

    class Kind(models.TextChoices):
        GOVERNMENT = "government", _("Government")
        ORGANISATION = "organisation", _("Organisation")
        NEWS = "news", _("News")
        ACADEMIC = "academic", _("Academic")
        TREATY_TEXT = "treaty_text", _("Text of an agreement")
        ENCYCLOPEDIA = "encyclopedia", _("Encyclopedia")
        DATASET = "dataset", _("Data set")

    class Language(models.TextChoices):
        EN = "en", _("English")
        JA = "ja", _("Japanese")

    class LinkState(models.TextChoices):
        UNCHECKED = "unchecked", _("Not checked")
        OK = "ok", _("Works")
        REDIRECTED = "redirected", _("Moved")
        BROKEN = "broken", _("Broken")

    slug = CodePointSlugField(_("address"), max_length=100, unique=True)
    title = CodePointCharField(_("title"), max_length=300)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    url = WebURLField(_("URL"), max_length=1000)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    language = models.CharField(_("language"), max_length=2, choices=Language.choices)
    published_on = PartialDateField(_("published on"), null=True, blank=True)
    accessed_on = PartialDateField(_("read on"), null=True, blank=True)
    archived_url = WebURLField(_("archived copy"), max_length=1000, blank=True)
    link_state = models.CharField(
        _("state of the link"), max_length=10, choices=LinkState.choices, default=LinkState.UNCHECKED, editable=False
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged_duplicates",
        verbose_name=_("is a duplicate of"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = SourceQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["link_state"])

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["title", "slug"]
        indexes = [
            models.Index(fields=["title", "slug"], name="source_by_title"),
            models.Index(fields=["kind"], name="source_kind"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(slug=""), name="source_slug_given"),
            models.CheckConstraint(
                condition=~Q(merged_into=F("pk")) | Q(merged_into__isnull=True), name="source_not_merged_into_itself"
            ),
            models.CheckConstraint(
                condition=Q(url__startswith="https://") | Q(url__startswith="http://"), name="source_url_is_web"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("source-detail", args=[self.slug])


class Citation(models.Model):
    """What a source supports in a partnership's record."""

    class Supports(models.TextChoices):
        EXISTENCE = "existence", _("that it exists")
        DATES = "dates", _("dates")
        PARTICIPANTS = "participants", _("participants")
        CONTENT = "content", _("what it does")
        OUTCOME = "outcome", _("results")

    partnership = models.ForeignKey(
        "Partnership", models.CASCADE, related_name="citations", verbose_name=_("partnership")
    )
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="citations", limit_choices_to=NOT_MERGED, verbose_name=_("source")
    )
    supports = models.CharField(_("supports"), max_length=12, choices=Supports.choices)
    locator = models.CharField(
        _("where in it, or for what"),
        max_length=300,
        blank=True,
        help_text=_("A page, a section, or what it was used for."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        ordering = ["partnership", "source", "supports"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "source", "supports"], name="citation_once"),
            models.CheckConstraint(
                condition=Q(supports__in=["existence", "dates", "participants", "content", "outcome"]),
                name="citation_supports_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} ({self.get_supports_display()})"
