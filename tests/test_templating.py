"""The templates' environment: a row stands by itself, a wrong name is an error, numbers are grouped."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.template import engines
from django.utils import translation
from jinja2 import UndefinedError

from partnerships import queries
from partnerships.templating import as_written, bracketed, choice, intcomma, url

from .factories import join, make_actor, make_prefecture, make_theme, published_partnership
from .markup import Page


def row(record: Any) -> str:
    """A row rendered without a page around it, as something that keeps rows would do."""
    return engines["jinja2"].get_template("includes/rows.html").template.module.row(record)


@pytest.fixture
def record(db: None) -> Any:
    """A partnership with all that a row shows, fetched as for a list."""
    made = published_partnership("kobe-seattle", title="Kobe & <b>Seattle", title_ja="神戸とシアトル", summary="Both.")
    made.themes.add(make_theme("climate", name="Climate", name_ja="気候"))
    join(made, make_actor("akashi", name_ja="明石市", country="JP", parent=make_prefecture()))
    return queries.for_rows(queries.partnerships()).get()


@pytest.mark.parametrize(("language", "address"), [("en", "/partnerships/"), ("ja", "/ja/partnerships/")])
def test_a_row_by_itself_is_the_row_of_the_list(record: Any, client: Any, language: str, address: str) -> None:
    with translation.override(language):
        alone = Page(HttpResponse(row(record)))
    listed = Page(client.get(address)).one("article", class_="row")
    assert alone.one("article", class_="row").text == listed.text


def test_one_template_serves_both_languages(record: Any) -> None:
    titles = []
    for language in ("en", "ja", "en"):
        with translation.override(language):
            titles.append(Page(HttpResponse(row(record))).one("h2").text)
    assert titles == ["Kobe & <b>Seattle", "神戸とシアトル", "Kobe & <b>Seattle"]


def test_a_row_escapes_data(record: Any) -> None:
    assert "Kobe &amp; &lt;b&gt;Seattle" in row(record)


def test_a_row_asks_the_database_nothing(record: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        row(record)


@pytest.mark.parametrize("source", ["{{ nobody }}", "{{ page.nothing }}", "{% if nobody %}{% endif %}"])
def test_a_name_that_does_not_exist_is_an_error(source: str) -> None:
    with pytest.raises(UndefinedError):
        engines["jinja2"].from_string(source).render({"page": {}})


def test_an_address_is_in_the_active_language() -> None:
    found = []
    for language in ("en", "ja", "en"):
        with translation.override(language):
            found += [url("theme-list"), url("theme-detail", "climate")]
    assert found == [
        "/themes/",
        "/themes/climate/",
        "/ja/themes/",
        "/ja/themes/climate/",
        "/themes/",
        "/themes/climate/",
    ]


def test_a_record_has_one_address(record: Any) -> None:
    assert url("partnership-detail", record.slug) == record.get_absolute_url()


def test_a_choice_is_labelled_in_the_active_language(record: Any) -> None:
    for language in ("en", "ja", "en"):
        with translation.override(language):
            assert choice(record, "status") == record.get_status_display()


@pytest.mark.parametrize(("number", "shown"), [(0, "0"), (999, "999"), (7_700_000, "7,700,000"), (-1_000, "-1,000")])
def test_numbers_are_grouped_by_thousands(number: int, shown: str) -> None:
    assert intcomma(number) == shown


@pytest.mark.parametrize(
    ("language", "text", "shown"),
    [
        ("en", "Almanac", "Almanac"),
        ("en", "年鑑", '<span lang="ja">年鑑</span>'),
        ("ja", "年鑑", "年鑑"),
        ("ja", "Almanac & more", '<span lang="en">Almanac &amp; more</span>'),
    ],
)
def test_a_text_in_one_language_is_marked_where_the_page_is_in_the_other(language: str, text: str, shown: str) -> None:
    with translation.override(language):
        assert as_written(text) == shown


@pytest.mark.parametrize(("language", "shown"), [("en", " (2)"), ("ja", "（2）")])
def test_brackets_are_those_of_the_language(language: str, shown: str) -> None:
    with translation.override(language):
        assert bracketed(2) == shown


COUNTED = (
    "{% trans number=number, shown=shown %}{{ shown }} partnership{% pluralize %}{{ shown }} partnerships{% endtrans %}"
)


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [
        ("en", 0, "0 partnerships"),
        ("en", 1, "1 partnership"),
        ("en", 2, "2 partnerships"),
        ("ja", 0, "0件の連携"),
        ("ja", 1, "1件の連携"),
        ("ja", 2, "2件の連携"),
    ],
)
def test_a_compiled_text_has_its_plural(language: str, number: int, text: str) -> None:
    with translation.override(language):
        assert engines["jinja2"].env.from_string(COUNTED).render(number=number, shown=str(number)) == text


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    "source",
    [
        "{% trans number=2, shown=name %}{{ shown }} partnership{% pluralize %}{{ shown }} partnerships{% endtrans %}",
        "{% trans order=name %}Order: {{ order }}{% endtrans %}",
        '{{ pgettext("of a state", "%(name)s itself", name=name) }}',
    ],
)
def test_what_a_compiled_text_is_filled_with_is_escaped(source: str, language: str) -> None:
    with translation.override(language):
        shown = engines["jinja2"].env.from_string(source).render(name="<b>&%(name)s")
    assert "&lt;b&gt;&amp;%(name)s" in shown
    assert "<b>" not in shown


def test_a_text_that_lacks_a_variable_is_an_error() -> None:
    with pytest.raises(KeyError):
        engines["jinja2"].env.from_string('{{ gettext("Order: %(order)s", other=1) }}').render()
