"""Backups: what is in them, how they are restored, and what is refused. On real databases, with real files."""

from __future__ import annotations

import hashlib
import io
import json
import os
import resource
import signal
import sqlite3
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from partnerships import catalogue, duplicates, search
from partnerships.models import DirectoryVersion, Partnership, RecordVersion, version
from partnerships.networks import graph
from partnerships.peers import world
from partnerships.services.backups.files import LONGEST, MANIFEST, UNFINISHED, working_folder

from . import server
from .engine import fresh_database
from .factories import make_prefecture, make_source, make_state, make_theme, published_partnership
from .postgresql_programs import put_first_on_path

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = 4096  # bytes, in SQLite
Rows = dict[str, list[str]]


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    put_first_on_path(monkeypatch)


@pytest.fixture
def var(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()
    return tmp_path / "var"


@pytest.fixture
def directory(var: Path) -> None:
    """Two records, one of which a writer would change together with the other, and somebody who has signed in."""
    washington, hyogo = make_state(), make_prefecture()
    for slug in ("one", "other"):
        published_partnership(slug, us=washington, jp=hyogo, themes=(make_theme(),), source=make_source())
    User.objects.create_user("curator", password="four words in a row")
    Session.objects.create(session_key="before", session_data="", expire_date=timezone.now())
    search.reindex()


@pytest.fixture
def backup(directory: None, tmp_path: Path) -> Path:
    made = tmp_path / "made.zip"
    call_command("backup", made, verbosity=0)
    return made


def restore(path: Path, *arguments: str) -> str:
    output = io.StringIO()
    call_command("restore", path, *arguments, verbosity=0, stdout=output)
    return output.getvalue()


def everything() -> Rows:
    """All rows of all tables; the version's number is another one after each restore."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table != DirectoryVersion._meta.db_table:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 (a name of a table)
                found[table] = sorted(map(repr, cursor.fetchall()))
    assert "partnerships_partnership_search" in found
    return found


def change_everything() -> None:
    """What people do after a backup was made."""
    Partnership.objects.filter(slug="one").update(title="Changed since")
    Partnership.objects.get(slug="other").delete()
    published_partnership("later")
    User.objects.all().delete()
    User.objects.create_user("later")
    Session.objects.update(session_key="later")
    search.reindex()


def left_behind(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# --- There and back --------------------------------------------------------------------------------------------------


def test_every_table_is_restored_as_it_was(backup: Path) -> None:
    before = everything()
    change_everything()
    assert everything() != before
    restore(backup, "--yes")
    assert everything() == before


def test_an_empty_database_is_filled_without_being_asked(backup: Path, var: Path) -> None:
    before = everything()
    call_command("flush", interactive=False, verbosity=0)
    assert not Partnership.objects.exists()
    assert "What was there before" not in restore(backup)
    assert everything() == before
    assert left_behind(var) == []


def test_a_backup_is_restored_where_there_was_nothing_at_all(backup: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    with fresh_database(tmp_path) as url:
        command = [sys.executable, "manage.py", "restore", str(backup)]
        variables = server.environment(folder, url, SECRET_KEY="only-for-tests")
        done = subprocess.run(command, cwd=server.ROOT, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert ": 2 partnerships, 2 places and organisations, " in done.stdout
        again = subprocess.run(command, cwd=server.ROOT, env=variables, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "The database holds 2 partnerships" in again.stderr
    assert left_behind(folder) == []


def test_the_restored_directory_is_searched_and_its_changes_are_noted(backup: Path) -> None:
    change_everything()
    restore(backup, "--yes")
    assert search.out_of_step() == {}
    assert version.missing_triggers(connection) == set()
    number = version.current()
    Partnership.objects.filter(slug="one").update(title="Changed again")
    assert version.current() > number
    assert set(RecordVersion.objects.not_indexed().ids("partnership")) == {Partnership.objects.get(slug="one").pk}


def test_a_version_that_was_seen_before_never_comes_again(backup: Path) -> None:
    change_everything()
    seen = version.current()
    restore(backup, "--yes")
    first = version.current()
    restore(backup, "--yes")
    assert seen < first < version.current()


def test_what_is_kept_in_memory_is_made_anew(backup: Path) -> None:
    change_everything()
    kept = catalogue.current(), graph.current(), world.current(), duplicates.current("partnerships")
    assert kept[0].key("later")
    assert [pair.slugs for pair in kept[3]] == []
    restore(backup, "--yes")
    assert catalogue.current().key("later") is None
    assert catalogue.current().key("other")
    assert [it.title for it in catalogue.current().facts([catalogue.current().key("one") or 0])] == ["One"]
    assert set(graph.current().sides) == set(Partnership.objects.values_list("pk", flat=True))
    assert set(world.current().by_slug) == {"hyogo-prefecture", "washington"}
    assert [pair.slugs for pair in duplicates.current("partnerships")] == [("one", "other")]


def test_what_was_there_is_kept_and_can_be_restored(backup: Path, var: Path) -> None:
    change_everything()
    before = everything()
    output = restore(backup, "--yes")
    [kept] = (var / "before-restore").iterdir()
    assert f"What was there before is in {kept}\n" in output
    assert kept.stat().st_mode & 0o777 == 0o600
    restore(kept, "--yes")
    assert everything() == before


def test_a_backup_of_an_older_program_is_migrated(directory: None, tmp_path: Path) -> None:
    call_command("migrate", "partnerships", "0011", verbosity=0)
    try:
        call_command("backup", tmp_path / "old.zip", verbosity=0)
        assert "0012_known_since" not in manifest_of(tmp_path / "old.zip")["migrations"]["partnerships"]
    finally:
        call_command("migrate", verbosity=0)
    before = everything()
    change_everything()
    restore(tmp_path / "old.zip", "--yes")
    assert {name: rows for name, rows in everything().items() if name != "django_migrations"} == {
        name: rows for name, rows in before.items() if name != "django_migrations"
    }
    assert DirectoryVersion.objects.get().known_since == version.current()


# --- Made while others write -----------------------------------------------------------------------------------------


@contextmanager
def somebody_writing() -> Iterator[list[int | None]]:
    """Gives two records the same summary, the number of the write, in one transaction, again and again.

    Yields a list that grows by one with each: with what version the state began in which it was written.
    """
    stop = threading.Event()
    writes: list[int | None] = []

    def write() -> None:
        while not stop.is_set():
            with transaction.atomic():
                for slug in ("one", "other"):
                    Partnership.objects.filter(slug=slug).update(summary=str(len(writes)))
                state = DirectoryVersion.objects.get().known_since
            writes.append(state)
        connections.close_all()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        wait_for_another(writes)
        yield writes
    finally:
        stop.set()
        thread.join()


def wait_for_another(writes: list[int | None]) -> None:
    until = len(writes) + 2
    while len(writes) < until:
        time.sleep(0.01)


def summaries() -> list[str]:
    return list(Partnership.objects.order_by("slug").values_list("summary", flat=True))


def test_a_backup_is_of_one_moment_while_others_write(directory: None, tmp_path: Path) -> None:
    with somebody_writing() as writes:
        for number in range(3):
            before = len(writes)
            call_command("backup", tmp_path / f"{number}.zip", verbosity=0)
            assert len(writes) > before
    for number in range(3):
        restore(tmp_path / f"{number}.zip", "--yes")
        one, other = summaries()
        assert one == other


def test_what_others_write_meanwhile_is_in_what_was_kept_or_in_what_was_restored(backup: Path, var: Path) -> None:
    with somebody_writing() as writes:
        restore(backup, "--yes")
        wait_for_another(writes)
    assert summaries() == [str(len(writes) - 1)] * 2
    last_before = max(number for number, state in enumerate(writes) if state is None)
    assert all(state for state in writes[last_before + 1 :])
    [kept] = (var / "before-restore").iterdir()
    restore(kept, "--yes")
    assert summaries() == [str(last_before)] * 2


# --- The file --------------------------------------------------------------------------------------------------------


def manifest_of(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read(MANIFEST))
        return found


def test_a_backup_says_what_it_is(directory: None, settings: Any, tmp_path: Path) -> None:
    output = io.StringIO()
    call_command("backup", tmp_path / "made.zip", verbosity=0, stdout=output)
    path = tmp_path / "made.zip"
    last = output.getvalue().splitlines()[-1]
    assert last.startswith(f"Wrote {path}: {path.stat().st_size:,} bytes, 2 partnerships, ")
    assert last.endswith(f"SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
    assert path.stat().st_mode & 0o777 == 0o600
    manifest = manifest_of(path)
    assert (manifest["engine"], manifest["program"]) == (connection.vendor, settings.VERSION)
    assert manifest["directory_version"] == version.current()
    assert manifest["records"] == {
        "partnerships": 2,
        "places and organisations": 2,
        "themes": 2,
        "sources": 2,
        "suggestions": 0,
        "accounts": 1,
    }


def test_no_secret_key_is_in_it(backup: Path, settings: Any) -> None:
    with zipfile.ZipFile(backup) as archive:
        assert not any(settings.SECRET_KEY.encode() in archive.read(name) for name in archive.namelist())


def test_a_folder_gets_a_file_with_date_and_time_in_its_name(directory: None, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for _ in range(2):
        call_command("backup", folder, verbosity=0)
    first, second = sorted(path.name for path in folder.iterdir())
    assert first < second
    assert first.startswith(f"directory-{timezone.now():%Y-%m-%d}T")


def test_a_file_that_is_there_is_not_overwritten(directory: None, tmp_path: Path) -> None:
    (tmp_path / "here.zip").write_text("Dear diary")
    with pytest.raises(CommandError, match=r"here\.zip is there already; nothing was written"):
        call_command("backup", tmp_path / "here.zip", verbosity=0)
    assert (tmp_path / "here.zip").read_text() == "Dear diary"


def test_a_folder_that_is_not_there_is_named(directory: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"there is no folder .*nowhere\."):
        call_command("backup", tmp_path / "nowhere" / "made.zip", verbosity=0)


def with_only(program: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A machine that has no other program than ``pg_dump``, which says this of itself, or not even that."""
    folder.mkdir()
    if program:
        (folder / "pg_dump").write_text(f"#!/bin/sh\necho '{program}'\n")
        (folder / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    ("program", "reason"),
    [("", "pg_dump was not found.*postgresql-client"), ("pg_dump (PostgreSQL) 9.6.2", "postgresql-client-[0-9]+")],
)
def test_what_postgresql_lacks_is_named_and_sqlite_needs_no_program(
    directory: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, reason: str
) -> None:
    with_only(program, monkeypatch, tmp_path / "bin")
    path = tmp_path / "made.zip"
    if connection.vendor == "sqlite":
        call_command("backup", path, verbosity=0)
        assert path.exists()
    else:
        with pytest.raises(CommandError, match=reason):
            call_command("backup", path, verbosity=0)
        assert left_behind(tmp_path) == ["bin", *(["bin/pg_dump"] if program else []), "var"]


@contextmanager
def little_room(folder: Path) -> Iterator[None]:
    """A disk of 64 KB in this folder; where nobody may mount one, files that may not grow beyond that."""
    folder.mkdir(exist_ok=True)
    size = 64 * 1024
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        try:
            yield
        finally:
            subprocess.run(["umount", str(folder)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_nothing_behind(directory: None, tmp_path: Path) -> None:
    # Compressed to more than there is room for.
    Partnership.objects.filter(slug="one").update(approach="".join(map(hashed, range(3_000))))
    with little_room(tmp_path / "full"):
        with pytest.raises(CommandError) as refusal:
            call_command("backup", tmp_path / "full" / "made.zip", verbosity=0)
        assert left_behind(tmp_path / "full") == []
    assert str(refusal.value).endswith((": No space left on device.", ": File too large.", "disk is full.", "error."))


def test_a_full_disk_stops_a_restore_before_anything_is_changed(backup: Path, settings: Any, tmp_path: Path) -> None:
    before = everything()
    with little_room(tmp_path / "full"):
        settings.VAR_DIR = tmp_path / "full"
        with pytest.raises(CommandError, match=r"The backup needs|File too large"):
            restore(backup, "--yes")
        assert left_behind(tmp_path / "full") == []
    assert everything() == before


def hashed(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


# --- What is refused -------------------------------------------------------------------------------------------------


def test_it_refuses_to_replace_what_is_there_without_yes(backup: Path, var: Path) -> None:
    before, number = everything(), version.current()
    with pytest.raises(CommandError, match=r"The database holds 2 partnerships, .*Nothing was changed; with --yes"):
        restore(backup)
    assert everything() == before
    assert version.current() == number
    assert left_behind(var) == []


def test_tables_of_something_else_are_named(backup: Path) -> None:
    call_command("flush", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE choir_members (name text)")
    try:
        with pytest.raises(CommandError, match=r"tables of something else \(1: choir_members\)"):
            restore(backup)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE choir_members")


def rewritten(path: Path, payload: Callable[[bytes], bytes] = bytes, **changes: Any) -> None:
    """The same backup with another payload, whose checksum is right, and with other words in its manifest."""
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        [name] = set(archive.namelist()) - {MANIFEST}
        content = payload(archive.read(name))
    manifest |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()} | changes
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        archive.writestr(MANIFEST, json.dumps(manifest))


def flipped(path: Path, place: float) -> None:
    """With another bit in the copy of the database; there are some in a zip that say nothing, which are passed over."""
    with zipfile.ZipFile(path) as archive:
        [entry] = [entry for entry in archive.infolist() if entry.filename != MANIFEST]
        copy = archive.read(entry)
    content = bytearray(path.read_bytes())
    names = sum(struct.unpack_from("<HH", content, entry.header_offset + 26))
    at = entry.header_offset + 30 + names + int(entry.compress_size * place)
    while True:
        content[at] ^= 4
        path.write_bytes(content)
        try:
            with zipfile.ZipFile(path) as archive:
                if archive.read(entry.filename) != copy:
                    return
        except (zipfile.BadZipFile, zlib.error):
            return
        content[at] ^= 4
        at += 1


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def not_a_zip(path: Path) -> None:
    path.write_text("slug,title\n" * 1_000)


def another_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("datapackage.json", "{}")


def one_entry_more(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../etc/cron.d/job", "* * * * * root reboot")


def endless_manifest(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content[MANIFEST] += b" " * (1 << 22)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in content:
            archive.writestr(name, content[name])


def more_than_it_says(path: Path) -> None:
    rewritten(path, lambda content: content + bytes(1 << 22), size=100)


def lacking_rows(path: Path) -> None:
    """A copy that can be read and whose checksum is right, of a state that never was."""

    def changed(content: bytes) -> bytes:
        if connection.vendor == "postgresql":  # which would not take such a copy
            return content[:-4_200]
        copy = path.with_suffix(".sqlite3")
        copy.write_bytes(content)
        with closing(sqlite3.connect(copy)) as opened:
            opened.execute("DELETE FROM partnerships_source")
            opened.commit()
        return copy.read_bytes()

    rewritten(path, changed)


def damaged(path: Path) -> None:
    """A copy of a database of whose pages one is gone, and whose checksum is right."""

    def changed(content: bytes) -> bytes:
        middle = len(content) // PAGE // 2 * PAGE
        return content[:middle] + bytes(PAGE) + content[middle + PAGE :]

    rewritten(path, changed)


def other_engine(path: Path) -> None:
    rewritten(path, engine={"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor])


def newer(path: Path) -> None:
    migrations = manifest_of(path)["migrations"]
    migrations["partnerships"].append("0999_what_comes")
    rewritten(path, program="9.1", migrations=migrations)


WHOLE = "is not a whole backup"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (cut, WHOLE),
        (not_a_zip, WHOLE),
        (another_zip, WHOLE),
        (one_entry_more, WHOLE),
        (endless_manifest, WHOLE),
        (more_than_it_says, WHOLE),
        (lambda path: rewritten(path, sha256="0" * 64), WHOLE),
        (lambda path: rewritten(path, lambda content: b"MZ" + content), WHOLE),
        (lambda path: rewritten(path, lambda content: bytes(1 << 26)), WHOLE),  # 64 KB that become 64 MB
        (lambda path: flipped(path, 0.3), WHOLE),
        (lambda path: flipped(path, 0.6), WHOLE),
        (lambda path: path.unlink(), "Cannot read .*: No such file or directory"),
        (lambda path: rewritten(path, lambda content: content[:-4_200]), "is malformed|is damaged|pg_restore failed"),
        (damaged, r"is damaged \(\*\*\* in database main|holds no directory|pg_restore failed"),
        (lacking_rows, "is damaged|pg_restore failed"),
        (other_engine, "a backup is restored on the engine it was made of"),
        (newer, r"made by version 9\.1, with migrations .*partnerships\.0999_what_comes.* Upgrade it first"),
        (lambda path: rewritten(path, format=2), "is of format 2.* Upgrade it first"),
        (lambda path: rewritten(path, migrations="none"), WHOLE),
    ],
)
def test_a_file_that_is_no_good_backup_changes_nothing(
    backup: Path, var: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    before = everything()
    spoil(backup)
    with pytest.raises(CommandError, match=reason) as refusal:
        restore(backup, "--yes")
    assert "\n" not in str(refusal.value)
    assert everything() == before
    assert left_behind(var) == []


# --- Ended by force --------------------------------------------------------------------------------------------------


def killed_at(line: str, *arguments: str | Path, after: float = 0) -> float:
    """Run a command on the database under test, and kill it so many seconds after it says this, if it is not done.

    Returns how many seconds it went on.
    """
    chosen = connection.settings_dict["NAME"]
    given = os.environ["DATABASE_URL"]
    url = f"sqlite:///{chosen}" if connection.vendor == "sqlite" else f"{given.rpartition('/')[0]}/{chosen}"
    from django.conf import settings

    command = [sys.executable, "manage.py", *map(str, arguments)]
    environment = server.environment(settings.VAR_DIR, url, SECRET_KEY="only-for-tests")
    running = subprocess.Popen(command, cwd=server.ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    assert running.stderr
    with closing(running.stderr):
        said = [*iter_until(running.stderr, line)]
        begun = time.monotonic()
        with suppress(subprocess.TimeoutExpired):
            running.wait(after)
        took = time.monotonic() - begun
        running.send_signal(signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL or (after and running.returncode == 0), said
    return took


def iter_until(lines: Any, wanted: str) -> Iterator[str]:
    for text in lines:
        yield text
        if wanted in text:
            return


@pytest.mark.parametrize("moment", ["Making the backup's state ready", "Keeping what is there now"])
def test_a_restore_that_is_killed_leaves_what_was_there(backup: Path, var: Path, moment: str) -> None:
    before = everything()
    change_everything()
    changed = everything()
    killed_at(moment, "restore", backup, "--yes")
    connection.close()
    assert everything() == changed
    assert version.missing_triggers(connection) == set()
    [left] = var.glob(f"{UNFINISHED}*")
    os.utime(left, times=(0, time.time() - LONGEST - 60))
    restore(backup, "--yes")
    assert everything() == before
    assert not list(var.glob(f"{UNFINISHED}*"))


def test_only_what_was_left_long_ago_is_taken_away(tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path / "folder")
    (tmp_path / "folder").mkdir()
    now = time.time()
    for name, age in {".backup-of-others": 9, f"{UNFINISHED}left": 1.01, f"{UNFINISHED}young": 0.99}.items():
        made = linked / name
        made.mkdir()
        (made / "copy").touch()
        os.utime(made, times=(now, now - age * LONGEST))
    with working_folder(linked) as one, working_folder(linked) as other:
        assert one != other and one.exists()
        assert not (linked / f"{UNFINISHED}left").exists()
    assert sorted(os.listdir(linked)) == [".backup-of-others", f"{UNFINISHED}young"]
