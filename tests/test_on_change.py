"""The command that runs another one after every change: a real process beside a database that changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from partnerships.models import Theme, version

from . import server
from .factories import make_theme

pytestmark = pytest.mark.django_db(transaction=True)


def command(*arguments: str) -> subprocess.Popen[str]:
    url = os.environ["DATABASE_URL"]
    name = connection.settings_dict["NAME"]
    address = f"sqlite:///{name}" if url.startswith("sqlite") else f"{url.rpartition('/')[0]}/{name}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "on_change", *arguments],
        cwd=server.ROOT,
        env=os.environ | {"DATABASE_URL": address},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


@pytest.fixture
def numbers(tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    """The versions that were told so far by a command that fails once for each."""
    told = tmp_path / "told"
    told.touch()
    first = f"{tmp_path}/$DIRECTORY_VERSION"
    script = f"test -e {first} && echo $DIRECTORY_VERSION >> {told} || ! touch {first}"
    running = command("--every", "0.05", "sh", "-c", script)
    yield lambda: told.read_text().split()
    running.send_signal(signal.SIGINT)
    _output, errors = running.communicate(timeout=20)
    assert running.returncode == 0, errors
    assert errors.count("it is run again") == len(told.read_text().split())


def wait_for(number: int, numbers: Callable[[], list[str]]) -> None:
    until = time.monotonic() + 60
    while str(number) not in numbers():
        assert time.monotonic() < until, numbers()
        time.sleep(0.02)


def test_it_is_run_at_the_start_and_once_after_every_change(numbers: Callable[[], list[str]]) -> None:
    theme = make_theme("forestry")
    wait_for(version.current(), numbers)
    seen = len(numbers())
    for name in ("Woods", "Trees"):
        Theme.objects.filter(pk=theme.pk).update(name=name)
        wait_for(version.current(), numbers)
    time.sleep(0.3)
    assert len(numbers()) == seen + 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((), "which command"), (("--every", "0", "true"), "--every"), (("no-program-of-that-name",), "cannot be run")],
)
def test_it_says_what_is_wrong(arguments: tuple[str, ...], said: str) -> None:
    running = command(*arguments)
    _output, errors = running.communicate(timeout=60)
    assert running.returncode == 1
    assert said in errors
