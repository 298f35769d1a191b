"""The search index: in step with the records on every way to change them, and what it puts first."""

from __future__ import annotations

import threading
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from partnerships import queries, search
from partnerships.models import Actor, ActorName, Partnership, Publication, RecordVersion, ReviewEvent, Source, Theme
from partnerships.services.loading import load
from partnerships.services.publishing import take_step
from partnerships.text import parse

from .admin_forms import address as change_url
from .admin_forms import opened as form_of
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
from .packages import small_package, write

pytestmark = pytest.mark.django_db


def found(typed: str, kind: str = "partnership") -> list[str]:
    """Slugs of the records, published or not, as the index has them now; the best first."""
    model = search.MODELS[kind]
    matching = search.apply(model._default_manager.all(), parse(typed))
    return [record.slug for record in search.ranked(matching, parse(typed)).order_by("rank", "slug")]


@pytest.fixture
def editor() -> Client:
    user = User.objects.create_user("editor", is_staff=True)
    user.groups.set(Group.objects.filter(name="Editors"))
    client = Client()
    client.force_login(user)
    return client


def posted(client: Client, record: Any, **changes: str) -> None:
    answer = client.post(change_url(record), form_of(client, record) | changes)
    assert answer.status_code == 302, answer.context["errors"]


# --- Every way to write --------------------------------------------------------------------------------------------


def test_a_form_of_the_admin_brings_the_index_in_step(editor: Client) -> None:
    record = published_partnership("one", title="Before")
    search.reindex()
    posted(editor, record, title="Afterwards")
    assert (found("before"), found("afterwards"), search.out_of_step()) == ([], ["one"], {})


def test_a_part_that_is_changed_on_a_form_brings_the_index_in_step(editor: Client) -> None:
    record = published_partnership("one")
    other = make_actor("spokane")
    search.reindex()
    form = form_of(editor, record)
    [field] = [name for name in form if name.startswith("participations-0") and name.endswith("-actor")]
    posted(editor, record, **{field: str(other.pk)})
    assert (found("spokane"), search.out_of_step()) == (["one"], {})


def test_another_name_that_is_given_on_the_form_of_a_place_finds_its_partnerships(editor: Client) -> None:
    seattle = make_actor("seattle")
    name = ActorName.objects.create(actor=seattle, name="Queen City", language="en")
    published_partnership("one", us=seattle)
    search.reindex()
    form = form_of(editor, seattle)
    [field] = [field for field, value in form.items() if value == name.name]
    posted(editor, seattle, **{field: "Emerald City"})
    assert (found("queen"), found("emerald"), found("emerald", "actor")) == ([], ["one"], ["seattle"])


def test_an_action_on_a_list_of_the_admin_brings_the_index_in_step(editor: Client) -> None:
    record = published_partnership("one", title="Harbours")
    changelist = reverse("admin:partnerships_partnership_changelist")
    editor.post(changelist, {"action": "archive_selected", "_selected_action": [record.pk]})
    record.refresh_from_db()
    assert (record.publication, search.out_of_step()) == (Publication.ARCHIVED, {})


def test_deleting_in_the_admin_takes_the_entry_away(editor: Client) -> None:
    source = make_source("one", title="Harbours")
    search.reindex()
    assert any(search.ids_by_level("source", parse("harbours")))
    editor.post(reverse("admin:partnerships_source_delete", args=[source.pk]), {"post": "yes"})
    assert (Source.objects.count(), search.out_of_step()) == (0, {})
    assert not any(search.ids_by_level("source", parse("harbours")))


def test_loading_a_package_brings_the_index_in_step(tmp_path: Path) -> None:
    load(path=write(tmp_path, small_package()))
    assert (found("emerald city"), found("神戸"), found("seattle", "actor")[0]) == (
        ["kobe-seattle"],
        ["kobe-seattle"],
        "seattle",
    )
    assert search.out_of_step() == {}


def test_a_step_of_publication_brings_the_index_in_step() -> None:
    record = make_partnership("one", title="Harbours")
    join(record, make_actor(), make_actor(country="JP"))
    cite(record)
    take_step(record=record, action=ReviewEvent.Action.PUBLISHED, by=None)
    assert (found("harbours"), search.out_of_step()) == (["one"], {})


@pytest.mark.parametrize(
    ("model", "before"), [(Actor, "Seattle"), (Actor, "Washington"), (Theme, "Climate"), (Partnership, "Lanterns")]
)
def test_a_new_name_reaches_every_partnership_that_shows_it(model: Any, before: str) -> None:
    seattle = make_actor("seattle", parent=make_state("washington"))
    published_partnership("one", title="Lanterns", us=seattle, themes=(make_theme("climate"),))
    published_partnership("other")
    search.reindex()
    field = "title" if model is Partnership else "name"
    model.objects.filter(**{field: before}).update(**{field: "Zanzibar"})
    search.reindex()
    assert (found("zanzibar"), found(before)) == (["one"], [])


def test_a_successor_is_found_by_the_names_of_what_merged_into_it_for_as_long_as_it_did() -> None:
    city = make_actor("toyooka", country="JP")
    town = make_actor("town", name="Hidaka", country="JP", successor=city)
    search.reindex()
    assert found("hidaka", "actor") == ["town", "toyooka"]
    Actor.objects.filter(pk=town.pk).update(name="Kannabe")
    search.reindex()
    assert (found("hidaka", "actor"), found("kannabe", "actor")) == ([], ["town", "toyooka"])
    Actor.objects.filter(pk=town.pk).update(successor=None)
    search.reindex()
    assert found("kannabe", "actor") == ["town"]


def test_a_successor_is_not_found_by_the_name_of_a_draft() -> None:
    city = make_actor("toyooka", country="JP")
    make_actor("hidaka", country="JP", successor=city, publication=Publication.DRAFT)
    search.reindex()
    assert found("hidaka", "actor") == ["hidaka"]


def test_what_is_deleted_is_found_no_more() -> None:
    record = published_partnership("one", title="Harbours", source=make_source("page", title="Almanac"))
    search.reindex()
    record.delete()
    Source.objects.all().delete()
    search.reindex()
    left = [ids for kind in ("partnership", "source") for ids in search.ids_by_level(kind, parse("-nothing"))]
    assert (left, search.out_of_step()) == ([[], []], {})


def test_what_a_change_that_is_rolled_back_wrote_is_gone_from_the_index() -> None:
    record = published_partnership("one", title="Before")
    search.reindex()
    with transaction.atomic():
        Partnership.objects.filter(pk=record.pk).update(title="Afterwards")
        search.reindex()
        assert found("afterwards") == ["one"]
        transaction.set_rollback(True)
    assert (found("before"), found("afterwards"), search.out_of_step()) == (["one"], [], {})


def test_a_form_that_fails_changes_neither_the_record_nor_the_index(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = published_partnership("one", title="Before")
    search.reindex()
    form = form_of(editor, record) | {"title": "Afterwards"}

    def failing() -> int:
        raise RuntimeError("no room on the disk")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(search, "reindex", failing)
        editor.post(change_url(record), form)
    record.refresh_from_db()
    assert (record.title, found("before"), search.out_of_step()) == ("Before", ["one"], {})


def test_an_index_in_step_is_not_written() -> None:
    published_partnership()
    assert (search.reindex() > 0, search.reindex()) == (True, 0)


@pytest.mark.parametrize("name", ['"', "…", "🗾", "Kobe ()", "()", "(Kobe)", "(", ")", "市", "し", " (市)", "ﷺ" * 100])
def test_a_name_of_any_shape_can_be_indexed(name: str) -> None:
    for kind in Actor.Kind.values:
        make_actor(name=name, kind=kind, country="JP")
    published_partnership(title=name, title_ja=name, us=make_actor(name=name), source=make_source(title=name))
    search.reindex()
    assert search.out_of_step() == {}


# --- Made anew -----------------------------------------------------------------------------------------------------


def checked(*tags: str) -> set[str]:
    return {message.id or "" for message in run_checks(tags=["database"], databases=["default"])}


def spoil(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def rebuild() -> str:
    out = StringIO()
    call_command("rebuild_search", verbosity=0, stdout=out)
    return out.getvalue()


def test_an_index_that_is_in_step_passes_every_check() -> None:
    published_partnership()
    search.reindex()
    call_command("rebuild_search", "--check", stdout=(out := StringIO()))
    assert ("in step" in out.getvalue(), checked() & {"partnerships.W002", "partnerships.W003"}) == (True, set())


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM partnerships_partnership_search",
        "DELETE FROM partnerships_actor_search",
        "UPDATE partnerships_recordversion SET is_indexed = FALSE",
        "UPDATE partnerships_partnership SET title = 'Changed elsewhere'",
    ],
)
def test_an_index_out_of_step_is_told_and_made_anew(statement: str) -> None:
    published_partnership("one", title="Harbours", us=make_actor("seattle"))
    search.reindex()
    spoil(statement)
    assert "partnerships.W002" in checked()
    with pytest.raises(CommandError, match="out of step"):
        call_command("rebuild_search", "--check")
    rebuild()
    title = Partnership.objects.get().title
    assert (found(title), found("seattle", "actor"), search.out_of_step()) == (["one"], ["seattle"], {})
    assert "partnerships.W002" not in checked()


def test_entries_of_records_that_are_no_more_are_told_and_removed() -> None:
    record = published_partnership("one", title="Harbours")
    search.reindex()
    record.delete()
    RecordVersion.objects.update(is_indexed=True)
    assert search.out_of_step() == {"partnership": 1}
    rebuild()
    assert search.out_of_step() == {}


def test_rebuilding_says_how_many_records_it_indexed() -> None:
    published_partnership()
    assert rebuild() == "Indexed: 1 of kind partnership, 2 of kind actor, 1 of kind source\n"


@pytest.mark.django_db(transaction=True)
def indexes() -> set[str]:
    """The indexes of PostgreSQL's search tables; none on SQLite."""
    with connection.cursor() as cursor:
        found = (
            connection.introspection.get_constraints(cursor, search._engine().table(kind)) for kind in search.KINDS
        )
        return {name for each in found for name in each} if connection.vendor == "postgresql" else set()


@pytest.mark.parametrize("is_empty", [True, False])
def test_an_index_that_is_filled_at_once_is_whole(monkeypatch: pytest.MonkeyPatch, *, is_empty: bool) -> None:
    monkeypatch.setattr(search, "MANY", 1)
    before = indexes()
    if not is_empty:
        join(published_partnership("there-before"), make_actor("there-before"))
        search.reindex()
    for number in range(3):
        published_partnership(f"filled-{number}", title=f"Forestry of {number}")
    search.reindex()
    assert found("forestry") == ["filled-0", "filled-1", "filled-2"]
    assert indexes() == before
    assert not search.out_of_step()


@pytest.mark.parametrize("is_empty", [True, False])
def test_an_index_is_whole_after_filling_it_failed(monkeypatch: pytest.MonkeyPatch, *, is_empty: bool) -> None:
    monkeypatch.setattr(search, "MANY", 1)
    before = indexes()
    if not is_empty:
        published_partnership("there-before")
        search.reindex()
    for number in range(3):
        published_partnership(f"filled-{number}", title=f"Forestry of {number}")
    with monkeypatch.context() as failing, pytest.raises(ZeroDivisionError), transaction.atomic():
        failing.setattr(search._engine(), "write", lambda *entries: 1 / 0)
        search.reindex()
    assert indexes() == before
    search.reindex()
    assert found("forestry") == ["filled-0", "filled-1", "filled-2"]
    assert not search.out_of_step()


def test_a_word_that_a_text_repeats_more_often_than_postgresql_counts_is_found() -> None:
    published_partnership("often", summary="forestry " * 300 + "hydrogen")
    search.reindex()
    assert found("forestry") == found("hydrogen") == ["often"]


def test_a_missing_trigger_is_told() -> None:
    on_table = " ON partnerships_theme" if connection.vendor == "postgresql" else ""
    spoil(f"DROP TRIGGER partnerships_theme_noted_on_update{on_table}")
    assert "partnerships.W003" in checked()
    call_command("migrate", verbosity=0)
    assert "partnerships.W003" not in checked()


@pytest.mark.django_db(transaction=True)
def test_the_site_is_read_while_the_index_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BATCH", 2)
    with transaction.atomic():
        us, jp, source = make_actor("us"), make_actor("jp", country="JP"), make_source()
        for number in range(9):
            published_partnership(f"port-{number}", title="Port", us=us, jp=jp, source=source)
        search.reindex()
    seen: list[int] = []

    def read() -> None:
        seen.append(len(found("port")))
        connection.close()

    def look(kind: str, done: int, total: int) -> None:
        reader = threading.Thread(target=read)
        reader.start()
        reader.join()

    search.rebuild(report_progress=look)
    assert set(seen) == {9} and len(seen) >= 5


# --- What comes first ----------------------------------------------------------------------------------------------


def test_a_name_comes_before_names_with_the_word_before_titles_before_texts() -> None:
    published_partnership("text", title="Some title", summary="About Kobe.")
    published_partnership("title", title="Friends of Kobe and others")
    published_partnership("part-of-a-name", jp=make_actor("port-of-kobe", kind="port", country="JP"))
    published_partnership("name", jp=make_actor("kobe", country="JP"))
    search.reindex()
    assert found("kobe") == ["name", "part-of-a-name", "title", "text"]


def test_a_name_comes_before_one_that_only_contains_it_in_japanese() -> None:
    make_prefecture("tokyo", "JP-13", name_ja="東京都")
    make_prefecture("kyoto-prefecture", "JP-26", name_ja="京都府")
    make_actor("kyoto", name_ja="京都市", country="JP")
    make_actor("kameoka", name_ja="亀岡京都市", country="JP")
    search.reindex()
    names = found("京都", "actor")
    assert {*names[:2]} == {"kyoto", "kyoto-prefecture"}
    assert {*names[2:]} == {"tokyo", "kameoka"}


@pytest.mark.parametrize("typed", ["Oosaka", "Ōsaka", "osaka", "大阪", "大坂", "OSAKA CITY", "osaka-shi", "おおさか"])
def test_a_place_is_found_however_its_name_is_written(typed: str) -> None:
    osaka = make_actor("osaka", name_ja="大阪市", name_kana="おおさかし", country="JP")
    ActorName.objects.create(actor=osaka, name="大坂", language="ja", kind="former")
    make_actor("kobe", name_ja="神戸市", country="JP")
    search.reindex()
    assert found(typed, "actor") == ["osaka"]


def test_every_level_takes_in_the_one_before() -> None:
    published_partnership("one", title="Kobe", summary="Kobe", jp=make_actor("kobe"))
    published_partnership("two", summary="Kobe")
    search.reindex()
    levels = search.ids_by_level("partnership", parse("kobe"))
    assert all(set(better) <= set(worse) for better, worse in pairwise(levels))
    assert len(levels[-1]) == 2


def test_a_phrase_does_not_run_from_one_text_into_the_next() -> None:
    published_partnership("one", us=make_actor(name="Salt"), jp=make_actor(name="Lake", country="JP"))
    published_partnership("two", us=make_actor(name="Salt Lake"))
    search.reindex()
    assert (sorted(found("salt lake")), found('"salt lake"')) == (["one", "two"], ["two"])


def test_what_is_excluded_is_not_found_wherever_it_stands() -> None:
    published_partnership("title", title="Ports and forests")
    published_partnership("text", title="Ports", summary="And forests.")
    published_partnership("neither", title="Ports")
    search.reindex()
    assert (found("ports -forests"), found('ports -"and forests"')) == (["neither"], ["neither"])


@pytest.mark.parametrize(
    "typed",
    [
        "' OR 1=1 --",
        '") OR exact : "a',
        "exact:kobe",
        "{names} : kobe",
        "kobe* NEAR(a b)",
        "kobe:*",
        "kobe & !port | (a <-> b)",
        "%s %(a)s {} \\' \\\\",
        "AND OR NOT",
        "\0kobe\0",
        "\ue000\ue001 kobe",
        "^kobe +port",
        "- - -",
        '"" "-" -""',
    ],
)
@pytest.mark.parametrize("kind", search.MODELS)
def test_nothing_typed_is_taken_for_the_language_of_an_engine(typed: str, kind: str) -> None:
    published_partnership("kobe", title="Kobe", jp=make_actor("kobe-city"), source=make_source("kobe-page"))
    search.reindex()
    query = parse(typed)
    everything = search.MODELS[kind]._default_manager.all()
    matching = search.apply(everything, query)
    ids = search.ids_by_level(kind, query)[-1] if query else everything.values_list("pk", flat=True)
    assert sorted(matching.values_list("pk", flat=True)) == sorted(ids)


# --- What may have been meant --------------------------------------------------------------------------------------


def test_a_typing_error_is_mended_by_a_name_as_it_is_written() -> None:
    published_partnership(us=make_actor("seattle", name="Seattle"))
    search.reindex()
    for typed in ("seatle", "saettle", "seattlle", "SEATTEL"):
        assert search.corrections("partnership", typed, queries.partnerships()) == ["Seattle"]


def test_the_most_frequent_spelling_comes_first_and_at_most_three() -> None:
    for name, times in [("Porta", 1), ("Portb", 3), ("Portc", 2), ("Portd", 1)]:
        for _ in range(times):
            published_partnership(title=f"{name} and others")
    search.reindex()
    mended = search.corrections("partnership", "portx", queries.partnerships())
    assert (mended[:2], len(mended)) == (["Portb", "Portc"], 3)


@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_nothing_that_is_not_published_is_ever_meant(publication: str) -> None:
    record = make_partnership(title="Secretplan", publication=publication)
    join(record, make_actor(name="Secretplace", publication=publication))
    add_themes(record, make_theme(name="Secrettheme"))
    cite(record, make_source(title="Secretpage"))
    search.reindex()
    published = {"partnership": queries.partnerships(), "actor": queries.actors(), "source": queries.sources()}
    for kind, records in published.items():
        for typed in ("secretplam", "secretplaze", "secretheme", "secretpagee"):
            assert search.corrections(kind, typed, records) == []
