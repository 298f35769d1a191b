"""Whatever is typed is text for the database, too: no statement of a visitor's is ever run, on either engine.

Words that mean something to SQL, FTS5, ``tsquery`` or LIKE find what they find as words. Nothing answers with a fault,
nothing that is hidden comes out, no table loses a row, and a page takes no more statements than for an ordinary word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from partnerships import search
from tests.factories import at_one_version
from tests.test_drafts import MARKER, hide, public_directory
from tests.test_roles import client_of, models_of_the_admin

pytestmark = pytest.mark.django_db

TABLE = "partnerships_partnership"
TRICKS = [  # never run as a statement
    "'",
    '"',
    "\\'",
    "' OR '1'='1",
    "' OR 1=1 --",
    '" OR ""="',
    f"'; DROP TABLE {TABLE}; --",
    f"1); DELETE FROM {TABLE}; --",  # noqa: S608 (typed by a visitor)
    f"' UNION SELECT title FROM {TABLE} WHERE publication='draft' --",  # noqa: S608 (typed by a visitor)
    f"x') UNION ALL SELECT slug,slug FROM {TABLE} --",  # noqa: S608 (typed by a visitor)
    "'||(SELECT slug FROM partnerships_partnership LIMIT 1)||'",
    "0 OR publication='draft'",
    "$$; SELECT pg_sleep(9); $$",
    "';SELECT pg_sleep(9)--",
    "randomblob(1000000000)",
    "/**/OR/**/1=1",
    "%",
    "_",
    "%' ESCAPE '!",
    "[a-z]*",
    "*",
    # FTS5
    "title:* OR names:*",
    f'{MARKER}* OR "{MARKER}"',
    "NEAR(kobe seattle, 5)",
    "kobe NOT seattle",
    "^kobe + seattle",
    "{names titles}: kobe",
    '"kobe',
    "(kobe",
    "kobe AND",
    "-",
    # tsquery
    "kobe & !seattle | (x <-> y):*",
    "kobe:ABCD",
    "!!!",
    "<->",
    "'kobe':*A",
    "\\",
    "\0",
    "kobe\0' OR 1=1",
    "\ud800",
    "\u2019 OR 1=1",  # quotes that some databases fold to an apostrophe
    "\uff07 OR 1=1",
    "%00",
    "{{ x }} %s %(x)s %d {0}",
    "99999999999999999999999999",
    "1e999",
    "NaN",
    "-1",
]

typed = st.one_of(
    st.sampled_from(TRICKS),
    st.tuples(st.sampled_from(TRICKS), st.sampled_from(TRICKS)).map(" ".join),
    st.text(st.sampled_from("'\"\\;-/*%_()[]{}<>|&!:^+=,. \0\r\n\u2019\uff07aO1N"), max_size=30),
    st.text(max_size=20),
)
# Names of parameters with the addresses that take them; ``q`` with all of them first.
LISTING = "q theme kind status state prefecture actor level decade year_min year_max sort page".split()  # noqa: SIM905
PUBLIC = {
    "/partnerships/": LISTING,
    "/partnerships.csv": LISTING,
    "/partnerships.json": LISTING,
    "/partnerships.geojson": LISTING,
    "/map.json": LISTING,
    "/figures/": LISTING,
    "/networks/": LISTING,
    "/anniversaries.ics": LISTING,
    "/embed/partnerships/": [*LISTING, "view", "rows", "look"],
    "/actors/": ["q", "kind", "state", "prefecture", "show", "sort", "page"],
    "/sources/": ["q", "kind", "language", "page"],
    "/coverage/": ["kind", "status", "by", "year_min", "year_max"],
    "/coverage.csv": ["kind", "status", "by", "year_min", "year_max"],
    "/overlaps/": ["actor", "theme"],
    "/peers/": ["actor", "theme"],
    "/compare/": ["p", "a", "q"],
    "/brief/": ["actor", "with", "date", "languages", "format"],
    "/suggest/": ["actor", "theme"],
    "/updates/": ["page"],
    "/api/v1/partnerships/": [*LISTING, "page_size", "fields", "facets", "updated_since"],
    "/api/v1/actors/": ["q", "kind", "state", "prefecture", "show", "page", "page_size", "fields", "updated_since"],
    "/api/v1/sources/": ["q", "kind", "language", "page", "fields", "updated_since"],
    "/api/v1/themes/": ["page", "page_size", "fields"],
    "/api/v1/suggest": ["q"],
    "/api/v1/peers/": ["actor", "theme"],
}


def encoded(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


def rows() -> dict[str, int]:
    """How many rows every table of ours has."""
    return {
        model._meta.db_table: model._base_manager.count() for model in apps.get_app_config("partnerships").get_models()
    }


@pytest.fixture
def _directory() -> Iterator[None]:
    hide(public_directory())
    search.reindex()
    before = rows()
    with at_one_version():
        yield
    assert rows() == before


def answer_of(client: Client, address: str) -> tuple[int, bytes]:
    response = client.get(address, follow=True)
    return response.status_code, b"".join(response) if response.streaming else response.content


asked = st.sampled_from([*PUBLIC]).flatmap(
    lambda address: st.tuples(
        st.just(address), st.lists(st.tuples(st.sampled_from(PUBLIC[address]), typed), min_size=1, max_size=4)
    )
)


@pytest.mark.usefixtures("_directory")
@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked)
@example(("/partnerships/", [("q", f"' UNION SELECT title FROM {TABLE} --")]))  # noqa: S608 (typed by a visitor)
@example(("/api/v1/suggest", [("q", "' OR 1=1 --")]))
@example(("/suggest/", [("actor", "kobe\0"), ("theme", "\0")]))
@example(("/api/v1/partnerships/", [("updated_since", "'; DROP TABLE x; --")]))
def test_nothing_typed_is_a_fault_or_shows_what_is_hidden(asked: tuple[str, list[tuple[str, str]]]) -> None:
    address, pairs = asked
    query = "&".join(f"{name}={encoded(text)}" for name, text in pairs)
    status, content = answer_of(Client(), f"{address}?{query}")
    assert status in {200, 400, 404}, (status, address, query)
    # A page may say what it was asked for, and nothing more.
    said = MARKER in "".join(text for _name, text in pairs).lower()
    assert said or MARKER.encode() not in content.lower()


@pytest.mark.usefixtures("_directory")
@pytest.mark.parametrize("address", ["/partnerships.json", "/actors/"])
def test_a_trick_takes_no_more_statements_than_a_word(address: str) -> None:
    client = Client()

    def statements(text: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert answer_of(client, f"{address}?q={encoded(text)}")[0] in {200, 400}
        return len(captured)

    def as_words(text: str) -> str:
        return " ".join(re.findall(r"\w+", text)) or "kobe"

    ordinary = max(statements("kobe"), statements("nosuchword"))
    more = {
        text: (number, allowed)
        for text in TRICKS[::3]
        if (number := statements(text)) > (allowed := max(ordinary, statements(as_words(text))))
    }
    assert more == {}


@pytest.mark.usefixtures("_directory")
def test_the_wildcards_of_every_engine_are_signs_like_others(client: Client) -> None:
    def count(query: str) -> int:
        return int(json.loads(answer_of(client, f"/partnerships.json{query}")[1])["count"])

    for sign in ("%", "_", "*", "?", ".*"):
        assert count(f"?q={encoded(sign)}") == count(""), sign  # nothing to search for narrows nothing
    for sign in "%_?*.":
        assert count(f"?q={encoded(f'k{sign}be')}") == count("?q=k+be"), sign
    assert client.get("/api/v1/suggest", {"q": "k_be"}).json()["results"] == []
    assert client.get("/api/v1/suggest", {"q": "kobe"}).json()["results"] != []


@pytest.mark.usefixtures("_directory")
def test_nothing_typed_into_a_search_of_the_admin_is_a_fault() -> None:
    client = client_of("superuser")
    wrong: list[Any] = []
    for number, model in enumerate(models_of_the_admin()):
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for text in TRICKS[number % 16 :: 16]:
            for name in ("q", "o"):
                response = client.get(f"{address}?{name}={quote(text, errors='replace')}")
                if response.status_code not in {200, 302}:
                    wrong.append((address, name, text, response.status_code))
    for text in TRICKS[::3]:
        asked = f"term={quote(text, errors='replace')}&app_label=partnerships&model_name=participation&field_name=actor"
        if client.get(f"{reverse('admin:autocomplete')}?{asked}").status_code != 200:
            wrong.append(("autocomplete", text))
    assert wrong == []
