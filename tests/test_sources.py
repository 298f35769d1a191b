"""Sources: what rests on each, in which language its title is, whether its link was checked, how to cite it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation

from partnerships import queries, wording
from partnerships.models import Milestone, Outcome, PartialDate, Publication, Source

from .factories import cite, make_partnership, make_source, published_partnership
from .markup import Page

pytestmark = pytest.mark.django_db


def page(slug: str, prefix: str = "") -> Page:
    return Page(Client().get(f"{prefix}/sources/{slug}/"))


def test_it_lists_each_partnership_once_with_all_that_it_takes_from_the_source() -> None:
    report = make_source("report")
    record = published_partnership("one", title="One", source=report)
    cite(record, report, supports="dates", locator="p. 3")
    Outcome.objects.create(partnership=record, statement="Forty visits", source=report)
    Milestone.objects.create(partnership=record, kind="renewed", on="2017-03", source=report)
    published_partnership("two", title="Another", source=report)
    entries = [entry.text for entry in page("report").all("li") if entry.around and entry.around.tag == "ul"]
    shown = [entry for entry in entries if entry.startswith(("One", "Another"))]
    assert shown == ["Another that it exists", "One that it exists, dates p. 3 Result: Forty visits March 2017 Renewed"]


def test_a_source_of_a_result_only_says_what_it_supports() -> None:
    report = make_source("report")
    record = published_partnership("one")
    Outcome.objects.create(partnership=record, statement="Forty visits", source=report)
    [support] = queries.support_of(report)
    assert (support.partnership, support.citations, len(support.outcomes)) == (record, [], 1)
    assert "Forty visits" in page("report").text


def test_what_an_unpublished_record_takes_from_it_is_hidden() -> None:
    report = make_source("report")
    published_partnership("one", source=report)
    for publication in (Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED):
        hidden = make_partnership(publication=publication)
        cite(hidden, report)
        Outcome.objects.create(partnership=hidden, statement="Hidden", source=report)
        Milestone.objects.create(partnership=hidden, kind="renewed", on="2017", source=report)
    assert [support.partnership.slug for support in queries.support_of(report)] == ["one"]


@pytest.mark.parametrize(("title", "language"), [("市のページ", "ja"), ("Page of the city", "en"), ("MOU 覚書", "ja")])
def test_a_title_is_marked_with_its_own_language_not_with_that_of_the_document(title: str, language: str) -> None:
    published_partnership(source=make_source("report", title=title, language="ja"))
    assert page("report").one("h1").language == language
    assert page("report", "/ja").one("h1").language == language
    assert Page(Client().get("/sources/")).languages_of(title) == {language}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("unchecked", "not checked yet"),
        ("ok", "Works"),
        ("redirected", "Moved"),
        ("broken", "Broken: it did not work on several days"),
    ],
)
def test_it_says_whether_the_link_was_checked(state: str, words: str) -> None:
    published_partnership(source=make_source("report", link_state=state))
    assert words in page("report").texts("dd")
    assert ("link broken" in Page(Client().get("/sources/")).text) == (state == "broken")


def test_it_is_cited_in_one_line_that_says_what_is_not_known() -> None:
    source = Source(title="Report", publisher="City of Kobe", url="https://example.org/r")
    assert wording.reference(source) == "City of Kobe, “Report”, date not known, https://example.org/r"
    source.published_on, source.accessed_on = PartialDate(2015, 3), PartialDate(2026, 11, 23)
    assert wording.reference(source).endswith("“Report”, March 2015, https://example.org/r (read 23 November 2026)")
    with translation.override("ja"):
        expected = "City of Kobe、「Report」、2015年3月、https://example.org/r（2026年11月23日閲覧）"
        assert wording.reference(source) == expected
