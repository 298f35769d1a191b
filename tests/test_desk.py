"""The desk: what waits, counted and listed by one rule; and the steps of publication on a record's form."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from partnerships import anniversaries
from partnerships.admin import desk, needs
from partnerships.models import Actor, Outcome, Partnership, Publication, ReviewEvent
from partnerships.services.publishing import take_step

from . import factories as make
from .admin_forms import address as change_url
from .admin_forms import opened, signed_in

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 11, 27)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anniversaries, "today", lambda: TODAY)


def whole(**fields: Any) -> Partnership:
    """A published record that needs nothing."""
    record = make.published_partnership(title_ja="神戸・シアトル", summary_ja="要約", verified_on="2026-01", **fields)
    make.cite(record, supports="dates")
    return record


def needing(need: needs.Need) -> set[Partnership]:
    return set(need.choose(Partnership.objects.all()))


def test_a_whole_record_needs_nothing() -> None:
    whole()
    assert not any(needing(need) for need in needs.PartnershipNeedsFilter.needs)


def test_only_places_that_take_part_need_a_japanese_name_and_a_position() -> None:
    us, jp = (
        make.make_actor("tacoma"),
        make.make_actor("kitakyushu", country="JP", name_ja="北九州市", latitude=33.9, longitude=130.8),
    )
    make.make_actor("elsewhere")
    shared = make.published_partnership(us=us, jp=jp)
    make.join(shared, make.make_actor("port-of-tacoma", kind="port", name_ja="タコマ港"))
    join_of_a_draft = make.make_partnership()
    make.join(join_of_a_draft, make.make_actor("not-yet"))
    for need in needs.ActorNeedsFilter.needs:
        assert set(need.choose(Actor.objects.all())) == {us}


def test_one_source_cited_twice_is_one_source() -> None:
    record = make.published_partnership()
    make.cite(record, record.citations.get().source, supports="dates")
    whole()
    assert needing(needs.SECOND_SOURCE) == {record}


@pytest.mark.parametrize(
    ("verified_on", "is_due"),
    [
        (None, True),
        ("2024", False),  # it may have been the last day of that year
        ("2024-11", False),
        ("2024-10", True),
        ("2024-11-27", True),
        ("2024-11-28", False),
        ("2023", True),
        ("2026-11-27", False),
    ],
)
def test_a_check_lasts_two_years(verified_on: str | None, is_due: bool) -> None:
    record = make.published_partnership(verified_on=verified_on)
    assert (record in needing(needs.CHECK)) is is_due


def test_a_source_that_was_read_lately_is_a_check() -> None:
    record = make.published_partnership(source=make.make_source(accessed_on="2025-03-01"))
    assert record not in needing(needs.CHECK)


@pytest.mark.parametrize(
    ("fields", "is_over"),
    [
        ({"term_ends": "2026-11-26"}, True),
        ({"term_ends": "2026-11-27"}, False),
        ({"term_ends": "2026-11"}, False),
        ({"term_ends": "2026-10"}, True),
        ({"term_ends": "2026"}, False),
        ({"term_ends": "2025"}, True),
        ({"term_ends": "2025", "status": "ended"}, False),
        ({"term_ends": "2025", "ended": "2025"}, False),
        ({}, False),
    ],
)
def test_a_term_is_over_after_its_last_day(fields: dict[str, Any], is_over: bool) -> None:
    record = make.published_partnership(**fields)
    assert (record in needing(needs.TERM)) is is_over


def test_missing_japanese_is_missing_in_either_text() -> None:
    without_title, without_summary = whole(), whole()
    Partnership.objects.filter(pk=without_title.pk).update(title_ja="")
    Partnership.objects.filter(pk=without_summary.pk).update(summary_ja="")
    assert needing(needs.JAPANESE) == {without_title, without_summary}


def test_a_result_without_its_source_is_found() -> None:
    record = whole()
    Outcome.objects.create(partnership=record, statement="Twelve firms", position=1, grade="press")
    assert needing(needs.SOURCES_OF_RESULTS) == {record}


def test_an_anniversary_comes_within_six_months() -> None:
    soon, _later = whole(started="1957-04-02"), whole(started="1957-10")
    assert needing(needs.ANNIVERSARY) == {soon}


def test_what_was_sent_back_waits_until_it_is_submitted_again() -> None:
    record = make.published_partnership()
    Partnership.objects.update(publication=Publication.IN_REVIEW)
    take_step(record=record, action="returned", by=None, note="The date.")
    assert needing(needs.SENT_BACK) == {record}
    take_step(record=record, action="submitted", by=None)
    assert needing(needs.SENT_BACK) == set()
    assert needing(needs.REVIEW) == {record}


def test_drafts_need_no_second_source_yet() -> None:
    make.make_partnership()
    assert needing(needs.SECOND_SOURCE) == needing(needs.CHECK) == needing(needs.JAPANESE) == set()


def test_each_number_on_the_desk_is_the_length_of_the_list_it_leads_to() -> None:
    superuser = signed_in("root", is_superuser=True)
    one = make.published_partnership(started="1957-04", term_ends="2025")
    Outcome.objects.create(partnership=one, statement="Twelve firms", position=1, grade="press")
    in_review = make.published_partnership()
    Partnership.objects.filter(pk=in_review.pk).update(publication=Publication.IN_REVIEW)
    sent_back = make.published_partnership()
    Partnership.objects.filter(pk=sent_back.pk).update(publication=Publication.IN_REVIEW)
    take_step(record=sent_back, action="returned", by=None, note="The date.")
    whole()
    page = superuser.get(reverse("admin:index"))
    tasks = page.context["waiting"]
    assert len(tasks) == len(desk.TASKS)
    for task in tasks:
        listed = superuser.get(task.address)
        assert listed.status_code == 200
        # Possible duplicates are pairs, on a page of their own.
        length = listed.context["cl"].result_count if "cl" in listed.context else listed.context["count"]
        assert length == task.count, task.label


def test_tasks_of_one_group_stand_together() -> None:
    groups = [str(task.group) for task in desk.TASKS]
    assert len(list(itertools.groupby(groups))) == len(set(groups))


def test_the_desk_shows_nobody_what_they_may_not_do() -> None:
    assert signed_in("nobody").get(reverse("admin:index")).context["waiting"] == []


@pytest.mark.parametrize("language", ["", "/ja"])
def test_the_desk_opens_in_both_languages(curator: Client, language: str) -> None:
    page = curator.get(f"{language}/admin/")
    assert ("編集" in page.content.decode()) is bool(language)
    assert page.context["waiting"]


# --- Steps on the form -----------------------------------------------------------------------------------------------


def test_the_form_says_what_is_missing_and_where(editor: Client) -> None:
    record = make.make_partnership(kind=Partnership.Kind.PROJECT)
    page = editor.get(change_url(record)).content.decode()
    for place in ("participations-group", "citations-group", "theme_links-group"):
        assert f'href="#{place}"' in page
        assert re.search(rf'id="{place}"', page)


def test_a_refused_step_keeps_what_was_saved_and_stays_on_the_form(editor: Client) -> None:
    record = make.make_partnership()
    posted = opened(editor, record) | {"title": "Typed", "_step": "published"}
    answer = editor.post(change_url(record), posted)
    assert answer.status_code == 302 and answer["Location"] == change_url(record)
    record.refresh_from_db()
    assert (record.title, record.publication) == ("Typed", Publication.DRAFT)
    page = editor.get(change_url(record)).content.decode()
    assert f'<a href="{change_url(record)}#citations-group">No source is cited.</a>' in page


def test_an_editor_sends_back_with_a_note_that_the_curator_reads(
    curator: Client,
    editor: Client,
) -> None:
    record = make.published_partnership()
    Partnership.objects.update(publication=Publication.IN_REVIEW)
    editor.post(change_url(record), opened(editor, record) | {"_step": "returned", "_note": "Check the <date>."})
    record.refresh_from_db()
    assert record.publication == Publication.DRAFT
    assert "Check the &lt;date&gt;." in curator.get(change_url(record)).content.decode()


def test_sending_back_without_a_note_says_so(editor: Client) -> None:
    record = make.published_partnership()
    Partnership.objects.update(publication=Publication.IN_REVIEW)
    page = editor.post(change_url(record), opened(editor, record) | {"_step": "returned"}, follow=True)
    assert "Say in a note what is to be changed." in page.content.decode()
    assert 'id="id_review_note"' in page.content.decode()
    record.refresh_from_db()
    assert record.publication == Publication.IN_REVIEW


def test_several_are_sent_back_with_one_note(editor: Client) -> None:
    chosen = [make.published_partnership().pk for _ in range(2)]
    Partnership.objects.update(publication=Publication.IN_REVIEW)
    address = reverse("admin:partnerships_partnership_changelist")
    posted = {"action": "return_selected", "_selected_action": chosen}
    page = editor.post(address, posted)
    assert 'name="_note"' in page.content.decode()
    assert not Partnership.objects.filter(publication=Publication.DRAFT).exists()
    editor.post(address, posted | {"_note": "Which year?"})
    assert Partnership.objects.filter(publication=Publication.DRAFT).count() == 2
    assert set(ReviewEvent.objects.values_list("action", "note", "by__username")) == {
        ("returned", "Which year?", "editors")
    }


def test_a_broken_source_is_refused_with_its_place(editor: Client) -> None:
    record = make.published_partnership(source=make.make_source(link_state="broken"))
    Partnership.objects.update(publication=Publication.DRAFT)
    page = editor.post(change_url(record), opened(editor, record) | {"_step": "published"}, follow=True)
    assert f'<a href="{change_url(record)}#citations-group">The link of the source' in page.content.decode()
