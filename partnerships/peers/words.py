"""How places, their sizes and themes are named in a reason; in the active language."""

from __future__ import annotations

import math
from collections.abc import Iterable

from django.utils.formats import number_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from partnerships import vocabulary, wording
from partnerships.models import Actor

from .world import Place, World

SIMILAR = math.log(1.6)  # up to this ratio the size is called similar


def number(value: int) -> str:
    return number_format(value, force_grouping=True)


def kind(place: Place) -> str:
    """“city”, 市: within a sentence, so without a capital letter."""
    return str(Actor.Kind(place.kind).label).lower()


def level(own: Place, other: Place) -> str:
    """That both are of one level; empty where they are not."""
    if other.level != own.level:
        return ""
    if other.kind == own.kind:
        return _("the same level: %(kind)s") % {"kind": kind(other)}
    return _("the same level: %(own)s and %(other)s") % {"own": kind(own), "other": kind(other)}


def size(own: Place, other: Place) -> str:
    """That both have as many people, or that this is unknown; empty where they have not."""
    if not own.population or not other.population:
        return _("population unknown: not used")
    if abs(math.log(other.population / own.population)) > SIMILAR:
        return ""
    people = {"own": number(own.population), "other": number(other.population)}
    return _("similar size: %(own)s and %(other)s people") % people


def name(place: Place) -> str:
    return str(wording.local_text(place, "name"))


def region_name(world: World, pk: int) -> str:
    """A state or prefecture as it is named beside a town: “Hyogo”, 兵庫県; empty where there is none."""
    region = world.gazetteer.places.get(pk)
    if region is None:
        return ""
    return name(region).removesuffix(" Prefecture") if get_language() != "ja" else name(region)


def full_name(world: World, place: Place) -> str:
    """“Kobe, Hyogo”, 兵庫県神戸市."""
    region = region_name(world, place.region) if place.region != place.pk else ""
    if not region or place.kind not in Actor.MUNICIPAL_KINDS:
        return name(place)
    return f"{region}{name(place)}" if get_language() == "ja" else f"{name(place)}, {region}"


def regions(world: World, own: Place, other: Place) -> dict[str, str]:
    """The regions of the asking place and of the other one, to be filled into a sentence."""
    return {"own": region_name(world, own.region), "other": region_name(world, other.region)}


def themes(slugs: Iterable[str]) -> str:
    """Themes in the order in which the directory lists them."""
    chosen = set(slugs)
    named = [label for slug, label in vocabulary.current().labels("theme").items() if slug in chosen]
    return pgettext("between several names", ", ").join(named)
