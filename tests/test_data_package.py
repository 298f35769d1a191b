"""The data package as it is downloaded: the export in one file, the same everywhere, enough to make the site again."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import threading
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from frictionless import Package

from partnerships import catalogue, search
from partnerships.models import (
    Actor,
    ActorName,
    Adoption,
    Milestone,
    Outcome,
    PartialDate,
    Participation,
    Partnership,
    Source,
)
from partnerships.package import download
from partnerships.package.describing import Edition
from partnerships.package.tables import TABLES
from partnerships.package.writing import package_files, write_package
from partnerships.peers import world
from partnerships.services.loading import load

from .factories import (
    add_themes,
    cite,
    join,
    make_actor,
    make_partnership,
    make_prefecture,
    make_source,
    make_state,
    make_theme,
    published_partnership,
)
from .packages import file_bytes, small_package, write
from .test_drafts import every_address, get_all
from .test_loading import someone_else_can_write

ADDRESS = "/data/us-japan-partnerships.zip"
MOMENT = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
with_database = pytest.mark.django_db


def make_directory() -> None:
    """A little of everything that the package holds, entered in another order than that of the files."""
    washington, hyogo = make_state(name_ja="ワシントン州"), make_prefecture(name_ja="兵庫県", name_kana="ひょうごけん")
    seattle = make_actor(
        "seattle", parent=washington, latitude=47.61, longitude=-122.33, population=750_000, population_year=2024
    )
    kobe = make_actor(
        "kobe", country="JP", name_ja="神戸市", name_kana="こうべし", parent=hyogo, latitude=34.69, longitude=135.2
    )
    port = make_actor("port-of-kobe", kind="port", country="JP", parent=kobe, office_name="Office", note="Seen.")
    town = make_actor("old-town", country="JP", parent=hyogo, successor=kobe, dissolved_on="2005-04-01")
    for name in ("Kōbe", "Kōbe-shi"):
        ActorName.objects.create(actor=kobe, name=name, language="en")
    climate, tech = make_theme("tech"), make_theme("climate", description="About climate", description_ja="気候")
    report = make_source("report", accessed_on="2026-11-23", published_on="2019", publisher="City of Kobe")
    page = make_source("city-page", accessed_on="2026-11", language="ja")
    record = published_partnership(
        "kobe-seattle",
        us=seattle,
        jp=kobe,
        source=report,
        themes=(climate, tech),
        started="1957-10-21",
        title_ja="神戸・シアトル",
        summary='Both "ports",\nand more.',
        problem="Old piers",
        approach="Exchange",
        preconditions="A port; a council",
        how_to_replicate="Ask them.",
        verified_on="2026-11-24",
        note="Looks right.",
    )
    cite(record, page, locator="page 4")
    cite(record, page, supports="dates")
    join(record, port, role="host")
    Participation.objects.update(position=1)
    project = published_partnership("a-project", kind="project", us=washington, jp=town, source=page, started="2014-11")
    add_themes(project, climate)
    Outcome.objects.create(partnership=record, statement="Forty visits", value=40, unit="visits", year=1999, position=1)
    Outcome.objects.create(partnership=record, statement="A garden", source=make_source("garden"), position=2)
    Milestone.objects.create(partnership=record, kind="renewed", on="2007", source=report, title="Renewed at fifty")
    Milestone.objects.create(partnership=record, kind="signed", on="1957-10-21", source=page)
    model = published_partnership("model", us=seattle, jp=hyogo, kind="memorandum", started="2011", term_ends="2027-03")
    Adoption.objects.create(partnership=project, adopted_from=record)
    Adoption.objects.create(partnership=project, adopted_from=model)
    search.reindex()


def files_of(response: HttpResponse) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def descriptor_of(response: HttpResponse) -> dict[str, Any]:
    descriptor: dict[str, Any] = json.loads(files_of(response)["datapackage.json"])
    return descriptor


# --- What is in it ---------------------------------------------------------------------------------------------------


@with_database
def test_the_download_is_what_the_command_exports(client: Client, tmp_path: Path) -> None:
    make_directory()
    call_command("export_directory", str(tmp_path), verbosity=0)
    downloaded = files_of(client.get(ADDRESS))
    assert downloaded == file_bytes(tmp_path)
    assert [*downloaded] == [*(table.file_name for table in TABLES), "datapackage.json", "LICENSE.txt"]


@with_database
def test_the_unzipped_download_is_sound_by_frictionless(client: Client, tmp_path: Path) -> None:
    make_directory()
    for name, content in files_of(client.get(ADDRESS)).items():
        (tmp_path / name).write_bytes(content)
    report = Package(str(tmp_path / "datapackage.json")).validate()
    assert report.flatten(["path", "rowNumber", "fieldName", "message"]) == []
    (tmp_path / "citations.csv").write_bytes((tmp_path / "citations.csv").read_bytes().replace(b"page 4", b"page 5"))
    report = Package(str(tmp_path / "datapackage.json")).validate()
    assert [task.name for task in report.tasks if not task.valid] == ["citations"]


@with_database
def test_a_download_of_nothing_is_a_package_too(client: Client, tmp_path: Path) -> None:
    response = client.get(ADDRESS)
    descriptor = descriptor_of(response)
    assert descriptor["version"].startswith("0.0.0+")
    assert "as_of" not in descriptor
    assert 'filename="us-japan-partnerships.zip"' in response.headers["Content-Disposition"]


@with_database
def test_it_is_sent_as_a_file_with_the_day_of_its_data(client: Client) -> None:
    make_directory()
    headers = client.get(ADDRESS).headers
    assert headers["Content-Type"] == "application/zip"
    assert headers["Content-Disposition"] == 'attachment; filename="us-japan-partnerships-2026-11-24.zip"'
    assert headers["ETag"] and headers["Cache-Control"].startswith("public")


@with_database
def test_nobody_can_post_to_it_or_ask_for_it_in_a_language(client: Client) -> None:
    assert client.post(ADDRESS).status_code == 405
    assert client.get(f"/ja{ADDRESS}").status_code == 404


@with_database
def test_its_licence_tells_in_both_languages_what_it_is_and_whom_to_name(client: Client) -> None:
    make_directory()
    response = client.get(ADDRESS)
    text = files_of(response)["LICENSE.txt"].decode()
    provenance = (settings.BASE_DIR / "fixtures" / "PROVENANCE.md").read_text()
    credit = re.search(r"Credit line: (.*?)\n\n", provenance, re.DOTALL)
    assert credit
    for part in (
        "https://creativecommons.org/licenses/by/4.0/",
        " ".join(credit[1].split()),
        f"version {descriptor_of(response)['version']}",
        "2026-11-24",
    ):
        english, japanese = " ".join(text.split()).split("日本語")
        assert part in english
        assert part.replace("version", "版") in japanese
    assert max(map(len, text.splitlines())) <= 120


# --- Version and date ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (PartialDate(2026, 11, 5), "2026.11.5+0123abcd"),
        (PartialDate(2026, 11), "2026.11.0+0123abcd"),
        (PartialDate(2026), "2026.0.0+0123abcd"),
        (None, "0.0.0+0123abcd"),
    ],
)
def test_a_version_is_a_semantic_one_made_of_day_and_digest(day: PartialDate | None, version: str) -> None:
    found = Edition(day, "0123abcdef").version
    assert found == version
    assert re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)\+[0-9a-z]+", found)  # semver.org


@with_database
def test_the_version_can_be_checked_by_whoever_has_the_files(client: Client) -> None:
    make_directory()
    response = client.get(ADDRESS)
    descriptor, files = descriptor_of(response), files_of(response)
    tables = [files[resource["path"]] for resource in descriptor["resources"]]
    assert descriptor["version"] == f"2026.11.24+{sha256(b''.join(tables)).hexdigest()[:8]}"
    assert descriptor["as_of"] == "2026-11-24"
    for resource, table in zip(descriptor["resources"], tables, strict=True):
        assert resource["bytes"] == len(table)
        assert resource["hash"] == f"sha256:{sha256(table).hexdigest()}"


@with_database
@pytest.mark.parametrize(
    ("change", "day"),
    [
        (lambda: Partnership.objects.filter(slug="kobe-seattle").update(verified_on=None), "2026-11-23"),
        (lambda: Partnership.objects.filter(slug="model").update(verified_on="2026-12"), "2026-12"),
        (lambda: Source.objects.filter(slug="garden").update(accessed_on="2027-01-02"), "2027-01-02"),
        (lambda: make_source("unused", accessed_on="2028-01-01"), "2026-11-24"),
        (lambda: Source.objects.filter(slug="report").update(published_on="2029-01-01"), "2026-11-24"),
        (lambda: make_partnership(verified_on="2028-01-01"), "2026-11-24"),
    ],
)
def test_the_date_is_the_newest_day_on_which_something_public_was_read_or_checked(
    client: Client, change: Any, day: str
) -> None:
    make_directory()
    change()
    assert descriptor_of(client.get(ADDRESS))["as_of"] == day


@with_database
def test_the_same_records_give_the_same_bytes_at_any_time_and_in_any_database(tmp_path: Path) -> None:
    make_directory()
    first = Client().get(ADDRESS).content
    download._latest = None
    Partnership.objects.update(updated_at="2031-01-01T00:00:00Z")
    assert Client().get(ADDRESS).content == first


@with_database
def test_a_changed_record_changes_the_version_and_is_in_the_next_download(client: Client) -> None:
    make_directory()
    before = client.get(ADDRESS)
    Partnership.objects.filter(slug="model").update(title="Renamed")
    after = client.get(ADDRESS)
    assert descriptor_of(before)["version"] != descriptor_of(after)["version"]
    assert b"Renamed" in files_of(after)["partnerships.csv"]


@with_database
def test_each_file_bears_the_day_of_the_data_and_nothing_of_the_machine(client: Client) -> None:
    make_directory()
    with zipfile.ZipFile(io.BytesIO(client.get(ADDRESS).content)) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(2026, 11, 24, 0, 0, 0)}
    assert {(entry.create_system, entry.external_attr >> 16, entry.extra) for entry in entries} == {(3, 0o644, b"")}


@with_database
@pytest.mark.parametrize(("day", "year"), [("1850-03", 1980), ("9999", 2107)])
def test_a_day_that_no_zip_can_hold_is_no_fault(client: Client, day: str, year: int) -> None:
    published_partnership(source=make_source(accessed_on=day))
    with zipfile.ZipFile(io.BytesIO(client.get(ADDRESS).content)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {year}
    assert descriptor_of(client.get(ADDRESS))["as_of"] == day


# --- One state -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_all_files_are_of_one_state_and_nobody_waits_for_them(tmp_path: Path) -> None:
    """Somebody else saves between two tables: it is saved at once, and the package does not hold it."""
    make_directory()
    write_package(tmp_path / "before")
    names = []
    with package_files() as files:
        for name, pieces in files:
            (tmp_path / name).write_bytes(b"".join(pieces))
            names.append(name)
            if name == "themes.csv":
                assert someone_else_can_write()
                _written_by_another_connection("UPDATE partnerships_partnership SET title = 'Changed'")
    assert Partnership.objects.filter(title="Changed").count() == 3
    for name in names:
        assert (tmp_path / name).read_bytes() == (tmp_path / "before" / name).read_bytes()
    with connection.cursor() as cursor:  # the next transaction is again one that writes
        cursor.execute("UPDATE partnerships_partnership SET title = 'Changed again'")
    assert connection.settings_dict["OPTIONS"].get("transaction_mode") == getattr(connection, "transaction_mode", None)


def _written_by_another_connection(statement: str) -> None:
    def write_it() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()

    other = threading.Thread(target=write_it)
    other.start()
    other.join()


@with_database
def test_it_is_made_once_for_each_version(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_directory()
    made = []
    archive_of = download.archive_of
    monkeypatch.setattr(download, "archive_of", lambda files: made.append(1) or archive_of(files))
    if connection.vendor == "sqlite":  # PostgreSQL cannot name the version within a transaction
        for address in ("/data/", ADDRESS, "/ja/data/", "/data/cite.bib"):
            client.get(address)
        assert len(made) == 1
    Partnership.objects.filter(slug="model").update(title="Renamed")
    client.get(ADDRESS)
    assert len(made) == (2 if connection.vendor == "sqlite" else 1)


# --- Loading it elsewhere --------------------------------------------------------------------------------------------


@with_database
def test_a_package_loads_with_and_without_what_describes_it(client: Client, tmp_path: Path) -> None:
    write(tmp_path, small_package())
    assert load(path=tmp_path).created
    write_package(tmp_path)
    assert {"datapackage.json", "LICENSE.txt"} <= file_bytes(tmp_path).keys()
    report = load(path=tmp_path)
    assert (report.created, report.updated) == (0, 0)


# What of the site is not of the published rows but of the copy that shows them: what was saved when, in this database.
OF_THE_COPY = {"/updates/", "/ja/updates/", "/updates.atom", "/ja/updates.atom"}
ENTRY_ID = re.compile(rb"<id>tag:.*?</id>")  # of a feed's entry: when the record was entered here, in which row
ASKED = [
    "/partnerships/?q=port",
    "/partnerships/?theme=climate&sort=title",
    "/actors/?show=all",
    "/peers/?actor=seattle&theme=climate",
    "/peers/?actor=hyogo-prefecture",
    "/overlaps/?actor=washington",
    "/compare/?p=kobe-seattle&p=model&p=a-project",
    "/compare/?a=kobe&a=seattle",
    "/coverage/?by=pair",
    "/brief/?actor=kobe",
    "/brief/?actor=seattle&with=hyogo-prefecture&format=file",
    "/figures/?theme=climate",
    "/networks/?actor=kobe",
    "/partnerships.csv?theme=climate",
]


def pages() -> dict[str, bytes]:
    """Every public address with what it says, as if every record had been saved at one and the same moment."""
    for model in (Partnership, Actor, Source):
        model._default_manager.update(updated_at=MOMENT)
    addresses = [address for address in every_address() if "?" not in address]
    addresses += [prefix + address for address in ASKED for prefix in ("", "/ja")]
    answers = get_all(addresses)
    assert {address: answer.status_code for address, answer in answers.items() if answer.status_code != 200} == {}
    return {address: ENTRY_ID.sub(b"", answer.content) for address, answer in answers.items()}


@pytest.mark.django_db(transaction=True)
def test_the_download_loaded_into_an_empty_database_gives_the_same_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_directory()
    before = pages()
    for name, content in files_of(Client().get(ADDRESS)).items():
        (tmp_path / name).write_bytes(content)
    call_command("flush", verbosity=0, interactive=False)
    assert not any(table.model._default_manager.exists() for table in TABLES)
    for module in (catalogue, world):  # as conftest.py does between tests
        monkeypatch.setattr(module, "_latest", None)
    load(path=tmp_path)
    after = pages()
    assert len(after) > 100
    assert after.keys() == before.keys()
    assert {address for address in before if before[address] != after[address]} <= OF_THE_COPY
