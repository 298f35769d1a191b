from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

RECORD_VERSIONS = "partnerships_recordversion"


class PartnershipsConfig(AppConfig):
    name = "partnerships"
    verbose_name = _("Directory")

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system checks)
        from .accounts import receivers
        from .monitoring import queries

        if settings.SLOW_QUERY_MS:
            queries.watch(settings.SLOW_QUERY_MS)
        post_migrate.connect(_install, sender=self)
        receivers.connect()


def _install(**options: Any) -> None:
    """What the database needs beside the tables of the models."""
    from . import search
    from .models import version

    if RECORD_VERSIONS in connection.introspection.table_names():
        version.install_triggers(connection)
        search.install()


class DirectoryAdminConfig(AdminConfig):
    default_site = "partnerships.admin_site.DirectoryAdminSite"
