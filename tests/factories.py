"""Records for tests, as plain functions: each makes the least the database accepts, and takes anything else by name.

They write straight to the models; ``published_partnership`` makes a whole record as the public would see it.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db.models import F

from partnerships.models import (
    Actor,
    Citation,
    Country,
    Participation,
    Partnership,
    PartnershipTheme,
    Publication,
    Source,
    Theme,
    version,
)

_numbers = itertools.count(1)


def make_theme(slug: str = "", **fields: Any) -> Theme:
    number = next(_numbers)
    slug = slug or f"theme-{number}"
    return Theme.objects.create(
        **{"slug": slug, "name": slug.title(), "name_ja": f"主題{number}", "order": number} | fields
    )


def make_actor(slug: str = "", **fields: Any) -> Actor:
    """A published American city, unless told otherwise; its path and region are in step with its parent."""
    slug = slug or f"actor-{next(_numbers)}"
    defaults = {
        "slug": slug,
        "name": slug.replace("-", " ").title(),
        "kind": Actor.Kind.CITY,
        "country": Country.US,
        "publication": Publication.PUBLISHED,
    }
    actor = Actor.objects.create(**defaults | fields)
    Actor.objects.rebuild_hierarchy()
    actor.refresh_from_db()
    return actor


def make_state(slug: str = "washington", code: str = "US-WA", **fields: Any) -> Actor:
    return make_actor(slug, kind=Actor.Kind.STATE, code=code, **fields)


def make_prefecture(slug: str = "hyogo-prefecture", code: str = "JP-28", **fields: Any) -> Actor:
    return make_actor(slug, kind=Actor.Kind.PREFECTURE, country=Country.JP, code=code, **fields)


def make_source(slug: str = "", **fields: Any) -> Source:
    slug = slug or f"source-{next(_numbers)}"
    defaults = {
        "slug": slug,
        "title": slug.replace("-", " ").title(),
        "url": f"https://example.org/{slug}",
        "kind": Source.Kind.GOVERNMENT,
        "language": Source.Language.EN,
    }
    return Source.objects.create(**defaults | fields)


def make_partnership(slug: str = "", **fields: Any) -> Partnership:
    """A bare draft: no participants, no sources, no themes."""
    slug = slug or f"partnership-{next(_numbers)}"
    defaults = {
        "slug": slug,
        "title": slug.replace("-", " ").title(),
        "kind": Partnership.Kind.SISTER,
        "status": Partnership.Status.ACTIVE,
    }
    return Partnership.objects.create(**defaults | fields)


def join(partnership: Partnership, *actors: Actor, role: str = Participation.Role.LEAD) -> None:
    """Let actors take part, in this order, after those who already do."""
    start = partnership.participations.count() + 1
    for position, actor in enumerate(actors, start):
        Participation.objects.create(partnership=partnership, actor=actor, role=role, position=position)


def cite(partnership: Partnership, source: Source | None = None, **fields: Any) -> Citation:
    defaults = {"supports": Citation.Supports.EXISTENCE}
    return Citation.objects.create(partnership=partnership, source=source or make_source(), **defaults | fields)


def add_themes(partnership: Partnership, *themes: Theme) -> None:
    for theme in themes:
        PartnershipTheme.objects.create(partnership=partnership, theme=theme)


def published_partnership(
    slug: str = "",
    *,
    us: Actor | None = None,
    jp: Actor | None = None,
    themes: tuple[Theme, ...] = (),
    source: Source | None = None,
    **fields: Any,
) -> Partnership:
    """A published record with a participant from each shore and a source."""
    partnership = make_partnership(slug, publication=Publication.PUBLISHED, **fields)
    join(partnership, us or make_actor(), jp or make_actor(country=Country.JP))
    cite(partnership, source)
    add_themes(partnership, *themes)
    return partnership


def some_time_passes(days: float = 1) -> None:
    """Everything saved so far was saved that long ago, as far as histories know."""
    for model in apps.get_app_config("partnerships").get_models():
        if hasattr(model, "history"):
            model.history.update(history_date=F("history_date") - dt.timedelta(days=days))


@contextmanager
def at_one_version() -> Iterator[None]:
    """Whatever is read meanwhile is of one version of the directory, as it is between two changes.

    Inside of a transaction that has changed something, PostgreSQL gives every look another number, so that each page
    would make everything anew.
    """
    with version.held(-next(_numbers)):
        yield
