"""Signing in: with what, how often one may try, and what nobody learns by trying."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from partnerships.models import Happening, SignInEvent

from . import factories as make
from . import server
from .signing_in import PASSWORD, at, code_of, colleague, is_in, recovery_codes, sign_in, with_app

pytestmark = pytest.mark.django_db


def happenings() -> list[str]:
    return list(SignInEvent.objects.order_by("pk").values_list("what", flat=True))


class CountingHasher(MD5PasswordHasher):
    """Says how much work an answer took."""

    algorithm = "md5"
    made = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).made += 1
        return str(super().encode(password, salt))


# --- The door ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_the_admin_leads_to_signing_in_and_back(prefix):
    colleague("curator")
    client = at()
    answer = client.get(f"{prefix}/admin/partnerships/actor/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(f"{prefix}/accounts/login/?next=")
    login = {"login": "curator", "password": PASSWORD, "next": f"{prefix}/admin/partnerships/actor/"}
    back = client.post(f"{prefix}/accounts/login/", login)
    assert (back.status_code, back["Location"]) == (302, f"{prefix}/admin/partnerships/actor/")


@pytest.mark.parametrize("login", ["curator", "Curator", "curator@example.org", "CURATOR@example.org"])
def test_one_signs_in_by_name_or_by_address(login):
    colleague("curator")
    client = at()
    assert sign_in(client, login).status_code == 302
    assert is_in(client)


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/logout/", "/admin/login/"])
def test_signing_in_and_out_lead_to_no_other_site(address, away):
    colleague("curator")
    client = at()
    if address != "/accounts/login/":
        sign_in(client, "curator")
    data = {"login": "curator", "password": PASSWORD, "next": away}
    answer = client.get(address, {"next": away}) if address.startswith("/admin") else client.post(address, data)
    assert answer.status_code == 302
    assert answer["Location"] in {"/admin/", "/accounts/login/"}


def test_nobody_signs_up(client):
    page = client.post("/accounts/signup/", {"username": "me", "email": "a@example.org", "password1": PASSWORD})
    assert "Accounts are by invitation" in page.content.decode()
    assert not User.objects.exists()


def test_a_session_known_before_signing_in_is_worth_nothing_after():
    colleague("curator")
    client = at()
    client.get("/accounts/2fa/authenticate/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = planted = session.session_key
    sign_in(client, "curator")
    assert client.cookies["sessionid"].value != planted
    other = at()
    other.cookies["sessionid"] = planted
    assert not is_in(other)


def test_a_session_known_before_the_second_factor_is_worth_nothing_after():
    secret = with_app(colleague("curator"))
    client = at()
    sign_in(client, "curator")
    planted = client.cookies["sessionid"].value
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_in(client) and client.cookies["sessionid"].value != planted
    other = at()
    other.cookies["sessionid"] = planted
    assert not is_in(other)


def test_signing_in_without_the_page_s_token_is_refused():
    colleague("curator")
    client = at(enforce_csrf_checks=True)
    assert sign_in(client, "curator").status_code == 403
    client.get("/accounts/login/")
    token = client.cookies["csrftoken"].value
    assert sign_in(client, "curator", csrfmiddlewaretoken=token).status_code == 302


@pytest.mark.parametrize(
    ("site", "secure"), [("https://directory.example.org", "True"), ("http://127.0.0.1:8000", "False")]
)
def test_cookies_are_for_https_only_where_the_site_is(tmp_path: Path, site, secure):
    said = settings_say(tmp_path, "SESSION_COOKIE_SECURE, CSRF_COOKIE_SECURE, SESSION_COOKIE_HTTPONLY", SITE_URL=site)
    assert said == f"{secure} {secure} True"


@pytest.mark.parametrize(
    ("given", "required"),
    [
        ({}, "False"),
        ({"SITE_URL": "https://directory.example.org"}, "True"),
        ({"ALLOWED_HOSTS": "directory.example.org"}, "True"),
        ({"SITE_URL": "https://directory.example.org", "REQUIRE_MFA": "0"}, "False"),
        ({"REQUIRE_MFA": "1"}, "True"),
    ],
)
def test_a_second_factor_is_required_as_soon_as_others_reach_the_site(tmp_path: Path, given, required):
    assert settings_say(tmp_path, "REQUIRE_MFA", **given) == required


def test_letters_come_from_the_contact_and_go_by_the_given_server(tmp_path: Path):
    given = {"CONTACT_EMAIL": "desk@example.org", "EMAIL_URL": "submission://me:secret@mail.example.org"}
    names = "EMAIL_IS_CONFIGURED, EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS, DEFAULT_FROM_EMAIL"
    assert settings_say(tmp_path, names, **given) == "True mail.example.org 587 True desk@example.org"


def settings_say(folder: Path, names: str, **given: str) -> str:
    variables = server.environment(folder, f"sqlite:///{folder}/x.sqlite3", SECRET_KEY="only-for-tests")
    for name in ("SITE_URL", "ALLOWED_HOSTS", "REQUIRE_MFA", "EMAIL_URL", "CONTACT_EMAIL"):
        variables.pop(name, None)
    variables["DJANGO_SETTINGS_MODULE"] = "config.settings"
    script = f"from django.conf import settings as s; values = [getattr(s, it) for it in {names.split(', ')}]"
    command = [sys.executable, "-c", f"{script}; print(*values)"]
    run = subprocess.run(command, cwd=server.ROOT, env=variables | given, capture_output=True, text=True, check=True)
    return run.stdout.strip()


# --- Trying --------------------------------------------------------------------------------------------------------


def test_an_unknown_name_gets_the_same_answer_and_the_same_work_as_a_wrong_password(settings):
    settings.PASSWORD_HASHERS = ["tests.test_signing_in.CountingHasher"]
    colleague("curator")
    answers = []
    for login in ("curator", "nobody-here", "nobody@example.org", "curator@example.org"):
        CountingHasher.made = 0
        page = sign_in(at(f"192.0.2.{len(answers)}"), login, "wrong password")
        text = re.sub(r'(?:csrfmiddlewaretoken" value|name="login"[^>]*value)="[^"]*"', "", page.content.decode())
        answers.append((page.status_code, text, CountingHasher.made))
    assert answers[1:] == answers[:-1]
    assert answers[0][2] >= 1


def test_a_stranger_who_fails_locks_out_themself_and_nobody_else():
    colleague("curator")
    stranger, curator = at("203.0.113.9"), at("192.0.2.1")
    for _attempt in range(5):
        assert "do not belong together" in sign_in(stranger, "curator", "a guess").content.decode()
    assert "Too many attempts" in sign_in(stranger, "curator").content.decode()  # the right password, at last
    assert not is_in(stranger)
    assert sign_in(curator, "curator").status_code == 302
    assert is_in(curator)


def test_addresses_of_one_household_share_their_attempts():
    colleague("curator")
    for number in range(5):
        sign_in(at(f"2001:db8::{number + 1}"), "curator", "a guess")
    assert "Too many attempts" in sign_in(at("2001:db8::ff"), "curator").content.decode()
    assert sign_in(at("2001:db8:0:1::1"), "curator").status_code == 302


def test_one_address_cannot_try_many_names():
    for number in range(10):
        sign_in(at("203.0.113.9"), f"name-{number}", "a guess")
    assert "Too many attempts" in sign_in(at("203.0.113.9"), "name-11", "a guess").content.decode()


def test_attempts_are_counted_where_all_workers_see_them_and_nobody_reads_addresses():
    sign_in(at("203.0.113.9"), "curator", "a guess")
    assert caches["default"].__class__.__name__ == "DatabaseCache"
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM shared_for_a_while")
        keys = [row[0] for row in cursor.fetchall()]
    assert keys
    assert not any("203.0.113.9" in key or "curator" in key for key in keys)


def test_too_many_requests_are_refused_on_a_page_of_ours():
    client = at("203.0.113.9")
    for _request in range(31):
        answer = client.post("/ja/accounts/login/", {})
    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    assert 'lang="ja"' in answer.content.decode()


# --- The second factor ---------------------------------------------------------------------------------------------


def test_whoever_lacks_a_required_second_factor_reaches_nothing_of_the_admin(settings):
    settings.REQUIRE_MFA = True
    colleague("manager", "Managers", is_superuser=True)
    draft = make.make_partnership("hidden")
    client = at()
    sign_in(client, "manager")
    for model in admin.site._registry:
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        answer = client.get(address, follow=True)
        assert answer.redirect_chain[-1][0] == "/accounts/2fa/", address
    assert client.post(f"/admin/partnerships/partnership/{draft.pk}/delete/", {"post": "yes"}).status_code == 302
    assert type(draft).objects.filter(pk=draft.pk).exists()
    assert client.get("/partnerships/hidden/").status_code == 404
    page = client.get("/accounts/2fa/").content.decode()
    assert "a stolen password alone changes nothing" in page


def test_setting_up_an_app_opens_the_admin_shows_recovery_codes_and_ends_other_sessions(
    settings, django_capture_on_commit_callbacks
):
    settings.REQUIRE_MFA = True
    user = colleague("curator")
    elsewhere, client = at(), at()
    sign_in(elsewhere, "curator")
    sign_in(client, "curator")
    page = client.get("/accounts/2fa/totp/activate/")
    assert page.status_code == 200  # not asked for the password again
    secret = re.search(r'class="secret"[^>]*>(\w+)<', page.content.decode())
    assert secret
    assert "<svg" in page.content.decode()
    assert "data:image" not in page.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        codes = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret[1])}, follow=True)
    assert recovery_codes(user)[0] in codes.content.decode()
    assert is_in(client)
    assert elsewhere.get("/accounts/2fa/")["Location"].startswith("/accounts/login/")


def test_a_password_alone_opens_nothing_once_there_is_a_second_factor():
    with_app(colleague("curator"))
    client = at()
    assert sign_in(client, "curator")["Location"] == "/accounts/2fa/authenticate/"
    assert not is_in(client)
    assert "not right" in client.post("/accounts/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert not is_in(client)


def test_a_code_opens_once():
    secret = with_app(colleague("curator"))
    code = code_of(secret)
    for client, opens in ((at(), True), (at("192.0.2.2"), False)):
        sign_in(client, "curator")
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert is_in(client) is opens


def test_a_recovery_code_opens_once_and_is_noted():
    user = colleague("curator")
    with_app(user)
    code = recovery_codes(user)[0]
    for client, opens in ((at(), True), (at("192.0.2.2"), False)):
        sign_in(client, "curator")
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert is_in(client) is opens
    assert Happening.CODE_USED in happenings()


def test_codes_cannot_be_tried_one_after_the_other_from_many_addresses():
    """Whoever gets this far knows the password: here the account is what must be counted."""
    secret = with_app(colleague("curator"))
    for number in range(6):
        client = at(f"203.0.113.{number}")
        sign_in(client, "curator")
        page = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "Too many attempts" in page.content.decode()
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert not is_in(client)


def test_a_copy_of_the_database_holds_no_secret_that_works(settings):
    user = colleague("curator")
    secret = with_app(user)
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))
    client = at()
    sign_in(client, "curator")
    settings.SECRET_KEY = "another one"
    totp = Authenticator.objects.get(type="totp").wrap()
    assert not totp.validate_code(code_of(secret))


def test_the_last_resort_removes_the_factors_of_one_account_and_signs_it_out(capsys):
    secret = with_app(colleague("curator"))
    with_app(colleague("other"))
    client = at()
    sign_in(client, "curator")
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    call_command("remove_second_factors", "curator")
    assert "1 second factor" in capsys.readouterr().out
    assert not is_in(client)
    assert {it.user.username for it in Authenticator.objects.all()} == {"other"}
    with pytest.raises(CommandError, match="nobody"):
        call_command("remove_second_factors", "nobody")


# --- Sessions ------------------------------------------------------------------------------------------------------


def test_one_sees_where_one_is_signed_in_and_ends_one_of_it():
    colleague("curator")
    office, home, other = at(HTTP_USER_AGENT="Office"), at("198.51.100.7", HTTP_USER_AGENT="Home"), at("192.0.2.3")
    for client in (office, home):
        sign_in(client, "curator")
    colleague("somebody")
    sign_in(other, "somebody")
    page = office.get("/accounts/sessions/").content.decode()
    assert "198.51.100.7" in page
    assert "192.0.2.3" not in page
    number = re.findall(r'name="session"\s+value="(\d+)"', page)
    assert len(number) == 1  # the present one is ended by signing out
    assert other.post("/accounts/sessions/", {"session": number[0]}).status_code == 302
    assert is_in(home)
    office.post("/accounts/sessions/", {"session": number[0]})
    assert (is_in(home), is_in(office), is_in(other)) == (False, True, True)


def test_signing_out_everywhere_leaves_no_session():
    colleague("curator")
    office, home = at(), at("198.51.100.7")
    for client in (office, home):
        sign_in(client, "curator")
    assert office.post("/accounts/sessions/", {"everywhere": "1"})["Location"] == "/accounts/login/"
    assert (is_in(office), is_in(home)) == (False, False)
    assert SignInEvent.objects.get(what=Happening.SESSIONS_ENDED).detail == "2"


def test_a_new_password_ends_the_other_sessions():
    colleague("curator")
    office, home = at(), at("198.51.100.7")
    for client in (office, home):
        sign_in(client, "curator")
    new = {"oldpassword": PASSWORD, "password1": "five other words in a row", "password2": "five other words in a row"}
    assert office.post("/accounts/password/change/", new).status_code == 302
    assert (is_in(office), is_in(home)) == (True, False)
    assert Happening.PASSWORD_CHANGED in happenings()


def test_the_admin_s_own_ways_out_lead_to_these_pages():
    colleague("curator")
    client = at()
    sign_in(client, "curator")
    assert client.get("/admin/password_change/")["Location"] == "/accounts/password/change/"
    assert client.post("/admin/logout/")["Location"] == "/accounts/login/"
    assert not is_in(client)


@pytest.mark.parametrize("path", ["login/", "password/reset/", "2fa/", "sessions/", "signup/", "invitation/x/"])
def test_pages_of_accounts_are_kept_by_nobody(client: Client, path):
    for prefix in ("", "/ja"):
        answer = client.get(f"{prefix}/accounts/{path}")
        assert "no-store" in answer["Cache-Control"]
        assert "public" not in answer["Cache-Control"]
        assert "unsafe" not in answer["Content-Security-Policy"]


# --- A forgotten password ------------------------------------------------------------------------------------------


def test_without_e_mail_the_page_says_whom_to_ask(client, settings):
    settings.CONTACT_EMAIL = "desk@example.org"
    page = client.post("/accounts/password/reset/", {"email": "curator@example.org"}).content.decode()
    assert "Ask a manager of the directory" in page
    assert "mailto:desk@example.org" in page
    assert mail.outbox == []


def test_asking_for_a_new_password_tells_nobody_who_has_an_account(settings):
    settings.EMAIL_IS_CONFIGURED = True
    colleague("curator")
    answers = [
        at(f"192.0.2.{number}").post("/accounts/password/reset/", {"email": f"{name}@example.org"}, follow=True)
        for number, name in enumerate(("curator", "nobody"))
    ]
    pages = [re.sub(r'value="\w{64}"', "", answer.content.decode()) for answer in answers]
    assert pages[0] == pages[1]
    assert [letter.to for letter in mail.outbox] == [["curator@example.org"], ["nobody@example.org"]]
    assert "http" not in mail.outbox[1].body


@pytest.mark.parametrize(("prefix", "said"), [("", "asked for a new password"), ("/ja", "パスワード")])
def test_the_link_of_the_letter_gives_a_new_password_once(settings, prefix, said):
    settings.EMAIL_IS_CONFIGURED = True
    settings.SITE_URL = "https://directory.example.org"
    colleague("curator")
    at().post(f"{prefix}/accounts/password/reset/", {"email": "Curator@example.org"}, HTTP_HOST="localhost")
    body = mail.outbox[0].body
    assert said in body
    link = re.search(r"https://directory\.example\.org(\S+)", body)
    assert link
    assert link[1].startswith(f"{prefix}/accounts/password/reset/key/")
    client = at()
    form = client.get(link[1], follow=True)
    new = {"password1": "five other words in a row", "password2": "five other words in a row"}
    assert client.post(form.redirect_chain[-1][0], new).status_code == 302
    assert sign_in(client, "curator", "five other words in a row").status_code == 302
    assert "does not work any more" in at().get(link[1].removeprefix("/ja")).content.decode()


def test_a_mail_server_that_is_down_looks_like_one_that_is_not(settings):
    settings.EMAIL_IS_CONFIGURED = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.free_port()
    colleague("curator")
    assert at().post("/accounts/password/reset/", {"email": "curator@example.org"}).status_code == 302


# --- What is noted -------------------------------------------------------------------------------------------------


def test_what_happens_to_an_account_is_noted_with_who_and_from_where():
    user = colleague("curator")
    client = at("203.0.113.9")
    sign_in(client, "curator", "wrong password")
    sign_in(client, "curator")
    client.post("/accounts/logout/")
    assert happenings() == ["refused", "signed_in", "signed_out"]
    assert set(SignInEvent.objects.values_list("user", "name", "address")) == {(user.pk, "curator", "203.0.113.9")}


def test_what_was_typed_is_not_noted():
    colleague("curator")
    sign_in(at(), "my secret password", "curator")
    noted = str(list(SignInEvent.objects.values()))
    assert "refused" in noted
    assert "secret" not in noted


def test_addresses_and_failed_attempts_are_forgotten_after_thirty_days():
    colleague("curator")
    client = at("203.0.113.9")
    sign_in(client, "curator", "wrong password")
    sign_in(client, "curator")
    SignInEvent.objects.update(at=timezone.now() - dt.timedelta(days=31))
    sign_in(at("192.0.2.1"), "curator")
    assert list(SignInEvent.objects.order_by("pk").values_list("what", "address")) == [
        ("signed_in", None),
        ("signed_in", "192.0.2.1"),
    ]


def test_managers_read_the_events_and_nobody_changes_them():
    colleague("manager", "Managers")
    client = at("203.0.113.9")
    sign_in(client, "manager")
    page = client.get("/admin/partnerships/signinevent/").content.decode()
    assert "203.0.113.9" in page
    number = SignInEvent.objects.get().pk
    assert client.post(f"/admin/partnerships/signinevent/{number}/change/", {"name": "x"}).status_code == 403
    assert client.post(f"/admin/partnerships/signinevent/{number}/delete/", {"post": "yes"}).status_code == 403
