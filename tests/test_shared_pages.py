"""Finished pages that processes share through Redis, a real one: what one has made, the others need not make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.http import HttpResponse
from django.test import Client, RequestFactory

from partnerships.http import kept_pages, shared_pages
from partnerships.models import Theme
from partnerships.views import themes

from .factories import make_theme
from .redis_server import Redis, running_redis

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.looks]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Redis]:
    with running_redis(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def _shared(store: Redis, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``CACHE_URL`` sets it."""
    backend = "django.core.cache.backends.redis.RedisCache"
    options = {"serializer": "partnerships.http.shared_pages.AsItIs", "socket_timeout": 0.25}
    settings.CACHES = {**project.CACHES, "pages": {"BACKEND": backend, "LOCATION": store.url, "OPTIONS": options}}
    monkeypatch.setattr(shared_pages, "_away_until", 0.0)


class Process:
    """A process of its own as far as pages go: one that keeps what it has shown, and counts what it makes."""

    def __init__(self) -> None:
        self.client = Client()
        self.made = 0

    def get(self, path: str, **headers: str) -> HttpResponse:
        handler = kept_pages.kept_pages(self._view)
        request = RequestFactory().get(path, headers=headers)
        response = handler(request)
        assert isinstance(response, HttpResponse)
        return response

    def _view(self, request: Any) -> Any:
        def counted(request: Any) -> Any:
            self.made += 1
            return themes.theme_list.__wrapped__.__wrapped__(request)

        return kept_pages.public_page(counted)(request)


def test_what_one_process_made_the_next_one_has(store: Redis) -> None:
    make_theme("forestry")
    one, other = Process(), Process()
    first, second = one.get("/themes/"), other.get("/themes/")
    assert (one.made, other.made) == (1, 0)
    assert second.content == first.content
    assert dict(second.items()) == dict(first.items())
    assert len(store.client().keys()) == 1
    compressed = other.get("/themes/", **{"Accept-Encoding": "br"})
    assert compressed["Content-Encoding"] == "br"
    assert other.get("/themes/", **{"If-None-Match": first["ETag"]}).status_code == 304
    assert other.made == 0


def test_a_change_is_made_anew_by_whoever_is_asked_first() -> None:
    theme = make_theme("forestry")
    one, other = Process(), Process()
    one.get("/themes/")
    Theme.objects.filter(pk=theme.pk).update(name="Woods of both shores")
    assert b"Woods of both shores" in other.get("/themes/").content
    assert b"Woods of both shores" in one.get("/themes/").content
    assert (one.made, other.made) == (1, 1)


@pytest.mark.parametrize(
    "content", [b"", b"x", b"x" * 100, b'{"Content-Type": "text/html"}\n<script>alert(1)</script>']
)
def test_what_was_not_put_there_by_this_site_is_passed_over(store: Redis, content: bytes) -> None:
    make_theme("forestry")
    one, other = Process(), Process()
    page = one.get("/themes/").content
    [key] = store.client().keys()
    store.client().set(key, content)
    assert other.get("/themes/").content == page
    assert other.made == 1


def test_a_page_of_another_address_is_passed_over(store: Redis) -> None:
    make_theme("forestry")
    one, other = Process(), Process()
    one.get("/themes/")
    [key] = store.client().keys()
    one.get("/ja/themes/")
    store.client().copy(next(name for name in store.client().scan_iter() if name != key), key, replace=True)
    other.get("/themes/")
    assert other.made == 1


def test_its_loss_costs_nothing_but_time_and_it_is_used_again_afterwards(
    store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_theme("forestry")
    one, other = Process(), Process()
    page = one.get("/themes/").content
    store.stop()
    assert other.get("/themes/").content == page
    assert other.made == 1
    store.start()
    third, fourth = Process(), Process()
    assert third.get("/themes/").content == page  # it is left alone for some seconds
    assert not store.client().keys()
    monkeypatch.setattr(shared_pages, "_away_until", 0.0)
    assert third.get("/themes/").content == fourth.get("/themes/").content == page
    assert (third.made, fourth.made) == (2, 0)


def test_what_is_not_the_same_for_everyone_is_not_shared(store: Redis) -> None:
    client = Client()
    for path in ("/accounts/login/", "/admin/", "/nothing-here/", "/readyz", "/partnerships.csv"):
        client.get(path)
    assert not store.client().keys()
