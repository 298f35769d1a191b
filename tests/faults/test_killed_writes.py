"""Writes killed at random moments: the old state or the new one whole, the search in step, and the same again works.

``FAULTS_SEED`` repeats a run with the moments of another one; every run prints its own.
"""

from __future__ import annotations

import io
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.engine import fresh_database
from tests.packages import edition, write

from .children import Children
from .conftest import copied_database
from .states import damage_of_file, difference, faults_of, state_of, wait_for_backends

MOMENTS = 50
EVERY = 10  # so many kills, the same is done again
SEED = int(os.environ.get("FAULTS_SEED") or random.randrange(2**32))
PUBLISHED_AT_ONCE = 40
IMPORTED = 60


@dataclass(frozen=True)
class Base:
    """A database with the first edition, an import that waits to be written, and drafts that wait to be published."""

    database_url: str
    editions: list[Path]
    session: str
    import_pk: int
    drafts: list[int]


def prepare(editions: list[Path]) -> tuple[str, int, list[int]]:
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from partnerships import search
    from partnerships.models import Partnership, Publication, Theme
    from tests.factories import add_themes
    from tests.importing import checked, csv_file, member

    call_command("migrate", verbosity=0)
    call_command("load_directory", editions[0], verbosity=0)
    editor = member("Editors")
    drafts = list(Partnership.objects.filter(slug__startswith="p").order_by("pk")[:PUBLISHED_AT_ONCE])
    theme = Theme.objects.get(slug="climate")  # without one, none may be published
    for draft in drafts:
        add_themes(draft, theme)
        draft.publication = Publication.DRAFT
        draft.save()
    search.reindex()
    lines = [
        {
            "slug": f"imported-{number}",
            "title": f"Imported {number}",
            "kind": "sister",
            "status": "active",
            "us_participants": "seattle",
            "jp_participants": "kobe",
            "sources": "city-page",
        }
        for number in range(IMPORTED)
    ]
    waiting = checked("partnerships", csv_file(*lines), editor)
    assert (waiting.state, waiting.wrong, waiting.new) == ("checked", 0, IMPORTED)
    client = Client()
    client.force_login(editor)
    return client.cookies[settings.SESSION_COOKIE_NAME].value, waiting.pk, [draft.pk for draft in drafts]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Iterator[Base]:
    folder = tmp_path_factory.mktemp("base")
    editions = [write(folder / "first", edition("first", 0)), write(folder / "second", edition("second", 3))]
    with fresh_database(folder) as database_url:
        found = Children(django_db_blocker).result_of(database_url, prepare, editions)
        wait_for_backends(database_url)
        yield Base(database_url, editions, *found)


# --- What is killed -------------------------------------------------------------------------------------------------


def client_of(base: Base) -> Any:
    """The editor's browser."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = base.session
    return client


def load_the_second_edition(base: Base) -> None:
    from django.core.management import call_command

    call_command("load_directory", base.editions[1], overwrite=True, verbosity=0, stdout=io.StringIO())


def write_the_import(base: Base) -> None:
    answer = client_of(base).post(f"/admin/partnerships/import/{base.import_pk}/write/")
    assert answer.status_code == 302, answer


def publish_the_drafts(base: Base) -> None:
    chosen = {"action": "publish_selected", "_selected_action": base.drafts}
    answer = client_of(base).post("/admin/partnerships/partnership/", chosen)
    assert answer.status_code == 302, answer


def timed(work: Callable[[Base], None], base: Base) -> float:
    began = time.perf_counter()
    work(base)
    return time.perf_counter() - began


@pytest.mark.parametrize("work", [load_the_second_edition, write_the_import, publish_the_drafts])
def test_a_write_that_is_killed_leaves_the_old_or_the_new_state_whole(
    work: Callable[[Base], None], base: Base, children: Children, tmp_path: Path, database_url: str
) -> None:
    print(f"{work.__name__}: FAULTS_SEED={SEED}")
    old = state_of(base.database_url)
    durations = []
    for _ in range(3):
        with copied_database(base.database_url, tmp_path) as url:
            durations.append(children.result_of(url, timed, work, base))
            wait_for_backends(url)
            new = state_of(url)
    assert old != new
    duration = sorted(durations)[1]
    chance = random.Random(SEED)
    counts = {"old": 0, "new": 0, "killed": 0, "again": 0}
    for number in range(MOMENTS):
        # Half of them late, where it is decided whether the transaction holds.
        moment = (chance.uniform(0.8, 1.4) if number % 2 else chance.uniform(0, 1)) * duration
        with copied_database(base.database_url, tmp_path) as url:
            counts["killed"] += children.killed(url, moment, work, base)
            wait_for_backends(url)
            assert damage_of_file(url) == []
            found = state_of(url)
            assert found in (old, new), f"torn after {moment:.3f} of {duration:.3f} s: {difference(old, found)}"
            counts["old" if found == old else "new"] += 1
            assert children.result_of(url, faults_of) == {}
            if number % EVERY == 0:
                children.result_of(url, timed, work, base)
                assert difference(new, state_of(url)) == {}
                assert children.result_of(url, faults_of) == {}
                counts["again"] += 1
    print(f"{work.__name__}: {duration:.2f} s, {counts}")
    assert counts["killed"] >= 20, "most were done before they could be killed"
