"""A restore is killed at many moments, also while the states change places: one or the other is there, whole."""

from __future__ import annotations

import random
import secrets
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from partnerships import search
from partnerships.models import Partnership, version
from tests.factories import make_partnership
from tests.postgresql_programs import put_first_on_path
from tests.test_backups import change_everything, everything, killed_at

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

KILLS = 12


@pytest.fixture
def backup(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a directory large enough that something can happen while it is copied: a dozen MB."""
    put_first_on_path(monkeypatch)
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()
    for slug in ("one", "other", *(f"filling-{number}" for number in range(200))):
        make_partnership(slug, approach=secrets.token_hex(10_000))
    search.reindex()
    made = tmp_path / "made.zip"
    call_command("backup", made, verbosity=0)
    return made


def test_a_restore_that_is_killed_at_any_moment_leaves_one_state_or_the_other(backup: Path, settings: Any) -> None:
    before = everything()
    kept = "Keeping what is there now"
    seconds = killed_at(kept, "restore", backup, "--yes", after=120)
    change_everything()
    changed = everything()
    seen = []
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    for _ in range(KILLS):
        killed_at(kept, "restore", backup, "--yes", after=chance.uniform(0, seconds))
        connection.close()
        found = everything()
        assert found in (changed, before), seed
        seen.append(found == before)
        assert version.missing_triggers(connection) == set()
        assert search.out_of_step() == {}
        if found == before:
            change_everything()
            changed = everything()
        Partnership.objects.filter(slug="one").update(title="And it goes on")
        Partnership.objects.filter(slug="one").update(title="Changed since")
        search.reindex()
        changed = everything()
    print(f"{sum(seen)} of {KILLS} were restored before the end came.")
    call_command("restore", backup, "--yes", verbosity=0)
    assert everything() == before
