"""Deleting asks, says what goes with it, and can be taken back.

Partnerships and places are never deleted: they go into the archive, by the service of publishing. Sources and themes
are deleted while nothing uses them, and their history brings them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from partnerships.models import Publication, ReviewEvent
from partnerships.services.publishing import RefusedError, refusals_of, take_step

MOST_NAMED = 12
Action = ReviewEvent.Action


@dataclass(frozen=True)
class Belonging:
    """Rows that belong to a record, or refer to it: how many, and the first of them by name."""

    label: str
    count: int
    named: list[tuple[str, str]]  # what it is called, and its address in the admin
    is_part: bool  # it goes with the record; others stay, and refer to it

    @property
    def more(self) -> int:
        return self.count - len(self.named)


def belongings(record: models.Model) -> list[Belonging]:
    """Everything that hangs on a record, whichever table holds it."""
    found = []
    relations = [each for each in record._meta.related_objects if each.one_to_many or each.one_to_one]
    for relation in relations:
        model: Any = relation.related_model
        rows = model._default_manager.filter(**{relation.field.name: record})
        count = rows.count()
        if not count:
            continue
        joined = [each.name for each in model._meta.concrete_fields if each.is_relation]
        label = capfirst(str(model._meta.verbose_name_plural))
        if sum(each.related_model is model for each in relations) > 1:
            label = f"{label} ({relation.field.verbose_name})"
        named = [_named(row, record) for row in rows.select_related(*joined)[:MOST_NAMED]]
        found.append(Belonging(label, count, named, relation.on_delete is models.CASCADE))
    return found


def _named(row: Any, record: models.Model) -> tuple[str, str]:
    """A row by the record that it is part of, where that is another one."""
    for name in ("partnership", "actor"):
        owner = getattr(row, name, None)
        if isinstance(owner, models.Model) and not isinstance(record, type(owner)):
            return (f"{owner}: {row}" if hasattr(row, "statement") else str(owner)), _address(owner)
    return str(row), "" if hasattr(row, "partnership_id") or hasattr(row, "actor_id") else _address(row)


def _address(record: models.Model) -> str:
    meta = record._meta
    try:
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])
    except NoReverseMatch:
        return ""


class _AskedBefore(admin.ModelAdmin):
    """The pages that ask before something goes, and before it comes back."""

    def get_urls(self) -> list[Any]:
        name = f"{self.model._meta.app_label}_{self.model._meta.model_name}_take_back"
        view = self.admin_site.admin_view(self.take_back_view)
        return [path("<path:object_id>/take-back/", view, name=name), *super().get_urls()]

    def take_back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        raise NotImplementedError

    def _page(self, request: HttpRequest, template: str, record: Any, title: str, **context: Any) -> HttpResponse:
        shared = {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": str(record),
            "opts": self.model._meta,
            "original": record,
            "list_address": self._list_address(),
            "record_address": _address(record),
        }
        return render(request, f"admin/partnerships/{template}.html", shared | context)

    def _list_address(self) -> str:
        return reverse(f"admin:partnerships_{self.model._meta.model_name}_changelist")

    def _take_back_address(self, record: Any) -> str:
        return reverse(f"admin:partnerships_{self.model._meta.model_name}_take_back", args=[record.pk])

    def _say_how_to_undo(self, request: HttpRequest, text: str, record: Any) -> None:
        words = format_html('{} <a href="{}">{}</a>', text, self._take_back_address(record), _("Take it back"))
        messages.success(request, words)


class ArchivedAdmin(_AskedBefore):
    """“Delete” puts a record into the archive; taken back, it is what it was before."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One by one, by those who may archive; what is in the archive stays there."""
        if obj is None or obj.publication == Publication.ARCHIVED:
            return False
        return super().has_delete_permission(request, obj) and request.user.has_perm("partnerships.publish_partnership")

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        if not self.has_delete_permission(request, record):
            raise PermissionDenied
        if request.method == "POST":
            note = request.POST.get("note", "").strip()
            try:
                take_step(record=record, action=Action.ARCHIVED, by=request.user, note=note)  # type: ignore[arg-type]
            except RefusedError as error:
                for refusal in error.refusals:
                    messages.error(request, refusal.reason)
                return HttpResponseRedirect(request.path)
            self._say_how_to_undo(request, _("“%(record)s” is in the archive now.") % {"record": record}, record)
            return HttpResponseRedirect(self._list_address())
        return self._page(
            request,
            "archive_confirmation",
            record,
            _("Delete?"),
            belongings=belongings(record),
            refusals=[refusal.reason for refusal in refusals_of(record=record, action=Action.ARCHIVED)],
            is_public=record.publication == Publication.PUBLISHED,
        )

    def take_back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        if record.publication != Publication.ARCHIVED:
            messages.info(request, _("“%(record)s” is not in the archive.") % {"record": record})
            return HttpResponseRedirect(_address(record))
        step = Action.PUBLISHED if _was(record) == Publication.PUBLISHED else Action.RETURNED
        if request.method == "POST":
            try:
                take_step(record=record, action=step, by=request.user)  # type: ignore[arg-type]
            except RefusedError as error:
                for refusal in error.refusals:
                    messages.error(request, refusal.reason)
                return HttpResponseRedirect(request.path)
            words = _("“%(record)s” is back: %(state)s.")
            messages.success(request, words % {"record": record, "state": record.get_publication_display()})
            return HttpResponseRedirect(_address(record))
        return self._page(
            request, "take_back", record, _("Take it back from the archive?"), becomes_public=step == Action.PUBLISHED
        )

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        record = context.get("original")
        if record is not None and record.publication == Publication.ARCHIVED:
            context["take_back_address"] = self._take_back_address(record)
        return super().render_change_form(request, context, *args, **options)


def _was(record: Any) -> str:
    """The state of publication before the record went into the archive."""
    states = record.history.exclude(publication=Publication.ARCHIVED).order_by("-history_date", "-history_id")
    return states.values_list("publication", flat=True).first() or Publication.DRAFT


class DeletedUnusedAdmin(_AskedBefore):
    """Deletes only what nothing uses, and says what does."""

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        if not self.has_delete_permission(request, record):
            raise PermissionDenied
        uses = belongings(record)
        protecting = [each for each in uses if not each.is_part]
        if request.method == "POST":
            if protecting:
                return HttpResponseRedirect(request.path)
            text, key = str(record), record.pk
            with transaction.atomic():
                self.log_deletions(request, self.model._default_manager.filter(pk=key))
                record.delete()
            record.pk = key
            self._say_how_to_undo(request, _("“%(record)s” was deleted.") % {"record": text}, record)
            return HttpResponseRedirect(self._list_address())
        return self._page(request, "delete_unused", record, _("Delete?"), belongings=uses, is_used=bool(protecting))

    def take_back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        key = unquote(object_id)
        last: Any = self.model.history.filter(id=key).first() if key.isdecimal() else None
        if last is None:
            raise Http404
        record = last.instance
        if self.get_object(request, key) is not None:
            messages.info(request, _("“%(record)s” is there.") % {"record": record})
            return HttpResponseRedirect(_address(record))
        if request.method == "POST":
            try:
                with transaction.atomic():
                    record._change_reason = _("Taken back")
                    record.save(force_insert=True)
            except IntegrityError:
                messages.error(request, _("A value that has to be unique belongs to another record now."))
                return HttpResponseRedirect(request.path)
            messages.success(request, _("“%(record)s” is back.") % {"record": record})
            return HttpResponseRedirect(_address(record))
        return self._page(request, "take_back", record, _("Take back what was deleted?"), is_gone=True)
