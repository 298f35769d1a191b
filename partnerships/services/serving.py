"""Serving the directory from whatever state the machine is in: each preparation is made only where it is missing."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import hashlib
import ipaddress
import multiprocessing
import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL, EPERM
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.db.utils import ConnectionHandler
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from partnerships.http import rate_limit
from partnerships.models import Actor
from partnerships.monitoring import metrics
from partnerships.package.reading import PackageError
from partnerships.services.loading import load

Say = Callable[[str], None]

FIRST_EDITOR = "editor"
# More than the pages that a worker makes at a time, so that what is kept is answered while others wait for theirs;
# fewer than the connections of a PostgreSQL pool, of which each worker has one.
THREADS_PER_WORKER = 8
M_ARENA_MAX, ARENAS = -8, 1  # mallopt(3)
SECONDS_TO_STOP = 5
SECONDS_TO_CONNECT = 10


class ServingError(Exception):
    """Why the directory cannot be served here, as one sentence for whoever started it."""


def checked_number(name: str, text: str, largest: int) -> int:
    """The whole number from 1 to ``largest`` that ``text`` stands for; ``name`` is what the sentence calls it."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= largest):
        raise ServingError(f"{name} must be a number from 1 to {largest}, not {text!r}.")
    return int(text)


def checked_address(host: str, port: int) -> str:
    """The numeric address of ``host``, on which ``port`` is free and permitted; ``ServingError`` otherwise."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise ServingError(f"HOST must be an address of this machine, not {host!r}.") from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just left is free
        try:
            probe.bind(address)
        except OSError as error:
            other = port + 1 if 1024 <= port < 65535 else 8000
            raise ServingError(
                {
                    EADDRINUSE: f"Port {port} on {host} is in use; choose another with PORT={other} make run.",
                    EACCES: f"Port {port} on {host} is not permitted; choose another with PORT={other} make run.",
                    EPERM: f"Port {port} on {host} is not permitted; choose another with PORT={other} make run.",
                    EADDRNOTAVAIL: f"HOST must be an address of this machine, not {host!r}.",
                }.get(error.errno or 0, f"Port {port} on {host} cannot be used: {error.strerror}.")
            ) from error
    return str(address[0])


def prepare(*, url: str, say: Say) -> None:
    """Bring database, data, static files and accounts to where the site at ``url`` can be served.

    What is already done is not repeated and not spoken of. Raises ``ServingError``.
    """
    _check_var_dir()
    check_database()
    try:
        _migrate(say)
        _load_package(say)
        _collect_static_files(say)
        _make_first_editor(url, say)
    except OperationalError as error:
        raise _database_error(error) from error


def serve(*, address: str, port: int, workers: int, on_start: Callable[[], None]) -> None:
    """Run the production server until it is told to stop; ``on_start`` is called once it answers."""
    for each in connections.all(initialized_only=True):  # a connection must not be shared with the workers
        each.close()
        if hasattr(each, "close_pool"):
            each.close_pool()
    rate_limit.counts()  # now, so that all workers count in the same memory
    if settings.METRICS_TOKEN:
        metrics.prepare_folder(settings.VAR_DIR / "metrics" / str(port))
    project, _dot, application = settings.WSGI_APPLICATION.rpartition(".")
    server = Granian(
        f"{project}:{application}",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        websockets=False,
        workers=workers,
        blocking_threads=THREADS_PER_WORKER,
        respawn_failed_workers=True,
        workers_kill_timeout=SECONDS_TO_STOP,
        log_level=LogLevels.error,
        log_dictconfig=settings.SERVER_LOGGING,
    )
    # What is loaded by now is the same in all workers, and stays in memory that they share: the collector, which
    # writes into every object that it looks at, is told to look at none of these again.
    gc.collect()
    gc.freeze()
    _share_free_memory_between_threads()
    server.on_startup(lambda: _when_answering(address, port, on_start))
    multiprocessing.set_start_method("fork", force=True)
    os.register_at_fork(
        before=_hold_signals,
        after_in_parent=_release_signals,
        after_in_child=_listen_to_the_main_process_only,
    )
    server.serve()


def _share_free_memory_between_threads() -> None:
    """Where the C library is glibc, whose threads would each keep free memory of their own: 5 MB of a worker."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def _when_answering(address: str, port: int, call: Callable[[], None]) -> None:
    """Call when a connection is taken: people click on the address as soon as they read it."""

    def wait() -> None:
        while True:
            with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1):
                return call()
            time.sleep(0.05)

    threading.Thread(target=wait, daemon=True).start()


# A terminal sends Ctrl-C to the workers too, and Granian's hang when the main process's SIGTERM comes on top: they must
# not see it. And until a worker has its own handler for SIGTERM, the one it inherits would swallow the order to stop.


def _hold_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})


def _release_signals() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})


def _listen_to_the_main_process_only() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


# --- The preparations, in their order ------------------------------------------------------------------------------


def _check_var_dir() -> None:
    try:
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.VAR_DIR):
            pass
    except OSError as error:
        raise ServingError(
            f"Cannot write to {settings.VAR_DIR} ({error.strerror}); make it writable or set VAR_DIR to another folder."
        ) from error


def check_database() -> None:
    """Connect once without the pool, which would retry in silence and then report only that it gave up.

    Raises ``ServingError``.
    """
    chosen: dict[str, Any] = {**connection.settings_dict, "OPTIONS": dict(connection.settings_dict["OPTIONS"])}
    if chosen["OPTIONS"].pop("pool", None):
        chosen["OPTIONS"].setdefault("connect_timeout", SECONDS_TO_CONNECT)
    probe = ConnectionHandler({DEFAULT_DB_ALIAS: chosen})[DEFAULT_DB_ALIAS]
    try:
        with probe.cursor() as cursor:
            if probe.vendor == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")  # a file that can only be read opens without complaint
                cursor.execute("ROLLBACK")
    except DatabaseError as error:
        raise _database_error(error) from error
    finally:
        probe.close()


def _database_error(error: DatabaseError) -> ServingError:
    reason = str(error).partition("\n")[0].strip().rstrip(".")
    return ServingError(f"The database {_database_name()} cannot be used: {reason}; check DATABASE_URL.")


def _database_name() -> str:
    """Which database this is, without user and password."""
    chosen = connection.settings_dict
    return "/".join(filter(None, (":".join(filter(None, (chosen["HOST"], str(chosen["PORT"])))), str(chosen["NAME"]))))


def _migrate(say: Say) -> None:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except CommandError as error:  # something was in the way for too long
            raise ServingError(str(error)) from error
        say(f"Prepared the database ({len(waiting)} migrations).")


def _load_package(say: Say) -> None:
    digest = hashlib.sha256(_database_name().encode())
    for path in sorted(settings.FIXTURES_PACKAGE.glob("*.csv")):
        digest.update(f"\n{path.name}\n".encode())
        digest.update(path.read_bytes())
    if _is_recorded("loaded_package", digest.hexdigest()) and Actor.objects.exists():
        return
    say("Loading the directory's data, which takes some seconds...")
    try:
        report = load(path=settings.FIXTURES_PACKAGE, keep_edited=True)
    except PackageError as error:
        others = f" (and {len(error.problems) - 1} other problems)" if len(error.problems) > 1 else ""
        raise ServingError(
            f"The data in {settings.FIXTURES_PACKAGE} cannot be loaded: {error.problems[0]}{others}"
        ) from error
    _record("loaded_package", digest.hexdigest())
    say(f"Loaded: {report.summary()}.")


def _collect_static_files(say: Say) -> None:
    if settings.DEBUG:  # then they come straight from their sources
        return
    digest = hashlib.sha256()
    count = 0
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{storage.path(name)} {found.st_size} {found.st_mtime_ns}\n".encode())
            count += 1
    if _is_recorded("static.digest", digest.hexdigest()) and (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    _record("static.digest", digest.hexdigest())
    say(f"Collected {count} static files.")


def _make_first_editor(url: str, say: Say) -> None:
    users = get_user_model()._default_manager
    if users.filter(Q(is_staff=True) | Q(username=FIRST_EDITOR)).exists():
        return
    password = secrets.token_urlsafe(12)
    editor = users.create_superuser(FIRST_EDITOR, password=password)  # so that it can make accounts for others
    editor.groups.add(Group.objects.get(name="Editors"))
    say(f"Made the first account: {FIRST_EDITOR}, password {password} (shown only now); sign in at {url}/admin/")


def _is_recorded(name: str, digest: str) -> bool:
    path = settings.VAR_DIR / name
    return path.is_file() and path.read_text() == digest


def _record(name: str, digest: str) -> None:
    (settings.VAR_DIR / name).write_text(digest)


# --- What the command says about the address -----------------------------------------------------------------------


def is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def url_of(host: str, port: int) -> str:
    """Where a browser on this machine finds the site."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))  # noqa: S104 (recognised, not bound)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
