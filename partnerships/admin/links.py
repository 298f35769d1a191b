"""What link checks found, on a source's page and in the list of sources, and what to do about it."""

from __future__ import annotations

from typing import Any

import httpx
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from partnerships.links.outcomes import FAILING_DAYS
from partnerships.models import LinkCheck, Source
from partnerships.models.link_check import latest_checks
from partnerships.services import links

from .lookups import LookupAdmin


@admin.register(LinkCheck)
class LinkCheckAdmin(LookupAdmin):
    list_display = ["source", "checked_at", "outcome", "status", "final_url", "failing_days"]
    list_filter = ["outcome"]
    list_select_related = ["source"]
    search_fields = ["source__title", "url", "final_url"]
    date_hierarchy = "checked_at"


def broken_without_copy() -> QuerySet[Source]:
    """Public sources that a reader cannot get at any more."""
    return Source.objects.published().filter(link_state=Source.LinkState.BROKEN, archived_url="")


def moved() -> QuerySet[Source]:
    """Public sources that have a new address for good."""
    return Source.objects.published().filter(link_state=Source.LinkState.REDIRECTED)


class LinkFilter(admin.SimpleListFilter):
    title = gettext_lazy("links of public sources")
    parameter_name = "link"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("broken", gettext_lazy("broken, without an archived copy")),
            ("moved", gettext_lazy("moved for good")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"broken": broken_without_copy, "moved": moved}.get(self.value() or "")
        if not wanted:
            return queryset
        last = latest_checks().filter(source=OuterRef("pk"))
        queryset = queryset.filter(pk__in=wanted().values("pk"))
        return queryset.annotate(moved_to=Subquery(last.values("moved_to")), outcome=Subquery(last.values("outcome")))


class LinkedAdmin(admin.ModelAdmin):
    """Checks of a source's link below its form, with the buttons that go with them."""

    actions = ["take_new_addresses"]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Beside broken links the reason, beside moved ones their new address, and less of the rest."""
        column = {"broken": "last_outcome", "moved": "new_address"}.get(request.GET.get("link", ""))
        return ["title", "publisher", column] if column else [*super().get_list_display(request)]

    @admin.display(description=gettext_lazy("last check"))
    def last_outcome(self, source: Any) -> str:
        return str(LinkCheck.Outcome(source.outcome).label) if source.outcome else ""

    @admin.display(description=gettext_lazy("new address"))
    def new_address(self, source: Any) -> str:
        address = source.moved_to or ""
        return format_html('<a href="{0}" rel="external noopener">{0}</a>', address) if address else ""

    def get_urls(self) -> list[Any]:
        # Every change in the admin is one transaction; this one would hold the database while it waits for a stranger.
        check = admin.AdminSite.admin_view(self.admin_site, require_POST(self.check_view))
        take = self.admin_site.admin_view(require_POST(self.take_view))
        return [
            path("<int:pk>/check-link/", check, name="partnerships_source_check_link"),
            path("<int:pk>/take-new-address/", take, name="partnerships_source_take_new_address"),
            *super().get_urls(),
        ]

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        source = self._changeable(request, pk)
        try:
            check = links.check_now(source=source)
        except links.NoNetworkError:
            messages.error(
                request,
                _("Nothing answered, nor did a link that worked before. Is this server offline? Nothing was noted."),
            )
        except Source.DoesNotExist:
            messages.error(request, _("The source was changed meanwhile. Please check it again."))
        else:
            found = {"outcome": check.get_outcome_display(), "detail": check.detail or check.final_url}
            text = _("Checked: %(outcome)s. %(detail)s") % found
            messages.add_message(request, messages.WARNING if check.failing_days else messages.SUCCESS, text.strip())
        return redirect(reverse("admin:partnerships_source_change", args=[pk]) + "#link-checks")

    def take_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        source = self._changeable(request, pk)
        self._take_all(request, [source])
        return redirect("admin:partnerships_source_change", pk)

    @admin.action(description=gettext_lazy("Take the new address"), permissions=["change"])
    def take_new_addresses(self, request: HttpRequest, chosen: QuerySet[Source]) -> None:
        allowed = []
        for source in chosen:
            if self.has_change_permission(request, source):
                allowed.append(source)
            else:
                messages.error(request, f"{source}: {_('Only editors change a source that is public.')}")
        self._take_all(request, allowed)

    def _take_all(self, request: HttpRequest, sources: list[Source]) -> None:
        done = 0
        for source in sources:
            try:
                links.take_new_address(source=source, by=request.user)  # type: ignore[arg-type]
            except links.NotTakenError as error:
                messages.error(request, f"{source}: {error}")
            else:
                done += 1
        if done:
            text = ngettext("%(count)d source has its new address.", "%(count)d sources have their new address.", done)
            messages.success(request, text % {"count": done})

    def _changeable(self, request: HttpRequest, pk: int) -> Source:
        source = self.get_object(request, str(pk))
        if source is None:
            raise Http404
        if not self.has_change_permission(request, source):
            raise PermissionDenied
        return source

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if "url" in form.changed_data:
            obj.link_state = Source.LinkState.UNCHECKED
        super().save_model(request, obj, form, change)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        source = context.get("original")
        if source is not None:
            new_address = links.new_address_of(source)
            context["checks"] = source.link_checks.all()
            context["failing_days_for_broken"] = FAILING_DAYS
            context["new_address"] = new_address
            context["is_front_page"] = bool(new_address) and _path(new_address) == "/" != _path(source.url)
            context["may_check"] = self.has_change_permission(request, source)
        return super().render_change_form(request, context, *args, **options)


def _path(url: str) -> str:
    try:
        return httpx.URL(url).path
    except httpx.InvalidURL:
        return ""
