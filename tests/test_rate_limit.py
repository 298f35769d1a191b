"""A client may ask so often a minute; one that asks more often is told when to come back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from partnerships.http import rate_limit
from partnerships.http.rate_limit import Counts

HOUR = 3600.0  # the beginning of a minute


def accepted(counts: Counts, times: Iterator[float] | list[float], client: int = 1, limit: int = 600) -> int:
    return sum(counts.wait_for(client, limit, now) == 0 for now in times)


@pytest.fixture
def minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh counts, in a minute that does not pass."""
    fresh = Counts(cells=4096)
    monkeypatch.setattr(rate_limit, "counts", lambda: fresh)
    monkeypatch.setattr(rate_limit.time, "monotonic", lambda: HOUR)


# --- Counting ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [HOUR, HOUR + 30, HOUR + 59])
@pytest.mark.parametrize("seconds", [0.1, 1, 10])
def test_a_burst_ends_at_the_limit(start: float, seconds: float) -> None:
    times = [start + seconds * number / 700 for number in range(700)]
    assert 600 <= accepted(Counts(), times) <= 600 + 10 * seconds


def test_somebody_who_keeps_asking_gets_the_limit_in_any_minute() -> None:
    counts = Counts()
    times = [HOUR + number / 50 for number in range(50 * 600)]
    through = [now for now in times if not counts.wait_for(1, 600, now)]
    in_any_minute = [sum(start <= now < start + 60 for now in through) for start in range(int(HOUR), int(HOUR) + 540)]
    assert min(in_any_minute[60:]) > 500
    assert max(in_any_minute) < 700


def test_somebody_who_asks_within_the_limit_is_never_refused() -> None:
    assert accepted(Counts(), [HOUR + number / 9.9 for number in range(6_000)]) == 6_000


@pytest.mark.parametrize("requests", [600, 1000])
@pytest.mark.parametrize("start", [HOUR, HOUR + 42.5, HOUR + 59.9])
def test_after_the_time_it_says_there_is_room_and_not_much_before(start: float, requests: int) -> None:
    counts = Counts()
    accepted(counts, [start] * requests)
    wait = counts.wait_for(1, 600, start)
    assert 1 <= wait <= 61
    assert counts.wait_for(1, 600, start + wait - 2) > 0
    assert counts.wait_for(1, 600, start + wait) == 0


def test_each_client_has_a_count_of_its_own() -> None:
    counts = Counts()
    assert accepted(counts, [HOUR] * 700, client=1) == 600
    assert accepted(counts, [HOUR] * 700, client=2) == 600


def test_a_client_who_was_away_begins_anew() -> None:
    counts = Counts()
    accepted(counts, [HOUR] * 700)
    assert accepted(counts, [HOUR + 120] * 700) == 600


def test_the_largest_limit_can_be_counted() -> None:
    counts = Counts(cells=1)
    counts._cells[0] = 60 << 40 | 999_999
    assert accepted(counts, [HOUR] * 2, limit=1_000_000) == 1


# --- Who is a client -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::ffff:1"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("fe80::1%eth0", "fe80::2%eth0"),
    ],
)
def test_addresses_of_one_client(one: str, other: str) -> None:
    assert rate_limit._number_of(one, "key") == rate_limit._number_of(other, "key")


@pytest.mark.parametrize(("one", "other"), [("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8:0:1::1"), ("", "?")])
def test_addresses_of_different_clients(one: str, other: str) -> None:
    assert rate_limit._number_of(one, "key") != rate_limit._number_of(other, "key")


def test_who_shares_a_count_with_whom_depends_on_the_key() -> None:
    assert rate_limit._number_of("192.0.2.1", "key") != rate_limit._number_of("192.0.2.1", "other key")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        ([], "192.0.2.1", "127.0.0.1"),
        (["10.0.0.1"], "192.0.2.1", "127.0.0.1"),
        (["127.0.0.1"], "192.0.2.1", "192.0.2.1"),
        (["127.0.0.1"], "198.51.100.9, 192.0.2.1", "192.0.2.1"),  # the first is what the client said of itself
        (["127.0.0.1", "10.0.0.0/8"], "198.51.100.9, 192.0.2.1, 10.0.0.7", "192.0.2.1"),
    ],
)
def test_only_a_trusted_proxy_says_who_the_client_is(proxies: list[str], forwarded: str, client: str) -> None:
    seen: list[str] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ["REMOTE_ADDR"])
        return []

    behind = wrap_wsgi_with_proxy_headers(application, trusted_hosts=proxies) if proxies else application
    behind({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}, None)
    assert seen == [client]


# --- Refusing ------------------------------------------------------------------------------------------------------


def ask(path: str, times: int, **parameters: Any) -> list[HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("page")

    middleware = rate_limit.rate_limit(view)
    return [middleware(RequestFactory().get(path, **parameters)) for _ in range(times)]


def test_a_refusal_says_when_to_come_back(minute: None, settings) -> None:
    settings.RATE_LIMIT = 3
    responses = ask("/partnerships/", 4)
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    refusal = responses[-1]
    seconds = int(refusal["Retry-After"])
    assert refusal.content.decode() == (
        f"Too many requests came from your address. Please try again in {seconds} seconds.\n"
    )
    assert refusal["Content-Type"] == "text/plain; charset=utf-8"
    assert refusal["Cache-Control"] == "no-store"
    assert refusal["Content-Language"] == "en"


def test_a_refusal_is_in_the_language_of_the_page(minute: None, settings) -> None:
    settings.RATE_LIMIT = 1
    refusal = ask("/ja/partnerships/", 2)[-1]
    assert "リクエスト" in refusal.content.decode()
    assert refusal["Content-Language"] == "ja"


def test_a_refusal_to_a_program_is_a_problem_that_it_can_read(minute: None, settings) -> None:
    settings.RATE_LIMIT = 1
    refusal = ask("/api/v1/partnerships/", 2)[-1]
    problem = json.loads(refusal.content)
    assert refusal["Content-Type"] == "application/problem+json"
    assert (problem["status"], problem["title"]) == (429, "Too Many Requests")
    assert refusal["Retry-After"] in problem["detail"]


@pytest.mark.parametrize("path", ["/static/site.css", "/healthz", "/readyz"])
def test_files_and_probes_are_not_counted(minute: None, settings, path: str) -> None:
    settings.RATE_LIMIT = 1
    assert {response.status_code for response in ask(path, 3)} == {200}


def test_others_are_not_refused(minute: None, settings) -> None:
    settings.RATE_LIMIT = 1
    ask("/", 2, REMOTE_ADDR="192.0.2.1")
    assert ask("/", 1, REMOTE_ADDR="192.0.2.2")[0].status_code == 200


def test_there_is_no_limit_where_the_setting_says_so(settings) -> None:
    settings.RATE_LIMIT = 0
    with pytest.raises(MiddlewareNotUsed):
        rate_limit.rate_limit(lambda request: HttpResponse())


@pytest.mark.django_db(transaction=True)
def test_kept_pages_and_those_not_modified_count_too(minute: None, settings) -> None:
    settings.RATE_LIMIT = 3
    client = Client()
    tag = client.get("/robots.txt")["ETag"]
    client.get("/robots.txt")
    statuses = [client.get("/robots.txt", headers={"If-None-Match": tag}).status_code for _ in range(2)]
    assert statuses == [304, 429]
