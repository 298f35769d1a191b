"""Who may do what in the admin, asked through its views: every role, every model, every page, every action.

The tables below say it; what the admin has and they do not name fails. A new model needs a line in ``RIGHTS`` and one
of it in ``one_of``; a page of its own a line in ``PAGES``; an action one in ``ACTIONS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from partnerships import models as ours
from partnerships.models import Publication
from partnerships.services.merging import merge

from . import factories as make

pytestmark = pytest.mark.django_db

ROLES = ("Curators", "Editors", "Managers")
NOBODY: dict[str, str] = {}


def alike(rights: str) -> dict[str, str]:
    """The same for those who keep the records."""
    return {"Curators": rights, "Editors": rights}


LOG = alike("view")
PART = alike("view")  # parts are written on their records

# Letters: v(iew), a(dd), c(hange), d(elete). Superusers have them all, but where the admin itself has no such page.
RIGHTS: dict[str, dict[str, str]] = {
    "auth.group": NOBODY,
    "auth.user": {"Managers": "view change"},
    "partnerships.invitation": {"Managers": "view add"},
    "partnerships.signinevent": {"Managers": "view"},
    "partnerships.partnership": {"Curators": "view add change", "Editors": "view add change delete"},
    "partnerships.actor": {"Curators": "view add change", "Editors": "view add change delete"},
    "partnerships.source": {"Curators": "view add change", "Editors": "view add change delete"},
    "partnerships.theme": {"Curators": "view", "Editors": "view add change delete"},
    "partnerships.suggestion": {"Curators": "view change", "Editors": "view change delete"},
    "partnerships.registerentry": {"Curators": "view add change", "Editors": "view add change delete"},
    "partnerships.coveragecheck": {"Curators": "view add change", "Editors": "view add change delete"},
    "partnerships.registerdifference": alike("view change"),
    "partnerships.import": alike("view add"),
    "partnerships.importline": LOG,
    "partnerships.linkcheck": LOG,
    "partnerships.merge": LOG,
    "partnerships.notduplicate": {"Curators": "view", "Editors": "view delete"},
    "partnerships.suggestionstep": LOG,
    "partnerships.keptform": NOBODY,
    "partnerships.recentsender": NOBODY,
    "partnerships.actorname": PART,
    "partnerships.participation": PART,
    "partnerships.partnershiptheme": PART,
    "partnerships.adoption": PART,
    "partnerships.outcome": PART,
    "partnerships.milestone": PART,
    "partnerships.citation": PART,
    "partnerships.reviewevent": LOG,
    "partnerships.loadedrecord": NOBODY,
    "partnerships.directoryversion": NOBODY,
    "partnerships.recordversion": NOBODY,
}
# What the admin offers nobody, superusers included: logs are read, invitations sent again or withdrawn.
NOT_FOR_SUPERUSERS = {
    **{
        f"partnerships.{name}": "add change delete"
        for name in (
            "actorname",
            "participation",
            "partnershiptheme",
            "adoption",
            "outcome",
            "milestone",
            "citation",
            "reviewevent",
            "loadedrecord",
            "directoryversion",
            "recordversion",
            "signinevent",
            "importline",
            "linkcheck",
            "merge",
            "suggestionstep",
            "keptform",
            "recentsender",
        )
    },
    "partnerships.invitation": "change delete",
    "partnerships.suggestion": "add",
    "partnerships.registerdifference": "add delete",
    "partnerships.import": "change delete",
    "partnerships.notduplicate": "add change",
}

STEPS = {"publish_selected", "return_selected", "archive_selected"}
BULK = {"submit_selected", "add_theme_to_selected", "mark_selected_verified"}
ACTIONS: dict[str, dict[str, set[str]]] = {
    "auth.user": {"Managers": {"remove_second_factors", "make_password_links", "sign_out_everywhere"}},
    "partnerships.invitation": {"Managers": {"send_again", "withdraw"}},
    "partnerships.partnership": {"Curators": BULK, "Editors": {"merge_selected"} | BULK | STEPS},
    "partnerships.actor": {"Curators": {"submit_selected"}, "Editors": {"merge_selected", "submit_selected"} | STEPS},
    "partnerships.source": {
        "Curators": {"take_new_addresses"},
        "Editors": {"merge_selected", "take_new_addresses"},
    },
    "partnerships.notduplicate": {"Editors": {"delete_selected"}},
    **{
        f"partnerships.{name}": {"Editors": {"delete_selected"}}
        for name in ("suggestion", "registerentry", "coveragecheck")
    },
}

# Pages that the admin has beside list, add, change, delete and history: who gets further than the door.
EVERYBODY = {*ROLES, "superuser", "no role"}
KEEPERS = {"Curators", "Editors", "superuser"}
EDITORS = {"Editors", "superuser"}
PAGES: dict[str, set[str]] = {
    "index": EVERYBODY,
    "app_list": EVERYBODY,
    "jsi18n": EVERYBODY,
    "password_change": EVERYBODY,
    "password_change_done": EVERYBODY,
    "auth_user_password_change": {"superuser"},
    # Each looks by itself at what is asked for.
    "autocomplete": EVERYBODY,
    "view_on_site": EVERYBODY,
    "partnerships_actor_csv": KEEPERS,
    "partnerships_actor_xlsx": KEEPERS,
    "partnerships_partnership_csv": KEEPERS,
    "partnerships_partnership_xlsx": KEEPERS,
    "partnerships_source_csv": KEEPERS,
    "partnerships_source_xlsx": KEEPERS,
    "partnerships_duplicates": KEEPERS,
    "partnerships_apart": KEEPERS,
    "partnerships_like_typed": KEEPERS,
    "partnerships_import_template": KEEPERS,
    "partnerships_import_check": KEEPERS,
    "partnerships_import_again": KEEPERS,
    "partnerships_import_write": KEEPERS,
    "partnerships_import_discard": KEEPERS,
    "partnerships_import_reasons": KEEPERS,
    "reconcile": KEEPERS,
    "reconcile_template": KEEPERS,
    "partnerships_source_take_back": KEEPERS,
    "partnerships_source_same_url": KEEPERS,
    "partnerships_source_choose": KEEPERS,
    "partnerships_source_check_link": KEEPERS,
    "partnerships_source_take_new_address": KEEPERS,
    "partnerships_merge_two": EDITORS,
    "partnerships_merge_undo": EDITORS,
    "partnerships_actor_take_back": EDITORS,
    "partnerships_partnership_take_back": EDITORS,
    "partnerships_theme_take_back": EDITORS,
    "partnerships_import_undo": EDITORS,  # a curator's own imports are theirs to undo, too
}
DOORS = {"login", "logout"}
STANDARD = ("changelist", "add", "change", "delete", "history", "simple_history")


@pytest.fixture
def one_of() -> Callable[[type[models.Model]], models.Model]:
    return making_one_of()


def making_one_of() -> Callable[[type[models.Model]], models.Model]:
    """One of each model, made when it is asked for."""
    us, jp = make.make_state(), make.make_actor(country="JP")
    record = make.make_partnership("record")
    source = make.make_source("uncited")
    theme = make.make_theme("theme")
    now = timezone.now()

    def made(model: type[models.Model]) -> models.Model:
        def create(**fields: Any) -> models.Model:
            return model._default_manager.create(**fields)

        ways: dict[str, Callable[[], models.Model]] = {
            "group": lambda: Group.objects.create(name="others"),
            "user": lambda: User.objects.create_user("somebody-else", is_staff=True),
            "invitation": lambda: create(
                email="new@example.org", role="Curators", digest="x", sent_at=now, expires_at=now
            ),
            "signinevent": lambda: create(what="signed_in"),
            "partnership": lambda: make.make_partnership(),
            "actor": lambda: make.make_actor(publication=Publication.DRAFT),
            "source": lambda: source,
            "theme": lambda: make.make_theme("unused"),
            "suggestion": lambda: create(
                reference="S-1", text="A text", evidence_url="https://example.org/", language="en"
            ),
            "registerentry": lambda: create(
                register="clair", key="1", us_name="Seattle", jp_name="神戸市", read_on="2026-01-01"
            ),
            "coveragecheck": lambda: create(place=us, theme=theme, checked_on="2026-01-01", method="Looked"),
            "actorname": lambda: create(actor=jp, name="Former", language="en", kind="former"),
            "participation": lambda: create(partnership=record, actor=jp, role="lead", position=1),
            "partnershiptheme": lambda: create(partnership=record, theme=theme),
            "adoption": lambda: create(partnership=record, adopted_from=make.make_partnership("model")),
            "outcome": lambda: create(partnership=record, statement="Forty visits", source=source),
            "milestone": lambda: create(partnership=record, kind="signed", on="1957"),
            "citation": lambda: make.cite(record, make.make_source()),
            "registerdifference": lambda: create(
                register="clair", partnership=record, kind="only_here", found_on="2026-01-01"
            ),
            "import": lambda: create(kind="partnerships", file_name="ties.csv"),
            "importline": lambda: create(
                of=ours.Import.objects.create(kind="partnerships"), number=2, table="partnerships", outcome="wrong"
            ),
            "linkcheck": lambda: create(source=source, outcome="works", url=source.url, checked_at=now),
            "merge": lambda: create(kind="partnerships", duplicate=1, into=2),
            "notduplicate": lambda: create(kind="partnerships", first=1, second=2),
            "suggestionstep": lambda: create(
                suggestion=ours.Suggestion.objects.create(
                    reference="S-2", text="A text", evidence_url="https://example.org/", language="en"
                ),
                action="received",
            ),
            "keptform": lambda: create(key="x", path="/admin/", user=User.objects.create_user("who typed")),
            "recentsender": lambda: create(client="x", last_at=now),
            "reviewevent": lambda: create(partnership=record, action="submitted"),
            "loadedrecord": lambda: create(table="themes", key="x", digest="x"),
            "directoryversion": lambda: model._default_manager.first() or create(number=1),
            "recordversion": lambda: (
                model._default_manager.first() or create(record_kind="theme", record_id=1, version=1)
            ),
        }
        return ways[str(model._meta.model_name)]()

    return made


def client_of(role: str) -> Client:
    client = Client(raise_request_exception=False)
    if role != "stranger":
        user = User.objects.create_user(f"a {role}", is_staff=role != "reader", is_superuser=role == "superuser")
        user.groups.set(Group.objects.filter(name=role))
        client.force_login(user)
    return client


def label(model: type[models.Model]) -> str:
    return model._meta.label_lower


def rights_of(role: str, model: type[models.Model]) -> set[str]:
    if role == "superuser":
        return {"view", "add", "change", "delete"} - set(NOT_FOR_SUPERUSERS.get(label(model), "").split())
    return set(RIGHTS[label(model)].get(role, "").split())


def models_of_the_admin() -> list[type[models.Model]]:
    return sorted(admin.site._registry, key=label)


def addresses(model: type[models.Model], record: models.Model) -> Iterator[tuple[str, str]]:
    """Each page of a model with what one needs to see it."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    yield "view", reverse(f"{name}_changelist")
    yield "add", reverse(f"{name}_add")
    yield "view", reverse(f"{name}_change", args=[record.pk])
    yield "view", reverse(f"{name}_history", args=[record.pk])
    yield "delete", reverse(f"{name}_delete", args=[record.pk])


def test_every_model_of_the_admin_is_in_the_matrix():
    assert {label(model) for model in models_of_the_admin()} == set(RIGHTS)


@pytest.mark.parametrize("role", [*ROLES, "superuser", "no role"])
def test_each_role_reaches_its_pages_and_no_others(role, one_of):
    client, wrong = client_of(role), []
    for model in models_of_the_admin():
        record, rights = one_of(model), rights_of(role, model)
        for needed, address in addresses(model, record):
            expected = 200 if needed in rights else 403
            status = client.get(address).status_code
            if status != expected:
                wrong.append(f"{address} for {role}: {status}, not {expected}")
    assert wrong == []


@pytest.mark.parametrize("role", [*ROLES, "superuser", "no role"])
def test_each_role_changes_what_it_may_and_nothing_else(role, one_of):
    """By posting, not by what the page shows: 403 is a refusal, anything else means that the form was read."""
    client, wrong = client_of(role), []
    for model in models_of_the_admin():
        record, rights = one_of(model), rights_of(role, model)
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        posts = {"change": [record.pk], "add": [], "delete": [record.pk]}
        for needed, arguments in posts.items():
            before = model._default_manager.count()
            with transaction.atomic():
                status = client.post(reverse(f"{name}_{needed}", args=arguments), {}).status_code
                transaction.set_rollback(True)
            if (status == 403) is (needed in rights) or status >= 500:
                wrong.append(f"{needed} {label(model)} as {role}: {status}")
            assert model._default_manager.count() == before
    assert wrong == []


@pytest.mark.parametrize("role", [*ROLES, "superuser", "no role"])
def test_each_role_is_offered_its_actions_and_no_others(role, one_of):
    client = client_of(role)
    for model in models_of_the_admin():
        one_of(model)
        if "view" not in rights_of(role, model):
            continue
        page = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
        form = page.context["action_form"]
        offered = {name for name, _text in form.fields["action"].choices if name} if form else set()
        known = ACTIONS.get(label(model), {})
        if role == "superuser":
            everything = set().union(*known.values()) if known else set()
            assert everything <= offered <= everything | {"delete_selected"}, label(model)
        else:
            assert offered == known.get(role, set()), label(model)


@pytest.mark.parametrize("who", ["stranger", "reader"])
def test_whoever_is_no_colleague_reaches_nothing_at_all(who, one_of):
    client, reached = client_of(who), []
    for model in models_of_the_admin():
        for _needed, address in addresses(model, one_of(model)):
            for answer in (client.get(address), client.post(address, {})):
                if answer.status_code != 302 or not answer["Location"].startswith("/admin/login/?next="):
                    reached.append(address)
    for name in PAGES:
        answer = client.get(page_address(name))
        if answer.status_code != 302 or not answer["Location"].startswith("/admin/login/?next="):
            reached.append(name)
    assert reached == []


@pytest.mark.parametrize("role", [*ROLES, "superuser", "no role"])
def test_each_role_gets_past_the_door_of_its_other_pages(role):
    client = client_of(role)
    for name, roles in PAGES.items():
        address = page_address(name)
        status = client.get(address).status_code
        if status == 405:
            with transaction.atomic():
                status = client.post(address, {}).status_code
                transaction.set_rollback(True)
        if role in roles:
            assert (status < 500 and status != 403) or name in {"autocomplete", "app_list"}, name
        else:
            assert status == 403, name


def page_address(name: str) -> str:
    """The page's address, for a record in the state in which there is something to do on it."""

    def archived(model: type[models.Model]) -> list[int]:
        record = make.make_actor() if model is ours.Actor else make.make_partnership()
        model._default_manager.filter(pk=record.pk).update(publication=Publication.ARCHIVED)
        return [record.pk]

    def merged() -> list[int]:
        duplicate, into = make.make_partnership(), make.make_partnership()
        report = merge(duplicate=duplicate, into=into, choices={}, by=User.objects.create_user(f"who merged {into}"))
        return [report.merge.pk]

    def an_import(**fields: Any) -> list[int]:
        return [ours.Import.objects.create(**{"kind": "partnerships", "file_name": "ties.csv"} | fields).pk]

    def of_source() -> list[int]:
        return [make.make_source().pk]

    arguments: dict[str, Callable[[], list[Any]]] = {
        "app_list": lambda: ["partnerships"],
        "view_on_site": lambda: [ContentType.objects.get_for_model(ours.Partnership).pk, 0],
        "auth_user_password_change": lambda: [User.objects.get_or_create(username="one of them")[0].pk],
        "partnerships_merge_two": lambda: ["partnerships", make.make_partnership().pk, make.make_partnership().pk],
        "partnerships_merge_undo": merged,
        "partnerships_actor_take_back": lambda: archived(ours.Actor),
        "partnerships_partnership_take_back": lambda: archived(ours.Partnership),
        "partnerships_source_take_back": of_source,
        "partnerships_theme_take_back": lambda: [make.make_theme().pk],
        "partnerships_import_template": lambda: ["partnerships", "csv"],
        "partnerships_import_check": an_import,
        "partnerships_import_again": lambda: an_import(state="checked"),
        "partnerships_import_write": lambda: an_import(state="checked"),
        "partnerships_import_discard": lambda: an_import(state="checked"),
        "partnerships_import_undo": lambda: an_import(state="done", done_at=timezone.now()),
        "partnerships_import_reasons": lambda: [*an_import(state="checked"), "csv"],
        "partnerships_source_choose": of_source,
        "partnerships_source_check_link": of_source,
        "partnerships_source_take_new_address": of_source,
    }
    return reverse(f"admin:{name}", args=arguments[name]() if name in arguments else [])


def names_of(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names_of(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name


def test_every_page_of_the_admin_is_in_the_matrix():
    standard = {
        f"{model._meta.app_label}_{model._meta.model_name}_{page}"
        for model in admin.site._registry
        for page in STANDARD
    }
    assert set(names_of(admin.site.get_urls())) - standard == set(PAGES) | DOORS


def test_the_roles_are_those_that_exist():
    assert {group.name for group in Group.objects.all()} == set(ROLES) == set(ours.Role.values)
    assert apps.get_model("auth", "Permission").objects.filter(group__name="Managers").count() == 6
