"""Registers held against the directory: planted disagreements found and classed, and nothing decided by itself."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from partnerships.models import (
    Actor,
    ActorName,
    Country,
    PartialDate,
    Partnership,
    Publication,
    RegisterDifference,
    RegisterEntry,
    Source,
)
from partnerships.package.tables import TABLE
from partnerships.registers.comparing import Verdict
from partnerships.registers.dates import read_date
from partnerships.registers.reading import UnreadableError, template
from partnerships.registers.words import explain
from partnerships.services import records
from partnerships.services.reconciling import RefusedDecisionError, decide, link, reconcile, start_draft

from . import factories as make
from .admin_forms import signed_in

pytestmark = pytest.mark.django_db

DAY = PartialDate(2026, 11, 20)
LATER = PartialDate(2026, 11, 25)


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day on which all of this happens: readings lie before it."""
    monkeypatch.setattr(timezone, "localdate", lambda moment=None: moment.date() if moment else dt.date(2026, 11, 26))


@pytest.fixture
def places() -> dict[str, Actor]:
    """Two states and two prefectures with a few places, some of one name."""
    oregon = make.make_state("oregon", "US-OR", name_ja="オレゴン州")
    maine = make.make_state("maine", "US-ME", name_ja="メイン州")
    hokkaido = make.make_prefecture("hokkaido-prefecture", "JP-01", name="Hokkaido", name_ja="北海道")
    hyogo = make.make_prefecture("hyogo-prefecture", "JP-28", name="Hyogo Prefecture", name_ja="兵庫県")
    japan = {"country": Country.JP}
    made = {
        "portland": make.make_actor("portland-or", name="Portland", name_ja="ポートランド", parent=oregon),
        "portland-me": make.make_actor("portland-me", name="Portland", name_ja="ポートランド", parent=maine),
        "bend": make.make_actor("bend-or", name="Bend", name_ja="ベンド", parent=oregon),
        "salem": make.make_actor("salem-or", name="Salem", name_ja="セーラム", parent=oregon),
        "sapporo": make.make_actor(
            "sapporo", name="Sapporo", name_ja="札幌市", name_kana="さっぽろし", parent=hokkaido, **japan
        ),
        "kobe": make.make_actor("kobe", name="Kobe", name_ja="神戸市", name_kana="こうべし", parent=hyogo, **japan),
        "tamba": make.make_actor("tamba", name="Tamba", name_ja="丹波市", parent=hyogo, **japan),
    }
    made["kaibara"] = make.make_actor(
        "kaibara",
        name="Kaibara",
        name_ja="柏原町",
        kind=Actor.Kind.TOWN,
        parent=hyogo,
        successor=made["tamba"],
        dissolved_on="2004-11-01",
        **japan,
    )
    return made


@pytest.fixture
def tie(places: dict[str, Actor]) -> Partnership:
    return make.published_partnership(
        "portland-sapporo", us=places["portland"], jp=places["sapporo"], started="1959-11-17", status="active"
    )


def read(
    *rows: str, header: str = "key,us_name,jp_name,date,status", read_on: PartialDate = DAY, **options: Any
) -> Any:
    """A reading of these rows; a part of the register, unless the test says otherwise."""
    content = "\r\n".join([header, *rows]).encode()
    return reconcile(content=content, **{"register": "sci", "read_on": read_on, "is_part": True} | options)


def kinds_of(report: Any) -> list[str]:
    [result] = [result for result in report.results if result.entry]
    return [point.kind for point in result.points]


def words_of(report: Any) -> str:
    return " ".join(sentence for result in report.results for sentence in explain(result.explanation))


# --- What agrees ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("us_name", "jp_name"),
    [
        ("Portland", "Sapporo"),
        ('"Portland, Oregon"', "Sapporo-shi"),
        ('"PORTLAND, OR, USA"', '"City of Sapporo, Hokkaido, Japan"'),
        ("Portland Ore.", "さっぽろ"),
        ("オレゴン州ポートランド市", "北海道札幌市"),
        ("ポートランド（オレゴン州）", "ｻｯﾎﾟﾛ"),
        ("City of Portland (OR)", "Sapporo (札幌市)"),
    ],
)
def test_it_knows_a_tie_however_the_register_writes_its_places(tie, us_name, jp_name):
    report = read(f'1,{us_name},{jp_name},"November 17, 1959",active')
    [result] = report.results
    assert (result.verdict, result.tie.pk) == (Verdict.AGREES, tie.pk)
    assert not RegisterDifference.objects.exists()


def test_a_year_against_a_day_agrees_to_the_year_and_says_so(tie):
    report = read("1,Portland,Sapporo,1959,active")
    assert report.results[0].verdict == Verdict.AGREES
    assert "agree to the year: the register says 1959, the directory 17 November 1959" in words_of(report)


def test_another_name_of_a_place_is_explained(tie, places):
    ActorName.objects.create(actor=places["sapporo"], name="Satporo", language="en", kind="romanised")
    report = read("1,Portland,Satporo,1959,")
    assert report.results[0].verdict == Verdict.AGREES
    assert "“Satporo” is Sapporo, Hokkaido (other romanisation: Satporo)." in words_of(report)


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("昭和34年11月17日", "1959-11-17"),
        ("S34.11.17", "1959-11-17"),
        ("平成元年", "1989"),
        ("１９５９年１１月", "1959-11"),
        ("17th of November 1959", "1959-11-17"),
        ("Nov. 17, 1959", "1959-11-17"),
        ("11/17/1959", "1959-11-17"),
        ("1959年(昭和34年)11月17日", "1959-11-17"),
        ("1959-11-17T00:00:00Z", "1959-11-17"),
    ],
)
def test_it_reads_dates_as_registers_write_them(written, date):
    found = read_date(written)
    assert found is not None
    assert (str(found.date), found.is_uncertain) == (date, False)


def test_a_date_whose_day_may_be_its_month_is_taken_as_a_year():
    found = read_date("3/10/1957")
    assert found is not None
    assert (str(found.date), found.is_uncertain) == ("1957", True)


# --- Planted disagreements --------------------------------------------------------------------------------------------


def test_a_date_off_by_one_day_is_found(tie):
    report = read("1,Portland,Sapporo,1959-11-18,active")
    assert report.results[0].verdict == Verdict.DIFFERS
    assert kinds_of(report) == ["date"]
    assert "1 day apart" in words_of(report)


def test_another_year_is_found(tie):
    report = read("1,Portland,Sapporo,1960,active")
    assert kinds_of(report) == ["date"]
    assert "1 calendar year apart" in words_of(report)


def test_a_date_that_only_the_register_has_is_a_difference(tie):
    Partnership.objects.update(started=None)
    report = read("1,Portland,Sapporo,1959,active")
    assert kinds_of(report) == ["date"]
    assert "the directory has no date" in words_of(report)


def test_a_date_that_is_not_understood_is_a_difference_and_not_agreement(tie):
    assert kinds_of(read("1,Portland,Sapporo,around 1959,active")) == ["date"]


@pytest.mark.parametrize("status", ["ended", "解消"])
def test_a_tie_that_the_register_calls_ended_is_found(tie, status):
    report = read(f"1,Portland,Sapporo,1959,{status}")
    assert kinds_of(report) == ["status"]
    assert f"The register says “{status}”, the directory “Active”." in words_of(report)


def test_a_status_that_is_not_understood_is_a_difference(tie):
    assert kinds_of(read("1,Portland,Sapporo,1959,blooming")) == ["status"]


def test_a_non_member_is_told_apart_from_an_ended_tie(tie):
    report = read("1,Portland,Sapporo,1959,Non-member")
    assert kinds_of(report) == ["membership"]
    assert "about membership, not about the tie" in words_of(report)
    assert kinds_of(read("1,Portland,Sapporo,1959,Member")) == []


def test_a_friendship_tie_in_the_register_is_not_a_sister_tie(tie):
    assert kinds_of(read("1,Portland,Sapporo,1959,友好都市")) == ["tie_kind"]


def test_swapped_sides_are_found(tie):
    report = read('1,札幌市,"Portland, Oregon",1959-11-17,active')
    assert report.results[0].tie.pk == tie.pk
    assert kinds_of(report) == ["reversed"]
    assert "Portland, Oregon stands on the Japanese side and Sapporo, Hokkaido on the American one" in words_of(report)


def test_a_town_that_merged_is_found_under_the_name_of_what_it_became(places):
    tie = make.published_partnership("bend-kaibara", us=places["bend"], jp=places["kaibara"])
    report = read("1,Bend,丹波市,,active")
    assert report.results[0].tie.pk == tie.pk
    assert kinds_of(report) == ["former_name"]
    assert "Kaibara, Hyogo merged into Tamba, Hyogo (1 November 2004)." in words_of(report)
    assert "The directory has the tie with Kaibara, Hyogo, which signed it." in words_of(report)


def test_a_tie_of_the_merged_city_is_found_under_the_old_towns_name(places):
    tie = make.published_partnership("bend-tamba", us=places["bend"], jp=places["tamba"])
    report = read("1,Bend,Kaibara-cho,,active")
    assert report.results[0].tie.pk == tie.pk
    assert kinds_of(report) == ["former_name"]
    assert "The directory has the tie with Tamba, Hyogo, of today." in words_of(report)


def test_a_former_name_of_the_same_place_is_found(tie, places):
    ActorName.objects.create(actor=places["sapporo"], name="Satsuporo", language="en", kind="former")
    report = read("1,Portland,Satsuporo,1959,active")
    assert report.results[0].tie.pk == tie.pk
    assert kinds_of(report) == ["former_name"]
    assert "Sapporo, Hokkaido was called Satsuporo before" in words_of(report)


def test_duplicates_in_the_directory_under_old_and_new_name_are_several_candidates(places):
    make.published_partnership("bend-kaibara", us=places["bend"], jp=places["kaibara"])
    make.published_partnership("bend-tamba", us=places["bend"], jp=places["tamba"])
    report = read("1,Bend,Tamba,,")
    assert report.results[0].verdict == Verdict.SEVERAL
    assert kinds_of(report) == ["several"]
    assert RegisterEntry.objects.get().partnership is None


def test_a_tie_that_the_register_has_twice_under_two_names_is_found(places):
    make.published_partnership("bend-kaibara", us=places["bend"], jp=places["kaibara"])
    report = read("1,Bend,Kaibara,,", "2,Bend,Tamba,,")
    assert [[point.kind for point in result.points] for result in report.results] == [
        ["twice"],
        ["former_name", "twice"],
    ]


def test_a_homonym_without_such_a_tie_is_said_and_not_guessed(places):
    report = read("1,Portland,Kobe,,")
    assert report.results[0].verdict == Verdict.ONLY_THERE
    assert kinds_of(report) == ["ambiguous"]
    assert "Portland, Maine; Portland, Oregon" in words_of(report)


def test_a_homonym_is_decided_by_the_tie_alone_and_that_is_said_and_not_linked(tie):
    report = read("1,Portland,Sapporo,1959,")
    assert report.results[0].tie.pk == tie.pk
    assert "2 places are called “Portland”; only Portland, Oregon has such a tie" in words_of(report)
    assert RegisterEntry.objects.get().partnership is None


def test_homonyms_that_both_have_such_a_tie_are_several_candidates(tie, places):
    make.published_partnership("portland-me-sapporo", us=places["portland-me"], jp=places["sapporo"])
    assert kinds_of(read("1,Portland,Sapporo,,")) == ["several"]
    assert kinds_of(read('1,"Portland, Maine",Sapporo,,', read_on=LATER)) == []


def test_the_state_of_another_place_is_no_match(tie):
    report = read('1,"Portland, Maine",Sapporo,1959,')
    assert kinds_of(report) == ["no_tie"]


def test_a_place_that_is_not_in_the_state_named_is_unknown_and_says_where_it_is(tie):
    report = read('1,"Bend, Maine",Sapporo,,')
    assert kinds_of(report) == ["place_unknown"]
    assert "“Bend, Maine” is not known there; places of this name: Bend, Oregon." in words_of(report)


def test_an_unknown_place_before_a_known_state_is_not_taken_as_the_state(places):
    make.published_partnership("oregon-hyogo", us=Actor.objects.get(slug="oregon"), jp=places["kobe"])
    assert kinds_of(read('1,"Nowhere, Oregon",Kobe,,')) == ["place_unknown"]


def test_an_unknown_place_is_said(tie):
    report = read("1,Portland,Zzyzx,,")
    assert kinds_of(report) == ["place_unknown"]
    assert "No Japanese place is known as “Zzyzx”." in words_of(report)


def test_a_tie_between_known_places_that_the_directory_lacks_is_only_there(places):
    other = make.published_partnership("salem-kobe", us=places["salem"], jp=places["kobe"], kind="project")
    report = read("1,Salem,Kobe,1990,")
    assert report.results[0].verdict == Verdict.ONLY_THERE
    assert kinds_of(report) == ["no_tie"]
    assert f"The two have something else together: “{other.title}” (Project)." in words_of(report)


def test_an_archived_tie_is_no_match_but_mentioned(tie):
    Partnership.objects.update(publication=Publication.ARCHIVED)
    report = read('1,"Portland, Oregon",Sapporo,,')
    assert kinds_of(report) == ["no_tie"]
    assert "was archived" in words_of(report)


def test_a_draft_is_compared_and_said_to_be_no_public_record(tie):
    Partnership.objects.update(publication=Publication.DRAFT)
    report = read('1,"Portland, Oregon",Sapporo,1959,active')
    assert report.results[0].verdict == Verdict.AGREES
    assert "is not public yet" in words_of(report)


def test_what_the_register_lacks_is_only_here_and_says_what_that_means(tie, places):
    missing = make.published_partnership("salem-kobe", us=places["salem"], jp=places["kobe"], status="active")
    make.published_partnership("bend-kobe", us=places["bend"], jp=places["kobe"], status="ended")
    report = read("1,Portland,Sapporo,1959,", is_part=False)
    [result] = [result for result in report.results if result.entry is None]
    assert (result.verdict, result.tie.pk) == (Verdict.ONLY_HERE, missing.pk)
    assert "often means that no dues were paid" in words_of(report)
    difference = RegisterDifference.objects.get()
    assert (difference.kind, difference.partnership) == ("only_here", missing)


def test_a_part_of_a_register_says_nothing_of_what_it_lacks(tie):
    report = read("1,Bend,Kobe,,")
    assert report.verdicts[Verdict.ONLY_HERE] == 0


def test_nothing_in_the_directory_is_changed(tie, places):
    def directory() -> list[Any]:
        kept = [records.states(TABLE[name]) for name in ("partnerships", "actors", "sources")]
        return [kept, Partnership.history.count(), list(Partnership.objects.values_list("updated_at"))]

    before = directory()
    read("1,Portland,Sapporo,1958-01-01,ended", "2,Bend,Kobe,,", "3,札幌市,Portland,1960,", is_part=False)
    assert RegisterDifference.objects.filter(state="open").count() == RegisterDifference.objects.count() > 4
    assert directory() == before


# --- Readings one after another ---------------------------------------------------------------------------------------


def test_the_entry_is_kept_verbatim_with_the_day_it_was_read(tie):
    read('S-1,"  Portland, ORE. ",札幌市,Ｓ34,Member')
    entry = RegisterEntry.objects.get()
    assert (entry.us_name, entry.jp_name, entry.date_text, entry.status_text) == (
        "Portland, ORE.",
        "札幌市",
        "Ｓ34",
        "Member",
    )
    assert (entry.key, entry.read_on, entry.partnership) == ("S-1", DAY, tie)


def test_reading_the_same_file_again_adds_nothing(tie):
    rows = ("1,Portland,Sapporo,1960,ended", "2,Bend,Kobe,,", "3,Portland,Zzyzx,,")
    first = read(*rows, is_part=False)
    kept = [list(model.objects.order_by("pk").values()) for model in (RegisterEntry, RegisterDifference)]
    histories = RegisterEntry.history.count(), RegisterDifference.history.count()
    second = read(*rows, is_part=False)
    assert kept == [list(model.objects.order_by("pk").values()) for model in (RegisterEntry, RegisterDifference)]
    assert histories == (RegisterEntry.history.count(), RegisterDifference.history.count())
    assert (second.entries["unchanged"], second.differences["new"]) == (3, 0)
    assert [(result.verdict, result.explanation) for result in first.results] == [
        (result.verdict, result.explanation) for result in second.results
    ]


def test_the_order_of_rows_does_not_change_what_is_found(tie):
    rows = ["1,Portland,Sapporo,1960,ended", "2,Bend,Kobe,,", "3,Portland,Zzyzx,,", "4,Portland,Sapporo,1959,"]
    there = {result.entry.key: (result.verdict, result.explanation) for result in read(*rows, dry_run=True).results}
    back = {
        result.entry.key: (result.verdict, result.explanation) for result in read(*rows[::-1], dry_run=True).results
    }
    assert there == back


def test_what_it_said_before_stays_in_history(tie):
    read("1,Portland,Sapporo,1958,")
    read("1,Portland,Sapporo,1959,", read_on=LATER)
    entry = RegisterEntry.objects.get()
    assert (entry.date_text, entry.read_on) == ("1959", LATER)
    assert [(past.date_text, past.read_on) for past in entry.history.order_by("history_id")] == [
        ("1958", DAY),
        ("1959", LATER),
    ]


def test_a_difference_that_is_gone_is_closed_with_that_reason(tie):
    read("1,Portland,Sapporo,1958,")
    read("1,Portland,Sapporo,1959,", read_on=LATER)
    difference = RegisterDifference.objects.get()
    assert (difference.state, difference.by) == ("settled", None)
    assert explain(difference.reasons)[-1] == "The reading of 25 November 2026 no longer differs in this."


def test_a_difference_is_closed_when_the_directory_was_corrected(tie):
    read("1,Portland,Sapporo,1958,")
    Partnership.objects.update(started="1958")
    read("1,Portland,Sapporo,1958,")
    assert RegisterDifference.objects.get().state == "settled"


def test_a_dismissed_difference_stays_dismissed_until_the_register_says_something_else(tie):
    read("1,Portland,Sapporo,1958,")
    curator = User.objects.create_user("curator")
    decide(difference=RegisterDifference.objects.get(), state="dismissed", by=curator, note="Theirs is a slip.")
    read("1,Portland,Sapporo,1958,Member", read_on=LATER)
    difference = RegisterDifference.objects.get()
    assert (difference.state, difference.by, difference.note) == ("dismissed", curator, "Theirs is a slip.")
    read("1,Portland,Sapporo,1957,Member", read_on=LATER)
    difference.refresh_from_db()
    assert (difference.state, difference.by, difference.note) == ("open", None, "")
    assert "Theirs is a slip." in difference.history.values_list("note", flat=True)


def test_a_settled_difference_is_asked_again_by_a_later_reading_that_still_differs(tie):
    read("1,Portland,Sapporo,1958,")
    curator = User.objects.create_user("curator")
    decide(difference=RegisterDifference.objects.get(), state="settled", by=curator)
    RegisterDifference.objects.update(decided_at=dt.datetime(2026, 11, 21, tzinfo=dt.UTC))
    read("1,Portland,Sapporo,1958,")
    assert RegisterDifference.objects.get().state == "settled"
    read("1,Portland,Sapporo,1958,", read_on=LATER)
    assert RegisterDifference.objects.get().state == "open"


def test_an_entry_that_the_register_dropped_closes_its_differences_and_is_told(tie, places):
    read('1,"Portland, Oregon",Sapporo,1958,', is_part=False)
    read("2,Bend,Kobe,,", is_part=False, read_on=LATER)
    assert RegisterEntry.objects.count() == 2
    assert RegisterDifference.objects.get(kind="date").state == "settled"
    only_here = RegisterDifference.objects.get(kind="only_here")
    assert "It had it when it was read before (20 November 2026), as “1”." in explain(only_here.reasons)


def test_what_was_only_here_is_closed_when_the_register_lists_it(tie):
    read("2,Bend,Kobe,,", is_part=False)
    assert RegisterDifference.objects.get(kind="only_here").state == "open"
    read("1,Portland,Sapporo,1959,", read_on=LATER)
    assert RegisterDifference.objects.get(kind="only_here").state == "settled"


def test_an_older_reading_does_not_replace_a_newer_one(tie):
    read("1,Portland,Sapporo,1959,", read_on=LATER)
    with pytest.raises(UnreadableError, match="read again on a later day"):
        read("1,Portland,Sapporo,1958,", read_on=DAY)
    assert RegisterEntry.objects.get().date_text == "1959"


def test_two_registers_keep_their_own_entries_and_tasks(tie):
    read("1,Portland,Sapporo,1958,", register="sci")
    read("1,Portland,Sapporo,1958,", register="clair")
    assert RegisterEntry.objects.count() == RegisterDifference.objects.count() == 2


def test_a_link_that_somebody_decided_on_is_followed_and_kept(tie):
    read("1,Rose City,Sapporo,1958,")
    entry = RegisterEntry.objects.get()
    link(entry=entry, partnership=tie, by=User.objects.create_user("curator"))
    report = read("1,Rose City,Sapporo,1958,")
    assert kinds_of(report) == ["date"]
    assert RegisterDifference.objects.get(kind="place_unknown").state == "settled"
    assert RegisterEntry.objects.get().partnership == tie


def test_a_link_that_nobody_decided_on_follows_the_names(tie, places):
    read('1,"Portland, Oregon",Sapporo,1959,')
    assert RegisterEntry.objects.get().partnership == tie
    make.published_partnership("portland-sapporo-again", us=places["portland"], jp=places["sapporo"])
    read('1,"Portland, Oregon",Sapporo,1959,')
    assert RegisterEntry.objects.get().partnership is None


def test_a_dry_run_changes_nothing(tie):
    report = read("1,Portland,Sapporo,1958,", dry_run=True)
    assert (report.entries["new"], report.differences["new"]) == (1, 1)
    assert not RegisterEntry.objects.exists()
    assert not RegisterDifference.objects.exists()


# --- Files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_it_reads_files_of_real_offices(tie, encoding, delimiter):
    lines = [
        ["台帳", "米国側", "日本側", "提携日", "状況"],
        ["クレア", "ポートランド市", " 札幌市 ", "昭和34年", "交流中"],
    ]
    content = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    report = reconcile(content=content, read_on=DAY, is_part=True)
    assert report.results[0].verdict == Verdict.AGREES
    assert RegisterEntry.objects.get().register == "clair"


def test_the_template_can_be_read_and_names_every_column(places):
    report = reconcile(content=template().encode(), read_on=DAY)
    assert (report.results[0].entry.key, report.unused) == ("SCI-0421", [])


def test_columns_that_nobody_asks_for_are_named(tie):
    report = read("1,Portland,Sapporo,red", header="key,us_name,jp_name,colour")
    assert report.unused == ["colour"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,,Sapporo,,,,", "“us_name” names nobody"),
        ("1,Portland,!!!,,,,", "“jp_name” names nobody"),
        ("1,Portland,Sapporo,,,javascript:alert(1),", "is not an address that begins with"),
        ("1,Portland,Sapporo,,,,2031-01-01", "still to come"),
        ("1,Portland,Sapporo,,,,yesterday", "is not a day on which it was read"),
        (f"1,{'P' * 201},Sapporo,,,,", "longer than 200 characters"),
        ("1,Port\x00land,Sapporo,,,,", "control characters"),
        ("1,Port\x1b[31mland,Sapporo,,,,", "control characters"),
        ("1,Portland,Sapporo,,,,,,more", "more cells than the header"),
        ('1,"Portland,Sapporo', "not valid CSV"),
        ("2,Salem,Kobe,,,,", "the key “2” stands in row 2 already"),
    ],
)
def test_a_bad_row_says_which_and_why_and_nothing_is_changed(tie, row, reason):
    with pytest.raises(UnreadableError) as refused:
        read("2,Bend,Kobe,,,,", row, header="key,us_name,jp_name,date,status,url,read_on")
    [told] = [str(problem) for problem in refused.value.problems]
    assert told.startswith("Row 3: ")
    assert reason in told
    assert not RegisterEntry.objects.exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the column “us_name” is missing"),
        (b"us_name,jp_name\r\n", "has no rows"),
        (b"us_name,us,jp_name\r\nA,B,C", "stands twice"),
        (b"\xff\xfe\x00\x81", "neither UTF-8 nor Shift_JIS"),
        (b"us_name,jp_name\r\nPortland,Sapporo", "does not say which register"),
        (b"register,us_name,jp_name\r\nphone book,Portland,Sapporo", "“phone book” is no register"),
        (b"x" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_a_file_that_is_none_is_refused(content, reason):
    with pytest.raises(UnreadableError, match=reason):
        reconcile(content=content, read_on=DAY)


def test_hostile_text_is_kept_and_shown_as_text(tie):
    hostile = "\"><script>alert('x')</script>{{ 7*7 }}"
    row = ",".join(
        f'"{text}"' for text in ("=1+1", hostile.replace('"', '""'), "Sapporo", hostile.replace('"', '""')[:60], "x")
    )
    read(row)
    client = signed_in("curators", "Curators")
    difference = RegisterDifference.objects.get()
    for address in (
        reverse("admin:partnerships_registerdifference_change", args=[difference.pk]),
        reverse("admin:partnerships_registerdifference_changelist"),
        reverse("admin:partnerships_registerentry_changelist"),
    ):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


# --- The command ------------------------------------------------------------------------------------------------------


def run(path: Path, *options: str) -> str:
    out = StringIO()
    call_command("reconcile", str(path), *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_says_what_it_found_and_keeps_it(tie, tmp_path):
    path = tmp_path / "register.csv"
    path.write_text('us_name,jp_name,date\n"Portland, Oregon",Sapporo,1958\n', encoding="utf-8")
    told = run(path, "--register", "sci", "--read-on", "2026-11-20", "--dry-run")
    assert "Dry run, nothing was changed: 1 new entries" in told
    assert not RegisterEntry.objects.exists()
    told = run(path, "--register", "sci", "--read-on", "2026-11-20")
    assert "Differs: row 2, Portland, Oregon – Sapporo" in told
    assert "the register says 1958" in told.replace("The", "the")
    assert RegisterEntry.objects.get().key == "Portland, Oregon – Sapporo"


@pytest.mark.parametrize("options", [["--register", "sci", "--read-on", "soon"], []])
def test_the_command_fails_with_the_reason(tie, tmp_path, options):
    path = tmp_path / "register.csv"
    path.write_text("us_name,jp_name\nPortland,Sapporo\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"[Nn]othing was changed"):
        run(path, *options)
    assert not RegisterEntry.objects.exists()


def test_the_command_fails_where_there_is_no_file(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "missing.csv", "--register", "sci")


def test_a_reading_needs_no_query_per_entry(tie):
    def queries(count: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            read(*(f"{count}-{number},Portland,Nowhere,,ended" for number in range(count)))
        return len(captured)

    # What is written goes in batches, of as many rows as SQLite takes at once.
    assert queries(10) < 20
    assert queries(500) < 40


# --- The desk ---------------------------------------------------------------------------------------------------------

UPLOAD = "admin:reconcile"


def upload(client: Client, content: bytes, **fields: Any) -> Any:
    posted = {"file": SimpleUploadedFile("register.csv", content), "register": "sci", "read_on": "2026-11-20"}
    return client.post(reverse(UPLOAD), posted | fields)


def test_a_curator_reads_a_file_and_finds_the_tasks_on_the_desk(tie):
    client = signed_in("curators", "Curators")
    page = upload(client, "us_name,jp_name,date\nPortland,札幌市,1958".encode("cp932"), is_part="on").content.decode()
    assert "1 calendar year apart" in page
    desk = client.get("/admin/")
    [task] = [task for task in desk.context["waiting"] if "registerdifference" in task.address]
    assert task.count == 1
    assert client.get(task.address).context["cl"].result_count == 1


def test_a_trial_on_the_page_keeps_nothing(tie):
    page = upload(signed_in("curators", "Curators"), b"us_name,jp_name,date\nPortland,Sapporo,1958", dry_run="on")
    assert "Nothing was kept." in page.content.decode()
    assert not RegisterEntry.objects.exists()


def test_the_page_names_every_row_that_cannot_be_taken(tie):
    page = upload(
        signed_in("curators", "Curators"), b"us_name,jp_name,url\nPortland,,\nPortland,Sapporo,ftp://x"
    ).content.decode()
    assert "Row 2: “jp_name” names nobody." in page
    assert "Row 3: “ftp://x” is not an address" in page
    assert not RegisterEntry.objects.exists()


def test_the_list_of_entries_leads_to_the_page_for_reading(tie):
    listed = reverse("admin:partnerships_registerentry_changelist")
    assert reverse(UPLOAD) in signed_in("curators", "Curators").get(listed).content.decode()


def test_the_template_is_downloaded():
    answer = signed_in("curators", "Curators").get(reverse("admin:reconcile_template"))
    assert answer.content.decode() == template()
    assert "attachment" in answer["Content-Disposition"]


def difference_page(difference: RegisterDifference) -> str:
    return reverse("admin:partnerships_registerdifference_change", args=[difference.pk])


def test_a_difference_shows_both_sides_with_the_directorys_sources(tie):
    read('1,"Portland, Oregon",Sapporo,1958,Member')
    page = signed_in("curators", "Curators").get(difference_page(RegisterDifference.objects.get())).content.decode()
    for shown in ("Portland, Oregon", "1958", "17 November 1959", tie.citations.get().source.title, tie.title):
        assert shown in page


def test_a_difference_is_explained_in_japanese_too(tie):
    read('1,"Portland, Oregon",Sapporo,1958,')
    with translation.override("ja"):
        told = " ".join(explain(RegisterDifference.objects.get().reasons))
    assert "「Sapporo」は北海道札幌市です。" in told
    assert "1959年11月17日" in told


def test_a_curator_settles_and_dismisses_and_opens_again(tie):
    read("1,Portland,Sapporo,1958,")
    difference = RegisterDifference.objects.get()
    client = signed_in("curators", "Curators")
    for state, note in (("settled", "Corrected."), ("open", ""), ("dismissed", "Theirs is a slip.")):
        assert client.post(difference_page(difference), {"decision": state, "note": note}).status_code == 302
        difference.refresh_from_db()
        assert (difference.state, difference.note) == (state, note)
    assert difference.by is not None
    assert difference.by.username == "curators"


def test_dismissing_needs_a_reason(tie):
    read("1,Portland,Sapporo,1958,")
    difference = RegisterDifference.objects.get()
    page = signed_in("curators", "Curators").post(difference_page(difference), {"decision": "dismissed", "note": " "})
    assert "say why the directory stays as it is" in page.content.decode()
    difference.refresh_from_db()
    assert difference.state == "open"
    with pytest.raises(IntegrityError), transaction.atomic():
        RegisterDifference.objects.update(state="dismissed", decided_at=timezone.now())


def test_a_draft_is_started_from_an_entry_with_the_register_as_its_source(places):
    header = "key,us_name,jp_name,date,status,url"
    read('7,"Salem, OR",神戸市,平成2年5月,active,https://example.org/7', header=header)
    difference = RegisterDifference.objects.get()
    answer = signed_in("curators", "Curators").post(difference_page(difference), {"decision": "draft"})
    draft = Partnership.objects.get()
    assert answer["Location"] == reverse("admin:partnerships_partnership_change", args=[draft.pk])
    assert (draft.publication, draft.slug, draft.title) == (
        "draft",
        "salem-kobe-sister-city",
        "Salem–Kobe sister cities",
    )
    assert (str(draft.started), draft.status) == ("1990-05", "active")
    assert set(draft.actors.all()) == {places["salem"], places["kobe"]}
    assert draft.citations.get().source.url == "https://example.org/7"
    entry = RegisterEntry.objects.get()
    assert (entry.partnership, entry.is_linked_by_hand) == (draft, True)
    difference.refresh_from_db()
    assert difference.state == "open"


def test_a_draft_holds_only_participants_that_are_beyond_doubt(places):
    read("7,Portland,Kobe,,")
    draft = start_draft(entry=RegisterEntry.objects.get(), by=User.objects.create_user("curator"))
    assert list(draft.actors.all()) == [places["kobe"]]
    assert draft.title == "Portland–Kobe sister cities"
    with pytest.raises(RefusedDecisionError):
        start_draft(entry=RegisterEntry.objects.get(), by=User.objects.get())


def test_a_source_with_the_same_address_is_cited_and_not_made_again(places):
    source = make.make_source("there", url="https://example.org/7")
    read("7,Salem,Kobe,,,https://example.org/7", header="key,us_name,jp_name,date,status,url")
    draft = start_draft(entry=RegisterEntry.objects.get(), by=User.objects.create_user("curator"))
    assert draft.citations.get().source == source
    assert Source.objects.count() == 1


def test_choosing_the_record_of_an_entry_in_its_form_is_a_decision(tie):
    read("1,Rose City,Sapporo,1958,")
    entry = RegisterEntry.objects.get()
    posted = {
        "register": "sci",
        "key": "1",
        "us_name": "Rose City",
        "jp_name": "Sapporo",
        "date_text": "1958",
        "read_on": "2026-11-20",
        "partnership": tie.pk,
    }
    address = reverse("admin:partnerships_registerentry_change", args=[entry.pk])
    assert signed_in("curators", "Curators").post(address, posted).status_code == 302
    entry.refresh_from_db()
    assert (entry.partnership, entry.is_linked_by_hand) == (tie, True)


def test_who_may_not_change_entries_may_not_read_registers(tie):
    read("1,Portland,Sapporo,1958,")
    client = signed_in("nobody")
    difference = RegisterDifference.objects.get()
    assert client.get(reverse(UPLOAD)).status_code == 403
    assert client.get(reverse("admin:reconcile_template")).status_code == 403
    assert upload(client, b"us_name,jp_name\nBend,Kobe").status_code == 403
    assert client.get(difference_page(difference)).status_code == 403
    assert client.post(difference_page(difference), {"decision": "settled"}).status_code == 403
    assert Client().get(reverse(UPLOAD)).status_code == 302
    difference.refresh_from_db()
    assert difference.state == "open"
    assert RegisterEntry.objects.count() == 1
