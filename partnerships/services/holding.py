"""Rules that put a suggestion aside until a person has looked at it. Each says what it found; none refuses anything."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

MOST_LINKS = 3
SECONDS_APART = 30
SHORTENERS = {
    "amzn.to",
    "bit.do",
    "bit.ly",
    "buff.ly",
    "cutt.ly",
    "fb.me",
    "goo.gl",
    "is.gd",
    "j.mp",
    "lin.ee",
    "lnkd.in",
    "ow.ly",
    "rb.gy",
    "rebrand.ly",
    "shorturl.at",
    "t.co",
    "t.ly",
    "tiny.cc",
    "tinyurl.com",
    "ur0.link",
    "v.gd",
    "x.gd",
}
# Names that are no public hosts: RFC 2606 and 6761, the names of home routers, Tor.
NOT_PUBLIC = {
    "arpa",
    "example",
    "home",
    "internal",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "test",
}
LETTERS = ("LATIN", "CJK UNIFIED", "CJK COMPATIBILITY", "HIRAGANA", "KATAKANA", "FULLWIDTH LATIN", "HALFWIDTH KATAKANA")
_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)


@dataclass(frozen=True)
class Incoming:
    """What the rules look at."""

    text: str
    evidence_url: str
    own_host: str = ""  # of the directory itself
    is_trapped: bool = False  # a field that people do not see was filled in
    same_as: str = ""  # the reference of an earlier one with the same text
    seconds_since_last: float | None = None  # from the same client; None where there was none within an hour

    @property
    def host(self) -> str:
        return (urlsplit(self.evidence_url).hostname or "").rstrip(".").lower()


@dataclass(frozen=True)
class Rule:
    """``finds`` gives what is odd about a suggestion, empty where nothing is; ``sentence`` tells it a curator."""

    name: str
    finds: Callable[[Incoming], str]
    sentence: str | Promise


def _links(it: Incoming) -> str:
    number = len(_LINK.findall(it.text))
    return str(number) if number > MOST_LINKS else ""


def _is_no_public_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2]
        return "." not in host or last in NOT_PUBLIC or last.isdigit()
    return True  # no office publishes its pages at a number


def _other_letters(it: Incoming) -> str:
    """The share of letters that are neither Latin nor Japanese, in per cent, where that is more than half."""
    letters = [letter for letter in it.text if letter.isalpha()]
    if not letters:
        return "100"
    others = sum(not unicodedata.name(letter, "").startswith(LETTERS) for letter in letters)
    return str(round(100 * others / len(letters))) if others * 2 > len(letters) else ""


def _too_soon(it: Incoming) -> str:
    since = it.seconds_since_last
    return str(max(int(since), 0)) if since is not None and since < SECONDS_APART else ""


RULES = (
    Rule(
        "trap",
        lambda it: "filled" if it.is_trapped else "",
        gettext_lazy("A field that people do not see was filled in, as programs do."),
    ),
    Rule("links", _links, gettext_lazy("The text holds %(found)s addresses of web pages.")),
    Rule(
        "host",
        lambda it: it.host if _is_no_public_host(it.host) else "",
        gettext_lazy("The evidence is at “%(found)s”, which is no public name of a website."),
    ),
    Rule(
        "shortener",
        lambda it: it.host if it.host.removeprefix("www.") in SHORTENERS else "",
        gettext_lazy("The evidence is a shortened address of “%(found)s”: it does not say where it leads."),
    ),
    Rule(
        "own",
        lambda it: it.host if it.own_host and it.host == it.own_host else "",
        gettext_lazy("The evidence is a page of this directory itself."),
    ),
    Rule(
        "letters",
        _other_letters,
        gettext_lazy("%(found)s per cent of the text's letters are neither Latin nor Japanese."),
    ),
    Rule("same", lambda it: it.same_as, gettext_lazy("The same text came before, as %(found)s.")),
    Rule(
        "soon",
        _too_soon,
        gettext_lazy("It came %(found)s seconds after another one from the same sender."),
    ),
)
_BY_NAME = {rule.name: rule for rule in RULES}


def reasons_to_hold(incoming: Incoming) -> list[list[str]]:
    """Which rules hold it, as pairs of a rule's name and what it found; empty where none does."""
    found = ((rule.name, rule.finds(incoming)) for rule in RULES)
    return [[name, what] for name, what in found if what]


def sentences(held_because: list[list[str]]) -> list[str]:
    """The same in words, in the active language."""
    return [str(_BY_NAME[name].sentence) % {"found": found} for name, found in held_because if name in _BY_NAME]
