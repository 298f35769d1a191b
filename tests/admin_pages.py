"""The admin as its people meet it: who is signed in, where a record's form is, what a browser would post back."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from partnerships.models import Partnership


def signed_in(*groups: str, **fields: Any) -> Client:
    user = User.objects.create_user("-".join(groups).lower() or "nobody", is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    client = Client()
    client.force_login(user)
    return client


def form_of(client: Client, record: Any | None = None, model: type = Partnership) -> dict[str, Any]:
    """What a browser would post back from the record's form, unchanged."""
    url = change_url(record) if record else reverse(f"admin:partnerships_{model._meta.model_name}_add")
    page = client.get(url)
    assert page.status_code == 200
    forms = [page.context["adminform"].form]
    for formset in page.context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.forms]
    posted = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            posted[bound.html_name] = "" if value is None else str(value)
    return posted


def change_url(record: Any) -> str:
    return reverse(f"admin:partnerships_{record._meta.model_name}_change", args=[record.pk])
