"""Imports: what a file's lines mean beside the directory, and that they are written whole or not at all."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from openpyxl import load_workbook

from partnerships import search
from partnerships.models import (
    Actor,
    ActorName,
    Import,
    ImportLine,
    Outcome,
    Participation,
    Partnership,
    Publication,
    Source,
)
from partnerships.services import importing
from partnerships.services.importing import NotNowError
from partnerships.services.importing.columns import FLAT_FILES
from partnerships.services.importing.reading import UnreadableFileError
from partnerships.text import parse

from . import factories as make
from . import packages
from .importing import TIE, checked, csv_file, imported, member, problems_of, two_shores, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> Any:
    return member("Curators")


@pytest.fixture
def editor() -> Any:
    return member("Editors")


def reasons(waiting: Import) -> str:
    return " ".join(reason for _number, _column, reason in problems_of(waiting))


# --- New records -----------------------------------------------------------------------------------------------------


def test_a_new_partnership_arrives_as_a_draft_with_everything_the_line_says(curator):
    two_shores()
    imported("partnerships", csv_file(TIE), curator)
    record = Partnership.objects.get(slug="seattlekobe-tie")
    assert record.publication == Publication.DRAFT
    assert (record.kind, record.status, str(record.started)) == ("sister", "active", "1957-10")
    assert [part.actor.slug for part in record.participations.all()] == ["seattle", "kobe"]
    assert [theme.slug for theme in record.themes.all()] == ["culture"]
    assert [(each.source.slug, each.supports) for each in record.citations.all()] == [("city-page", "existence")]


def test_what_was_imported_is_found_and_its_history_names_the_import(curator):
    two_shores()
    done = imported("partnerships", csv_file(TIE), curator)
    record = Partnership.objects.get()
    assert list(search.apply(Partnership.objects.all(), parse("シアトル 神戸"))) == [record]
    assert record.history.get().history_change_reason == f"Import {done.pk}: partnerships.csv"


def test_places_may_lie_in_places_of_the_same_file_in_any_order(curator):
    line = {
        "name": "Ashiya",
        "name_ja": "芦屋市",
        "kind": "市",
        "country": "日本",
        "parent": "兵庫県",
        "population": "９５,３５０人",
    }
    region = {"name": "Hyogo Prefecture", "name_ja": "兵庫県", "kind": "都道府県", "country": "JP", "parent": ""}
    imported("actors", csv_file(line, region), curator)
    ashiya = Actor.objects.get(slug="ashiya")
    assert (ashiya.kind, ashiya.population, ashiya.path) == ("city", 95350, "hyogo-prefecture/ashiya/")
    assert ashiya.publication == Publication.DRAFT


def test_names_of_places_come_with_the_place(editor):
    two_shores()
    ActorName.objects.create(actor=Actor.objects.get(slug="kobe"), name="Kōbe", language="en", kind="romanised")
    imported(
        "actors",
        csv_file({"slug": "kobe", "former_names": "兵庫津; Hyogo-tsu", "other_names": "Kōbe; Port of Kobe"}),
        editor,
    )
    assert sorted(ActorName.objects.values_list("name", "language", "kind")) == [
        ("Hyogo-tsu", "en", "former"),
        ("Kōbe", "en", "romanised"),
        ("Port of Kobe", "en", "alternate"),
        ("兵庫津", "ja", "former"),
    ]


def test_a_source_that_is_not_there_yet_is_made_with_the_partnership_once(curator):
    two_shores()
    new = "https://example.org/new | 新しい資料 | 政府・自治体 | 日本語"
    done = imported(
        "partnerships", csv_file(TIE | {"sources": new}, TIE | {"title": "Another", "sources": new}), curator
    )
    source = Source.objects.get(url="https://example.org/new")
    assert (source.title, source.kind, source.language) == ("新しい資料", "government", "ja")
    assert source.citations.count() == 2
    assert done.new == 3


# --- Changed records -------------------------------------------------------------------------------------------------


def test_the_preview_tells_new_changed_and_unchanged_apart_cell_by_cell(curator):
    two_shores()
    imported("partnerships", csv_file(TIE, TIE | {"title": "Second"}), curator)
    again = [
        TIE | {"slug": "seattlekobe-tie"},
        TIE | {"slug": "second", "title": "Second", "started": "1958"},
        TIE | {"title": "Third"},
    ]
    waiting = checked("partnerships", csv_file(*again), curator)
    assert (waiting.new, waiting.changed, waiting.unchanged, waiting.wrong) == (1, 1, 1, 0)
    client = Client()
    client.force_login(curator)
    page = client.get(
        reverse("admin:partnerships_import_change", args=[waiting.pk]), {"show": "changed"}
    ).content.decode()
    cells = page[page.index("import-cells") : page.index("</tbody>")]
    assert "1957-10" in cells and "1958" in cells and "started" in cells
    assert cells.count("<dt>") == 1


def test_an_empty_cell_leaves_the_field_unless_asked_to_empty_it(curator):
    make.make_partnership("tie", summary="Words", title="Tie")
    line = csv_file({"slug": "tie", "title": "", "summary": ""})
    assert checked("partnerships", line, curator).unchanged == 1
    waiting = checked("partnerships", line, curator, empties=True)
    assert problems_of(waiting) == [(2, "title", "must not be empty")]
    imported("partnerships", csv_file({"slug": "tie", "summary": ""}), curator, empties=True)
    assert Partnership.objects.get().summary == ""


def test_columns_that_are_missing_change_nothing(curator):
    record = make.make_partnership("tie", summary="Words", kind="event")
    make.join(record, make.make_actor())
    imported("partnerships", csv_file({"slug": "tie", "title": "Another title"}), curator)
    record.refresh_from_db()
    assert (record.title, record.summary, record.kind, record.participations.count()) == (
        "Another title",
        "Words",
        "event",
        1,
    )


def test_who_stays_keeps_role_and_position(curator):
    two_shores()
    record = make.make_partnership("tie")
    seattle, kobe = Actor.objects.get(slug="seattle"), Actor.objects.get(slug="kobe")
    make.join(record, kobe, role=Participation.Role.HOST)
    make.join(record, seattle)
    make.make_actor("tacoma", name="Tacoma")
    imported("partnerships", csv_file({"slug": "tie", "us_participants": "seattle; Tacoma"}), curator)
    assert list(record.participations.values_list("actor__slug", "role", "position")) == [
        ("kobe", "host", 1),
        ("seattle", "lead", 2),
        ("tacoma", "lead", 3),
    ]


def test_sources_of_results_stay_with_the_results(curator):
    record = make.make_partnership("tie")
    Outcome.objects.create(partnership=record, statement="Visits", source=make.make_source("report"), position=1)
    make.cite(record, make.make_source("page"))
    imported("partnerships", csv_file({"slug": "tie", "sources": "https://example.org/report"}), curator)
    assert not record.citations.exists()
    assert Outcome.objects.get().source.slug == "report"


# --- Wrong rows ------------------------------------------------------------------------------------------------------


WRONG = {
    "no era has that year": ({"started": "昭和70年"}, "started", "平成7年"),
    "a date of two readings": ({"started": "10/3/1957"}, "started", "1957-10-03 or 1957-03-10"),
    "an unknown word": ({"kind": "兄弟都市"}, "kind", "is not one of: sister"),
    "an unknown theme": ({"themes": "文化; 観光"}, "themes", "“観光” is no theme"),
    "an unknown place": ({"us_participants": "Atlantis"}, "us_participants", "no place or organisation"),
    "a place misspelt": ({"us_participants": "Seatle"}, "us_participants", "Perhaps: Seattle, Washington [seattle]"),
    "the other shore": ({"us_participants": "神戸市"}, "us_participants", "lies in the other country: Japan"),
    "an unknown URL": ({"sources": "https://example.org/new"}, "sources", "Write it as URL | title | kind | language"),
    "no URL": ({"sources": "somewhere"}, "sources", "neither the address of a source here nor a URL"),
    "no title": ({"title": ""}, "title", "must not be empty"),
    "the end before the start": ({"ended": "1956"}, "ended", "The end lies before the start"),
    "a title too long": ({"title": "x" * 201}, "title", "at most 200 fit"),
    "a megabyte": ({"summary": "x" * 1_000_000}, "summary", "at most 50000 fit"),
    "a control": ({"summary": "a\x07b"}, "summary", "no text"),
    "an address in capitals and spaces": ({"slug": "Seattle Kobe"}, "slug", "is not an address"),
}


@pytest.mark.parametrize(("cells", "column", "reason"), WRONG.values(), ids=WRONG)
def test_a_wrong_row_is_told_with_row_column_and_reason(curator, cells, column, reason):
    two_shores()
    line = TIE | {"ended": "", "summary": "", "slug": "tie"} | cells
    waiting = checked("partnerships", csv_file(TIE | {"ended": "", "summary": ""}, line), curator)
    assert (waiting.new, waiting.wrong) == (1, 1)
    found = problems_of(waiting)
    assert [(number, name) for number, name, _text in found] == [(3, column)]
    assert reason in found[0][2]


def test_dozens_of_springfields_are_explained(curator):
    two_shores()
    for number, state in enumerate(("Illinois", "Ohio", "Oregon")):
        region = make.make_state(state.lower(), f"US-{number}", name=state)
        make.make_actor(f"springfield-{state.lower()}", name="Springfield", parent=region)
    waiting = checked("partnerships", csv_file(TIE | {"us_participants": "Springfield"}), curator)
    assert "“Springfield” is the name of 3" in reasons(waiting)
    assert "Springfield, Ohio [springfield-ohio]" in reasons(waiting)
    imported("partnerships", csv_file(TIE | {"us_participants": "Springfield, Ohio"}), curator)
    assert Participation.objects.filter(actor__slug="springfield-ohio").exists()


def test_a_name_that_the_record_has_already_needs_no_explanation(curator):
    record = make.make_partnership("tie")
    make.join(record, make.make_actor("springfield-il", name="Springfield"))
    make.make_actor("springfield-oh", name="Springfield")
    assert checked("partnerships", csv_file({"slug": "tie", "us_participants": "Springfield"}), curator).unchanged == 1


def test_former_and_other_names_and_usual_forms_are_known(curator):
    two_shores()
    ActorName.objects.create(actor=Actor.objects.get(slug="seattle"), name="Emerald City", language="en", kind="former")
    for name in ("Emerald City", "City of Seattle", "シアトル", "ｓｅａｔｔｌｅ，　ＷＡ", "SEATTLE"):
        assert checked("partnerships", csv_file(TIE | {"us_participants": name}), curator).new == 1, name


def test_two_rows_about_one_record_are_wrong(curator):
    waiting = checked(
        "sources",
        csv_file(
            *[{"slug": "page", "title": "Page", "url": "https://example.org/", "kind": "news", "language": "en"}] * 2
        ),
        curator,
    )
    assert problems_of(waiting) == [(3, "slug", "Row 2 is about “page” already.")]


def test_a_name_that_makes_an_address_in_use_must_say_what_is_meant(curator):
    two_shores()
    imported("partnerships", csv_file(TIE), curator)
    assert "There is a record “seattlekobe-tie” already" in reasons(checked("partnerships", csv_file(TIE), curator))


def test_an_old_address_leads_to_the_new_one(curator):
    record = make.make_partnership("old-name")
    record.slug = "new-name"
    record.save()
    waiting = checked("partnerships", csv_file({"slug": "old-name", "title": "T", "kind": "event"}), curator)
    assert "This record is now at “new-name”" in reasons(waiting)


def test_codes_that_two_places_would_share_are_wrong(curator):
    make.make_state()
    lines = [
        {"name": f"Place {number}", "kind": "city", "country": "US", "code": code}
        for number, code in enumerate(("US-WA", "1", "1"))
    ]
    waiting = checked("actors", csv_file(*lines), curator)
    assert [(number, column) for number, column, _text in problems_of(waiting)] == [
        (2, "code"),
        (3, "code"),
        (4, "code"),
    ]


def test_places_that_lie_in_one_another_are_wrong(curator):
    lines = [
        {"slug": slug, "name": slug, "kind": "city", "country": "US", "parent": other}
        for slug, other in (("a", "b"), ("b", "a"))
    ]
    assert "a circle" in reasons(checked("actors", csv_file(*lines), curator))


def test_a_source_of_a_known_url_is_not_made_twice(curator):
    make.make_source("page", url="https://example.org/page")
    line = {"title": "Another", "url": "http://example.org/page/", "kind": "news", "language": "en"}
    assert "There is a source with this URL already: page" in reasons(checked("sources", csv_file(line), curator))


def test_with_one_wrong_row_nothing_is_written(curator):
    two_shores()
    waiting = checked("partnerships", csv_file(TIE, TIE | {"title": "Second", "started": "?"}), curator)
    with pytest.raises(NotNowError):
        importing.run(imported=waiting, by=curator)
    assert not Partnership.objects.exists()


def test_the_file_with_reasons_is_mended_and_taken_back(curator):
    two_shores()
    client = Client()
    client.force_login(curator)
    waiting = checked("partnerships", csv_file(TIE | {"started": "昭和70年"}, TIE | {"title": "=Second"}), curator)
    for ending in ("csv", "xlsx"):
        answer = client.get(reverse("admin:partnerships_import_reasons", args=[waiting.pk, ending]))
        content = answer.getvalue()
        sheet = importing.read_sheet(content)
        assert sheet.head[-1] == "What is wrong"
        assert sheet.rows[0][1][-1].startswith("started: “昭和70年”")
        assert sheet.rows[1][1][1] == "=Second"
        again = checked("partnerships", content, curator)
        assert (again.wrong, again.new, again.notices) == (1, 1, [])


# --- Who may what ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [Publication.PUBLISHED, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_a_curator_may_change_drafts_only(curator, editor, state):
    two_shores()
    make.published_partnership("tie")
    Partnership.objects.update(publication=state)
    line = csv_file({"slug": "tie", "title": "Another title"})
    assert "only editors may change it" in reasons(checked("partnerships", line, curator))
    imported("partnerships", line, editor)
    record = Partnership.objects.get()
    assert (record.title, record.publication) == ("Another title", state)


def test_a_curator_may_not_change_a_source_that_the_public_sees(curator):
    make.published_partnership(source=make.make_source("page"))
    assert "only editors may change it" in reasons(
        checked("sources", csv_file({"slug": "page", "title": "New"}), curator)
    )


def test_a_published_record_must_stay_fit_for_the_public(editor):
    make.published_partnership("tie", kind="event", themes=(make.make_theme("culture"),))
    make.make_actor("draft-town", name="Draft town", publication=Publication.DRAFT)
    line = {"slug": "tie", "themes": "", "sources": "", "us_participants": "draft-town"}
    found = problems_of(checked("partnerships", csv_file(line), editor, empties=True))
    assert {column for _number, column, _text in found} == {"themes", "sources", "us_participants"}


def test_publication_and_ids_cannot_be_written(editor):
    make.make_partnership("tie")
    for column in ("publication", "id", "pk"):
        with pytest.raises(UnreadableFileError, match="never written"):
            importing.begin(
                kind="partnerships", file_name="x.csv", content=csv_file({"slug": "tie", column: "1"}), by=editor
            )


def test_somebody_without_rights_brings_nothing():
    stranger = member(name="stranger")
    with pytest.raises(PermissionDenied):
        importing.begin(kind="sources", file_name="x.csv", content=csv_file({"title": "a"}), by=stranger)


def test_only_who_uploaded_goes_on(curator, editor):
    two_shores()
    waiting = checked("partnerships", csv_file(TIE), curator)
    with pytest.raises(NotNowError):
        importing.run(imported=waiting, by=editor)


def test_rights_that_were_taken_away_meanwhile_count(curator):
    two_shores()
    waiting = checked("partnerships", csv_file(TIE), curator)
    right = Permission.objects.get(codename="add_partnership")
    curator.groups.get().permissions.remove(right)
    for name in ("_perm_cache", "_group_perm_cache", "_user_perm_cache"):
        curator.__dict__.pop(name, None)
    assert importing.run(imported=waiting, by=curator).state == Import.State.CHECKING
    assert not Partnership.objects.exists()


# --- What changes meanwhile ------------------------------------------------------------------------------------------


def test_what_changed_since_the_preview_brings_the_preview_again(curator):
    record = make.make_partnership("tie", summary="Before")
    waiting = checked("partnerships", csv_file({"slug": "tie", "title": "From the file"}), curator)
    record.summary = "Edited meanwhile"
    record.save()
    again = importing.run(imported=waiting, by=curator)
    assert (again.state, again.position, again.lines.count()) == (Import.State.CHECKING, 0, 0)
    record.refresh_from_db()
    assert record.title != "From the file"
    again = importing.advance(imported=again, by=curator)
    importing.run(imported=again, by=curator)
    record.refresh_from_db()
    assert (record.title, record.summary) == ("From the file", "Edited meanwhile")


def test_what_changed_elsewhere_does_not_matter(curator):
    make.make_partnership("tie")
    waiting = checked("partnerships", csv_file({"slug": "tie", "title": "From the file"}), curator)
    make.make_partnership("another")
    assert importing.run(imported=waiting, by=curator).state == Import.State.DONE


def test_an_import_is_written_once(curator):
    two_shores()
    done = imported("partnerships", csv_file(TIE), curator)
    with pytest.raises(NotNowError):
        importing.run(imported=done, by=curator)


def test_the_file_is_kept_no_longer_than_needed(curator):
    two_shores()
    assert imported("partnerships", csv_file(TIE), curator).content is None
    old = checked("sources", csv_file({"title": "a"}), curator)
    Import.objects.filter(pk=old.pk).update(uploaded_at=timezone.now() - importing.KEPT_UNFINISHED * 1.01)
    checked("sources", csv_file({"title": "b"}), curator)
    assert not Import.objects.filter(pk=old.pk).exists()


def test_queries_do_not_grow_with_rows(curator):
    two_shores()
    lines = [TIE | {"title": f"Tie {number}"} for number in range(60)]

    def queries(count: int) -> tuple[int, int]:
        waiting = importing.begin(kind="partnerships", file_name="x.csv", content=csv_file(*lines[:count]), by=curator)
        with CaptureQueriesContext(connection) as checking:
            waiting = importing.advance(imported=waiting, by=curator)
        with CaptureQueriesContext(connection) as writing:
            importing.run(imported=waiting, by=curator)
        Partnership.objects.all().delete()
        return len(checking), len(writing)

    few, many = queries(5), queries(60)
    assert many[0] <= few[0] + 1
    assert many[1] <= few[1] + 2


# --- There and back --------------------------------------------------------------------------------------------------


def hostile_directory() -> None:
    two_shores()
    seattle, kobe = Actor.objects.get(slug="seattle"), Actor.objects.get(slug="kobe")
    for number, text in enumerate(
        ("=1+1", "'=1", "<b>&amp;</b>", "one\r\ntwo\tthree", "  spaces  ", '"; DROP', "a; b", "@x", "東京　都")
    ):
        record = make.published_partnership(
            f"tie-{number}", us=seattle, jp=kobe, title=text, title_ja=text, summary=text, note=text, started="1957-10"
        )
        make.cite(record, supports="dates")
    ActorName.objects.create(actor=kobe, name="兵庫津", language="ja", kind="former")
    make.make_source("hostile", title="=cmd|' /C calc'!A0", publisher="＝１")


@pytest.mark.parametrize("language", ["", "/ja"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", FLAT_FILES)
def test_what_a_list_exports_comes_back_unchanged(kind, ending, language, editor):
    hostile_directory()
    client = Client()
    client.force_login(editor)
    address = f"{language}{reverse(f'admin:partnerships_{FLAT_FILES[kind].model_name}_changelist')}export.{ending}"
    content = client.get(address).getvalue()
    waiting = checked(kind, content, editor)
    assert (waiting.new, waiting.changed, waiting.wrong) == (0, 0, 0), problems_of(waiting)
    assert waiting.unchanged == FLAT_FILES[kind].table.model.objects.count()
    assert waiting.notices == []


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["", "/ja"])
def test_the_public_table_comes_back_unchanged(ending, language, editor):
    hostile_directory()
    search.reindex()
    content = Client().get(f"{language}/partnerships.{ending}").getvalue()
    waiting = checked("partnerships", content, editor)
    assert (waiting.new, waiting.changed, waiting.wrong, waiting.unchanged) == (0, 0, 0, 9), problems_of(waiting)


def test_an_export_holds_what_the_list_shows(editor):
    make.make_partnership("kobe-tie", title="Kobe tie", kind="event")
    make.make_partnership("other-event", title="Other", kind="event")
    make.make_partnership("kobe-sister", title="Kobe sister", kind="sister")
    search.reindex()
    client = Client()
    client.force_login(editor)
    page = client.get(reverse("admin:partnerships_partnership_changelist"), {"kind__exact": "event", "q": "Kobe"})
    address = dict(page.context["files"])["As CSV"]
    lines = client.get(address).getvalue().decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["slug", "kobe-tie"]


def test_an_export_holds_no_formula(editor):
    make.make_source("page", title="=1+1", publisher="@x")
    client = Client()
    client.force_login(editor)
    lines = client.get(reverse("admin:partnerships_source_csv")).getvalue().decode("utf-8-sig").splitlines()
    assert "page,'=1+1,'@x," in lines[1]


def test_a_list_is_exported_to_those_who_may_see_it():
    client = Client()
    client.force_login(member(name="stranger"))
    for name in ("partnership", "actor", "source"):
        assert client.get(reverse(f"admin:partnerships_{name}_csv")).status_code == 403
        assert Client().get(reverse(f"admin:partnerships_{name}_xlsx")).status_code == 302


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("kind", FLAT_FILES)
def test_the_templates_examples_can_be_imported(kind, language, editor):
    client = Client()
    client.force_login(editor)
    for slug, name in (("culture", "Culture"), ("trade-investment", "Trade"), ("clean-energy", "Energy")):
        make.make_theme(slug, name=name)
    if kind == "partnerships":
        two_shores_without_themes()
        make.make_prefecture("aomori", "JP-02", name="Aomori", name_ja="青森県")
        make.make_state("maine", "US-ME", name="Maine")
    elif kind == "actors":
        make.make_prefecture(name="Hyogo Prefecture", name_ja="兵庫県")
    for ending in ("csv", "xlsx"):
        with translation.override(language):
            address = reverse("admin:partnerships_import_template", args=[kind, ending])
        content = client.get(address).getvalue() if ending == "xlsx" else client.get(address).content
        waiting = checked(kind, content, editor)
        assert (waiting.wrong, waiting.notices) == (0, []), problems_of(waiting)
        assert waiting.new >= 1
    sheet = load_workbook(io.BytesIO(content)).worksheets[1]
    words = " ".join(str(cell.value) for row in sheet for cell in row)
    for column in FLAT_FILES[kind].columns:
        assert column.name in words


def two_shores_without_themes() -> None:
    washington = make.make_state(name="Washington", name_ja="ワシントン州")
    make.make_actor("seattle", name="Seattle", parent=washington)
    make.make_actor("kobe", name="Kobe", name_ja="神戸市", country="JP")


# --- The data package ------------------------------------------------------------------------------------------------


def test_a_package_is_shown_and_written_like_any_file(editor, tmp_path):
    content = zipped(packages.write(tmp_path / "package"))
    waiting = checked("package", content, editor)
    assert (waiting.state, waiting.new, waiting.wrong) == (Import.State.CHECKED, 7, 0)
    assert not Partnership.objects.exists()
    importing.run(imported=waiting, by=editor)
    assert Partnership.objects.published().get().slug == "kobe-seattle"
    assert checked("package", content, editor).new == 0


def test_the_download_of_the_whole_directory_is_such_a_file(editor, tmp_path):
    imported("package", zipped(packages.write(tmp_path / "package")), editor)
    content = Client().get(reverse("data-package")).content
    waiting = checked("package", content, editor)
    assert (waiting.new, waiting.changed, waiting.wrong) == (0, 0, 0)


def test_a_package_overwrites_no_curators_work_unless_told_to(editor, tmp_path):
    folder = packages.write(tmp_path / "package")
    imported("package", zipped(folder), editor)
    Partnership.objects.filter(slug="kobe-seattle").update(summary="Edited here")
    rows = packages.small_package()
    packages.change(rows, "partnerships", summary="From the package")
    content = zipped(packages.write(folder, rows))
    waiting = checked("package", content, editor)
    assert "kobe-seattle was changed here since it was loaded (summary)" in reasons(waiting)
    waiting = importing.check_again(imported=waiting, by=editor, edited="keep")
    waiting = importing.advance(imported=waiting, by=editor)
    assert (waiting.wrong, waiting.changed) == (0, 0)
    waiting = importing.check_again(imported=waiting, by=editor, edited="overwrite")
    waiting = importing.advance(imported=waiting, by=editor)
    importing.run(imported=waiting, by=editor)
    assert Partnership.objects.get().summary == "From the package"


def test_what_is_wrong_in_a_package_is_told_by_table_row_and_column(editor, tmp_path):
    rows = packages.small_package()
    packages.change(rows, "partnerships", started="soon")
    waiting = checked("package", zipped(packages.write(tmp_path / "package", rows)), editor)
    assert "partnerships.csv, row 2, column started" in reasons(waiting)


def test_packages_are_for_editors(curator, tmp_path):
    with pytest.raises(PermissionDenied):
        importing.begin(kind="package", file_name="p.zip", content=zipped(packages.write(tmp_path / "p")), by=curator)


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/passwd", "evil.py", "folder/partnerships.csv"])
def test_a_package_with_foreign_files_is_refused(editor, tmp_path, name):
    with pytest.raises(UnreadableFileError, match="does not belong"):
        importing.begin(
            kind="package", file_name="p.zip", content=zipped(packages.write(tmp_path / "p"), **{name: b"x"}), by=editor
        )


def test_a_package_that_lacks_a_table_is_refused(editor, tmp_path):
    folder = packages.write(tmp_path / "p")
    (folder / "themes.csv").unlink()
    with pytest.raises(UnreadableFileError, match=r"“themes\.csv” is missing"):
        importing.begin(kind="package", file_name="p.zip", content=zipped(folder), by=editor)


# --- By chance -------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.binary(max_size=300), some.sampled_from(["partnerships", "actors", "sources", "package"]))
def test_whatever_is_uploaded_the_page_answers(editor, content, kind):
    client = Client()
    client.force_login(editor)
    file = io.BytesIO(content)
    file.name = "some.csv"
    answer = client.post(reverse("admin:partnerships_import_add"), {"kind": kind, "file": file})
    assert answer.status_code in {302, 422}


cell = some.text(max_size=20) | some.sampled_from(
    ["=1+1", "<b>", "昭和70年", "; ;", "| | |", "\x00", "seattle", "US-WA"]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.sampled_from([*FLAT_FILES]), some.data())
def test_whatever_stands_in_the_cells_the_rows_are_checked(editor, kind, data):
    columns = [column.name for column in FLAT_FILES[kind].columns]
    rows = data.draw(some.lists(some.fixed_dictionaries(dict.fromkeys(columns, cell)), min_size=1, max_size=3))
    rows.append(dict.fromkeys(columns, "x"))
    try:
        waiting = checked(kind, csv_file(*rows).replace(b"\x00", b"0"), editor, empties=True)
    except UnreadableFileError as refused:
        assert str(refused)
        return
    assert waiting.state == Import.State.CHECKED
    assert waiting.lines.count() == waiting.new + waiting.changed + waiting.unchanged + waiting.wrong
    assert not ImportLine.objects.filter(outcome="wrong", problems=[]).exists()
