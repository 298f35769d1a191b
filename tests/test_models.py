"""What the models refuse, what they call public, and how records name themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone, translation
from hypothesis import given, settings

from partnerships.models import (
    Actor,
    ActorName,
    Adoption,
    Citation,
    CoverageCheck,
    LoadedRecord,
    Milestone,
    Outcome,
    PartialDate,
    Participation,
    Partnership,
    Publication,
    RecentSender,
    RegisterEntry,
    ReviewEvent,
    Source,
    Suggestion,
    SuggestionStep,
    Theme,
)

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
from .test_partial_date import partial_dates

pytestmark = pytest.mark.django_db


def an_event(**fields: Any) -> ReviewEvent:
    return ReviewEvent.objects.create(**{"action": "published"} | fields)


def an_entry(**fields: Any) -> RegisterEntry:
    defaults = {"register": "clair", "key": "1", "us_name": "Seattle", "jp_name": "神戸市", "read_on": "2026"}
    return RegisterEntry.objects.create(**defaults | fields)


def a_suggestion(**fields: Any) -> Suggestion:
    defaults = {"reference": "S-1", "text": "More.", "evidence_url": "https://example.org/", "language": "en"}
    return Suggestion.objects.create(**defaults | fields)


def a_step(**fields: Any) -> SuggestionStep:
    return SuggestionStep.objects.create(suggestion=a_suggestion(), **{"action": "received"} | fields)


def a_place_that_is(field: str) -> None:
    actor = make_actor()
    Actor.objects.filter(pk=actor.pk).update(**{field: actor.pk})


def an_outcome(**fields: Any) -> Outcome:
    return Outcome.objects.create(**{"partnership": make_partnership(), "statement": "Forty visits"} | fields)


REFUSED: dict[str, Callable[[], Any]] = {
    "theme_slug_given": lambda: Theme.objects.create(slug="", name="Nameless"),
    "actor_slug_given": lambda: Actor.objects.create(slug="", name="A", kind="city", country="US"),
    "actor_on_a_shore": lambda: make_actor(country="FR"),
    "actor_publication_known": lambda: make_actor(publication="secret"),
    "actor_not_in_itself": lambda: a_place_that_is("parent"),
    "actor_not_own_successor": lambda: a_place_that_is("successor"),
    "actor_coordinates_on_earth": lambda: make_actor(latitude=91, longitude=0),
    "partnership_slug_given": lambda: Partnership.objects.create(slug="", title="P", kind="sister"),
    "partnership_title_given": lambda: make_partnership(title=""),
    "partnership_kind_known": lambda: make_partnership(kind="marriage"),
    "partnership_status_known": lambda: make_partnership(status="asleep"),
    "partnership_publication_known": lambda: make_partnership(publication="secret"),
    "partnership_end_after_start": lambda: make_partnership(started="2014-11", ended="2014-10"),
    "participation_role_known": lambda: join(make_partnership(), make_actor(), role="guest"),
    "adoption_not_of_itself": lambda: Adoption.objects.create(
        partnership=make_partnership("one"), adopted_from=Partnership.objects.get(slug="one")
    ),
    "milestone_kind_known": lambda: Milestone.objects.create(partnership=make_partnership(), kind="party", on="2014"),
    "outcome_grade_known": lambda: an_outcome(grade="hearsay"),
    "outcome_unit_has_figure": lambda: an_outcome(unit="visits"),
    "source_slug_given": lambda: Source.objects.create(slug="", title="S", url="https://example.org/"),
    "source_url_is_web": lambda: make_source(url="ftp://example.org/"),
    "citation_supports_known": lambda: cite(make_partnership(), supports="weather"),
    "review_event_of_one_record": lambda: an_event(partnership=make_partnership(), actor=make_actor()),
    "review_event_action_known": lambda: an_event(actor=make_actor(), action="lost"),
    "register_entry_register_known": lambda: an_entry(register="phone-book"),
    "suggestion_state_known": lambda: a_suggestion(state="lost"),
    "suggestion_rejected_with_a_reason": lambda: a_suggestion(state="rejected"),
    "suggestion_held_for_a_reason": lambda: a_suggestion(state="held"),
    "suggestion_step_action_known": lambda: a_step(action="lost"),
    "suggestion_step_says_something": lambda: a_step(action="asked"),
}


@pytest.mark.parametrize("constraint", REFUSED)
def test_the_database_refuses(constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        REFUSED[constraint]()


def test_the_database_refuses_an_event_of_no_record() -> None:
    with pytest.raises(IntegrityError, match="review_event_of_one_record"), transaction.atomic():
        an_event()


TWICE: dict[str, Callable[[], Any]] = {
    "the slug of a place": lambda: make_actor("seattle"),
    "the slug of a partnership": lambda: make_partnership("kobe-seattle"),
    "the slug of a source": lambda: make_source("city-page"),
    "the slug of a theme": lambda: make_theme("climate"),
    "the name of a theme": lambda: make_theme(name="Climate"),
    "a code within a country": lambda: make_actor(code="US-WA"),
    "a Wikidata id": lambda: make_actor(wikidata_id="Q1223"),
    "a loaded record": lambda: LoadedRecord.objects.create(table="actors", key="seattle"),
    "a register's entry": an_entry,
    "a suggestion's reference": a_suggestion,
    "a recent sender": lambda: RecentSender.objects.create(client="a", last_at=timezone.now()),
}


@pytest.mark.parametrize("what", TWICE)
def test_the_database_refuses_a_second_time(what: str) -> None:
    TWICE[what]()
    with pytest.raises(IntegrityError), transaction.atomic():
        TWICE[what]()


PARTS: dict[str, Callable[[], Any]] = {
    "a participant": lambda: published_partnership().participations.first(),
    "a theme": lambda: published_partnership(themes=(make_theme(),)).theme_links.get(),
    "a citation": lambda: cite(make_partnership()),
    "a result": lambda: an_outcome(),
    "a milestone": lambda: Milestone.objects.create(partnership=make_partnership(), kind="signed", on="2014"),
    "an adoption": lambda: Adoption.objects.create(partnership=make_partnership(), adopted_from=make_partnership()),
    "another name": lambda: ActorName.objects.create(actor=make_actor(), name="Emerald City", language="en"),
}


@pytest.mark.parametrize("part", PARTS)
def test_the_same_part_cannot_stand_twice_in_a_record(part: str) -> None:
    row = PARTS[part]()
    row.pk, row._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_a_source_is_cited_for_different_things() -> None:
    citation = cite(make_partnership())
    cite(citation.partnership, citation.source, supports=Citation.Supports.DATES)
    assert citation.source.citations.count() == 2


def test_the_same_code_may_stand_on_both_shores() -> None:
    make_actor(code="13")
    make_actor(country="JP", code="13")
    assert Actor.objects.filter(code="13").count() == 2


def test_many_places_may_have_no_code_and_no_wikidata_id() -> None:
    make_actor()
    make_actor()
    assert Actor.objects.filter(code="", wikidata_id="").count() == 2


@pytest.mark.parametrize(("started", "ended"), [("2014-11", "2014"), ("2014", "2014-01"), ("2014", "2014"), ("", "1")])
def test_an_end_that_may_follow_the_start_is_accepted(started: str, ended: str) -> None:
    ended = ended.zfill(4)
    assert make_partnership(started=started, ended=ended).ended == PartialDate.parse(ended)


@settings(deadline=None)
@given(started=partial_dates(2013, 2014), ended=partial_dates(2013, 2014))
def test_the_database_and_the_form_agree_on_which_end_follows_which_start(
    started: PartialDate, ended: PartialDate
) -> None:
    partnership = Partnership(slug="p", title="P", kind="sister", started=started, ended=ended)
    try:
        partnership.clean()
    except ValidationError:
        with pytest.raises(IntegrityError), transaction.atomic():
            partnership.save()
    else:
        partnership.save()
        partnership.delete()


def test_a_form_refuses_an_end_before_the_start() -> None:
    with pytest.raises(ValidationError, match="The end lies before the start"):
        Partnership(started="2014-11", ended="2014-10").clean()


@pytest.mark.parametrize("field", ["parent", "successor"])
def test_a_form_refuses_a_place_that_leads_back_to_itself(field: str) -> None:
    one = make_actor()
    two = make_actor(**{field: one})
    setattr(one, field, two)
    with pytest.raises(ValidationError, match="would lead back to this record"):
        one.clean()


def test_a_form_accepts_a_place_within_a_place() -> None:
    make_actor(parent=make_actor(parent=make_state())).clean()


@pytest.mark.parametrize("given_one", ["latitude", "longitude"])
def test_a_form_refuses_half_a_position(given_one: str) -> None:
    with pytest.raises(ValidationError, match="belong together"):
        Actor(slug="a", name="A", **{given_one: 47.6}).clean()


def test_a_form_accepts_a_position_on_the_equator() -> None:
    Actor(slug="a", name="A", latitude=0.0, longitude=0.0).clean()


def test_a_form_refuses_partnerships_that_were_adopted_from_one_another() -> None:
    one, two, three = make_partnership(), make_partnership(), make_partnership()
    Adoption.objects.create(partnership=two, adopted_from=one)
    Adoption.objects.create(partnership=three, adopted_from=two)
    with pytest.raises(ValidationError, match="itself adopted from this partnership"):
        Adoption(partnership=one, adopted_from=three).clean()


def test_a_form_accepts_two_partnerships_adopted_from_the_same() -> None:
    model, one, two = make_partnership(), make_partnership(), make_partnership()
    Adoption.objects.create(partnership=one, adopted_from=model)
    Adoption(partnership=two, adopted_from=model).clean()


def test_an_adoption_may_be_saved_again() -> None:
    adoption = Adoption.objects.create(partnership=make_partnership(), adopted_from=make_partnership())
    adoption.clean()


def test_a_review_event_is_never_changed() -> None:
    event = an_event(actor=make_actor())
    event.note = "On second thoughts"
    with pytest.raises(TypeError, match="written once"):
        event.save()


PROTECTED: dict[str, Callable[[], Any]] = {
    "a participant": lambda: published_partnership().actors.first(),
    "a cited source": lambda: cite(make_partnership()).source,
    "a source of a result": lambda: an_outcome(source=make_source()).source,
    "a place with places in it": lambda: make_actor(parent=make_state()).parent,
    "a place that others merged into": lambda: make_actor(successor=make_actor()).successor,
    "a partnership that others adopted": lambda: (
        Adoption.objects.create(partnership=make_partnership(), adopted_from=make_partnership()).adopted_from
    ),
}


@pytest.mark.parametrize("what", PROTECTED)
def test_it_cannot_be_deleted_while_it_is_needed(what: str) -> None:
    record = PROTECTED[what]()
    with pytest.raises(ProtectedError):
        record.delete()


def test_a_theme_in_use_cannot_be_deleted() -> None:
    theme = make_theme()
    add_themes(make_partnership(), theme)
    with pytest.raises(ProtectedError):
        theme.delete()


def test_a_curator_with_events_cannot_be_deleted() -> None:
    curator = get_user_model().objects.create_user("curator")
    an_event(actor=make_actor(), by=curator)
    with pytest.raises(ProtectedError):
        curator.delete()


def test_deleting_a_partnership_takes_its_parts_along() -> None:
    published_partnership().delete()
    assert not Participation.objects.exists()
    assert not Citation.objects.exists()


def test_deleting_a_partnership_leaves_its_places_and_sources() -> None:
    published_partnership().delete()
    assert (Actor.objects.count(), Source.objects.count()) == (2, 1)


def test_a_change_leaves_the_former_state_in_the_history() -> None:
    partnership = make_partnership(title="Before")
    partnership.title = "After"
    partnership.save()
    assert list(partnership.history.values_list("title", flat=True)) == ["After", "Before"]


@pytest.mark.parametrize("state", sorted(set(Publication) - {Publication.PUBLISHED}))
def test_only_what_is_published_is_public(state: str) -> None:
    make_partnership("hidden", publication=state)
    make_actor("hidden", publication=state)
    assert not Partnership.objects.published().exists()
    assert not Actor.objects.published().exists()


def test_new_records_are_drafts() -> None:
    actor = Actor.objects.create(slug="a", name="A", kind="city", country="US")
    partnership = Partnership.objects.create(slug="p", title="P", kind="sister")
    assert actor.publication == partnership.publication == Publication.DRAFT


def test_a_source_is_public_once_a_published_partnership_cites_it() -> None:
    published_partnership(source=make_source("public"))
    cite(make_partnership(), make_source("of-a-draft"))
    make_source("of-nothing")
    assert [source.slug for source in Source.objects.published()] == ["public"]


@pytest.mark.parametrize("part", ["outcome", "milestone"])
def test_a_source_of_a_result_or_a_milestone_is_public_with_it(part: str) -> None:
    for partnership, slug in ((published_partnership(), "public"), (make_partnership(), "of-a-draft")):
        if part == "outcome":
            an_outcome(partnership=partnership, source=make_source(slug))
        else:
            Milestone.objects.create(partnership=partnership, kind="signed", on="2014", source=make_source(slug))
    found = set(Source.objects.published().values_list("slug", flat=True))
    assert "public" in found
    assert "of-a-draft" not in found


def test_a_source_cited_often_is_listed_once() -> None:
    source = make_source()
    published_partnership(source=source)
    published_partnership(source=source)
    assert Source.objects.published().count() == 1


def test_participants_in_a_state_are_found_once_each() -> None:
    state = make_state()
    seattle, tacoma = make_actor("seattle", parent=state), make_actor("tacoma", parent=state)
    join(make_partnership("shared"), seattle, tacoma)
    join(make_partnership("elsewhere"), make_actor())
    found = Partnership.objects.with_participants_in(Actor.objects.within(state))
    assert [partnership.slug for partnership in found] == ["shared"]


def test_regions_are_states_territories_and_prefectures() -> None:
    make_state("washington")
    make_prefecture("hyogo")
    make_actor("guam", kind="territory")
    make_actor("seattle")
    assert set(Actor.objects.regions().values_list("slug", flat=True)) == {"washington", "hyogo", "guam"}


def test_a_place_shows_both_names_and_its_prefecture() -> None:
    prefecture = make_prefecture(name="Hyogo Prefecture", name_ja="兵庫県")
    assert str(make_actor(name="Kobe", name_ja="神戸市", country="JP", parent=prefecture)) == (
        "Kobe 神戸市, Hyogo Prefecture"
    )


def test_a_state_does_not_show_itself_twice() -> None:
    assert str(make_state(name="Washington")) == "Washington"


@pytest.mark.parametrize("kind", ["sister", "friendship"])
def test_sister_and_friendship_partnerships_are_ties(kind: str) -> None:
    assert Partnership(kind=kind).is_tie


def test_a_programme_is_no_tie() -> None:
    assert not Partnership(kind="programme").is_tie


def test_every_record_says_what_it_is() -> None:
    partnership = make_partnership(title="Kobe–Seattle")
    join(partnership, make_actor(name="Seattle"))
    theme = make_theme(name="Climate")
    add_themes(partnership, theme)
    source = make_source(title="City page")
    model = make_partnership(title="Kobe–Riga")
    with translation.override("en"):
        said = {
            str(record)
            for record in (
                partnership.participations.get(),
                partnership.theme_links.get(),
                theme,
                source,
                cite(partnership, source),
                Adoption.objects.create(partnership=partnership, adopted_from=model),
                Milestone.objects.create(partnership=partnership, kind="signed", on="1957-10"),
                Outcome(statement="Forty visits"),
                ActorName(name="Emerald City"),
                an_event(partnership=partnership),
                an_entry(),
                a_suggestion(),
                SuggestionStep(suggestion=Suggestion(reference="S-2"), action="asked"),
                RecentSender(client="a client"),
                LoadedRecord(table="actors", key="seattle"),
                CoverageCheck(place=Actor.objects.get(), checked_on="2026"),
            )
        }
    assert said == {
        "Seattle",
        "Climate",
        "City page",
        "City page (that it exists)",
        "Kobe–Riga",
        "1957-10: Signed",
        "Forty visits",
        "Emerald City",
        "Published: Kobe–Seattle",
        "CLAIR: Seattle – 神戸市",
        "S-1: new record",
        "Asked the sender: S-2",
        "a client",
        "actors: seattle",
        "Seattle · all themes · 2026",
    }


@pytest.mark.parametrize("given", [{"latitude": 47.6}, {"longitude": -122.3}])
def test_a_place_has_both_coordinates_or_none(given: dict[str, float]) -> None:
    with pytest.raises(IntegrityError, match="actor_coordinates_on_earth"), transaction.atomic():
        make_actor("seattle", **given)


def test_a_check_of_all_themes_is_recorded_once_a_day() -> None:
    place = make_actor("seattle")
    CoverageCheck.objects.create(place=place, checked_on="2026-11-24", method="Asked the office.")
    # SQLite names the columns of a partial index, PostgreSQL the index.
    with pytest.raises(IntegrityError), transaction.atomic():
        CoverageCheck.objects.create(place=place, checked_on="2026-11-24", method="Again.")
    CoverageCheck.objects.create(place=place, theme=make_theme(), checked_on="2026-11-24", method="One theme.")


def test_a_review_event_is_not_deleted_by_itself() -> None:
    event = ReviewEvent.objects.create(partnership=make_partnership(), action=ReviewEvent.Action.SUBMITTED)
    with pytest.raises(TypeError, match="never deleted"):
        event.delete()


@pytest.mark.parametrize("field", ["parent", "successor"])
def test_a_published_place_may_not_point_to_one_that_is_not(field: str) -> None:
    draft = make_actor("draft", publication=Publication.DRAFT)
    place = make_actor("seattle")
    setattr(place, field, draft)
    with pytest.raises(ValidationError, match="not published yet"):
        place.clean()


def test_a_circle_of_parents_and_successors_together_is_refused() -> None:
    outer = make_actor("outer")
    inner = make_actor("inner", parent=outer)
    outer.successor = inner
    with pytest.raises(ValidationError, match="lead back to this record"):
        outer.clean()
