"""Mistakes of deployment that Django's own checks do not know."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError, connection

from . import search
from .models import version


@register(Tags.security, deploy=True)
def check_https_behind_a_proxy(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """With an https ``SITE_URL`` plain http is redirected: for ever, unless the proxy that ends TLS is believed."""
    if settings.SECURE_SSL_REDIRECT and not settings.TRUSTED_PROXIES:
        return [
            Warning(
                "SITE_URL begins with https://, but no proxy is trusted to say that a request came over https.",
                hint="Set TRUSTED_PROXIES to the address of the reverse proxy that holds the certificate.",
                id="partnerships.W001",
            )
        ]
    return []


@register(Tags.database)
def check_search_is_in_step(app_configs: Any, databases: Any = None, **options: Any) -> list[CheckMessage]:
    """Runs with ``check --database default`` and before each migration."""
    if not databases:
        return []
    try:
        lacking = sum(search.out_of_step().values())
        is_unguarded = bool(version.missing_triggers(connection))
    except DatabaseError:  # not migrated yet
        return []
    found: list[CheckMessage] = []
    if lacking:
        message = f"The search index is out of step with {lacking} records."
        found.append(Warning(message, hint="Run manage.py rebuild_search.", id="partnerships.W002"))
    if is_unguarded:
        message = "Triggers that note changes are missing from the database, so that old pages may be served."
        found.append(Warning(message, hint="Run manage.py migrate, which puts them in place.", id="partnerships.W003"))
    return found
