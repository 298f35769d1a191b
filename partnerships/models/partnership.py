from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.db.models.lookups import GreaterThanOrEqual
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .actor import Actor
from .fields import CodePointCharField, CodePointSlugField
from .partial_date import PartialDateField
from .publication import NOT_MERGED, Publication, PublicationQuerySet
from .theme import Theme


class PartnershipQuerySet(PublicationQuerySet):
    def with_participants_in(self, actors: models.QuerySet[Actor]) -> PartnershipQuerySet:
        """Partnerships in which one of these actors takes part; each once."""
        return self.filter(pk__in=Participation.objects.filter(actor__in=actors).values("partnership"))

    def replicable(self) -> PartnershipQuerySet:
        """Partnerships that tell the problem, the approach, or how to replicate them, in either language."""
        told = Q()
        for field in ("problem", "approach", "how_to_replicate"):
            told |= ~Q(**{field: ""}) | ~Q(**{f"{field}_ja": ""})
        return self.filter(told)


class Partnership(models.Model):
    """What two shores do together: a tie, a memorandum, a programme, a project, an exchange, an event.

    ``status`` is what sources say. A term that ran out changes how the record is described
    (“term ended, renewal not verified”), never the status.
    """

    class Kind(models.TextChoices):
        SISTER = "sister", _("Sister tie")
        FRIENDSHIP = "friendship", _("Friendship tie")
        MEMORANDUM = "memorandum", _("Memorandum")
        PROGRAMME = "programme", _("Programme")
        PROJECT = "project", _("Project")
        RESEARCH = "research", _("Research")
        EXCHANGE = "exchange", _("Exchange")
        NETWORK = "network", _("Network")
        EVENT = "event", _("Event")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        ENDED = "ended", _("Ended")
        UNKNOWN = "unknown", _("Unknown")

    TIE_KINDS = (Kind.SISTER, Kind.FRIENDSHIP)
    # What a replicable model tells: what for, how, with what needs, in which steps.
    MODEL_FIELDS = ("problem", "approach", "preconditions", "how_to_replicate")

    slug = CodePointSlugField(_("address"), max_length=100, unique=True)
    title = CodePointCharField(_("title"), max_length=200)
    title_ja = CodePointCharField(_("title in Japanese"), max_length=200, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    summary_ja = models.TextField(_("summary in Japanese"), blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.UNKNOWN)
    started = PartialDateField(_("started"), null=True, blank=True)
    ended = PartialDateField(_("ended"), null=True, blank=True)
    term_ends = PartialDateField(_("term ends"), null=True, blank=True)
    problem = models.TextField(_("problem"), blank=True)
    problem_ja = models.TextField(_("problem in Japanese"), blank=True)
    approach = models.TextField(_("approach"), blank=True)
    approach_ja = models.TextField(_("approach in Japanese"), blank=True)
    preconditions = models.TextField(_("preconditions"), blank=True, help_text=_("Phrases joined by “; ”."))
    preconditions_ja = models.TextField(
        _("preconditions in Japanese"), blank=True, help_text=_("Phrases joined by “; ”.")
    )
    how_to_replicate = models.TextField(_("how to replicate it"), blank=True)
    how_to_replicate_ja = models.TextField(_("how to replicate it, in Japanese"), blank=True)
    verified_on = PartialDateField(_("verified on"), null=True, blank=True)
    note = models.TextField(_("curators' note"), blank=True)
    publication = models.CharField(
        _("publication"), max_length=10, choices=Publication.choices, default=Publication.DRAFT, editable=False
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

    actors = models.ManyToManyField(Actor, through="Participation", related_name="partnerships")
    themes = models.ManyToManyField(Theme, through="PartnershipTheme", related_name="partnerships")

    objects = PartnershipQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("partnership")
        verbose_name_plural = _("partnerships")
        ordering = ["title", "slug"]
        permissions = [
            ("submit_partnership", "Can submit partnerships for review"),
            ("publish_partnership", "Can publish, send back and archive partnerships"),
        ]
        indexes = [
            models.Index(fields=["publication", "started", "slug"], name="partnership_by_start"),
            models.Index(fields=["publication", "title", "slug"], name="partnership_by_title"),
            models.Index(fields=["publication", "title_ja", "slug"], name="partnership_by_title_ja"),
            models.Index(fields=["publication", "-updated_at", "slug"], name="partnership_updated"),
            models.Index(fields=["kind"], name="partnership_kind"),
            models.Index(fields=["status"], name="partnership_status"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(slug=""), name="partnership_slug_given"),
            models.CheckConstraint(condition=~Q(title=""), name="partnership_title_given"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "sister",
                        "friendship",
                        "memorandum",
                        "programme",
                        "project",
                        "research",
                        "exchange",
                        "network",
                        "event",
                    ]
                ),
                name="partnership_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["active", "ended", "unknown"]), name="partnership_status_known"
            ),
            models.CheckConstraint(
                condition=Q(publication__in=["draft", "in_review", "published", "archived"]),
                name="partnership_publication_known",
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=F("pk")) | Q(merged_into__isnull=True),
                name="partnership_not_merged_into_itself",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(publication="archived"), name="partnership_merged_is_archived"
            ),
            # “~” sorts after every date, so that an end in “2014” may follow a start in “2014-11”.
            models.CheckConstraint(
                condition=Q(started__isnull=True)
                | Q(ended__isnull=True)
                | Q(GreaterThanOrEqual(Concat(F("ended"), Value("~")), F("started"))),
                name="partnership_end_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("partnership-detail", args=[self.slug])

    @property
    def is_tie(self) -> bool:
        """A sister or friendship tie, which needs no theme and no summary of its own."""
        return self.kind in self.TIE_KINDS

    @property
    def tells_a_model(self) -> bool:
        """Whether it says anything that others could follow, in either language."""
        return any(getattr(self, name) or getattr(self, f"{name}_ja") for name in self.MODEL_FIELDS)

    def clean(self) -> None:
        super().clean()
        if self.started and self.ended and self.ended.latest < self.started.earliest:
            raise ValidationError({"ended": _("The end lies before the start.")}, code="end_before_start")


class Participation(models.Model):
    """An actor's part in a partnership; the shore follows from the actor's country."""

    class Role(models.TextChoices):
        LEAD = "lead", _("Lead")
        PARTNER = "partner", _("Partner")
        HOST = "host", _("Host")
        FUNDER = "funder", _("Funder")
        SUPPORTER = "supporter", _("Supporter")

    partnership = models.ForeignKey(
        Partnership, models.CASCADE, related_name="participations", verbose_name=_("partnership")
    )
    actor = models.ForeignKey(
        Actor,
        models.PROTECT,
        related_name="participations",
        limit_choices_to=NOT_MERGED,
        verbose_name=_("place or organisation"),
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.LEAD)
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        ordering = ["partnership", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "actor"], name="participation_once"),
            models.CheckConstraint(
                condition=Q(role__in=["lead", "partner", "host", "funder", "supporter"]),
                name="participation_role_known",
            ),
        ]

    def __str__(self) -> str:
        return str(self.actor)


class PartnershipTheme(models.Model):
    """A theme of a partnership."""

    partnership = models.ForeignKey(
        Partnership, models.CASCADE, related_name="theme_links", verbose_name=_("partnership")
    )
    theme = models.ForeignKey(Theme, models.PROTECT, related_name="partnership_links", verbose_name=_("theme"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("theme of a partnership")
        verbose_name_plural = _("themes of partnerships")
        ordering = ["partnership", "theme"]
        constraints = [models.UniqueConstraint(fields=["partnership", "theme"], name="partnership_theme_once")]

    def __str__(self) -> str:
        return str(self.theme)


class Adoption(models.Model):
    """A partnership that took another one as its model. The links form no circle."""

    partnership = models.ForeignKey(
        Partnership, models.CASCADE, related_name="adoptions", verbose_name=_("partnership")
    )
    adopted_from = models.ForeignKey(
        Partnership,
        models.PROTECT,
        related_name="adopted_by",
        limit_choices_to=NOT_MERGED,
        verbose_name=_("adopted from"),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("adoption")
        verbose_name_plural = _("adoptions")
        ordering = ["partnership", "adopted_from"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "adopted_from"], name="adoption_once"),
            models.CheckConstraint(condition=~Q(partnership=F("adopted_from")), name="adoption_not_of_itself"),
        ]

    def __str__(self) -> str:
        return str(self.adopted_from)

    def clean(self) -> None:
        super().clean()
        if not (self.partnership_id and self.adopted_from_id):
            return
        models_of: dict[int, list[int]] = {}
        for follower, model in Adoption.objects.exclude(pk=self.pk).values_list("partnership", "adopted_from"):
            models_of.setdefault(follower, []).append(model)
        seen: set[int] = set()
        ahead = [self.adopted_from_id]
        while ahead:
            step = ahead.pop()
            if step == self.partnership_id:
                raise ValidationError(
                    {"adopted_from": _("That one was itself adopted from this partnership.")}, code="circle"
                )
            if step not in seen:
                seen.add(step)
                ahead += models_of.get(step, [])
