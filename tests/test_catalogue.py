"""The catalogue in memory: always that of the present version, however it came about and whoever changed something."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from partnerships import catalogue, search
from partnerships.catalogue import Catalogue
from partnerships.dimensions import DIMENSIONS
from partnerships.models import Actor, Partnership, Publication, Theme, version

from .factories import add_themes, join, make_actor, make_source, make_theme, published_partnership
from .test_facets import WORDS, random_directory

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = ["newest", "oldest", "title", "title_ja", "updated"]
STEPS = 25


def contents(made: Catalogue) -> dict[str, Any]:
    """All that a catalogue can be asked, in the keys of the database."""
    length = made.everything.bit_count()
    searches = {
        word: [made.keys(level, "newest", 0, length) for level in made.searched(word)] for word in (*WORDS, "-forest")
    }
    return {
        "orders": {order: made.keys(made.everything, order, 0, length) for order in ORDERS},
        "counts": {parameter: made.counts(parameter, made.everything) for parameter in DIMENSIONS},
        "searches": searches,
    }


def in_one_go(write: Callable[[], Any]) -> Any:
    """A change as the app makes one: in a transaction, with the index."""
    with transaction.atomic():
        made = write()
        search.reindex()
    return made


def by_another_connection(write: Callable[[], Any]) -> None:
    def run() -> None:
        try:
            in_one_go(write)
        finally:
            connection.close()

    writer = threading.Thread(target=run)
    writer.start()
    writer.join()


def slugs(made: Catalogue) -> list[str]:
    keys = made.keys(made.everything, "title", 0, made.everything.bit_count())
    named = dict(Partnership.objects.values_list("pk", "slug"))
    return [named[pk] for pk in keys]


# --- Patched and made anew -----------------------------------------------------------------------------------------


def add(chance: random.Random) -> None:
    record = published_partnership(
        title=f"{chance.choice(WORDS)} {chance.choice(WORDS)}",
        kind=chance.choice(Partnership.Kind.values),
        started=chance.choice([None, "1957", "1960-05", "2019"]),
        us=chance.choice(list(Actor.objects.filter(country="US"))),
        jp=chance.choice(list(Actor.objects.filter(country="JP"))),
        source=make_source(),
    )
    add_themes(record, *chance.sample(list(Theme.objects.all()), 2))


def edit(chance: random.Random) -> None:
    record = chance.choice(list(Partnership.objects.all()))
    record.title = chance.choice(WORDS)
    record.kind = chance.choice(Partnership.Kind.values)
    record.status = chance.choice(Partnership.Status.values)
    record.started = chance.choice([None, "1947", "2001-09"])
    record.save()


def publish_or_archive(chance: random.Random) -> None:
    for record in chance.sample(list(Partnership.objects.all()), 3):
        record.publication = chance.choice([Publication.PUBLISHED, Publication.ARCHIVED, Publication.DRAFT])
        record.save()


def delete(chance: random.Random) -> None:
    chance.choice(list(Partnership.objects.all())).delete()


def rename_theme(chance: random.Random) -> None:
    theme = chance.choice(list(Theme.objects.all()))
    Theme.objects.filter(pk=theme.pk).update(slug=f"{theme.slug}x", name=chance.choice(WORDS))


def change_actor(chance: random.Random) -> None:
    actor = chance.choice(list(Actor.objects.filter(code="")))
    Actor.objects.filter(pk=actor.pk).update(
        name=chance.choice(WORDS), kind=chance.choice(["city", "port", "university"])
    )


def move_actor(chance: random.Random) -> None:
    actor = chance.choice(list(Actor.objects.filter(code="", children=None)))
    region = chance.choice(list(Actor.objects.filter(country=actor.country).exclude(code="")))
    Actor.objects.filter(pk=actor.pk).update(parent=region)
    Actor.objects.rebuild_hierarchy()


def change_parts(chance: random.Random) -> None:
    record = chance.choice(list(Partnership.objects.all()))
    record.participations.all().delete()
    join(record, *chance.sample(list(Actor.objects.all()), 3))
    record.theme_links.all().delete()


CHANGES = [add, edit, publish_or_archive, delete, rename_theme, change_actor, move_actor, change_parts]


@pytest.mark.parametrize("most_patched", [500, 4])
@pytest.mark.parametrize("seed", range(2))
def test_a_patched_catalogue_is_the_same_as_one_made_of_everything(
    seed: int, most_patched: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "MOST_PATCHED", most_patched)
    chance = random.Random(seed)
    in_one_go(lambda: random_directory(chance))
    assert catalogue.current().version == version.current()
    for _ in range(STEPS):
        change = chance.choice(CHANGES)
        in_one_go(lambda change=change: change(chance))
        present = catalogue.current()
        assert present.version == version.current()
        assert contents(present) == contents(Catalogue.of_everything(present.version)), change.__name__


def test_a_small_change_is_patched_and_a_large_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for slug in ("a", "b", "c"):
        published_partnership(slug)
    monkeypatch.setattr(catalogue, "MOST_PATCHED", 2)
    made: list[int] = []
    whole = Catalogue.of_everything
    catalogue.current()
    monkeypatch.setattr(Catalogue, "of_everything", lambda number: made.append(number) or whole(number))
    Partnership.objects.filter(slug__in=["a", "b"]).update(title="Two of them")
    catalogue.current()
    assert made == []
    Partnership.objects.update(title="All of them")
    catalogue.current()
    assert made == [version.current()]


# --- Always the present one ----------------------------------------------------------------------------------------


def test_nothing_is_made_anew_while_nothing_changes() -> None:
    published_partnership()
    assert catalogue.current() is catalogue.current()


def test_a_change_by_another_connection_shows_at_once() -> None:
    published_partnership("one")
    assert slugs(catalogue.current()) == ["one"]
    by_another_connection(lambda: published_partnership("two"))
    assert slugs(catalogue.current()) == ["one", "two"]
    by_another_connection(lambda: Partnership.objects.filter(slug="one").update(publication="archived"))
    assert slugs(catalogue.current()) == ["two"]


def test_what_was_rolled_back_is_not_in_the_next_catalogue() -> None:
    published_partnership("one")
    with transaction.atomic():
        published_partnership("never")
        assert slugs(catalogue.current()) == ["never", "one"]
        transaction.set_rollback(True)
    assert slugs(catalogue.current()) == ["one"]
    published_partnership("two")
    assert slugs(catalogue.current()) == ["one", "two"]


def test_inside_a_transaction_every_change_shows_at_once() -> None:
    with transaction.atomic():
        published_partnership("one")
        assert slugs(catalogue.current()) == ["one"]
        published_partnership("two")
        assert slugs(catalogue.current()) == ["one", "two"]
    assert slugs(catalogue.current()) == ["one", "two"]
    published_partnership("three")
    assert slugs(catalogue.current()) == ["one", "three", "two"]


def test_nobody_who_asks_after_a_change_was_committed_is_shown_the_directory_before_it() -> None:
    with transaction.atomic():
        us, jp, source = make_actor("us"), make_actor("jp", country="JP"), make_source()
    committed = 0
    is_done = threading.Event()
    too_old: list[tuple[int, int]] = []

    def read() -> None:
        try:
            while not is_done.is_set():
                before = committed
                shown = catalogue.current().everything.bit_count()
                if shown < before:
                    too_old.append((before, shown))
        finally:
            connection.close()

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, 21):
            in_one_go(lambda number=number: published_partnership(f"number-{number}", us=us, jp=jp, source=source))
            committed = number
    finally:
        is_done.set()
        for reader in readers:
            reader.join()
    assert (too_old, catalogue.current().everything.bit_count()) == ([], 20)


# --- Rows ----------------------------------------------------------------------------------------------------------


class Renderer:
    """Makes rows of titles, and remembers of which records."""

    def __init__(self) -> None:
        self.rendered: list[str] = []

    def __call__(self, records: list[Partnership]) -> list[str]:
        self.rendered += [record.slug for record in records]
        return [record.title for record in records]

    def of(self, made: Catalogue) -> list[str]:
        """What was rendered for a look at all rows."""
        self.rendered.clear()
        made.shown(made.keys(made.everything, "title", 0, 100), self)
        return sorted(self.rendered)


@pytest.fixture
def renderer() -> Renderer:
    us = make_actor("seattle")
    published_partnership("one", us=us, themes=(make_theme("climate"),))
    published_partnership("two", us=us)
    published_partnership("three")
    return Renderer()


def test_rows_are_rendered_once_and_kept(renderer: Renderer) -> None:
    assert (renderer.of(catalogue.current()), renderer.of(catalogue.current())) == (["one", "three", "two"], [])


@pytest.mark.parametrize(
    ("change", "renewed"),
    [
        (lambda: Partnership.objects.filter(slug="two").update(title="Second"), ["two"]),
        (lambda: Actor.objects.filter(slug="seattle").update(name="Emerald City"), ["one", "two"]),
        (lambda: Theme.objects.filter(slug="climate").update(name="Weather"), ["one"]),
        (lambda: make_theme("unused"), []),
        (lambda: Partnership.objects.filter(slug="two").update(publication="archived"), []),
    ],
)
def test_a_change_renews_the_rows_that_show_it_and_no_others(
    renderer: Renderer, change: Callable[[], Any], renewed: list[str]
) -> None:
    renderer.of(catalogue.current())
    change()
    assert renderer.of(catalogue.current()) == renewed


def test_another_day_renews_every_row(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    renderer.of(catalogue.current())
    tomorrow = timezone.now() + dt.timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    assert renderer.of(catalogue.current()) == ["one", "three", "two"]
    assert renderer.of(catalogue.current()) == []


def test_no_more_rows_are_kept_than_there_is_room_for(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "MOST_ROWS", 2)
    made = catalogue.current()
    keys = made.keys(made.everything, "title", 0, 3)
    assert made.shown(keys, renderer) == ["One", "Three", "Two"]
    assert made.shown(keys, renderer) == ["One", "Three", "Two"]


def test_a_page_says_from_tomorrow_on_that_a_term_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    today = timezone.now()
    published_partnership("one", started="1957", term_ends=str(today.date()))
    before = Client().get("/partnerships/").content
    monkeypatch.setattr(timezone, "now", lambda: today + dt.timedelta(days=2))
    assert catalogue.current().day == (today + dt.timedelta(days=2)).date()
    assert before
