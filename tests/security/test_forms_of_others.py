"""Forms that were not sent from a page of this site change nothing; and where a form leads is never another site."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests import test_roles as admin_pages
from tests.signing_in import PASSWORD, at, colleague, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# --- Forgery -------------------------------------------------------------------------------------------------------

# Forms without an account and without a token, which ask the browser where they come from (tests/test_suggestions.py);
# and an address that takes no form, and does not tell even by refusing one that it is there (tests/test_watching.py).
WITHOUT_TOKEN = {"suggest", "partnership-suggest", "suggestion-status", "metrics"}


def everything() -> dict[str, Any]:
    """All rows of all tables of ours and of accounts."""
    models = [*apps.get_app_config("partnerships").get_models(), User]
    return {model._meta.label: sorted(map(repr, model._base_manager.values_list())) for model in models}


def admin_addresses() -> list[str]:
    one_of = admin_pages.making_one_of()
    found = []
    for model in admin_pages.models_of_the_admin():
        found += [address for _needed, address in admin_pages.addresses(model, one_of(model))]
    return [*found, *map(admin_pages.page_address, admin_pages.PAGES)]


def account_addresses() -> list[str]:
    names: list[str] = []

    def walk(patterns: list[URLPattern | URLResolver]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns)
            elif pattern.name and not pattern.pattern.converters and "(?P" not in str(pattern.pattern):
                names.append(pattern.name)

    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLResolver) and str(pattern.pattern) in {"accounts/", ""}:
            for inner in pattern.url_patterns:
                if isinstance(inner, URLResolver) and str(inner.pattern) == "accounts/":
                    walk(inner.url_patterns)
    # Passkeys are renamed and removed at addresses with their number, by the same views' token.
    return [reverse(name) for name in names if name not in {"mfa_edit_webauthn", "mfa_remove_webauthn"}]


def test_no_form_of_the_admin_or_of_accounts_is_taken_without_its_token() -> None:
    user = User.objects.create_superuser("everything", password=PASSWORD)
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(user)
    addresses = [*admin_addresses(), *account_addresses()]
    before = everything()
    taken = []
    for address in addresses:
        with transaction.atomic():
            answer = client.post(address, {"action": "delete_selected", "post": "yes", "_save": "1", "title": "Forged"})
            transaction.set_rollback(answer.status_code != 403)
        # What takes no form at all may say so instead.
        if answer.status_code not in {403, 405}:
            taken.append((address, answer.status_code))
    assert taken == []
    assert everything() == before
    assert len(addresses) > 200


def test_forms_without_a_token_are_those_known_to_have_another_proof() -> None:
    found = set()

    def walk(patterns: list[URLPattern | URLResolver]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                if pattern.app_name != "admin":
                    walk(pattern.url_patterns)
            elif getattr(pattern.callback, "csrf_exempt", False) and not str(pattern.name).startswith("api-"):
                found.add(pattern.name)

    walk(get_resolver().url_patterns)
    assert found - {None} == WITHOUT_TOKEN


def test_a_token_of_another_browser_is_worth_nothing() -> None:
    colleague("curator")
    attacker, victim = at(enforce_csrf_checks=True), at(enforce_csrf_checks=True)
    for client in (attacker, victim):
        client.get("/accounts/login/")
    token = attacker.cookies["csrftoken"].value
    assert sign_in(victim, "curator", csrfmiddlewaretoken=token).status_code == 403
    assert sign_in(victim, "curator", csrfmiddlewaretoken=victim.cookies["csrftoken"].value).status_code == 302


# --- Where one is led ----------------------------------------------------------------------------------------------

AWAY = [
    "https://evil.example/",
    "HTTPS://evil.example",
    "//evil.example/",
    "///evil.example/",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\x00//evil.example",
    "\x1f//evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:\\\\evil.example",
    "https://testserver@evil.example/",
    "https://testserver:80@evil.example/",
    "https://testserver%40evil.example/",
    "https://testserver.evil.example/",
    "https://evil.example#testserver",
    "https://evil.example?testserver",
    "https://evil.example\\@testserver/",
    "/%2f/evil.example/..//evil.example",
    "/%0d%0aLocation:%20https://evil.example/",
    "/\r\nLocation: https://evil.example/",
    "//evil%E3%80%82example",
    "//evil。example/",
    "／／evil.example",
    "/⁄evil.example",
    "\u2028//evil.example",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "ftp://testserver/",
    "//[::1]/",
    "//2130706433/",
    ".evil.example",
    "@evil.example",
    ":80/evil.example",
]


def leads_away(location: str) -> bool:
    """Whether a browser that got this address from a page of ours would leave; read as browsers read it (WHATWG)."""
    read = re.sub(r"[\t\r\n]", "", location.strip("".join(map(chr, range(33))))).replace("\\", "/")
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", read, re.IGNORECASE)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        return True
    host = re.match(r"(?:https?:/*|//+)([^/?#]*)", read, re.IGNORECASE)
    return bool(host) and host[1].rpartition("@")[2] not in {"testserver"}


@pytest.mark.parametrize("away", AWAY)
def test_no_way_of_writing_an_address_leads_to_another_site(away: str) -> None:
    colleague("curator")
    client = at()
    signed_in = sign_in(client, "curator", next=away)
    answers = {
        "signing in": signed_in,
        "signing in by the address": at().post(
            f"/accounts/login/?next={quote(away)}", {"login": "curator", "password": PASSWORD}
        ),
        "already signed in": client.get(f"/accounts/login/?next={quote(away)}"),
        "the admin's door": client.get(f"/admin/login/?next={quote(away)}"),
        "asked again": client.post(f"/accounts/reauthenticate/?next={quote(away)}", {"password": PASSWORD}),
        "signing out": client.post("/accounts/logout/", {"next": away}),
    }
    for what, answer in answers.items():
        assert answer.status_code in {302, 200}, what
        assert not leads_away(answer.headers.get("Location", "/")), (what, answer.headers["Location"])
        assert "\n" not in answer.headers.get("Location", "") and "\r" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_no_path_of_two_slashes_is_redirected_to_another_site(prefix: str) -> None:
    for path in ("//evil.example", "//evil.example/..", "/%5Cevil.example", "/%2F%2Fevil.example", "/%09/evil.example"):
        answer = Client().get(prefix + path)
        assert not leads_away(answer.headers.get("Location", "/")), path
        assert urlsplit(answer.headers.get("Location", "/")).netloc in {"", "testserver"}


# --- Headers -------------------------------------------------------------------------------------------------------

BREAKS = [
    "\r\nSet-Cookie: a=b",
    "\nX-Injected: 1",
    "\r\r\n\n<u>",
    "%0d%0aX-Injected:%201",
    "\u560d\u560aX-Injected: 1",
    "\x85X-Injected: 1",
]
# Addresses of which something comes back in a header: redirects, file names, links to other pages.
IN_HEADERS = [
    "/partnerships/?q={}&page=1",
    "/partnerships/?page=1&q={}",
    "/ja/actors/?q={}&sort=name&page=1",
    "/partnerships{}",
    "/no-such-page{}",
    "/partnerships/{}",
    "/coverage.csv?by={}",
    "/brief/?actor={}&format=file",
    "/partnerships.csv?q={}",
    "/anniversaries.ics?q={}",
    "/api/v1/partnerships/?q={}&page_size=1",
    "/api/v1/partnerships/?fields={}",
    "/admin/?q={}",
    "/accounts/login/?next={}",
]


@pytest.mark.parametrize("address", IN_HEADERS)
def test_nothing_asked_for_makes_a_header_of_its_own(address: str) -> None:
    for text in BREAKS:
        answer = Client().get(address.format(quote(text)))
        assert answer.status_code < 500
        assert "X-Injected" not in answer.headers and "a" not in answer.cookies
        assert not [value for value in answer.headers.values() if re.search(r"[\r\n\x00]", value)]


def test_a_name_with_a_line_end_in_a_request_s_header_makes_no_header() -> None:
    answer = Client().get("/partnerships/", headers={"Accept-Language": "en\r\nX-Injected: 1", "Referer": "a\r\nb: c"})
    assert "X-Injected" not in answer.headers and "b" not in answer.headers
