"""A record as one unit: read, compared, kept as JSON, written back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from partnerships.models import Actor, ActorName, Milestone, Outcome, Partnership, Publication
from partnerships.package.tables import TABLE
from partnerships.services import records
from partnerships.services.records import Difference, RecordState, state_of

from . import factories as make

pytestmark = pytest.mark.django_db


def full_record() -> Partnership:
    record = make.published_partnership("kobe-seattle", themes=(make.make_theme("trade"),), started="1957")
    Outcome.objects.create(partnership=record, statement="Twelve firms", position=1, grade="press")
    Outcome.objects.create(partnership=record, statement="A bell", position=2, grade="press")
    Milestone.objects.create(partnership=record, on="1957-10", kind="signed")
    return record


def test_a_state_kept_as_json_comes_back_the_same() -> None:
    state = state_of(full_record())
    again = RecordState.from_json(json.loads(json.dumps(state.as_json())))
    assert again.digest() == state.digest()
    assert not list(again.differences(state))


def test_what_was_changed_in_all_parts_is_written_back() -> None:
    record = full_record()
    state = state_of(record)
    record.summary = "Changed"
    record.save()
    record.outcomes.get(statement="Twelve firms").delete()
    record.milestones.update(title="Signed on a ship")
    make.cite(record)
    record.participations.first().delete()
    assert state_of(record).digest() != state.digest()
    records.write([state], reason="Taken back")
    assert state_of(record).digest() == state.digest()
    assert [outcome.statement for outcome in record.outcomes.order_by("position")] == ["Twelve firms", "A bell"]
    assert record.history.first().history_change_reason == "Taken back"


def test_a_record_that_is_gone_is_made_again() -> None:
    record = full_record()
    state = state_of(record)
    record.delete()
    records.write([state], reason="Taken back")
    assert state_of(Partnership.objects.get(slug="kobe-seattle")).digest() == state.digest()


@pytest.mark.parametrize("state", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_the_state_of_publication_is_written_back(state: str) -> None:
    record = full_record()
    Partnership.objects.filter(pk=record.pk).update(publication=state)
    before = state_of(record)
    Partnership.objects.filter(pk=record.pk).update(publication=Publication.PUBLISHED)
    records.write([before], reason="Taken back")
    record.refresh_from_db()
    assert record.publication == state


def test_a_place_is_put_back_with_its_names_where_it_lay() -> None:
    washington, oregon = make.make_state(), make.make_state("oregon", "US-OR")
    place = make.make_actor("vancouver-wa", parent=washington)
    ActorName.objects.create(actor=place, name="Fort Vancouver", language="en", kind="former")
    before = state_of(place)
    place.parent = oregon
    place.save()
    Actor.objects.rebuild_hierarchy()
    place.other_names.all().delete()
    records.write([before], reason="Taken back")
    place.refresh_from_db()
    assert (place.path, place.region) == ("washington/vancouver-wa/", washington)
    assert [name.name for name in place.other_names.all()] == ["Fort Vancouver"]


def differences(change: Any) -> list[Difference]:
    record = full_record()
    before = state_of(record)
    change(record)
    return list(before.differences(state_of(record)))


def test_a_changed_column_is_one_difference() -> None:
    def change(record: Partnership) -> None:
        record.summary = "New"
        record.save()

    assert differences(change) == [Difference("partnerships", (), "summary", "", "New")]


def test_a_changed_part_is_named_by_its_key() -> None:
    assert differences(lambda record: record.milestones.update(title="On a ship")) == [
        Difference("milestones", ("1957-10", "signed"), "title", "", "On a ship")
    ]


def test_an_added_and_a_removed_part_differ_as_a_whole() -> None:
    def change(record: Partnership) -> None:
        record.outcomes.get(statement="A bell").delete()
        make.add_themes(record, make.make_theme("culture"))

    found = {(each.table, each.key, each.column, bool(each.before), bool(each.after)) for each in differences(change)}
    assert found == {
        ("outcomes", ("A bell",), "", True, False),
        ("partnership_themes", ("culture",), "", False, True),
    }


def test_a_change_of_publication_is_a_difference() -> None:
    found = differences(lambda record: Partnership.objects.update(publication=Publication.ARCHIVED))
    assert found == [Difference("partnerships", (), "publication", "published", "archived")]


def test_states_of_many_records_are_read_at_once(django_assert_num_queries: Any) -> None:
    slugs = [full_record().slug, make.published_partnership().slug]
    with django_assert_num_queries(8):
        assert set(records.states(TABLE["partnerships"], slugs)) == set(slugs)
