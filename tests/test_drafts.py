"""What is not published shows nowhere: every public address is walked, with and without hidden records beside it.

Addresses come from the URLconf. A new page is walked without a change here; one with a new kind of parameter must be
entered in ``PARAMETERS``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from partnerships.models import (
    Actor,
    ActorName,
    Adoption,
    Milestone,
    Outcome,
    Partnership,
    PartialDateField,
    Publication,
    Source,
    Theme,
)

from .factories import (
    add_themes,
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

MARKER = "hiddenmarker"
HIDDEN_YEAR = "1703"
UNPUBLISHED = [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED]

# Where the parameters of an address come from.
PARAMETERS: dict[str, type[models.Model]] = {
    "partnership-detail": Partnership,
    "actor-detail": Actor,
    "theme-detail": Theme,
    "source-detail": Source,
}
QUERIES = [
    "q=port",
    "q=hidden",
    f"q={MARKER}",
    "theme=climate",
    "kind=project",
    "kind=county",
    "kind=news",
    "status=active",
    "state=US-WA",
    "state=US-XX",
    "prefecture=JP-28",
    "level=city",
    "level=county",
    "actor=seattle",
    "actor=kobe",
    f"actor={MARKER}-place",
    f"year_min={HIDDEN_YEAR}&year_max={HIDDEN_YEAR}",
    "language=ja",
    "show=all",
    "show=all&q=hidden",
    "sort=title",
    "sort=updated",
    "page=2",
]


# --- The directory, and what is hidden in it -----------------------------------------------------------------------


def public_directory() -> dict[str, Any]:
    climate = make_theme("climate", description="About climate")
    hyogo, washington = make_prefecture("hyogo"), make_state("washington")
    kobe, seattle = make_actor("kobe", country="JP", parent=hyogo), make_actor("seattle", parent=washington)
    source = make_source("city-page")
    record = published_partnership(
        "kobe-seattle", kind="project", started="1957", us=seattle, jp=kobe, source=source, themes=(climate,)
    )
    published_partnership("other", title="Two ports", us=seattle, jp=kobe, source=source)
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
            case models.CharField() | models.TextField() if not field.choices and field.editable:
                if field.max_length and field.max_length < len(value):
                    value = value[: field.max_length]
            case _:
                continue
        setattr(record, field.name, value)
    record.save()


def hide(public: dict[str, Any]) -> None:
    """Unpublished records in all the company that public ones keep: the same places, themes, sources and models."""
    state = make_state(f"{MARKER}-state", "US-XX", publication=Publication.DRAFT)
    place = make_actor(
        f"{MARKER}-place",
        kind="county",
        country="JP",
        parent=public["hyogo"],
        successor=public["kobe"],
        publication=Publication.DRAFT,
    )
    ActorName.objects.create(actor=place, name=MARKER, language="en")
    place_elsewhere = make_actor(f"{MARKER}-elsewhere", parent=state, publication=Publication.ARCHIVED)
    source = make_source(f"{MARKER}-source", kind="news", language="ja")
    for record in (place, place_elsewhere, source):
        marked(record)
    Actor.objects.filter(pk=state.pk).update(name=f"{MARKER} state", name_ja=f"{MARKER}州")
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


# --- The walk ------------------------------------------------------------------------------------------------------


def public_patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif pattern.app_name != "admin":
            yield from public_patterns(pattern)


def addresses_of(pattern: URLPattern) -> list[str]:
    """The addresses that a pattern stands for, in English: one for each published record, or one for each query."""
    route = f"/{pattern.pattern}"
    if not pattern.pattern.converters:
        return [route, *(f"{route}?{query}" for query in QUERIES)]
    assert pattern.name in PARAMETERS, f"Tell PARAMETERS which records “{pattern.name}” shows."
    found = PARAMETERS[pattern.name]._default_manager.exclude(slug__startswith=MARKER)
    return [route.replace("<slug:slug>", slug) for slug in found.values_list("slug", flat=True)]


def every_address() -> list[str]:
    english = [address for pattern in public_patterns() for address in addresses_of(pattern)]
    return [address for bare in english for address in (bare, f"/ja{bare}") if not bare.endswith("z")]


Answers = dict[str, HttpResponse]


@pytest.fixture(scope="module")
def walks(django_db_setup: None, django_db_blocker: Any) -> tuple[Answers, Answers, Answers]:
    """The answers of every address without hidden records, the same with them, and those of the hidden ones' own."""
    with django_db_blocker.unblock(), transaction.atomic():
        public = public_directory()
        client = Client()
        before = {address: client.get(address) for address in every_address()}
        # What pages link to, which with hidden records must lead nowhere else.
        links = {link for response in before.values() for link in Page(response).links() if link.startswith("/")}
        before |= {link: client.get(link) for link in links - before.keys() if "/admin/" not in link}
        hide(public)
        after = {address: client.get(address) for address in before}
        own = [
            f"{prefix}/{section}/{slug}/"
            for prefix in ("", "/ja")
            for section, model in (("partnerships", Partnership), ("actors", Actor), ("sources", Source))
            for slug in model.objects.filter(slug__startswith=MARKER).values_list("slug", flat=True)
        ]
        hidden = {address: client.get(address) for address in own}
        hidden |= {address.replace(MARKER, "never-was"): client.get(address.replace(MARKER, "never-was")) for address in own}
        transaction.set_rollback(True)
    return before, after, hidden


def test_every_public_address_answers(walks: tuple[Answers, Answers, Answers]) -> None:
    _before, after, _hidden = walks
    assert {address: response.status_code for address, response in after.items() if response.status_code != 200} == {}


def test_nothing_hidden_is_in_any_byte_of_any_public_address(walks: tuple[Answers, Answers, Answers]) -> None:
    _before, after, _hidden = walks
    markers = (MARKER.encode(), HIDDEN_YEAR.encode())
    # An address that holds a marker itself may show what was asked for; the next test looks at those.
    own_words = {address for address in after if MARKER in address or HIDDEN_YEAR in address}
    leaks = {
        address: response.content
        for address, response in after.items()
        if address not in own_words and any(marker in response.content for marker in markers)
    }
    assert leaks == {}


def test_no_public_address_changes_by_a_byte_when_something_is_hidden(
    walks: tuple[Answers, Answers, Answers],
) -> None:
    before, after, _hidden = walks
    assert [address for address in before if before[address].content != after[address].content] == []


def test_what_is_hidden_is_not_found_at_its_own_address(walks: tuple[Answers, Answers, Answers]) -> None:
    _before, _after, hidden = walks
    assert len([address for address in hidden if MARKER in address]) == 2 * (3 + 3 + 1)
    assert {response.status_code for response in hidden.values()} == {404}


def test_the_address_of_something_hidden_answers_like_one_that_never_was(
    walks: tuple[Answers, Answers, Answers],
) -> None:
    _before, _after, hidden = walks
    for address, response in hidden.items():
        never_was = hidden[address.replace(MARKER, "never-was")]
        assert response.headers == never_was.headers or len(MARKER) != len("never-was")
        assert response.content.replace(MARKER.encode(), b"never-was") == never_was.content
