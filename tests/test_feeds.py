"""Atom feeds as feed readers get them: valid, in both languages, the same records as the pages, nothing hidden."""

from __future__ import annotations

import datetime as dt
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client

from partnerships import search
from partnerships.models import Actor, Partnership, Publication
from partnerships.views import feeds

from .factories import (
    make_actor,
    make_partnership,
    make_prefecture,
    make_state,
    make_theme,
    published_partnership,
    some_time_passes,
)
from .markup import Page

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
FEEDS = ["/updates.atom", "/partnerships.atom", "/ja/updates.atom", "/ja/partnerships.atom"]


def whole(address: str, **headers: str) -> bytes:
    response = Client().get(address, headers=headers)
    assert response.status_code == 200, response.status_code
    return b"".join(response) if isinstance(response, StreamingHttpResponse) else response.content


def parsed(address: str) -> Any:
    feed = feedparser.parse(whole(address))
    assert not feed.bozo, feed.bozo_exception
    return feed


def tree(address: str) -> ElementTree.Element:
    return ElementTree.fromstring(whole(address))  # noqa: S314 (our own output)


def some_records() -> tuple[Partnership, Partnership]:
    climate = make_theme("climate", name="Climate", name_ja="気候")
    washington, hyogo = make_state("washington"), make_prefecture("hyogo", name_ja="兵庫県")
    kobe = make_actor("kobe", country="JP", name_ja="神戸市", parent=hyogo)
    first = published_partnership(
        "kobe-seattle",
        title="Kobe and Seattle",
        title_ja="神戸とシアトル",
        started="1957",
        us=make_actor("seattle", parent=washington),
        jp=kobe,
        themes=(climate,),
    )
    second = published_partnership("two-ports", title="Two ports", kind="project", us=washington, jp=hyogo)
    search.reindex()
    return first, second


# --- Valid -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", FEEDS)
def test_a_feed_is_sent_as_atom(address: str) -> None:
    assert Client().get(address)["Content-Type"] == "application/atom+xml; charset=utf-8"


@pytest.mark.parametrize("address", [*FEEDS, "/partnerships.atom?theme=climate"])
@pytest.mark.parametrize("is_empty", [True, False])
def test_a_feed_has_all_that_atom_demands(address: str, is_empty: bool) -> None:
    if not is_empty:
        some_records()
    feed = tree(address)
    for element in [feed, *feed.findall(f"{ATOM}entry")]:
        assert [len(element.findall(ATOM + name)) for name in ("id", "title", "updated")] == [1, 1, 1]
        assert all(element.findtext(ATOM + name) for name in ("id", "title", "updated"))
        dt.datetime.fromisoformat(element.findtext(f"{ATOM}updated") or "")
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    assert bool(feed.findall(f"{ATOM}entry")) is not is_empty


@pytest.mark.parametrize("address", FEEDS)
def test_feed_readers_understand_a_feed(address: str) -> None:
    some_records()
    assert parsed(address).version == "atom10"


@pytest.mark.parametrize("address", FEEDS)
def test_every_entry_has_an_id_of_its_own(address: str) -> None:
    some_records()
    ids = [entry.id for entry in parsed(address).entries]
    assert ids and len(ids) == len(set(ids))
    assert all(id_.startswith("tag:127.0.0.1,") for id_ in ids)


def test_the_languages_have_different_ids() -> None:
    some_records()
    ids = [
        {entry.id for entry in parsed(address).entries} for address in ("/partnerships.atom", "/ja/partnerships.atom")
    ]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize("address", ["/updates.atom", "/partnerships.atom"])
def test_the_id_of_an_entry_outlives_a_new_address_of_its_record(address: str) -> None:
    first, _second = some_records()
    before = {entry.id for entry in parsed(address).entries}
    first.slug = "seattle-kobe"
    first.save()
    assert before <= {entry.id for entry in parsed(address).entries}


@pytest.mark.parametrize("address", FEEDS)
def test_texts_are_shown_as_they_are_and_never_as_markup(address: str) -> None:
    sign = "<u title='\"'>&amp;</u>]]>"
    published_partnership(
        title=sign, title_ja=sign, summary=sign, summary_ja=sign, jp=make_actor(name=sign, country="JP")
    )
    for entry in parsed(address).entries:
        assert "<u " not in entry.content[0].value
    titles = {entry.findtext(f"{ATOM}title") for entry in tree(address).findall(f"{ATOM}entry")}
    assert sign in titles


@pytest.mark.parametrize("address", FEEDS)
def test_characters_that_xml_does_not_know_are_left_out(address: str) -> None:
    published_partnership(title="Ko\x08be\x0b \ufffe神戸", themes=(make_theme(name="Cli\x1fmate", name_ja="気\x01候"),))
    titles = {entry.findtext(f"{ATOM}title") for entry in tree(address).findall(f"{ATOM}entry")}
    assert "Kobe 神戸" in titles


# --- Where it leads --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("prefix", "other"), [("", "/ja"), ("/ja", "")])
@pytest.mark.parametrize("page", ["updates", "partnerships"])
def test_a_feed_names_itself_and_its_page_in_both_languages(page: str, prefix: str, other: str) -> None:
    links = [link.attrib for link in tree(f"{prefix}/{page}.atom").findall(f"{ATOM}link")]
    assert [(link["rel"], link["href"].removeprefix(settings.SITE_URL)) for link in links] == [
        ("self", f"{prefix}/{page}.atom"),
        ("alternate", f"{prefix}/{page}/"),
        ("alternate", f"{other}/{page}/"),
    ]
    assert [link["hreflang"] for link in links[1:]] == (["ja", "en"] if prefix else ["en", "ja"])


def test_a_feed_of_a_filtered_list_names_that_list() -> None:
    some_records()
    links = [link.attrib["href"] for link in tree("/partnerships.atom?theme=climate").findall(f"{ATOM}link")]
    assert links == [
        f"{settings.SITE_URL}/partnerships.atom?theme=climate",
        f"{settings.SITE_URL}/partnerships/?theme=climate",
        f"{settings.SITE_URL}/ja/partnerships/?theme=climate",
    ]


@pytest.mark.parametrize("address", FEEDS)
def test_every_entry_leads_to_a_page_in_both_languages(address: str) -> None:
    some_records()
    for entry in tree(address).findall(f"{ATOM}entry"):
        for link in entry.findall(f"{ATOM}link"):
            response = Client().get(link.attrib["href"].removeprefix(settings.SITE_URL))
            assert (response.status_code, response["Content-Language"]) == (200, link.attrib["hreflang"])


@pytest.mark.parametrize("address", ["/", "/updates/", "/ja/", "/ja/updates/"])
def test_pages_name_the_feed_of_updates(address: str) -> None:
    [link] = Page(Client().get(address)).all("link", type="application/atom+xml")
    assert link.attributes["href"] == f"{'/ja' if address.startswith('/ja') else ''}/updates.atom"
    assert link.attributes["title"]


def test_a_list_names_the_feed_with_its_filters() -> None:
    some_records()
    page = Page(Client().get("/partnerships/?theme=climate&sort=title"))
    [link] = page.all("link", type="application/atom+xml")
    assert link.attributes["href"] == "/partnerships.atom?theme=climate"
    assert page.links()["/partnerships.atom?theme=climate"]


# --- What it says ----------------------------------------------------------------------------------------------------


def test_an_entry_says_in_words_what_a_partnership_is() -> None:
    first, _second = some_records()
    [entry] = [entry for entry in parsed("/partnerships.atom").entries if entry.title == first.title]
    assert entry.content[0].value == (
        "<p>Seattle, Washington and Kobe, Hyogo have been sister cities since 1957.</p>"
        "<p>Kobe, Hyogo – Seattle, Washington · Sister tie · since 1957</p>"
    )
    assert [(tag.term, tag.label, tag.scheme) for tag in entry.tags] == [
        ("climate", "Climate", f"{settings.SITE_URL}/themes/")
    ]


def test_a_japanese_feed_speaks_japanese_to_its_last_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    # The server asks for the parts of an answer after the request's language is no longer active.
    monkeypatch.setattr(feeds, "BATCH", 1)
    some_records()
    feed = tree("/ja/partnerships.atom")
    titles = {entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")}
    contents = [entry.findtext(f"{ATOM}content") or "" for entry in feed.findall(f"{ATOM}entry")]
    assert feed.attrib[LANG] == "ja"
    assert titles == {"神戸とシアトル", "Two ports"}
    assert len(contents) == 2 and all("兵庫県" in content for content in contents)


def test_a_title_in_the_other_language_is_marked() -> None:
    some_records()
    titles = [entry.find(f"{ATOM}title") for entry in tree("/ja/partnerships.atom").findall(f"{ATOM}entry")]
    assert {title.text: title.attrib.get(LANG) for title in titles if title is not None} == {
        "神戸とシアトル": None,
        "Two ports": "en",
    }


def test_a_feed_of_updates_says_what_changed() -> None:
    first, _second = some_records()
    some_time_passes()
    first.term_ends = "2030"
    first.save()
    entry = parsed("/updates.atom").entries[0]
    assert (entry.title, entry.content[0].value) == (first.title, "<ul><li>Term ends: not recorded → 2030</li></ul>")


def test_a_feed_of_updates_holds_the_newest_only() -> None:
    for _number in range(feeds.MOST_UPDATES // 3 + 1):
        published_partnership()
    assert len(parsed("/updates.atom").entries) == feeds.MOST_UPDATES


# --- The same records as the list ------------------------------------------------------------------------------------


def titles_of(address: str) -> list[str]:
    return [entry.title for entry in parsed(address).entries]


@pytest.mark.parametrize(
    "query",
    ["theme=climate", "kind=project", "state=US-WA", "prefecture=JP-28", "actor=kobe", "year_min=1950", "q=kobe"],
)
def test_a_feed_holds_what_the_list_holds(query: str) -> None:
    some_records()
    for number in range(30):
        published_partnership(title=f"Kobe {number}", started="1960")
    search.reindex()
    listed = Client().get(f"/partnerships.csv?{query}")
    titles = [line.split(",")[1] for line in b"".join(listed).decode().splitlines()[1:]]  # type: ignore[arg-type]
    assert titles and sorted(titles_of(f"/partnerships.atom?{query}")) == sorted(titles)


def test_the_last_changed_comes_first_whatever_order_is_asked_for() -> None:
    first, second = some_records()
    Partnership.objects.filter(pk=second.pk).update(updated_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert titles_of("/partnerships.atom") == titles_of("/partnerships.atom?sort=title") == [first.title, second.title]
    assert parsed("/partnerships.atom").feed.updated == parsed("/partnerships.atom").entries[0].updated


def test_a_feed_of_a_filtered_list_says_what_it_is_of() -> None:
    some_records()
    feed = parsed("/partnerships.atom?theme=climate&kind=project&kind=sister").feed
    assert feed.title == "Partnerships (Climate · Project · Sister tie)"
    in_japanese = parsed("/ja/partnerships.atom?theme=climate&kind=project").feed
    assert in_japanese.title == "連携（気候 · プロジェクト）"
    assert feed.subtitle == "1 partnership."


def test_a_value_that_is_not_understood_is_ignored() -> None:
    some_records()
    assert titles_of("/partnerships.atom?kind=nonsense&theme=climate") == ["Kobe and Seattle"]


def test_a_feed_has_one_address() -> None:
    response = Client().get("/partnerships.atom?utm_source=x&kind=sister&kind=project")
    assert (response.status_code, response["Location"]) == (301, "/partnerships.atom?kind=project&kind=sister")


# --- Hidden records, caches ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", FEEDS)
@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_a_feed_does_not_change_with_hidden_records(address: str, publication: str) -> None:
    first, second = some_records()
    before = whole(address)
    hidden = published_partnership(title="Hidden", us=make_actor(name="Hidden", publication=publication))
    Partnership.objects.filter(pk=hidden.pk).update(publication=publication)
    make_partnership(publication=publication).adoptions.create(adopted_from=first)
    second.adoptions.create(adopted_from=hidden)
    Actor.objects.filter(partnerships=hidden).update(publication=publication)
    search.reindex()
    assert whole(address) == before


@pytest.mark.django_db(transaction=True)  # PostgreSQL's version rises at the end of a transaction
@pytest.mark.parametrize("address", FEEDS)
def test_a_feed_that_did_not_change_is_not_sent_again(address: str) -> None:
    some_records()
    tag = Client().get(address)["ETag"]
    response: HttpResponse = Client().get(address, headers={"if-none-match": tag})
    assert response.status_code == 304 and not response.content


@pytest.mark.parametrize("address", FEEDS)
def test_a_feed_that_changed_is_sent_anew(address: str) -> None:
    first, _second = some_records()
    tag = Client().get(address)["ETag"]
    first.title = first.title_ja = "Renamed"
    first.save()
    assert b"Renamed" in whole(address, if_none_match=tag)


@pytest.mark.parametrize("address", FEEDS)
def test_a_feed_is_for_reading_only(address: str) -> None:
    assert Client().post(address).status_code == 405
