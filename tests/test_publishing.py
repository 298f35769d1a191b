"""Steps between draft, in review, published and archived: refused with every reason at once, and logged."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone, translation

from partnerships.models import Actor, Partnership, Publication, ReviewEvent
from partnerships.services.publishing import STEPS, RefusedError, refusals_of, take_step

from .factories import add_themes, cite, join, make_actor, make_partnership, make_source, make_state, make_theme

pytestmark = pytest.mark.django_db

Action = ReviewEvent.Action


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def publishable(**fields: Any) -> Partnership:
    """A draft that lacks nothing."""
    partnership = make_partnership(**fields)
    join(partnership, make_actor(), make_actor(country="JP"))
    cite(partnership)
    add_themes(partnership, make_theme())
    return partnership


def reasons(record: Actor | Partnership, action: str = Action.PUBLISHED) -> list[tuple[str, str]]:
    return [(refusal.field, refusal.reason) for refusal in refusals_of(record=record, action=action)]


LEADS_TO = {
    (Publication.DRAFT, Action.SUBMITTED): Publication.IN_REVIEW,
    (Publication.DRAFT, Action.PUBLISHED): Publication.PUBLISHED,
    (Publication.DRAFT, Action.ARCHIVED): Publication.ARCHIVED,
    (Publication.IN_REVIEW, Action.RETURNED): Publication.DRAFT,
    (Publication.IN_REVIEW, Action.PUBLISHED): Publication.PUBLISHED,
    (Publication.IN_REVIEW, Action.ARCHIVED): Publication.ARCHIVED,
    (Publication.PUBLISHED, Action.ARCHIVED): Publication.ARCHIVED,
    (Publication.ARCHIVED, Action.RETURNED): Publication.DRAFT,
    (Publication.ARCHIVED, Action.PUBLISHED): Publication.PUBLISHED,
}


def test_every_action_is_a_step() -> None:
    assert set(STEPS) == set(Action)


@pytest.mark.parametrize("make", [publishable, make_actor], ids=["partnership", "place"])
@pytest.mark.parametrize(("start", "action"), LEADS_TO)
def test_a_step_leads_to_its_state(make: Any, start: str, action: str) -> None:
    record = make(publication=start)
    take_step(record=record, action=action, by=None, note="Checked.")
    assert record.publication == LEADS_TO[start, action]  # type: ignore[index]
    record.refresh_from_db()
    assert record.publication == LEADS_TO[start, action]  # type: ignore[index]


@pytest.mark.parametrize("make", [publishable, make_actor], ids=["partnership", "place"])
@pytest.mark.parametrize(
    ("start", "action"), [pair for pair in itertools.product(Publication, Action) if pair not in LEADS_TO]
)
def test_a_step_that_does_not_lead_from_a_state_is_refused(make: Any, start: Publication, action: str) -> None:
    record = make(publication=start)
    with pytest.raises(RefusedError, match=f"is in the state “{start.label}”, from which this step does not lead"):
        take_step(record=record, action=action, by=None)
    record.refresh_from_db()
    assert record.publication == start


def test_the_state_that_counts_is_the_one_in_the_database() -> None:
    record = publishable()
    Partnership.objects.update(publication=Publication.ARCHIVED)
    with pytest.raises(RefusedError):
        take_step(record=record, action=Action.SUBMITTED, by=None)


def test_a_record_without_faults_may_be_published() -> None:
    assert reasons(publishable()) == []


@pytest.mark.parametrize(("country", "missing"), [("JP", "United States"), ("US", "Japan")])
def test_both_shores_must_take_part(country: str, missing: str) -> None:
    partnership = publishable()
    partnership.participations.exclude(actor__country=country).delete()
    assert reasons(partnership) == [("participations", f"No participant from this shore: {missing}.")]


@pytest.mark.parametrize("state", sorted(set(Publication) - {Publication.PUBLISHED}))
def test_every_participant_must_be_published(state: str) -> None:
    partnership = publishable()
    join(partnership, make_actor(name="Tacoma", publication=state))
    assert reasons(partnership) == [("participations", "“Tacoma” is not published yet; publish it first.")]


def test_a_source_must_be_cited() -> None:
    partnership = publishable()
    partnership.citations.all().delete()
    assert reasons(partnership) == [("citations", "No source is cited.")]


def test_a_theme_must_be_given() -> None:
    partnership = publishable(kind=Partnership.Kind.PROJECT)
    partnership.theme_links.all().delete()
    assert reasons(partnership) == [
        ("theme_links", "No theme is given; only sister and friendship ties may be without one.")
    ]


@pytest.mark.parametrize("kind", Partnership.TIE_KINDS)
def test_a_tie_needs_no_theme(kind: str) -> None:
    partnership = publishable(kind=kind)
    partnership.theme_links.all().delete()
    assert reasons(partnership) == []


def test_the_end_must_not_lie_before_the_start() -> None:
    partnership = publishable()
    partnership.started, partnership.ended = "2014-11", "2014-10"  # type: ignore[assignment]
    assert reasons(partnership) == [("ended", "The end lies before the start.")]


def test_a_broken_link_needs_an_archived_copy() -> None:
    partnership = publishable()
    dead = make_source(title="Gone", link_state="broken")
    cite(partnership, dead)
    cite(partnership, dead, supports="dates")
    told = "The link of the source “Gone” is broken; give an archived copy of it, or another source."
    assert reasons(partnership) == [("citations", told)]
    dead.archived_url = "https://archive.example.org/gone"
    dead.save()
    assert reasons(partnership) == []


@pytest.mark.parametrize("note", ["", "  \n"])
def test_sending_back_needs_a_note(note: str) -> None:
    partnership = publishable(publication=Publication.IN_REVIEW)
    with pytest.raises(RefusedError, match="Say in a note what is to be changed"):
        take_step(record=partnership, action=Action.RETURNED, by=None, note=note)
    partnership.refresh_from_db()
    assert partnership.publication == Publication.IN_REVIEW


@pytest.fixture
def _by_another(settings: Any) -> None:
    settings.REVIEW_BY_ANOTHER = True


@pytest.mark.usefixtures("_by_another")
def test_nobody_publishes_what_they_submitted_where_another_must_review() -> None:
    ann, ben = (get_user_model().objects.create_user(name) for name in ("ann", "ben"))
    partnership = publishable()
    take_step(record=partnership, action=Action.SUBMITTED, by=ann)
    with pytest.raises(RefusedError, match="You submitted this record; somebody else publishes it"):
        take_step(record=partnership, action=Action.PUBLISHED, by=ann)
    take_step(record=partnership, action=Action.PUBLISHED, by=ben)
    assert partnership.publication == Publication.PUBLISHED


@pytest.mark.usefixtures("_by_another")
@pytest.mark.parametrize("start", [Publication.DRAFT, Publication.ARCHIVED])
def test_nothing_becomes_public_unsubmitted_where_another_must_review(start: str) -> None:
    editor = get_user_model().objects.create_user("editor")
    with pytest.raises(RefusedError, match="Submit it for review first"):
        take_step(record=publishable(publication=start), action=Action.PUBLISHED, by=editor)


@pytest.mark.usefixtures("_by_another")
def test_what_was_public_before_comes_back_without_another_review() -> None:
    ann, ben = (get_user_model().objects.create_user(name) for name in ("ann", "ben"))
    partnership = publishable()
    take_step(record=partnership, action=Action.SUBMITTED, by=ann)
    for action in (Action.PUBLISHED, Action.ARCHIVED, Action.PUBLISHED):
        take_step(record=partnership, action=action, by=ben)
    assert partnership.publication == Publication.PUBLISHED


def test_one_person_may_submit_and_publish_unless_told_otherwise() -> None:
    editor = get_user_model().objects.create_user("editor")
    partnership = publishable()
    for action in (Action.SUBMITTED, Action.PUBLISHED):
        take_step(record=partnership, action=action, by=editor)
    assert partnership.publication == Publication.PUBLISHED


def test_every_reason_is_given_at_once() -> None:
    partnership = make_partnership(kind=Partnership.Kind.PROJECT)
    join(partnership, make_actor(publication=Publication.DRAFT))
    with pytest.raises(RefusedError) as error:
        take_step(record=partnership, action=Action.PUBLISHED, by=None)
    fields = [refusal.field for refusal in error.value.refusals]
    assert fields == ["participations", "participations", "citations", "theme_links"]
    assert str(error.value) == " ".join(refusal.reason for refusal in error.value.refusals)
    assert error.value.record == partnership


@pytest.mark.parametrize("action", [Action.SUBMITTED, Action.ARCHIVED])
def test_only_publishing_asks_for_a_whole_record(action: str) -> None:
    assert reasons(make_partnership(kind=Partnership.Kind.PROJECT), action) == []


@pytest.mark.parametrize("field", ["parent", "successor"])
def test_a_place_needs_what_it_lies_in_or_merged_into_to_be_published(field: str) -> None:
    other = make_actor(name="Tacoma", publication=Publication.DRAFT)
    place = make_actor(publication=Publication.DRAFT, **{field: other})
    assert reasons(place) == [(field, "“Tacoma” is not published yet; publish it first.")]


def test_a_place_in_a_published_place_may_be_published() -> None:
    assert reasons(make_actor(publication=Publication.DRAFT, parent=make_state())) == []


def test_a_place_that_a_published_partnership_names_is_not_archived() -> None:
    place = make_actor(name="Tacoma")
    join(make_partnership(publication=Publication.PUBLISHED), place)
    assert reasons(place, Action.ARCHIVED) == [("publication", "Published partnerships name “Tacoma”.")]


@pytest.mark.parametrize("field", ["parent", "successor"])
def test_a_place_that_published_places_need_is_not_archived(field: str) -> None:
    place = make_actor(name="Tacoma")
    make_actor(**{field: place})
    complaint = "Published places lie in “Tacoma” or merged into it."
    assert reasons(place, Action.ARCHIVED) == [("publication", complaint)]


def test_a_place_that_only_drafts_name_is_archived() -> None:
    place = make_actor()
    join(make_partnership(), place)
    make_actor(parent=place, publication=Publication.DRAFT)
    assert reasons(place, Action.ARCHIVED) == []


def test_a_step_is_logged_with_who_and_why() -> None:
    editor = get_user_model().objects.create_user("editor")
    partnership = publishable()
    event = take_step(record=partnership, action=Action.PUBLISHED, by=editor, note="Checked.")
    assert list(partnership.review_events.all()) == [event]
    assert (event.action, event.by, event.note, event.actor) == (Action.PUBLISHED, editor, "Checked.", None)


def test_a_step_of_a_place_is_logged_with_the_place() -> None:
    place = make_actor(publication=Publication.DRAFT)
    event = take_step(record=place, action=Action.PUBLISHED, by=None)
    assert (event.actor, event.partnership) == (place, None)


def test_a_refused_step_is_not_logged() -> None:
    with pytest.raises(RefusedError):
        take_step(record=make_partnership(), action=Action.PUBLISHED, by=None)
    assert not ReviewEvent.objects.exists()


def test_the_log_keeps_every_step() -> None:
    partnership = publishable()
    steps = [Action.SUBMITTED, Action.RETURNED, Action.PUBLISHED, Action.ARCHIVED]
    for action in steps:
        take_step(record=partnership, action=action, by=None, note="Why.")
    assert [event.action for event in partnership.review_events.order_by("pk")] == steps


def test_a_step_moves_the_time_of_the_last_change() -> None:
    partnership = publishable()
    before = timezone.now()
    take_step(record=partnership, action=Action.PUBLISHED, by=None)
    partnership.refresh_from_db()
    assert partnership.updated_at >= before


def test_a_step_stands_in_the_history_of_the_record() -> None:
    partnership = publishable()
    take_step(record=partnership, action=Action.PUBLISHED, by=None)
    states = partnership.history.order_by("history_id").values_list("publication", flat=True)
    assert list(states) == [Publication.DRAFT, Publication.PUBLISHED]


def test_a_step_keeps_what_was_not_saved_out_of_the_database() -> None:
    partnership = publishable(title="As saved")
    partnership.title = "Half typed"
    take_step(record=partnership, action=Action.PUBLISHED, by=None)
    assert Partnership.objects.get().title == "As saved"
