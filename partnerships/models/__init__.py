"""What the directory knows: actors on two shores, what they do together, under which themes, on whose word."""

from __future__ import annotations

from .account import Happening, Invitation, Role, SignInEvent
from .actor import Actor, ActorName, Country
from .imports import Import, ImportLine
from .kept_form import KeptForm
from .link_check import LinkCheck
from .loaded_record import LoadedRecord
from .merging import Merge, NotDuplicate, RecordKind
from .milestone import Milestone
from .outcome import Outcome
from .partial_date import PartialDate, PartialDateField
from .partnership import Adoption, Participation, Partnership, PartnershipTheme
from .publication import Publication, ReviewEvent
from .register import CoverageCheck, RegisterEntry
from .register_difference import RegisterDifference
from .source import Citation, Source
from .suggestion import RecentSender, Suggestion, SuggestionStep
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
    "Happening",
    "Import",
    "ImportLine",
    "Invitation",
    "KeptForm",
    "LinkCheck",
    "LoadedRecord",
    "Merge",
    "Milestone",
    "NotDuplicate",
    "Outcome",
    "PartialDate",
    "PartialDateField",
    "Participation",
    "Partnership",
    "PartnershipTheme",
    "Publication",
    "RecentSender",
    "RecordKind",
    "RecordVersion",
    "RegisterDifference",
    "RegisterEntry",
    "ReviewEvent",
    "Role",
    "SignInEvent",
    "Source",
    "Suggestion",
    "SuggestionStep",
    "Theme",
]
