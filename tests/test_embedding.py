"""What others put into pages of their own: what the frame shows, who may frame what, and the code to copy."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from partnerships import search
from partnerships.models import Partnership

from .factories import (
    join,
    make_actor,
    make_partnership,
    make_prefecture,
    make_state,
    make_theme,
    published_partnership,
)
from .markup import Page
from .test_drafts import every_address, get_all, public_directory

pytestmark = pytest.mark.django_db

EMBED = "/embed/partnerships/"
ANYWHERE = ["*", "file:"]


def read(address: str) -> Page:
    response = Client().get(address)
    assert response.status_code == 200, f"{address}: {response.status_code}"
    return Page(response)


def titles(page: Page) -> list[str]:
    return [link.text for link in page.all("a") if link.is_in("li") and "/partnerships/" in link.attributes["href"]]


@pytest.fixture
def ports() -> list[Partnership]:
    """Twelve ties of Kobe and Seattle, one a year from 1950 on, the even ones about the climate."""
    hyogo, washington = make_prefecture("hyogo", name_ja="兵庫県"), make_state("washington", name_ja="ワシントン州")
    kobe = make_actor("kobe", name_ja="神戸市", country="JP", parent=hyogo, latitude=34.69, longitude=135.2)
    seattle = make_actor("seattle", name_ja="シアトル市", parent=washington, latitude=47.61, longitude=-122.33)
    climate = make_theme("climate", name="Climate action", name_ja="気候変動対策")
    records = [
        published_partnership(
            f"port-{year}", started=str(year), us=seattle, jp=kobe, themes=(climate,) if year % 2 == 0 else ()
        )
        for year in range(1950, 1962)
    ]
    search.reindex()
    return records


# --- What the frame shows ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("ports")
def test_it_shows_the_newest_with_places_kind_and_year_and_leads_to_all_of_them() -> None:
    page = read(EMBED)
    assert titles(page) == [f"Port {year}" for year in range(1961, 1956, -1)]
    assert page.all("li")[0].text == "Port 1961 Kobe, Hyogo Seattle, Washington Sister tie · since 1961"
    assert page.links()["/partnerships/"] == "All 12 partnerships in the directory"


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize(("query", "number"), [("", 5), ("?rows=10", 10), ("?rows=20", 12), ("?view=both", 5)])
def test_it_shows_as_many_as_were_asked_for(query: str, number: int) -> None:
    assert len(titles(read(EMBED + query))) == number


@pytest.mark.usefixtures("ports")
def test_it_takes_the_parameters_of_the_listing_and_leads_to_the_same_list() -> None:
    page = read(f"{EMBED}?q=port&theme=climate&state=US-WA&year_max=1955&sort=oldest&rows=10&look=light")
    assert titles(page) == ["Port 1950", "Port 1952", "Port 1954"]
    (address,) = [link for link, text in page.links().items() if text == "All 3 partnerships in the directory"]
    assert address == "/partnerships/?q=port&theme=climate&state=US-WA&year_max=1955&sort=oldest"
    listing = read(address)
    assert listing.one("h1").text == "3 partnerships"
    assert listing.texts("h2", class_="row-title") == titles(page)
    assert page.one("link", rel="canonical").attributes["href"] == f"{settings.SITE_URL}{address}"


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize(
    ("address", "heading"),
    [
        (EMBED, "U.S.–Japan partnerships"),
        (f"{EMBED}?theme=climate&state=US-WA", "Partnerships: Climate action, Washington"),
        (f"{EMBED}?actor=kobe", "Partnerships of Kobe, Hyogo"),
        (f"{EMBED}?kind=sister&decade=1950&actor=kobe", "Partnerships: Sister tie, 1950s, Kobe, Hyogo"),
        (f"{EMBED}?kind=event&kind=exchange&kind=network&kind=project&kind=sister&level=city", None),
        (f"/ja{EMBED}", "日米の連携"),
        (f"/ja{EMBED}?theme=climate&prefecture=JP-28", "連携：気候変動対策、兵庫県"),
        (f"/ja{EMBED}?actor=kobe", "兵庫県神戸市の連携"),
    ],
)
def test_it_says_in_words_what_is_chosen(address: str, heading: str | None) -> None:
    page = read(address)
    if heading is None:
        assert page.one("h1").text.endswith(" and 2 more") and page.one("h1").text.count(",") == 3
    else:
        assert page.one("h1").text == heading
    assert page.one("title").text.startswith(f"{page.one('h1').text} · ")


def test_what_is_in_another_language_says_so() -> None:
    kobe = make_actor("kobe", name="", name_ja="神戸市", country="JP")
    published_partnership("one", title="One", title_ja="一つ", jp=kobe, us=make_actor("seattle", name="Seattle"))
    published_partnership("two", title="Two", jp=kobe)
    japanese = read(f"/ja{EMBED}?rows=10")
    assert [japanese.languages_of(text) for text in ("一つ", "Two", "Seattle")] == [{"ja"}, {"en"}, {"en"}]
    english = read(f"{EMBED}?actor=kobe")
    assert len([name for name in english.all("span", lang="ja") if name.text == "神戸市"]) == 3  # heading and two lines
    assert (english.one("h1").language, english.one("h1").text) == ("en", "Partnerships of 神戸市")


@pytest.mark.usefixtures("ports")
def test_a_map_is_drawn_and_told_in_words() -> None:
    page = read(f"{EMBED}?theme=climate&view=map")
    assert page.one("svg", role="img").attributes["aria-label"] == "6 partnerships between the places of both shores"
    assert page.texts("dt") == ["Japan", "United States"]
    assert page.texts("dd") == ["Hyogo (6)", "Washington (6)"]
    assert titles(page) == []
    links = page.links()
    assert links["/partnerships/?theme=climate"] == "All 6 partnerships in the directory"
    assert links["/map/?theme=climate"] == "Open on the large map"
    assert "Natural Earth" in page.text


def test_beside_a_map_stand_the_places_with_most_and_the_number_of_the_others() -> None:
    kobe = make_actor("kobe", country="JP", parent=make_prefecture())
    for number in range(7):
        town = make_actor(parent=make_state(f"state-{number}", f"US-0{number}"))
        for _time in range(number + 1):
            published_partnership(us=town, jp=kobe)
    named = "State 6 (7), State 5 (6), State 4 (5), State 3 (4), State 2 (3) and 2 other states"
    assert read(f"{EMBED}?view=map").texts("dd") == ["Hyogo Prefecture (28)", named]


@pytest.mark.usefixtures("ports")
def test_a_list_carries_no_map_and_no_place_is_counted() -> None:
    page = read(EMBED)
    assert not page.all("svg") and not page.all("dl") and "Natural Earth" not in page.text


def test_many_participants_are_told_by_number() -> None:
    record = published_partnership("net", us=make_actor("a1"), jp=make_actor("b1", country="JP"))
    join(record, make_actor("a2"), make_actor("a3"), make_actor("a4"))
    page = read(EMBED)
    assert page.one("span", class_="embed-us").text == "A1, A2 and 2 more"
    assert page.one("span", class_="embed-jp").text == "B1"


@pytest.mark.parametrize(
    ("query", "said"),
    [("", []), ("?rows=500&view=pie", ["“pie”", "“500”"]), ("?theme=nonsense", ["“nonsense”"])],
)
def test_a_bad_value_is_said_in_a_line_and_left_out(ports: list[Partnership], query: str, said: list[str]) -> None:
    page = read(EMBED + query)
    lines = [item.text for item in page.all("li") if "not understood" in item.text]
    assert len(lines) == len(said) and all(value in line for value, line in zip(said, lines, strict=True))
    assert len(titles(page)) == 5


@pytest.mark.parametrize("view", ["list", "map", "both"])
@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_nothing_found_is_said_plainly(prefix: str, view: str) -> None:
    query = "" if view == "list" else f"?view={view}"
    page = read(f"{prefix}{EMBED}{query}")
    said = {"": "The directory holds no partnership", "/ja": "条件に合う連携は、ディレクトリに登録されていません。"}
    assert said[prefix] in page.text
    assert page.links()[f"{prefix}/partnerships/"] == {"": "Look in the directory", "/ja": "ディレクトリで探す"}[prefix]
    assert not page.all("svg") and not page.all("ol")


def test_drafts_are_neither_shown_nor_counted(ports: list[Partnership]) -> None:
    make_partnership("draft", title="Draft", started="2020")
    page = read(f"{EMBED}?view=both")
    assert "Draft" not in page.text
    assert page.links()["/partnerships/"] == "All 12 partnerships in the directory"


@pytest.mark.usefixtures("ports")
def test_a_change_shows_on_the_next_request(client: Client) -> None:
    before = client.get(EMBED)
    Partnership.objects.filter(slug="port-1961").update(title="Renamed")
    after = client.get(EMBED)
    assert "Renamed" in after.content.decode() and before.headers["ETag"] != after.headers["ETag"]


@pytest.mark.usefixtures("ports")
def test_every_link_leaves_the_frame_and_leads_somewhere() -> None:
    page = read(f"{EMBED}?view=both")
    assert len(page.all("a")) == 5 + 4
    for link in page.all("a"):
        assert link.attributes["target"] == "_blank" and "noopener" in link.attributes["rel"]
        if link.attributes["href"].startswith("/"):
            assert Client().get(link.attributes["href"]).status_code == 200
    assert "Links open in a new tab." in page.text
    assert "CC BY 4.0" in page.text and "U.S.–Japan Partnerships Directory" in page.text


@pytest.mark.usefixtures("ports")
def test_it_has_neither_scripts_nor_forms_nor_what_surrounds_a_page_of_the_site() -> None:
    page = read(f"{EMBED}?view=both")
    assert not [element.tag for element in page.elements if element.tag in {"script", "form", "input", "header", "nav"}]
    assert [link.attributes["href"] for link in page.all("link", rel="stylesheet")] == [
        "/static/partnerships/css/embed-page.css"
    ]
    assert page.one("meta", name="robots").attributes["content"] == "noindex"
    assert page.one("main") and page.one("h1")


@pytest.mark.usefixtures("ports")
def test_it_follows_the_device_or_is_always_light() -> None:
    auto, light = read(EMBED), read(f"{EMBED}?look=light")
    assert [page.one("meta", name="color-scheme").attributes["content"] for page in (auto, light)] == [
        "light dark",
        "light",
    ]
    assert [page.one("html").attributes.get("class", "") for page in (auto, light)] == ["", "always-light"]


# --- Who may frame what --------------------------------------------------------------------------------------------


def ancestors(response: HttpResponse) -> list[str]:
    """Who may frame an answer, by its policy."""
    directives = [part.split() for part in response.headers["Content-Security-Policy"].split(";")]
    (found,) = [values for name, *values in directives if name == "frame-ancestors"]
    return found


@pytest.mark.once
def test_only_the_embed_may_be_framed() -> None:
    public_directory()
    search.reindex()
    answers = get_all([*every_address(), "/embed/nowhere/", "/partnerships/nowhere/", "/admin/", "/ja/accounts/login/"])
    free = [
        address
        for address, response in answers.items()
        if ancestors(response) != ["'none'"] or response.headers.get("X-Frame-Options") != "DENY"
    ]
    assert {urlsplit(address).path for address in free} == {EMBED, f"/ja{EMBED}"}
    for address in free:
        assert ancestors(answers[address]) == ANYWHERE, address
        assert "X-Frame-Options" not in answers[address].headers, address
        assert not answers[address].cookies, address
    assert len(answers) > 200


@pytest.mark.usefixtures("ports")
def test_the_embed_s_policy_lets_it_do_less_than_any_other_page() -> None:
    policy = Client().get(f"{EMBED}?view=both").headers["Content-Security-Policy"]
    assert {"default-src 'self'", "script-src 'none'", "form-action 'none'", "base-uri 'none'"} <= {
        part.strip() for part in policy.split(";")
    }


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("get", f"{EMBED}?rows=5", 301),
        ("post", EMBED, 405),
        ("get", "/embed/nowhere/", 404),
        ("get", "/embed/", 200),
    ],
)
def test_what_is_no_embed_below_its_address_may_not_be_framed(method: str, address: str, status: int) -> None:
    response = getattr(Client(), method)(address)
    assert response.status_code == status
    assert ancestors(response) == ["'none'"] and response.headers["X-Frame-Options"] == "DENY"


@pytest.mark.usefixtures("ports")
def test_a_failure_below_its_address_may_not_be_framed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("partnerships.views.embedding._heading", fail)
    response = Client(raise_request_exception=False).get(EMBED)
    assert response.status_code == 500
    assert ancestors(response) == ["'none'"] and response.headers["X-Frame-Options"] == "DENY"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ports")
def test_a_kept_page_may_be_framed_as_the_one_that_was_made(client: Client) -> None:
    made, kept, head = client.get(EMBED), client.get(EMBED), client.head(EMBED)
    with CaptureQueriesContext(connection) as captured:
        client.get(EMBED)
    assert not [query for query in captured if "directoryversion" not in query["sql"]]  # it is kept
    for response in (made, kept, head):
        assert ancestors(response) == ANYWHERE
        assert "X-Frame-Options" not in response.headers
    assert kept.content == made.content and not head.content
    not_modified = client.get(EMBED, headers={"If-None-Match": made.headers["ETag"]})
    assert (not_modified.status_code, not_modified.content) == (304, b"")
    # A cache goes on with the headers that it has, so this one must not name others.
    assert not {"X-Frame-Options", "Content-Security-Policy"} & not_modified.headers.keys()


# --- How it is put together ----------------------------------------------------------------------------------------


def code_of(page: Page) -> Any:
    """The frame that the code to be copied makes."""
    code = HttpResponse("".join(page.one("textarea").pieces))
    return Page(code).one("iframe").attributes


@pytest.mark.usefixtures("ports")
@override_settings(SITE_URL="https://directory.example.org")
def test_the_code_makes_a_frame_of_exactly_this_view() -> None:
    page = read("/embed/?theme=climate&state=US-WA&view=both&rows=10")
    frame = code_of(page)
    assert frame == {
        "src": "https://directory.example.org/embed/partnerships/?theme=climate&state=US-WA&view=both&rows=10",
        "title": "Partnerships: Climate action, Washington – U.S.–Japan Partnerships Directory",
        "lang": "en",
        "width": "100%",
        "height": frame["height"],
        "style": "border: 1px solid #d9d5cc",
        "loading": "lazy",
        "referrerpolicy": "no-referrer",
        "sandbox": "allow-popups allow-popups-to-escape-sandbox",
    }
    assert 300 < int(frame["height"]) <= 1_100
    assert page.one("textarea").attributes.keys() >= {"readonly", "id"}


@pytest.mark.usefixtures("ports")
def test_the_preview_is_the_frame_itself() -> None:
    page = read("/embed/?theme=climate&view=map&look=light")
    frame, preview = code_of(page), page.one("iframe").attributes
    assert frame["src"] == settings.SITE_URL + preview["src"]
    assert all(frame[name] == preview[name] for name in ("title", "height", "sandbox"))
    assert read(preview["src"]).one("h1").text == "Partnerships: Climate action"


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize(
    ("address", "path", "title"),
    [
        ("/embed/?actor=kobe", EMBED, "Partnerships of Kobe, Hyogo – U.S.–Japan Partnerships Directory"),
        ("/ja/embed/?actor=kobe", f"/ja{EMBED}", "兵庫県神戸市の連携 – 日米自治体連携ディレクトリ"),
        ("/embed/?actor=kobe&language=ja", f"/ja{EMBED}", "兵庫県神戸市の連携 – 日米自治体連携ディレクトリ"),
        ("/ja/embed/?actor=kobe&language=en", EMBED, "Partnerships of Kobe, Hyogo – U.S.–Japan Partnerships Directory"),
    ],
)
def test_the_frame_may_be_in_another_language_than_the_page(address: str, path: str, title: str) -> None:
    page = read(address)
    frame = code_of(page)
    assert (frame["src"], frame["title"]) == (f"{settings.SITE_URL}{path}?actor=kobe", title)
    assert frame["lang"] == ("ja" if path.startswith("/ja") else "en")
    assert page.one("select", name="language")
    chosen = [it.attributes["value"] for it in page.all("option") if "selected" in it.attributes]
    assert chosen[-1] == frame["lang"]


@pytest.mark.usefixtures("ports")
def test_its_form_keeps_the_filters_and_sets_the_rest() -> None:
    page = read("/embed/?q=port&theme=climate&sort=oldest&view=both")
    hidden = {field.attributes["name"]: field.attributes["value"] for field in page.all("input", type="hidden")}
    assert hidden == {"q": "port", "theme": "climate", "sort": "oldest"}
    names = [field.attributes["name"] for field in page.all("select")]
    assert names == ["view", "rows", "look", "language"]
    chosen = [it.attributes["value"] for it in page.all("option") if "selected" in it.attributes]
    assert chosen == ["both", "5", "auto", "en"]


@pytest.mark.usefixtures("ports")
def test_it_can_be_narrowed_as_the_list_and_keeps_its_shape() -> None:
    page = read("/embed/?view=map&language=ja")
    (link,) = [it for it in page.all("a", class_="facet-value") if it.text.startswith("Climate action")]
    assert link.attributes["href"] == "?theme=climate&view=map&language=ja"
    narrowed = read(f"/embed/{link.attributes['href']}")
    assert [chip.attributes["href"] for chip in narrowed.all("a", class_="chip")] == ["?view=map&language=ja"]
    assert code_of(narrowed)["src"] == f"{settings.SITE_URL}/ja{EMBED}?theme=climate&view=map"


@pytest.mark.usefixtures("ports")
def test_a_frame_is_as_high_as_what_it_shows() -> None:
    heights = [
        int(code_of(read(f"/embed/?{query}"))["height"])
        for query in ("q=nothing", "decade=1960", "", "rows=10", "view=map", "view=both")
    ]
    assert heights[:4] == sorted(heights[:4]) and heights[0] < heights[1] < heights[2] < heights[3]
    assert heights[4] < heights[5]


@pytest.mark.usefixtures("ports")
def test_without_a_match_it_says_what_to_leave_out_and_gives_the_code_all_the_same() -> None:
    page = read("/embed/?theme=climate&kind=project&view=map")
    assert "No partnership matches all of this." in page.text
    links = [(link.attributes["href"], link.text) for link in page.all("a")]
    assert ("?theme=climate&view=map", "without Kind") in links and (
        "?kind=project&view=map",
        "without Theme",
    ) not in links
    assert code_of(page)["src"].endswith("?theme=climate&kind=project&view=map")


def test_a_name_that_would_end_the_code_stays_a_name() -> None:
    name = '</textarea><script>x</script>" onload="x'
    kobe = make_actor("kobe", country="JP", name=name)
    published_partnership(jp=kobe)
    page = read("/embed/?actor=kobe")
    assert code_of(page)["title"] == f"Partnerships of {name} – U.S.–Japan Partnerships Directory"
    assert "onload" not in code_of(page) and page.has_only_our_scripts()
    assert read(f"{EMBED}?actor=kobe").one("h1").text == f"Partnerships of {name}"


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("/partnerships/?theme=climate&sort=oldest", "/embed/?theme=climate&sort=oldest"),
        ("/ja/partnerships/?theme=climate", "/ja/embed/?theme=climate"),
        ("/map/?theme=climate", "/embed/?theme=climate&view=map"),
        ("/map/", "/embed/?view=map"),
        ("/actors/kobe/", "/embed/?actor=kobe"),
        ("/ja/actors/hyogo/", "/ja/embed/?actor=hyogo"),
    ],
)
def test_lists_maps_and_places_lead_to_the_code_for_them(address: str, link: str) -> None:
    assert link in read(address).links()
    assert Client().get(link).status_code == 200


def test_a_place_without_a_partnership_offers_none() -> None:
    make_actor("kobe", country="JP")
    assert not [link for link in read("/actors/kobe/").links() if link.startswith("/embed/")]
