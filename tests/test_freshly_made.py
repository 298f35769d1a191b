"""What is kept of records in memory is what would be made anew: after a change of anything, every page shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from partnerships import catalogue, coverage, maps
from partnerships.models import (
    Actor,
    ActorName,
    Adoption,
    CoverageCheck,
    Milestone,
    Outcome,
    Participation,
    Partnership,
    Publication,
    Source,
    Theme,
)
from partnerships.networks import graph
from partnerships.package import download

from .factories import join, make_actor, make_prefecture, make_source, make_state, make_theme, published_partnership

ADDRESSES = (
    "",
    "partnerships/",
    "partnerships/?q=port",
    "partnerships/two-ports/",
    "partnerships/model/",
    "partnerships/other/",
    "partnerships/two-ports/suggest/",
    "suggest/?actor=seattle&theme=climate",
    "partnerships/two-ports/cite.bib",
    "partnerships.csv",
    "partnerships.json",
    "partnerships.geojson",
    "api/v1/partnerships/?facets=true",
    "api/v1/partnerships/two-ports/",
    "api/v1/actors/?show=all",
    "api/v1/schema/",
    "api/v1/peers/?actor=seattle",
    "partnerships.atom",
    "map/",
    "map.json",
    "figures/",
    "embed/partnerships/?view=both",
    "ja/embed/partnerships/?actor=seattle",
    "embed/?actor=hyogo",
    "networks/",
    "overlaps/",
    "peers/",
    "peers/?actor=seattle",
    "overlaps/?actor=seattle",
    "coverage/",
    "coverage/?by=prefecture",
    "coverage/?by=pair",
    "coverage.csv",
    "brief/?actor=seattle",
    "brief/?actor=new-town&format=file",
    "ja/brief/?actor=hyogo",
    "anniversaries/",
    "anniversaries.ics",
    "updates/",
    "actors/",
    "actors/hyogo/",
    "actors/new-town/",
    "actors/seattle/",
    "themes/",
    "themes/climate/",
    "sources/",
    "sources/page/",
    "data/",
    "data/us-japan-partnerships.zip",
    "compare/",
    "compare/?p=two-ports&p=model&p=other",
    "compare/?a=seattle&a=hyogo",
)


def make_directory() -> None:
    washington = make_state("washington", latitude=47.4, longitude=-120.4)
    hyogo = make_prefecture("hyogo", latitude=35.0, longitude=134.8)
    seattle = make_actor("seattle", parent=washington, latitude=47.6, longitude=-122.3)
    kobe = make_actor("kobe", country="JP", parent=hyogo, latitude=34.7, longitude=135.2)
    university = make_actor("university", kind="university", country="JP", parent=kobe)
    institute = make_actor("institute", kind="university", country="JP", parent=university, office_name="Office")
    new_town = make_actor("new-town", country="JP", parent=hyogo, latitude=35.5, longitude=134.9)
    middle_town = make_actor("middle-town", country="JP", parent=hyogo, successor=new_town)
    old_town = make_actor("old-town", country="JP", parent=hyogo, successor=middle_town)
    left_behind = make_actor("left-behind", country="JP", parent=hyogo)
    ActorName.objects.create(actor=seattle, name="Emerald City", language="en")
    make_theme("forestry")
    climate, page = make_theme("climate", description="About climate"), make_source("page")
    record = published_partnership(
        "two-ports", us=seattle, jp=institute, started="1957-10", source=page, themes=(climate,), summary="Ports."
    )
    model = published_partnership("model", us=seattle, jp=old_town, started="2011", term_ends="2027-03", source=page)
    published_partnership("other", us=washington, jp=hyogo, kind="project", themes=(climate,))
    Outcome.objects.create(partnership=record, statement="Forty visits", source=make_source("report"))
    Milestone.objects.create(partnership=record, kind="renewed", on="1990", source=make_source("news"))
    Adoption.objects.create(partnership=record, adopted_from=model)
    Adoption.objects.create(partnership=model, adopted_from=published_partnership("first-model"))
    join(record, left_behind)
    for history in (Partnership.history, Participation.history):
        history.update(history_date=timezone.now() - dt.timedelta(days=9))
    record.participations.get(actor=left_behind).delete()
    CoverageCheck.objects.create(place=washington, checked_on="2026", method="Asked")


def renamed(model: type[Model], slug: str, **fields: Any) -> Callable[[], None]:
    return lambda: change(model, slug, **fields)


def change(model: type[Any], slug: str, **fields: Any) -> None:
    """A change as somebody makes it, with its history."""
    record = model.objects.get(slug=slug)
    for name, value in fields.items():
        setattr(record, name, value)
    record.save()


CHANGES: dict[str, Callable[[], Any]] = {
    "a record": renamed(Partnership, "two-ports", title="Three ports", status="unknown"),
    "another record beside it": renamed(Partnership, "other", title="Another still", started="1999"),
    "a model": renamed(Partnership, "model", title="A model still"),
    "the model of a model": renamed(Partnership, "first-model", title="The very first"),
    "a participant": renamed(Actor, "seattle", name="Emerald", latitude=48.0),
    "a participant's state": renamed(Actor, "washington", name="Evergreen State", latitude=46.0),
    "a prefecture": renamed(Actor, "hyogo", name="Harima Prefecture", longitude=134.1),
    "where a participant's parent lies": renamed(Actor, "kobe", name="Port", latitude=34.9, longitude=135.9),
    "what a successor merged into": renamed(Actor, "new-town", name="Newer town", latitude=35.9),
    "a successor": renamed(Actor, "middle-town", name="Former middle"),
    "a participant that left": renamed(Actor, "left-behind", name="Gone since"),
    "another name": lambda: ActorName.objects.update(name="Jet City"),
    "a theme": renamed(Theme, "climate", name="Weather"),
    "a source": renamed(Source, "page", title="Another page"),
    "the source of a result": renamed(Source, "report", title="Another report"),
    "the source of a milestone": renamed(Source, "news", title="Other news"),
    "a result": lambda: Outcome.objects.update(statement="Fifty visits"),
    "a milestone": lambda: Milestone.objects.update(on="1991"),
    "no place was looked into": lambda: CoverageCheck.objects.all().delete(),
    "a model that was withdrawn": renamed(Partnership, "model", publication=Publication.ARCHIVED),
    "a model that is back": renamed(Partnership, "model", publication=Publication.PUBLISHED),
    "no model": lambda: Adoption.objects.all().delete(),
}


def pages() -> dict[str, bytes]:
    client = Client()
    return {address: b"".join(client.get(f"/{address}")) for address in ADDRESSES}


def forget_everything() -> None:
    catalogue._latest = None
    maps._latest = maps.Atlas(-1, {}, {}, {})
    coverage._latest = coverage.Ground(-1, {}, set(), {}, [])
    graph._latest = None
    download._latest = None


@pytest.mark.once  # that each engine notes a change of any table is in test_versions.py
@pytest.mark.django_db(transaction=True)
def test_after_a_change_of_anything_every_page_is_as_if_made_anew(settings: Any) -> None:
    settings.KEEP_PAGES = 0
    make_directory()
    before = pages()
    stale, unchanged = [], []
    for name, make_change in CHANGES.items():
        make_change()
        kept = pages()
        forget_everything()
        made_anew = pages()
        stale += [(name, address) for address in ADDRESSES if kept[address] != made_anew[address]]
        unchanged += [name] if made_anew == before else []
        before = made_anew
    assert (stale, unchanged) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_what_was_looked_into_shows_on_the_next_request(client: Client) -> None:
    climate, washington = make_theme("climate"), make_state()
    published_partnership(us=washington)
    assert "not looked into yet" in client.get("/").content.decode()
    CoverageCheck.objects.create(place=washington, theme=climate, checked_on="2026", method="Asked")
    assert "checked, none found" in client.get("/").content.decode()
