"""Whether two addresses are of one document, as far as addresses tell."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode

import httpx

# What senders of links append to find out where a reader came from.
_TRACKERS = frozenset({"fbclid", "gclid", "dclid", "msclkid", "yclid", "mc_cid", "mc_eid", "igshid"})


def key_of(text: str) -> str:
    """What addresses of one document have in common; empty where the text is no address of the web.

    Scheme, “www.”, the port that goes without saying, a slash at the end, trackers and the order of parameters make no
    difference; neither does the way in which letters are encoded, nor a fragment unless it is a route (“#/a”, “#!a”).
    """
    text = text.strip()
    try:
        url = httpx.URL(text if "://" in text else f"https://{text}")
        host = url.raw_host.decode("ascii").lower().rstrip(".").removeprefix("www.")
    except (httpx.InvalidURL, UnicodeError):
        return ""
    if url.scheme not in {"http", "https"} or not host:
        return ""
    port = "" if url.port in {None, 80, 443} else f":{url.port}"
    path = quote(unquote(url.raw_path.decode("ascii").partition("?")[0]), safe="/~").rstrip("/")
    parameters = sorted(
        (name, value)
        for name, value in parse_qsl(url.query.decode("ascii"), keep_blank_values=True)
        if not name.lower().startswith("utm_") and name.lower() not in _TRACKERS
    )
    route = f"#{url.fragment}" if url.fragment.startswith(("/", "!")) else ""
    return f"{host}{port}{path}" + (f"?{urlencode(parameters)}" if parameters else "") + route


def beginnings(key: str) -> list[str]:
    """How an address with this key may begin as it was written: a few, for a database to look for."""
    host = re.split("[/?#:]", key, maxsplit=1)[0]
    try:
        written = {host, httpx.URL(f"https://{host}").host}
    except httpx.InvalidURL:
        written = {host}
    return [f"{scheme}://{www}{name}" for scheme in ("https", "http") for www in ("", "www.") for name in written]
