"""What the directory knows: actors on two shores, what they do together, under which themes, on whose word."""

from __future__ import annotations

from .actor import Actor, ActorName, Country
from .kept_form import KeptForm
from .loaded_record import LoadedRecord
from .milestone import Milestone
from .outcome import Outcome
from .partial_date import PartialDate, PartialDateField
from .partnership import Adoption, Participation, Partnership, PartnershipTheme
from .publication import Publication, ReviewEvent
from .register import CoverageCheck, RegisterEntry
from .source import Citation, Source
from .suggestion import Suggestion
from .theme import Theme
from .version import DirectoryVersion, RecordVersion

__all__ = [
    "Actor",
    "ActorName",
    "Adoption",
    "Citation",
    "Country",
    "CoverageCheck",
    "DirectoryVersion",
    "KeptForm",
    "LoadedRecord",
    "Milestone",
    "Outcome",
    "PartialDate",
    "PartialDateField",
    "Participation",
    "Partnership",
    "PartnershipTheme",
    "Publication",
    "RecordVersion",
    "RegisterEntry",
    "ReviewEvent",
    "Source",
    "Suggestion",
    "Theme",
]
