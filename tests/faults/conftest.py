"""A site with the real directory, made once and copied for each test that is to break it."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from tests import server
from tests.cluster import programs
from tests.engine import fresh_database

from .children import Children
from .curators import CURATORS, PASSWORD

HERE = Path(__file__).parent
MAKE_ACCOUNTS = f"""
from django.contrib.auth.models import Group, User
for name in {CURATORS}:
    User.objects.create_user(name, password={PASSWORD!r}, is_staff=True).groups.add(Group.objects.get(name="Editors"))
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.faults)


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """An empty database of the engine under test, which other processes can reach."""
    with fresh_database(tmp_path) as url:
        yield url


@pytest.fixture
def children(django_db_blocker: DjangoDbBlocker) -> Children:
    return Children(django_db_blocker)


@dataclass(frozen=True)
class Prepared:
    """What a server was started with once: its ``VAR_DIR`` and its database, which nobody is connected with now."""

    folder: Path
    database_url: str

    @contextlib.contextmanager
    def copied(self, folder: Path) -> Iterator[Prepared]:
        """A copy of both, to be broken."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        with copied_database(self.database_url, folder) as database_url:
            yield Prepared(folder, database_url)


@contextlib.contextmanager
def copied_database(database_url: str, folder: Path) -> Iterator[str]:
    """A copy of a database that nobody is connected with; on SQLite it lies in ``folder``."""
    if database_url.startswith("sqlite"):
        copy = folder / "directory.sqlite3"
        for ending in ("", "-wal", "-shm"):
            Path(f"{copy}{ending}").unlink(missing_ok=True)
        shutil.copyfile(database_url.removeprefix("sqlite:///"), copy)
        yield f"sqlite:///{copy}"
        return
    parts = urlsplit(database_url)
    name = f"copied_{secrets.token_hex(4)}"
    with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {parts.path[1:]}".encode())
        try:
            yield parts._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def moved(source: str, target: str) -> None:
    """Copy a PostgreSQL database into an empty one, which may be in another cluster."""
    dump = subprocess.run(
        [programs() / "pg_dump", "--no-owner", source.replace("postgres://", "postgresql://")],
        check=True,
        capture_output=True,
    ).stdout
    command = [programs() / "psql", "--quiet", "--set=ON_ERROR_STOP=1", target.replace("postgres://", "postgresql://")]
    subprocess.run(command, check=True, input=dump, stdout=subprocess.DEVNULL)


def prepare(folder: Path, database_url: str) -> Prepared:
    """Start a server for the first time, end it, and give it two curators."""
    running = server.start(folder, database_url)
    try:
        running.wait_until(lambda it: "Serving " in it.output)
        assert running.interrupt() == 0
    finally:
        running.stop()
    command = [sys.executable, "manage.py", "shell", "--verbosity=0", "-c", MAKE_ACCOUNTS]
    subprocess.run(command, cwd=server.ROOT, env=server.environment(folder, database_url), check=True)
    return Prepared(folder, database_url)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:

    folder = tmp_path_factory.mktemp("prepared") / "var"
    folder.mkdir()
    with fresh_database(folder) as database_url:
        yield prepare(folder, database_url)


@pytest.fixture
def site(prepared: Prepared, tmp_path: Path) -> Iterator[server.Server]:
    """A server of the test's own, with the real directory and two curators."""
    with prepared.copied(tmp_path / "var") as copy:
        running = server.start(copy.folder, copy.database_url, REQUIRE_MFA="off", PYTHONFAULTHANDLER="1")
        try:
            running.wait_until(lambda it: "Serving " in it.output)
            yield running
        finally:
            running.stop()
