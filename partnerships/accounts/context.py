"""What the pages of accounts say beside their forms."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from partnerships.http.curators import lacks_second_factor
from partnerships.templating import this_page_in


def for_account_pages(request: HttpRequest) -> dict[str, Any]:
    return {
        "this_page_in": {language: this_page_in(request, language) for language, _name in settings.LANGUAGES},
        "email_is_configured": settings.EMAIL_IS_CONFIGURED,
        "contact_email": settings.CONTACT_EMAIL,
        "lacks_second_factor": lacks_second_factor(request),
    }
