"""Undoing an import: what it made goes, what it changed goes back, what was edited since is named and left."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partnerships import search
from partnerships.models import (
    Actor,
    Import,
    ImportLine,
    LoadedRecord,
    Partnership,
    Publication,
    RegisterEntry,
    Source,
)
from partnerships.models.version import RecordVersion
from partnerships.services import importing, records
from partnerships.services.importing import NotNowError, undoing
from partnerships.services.loading import load
from partnerships.services.publishing import take_step
from partnerships.text import parse

from . import factories as make
from . import packages
from .importing import TIE, checked, csv_file, imported, member, two_shores, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> Any:
    return member("Curators")


@pytest.fixture
def editor() -> Any:
    return member("Editors")


def everything() -> dict[tuple[str, str], str]:
    return {
        (table.name, slug): state.digest()
        for table in importing.RECORD_TABLES
        for slug, state in records.states(table).items()
    }


def left(done: Import, by: Any) -> dict[str, str]:
    return {line.slug: reason for line, reason in undoing.undo(imported=done, by=by).left}


def test_after_undoing_everything_is_as_it_was_before(editor):
    two_shores()
    make.published_partnership(
        "tie", us=Actor.objects.get(slug="seattle"), jp=Actor.objects.get(slug="kobe"), title="Before"
    )
    before = everything()
    new = "https://example.org/new | Title | news | en"
    change = {"slug": "tie", "title": "After", "themes": "culture", "sources": new}
    done = imported("partnerships", csv_file(TIE, TIE | change), editor)
    assert everything() != before
    undone = undoing.undo(imported=done, by=editor)
    assert everything() == before
    assert (len(undone.goes), len(undone.returns), len(undone.left)) == (2, 1, 0)


def test_the_search_forgets_what_is_gone_and_history_keeps_it(curator):
    two_shores()
    done = imported("partnerships", csv_file(TIE), curator)
    undoing.undo(imported=done, by=curator)
    assert not list(search.apply(Partnership.objects.all(), parse("Seattle")))
    assert not search.out_of_step() and not RecordVersion.objects.not_indexed().exists()
    history = Partnership.history.order_by("-history_id").first()
    assert (history.history_type, history.history_change_reason) == ("-", f"Undone: Import {done.pk}: partnerships.csv")


def test_what_was_edited_since_is_named_and_left(curator):
    two_shores()
    done = imported("partnerships", csv_file(TIE, TIE | {"title": "Second"}), curator)
    record = Partnership.objects.get(slug="second")
    record.summary = "Written since"
    record.save()
    assert left(done, curator) == {"second": "It was edited since: summary."}
    assert [each.slug for each in Partnership.objects.all()] == ["second"]
    assert ImportLine.objects.get(outcome="left").problems == [["", "It was edited since: summary."]]


def test_what_was_published_since_counts_as_edited(curator, editor):
    two_shores()
    done = imported("partnerships", csv_file(TIE), curator)
    take_step(record=Partnership.objects.get(), action="published", by=editor)
    assert left(done, editor) == {"seattlekobe-tie": "It was edited since: publication."}
    assert Partnership.objects.published().exists()


def test_a_part_that_was_added_since_counts_as_edited(curator):
    two_shores()
    done = imported("partnerships", csv_file(TIE), curator)
    make.cite(Partnership.objects.get())
    assert left(done, curator) == {"seattlekobe-tie": "It was edited since: citations."}


def test_what_was_deleted_since_is_named(curator):
    two_shores()
    done = imported("partnerships", csv_file(TIE), curator)
    Partnership.objects.get().delete()
    assert left(done, curator) == {"seattlekobe-tie": "It was deleted since, or has another address."}


def test_what_others_refer_to_stays_with_all_that_it_needs_itself(curator):
    lines = [
        {"slug": "japan-town", "name": "Town", "kind": "town", "country": "JP", "parent": "some-prefecture"},
        {"slug": "some-prefecture", "name": "Some", "kind": "prefecture", "country": "JP", "parent": ""},
        {"slug": "unneeded", "name": "Unneeded", "kind": "town", "country": "JP", "parent": "some-prefecture"},
    ]
    done = imported("actors", csv_file(*lines), curator)
    make.join(make.make_partnership("by-hand"), Actor.objects.get(slug="japan-town"))
    assert left(done, curator) == {
        "japan-town": "Others refer to it: by-hand.",
        "some-prefecture": "Others refer to it: japan-town.",
    }
    assert set(Actor.objects.values_list("slug", flat=True)) == {"japan-town", "some-prefecture"}


def test_what_only_the_import_itself_refers_to_goes(curator):
    two_shores()
    new = "https://example.org/new | Title | news | en"
    done = imported("partnerships", csv_file(TIE | {"sources": new}), curator)
    assert left(done, curator) == {}
    assert [source.slug for source in Source.objects.all()] == ["city-page"]


def test_what_a_register_was_matched_with_stays(curator):
    two_shores()
    done = imported("partnerships", csv_file(TIE), curator)
    RegisterEntry.objects.create(
        register="clair",
        key="1",
        us_name="Seattle",
        jp_name="Kobe",
        read_on="2026-01-01",
        partnership=Partnership.objects.get(),
    )
    assert "register entry" in left(done, curator)["seattlekobe-tie"]


def test_a_record_does_not_go_back_to_what_is_not_there_any_more(editor):
    two_shores()
    make.make_actor("tacoma", name="Tacoma")
    record = make.make_partnership("tie")
    make.join(record, Actor.objects.get(slug="tacoma"))
    done = imported("partnerships", csv_file({"slug": "tie", "us_participants": "seattle"}), editor)
    Actor.objects.filter(slug="tacoma").delete()
    assert left(done, editor) == {"tie": "Before, it named “tacoma”, which is not there any more."}


def test_a_record_does_not_go_back_to_a_code_that_another_has_now(editor):
    make.make_actor("first", code="1")
    done = imported("actors", csv_file({"slug": "first", "code": "2"}), editor)
    make.make_actor("second", code="1")
    assert left(done, editor) == {"first": "“second” has now what was its own before."}


def test_codes_that_an_import_exchanged_are_exchanged_back(editor):
    make.make_actor("first", code="1")
    make.make_actor("second", code="2")
    lines = [{"slug": "first", "code": "2"}, {"slug": "second", "code": "1"}]
    done = imported("actors", csv_file(*lines), editor)
    assert left(done, editor) == {}
    assert dict(Actor.objects.values_list("slug", "code")) == {"first": "1", "second": "2"}


def test_an_import_is_undone_once_and_within_30_days(curator):
    two_shores()
    done = imported("partnerships", csv_file(TIE), curator)
    Import.objects.update(done_at=done.done_at - dt.timedelta(days=30))
    with pytest.raises(NotNowError):
        undoing.undo(imported=done, by=curator)
    Import.objects.update(done_at=done.done_at - dt.timedelta(days=29))
    undoing.undo(imported=done, by=curator)
    with pytest.raises(NotNowError):
        undoing.undo(imported=done, by=curator)


def test_after_30_days_the_kept_states_are_dropped_and_the_import_stays_in_the_log(curator):
    two_shores()
    done = imported("partnerships", csv_file(TIE), curator)
    Import.objects.update(done_at=done.done_at - dt.timedelta(days=31))
    checked("sources", csv_file({"title": "a"}), curator)
    assert not done.lines.exists()
    assert Import.objects.get(pk=done.pk).new == 1


def test_only_who_imported_and_editors_undo(curator, editor):
    two_shores()
    done = imported("partnerships", csv_file(TIE), curator)
    with pytest.raises(NotNowError):
        undoing.undo(imported=done, by=member("Curators", name="another"))
    undoing.undo(imported=done, by=editor)


def test_a_package_that_was_undone_can_be_loaded_again_without_a_conflict(editor, tmp_path):
    folder = packages.write(tmp_path / "package")
    load(path=folder)
    before, ledger = everything(), set(LoadedRecord.objects.values_list("key", "digest"))
    rows = packages.small_package()
    packages.change(rows, "partnerships", summary="Another")
    packages.add_partnership(rows, "second")
    newer = packages.write(tmp_path / "newer", rows)
    done = imported("package", zipped(newer), editor)
    assert left(done, editor) == {}
    archived = Partnership.objects.get(slug="second")
    assert archived.publication == Publication.ARCHIVED
    archived.delete()
    assert everything() == before
    assert set(LoadedRecord.objects.values_list("key", "digest")) == ledger
    assert load(path=folder).unchanged == 7
    assert load(path=newer).updated == 1


def test_the_page_says_what_undoing_will_do_before_it_does(curator):
    two_shores()
    done = imported("partnerships", csv_file(TIE, TIE | {"title": "Second"}), curator)
    Partnership.objects.filter(slug="second").update(summary="Written since")
    client = Client()
    client.force_login(curator)
    address = reverse("admin:partnerships_import_undo", args=[done.pk])
    page = client.get(address).content.decode()
    assert "1 record is deleted" in page
    assert "It was edited since: summary." in page
    assert Partnership.objects.count() == 2
    client.post(address)
    assert [each.slug for each in Partnership.objects.all()] == ["second"]
    answer = client.get(reverse("admin:partnerships_import_change", args=[done.pk]), {"show": "left"})
    assert "It was edited since: summary." in answer.content.decode()


def test_queries_of_undoing_do_not_grow_with_rows(curator):
    two_shores()
    counts = []
    for number in (3, 40):
        lines = [TIE | {"title": f"Tie {number} {each}"} for each in range(number)]
        done = imported("partnerships", csv_file(*lines), curator)
        with CaptureQueriesContext(connection) as undone:
            assert left(done, curator) == {}
        counts.append(len(undone))
    assert counts[1] <= counts[0] + 2
