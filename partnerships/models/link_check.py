from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .source import Source


class LinkCheck(models.Model):
    """What came of visiting a source's address once. Append-only; the last ten of each source are kept.

    Each check carries on the count of days on which the link failed in a row, so that the count outlives the checks
    that are not kept. What the public sees of it, ``Source.link_state``, changes only when the count says so.
    """

    class Outcome(models.TextChoices):
        WORKS = "works", _("Works")
        MOVED = "moved", _("Moved for good")
        NOT_FOUND = "not_found", _("Not found (404)")
        GONE = "gone", _("Gone (410)")
        BAD_REQUEST = "bad_request", _("Not answered (other 4xx)")
        SERVER_ERROR = "server_error", _("The server failed (5xx)")
        BAD_ANSWER = "bad_answer", _("The answer makes no sense")
        TLS = "tls", _("Encryption failed")
        NO_NAME = "no_name", _("The name does not exist (DNS)")
        TIMEOUT = "timeout", _("No answer in time")
        NO_CONNECTION = "no_connection", _("No connection")
        TOO_MANY_REDIRECTS = "too_many_redirects", _("Led on without end")
        BLOCKED = "blocked", _("Leads to an address that is not public")
        BAD_ADDRESS = "bad_address", _("Not an address of the web")
        REFUSED = "refused", _("Refused to programs (401, 403, 429)")
        UNVERIFIED = "unverified", _("Certificate's issuer could not be verified")
        NOT_VISITED = "not_visited", _("Not visited (unusual port or a password in the address)")

    source = models.ForeignKey(Source, models.CASCADE, related_name="link_checks", verbose_name=_("source"))
    checked_at = models.DateTimeField(_("checked at"))
    url = models.CharField(_("URL"), max_length=1000)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    final_url = models.CharField(_("led to"), max_length=2000, blank=True)
    moved_to = models.CharField(_("new address"), max_length=2000, blank=True)
    redirects = models.JSONField(_("redirects"), default=list, blank=True)  # [[status, address it led to], …]
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    failing_days = models.PositiveSmallIntegerField(_("days failing in a row"), default=0)
    failed_on = models.DateField(_("last failed on"), null=True, blank=True)

    class Meta:
        verbose_name = _("link check")
        verbose_name_plural = _("link checks")
        ordering = ["-checked_at", "-pk"]
        indexes = [models.Index(fields=["source", "-checked_at"], name="link_check_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    outcome__in=[
                        "works",
                        "moved",
                        "not_found",
                        "gone",
                        "bad_request",
                        "server_error",
                        "bad_answer",
                        "tls",
                        "no_name",
                        "timeout",
                        "no_connection",
                        "too_many_redirects",
                        "blocked",
                        "bad_address",
                        "refused",
                        "unverified",
                        "not_visited",
                    ]
                ),
                name="link_check_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(failing_days=0, failed_on__isnull=True) | Q(failing_days__gt=0, failed_on__isnull=False),
                name="link_check_failures_dated",
            ),
            models.CheckConstraint(
                condition=(Q(outcome="moved") & ~Q(moved_to="")) | (~Q(outcome="moved") & Q(moved_to="")),
                name="link_check_moved_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(status__isnull=True) | Q(status__gte=100, status__lte=999), name="link_check_status_is_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.get_outcome_display()}"

    def save(self, *args: Any, **options: Any) -> None:
        if self.pk:
            raise TypeError("A link check is written once and never changed.")
        super().save(*args, **options)


def latest_checks() -> models.QuerySet[LinkCheck]:
    """The last check of each source, where it was of the address that the source has now."""
    newest = LinkCheck.objects.filter(source=models.OuterRef("source")).order_by("-checked_at", "-pk").values("pk")[:1]
    return LinkCheck.objects.filter(pk=models.Subquery(newest), url=F("source__url"))
