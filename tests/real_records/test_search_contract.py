"""What the search finds in the real directory, whatever the order: the same on every engine.

``search_contract.json`` holds, for each list, queries of every kind and the records of the real directory that they
find: sorted, or as a number and a digest where there are many. A run on either engine must find just that. To add a
query, write it there with ``null``; where a change is meant to change what is found,
``UPDATE_SEARCH_CONTRACT=1 pytest tests/real_records/test_search_contract.py``, and look at the difference first.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from partnerships import queries
from partnerships.filters import ActorFilter, PartnershipFilter

pytestmark = pytest.mark.django_db

WRITTEN_DOWN = Path(__file__).with_name("search_contract.json")
LISTS = ("partnerships", "actors")
WRITTEN_OUT = 20  # so many records are written down by name

Found = list[str] | dict[str, Any]


def found(which: str, query: str) -> set[str]:
    """The slugs of the records that a list holds for a search."""
    if which == "partnerships":
        records: Any = PartnershipFilter(QueryDict(urlencode({"q": query})), queries.partnerships()).qs
    else:
        records = ActorFilter(QueryDict(urlencode({"q": query, "show": "all"})), queries.actors()).qs
    return set(records.order_by().values_list("slug", flat=True))


def summarised(slugs: set[str]) -> Found:
    listed = sorted(slugs)
    if len(listed) <= WRITTEN_OUT:
        return listed
    return {"count": len(listed), "sha256": hashlib.sha256("\n".join(listed).encode()).hexdigest()}


def write(contract: dict[str, dict[str, Found]]) -> None:
    """One query a line, with nothing in the file that an editor would not show."""
    lists = (
        f"  {json.dumps(which)}: {{\n"
        + ",\n".join(f"    {json.dumps(query)}: {json.dumps(records)}" for query, records in contract[which].items())
        + "\n  }"
        for which in LISTS
    )
    text = "{\n" + ",\n".join(lists) + "\n}\n"
    WRITTEN_DOWN.write_text(re.sub(r"(?:\\u[0-9a-f]{4})+", _shown, text), encoding="utf-8")


def _shown(escaped: re.Match[str]) -> str:
    text: str = json.loads(f'"{escaped[0]}"')
    is_visible = all(unicodedata.category(character)[0] in "LNPS" for character in text)
    return text if is_visible and not re.search(r"[\u0590-\u08ff]", text) else escaped[0]


@pytest.fixture(scope="module")
def contract(real_directory: None) -> dict[str, dict[str, Found]]:
    written_down = json.loads(WRITTEN_DOWN.read_text(encoding="utf-8"))
    present = {which: {query: summarised(found(which, query)) for query in written_down[which]} for which in LISTS}
    if os.environ.get("UPDATE_SEARCH_CONTRACT"):
        write(present)
    return present


@pytest.mark.parametrize("which", LISTS)
def test_every_query_finds_the_records_that_are_written_down(which: str, contract: dict[str, dict[str, Found]]) -> None:
    written_down = json.loads(WRITTEN_DOWN.read_text(encoding="utf-8"))[which]
    differences = [
        f"{query!r}: {_difference(written_down[query], records)}"
        for query, records in contract[which].items()
        if written_down[query] != records
    ]
    assert not differences, "\n".join(differences)


def _difference(expected: Found | None, got: Found) -> str:
    if isinstance(expected, list) and isinstance(got, list):
        return f"lacks {sorted({*expected} - {*got})}, has besides {sorted({*got} - {*expected})}"
    return f"{expected} written down, {got} found"


def test_both_lists_are_asked_the_same_queries() -> None:
    written_down = json.loads(WRITTEN_DOWN.read_text(encoding="utf-8"))
    assert list(written_down["partnerships"]) == list(written_down["actors"])
