"""Files as offices send them: whatever program wrote them, they become the same table of texts, or are refused."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as some
from openpyxl import Workbook

from partnerships.exports.columns import head
from partnerships.services.importing import reading
from partnerships.services.importing.columns import ACTORS, FLAT_FILES, PARTNERSHIPS
from partnerships.services.importing.headers import understand
from partnerships.services.importing.reading import UnreadableFileError, read_sheet

TABLE = [["タイトル", "開始日"], ["シアトル市と神戸市、青少年交流", "平成26年11月"], ["ポートランドと札幌", "1959"]]


def csv_of(lines: list[list[str]] = TABLE, separator: str = ",", end: str = "\r\n") -> str:
    return "".join(separator.join(line) + end for line in lines)


def workbook(*lines: list[object], formats: dict[str, str] | None = None) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for line in lines:
        sheet.append(line)
    for place, number_format in (formats or {}).items():
        sheet[place].number_format = number_format
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def packed(name: str, content: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return written.getvalue()


def replaced(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """A workbook in which one of its parts says something else."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    assert old in members[name]
    members[name] = members[name].replace(old, new)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, part in members.items():
            archive.writestr(each, part)
    return written.getvalue()


def table_of(content: bytes) -> list[list[str]]:
    sheet = read_sheet(content)
    return [sheet.head, *(cells for _number, cells in sheet.rows)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_it_reads_every_encoding_with_every_separator(encoding, separator):
    assert table_of(csv_of(separator=separator).encode(encoding)) == TABLE


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_it_reads_the_line_ends_of_every_system(end):
    assert table_of(csv_of(end=end).encode()) == TABLE


def test_it_reads_an_american_file_of_an_older_windows():
    lines = [["title"], ["Seattle–Kobe"], ["Québec–Niigata"]]
    assert table_of(csv_of(lines).encode("cp1252")) == lines


def test_it_says_how_it_read_a_file():
    assert (
        read_sheet(csv_of(separator=";").encode("cp932")).read_as
        == "Shift_JIS (CP932), columns separated by semicolons"
    )


def test_it_takes_excels_word_for_the_separator():
    assert table_of(b"sep=;\ntitle;summary, in short\nKobe;a, b") == [["title", "summary, in short"], ["Kobe", "a, b"]]


def test_it_takes_stray_spaces_off_and_leaves_the_widths_of_letters():
    assert table_of("title\n　 Ｓｅａｔｔｌｅ\u3000神戸 \u3000\n".encode()) == [["title"], ["Ｓｅａｔｔｌｅ\u3000神戸"]]


def test_it_skips_empty_lines_and_counts_them():
    sheet = read_sheet(b"title,status\n\n ,\nKobe,active\n\n")
    assert sheet.rows == [(4, ["Kobe", "active"])]


def test_a_cell_may_hold_lines_and_quotes():
    assert table_of(b'title,note\n"Kobe ""port""","one\r\ntwo"\n')[1] == ['Kobe "port"', "one\ntwo"]


def test_what_kept_a_spreadsheet_from_calculating_is_taken_off_again():
    assert table_of(b"title\n'=1+1\n''=1\n'quoted'\n")[1:] == [["=1+1"], ["'=1"], ["'quoted'"]]


# --- Workbooks -------------------------------------------------------------------------------------------------------


def test_it_reads_a_workbook_with_real_dates_and_numbers():
    content = workbook(["title", "started", "population", "latitude"], ["Kobe", dt.date(1957, 10, 21), 1510171, 34.69])
    assert table_of(content)[1] == ["Kobe", "1957-10-21", "1510171", "34.69"]


def test_a_date_is_as_precise_as_its_cell_shows_it():
    content = workbook(
        ["started", "ended", "term_ends"],
        [dt.date(1957, 10, 1), dt.date(1958, 1, 1), dt.date(1959, 2, 3)],
        formats={"A2": "mmm yyyy", "B2": 'yyyy"年"', "C2": 'ggge"年"m"月"d"日"'},
    )
    assert table_of(content)[1] == ["1957-10", "1958", "1959-02-03"]


def test_it_takes_the_first_sheet_that_is_shown():
    book = Workbook()
    book.worksheets[0].append(["hidden"])
    book.create_sheet("list").append(["title"])
    book.worksheets[1].append(["Kobe"])
    book.worksheets[0].sheet_state = "hidden"
    written = io.BytesIO()
    book.save(written)
    assert table_of(written.getvalue()) == [["title"], ["Kobe"]]


def test_a_formula_counts_by_its_result_and_one_without_a_result_is_refused():
    content = workbook(["title"], ["=1+1"])
    with pytest.raises(UnreadableFileError, match="Row 2 has a formula without its result"):
        read_sheet(content)
    sheet, empty = "xl/worksheets/sheet1.xml", b"<v />"
    assert table_of(replaced(content, sheet, empty, b"<v>2</v>"))[1] == ["2"]


def test_a_formula_may_result_in_nothing():
    content = workbook(["title", "note"], ["Kobe", '=IF(A2="","x","")'])
    sheet = "xl/worksheets/sheet1.xml"
    as_excel_writes = replaced(content, sheet, b'<c r="B2"', b'<c r="B2" t="str"')
    assert table_of(as_excel_writes)[1] == ["Kobe"]


def test_it_believes_no_dimension_that_a_workbook_claims():
    content = workbook(["title"], ["Kobe"])
    lying = replaced(content, "xl/worksheets/sheet1.xml", b'<dimension ref="A1:A2"', b'<dimension ref="A1:XFD1048576"')
    assert table_of(lying) == [["title"], ["Kobe"]]


def test_it_refuses_lines_below_the_last():
    content = workbook(["title"], ["Kobe"])
    far = replaced(content, "xl/worksheets/sheet1.xml", b'<row r="2"', b'<row r="99999999999"')
    with pytest.raises(UnreadableFileError):
        read_sheet(far)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_it_refuses_a_workbook_that_is_an_xml_bomb(encoding):
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bang">]><worksheet>&b;</worksheet>'.encode(encoding)
    with pytest.raises(UnreadableFileError, match="document type"):
        read_sheet(_with(bomb))


def _with(part: bytes) -> bytes:
    written = io.BytesIO(workbook(["title"], ["Kobe"]))
    with zipfile.ZipFile(written, "a") as archive:
        archive.writestr("xl/more.xml", part)
    return written.getvalue()


def test_it_refuses_a_workbook_that_is_a_zip_bomb(monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_UNPACKED", 1_000_000)
    with pytest.raises(UnreadableFileError, match="too large"):
        read_sheet(_with(b"0" * 2_000_000))


def test_it_says_what_to_do_with_an_old_workbook():
    with pytest.raises(UnreadableFileError, match=r"Save it as \.xlsx"):
        read_sheet(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000))


@pytest.mark.parametrize("content", [packed("a", b"b"), b"PK\x03\x04 and nothing else", workbook(["title"])[:-200]])
def test_it_refuses_what_is_no_workbook(content):
    with pytest.raises(UnreadableFileError):
        read_sheet(content)


# --- Bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n,,\n", "empty"),
        (b"title\n", "nothing below"),
        (b'title\n"Kobe\n', "quotation mark"),
        (b"title\n" + b"a\n" * 10_001, "divide the file"),
        (b"a," * 101 + b"\nb", "no list of records"),
        (b"0" * (10 * 1024 * 1024 + 1), "too large"),
    ],
    ids=["nothing", "blank", "head only", "open quote", "rows", "columns", "bytes"],
)
def test_it_refuses_what_is_too_much_or_too_little_in_words(content, reason):
    with pytest.raises(UnreadableFileError, match=reason):
        read_sheet(content)


@settings(max_examples=300, deadline=None)
@given(some.binary(max_size=400) | some.text(max_size=200).map(lambda text: text.encode("utf-16", "surrogatepass")))
def test_any_bytes_are_a_table_or_refused_with_a_reason(content):
    try:
        sheet = read_sheet(content)
    except UnreadableFileError as refused:
        assert str(refused)
    else:
        assert sheet.head and sheet.rows


@settings(max_examples=100, deadline=None)
@given(some.integers(0, 6000), some.binary(min_size=1, max_size=40))
def test_a_damaged_workbook_is_a_table_or_refused_with_a_reason(place, damage):
    content = bytearray(workbook(["title", "started"], ["Kobe", dt.date(1957, 10, 21)]))
    content[place : place + len(damage)] = damage
    try:
        read_sheet(bytes(content))
    except UnreadableFileError as refused:
        assert str(refused)


# --- First lines -----------------------------------------------------------------------------------------------------


def names(flat, *labels):
    return [column and column.name for column in understand(flat, list(labels)).columns]


def test_columns_are_known_in_both_languages_whatever_their_width_case_and_spaces():
    line = [
        "Slug",
        "ＴＩＴＬＥ　ｊａ",
        "種別",
        "開始日",
        "米国側の参加団体(英語)",
        "jp participants",
        "概要（日本語）",
        "出典",
    ]
    assert names(PARTNERSHIPS, *line) == [
        *("slug", "title_ja", "kind", "started", "us_participants", "jp_participants", "summary_ja", "sources")
    ]


@pytest.mark.parametrize("flat", FLAT_FILES.values(), ids=FLAT_FILES)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_label_means_its_own_column(flat, language):
    with translation.override(language):
        labels = [str(column.label) for column in flat.columns]
    assert names(flat, *labels) == [column.name for column in flat.columns]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_column_of_the_public_table_is_known_or_said_to_follow_from_the_others(language):
    with translation.override(language):
        labels = head()
    understood = understand(PARTNERSHIPS, labels)
    assert not understood.problems
    assert all("follows from" in notice for notice in understood.notices)
    assert sum(column is not None for column in understood.columns) + len(understood.notices) == len(labels)


@pytest.mark.parametrize("name", ["id", "publication", "link_state", "公開状態", "Publication", "history"])
def test_what_is_never_written_is_refused_and_not_passed_over(name):
    assert "never written" in understand(ACTORS, ["slug", "name", name]).problems[0]


def test_an_unknown_column_is_said():
    understood = understand(ACTORS, ["name", "favourite colour"])
    assert understood.columns[1] is None
    assert understood.notices == ["“favourite colour” is not known and is passed over."]


def test_one_meaning_under_two_names_is_refused():
    assert "mean the same column" in understand(PARTNERSHIPS, ["started", "提携日"]).problems[0]


def test_a_file_without_a_first_line_is_refused():
    assert "None of the columns is known" in understand(PARTNERSHIPS, ["Seattle–Kobe", "1957"]).problems[0]
