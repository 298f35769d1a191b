"""What every test has: an engine chosen by ``--engine``, plain static files, and a cheap password hash."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests import engine, server

END = pytest.StashKey[Callable[[], None]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=engine.ENGINES, default="sqlite", help="database engine to test on")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[END] = engine.begin(config.getoption("engine"))
    from django.conf import settings

    # pytest-django, whose turn is next, sets Django up where settings are loaded.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash.get(END, lambda: None)()


def pytest_report_header(config: pytest.Config) -> str:
    return f"engine: {config.getoption('engine')}"


# Fixtures by which a test reaches a database, beside the mark ``django_db``.
REACH_A_DATABASE = {"database_url", "db", "django_db_setup", "site", "transactional_db"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test to which pytest-django refuses the database says the same on every engine: it gets the mark ``once``."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") is None and not fixtures & REACH_A_DATABASE:
            item.add_marker(pytest.mark.once)


class SiteTestsTogether(LoadScopeScheduling):
    """Tests that use the one real server on one worker, those that share the loaded real directory, and those that
    look at one walk through all addresses or at one prepared server; every other test wherever there is time for it.

    The mark xdist_group would say so too, but pytest-xdist 3.8 ignores it in silence with pytest 9.2 (its issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/real_records/"):
            return "real records"
        for name in ("drafts", "production_check"):
            if nodeid.startswith(f"tests/test_{name}.py"):
                return name
        of_the_site = (
            "tests/browser/",
            "tests/security/test_https.py",
            "tests/security/test_uploads.py",
            "tests/test_api_by_chance.py",
            "tests/test_backups_of_the_site.py",
            "tests/test_behind_nginx.py",
            "tests/test_container.py",
            "tests/test_first_start.py",
            "tests/test_watching.py",
            "tests/test_workers.py",
        )
        return "site" if nodeid.startswith(of_the_site) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SiteTestsTogether:
    return SiteTestsTogether(config, log)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Server]:
    """The real server after its first start, with the directory's real data."""
    folder = tmp_path_factory.mktemp("site") / "var"
    folder.mkdir()
    with engine.fresh_database(folder) as database_url:
        running = server.start(folder, database_url)
        try:
            running.wait_until(lambda it: "Serving " in it.output)
            yield running
        finally:
            running.stop()


@pytest.fixture(autouse=True)
def _nothing_kept_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that was emptied counts its versions from the beginning, which no running site ever meets."""
    from partnerships import catalogue, duplicates
    from partnerships.peers import world

    for module in (catalogue, world):
        monkeypatch.setattr(module, "_latest", None)
    monkeypatch.setattr(duplicates, "_latest", {})


@pytest.fixture(scope="session", autouse=True)
def _emptied_with_the_tables() -> None:
    """Emptying the database after a test leaves the index, which no model holds, and notes of what was deleted.

    And it takes away the roles, which a migration made.
    """
    from django.contrib.auth.models import Group, Permission
    from django.db import connection
    from django.db.models.signals import post_migrate

    from partnerships import search
    from partnerships.models import RecordVersion

    def empty(**options: Any) -> None:
        if "plan" in options:  # of migrations: nothing was emptied
            return
        RecordVersion.objects.all().delete()
        with connection.cursor() as cursor:
            for kind in search.KINDS:
                cursor.execute(f"DELETE FROM partnerships_{kind}_search")  # noqa: S608 (our own tables)

    roles: dict[str, list[tuple[str, str, str]]] = {}

    def note_or_restore_roles(**options: Any) -> None:
        if "plan" in options:
            for group in Group.objects.prefetch_related("permissions__content_type"):
                roles[group.name] = [permission.natural_key() for permission in group.permissions.all()]
            return
        known = {
            permission.natural_key(): permission for permission in Permission.objects.select_related("content_type")
        }
        for name, keys in roles.items():
            Group.objects.get_or_create(name=name)[0].permissions.set([known[key] for key in keys])

    post_migrate.connect(empty, sender=apps.get_app_config("partnerships"), weak=False)
    # The last one, when the permissions of all apps are there.
    last = [config for config in apps.get_app_configs() if config.models_module][-1]
    post_migrate.connect(note_or_restore_roles, sender=last, weak=False)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A file for SQLite, as in production: a database in memory knows neither WAL nor waiting for a lock."""
    from django.conf import settings

    chosen = settings.DATABASES["default"]
    if chosen["ENGINE"] == "django.db.backends.sqlite3":
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        chosen.setdefault("TEST", {})["NAME"] = str(Path(settings.VAR_DIR) / f"test-{worker}.sqlite3")


@pytest.fixture
def curator(db: None) -> Client:
    """A browser in which a curator has signed in."""
    from tests.admin_forms import signed_in

    return signed_in("curators", "Curators")


@pytest.fixture
def editor(db: None) -> Client:
    """A browser in which an editor has signed in."""
    from tests.admin_forms import signed_in

    return signed_in("editors", "Editors")
