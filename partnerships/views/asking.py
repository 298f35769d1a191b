"""Which place and themes a page was asked about, and what may have been meant where it is none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from partnerships import nearest
from partnerships.filters import PlaceFilter
from partnerships.models import Actor
from partnerships.text import fold

MOST_PLACES = 6  # offered for a name that no address is
MOST_THEMES = 3


@dataclass(frozen=True)
class Asked:
    """What was typed, and what may have been meant where it is no place and no theme."""

    filters: PlaceFilter
    typed: str
    typed_themes: list[str]

    @property
    def messages(self) -> list[str]:
        return [ignored.message for ignored in self.filters.ignored]

    @cached_property
    def places(self) -> list[Actor]:
        """Those whose names are nearest to what was typed, where that is no address of one."""
        return [] if self.filters.place or not self.typed.strip() else nearest.places(self.typed, MOST_PLACES)

    @property
    def one_place(self) -> Actor | None:
        """The only one that bears the name that was typed, or the only state or prefecture that does."""
        exact = [place for place in self.places if _bears(place, self.typed)]
        regions = [place for place in exact if place.kind in Actor.REGION_KINDS]
        return next((named[0] for named in (exact, regions) if len(named) == 1), None)

    @cached_property
    def nearest_themes(self) -> list[tuple[str, str]]:
        """Addresses of the page with the themes that are spelt like those that do not exist, with their names."""
        near = nearest.themes(self.typed_themes, MOST_THEMES)
        return [(self.filters.address({"theme": [slug]}), label) for slug, label in near.items()]


def _bears(place: Actor, typed: str) -> bool:
    name = fold(place.name)
    return fold(typed) in {name, name.removesuffix(" prefecture"), fold(place.name_ja)}
