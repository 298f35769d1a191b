"""Whether a form was sent from a page of this site: for forms without an account, which have no token to prove it."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Whether the browser says that another site's page sends this.

    What is no browser says nothing, and may write whatever it likes anyway; old browsers send neither header.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return bool(origin) and origin != settings.SITE_URL and urlsplit(origin or "").netloc != request.get_host()
