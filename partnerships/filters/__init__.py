"""One FilterSet per list: for the page now, and for every other shape of the same list.

A value that cannot be understood is reported and left out; it never breaks the list and never empties it.
"""

from .actors import ActorFilter
from .embedding import EmbedFilter, EmbedFormFilter
from .lists import MOST_VALUES, Ignored, ListFilterSet, presentable
from .partnerships import CoverageFilter, DatedPartnershipFilter, PartnershipFilter, PlaceFilter
from .sources import SourceFilter

__all__ = [
    "MOST_VALUES",
    "ActorFilter",
    "CoverageFilter",
    "DatedPartnershipFilter",
    "EmbedFilter",
    "EmbedFormFilter",
    "Ignored",
    "ListFilterSet",
    "PartnershipFilter",
    "PlaceFilter",
    "SourceFilter",
    "presentable",
]
