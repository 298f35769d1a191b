"""Accounts by invitation, and what managers can and cannot do with accounts."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from partnerships.models import Happening, Invitation, SignInEvent
from partnerships.services import invitations

from . import server
from .signing_in import PASSWORD, at, colleague, is_in, sign_in, with_app

pytestmark = pytest.mark.django_db

LIST = "/admin/partnerships/invitation/"
NEW = {"username": "hanako", "password1": "five other words in a row", "password2": "five other words in a row"}


@pytest.fixture
def manager() -> Client:
    colleague("manager", "Managers")
    client = at()
    sign_in(client, "manager")
    return client


def invite(client: Client, email: str = "hanako@example.org", role: str = "Editors", language: str = "en") -> Any:
    return client.post(f"{LIST}add/", {"email": email, "role": role, "language": language}, follow=True)


def link_in(text: str) -> str:
    found = re.search(r"(?:/ja)?/accounts/invitation/[\w-]{43}/", text)
    assert found, text
    return found[0]


def act(client: Client, action: str, *records: Any, where: str = LIST) -> Any:
    chosen = {"action": action, "_selected_action": [record.pk for record in records]}
    return client.post(where, chosen, follow=True)


# --- Inviting ------------------------------------------------------------------------------------------------------


def test_without_e_mail_the_manager_gets_the_link_to_hand_on_and_the_person_an_account(manager):
    link = link_in(invite(manager).content.decode())
    person = at("198.51.100.7")
    assert "Welcome to the directory" in person.get(link).content.decode()
    assert person.post(link, NEW)["Location"] == "/admin/"
    assert is_in(person)
    user = User.objects.get(username="hanako")
    assert (user.email, user.is_staff, user.is_superuser) == ("hanako@example.org", True, False)
    assert [group.name for group in user.groups.all()] == ["Editors"]
    assert Invitation.objects.get().account == user


def test_the_new_account_is_led_to_its_second_factor_without_being_asked_again(manager, settings):
    link = link_in(invite(manager).content.decode())
    settings.REQUIRE_MFA = True
    person = at("198.51.100.7")
    person.post(link, NEW)
    assert person.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/2fa/"
    assert person.get("/accounts/2fa/totp/activate/").status_code == 200


def test_a_link_works_once(manager):
    link = link_in(invite(manager).content.decode())
    at().post(link, NEW)
    for answer in (at().get(link), at().post(link, NEW | {"username": "another"})):
        assert answer.status_code == 404
        assert "does not work any more" in answer.content.decode()
    assert not User.objects.filter(username="another").exists()


def test_a_link_works_for_seven_days(manager):
    link = link_in(invite(manager).content.decode())
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert at().post(link, NEW).status_code == 404
    assert not User.objects.filter(username="hanako").exists()
    assert dt.timedelta(days=7) == Invitation.VALID_FOR


def test_the_database_holds_nothing_by_which_an_invitation_could_be_accepted(manager):
    link = link_in(invite(manager).content.decode())
    assert link.split("/")[-2] not in str(list(Invitation.objects.values()))


def test_an_invitation_can_be_withdrawn(manager):
    link = link_in(invite(manager).content.decode())
    act(manager, "withdraw", Invitation.objects.get())
    assert at().get(link).status_code == 404
    assert "withdrawn" in manager.get(f"{LIST}?state=withdrawn").content.decode()
    assert (
        "accepted or withdrawn in the meantime" in act(manager, "send_again", Invitation.objects.get()).content.decode()
    )


def test_sending_again_makes_a_new_link_and_ends_the_old_one(manager):
    old = link_in(invite(manager).content.decode())
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(days=1))
    new = link_in(act(manager, "send_again", Invitation.objects.get()).content.decode())
    assert (at().get(old).status_code, at().get(new).status_code) == (404, 200)


@pytest.mark.parametrize(("language", "prefix", "said"), [("en", "", "You are invited"), ("ja", "/ja", "招待")])
def test_with_e_mail_the_person_gets_a_letter_in_their_language(manager, settings, language, prefix, said):
    settings.EMAIL_IS_CONFIGURED = True
    page = invite(manager, language=language).content.decode()
    letter = mail.outbox[0]
    assert letter.to == ["hanako@example.org"]
    assert said in letter.body
    assert link_in(letter.body).startswith(f"{prefix}/accounts/")
    assert "/accounts/invitation/" not in page


def test_a_letter_that_could_not_be_sent_leaves_the_link_with_the_manager(manager, settings):
    settings.EMAIL_IS_CONFIGURED = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.free_port()
    page = invite(manager).content.decode()
    assert "No e-mail was sent" in page
    assert at().get(link_in(page)).status_code == 200


def test_nobody_is_invited_twice_or_who_has_an_account(manager):
    invite(manager)
    assert "has an open invitation" in invite(manager, "Hanako@example.org").content.decode()
    colleague("curator")
    assert "There is an account with this address" in invite(manager, "CURATOR@example.org").content.decode()
    assert Invitation.objects.count() == 1
    with pytest.raises(IntegrityError):
        Invitation.objects.create(
            email="hanako@example.org", role="Editors", digest="x", sent_at=timezone.now(), expires_at=timezone.now()
        )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"username": "MANAGER"}, "already exists"),
        ({"password2": "something else entirely"}, "match"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password1": "hanako@example.org", "password2": "hanako@example.org"}, "too similar"),
    ],
)
def test_what_cannot_be_taken_is_explained_and_the_link_stays_good(manager, wrong, said):
    link = link_in(invite(manager).content.decode())
    assert said in at().post(link, NEW | wrong).content.decode()
    assert at().get(link).status_code == 200


def test_whoever_is_signed_in_signs_out_first(manager):
    link = link_in(invite(manager).content.decode())
    assert "Sign out first" in manager.post(link, NEW).content.decode()
    assert not User.objects.filter(username="hanako").exists()


def test_invitations_are_noted_from_sending_to_the_account(manager):
    page = invite(manager).content.decode()
    at("198.51.100.7").post(link_in(page), NEW)
    noted = SignInEvent.objects.filter(what__in=["invited", "accepted"]).order_by("pk")
    assert [(it.what, it.name, it.by and it.by.username) for it in noted] == [
        ("invited", "hanako@example.org", "manager"),
        ("accepted", "hanako", None),
    ]


def test_the_desk_counts_open_invitations_for_managers_only(manager):
    invite(manager)
    assert "state=open" in manager.get("/admin/").content.decode()
    assert manager.get(f"{LIST}?state=open").context["cl"].result_count == 1
    colleague("curator")
    client = at("192.0.2.8")
    sign_in(client, "curator")
    assert "state=open" not in client.get("/admin/").content.decode()


def test_of_two_who_follow_one_link_one_gets_the_account():
    sent = invitations.invite(email="a@example.org", role="Curators", language="en", by=colleague("manager"))
    token = sent.link.split("/")[-2]
    invitations.accept(token=token, username="first", password=PASSWORD)
    with pytest.raises(invitations.InvitationError):
        invitations.accept(token=token, username="second", password=PASSWORD)


# --- Accounts ------------------------------------------------------------------------------------------------------

USERS = "/admin/auth/user/"


def form_of(client: Client, user: User) -> dict[str, Any]:
    form = client.get(f"{USERS}{user.pk}/change/").context["adminform"].form
    return {field.html_name: field.value() or "" for field in form}


def test_a_manager_gives_roles_and_it_is_noted(manager):
    user = colleague("curator")
    roles = list(Group.objects.filter(name__in=["Editors", "Managers"]).values_list("pk", flat=True))
    posted = form_of(manager, user) | {"groups": roles, "is_active": "on"}
    assert manager.post(f"{USERS}{user.pk}/change/", posted).status_code == 302
    assert {group.name for group in user.groups.all()} == {"Editors", "Managers"}
    assert "Editors" in SignInEvent.objects.get(what=Happening.ROLES_CHANGED).detail


def test_a_manager_gives_nothing_beyond_roles(manager):
    user = colleague("curator")
    other = Group.objects.create(name="Everything")
    other.permissions.set(Permission.objects.all())
    offered = form_of(manager, user)
    assert set(offered) == {"email", "first_name", "last_name", "groups", "is_active"}
    right = Permission.objects.get(codename="publish_partnership").pk
    more = {"is_superuser": "on", "is_staff": "on", "user_permissions": [right], "is_active": "on"}
    manager.post(f"{USERS}{user.pk}/change/", offered | more | {"groups": []})
    manager.post(f"{USERS}{user.pk}/change/", offered | {"groups": [other.pk], "is_active": "on"})
    user.refresh_from_db()
    assert not user.is_superuser
    assert not user.user_permissions.exists()
    assert other not in user.groups.all()


def test_a_manager_does_not_change_their_own_roles(manager):
    user = User.objects.get(username="manager")
    editors = Group.objects.get(name="Editors")
    manager.post(f"{USERS}{user.pk}/change/", form_of(manager, user) | {"groups": [editors.pk], "is_superuser": "on"})
    user.refresh_from_db()
    assert ([group.name for group in user.groups.all()], user.is_superuser) == (["Managers"], False)


def test_a_manager_cannot_touch_a_superuser(manager):
    chief = colleague("chief", is_superuser=True)
    with_app(chief)
    assert manager.post(f"{USERS}{chief.pk}/change/", {"email": "mine@example.org"}).status_code == 403
    assert manager.get(f"{USERS}{chief.pk}/password/").status_code == 403
    for action in ("remove_second_factors", "make_password_links", "sign_out_everywhere"):
        assert "whom only superusers change" in act(manager, action, chief, where=USERS).content.decode()
    assert Authenticator.objects.filter(user=chief).exists()
    assert not SignInEvent.objects.filter(user=chief).exists()


def test_a_manager_neither_makes_nor_deletes_accounts_nor_sets_passwords(manager):
    user = colleague("curator")
    for address in (f"{USERS}add/", f"{USERS}{user.pk}/delete/", f"{USERS}{user.pk}/password/", "/admin/auth/group/"):
        assert manager.get(address).status_code == 403


@pytest.mark.parametrize("role", ["Curators", "Editors"])
def test_whoever_is_no_manager_sees_no_accounts_and_runs_no_action_on_them(role):
    victim = colleague("victim")
    with_app(victim)
    colleague("somebody", role)
    client = at()
    sign_in(client, "somebody")
    assert act(client, "remove_second_factors", victim, where=USERS).status_code == 403
    assert act(client, "withdraw", where=LIST).status_code == 403
    assert Authenticator.objects.filter(user=victim).exists()


def test_a_manager_removes_lost_second_factors_which_is_noted_and_ends_sessions(manager, settings):
    user = colleague("curator")
    client = at("198.51.100.7")
    sign_in(client, "curator")
    with_app(user)
    act(manager, "remove_second_factors", user, where=USERS)
    assert not Authenticator.objects.filter(user=user).exists()
    assert not is_in(client)
    event = SignInEvent.objects.get(what=Happening.FACTOR_REMOVED)
    assert (event.name, event.by.username) == ("curator", "manager")


def test_a_manager_makes_a_link_by_which_somebody_chooses_a_new_password(manager):
    user = colleague("curator")
    page = act(manager, "make_password_links", user, where=USERS).content.decode()
    link = re.search(r"/accounts/password/reset/key/[\w-]+/", page)
    assert link
    person = at("198.51.100.7")
    form = person.get(link[0], follow=True).redirect_chain[-1][0]
    person.post(form, {"password1": NEW["password1"], "password2": NEW["password1"]})
    assert sign_in(person, "curator", NEW["password1"]).status_code == 302
    assert SignInEvent.objects.get(what=Happening.PASSWORD_LINK).by.username == "manager"


def test_a_former_address_signs_nobody_in(manager):
    user = colleague("curator")
    EmailAddress.objects.create(user=user, email="curator@example.org")
    posted = form_of(manager, user) | {"email": "New@example.org", "is_active": "on"}
    manager.post(f"{USERS}{user.pk}/change/", posted | {"groups": [Group.objects.get(name="Curators").pk]})
    assert sign_in(at("198.51.100.7"), "curator@example.org").status_code == 200
    assert sign_in(at("198.51.100.7"), "new@example.org").status_code == 302


def test_one_address_belongs_to_one_account(manager):
    colleague("other")
    user = colleague("curator")
    page = manager.post(f"{USERS}{user.pk}/change/", form_of(manager, user) | {"email": "OTHER@example.org"})
    assert "Another account has this address" in page.content.decode()


def test_a_closed_account_is_out_at_once(manager):
    user = colleague("curator")
    client = at("198.51.100.7")
    sign_in(client, "curator")
    posted = {name: value for name, value in form_of(manager, user).items() if name != "is_active"}
    manager.post(f"{USERS}{user.pk}/change/", posted | {"groups": [Group.objects.get(name="Curators").pk]})
    assert not is_in(client)
    assert sign_in(at("198.51.100.8"), "curator")["Location"] == "/accounts/inactive/"
