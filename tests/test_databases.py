"""A database that is restarted, or has no room left: what readers and curators see of it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError, connection, transaction
from django.test import Client, RequestFactory, override_settings

from partnerships import databases
from partnerships.models import Partnership, Theme
from partnerships.views.pages import server_error

from .admin_forms import address, form_in, signed_in
from .factories import make_theme, published_partnership

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.skipif("not os.environ['DATABASE_URL'].startswith('postgres')", reason="of PostgreSQL")
on_sqlite = pytest.mark.skipif("not os.environ['DATABASE_URL'].startswith('sqlite')", reason="of SQLite")


def end_every_connection() -> None:
    """What a restart does to those who are connected."""
    name = connection.settings_dict["NAME"]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        ended = other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        assert ended.fetchall()


@on_postgresql
@pytest.mark.parametrize("path", ["/", "/themes/", "/partnerships.csv", "/api/v1/themes/"])
def test_a_page_is_made_although_the_database_ended_every_connection(client: Client, path: str) -> None:
    make_theme("forestry")
    whole = _body(client, path)
    end_every_connection()
    assert _body(client, path) == whole
    with override_settings(KEEP_PAGES=0):
        end_every_connection()
        assert _body(Client(), path) == whole


def _body(client: Client, path: str) -> bytes:
    response = client.get(path)
    assert response.status_code == 200
    return response.getvalue()


@on_postgresql
def test_a_curator_goes_on_although_the_database_ended_every_connection() -> None:
    Group.objects.get_or_create(name="Editors")
    editor = signed_in("editors", "Editors")
    end_every_connection()
    assert editor.get("/admin/").status_code == 200


@on_postgresql
def test_the_connection_of_a_transaction_is_not_made_again_in_the_middle_of_it() -> None:
    with pytest.raises(databases.LOST), transaction.atomic():
        make_theme("forestry")
        end_every_connection()
        databases.read(Theme.objects.count, 0)
    databases.make_sure_of_primary()
    assert not Theme.objects.exists()


# --- No room left --------------------------------------------------------------------------------------------------


@pytest.fixture
def no_room() -> Iterator[None]:
    """SQLite is told that the disk ends here, and says what it says when it does."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (count,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {count}")
        yield
        cursor.execute("PRAGMA max_page_count = 1073741823")


TYPED = "A & <b> " * 40_000


@on_sqlite
@pytest.mark.parametrize(("prefix", "said"), [("", "no room left"), ("/ja", "空きがなく")])
def test_a_full_disk_is_said_and_what_was_typed_is_still_there(
    request: pytest.FixtureRequest, prefix: str, said: str
) -> None:
    partnership = published_partnership()
    editor = signed_in("editor", is_superuser=True)
    editor.raise_request_exception = False
    form = form_in(editor.get(address(partnership)))
    request.getfixturevalue("no_room")
    response = editor.post(prefix + address(partnership), form | {"summary": TYPED, "_save": "Save"})
    page = response.content.decode()
    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert response["Cache-Control"] == "no-store"
    assert said in page
    assert page.count("A &amp; &lt;b&gt; ") == 40_000
    assert "<b>" not in page
    assert Partnership.objects.get().summary == partnership.summary
    assert Client().get(f"/partnerships/{partnership.slug}/").status_code == 200


@on_sqlite
@pytest.mark.parametrize(
    ("path", "is_kept"), [("/accounts/login/", False), ("/ja/accounts/login/", False), ("/x/", True)]
)
def test_a_password_is_never_in_the_page_that_says_so(no_room: None, path: str, is_kept: bool) -> None:
    request = RequestFactory().post(path, {"password": "four words in a row"})
    try:
        Theme.objects.create(slug="forestry", name="x" * 1_000_000)
    except OperationalError:
        response = server_error(request)
    assert response.status_code == 503
    assert (b"four words in a row" in response.content) == is_kept


@on_sqlite
def test_the_api_says_it_as_a_problem(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_theme("forestry")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE partnerships_theme RENAME TO elsewhere")
    client.raise_request_exception = False
    try:
        assert client.get("/api/v1/themes/").status_code == 500  # which is no outage: it will not pass
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO partnerships_theme")


@on_sqlite
def test_a_mistake_is_no_outage() -> None:
    with pytest.raises(OperationalError) as raised, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM nothing_of_that_name")
    assert databases.outage_behind(raised.value) is None


@on_sqlite
def test_it_is_said_in_the_language_of_the_address_wherever_it_failed(no_room: None) -> None:
    request = RequestFactory().post("/ja/admin/", {"summary": "x"})
    try:
        Theme.objects.create(slug="forestry", name="x" * 1_000_000)
    except OperationalError:
        response = server_error(request)
    assert "もう一度送信する" in response.content.decode()
    assert '<html lang="ja"' in response.content.decode()
