"""Nothing that somebody types adds a receiver, a header or a body to a letter."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse

from partnerships.models import Invitation, Suggestion
from partnerships.services import suggestions
from tests.signing_in import colleague

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
ADDRESSES = [
    "a@example.org\nBcc: b@evil.example",
    "a@example.org\r\nBcc: b@evil.example",
    "a@example.org%0aBcc:b@evil.example",
    "a@example.org, b@evil.example",
    "a@example.org; b@evil.example",
    "a@example.org b@evil.example",
    "<a@example.org>, <b@evil.example>",
    '"a@example.org, b@evil.example" <c@example.org>, b@evil.example',
    "=?utf-8?q?a=40example.org=0aBcc=3a_b=40evil.example?=",
    "a@example.org\x00@evil.example",
    "a@example.org\u2028Bcc: b@evil.example",
    "@b@evil.example:a@example.org",
    "a(b@evil.example)@example.org",
]
TEXTS = [
    "Hanako\r\nBcc: b@evil.example",
    "Hanako\nSubject: Other\n\nOther text",
    "=?utf-8?b?QmNjOiBiQGV2aWwuZXhhbXBsZQ==?=",
    "\r\n.\r\nMAIL FROM:<b@evil.example>",
    "--boundary\r\nContent-Type: text/html\r\n\r\n<u>",
    "\u2028Bcc: b@evil.example\x85Bcc: b@evil.example",
]
WRITTEN = {"text": "Nurses, since 2019", "evidence_url": "https://www.city.kobe.lg.jp/"}


@pytest.fixture(autouse=True)
def _with_e_mail(settings: Any) -> None:
    settings.EMAIL_BACKEND = LOCMEM
    settings.EMAIL_IS_CONFIGURED = True


def assert_plain(letter: mail.EmailMessage, to: str) -> None:
    """One receiver, one of each header, one part of plain text; read as whoever receives it reads it."""
    assert letter.recipients() == [to]
    read = message_from_bytes(letter.message().as_bytes(), policy=policy.default)
    names = [name.lower() for name in read]
    assert sorted(set(names)) == sorted(names)
    known = ("subject", "from", "to", "date", "message-id", "reply-to", "mime-version")
    assert set(names) <= {*known, "content-type", "content-transfer-encoding"}
    assert read["to"] == to and "evil" not in str(read["subject"]) and "evil" not in str(read["from"])
    assert not read.is_multipart() and read.get_content_type() == "text/plain"


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_no_single_address_is_written_to_nowhere(address: str) -> None:
    answer = Client().post("/suggest/", {**WRITTEN, "sender_email": address})
    assert answer.status_code == 422 or not Suggestion.objects.filter(sender_email__contains="evil").exists()
    Client().post("/accounts/password/reset/", {"email": address})
    colleague("manager", "Managers")
    manager = Client()
    manager.force_login(User.objects.get())
    manager.post(reverse("admin:partnerships_invitation_add"), {"email": address, "role": "Curators", "language": "en"})
    assert not Invitation.objects.filter(email__contains="evil").exists()
    assert not [letter for letter in mail.outbox if any("evil" in each for each in letter.recipients())]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_typed_stays_in_the_text_of_a_letter(text: str) -> None:
    Client().post("/suggest/", {**WRITTEN, "text": text, "sender_name": text[:100], "sender_email": "a@example.org"})
    suggestion = Suggestion.objects.get()
    by = colleague("editor", "Editors")
    if suggestion.state == Suggestion.State.HELD:
        Suggestion.objects.update(state=Suggestion.State.WAITING)
        suggestion.refresh_from_db()
    suggestions.ask(suggestion=suggestion, by=by, question=text)
    [letter] = mail.outbox
    assert_plain(letter, "a@example.org")


@pytest.mark.parametrize("text", TEXTS)
def test_an_invitation_and_a_letter_about_a_password_have_one_receiver(text: str, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
    user = colleague(f"somebody-{TEXTS.index(text)}")  # letters to one address are limited
    User.objects.filter(pk=user.pk).update(first_name=text[:100], last_name=text[:100])
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss"))
    new = {"email": "new@example.org", "role": "Curators", "language": "ja"}
    boss.post(reverse("admin:partnerships_invitation_add"), new)
    Client().post("/accounts/password/reset/", {"email": user.email})
    invitation, password = mail.outbox
    assert_plain(invitation, "new@example.org")
    assert_plain(password, user.email)
