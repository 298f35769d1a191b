"""What the database and the folder of state lack; asked with ``check --database default`` only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Info, Tags, Warning, register
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from partnerships import search
from partnerships.models import version


@register(Tags.database)
def check_search_is_in_step(app_configs: Any, databases: Any = None, **options: Any) -> list[CheckMessage]:
    """Runs with ``check --database default`` and before each migration."""
    if not databases:
        return []
    try:
        lacking = sum(search.out_of_step().values())
        is_unguarded = bool(version.missing_triggers(connection))
    except DatabaseError:  # not migrated yet
        return []
    found: list[CheckMessage] = []
    if lacking:
        message = f"The search index is out of step with {lacking} records."
        found.append(Warning(message, hint="Run manage.py rebuild_search.", id="partnerships.W002"))
    if is_unguarded:
        message = "Triggers that note changes are missing from the database, so that old pages may be served."
        found.append(Warning(message, hint="Run manage.py migrate, which puts them in place.", id="partnerships.W003"))
    return found


@register(Tags.database, deploy=True)
def check_migrations_have_run(app_configs: Any, databases: Any = None, **options: Any) -> list[CheckMessage]:
    if not databases:
        return []
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not waiting:
        return []
    return [
        Warning(
            f"{len(waiting)} migrations wait, the first of them {waiting[0][0]}.",
            hint="Run manage.py migrate, or start the site with manage.py serve.",
            id="partnerships.W005",
        )
    ]


@register(Tags.staticfiles, deploy=True)
def check_static_files_are_collected(app_configs: Any, **options: Any) -> list[CheckMessage]:
    if settings.DEBUG or (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        return []
    return [
        Warning(
            f"No static files are collected under {settings.STATIC_ROOT}: pages come without style and scripts.",
            hint="Run manage.py collectstatic, or start the site with manage.py serve.",
            id="partnerships.W006",
        )
    ]


@register(Tags.database, deploy=True)
def check_second_factors(app_configs: Any, databases: Any = None, **options: Any) -> list[CheckMessage]:
    """No mistake: the admin stays closed to them until they have set one up, which the next sign-in asks for."""
    if not databases or not settings.REQUIRE_MFA:
        return []
    try:
        lacking = get_user_model()._default_manager.filter(is_active=True, is_staff=True, authenticator=None).count()
    except DatabaseError:  # not migrated yet
        return []
    if not lacking:
        return []
    return [
        Info(
            f"{lacking} accounts of the admin have no second factor yet.",
            hint="They set one up when they sign in next; until then the admin stays closed to them.",
            id="partnerships.I004",
        )
    ]
