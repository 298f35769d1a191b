"""The history of a record in the admin, deleting, and taking back."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from partnerships.admin.differing import marked
from partnerships.models import Outcome, Partnership, Publication, ReviewEvent, Source, Theme
from partnerships.services import restoring

from . import factories as make
from .admin_forms import added, address, opened, row_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Client:
    return signed_in("hanako", "Editors")


@pytest.fixture
def curator() -> Client:
    return signed_in("carla", "Curators")


@pytest.fixture
def record() -> Partnership:
    record = make.published_partnership("kobe-seattle", title="Kobe", summary="A bell and a garden", started="1957")
    Outcome.objects.create(partnership=record, statement="Twelve firms", position=1)
    return record


def save(client: Client, record: Any, change: dict[str, Any]) -> None:
    assert client.post(address(record), opened(client, record) | change).status_code == 302


def history(client: Client, record: Any) -> str:
    page = client.get(address(record, "history"))
    assert page.status_code == 200
    return page.content.decode()


def moment_address(record: Any, place: int) -> str:
    moment = restoring.moments(record)[place]
    return f"{address(record, 'history')}{moment.at:%Y%m%dT%H%M%S%f}/"


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_it_says_who_changed_what_when_and_why(editor: Client, record: Partnership) -> None:
    save(editor, record, {"started": "1957-10-21", "reason_for_change": "Read the text of 1957"})
    page = history(editor, record)
    assert "hanako" in page
    assert "Read the text of 1957" in page
    assert "<del>1957</del> → <ins>21 October 1957</ins>" in page


def test_long_texts_are_compared_word_by_word(editor: Client, record: Partnership) -> None:
    save(editor, record, {"summary": "A bell and a Japanese garden in the park"})
    assert "A bell and a <ins>Japanese </ins>garden<ins> in the park</ins>" in history(editor, record)


def test_parts_are_told_by_what_they_are_about(editor: Client, record: Partnership) -> None:
    form = opened(editor, record)
    outcome = row_of(form, "outcomes", record.outcomes.get().pk)
    part = record.participations.first()
    form |= {f"{outcome}-DELETE": "on", f"{row_of(form, 'participations', part.pk)}-role": "host"}
    form = added(form, "citations", source=make.make_source("report", title="The report").pk, supports="dates")
    assert editor.post(address(record), form).status_code == 302
    page = history(editor, record)
    assert "<del>Twelve firms</del>" in page
    assert "<ins>The report · dates</ins>" in page
    assert f"“{part.actor}”: Role" in page
    assert "<del>Lead</del> → <ins>Host</ins>" in page


def test_steps_of_publication_are_told_with_their_note(editor: Client, record: Partnership) -> None:
    editor.post(address(record, "delete"), {"note": "Entered twice"})
    page = history(editor, record)
    assert "<del>Published</del> → <ins>Archived</ins>" in page
    assert "Entered twice" in page


def test_markup_in_a_record_stays_text(editor: Client, record: Partnership) -> None:
    save(
        editor, record, {"title": "<script>alert(1)</script>", "summary": "<b>A bell</b> and a garden, and more of it"}
    )
    page = history(editor, record)
    assert "<script>alert" not in page
    assert "<b>A" not in page


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a bell", "a bell", "a bell"),
        ("", "a bell", "<ins>a bell</ins>"),
        ("a bell", "", "<del>a bell</del>"),
        ("姉妹都市提携を結ぶ", "姉妹都市の提携を結んだ", "姉妹都市<ins>の</ins>提携を結<del>ぶ</del><ins>んだ</ins>"),
        ("1957 <b>", "1958 <b>", "<del>1957</del><ins>1958</ins> &lt;b&gt;"),
    ],
)
def test_texts_are_marked_where_they_differ(before: str, after: str, expected: str) -> None:
    assert marked(before, after) == expected


@pytest.mark.parametrize("language", ["", "/ja"])
def test_the_page_has_no_style_or_script_of_its_own(editor: Client, record: Partnership, language: str) -> None:
    save(editor, record, {"title": "New"})
    for url in (address(record, "history"), moment_address(record, 0)):
        page = editor.get(language + url).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert "<script>" not in page


def test_a_curator_reads_the_history_of_what_is_public_and_restores_nothing(
    curator: Client, editor: Client, record: Partnership
) -> None:
    save(editor, record, {"title": "New"})
    assert "Compare with now" in history(curator, record)
    assert curator.post(moment_address(record, 0), {"seen": "x"}).status_code == 403
    record.refresh_from_db()
    assert record.title == "New"


def test_strangers_read_no_history(record: Partnership) -> None:
    assert Client().get(address(record, "history")).status_code == 302
    assert Client().get(moment_address(record, 0)).status_code == 302


@pytest.mark.parametrize("moment", ["20200101T000000000000", "soon", "1"])
def test_a_moment_that_never_was_is_not_found(editor: Client, record: Partnership, moment: str) -> None:
    assert editor.get(f"{address(record, 'history')}{moment}/").status_code == 404


def test_a_long_history_is_told_in_pages(editor: Client, record: Partnership) -> None:
    for number in range(25):
        record.title = f"Title {number}"
        record.save()
    assert "Title 0" not in history(editor, record)
    assert "Title 0" in editor.get(address(record, "history"), {"p": 2}).content.decode()


# --- Restoring -------------------------------------------------------------------------------------------------------


def test_one_sees_what_restoring_would_change_and_confirms_it(editor: Client, record: Partnership) -> None:
    save(editor, record, {"title": "Vandalised"})
    url = moment_address(record, 0)
    page = editor.get(url)
    assert "<del>Vandalised</del> → <ins>Kobe</ins>" in page.content.decode()
    record.refresh_from_db()
    assert record.title == "Vandalised"
    answer = editor.post(url, {"seen": page.context["seen"], "reason": "Vandalism"}, follow=True)
    record.refresh_from_db()
    assert record.title == "Kobe"
    assert "Vandalism" in answer.content.decode()
    assert record.history.first().history_user.username == "hanako"


def test_what_changed_after_one_looked_is_looked_at_again(editor: Client, record: Partnership) -> None:
    save(editor, record, {"title": "Vandalised"})
    url = moment_address(record, 0)
    seen = editor.get(url).context["seen"]
    save(editor, record, {"note": "New"})
    editor.post(url, {"seen": seen})
    record.refresh_from_db()
    assert (record.title, record.note) == ("Vandalised", "New")


def test_the_form_of_a_former_version_saves_nothing(editor: Client, record: Partnership) -> None:
    form = opened(editor, record)
    save(editor, record, {"title": "New"})
    url = f"{address(record, 'history')}{record.history.last().pk}/"
    assert editor.post(url, form).status_code == 404
    record.refresh_from_db()
    assert record.title == "New"


# --- Deleting and taking back ----------------------------------------------------------------------------------------


def test_deleting_asks_and_says_what_goes_with_it(editor: Client, record: Partnership) -> None:
    page = unescape(strip_tags(editor.get(address(record, "delete")).content.decode()))
    assert "can be taken back" in page
    for name in (*record.participations.all(), *record.citations.all(), "Twelve firms"):
        assert str(name) in page
    record.refresh_from_db()
    assert record.publication == Publication.PUBLISHED


@pytest.mark.parametrize("state", [Publication.DRAFT, Publication.IN_REVIEW, Publication.PUBLISHED])
def test_deleting_archives_and_erases_nothing(editor: Client, record: Partnership, state: str) -> None:
    Partnership.objects.update(publication=state)
    editor.post(address(record, "delete"), {"note": "Entered twice"})
    record.refresh_from_db()
    assert record.publication == Publication.ARCHIVED
    assert record.citations.count() == 1
    assert ReviewEvent.objects.get().note == "Entered twice"
    assert Client().get(record.get_absolute_url()).status_code == 404


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (Publication.DRAFT, Publication.DRAFT),
        (Publication.IN_REVIEW, Publication.DRAFT),
        (Publication.PUBLISHED, Publication.PUBLISHED),
    ],
)
def test_it_can_be_taken_back(editor: Client, record: Partnership, was: str, becomes: str) -> None:
    record.publication = was
    record.save()
    page = editor.post(address(record, "delete"), follow=True)
    take_back = address(record, "take_back")
    assert take_back in page.content.decode()
    assert editor.get(take_back).status_code == 200
    record.refresh_from_db()
    assert record.publication == Publication.ARCHIVED
    editor.post(take_back)
    record.refresh_from_db()
    assert record.publication == becomes


def test_a_place_that_is_needed_says_why_it_stays(editor: Client, record: Partnership) -> None:
    place = record.actors.first()
    page = editor.get(address(place, "delete"))
    assert "Published partnerships name" in page.content.decode()
    assert '<form method="post">' not in page.content.decode().partition("content-main")[2]
    editor.post(address(place, "delete"))
    place.refresh_from_db()
    assert place.publication == Publication.PUBLISHED


@pytest.mark.parametrize("page", ["delete", "take_back"])
def test_a_curator_deletes_and_takes_back_nothing_public(curator: Client, record: Partnership, page: str) -> None:
    assert curator.post(address(record, page)).status_code == 403
    record.refresh_from_db()
    assert record.publication == Publication.PUBLISHED


def test_a_source_that_is_used_says_where_and_is_not_deleted(editor: Client, record: Partnership) -> None:
    source = record.citations.get().source
    page = editor.get(address(source, "delete")).content.decode()
    assert "cannot be deleted while something uses it" in page
    assert address(record) in page
    editor.post(address(source, "delete"))
    assert Source.objects.filter(pk=source.pk).exists()


def test_a_theme_that_is_used_says_where_and_is_not_deleted(editor: Client, record: Partnership) -> None:
    theme = make.make_theme("trade")
    make.add_themes(record, theme)
    assert address(record) in editor.get(address(theme, "delete")).content.decode()
    editor.post(address(theme, "delete"))
    assert Theme.objects.filter(pk=theme.pk).exists()


@pytest.mark.parametrize("make_one", [make.make_source, make.make_theme])
def test_what_nothing_uses_is_deleted_and_comes_back(editor: Client, make_one: Any) -> None:
    one = make_one("unused")
    model, key = type(one), one.pk
    page = editor.post(address(one, "delete"), follow=True)
    assert not model.objects.filter(pk=key).exists()
    assert address(one, "take_back") in page.content.decode()
    assert "Take it back" in editor.get(address(one, "history")).content.decode()
    editor.post(address(one, "take_back"))
    assert model.objects.get(pk=key).slug == "unused"


def test_what_cannot_come_back_says_so(editor: Client) -> None:
    theme = make.make_theme("trade", name="Trade")
    editor.post(address(theme, "delete"))
    make.make_theme("other", name="Trade")
    page = editor.post(address(theme, "take_back"), follow=True)
    assert "belongs to another record now" in page.content.decode()
    assert Theme.objects.count() == 1


def test_the_lists_offer_no_deleting_of_many(editor: Client, record: Partnership) -> None:
    for name in ("partnership", "actor", "source", "theme"):
        assert "delete_selected" not in editor.get(reverse(f"admin:partnerships_{name}_changelist")).content.decode()
