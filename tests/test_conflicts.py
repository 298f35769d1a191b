"""Two people with the form of one record: the second sees what the first changed, and chooses."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from partnerships.models import (
    Actor,
    ActorName,
    Adoption,
    Milestone,
    Outcome,
    Partnership,
    Publication,
    Source,
    Theme,
)
from partnerships.services.loaded_forms import LoadedForm

from . import factories as make
from .admin_forms import added, address, form_in, opened, row_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def hanako() -> Client:
    return signed_in("hanako", "Editors")


@pytest.fixture
def john() -> Client:
    return signed_in("john", "Editors")


@pytest.fixture
def record() -> Partnership:
    record = make.published_partnership("kobe-seattle", title="Kobe", summary="First line\nSecond line", started="1957")
    Outcome.objects.create(partnership=record, statement="Twelve firms", position=1, value="88.5", unit="firms")
    Milestone.objects.create(partnership=record, on="1957-10", kind="signed")
    return record


def save(client: Client, record: Any, form: dict[str, Any]) -> Any:
    return client.post(address(record), form)


def told(page: Any) -> str:
    assert page.status_code == 200, "saved, although somebody should have been asked"
    assert page.context["conflict"] is not None
    return page.content.decode()


def questions(page: Any) -> list[str]:
    return [each.name for each in page.context["conflict"].open]


def test_a_form_that_nobody_disturbed_is_saved(john: Client, record: Partnership) -> None:
    assert save(john, record, opened(john, record) | {"title": "Kobe and Seattle"}).status_code == 302


def test_a_form_that_is_posted_unchanged_with_a_browsers_newlines_changes_no_text(
    john: Client, record: Partnership
) -> None:
    form = opened(john, record)
    assert save(john, record, form | {"summary": form["summary"].replace("\n", "\r\n")}).status_code == 302
    record.refresh_from_db()
    assert record.summary == "First line\nSecond line"


def test_what_both_changed_is_not_overwritten(hanako: Client, john: Client, record: Partnership) -> None:
    form = opened(john, record)
    save(hanako, record, opened(hanako, record) | {"title": "Hanako's"})
    page = save(john, record, form | {"title": "John's"})
    text = told(page)
    assert "hanako" in text
    assert "Hanako&#x27;s" in text
    assert "John&#x27;s" in text
    assert questions(page) == ["choice-title"]
    record.refresh_from_db()
    assert record.title == "Hanako's"


@pytest.mark.parametrize(("choice", "title"), [("mine", "John's"), ("theirs", "Hanako's")])
def test_the_second_chooses(hanako: Client, john: Client, record: Partnership, choice: str, title: str) -> None:
    form = opened(john, record)
    save(hanako, record, opened(hanako, record) | {"title": "Hanako's"})
    page = save(john, record, form | {"title": "John's", "note": "typed"})
    assert save(john, record, form_in(page) | {"choice-title": choice}).status_code == 302
    record.refresh_from_db()
    assert (record.title, record.note) == (title, "typed")


def test_nothing_is_saved_before_somebody_has_chosen(hanako: Client, john: Client, record: Partnership) -> None:
    form = opened(john, record)
    save(hanako, record, opened(hanako, record) | {"title": "Hanako's"})
    page = save(john, record, form | {"title": "John's"})
    page = save(john, record, form_in(page))
    assert questions(page) == ["choice-title"]
    record.refresh_from_db()
    assert record.title == "Hanako's"
    assert save(john, record, form_in(page) | {"choice-title": "mine"}).status_code == 302


def test_a_choice_that_is_none_is_asked_again(hanako: Client, john: Client, record: Partnership) -> None:
    form = opened(john, record)
    save(hanako, record, opened(hanako, record) | {"title": "Hanako's"})
    page = save(john, record, form | {"title": "John's"})
    assert questions(save(john, record, form_in(page) | {"choice-title": "both"})) == ["choice-title"]


def test_what_only_the_first_changed_is_shown_and_taken_over(hanako: Client, john: Client, record: Partnership) -> None:
    form = opened(john, record)
    save(hanako, record, opened(hanako, record) | {"started": "1957-10-21"})
    page = save(john, record, form | {"title": "John's"})
    assert "21 October 1957" in told(page)
    assert questions(page) == []
    assert form_in(page)["started"] == "1957-10-21"
    record.refresh_from_db()
    assert record.title == "Kobe"
    assert save(john, record, form_in(page)).status_code == 302
    record.refresh_from_db()
    assert (record.title, str(record.started)) == ("John's", "1957-10-21")


def test_what_was_taken_over_can_be_put_back_on_purpose(hanako: Client, john: Client, record: Partnership) -> None:
    form = opened(john, record)
    save(hanako, record, opened(hanako, record) | {"started": "1958"})
    page = save(john, record, form | {"title": "John's"})
    assert save(john, record, form_in(page) | {"started": "1957"}).status_code == 302
    record.refresh_from_db()
    assert str(record.started) == "1957"


def test_the_same_change_by_both_is_no_conflict(hanako: Client, john: Client, record: Partnership) -> None:
    form = opened(john, record)
    save(hanako, record, opened(hanako, record) | {"started": "1957-10"})
    assert save(john, record, form | {"started": "1957年10月"}).status_code == 302


def test_a_third_change_while_one_chooses_is_told_too(hanako: Client, john: Client, record: Partnership) -> None:
    form = opened(john, record)
    save(hanako, record, opened(hanako, record) | {"title": "Hanako's"})
    page = save(john, record, form | {"title": "John's"})
    save(hanako, record, opened(hanako, record) | {"title": "Hanako's second", "note": "new"})
    page = save(john, record, form_in(page) | {"choice-title": "mine"})
    assert questions(page) == ["choice-title"]
    assert "Hanako&#x27;s second" in told(page)
    assert form_in(page)["note"] == "new"
    assert save(john, record, form_in(page) | {"choice-title": "theirs"}).status_code == 302
    record.refresh_from_db()
    assert (record.title, record.note) == ("Hanako's second", "new")


# --- Rows ------------------------------------------------------------------------------------------------------------


def test_a_field_of_a_row_that_both_changed_is_asked_about(hanako: Client, john: Client, record: Partnership) -> None:
    part = record.participations.first()
    form, other = opened(john, record), opened(hanako, record)
    save(hanako, record, other | {f"{row_of(other, 'participations', part.pk)}-role": "host"})
    page = save(john, record, form | {f"{row_of(form, 'participations', part.pk)}-role": "funder"})
    choice = f"choice-participations-{part.pk}-role"
    assert questions(page) == [choice]
    assert "Host" in told(page)
    assert save(john, record, form_in(page) | {choice: "theirs"}).status_code == 302
    part.refresh_from_db()
    assert part.role == "host"


def test_rows_that_both_added_are_all_kept(hanako: Client, john: Client, record: Partnership) -> None:
    one, two = make.make_source("one"), make.make_source("two")
    form, other = opened(john, record), opened(hanako, record)
    save(hanako, record, added(other, "citations", source=one.pk, supports="dates"))
    page = save(john, record, added(form, "citations", source=two.pk, supports="content"))
    assert "One" in told(page)
    assert questions(page) == []
    assert save(john, record, form_in(page)).status_code == 302
    assert set(record.citations.values_list("source__slug", flat=True)) >= {"one", "two"}


def test_the_same_row_added_by_both_is_there_once(hanako: Client, john: Client, record: Partnership) -> None:
    source = make.make_source("one")
    form, other = opened(john, record), opened(hanako, record)
    save(hanako, record, added(other, "citations", source=source.pk, supports="dates"))
    page = save(john, record, added(form, "citations", source=source.pk, supports="dates", locator=""))
    assert save(john, record, form_in(page)).status_code == 302
    assert record.citations.filter(source=source).count() == 1


def test_a_row_that_the_first_removed_stays_removed(hanako: Client, john: Client, record: Partnership) -> None:
    outcome = record.outcomes.get()
    form, other = opened(john, record), opened(hanako, record)
    save(hanako, record, other | {f"{row_of(other, 'outcomes', outcome.pk)}-DELETE": "on"})
    page = save(john, record, form | {"note": "typed"})
    assert "Twelve firms" in told(page)
    assert save(john, record, form_in(page)).status_code == 302
    assert not record.outcomes.exists()


def test_a_row_that_one_removed_and_the_other_changed_is_kept_until_somebody_removes_it(
    hanako: Client, john: Client, record: Partnership
) -> None:
    outcome = record.outcomes.get()
    form, other = opened(john, record), opened(hanako, record)
    save(hanako, record, other | {f"{row_of(other, 'outcomes', outcome.pk)}-DELETE": "on"})
    page = save(john, record, form | {f"{row_of(form, 'outcomes', outcome.pk)}-statement": "Thirteen firms"})
    told(page)
    assert save(john, record, form_in(page)).status_code == 302
    assert record.outcomes.get().statement == "Thirteen firms"


@pytest.mark.parametrize(("choice", "left"), [("mine", []), ("theirs", ["Thirteen firms"])])
def test_removing_a_row_that_was_changed_meanwhile_is_asked_about(
    hanako: Client, john: Client, record: Partnership, choice: str, left: list[str]
) -> None:
    outcome = record.outcomes.get()
    form, other = opened(john, record), opened(hanako, record)
    save(hanako, record, other | {f"{row_of(other, 'outcomes', outcome.pk)}-statement": "Thirteen firms"})
    page = save(john, record, form | {f"{row_of(form, 'outcomes', outcome.pk)}-DELETE": "on"})
    assert questions(page) == [f"choice-outcomes-{outcome.pk}"]
    answer = form_in(page) | {f"choice-outcomes-{outcome.pk}": choice}
    assert save(john, record, answer).status_code == 302
    assert [each.statement for each in record.outcomes.all()] == left


# A field of each kind of rows, with what two people make of it; empty: other records.
EVERY_PART = {
    "participations": ("position", "7", "8"),
    "citations": ("locator", "page 7", "page 8"),
    "milestones": ("title", "Theirs", "Mine"),
    "outcomes": ("value", "90.25", "91"),
    "theme_links": ("theme", "", ""),
    "adoptions": ("adopted_from", "", ""),
}


@pytest.mark.parametrize("part", EVERY_PART)
def test_no_kind_of_row_is_overwritten(hanako: Client, john: Client, record: Partnership, part: str) -> None:
    make.add_themes(record, make.make_theme("one"))
    Adoption.objects.create(partnership=record, adopted_from=make.make_partnership("model"))
    name, theirs, mine = EVERY_PART[part]
    if not theirs:
        records = [make.make_theme(), make.make_theme()] if name == "theme" else [make.make_partnership() for _ in "12"]
        theirs, mine = (str(each.pk) for each in records)
    row = getattr(record, part).first()
    form, other = opened(john, record), opened(hanako, record)
    assert save(hanako, record, other | {f"{row_of(other, part, row.pk)}-{name}": theirs}).status_code == 302
    page = save(john, record, form | {f"{row_of(form, part, row.pk)}-{name}": mine})
    assert questions(page) == [f"choice-{part}-{row.pk}-{name}"]
    assert save(john, record, form_in(page) | {f"choice-{part}-{row.pk}-{name}": "mine"}).status_code == 302


# --- Other records, other states -------------------------------------------------------------------------------------


def test_a_place_with_its_names_is_not_overwritten(hanako: Client, john: Client) -> None:
    place = make.make_actor("kobe", name="Kobe")
    name = ActorName.objects.create(actor=place, name="Koube", language="en", kind="alternate")
    form, other = opened(john, place), opened(hanako, place)
    save(
        hanako,
        place,
        other | {"website": "https://kobe.example", f"{row_of(other, 'other_names', name.pk)}-name": "Kōbe"},
    )
    page = save(
        john,
        place,
        form | {"website": "https://other.example", f"{row_of(form, 'other_names', name.pk)}-name": "Hyogo"},
    )
    assert questions(page) == ["choice-website", f"choice-other_names-{name.pk}-name"]
    assert Actor.objects.get().website == "https://kobe.example"


@pytest.mark.parametrize(("make_one", "name"), [(make.make_source, "title"), (make.make_theme, "name")])
def test_a_source_and_a_theme_are_not_overwritten(hanako: Client, john: Client, make_one: Any, name: str) -> None:
    one: Source | Theme = make_one()
    form = opened(john, one)
    save(hanako, one, opened(hanako, one) | {name: "Hanako's"})
    page = save(john, one, form | {name: "John's"})
    assert questions(page) == [f"choice-{name}"]
    one.refresh_from_db()
    assert getattr(one, name) == "Hanako's"


def test_a_record_that_was_archived_meanwhile_says_so_before_it_is_saved(
    hanako: Client, john: Client, record: Partnership
) -> None:
    form = opened(john, record)
    save(hanako, record, opened(hanako, record) | {"_step": "archived"})
    page = save(john, record, form | {"title": "John's"})
    assert "Archived" in told(page)
    assert save(john, record, form_in(page)).status_code == 302
    record.refresh_from_db()
    assert (record.title, record.publication) == ("John's", Publication.ARCHIVED)


def test_no_step_is_taken_while_there_is_a_question(hanako: Client, john: Client, record: Partnership) -> None:
    form = opened(john, record)
    save(hanako, record, opened(hanako, record) | {"title": "Hanako's"})
    told(save(john, record, form | {"title": "John's", "_step": "archived"}))
    record.refresh_from_db()
    assert record.publication == Publication.PUBLISHED


def test_a_curator_whose_draft_was_published_meanwhile_keeps_what_was_typed(hanako: Client) -> None:
    curator = signed_in("curator", "Curators")
    record = make.published_partnership("kobe-seattle")
    Partnership.objects.update(publication=Publication.DRAFT)
    form = opened(curator, record)
    save(hanako, record, opened(hanako, record) | {"_step": "published"})
    page = save(curator, record, form | {"summary": "A long text of mine"})
    assert page.status_code == 403
    assert "A long text of mine" in page.content.decode()
    record.refresh_from_db()
    assert record.summary == ""


def test_what_was_typed_for_a_record_that_is_gone_is_shown(john: Client) -> None:
    record = make.make_partnership("draft")
    form = opened(john, record)
    key = record.pk
    record.delete()
    record.pk = key
    page = save(john, record, form | {"summary": "A long text of mine"})
    assert page.status_code == 404
    assert "A long text of mine" in page.content.decode()


# --- What the form carries -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("carried", ["", "forged", None])
def test_a_form_that_cannot_say_what_it_was_loaded_from_overwrites_nothing(
    john: Client, record: Partnership, carried: str | None
) -> None:
    form = opened(john, record) | {"title": "Forged", "loaded_form": carried or ""}
    if carried is None:
        del form["loaded_form"]
    assert questions(save(john, record, form)) == ["choice-title"]
    record.refresh_from_db()
    assert record.title == "Kobe"


def test_a_form_of_another_record_is_none_of_this_one(john: Client, record: Partnership) -> None:
    other = make.published_partnership("other")
    form = opened(john, record) | {"title": "Mine", "loaded_form": opened(john, other)["loaded_form"]}
    assert questions(save(john, record, form)) == ["choice-title"]


def test_what_a_form_carries_is_small(john: Client, record: Partnership) -> None:
    for number in range(40):
        make.cite(record, make.make_source(f"a-source-{number}"), locator=f"On page {number} of the report")
        Outcome.objects.create(partnership=record, statement=f"Result {number} of the exchange", position=number)
    carried = opened(john, record)["loaded_form"]
    assert LoadedForm.read(carried) is not None
    assert len(carried) < 8_000


def test_a_mistake_in_the_form_forgets_nothing_of_the_conflict(
    hanako: Client, john: Client, record: Partnership
) -> None:
    form = opened(john, record)
    save(hanako, record, opened(hanako, record) | {"title": "Hanako's"})
    page = save(john, record, form | {"title": "John's", "started": "sometime"})
    page = save(john, record, form_in(page) | {"choice-title": "mine"})
    assert page.status_code == 200
    assert "sometime" in page.content.decode()
    record.refresh_from_db()
    assert record.title == "Hanako's"
    assert save(john, record, form_in(page) | {"choice-title": "mine", "started": "1957"}).status_code == 302
    record.refresh_from_db()
    assert record.title == "John's"
