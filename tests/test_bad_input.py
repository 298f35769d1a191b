"""Whatever is asked for, the answer is a page: bad values are named and left out, unknown addresses are not found."""

from __future__ import annotations

from urllib.parse import quote, quote_from_bytes

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markupsafe import escape

from config.wsgi import ignoring_the_type_of_no_body
from partnerships.filters import (
    MOST_VALUES,
    ActorFilter,
    DatedPartnershipFilter,
    EmbedFilter,
    EmbedFormFilter,
    ListFilterSet,
    PartnershipFilter,
    PlaceFilter,
    SourceFilter,
)

from .factories import make_actor, make_prefecture, make_state, make_theme, published_partnership
from .markup import Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("directory")]

LISTS: dict[str, type[ListFilterSet]] = {
    "/partnerships/": PartnershipFilter,
    "/map/": PartnershipFilter,
    "/embed/": EmbedFormFilter,
    "/embed/partnerships/": EmbedFilter,
    "/actors/": ActorFilter,
    "/sources/": SourceFilter,
    "/anniversaries/": DatedPartnershipFilter,
    "/networks/": DatedPartnershipFilter,
    "/overlaps/": PlaceFilter,
    "/peers/": PlaceFilter,
}
SECTIONS = [
    "",
    "partnerships/",
    "actors/",
    "themes/",
    "sources/",
    "anniversaries/",
    "compare/",
    "partnerships/kobe-seattle/",
    "admin-of/",
]


@pytest.fixture
def directory() -> None:
    published_partnership(
        "kobe-seattle",
        started="1957",
        us=make_actor("seattle", parent=make_state()),
        jp=make_actor("kobe", country="JP", parent=make_prefecture()),
        themes=(make_theme("climate"),),
    )


# --- Garbage -------------------------------------------------------------------------------------------------------

# Percent-encoded, as they stand in an address.
NASTY = [
    quote(text)
    for text in [
        "\0",
        "a\0b",
        "x" * 10_000,
        "水" * 3_000,
        "🦀🗾👩‍👩‍👧‍👦",
        "\u202e\u200b\u200f\ufeff",
        "Z̷̢͔a̶l̴g̵o̷" * 50,
        "\r\nSet-Cookie: a=b",
        "-1",
        "0",
        "99999999999999999999",
        "9" * 5_000,
        "1e9",
        "１９５７",
        "٣",
        "²",
        "½",
        "NaN",
        "abc",
        "' OR 1=1 --",
        '"); DROP TABLE x; --',
        "<script>alert(1)</script>",
        "{{ 7|add:7 }}{% now %}",
        "%(label)s %s %n {0}",
        "../../etc/passwd",
        "ﷺ" * 200,
        "İıſK",
    ]
] + ["%ED%A0%80", "%ED%BF%BF", "%FF%FE", "%C3%28", "%F8%88%80%80%80", "%", "%zz", "%u0041", "%00%FF%00"]

garbage = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(lambda text: quote(text, safe="")),
    st.binary(max_size=40).map(lambda raw: quote_from_bytes(raw, safe="")),
)
unknown_names = st.one_of(st.sampled_from(["theme[]", "theme[0]", "q[$ne]", "", "__class__", "sort__in"]), garbage)


def names_of(address: str) -> list[str]:
    return [*LISTS[address].base_filters, "page"]


def queries_to(address: str) -> st.SearchStrategy[str]:
    names = st.one_of(st.sampled_from(names_of(address)), unknown_names)
    pairs = st.tuples(names, garbage).map("=".join)
    return st.lists(pairs, min_size=1, max_size=6).map("&".join)


def assert_is_our_page(response: HttpResponse, status: int, language: str) -> Page:
    page = Page(response)
    assert response.status_code == status
    assert page.one("html").attributes["lang"] == language
    assert page.one("h1").text
    assert page.has_only_our_scripts()
    assert not response.cookies
    return page


@settings(deadline=None, max_examples=40)
@given(st.sampled_from([*LISTS]).flatmap(lambda address: st.tuples(st.just(address), queries_to(address))))
def test_a_list_answers_whatever_is_asked_of_it(asked: tuple[str, str]) -> None:
    address, query = asked
    assert_is_our_page(Client().get(f"{address}?{query}", follow=True), 200, "en")


@pytest.mark.parametrize("address", LISTS)
def test_every_parameter_takes_every_nasty_value(address: str) -> None:
    client = Client()
    for value in NASTY:
        query = "&".join(f"{name}={value}" for name in names_of(address))
        assert_is_our_page(client.get(f"/ja{address}?{query}", follow=True), 200, "ja")


@settings(deadline=None, max_examples=20)
@given(st.sampled_from([*LISTS]), st.binary(min_size=1, max_size=60))
@example("/partnerships/", b"q=\xff\xfe&theme=\xe6&\x80=&page=\xc2\xb2")
@example("/partnerships/", b"&&=&=&;&?#&%&q")
def test_a_list_answers_raw_bytes_in_its_address(address: str, query: bytes) -> None:
    response = Client().get(address, QUERY_STRING=query.decode("latin-1"))
    if response.status_code == 301:
        response = Client().get(response.headers["Location"])
    assert_is_our_page(response, 200, "en")


@pytest.mark.parametrize(
    "address", ["/", "/themes/", "/themes/climate/", "/partnerships/kobe-seattle/", "/actors/kobe/"]
)
def test_a_page_without_parameters_ignores_them(address: str) -> None:
    query = "&".join(f"q={value}&page={value}&theme%5B%5D={value}" for value in NASTY)
    assert_is_our_page(Client().get(f"{address}?{query}"), 200, "en")


# --- What was ignored is named -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "name", "label"),
    [
        ("/partnerships/", "theme", "Theme"),
        ("/partnerships/", "kind", "Kind"),
        ("/partnerships/", "status", "Status"),
        ("/partnerships/", "state", "State"),
        ("/partnerships/", "prefecture", "Prefecture"),
        ("/partnerships/", "level", "Level"),
        ("/partnerships/", "actor", "Place or organisation"),
        ("/partnerships/", "year_min", "Started from"),
        ("/partnerships/", "year_max", "Started until"),
        ("/partnerships/", "sort", "Sort"),
        ("/embed/", "view", "What it shows"),
        ("/embed/", "rows", "Length of the list"),
        ("/embed/", "look", "Colours"),
        ("/embed/", "language", "Language"),
        ("/actors/", "kind", "Kind"),
        ("/actors/", "state", "State"),
        ("/actors/", "prefecture", "Prefecture"),
        ("/actors/", "show", "Show"),
        ("/sources/", "kind", "Kind"),
        ("/sources/", "language", "Language"),
    ],
)
def test_a_bad_value_is_named_on_the_page_as_text_and_never_as_markup(
    client: Client, address: str, name: str, label: str
) -> None:
    value = "<u title='\"'>&amp;"
    response = client.get(f"{address}?{name}={quote(value)}")
    page = Page(response)
    assert page.texts("div", class_="notice") == [f"{label}: “{value}” was not understood and is ignored."]
    assert str(escape(value)).encode() in response.content
    assert not page.all("u")


def test_a_bad_value_changes_nothing_of_the_list(client: Client) -> None:
    [row] = Page(client.get("/partnerships/?year_min=abc&theme=nonsense&page=-1")).texts("h2", class_="row-title")
    assert row == "Kobe Seattle"


def test_several_bad_values_are_each_named(client: Client) -> None:
    page = Page(client.get("/partnerships/?theme=one&theme=two&kind=three&page=four"))
    notices = [item.text for item in page.all("li") if item.is_in("div") and "ignored" in item.text]
    assert [text.split("“")[1].split("”")[0] for text in notices] == ["one", "two", "three"]
    assert "That is not a page number; this is the first page." in page.text


def test_invisible_characters_of_a_bad_value_are_made_visible(client: Client) -> None:
    page = Page(client.get("/partnerships/?kind=%E2%80%AEabc%00"))
    assert page.texts("div", class_="notice") == ["Kind: “�abc�” was not understood and is ignored."]


def test_an_unknown_parameter_is_not_worth_a_word(client: Client) -> None:
    response = client.get("/partnerships/?theme%5B%5D=climate&utm_source=x", follow=True)
    assert response.redirect_chain == [("/partnerships/", 301)]
    assert Page(response).texts("div", class_="notice") == []


# --- Very many values ----------------------------------------------------------------------------------------------


def work_of(client: Client, address: str) -> tuple[int, int]:
    """How many queries a page takes the second time, and the characters of the longest one with its values."""
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured), max((len(query["sql"]) for query in captured), default=0)


@pytest.mark.parametrize("address", LISTS)
def test_thousands_of_bad_values_cost_no_more_than_one(client: Client, address: str) -> None:
    names = LISTS[address].base_filters
    one = "&".join(f"{name}=nonsense0000" for name in names)
    many = "&".join(f"{name}=nonsense{number:04}" for name in names for number in range(5_000 // len(names)))
    assert work_of(client, f"{address}?{many}") == work_of(client, f"{address}?{one}")


def test_thousands_of_good_values_cost_as_many_queries_as_two_and_no_more_than_the_bounded_number_of_values(
    client: Client,
) -> None:
    for number in range(MOST_VALUES + 20):
        make_state(f"state-{number}", f"US-{number:02}")
    query = "&".join(f"state=US-{number % (MOST_VALUES + 20):02}" for number in range(5_000))
    queries, longest = work_of(client, f"/actors/?{query}")
    queries_of_two, longest_of_two = work_of(client, "/actors/?state=US-00&state=US-01")
    assert queries == queries_of_two > 0
    assert 0 < longest - longest_of_two < MOST_VALUES * len("T2.\"code\" = 'US-00' OR ")


def test_of_thousands_of_good_values_the_first_ones_are_chosen(client: Client) -> None:
    for number in range(MOST_VALUES + 20):
        make_theme(f"theme-number-{number}")
    query = "&".join(f"theme=theme-number-{number % (MOST_VALUES + 20)}" for number in range(5_000))
    page = Page(client.get(f"/partnerships/?{query}"))
    assert len(page.all("a", class_="chip")) == MOST_VALUES
    assert f"only the first {MOST_VALUES} values were used" in page.text


def test_a_search_of_thousands_of_words_is_bounded(client: Client) -> None:
    thousands = work_of(client, "/partnerships/?q=" + "+".join("bcdefghijklm" * 500))
    assert thousands == work_of(client, "/partnerships/?q=" + "+".join("bcdefghijk"))


def test_thousands_of_bad_values_make_no_endless_page(client: Client) -> None:
    query = "&".join(f"theme=nonsense{number}" for number in range(5_000))
    assert len(Page(client.get(f"/partnerships/?{query}")).text) < 20_000


# --- Addresses that are none ---------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(["", "/ja"]), st.sampled_from(SECTIONS), garbage.filter(bool))
@example("", "partnerships/", "%FF%FE")
@example("/ja", "actors/", "%00")
@example("", "sources/", "%ED%A0%80")
@example("/ja", "", "%2e%2e")
def test_an_address_of_any_shape_is_answered_with_our_own_page(prefix: str, section: str, slug: str) -> None:
    response = Client().get(f"{prefix}/{section}{slug}/")
    assert_is_our_page(response, 404, "ja" if prefix else "en")


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_takes_every_nasty_slug(section: str) -> None:
    client = Client()
    for slug in NASTY:
        assert_is_our_page(client.get(f"/ja/{section}{slug}/"), 404, "ja")


@pytest.mark.parametrize("charset", ["hex", "idna", "unicode_escape", "no-such-charset"])
def test_a_charset_named_in_a_request_without_a_body_means_nothing(charset: str) -> None:
    environ = RequestFactory().get("/partnerships/", {"q": "神戸"}).environ
    environ["CONTENT_TYPE"] = f"text/html; charset={charset}"
    queries = ignoring_the_type_of_no_body(lambda environ, start: [WSGIRequest(environ).GET["q"].encode()])
    assert b"".join(queries(environ, lambda *answer: None)).decode() == "神戸"
