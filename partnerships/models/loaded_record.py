from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

LOADED = "Loaded from the data package"  # the reason that histories give for what loading wrote


class LoadedRecord(models.Model):
    """What the data package last said of a record, as a digest.

    A record whose present state has another digest was changed here since; loading must not overwrite it silently.
    """

    table = models.CharField(_("table"), max_length=20)
    key = models.CharField(_("key"), max_length=100)
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("loaded record")
        verbose_name_plural = _("loaded records")
        constraints = [models.UniqueConstraint(fields=["table", "key"], name="loaded_record_once")]

    def __str__(self) -> str:
        return f"{self.table}: {self.key}"
