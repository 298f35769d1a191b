from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Import(models.Model):
    """A file that somebody brought: kept until it is written or a day has passed, its effects for 30 days.

    ``content`` is the file's table, or the package, between upload and confirmation: in the database, because the next
    request may come to another server. ``version`` is that of the directory while the lines were checked, 0 where it
    changed meanwhile.
    """

    class Kind(models.TextChoices):
        PARTNERSHIPS = "partnerships", _("Partnerships")
        ACTORS = "actors", _("Places and organisations")
        SOURCES = "sources", _("Sources")
        PACKAGE = "package", _("Data package")

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Waiting for confirmation")
        DONE = "done", _("Imported")
        UNDONE = "undone", _("Undone")

    class Edited(models.TextChoices):
        """What a package does with records that were changed here since they were loaded."""

        ASK = "ask", _("name them and import nothing")
        KEEP = "keep", _("leave them as they are")
        OVERWRITE = "overwrite", _("take the package's word")

    kind = models.CharField(_("what it holds"), max_length=12, choices=Kind.choices)
    file_name = models.CharField(_("file"), max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="imports", verbose_name=_("by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.CHECKING)
    content = models.BinaryField(null=True, editable=False)
    read_as = models.CharField(_("read as"), max_length=200, blank=True)
    empties = models.BooleanField(_("empty cells empty the field"), default=False)
    edited = models.CharField(
        _("records changed here since they were loaded"), max_length=9, choices=Edited.choices, default=Edited.ASK
    )
    notices = models.JSONField(default=list, editable=False)
    total = models.PositiveIntegerField(_("rows"), default=0)
    position = models.PositiveIntegerField(_("rows checked"), default=0)
    version = models.BigIntegerField(default=0, editable=False)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    wrong = models.PositiveIntegerField(_("wrong"), default=0)
    done_at = models.DateTimeField(_("imported on"), null=True)
    undone_at = models.DateTimeField(_("undone on"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="undone_imports", verbose_name=_("undone by")
    )

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["partnerships", "actors", "sources", "package"]), name="import_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["checking", "checked", "done", "undone"]), name="import_state_known"
            ),
            models.CheckConstraint(condition=Q(position__lte=models.F("total")), name="import_within_its_rows"),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "undone"]) | Q(wrong=0, done_at__isnull=False),
                name="import_done_without_wrong_rows",
            ),
            models.CheckConstraint(
                condition=Q(state="undone", undone_at__isnull=False) | ~Q(state="undone") & Q(undone_at__isnull=True),
                name="import_undone_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportLine(models.Model):
    """A record of an import, in the row that names it: how it was before and how it is to be, as texts.

    ``before`` and ``after`` are those of ``services.records.RecordState.as_json``; ``problems`` are pairs of a column
    and what is wrong in it. ``ledger`` is what the package last said of the record before, where a package is imported.
    """

    class Outcome(models.TextChoices):
        WRONG = "wrong", _("Wrong")
        NEW = "new", _("New")
        CHANGED = "changed", _("Changed")
        UNCHANGED = "unchanged", _("Unchanged")
        LEFT = "left", _("Left when the import was undone")

    of = models.ForeignKey(Import, models.CASCADE, related_name="lines", verbose_name=_("import"))
    number = models.PositiveIntegerField(_("row"))
    table = models.CharField(_("table"), max_length=20)
    slug = models.CharField(_("address"), max_length=200, blank=True)
    title = models.CharField(_("title"), max_length=300, blank=True)
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    problems = models.JSONField(_("what is wrong"), default=list)
    ledger = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("line of an import")
        verbose_name_plural = _("lines of imports")
        ordering = ["of", "number", "pk"]
        indexes = [models.Index(fields=["of", "outcome", "number"], name="import_line_by_outcome")]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["wrong", "new", "changed", "unchanged", "left"]),
                name="import_line_outcome_known",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="new") | Q(before__isnull=True, after__isnull=False), name="import_line_new"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="changed") | Q(before__isnull=False, after__isnull=False),
                name="import_line_changed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.slug or self.title}"
