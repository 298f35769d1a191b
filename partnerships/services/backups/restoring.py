"""Restoring a backup: checked first, made ready beside the live database, and put in its place at one moment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError
from django.db.migrations.loader import MigrationLoader

from partnerships import search
from partnerships.models import version

from . import files
from .contents import Contents
from .engines import engine
from .files import BackupError, Manifest
from .making import make

Say = Callable[[str], None]

KEPT = "before-restore"  # the folder in VAR_DIR for what a restore replaced


@dataclass(frozen=True)
class Restored:
    manifest: Manifest
    kept: Path | None  # the backup of what was there before; None where there was nothing


def restore(path: Path, *, agreed: bool, say: Say) -> Restored:
    """Make the database what it was when the backup at ``path`` was made; the site goes on meanwhile.

    What the database holds is replaced only with ``agreed``, and kept as a backup. A backup of an older program is
    migrated. Raises ``BackupError``, and has changed nothing then.
    """
    restoring = engine()
    with files.working_folder(settings.VAR_DIR) as folder:
        say("Checking the backup...")
        manifest, payload = files.unpack(path, restoring.NAME, folder)
        _check_migrations(manifest)
        restoring.check(payload)
        held: Contents = restoring.contents()
        if not held.is_empty and not agreed:
            raise BackupError(
                f"The database holds {held}. Nothing was changed; with --yes this is kept as a backup and replaced."
            )
        say("Making the backup's state ready...")
        with restoring.staged(payload) as staged:
            with staged.as_the_database():
                number = _make_ready(held.directory_version)
            return Restored(manifest, _take_over(staged, number, held, say))


def _check_migrations(manifest: Manifest) -> None:
    known = MigrationLoader(None).disk_migrations
    made = {(app, name) for app, names in manifest.migrations.items() for name in names}
    if unknown := sorted(made - known.keys()):
        named = ", ".join(f"{app}.{name}" for app, name in unknown[:3])
        raise BackupError(
            f"This backup was made by version {manifest.program}, with migrations that this program, version "
            f"{settings.VERSION}, does not know ({named}). Upgrade it first."
        )


def _make_ready(after: int) -> int:
    """Bring the copy in line with this program; returns its number, which is beyond ``after``."""
    try:
        # Also where none waits: triggers and the index's tables are put in place after it.
        call_command("migrate", interactive=False, verbosity=0)
        if search.out_of_step():
            search.rebuild()
        return version.begin_anew(after)
    except DatabaseError as error:
        reason = str(error).partition("\n")[0].strip().rstrip(".")
        raise BackupError(f"The backup cannot be brought in line with this program: {reason}.") from error


def _take_over(staged: Any, number: int, held: Contents, say: Say) -> Path | None:
    kept: list[Path] = []

    def keep() -> None:
        if held.is_empty:
            return
        say("Keeping what is there now...")
        folder = settings.VAR_DIR / KEPT
        folder.mkdir(mode=0o700, exist_ok=True)
        kept.append(make(folder, lambda text: None).path)

    try:
        staged.take_over(keep, number)
    except BaseException:
        for path in kept:
            path.unlink(missing_ok=True)
        raise
    for path in kept[:-1]:
        with suppress(OSError):
            path.unlink()
    return kept[-1] if kept else None
