"""Making a backup."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import files
from .engines import engine
from .files import BackupError, Manifest

Say = Callable[[str], None]


@dataclass(frozen=True)
class Made:
    path: Path
    size: int
    sha256: str  # of the file
    manifest: Manifest


def make(path: Path, say: Say) -> Made:
    """Write a backup of the database, as it is at one moment, to a new file at ``path``.

    Where ``path`` is a folder, the file in it has date and time in its name. The site goes on meanwhile. Raises
    ``BackupError``, and leaves nothing behind then.
    """
    target = path
    if path.is_dir():
        target = path / f"directory-{dt.datetime.now(dt.UTC):%Y-%m-%dT%H-%M-%S.%fZ}.zip"
    if target.exists():
        raise BackupError(f"{target} is there already; nothing was written.")
    try:
        if not target.parent.is_dir():
            raise BackupError(f"Cannot write {target}: there is no folder {target.parent}.")
        with files.working_folder(target.parent) as folder:
            unfinished = folder / "backup.zip"
            say("Copying the database...")
            copying = engine()
            with copying.copied(folder, say) as (payload, contents):
                manifest = files.write(unfinished, copying.NAME, payload, contents)
            made = Made(target, unfinished.stat().st_size, files.sha256(unfinished), manifest)
            files.make_durable(unfinished, target)
            return made
    except OSError as error:
        raise BackupError(f"Cannot write {target}: {files.cause(error)}.") from error
