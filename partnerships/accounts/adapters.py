"""What django-allauth leaves to the project to decide."""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
import time
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy

from partnerships.http.rate_limit import client_of, network_of
from partnerships.models import Happening
from partnerships.services.sign_in_events import note

logger = logging.getLogger("partnerships.accounts")

WRONG = gettext_lazy("Name and password do not belong together.")
WAIT = gettext_lazy("Too many attempts. Please try again in five minutes.")
WRONG_CODE = gettext_lazy("This code is not right, or was used already.")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
        "invalid_login": WRONG,
        "too_many_login_attempts": WAIT,
        "rate_limited": WAIT,
        "incorrect_code": WRONG_CODE,
        "incorrect_password": gettext_lazy("This is not your password."),
        "enter_current_password": gettext_lazy("This is not your password."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_of(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Who fails is account and address together: whoever fails elsewhere keeps nobody else from signing in."""
        account = credentials.get("email") or credentials.get("username") or ""
        return f"{network_of(client_of(request))}:{account.casefold()}"

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Called for a wrong password and for a name that nobody has alike; what was typed is not kept."""
        name = credentials.get("username") or credentials.get("email") or ""
        user = get_user_by_username(name) or next(iter(filter_users_by_email(name)), None)
        note(what=Happening.REFUSED, user=user, address=client_of(request))

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not for somebody who signed in just now."""
        records = get_authentication_records(self.request, getattr(self.request, "user", None))
        is_fresh = bool(records) and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT
        return not is_fresh and super().is_reauthentication_required(app=app, **kwargs)

    def is_safe_url(self, url: str) -> bool:
        """Pages of this very site only; allauth would also take other hosts that the site answers to."""
        secure = self.request.is_secure()
        return url_has_allowed_host_and_scheme(url, allowed_hosts={self.request.get_host()}, require_https=secure)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """With ``SITE_URL``, whatever host the request was made to."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.SITE_URL}{path.replace('UID-KEY', key)}"

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """None: what happens to an account is in the list of events."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that does not answer must not show by an error which addresses have an account."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            logger.exception("A letter could not be sent; check EMAIL_URL.")


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": WRONG_CODE}

    def get_totp_issuer(self) -> str:
        return urlsplit(settings.SITE_URL).hostname or "directory"

    def _get_site_name(self) -> str:
        return "U.S.–Japan Partnerships Directory"

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Any) -> str:
        return gettext("Passkey")

    def encrypt(self, text: str) -> str:
        """A copy of the database alone opens nothing."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """With another ``SECRET_KEY`` than the one it was encrypted with: something that fits no code."""
        try:
            return _fernet().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(20)).decode()


def _fernet() -> Fernet:
    key = hashlib.sha256(b"second factors:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
