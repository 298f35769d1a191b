"""Who a name and a password belong to."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest


class AuthenticationBackend(AllauthBackend):
    """Looks for what was typed once.

    allauth hands an address over as name and as address, tries both, and so takes twice as long for a wrong password of
    an address that has an account: anybody could tell by the time.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> AbstractBaseUser | None:
        if credentials.get("username"):
            credentials.pop("email", None)
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        return user
