"""How many queries each page takes: the number written down in ``query_counts.json``, however many records there are.

Counted as a visitor meets the pages: what is written is committed, and a first page has brought what is kept in memory
up to date. Each page is asked for once, so that it is made and not found among the kept ones. Looks at the directory's
version are left out, which one engine takes past Django, and what only one needs to begin a transaction.

Where a change is meant to change a number: ``UPDATE_QUERY_COUNTS=1 pytest tests/test_query_counts.py``, and look at
the difference before keeping it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from partnerships import anniversaries, search
from partnerships.models import ActorName, Adoption, Milestone, Outcome, Theme

from .factories import (
    cite,
    join,
    make_actor,
    make_prefecture,
    make_source,
    make_state,
    make_theme,
    published_partnership,
)

pytestmark = pytest.mark.django_db(transaction=True)

WRITTEN_DOWN = Path(__file__).with_name("query_counts.json")
PAGES = {
    "home": "/",
    "listing": "/partnerships/",
    "filtered listing": "/partnerships/?q=port&theme=theme-0&kind=sister&state=US-00&state=US-01&actor=washington",
    "searched listing": "/partnerships/?q=port",
    "sorted listing": "/partnerships/?sort=title",
    "listing without matches": "/partnerships/?q=porrt&state=US-01",
    "listing as a file": "/partnerships.csv",
    "listing as JSON": "/partnerships.json",
    "listing as a workbook": "/partnerships.xlsx",
    "listing as GeoJSON": "/partnerships.geojson",
    "map": "/map/",
    "filtered map": "/map/?theme=theme-0&kind=sister&state=US-00&actor=washington",
    "map's data": "/map.json?sort=oldest",
    "list in a frame": "/embed/partnerships/?rows=20",
    "map in a frame": "/embed/partnerships/?theme=theme-0&actor=washington&view=map",
    "frame of a search": "/embed/partnerships/?q=port&view=both",
    "frame to be put together": "/embed/?theme=theme-0&state=US-00&view=both",
    "frame without matches": "/embed/?q=porrt&state=US-01",
    "listing as a feed": "/partnerships.atom",
    "record": "/partnerships/port-0/",
    "actors": "/actors/",
    "filtered actors": "/actors/?q=town&kind=city&state=US-00&show=all",
    "actor": "/actors/hyogo/",
    "merged actor": "/actors/town-0/",
    "themes": "/themes/",
    "theme": "/themes/theme-0/",
    "figures": "/figures/",
    "peers": "/peers/?actor=town-0&theme=theme-0",
    "peers of nobody's partner": "/peers/?actor=hyogo",
    "networks": "/networks/",
    "filtered networks": "/networks/?q=port&theme=theme-0&actor=washington",
    "overlaps": "/overlaps/",
    "overlaps of a place": "/overlaps/?actor=city-1&theme=theme-0",
    "overlaps of no place": "/overlaps/?actor=washingtn",
    "filtered figures": "/figures/?q=port&theme=theme-0&actor=washington",
    "how to compare": "/compare/",
    "compared partnerships": "/compare/?p=port-0&p=port-1&p=port-2&q=port",
    "compared places": "/compare/?a=washington&a=hyogo",
    "a place and another one to be found": "/compare/?a=washington&q=town",
    "compared with what does not exist": "/compare/?p=prot-0&p=port-1",
    "coverage": "/coverage/",
    "coverage by prefecture": "/coverage/?kind=sister&by=prefecture",
    "coverage by pair": "/coverage/?by=pair",
    "coverage as a file": "/coverage.csv?by=pair",
    "briefing": "/brief/?actor=hyogo",
    "briefing on two places": "/brief/?actor=hyogo&with=washington&date=2020-01-01",
    "briefing as a file": "/brief/?actor=city-0&format=file",
    "briefing on somebody unknown": "/brief/?actor=twon",
    "sources": "/sources/",
    "filtered sources": "/sources/?q=source&kind=government",
    "source": "/sources/source/",
    "about": "/about/",
    "data": "/data/",
    "data package": "/data/us-japan-partnerships.zip",
    "citation of the data": "/data/cite.bib",
    "accessibility": "/accessibility/",
    "sitemap": "/sitemap.xml",
    "sitemap of pages": "/sitemap-pages-1.xml",
    "sitemap of partnerships": "/sitemap-partnerships-1.xml",
    "anniversaries": "/anniversaries/?kind=sister&state=US-00",
    "anniversaries as a calendar": "/anniversaries.ics",
    "updates": "/updates/",
    "feed of updates": "/updates.atom",
    "suggestions": "/api/v1/suggest?q=port",
    "suggestion of a record": "/suggest/?actor=hyogo&theme=theme-0",
    "suggestion of a correction": "/partnerships/port-0/suggest/",
    "page not found": "/partnerships/nowhere/",
    "API": "/api/v1/",
    "page of the API": "/api/v1/partnerships/?page_size=100&facets=true",
    "filtered page of the API": "/api/v1/partnerships/?q=port&theme=theme-0&actor=washington",
    "record of the API": "/api/v1/partnerships/port-0/",
    "actors of the API": "/api/v1/actors/?page_size=100&facets=true",
    "actor of the API": "/api/v1/actors/hyogo/",
    "themes of the API": "/api/v1/themes/",
    "sources of the API": "/api/v1/sources/?page_size=100&facets=true",
    "peers of the API": "/api/v1/peers/?actor=town-0&theme=theme-0",
    "description of the API": "/api/v1/schema/",
    "documentation of the API": "/api/v1/docs/",
}
FEW = 3
MANY = 4 * FEW


@pytest.fixture(autouse=True)
def on_a_day_with_anniversaries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anniversaries, "today", lambda: dt.date(2026, 11, 26))


def make_directory(size: int) -> None:
    """So many of everything that a page could ask for one by one."""
    themes = tuple(make_theme(f"theme-{number}") for number in range(size))
    washington, hyogo = make_state("washington", "US-00"), make_prefecture("hyogo")
    states = [make_state(code=f"US-{number:02}", slug=f"state-{number}") for number in range(1, size)]
    source = make_source("source")
    us = [make_actor(f"city-{number}", parent=state) for number, state in enumerate([washington, *states])]
    towns = [make_actor(f"town-{number}", country="JP", parent=hyogo) for number in range(size)]
    records = []
    for number in range(size):
        record = published_partnership(
            f"port-{number}", started=f"19{number:02}", us=us[0], jp=hyogo, source=source, themes=themes
        )
        join(record, *us[1:], *towns)
        records.append(record)
        ActorName.objects.create(actor=hyogo, name=f"Name {number}", language="en")
    type(hyogo).objects.filter(pk__in=[town.pk for town in towns]).update(successor=hyogo)
    for number, record in enumerate(records):
        cite(records[0], make_source(f"source-{number}"))
        Outcome.objects.create(partnership=records[0], statement=f"Statement {number}", source=source)
        Milestone.objects.create(partnership=records[0], kind="event", on=f"19{number:02}", source=source)
        if number:
            Adoption.objects.create(partnership=record, adopted_from=records[0])


def queries_of(address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = Client().get(address)
        if response.streaming:
            assert b"".join(response)
    assert response.status_code == (404 if "nowhere" in address else 200), address
    of_one_engine = ("FROM partnerships_directoryversion", "SET TRANSACTION")
    return sum(not any(words in query["sql"] for words in of_one_engine) for query in captured)


def counts() -> dict[str, int]:
    search.reindex()
    Client().get("/partnerships/?kind=sister")
    numbers = {page: queries_of(address) for page, address in PAGES.items()}
    Theme.objects.filter(slug="theme-0").update(description="Changed")
    search.reindex()
    return {**numbers, "listing after a change": queries_of("/partnerships/")}


def test_every_page_takes_the_queries_that_are_written_down_however_many_records_there_are() -> None:
    make_directory(FEW)
    with_few = counts()
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        WRITTEN_DOWN.write_text(json.dumps(with_few, indent=2) + "\n")
    written_down = json.loads(WRITTEN_DOWN.read_text())
    differences = {
        page: f"{written_down.get(page, 'not')} written down, {with_few.get(page, 'no such page')} now"
        for page in {*written_down, *with_few}
        if written_down.get(page) != with_few.get(page)
    }
    assert not differences, f"{differences}. If that is meant: UPDATE_QUERY_COUNTS=1 pytest tests/test_query_counts.py"


def test_no_page_takes_more_queries_when_there_are_more_records() -> None:
    make_directory(MANY)
    assert counts() == json.loads(WRITTEN_DOWN.read_text())
