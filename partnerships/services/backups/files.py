"""The file of a backup: a zip with ``manifest.json`` and the database as its engine copies it."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from .contents import Contents

FORMAT = 1
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 1 << 20
CHUNK = 1 << 20
# By engine: what its copy is called, how it begins, and whether the zip has to compress it.
PAYLOADS = {
    "sqlite": ("directory.sqlite3", b"SQLite format 3\0", zipfile.ZIP_DEFLATED),
    "postgresql": ("directory.pgdump", b"PGDMP", zipfile.ZIP_STORED),
}
UNFINISHED = ".unfinished-backup-of-the-directory-"  # how the folder of a copy that is being made is called
LONGEST = 24 * 60 * 60  # seconds that making or restoring one takes at most
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class BackupError(Exception):
    """Why a backup cannot be made or restored, as a sentence for whoever asked."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. ``size`` and ``sha256`` are of the payload, ``made_at`` is UTC in ISO 8601."""

    format: int
    made_at: str
    engine: str
    program: str  # the version that made it
    migrations: dict[str, list[str]]
    directory_version: int
    records: dict[str, int]
    size: int
    sha256: str

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        found = json.loads(text)
        if not isinstance(found, dict) or not isinstance(found.get("format"), int):
            raise ValueError("it has no format")
        if found["format"] != FORMAT:
            raise BackupError(
                f"This backup is of format {found['format']}, made by version {str(found.get('program'))[:20]!r}; "
                f"this program, version {settings.VERSION}, reads format {FORMAT}. Upgrade it first."
            )
        texts: dict[str, type] = dict.fromkeys(("made_at", "engine", "program", "sha256"), str)
        expected = texts | {"migrations": dict, "records": dict, "directory_version": int, "size": int}
        if any(not isinstance(found.get(name), kind) for name, kind in expected.items()):
            raise ValueError("it is not complete")
        return cls(**{name: found[name] for name in ("format", *expected)})


def cause(error: OSError) -> str:
    return error.strerror or str(error)


@contextlib.contextmanager
def working_folder(parent: Path) -> Iterator[Path]:
    """A folder that only we may read, gone afterwards, as is what killed processes left long ago."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _take_away_what_was_left(parent)
        folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=parent))
    except OSError as error:
        raise BackupError(f"Cannot write to {parent}: {cause(error)}.") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take_away_what_was_left(parent: Path) -> None:
    """By age: disks of other machines, where backups are kept, know no locks that all of them see."""
    for left in parent.glob(f"{UNFINISHED}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.lstat().st_mtime > LONGEST:
                shutil.rmtree(left, ignore_errors=True)


def write(path: Path, engine: str, payload: IO[bytes], contents: Contents) -> Manifest:
    """Write a backup to a new file."""
    name, _beginning, method = PAYLOADS[engine]
    digest, size = hashlib.sha256(), 0
    path.touch(mode=0o600, exist_ok=False)  # hashes of passwords are in it
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as archive:
        with archive.open(name, "w", force_zip64=True) as entry:
            while chunk := payload.read(CHUNK):
                entry.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        manifest = Manifest(
            format=FORMAT,
            made_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            engine=engine,
            program=settings.VERSION,
            migrations=contents.migrations,
            directory_version=contents.directory_version,
            records=contents.records,
            size=size,
            sha256=digest.hexdigest(),
        )
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))
    return manifest


def make_durable(path: Path, target: Path) -> None:
    """Give a finished file its name, so that not even a power cut leaves half of it there."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack(path: Path, engine: str, folder: Path) -> tuple[Manifest, Path]:
    """Check a backup as far as the file goes and take its payload out; ``BackupError`` where it is not whole.

    Nothing is written before sizes, engine and the payload's beginning are right, and never more than was announced.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpack(archive, path, engine, folder)
    except OSError as error:
        raise BackupError(f"Cannot read {path}: {cause(error)}.") from error
    # What zipfile raises for a file that was changed on purpose or by a broken disk.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BackupError(f"{path} is not a whole backup of this directory ({str(error)[:200]}).") from error


def _unpack(archive: zipfile.ZipFile, path: Path, engine: str, folder: Path) -> tuple[Manifest, Path]:
    entries = {entry.filename: entry for entry in archive.infolist()}
    if MANIFEST not in entries or entries[MANIFEST].file_size > LARGEST_MANIFEST:
        raise ValueError(f"it holds no {MANIFEST}")
    manifest = Manifest.read(archive.read(MANIFEST))
    if manifest.engine != engine:
        raise BackupError(
            f"This is a backup of {NAMES.get(manifest.engine, 'another engine')}, and DATABASE_URL names "
            f"{NAMES[engine]}: a backup is restored on the engine it was made of. "
            "export_directory and load_directory bring the records, without accounts and history."
        )
    name, beginning, _method = PAYLOADS[engine]
    if len(archive.infolist()) != 2 or name not in entries or entries[name].file_size != manifest.size:
        raise ValueError("what it holds is not what it says")
    if manifest.size > (free := shutil.disk_usage(folder).free):
        raise BackupError(f"The backup needs {manifest.size:,} bytes in {folder.parent}, of which {free:,} are free.")
    payload = folder / name
    digest: Any = hashlib.sha256()
    with archive.open(name) as source, payload.open("xb") as file:
        chunk = source.read(CHUNK)
        if not chunk.startswith(beginning):
            raise ValueError(f"{name} is no copy of a database")
        while chunk:
            digest.update(chunk)
            file.write(chunk)
            chunk = source.read(CHUNK)
    if digest.hexdigest() != manifest.sha256:
        raise ValueError(f"the checksum of {name} is not the one it was made with")
    return manifest, payload
