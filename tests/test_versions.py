"""The directory's version and the records noted as changed: by the database itself, on every way to change a record."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.models import F

from partnerships.models import (
    Actor,
    ActorName,
    Adoption,
    Citation,
    CoverageCheck,
    DirectoryVersion,
    Milestone,
    Outcome,
    Participation,
    Partnership,
    PartnershipTheme,
    RecordVersion,
    Source,
    Theme,
    version,
)

from .factories import (
    cite,
    join,
    make_actor,
    make_partnership,
    make_source,
    make_state,
    make_theme,
    published_partnership,
)

pytestmark = pytest.mark.django_db

Noted = set[tuple[str, int]]


def noted() -> Noted:
    return set(RecordVersion.objects.not_indexed().values_list("record_kind", "record_id"))


def forget() -> None:
    RecordVersion.objects.update(is_indexed=True)


def one_of_everything() -> dict[type[models.Model], tuple[models.Model, Noted]]:
    """A row of every table that holds something of a record, and which records it belongs to."""
    alone = make_actor("alone")
    actor, source, theme = make_actor("seattle"), make_source("page"), make_theme("climate")
    record, copied = make_partnership("record"), make_partnership("copied")
    join(record, actor)
    parts: dict[type[models.Model], Any] = {
        Participation: record.participations.get(),
        PartnershipTheme: PartnershipTheme.objects.create(partnership=record, theme=theme),
        Citation: cite(record, source),
        Outcome: Outcome.objects.create(partnership=record, statement="Forty visits", source=source),
        Milestone: Milestone.objects.create(partnership=record, kind="event", on="1957", source=source),
        Adoption: Adoption.objects.create(partnership=record, adopted_from=copied),
        ActorName: ActorName.objects.create(actor=actor, name="Emerald City", language="en"),
    }
    own: Noted = {("partnership", record.pk)}
    belonging = {model: (row, own) for model, row in parts.items()}
    belonging[Adoption] = parts[Adoption], own | {("partnership", copied.pk)}
    belonging[ActorName] = parts[ActorName], {("actor", actor.pk)}
    lonely = make_partnership("lonely")
    unused_source, unused_theme = make_source("unused"), make_theme("unused")
    return belonging | {
        CoverageCheck: (CoverageCheck.objects.create(place=alone, checked_on="2026", method="Asked"), set()),
        Partnership: (lonely, {("partnership", lonely.pk)}),
        Actor: (alone, {("actor", alone.pk)}),
        Source: (unused_source, {("source", unused_source.pk)}),
        Theme: (unused_theme, {("theme", unused_theme.pk)}),
    }


TABLES = [
    Partnership,
    Participation,
    PartnershipTheme,
    Citation,
    Outcome,
    Milestone,
    Adoption,
    Actor,
    ActorName,
    Source,
    Theme,
    CoverageCheck,
]
# What the public pages do not show.
NOT_NOTED = {
    "DirectoryVersion",
    "RecordVersion",
    "LoadedRecord",
    "Merge",
    "NotDuplicate",
    "ReviewEvent",
    "Suggestion",
    "SuggestionStep",
    "RecentSender",
    "RegisterEntry",
    "RegisterDifference",
    "Import",
    "ImportLine",
    "Invitation",
    "SignInEvent",
    "LinkCheck",
    "KeptForm",
}


def test_every_table_is_noted_or_known_to_be_shown_nowhere() -> None:
    ours = {model.__name__ for model in apps.get_app_config("partnerships").get_models()}
    plain = {name for name in ours if not name.startswith("Historical")}
    assert plain - {model.__name__ for model in TABLES} == NOT_NOTED


@pytest.mark.parametrize("model", TABLES)
def test_an_update_of_any_table_notes_the_records_that_it_belongs_to(model: type[models.Model]) -> None:
    row, belongs_to = one_of_everything()[model]
    forget()
    model._default_manager.filter(pk=row.pk).update(id=F("id"))
    assert noted() == belongs_to


@pytest.mark.parametrize("model", TABLES)
def test_an_update_in_plain_sql_notes_them_too(model: type[models.Model]) -> None:
    row, belongs_to = one_of_everything()[model]
    forget()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET id = id WHERE id = %s", [row.pk])  # noqa: S608 (our own tables)
    assert noted() == belongs_to


@pytest.mark.parametrize("model", TABLES)
def test_deleting_and_bringing_back_a_row_of_any_table_notes_them(model: type[models.Model]) -> None:
    row, belongs_to = one_of_everything()[model]
    found = model._default_manager.filter(pk=row.pk)
    forget()
    found._raw_delete(found.db)
    assert noted() == belongs_to
    forget()
    model._default_manager.bulk_create([row])
    assert noted() == belongs_to


def test_moving_a_part_to_another_record_notes_both() -> None:
    one, other = make_partnership("one"), make_partnership("other")
    join(one, make_actor())
    forget()
    one.participations.update(partnership=other)
    assert noted() == {("partnership", one.pk), ("partnership", other.pk)}


def test_a_merger_that_is_taken_back_notes_both_places() -> None:
    city = make_actor("city")
    town = make_actor("town", successor=city)
    forget()
    Actor.objects.filter(pk=town.pk).update(successor=None)
    assert noted() == {("actor", city.pk), ("actor", town.pk)}


def test_what_is_rolled_back_is_not_noted() -> None:
    record = make_partnership()
    forget()
    with transaction.atomic():
        Partnership.objects.filter(pk=record.pk).update(title="Never")
        transaction.set_rollback(True)
    assert noted() == set()


def test_a_record_is_noted_once_with_the_version_in_which_it_changed_last() -> None:
    record = make_partnership()
    for title in ("One", "Two", "Three"):
        Partnership.objects.filter(pk=record.pk).update(title=title)
    [entry] = RecordVersion.objects.filter(record_kind="partnership", record_id=record.pk)
    assert entry.version == DirectoryVersion.objects.get().number


# --- How far a change reaches --------------------------------------------------------------------------------------


def reached_by(record: models.Model) -> set[str]:
    """The slugs of the partnerships that show something of a record that was just changed."""
    forget()
    type(record)._default_manager.filter(pk=record.pk).update(slug=F("slug"))
    found = RecordVersion.objects.not_indexed().shown_partnerships()
    return set(Partnership.objects.filter(pk__in=found).values_list("slug", flat=True))


def test_a_change_of_a_place_reaches_what_it_and_the_places_in_it_take_part_in() -> None:
    washington, city = make_state("washington"), make_actor("toyooka", country="JP")
    town = make_actor("hidaka", country="JP", successor=city)
    seattle = make_actor("seattle", parent=washington)
    published_partnership("of-the-city", us=seattle)
    published_partnership("of-the-state", us=washington)
    published_partnership("of-the-town", jp=town)
    published_partnership("of-others")
    assert reached_by(washington) == {"of-the-city", "of-the-state"}
    assert reached_by(seattle) == {"of-the-city"}
    assert reached_by(city) == {"of-the-town"}


def test_a_change_of_a_theme_or_a_source_reaches_the_partnerships_that_show_it() -> None:
    theme, source = make_theme("climate"), make_source("page")
    published_partnership("with-both", themes=(theme,), source=source)
    published_partnership("with-neither")
    assert (reached_by(theme), reached_by(source)) == ({"with-both"}, {"with-both"})


def test_a_change_of_a_source_that_only_a_result_or_a_milestone_names_reaches_their_partnerships() -> None:
    source = make_source("page")
    result, milestone = published_partnership("with-a-result"), published_partnership("with-a-milestone")
    Outcome.objects.create(partnership=result, statement="Forty visits", source=source)
    Milestone.objects.create(partnership=milestone, kind="renewed", on="1990", source=source)
    forget()
    Source.objects.filter(pk=source.pk).update(title="Another")
    assert RecordVersion.objects.not_indexed().shown_partnerships() == {result.pk, milestone.pk}


def test_a_change_of_a_source_is_none_for_the_index_of_the_partnerships_that_cite_it() -> None:
    source = make_source("page")
    published_partnership("citing", source=source)
    forget()
    Source.objects.filter(pk=source.pk).update(title="Another")
    assert RecordVersion.objects.not_indexed().partnerships() == set()


def test_a_new_citation_of_a_source_reaches_only_the_partnership_that_cites_it() -> None:
    source = make_source("page")
    published_partnership("citing", source=source)
    other = published_partnership("citing-now")
    forget()
    cite(other, source)
    assert RecordVersion.objects.not_indexed().shown_partnerships() == {other.pk}


def test_a_change_of_a_place_reaches_the_places_in_it_and_its_successor() -> None:
    washington, city = make_state("washington"), make_actor("toyooka", country="JP")
    town = make_actor("hidaka", country="JP", successor=city)
    seattle = make_actor("seattle", parent=washington)
    forget()
    Actor.objects.filter(pk__in=[washington.pk, town.pk]).update(name=F("name"))
    assert RecordVersion.objects.not_indexed().actors() == {washington.pk, seattle.pk, town.pk, city.pk}


# --- The number ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_every_committed_change_raises_the_version_and_nothing_else_does() -> None:
    rows = one_of_everything()
    seen = [version.current()]
    for model, (row, _belongs_to) in rows.items():
        model._default_manager.filter(pk=row.pk).update(id=F("id"))
        seen.append(version.current())
    assert seen == sorted(set(seen))
    with transaction.atomic():
        Partnership.objects.update(title="Never")
        transaction.set_rollback(True)
    Partnership.objects.filter(slug="no-such-record").update(title="Never")
    list(Partnership.objects.all())
    assert version.current() == seen[-1]


@pytest.mark.django_db(transaction=True)
def test_a_version_that_was_rolled_back_never_comes_again() -> None:
    make_theme()
    numbers = set()
    for _ in range(5):
        with transaction.atomic():
            make_theme()
            numbers.add(DirectoryVersion.objects.get().number)
            transaction.set_rollback(True)
    make_theme()
    assert len({*numbers, version.current()}) == 6


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_every_change_after_a_look_gives_another_version() -> None:
    with transaction.atomic():
        seen = []
        for _ in range(3):
            make_theme()
            seen.append(version.current())
    assert len({*seen}) == 3


@pytest.mark.django_db(transaction=True)
def test_migrating_puts_missing_triggers_in_place() -> None:
    table = Theme._meta.db_table
    on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {table}_noted_on_update{on_table}")
    assert version.missing_triggers(connection) == {f"{table}_noted_on_update"}
    call_command("migrate", verbosity=0)
    assert version.missing_triggers(connection) == set()
