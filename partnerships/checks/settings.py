"""What the settings say of each other; nothing is opened or asked."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.http.request import validate_host

SHORTEST_KEY = 50
FEWEST_CHARACTERS = 12  # different ones, in a key; a random one of 50 letters and digits has about 35
FROM_EXAMPLES = ("django-insecure", "a long random text", "only-for-", "only for ", "changeme", "change-me", "secret")
MAKE_A_KEY = 'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(60))"'
OF_ONE_PROCESS = {"locmem.LocMemCache", "dummy.DummyCache"}


def others_reach_it() -> bool:
    """Whether the site answers to more than this machine, as far as the settings say."""
    return not set(settings.ALLOWED_HOSTS) <= settings.LOOPBACK_NAMES or not _is_loopback(settings.SITE_URL)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in settings.LOOPBACK_NAMES or f"[{host}]" in settings.LOOPBACK_NAMES


@register(Tags.security, deploy=True)
def check_secret_key(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Whoever can guess the key can make sessions; the one made under ``var/`` passes."""
    key = settings.SECRET_KEY
    if any(part in key.lower() for part in FROM_EXAMPLES):
        wrong = "SECRET_KEY is one of an example, which others know, too."
    elif len(key) < SHORTEST_KEY:
        wrong = f"SECRET_KEY has {len(key)} characters; fewer than {SHORTEST_KEY} can be guessed."
    elif len(set(key)) < FEWEST_CHARACTERS:
        wrong = f"SECRET_KEY consists of {len(set(key))} different characters only; it can be guessed."
    else:
        return []
    return [Error(wrong, hint=MAKE_A_KEY, id="partnerships.E001")]


@register(Tags.security, deploy=True)
def check_hosts(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """A name that was not meant leads people, and links in letters, to wherever somebody likes."""
    found: list[CheckMessage] = []
    if wide := [host for host in settings.ALLOWED_HOSTS if host == "*" or host.startswith(".")]:
        found.append(
            Error(
                f"ALLOWED_HOSTS takes names that nobody listed: {', '.join(wide)}.",
                hint="Name each host by itself, without “*” and without a dot at the beginning.",
                id="partnerships.E002",
            )
        )
    host = urlsplit(settings.SITE_URL).hostname or ""
    if not validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS):
        found.append(
            Error(
                f"SITE_URL is {settings.SITE_URL}, but ALLOWED_HOSTS does not name {host}: visitors are refused.",
                hint=f"Add {host} to ALLOWED_HOSTS, or leave ALLOWED_HOSTS out.",
                id="partnerships.E003",
            )
        )
    return found


@register(Tags.security, deploy=True)
def check_address(app_configs: Any, **options: Any) -> list[CheckMessage]:
    if not others_reach_it():
        return [
            Info(
                "The settings let nobody but this machine reach the site.",
                hint="Set SITE_URL to the address that people will use, such as https://directory.example.org.",
                id="partnerships.I001",
            )
        ]
    if _is_loopback(settings.SITE_URL):
        wrong = f"SITE_URL is {settings.SITE_URL}, which others cannot open: canonical and shared links lead nowhere."
    elif not settings.SITE_URL.startswith("https://"):
        wrong = "SITE_URL is not https: passwords and sessions can be read on their way."
    else:
        return []
    hint = "Get a certificate, put a proxy in front (config/nginx.conf), and set SITE_URL=https://…"
    return [Error(wrong, hint=hint, id="partnerships.E004")]


@register(Tags.security, deploy=True)
def check_https_behind_a_proxy(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """With an https ``SITE_URL`` plain http is redirected: for ever, unless the proxy that ends TLS is believed."""
    if any("/" in proxy and ipaddress.ip_network(proxy).prefixlen == 0 for proxy in settings.TRUSTED_PROXIES):
        return [
            Error(
                "TRUSTED_PROXIES holds every address there is, so that clients can say who they are.",
                hint="Name the address or the network of the reverse proxy only.",
                id="partnerships.E005",
            )
        ]
    if settings.SECURE_SSL_REDIRECT and not settings.TRUSTED_PROXIES:
        return [
            Warning(
                "SITE_URL begins with https://, but no proxy is trusted to say that a request came over https.",
                hint="Set TRUSTED_PROXIES to the address of the reverse proxy that holds the certificate.",
                id="partnerships.W001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_second_factors_are_required(app_configs: Any, **options: Any) -> list[CheckMessage]:
    if settings.REQUIRE_MFA or not others_reach_it():
        return []
    return [
        Warning(
            "REQUIRE_MFA is off while others reach the site: one stolen password opens the admin.",
            hint="Leave REQUIRE_MFA out, or set it to on.",
            id="partnerships.W004",
        )
    ]


@register(Tags.caches, deploy=True)
def check_cache_is_shared(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Limits of attempts to sign in and codes that were used count there, for all workers together."""
    backend = str(settings.CACHES["default"]["BACKEND"])
    if not any(backend.endswith(name) for name in OF_ONE_PROCESS):
        return []
    return [
        Error(
            f"The cache ({backend}) is one of each process: limits of attempts to sign in hold in none of them.",
            hint="Leave CACHES as config/settings.py has it: a table of the database, or CACHE_URL.",
            id="partnerships.E006",
        )
    ]


@register(Tags.database, deploy=True)
def check_several_servers_have_a_server_of_databases(app_configs: Any, **options: Any) -> list[CheckMessage]:
    several = [name for name in ("REPLICAS", "CACHE_URL") if getattr(settings, name, None)]
    if not several or settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
        return []
    names = " and ".join({"REPLICAS": "DATABASE_REPLICA_URLS"}.get(name, name) for name in several)
    return [
        Error(
            f"{names} is for several servers, but SQLite is a file of one.",
            hint="Set DATABASE_URL to a PostgreSQL, or leave the other out.",
            id="partnerships.E007",
        )
    ]


@register(Tags.compatibility, deploy=True)
def check_people_can_be_written_to(app_configs: Any, **options: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.EMAIL_IS_CONFIGURED:
        found.append(
            Info(
                "No mail server is configured: links of invitations and for new passwords are shown to be handed on.",
                hint="Set EMAIL_URL to have them sent.",
                id="partnerships.I002",
            )
        )
    if not settings.CONTACT_EMAIL:
        found.append(
            Info(
                "“About” and “Accessibility” name nobody to whom readers can report mistakes.",
                hint="Set CONTACT_EMAIL.",
                id="partnerships.I003",
            )
        )
    return found
