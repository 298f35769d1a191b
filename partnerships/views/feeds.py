"""Feeds: what changed in the directory, and any list of partnerships."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
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
    """“Partnerships (Climate · Washington)”: whoever follows several lists can tell them apart."""
    title = _("Partnerships")
    chosen = " · ".join(str(filters.description(name, value)) for name, value in filters.narrowing)
    return _("%(title)s (%(filters)s)") % {"title": title, "filters": chosen} if chosen else title


def _entries(selection: Selection) -> Iterator[Entry]:
    for keys in selection.batches(BATCH):
        yield from feeds.of_partnerships(keys)
