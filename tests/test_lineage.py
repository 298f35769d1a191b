"""Replicable models: a record that tells one leads with it, and who adopted what from whom is drawn."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from partnerships import catalogue
from partnerships.lineage import MOST_SHOWN, Kin, Lineage, lineage_of
from partnerships.models import Adoption, Partnership, Publication

from .factories import make_partnership, published_partnership
from .markup import Page

pytestmark = pytest.mark.django_db


def adopt(copy: str, *models: str) -> None:
    for model in models:
        Adoption.objects.create(
            partnership=Partnership.objects.get(slug=copy), adopted_from=Partnership.objects.get(slug=model)
        )


def published(**started: str) -> None:
    for slug, year in started.items():
        published_partnership(slug, started=year)


def drawn(slug: str) -> Lineage | None:
    known = catalogue.current()
    key = known.key(slug)
    assert key is not None
    return lineage_of(known.facts([key])[0], known)


def outline(kin: list[Kin]) -> list[Any]:
    """Slugs, “*” at the one whose lineage it is, “=” at what is repeated, each with what was made after it."""
    return [
        f"{each.record.slug}{'*' * each.is_here}{'=' * each.is_repeated}"
        if not each.copies
        else (f"{each.record.slug}{'*' * each.is_here}", outline(each.copies))
        for each in kin
    ]


def lineage(slug: str) -> list[Any]:
    found = drawn(slug)
    return outline(found.models) if found else []


def read(address: str) -> Page:
    response = Client().get(address)
    assert response.status_code == 200
    return Page(response)


# --- The model card --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["problem", "approach_ja", "preconditions", "how_to_replicate"])
def test_a_record_that_tells_a_model_leads_with_it(field: str) -> None:
    published_partnership("one", **{field: "Told; and told"})
    headings = read("/partnerships/one/").texts("h2")
    assert headings.index("How to replicate it") < headings.index("What it does")


def test_a_record_that_tells_none_has_no_empty_card_and_names_the_office() -> None:
    published_partnership("one")
    shown = read("/partnerships/one/")
    assert "How to replicate it" not in shown.texts("h2") and not shown.all("section", class_="model")
    assert "The office to ask" in shown.texts("h2")
    assert len(shown.one("ul", class_="offices").text) > 0


def test_a_model_without_steps_says_so() -> None:
    published_partnership("one", problem="Ships burn oil.")
    assert "The steps are not recorded; those who take part can be asked." in read("/partnerships/one/").texts("p")


def test_the_card_leads_on_to_results_only_where_there_are_any() -> None:
    record = published_partnership("one", problem="Ships burn oil.")
    assert "#results" not in read("/partnerships/one/").links()
    record.outcomes.create(statement="Forty ships")
    shown = read("/ja/partnerships/one/")
    assert {"#results", "#offices"} <= shown.links().keys()
    assert shown.all("h2", id="results") and shown.all("h2", id="offices")


# --- Who adopted what from whom --------------------------------------------------------------------------------------


def test_it_goes_over_all_generations_and_in_both_directions() -> None:
    published(oldest="1990", model="1995", here="2000", copy="2005", second="2003", youngest="2010", cousin="2001")
    adopt("model", "oldest")
    adopt("here", "model")
    adopt("copy", "here")
    adopt("second", "here")
    adopt("youngest", "copy")
    adopt("cousin", "model")  # neither led to it nor came from it
    whole = [("oldest", [("model", [("here*", ["second", ("copy", ["youngest"])])])])]
    assert lineage("here") == whole
    assert lineage("youngest") == [("oldest", [("model", [("here", [("copy", ["youngest*"])])])])]
    assert lineage("cousin") == [("oldest", [("model", ["cousin*"])])]


def test_what_has_two_models_stands_under_both_and_is_told_once() -> None:
    published(one="1990", two="1995", here="2000", copy="2005")
    adopt("here", "two", "one")
    adopt("copy", "here")
    assert lineage("here") == [("one", [("here*", ["copy"])]), ("two", ["here*="])]
    shown = read("/partnerships/here/")
    section = next(each for each in shown.all("section") if each.attributes.get("aria-labelledby") == "lineage")
    assert section.text.count("named above already") == 1
    assert {"/partnerships/one/", "/partnerships/two/", "/partnerships/copy/"} <= shown.links().keys()


def test_what_is_not_published_is_in_none_and_joins_nothing() -> None:
    published(model="1990", here="2000")
    hidden = make_partnership("hidden", publication=Publication.DRAFT)
    adopt("hidden", "model")
    adopt("here", "hidden")
    assert (lineage("here"), lineage("model")) == ([], [])
    assert "Model and copies" not in read("/partnerships/here/").texts("h2")
    Partnership.objects.filter(pk=hidden.pk).update(publication=Publication.PUBLISHED)
    assert lineage("here") == [("model", [("hidden", ["here*"])])]


def test_a_circle_that_no_form_would_let_in_ends() -> None:
    published(one="1990", two="1995")
    adopt("two", "one")
    adopt("one", "two")
    assert lineage("two") == [("two*", [("one", ["two*="])])]


def test_of_very_many_the_nearest_are_shown_and_the_rest_counted() -> None:
    published_partnership("model")
    for number in range(MOST_SHOWN + 2):
        published_partnership(f"copy-{number:02}")
        adopt(f"copy-{number:02}", "model")
    found = drawn("model")
    assert found and found.more == 3
    assert len(found.models[0].copies) == MOST_SHOWN - 1
    assert "3 more distant ones are left out." in read("/partnerships/model/").texts("p")


def test_a_preview_shows_the_lineage_that_it_will_have(admin_client: Client) -> None:
    published(model="1990", copy="2005")
    make_partnership("draft", started="2000", title="Draft here")
    adopt("draft", "model")
    adopt("copy", "draft")
    shown = Page(admin_client.get("/partnerships/draft/"))
    assert shown.texts("strong") == ["Draft here"]
    assert {"/partnerships/model/", "/partnerships/copy/"} <= shown.links().keys()
    assert "Model and copies" not in read("/partnerships/model/").texts("h2")


def test_both_languages_tell_it() -> None:
    published_partnership("model", title_ja="手本")
    published_partnership("copy")
    adopt("copy", "model")
    shown = read("/ja/partnerships/copy/")
    assert shown.links()["/ja/partnerships/model/"] == "手本"
    assert shown.one("strong").text == "Copy" and shown.languages_of("Copy") >= {"en"}
    assert [each.text for each in shown.all("span", lang="en") if each.is_in("strong")] == ["Copy"]


@pytest.mark.django_db(transaction=True)
def test_a_change_far_away_shows_on_the_next_request_and_takes_no_query_for_each_generation() -> None:
    slugs = [f"generation-{number}" for number in range(8)]
    for slug in slugs:
        published_partnership(slug)
    for copy, model in zip(slugs[1:], slugs, strict=False):
        adopt(copy, model)
    assert read(f"/partnerships/{slugs[-1]}/").links()[f"/partnerships/{slugs[0]}/"] == "Generation 0"
    Partnership.objects.filter(slug=slugs[0]).update(title="Renamed")
    assert read(f"/partnerships/{slugs[-1]}/").links()[f"/partnerships/{slugs[0]}/"] == "Renamed"
    Adoption.objects.get(partnership__slug=slugs[4]).delete()
    assert f"/partnerships/{slugs[3]}/" not in read(f"/partnerships/{slugs[-1]}/").links()
    with CaptureQueriesContext(connection) as captured:
        drawn(slugs[-1])
    assert not [query for query in captured if "directoryversion" not in query["sql"]]
