"""The style guide: there in development only, made of what the pages are made of."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from partnerships import search
from partnerships.models import Milestone, Outcome
from partnerships.views.styleguide import contrasts, styleguide

from .factories import make_actor, make_theme, published_partnership
from .markup import Page


def shown() -> Page:
    search.reindex()
    response = styleguide(RequestFactory().get("/styleguide/"))
    assert isinstance(response, HttpResponse)
    return Page(response)


def test_every_text_and_sign_has_enough_contrast_in_light_and_in_dark() -> None:
    listed = [contrast for pair in contrasts() for contrast in pair]
    assert [contrast for contrast in listed if not contrast.is_enough] == []
    assert {contrast.colour for contrast in listed} >= {"#1b1f24", "#e8e6e1"}


def test_contrast_is_counted_as_wcag_does() -> None:
    [light, _dark] = contrasts()[0]
    assert (light.name, light.ground_name, round(light.ratio, 1)) == ("ink", "paper", 15.9)


@pytest.mark.django_db
def test_it_is_not_there_in_production() -> None:
    assert Client().get("/styleguide/").status_code == 404


@pytest.mark.django_db
def test_it_stands_on_an_empty_directory() -> None:
    assert shown().one("h1").text == "Style guide"


@pytest.mark.django_db
def test_it_shows_real_records_in_each_state() -> None:
    town = make_actor("nada", country="JP", successor=make_actor("kobe", country="JP"))
    record = published_partnership("tie", started="1957", jp=town, themes=(make_theme("climate"),))
    published_partnership("pact", kind="memorandum", status="unknown", term_ends="2019")
    published_partnership("over", status="ended")
    Outcome.objects.create(partnership=record, statement="Forty visits", value=40)
    Milestone.objects.create(partnership=record, kind="renewed", on="2017")
    page = shown()
    labels = [heading for heading in page.texts("h3") if heading.startswith(("A tie", "One "))]
    assert labels == [
        "A tie that is active",
        "One whose start is not known",
        "One whose state is not known",
        "One that ended",
        "One past its term",
        "One of a municipality that merged",
        "One with many participants",
    ]
    assert page.one("div", class_="field-wrong").text.startswith("A field with an error")
    assert {"Forty visits1", "Renewed1"} <= {*page.texts("p"), *page.texts("span")}


@pytest.mark.django_db
def test_an_error_is_tied_to_its_field() -> None:
    page = shown()
    field = page.one("input", name="wrong").attributes
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "wrong-error wrong-hint")
    assert page.one("p", id="wrong-error").text.startswith("“someday” is not a date.")
