"""One change to many partnerships from their list: counted, explained where refused, in the histories of all."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from partnerships import search
from partnerships.models import Partnership, PartnershipTheme, Publication, Theme
from partnerships.services import bulk

from . import factories as make
from .markup import Page

pytestmark = pytest.mark.django_db
LIST = "admin:partnerships_partnership_changelist"


def drafts(count: int) -> list[Partnership]:
    records = [make.published_partnership() for _ in range(count)]
    Partnership.objects.update(publication=Publication.DRAFT)
    return records


def act(client: Client, action: str, records: list[Partnership], query: str = "", **fields: Any) -> str:
    posted = {"action": action, "_selected_action": [record.pk for record in records], **fields}
    return client.post(reverse(LIST) + query, posted, follow=True).content.decode()


def add_theme(client: Client, theme: Theme, records: list[Partnership], query: str = "", **fields: Any) -> str:
    return act(client, "add_theme_to_selected", records, query, **{"theme_asked": "1", "theme": theme.pk, **fields})


def today() -> str:
    return timezone.localdate().isoformat()


def test_a_theme_is_asked_for_first(editor):
    records = drafts(2)
    water = make.make_theme("water", name="Water <supply>")
    text = act(editor, "add_theme_to_selected", records)
    assert "To 2 records" in text
    assert "Water &lt;supply&gt;" in text
    assert not PartnershipTheme.objects.exists()
    assert all(f'name="_selected_action" value="{record.pk}"' in text for record in records)
    assert "1 record has the theme" in add_theme(editor, water, records[:1])


def test_a_theme_that_does_not_exist_is_asked_for_again(editor):
    [record] = drafts(1)
    for value in ("", "999999", "x"):
        text = act(editor, "add_theme_to_selected", [record], theme_asked="1", theme=value)
        assert "errorlist" in text
    assert not PartnershipTheme.objects.exists()


def test_a_theme_is_added_where_it_is_lacking(editor):
    having, lacking, more = drafts(3)
    water, youth = make.make_theme("water"), make.make_theme("youth")
    make.add_themes(having, water)
    make.add_themes(more, youth)
    text = add_theme(editor, water, [having, lacking, more])
    assert "2 records have the theme “Water" in text
    assert "1 record had it already." in text
    assert {link.partnership for link in PartnershipTheme.objects.filter(theme=water)} == {having, lacking, more}
    assert more.theme_links.count() == 2


def test_histories_say_who_gave_a_theme_and_in_which_action(editor):
    record, other = drafts(2)
    before = record.updated_at
    add_theme(editor, make.make_theme("water", name="Water"), [record, other])
    link = PartnershipTheme.history.get(partnership=record)
    own = record.history.first()
    assert {link.history_user.username, own.history_user.username} == {"editors"}
    assert own.history_type == "~"
    assert link.history_change_reason == own.history_change_reason
    assert "added to 2 records" in link.history_change_reason
    record.refresh_from_db()
    assert record.updated_at > before


def test_a_published_record_shows_its_new_theme_at_once(editor):
    record = make.published_partnership("kobe-seattle")
    theme = make.make_theme("water", name="Water supply")
    assert "Water supply" not in Client().get(record.get_absolute_url()).content.decode()
    add_theme(editor, theme, [record])
    assert "Water supply" in Client().get(record.get_absolute_url()).content.decode()
    assert search.out_of_step() == {}


def test_a_curator_changes_drafts_only_and_is_told_why(curator):
    draft, in_review, public = (make.published_partnership(title=title) for title in ("Draft", "Waiting", "Public"))
    Partnership.objects.filter(pk=draft.pk).update(publication=Publication.DRAFT)
    Partnership.objects.filter(pk=in_review.pk).update(publication=Publication.IN_REVIEW)
    theme = make.make_theme("water")
    text = add_theme(curator, theme, [draft, in_review, public])
    assert "1 record has the theme" in text
    assert "Waiting: It is in the state “In review”, in which only editors change it." in text
    assert "Public: It is in the state “Published”, in which only editors change it." in text
    assert PartnershipTheme.objects.get().partnership == draft
    text = act(curator, "mark_selected_verified", [draft, in_review, public])
    assert "1 record is marked as verified today." in text
    assert [str(record.verified_on) for record in Partnership.objects.exclude(verified_on=None)] == [today()]


def test_who_may_only_look_is_offered_no_change():
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_partnership"))
    client = Client()
    client.force_login(user)
    [record] = drafts(1)
    theme = make.make_theme()
    add_theme(client, theme, [record])
    act(client, "mark_selected_verified", [record])
    record.refresh_from_db()
    assert record.verified_on is None
    assert not PartnershipTheme.objects.exists()


def test_records_are_marked_as_verified_today(editor):
    fresh, old, done = drafts(3)
    Partnership.objects.filter(pk=old.pk).update(verified_on="2019-05")
    Partnership.objects.filter(pk=done.pk).update(verified_on=today())
    text = act(editor, "mark_selected_verified", [fresh, old, done])
    assert "2 records are marked as verified today." in text
    assert "1 record was already." in text
    assert {str(record.verified_on) for record in Partnership.objects.all()} == {today()}
    assert fresh.history.first().history_user.username == "editors"
    assert str(fresh.history.first().verified_on) == today()
    assert done.history.count() == 1


def test_what_has_no_source_cannot_have_been_verified(editor):
    bare = make.make_partnership(title="Bare")
    [sound] = drafts(1)
    text = act(editor, "mark_selected_verified", [bare, sound])
    assert "Bare: No source is cited." in text
    bare.refresh_from_db()
    assert bare.verified_on is None


def test_of_many_refusals_twenty_are_told_and_the_others_counted(editor):
    records = [make.make_partnership() for _ in range(23)]
    text = act(editor, "mark_selected_verified", records)
    assert text.count("No source is cited.") == 20
    assert "3 more records were left as they were." in text


def test_everything_that_a_filter_leaves_is_changed_across_pages_in_bounded_queries(
    editor, django_assert_max_num_queries
):
    records = [make.make_partnership(f"record-{number}", kind="project") for number in range(499)]
    source = make.make_source()
    for record in records:
        make.cite(record, source)
    left = make.make_partnership("left-alone", kind="sister")
    theme = make.make_theme("water")
    across = {"select_across": "1", "index": "0"}
    page = act(editor, "add_theme_to_selected", records[:1], "?kind=project", **across)
    assert "To 499 records" in page
    assert 'name="select_across" value="1"' in page
    with django_assert_max_num_queries(120):
        text = add_theme(editor, theme, records[:1], "?kind=project", **across)
    assert "499 records have the theme" in text
    with django_assert_max_num_queries(120):
        text = act(editor, "mark_selected_verified", records[:1], "?kind=project", **across)
    assert "499 records are marked as verified today." in text
    assert not left.theme_links.exists()
    assert search.out_of_step() == {}


def test_a_record_that_was_deleted_meanwhile_is_told():
    record, other = drafts(2)
    Partnership.objects.filter(pk=record.pk).delete()
    report = bulk.add_theme(records=[record, other], theme=make.make_theme(), by=None)
    assert (report.changed, [left.record for left in report.left]) == (1, [record])


def test_a_failure_leaves_nothing_half_done(monkeypatch):
    [record] = drafts(1)
    monkeypatch.setattr(search, "reindex", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bulk.add_theme(records=[record], theme=make.make_theme(), by=None)
    assert not PartnershipTheme.objects.exists()
    assert record.history.count() == 1


@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_the_page_that_asks_for_the_theme_names_its_choices(editor, prefix):
    [record] = drafts(1)
    make.make_theme("water")
    posted = {"action": "add_theme_to_selected", "_selected_action": [record.pk]}
    page = Page(editor.post(prefix + reverse(LIST), posted))
    assert page.one("legend").text
    assert [radio.attributes["name"] for radio in page.all("input") if radio.attributes.get("type") == "radio"] == [
        "theme"
    ]
