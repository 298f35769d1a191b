"""What ``make production-check`` finds: nothing on a site that is set up well, and each mistake by its id."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import checks
from django.db import connection

from partnerships.checks import settings as settings_checks
from tests import server
from tests.engine import fresh_database
from tests.signing_in import colleague, with_app

KEY = "Xw3v9Qp-7LmZkR2tYc8uHf5sNd1aJb6gVe4oKiTxCzPqWrMyEnBlDhGjFs0U"
GOOD = {
    "SECRET_KEY": KEY,
    "SITE_URL": "https://directory.example.org",
    "ALLOWED_HOSTS": "directory.example.org,127.0.0.1",
    "TRUSTED_PROXIES": "127.0.0.1",
    "CONTACT_EMAIL": "directory@example.org",
    "EMAIL_URL": "submission://user:password@mail.example.org",
}


def manage(folder: Path, database_url: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=server.ROOT,
        env=server.environment(folder, database_url, **{**GOOD, **settings}),
        capture_output=True,
        text=True,
        timeout=240,
    )


def production_check(folder: Path, database_url: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command of the Makefile."""
    recipe = (server.ROOT / "Makefile").read_text().partition("\nproduction-check:")[2].splitlines()[1]
    arguments = recipe.split("manage.py ")[1].split()
    assert arguments[:2] == ["check", "--deploy"]
    return manage(folder, database_url, *arguments, **settings)


def ids(said: str) -> set[str]:
    return set(re.findall(r"\((\w+\.[EWI]\d+)\)", said))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared") / "var"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def database_url(folder: Path) -> Iterator[str]:
    """A database and a folder of state as they are after the first start, without records."""
    with fresh_database(folder) as database_url:
        for command in ("migrate", "collectstatic"):
            done = manage(folder, database_url, command, "--no-input", "--verbosity", "0")
            assert done.returncode == 0, done.stderr
        yield database_url


def test_a_site_that_is_set_up_well_passes(folder: Path, database_url: str) -> None:
    result = production_check(folder, database_url)
    assert (result.returncode, ids(result.stdout + result.stderr)) == (0, set()), result
    assert "no issues" in result.stdout


def test_a_site_without_mail_passes_and_is_told_so(folder: Path, database_url: str) -> None:
    result = production_check(folder, database_url, EMAIL_URL="", CONTACT_EMAIL="")
    assert (result.returncode, ids(result.stdout + result.stderr)) == (0, {"partnerships.I002", "partnerships.I003"})


def test_a_key_made_at_the_first_start_passes(tmp_path: Path, settings: Any) -> None:
    command = "from django.conf import settings; print(settings.SECRET_KEY)"
    local = {"SITE_URL": "http://127.0.0.1", "ALLOWED_HOSTS": "127.0.0.1", "SECRET_KEY": ""}
    made = manage(tmp_path, "sqlite://", "shell", "-v", "0", "-c", command, **local).stdout.strip()
    settings.SECRET_KEY = made
    assert (len(made), settings_checks.check_secret_key(None)) == (80, [])


def found(folder: Path, **settings: str) -> set[str]:
    """What is said of the settings alone; whoever looks into no database needs none."""
    tags = ("--tag", "security", "--tag", "caches")
    result = manage(folder, "sqlite://", "check", "--deploy", "--fail-level", "WARNING", *tags, **settings)
    assert "Traceback" not in result.stderr, result.stderr
    assert bool(result.returncode) is bool(ids(result.stderr)), result
    return ids(result.stderr)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, set()),
        (
            {"SECRET_KEY": "a long random text", "ALLOWED_HOSTS": "*", "TRUSTED_PROXIES": "", "REQUIRE_MFA": "off"},
            {"E001", "E002", "W001", "W004"},
        ),
        (
            {
                "SECRET_KEY": KEY[:49],
                "ALLOWED_HOSTS": "127.0.0.1,.example.org",
                "SITE_URL": "http://directory.example.org",
            },
            {"E001", "E002", "E004"},
        ),
        (
            {
                "SECRET_KEY": "0123456789" * 6,
                "ALLOWED_HOSTS": "www.example.org",
                "TRUSTED_PROXIES": "127.0.0.1,0.0.0.0/0",
            },
            {"E001", "E003", "E005"},
        ),
        ({"SECRET_KEY": "django-insecure-" + KEY, "SITE_URL": "http://127.0.0.1:8000"}, {"E001", "E004"}),
        ({"SITE_URL": "https://127.0.0.1"}, {"E004"}),
    ],
)
def test_mistakes_in_settings_are_named(tmp_path: Path, settings: dict[str, str], expected: set[str]) -> None:
    ours = {name for name in found(tmp_path, **settings) if name.startswith("partnerships.")}
    assert ours == {f"partnerships.{name}" for name in expected}


def test_debug_is_named(tmp_path: Path) -> None:
    assert "security.W018" in found(tmp_path, DEBUG="on")


def test_a_site_of_this_machine_alone_is_told_that_nobody_else_reaches_it(tmp_path: Path) -> None:
    alone = {"SITE_URL": "http://127.0.0.1:8000", "ALLOWED_HOSTS": "localhost,127.0.0.1", "REQUIRE_MFA": "off"}
    assert "partnerships.I001" in found(tmp_path, **alone)
    assert not {"partnerships.E004", "partnerships.W004"} & found(tmp_path, **alone)


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_a_cache_of_one_process_is_named(settings: Any, backend: str) -> None:
    assert settings_checks.check_cache_is_shared(None) == []
    settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    assert [found.id for found in settings_checks.check_cache_is_shared(None)] == ["partnerships.E006"]


@pytest.mark.django_db  # to be run on both engines
@pytest.mark.parametrize(("name", "value"), [("REPLICAS", ["replica"]), ("CACHE_URL", "redis://cache:6379/0")])
def test_several_servers_on_one_file_are_named(settings: Any, name: str, value: Any) -> None:
    check = settings_checks.check_several_servers_have_a_server_of_databases
    assert check(None) == []
    setattr(settings, name, value)
    expected = ["partnerships.E007"] if connection.vendor == "sqlite" else []
    assert [found.id for found in check(None)] == expected


def test_what_was_not_prepared_is_named(tmp_path: Path) -> None:
    result = production_check(tmp_path, f"sqlite:///{tmp_path / 'directory.sqlite3'}")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert {"partnerships.W005", "partnerships.W006"} <= ids(result.stderr)


@pytest.mark.parametrize(
    "address",
    ["postgres://directory:hushhush@127.0.0.1:{closed}/directory", "sqlite:///{folder}/missing/directory.sqlite3"],
)
def test_a_database_that_cannot_be_reached_is_one_sentence(tmp_path: Path, address: str) -> None:
    result = production_check(tmp_path, address.format(closed=server.free_port(), folder=tmp_path))
    assert result.returncode == 1
    assert result.stderr.startswith("CommandError: partnerships.E008: The database ")
    assert "check DATABASE_URL" in result.stderr
    assert result.stderr.count("\n") == 1
    assert "hushhush" not in result.stderr


@pytest.mark.django_db
def test_accounts_without_a_second_factor_are_counted_where_it_is_required(settings: Any) -> None:
    def told() -> list[str]:
        found = checks.run_checks(tags=["database"], include_deployment_checks=True, databases=["default"])
        return [f"{message.level} {message.msg}" for message in found if message.id == "partnerships.I004"]

    with_app(colleague("with"))
    colleague("without")
    colleague("reader", is_staff=False)
    colleague("left", is_active=False)
    assert told() == []
    settings.REQUIRE_MFA = True
    assert told() == [f"{checks.INFO} 1 accounts of the admin have no second factor yet."]


@pytest.mark.django_db
def test_a_check_of_no_database_asks_none_and_says_nothing_without_deploy() -> None:
    with connection.execute_wrapper(_refuse):
        checks.run_checks(include_deployment_checks=True)
        found = checks.run_checks()
    assert [message for message in found if (message.id or "").startswith("partnerships.")] == []


def _refuse(*arguments: Any) -> None:
    raise AssertionError("The check asked the database.")
