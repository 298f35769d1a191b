"""What the Dockerfile puts into the image is all that the directory needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from . import server

COPIED = re.compile(r"^COPY (?!--from)(.+) (\S+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what is copied into the image, and nothing else."""
    folder = tmp_path_factory.mktemp("image")
    for names, target in COPIED.findall((server.ROOT / "Dockerfile").read_text()):
        for name in names.split():
            source, copy = server.ROOT / name, folder / ("" if target in {"./", "/"} else target)
            if source.is_dir():
                shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy)
    return folder


def test_it_has_all_that_a_start_needs(image: Path, tmp_path: Path) -> None:
    variables = server.environment(tmp_path, f"sqlite:///{tmp_path / 'directory.sqlite3'}")
    result = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=image, env=variables, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr


def test_the_build_is_given_what_it_copies() -> None:
    allowed = {line[1:] for line in (server.ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        name for names, _target in COPIED.findall((server.ROOT / "Dockerfile").read_text()) for name in names.split()
    }
    assert {"manage.py", "partnerships"} <= copied
    assert copied == allowed


def test_its_health_check_tells_a_server_that_answers_from_none(image: Path, site: server.Server) -> None:
    def health(port: int) -> int:
        command = [sys.executable, "-m", "config.health", str(port)]
        variables = os.environ | {"SITE_URL": site.url, "ALLOWED_HOSTS": ""}
        return subprocess.run(command, cwd=image, env=variables, check=False).returncode

    assert health(server.free_port()) == 1
    assert health(int(site.url.rpartition(":")[2])) == 0
