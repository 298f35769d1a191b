from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class PartnershipsConfig(AppConfig):
    name = "partnerships"
    verbose_name = _("Directory")

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system checks)


class DirectoryAdminConfig(AdminConfig):
    default_site = "partnerships.admin_site.DirectoryAdminSite"
