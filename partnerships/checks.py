"""Mistakes of deployment that Django's own checks do not know."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


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
