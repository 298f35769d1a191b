"""What machines ask: whether the process answers, whether it can serve, and how it is doing."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from partnerships import databases, search
from partnerships.models import Actor, Partnership, RecordVersion, Source, Suggestion, version
from partnerships.monitoring import metrics as counts
from partnerships.monitoring.metrics import Gauge


@require_safe
@cache_control(no_store=True)
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@cache_control(no_store=True)
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers, has the tables that this version needs, and the search index is in step with it.

    503 otherwise, with a reason in each line. While the primary is away and a replica answers, public pages can be
    had, so that no balancer may send everybody away.
    """
    with suppress(DatabaseError, InterfaceError):  # a primary that went or was restarted is noticed by this
        databases.current_version()
    if databases.primary.is_away and any(replica.version() is not None for replica in databases.replicas):
        return HttpResponse("ready for reading: the primary database does not answer", content_type="text/plain")
    try:
        reasons = ["database unreachable"] if databases.primary.is_away else _reasons_not_to_serve()
    except (DatabaseError, InterfaceError):
        reasons = ["database unreachable"]
    if reasons:
        return HttpResponse("\n".join(reasons), content_type="text/plain", status=503)
    return HttpResponse("ready", content_type="text/plain")


def _reasons_not_to_serve() -> list[str]:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return ["migrations waiting"]  # without its tables nothing else can be asked
    reason = search.reason_not_to_search()
    return [reason] if reason else []


@csrf_exempt  # a form that is refused would tell that there is something here
def metrics(request: HttpRequest) -> HttpResponse:
    """Counts for Prometheus, for whoever brings ``METRICS_TOKEN``; for everybody else there is no such page."""
    given = request.headers.get("Authorization", "").encode()
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    if not (settings.METRICS_TOKEN and request.method in {"GET", "HEAD"} and secrets.compare_digest(given, wanted)):
        raise Http404
    body, content_type = counts.exposition(_gauges())
    return HttpResponse(body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})


def _gauges() -> list[Gauge]:
    try:
        asked, answers = list(_asked_of_the_database()), 1
    except (DatabaseError, InterfaceError):
        asked, answers = [], 0
    return [Gauge("directory_database_up", "Whether the database answers.", {"": answers}), *asked]


def _asked_of_the_database() -> Iterator[Gauge]:
    yield Gauge("directory_version", "The version of the public data.", {"": version.current()})
    published = {
        "partnerships": Partnership.objects.published().count(),
        "actors": Actor.objects.published().count(),
        "sources": Source.objects.published().count(),
    }
    yield Gauge("directory_published_records", "Records that the public may see.", published, "kind")
    lacking = RecordVersion.objects.not_indexed().count()
    yield Gauge("directory_unindexed_records", "Changed records that the search index lacks.", {"": lacking})
    waiting = Suggestion.objects.open().count()
    yield Gauge("directory_open_suggestions", "Suggestions that nobody has decided on yet.", {"": waiting})
