"""What tests need to sign in as people do."""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.models import Group, User
from django.test import Client

PASSWORD = "four words in a row"


def colleague(name: str = "curator", *groups: str, **fields: Any) -> User:
    email = f"{name}@example.org"
    user = User.objects.create_user(name, **{"email": email, "password": PASSWORD, "is_staff": True} | fields)
    user.groups.set(Group.objects.filter(name__in=groups or ("Curators",)))
    return user


def at(address: str = "192.0.2.1", **options: Any) -> Client:
    """A browser at an address."""
    return Client(REMOTE_ADDR=address, **options)


def sign_in(client: Client, login: str, password: str = PASSWORD, **rest: str) -> Any:
    return client.post("/accounts/login/", {"login": login, "password": password, **rest})


def with_app(user: User) -> str:
    """Give somebody an app for codes; returns its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def recovery_codes(user: User) -> list[str]:
    codes: list[str] = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    return codes


def code_of(secret: str, steps: int = 0) -> str:
    """What the app shows now, or showed so many half minutes ago."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 - steps))


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200
