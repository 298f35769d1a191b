"""The history of a record: who changed what, when and why, and the way back to any moment of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from partnerships.models import ReviewEvent
from partnerships.models.loaded_record import LOADED
from partnerships.services import restoring
from partnerships.services.records import RecordState, state_of

from .differing import DifferenceLine, in_words

MOMENT = "%Y%m%dT%H%M%S%f"
MOMENTS_A_PAGE = 20
NEAR = dt.timedelta(seconds=5)  # a step of publication is logged right after the record is saved


@dataclass(frozen=True)
class HistoryEntry:
    """One moment as the page tells it."""

    moment: restoring.Moment
    name: str  # in addresses
    lines: list[DifferenceLine]
    reason: str
    note: str
    is_first: bool
    is_last: bool


class HistoryAdmin(admin.ModelAdmin):
    """Replaces the pages of django-simple-history, which know neither parts nor languages."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        record, is_there = self._record(request, object_id)
        moments = restoring.moments(record)
        page = Paginator(range(len(moments) - 1, -1, -1), MOMENTS_A_PAGE).get_page(request.GET.get("p"))
        events = self._events(record)
        may_take_back = not is_there and self.has_add_permission(request)
        context = {
            **self._context(request, record, _("History of changes")),
            "page": page,
            "entries": [_entry(moments, place, events) for place in page.object_list],
            "is_there": is_there,
            "may_change": is_there and self.has_change_permission(request, record),
            "take_back_address": self._address("take_back", record) if may_take_back else "",
        }
        return render(request, "admin/partnerships/history.html", context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """One moment: what would change by restoring it, and the button that does."""
        record, is_there = self._record(request, object_id)
        moment = restoring.moment_of(record, _moment_named(version_id))
        if moment is None or not is_there:
            raise Http404
        may_change = self.has_change_permission(request, record)
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            return self._restored(request, record, moment)
        present = state_of(record)
        wanted = restoring.wanted_state(moment, present)
        context = {
            **self._context(request, record, _("Restore a former state")),
            "moment": moment,
            "lines": in_words(present.differences(wanted)),
            "seen": present.digest(),
            "lost": moment.lost,
            "may_change": may_change,
        }
        return render(request, "admin/partnerships/restore.html", context)

    def _restored(self, request: HttpRequest, record: Any, moment: restoring.Moment) -> HttpResponse:
        back = HttpResponseRedirect(request.path)
        if request.POST.get("seen") != state_of(record).digest():
            messages.warning(request, _("The record was changed meanwhile; look again at what restoring would change."))
            return back
        moment_name = moment.at.strftime("%Y-%m-%d %H:%M")
        reason = request.POST.get("reason", "").strip()[:60] or _("Restored")
        try:
            restoring.restore(record=record, moment=moment, reason=f"{reason} ({moment_name})")
        except restoring.RestoringRefusedError as error:
            for text in error.reasons:
                messages.error(request, text)
            return back
        self.log_change(request, record, f"Restored to {moment_name}")
        messages.success(request, _("“%(record)s” is what it was then.") % {"record": record})
        return HttpResponseRedirect(self._address("history", record))

    # --- Shared -------------------------------------------------------------------------------------------------------

    def _record(self, request: HttpRequest, object_id: str) -> tuple[Any, bool]:
        """The record, or what it last was; and whether it is still there."""
        key = unquote(object_id)
        if (record := self.get_object(request, key)) is not None:
            if not self.has_view_or_change_permission(request, record):
                raise PermissionDenied
            return record, True
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        last = self.model.history.filter(id=key).first() if key.isdecimal() else None
        if last is None:
            raise Http404
        return last.instance, False

    def _events(self, record: Any) -> list[ReviewEvent]:
        return list(record.review_events.exclude(note="")) if hasattr(record, "review_events") and record.pk else []

    def _address(self, name: str, record: Any) -> str:
        return reverse(f"admin:partnerships_{self.model._meta.model_name}_{name}", args=[record.pk])

    def _context(self, request: HttpRequest, record: Any, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": str(record),
            "opts": self.model._meta,
            "original": record,
            "list_address": reverse(f"admin:partnerships_{self.model._meta.model_name}_changelist"),
            "record_address": self._address("change", record),
            "history_address": self._address("history", record),
        }


def _entry(moments: list[restoring.Moment], place: int, events: list[ReviewEvent]) -> HistoryEntry:
    moment = moments[place]
    nothing = RecordState(moment.state.table, moment.state.slug)
    before = moments[place - 1].state if place else nothing
    is_first = not before.rows.get(moment.state.table)
    # Of the first state everything would be new, which the record's own page tells better.
    lines = [] if is_first else in_words(before.differences(moment.state))
    notes = [event.note for event in events if moment.start <= event.at < moment.at + NEAR]
    reason = _("Data package loaded") if moment.reason == LOADED else moment.reason
    return HistoryEntry(
        moment,
        moment.at.strftime(MOMENT),
        lines,
        reason,
        notes[0] if notes else "",
        is_first,
        place == len(moments) - 1,
    )


def _moment_named(text: str) -> dt.datetime:
    try:
        return dt.datetime.strptime(text, MOMENT).replace(tzinfo=dt.UTC)
    except ValueError:
        raise Http404 from None
