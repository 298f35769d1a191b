"""The admin's forms as a browser has them: opened, changed, posted back."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from partnerships.models import Partnership


def signed_in(name: str, *groups: str, **fields: Any) -> Client:
    """A client of somebody with an account in these groups."""
    user, _made = User.objects.get_or_create(username=name, defaults={"is_staff": True, **fields})
    user.groups.set(Group.objects.filter(name__in=groups))
    client = Client()
    client.force_login(user)
    return client


def address(record: Any, page: str = "change") -> str:
    return reverse(f"admin:partnerships_{record._meta.model_name}_{page}", args=[record.pk])


def form_in(page: Any) -> dict[str, Any]:
    """What a browser would post back from a page with a form, unchanged."""
    forms = [page.context["adminform"].form]
    for formset in page.context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.forms]
    posted = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if not (bound.name == "DELETE" and not value):  # a box that is not ticked
                posted[bound.html_name] = "" if value is None else str(value)
    return posted


def opened(client: Client, record: Any | None = None, model: type = Partnership) -> dict[str, Any]:
    url = address(record) if record else reverse(f"admin:partnerships_{model._meta.model_name}_add")
    page = client.get(url)
    assert page.status_code == 200
    return form_in(page)


def row_of(form: dict[str, Any], part: str, key: int) -> str:
    """How the names of a row's fields begin: “citations-3”."""
    return next(
        name.removesuffix("-id")
        for name, value in form.items()
        if name.startswith(part) and name.endswith("-id") and value == str(key)
    )


def added(form: dict[str, Any], part: str, **values: Any) -> dict[str, Any]:
    """The form with one more row."""
    number = int(form[f"{part}-TOTAL_FORMS"])
    row = {f"{part}-{number}-{name}": str(value) for name, value in values.items()}
    return form | row | {f"{part}-TOTAL_FORMS": str(number + 1)}
