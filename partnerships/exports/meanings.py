"""What each column of a table of partnerships means, for the page on the data."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

COLUMNS: dict[str, Any] = {
    "slug": _("The last part of the record's address. After a rename the old address leads to the new one."),
    "title": _("Title in English."),
    "title_ja": _("Title in Japanese."),
    "kind": _(
        "Kind of partnership: sister, friendship, memorandum, programme, project, research, exchange, network, event."
    ),
    "status": _("What the sources say: active, ended or unknown."),
    "started": _("When it began, as far as it is known: 2014, 2014-11 or 2014-11-05. Empty: not known."),
    "ended": _("When it ended, likewise. Empty: it has not ended, or the date is not known; see status."),
    "themes": _("Themes, as the last parts of their addresses."),
    "us_participants": _("Participants in the United States, by their English names."),
    "jp_participants": _("Participants in Japan, by their English names."),
    "states": _("ISO 3166-2 codes of the states and territories in which the participants lie (US-WA)."),
    "prefectures": _("ISO 3166-2 codes of the prefectures in which the participants lie (JP-40)."),
    "url": _("Address of the record's English page."),
}
