"""A duplicate goes into another record: all that is attached follows, the address leads there, and it can be undone."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from partnerships import queries
from partnerships.models import (
    Actor,
    ActorName,
    Adoption,
    Citation,
    Country,
    CoverageCheck,
    DirectoryVersion,
    Merge,
    Milestone,
    Outcome,
    Partnership,
    Publication,
    RegisterEntry,
    ReviewEvent,
    Source,
    Suggestion,
)
from partnerships.package.reading import PackageError
from partnerships.package.writing import write_package
from partnerships.services import loading
from partnerships.services.merging import FATES, MergeRefusedError, merge, undo
from partnerships.services.publishing import RefusedError, take_step
from partnerships.services.records import state_of

from . import factories as make

pytestmark = pytest.mark.django_db


def merged(duplicate: Any, into: Any, **choices: str) -> Merge:
    """Merge and read both again."""
    report = merge(duplicate=duplicate, into=into, choices=choices, by=None)
    duplicate.refresh_from_db()
    into.refresh_from_db()
    return report.merge


def refused(duplicate: Any, into: Any, **choices: str) -> str:
    """Why it is refused; nothing changes."""
    before = [state_of(record).digest() for record in (duplicate, into)]
    with pytest.raises(MergeRefusedError) as error:
        merge(duplicate=duplicate, into=into, choices=choices, by=None)
    assert [state_of(record).digest() for record in (duplicate, into)] == before
    assert not Merge.objects.exists()
    return str(error.value)


def two(**fields: Any) -> tuple[Partnership, Partnership]:
    """A published duplicate of a published record, of the same places; ``fields`` are the duplicate's."""
    us, jp = make.make_actor("seattle"), make.make_actor("kobe", country=Country.JP)
    into = make.published_partnership("kept", us=us, jp=jp)
    return make.published_partnership("duplicate", us=us, jp=jp, **fields), into


@pytest.fixture
def editor() -> Client:
    return a_client("Editors")


def a_client(group: str) -> Client:
    user = User.objects.create_user(group.lower(), password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


# What is thought of.


@pytest.mark.parametrize("model", [Partnership, Actor, Source])
def test_every_relation_to_a_record_is_thought_of(model: Any) -> None:
    present = {relation.get_accessor_name() for relation in model._meta.related_objects if not relation.many_to_many}
    assert present == set(FATES[model])


def test_many_to_many_relations_go_by_way_of_rows_that_are_thought_of() -> None:
    for model in (Partnership, Actor, Source):
        for relation in model._meta.related_objects:
            if relation.many_to_many:
                assert relation.through._meta.label in {"partnerships.Participation", "partnerships.PartnershipTheme"}


@pytest.mark.parametrize("make_one", [make.make_partnership, make.make_actor, make.make_source])
def test_the_database_refuses_a_record_merged_into_itself(make_one: Any) -> None:
    record = make_one()
    with pytest.raises(IntegrityError, match="not_merged_into_itself"), transaction.atomic():
        fields = {"publication": "archived"} if hasattr(record, "publication") else {}
        type(record).objects.filter(pk=record.pk).update(merged_into=record.pk, **fields)


@pytest.mark.parametrize("make_one", [make.make_partnership, make.make_actor])
def test_the_database_refuses_a_merged_record_that_is_not_archived(make_one: Any) -> None:
    record, other = make_one(), make_one()
    with pytest.raises(IntegrityError, match="merged_is_archived"), transaction.atomic():
        type(record).objects.filter(pk=record.pk).update(merged_into=other.pk, publication="published")


# Fields.


def test_the_record_kept_keeps_what_it_says_and_takes_what_it_does_not() -> None:
    duplicate, into = two(title="Another", summary="Taken over", status="ended", started="1957")
    merged(duplicate, into)
    assert (into.title, into.summary, into.status, str(into.started)) == ("Kept", "Taken over", "active", "1957")
    assert into.slug == "kept"


def test_a_field_is_taken_from_where_one_chose() -> None:
    duplicate, into = two(title="Another", summary="Not taken")
    merged(duplicate, into, title="duplicate", summary="into")
    assert (into.title, into.summary) == ("Another", "")


def test_a_position_is_taken_as_a_whole() -> None:
    into, duplicate = make.make_actor("kept"), make.make_actor("duplicate", latitude=47.6, longitude=-122.3)
    merged(duplicate, into)
    assert (into.latitude, into.longitude) == (47.6, -122.3)


def test_the_duplicate_stays_in_the_database_archived_with_what_it_said() -> None:
    duplicate, into = two(title="Another")
    merge_of = merged(duplicate, into)
    assert (duplicate.merged_into, duplicate.publication, duplicate.title) == (into, "archived", "Another")
    assert duplicate.citations.count() == 1
    assert (merge_of.duplicate, merge_of.into) == (duplicate.pk, into.pk)
    assert [event.action for event in duplicate.review_events.all()] == ["archived"]


def test_an_end_before_the_start_is_refused() -> None:
    duplicate, into = two(ended="1950", status="ended")
    Partnership.objects.filter(pk=into.pk).update(started="1957")
    assert refused(duplicate, into, status="duplicate") == "The end lies before the start."


def test_a_state_and_its_end_are_taken_together_or_not_at_all() -> None:
    duplicate, into = two(ended="1990", status="ended")
    merged(duplicate, into)
    assert (into.status, into.ended) == ("active", None)


def test_a_number_that_is_unique_goes_from_one_to_the_other() -> None:
    into, duplicate = make.make_actor("kept"), make.make_actor("duplicate", code="5363000", wikidata_id="Q5083")
    merge_of = merged(duplicate, into)
    assert (into.code, into.wikidata_id, duplicate.code, duplicate.wikidata_id) == ("5363000", "Q5083", "", "")
    undo(merge=merge_of, by=None)
    into.refresh_from_db()
    duplicate.refresh_from_db()
    assert (into.code, into.wikidata_id, duplicate.code, duplicate.wikidata_id) == ("", "", "5363000", "Q5083")


# What is attached.


def test_the_parts_of_partnerships_are_united_and_none_is_doubled() -> None:
    duplicate, into = two()
    theme, shared = make.make_theme("trade"), make.make_theme("culture")
    make.add_themes(into, shared)
    make.add_themes(duplicate, theme, shared)
    port = make.make_actor("port")
    make.join(duplicate, port)
    source = into.citations.get().source
    make.cite(duplicate, source, locator="Page 3")
    for record in (into, duplicate):
        Outcome.objects.create(partnership=record, statement="Twelve firms", position=1, grade="press")
        Milestone.objects.create(partnership=record, on="1957-10", kind="signed")
    Outcome.objects.create(partnership=duplicate, statement="A bell", position=2, grade="press")
    Milestone.objects.filter(partnership=duplicate).update(title="On a ship")
    merged(duplicate, into)
    assert [(part.actor.slug, part.position) for part in into.participations.order_by("position")] == [
        ("seattle", 1),
        ("kobe", 2),
        ("port", 3),
    ]
    assert {each.slug for each in into.themes.all()} == {"trade", "culture"}
    assert into.citations.count() == 2
    assert into.citations.get(source=source).locator == "Page 3"
    assert [outcome.statement for outcome in into.outcomes.order_by("position")] == ["Twelve firms", "A bell"]
    assert into.milestones.get().title == "On a ship"


def test_adoptions_are_united_in_both_directions() -> None:
    duplicate, into = two()
    model, follower, both = (make.make_partnership(slug) for slug in ("model", "follower", "both"))
    for one, other in ((duplicate, model), (follower, duplicate), (both, duplicate), (both, into), (into, duplicate)):
        Adoption.objects.create(partnership=one, adopted_from=other)
    before = state_of(duplicate), state_of(into), state_of(both), state_of(follower)
    merge_of = merged(duplicate, into)
    assert [link.adopted_from.slug for link in into.adoptions.all()] == ["model"]
    assert {link.partnership.slug for link in into.adopted_by.all()} == {"follower", "both"}
    assert not duplicate.adopted_by.exists()
    undo(merge=merge_of, by=None)
    assert [state_of(record).digest() for record in (duplicate, into, both, follower)] == [
        state.digest() for state in before
    ]


def test_a_record_does_not_become_its_own_model() -> None:
    duplicate, into = two()
    between = make.make_partnership("between")
    Adoption.objects.create(partnership=into, adopted_from=between)
    Adoption.objects.create(partnership=between, adopted_from=duplicate)
    assert "its own model" in refused(duplicate, into)


def test_suggestions_and_register_entries_follow_and_review_events_stay() -> None:
    duplicate, into = two()
    suggestion = Suggestion.objects.create(
        reference="A", partnership=duplicate, text="x", evidence_url="https://example.org", language="en"
    )
    entry = RegisterEntry.objects.create(
        register="clair", key="1", us_name="Seattle", jp_name="Kobe", read_on="2020", partnership=duplicate
    )
    event = ReviewEvent.objects.create(action="published", partnership=duplicate)
    merge_of = merged(duplicate, into)
    for row in (suggestion, entry, event):
        row.refresh_from_db()
    assert (suggestion.partnership, entry.partnership, event.partnership) == (into, into, duplicate)
    undo(merge=merge_of, by=None)
    for row in (suggestion, entry):
        row.refresh_from_db()
    assert (suggestion.partnership, entry.partnership) == (duplicate, duplicate)


def two_places() -> tuple[Actor, Actor]:
    state = make.make_state()
    return make.make_actor("duplicate", name="Seatle", parent=state), make.make_actor("kept", parent=state)


def test_what_is_said_of_a_place_follows_it() -> None:
    duplicate, into = two_places()
    below, before = make.make_actor("below", parent=duplicate), make.make_actor("before", successor=duplicate)
    record = make.published_partnership("tie", us=duplicate)
    check = CoverageCheck.objects.create(place=duplicate, checked_on="2024", method="Looked")
    merge_of = merged(duplicate, into)
    for row in (below, before, check):
        row.refresh_from_db()
    assert (below.parent, before.successor, check.place) == (into, into, into)
    assert below.path == "washington/kept/below/"
    assert into in record.actors.all()
    undo(merge=merge_of, by=None)
    for row in (below, before, check):
        row.refresh_from_db()
    assert (below.parent, before.successor, check.place) == (duplicate, duplicate, duplicate)
    assert below.path == "washington/duplicate/below/"
    assert into not in record.actors.all()


def test_both_places_in_one_partnership_take_part_once_and_twice_again_after_undoing() -> None:
    duplicate, into = two_places()
    record = make.published_partnership("tie", us=into)
    make.join(record, duplicate, role="host")
    before = state_of(record).digest()
    merge_of = merged(duplicate, into)
    assert [part.actor.slug for part in record.participations.filter(actor__country="US")] == ["kept"]
    undo(merge=merge_of, by=None)
    assert state_of(record).digest() == before


def test_equal_checks_of_coverage_are_one_and_those_of_other_themes_are_not() -> None:
    duplicate, into = two_places()
    theme = make.make_theme("trade")
    for place, about in ((into, None), (duplicate, None), (duplicate, theme)):
        CoverageCheck.objects.create(place=place, theme=about, checked_on="2024", method="Looked")
    merged(duplicate, into)
    assert sorted(check.theme_id or 0 for check in into.coverage_checks.all()) == [0, theme.pk]
    assert not duplicate.coverage_checks.exists()


def test_the_name_of_a_duplicate_becomes_an_other_name() -> None:
    duplicate, into = two_places()
    Actor.objects.filter(pk=duplicate.pk).update(name_ja="シアトル市")
    Actor.objects.filter(pk=into.pk).update(name_ja="シアトル")
    ActorName.objects.create(actor=duplicate, name="Kept", language="en")
    ActorName.objects.create(actor=duplicate, name="Duwamps", language="en", kind="former")
    duplicate.refresh_from_db()
    into.refresh_from_db()
    merged(duplicate, into)
    assert {(name.name, name.language, name.kind) for name in into.other_names.all()} == {
        ("Seatle", "en", "alternate"),
        ("シアトル市", "ja", "alternate"),
        ("Duwamps", "en", "former"),
    }


def test_the_name_that_was_not_chosen_becomes_an_other_name() -> None:
    duplicate, into = two_places()
    merged(duplicate, into, name="duplicate")
    assert (into.name, [name.name for name in into.other_names.all()]) == ("Seatle", ["Kept"])


def test_what_rests_on_a_source_rests_on_the_one_kept() -> None:
    duplicate, into = make.make_source("duplicate"), make.make_source("kept")
    one, other = make.published_partnership("one", source=duplicate), make.published_partnership("other", source=into)
    make.cite(other, duplicate, locator="Page 3")
    make.cite(other, duplicate, supports="dates")
    Outcome.objects.create(partnership=one, statement="x", source=duplicate, grade="press")
    Milestone.objects.create(partnership=one, on="1957", kind="signed", source=duplicate)
    before = [state_of(record).digest() for record in (one, other)]
    merge_of = merged(duplicate, into)
    assert {(cited.source, cited.supports, cited.locator) for cited in other.citations.all()} == {
        (into, "existence", "Page 3"),
        (into, "dates", ""),
    }
    assert one.citations.get().source == one.outcomes.get().source == one.milestones.get().source == into
    undo(merge=merge_of, by=None)
    assert [state_of(record).digest() for record in (one, other)] == before


def test_a_merged_source_is_in_no_list_even_if_something_cites_it_again() -> None:
    duplicate, into = make.make_source("duplicate"), make.make_source("kept")
    make.published_partnership("one", source=into)
    merged(duplicate, into)
    make.cite(Partnership.objects.get(slug="one"), duplicate)
    assert [source.slug for source in queries.sources()] == ["kept"]


# What is refused, and warned of.


def test_only_two_different_records_of_one_kind_are_merged() -> None:
    source = make.make_source()
    with pytest.raises(MergeRefusedError, match="itself"):
        merge(duplicate=source, into=source, by=None)
    with pytest.raises(MergeRefusedError, match="one kind"):
        merge(duplicate=source, into=make.make_actor(), by=None)


def test_places_on_two_shores_are_not_merged() -> None:
    assert "shores" in refused(make.make_actor("a", country=Country.JP), make.make_actor("b"))


def test_a_place_does_not_go_into_what_lies_in_it() -> None:
    state = make.make_state()
    assert "leads back to" in refused(state, make.make_actor("seattle", parent=state))


def test_a_place_whose_partnerships_are_public_does_not_go_into_a_draft() -> None:
    duplicate, into = two_places()
    make.published_partnership("tie", us=duplicate)
    Actor.objects.filter(pk=into.pk).update(publication=Publication.DRAFT)
    into.refresh_from_db()
    assert "Publish “Kept, Washington” first." in refused(duplicate, into)


def test_a_public_record_stays_such_that_it_could_be_published() -> None:
    duplicate, into = two()
    Partnership.objects.filter(pk=duplicate.pk).update(publication=Publication.DRAFT)
    duplicate.refresh_from_db()
    make.join(duplicate, make.make_actor("new", publication=Publication.DRAFT))
    assert "“New” is not published yet" in refused(duplicate, into)


def test_the_record_kept_keeps_its_own_state() -> None:
    duplicate, into = two()
    Partnership.objects.filter(pk=into.pk).update(publication=Publication.DRAFT)
    into.refresh_from_db()
    report = merge(duplicate=duplicate, into=into, by=None)
    into.refresh_from_db()
    assert into.publication == Publication.DRAFT
    assert "is public and" in report.warnings[0]


def test_a_municipality_that_merged_in_reality_is_warned_of() -> None:
    duplicate, into = two_places()
    duplicate.successor = into
    duplicate.save()
    report = merge(duplicate=duplicate, into=into, by=None)
    into.refresh_from_db()
    assert "became part of" in report.warnings[0]
    assert (into.successor, into.dissolved_on) == (None, None)


def test_a_merged_record_takes_no_step_and_is_merged_no_second_time() -> None:
    duplicate, into = two()
    merged(duplicate, into)
    with pytest.raises(RefusedError, match="was merged into"):
        take_step(record=duplicate, action="published", by=None)
    with pytest.raises(MergeRefusedError, match="already"):
        merge(duplicate=duplicate, into=make.make_partnership(), by=None)
    with pytest.raises(MergeRefusedError, match="already"):
        merge(duplicate=make.make_partnership(), into=duplicate, by=None)


# Addresses.


def status(path: str) -> tuple[int, str]:
    answer = Client().get(path)
    return answer.status_code, answer.headers.get("Location", "")


@pytest.mark.parametrize(
    "path",
    [
        "/partnerships/{}/",
        "/ja/partnerships/{}/",
        "/partnerships/{}/cite.bib",
        "/ja/partnerships/{}/cite.ris",
        "/api/v1/partnerships/{}/",
    ],
)
def test_every_address_of_a_duplicate_leads_to_the_record_kept(path: str) -> None:
    duplicate, into = two()
    Client().get(path.format("duplicate"))  # kept in memory, if anything is
    merged(duplicate, into)
    assert status(path.format("duplicate")) == (301, path.format("kept"))
    assert status(path.format("kept"))[0] == 200


@pytest.mark.parametrize("path", ["/actors/{}/", "/ja/actors/{}/", "/api/v1/actors/{}/"])
def test_the_addresses_of_a_place_lead_to_the_one_kept(path: str) -> None:
    merged(*two_places())
    assert status(path.format("duplicate")) == (301, path.format("kept"))


@pytest.mark.parametrize("path", ["/sources/{}/", "/ja/sources/{}/", "/api/v1/sources/{}/"])
def test_the_addresses_of_a_source_lead_to_the_one_kept(path: str) -> None:
    duplicate, into = make.make_source("duplicate"), make.make_source("kept")
    make.published_partnership("one", source=duplicate)
    assert status(path.format("duplicate"))[0] == 200
    merged(duplicate, into)
    assert status(path.format("duplicate")) == (301, path.format("kept"))
    assert status(path.format("kept"))[0] == 200


def test_parameters_understand_a_merged_record_as_the_one_kept() -> None:
    duplicate, into = two()
    merged(duplicate, into)
    assert status("/compare/?p=duplicate") == (301, "/compare/?p=kept")
    place, kept = two_places()
    merged(place, kept)
    answer = Client().get("/brief/?actor=duplicate", follow=True)
    assert answer.status_code == 200
    assert "Kept" in answer.content.decode()


def test_former_addresses_of_a_duplicate_and_chains_lead_to_the_last() -> None:
    first, second = two()
    third = make.published_partnership("third", us=make.make_actor("a"), jp=make.make_actor("b", country=Country.JP))
    first.slug = "renamed"
    first.save()
    merged(first, second)
    merged(second, third)
    for slug in ("duplicate", "renamed", "kept"):
        assert status(f"/partnerships/{slug}/") == (301, "/partnerships/third/")


@pytest.mark.parametrize("state", ["draft", "in_review", "archived"])
def test_nobody_learns_of_an_unpublished_record_by_a_redirect(state: str) -> None:
    duplicate, into = two()
    merged(duplicate, into)
    Partnership.objects.filter(pk=into.pk).update(publication=state)
    for path in ("/partnerships/duplicate/", "/api/v1/partnerships/duplicate/", "/partnerships/duplicate/cite.bib"):
        assert status(path) == (404, "")


def test_a_former_address_that_two_records_had_leads_to_the_one_that_is_public() -> None:
    old = make.published_partnership("shared")
    old.slug = "own"
    old.save()
    duplicate = make.make_partnership("shared")
    duplicate.slug = "other"
    duplicate.save()
    hidden = make.make_partnership("hidden")
    merged(duplicate, hidden)
    assert status("/partnerships/shared/") == (301, "/partnerships/own/")


def test_a_curator_is_led_on_like_everyone(editor: Client) -> None:
    duplicate, into = two()
    merged(duplicate, into)
    assert editor.get("/partnerships/duplicate/").status_code == 301


def test_a_duplicate_is_in_no_list_and_the_record_kept_is_found_by_what_it_took_over() -> None:
    duplicate, into = two(summary="Zeppelins")
    merged(duplicate, into)
    found = Client().get("/api/v1/partnerships/?q=zeppelins").json()
    assert [record["slug"] for record in found["results"]] == ["kept"]
    assert Client().get("/api/v1/partnerships/").json()["count"] == 1


def test_pages_that_were_kept_show_the_merge_and_its_undoing_at_once() -> None:
    duplicate, into = make.make_source("duplicate"), make.make_source("kept", title="The better title")
    make.published_partnership("one", source=duplicate)
    page = "/partnerships/one/"
    assert "The better title" not in Client().get(page).content.decode()
    merge_of = merged(duplicate, into)
    assert "The better title" in Client().get(page).content.decode()
    undo(merge=merge_of, by=None)
    assert "The better title" not in Client().get(page).content.decode()


def test_the_page_of_a_partnership_whose_participant_was_merged_names_the_one_kept_only() -> None:
    duplicate, into = two_places()
    make.published_partnership("tie", us=duplicate)
    assert "Seatle" in Client().get("/partnerships/tie/").content.decode()
    merged(duplicate, into)
    page = Client().get("/partnerships/tie/").content.decode()
    assert "Seatle" not in page
    assert "/actors/kept/" in page


# Undoing.


def test_after_undoing_the_old_address_is_a_page_of_its_own() -> None:
    duplicate, into = two()
    before = state_of(duplicate).digest(), state_of(into).digest()
    undo(merge=merged(duplicate, into), by=None)
    duplicate.refresh_from_db()
    assert (state_of(duplicate).digest(), state_of(into).digest()) == before
    assert duplicate.merged_into is None
    assert status("/partnerships/duplicate/") == (200, "")
    assert [event.action for event in duplicate.review_events.order_by("pk")] == ["archived", "published"]


def not_undone(merge_of: Merge) -> str:
    with pytest.raises(MergeRefusedError) as error:
        undo(merge=merge_of, by=None)
    assert not merge_of.is_undone
    return str(error.value)


def test_an_edit_since_is_named_field_by_field_and_nothing_changes() -> None:
    duplicate, into = two()
    merge_of = merged(duplicate, into)
    into.summary = "Written since"
    into.save()
    make.add_themes(into, make.make_theme("trade"))
    said = not_undone(merge_of)
    assert "“Kept”: summary was “” after the merge and is “Written since” now." in said
    assert "theme of a partnership trade was added since" in said
    duplicate.refresh_from_db()
    assert duplicate.merged_into == into


def test_what_was_moved_and_is_gone_since_is_named() -> None:
    duplicate, into = make.make_source("duplicate"), make.make_source("kept")
    make.published_partnership("one", source=duplicate)
    merge_of = merged(duplicate, into)
    Citation.objects.all().delete()
    assert "citations: 1 that were moved" in not_undone(merge_of)


def test_a_merge_is_undone_once_and_the_last_one_first() -> None:
    first, second = two()
    third = make.published_partnership("third")
    inner, outer = merged(first, second), merged(second, third)
    assert "undo that first" in not_undone(inner)
    undo(merge=outer, by=None)
    undo(merge=inner, by=None)
    with pytest.raises(MergeRefusedError, match="undone already"):
        undo(merge=inner, by=None)
    assert {record.slug for record in queries.partnerships()} == {"duplicate", "kept", "third"}


def test_undoing_makes_nothing_public_that_rests_on_what_is_not() -> None:
    duplicate, into = two()
    port = make.make_actor("port")
    make.join(duplicate, port)
    merge_of = merged(duplicate, into)
    Actor.objects.filter(pk=port.pk).update(publication=Publication.ARCHIVED)
    assert "would be public again" in not_undone(merge_of)


def test_a_merge_is_never_changed_or_deleted() -> None:
    merge_of = merged(*two())
    with pytest.raises(TypeError):
        merge_of.save()
    with pytest.raises(TypeError):
        merge_of.delete()


def counts() -> dict[str, int]:
    """Rows of every table but histories, logs and what is worked out."""
    logs = {"Merge", "ReviewEvent", "RecordVersion", "DirectoryVersion"}
    return {
        model.__name__: model._default_manager.count()
        for model in apps.get_app_config("partnerships").get_models()
        if model.__name__ not in logs and not model.__name__.startswith("Historical")
    }


def invented(chance: random.Random) -> tuple[list[Partnership], list[Actor], list[Source]]:
    """A small directory with many parts in common."""
    state, prefecture = make.make_state(), make.make_prefecture()
    actors = [
        make.make_actor(f"a{number}", country=country, parent=prefecture if country == "JP" else state)
        for number, country in enumerate(["US", "US", "US", "JP", "JP"])
    ]
    sources = [make.make_source(f"s{number}") for number in range(3)]
    themes = [make.make_theme(f"t{number}") for number in range(3)]
    records = []
    for number in range(4):
        record = make.make_partnership(
            f"p{number}",
            publication=Publication.PUBLISHED,
            summary=chance.choice(["", "One", "Two"]),
            started=chance.choice([None, "1957", "1960-04"]),
        )
        make.join(record, *chance.sample(actors[:3], 2), *chance.sample(actors[3:], chance.choice([1, 2])))
        for source in chance.sample(sources, 2):
            make.cite(record, source, supports=chance.choice(["existence", "dates"]), locator=chance.choice(["", "p"]))
        make.add_themes(record, *chance.sample(themes, 2))
        for position in range(chance.randrange(3)):
            Outcome.objects.create(
                partnership=record, position=position + 1, statement=f"o{position}", source=chance.choice(sources)
            )
        Milestone.objects.create(
            partnership=record,
            on=chance.choice(["1957", "1958"]),
            kind="signed",
            source=chance.choice([None, *sources]),
        )
        if records:
            Adoption.objects.create(partnership=record, adopted_from=chance.choice(records))
        records.append(record)
    return records, actors, sources


def everything(*records: Any) -> list[str]:
    return [state_of(record).digest() for group in records for record in group]


@pytest.mark.parametrize("seed", range(12))
def test_merging_and_undoing_leaves_everything_as_it_was(seed: int) -> None:
    chance = random.Random(seed)
    directory = invented(chance)
    kind = directory[seed % 3]
    duplicate, into = chance.sample(kind[:3], 2)
    before, rows = everything(*directory), counts()
    choices = {name: chance.choice(["into", "duplicate"]) for name in ("title", "summary", "started", "name", "url")}
    try:
        merge_of = merge(duplicate=duplicate, into=into, choices=choices, by=None).merge
    except MergeRefusedError as error:
        assert "its own model" in str(error)  # adoptions fall out that way by chance
        assert everything(*directory) == before
        return
    assert everything(*directory) != before
    into.refresh_from_db()
    undo(merge=merge_of, by=None)
    assert everything(*directory) == before
    assert counts() == rows


# Two at once.


@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_the_same_pair_both_ways_one_is_refused() -> None:
    duplicate, into = two()
    start, answers = threading.Barrier(2), []

    def run(one: Partnership, other: Partnership) -> None:
        start.wait()
        try:
            merge(duplicate=one, into=other, by=None)
            answers.append("merged")
        except MergeRefusedError:
            answers.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in ((duplicate, into), (into, duplicate))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == ["merged", "refused"]
    assert Partnership.objects.filter(merged_into__isnull=False).count() == 1


# Loading.


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    """A package with two records that were loaded from it, and then merged."""
    two(summary="Taken over")
    write_package(tmp_path / "package")
    loading.load(path=tmp_path / "package")
    merged(Partnership.objects.get(slug="duplicate"), Partnership.objects.get(slug="kept"))
    yield tmp_path / "package"


def test_a_package_that_still_has_the_duplicate_is_a_conflict_in_words(package: Path) -> None:
    with pytest.raises(loading.EditedSinceError) as error:
        loading.load(path=package)
    assert "partnerships: duplicate was merged into kept here; the package still has it" in str(error.value)


def test_keeping_what_was_edited_leaves_the_merge(package: Path) -> None:
    loading.load(path=package, keep_edited=True)
    assert Partnership.objects.get(slug="duplicate").merged_into == Partnership.objects.get(slug="kept")
    assert status("/partnerships/duplicate/")[0] == 301


def test_overwriting_does_not_bring_the_duplicate_back(package: Path) -> None:
    with pytest.raises(PackageError, match="undo the merge in the admin, or take it out of the package"):
        loading.load(path=package, overwrite=True)
    assert Partnership.objects.get(slug="duplicate").merged_into


def test_a_new_record_that_needs_a_merged_one_is_refused_with_its_name(tmp_path: Path) -> None:
    source, kept = make.make_source("duplicate"), make.make_source("kept")
    record = make.published_partnership("one", source=source)
    write_package(tmp_path / "package")
    record.delete()
    merged(source, kept)
    with pytest.raises(PackageError, match=r"refers to duplicate .* which was merged into kept here"):
        loading.load(path=tmp_path / "package", keep_edited=True)


def test_the_package_that_is_written_after_a_merge_loads_without_a_conflict(package: Path, tmp_path: Path) -> None:
    write_package(tmp_path / "later")
    assert not loading.load(path=tmp_path / "later").conflicts


# The admin.


def merge_page(duplicate: Any, into: Any) -> str:
    kind = {Partnership: "partnerships", Actor: "actors", Source: "sources"}[type(into)]
    return reverse("admin:partnerships_merge_two", args=[kind, duplicate.pk, into.pk])


def test_an_editor_merges_and_undoes_through_the_pages(editor: Client) -> None:
    duplicate, into = two(title="Another", summary="Taken over")
    page = editor.get(merge_page(duplicate, into)).content.decode()
    assert 'name="field-title"' in page
    assert "Taken over" in page
    answer = editor.post(
        merge_page(duplicate, into), {"field-title": "duplicate", "note": "Entered twice"}, follow=True
    )
    assert "Merged: Another → Kept." in answer.content.decode()
    into.refresh_from_db()
    assert into.title == "Another"
    log = Merge.objects.get()
    assert (log.by.username, log.note) == ("editors", "Entered twice")
    assert into.history.first().history_user.username == "editors"
    form = reverse("admin:partnerships_partnership_change", args=[duplicate.pk])
    shown = editor.get(form).content.decode()
    assert "A duplicate, merged into:" in shown
    assert 'name="_save"' not in shown
    answer = editor.post(reverse("admin:partnerships_merge_undo", args=[log.pk]), follow=True)
    assert "Both records are as they were." in answer.content.decode()
    into.refresh_from_db()
    assert into.title == "Kept"


def test_a_refused_merge_keeps_what_was_chosen_and_says_why(editor: Client) -> None:
    duplicate, into = two(title="Another", ended="1950", status="ended")
    Partnership.objects.filter(pk=into.pk).update(started="1957")
    answer = editor.post(merge_page(duplicate, into), {"field-title": "duplicate", "field-status": "duplicate"})
    assert "The end lies before the start." in answer.content.decode()
    chosen = [row.chosen for row in answer.context["open"] if row.choice.name == "title"]
    assert chosen == ["duplicate"]


def test_a_refused_undoing_says_why(editor: Client) -> None:
    duplicate, into = two()
    merge_of = merged(duplicate, into)
    Partnership.objects.filter(pk=into.pk).update(summary="Written since")
    answer = editor.post(reverse("admin:partnerships_merge_undo", args=[merge_of.pk]))
    assert "is “Written since” now" in answer.content.decode()


def test_two_records_chosen_in_a_list_are_merged(editor: Client) -> None:
    duplicate, into = two()
    changelist = reverse("admin:partnerships_partnership_changelist")
    chosen = {"action": "merge_selected", "_selected_action": [duplicate.pk, into.pk]}
    answer = editor.post(changelist, chosen)
    first, second = sorted((duplicate, into), key=lambda record: record.pk)
    assert answer.headers["Location"] == merge_page(second, first)
    answer = editor.post(changelist, chosen | {"_selected_action": [into.pk]}, follow=True)
    assert "Choose two records to merge." in answer.content.decode()


def test_curators_and_strangers_merge_nothing() -> None:
    duplicate, into = two()
    for client, answer in ((a_client("Curators"), 403), (Client(), 302)):
        assert client.get(merge_page(duplicate, into)).status_code == answer
        assert client.post(merge_page(duplicate, into)).status_code == answer
    merge_of = merged(duplicate, into)
    for client in (Client(), Client()):
        assert client.post(reverse("admin:partnerships_merge_undo", args=[merge_of.pk])).status_code == 302
    curator = Client()
    curator.force_login(User.objects.get(username="curators"))
    assert curator.post(reverse("admin:partnerships_merge_undo", args=[merge_of.pk])).status_code == 403
    assert curator.get(reverse("admin:partnerships_merge_changelist")).status_code == 200
    page = curator.get(reverse("admin:partnerships_partnership_changelist")).content.decode()
    assert "merge_selected" not in page


@pytest.mark.parametrize("path", ["partnerships/1/999999", "themes/1/2", "partnerships/999999/999998"])
def test_what_is_not_there_cannot_be_merged(editor: Client, path: str) -> None:
    assert editor.get(f"/admin/partnerships/merge/two/{path}/").status_code == 404


def test_a_merged_record_cannot_be_chosen_in_a_form(editor: Client) -> None:
    duplicate, into = make.make_source("duplicate"), make.make_source("kept")
    merged(duplicate, into)
    asked = {"term": "", "app_label": "partnerships", "model_name": "citation", "field_name": "source"}
    found = editor.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert [each["id"] for each in found] == [str(into.pk)]


def test_the_log_says_what_is_in_force(editor: Client) -> None:
    merge_of = merged(*two())
    page = reverse("admin:partnerships_merge_change", args=[merge_of.pk])
    assert "Undo this merge" in editor.get(page).content.decode()
    undo(merge=merge_of, by=None)
    assert "Undo this merge" not in editor.get(page).content.decode()
    assert "Undone" in editor.get(reverse("admin:partnerships_merge_changelist")).content.decode()


def test_the_log_changes_nothing_that_the_public_sees() -> None:
    def number() -> int:
        return DirectoryVersion.objects.get().number

    make.make_source()
    before = number()
    Merge.objects.create(kind="sources", duplicate=1, into=2)
    assert number() == before
