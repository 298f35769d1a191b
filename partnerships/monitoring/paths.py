"""What may be told of the address of a request: never its query, and no part of it that is a secret or is nobody's."""

from __future__ import annotations

import re

LONGEST = 200  # characters of a path

# What leads somebody to their own suggestion, invitation or new password opens it for whoever knows it.
_SECRET = re.compile(r"((?:/ja)?/(?:suggest|accounts/invitation|accounts/password/reset/key)/).+")
# What our own addresses are made of; a name or an e-mail address that was typed as one has other characters.
_ORDINARY = re.compile(r"[A-Za-z0-9._-]*")

PAGES = {
    *("about", "accessibility", "accounts", "actors", "admin", "anniversaries", "api", "brief", "compare", "coverage"),
    *("data", "embed", "figures", "map", "networks", "overlaps", "partnerships", "peers", "sources", "static"),
    *("suggest", "themes", "updates"),
}
_FILES = {"opensearch", "robots", "sitemap"} | PAGES
_HOME = {"/", "/ja", "/ja/"}
_PROBES = {"healthz", "metrics", "readyz"}


def shortened(path: str) -> str:
    """A path as it is written down: ``/suggest/...`` for a suggestion's page, ``?`` for what is no part of ours."""
    path = _SECRET.sub(r"\1...", path)
    parts = (part if part == "..." or _ORDINARY.fullmatch(part) else "?" for part in path.split("/"))
    return "/".join(parts)[:LONGEST]


def kind_of(path: str) -> str:
    """What kind of page a path asks for: one of a closed set, whatever clients send."""
    if path in _HOME:
        return "home"
    first, _slash, rest = path[1:].partition("/")
    if first == "ja":
        first = rest.partition("/")[0]
    if first in PAGES:
        return first
    if first in _PROBES:
        return "probes"
    stem, dot, _ending = first.partition(".")
    return "files" if dot and stem.partition("-")[0] in _FILES else "other"
