"""What is told of requests, errors and statements, and what is not; whether the site is ready."""

from __future__ import annotations

import io
import json
import logging
import os
import random
import re
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from partnerships import search
from partnerships.models import RecordVersion
from partnerships.monitoring import faults, logs, metrics, paths, queries, reports, requests
from partnerships.monitoring.metrics import Gauge
from partnerships.views import probes
from tests import server
from tests.factories import make_partnership

with_database = pytest.mark.django_db
TOKEN = "a-token-for-prometheus"
NAME = "Hanako Yamada"  # not in the lines of the program that a traceback shows


# --- Addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/", "/"),
        ("/ja/partnerships/seattle-kobe-sister-city/", "/ja/partnerships/seattle-kobe-sister-city/"),
        ("/suggest/", "/suggest/"),
        ("/suggest/K3F9-22/", "/suggest/..."),
        ("/ja/suggest/K3F9-22/?", "/ja/suggest/..."),
        ("/accounts/password/reset/key/5-abc/", "/accounts/password/reset/key/..."),
        ("/ja/accounts/invitation/abc/", "/ja/accounts/invitation/..."),
        ("/hanako@example.net/", "/?/"),
        ("/actors/山田 花子/", "/actors/?/"),
        ("/a\nb/", "/?/"),
    ],
)
def test_a_path_is_told_without_secrets_and_without_what_is_typed_as_one(path: str, told: str) -> None:
    assert paths.shortened(path) == told


def test_a_path_is_told_up_to_a_length() -> None:
    assert len(paths.shortened("/" + "a" * 1000)) == paths.LONGEST


def patterns_of(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield before + str(pattern.pattern)
        else:
            yield from patterns_of(pattern, before + str(pattern.pattern))


def test_every_address_that_opens_something_for_whoever_knows_it_is_shortened() -> None:
    """All below /accounts/ and /suggest/ that is no fixed word."""
    routes = [re.sub(r"[\^$]", "", route) for route in patterns_of(get_resolver())]
    open_something = [
        route for route in routes if route.startswith(("accounts/", "suggest/")) and re.search(r"<|\(\?P", route)
    ]
    assert len(open_something) >= 3
    for route in open_something:
        fixed = re.split(r"<|\(", route)[0]
        if fixed.startswith("accounts/2fa/"):  # a number among one's own keys
            continue
        assert paths.shortened(f"/{fixed}SECRET/") == f"/{fixed}..."


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "home"),
        ("/ja/", "home"),
        ("/ja", "home"),
        ("/partnerships/some-slug/", "partnerships"),
        ("/ja/coverage/", "coverage"),
        ("/partnerships.csv", "files"),
        ("/ja/anniversaries.ics", "files"),
        ("/sitemap-partnerships-1.xml", "files"),
        ("/api/v1/actors/", "api"),
        ("/static/site.css", "static"),
        ("/ja/admin/login/", "admin"),
        ("/healthz", "probes"),
        ("/wp-login.php", "other"),
        ("//", "other"),
        ("*", "other"),
    ],
)
def test_a_request_is_of_one_kind(path: str, kind: str) -> None:
    assert paths.kind_of(path) == kind


def test_every_page_has_a_kind_of_its_own() -> None:
    firsts = {route.removeprefix("^").partition("/")[0] for route in patterns_of(get_resolver())} - {""}
    assert {first for first in firsts if paths.kind_of(f"/{first}") == "other"} - {
        "sitemap-<slug:section>-<int:number>.xml"
    } == set()


def test_kinds_are_a_closed_set() -> None:
    chance = random.Random(8)
    known = paths.PAGES | {"home", "files", "probes", "other"}
    for _ in range(2000):
        path = "/" + "".join(chance.choices([*string.printable, "/ja/", "partnerships", "花"], k=chance.randrange(12)))
        assert paths.kind_of(path) in known, path


# --- Exceptions ----------------------------------------------------------------------------------------------------


def raised(fail: Callable[[], Any]) -> BaseException:
    try:
        fail()
    except Exception as error:
        return error
    raise AssertionError("It did not fail.")


@pytest.mark.parametrize(
    "fail",
    [
        lambda: int(NAME),
        lambda: {}[NAME],
        lambda: f"{NAME} 花".encode("ascii"),
        lambda: json.loads(NAME),
        lambda: open(f"/nowhere/{NAME}"),  # noqa: SIM115
        lambda: [][0],
    ],
)
def test_what_somebody_typed_is_not_told_with_an_exception(fail: Callable[[], Any]) -> None:
    error = raised(fail)
    assert "Hanako" not in faults.account(error)
    assert "Hanako" not in faults.summary(error)
    assert "Hanako" not in json.dumps(reports._as_sentry_has_it(error))
    assert faults.account(error).startswith("Traceback (most recent call last):\n")
    assert faults.account(error).splitlines()[-1].startswith(faults.name_of(error))


def test_an_exception_is_told_with_all_that_led_to_it() -> None:
    def fail() -> None:
        try:
            int(NAME)
        except ValueError as error:
            raise AttributeError("'Actor' object has no attribute 'kana'") from error

    lines = faults.account(raised(fail)).splitlines()
    assert "ValueError" in lines
    assert "The above exception was the direct cause of the following exception:" in lines
    assert lines[-1] == "AttributeError: 'Actor' object has no attribute 'kana'"


@with_database
def test_a_database_error_names_the_rule_and_not_the_row() -> None:
    User.objects.create_user(NAME)
    with transaction.atomic():
        error = raised(lambda: User.objects.create_user(NAME))
        transaction.set_rollback(True)
    told = faults.account(error)
    assert "Hanako" not in told
    assert re.search(r"django\.db\.utils\.IntegrityError: .*auth_user", told)


@with_database
def test_a_database_error_names_the_table_that_is_missing() -> None:
    with transaction.atomic():
        error = raised(lambda: RecordVersion.objects.raw('SELECT * FROM "partnerships_gone"')[0])
        transaction.set_rollback(True)
    assert "partnerships_gone" in faults.summary(error)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('invalid input syntax for type integer: "Hanako"\nLINE 1: …', "invalid input syntax for type integer: ?"),
        ('violates check constraint "partnership_end_after_start"', None),
        ("it's Hanako's", "it?s"),
        ("it's Hanako", "it?"),
        ("a letter to hanako@example.net from 203.0.113.77 or 2001:db8::7", "a letter to ? from ? or ?"),
        ("« Hanako » and “Hanako” and 'Hanako'", "? and ? and ?"),
    ],
)
def test_quotations_and_addresses_are_taken_out_of_a_message(text: str, told: str | None) -> None:
    assert faults.without_quotations(text) == (text if told is None else told)


# --- Lines of the log ----------------------------------------------------------------------------------------------


def record_of(name: str, message: str, *arguments: Any, **extra: Any) -> logging.LogRecord:
    error = extra.pop("error", None)
    level = extra.pop("level", logging.ERROR)
    found = logging.LogRecord(
        name, level, __file__, 1, message, arguments, (type(error), error, None) if error else None
    )
    found.__dict__.update(extra)
    return found


def test_only_what_is_named_is_written_of_a_record() -> None:
    request = RequestFactory().get("/partnerships/?q=Hanako", headers={"Cookie": "who=Hanako"})
    record = record_of(
        "django.request", "%s: %s", "Internal Server Error", "/Hanako/", status_code=500, request=request
    )
    assert "Hanako" not in logs.JSONLines().format(record)
    assert json.loads(logs.JSONLines().format(record))["message"] == "Internal Server Error (500)"
    refused = record_of(
        "django.security.X", "Hanako", status_code=400, request=request, error=SuspiciousOperation("Hanako")
    )
    assert {"level": "WARNING", "message": "Bad Request (400)"}.items() <= logs.fields(refused).items()
    assert "Hanako" not in logs.ReadableLines().format(refused)


def test_a_line_is_one_line_whatever_is_in_it() -> None:
    line = logs.JSONLines().format(record_of("partnerships.x", "one\ntwo\u2028three\r\x1b[31m"))
    assert line.isascii() and len(line.splitlines()) == 1
    assert json.loads(line)["message"] == "one\ntwo\u2028three\r\x1b[31m"


def test_a_readable_line_says_the_same() -> None:
    record = record_of("partnerships.queries", "slow query", level=logging.WARNING, told={"milliseconds": 700})
    assert re.fullmatch(
        r"\S+Z WARNING partnerships\.queries: slow query \(milliseconds 700\)", logs.ReadableLines().format(record)
    )


# --- Statements ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT 1 WHERE name = 'Hanako''s'", "SELECT 1 WHERE name = ?"),
        ("SELECT 'it''s' || E'a\\'Hanako' ||\n  \"name\"", 'SELECT ? || E? || "name"'),
        ("SELECT 1 WHERE v @@ '''花子'' & x'::tsquery", "SELECT 1 WHERE v @@ ?::tsquery"),
        ("SELECT 'Hanako", "SELECT ?"),
        ("DO $note$ Hanako $note$ END", "DO ? END"),
        ("SELECT 1 WHERE id IN (%s, %s, %s, %s, %s) AND x = %s", "SELECT 1 WHERE id IN (%s, ...) AND x = %s"),
        ("VALUES (%s, %s, %s, %s), (%s, %s, %s, %s), (%s, %s, %s, %s)", "VALUES (%s, ...), ..."),
    ],
)
def test_a_statement_is_told_without_its_values(sql: str, told: str) -> None:
    assert queries.without_values(sql) == told


@with_database
def test_a_slow_statement_is_told_and_others_keep_their_wrappers(caplog: pytest.LogCaptureFixture) -> None:
    seen = []

    def other(execute: Callable[..., Any], *arguments: Any) -> Any:
        seen.append(arguments[0])
        return execute(*arguments)

    before = list(connection.execute_wrappers)
    queries.watch(0)
    try:
        with connection.execute_wrapper(other):
            for _ in range(2):  # a pool says it for each request
                queries.connection_created.send(sender=type(connection), connection=connection)
            User.objects.filter(username="Hanako").exists()  # of no request
            token = requests._current.set(requests.Request("0123456789abcdef", "GET", "/"))
            User.objects.filter(username="Hanako").exists()
            requests._current.reset(token)
        assert other not in connection.execute_wrappers and len(connection.execute_wrappers) == len(before) + 1
    finally:
        queries.connection_created.disconnect(dispatch_uid="slow queries")
        connection.execute_wrappers[:] = before
    assert len(seen) == 2
    [told] = [record.__dict__["told"] for record in caplog.records]
    assert told["database"] == "default" and "%s" in told["sql"] and "Hanako" not in told["sql"]


# --- The layer around the application ------------------------------------------------------------------------------

SETTINGS = SimpleNamespace(TRUSTED_PROXIES=["192.0.2.0/24", "2001:db8::1"], LOG_REQUESTS=False, METRICS_TOKEN="")


def answered(
    application: Callable[..., Any], settings: Any = SETTINGS, **environ: str
) -> tuple[str, dict[str, str], Iterator[bytes]]:
    given = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.input": io.BytesIO(),
    } | environ
    found: list[Any] = []
    body = requests.watched(application, settings)(given, lambda *answer: found.extend(answer))
    return found[0], dict(found[1]), iter(body)


def fine(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]


@pytest.mark.parametrize(
    ("given", "proxy", "is_taken"),
    [
        ("0123-abcd", "192.0.2.7", True),
        ("0123-abcd", "2001:db8::1", True),
        ("0123-abcd", "198.51.100.1", False),
        ("0123-abcd", "", False),
        ("short", "192.0.2.7", False),
        ("a" * 65, "192.0.2.7", False),
        ("0123 abcd", "192.0.2.7", False),
        ("0123-abcd\r\nX: y", "192.0.2.7", False),
        ("０１２３４５６７", "192.0.2.7", False),
    ],
)
def test_an_id_is_taken_from_a_trusted_proxy_only(given: str, proxy: str, is_taken: bool) -> None:
    _status, headers, _body = answered(fine, HTTP_X_REQUEST_ID=given, REMOTE_ADDR=proxy)
    assert (headers["X-Request-ID"] == given) == is_taken
    assert is_taken or re.fullmatch("[0-9a-f]{32}", headers["X-Request-ID"])
    assert requests.current_id() == headers["X-Request-ID"]


def test_a_request_that_cannot_be_read_is_answered_and_told(caplog: pytest.LogCaptureFixture) -> None:
    def failing(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        raise LookupError("Hanako")

    status, headers, body = answered(failing)
    assert status.startswith("500") and b"Hanako" not in b"".join(body)
    [record] = caplog.records
    told = logs.fields(record)
    assert told["request_id"] == headers["X-Request-ID"] and "LookupError" in told["exception"]


def test_an_answer_that_breaks_off_is_told_and_the_server_learns_no_words(caplog: pytest.LogCaptureFixture) -> None:
    class Stream:
        streaming = True
        is_closed = False

        def __iter__(self) -> Iterator[bytes]:
            yield b"one"
            raise ValueError("Hanako")

        def close(self) -> None:
            self.is_closed = True

    stream = Stream()

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Stream:
        start("200 OK", [])
        return stream

    _status, headers, body = answered(application)
    assert next(body) == b"one"
    answered(fine)  # another request, before this one is through
    with pytest.raises(ConnectionAbortedError) as broken:
        next(body)
    assert "Hanako" not in str(broken.value) and broken.value.__suppress_context__
    body.close()  # type: ignore[attr-defined]
    assert stream.is_closed
    [record] = caplog.records
    assert logs.fields(record)["request_id"] == headers["X-Request-ID"]


# --- Whether the site is ready -------------------------------------------------------------------------------------


def probe(client: Client, path: str = "/readyz") -> tuple[int, str]:
    response = client.get(path)
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, response.content.decode()


def test_the_process_is_healthy_without_the_database(client: Client) -> None:
    assert probe(client, "/healthz") == (200, "ok")


@with_database
def test_it_is_ready_when_the_database_has_its_tables_and_the_index_is_in_step(client: Client) -> None:
    assert probe(client) == (200, "ready")
    make_partnership("kobe")
    search.reindex()
    assert probe(client) == (200, "ready")


@with_database
def test_it_is_not_ready_while_migrations_wait(client: Client) -> None:
    [latest] = MigrationLoader(connection).graph.leaf_nodes("partnerships")
    MigrationRecorder(connection).record_unapplied(*latest)
    assert probe(client) == (503, "migrations waiting")


OUT_OF_STEP = (503, "search index out of step: run manage.py rebuild_search")


@with_database
def test_it_is_not_ready_while_the_index_lacks_a_changed_record(client: Client) -> None:
    make_partnership("kobe")
    search.reindex()
    make_partnership("osaka")
    assert probe(client) == OUT_OF_STEP


@with_database
@pytest.mark.parametrize("kind", search.KINDS)
def test_it_is_not_ready_while_the_index_is_empty(client: Client, kind: str) -> None:
    make_partnership("kobe")
    search.reindex()
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM partnerships_{kind}_search")  # noqa: S608 (our own tables)
    assert (probe(client) == OUT_OF_STEP) == search.MODELS[kind].objects.exists()


@with_database
def test_it_is_not_ready_without_the_tables_of_the_index(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE partnerships_actor_search RENAME TO away")
    assert probe(client) == (503, "search index missing: run manage.py migrate, then rebuild_search")


@with_database
def test_it_is_not_ready_while_the_database_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*arguments: Any) -> None:
        raise OperationalError("no route to host")

    monkeypatch.setattr(probes, "MigrationExecutor", unreachable)
    assert probe(client) == (503, "database unreachable")


# --- Numbers -------------------------------------------------------------------------------------------------------


@pytest.fixture
def _measured(settings: Any) -> Iterator[None]:
    settings.METRICS_TOKEN = TOKEN
    metrics._meters.cache_clear()
    yield
    metrics._meters.cache_clear()


@with_database
@pytest.mark.usefixtures("_measured")
def test_numbers_of_the_directory_are_asked_for_when_somebody_wants_them(client: Client) -> None:
    make_partnership("kobe", publication="published")
    make_partnership("draft")
    metrics.count("replica_left")
    page = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode().splitlines()
    assert 'directory_published_records{kind="partnerships"} 1.0' in page
    assert 'directory_events_total{event="replica_left"} 1.0' in page
    assert 'directory_events_total{event="unhandled_error"} 0.0' in page
    [lacking] = [line for line in page if line.startswith("directory_unindexed_records ")]
    assert float(lacking.split()[1]) == RecordVersion.objects.not_indexed().count() > 0


@pytest.mark.usefixtures("_measured")
def test_a_database_that_is_away_is_a_number_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Iterator[Gauge]:
        raise DatabaseError
        yield

    monkeypatch.setattr(probes, "_asked_of_the_database", away)
    page = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode().splitlines()
    assert "directory_database_up 0.0" in page


def test_without_a_token_nothing_is_counted_and_there_is_no_page(client: Client) -> None:
    metrics.count("replica_left")
    for headers in ({}, {"Authorization": "Bearer "}):
        assert client.get("/metrics", headers=headers).status_code == 404


def test_what_is_switched_off_is_not_imported() -> None:
    program = (
        "import django, sys; django.setup(); import config.wsgi; "
        "print({'prometheus_client', 'sentry_sdk'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=server.ROOT, env=os.environ, capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
