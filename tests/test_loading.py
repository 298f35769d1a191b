"""Loading and exporting the data package: all of it or nothing, the same bytes again, and no curator's work lost."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation
from frictionless import Package
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from partnerships import search
from partnerships.models import (
    Actor,
    Adoption,
    Citation,
    LoadedRecord,
    Milestone,
    Outcome,
    Participation,
    Partnership,
    Publication,
    Source,
    Theme,
)
from partnerships.models.loaded_record import LOADED
from partnerships.package.reading import PackageError
from partnerships.package.tables import RECORD_TABLES
from partnerships.package.writing import write_package
from partnerships.services import loading
from partnerships.services.loading import EditedSinceError, LoadReport, load

from .factories import cite, join, make_actor, make_partnership, make_prefecture, make_source, published_partnership
from .packages import Rows, add_partnership, change, file_bytes, read, row, small_package, write

pytestmark = pytest.mark.django_db

REAL_PACKAGE = project.FIXTURES_PACKAGE
RECORDS = 7  # a theme, four places, a partnership and a source in small_package()


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the directory, with its history and the ledger of what was loaded."""
    models = apps.get_app_config("partnerships").get_models()
    return {model.__name__: list(model._base_manager.order_by("pk").values_list()) for model in models}


def counts(report: LoadReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.kept


def exported(folder: Path) -> dict[str, bytes]:
    write_package(folder)
    return file_bytes(folder)


def load_rows(folder: Path, rows: Rows | None = None, **options: Any) -> LoadReport:
    return load(path=write(folder, rows), **options)


def edit_summary() -> None:
    """What a curator does in the admin."""
    partnership = Partnership.objects.get(slug="kobe-seattle")
    partnership.summary = "Edited here."
    partnership.save()


# --- The real directory ---------------------------------------------------------------------------------------------


def test_the_real_directory_loads_exports_the_same_bytes_and_loads_again_unchanged(tmp_path: Path) -> None:
    report = load(path=REAL_PACKAGE)
    assert exported(tmp_path) == {name: (REAL_PACKAGE / name).read_bytes() for name in file_bytes(tmp_path)}

    before = everything()
    assert counts(load(path=tmp_path)) == (0, 0, report.created, 0)
    assert everything() == before

    Partnership.objects.filter(pk=Partnership.objects.earliest("pk").pk).update(title="Edited here")
    with pytest.raises(EditedSinceError, match=r"^partnerships: \S+ was changed here since it was loaded \(title\)$"):
        load(path=REAL_PACKAGE)


def test_the_real_directory_is_a_sound_frictionless_package() -> None:
    report = Package(str(REAL_PACKAGE / "datapackage.json")).validate()
    assert report.flatten(["path", "rowNumber", "fieldName", "message"]) == []


# --- Loading --------------------------------------------------------------------------------------------------------


def test_it_creates_every_record(tmp_path: Path) -> None:
    assert counts(load_rows(tmp_path)) == (RECORDS, 0, 0, 0)


def test_what_it_loads_is_published(tmp_path: Path) -> None:
    load_rows(tmp_path)
    assert Partnership.objects.published().count() == 1
    assert Actor.objects.published().count() == 4


def test_it_loads_every_column(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path / "package", rows)
    write_package(tmp_path / "export")
    assert read(tmp_path / "export") == rows


def test_it_loads_the_parts_of_a_partnership(tmp_path: Path) -> None:
    load_rows(tmp_path)
    partnership = Partnership.objects.get()
    assert [part.actor.slug for part in partnership.participations.order_by("position")] == ["seattle", "kobe"]
    assert [theme.slug for theme in partnership.themes.all()] == ["climate"]
    assert [str(outcome.value.normalize()) for outcome in partnership.outcomes.all()] == ["4E+1"]
    assert [(str(step.on), step.source.slug) for step in partnership.milestones.all()] == [("1957-10-21", "city-page")]
    assert [citation.source.slug for citation in partnership.citations.all()] == ["city-page"]


def test_it_places_actors_in_their_hierarchy(tmp_path: Path) -> None:
    load_rows(tmp_path)
    seattle = Actor.objects.get(slug="seattle")
    assert (seattle.path, seattle.region.slug) == ("washington/seattle/", "washington")


def test_it_places_an_actor_that_moved(tmp_path: Path) -> None:
    rows = small_package()
    rows["actors"].append(row("actors", slug="port", kind="port", parent="seattle"))
    load_rows(tmp_path, rows)
    change(rows, "actors", 2, parent="")
    load_rows(tmp_path, rows)
    port = Actor.objects.get(slug="port")
    assert (port.path, port.region) == ("seattle/port/", None)


def test_places_may_stand_before_the_places_that_they_lie_in(tmp_path: Path) -> None:
    rows = small_package()
    chain = ["e", "d", "c", "b", "a"]
    rows["actors"] += [row("actors", slug=slug, parent=above) for slug, above in itertools.pairwise(chain)]
    rows["actors"] += [row("actors", slug="a"), row("actors", slug="b-formerly", successor="b", parent="a")]
    load_rows(tmp_path, rows)
    assert Actor.objects.get(slug="e").path == "a/b/c/d/e/"


def test_results_keep_the_order_in_which_they_stand(tmp_path: Path) -> None:
    rows = small_package()
    statements = ["Zebra", "Apple", "もも", "Äpfel", "apple"]
    rows["outcomes"] = [row("outcomes", partnership="kobe-seattle", statement=text) for text in statements]
    load_rows(tmp_path, rows)
    assert list(Outcome.objects.order_by("position").values_list("statement", flat=True)) == statements


def test_results_that_change_places_are_reordered(tmp_path: Path) -> None:
    rows = small_package()
    rows["outcomes"].append(row("outcomes", partnership="kobe-seattle", statement="A second one"))
    load_rows(tmp_path, rows)
    rows["outcomes"].reverse()
    assert counts(load_rows(tmp_path, rows)) == (0, 1, RECORDS - 1, 0)
    assert Outcome.objects.order_by("position").first().statement == "A second one"


def test_more_records_than_fit_into_a_batch_are_created_and_updated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 2)
    rows = small_package()
    for number in range(5):
        add_partnership(rows, f"p{number}")
    load_rows(tmp_path / "package", rows)
    for partnership in rows["partnerships"]:
        partnership["title"] = "Renamed"
    for place in rows["actors"]:
        place["note"] = "Seen."
    assert counts(load_rows(tmp_path / "package", rows)) == (0, 10, 2, 0)
    write_package(tmp_path / "export")
    assert read(tmp_path / "export") == rows


def test_loading_again_changes_nothing(tmp_path: Path) -> None:
    load_rows(tmp_path)
    before = everything()
    assert counts(load(path=tmp_path)) == (0, 0, RECORDS, 0)
    assert everything() == before


def test_rows_in_another_order_change_nothing(tmp_path: Path) -> None:
    rows = small_package()
    add_partnership(rows, "another")
    load_rows(tmp_path, rows)
    for table in rows.values():
        table.reverse()
    assert load_rows(tmp_path, rows).updated == 0


def test_a_changed_record_is_updated(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    change(rows, "partnerships", summary="", ended="1999")
    assert counts(load_rows(tmp_path, rows)) == (0, 1, RECORDS - 1, 0)
    assert Partnership.objects.filter(slug="kobe-seattle", summary="", ended="1999").exists()


def test_a_changed_reading_changes_a_places_position_in_japanese(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    change(rows, "actors", name_ja="神戸市", name_kana="ごうべし")
    load_rows(tmp_path, rows)
    assert Actor.objects.get(name_kana="ごうべし").reading_order == "こうへし"


@pytest.mark.parametrize(
    ("model", "table", "number", "cells"),
    [
        (Partnership, "partnerships", 0, {"title": "Renamed"}),
        (Partnership, "citations", 0, {"locator": "page 4"}),
        (Actor, "actors", 0, {"population": "5000000"}),
        (Actor, "actor_names", 0, {"kind": "local"}),
        (Source, "sources", 0, {"title": "Renamed"}),
    ],
)
def test_an_updated_record_carries_the_time_of_its_update(
    tmp_path: Path, model: Any, table: str, number: int, cells: dict[str, str]
) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    change(rows, table, number, **cells)
    before = timezone.now()
    load_rows(tmp_path, rows)
    assert model.objects.filter(updated_at__gte=before).count() == 1


def test_a_record_that_did_not_change_keeps_its_time(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    before = timezone.now()
    change(rows, "actors", 0, population="5000000")
    load_rows(tmp_path, rows)
    assert not Partnership.objects.filter(updated_at__gte=before).exists()


def test_records_that_the_package_does_not_name_stay(tmp_path: Path) -> None:
    mine = published_partnership("mine")
    rows = small_package()
    add_partnership(rows, "gone-later")
    load_rows(tmp_path, rows)
    load_rows(tmp_path, small_package())
    assert set(Partnership.objects.values_list("slug", flat=True)) == {"mine", "gone-later", "kobe-seattle"}
    assert mine.participations.count() == 2


@pytest.mark.parametrize(
    ("table", "model"),
    [("outcomes", Outcome), ("milestones", Milestone), ("partnership_themes", Partnership.themes.through)],
)
def test_parts_that_left_the_package_are_removed(tmp_path: Path, table: str, model: Any) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    rows[table] = []
    load_rows(tmp_path, rows)
    assert not model.objects.exists()


def test_an_adoption_that_left_the_package_is_removed(tmp_path: Path) -> None:
    rows = small_package()
    add_partnership(rows, "copy")
    rows["adoptions"] = [row("adoptions", partnership="copy", adopted_from="kobe-seattle")]
    load_rows(tmp_path, rows)
    rows["adoptions"] = []
    load_rows(tmp_path, rows)
    assert not Adoption.objects.exists()


def test_a_participant_that_is_replaced_leaves_the_other_as_it_was(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    kept = Participation.objects.get(actor__slug="kobe").pk
    change(rows, "participations", 0, actor="washington")
    load_rows(tmp_path, rows)
    assert set(Participation.objects.values_list("actor__slug", flat=True)) == {"washington", "kobe"}
    assert Participation.objects.get(actor__slug="kobe").pk == kept


def test_a_record_that_stood_here_alike_is_unchanged(tmp_path: Path) -> None:
    load_rows(tmp_path)
    LoadedRecord.objects.all().delete()
    assert counts(load(path=tmp_path)) == (0, 0, RECORDS, 0)
    assert LoadedRecord.objects.count() == RECORDS


def test_one_fault_and_nothing_is_written(tmp_path: Path) -> None:
    rows = small_package()
    change(rows, "citations", supports="weather")
    before = everything()
    with pytest.raises(PackageError):
        load_rows(tmp_path, rows)
    assert everything() == before


def test_it_reports_its_progress(tmp_path: Path) -> None:
    said: list[str] = []
    load_rows(tmp_path, report_progress=said.append)
    assert said[0] == f"reading and checking {tmp_path}"
    assert "partnerships 1/1" in said


# --- History --------------------------------------------------------------------------------------------------------


def test_what_is_created_has_a_history_with_the_reason(tmp_path: Path) -> None:
    load_rows(tmp_path)
    assert [(event.history_type, event.history_change_reason) for event in Partnership.history.all()] == [("+", LOADED)]
    assert Citation.history.get().history_change_reason == LOADED


def test_what_is_updated_has_a_history_with_the_reason(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    change(rows, "partnerships", title="Renamed")
    load_rows(tmp_path, rows)
    newest = Partnership.history.latest("history_id")
    assert (newest.history_type, newest.title, newest.history_change_reason) == ("~", "Renamed", LOADED)


def test_what_is_removed_has_a_history_with_the_reason(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    rows["outcomes"] = []
    load_rows(tmp_path, rows)
    newest = Outcome.history.latest("history_id")
    assert (newest.history_type, newest.history_change_reason) == ("-", LOADED)


def test_a_part_that_did_not_change_gets_no_history(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    change(rows, "citations", locator="page 4")
    load_rows(tmp_path, rows)
    assert (Citation.history.count(), Participation.history.count(), Outcome.history.count()) == (2, 2, 1)


# --- What curators changed ------------------------------------------------------------------------------------------


def edited_here(tmp_path: Path) -> Rows:
    """A loaded package whose partnership and a place were edited here; the package says something new of both."""
    rows = small_package()
    load_rows(tmp_path, rows)
    edit_summary()
    Actor.objects.filter(slug="kobe").update(name="Kōbe")
    change(rows, "partnerships", title="Renamed")
    change(rows, "actors", 1, population="1500000")
    change(rows, "actors", 2, population="750000")
    return rows


def test_every_conflict_is_reported_at_once(tmp_path: Path) -> None:
    rows = edited_here(tmp_path)
    with pytest.raises(EditedSinceError) as error:
        load_rows(tmp_path, rows)
    assert error.value.problems == [
        "actors: kobe was changed here since it was loaded (name, population)",
        "partnerships: kobe-seattle was changed here since it was loaded (title, summary)",
    ]


def test_a_conflict_changes_nothing(tmp_path: Path) -> None:
    rows = edited_here(tmp_path)
    before = everything()
    with pytest.raises(EditedSinceError):
        load_rows(tmp_path, rows)
    assert everything() == before


def someone_else_can_write() -> bool:
    """Whether another connection may change a partnership at once."""
    here = connection.settings_dict
    try:
        if connection.vendor == "sqlite":
            with closing(sqlite3.connect(here["NAME"], timeout=0)) as other:
                other.execute("BEGIN IMMEDIATE")
        else:
            with psycopg.connect(connection.connection.info.dsn, password=here["PASSWORD"]) as other:
                other.execute("LOCK TABLE partnerships_partnership IN ROW EXCLUSIVE MODE NOWAIT")
    except (sqlite3.OperationalError, psycopg.errors.LockNotAvailable):
        return False
    return True


def test_nobody_changes_a_record_between_its_comparison_and_its_loading(tmp_path: Path) -> None:
    found: list[bool] = []

    def look(said: str) -> None:
        if said.startswith("comparing"):
            found.append(someone_else_can_write())

    load_rows(tmp_path, report_progress=look)
    assert found == [False] * len(RECORD_TABLES)


def test_an_edit_is_a_conflict_even_where_the_package_says_nothing_new(tmp_path: Path) -> None:
    load_rows(tmp_path)
    edit_summary()
    with pytest.raises(EditedSinceError, match=r"kobe-seattle was changed here .* \(summary\)"):
        load(path=tmp_path)


def test_an_edited_part_is_a_conflict_of_its_record(tmp_path: Path) -> None:
    load_rows(tmp_path)
    Citation.objects.update(locator="page 4")
    with pytest.raises(EditedSinceError, match=r"kobe-seattle was changed here .* \(citations\)"):
        load(path=tmp_path)


def test_a_part_added_here_is_a_conflict(tmp_path: Path) -> None:
    load_rows(tmp_path)
    join(Partnership.objects.get(), Actor.objects.get(slug="washington"))
    with pytest.raises(EditedSinceError, match=r"kobe-seattle was changed here .* \(participations\)"):
        load(path=tmp_path)


def test_an_edit_that_came_into_the_package_is_no_conflict(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    edit_summary()
    change(rows, "partnerships", summary="Edited here.")
    assert counts(load_rows(tmp_path, rows)) == (0, 0, RECORDS, 0)


def test_after_an_edit_came_into_the_package_the_package_may_change_it(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    edit_summary()
    load(path=write_export(tmp_path / "export"))
    change(rows, "partnerships", summary="Newer.")
    assert load_rows(tmp_path / "newer", rows).updated == 1


def write_export(folder: Path) -> Path:
    write_package(folder)
    return folder


def test_an_edit_taken_back_is_no_conflict(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    edit_summary()
    Partnership.objects.update(summary="Both ports.")
    change(rows, "partnerships", summary="Newer.")
    assert load_rows(tmp_path, rows).updated == 1


def test_a_record_deleted_here_is_a_conflict(tmp_path: Path) -> None:
    load_rows(tmp_path)
    Partnership.objects.get().delete()
    with pytest.raises(EditedSinceError, match=r"^partnerships: kobe-seattle was deleted here since it was loaded$"):
        load(path=tmp_path)


@pytest.mark.parametrize("state", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_a_record_unpublished_here_is_a_conflict(tmp_path: Path, state: str) -> None:
    load_rows(tmp_path)
    Partnership.objects.update(publication=state)
    with pytest.raises(EditedSinceError, match=r"kobe-seattle was changed here .* \(publication\)"):
        load(path=tmp_path)


def test_a_record_made_here_with_the_same_address_is_a_conflict(tmp_path: Path) -> None:
    make_actor("seattle", name="Seattle of ours")
    with pytest.raises(EditedSinceError, match=r"^actors: seattle was made here, not loaded, and differs \(name, "):
        load_rows(tmp_path)


def test_overwrite_takes_the_word_of_the_package(tmp_path: Path) -> None:
    rows = edited_here(tmp_path)
    report = load_rows(tmp_path, rows, overwrite=True)
    assert (counts(report), len(report.conflicts)) == ((0, 3, RECORDS - 3, 0), 2)
    partnership = Partnership.objects.get()
    assert (partnership.title, partnership.summary) == ("Renamed", "Both ports.")


def test_overwrite_publishes_again(tmp_path: Path) -> None:
    load_rows(tmp_path)
    Partnership.objects.update(publication=Publication.ARCHIVED)
    load(path=tmp_path, overwrite=True)
    assert Partnership.objects.published().exists()


def test_overwrite_brings_back_what_was_deleted(tmp_path: Path) -> None:
    load_rows(tmp_path)
    Partnership.objects.get().delete()
    assert counts(load(path=tmp_path, overwrite=True)) == (1, 0, RECORDS - 1, 0)
    assert Partnership.objects.get().citations.count() == 1


def test_after_overwriting_nothing_is_in_conflict(tmp_path: Path) -> None:
    rows = edited_here(tmp_path)
    load_rows(tmp_path, rows, overwrite=True)
    assert counts(load(path=tmp_path)) == (0, 0, RECORDS, 0)


def test_keep_edited_loads_all_others(tmp_path: Path) -> None:
    rows = edited_here(tmp_path)
    assert counts(load_rows(tmp_path, rows, keep_edited=True)) == (0, 1, RECORDS - 3, 2)
    assert Actor.objects.get(slug="seattle").population == 750000
    assert Partnership.objects.get().summary == "Edited here."


def test_what_was_kept_is_a_conflict_the_next_time_as_well(tmp_path: Path) -> None:
    rows = edited_here(tmp_path)
    load_rows(tmp_path, rows, keep_edited=True)
    with pytest.raises(EditedSinceError):
        load(path=tmp_path)


def test_keep_edited_leaves_deleted_what_was_deleted(tmp_path: Path) -> None:
    load_rows(tmp_path)
    Partnership.objects.get().delete()
    assert counts(load(path=tmp_path, keep_edited=True)) == (0, 0, RECORDS - 1, 1)
    assert not Partnership.objects.exists()


def test_what_needs_a_record_that_stays_deleted_is_refused_with_its_name(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    Partnership.objects.get().delete()
    Source.objects.get().delete()
    Actor.objects.get(slug="seattle").delete()
    add_partnership(rows, "new")
    rows["actors"].append(row("actors", slug="port", kind="port", parent="seattle"))
    before = everything()
    with pytest.raises(PackageError) as error:
        load_rows(tmp_path, rows, keep_edited=True)
    assert error.value.problems == [
        "actors: port refers to seattle (parent), which was deleted here and stays so",
        "partnerships: new refers to seattle (actor), which was deleted here and stays so",
        "partnerships: new refers to city-page (source), which was deleted here and stays so",
    ]
    assert everything() == before


def test_what_needs_a_place_that_stays_unpublished_is_refused_with_its_name(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    Partnership.objects.update(publication=Publication.ARCHIVED)
    Actor.objects.filter(slug="kobe").update(publication=Publication.ARCHIVED)
    add_partnership(rows, "new")
    complaint = r"^partnerships: new refers to kobe \(actor\), which is not published here and stays so$"
    with pytest.raises(PackageError, match=complaint):
        load_rows(tmp_path, rows, keep_edited=True)


def test_a_circle_through_a_place_that_was_moved_here_is_refused(tmp_path: Path) -> None:
    rows = small_package()
    load_rows(tmp_path, rows)
    Actor.objects.filter(slug="washington").update(parent=Actor.objects.get(slug="kobe"))
    change(rows, "actors", 1, parent="washington")
    before = everything()
    with pytest.raises(PackageError, match=r"^actors: a circle: \S+ → \S+ → \S+$"):
        load_rows(tmp_path, rows, keep_edited=True)
    assert everything() == before


def test_a_place_in_the_place_that_merged_into_it_is_refused(tmp_path: Path) -> None:
    rows = small_package()
    rows["actors"] += [row("actors", slug="one", parent="two"), row("actors", slug="two", successor="one")]
    before = everything()
    with pytest.raises(PackageError, match="parents and successors refer to one another in a circle: one, two"):
        load_rows(tmp_path, rows)
    assert everything() == before


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"country": "US", "code": "US-WA"}, "actors: washington has the code “US-WA”, which evergreen has here"),
        ({"wikidata_id": "Q1223"}, "actors: washington has the wikidata_id “Q1223”, which evergreen has here"),
    ],
)
def test_an_official_number_that_another_place_has_here_is_refused(
    tmp_path: Path, cells: dict[str, str], complaint: str
) -> None:
    make_actor("evergreen", **cells)
    before = everything()
    with pytest.raises(PackageError) as error:
        load_rows(tmp_path)
    assert error.value.problems == [complaint]
    assert everything() == before


def test_a_name_of_a_theme_that_another_has_here_is_refused(tmp_path: Path) -> None:
    Theme.objects.create(slug="weather", name="Climate")
    with pytest.raises(PackageError, match=r"^themes: climate has the name “Climate”, which weather has here$"):
        load_rows(tmp_path)


def test_two_places_may_exchange_their_numbers(tmp_path: Path) -> None:
    rows = small_package()
    change(rows, "actors", 2, code="US-XX", wikidata_id="Q1")
    load_rows(tmp_path, rows)
    change(rows, "actors", 2, code="US-WA", wikidata_id="Q1223")
    change(rows, "actors", 3, code="US-XX", wikidata_id="Q1")
    load_rows(tmp_path, rows)
    assert Actor.objects.get(slug="seattle").code == "US-WA"


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    before = everything()
    assert counts(load_rows(tmp_path, dry_run=True)) == (RECORDS, 0, 0, 0)
    assert everything() == before


def test_a_dry_run_reports_conflicts(tmp_path: Path) -> None:
    rows = edited_here(tmp_path)
    with pytest.raises(EditedSinceError):
        load_rows(tmp_path, rows, dry_run=True)


# --- The commands ---------------------------------------------------------------------------------------------------


def run(*arguments: object) -> tuple[str, str]:
    """What a command writes to its output and to its error output."""
    out, err = StringIO(), StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    out, err = run("load_directory", write(tmp_path))
    assert out == f"Loaded: {RECORDS} records created, 0 updated, 0 unchanged\n"
    assert "comparing partnerships" in err


def test_the_command_shows_no_progress_when_it_shall_be_quiet(tmp_path: Path) -> None:
    assert run("load_directory", write(tmp_path), "--verbosity=0")[1] == ""


def test_the_command_says_of_a_dry_run_that_nothing_was_changed(tmp_path: Path) -> None:
    out, _err = run("load_directory", write(tmp_path), "--dry-run")
    assert out == f"Dry run, nothing was changed: {RECORDS} records created, 0 updated, 0 unchanged\n"
    assert not Actor.objects.exists()


def test_the_command_says_what_it_kept(tmp_path: Path) -> None:
    write(tmp_path, edited_here(tmp_path))
    out, _err = run("load_directory", tmp_path, "--keep-edited")
    assert out.endswith("; 2 changed here since the last loading were left as they are\n")


def test_the_command_fails_on_a_fault_and_says_which(tmp_path: Path) -> None:
    rows = small_package()
    change(rows, "themes", order="first")
    with pytest.raises(CommandError) as error:
        run("load_directory", write(tmp_path, rows))
    assert error.value.returncode == 1
    assert str(error.value) == (
        "themes.csv, row 2, column order: “first” is not a whole number\n1 problem; nothing was changed."
    )


def test_the_command_fails_on_conflicts_and_names_the_ways_out(tmp_path: Path) -> None:
    write(tmp_path, edited_here(tmp_path))
    with pytest.raises(CommandError, match=r"kobe-seattle.*\n2 records .*--overwrite.*--keep-edited") as error:
        run("load_directory", tmp_path)
    assert error.value.returncode == 1


def test_the_command_does_not_both_overwrite_and_keep(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not allowed with argument"):
        run("load_directory", write(tmp_path), "--overwrite", "--keep-edited")


def test_the_command_fails_where_there_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not a folder with a data package"):
        run("load_directory", tmp_path / "nowhere")


def test_the_export_command_says_what_it_wrote(tmp_path: Path) -> None:
    load_rows(tmp_path)
    out, _err = run("export_directory", tmp_path / "export")
    assert "themes 1, actors 4, actor_names 1, partnerships 1, participations 2" in out


def test_the_export_command_fails_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CommandError, match=r"^Cannot write .*file"):
        run("export_directory", tmp_path / "file" / "export")


# --- Exporting ------------------------------------------------------------------------------------------------------


def test_an_export_of_nothing_is_a_package_without_rows(tmp_path: Path) -> None:
    write_package(tmp_path)
    assert set(map(len, read(tmp_path).values())) == {0}


def test_an_export_gives_the_same_bytes_again(tmp_path: Path) -> None:
    load_rows(tmp_path / "package")
    assert exported(tmp_path / "one") == exported(tmp_path / "two")


def test_an_export_does_not_depend_on_the_order_in_which_records_were_made(tmp_path: Path) -> None:
    rows = small_package()
    for number in range(5):
        add_partnership(rows, f"p{number}")
    load_rows(tmp_path / "package", rows)
    first = exported(tmp_path / "one")
    for partnership in Partnership.objects.order_by("-slug"):
        partnership.delete()
    for table in ("partnerships", "participations", "citations"):
        rows[table].reverse()
    load_rows(tmp_path / "package", rows, overwrite=True)
    assert exported(tmp_path / "two") == first


def test_an_export_replaces_what_was_there(tmp_path: Path) -> None:
    load_rows(tmp_path / "package")
    first = exported(tmp_path / "export")
    (tmp_path / "export" / "actors.csv").write_text("old")
    assert exported(tmp_path / "export") == first


def test_an_exported_package_is_sound_by_frictionless(tmp_path: Path) -> None:
    rows = small_package()
    add_partnership(rows, "copy", summary='Both "ports",\nand more')
    rows["adoptions"] = [row("adoptions", partnership="copy", adopted_from="kobe-seattle")]
    load_rows(tmp_path / "package", rows)
    write_package(tmp_path / "export")
    report = Package(str(tmp_path / "export" / "datapackage.json")).validate()
    assert report.flatten(["path", "rowNumber", "fieldName", "message"]) == []


@pytest.mark.parametrize("state", sorted(set(Publication) - {Publication.PUBLISHED}))
def test_an_export_holds_published_partnerships_with_their_parts_only(tmp_path: Path, state: str) -> None:
    published_partnership("public")
    draft = published_partnership("hidden", source=make_source("hidden-page"))
    Adoption.objects.create(partnership=draft, adopted_from=Partnership.objects.get(slug="public"))
    Adoption.objects.create(partnership=Partnership.objects.get(slug="public"), adopted_from=draft)
    Partnership.objects.filter(pk=draft.pk).update(publication=state)
    write_package(tmp_path)
    assert not [name for name, text in file_bytes(tmp_path).items() if b"hidden" in text]


@pytest.mark.parametrize("state", sorted(set(Publication) - {Publication.PUBLISHED}))
def test_an_export_holds_published_places_with_their_names_only(tmp_path: Path, state: str) -> None:
    hidden = make_actor("hidden", publication=state)
    hidden.other_names.create(name="Other name", language="en")
    write_package(tmp_path)
    assert read(tmp_path)["actors"] == read(tmp_path)["actor_names"] == []


def test_an_export_holds_the_sources_of_published_records_only(tmp_path: Path) -> None:
    make_source("unused")
    cite(make_partnership(), make_source("of-a-draft"))
    published_partnership(source=make_source("public"))
    write_package(tmp_path)
    assert [source["slug"] for source in read(tmp_path)["sources"]] == ["public"]


@pytest.mark.parametrize("part", [Outcome, Milestone], ids=["a result", "a milestone"])
def test_an_export_holds_the_source_that_only_a_part_names(tmp_path: Path, part: Any) -> None:
    fields = {"statement": "Forty visits"} if part is Outcome else {"kind": "signed", "on": "1957"}
    part.objects.create(partnership=published_partnership(), source=make_source("of-a-part"), **fields)
    write_package(tmp_path)
    assert load(path=tmp_path, dry_run=True).created == 0


def test_what_curators_made_here_can_be_loaded_elsewhere(tmp_path: Path) -> None:
    prefecture = make_prefecture()
    published_partnership("made-here", jp=make_actor("kobe", country="JP", parent=prefecture))
    first = exported(tmp_path / "one")
    for model in (Partnership, Source):
        model.objects.all().delete()
    Actor.objects.update(parent=None)
    Actor.objects.all().delete()
    load(path=tmp_path / "one")
    assert exported(tmp_path / "two") == first


# What a curator may type; a line break of any system, quotes, commas, other scripts, emoji.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
TITLES = TEXTS.filter(str.strip)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TITLES, title_ja=TEXTS, summary=TEXTS, note=TEXTS, statement=TITLES, locator=TEXTS)
@example(title='"', title_ja="神戸、「港」", summary="a\rb", note="x\r\ny\n", statement=",", locator="🗾 it's \\N %s")
def test_any_text_survives_loading_and_exporting(tmp_path: Path, statement: str, locator: str, **texts: str) -> None:
    rows = small_package()
    change(rows, "partnerships", **texts)
    change(rows, "outcomes", statement=statement)
    change(rows, "citations", locator=locator)
    load_rows(tmp_path / "package", rows, overwrite=True)
    write_package(tmp_path / "export")
    assert read(tmp_path / "export") == rows
    assert counts(load(path=tmp_path / "export")) == (0, 0, RECORDS, 0)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.decimals(-(10**10), 10**10, places=4),
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    population=st.integers(0, 999_999_999),
)
@example(value="-0.0", latitude=-0.0, longitude=5e-324, population=0)
@example(value="99999999999.9999", latitude=89.99999999999999, longitude=-0.1, population=1)
@example(value="9999999999999990", latitude=1e-7, longitude=1 / 3, population=1)
def test_any_number_survives_loading_and_exporting(tmp_path: Path, value: object, **numbers: float) -> None:
    rows = small_package()
    change(rows, "outcomes", value=str(value))
    change(rows, "actors", 2, **{name: repr(number) for name, number in numbers.items()})
    load_rows(tmp_path / "package", rows, overwrite=True)
    assert counts(load(path=tmp_path / "package")) == (0, 0, RECORDS, 0)
    assert counts(load(path=write_export(tmp_path / "export"))) == (0, 0, RECORDS, 0)


def test_every_record_has_its_line_in_the_ledger(tmp_path: Path) -> None:
    load_rows(tmp_path)
    tables = set(LoadedRecord.objects.values_list("table", flat=True))
    assert tables == {table.name for table in RECORD_TABLES}


class Fault(Exception):
    pass


def test_a_loading_that_fails_at_any_step_changes_nothing(tmp_path: Path) -> None:
    load_rows(tmp_path / "first")
    rows = small_package()
    change(rows, "partnerships", title="Changed there", summary="Changed there, too.")
    add_partnership(rows, "one-more")
    second = write(tmp_path / "second", rows)
    steps: list[str] = []
    load(path=second, dry_run=True, report_progress=steps.append)
    before = everything()

    def fail_at(last: int) -> Callable[[str], None]:
        told = itertools.count()

        def tell(text: str) -> None:
            if next(told) == last:
                raise Fault(text)

        return tell

    for number in range(len(steps)):
        with pytest.raises(Fault):
            load(path=second, report_progress=fail_at(number))
        assert everything() == before, steps[number]
        assert search.out_of_step() == {}, steps[number]
    load(path=second)
    assert everything() != before
    assert search.out_of_step() == {}
