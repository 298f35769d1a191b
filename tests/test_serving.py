"""Starting the site on machines in all states: real processes, as ``make run`` starts them."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import server
from tests.engine import fresh_database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "var"
    folder.mkdir()
    return folder


@pytest.fixture
def database_url(folder: Path) -> Iterator[str]:
    with fresh_database(folder) as url:
        yield url


def serve(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """``manage.py serve`` where it is expected to refuse."""
    settings = {"DATABASE_URL": f"sqlite:///{folder / 'directory.sqlite3'}"} | settings
    return subprocess.run(
        [sys.executable, "manage.py", "serve", *arguments],
        cwd=server.ROOT,
        env=server.environment(folder, **{"database_url": settings.pop("DATABASE_URL"), **settings}),
        capture_output=True,
        text=True,
        timeout=60,
    )


def assert_refused(result: subprocess.CompletedProcess[str], *parts: str) -> None:
    """It said one sentence that has these parts, and nothing else."""
    assert result.returncode == 1, result
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.endswith(".\n")
    for part in parts:
        assert part in result.stderr


def test_it_ends_quietly_when_stopped_before_it_serves(folder: Path, database_url: str) -> None:
    starting = server.start(folder, database_url)
    try:
        starting.wait_until(lambda it: "Loading" in it.output)
        assert starting.interrupt() == 130
        assert "Traceback" not in starting.output
        assert "Serving" not in starting.output
    finally:
        starting.stop()


def test_it_names_a_port_that_is_in_use(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = serve(folder, "--port", str(port))
    assert_refused(result, f"Port {port} on 127.0.0.1 is in use; choose another with PORT=")


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1", "", "８０８０"])
def test_it_names_a_port_that_is_none(folder: Path, port: str) -> None:
    assert_refused(serve(folder, f"--port={port}"), "PORT must be a number from 1 to 65535", repr(port))


@pytest.mark.parametrize("host", ["nowhere.invalid", "203.0.113.1"])
def test_it_names_an_address_that_is_not_of_this_machine(folder: Path, host: str) -> None:
    assert_refused(serve(folder, "--host", host), "HOST must be an address of this machine", repr(host))


@pytest.mark.parametrize("key", ["", "given"])
def test_it_names_the_folder_that_it_cannot_write_to(tmp_path: Path, key: str) -> None:
    # Below a file nobody can write, not even root.
    (tmp_path / "file").write_text("")
    result = serve(tmp_path / "file" / "var", **({"SECRET_KEY": key} if key else {}))
    assert_refused(result, str(tmp_path / "file" / "var"), "VAR_DIR")


def test_it_names_an_sqlite_file_that_it_cannot_open(folder: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "directory.sqlite3"
    result = serve(folder, "--port", str(server.free_port()), DATABASE_URL=f"sqlite:///{missing}")
    assert_refused(result, str(missing), "DATABASE_URL")


def test_it_names_a_file_that_is_no_database(folder: Path) -> None:
    (folder / "directory.sqlite3").write_text("slug,title\n" * 100)
    result = serve(folder, "--port", str(server.free_port()))
    assert_refused(result, str(folder / "directory.sqlite3"), "DATABASE_URL")


def test_it_names_a_postgresql_that_does_not_answer_but_not_its_password(folder: Path) -> None:
    closed = server.free_port()
    result = serve(
        folder,
        *("--port", str(server.free_port())),
        DATABASE_URL=f"postgres://directory:hushhush@127.0.0.1:{closed}/directory",
    )
    assert_refused(result, f"127.0.0.1:{closed}/directory", "DATABASE_URL")
    assert "hushhush" not in result.stderr


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"PORT": "8533"}, "http://127.0.0.1:8533"),
        ({"PORT": "８５３３"}, "http://127.0.0.1:8000"),  # which is refused when it is to be listened on
        ({"PORT": "8533", "SITE_URL": "https://directory.example.org"}, "https://directory.example.org"),
    ],
)
def test_addresses_for_others_are_written_with_the_port_that_is_listened_on(
    folder: Path, given: dict[str, str], address: str
) -> None:
    variables = server.environment(folder, "", SECRET_KEY="only-for-tests", **given)
    if "SITE_URL" not in given:
        del variables["SITE_URL"]
    del variables["DATABASE_URL"]
    command = [sys.executable, "-c", "from config import settings; print(settings.SITE_URL)"]
    result = subprocess.run(command, cwd=server.ROOT, env=variables, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == address


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "perhaps"),
        ("SITE_URL", "directory.example.org"),
        ("DATABASE_URL", "mysql://root@localhost/directory"),
        ("KEEP_PAGES", "-1"),
        ("RATE_LIMIT", "many"),
        ("CONTACT_EMAIL", "the directory"),
        ("EMAIL_URL", "mail.example.org"),
        ("EMAIL_URL", "smtp://mail.example.org:many"),
        ("EMAIL_URL", "gopher://mail.example.org"),
        ("REQUIRE_MFA", "perhaps"),
        ("LOG_REQUESTS", "perhaps"),
        ("SLOW_QUERY_MS", "half a second"),
        ("METRICS_TOKEN", "too-short"),
        ("METRICS_TOKEN", "long enough, but with spaces"),
        ("ERROR_EMAIL", "the operators"),
        ("SENTRY_DSN", "https://sentry.example.org/1"),  # without a key
        ("SENTRY_DSN", "sentry"),
        ("TILE_URL", "https://tiles.example.org/"),  # without {z}, {x} and {y}
        ("TILE_URL", "https://tiles.example.org; script-src */{z}/{x}/{y}"),  # it becomes a part of the policy
        ("TILE_URL", "ftp://tiles.example.org/{z}/{x}/{y}"),
        ("TRUSTED_PROXIES", "*"),  # then a client could say what its own address is
        ("TRUSTED_PROXIES", "nginx"),
        ("DATABASE_REPLICA_URLS", "sqlite:///copy.sqlite3"),
        ("DATABASE_REPLICA_URLS", "postgres://replica.example.org/directory"),  # of a database that is SQLite
        ("CACHE_URL", "cache.example.org"),
        ("CACHE_URL", "redis://"),
        ("CACHE_URL", "memcached://cache.example.org"),
        ("CDN_SECONDS", "-1"),
        ("CDN_SECONDS", "a minute"),
    ],
)
def test_it_names_a_setting_with_a_bad_value(folder: Path, name: str, value: str) -> None:
    assert_refused(serve(folder, **{name: value}), name)


def test_it_wants_a_mail_server_to_mail_errors(folder: Path) -> None:
    assert_refused(serve(folder, ERROR_EMAIL="operators@example.org", EMAIL_URL=""), "ERROR_EMAIL", "EMAIL_URL")


def test_it_wants_a_secret_key_of_its_own_where_others_can_reach_it(folder: Path) -> None:
    assert_refused(serve(folder, ALLOWED_HOSTS="example.org", SECRET_KEY=""), "SECRET_KEY")


# --- The Makefile --------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_a_site_on_sqlite_loads_neither_the_driver_of_postgresql_nor_that_of_redis(folder: Path) -> None:
    # All pages and forms, as a worker has them: 12 MB each would be paid by every one.
    program = (
        "import sys, config.wsgi; from django.urls import get_resolver; get_resolver().url_patterns; "
        "print(sorted({'psycopg', 'redis'} & {*sys.modules}), 'rest_framework' in sys.modules)"
    )
    variables = server.environment(folder, database_url=f"sqlite:///{folder / 'directory.sqlite3'}")
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=server.ROOT, env=variables, capture_output=True, text=True, check=True)
    assert result.stdout == "[] True\n"


def make_run(tmp_path: Path, script: str) -> subprocess.CompletedProcess[str]:
    """``make run`` in a fresh clone, on a machine whose ``python3`` is this shell script."""
    shutil.copy(server.ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").write_text("")
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    variables = {name: value for name, value in os.environ.items() if name not in {"PYTHON", "MAKEFLAGS", "MAKELEVEL"}}
    return subprocess.run(
        ["make", "run"],
        cwd=tmp_path,
        env=variables | {"PATH": f"{python.parent}:{os.environ['PATH']}", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("version", ["3.9.2", "3.10.14", "2.7.18"])
def test_make_names_a_python_that_is_too_old(tmp_path: Path, version: str) -> None:
    result = make_run(tmp_path, f'echo "Python {version}"')
    assert result.returncode != 0
    assert result.stdout == ""
    sentence, _make_own_line = result.stderr.splitlines()
    assert sentence == f"Python 3.11 or newer is needed; this machine's python3 is {version}."


def test_make_names_a_missing_venv_module(tmp_path: Path) -> None:
    result = make_run(tmp_path, 'if [ "$1" = --version ]; then echo "Python 3.12.1"; else exit 1; fi')
    assert result.returncode != 0
    sentence, _make_own_line = result.stderr.splitlines()
    assert "python3-venv" in sentence
