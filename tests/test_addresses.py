"""One list has one address: every other order and spelling of its parameters leads there, once."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, quote_plus

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from partnerships import search
from partnerships.filters import EmbedFormFilter, PartnershipFilter

from .factories import make_actor, make_prefecture, make_state, make_theme, published_partnership

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("directory")]


@pytest.fixture
def directory() -> None:
    kobe = make_actor("kobe", name="Kobe", name_ja="神戸市", country="JP", parent=make_prefecture())
    seattle = make_actor("seattle", parent=make_state())
    themes = (make_theme("climate"), make_theme("tech"))
    for number in range(27):
        published_partnership(f"port-{number}", title="Port", started="1957", us=seattle, jp=kobe, themes=themes)
    search.reindex()


def moved_to(address: str) -> str:
    """Where an address leads; nothing where it is the one address."""
    response = Client().get(address)
    assert response.status_code in {200, 301}, response.status_code
    return response.headers["Location"] if response.status_code == 301 else ""


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("/partnerships/?page=1", "/partnerships/"),
        ("/partnerships/?page=02", "/partnerships/?page=2"),
        ("/partnerships/?sort=newest", "/partnerships/"),
        ("/partnerships/?sort=relevance", "/partnerships/"),
        ("/partnerships/?q=port&sort=relevance", "/partnerships/?q=port"),
        ("/partnerships/?q=", "/partnerships/"),
        ("/partnerships/?q=+port++kobe+", "/partnerships/?q=port+kobe"),
        ("/partnerships/?theme=tech&theme=climate", "/partnerships/?theme=climate&theme=tech"),
        ("/partnerships/?theme=tech&theme=tech", "/partnerships/?theme=tech"),
        ("/partnerships/?sort=title&q=port", "/partnerships/?q=port&sort=title"),
        ("/partnerships/?page=2&kind=sister", "/partnerships/?kind=sister&page=2"),
        ("/partnerships/?utm_source=mail&kind=sister", "/partnerships/?kind=sister"),
        ("/partnerships/?year_min=01950", "/partnerships/?year_min=1950"),
        ("/partnerships/?sort=title&sort=oldest", "/partnerships/?sort=oldest"),
        ("/partnerships/?q=%E7%A5%9E%E6%88%B8&x", "/partnerships/?q=%E7%A5%9E%E6%88%B8"),
        ("/ja/partnerships/?page=1", "/ja/partnerships/"),
        ("/embed/partnerships/?view=list&rows=5&look=auto", "/embed/partnerships/"),
        ("/embed/partnerships/?rows=20&view=map&sort=title", "/embed/partnerships/?view=map"),
        ("/embed/partnerships/?look=light&view=both&rows=10", "/embed/partnerships/?view=both&rows=10&look=light"),
        ("/embed/partnerships/?page=2&language=ja", "/embed/partnerships/"),
        ("/embed/?language=en&view=list", "/embed/"),
        ("/ja/embed/?language=ja", "/ja/embed/"),
        ("/ja/embed/?language=en&theme=tech", "/ja/embed/?theme=tech&language=en"),
        ("/actors/?show=connected&kind=city", "/actors/?kind=city"),
        ("/sources/?language=ja&kind=news", "/sources/?kind=news&language=ja"),
    ],
)
def test_another_spelling_of_a_list_leads_to_its_one_address(given: str, canonical: str) -> None:
    assert moved_to(given) == canonical
    assert moved_to(canonical) == ""


def test_the_parameters_stand_in_the_order_of_the_filters_and_the_page_last() -> None:
    values = {
        "q": "port",
        "theme": "tech",
        "kind": "sister",
        "status": "active",
        "state": "US-WA",
        "prefecture": "JP-28",
        "level": "city",
        "decade": "1950",
        "actor": "kobe",
        "year_min": "1950",
        "year_max": "1960",
        "sort": "title",
        "page": "2",
    }
    assert [*values] == [*PartnershipFilter.base_filters, "page"]
    backwards = "&".join(f"{name}={value}" for name, value in reversed(values.items()))
    assert moved_to(f"/partnerships/?{backwards}") == "/partnerships/?" + "&".join(
        f"{name}={value}" for name, value in values.items()
    )


@pytest.mark.parametrize(
    "query",
    ["theme=nonsense&kind=sister", "page=99&kind=sister", "page=x", "q=%25", "sort=nonsense&q=port", "q=" + "x+" * 20],
)
def test_an_address_that_was_not_understood_is_served_and_says_so(query: str) -> None:
    response = Client().get(f"/partnerships/?{query}")
    assert (response.status_code, b'class="notice' in response.content) == (200, True)


@pytest.mark.parametrize("query", ["q=port kobe", "q=port%20kobe", "q=port+kobe", "q=%70ort+kobe", "q=神戸 kobe"])
def test_no_way_of_encoding_an_address_leads_round_in_a_circle(query: str) -> None:
    response = Client().get("/partnerships/", QUERY_STRING=query.encode().decode("latin-1"))
    if response.status_code == 301:
        response = Client().get(response.headers["Location"])
    assert response.status_code == 200


@pytest.mark.parametrize("path", ["//evil.example/partnerships/", "/\\evil.example/"])
def test_no_address_leads_to_another_site(path: str) -> None:
    response = Client().get(path, {"page": "1"})
    assert not response.headers.get("Location", "").startswith(("//", "http", "/\\"))


VALUES = st.one_of(
    st.sampled_from(
        [
            "port kobe",
            "port-1",
            "seattle",
            "神戸",
            "-port",
            "a&b=c",
            "100%",
            "+",
            "climate",
            "tech",
            "sister",
            "active",
            "US-WA",
            "JP-28",
            "city",
            "1950",
            "1957.0",
            " 1957",
            "kobe",
            "title",
            "newest",
            "relevance",
            "oldest",
            "connected",
            "map",
            "20",
            "light",
            "all",
            "en",
            "ja",
            "government",
            "1",
            "2",
            "02",
            "99",
            "nonsense",
            "",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
PARAMETERS = st.lists(
    st.tuples(st.sampled_from([*EmbedFormFilter.base_filters, "show", "page", "p", "a", "utm_source"]), VALUES),
    max_size=7,
)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(
        [
            "/partnerships/",
            "/ja/partnerships/",
            "/actors/",
            "/sources/",
            "/anniversaries/",
            "/networks/",
            "/compare/",
            "/embed/",
            "/ja/embed/partnerships/",
        ]
    ),
    PARAMETERS,
    st.sampled_from([quote, quote_plus]),
)
def test_any_address_is_the_one_address_or_leads_there_at_once(
    path: str, parameters: list[tuple[str, str]], encode: type[quote]
) -> None:
    address = f"{path}?" + "&".join(f"{name}={encode(value, safe='')}" for name, value in parameters)
    one = moved_to(address)
    if one:
        assert moved_to(one) == ""
        assert {name for name, _value in parse_qsl(one.partition("?")[2])} <= {name for name, _value in parameters}
