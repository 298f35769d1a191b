"""Public pages are kept whole, are compressed once, carry an ETag; and nothing else is, does or has."""

from __future__ import annotations

import gzip
import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import brotli
import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import ResponseHeaders
from django.test import Client, RequestFactory
from django.utils.http import parse_etags

from partnerships.http import encodings, entity_tags, kept_pages, public_page
from partnerships.http.store import OVERHEAD, Page, Store
from partnerships.models import Theme, version

from .factories import make_partnership, make_theme, published_partnership

HOUSEHOLD = {"/", "/ja/", "/partnerships/", "/partnerships/one/", "/actors/", "/themes/", "/sources/", "/robots.txt"}


class Connection:
    """As much of a connection as matters here."""

    in_atomic_block = False


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the version of the directory."""

    def say(number: int) -> None:
        monkeypatch.setattr(version, "current", lambda: number)

    monkeypatch.setattr(kept_pages, "connection", Connection())
    say(1)
    return say


class Site:
    """The middleware around one view, which counts how often it is asked."""

    def __init__(self, view: Callable[[HttpRequest], HttpResponse]) -> None:
        self.views = 0
        self._ask = kept_pages.kept_pages(self._count(view))

    def _count(self, view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
        def counted(request: HttpRequest) -> HttpResponse:
            self.views += 1
            return view(request)

        return counted

    def get(self, path: str = "/", method: str = "GET", **headers: str) -> HttpResponse:
        return self._ask(RequestFactory().generic(method, path, headers=headers))


@public_page
def long_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>日本とアメリカ</p>" * 1000)


# --- What is kept --------------------------------------------------------------------------------------------------


def test_a_page_is_made_once(numbers: Callable[[int], None]) -> None:
    site = Site(long_page)
    first, second = site.get("/?q=port"), site.get("/?q=port")
    assert (site.views, first.content, dict(first.items())) == (1, second.content, dict(second.items()))


@pytest.mark.parametrize(
    "other", [{"path": "/?q=port"}, {"path": "/ja/"}, {"host": "example.org"}, {"method": "POST"}], ids=str
)
def test_another_address_is_another_page(numbers: Callable[[int], None], other: dict[str, str]) -> None:
    site = Site(long_page)
    site.get()
    site.get(**other)
    assert site.views == 2


def test_a_page_is_made_anew_when_the_directory_changes(numbers: Callable[[int], None]) -> None:
    site = Site(long_page)
    site.get()
    numbers(2)
    site.get()
    assert site.views == 2


def test_a_page_is_made_anew_each_day(numbers: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(long_page)
    monkeypatch.setattr(kept_pages.time, "time", lambda: 86_400.0 * 2 - 0.5)
    evening = site.get()
    monkeypatch.setattr(kept_pages.time, "time", lambda: 86_400.0 * 2)
    morning = site.get()
    assert site.views == 2
    assert evening["ETag"] != morning["ETag"]


def test_a_page_that_was_overtaken_by_a_change_is_not_kept(numbers: Callable[[int], None]) -> None:
    @public_page
    def slow(request: HttpRequest) -> HttpResponse:
        if site.views == 1:
            numbers(2)
            return HttpResponse("old")
        return HttpResponse("new")

    site = Site(slow)
    assert [site.get().content for _ in range(3)] == [b"old", b"new", b"new"]
    assert site.views == 2


def test_a_page_that_was_overtaken_does_not_push_out_the_newer_ones(numbers: Callable[[int], None]) -> None:
    @public_page
    def slow(request: HttpRequest) -> HttpResponse:
        if request.path == "/slow/":
            numbers(2)
            site.get("/")
        return HttpResponse("page")

    site = Site(slow)
    site.get("/slow/")
    site.get("/")
    assert site.views == 2


def test_a_page_made_inside_a_transaction_is_not_kept(
    numbers: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_pages.connection, "in_atomic_block", True)
    site = Site(long_page)
    site.get()
    site.get()
    assert site.views == 2


def with_cookie(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("page")
    response.set_cookie("name", "value")
    return response


@pytest.mark.parametrize(
    "view",
    [
        with_cookie,
        lambda request: HttpResponse("page", status=404),
        lambda request: HttpResponse(status=301, headers={"Location": "/there/"}),
        lambda request: HttpResponse("page", status=500),
        lambda request: HttpResponse("page", headers={"Cache-Control": "private, no-store"}),
        lambda request: HttpResponse("page", headers={"Vary": "Accept-Encoding, Cookie"}),
    ],
    ids=["cookie", "not found", "redirect", "error", "private", "varying"],
)
def test_what_is_not_the_same_page_for_everyone_is_not_kept(
    numbers: Callable[[int], None], view: Callable[[HttpRequest], HttpResponse]
) -> None:
    site = Site(public_page(view))
    response = site.get()
    site.get()
    assert site.views == 2
    assert "ETag" not in response
    assert "public" not in response["Cache-Control"]


def test_a_stream_is_not_kept_but_carries_a_tag(numbers: Callable[[int], None]) -> None:
    site = Site(public_page(lambda request: StreamingHttpResponse(iter([b"page"]))))
    tag = site.get()["ETag"]
    assert site.get()["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert site.get(if_none_match=tag).status_code == 304
    assert site.views == 2


def test_a_view_that_is_not_marked_is_not_kept(numbers: Callable[[int], None]) -> None:
    site = Site(lambda request: HttpResponse("page"))
    site.get()
    assert site.get()["Cache-Control"] == "no-cache"
    assert site.views == 2


def test_nothing_is_kept_where_the_setting_says_so(numbers: Callable[[int], None], settings) -> None:
    settings.KEEP_PAGES = 0
    site = Site(long_page)
    assert site.get()["ETag"] == site.get()["ETag"]
    assert site.views == 2


def test_the_head_of_a_page_is_answered_from_the_page(numbers: Callable[[int], None]) -> None:
    site = Site(long_page)
    page, head = site.get(), site.get(method="HEAD")
    assert site.views == 1
    assert dict(head.items()) == dict(page.items())


def test_no_kept_page_is_shown_where_the_database_cannot_be_asked(
    numbers: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> int:
        raise OperationalError

    @public_page
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("page")

    site = Site(view)
    site.get()
    monkeypatch.setattr(version, "current", fail)
    with pytest.raises(OperationalError):  # of the view, which asks too; a view that does not may still answer
        site.get()
    assert site.views == 2


def test_what_is_kept_is_answered_while_others_wait_for_what_is_not(numbers: Callable[[int], None]) -> None:
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    go_on = threading.Event()

    @public_page
    def view(request: HttpRequest) -> HttpResponse:
        if request.path == "/kept/":
            return HttpResponse("kept")
        asked.put(request.path)
        assert go_on.wait(10)
        if request.path in {"/3/", "/4/"}:
            raise Http404
        return HttpResponse(request.path)

    site = Site(view)
    site.get("/kept/")
    with ThreadPoolExecutor(5) as visitors:
        answers = [visitors.submit(site.get, f"/{number}/") for number in range(5)]
        under_way = {asked.get(timeout=10) for _ in range(kept_pages.MADE_AT_ONCE)}
        assert site.get("/kept/").content == b"kept"
        assert asked.empty()
        go_on.set()
        done = [answer for answer in answers if answer.exception() is None]
        assert {answer.result().content.decode() for answer in done} == {"/0/", "/1/", "/2/"}
    assert under_way < {f"/{number}/" for number in range(5)}
    assert site.get("/afterwards/").status_code == 200


def test_a_network_in_front_is_told_how_long_it_may_keep_a_page_and_browsers_are_not(
    numbers: Callable[[int], None], settings: Any
) -> None:
    assert not {"CDN-Cache-Control", "Cache-Tag", "Surrogate-Key"} & set(Site(long_page).get().headers)
    settings.CDN_SECONDS = 60
    site = Site(long_page)
    for response in (site.get(), site.get(), site.get(**{"If-None-Match": site.get()["ETag"]})):
        assert response["CDN-Cache-Control"] == "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400"
        assert response["Cache-Control"] == "public, max-age=0, must-revalidate"
        assert response["Cache-Tag"] == response["Surrogate-Key"] == "directory"


# --- ETag ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}", '"other", {}', 'W/"other",{} , "third"', "{strong}"])
def test_a_page_that_the_client_has_is_not_made(numbers: Callable[[int], None], form: str) -> None:
    tag = Site(long_page).get()["ETag"]
    site = Site(long_page)  # of another worker, which has not made it yet
    answer = site.get(if_none_match=form.format(tag, strong=tag.removeprefix("W/")))
    assert (answer.status_code, answer.content, site.views) == (304, b"", 0)
    assert answer["ETag"] == tag
    assert answer["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert answer["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("header", ['"page-000000000000000000000"', "page-", '"other"', "W/", ""])
def test_a_tag_that_is_not_the_page_s_gets_the_page(numbers: Callable[[int], None], header: str) -> None:
    assert Site(long_page).get(if_none_match=header).status_code == 200


def test_any_tag_will_do_where_there_is_a_page(numbers: Callable[[int], None]) -> None:
    site = Site(long_page)
    assert [site.get(if_none_match="*").status_code for _ in range(2)] == [304, 304]
    missing = Site(public_page(lambda request: HttpResponse(status=404)))
    assert missing.get(if_none_match="*").status_code == 404


def test_tags_are_well_formed_and_of_their_address_moment_and_key(settings) -> None:
    address = ("https", "example.org", "/", "")
    tags = {
        entity_tags.tag_for(each, moment)
        for each in (address, ("http", *address[1:]), (*address[:2], "/ja/", ""), (*address[:3], "q=a"))
        for moment in ((1, 1), (1, 2), (2, 1))
    }
    settings.SECRET_KEY = "another"
    tags.add(entity_tags.tag_for(address, (1, 1)))
    assert len(tags) == 13
    assert all(parse_etags(tag) == [tag] for tag in tags)


def test_an_old_tag_is_of_no_use_after_a_change(numbers: Callable[[int], None]) -> None:
    site = Site(long_page)
    tag = site.get()["ETag"]
    numbers(2)
    assert site.get(if_none_match=tag).status_code == 200


# --- Codings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", "identity"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0,gzip;q=0.000", "identity"),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "gzip"),
        ("identity, br;q=0.5", "identity"),
        ("identity;q=0.5, br;q=0.5", "br"),
        ("*;q=0", "identity"),
        ("br;q=much, gzip", "gzip"),
        ("deflate", "identity"),
        (";;,,=", "identity"),
    ],
)
def test_the_coding_is_the_one_that_the_client_prefers(header: str, coding: str) -> None:
    assert encodings.best_for(header) == coding


def test_a_page_is_compressed_as_the_client_wants(numbers: Callable[[int], None]) -> None:
    site = Site(long_page)
    plain = site.get()
    for coding, decode in {"br": brotli.decompress, "gzip": gzip.decompress}.items():
        for _again in range(2):
            answer = site.get(accept_encoding=coding)
            assert decode(answer.content) == plain.content
            assert answer["Content-Encoding"] == coding
            assert int(answer["Content-Length"]) == len(answer.content) < len(plain.content)
            assert answer["ETag"] == plain["ETag"]
    assert site.views == 1
    assert "Content-Encoding" not in site.get()


def test_every_coding_of_a_page_says_that_there_are_others(numbers: Callable[[int], None]) -> None:
    site = Site(long_page)
    assert {site.get(accept_encoding=coding)["Vary"] for coding in ("", "br", "gzip")} == {"Accept-Encoding"}


def test_a_small_page_is_not_compressed(numbers: Callable[[int], None]) -> None:
    site = Site(public_page(lambda request: HttpResponse("x" * 1023)))
    assert "Content-Encoding" not in site.get(accept_encoding="br")


# --- The store -----------------------------------------------------------------------------------------------------


def page(size: int) -> Page:
    return Page(ResponseHeaders({}), b"x" * (size - OVERHEAD), "")


def ask(store: Store, address: str, size: int = 10_000) -> bool:
    """Whether the page was there; keeps it where it was not."""
    if store.find(address, 1):
        return True
    store.keep(address, 1, page(size))
    return False


def test_the_store_holds_no_more_than_it_may() -> None:
    store = Store(1_000_000)
    for number in range(1_000):
        ask(store, f"/{number}")
        ask(store, f"/{number // 2}")
        assert store.weight <= 1_000_000
    assert len(store) > 80


def test_a_crawl_leaves_what_is_asked_again_in_place() -> None:
    store = Store(1_000_000)
    popular = [f"/popular/{number}" for number in range(70)]
    for address in popular:
        ask(store, address)
        ask(store, address)
    for number in range(100_000):
        ask(store, f"/crawled/{number}")
    assert all(store.find(address, 1) for address in popular)


def test_what_is_popular_now_takes_the_place_of_what_was() -> None:
    store = Store(1_000_000)
    for address in [f"/{number}" for number in range(500)]:
        ask(store, address)
        ask(store, address)
    assert store.find("/499", 1)
    assert not store.find("/0", 1)


def test_a_page_larger_than_the_room_on_probation_is_not_kept() -> None:
    store = Store(1_000_000)
    ask(store, "/small")
    ask(store, "/large", size=200_001)
    assert "/large" not in store
    assert "/small" in store


def test_a_store_without_room_keeps_nothing() -> None:
    store = Store(0)
    assert [ask(store, "/") for _ in range(2)] == [False, False]


def test_pages_of_another_moment_go() -> None:
    store = Store(1_000_000)
    ask(store, "/a")
    store.keep("/b", 2, page(10_000))
    assert ("/a" in store, "/b" in store, store.find("/b", 1)) == (False, True, None)
    assert store.weight == 10_000


def test_codings_count_too() -> None:
    store = Store(1_000_000)
    pages = {number: page(30_000) for number in range(6)}
    for number, each in pages.items():
        store.keep(number, 1, each)
    before = store.weight
    pages[0].response_in("gzip")
    store.weigh_again(0, pages[0])
    assert store.weight == before + pages[0].weight - 30_000
    assert pages[0].weight > 30_000


# --- The site ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_change_shows_on_the_next_request(client: Client) -> None:
    theme = make_theme("forestry", name="Forestry")
    before = [client.get("/themes/") for _ in range(3)]
    assert len({response["ETag"] for response in before}) == 1
    Theme.objects.filter(pk=theme.pk).update(name="Woods")
    after = client.get("/themes/", headers={"If-None-Match": before[0]["ETag"]})
    assert (after.status_code, b"Woods" in after.content) == (200, True)


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_never_shows(client: Client) -> None:
    theme = make_theme("forestry", name="Forestry")
    before = client.get("/themes/")
    with transaction.atomic():
        Theme.objects.filter(pk=theme.pk).update(name="Woods")
        assert b"Woods" in client.get("/themes/").content
        transaction.set_rollback(True)
    after = client.get("/themes/")
    assert (after.content, after["ETag"]) == (before.content, before["ETag"])


@pytest.mark.django_db(transaction=True)
def test_a_record_that_is_published_appears_where_it_was_missing(client: Client) -> None:
    assert client.get("/partnerships/one/")["Cache-Control"] == "no-cache"
    published_partnership("one")
    assert client.get("/partnerships/one/").status_code == 200
    assert client.get("/partnerships/one/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_kept_pages_are_the_pages_with_their_headers(client: Client) -> None:
    published_partnership("one")
    for address in sorted(HOUSEHOLD):
        first, second = client.get(address), client.get(address)
        assert (address, first.content, dict(first.items())) == (address, second.content, dict(second.items()))
        assert "default-src 'self'" in second["Content-Security-Policy"]
        assert second["Cache-Control"] == "public, max-age=0, must-revalidate"
        assert second["Content-Language"] == ("ja" if address.startswith("/ja/") else "en")


@pytest.mark.django_db(transaction=True)
def test_a_kept_page_costs_one_question_and_nothing_of_a_session(client: Client, django_assert_max_num_queries) -> None:
    tag = client.get("/themes/")["ETag"]
    with django_assert_max_num_queries(1):
        client.get("/themes/")
    with django_assert_max_num_queries(1):
        assert client.get("/themes/", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_refused_each_time(client: Client) -> None:
    assert [client.get("/robots.txt", headers={"Host": "evil.example"}).status_code for _ in range(2)] == [400, 400]


@pytest.mark.django_db
def test_a_preview_is_for_the_editor_who_asks_and_nobody_else(admin_client: Client) -> None:
    make_partnership("draft")
    preview = admin_client.get("/partnerships/draft/")
    assert (preview.status_code, preview["Cache-Control"]) == (200, "private, no-store")
    assert "ETag" not in preview
    assert admin_client.get("/partnerships/draft/", headers={"If-None-Match": "*"}).status_code == 200
    assert Client().get("/partnerships/draft/").status_code == 404
    admin_client.logout()
    assert admin_client.get("/partnerships/draft/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ["", "forged"])
def test_readers_without_an_account_do_not_learn_of_drafts(client: Client, cookie: str) -> None:
    make_partnership("draft")
    if cookie:
        client.cookies["sessionid"] = cookie
    assert client.get("/partnerships/draft/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_public_pages_are_the_same_for_curators(admin_client: Client) -> None:
    published_partnership("one")
    for address in sorted(HOUSEHOLD):
        own, public = admin_client.get(address), Client().get(address)
        assert (own.content, dict(own.items())) == (public.content, dict(public.items()))
        assert "Cookie" not in own["Vary"]


@pytest.mark.django_db
def test_the_admin_has_sessions_and_csrf_as_ever(settings) -> None:
    User.objects.create_superuser("editor", password="a long password")
    client = Client(enforce_csrf_checks=True)
    for prefix in ("", "/ja"):
        page = client.get(f"{prefix}/accounts/login/")
        assert "csrftoken" in client.cookies
        assert "no-store" in page["Cache-Control"]
        assert "public" not in page["Cache-Control"]
    answers = {"login": "editor", "password": "a long password", "next": "/admin/"}
    assert client.post("/accounts/login/", answers).status_code == 403
    answers["csrfmiddlewaretoken"] = client.cookies["csrftoken"].value
    assert client.post("/accounts/login/", answers).status_code == 302
    assert client.get("/admin/").status_code == 200


# --- robots.txt ----------------------------------------------------------------------------------------------------


def robots_allow(robots: str, address: str) -> bool:
    """By RFC 9309, for the patterns without “$” that we use: no rule that matches forbids it."""
    rules = [line.removeprefix("Disallow: ") for line in robots.splitlines() if line.startswith("Disallow: ")]
    return not any(all_in_order(rule.split("*"), address) for rule in rules)


def all_in_order(pieces: list[str], address: str) -> bool:
    if not address.startswith(pieces[0]):
        return False
    ends = itertools.accumulate(
        pieces[1:],
        lambda at, piece: found + len(piece) if at >= 0 and (found := address.find(piece, at)) >= 0 else -1,
        initial=len(pieces[0]),
    )
    return min(ends) >= 0


@pytest.mark.django_db
def test_robots_may_read_pages_but_not_search_or_combine_filters(client: Client) -> None:
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    robots = response.content.decode()
    assert "User-agent: *\n" in robots
    open_to_robots = [
        "/",
        "/ja/",
        "/partnerships/",
        "/partnerships/?page=2",
        "/partnerships/?theme=climate",
        "/actors/a/",
        "/suggest/",
        "/ja/suggest/",
    ]
    closed = [
        "/partnerships/?q=port",
        "/ja/partnerships/?q=port",
        "/partnerships/?theme=climate&state=US-WA",
        "/partnerships/?theme=climate&q=port",
        "/actors/?kind=city&kind=port",
        "/suggest/?actor=kobe",
        "/partnerships/kobe-seattle/suggest/",
        "/ja/partnerships/kobe-seattle/suggest/",
        "/admin/",
        "/ja/admin/login/",
        "/accounts/login/",
    ]
    assert [address for address in open_to_robots if not robots_allow(robots, address)] == []
    assert [address for address in closed if robots_allow(robots, address)] == []
