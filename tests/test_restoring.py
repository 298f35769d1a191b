"""What a record was at every moment of its history, and putting it back."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.test import Client

from partnerships.models import Actor, ActorName, Adoption, Milestone, Outcome, Partnership, Publication, Theme
from partnerships.services import records, restoring
from partnerships.services.records import state_of

from . import factories as make
from .admin_forms import added, address, opened, row_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Client:
    return signed_in("hanako", "Editors")


def full_record() -> Partnership:
    record = make.published_partnership("kobe-seattle", themes=(make.make_theme("trade"),), started="1957")
    Outcome.objects.create(partnership=record, statement="Twelve firms", position=1, value="12", unit="firms")
    Milestone.objects.create(partnership=record, on="1957-10", kind="signed", source=make.make_source("text"))
    Adoption.objects.create(partnership=record, adopted_from=make.published_partnership("model"))
    return record


def save(client: Client, record: Any, change: dict[str, Any]) -> None:
    assert client.post(address(record), opened(client, record) | change).status_code == 302


def last(record: Any) -> restoring.Moment:
    return restoring.moments(record)[-1]


def test_the_newest_moment_is_what_the_record_is_now() -> None:
    record = full_record()
    assert last(record).state.digest() == state_of(record).digest()


def test_one_save_with_all_its_parts_is_one_moment(editor: Client) -> None:
    record = full_record()
    before = len(restoring.moments(record))
    form = opened(editor, record)
    form |= {"title": "New", f"{row_of(form, 'outcomes', record.outcomes.get().pk)}-unit": "companies"}
    form = added(form, "citations", source=make.make_source().pk, supports="dates")
    assert editor.post(address(record), form | {"reason_for_change": "Checked"}).status_code == 302
    moments = restoring.moments(record)
    assert len(moments) == before + 1
    assert (moments[-1].user.username, moments[-1].reason) == ("hanako", "Checked")


def edits(chance: random.Random) -> list[Any]:
    """Ways to change a record in the admin, each of another part of it."""
    actors = [make.make_actor() for _ in range(3)]
    sources = [make.make_source() for _ in range(3)]
    themes = [make.make_theme() for _ in range(3)]

    def text(client: Client, record: Partnership) -> None:
        save(client, record, {chance.choice(["summary", "title_ja", "note"]): f"Text {chance.random()}"})

    def date(client: Client, record: Partnership) -> None:
        save(client, record, {"started": chance.choice(["1957", "1958-10", "1959-10-03"])})

    def row_added(client: Client, record: Partnership) -> None:
        part, values = chance.choice(
            [
                ("participations", {"actor": chance.choice(actors).pk, "role": "host", "position": 5}),
                ("citations", {"source": chance.choice(sources).pk, "supports": "dates"}),
                ("theme_links", {"theme": chance.choice(themes).pk}),
                ("outcomes", {"statement": f"Result {chance.random()}", "position": chance.randint(1, 3)}),
                ("milestones", {"kind": "visit", "on": str(chance.randint(1960, 2020))}),
            ]
        )
        client.post(address(record), added(opened(client, record), part, **values))  # refused where it is there already

    def row_removed(client: Client, record: Partnership) -> None:
        part = chance.choice(["outcomes", "milestones", "theme_links", "adoptions"])
        rows = list(getattr(record, part).all())
        if rows:
            form = opened(client, record)
            save(client, record, {f"{row_of(form, part, chance.choice(rows).pk)}-DELETE": "on"})

    def row_changed(client: Client, record: Partnership) -> None:
        row = chance.choice(list(record.participations.all()))
        form = opened(client, record)
        start = row_of(form, "participations", row.pk)
        save(client, record, {f"{start}-role": chance.choice(["lead", "partner", "host"])})

    def renamed(client: Client, record: Partnership) -> None:
        save(client, record, {"slug": f"slug-{chance.randint(1, 99)}"})

    def step(client: Client, record: Partnership) -> None:
        is_public = record.publication == Publication.PUBLISHED
        save(client, record, {"_step": "archived" if is_public else "published"})

    return [text, date, row_added, row_removed, row_changed, renamed, step]


@pytest.mark.parametrize("seed", range(3))
def test_after_any_edits_restoring_a_moment_gives_what_the_record_was_then(editor: Client, seed: int) -> None:
    chance = random.Random(seed)
    record = full_record()
    ways = edits(chance)
    seen = [(last(record).at, state_of(record))]
    for _ in range(10):
        chance.choice(ways)(editor, record)
        record.refresh_from_db()
        if last(record).at != seen[-1][0]:
            seen.append((last(record).at, state_of(record)))
    for at, state in chance.sample(seen, min(5, len(seen))):
        present = state_of(record)
        moment = restoring.moment_of(record, at)
        assert moment is not None
        restoring.restore(record=record, moment=moment, reason="Put back")
        record.refresh_from_db()
        assert {name: rows for name, rows in state_of(record).rows.items() if rows} == with_slug(state, record.slug)
        assert (record.slug, record.publication) == (present.slug, present.publication)


def with_slug(state: records.RecordState, slug: str) -> dict[str, list[tuple[str, ...]]]:
    """The rows of a state under another address: the first column of each names the record."""
    return {name: [(slug, *texts[1:]) for texts in rows] for name, rows in state.rows.items() if rows}


def test_restoring_is_a_moment_of_its_own_with_its_reason(editor: Client) -> None:
    record = full_record()
    before = last(record)
    save(editor, record, {"summary": "Wrong"})
    restoring.restore(record=record, moment=before, reason="Vandalised")
    assert last(record).reason == "Vandalised"
    assert last(record).state.digest() == before.state.digest()


def test_a_place_comes_back_with_its_names_where_it_lay(editor: Client) -> None:
    washington, oregon = make.make_state(), make.make_state("oregon", "US-OR")
    place = make.make_actor("vancouver-wa", parent=washington)
    ActorName.objects.create(actor=place, name="Fort Vancouver", language="en", kind="former")
    before = last(place)
    form = opened(editor, place)
    start = row_of(form, "other_names", place.other_names.get().pk)
    save(editor, place, {"parent": str(oregon.pk), f"{start}-DELETE": "on"})
    restoring.restore(record=place, moment=before, reason="Put back")
    place.refresh_from_db()
    assert (place.path, place.region) == ("washington/vancouver-wa/", washington)
    assert [name.name for name in place.other_names.all()] == ["Fort Vancouver"]


def test_a_source_and_a_theme_come_back(editor: Client) -> None:
    for one, name in ((make.make_source("report", title="Report"), "title"), (make.make_theme("trade"), "name")):
        before = last(one)
        save(editor, one, {name: "Other"})
        restoring.restore(record=one, moment=before, reason="Put back")
        assert state_of(one).digest() == before.state.digest()


def test_what_is_public_is_not_made_unfit_for_it(editor: Client) -> None:
    record = make.make_partnership("kobe-seattle")
    bare = last(record)
    make.join(record, make.make_actor(), make.make_actor(country="JP"))
    make.cite(record)
    save(editor, record, {"_step": "published"})
    with pytest.raises(restoring.RestoringRefusedError) as refused:
        restoring.restore(record=record, moment=bare, reason="Put back")
    assert "No source is cited." in refused.value.reasons
    record.refresh_from_db()
    assert (record.publication, record.citations.count()) == (Publication.PUBLISHED, 1)


def test_a_circle_of_models_is_refused(editor: Client) -> None:
    one, two = make.make_partnership("one"), make.make_partnership("two")
    adoption = Adoption.objects.create(partnership=one, adopted_from=two)
    one.save()
    before = last(one)
    adoption.delete()
    Adoption.objects.create(partnership=two, adopted_from=one)
    with pytest.raises(restoring.RestoringRefusedError):
        restoring.restore(record=one, moment=before, reason="Put back")
    assert not one.adoptions.exists()


def test_a_place_that_would_lie_in_itself_is_refused(editor: Client) -> None:
    outer, inner = make.make_state(), make.make_actor("inner")
    outer_in = make.make_actor("outer", parent=inner)
    before = last(outer_in)
    save(editor, outer_in, {"parent": str(outer.pk)})
    save(editor, inner, {"parent": str(outer_in.pk)})
    with pytest.raises(restoring.RestoringRefusedError):
        restoring.restore(record=outer_in, moment=before, reason="Put back")
    assert Actor.objects.get(slug="outer").parent == outer


def test_a_unique_value_that_another_record_has_now_is_refused(editor: Client) -> None:
    one = make.make_theme("one", name="Trade")
    before = last(one)
    save(editor, one, {"name": "Commerce"})
    make.make_theme("two", name="Trade")
    with pytest.raises(restoring.RestoringRefusedError):
        restoring.restore(record=one, moment=before, reason="Put back")
    assert Theme.objects.get(slug="one").name == "Commerce"


def test_a_source_that_is_gone_is_named_and_left_out(editor: Client) -> None:
    record = full_record()
    source = make.make_source("gone", title="A report that is gone")
    citation = make.cite(record, source)
    make.some_time_passes()
    before_at = last(record).at
    citation.delete()
    source.delete()
    moment = restoring.moment_of(record, before_at)
    assert moment is not None
    restored = restoring.restore(record=record, moment=moment, reason="Put back")
    assert restored.lost == ["citation: A report that is gone"]
    assert record.citations.count() == 1


def test_rows_that_others_wrote_are_moments_of_their_own() -> None:
    record = full_record()
    make.some_time_passes()
    before = len(restoring.moments(record))
    make.add_themes(record, make.make_theme())
    moments = restoring.moments(record)
    assert len(moments) == before + 1
    assert len(moments[-1].state.rows["partnership_themes"]) == 2
    assert len(moments[-2].state.rows["partnership_themes"]) == 1


def test_the_moments_of_a_record_take_the_same_queries_however_many(
    editor: Client, django_assert_max_num_queries: Any
) -> None:
    record = full_record()
    for number in range(6):
        save(editor, record, {"summary": f"Text {number}"})
    with django_assert_max_num_queries(12):
        assert len(restoring.moments(record)) >= 7
