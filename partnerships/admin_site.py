"""The admin site itself: its name and the order of its lists.

It lives outside the room ``admin/``, because importing that room registers the models with this site.
"""

from __future__ import annotations

from functools import update_wrapper
from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import logout
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import search
from .expired_sessions import keeping_what_was_typed
from .http.curators import lacks_second_factor
from .templating import this_page_in

# The lists that curators work in come first, in the order of their work; the rest follows by name.
FIRST = [
    "Partnership",
    "Actor",
    "Source",
    "Theme",
    "Suggestion",
    "CoverageCheck",
    "RegisterDifference",
    "RegisterEntry",
    "Import",
    "Invitation",
]


class DirectoryAdminSite(admin.AdminSite):
    site_header = gettext_lazy("U.S.–Japan Partnerships Directory")
    site_title = gettext_lazy("Curators' desk")
    index_title = gettext_lazy("Curators' desk")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every change made in the admin, by whichever page, is one transaction with the search index."""

        def changing(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
            if request.method in {"GET", "HEAD", "OPTIONS"}:
                return view(request, *args, **options)
            with transaction.atomic():
                response = view(request, *args, **options)
                search.reindex()
            return response

        return keeping_what_was_typed(super().admin_view(update_wrapper(changing, view), cacheable))

    def autocomplete_view(self, request: HttpRequest) -> Any:
        from .admin import naming  # see index()

        return naming.Completions.as_view(admin_site=self)(request)

    def has_permission(self, request: HttpRequest) -> bool:
        """Nothing in the admin is reachable without a second factor, where one is required."""
        return super().has_permission(request) and not lacks_second_factor(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Signing in is under ``/accounts/``; whoever lacks a second factor is led to setting one up."""
        return secure_admin_login(self._led_on)(request)

    def _led_on(self, request: HttpRequest) -> HttpResponse:
        if lacks_second_factor(request):
            return redirect("mfa_index")
        return HttpResponseRedirect(get_next_redirect_url(request) or self._index())

    def _index(self) -> str:
        return reverse("admin:index", current_app=self.name)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return logout(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_change_password")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        addresses = {language: this_page_in(request, language) for language, _name in settings.LANGUAGES}
        return {**super().each_context(request), "this_page_in": addresses}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from .admin import desk  # which registers its models with this site, so it cannot be imported before

        return super().index(request, {**(extra_context or {}), "waiting": desk.waiting_for(request.user)})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The lists that one works in, then the logs and the parts of records, which are only looked at."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _rank(model["object_name"]))
        apps.sort(key=lambda app: app["app_label"] != "partnerships")
        return [part for app in apps for part in _parted(app)]


def _parted(app: dict[str, Any]) -> list[dict[str, Any]]:
    if app["app_label"] != "partnerships":
        return [app]
    worked_in = [model for model in app["models"] if model["object_name"] in FIRST]
    looked_at = [model for model in app["models"] if model["object_name"] not in FIRST]
    parts = [(app["name"], worked_in), (_("Logs and parts of records"), looked_at)]
    return [{**app, "name": name, "models": models} for name, models in parts if models]


def _rank(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)
