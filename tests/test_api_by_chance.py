"""The API of the real server against its own description, by requests made at random: valid ones are answered as
described, others are refused, and nothing fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .server import ROOT, Server

EXAMPLES = 30  # of each kind for each address
SEED = 1


@pytest.mark.once
def test_the_api_keeps_to_its_description(site: Server, tmp_path: Path) -> None:
    status, body = site.get("/api/v1/actors/?page_size=200&fields=slug")
    assert status == 200
    slugs = " ".join(actor["slug"] for actor in json.loads(body)["results"])
    run = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{site.url}/api/v1/schema/"),
            *("--checks", "all", "--phases", "examples,coverage,fuzzing"),
            *("--max-examples", str(EXAMPLES), "--seed", str(SEED), "--generation-database", "none", "--no-color"),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.schemathesis_hooks",
            "ACTOR_SLUGS": slugs,
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Operations:       11 selected / 11 total" in run.stdout
