"""What the API's answers look like, beside the partnerships of lists: said once, for answers and for the schema."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from partnerships import models
from partnerships.exports import shapes
from partnerships.exports.shapes import CHANGED, KIND, SLUG, PartialDate, Shape, Text, Texts, Word


class Number(serializers.FloatField):
    """A number; null where it is not known."""

    def __init__(self, meaning: Any, **options: Any) -> None:
        super().__init__(help_text=meaning, allow_null=True, **options)


class WholeNumber(serializers.IntegerField):
    """A whole number; null where it is not known."""

    def __init__(self, meaning: Any, **options: Any) -> None:
        super().__init__(help_text=meaning, **options)


# --- Partnerships ----------------------------------------------------------------------------------------------------


class Citation(Shape):
    """What one source supports in a record."""

    source = Text(_("The source, by the last part of its address."))
    supports = Word(models.Citation.Supports.choices, _("What it supports."))
    locator = Text(_("Where in the source, or for what; empty where that is not recorded."))


class Outcome(Shape):
    """A result that somebody claims."""

    statement = Text(_("The result in words, in English."))
    statement_ja = Text(_("The same in Japanese."))
    value = Number(_("Its figure; null where it has none."))
    unit = Text(_("The unit of the figure."))
    year = WholeNumber(_("The year for which it holds; null where that is not known."), allow_null=True)
    claimant = Text(_("Who says so."))
    grade = Word(
        models.Outcome.Grade.choices, _("How good the evidence is; empty where that is not judged."), allow_blank=True
    )
    source = Text(_("The source, by the last part of its address; empty where the record does not say which it is."))


class Milestone(Shape):
    """A dated step in the life of a partnership."""

    kind = Word(models.Milestone.Kind.choices, _("What happened."))
    on = PartialDate(_("When, as far as it is known."))
    title = Text(_("What it was, in English; empty where the kind says it all."))
    title_ja = Text(_("The same in Japanese."))
    source = Text(_("The source, by the last part of its address; empty where the record does not say which it is."))


class PartnershipDetail(shapes.Partnership):
    """A partnership with all that its page says."""

    problem = Text(_("What it set out to solve, in English."))
    problem_ja = Text(_("The same in Japanese."))
    approach = Text(_("How it goes about it, in English."))
    approach_ja = Text(_("The same in Japanese."))
    preconditions = Text(_("What must be there first, in English."))
    preconditions_ja = Text(_("The same in Japanese."))
    how_to_replicate = Text(_("How others can do the same, in English."))
    how_to_replicate_ja = Text(_("The same in Japanese."))
    adopted_from = Texts(_("The partnerships that it took as models, by the last parts of their addresses."))
    adopted_by = Texts(_("The partnerships that took it as a model, likewise."))
    citations = Citation(many=True, help_text=_("What each source supports."))
    outcomes = Outcome(many=True, help_text=_("What came of it."))
    milestones = Milestone(many=True, help_text=_("Its history, the first step first."))
    verified_on = PartialDate(_("When a curator last checked the record."))


# --- Places and organisations, themes, sources -----------------------------------------------------------------------


class ActorName(Shape):
    """Another name of a place or organisation."""

    name = Text(_("The name."))
    language = Word(models.ActorName.Language.choices, _("Its language."))
    kind = Word(models.ActorName.Kind.choices, _("Why there is one: former, alternate, local, romanised."))


class Actor(Shape):
    """A place or organisation."""

    slug = Text(SLUG)
    name = Text(_("Its name in English."))
    name_ja = Text(_("Its name in Japanese; empty where it is not known."))
    name_kana = Text(_("The reading of its Japanese name in kana."))
    other_names = ActorName(many=True, help_text=_("Former names, other spellings."))
    kind = Word(models.Actor.Kind.choices, KIND)
    country = Word(models.Country.choices, _("The shore on which it lies."))
    region = Text(
        _("ISO 3166-2 code of the state, territory or prefecture in which it lies; empty where it lies in none.")
    )
    parent = Text(_("The place or body that it belongs to, by the last part of its address; empty where it has none."))
    code = Text(
        _("ISO 3166-2 (US-WA), FIPS (5363000) or the municipal code of Japan (401005); empty where it has none.")
    )
    wikidata_id = Text(_("Its identifier in Wikidata; empty where it is not known."))
    population = WholeNumber(_("Its population; null where it is not known."), allow_null=True)
    population_year = WholeNumber(_("The year of that figure."), allow_null=True)
    latitude = Number(_("Degrees north."), min_value=-90, max_value=90)
    longitude = Number(_("Degrees east."), min_value=-180, max_value=180)
    website = Text(_("Its website; empty where it is not known."))
    office_name = Text(_("The office for international relations."))
    office_url = Text(_("That office's page."))
    office_email = Text(_("That office's address for e-mail."))
    successor = Text(_("What it merged into, by the last part of its address; empty where it still exists."))
    dissolved_on = PartialDate(_("When it ceased to exist."))
    partnerships = WholeNumber(_("How many partnerships it takes part in itself."), min_value=0)
    url = Text(_("Address of its English page."))
    url_ja = Text(_("Address of its Japanese page."))
    updated_at = serializers.DateTimeField(help_text=CHANGED)

    always = ("slug",)


class Theme(Shape):
    """A theme that partnerships are about."""

    slug = Text(SLUG)
    name = Text(_("Its name in English."))
    name_ja = Text(_("Its name in Japanese."))
    description = Text(_("What belongs to it, in English."))
    description_ja = Text(_("The same in Japanese."))
    partnerships = WholeNumber(_("How many partnerships are about it."), min_value=0)
    url = Text(_("Address of its English page."))
    url_ja = Text(_("Address of its Japanese page."))

    always = ("slug",)


class Source(Shape):
    """A document that records rest on."""

    slug = Text(SLUG)
    title = Text(_("Its title, in its own language."))
    publisher = Text(_("Who published it."))
    url = Text(_("Where it can be read."))
    archived_url = Text(_("A copy in an archive; empty where there is none."))
    kind = Word(models.Source.Kind.choices, _("What kind of document it is."))
    language = Word(models.Source.Language.choices, _("The language in which it is written."))
    published_on = PartialDate(_("When it was published, as far as it is known."))
    accessed_on = PartialDate(_("When it was read for the directory."))
    partnerships = WholeNumber(_("How many partnerships cite it."), min_value=0)
    page_url = Text(_("Address of its English page here."))
    page_url_ja = Text(_("Address of its Japanese page here."))
    updated_at = serializers.DateTimeField(help_text=CHANGED)

    always = ("slug",)


class Support(Shape):
    """What a partnership takes from a source."""

    partnership = Text(_("The partnership, by the last part of its address."))
    supports = serializers.ListField(
        child=serializers.ChoiceField(models.Citation.Supports.choices), help_text=_("What it supports there.")
    )
    outcomes = WholeNumber(_("How many results rest on it."), min_value=0)
    milestones = WholeNumber(_("How many milestones rest on it."), min_value=0)


class SourceDetail(Source):
    """A source with all that rests on it."""

    supported = Support(many=True, help_text=_("The partnerships that rest on it, by title."))


# --- Facets, completions, problems -----------------------------------------------------------------------------------


class FacetValue(Shape):
    """A value that a list can be narrowed by."""

    value = Text(_("The value, as the parameter takes it."))
    label = Text(_("The value in English words."))
    label_ja = Text(_("The same in Japanese."))
    count = WholeNumber(_("How many records choosing it would leave, the other filters kept."), min_value=0)
    selected = serializers.BooleanField(help_text=_("Whether it is chosen now."))
    toggle_url = Text(_("The list with it chosen, or no longer chosen."))


class Facet(Shape):
    """A filter with the values that occur."""

    name = Text(_("The name of its parameter."))
    results = FacetValue(many=True, help_text=_("Its values, the selected and the most frequent first."))
    truncated = serializers.BooleanField(help_text=_("Always false: no value is left out."))


SUGGESTION_TYPES = [(kind, kind) for kind in ("theme", "actor", "partnership")]


class Suggestion(Shape):
    """Something that what was typed may mean."""

    type = Word(SUGGESTION_TYPES, _("What it is."))
    slug = Text(SLUG)
    name = Text(_("Its name or title in English."))
    name_ja = Text(_("The same in Japanese."))
    url = Text(_("The path of its English page on this site."))
    kind = Word(models.Actor.Kind.choices, _("Of places and organisations: what it is."))
    region = Text(_("Of places and organisations: the state or prefecture, in English."))
    region_ja = Text(_("The same in Japanese."))
    partnerships = WholeNumber(_("Of places and organisations: in how many partnerships they take part."), min_value=0)

    always = ("type", "slug", "name", "name_ja", "url")


class Suggestions(Shape):
    """What may be meant by the beginning of a name."""

    query = Text(_("What was typed, with single spaces."))
    results = Suggestion(many=True, help_text=_("The best of each type."))


class Fault(Shape):
    """What is wrong with one parameter."""

    parameter = Text(_("The name of the parameter."))
    detail = Text(_("What is wrong with it, in words."))


class Problem(Shape):
    """Problem details (RFC 9457)."""

    type = Text(_("Always about:blank: the status says what kind of problem it is."))
    title = Text(_("The status in words."))
    status = WholeNumber(_("The status of the response."))
    detail = Text(_("What is wrong, in words."))
    errors = Fault(many=True, help_text=_("Of bad parameters: what is wrong with each."))

    always = ("type", "title", "status", "detail")


# --- Peers -----------------------------------------------------------------------------------------------------------


class ActorInShort(Shape):
    """A place or organisation in short."""

    slug = Text(SLUG)
    name = Text(_("Its name in English, with its state or prefecture."))
    name_ja = Text(_("The same in Japanese."))
    kind = Word(models.Actor.Kind.choices, _("What it is."))
    country = Word(models.Country.choices, _("The shore on which it lies."))
    population = WholeNumber(_("Its population; null where it is not known."), allow_null=True)
    url = Text(_("Address of its English page."))


class PartnershipInShort(Shape):
    """A partnership in short."""

    slug = Text(SLUG)
    title = Text(_("Title in English."))
    title_ja = Text(_("Title in Japanese."))
    url = Text(_("Address of the record's English page."))


class Example(Shape):
    """Somebody who has done it."""

    partnership = PartnershipInShort()
    like = ActorInShort(help_text=_("The participant that resembles the asking place most."))
    reasons = Texts(_("Why it stands here, in English."))
    reasons_ja = Texts(_("The same in Japanese."))


class Candidate(Shape):
    """A place across the Pacific that could fit."""

    actor = ActorInShort()
    reasons = Texts(_("Why it could fit, the weightiest reason first, in English."))
    reasons_ja = Texts(_("The same in Japanese."))


class Existing(Shape):
    """A place across the Pacific that is a partner already, and therefore not suggested."""

    actor = ActorInShort()
    partnerships = WholeNumber(_("How many partnerships join the two."), min_value=1)


class Neighbour(Shape):
    """A place near the asking one that has a tie across the Pacific."""

    actor = ActorInShort()
    km = WholeNumber(_("The distance in kilometres; null where it is not known."), allow_null=True)
    partners = Texts(_("Partners across the Pacific, by the last parts of their addresses; the first few."))
    partner_count = WholeNumber(_("How many partners it has in all."), min_value=0)


class Peers(Shape):
    """The answers of the peer finder for one place."""

    actor = ActorInShort(help_text=_("The place that asks; what one merged into answers for it."))
    themes = Texts(_("The themes that were asked for."))
    examples = Example(many=True, help_text=_("Who on the same shore has done it, the likest first."))
    candidates = Candidate(many=True, help_text=_("Who across the Pacific could fit, the best first."))
    existing = Existing(many=True, help_text=_("Who is a partner already."))
    neighbours = Neighbour(many=True, help_text=_("Who near is connected, the nearest first."))
    url = Text(_("Address of the same on the English page."))
    url_ja = Text(_("Address of the same on the Japanese page."))
