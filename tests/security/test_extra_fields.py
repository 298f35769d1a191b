"""Fields that a form does not have change nothing, by whichever door they come; no door takes addresses of scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client
from django.urls import reverse

from partnerships.models import Partnership, Publication, Suggestion
from partnerships.services.importing.columns import FLAT_FILES
from partnerships.services.importing.headers import understand
from tests.admin_forms import address, opened, signed_in
from tests.factories import make_actor, make_partnership, make_source, make_theme
from tests.signing_in import PASSWORD, at, colleague, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# What only the site itself writes, on whichever model it stands.
OURS = {
    "id": "999",
    "pk": "999",
    "publication": "published",
    "merged_into": "1",
    "merged_into_id": "1",
    "created_at": "2001-01-01",
    "updated_at": "2001-01-01",
    "path": "evil/",
    "region": "1",
    "region_id": "1",
    "reading_order": "x",
    "history_user": "1",
    "history_change_reason": "Loaded",
    "created_by": "1",
    "by": "1",
    "state": "accepted",
    "reference": "MINE",
    "is_staff": "1",
    "is_superuser": "1",
    "is_linked_by_hand": "1",
    "user_permissions": "1",
    "groups": "1",
    "password": "mine",
    "draft": "1",
    "held_because": "[]",
    "accepted_by": "1",
}


def own_columns(record: models.Model) -> dict[str, Any]:
    """Of those, what the record has, but for the moment of its last change."""
    row = type(record)._base_manager.filter(pk=record.pk).values().get()
    return {name: value for name, value in row.items() if name in OURS and name != "updated_at"}


@pytest.mark.parametrize("model", ["partnership", "actor", "source", "theme"])
def test_a_form_of_the_admin_takes_no_field_that_it_does_not_show(model: str) -> None:
    record = {
        "partnership": make_partnership,
        "actor": lambda: make_actor(publication=Publication.DRAFT),
        "source": make_source,
        "theme": make_theme,
    }[model]()
    client = signed_in("editor", "Editors")
    form = opened(client, record)
    before = own_columns(record)
    answer = client.post(address(record), {**OURS, **form, "_continue": "1"})
    assert answer.status_code == 302
    assert own_columns(record) == before
    assert type(record)._base_manager.count() == 1 or model == "partnership"


def test_a_curator_publishes_nothing_by_a_field_of_the_form() -> None:
    record = make_partnership()
    client = signed_in("curator", "Curators")
    form = opened(client, record)
    for step in ("_publish", "_return", "_archive", "publication"):
        client.post(address(record), {**form, "publication": "published", step: "published"})
        record.refresh_from_db()
        assert record.publication == Publication.DRAFT, step


@pytest.mark.parametrize("kind", sorted(FLAT_FILES))
def test_an_import_takes_no_column_that_only_the_site_writes(kind: str) -> None:
    for name in OURS.keys() - {"region"}:
        heading = understand(FLAT_FILES[kind], [name])
        [column] = heading.columns
        # “state” of a place, and what a municipality “merged into”, are words for other columns.
        assert column is None or column.name not in OURS.keys() - {"region"}, name
        assert column or name in " ".join([*heading.notices, *heading.problems]), name


def test_a_suggestion_is_what_its_form_asks_for_and_nothing_else() -> None:
    record = make_partnership()
    sent = {"text": "Nurses", "evidence_url": "https://www.city.kobe.lg.jp/", "partnership": record.pk, "source": "1"}
    assert Client().post("/suggest/", {**OURS, **sent}).status_code in {302, 303}
    suggestion = Suggestion.objects.get()
    assert suggestion.pk != 999 and suggestion.reference != "MINE" and suggestion.partnership is None
    assert suggestion.state in {Suggestion.State.WAITING, Suggestion.State.HELD} and suggestion.draft is None


def test_nobody_makes_more_of_their_own_account_than_it_is() -> None:
    user = colleague("curator")
    client = at()
    sign_in(client, "curator", is_superuser="1", is_staff="1", groups="1")
    new = "another four words in a row"
    change = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    client.post("/accounts/password/change/", {**OURS, **change, "username": "root", "email": "x@example.org"})
    user.refresh_from_db()
    assert user.check_password(new) and user.username == "curator" and user.email == "curator@example.org"
    assert not user.is_superuser and not user.user_permissions.exists()
    assert [group.name for group in user.groups.all()] == ["Curators"]


def test_a_manager_gives_no_permission_by_a_field_of_the_form() -> None:
    other = colleague("other")
    client = signed_in("manager", "Managers")
    form = opened_user(client, other)
    everything = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
    client.post(
        reverse("admin:auth_user_change", args=[other.pk]),
        {**OURS, **form, "is_superuser": "on", "user_permissions": everything, "password": "x", "_save": "1"},
    )
    changed = User.objects.get(pk=other.pk)
    assert not changed.is_superuser and not changed.user_permissions.exists() and changed.check_password(PASSWORD)


def opened_user(client: Client, user: User) -> dict[str, Any]:
    page = client.get(reverse("admin:auth_user_change", args=[user.pk]))
    form = page.context["adminform"].form
    return {bound.html_name: bound.value() for bound in form if bound.value() not in (None, False)}


def test_nothing_is_written_by_the_api() -> None:
    record = make_partnership("kobe", publication=Publication.PUBLISHED)
    client = signed_in("editor", "Editors")
    for method in ("post", "put", "patch", "delete"):
        for path in ("/api/v1/partnerships/", "/api/v1/partnerships/kobe/", "/api/v1/suggest", "/api/v1/"):
            answer = getattr(client, method)(path, data='{"title": "Mine"}', content_type="application/json")
            assert answer.status_code in {403, 405}, (method, path)
    assert Partnership.objects.get() == record and Partnership.objects.get().title == record.title


# Addresses that are shown as links.
LINKS = [
    field
    for model in apps.get_app_config("partnerships").get_models()
    for field in model._meta.concrete_fields
    if isinstance(field, models.URLField) and not model.__name__.startswith("Historical")
]


@pytest.mark.parametrize("field", LINKS, ids=str)
def test_no_field_for_an_address_takes_one_that_runs(field: models.URLField[Any, Any]) -> None:
    for text in (
        "javascript:alert(1)",
        "JaVaScRiPt://example.org/%0aalert(1)",
        "java\nscript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//example.org/",
        "ftp://example.org/",
    ):
        with pytest.raises(ValidationError):
            field.run_validators(text)
    assert field.run_validators("https://example.org/") is None
