"""A backup restored while the real server runs: its workers show the restored state, whatever they kept before."""

from __future__ import annotations

import contextlib
import http.client
import http.cookiejar
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import server
from tests.postgresql_programs import put_first_on_path
from tests.test_workers import get

CONNECTIONS = 12  # so that each worker has some
RECORD = "seattle-kobe-sister-city"
PAGES = [
    "/",
    "/partnerships/",
    "/partnerships/?q=kobe",
    "/partnerships/?state=US-WA",
    "/ja/partnerships/?prefecture=JP-28",
    "/partnerships.csv?state=US-WA",
    f"/partnerships/{RECORD}/",
    "/actors/kobe-hyogo/",
    "/map/",
    "/figures/",
    "/networks/",
    "/overlaps/?actor=washington",
    "/peers/?actor=tacoma-wa",
    "/coverage/",
    "/updates/",
    "/api/v1/partnerships/?q=kobe",
]


def run(site: server.Server, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=server.ROOT,
        env=server.environment(site.folder, site.database_url),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def connections(site: server.Server) -> Iterator[list[http.client.HTTPConnection]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(contextlib.closing(site.connect())) for _ in range(CONNECTIONS)]


def seen(connections: list[http.client.HTTPConnection]) -> dict[str, set[tuple[int, str]]]:
    """What the workers answer."""
    return {path: {get(each, path)[:2] for each in connections} for path in PAGES}


def sign_in(site: server.Server) -> urllib.request.OpenerDirector:
    """A browser in which the first editor has signed in."""
    browser = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )
    page = browser.open(f"{site.url}/accounts/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    name, password = site.editor
    form = {"csrfmiddlewaretoken": token[1], "login": name, "password": password}
    browser.open(f"{site.url}/accounts/login/", urllib.parse.urlencode(form).encode())
    assert is_in(browser, site)
    return browser


def is_in(browser: urllib.request.OpenerDirector, site: server.Server) -> bool:
    return bool(browser.open(f"{site.url}/admin/").url == f"{site.url}/admin/")


CHANGE = f"""
from partnerships import search
from partnerships.models import Partnership, Theme
record = Partnership.objects.get(slug="{RECORD}")
record.title = "Changed since"
record.save()
parts = list(record.participations.all())
record.pk, record.slug, record.title = None, "later", "Entered since"
record.save()
for part in parts:
    part.pk, part.partnership = None, record
    part.save()
Theme.objects.filter(slug="forestry").update(name="Renamed since")
search.reindex()
"""


def test_running_workers_show_the_restored_state_and_nothing_that_came_after(
    site: server.Server,
    connections: list[http.client.HTTPConnection],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_first_on_path(monkeypatch)
    stayed = sign_in(site)
    before = seen(connections)
    assert {status for answers in before.values() for status, _page in answers} == {200}
    assert all(len(answers) == 1 for answers in before.values())
    backup = tmp_path / "site.zip"
    run(site, "backup", str(backup))
    try:
        came = sign_in(site)
        run(site, "shell", "-c", CHANGE)
        changed = seen(connections)
        assert {path for path in PAGES if changed[path] == before[path]} == set()
        assert {get(each, "/partnerships/later/")[0] for each in connections} == {200}
    finally:
        output = run(site, "restore", str(backup), "--yes")
    after = seen(connections)
    assert {path for path in PAGES if after[path] != before[path]} == set()
    assert {get(each, "/partnerships/later/")[0] for each in connections} == {404}
    assert is_in(stayed, site)
    assert not is_in(came, site)
    kept = re.search(r"What was there before is in (\S+)", output)
    assert kept
    assert os.path.getsize(kept[1])
    # And it goes on from there.
    run(site, "shell", "-c", CHANGE)
    assert {get(each, "/partnerships/later/")[0] for each in connections} == {200}
    assert set(map(repr, seen(connections).items())).isdisjoint(map(repr, before.items()))
    run(site, "restore", str(backup), "--yes")
    assert seen(connections) == before
