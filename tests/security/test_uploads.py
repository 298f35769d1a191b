"""What is sent may be large, endless, packed or a lie: the real server refuses it and stays as small as it was."""

from __future__ import annotations

import io
import os
import socket
import stat
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client
from openpyxl import Workbook

from partnerships.http import body_limit
from partnerships.models import Suggestion
from partnerships.services import importing
from partnerships.services.importing import reading
from partnerships.services.importing.reading import UnreadableFileError, read_sheet
from tests import packages, server
from tests.importing import member

pytestmark = pytest.mark.once

MEGABYTE = 1024 * 1024

# --- The server ----------------------------------------------------------------------------------------------------


def memory_of(running: server.Server) -> int:
    """Resident bytes of all processes of the server together."""
    listed = subprocess.run(
        ["ps", "-o", "rss=", "-g", str(os.getpgid(running.process.pid))], capture_output=True, text=True, check=True
    )
    return sum(map(int, listed.stdout.split())) * 1024


def send(running: server.Server, head: str, pieces: Iterable[bytes]) -> bytes:
    """Send until the server has had enough; returns what it answered, if anything could still be read."""
    address = urlsplit(running.url)
    answer = b""
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(f"{head}\r\nHost: {address.netloc}\r\n\r\n".encode())
        with suppress(OSError):
            for piece in pieces:
                connection.sendall(piece)
        with suppress(OSError):
            while piece := connection.recv(65536):
                answer += piece
    return answer


def zeros(megabytes: int) -> Iterator[bytes]:
    return (bytes(MEGABYTE) for _ in range(megabytes))


def chunks(megabytes: int) -> Iterator[bytes]:
    yield from (f"{MEGABYTE:x}\r\n".encode() + piece + b"\r\n" for piece in zeros(megabytes))
    yield b"0\r\n\r\n"


def many_parts(number: int) -> bytes:
    part = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n1\r\n'
    return part * number + b"--x--\r\n"


FORM = "Content-Type: application/x-www-form-urlencoded"
PARTS = "Content-Type: multipart/form-data; boundary=x"


def test_a_gigabyte_is_refused_and_leaves_the_server_as_small_as_it_was(site: server.Server) -> None:
    """Announced as its length, in chunks without one, and as the parts of a form."""
    gigabyte = 1024
    before = memory_of(site)
    for path in ("/suggest/", "/accounts/login/", "/api/v1/partnerships/", "/partnerships/"):
        for kind in (FORM, PARTS):
            announced = f"POST {path} HTTP/1.1\r\n{kind}\r\nConnection: close\r\nContent-Length: {gigabyte * MEGABYTE}"
            answer = send(site, announced, zeros(4))
            assert not answer or b" 413 " in answer.partition(b"\r\n")[0], (path, kind, answer[:200])
    send(
        site, f"POST /suggest/ HTTP/1.1\r\n{FORM}\r\nConnection: close\r\nTransfer-Encoding: chunked", chunks(gigabyte)
    )
    assert memory_of(site) < before + 100 * MEGABYTE
    assert site.get("/partnerships/")[0] == 200


def test_a_form_of_a_hundred_thousand_parts_is_refused(site: server.Server) -> None:
    before = memory_of(site)
    body = many_parts(30_000)
    head = f"POST /suggest/ HTTP/1.1\r\n{PARTS}\r\nConnection: close\r\nContent-Length: {len(body)}"
    answer = send(site, head, [body]).partition(b"\r\n")[0]
    assert b" 400 " in answer or b" 413 " in answer
    assert memory_of(site) < before + 100 * MEGABYTE
    assert site.get("/healthz")[0] == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/suggest/", "/accounts/login/", "/ja/suggest/", "/admin/partnerships/import/add/"])
def test_what_is_too_large_is_said_in_words_before_it_is_read(path: str) -> None:
    largest = body_limit.LARGEST_WITH_FILE if path.startswith("/admin/") else body_limit.LARGEST
    answer = Client().generic("POST", path, "", CONTENT_LENGTH=str(largest + 1))
    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert f"{largest / MEGABYTE:g} MB" in answer.content.decode()
    for length in ("-1", "1e9", "١", "x"):
        assert Client().generic("POST", path, "", CONTENT_LENGTH=length).status_code == 413
    assert Client().generic("POST", path, "", CONTENT_LENGTH=str(largest)).status_code != 413
    assert not Suggestion.objects.exists()


def test_the_largest_import_fits_into_the_largest_request() -> None:
    assert reading.LARGEST_FILE + MEGABYTE < body_limit.LARGEST_WITH_FILE


# --- Workbooks -----------------------------------------------------------------------------------------------------


def workbook(**parts: bytes) -> bytes:
    """A workbook with some of its parts replaced, or with more of them; names with ``__`` for slashes."""
    written = io.BytesIO()
    book = Workbook()
    book.active.append(["title"])
    book.active.append(["Kobe"])
    book.save(written)
    replaced = {name.replace("__", "/").replace("_xml", ".xml"): content for name, content in parts.items()}
    again = io.BytesIO()
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in replaced:
                new.writestr(entry, old.read(entry))
        for name, content in replaced.items():
            new.writestr(name, content)
    return again.getvalue()


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><worksheet>&j;</worksheet>"
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst>&a;</sst>'
ASKS = b'<?xml version="1.0"?><!DOCTYPE l SYSTEM "http://canary.invalid/x.dtd"><workbook/>'


@pytest.mark.parametrize(
    "content",
    [
        workbook(xl__worksheets__sheet1_xml=LAUGHS),
        workbook(xl__sharedStrings_xml=LAUGHS.replace(b"worksheet", b"sst")),
        workbook(xl__sharedStrings_xml=OUTSIDE),
        workbook(xl__workbook_xml=ASKS),
        workbook(xl__styles_xml=OUTSIDE),
        workbook(docProps__core_xml=LAUGHS),
        workbook(xl__worksheets__sheet1_xml=LAUGHS.decode().encode("utf-16")),
        workbook(xl__worksheets__sheet1_xml=SHEET % (b"0" * (110 * MEGABYTE))),
        workbook(xl__sharedStrings_xml=b"<sst><si><t>" + b" " * (110 * MEGABYTE) + b"</t></si></sst>"),
        workbook(xl__worksheets__sheet1_xml=SHEET % (b"<row><c><v>1</v></c></row>" * 20_000)),
        workbook(xl__worksheets__sheet1_xml=SHEET % b'<row r="4294967296"><c r="A4294967296"><v>1</v></c></row>'),
        workbook(xl__worksheets__sheet1_xml=SHEET % (b"<row>" + b"<c><v>1</v></c>" * 5000 + b"</row>" * 2)),
    ],
    ids="laughs strings file host styles properties utf-16 ratio spaces rows far-below columns".split(),  # noqa: SIM905
)
def test_a_workbook_that_would_grow_or_reach_out_is_refused_in_words(content: bytes) -> None:
    assert len(content) < MEGABYTE  # small to send
    with pytest.raises(UnreadableFileError) as refused:
        read_sheet(content)
    assert str(refused.value) and "root:" not in str(refused.value)


# --- Packages ------------------------------------------------------------------------------------------------------


def package(folder: Path, **more: bytes) -> io.BytesIO:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for file in sorted(packages.write(folder).iterdir()):
            archive.write(file, file.name)
        for name, content in more.items():
            archive.writestr(name, content)
    return written


@pytest.fixture
def editor(db: None) -> object:
    return member("Editors")


@pytest.mark.parametrize(
    "name",
    [
        "../themes.csv",
        "../../etc/cron.d/x",
        "/etc/passwd",
        "C:\\x.csv",
        "..\\themes.csv",
        "a/themes.csv",
        "./themes.csv",
        "themes.csv/",
        "THEMES.CSV",
        "themes.csv ",
        "nested.zip",
        "．．/themes.csv",
    ],
)
def test_no_name_in_a_package_leads_out_of_it(editor: object, tmp_path: Path, name: str) -> None:
    content = package(tmp_path / "p", **{name: b"x"}).getvalue()
    with pytest.raises(UnreadableFileError):
        importing.begin(kind="package", file_name="p.zip", content=content, by=editor)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["p"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_table_that_stands_twice_is_refused(editor: object, tmp_path: Path) -> None:
    content = package(tmp_path / "p", **{"themes.csv": b"slug\nother\n"}).getvalue()
    with pytest.raises(UnreadableFileError, match="twice"):
        importing.begin(kind="package", file_name="p.zip", content=content, by=editor)


def test_a_link_in_a_package_is_read_as_the_text_that_it_is(editor: object, tmp_path: Path) -> None:
    folder = packages.write(tmp_path / "p")
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for file in sorted(folder.iterdir()):
            if file.name != "themes.csv":
                archive.write(file, file.name)
        link = zipfile.ZipInfo("themes.csv")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    imported = importing.begin(kind="package", file_name="p.zip", content=written.getvalue(), by=editor)
    while imported.state == imported.State.CHECKING:
        imported = importing.advance(imported=imported, by=editor)
    reasons = str(list(imported.lines.values_list("problems", flat=True)))
    assert imported.wrong and "themes" in reasons and "root:" not in reasons


def test_a_package_with_a_password_is_refused(editor: object, tmp_path: Path) -> None:
    content = bytearray(package(tmp_path / "p").getvalue())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    with pytest.raises(UnreadableFileError, match="password"):
        importing.begin(kind="package", file_name="p.zip", content=bytes(content), by=editor)


def test_a_package_that_would_grow_is_refused(editor: object, tmp_path: Path) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(packages.write(tmp_path / "p").iterdir()):
            archive.writestr(file.name, bytes(12 * MEGABYTE))
    assert len(written.getvalue()) < MEGABYTE
    with pytest.raises(UnreadableFileError, match="too large"):
        importing.begin(kind="package", file_name="p.zip", content=written.getvalue(), by=editor)
