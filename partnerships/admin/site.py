"""The admin site itself: its name and its way back to the public pages."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class DirectoryAdminSite(admin.AdminSite):
    site_header = _("U.S.–Japan Partnerships Directory")
    site_title = _("Curators' desk")
    index_title = _("Curators' desk")
