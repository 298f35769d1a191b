"""Anniversaries and ends of terms as an iCalendar file (RFC 5545), which calendar programs subscribe to."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import TRANSP, Calendar, Event, vText

from . import wording
from .anniversaries import Occasion

MAKER = "-//U.S.-Japan Partnerships Directory//Anniversaries//EN"
MOST_EVENTS = 1_000  # about as much as calendar programs read of one address
REFRESHED = dt.timedelta(days=1)


def anniversaries(occasions: list[Occasion], name: str, address: str) -> bytes:
    """The calendar at this address: all occasions known to the day or the month, the same bytes for the same records.

    A month is an event of all its days: the sources say “in March”, and the first of March would be invented. What is
    known to the year only is left out.
    """
    made = Calendar.new(
        prodid=MAKER,
        method="PUBLISH",
        uid=uuid.uuid5(uuid.NAMESPACE_URL, address),
        subcomponents=[_event(occasion) for occasion in occasions if occasion.on.month],
    )
    for named in ("name", "x-wr-calname"):  # the second for programs that do not know RFC 7986
        made.add(named, vText(name))
    made.add("refresh-interval", REFRESHED, parameters={"value": "DURATION"})  # RFC 7986 wants the type named
    made.add("x-published-ttl", "P1D")  # the same for Outlook
    return wording.without_controls(made.to_ical().decode()).encode()


def _event(occasion: Occasion) -> Event:
    record = occasion.record
    page = f"{settings.SITE_URL}{record.get_absolute_url()}"
    title = wording.local_text(record, "title")
    facts = [wording.composed_summary(record), _precision(occasion), page]
    return Event.new(
        uid=_uid(occasion),
        summary=_("%(title)s: %(occasion)s") % {"title": title, "occasion": occasion.label},
        description="\n".join(fact for fact in facts if fact),
        start=occasion.on.earliest,
        end=occasion.on.latest + dt.timedelta(days=1),  # the first day that is no longer part of it
        url=page,
        categories=[
            record.get_kind_display(),
            *(str(wording.local_text(theme, "name")) for theme in record.themes.all()),
        ],
        # When the record changed, not when the file was made, so that a program sees an event change only when it did.
        stamp=record.updated_at,
        last_modified=record.updated_at,
        transparency=TRANSP.TRANSPARENT,  # nobody is busy because of it
    )


def _uid(occasion: Occasion) -> str:
    """The same in both languages, after loading the data anew and when the date is corrected; one slug has it once."""
    what = f"{occasion.years}-years" if occasion.years else f"term-{occasion.on}"
    return f"{occasion.record.slug}.{what}@us-japan-partnerships-directory"


def _precision(occasion: Occasion) -> str:
    if occasion.on.day:
        return ""
    return _("The sources name the month, not the day.")
