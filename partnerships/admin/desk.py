"""The desk: what waits for a curator, each as a number and a link to the list that shows exactly these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from partnerships.models import Actor, Import, Invitation, Partnership, Publication, RegisterDifference, Suggestion

from . import duplicates, needs
from .links import broken_without_copy, moved

REVIEW = gettext_lazy("Review")
RECORDS = gettext_lazy("Records to be improved")
OUTSIDE = gettext_lazy("From outside")
SOURCES = gettext_lazy("Sources")
PEOPLE = gettext_lazy("People")


@dataclass(frozen=True)
class Task:
    """One kind of work; ``address`` leads to a list of as many rows as ``count`` says.

    ``permission`` is what one needs to do it; others are not shown the task. Tasks of one ``group`` stand together.
    """

    label: str | Promise
    count: Callable[[], int]
    address: Callable[[], str]
    permission: str = "partnerships.change_partnership"
    group: str | Promise = RECORDS


@dataclass(frozen=True)
class Waiting:
    """A task as the desk shows it."""

    label: str
    count: int
    address: str
    group: str


def listed(model: str, query: str) -> Callable[[], str]:
    """The address of a model's list in the admin, narrowed by ``query``."""
    return lambda: f"{reverse(f'admin:partnerships_{model}_changelist')}?{query}"


def _need(need: needs.Need, group: str | Promise = RECORDS, model: type[Actor | Partnership] = Partnership) -> Task:
    name = str(model._meta.model_name)
    return Task(
        need.label,
        lambda: need.choose(model._default_manager.all()).count(),
        listed(name, f"needs={need.slug}"),
        f"partnerships.change_{name}",
        group,
    )


TASKS = (
    _need(needs.REVIEW, REVIEW),
    _need(needs.SENT_BACK, REVIEW),
    Task(
        gettext_lazy("Drafts"),
        lambda: Partnership.objects.filter(publication=Publication.DRAFT).count(),
        listed("partnership", "publication__exact=draft"),
        group=REVIEW,
    ),
    Task(
        gettext_lazy("Suggestions of the public"),
        lambda: Suggestion.objects.filter(state=Suggestion.State.WAITING).count(),
        listed("suggestion", "state__exact=waiting"),
        "partnerships.change_suggestion",
        OUTSIDE,
    ),
    Task(
        gettext_lazy("Suggestions passed on to editors"),
        lambda: Suggestion.objects.filter(state=Suggestion.State.FORWARDED).count(),
        listed("suggestion", "state__exact=forwarded"),
        "partnerships.publish_partnership",
        OUTSIDE,
    ),
    Task(
        gettext_lazy("Suggestions held by a rule"),
        lambda: Suggestion.objects.filter(state=Suggestion.State.HELD).count(),
        listed("suggestion", "state__exact=held"),
        "partnerships.change_suggestion",
        OUTSIDE,
    ),
    Task(
        gettext_lazy("Differences from registers"),
        lambda: RegisterDifference.objects.filter(state=RegisterDifference.State.OPEN).count(),
        listed("registerdifference", "state__exact=open"),
        "partnerships.change_registerdifference",
        OUTSIDE,
    ),
    Task(
        gettext_lazy("Imports waiting for confirmation"),
        lambda: Import.objects.filter(state=Import.State.CHECKED).count(),
        listed("import", "state__exact=checked"),
        "partnerships.add_import",
        OUTSIDE,
    ),
    Task(gettext_lazy("Possible duplicates"), duplicates.count, duplicates.address),
    _need(needs.ANNIVERSARY),
    _need(needs.TERM),
    _need(needs.CHECK),
    _need(needs.SECOND_SOURCE),
    _need(needs.SOURCES_OF_RESULTS),
    _need(needs.JAPANESE),
    _need(needs.JAPANESE_NAME, model=Actor),
    _need(needs.POSITION, model=Actor),
    Task(
        gettext_lazy("Broken links without an archived copy"),
        lambda: broken_without_copy().count(),
        listed("source", "link=broken"),
        "partnerships.change_source",
        SOURCES,
    ),
    Task(
        gettext_lazy("Sources that moved for good"),
        lambda: moved().count(),
        listed("source", "link=moved"),
        "partnerships.change_source",
        SOURCES,
    ),
    Task(
        gettext_lazy("Open invitations"),
        lambda: Invitation.objects.open().count(),
        listed("invitation", "state=open"),
        "partnerships.view_invitation",
        PEOPLE,
    ),
)


def waiting_for(user: AbstractBaseUser | AnonymousUser) -> list[Waiting]:
    """The tasks that the user may do; those of one group stand together."""
    tasks: list[Any] = [task for task in TASKS if user.has_perm(task.permission)]  # type: ignore[union-attr]
    return [Waiting(str(task.label), task.count(), task.address(), str(task.group)) for task in tasks]
