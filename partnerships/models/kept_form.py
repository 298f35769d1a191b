from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class KeptForm(models.Model):
    """What somebody had typed into a form when their session was over, until they have signed in again.

    ``data`` is what the browser posted; ``services.kept_forms`` says how long it is kept and to whom it is given back.
    """

    key = models.CharField(_("key"), max_length=40, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="kept_forms", verbose_name=_("user")
    )
    path = models.CharField(_("path"), max_length=300)
    data = models.TextField(_("what was typed"))
    kept_at = models.DateTimeField(_("kept"), auto_now_add=True)

    class Meta:
        verbose_name = _("kept form")
        verbose_name_plural = _("kept forms")
        ordering = ["-kept_at", "-pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.path
