"""The admin, as the people of each group meet it."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from partnerships import search
from partnerships.models import Actor, Country, Partnership, Publication, ReviewEvent

from . import factories as make
from .admin_forms import address as change_url
from .admin_forms import form_in, opened, signed_in

pytestmark = pytest.mark.django_db


def test_every_model_is_registered():
    models = {
        model for model in apps.get_app_config("partnerships").get_models() if not hasattr(model, "history_object")
    }
    ours = {model for model in models if not model.__name__.startswith("Historical")}
    assert ours <= set(admin.site._registry)


@pytest.mark.parametrize("language", ["", "/ja"])
def test_every_list_and_search_opens_in_both_languages(language):
    client = signed_in("editors", "Editors", is_superuser=True)
    make.published_partnership("kobe-seattle", themes=(make.make_theme("climate"),))
    for model in admin.site._registry:
        url = language + reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert client.get(url).status_code == 200, url
        assert client.get(url, {"q": "神戸 Kobe"}).status_code == 200, url
    assert client.get(f"{language}/admin/").status_code == 200


def test_a_curator_corrects_a_draft_and_history_says_who(curator):
    record = make.make_partnership("kobe-seattle", title="Kobe-Seatle")
    answer = curator.post(change_url(record), opened(curator, record) | {"title": "Seattle–Kobe"})
    assert answer.status_code == 302
    record.refresh_from_db()
    assert record.title == "Seattle–Kobe"
    assert record.history.first().history_user.username == "curators"


def test_an_editor_corrects_a_published_record(editor):
    record = make.published_partnership("kobe-seattle", title="Kobe-Seatle")
    answer = editor.post(change_url(record), opened(editor, record) | {"title": "Seattle–Kobe", "started": "1957-10"})
    assert answer.status_code == 302
    page = Client().get(record.get_absolute_url()).content.decode()
    assert "Seattle–Kobe" in page
    assert "October 1957" in page


@pytest.mark.parametrize("state", [Publication.PUBLISHED, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_a_curator_may_not_change_what_is_no_draft(curator, state):
    record = make.published_partnership("kobe-seattle", title="Before")
    Partnership.objects.update(publication=state)
    assert curator.get(change_url(record)).status_code == 200
    assert curator.post(change_url(record), {"title": "After"}).status_code == 403
    record.refresh_from_db()
    assert record.title == "Before"


def test_a_curator_submits_and_an_editor_publishes(curator, editor):
    record = make.published_partnership("kobe-seattle")
    Partnership.objects.update(publication=Publication.DRAFT)
    curator.post(change_url(record), opened(curator, record) | {"_step": "submitted"})
    record.refresh_from_db()
    assert record.publication == Publication.IN_REVIEW
    editor.post(change_url(record), opened(editor, record) | {"_step": "published"})
    record.refresh_from_db()
    assert record.publication == Publication.PUBLISHED
    assert list(ReviewEvent.objects.values_list("action", "by__username").order_by("pk")) == [
        ("submitted", "curators"),
        ("published", "editors"),
    ]


def test_a_curator_cannot_publish_by_any_way(curator):
    record = make.published_partnership("kobe-seattle")
    Partnership.objects.update(publication=Publication.DRAFT)
    curator.post(change_url(record), opened(curator, record) | {"_step": "published"})
    changelist = reverse("admin:partnerships_partnership_changelist")
    curator.post(changelist, {"action": "publish_selected", "_selected_action": [record.pk]})
    curator.post(change_url(record), opened(curator, record) | {"publication": "published"})
    record.refresh_from_db()
    assert record.publication == Publication.DRAFT


def test_publishing_names_every_reason_against_it(editor):
    record = make.make_partnership("lonely", kind=Partnership.Kind.PROJECT)
    page = editor.post(change_url(record), opened(editor, record) | {"_step": "published"}, follow=True)
    text = page.content.decode()
    for reason in ("United States", "Japan", "No source is cited", "No theme is given"):
        assert reason in text
    record.refresh_from_db()
    assert record.publication == Publication.DRAFT


def test_bulk_actions_report_counts_and_refusals(editor):
    good = make.published_partnership("good")
    Partnership.objects.update(publication=Publication.DRAFT)
    bad = make.make_partnership("bad")
    page = editor.post(
        reverse("admin:partnerships_partnership_changelist"),
        {"action": "publish_selected", "_selected_action": [good.pk, bad.pk]},
        follow=True,
    )
    text = page.content.decode()
    assert "1 record: Published." in text
    assert f'Bad: <a href="{change_url(bad)}#citations-group">No source is cited.</a>' in text
    assert set(Partnership.objects.published()) == {good}


@pytest.mark.parametrize("part", ["citations", "participations"])
def test_a_published_record_keeps_its_source_and_its_shores(editor, part):
    record = make.published_partnership("kobe-seattle")
    posted = opened(editor, record) | {f"{part}-0-DELETE": "on", "title": "Typed meanwhile"}
    answer = editor.post(change_url(record), posted)
    assert answer.status_code == 200
    assert "Typed meanwhile" in answer.content.decode()
    record.refresh_from_db()
    assert record.title != "Typed meanwhile"
    assert record.citations.count() == 1
    assert record.participations.count() == 2


def test_a_bad_date_is_explained_and_nothing_typed_is_lost(editor):
    record = make.published_partnership("kobe-seattle")
    answer = editor.post(change_url(record), opened(editor, record) | {"started": "sometime", "note": "my long note"})
    text = answer.content.decode()
    assert "is not a date" in text
    assert "sometime" in text
    assert "my long note" in text


def test_records_are_archived_and_never_deleted(editor):
    record = make.published_partnership("kobe-seattle")
    delete = reverse("admin:partnerships_partnership_delete", args=[record.pk])
    assert editor.post(delete, {"post": "yes"}).status_code == 302
    record.refresh_from_db()
    assert record.publication == Publication.ARCHIVED
    assert Client().get(record.get_absolute_url()).status_code == 404


def test_a_curator_may_not_change_a_source_that_is_public(curator, editor):
    public = make.make_source("public")
    make.published_partnership("kobe-seattle", source=public)
    private = make.make_source("private")
    assert curator.post(change_url(public), {"title": "Changed"}).status_code == 403
    assert curator.post(change_url(private), opened(curator, private) | {"title": "Changed"}).status_code == 302
    assert editor.post(change_url(public), opened(editor, public) | {"title": "Changed too"}).status_code == 302


def test_autocompletion_finds_places_in_both_scripts_the_exact_name_first(curator):
    make.make_prefecture("tokyo-prefecture", "JP-13", name="Tokyo", name_ja="東京都")
    kyoto = make.make_prefecture("kyoto-prefecture", "JP-26", name="Kyoto Prefecture", name_ja="京都府")
    make.make_actor("kyoto-kyoto", name="Kyoto", name_ja="京都市", country=Country.JP, parent=kyoto)
    search.reindex()
    query = {"app_label": "partnerships", "model_name": "participation", "field_name": "actor"}
    found = curator.get("/admin/autocomplete/", query | {"term": "京都"}).json()["results"]
    assert [row["text"] for row in found] == [
        "Kyoto 京都市 · City · Kyoto Prefecture",
        "Kyoto Prefecture 京都府 · Prefecture · Japan",
        "Tokyo 東京都 · Prefecture · Japan",
    ]
    found = curator.get("/admin/autocomplete/", query | {"term": "kyoto"}).json()["results"]
    assert found[0]["text"] == "Kyoto 京都市 · City · Kyoto Prefecture"


@pytest.mark.parametrize("sent", ["Kobe", "-1", "9" * 30, "\0", "1.5"])
def test_what_is_no_number_of_a_record_is_no_choice_and_the_form_comes_back(sent):
    client = signed_in("admin", "Editors", is_superuser=True)
    wrong = {}
    for model, admin_of in admin.site._registry.items():
        add = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        page = client.get(add)
        if page.status_code != 200 or "adminform" not in page.context:  # nobody adds one by hand
            continue
        form = form_in(page)
        chosen = list(admin_of.autocomplete_fields)
        for rows in page.context["inline_admin_formsets"]:
            form[f"{rows.formset.prefix}-TOTAL_FORMS"] = "1"
            chosen += [f"{rows.formset.prefix}-0-{name}" for name in rows.opts.autocomplete_fields]
        if chosen:
            answer = client.post(add, form | dict.fromkeys(chosen, sent))
            assert answer.status_code == 200
            told = re.findall("Select a valid choice|Null characters are not allowed", answer.content.decode())
            wrong[model.__name__] = len(told) - len(chosen)
    assert wrong == dict.fromkeys(["Actor", "CoverageCheck", "Partnership", "RegisterEntry"], 0)


def test_moving_a_place_moves_it_in_the_hierarchy(editor):
    washington = make.make_state()
    oregon = make.make_state("oregon", "US-OR")
    city = make.make_actor("vancouver", parent=oregon)
    editor.post(change_url(city), opened(editor, city) | {"parent": str(washington.pk)})
    city.refresh_from_db()
    assert (city.region, city.path) == (washington, "washington/vancouver/")


def test_a_place_cannot_be_put_into_itself(editor):
    state = make.make_state()
    city = make.make_actor("seattle", parent=state)
    answer = editor.post(change_url(state), opened(editor, state) | {"parent": str(city.pk)})
    assert answer.status_code == 200
    assert "lead back to this record" in answer.content.decode()


def test_a_record_is_entered_from_nothing_to_published_in_one_go(editor):
    us, jp = make.make_actor("tacoma"), make.make_actor("kitakyushu", country=Country.JP)
    source, theme = make.make_source(), make.make_theme("environment")
    posted = opened(editor) | {
        "title": "Tacoma–Kitakyushu",
        "slug": "tacoma-kitakyushu",
        "kind": "exchange",
        "status": "active",
        "started": "２０１４年１１月",
        "participations-TOTAL_FORMS": "2",
        "participations-0-actor": us.pk,
        "participations-0-role": "lead",
        "participations-0-position": "1",
        "participations-1-actor": jp.pk,
        "participations-1-role": "lead",
        "participations-1-position": "2",
        "theme_links-TOTAL_FORMS": "1",
        "theme_links-0-theme": theme.pk,
        "citations-TOTAL_FORMS": "1",
        "citations-0-source": source.pk,
        "citations-0-supports": "existence",
        "_step": "published",
    }
    editor.post(reverse("admin:partnerships_partnership_add"), posted)
    record = Partnership.objects.published().get()
    assert str(record.started) == "2014-11"
    assert Client().get(record.get_absolute_url()).status_code == 200


def test_the_form_of_a_record_needs_no_query_per_row(editor, django_assert_max_num_queries):
    record = make.published_partnership("kobe-seattle")
    state = make.make_state()
    for number in range(12):
        make.join(record, make.make_actor(f"place-{number}", parent=state))
        make.cite(record)
    # Each picker fetches its own chosen record; nothing else may grow with the rows.
    rows = record.participations.count() + record.citations.count()
    with django_assert_max_num_queries(28 + rows):
        assert editor.get(change_url(record)).status_code == 200


def test_the_admin_keeps_strangers_out():
    assert Client().get("/admin/").status_code == 302
    client = Client()
    client.force_login(User.objects.create_user("reader"))
    for model in (Partnership, Actor):
        assert client.get(reverse(f"admin:partnerships_{model._meta.model_name}_changelist")).status_code == 302


def test_the_admin_has_the_same_strict_policy_as_the_site(editor):
    policy = editor.get("/admin/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
