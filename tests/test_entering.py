"""Entering a record: what can be chosen is told apart, what is typed is understood, and what is wrong is said where."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from partnerships import search
from partnerships.models import Actor, Country, Partnership, Publication

from . import factories as make
from .admin_forms import added, address, opened, signed_in

pytestmark = pytest.mark.django_db

ADD = "/admin/partnerships/partnership/add/"


@pytest.fixture
def editor() -> Client:
    return signed_in("hanako", "Editors")


def completions(
    client: Client, term: str, part: str = "participation", field: str = "actor", path: str = ""
) -> list[str]:
    search.reindex()
    query = {"app_label": "partnerships", "model_name": part, "field_name": field, "term": term}
    return [row["text"] for row in client.get(f"{path}/admin/autocomplete/", query).json()["results"]]


@pytest.fixture
def kobe() -> Actor:
    hyogo = make.make_prefecture(name="Hyōgo Prefecture", name_ja="兵庫県")
    return make.make_actor("kobe", name="Kobe", name_ja="神戸市", country=Country.JP, parent=hyogo)


@pytest.mark.parametrize("term", ["kobe", "神戸", "Kōbe"])
def test_a_place_is_found_in_both_scripts_with_its_place_and_level(editor: Client, kobe: Actor, term: str) -> None:
    assert completions(editor, term) == ["Kobe 神戸市 · City · Hyōgo Prefecture"]


def test_its_place_and_level_are_in_the_language_of_the_page(editor: Client, kobe: Actor) -> None:
    assert completions(editor, "kobe", path="/ja") == ["Kobe 神戸市 · 市 · 兵庫県"]


def test_a_body_that_is_not_public_says_so(editor: Client) -> None:
    make.make_actor("new-office", name="New Office", publication=Publication.DRAFT)
    assert completions(editor, "office") == ["New Office · City · United States · not public: Draft"]


def test_a_source_is_told_with_its_publisher_and_date(editor: Client) -> None:
    make.make_source("report", title="Annual report", publisher="Kobe City", published_on="2014-03")
    assert completions(editor, "annual", "citation", "source") == ["Annual report · Kobe City · 2014-03"]


def test_what_is_chosen_is_called_as_in_the_list(editor: Client, kobe: Actor) -> None:
    record = make.make_partnership("record")
    make.join(record, kobe)
    assert "Kobe 神戸市 · City · Hyōgo Prefecture" in editor.get(address(record)).content.decode()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1957", "1957"),
        ("1957-10", "1957-10"),
        ("1957-10-03", "1957-10-03"),
        ("1957/10/3", "1957-10-03"),
        ("１９５７年１０月３日", "1957-10-03"),
        ("Oct 1957", "1957-10"),
        ("昭和32年10月3日", "1957-10-03"),
    ],
)
def test_dates_are_kept_as_precisely_as_they_are_typed(editor: Client, typed: str, kept: str) -> None:
    record = make.make_partnership("record")
    editor.post(address(record), opened(editor, record) | {"started": typed, "verified_on": typed})
    record.refresh_from_db()
    assert (str(record.started), str(record.verified_on)) == (kept, kept)


def test_a_date_of_a_year_that_an_era_never_had_is_explained(editor: Client) -> None:
    record = make.make_partnership("record")
    page = editor.post(address(record), opened(editor, record) | {"started": "昭和70年"}).content.decode()
    assert "1995 is 平成7年" in page
    assert 'value="昭和70年"' in page


def test_an_address_that_is_taken_is_said_in_words(editor: Client) -> None:
    make.make_partnership("kobe-seattle")
    form = opened(editor) | {"title": "Kobe", "slug": "kobe-seattle", "kind": "sister"}
    page = editor.post(ADD, form)
    assert "Another record has this address" in page.content.decode()


def test_sections_stand_in_the_order_of_entering(editor: Client) -> None:
    page = editor.get(ADD)
    assert [section.anchor for section in page.context["sections"]] == [
        "section-who",
        "section-what",
        "section-when",
        "section-sources",
        "section-results",
        "section-model",
        "section-curators",
    ]
    text = page.content.decode()
    for section in page.context["sections"]:
        assert f'href="#{section.anchor}"' in text
        assert f'id="{section.anchor}"' in text


def test_every_field_stands_in_one_section(editor: Client) -> None:
    for model in (Partnership, Actor):
        page = editor.get(reverse(f"admin:partnerships_{model._meta.model_name}_add"))
        form = page.context["adminform"].form
        shown = [
            name
            for section in page.context["sections"]
            for each in section.fieldsets
            for line in each
            for name in _names(line)
        ]
        assert sorted(shown) == sorted(set(form.fields) - {"loaded_form", "reason_for_change"})
        formsets = [each for section in page.context["sections"] for each in section.inlines]
        assert formsets == list(page.context["inline_admin_formsets"])


def _names(line: Any) -> list[str]:
    return [field.field.name for field in line]


def test_sections_say_where_something_is_to_be_corrected(editor: Client) -> None:
    source = make.make_source()
    form = added(
        opened(editor) | {"title": "Kobe", "slug": "kobe", "kind": "sister", "started": "sometime"},
        "citations",
        source=source.pk,
    )
    page = editor.post(ADD, form)
    wrong = [section.anchor for section in page.context["sections"] if section.is_wrong]
    assert wrong == ["section-when", "section-sources"]


def test_why_something_was_changed_stands_in_the_history_of_all_its_parts(editor: Client) -> None:
    record = make.published_partnership("kobe-seattle")
    form = added(opened(editor, record), "citations", source=make.make_source().pk, supports="dates")
    editor.post(address(record), form | {"title": "New", "reason_for_change": "Read the minutes"})
    assert record.history.first().history_change_reason == "Read the minutes"
    assert record.citations.last().history.first().history_change_reason == "Read the minutes"


@pytest.mark.parametrize("language", ["", "/ja"])
@pytest.mark.parametrize("model", ["partnership", "actor", "source", "theme"])
def test_forms_have_no_style_or_script_of_their_own(editor: Client, language: str, model: str) -> None:
    page = editor.get(f"{language}/admin/partnerships/{model}/add/").content.decode()
    assert " style=" not in page
    assert "<style" not in page
    assert "<script>" not in page


def test_the_form_takes_the_same_queries_however_many_rows_but_for_their_pickers(
    editor: Client, django_assert_max_num_queries: Any
) -> None:
    record = make.published_partnership("kobe-seattle")
    for _ in range(10):
        make.cite(record)
    with django_assert_max_num_queries(25 + record.participations.count() + record.citations.count()):
        editor.get(address(record))
