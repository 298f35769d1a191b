"""Addresses below ``/accounts/``. allauth names them; what it offers beyond these (open sign-up, several e-mail
addresses, codes by e-mail) there is not."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import include, path, re_path

from . import accounts

urlpatterns = [
    path("", accounts.home, name="account"),
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("signup/", account.signup, name="account_signup"),
    path("invitation/<str:token>/", accounts.invitation, name="invitation"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", accounts.password_reset, name="account_set_password"),
    path("password/reset/", accounts.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", accounts.sessions, name="usersessions_list"),
]
