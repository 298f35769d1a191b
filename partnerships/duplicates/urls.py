"""Web addresses that lead to the same page, written the same."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

_TRACKING = re.compile(
    r"utm_.*|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_ga|_gl|_hs(enc|mi)|ref_src|ref_url|spm|cmpid|ns_.*"
)
_DEFAULT_PORTS = {80, 443}


def normal_url(url: str) -> str:
    """The address without what does not change the page: scheme, “www.”, a default port, the case of the host, a
    slash at the end, the fragment unless it is a route (“#/a”, “#!a”), tracking parameters, the order of parameters.
    Empty where it is no web address.

    Only for comparing, not for visiting: “https://www.Example.org/a/?utm_source=x#top” → “example.org/a”.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        return ""
    host = parts.hostname.removeprefix("www.").rstrip(".")
    if port and port not in _DEFAULT_PORTS:
        host += f":{port}"
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(pair[0].lower())]
    query = f"?{urlencode(sorted(kept))}" if kept else ""
    route = f"#{parts.fragment}" if parts.fragment.startswith(("/", "!")) else ""
    return host + unquote(parts.path).rstrip("/") + query + route
