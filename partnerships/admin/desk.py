"""The desk: what waits for a curator, each as a number and a link to the list that shows exactly these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from partnerships.models import Partnership, Publication

from . import duplicates


@dataclass(frozen=True)
class Task:
    """One kind of work; ``address`` leads to a list of as many rows as ``count`` says.

    ``permission`` is what one needs to do it; others are not shown the task.
    """

    label: str | Promise
    count: Callable[[], int]
    address: Callable[[], str]
    permission: str = "partnerships.change_partnership"


@dataclass(frozen=True)
class Waiting:
    """A task as the desk shows it."""

    label: str
    count: int
    address: str


def _listed(model: str, query: str) -> Callable[[], str]:
    """The address of a model's list in the admin, narrowed by ``query``."""
    return lambda: f"{reverse(f'admin:partnerships_{model}_changelist')}?{query}"


TASKS = (
    Task(
        gettext_lazy("In review"),
        lambda: Partnership.objects.filter(publication=Publication.IN_REVIEW).count(),
        _listed("partnership", "publication__exact=in_review"),
    ),
    Task(gettext_lazy("Possible duplicates"), duplicates.count, duplicates.address),
)


def waiting_for(user: AbstractBaseUser | AnonymousUser) -> list[Waiting]:
    return [
        Waiting(str(task.label), task.count(), task.address())
        for task in TASKS
        if user.has_perm(task.permission)  # type: ignore[union-attr]
    ]
