"""A form posted when its session is over comes back filled, to whom it was handed out, and saves nothing by itself."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from partnerships.models import KeptForm, Partnership
from partnerships.services import kept_forms

from . import factories as make
from .admin_forms import added, address, form_in, opened, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Client:
    return signed_in("hanako", "Editors")


@pytest.fixture
def record() -> Partnership:
    return make.published_partnership("kobe-seattle", title="Kobe")


def posted_too_late(client: Client, record: Any, form: dict[str, Any]) -> str:
    """Post a form after the session has ended; where the sign-in page would lead back to."""
    client.logout()
    answer = client.post(address(record), form)
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.url).query)["next"][0]


def test_what_was_typed_comes_back_after_signing_in(editor: Client, record: Partnership) -> None:
    back = posted_too_late(editor, record, opened(editor, record) | {"title": "Typed for an hour"})
    page = signed_in("hanako", "Editors").get(back)
    assert page.status_code == 200
    assert form_in(page)["title"] == "Typed for an hour"
    assert "not saved yet" in page.content.decode()


def test_nothing_is_saved_by_coming_back(editor: Client, record: Partnership) -> None:
    back = posted_too_late(editor, record, opened(editor, record) | {"title": "Typed", "_step": "archived"})
    signed_in("hanako", "Editors").get(back)
    record.refresh_from_db()
    assert (record.title, record.publication) == ("Kobe", "published")


def test_it_is_saved_when_somebody_saves_it_and_forgotten_then(editor: Client, record: Partnership) -> None:
    back = posted_too_late(editor, record, opened(editor, record) | {"title": "Typed"})
    client = signed_in("hanako", "Editors")
    assert client.post(back, form_in(client.get(back))).status_code == 302
    record.refresh_from_db()
    assert record.title == "Typed"
    assert not KeptForm.objects.exists()


def test_rows_come_back_too(editor: Client, record: Partnership) -> None:
    source = make.make_source("report")
    back = posted_too_late(
        editor, record, added(opened(editor, record), "citations", source=source.pk, supports="dates", locator="page 7")
    )
    assert "page 7" in form_in(signed_in("hanako", "Editors").get(back)).values()


def test_a_new_record_comes_back(editor: Client) -> None:
    form = opened(editor) | {"title": "A new one", "slug": "a-new-one"}
    editor.logout()
    answer = editor.post(reverse("admin:partnerships_partnership_add"), form)
    back = parse_qs(urlsplit(answer.url).query)["next"][0]
    client = signed_in("hanako", "Editors")
    page = client.get(back)
    assert form_in(page)["title"] == "A new one"
    assert client.post(back, form_in(page) | {"kind": "sister"}).status_code == 302
    assert Partnership.objects.get().slug == "a-new-one"


def test_what_changed_meanwhile_is_told_with_it(editor: Client, record: Partnership) -> None:
    form = opened(editor, record) | {"title": "Mine"}
    other = signed_in("john", "Editors")
    other.post(address(record), opened(other, record) | {"title": "John's"})
    back = posted_too_late(editor, record, form)
    page = signed_in("hanako", "Editors").get(back)
    assert [each.name for each in page.context["conflict"].open] == ["choice-title"]
    assert form_in(page)["title"] == "Mine"


def test_nobody_else_gets_it(editor: Client, record: Partnership) -> None:
    back = posted_too_late(editor, record, opened(editor, record) | {"title": "Secret draft"})
    page = signed_in("john", "Editors").get(back)
    assert page.status_code == 200
    assert "Secret draft" not in page.content.decode()
    assert KeptForm.objects.count() == 1


def test_it_is_given_back_at_its_own_address_only(editor: Client, record: Partnership) -> None:
    back = posted_too_late(editor, record, opened(editor, record) | {"title": "Typed"})
    other = make.published_partnership("other")
    page = signed_in("hanako", "Editors").get(f"{address(other)}?{urlsplit(back).query}")
    assert "Typed" not in page.content.decode()


def test_after_a_day_it_is_gone(editor: Client, record: Partnership) -> None:
    back = posted_too_late(editor, record, opened(editor, record) | {"title": "Typed"})
    KeptForm.objects.update(kept_at=timezone.now() - dt.timedelta(days=1, minutes=1))
    assert "Typed" not in signed_in("hanako", "Editors").get(back).content.decode()


@pytest.mark.parametrize("carried", ["", "forged"])
def test_a_stranger_stores_nothing(record: Partnership, carried: str) -> None:
    answer = Client().post(address(record), {"title": "Spam", "loaded_form": carried})
    assert answer.status_code == 302
    assert "kept" not in answer.url
    assert not KeptForm.objects.exists()


def test_a_form_that_is_too_large_is_not_kept(editor: Client, record: Partnership) -> None:
    posted_too_late(editor, record, opened(editor, record) | {"note": "x" * kept_forms.MOST_CHARACTERS})
    assert not KeptForm.objects.exists()


def test_a_form_of_long_ago_is_not_kept(editor: Client, record: Partnership, monkeypatch: pytest.MonkeyPatch) -> None:
    form = opened(editor, record)
    monkeypatch.setattr(kept_forms, "HANDED_OUT_WITHIN", dt.timedelta(0))
    posted_too_late(editor, record, form)
    assert not KeptForm.objects.exists()


def test_of_one_person_only_the_last_forms_are_kept(editor: Client, record: Partnership) -> None:
    form = opened(editor, record)
    for number in range(kept_forms.MOST_OF_ONE + 2):
        posted_too_late(editor, record, form | {"title": f"Number {number}"})
    assert KeptForm.objects.count() == kept_forms.MOST_OF_ONE
    assert f"Number+{number}" in KeptForm.objects.first().data


def strict(client: Client) -> Client:
    """The same session in a browser whose forms are checked for forgery."""
    checked = Client(enforce_csrf_checks=True)
    checked.cookies = client.cookies
    return checked


def test_a_form_from_before_a_new_sign_in_comes_back_filled(editor: Client, record: Partnership) -> None:
    form = opened(editor, record) | {"title": "Typed", "csrfmiddlewaretoken": "a" * 64}
    answer = strict(editor).post(address(record), form, headers={"origin": "http://testserver"})
    assert answer.status_code == 302
    page = editor.get(answer.url)
    assert form_in(page)["title"] == "Typed"
    record.refresh_from_db()
    assert record.title == "Kobe"


def test_it_leads_to_the_sign_in_page_where_nobody_is_signed_in(editor: Client, record: Partnership) -> None:
    form = opened(editor, record) | {"title": "Typed"}
    answer = Client(enforce_csrf_checks=True).post(address(record), form, headers={"origin": "http://testserver"})
    assert answer.status_code == 302
    back = parse_qs(urlsplit(answer.url).query)["next"][0]
    assert form_in(signed_in("hanako", "Editors").get(back))["title"] == "Typed"


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
def test_another_site_fills_no_form(editor: Client, record: Partnership, origin: str) -> None:
    form = opened(editor, record) | {"title": "Forged"}
    headers = {"origin": origin} if origin else {}
    assert strict(editor).post(address(record), form, headers=headers).status_code == 403
    assert not KeptForm.objects.exists()


def test_what_was_typed_is_not_shown_in_the_list_of_kept_forms(editor: Client, record: Partnership) -> None:
    posted_too_late(editor, record, opened(editor, record) | {"title": "Secret draft"})
    User.objects.create_superuser("root")
    root = signed_in("root", is_superuser=True)
    kept = KeptForm.objects.get()
    for url in (reverse("admin:partnerships_keptform_changelist"), address(kept)):
        assert "Secret" not in root.get(url).content.decode()
