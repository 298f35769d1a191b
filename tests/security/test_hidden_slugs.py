"""A record that is not public answers like one that never was: the same bytes, headers and statements."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from partnerships import search
from partnerships.models import Publication
from tests.factories import at_one_version, make_actor, make_partnership, make_prefecture, make_source
from tests.test_drafts import public_directory

pytestmark = pytest.mark.django_db

# Of one length and as many words: what is looked for in their stead is of the words that were typed.
NEVER_WAS = "zyxwv-nowhere-p"
DRAFT, IN_REVIEW, ARCHIVED = "zyxwv-nowhere-q", "zyxwv-nowhere-r", "zyxwv-nowhere-s"
ADDRESSES = [
    "/partnerships/{}/",
    "/partnerships/{}/cite.bib",
    "/partnerships/{}/cite.ris",
    "/partnerships/{}/suggest/",
    "/actors/{}/",
    "/api/v1/partnerships/{}/",
    "/api/v1/actors/{}/",
    "/compare/?p={}&p=kobe-seattle",
    "/compare/?a={}&a=kobe",
    "/brief/?actor={}",
    "/brief/?actor=kobe&with={}",
    "/peers/?actor={}",
    "/overlaps/?actor={}",
    "/suggest/?actor={}",
    "/partnerships/?actor={}",
    "/map/?actor={}",
    "/embed/partnerships/?actor={}",
    "/api/v1/partnerships/?actor={}",
    "/api/v1/peers/?actor={}",
]
# Sources and themes have no state of publication; a source is public with what cites it.
OF_SOURCES = ["/sources/{}/", "/api/v1/sources/{}/"]


def asked(address: str, slug: str) -> tuple[int, bytes, dict[str, str], list[str]]:
    """What a visitor gets, with the slug that they named themselves taken out, and what the database was asked."""
    with CaptureQueriesContext(connection) as captured:
        response = Client().get(address.format(slug))
    content = b"".join(response) if response.streaming else response.content
    headers = {name: re.sub(slug, "*", value) for name, value in response.headers.items()}
    # An entity tag is a digest of the address, too.
    headers["ETag"] = "*" if "ETag" in headers else ""
    statements = [re.sub(r"'[^']*'|\b\d+\b", "?", query["sql"]) for query in captured]
    return response.status_code, content.replace(slug.encode(), b"*"), headers, statements


@pytest.fixture
def _hidden() -> None:
    public = public_directory()
    hyogo = make_prefecture("prefecture-of-it", "JP-99")
    source = make_source(DRAFT)
    for slug, publication in {
        DRAFT: Publication.DRAFT,
        IN_REVIEW: Publication.IN_REVIEW,
        ARCHIVED: Publication.ARCHIVED,
    }.items():
        make_actor(slug, parent=hyogo, country="JP", publication=publication)
        record = make_partnership(slug, publication=publication)
        record.citations.create(source=source, supports="existence")
        record.participations.create(actor=public["kobe"], role="lead", position=1)
    search.reindex()


@pytest.mark.usefixtures("_hidden")
@pytest.mark.parametrize("prefix", ["", pytest.param("/ja", marks=pytest.mark.once)])
@pytest.mark.parametrize("address", [*ADDRESSES, *OF_SOURCES])
def test_what_is_hidden_takes_the_same_answer_and_the_same_work_as_what_never_was(address: str, prefix: str) -> None:
    if prefix and address.startswith("/api"):
        prefix = ""
    slugs = [DRAFT] if address in OF_SOURCES else [DRAFT, IN_REVIEW, ARCHIVED]
    assert {len(slug) for slug in (NEVER_WAS, *slugs)} == {len(NEVER_WAS)}
    with at_one_version():
        for slug in (NEVER_WAS, *slugs):  # what is worked out once for a version, and for a word, is there then
            asked(prefix + address, slug)
        never_was: Any = asked(prefix + address, NEVER_WAS)
        for slug in slugs:
            assert asked(prefix + address, slug) == never_was, slug
    assert never_was[0] in {200, 400, 404}
