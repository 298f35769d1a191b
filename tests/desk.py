"""Curators' sessions at the running server, without the pages by which they sign in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from tests import server

_MAKE_SESSION = """
import sys
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
user, _made = User.objects.get_or_create(username={name!r}, defaults={{"is_staff": True}})
user.groups.set(Group.objects.filter(name__in={groups!r}))
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print("session", session.session_key)
"""


def session_of(site: server.Server, name: str, *groups: str) -> str:
    """The key of a new session of somebody with an account in these groups."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", _MAKE_SESSION.format(name=name, groups=list(groups))],
        cwd=server.ROOT,
        env=server.environment(site.folder, site.database_url),
        capture_output=True,
        text=True,
        check=True,
    )
    return next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("session "))


def sign_in(page: Page, site: server.Server, key: str) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": site.url}])


@contextmanager
def somebody(
    browser: Browser, site: server.Server, name: str, *groups: str, may_complain: bool = False, **options: object
) -> Iterator[Page]:
    """A window of somebody who has signed in; what its console complains about fails the test, unless it may."""
    context = browser.new_context(base_url=site.url, **options)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, site, session_of(site, name, *groups))
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert may_complain or not complaints, complaints
