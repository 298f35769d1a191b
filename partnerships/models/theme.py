from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .fields import CodePointSlugField


class Theme(models.Model):
    """A field of work that partnerships share: climate, inclusion, forestry, tech and ten more."""

    slug = CodePointSlugField(_("address"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80, unique=True)
    name_ja = models.CharField(_("name in Japanese"), max_length=80, blank=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    description_ja = models.CharField(_("description in Japanese"), max_length=300, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["order", "slug"]
        constraints = [models.CheckConstraint(condition=~Q(slug=""), name="theme_slug_given")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("theme-detail", args=[self.slug])
