"""Feeds: what changed in the directory, and any list of partnerships."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from partnerships import catalogue, changes, feeds, queries
from partnerships.catalogue import Selection
from partnerships.feeds import Entry, Feed
from partnerships.filters import PartnershipFilter
from partnerships.http import public_page

from .listing import at_one_address, check_address
from .streams import stream

BATCH = 200  # partnerships read at once
MOST_UPDATES = 50


@require_safe
@public_page
def updates_atom(request: HttpRequest) -> HttpResponse:
    title = _("What is new in the U.S.–Japan Partnerships Directory")
    subtitle = _("The last %(most)d additions and changes.") % {"most": MOST_UPDATES}
    feed = Feed(request.path, reverse("update-list"), title, subtitle)
    newest = islice(changes.latest(), MOST_UPDATES)
    return HttpResponse(b"".join(feeds.atom(feed, feeds.of_updates(newest))), content_type=feeds.CONTENT_TYPE)


@require_safe
@public_page
@at_one_address
def partnerships_atom(request: HttpRequest) -> HttpResponseBase:
    filters = PartnershipFilter(request.GET, queries.partnerships())
    check_address(request, filters)
    selection = catalogue.current().selected(filters.changed({"sort": ["updated"]}))
    address = filters.address().removesuffix("?")
    subtitle = ngettext(
        "%(shown)s partnership.", "All %(shown)s partnerships, the last changed first.", selection.count
    ) % {"shown": f"{selection.count:,}"}
    feed = Feed(request.path + address, reverse("partnership-list") + address, _title(filters), subtitle)
    return stream(feeds.atom(feed, _entries(selection)), feeds.CONTENT_TYPE)


def _title(filters: PartnershipFilter) -> str:
    """“Partnerships (Theme: Climate)”: whoever follows several lists can tell them apart."""
    chosen = []
    for name, declared in filters.filters.items():
        if name != "sort" and (values := filters.chosen(name)):
            labels = {str(value): label for value, label in getattr(declared.field, "choices", ())}
            shown = pgettext("between several names", ", ").join(str(labels.get(value, value)) for value in values)
            chosen.append(_("%(label)s: %(value)s") % {"label": declared.label, "value": shown})
    title = _("Partnerships")
    return _("%(title)s (%(filters)s)") % {"title": title, "filters": " · ".join(chosen)} if chosen else title


def _entries(selection: Selection) -> Iterator[Entry]:
    for keys in selection.batches(BATCH):
        yield from feeds.of_partnerships(keys)
