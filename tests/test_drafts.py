"""What is not published shows nowhere: every public address is walked, with and without hidden records beside it.

Addresses come from the URLconf. A new page is walked without a change here; one with a new kind of parameter must be
entered in ``PARAMETERS`` or ``PARTS``.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import models, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from partnerships import search, sitemaps
from partnerships.models import (
    Actor,
    ActorName,
    Adoption,
    CoverageCheck,
    Milestone,
    Outcome,
    PartialDateField,
    Partnership,
    Publication,
    RegisterEntry,
    ReviewEvent,
    Source,
    Suggestion,
    Theme,
)

from .factories import (
    add_themes,
    at_one_version,
    cite,
    join,
    make_actor,
    make_partnership,
    make_prefecture,
    make_source,
    make_state,
    make_theme,
    published_partnership,
)
from .markup import Page

pytestmark = pytest.mark.django_db

MARKER = "hiddenmarker"
NEAR_THE_MARKER = "hiddenmarkr"  # one typing error away
NEVER_WAS = "never-was-at"  # as long as the marker
NOTE = "writtenbyacurator"  # in the notes of public records, which stand on no page, but in the data package
HIDDEN_YEAR = "1703"
UNPUBLISHED = [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED]

# Where the parameters of an address come from.
PARAMETERS: dict[str, type[models.Model]] = {
    "partnership-detail": Partnership,
    "partnership-bibtex": Partnership,
    "partnership-ris": Partnership,
    "partnership-suggest": Partnership,
    "actor-detail": Actor,
    "theme-detail": Theme,
    "source-detail": Source,
    "api-partnership": Partnership,
    "api-actor": Actor,
    "api-theme": Theme,
    "api-source": Source,
}
PROBES = {"healthz", "metrics", "readyz"}
SEARCHES = ["q=port", "q=hidden", f"q={MARKER}"]
NEED_A_QUERY = {"api-peers"}  # without one they answer that it is missing
# Addresses outside the languages: the same for all.
IN_NO_LANGUAGE = {"robots", "sitemap", "sitemap-part", "data-package"}
API = "api/v1/"
# Addresses that show no single record, and take something else than a slug.
PARTS = {
    "sitemap-part": [f"/sitemap-{section}-1.xml" for section in sitemaps.SECTIONS],
    "suggestion-status": [],  # for whoever has the reference: tests/test_suggestions.py
}
FILES = [*SEARCHES, "theme=climate", "decade=1950", "actor=kobe", f"q=-{MARKER}"]
# What is asked of each page; of one that is not named here, everything.
QUERIES = {
    "api-root": [],
    "api-schema": [],
    "api-docs": [],
    "api-suggest": [*SEARCHES, f"q={HIDDEN_YEAR}", "q=kobe", "q=hyogo", "q=seatle", "q=climate"],
    "api-partnerships": [
        "facets=true",
        *(f"facets=true&{search}" for search in SEARCHES),
        "theme=climate&facets=true",
        "kind=network",
        "state=US-WA",
        "prefecture=JP-28&facets=true",
        "actor=kobe",
        "actor=hyogo&facets=true",
        "updated_since=2020-01-01",
        "sort=updated",
        f"year_min={HIDDEN_YEAR}&year_max={HIDDEN_YEAR}",
        f"q={NEAR_THE_MARKER}",
        f"q=-{MARKER}&page_size=1&page=2",
    ],
    "api-actors": [
        "facets=true",
        *(f"{search}&show=all" for search in SEARCHES),
        "show=all&facets=true",
        "kind=county&show=all",
        "prefecture=JP-28&show=all",
        "updated_since=2020-01-01",
    ],
    "api-themes": ["page_size=1"],
    "api-sources": ["facets=true", *SEARCHES, "kind=news", "language=ja", "updated_since=2020-01-01"],
    "api-peers": ["actor=washington", "actor=hyogo&theme=climate", "actor=kobe", "actor=seattle&theme=climate"],
    "home": [],
    "robots": [],
    "sitemap": [],
    "about": [],
    "data": [],
    "data-package": [],
    "data-bibtex": [],
    "data-ris": [],
    "accessibility": [],
    "opensearch": [],
    "theme-list": [],
    "figures": [*SEARCHES, "theme=climate", "kind=network", "actor=hyogo", "state=US-XX", f"year_max={HIDDEN_YEAR}"],
    "networks": [*SEARCHES, "theme=climate", "kind=network", "actor=hyogo", "state=US-XX", f"actor={MARKER}-place"],
    "overlaps": [
        "actor=washington",
        "actor=hyogo&theme=climate",
        "actor=kobe",
        f"actor={MARKER}-place",
        f"actor={NEAR_THE_MARKER}",
        f"actor={MARKER}",
    ],
    "peers": [
        "actor=washington",
        "actor=hyogo&theme=climate",
        "actor=kobe",
        "actor=seattle&theme=climate",
        f"actor={MARKER}-place",
        f"actor={NEAR_THE_MARKER}",
        f"actor={MARKER}",
    ],
    "compare": [
        *SEARCHES,
        "p=kobe-seattle&p=other",
        "p=other&q=hidden",
        f"p={MARKER}-draft&p=other",
        "a=kobe&a=seattle",
        "a=hyogo&q=kobe",
        f"a={MARKER}-place&a=kobe",
        f"p={NEAR_THE_MARKER}",
        f"a={NEAR_THE_MARKER}",
    ],
    "embed": [*SEARCHES, "theme=climate", "state=US-XX&view=map", "actor=kobe&rows=10", f"actor={MARKER}-place"],
    "embedded-partnerships": [
        *SEARCHES,
        "view=map",
        "view=both&rows=20",
        "theme=climate&look=light",
        "kind=network&view=both",
        "state=US-XX",
        "actor=hyogo&view=both",
        f"actor={MARKER}-place",
        f"year_max={HIDDEN_YEAR}",
        f"q={NEAR_THE_MARKER}",
    ],
    "suggest": ["actor=kobe&theme=climate", f"actor={MARKER}-place", f"theme={MARKER}", f"actor={NEAR_THE_MARKER}"],
    "coverage": ["kind=project", "kind=network&by=prefecture", "status=ended&by=pair", f"year_max={HIDDEN_YEAR}"],
    "coverage-csv": ["kind=project", "status=ended&by=pair", f"year_max={HIDDEN_YEAR}", "by=prefecture", "by=pair"],
    "brief": [
        "actor=kobe",
        "actor=hyogo&date=2020-01-01",
        "actor=seattle&format=file",
        "actor=kobe&with=washington&languages=en",
        "actor=hidden",
        f"actor={NEAR_THE_MARKER}",
        f"actor={MARKER}-place",
        f"actor=kobe&with={MARKER}-place",
    ],
    "update-list": ["page=2", f"page={MARKER}"],
    "updates-atom": [],
    "partnerships-atom": [*SEARCHES, "theme=climate", "status=ended", "actor=kobe", "sort=title"],
    "partnerships-csv": FILES,
    "partnerships-json": FILES,
    "partnerships-geojson": FILES,
    "partnerships-xlsx": FILES,
    "partnership-list": [
        *SEARCHES,
        "theme=climate",
        "kind=network",
        "status=ended",
        "state=US-WA",
        "state=US-XX",
        "prefecture=JP-28",
        "level=city",
        "level=county",
        "actor=kobe",
        "actor=hyogo",
        f"actor={MARKER}-place",
        f"year_min={HIDDEN_YEAR}&year_max={HIDDEN_YEAR}",
        "decade=1950",
        "sort=updated",
        f"q={NEAR_THE_MARKER}",
        f"q=port+{MARKER}",
        f"q=-{MARKER}",
        "q=kobe&theme=climate&kind=network",
    ],
    "map": [*SEARCHES, "theme=climate", "kind=network", "state=US-WA", "state=US-XX", f"actor={MARKER}-place"],
    "map-data": [*SEARCHES, "theme=climate", "kind=network", "state=US-WA", "actor=kobe", f"actor={MARKER}-place"],
    "actor-list": [
        *SEARCHES,
        "show=all",
        "q=hidden&show=all",
        f"q={NEAR_THE_MARKER}",
        f"q={NEAR_THE_MARKER}&show=all",
        "kind=county&show=all",
        "state=US-XX",
        "prefecture=JP-28",
    ],
    "anniversary-list": [
        *SEARCHES,
        "theme=climate",
        "status=ended",
        "state=US-WA",
        "actor=kobe",
        f"actor={MARKER}-place",
    ],
    "anniversaries-ics": [*SEARCHES, "theme=climate", "state=US-XX", "actor=kobe", f"q=-{MARKER}"],
    "source-list": [*SEARCHES, f"q={NEAR_THE_MARKER}", "kind=news", "language=ja"],
}


# --- The directory, and what is hidden in it -----------------------------------------------------------------------


def public_directory() -> dict[str, Any]:
    climate = make_theme("climate", description="About climate")
    hyogo, washington = make_prefecture("hyogo"), make_state("washington")
    kobe = make_actor("kobe", country="JP", parent=hyogo, latitude=34.69, longitude=135.2)
    seattle = make_actor("seattle", parent=washington, latitude=47.61, longitude=-122.33)
    source = make_source("city-page")
    record = published_partnership(
        "kobe-seattle", kind="project", started="1957", us=seattle, jp=kobe, source=source, themes=(climate,)
    )
    published_partnership("other", title="Two ports", us=seattle, jp=kobe, source=source)
    for model in (Partnership, Actor):
        model._default_manager.update(note=NOTE)
    return {"climate": climate, "hyogo": hyogo, "kobe": kobe, "seattle": seattle, "source": source, "record": record}


def marked(record: models.Model) -> None:
    """Put the marker, or the year that nothing public has, into every text and date of a record."""
    for field in record._meta.concrete_fields:
        value: Any = f"{MARKER} {field.name}"
        match field:
            case models.SlugField():
                continue
            case PartialDateField():
                value = HIDDEN_YEAR
            case models.URLField():
                value = f"https://example.org/{MARKER}"
            case models.EmailField():
                value = f"{MARKER}@example.org"
            case models.CharField() | models.TextField() if field.editable and not field.choices:
                value = value[: field.max_length]
            case _:
                continue
        setattr(record, field.name, value)
    record.save()


def hide(public: dict[str, Any]) -> None:
    """Unpublished records in all the company that public ones keep: the same places, themes, sources and models."""
    state = make_state(f"{MARKER}-state", "US-XX", name_ja=f"{MARKER}州", publication=Publication.DRAFT)
    place = make_actor(
        f"{MARKER}-place",
        kind="county",
        country="JP",
        parent=public["hyogo"],
        successor=public["kobe"],
        latitude=17.03,
        longitude=170.3,
        publication=Publication.DRAFT,
    )
    ActorName.objects.create(actor=place, name=MARKER, language="en")
    place_elsewhere = make_actor(f"{MARKER}-elsewhere", parent=state, publication=Publication.ARCHIVED)
    source = make_source(f"{MARKER}-source", kind="news", language="ja")
    marked(place)
    marked(source)
    for publication in UNPUBLISHED:
        record = make_partnership(f"{MARKER}-{publication}", kind="network", status="ended", publication=publication)
        marked(record)
        join(record, place, place_elsewhere, public["seattle"], public["kobe"])
        add_themes(record, public["climate"])
        cite(record, source, locator=MARKER)
        cite(record, public["source"], locator=MARKER)
        marked(Outcome(partnership=record, value=1703, source=public["source"]))
        marked(Milestone(partnership=record, kind="signed", on=HIDDEN_YEAR, source=public["source"]))
        Adoption.objects.create(partnership=record, adopted_from=public["record"])
        Adoption.objects.create(partnership=public["record"], adopted_from=record)


def confide(public: dict[str, Any]) -> None:
    """What curators write about public records for one another, with their names."""
    curator = User.objects.create(username=MARKER, first_name=MARKER, last_name=MARKER, email=f"{MARKER}@example.org")
    record, place = public["record"], public["kobe"]
    for model in (Partnership, Actor):
        model.history.exclude(slug__startswith=MARKER).update(history_change_reason=MARKER, history_user=curator)
    for target in ({"partnership": record}, {"actor": place}):
        ReviewEvent.objects.create(action="published", by=curator, note=MARKER, **target)
    Outcome.history.update(history_change_reason=MARKER, history_user=curator)
    names = {"us_name": MARKER, "jp_name": MARKER, "date_text": MARKER, "status_text": MARKER}
    RegisterEntry.objects.create(register="clair", key=MARKER, read_on=HIDDEN_YEAR, partnership=record, **names)
    CoverageCheck.objects.create(place=place, checked_on=HIDDEN_YEAR, method=MARKER, by=curator)
    sender = {"sender_name": MARKER, "sender_email": f"{MARKER}@example.org", "language": "en"}
    Suggestion.objects.create(reference=MARKER, partnership=record, text=MARKER, reason=MARKER, **sender)


# --- The walk ------------------------------------------------------------------------------------------------------


def public_patterns(resolver: URLResolver | None = None, before: str = "/") -> Iterator[tuple[str, URLPattern]]:
    """The patterns of public addresses with their routes; one without a name stands for what is not there."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name and pattern.name not in PROBES:
                yield f"{before}{pattern.pattern}", pattern
        elif pattern.app_name != "admin" and str(pattern.pattern) != "accounts/":  # nobody's but one's own
            yield from public_patterns(pattern, f"{before}{pattern.pattern}")


def addresses_of(route: str, pattern: URLPattern) -> list[str]:
    """The addresses that a pattern stands for, in English: one for each published record, or one for each query."""
    if not pattern.pattern.converters:
        everything = [query for queries in QUERIES.values() for query in queries]
        found = [f"{route}?{query}" for query in QUERIES.get(pattern.name, everything)]
        return found if pattern.name in NEED_A_QUERY else [route, *found]
    if pattern.name in PARTS:
        return PARTS[pattern.name]
    assert pattern.name in PARAMETERS, f"Tell PARAMETERS which records “{pattern.name}” shows."
    found = PARAMETERS[pattern.name]._default_manager.exclude(slug__startswith=MARKER)
    return [route.replace("<slug:slug>", slug) for slug in found.values_list("slug", flat=True)]


def every_address() -> list[str]:
    return [
        prefix + address
        for route, pattern in public_patterns()
        for address in addresses_of(route, pattern)
        for prefix in ([""] if is_in_no_language(route, pattern) else ["", "/ja"])
    ]


def is_in_no_language(route: str, pattern: URLPattern) -> bool:
    return pattern.name in IN_NO_LANGUAGE or (route.startswith(f"/{API}") and pattern.name != "api-docs")


@dataclass
class Walk:
    """The answers of every public address without hidden records and with them, and those of the hidden ones' own."""

    before: dict[str, HttpResponse]
    after: dict[str, HttpResponse]
    own: dict[str, HttpResponse]
    never_was: dict[str, HttpResponse]


def get_all(addresses: Iterable[str]) -> dict[str, HttpResponse]:
    """The answers of all these addresses at one version of the directory, which nothing changes meanwhile."""
    client = Client()
    with at_one_version():
        return {address: whole(client.get(address)) for address in addresses}


def whole(response: HttpResponseBase) -> HttpResponse:
    """The answer with all of its content, where it came in parts."""
    if not isinstance(response, StreamingHttpResponse):
        return response
    return HttpResponse(b"".join(response), status=response.status_code, headers=response.headers)


def opened(response: HttpResponse) -> bytes:
    """All that an answer holds, also where it is an archive of files."""
    if not zipfile.is_zipfile(io.BytesIO(response.content)):
        return response.content
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        return b"".join(entry.filename.encode() + archive.read(entry) for entry in archive.infolist())


def links_of(response: HttpResponse) -> set[str]:
    is_page = response.headers["Content-Type"].startswith("text/html")
    return {link for link in Page(response).links() if link.startswith("/")} if is_page else set()


@pytest.fixture(scope="module")
def walk(django_db_setup: None, django_db_blocker: Any) -> Walk:
    with django_db_blocker.unblock(), transaction.atomic():
        public = public_directory()
        search.reindex()
        before = get_all(every_address())
        links = {link for page in before.values() for link in links_of(page)}
        before |= get_all(link for link in links - before.keys() if "/admin/" not in link)
        hide(public)
        confide(public)
        search.reindex()
        after = get_all(before)
        own = [
            f"{prefix}/{section}/{slug}/"
            for prefix in ("", "/ja", f"/{API[:-1]}")
            for section, model in (("partnerships", Partnership), ("actors", Actor), ("sources", Source))
            for slug in model._default_manager.filter(slug__startswith=MARKER).values_list("slug", flat=True)
        ]
        never_was = get_all(address.replace(MARKER, NEVER_WAS) for address in own)
        walk = Walk(before, after, get_all(own), never_was)
        transaction.set_rollback(True)
    return walk


def test_every_public_address_answers(walk: Walk) -> None:
    assert {address: response.status_code for address, response in walk.after.items()} == dict.fromkeys(walk.after, 200)


def test_nothing_hidden_is_in_any_byte_of_any_public_address(walk: Walk) -> None:
    # A page may say what it was asked for; whether it says more is for the next test.
    addresses = [address for address in walk.after if MARKER not in address and HIDDEN_YEAR not in address]
    found = [
        (address, marker)
        for address in addresses
        for marker in (MARKER, HIDDEN_YEAR)
        if marker.encode() in opened(walk.after[address]).lower()
    ]
    assert found == []


def test_what_curators_note_of_public_records_is_in_the_data_package_only(walk: Walk) -> None:
    found = {address for address, response in walk.after.items() if NOTE.encode() in opened(response)}
    assert found == {"/data/us-japan-partnerships.zip"}


def test_no_public_address_differs_by_a_byte_when_something_is_hidden(walk: Walk) -> None:
    assert [address for address in walk.after if walk.after[address].content != walk.before[address].content] == []


def test_what_is_hidden_is_not_found_at_its_own_address(walk: Walk) -> None:
    assert len(walk.own) == 3 * (len(UNPUBLISHED) + 3 + 1)
    assert {address: response.status_code for address, response in walk.own.items()} == dict.fromkeys(walk.own, 404)


@pytest.mark.parametrize(
    "address",
    [
        f"/{API}partnerships/?actor={MARKER}-place",
        f"/{API}partnerships/?state=US-XX",
        f"/{API}peers/?actor={MARKER}-place",
        f"/{API}actors/?state=US-XX",
    ],
)
def test_the_api_refuses_something_hidden_like_something_that_never_was(address: str) -> None:
    hide(public_directory())
    refused = Client().get(address)
    other = Client().get(address.replace(MARKER, NEVER_WAS).replace("US-XX", "US-YY"))
    assert refused.status_code == other.status_code == 400
    assert refused.content.replace(MARKER.encode(), NEVER_WAS.encode()).replace(b"US-XX", b"US-YY") == other.content


def test_the_address_of_something_hidden_answers_like_one_that_never_was(walk: Walk) -> None:
    for address, response in walk.own.items():
        other = walk.never_was[address.replace(MARKER, NEVER_WAS)]
        assert response.content.replace(MARKER.encode(), NEVER_WAS.encode()) == other.content
        assert dict(response.headers) == dict(other.headers)
