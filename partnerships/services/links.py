"""Checking whether the addresses of sources still lead anywhere, and taking over where they moved to.

A failure that came without any web server's answer is written down only after another site has answered: a machine
without a network must not find every link broken. Each source is written in its own transaction, so that a run which is
broken off keeps what it did.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from partnerships import search
from partnerships.links.fetching import Visit, Visitor
from partnerships.links.outcomes import FAILED, Standing, state_after
from partnerships.links.rounds import visit_all
from partnerships.links.same import beginnings, key_of
from partnerships.models import LinkCheck, Source
from partnerships.models.link_check import latest_checks

KEPT_CHECKS = 10  # of each source
MOST_WITNESSES = 3
SECONDS_FOR_ONE = 10.0  # somebody waits for it
_RUN = 0x6C696E6B73  # the advisory lock's number; the letters of “links”

Progress = Callable[[int, int, str], None]


class AlreadyRunningError(Exception):
    """Another run is going on."""


class NoNetworkError(Exception):
    """Nothing answered, so that nothing can be said about a link."""


class NotTakenError(Exception):
    """A new address that cannot be taken, with the reason."""


@dataclass
class CheckReport:
    """What a run did: ``wanted`` sources were due, ``outcomes`` counts those that were checked."""

    wanted: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    newly_broken: int = 0
    working_again: int = 0
    unreached: int = 0  # nothing answered any more, so that nothing was written down
    is_broken_off: bool = False

    @property
    def checked(self) -> int:
        return self.outcomes.total()


def due(*, limit: int | None = None, stale_days: int | None = None) -> QuerySet[Source]:
    """Sources whose links are to be checked, those first that were not for longest; all that anything cites."""
    of_this_address = Q(link_checks__url=F("url"))
    sources = Source.objects.cited().annotate(last_checked=Max("link_checks__checked_at", filter=of_this_address))
    if stale_days is not None:
        before = timezone.now() - dt.timedelta(days=stale_days)
        sources = sources.filter(Q(last_checked=None) | Q(last_checked__lt=before))
    return sources.order_by(F("last_checked").asc(nulls_first=True), "pk")[:limit]


def visitor_for_runs(stop: threading.Event) -> Visitor:
    return Visitor(user_agent=user_agent(), pause=stop.wait)


def user_agent() -> str:
    return f"USJapanPartnershipsDirectory/1.0 (link check; +{settings.SITE_URL}/about/)"


def check_links(
    *,
    limit: int | None = None,
    stale_days: int | None = None,
    visitor: Visitor | None = None,
    report_progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> CheckReport:
    """Visit the addresses of all sources that are due; ``AlreadyRunningError`` while another run does."""
    stop = stop or threading.Event()
    visitor = visitor or visitor_for_runs(stop)
    report = CheckReport()
    with _only_run():
        waiting: dict[str, list[int]] = {}
        for pk, url in due(limit=limit, stale_days=stale_days).values_list("pk", "url"):
            waiting.setdefault(url, []).append(pk)
        report.wanted = sum(map(len, waiting.values()))
        run = _Run(waiting, report, report_progress or (lambda done, total, url: None))
        try:
            with contextlib.closing(visit_all(visitor, waiting, stop=stop)) as visits:
                for url, visit in visits:
                    run.take(url, visit)
            run.settle(visitor)
        except KeyboardInterrupt:
            stop.set()
            report.is_broken_off = True
    return report


@dataclass
class _Run:
    waiting: dict[str, list[int]]
    report: CheckReport
    say: Progress
    _held: list[tuple[str, Visit]] = field(default_factory=list)
    _visited: int = 0

    def take(self, url: str, visit: Visit) -> None:
        self._visited += len(self.waiting[url])
        if visit.outcome in FAILED and not visit.is_answered:
            self._held.append((url, visit))
        else:
            if visit.is_answered:
                self._write_held()
            self._write(url, visit)
        self.say(self._visited, self.report.wanted, url)

    def settle(self, visitor: Visitor) -> None:
        """What is held at the end is written down if one of the links that worked lately answers."""
        if not self._held:
            return
        if _is_there_a_network(visitor, {url for url, _visit in self._held}):
            self._write_held()
        else:
            self.report.unreached = sum(len(self.waiting[url]) for url, _visit in self._held)

    def _write_held(self) -> None:
        while self._held:
            self._write(*self._held.pop(0))

    def _write(self, url: str, visit: Visit) -> None:
        for pk in self.waiting[url]:
            before, check = record_visit(source_pk=pk, url=url, visit=visit)
            if check is None:
                continue
            self.report.outcomes[visit.outcome] += 1
            after = Source.objects.values_list("link_state", flat=True).get(pk=pk)
            is_broken, was_broken = (state == Source.LinkState.BROKEN for state in (after, before))
            self.report.newly_broken += is_broken and not was_broken
            self.report.working_again += was_broken and not is_broken


def record_visit(*, source_pk: int, url: str, visit: Visit) -> tuple[str, LinkCheck | None]:
    """Write down what came of a visit; returns the link's state before it, and the check.

    There is none where the source is gone, or has another address by now. The source's own row is touched only when
    the state changes, because every change of it makes the public pages anew.
    """
    with transaction.atomic():
        source = Source.objects.select_for_update().filter(pk=source_pk, url=url).first()
        if source is None:
            return "", None
        last = latest_checks().filter(source=source).first()
        now = timezone.now()
        standing = Standing(last.failing_days, last.failed_on) if last else Standing()
        standing = standing.after(visit.outcome, timezone.localdate(now))
        check = LinkCheck.objects.create(
            source=source,
            checked_at=now,
            url=url,
            outcome=visit.outcome,
            status=visit.status,
            final_url=visit.final_url,
            moved_to=visit.moved_to,
            redirects=[list(step) for step in visit.redirects],
            detail=visit.detail,
            failing_days=standing.failing_days,
            failed_on=standing.failed_on,
        )
        kept = list(source.link_checks.values_list("pk", flat=True)[:KEPT_CHECKS])
        source.link_checks.exclude(pk__in=kept).delete()
        # What was found out about a former address says nothing about this one.
        known = source.link_state if last else Source.LinkState.UNCHECKED
        _show(source, state_after(known, visit.outcome, standing))
    return source.link_state, check


def _show(source: Source, state: str) -> None:
    if state != source.link_state:
        Source.objects.filter(pk=source.pk).update(link_state=state)
        search.reindex()


def check_now(*, source: Source, visitor: Visitor | None = None) -> LinkCheck:
    """Check one source within seconds; ``NoNetworkError`` where neither it nor a link that worked lately answers."""
    visitor = visitor or Visitor(user_agent=user_agent(), seconds_in_all=SECONDS_FOR_ONE, retries=0)
    visit = visitor.visit(source.url)
    needs_witness = visit.outcome in FAILED and not visit.is_answered
    if needs_witness and not _is_there_a_network(visitor, {source.url}):
        raise NoNetworkError
    _before, check = record_visit(source_pk=source.pk, url=source.url, visit=visit)
    if check is None:
        raise Source.DoesNotExist
    return check


def _is_there_a_network(visitor: Visitor, failing: set[str]) -> bool:
    """Whether one of the links that worked lately answers."""
    worked = latest_checks().filter(status__isnull=False).exclude(url__in=list(failing)[:500]).order_by("-checked_at")
    urls = dict.fromkeys(worked.values_list("url", flat=True)[:MOST_WITNESSES])
    return any(visitor.visit(url).is_answered for url in urls)


@contextlib.contextmanager
def _only_run() -> Iterator[None]:
    """Two runs would ask the same hosts at the same time. The lock is gone with the process that holds it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_RUN])
            if not cursor.fetchone()[0]:
                raise AlreadyRunningError
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_RUN])
        return
    database = Path(connection.settings_dict["NAME"])
    with database.with_name(f"{database.name}.check_links").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunningError from error
        yield


def new_address_of(source: Source) -> str:
    """Where the last check found that the source moved for good; empty where it did not."""
    check = latest_checks().filter(source=source).first()
    return check.moved_to if check else ""


def take_new_address(*, source: Source, by: AbstractBaseUser | None) -> str:
    """Give a source the address it moved to; the former one stays in its history. Returns the new one."""
    with transaction.atomic():
        current = Source.objects.select_for_update().get(pk=source.pk)
        address = new_address_of(current)
        if not address:
            raise NotTakenError(_("No check has found a new address."))
        try:
            current._meta.get_field("url").clean(address, current)
        except ValidationError as error:
            raise NotTakenError(" ".join(error.messages)) from error
        if others := sources_at(address, but=current):
            raise NotTakenError(_("The new address is already a source: “%(source)s”.") % {"source": others[0]})
        current.url = address
        current.link_state = Source.LinkState.OK  # it answered there
        current._history_user = by  # type: ignore[attr-defined]
        current._change_reason = _(  # type: ignore[attr-defined]
            "New address, found by a link check"
        )
        current.save()
        search.reindex()
    return address


def sources_at(url: str, *, but: Source | None = None) -> list[Source]:
    """Sources with this address, or with one that differs in nothing that matters; also by their archived copy."""
    if not (key := key_of(url)):
        return []
    begins = Q()
    for beginning in beginnings(key):
        begins |= Q(url__istartswith=beginning) | Q(archived_url__istartswith=beginning)
    near = Source.objects.filter(begins)
    if but is not None and but.pk:
        near = near.exclude(pk=but.pk)
    return [source for source in near if key in {key_of(source.url), key_of(source.archived_url)}]
