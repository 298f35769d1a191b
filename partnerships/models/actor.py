from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connections, models, router
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .fields import CodePointCharField, CodePointSlugField, WebURLField
from .kana import DictionaryOrderField
from .partial_date import PartialDateField
from .publication import NOT_MERGED, Publication, PublicationQuerySet


class Country(models.TextChoices):
    """The two shores."""

    US = "US", _("United States")
    JP = "JP", _("Japan")


class ActorQuerySet(PublicationQuerySet):
    def within(self, place: Actor) -> ActorQuerySet:
        """The place itself and everything below it in the hierarchy."""
        # A range, because neither engine uses an index for LIKE with an escape; “0” follows “/” in code point order.
        return self.filter(path__gte=place.path, path__lt=place.path[:-1] + "0")

    def regions(self) -> ActorQuerySet:
        """States, territories and prefectures: what the filters by state and by prefecture offer."""
        return self.filter(kind__in=Actor.REGION_KINDS)

    def depending_on(self, pks: set[int]) -> set[int]:
        """The keys of these actors, and of all that lie in one of them or merged into it, at whatever distance."""
        found, nearest = set(pks), set(pks)
        while nearest:
            next_ones = self.filter(Q(parent__in=nearest) | Q(successor__in=nearest))
            nearest = set(next_ones.values_list("pk", flat=True)) - found
            found |= nearest
        return found

    def rebuild_hierarchy(self) -> int:
        """Bring ``path`` and ``region`` of every actor in line with parents, slugs and kinds; return how many changed.

        Must run in the transaction of whatever changed a parent, a slug or a kind. A circle of parents raises
        ``ValueError`` with the slugs on it.
        """
        actors = {actor.pk: actor for actor in self.only("slug", "parent_id", "kind", "path", "region_id")}
        known: dict[int, tuple[str, int | None]] = {}

        def placed(pk: int, trail: tuple[int, ...] = ()) -> tuple[str, int | None]:
            if pk in trail:
                raise ValueError(" → ".join(actors[step].slug for step in (*trail, pk)))
            if pk not in known:
                actor = actors[pk]
                path, region = placed(actor.parent_id, (*trail, pk)) if actor.parent_id else ("", None)
                known[pk] = (f"{path}{actor.slug}/", pk if actor.kind in Actor.REGION_KINDS else region)
            return known[pk]

        changed = []
        for pk, actor in actors.items():
            path, region_id = placed(pk)
            if (actor.path, actor.region_id) != (path, region_id):
                actor.path, actor.region_id = path, region_id
                changed.append(actor)
        # One statement each: as one with a CASE for every actor, which is what bulk_update makes, it takes far longer.
        with connections[router.db_for_write(self.model)].cursor() as cursor:
            cursor.executemany(
                "UPDATE partnerships_actor SET path = %s, region_id = %s WHERE id = %s",
                [(actor.path, actor.region_id, actor.pk) for actor in changed],
            )
        return len(changed)


class Actor(models.Model):
    """A subnational body, or one that supports such bodies: a state, a prefecture, a city, a port, a university …

    A municipality that merged keeps its row, its name and what it signed, and points to its ``successor``.
    """

    class Kind(models.TextChoices):
        STATE = "state", _("State")
        TERRITORY = "territory", _("Territory")
        PREFECTURE = "prefecture", _("Prefecture")
        COUNTY = "county", _("County")
        CITY = "city", _("City")
        SPECIAL_WARD = "special_ward", _("Special ward")
        TOWN = "town", _("Town")
        TOWNSHIP = "township", _("Township")
        BOROUGH = "borough", _("Borough")
        VILLAGE = "village", _("Village")
        PORT = "port", _("Port")
        UNIVERSITY = "university", _("University")
        AGENCY = "agency", _("Agency")
        ASSOCIATION = "association", _("Association")
        COMPANY = "company", _("Company")
        CONSULATE = "consulate", _("Consulate")
        NATIONAL_GOVERNMENT = "national_government", _("National government")
        OTHER = "other", _("Other")

    REGION_KINDS = (Kind.STATE, Kind.TERRITORY, Kind.PREFECTURE)
    MUNICIPAL_KINDS = (
        Kind.COUNTY,
        Kind.CITY,
        Kind.SPECIAL_WARD,
        Kind.TOWN,
        Kind.TOWNSHIP,
        Kind.BOROUGH,
        Kind.VILLAGE,
    )

    slug = CodePointSlugField(_("address"), max_length=100, unique=True)
    name = CodePointCharField(_("name"), max_length=200)
    name_ja = CodePointCharField(_("name in Japanese"), max_length=200, blank=True)
    name_kana = CodePointCharField(_("reading in kana"), max_length=200, blank=True)
    # An American name has no reading, but is one itself where it is written in katakana.
    reading_order = DictionaryOrderField(of=("name_kana", "name_ja"), max_length=200, blank=True, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    country = models.CharField(_("country"), max_length=2, choices=Country.choices)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        limit_choices_to=NOT_MERGED,
        verbose_name=_("lies in"),
        help_text=_("The state, prefecture or body that it belongs to."),
    )
    code = models.CharField(
        _("code"), max_length=12, blank=True, help_text=_("ISO 3166-2, FIPS (GEOID) or the municipal code of Japan.")
    )
    wikidata_id = models.CharField(_("Wikidata id"), max_length=16, blank=True)
    population = models.PositiveIntegerField(_("population"), null=True, blank=True)
    population_year = models.PositiveSmallIntegerField(_("year of the population"), null=True, blank=True)
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    website = WebURLField(_("website"), max_length=500, blank=True)
    office_name = models.CharField(_("international office"), max_length=200, blank=True)
    office_url = WebURLField(_("office's page"), max_length=500, blank=True)
    office_email = models.EmailField(_("office's e-mail"), blank=True)
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
        limit_choices_to=NOT_MERGED,
        verbose_name=_("merged into"),
    )
    dissolved_on = PartialDateField(_("dissolved"), null=True, blank=True)
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
    path = CodePointCharField(_("path"), max_length=1000, blank=True, editable=False)
    region = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="places",
        verbose_name=_("state or prefecture"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = ActorQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["path", "region", "reading_order"])

    class Meta:
        verbose_name = _("place or organisation")
        verbose_name_plural = _("places and organisations")
        ordering = ["name", "slug"]
        indexes = [
            models.Index(fields=["path"], name="actor_path"),
            models.Index(fields=["publication", "name", "slug"], name="actor_by_name"),
            models.Index(fields=["kind"], name="actor_kind"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(slug=""), name="actor_slug_given"),
            models.CheckConstraint(condition=Q(country__in=["US", "JP"]), name="actor_on_a_shore"),
            models.CheckConstraint(
                condition=Q(publication__in=["draft", "in_review", "published", "archived"]),
                name="actor_publication_known",
            ),
            models.CheckConstraint(condition=~Q(parent=F("pk")) | Q(parent__isnull=True), name="actor_not_in_itself"),
            models.CheckConstraint(
                condition=~Q(successor=F("pk")) | Q(successor__isnull=True), name="actor_not_own_successor"
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=F("pk")) | Q(merged_into__isnull=True), name="actor_not_merged_into_itself"
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(publication="archived"), name="actor_merged_is_archived"
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__gte=-90,
                    latitude__lte=90,
                    longitude__gte=-180,
                    longitude__lte=180,
                ),
                name="actor_coordinates_on_earth",
            ),
            models.UniqueConstraint(
                fields=["country", "code"], condition=~Q(code=""), name="actor_code_unique_in_country"
            ),
            models.UniqueConstraint(
                fields=["wikidata_id"], condition=~Q(wikidata_id=""), name="actor_wikidata_id_unique"
            ),
        ]

    def __str__(self) -> str:
        """Both names and the state or prefecture: there are dozens of Springfields."""
        name = " ".join(filter(None, (self.name, self.name_ja)))
        return f"{name}, {self.region.name}" if self.region and self.region_id != self.pk else name

    def get_absolute_url(self) -> str:
        return reverse("actor-detail", args=[self.slug])

    def clean(self) -> None:
        super().clean()
        if (self.latitude is None) != (self.longitude is None):
            raise ValidationError({"longitude": _("Latitude and longitude belong together.")}, code="half_a_position")
        for field, other in (("parent", self.parent), ("successor", self.successor)):
            if other is None:
                continue
            label = self._meta.get_field(field).verbose_name  # type: ignore[union-attr]
            if other.leads_to(self):
                raise ValidationError(
                    {field: _("“%(label)s” would lead back to this record.") % {"label": label}}, code="circle"
                )
            if self.publication == Publication.PUBLISHED and other.publication != Publication.PUBLISHED:
                raise ValidationError(
                    {field: _("“%(actor)s” is not published yet; publish it first.") % {"actor": other}},
                    code="unpublished",
                )

    def leads_to(self, goal: Actor) -> bool:
        """Whether one gets from here to ``goal`` by way of parents and successors."""
        seen: set[int] = set()
        ahead: list[Actor | None] = [self]
        while ahead:
            step = ahead.pop()
            if step is None or step.pk in seen:
                continue
            if step.pk == goal.pk:
                return True
            seen.add(step.pk)
            ahead += [step.parent, step.successor]
        return False


class ActorName(models.Model):
    """Another name of an actor: a former one, a spelling in use, a romanisation, a name in a local language."""

    class Kind(models.TextChoices):
        ALTERNATE = "alternate", _("Alternate")
        FORMER = "former", _("Former")
        LOCAL = "local", _("Local")
        ROMANISED = "romanised", _("Romanised")

    class Language(models.TextChoices):
        EN = "en", _("English")
        JA = "ja", _("Japanese")

    actor = models.ForeignKey(
        Actor, models.CASCADE, related_name="other_names", verbose_name=_("place or organisation")
    )
    name = models.CharField(_("name"), max_length=200)
    language = models.CharField(_("language"), max_length=2, choices=Language.choices)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.ALTERNATE)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        ordering = ["actor", "language", "kind", "name"]
        constraints = [models.UniqueConstraint(fields=["actor", "name"], name="actor_name_once")]

    def __str__(self) -> str:
        return self.name
