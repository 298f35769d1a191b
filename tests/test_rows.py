"""The rows of the listing with the words marked that were searched for: well-formed, escaped, else the same."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from partnerships import search
from partnerships.marks import Fragment
from partnerships.text import parse

from .factories import make_actor, make_theme, published_partnership
from .markup import Page


def listed(query: str) -> tuple[str, Page]:
    search.reindex()
    response = Client().get("/partnerships/", {"q": query}, follow=True)
    return response.content.decode(), Page(response)


def marks(query: str) -> list[str]:
    return listed(query)[1].texts("mark")


@pytest.mark.django_db
def test_the_words_are_marked_in_the_title_the_summary_and_the_names() -> None:
    published_partnership(title="Kobe ports", summary="What Kobe learns.", jp=make_actor("kobe", name="Kobe"))
    assert marks("kobe") == ["Kobe", "Kobe", "Kobe"]


@pytest.mark.django_db
def test_what_a_word_was_found_by_is_marked_as_it_is_written() -> None:
    published_partnership(title="Harbours of Kitakyūshū", title_ja="北九州の港")
    assert sorted(marks("harbor kitakyushu")) == ["Harbours", "Kitakyūshū"]
    search.reindex()
    japanese = Page(Client().get("/ja/partnerships/", {"q": "九州"}, follow=True))
    assert japanese.texts("mark") == ["九州"]


@pytest.mark.django_db
def test_themes_and_the_status_are_not_marked() -> None:
    published_partnership(title="Active ports", status="active", themes=(make_theme("ports", name="Ports"),))
    assert sorted(marks("active ports")) == ["Active", "ports"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["amp", "script", "alert", "lt", "quot", "39", "x27", "b", "class row", "mark", "href"]
)
def test_a_title_that_looks_like_markup_stays_text_whatever_is_searched_for(query: str) -> None:
    title = "<script>alert('amp &amp; lt')</script> \"quot\" 39 x27 &#39; <b class=row href=mark>"
    published_partnership(title=title)
    content, page = listed(query)
    [link] = [link for link in page.all("a") if link.around and "row-title" in link.around.attributes.get("class", "")]
    assert link.text == " ".join(title.split())
    assert not page.all("b") and "<script>alert" not in content
    assert all(mark.text and mark.is_in("article") for mark in page.all("mark"))
    assert page.all("mark")


@pytest.mark.django_db
def test_a_list_without_a_search_has_no_marks() -> None:
    published_partnership(title="Kobe")
    assert Page(Client().get("/partnerships/")).all("mark") == []


texts = st.lists(
    st.sampled_from(
        ["kobe", "amp", "lt", "<b>", "&amp;", "&", "<", ">", "'", '"', "北九州", "ガ", "ｶﾞ", "é", "e\u0301", " "]
    ),
    max_size=8,
).map("".join)


def same_text(html: str) -> str:
    """Quotes may be escaped in two ways."""
    return html.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


@settings(deadline=None)
@given(texts, texts, texts)
def test_marking_adds_marks_and_changes_nothing_else(title: str, summary: str, typed: str) -> None:
    facts = '<p class="row-facts">kobe</p>'
    html = f'<article><h2 title="kobe amp">{escape(title)}</h2><p>{escape(summary)}</p>{facts}</article>'
    marked = Fragment(html).marked(parse(typed))
    assert same_text(re.sub("</?mark>", "", marked)) == same_text(html)
    assert marked.count("<mark>") == marked.count("</mark>")
    assert "<mark></mark>" not in marked
