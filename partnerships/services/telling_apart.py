"""Remembering that two records that look alike are two."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from partnerships.models import NotDuplicate

from . import records


def tell_apart(*, first: Any, second: Any, by: AbstractBaseUser | None, note: str = "") -> NotDuplicate:
    """Say that two records of one kind are no duplicates; said again, the first saying stays."""
    one, other = sorted((first, second), key=lambda record: record.pk)
    if type(one) is not type(other) or one.pk == other.pk:
        raise ValueError("Two records of one kind are needed.")
    with transaction.atomic():
        said, _is_new = NotDuplicate.objects.get_or_create(  # type: ignore[misc]
            kind=records.table_of(type(one)).name,
            first=one.pk,
            second=other.pk,
            defaults={"by": by, "note": note, "names": f"{one} | {other}"[:500]},
        )
    return said
