"""E-mail to whoever sent a suggestion, in the language they wrote from, after the answer is in the database."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from partnerships import wording
from partnerships.linked_data import absolute
from partnerships.models import Suggestion, SuggestionStep

logger = logging.getLogger(__name__)
Action = SuggestionStep.Action
# Backends that deliver nothing to anybody.
NOWHERE = {"django.core.mail.backends.dummy.EmailBackend", "django.core.mail.backends.console.EmailBackend"}


def address_of(suggestion: Suggestion) -> str:
    """The page that tells the sender what has become of it, with the site's name, in the sender's language."""
    with override(suggestion.language):
        return absolute(reverse("suggestion-status", args=[suggestion.reference]))


def tell_sender(suggestion: Suggestion, action: str, words: str, report_failure: Callable[[], None]) -> None:
    """Send word of a step once it is committed; ``report_failure`` is called where no mail left this site."""
    if not suggestion.sender_email:
        return
    message = _message(suggestion, action, words)

    def send() -> None:
        try:
            is_sent = settings.EMAIL_BACKEND not in NOWHERE and message.send()
        except (OSError, ValueError):
            # The address is the sender's own business, and the reference opens the page that only the sender knows.
            logger.exception("The answer to suggestion number %s was not sent", suggestion.pk)
            is_sent = 0
        if not is_sent:
            report_failure()

    transaction.on_commit(send)


def _message(suggestion: Suggestion, action: str, words: str) -> EmailMessage:
    with override(suggestion.language):
        names = {"reference": suggestion.reference, "address": address_of(suggestion)}
        subject = {
            Action.ASKED: _("A question about your suggestion %(reference)s"),
            Action.ACCEPTED: _("Your suggestion %(reference)s was accepted"),
            Action.REJECTED: _("Your suggestion %(reference)s was not accepted"),
        }[Action(action)]
        said = {
            Action.ASKED: _("A curator has a question about it:"),
            Action.ACCEPTED: _("It was accepted. The record shows it as soon as a curator has worked it in."),
            Action.REJECTED: _("It was not accepted, for this reason:"),
        }[Action(action)]
        close = (
            _("Please answer on this page: %(address)s")
            if action == Action.ASKED
            else _("This page says what became of it: %(address)s")
        )
        parts = [
            _("Thank you for your suggestion %(reference)s to the U.S.–Japan Partnerships Directory.") % names,
            said,
            wording.without_controls(words),
            close % names,
        ]
    return EmailMessage(
        subject % names,
        "\n\n".join(part for part in parts if part) + "\n",
        settings.CONTACT_EMAIL or settings.DEFAULT_FROM_EMAIL,
        [suggestion.sender_email],
        reply_to=[settings.CONTACT_EMAIL] if settings.CONTACT_EMAIL else None,
    )
