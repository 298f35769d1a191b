from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .actor import Actor
from .fields import WebURLField
from .partial_date import PartialDateField
from .partnership import Partnership
from .publication import NOT_MERGED
from .theme import Theme


class RegisterEntry(models.Model):
    """What a register itself says of a tie, verbatim, with the day it was read."""

    class Register(models.TextChoices):
        CLAIR = "clair", _("CLAIR")
        JLGC = "jlgc", _("JLGC")
        SCI = "sci", _("Sister Cities International")
        WIKIDATA = "wikidata", _("Wikidata")

    register = models.CharField(_("register"), max_length=10, choices=Register.choices)
    key = models.CharField(
        _("key"), max_length=200, help_text=_("The register's own identifier, or the names as it writes them.")
    )
    us_name = models.CharField(_("American side, as written"), max_length=200)
    jp_name = models.CharField(_("Japanese side, as written"), max_length=200)
    date_text = models.CharField(_("date, as written"), max_length=60, blank=True)
    status_text = models.CharField(_("status, as written"), max_length=100, blank=True)
    url = WebURLField(_("URL"), max_length=1000, blank=True)
    read_on = PartialDateField(_("read on"))
    partnership = models.ForeignKey(
        Partnership,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="register_entries",
        limit_choices_to=NOT_MERGED,
        verbose_name=_("partnership"),
    )
    is_linked_by_hand = models.BooleanField(
        _("linked by hand"),
        default=False,
        editable=False,
        help_text=_("A link that somebody decided on; readings of the register leave it alone."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("register entry")
        verbose_name_plural = _("register entries")
        ordering = ["register", "key"]
        constraints = [
            models.UniqueConstraint(fields=["register", "key"], name="register_entry_once"),
            models.CheckConstraint(
                condition=Q(register__in=["clair", "jlgc", "sci", "wikidata"]), name="register_entry_register_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_register_display()}: {self.us_name} – {self.jp_name}"


class CoverageCheck(models.Model):
    """A place, or a theme in a place, that somebody looked into: “checked, none found” is not “not checked”."""

    place = models.ForeignKey(
        Actor, models.CASCADE, related_name="coverage_checks", limit_choices_to=NOT_MERGED, verbose_name=_("place")
    )
    theme = models.ForeignKey(
        Theme,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="coverage_checks",
        verbose_name=_("theme"),
        help_text=_("Empty: all themes."),
    )
    checked_on = PartialDateField(_("checked on"))
    method = models.TextField(_("how it was checked"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="coverage_checks",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("coverage check")
        verbose_name_plural = _("coverage checks")
        ordering = ["-checked_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["place", "theme", "checked_on"], name="coverage_check_once"),
            models.UniqueConstraint(
                fields=["place", "checked_on"],
                condition=Q(theme__isnull=True),
                name="coverage_check_of_all_themes_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} · {self.theme or _('all themes')} · {self.checked_on}"
