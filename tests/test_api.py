"""The API: what its description promises, said by its answers; the same records as the pages; every fault a problem."""

from __future__ import annotations

import functools
import gzip
import json
import random
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, override_settings

from partnerships import catalogue, queries, search
from partnerships.api import endpoints
from partnerships.api.urls import urlpatterns
from partnerships.facets import actor_facets, partnership_facets, source_facets
from partnerships.filters import ActorFilter, PartnershipFilter, SourceFilter
from partnerships.models import ActorName, Adoption, Outcome, Partnership, Publication, Theme

from .factories import (
    make_actor,
    make_prefecture,
    make_source,
    make_state,
    make_theme,
    published_partnership,
)
from .markup import Page
from .test_exports import a_full_record, results
from .test_facets import query_of, random_choices, random_directory

pytestmark = pytest.mark.django_db

API = "/api/v1/"
LISTS = ["partnerships", "actors", "themes", "sources"]
PROBLEM = "application/problem+json"


def ask(address: str, **headers: str) -> HttpResponse:
    return Client(raise_request_exception=False).get(API + address, headers=headers)


def answer(address: str) -> Any:
    response = ask(address)
    assert response.status_code == 200, (address, response.content)
    assert response["Content-Type"] == "application/json"
    body = response.json()
    conforms(address, body)
    return body


def problem(address: str, status: int) -> Any:
    response = ask(address)
    assert (response.status_code, response["Content-Type"]) == (status, PROBLEM), response.content
    body = response.json()
    assert (body["type"], body["status"]) == ("about:blank", status) and body["title"] and body["detail"]
    return body


def description() -> Any:
    return ask("schema/").json()


@functools.cache
def shapes_of_answers() -> tuple[dict[str, Any], dict[str, Any]]:
    """The shape of each address's answer, and the components that shapes refer to: the same whatever there is."""
    described = description()
    shapes = {
        template: item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        for template, item in described["paths"].items()
    }
    return shapes, described["components"]


def conforms(address: str, body: Any) -> None:
    """Whether an answer is what the description promises of its address."""
    shapes, components = shapes_of_answers()
    path = urlsplit(API + address).path
    [shape] = [shape for template, shape in shapes.items() if re.fullmatch(template.replace("{slug}", "[^/]+"), path)]
    jsonschema.validate(body, {**shape, "components": components}, jsonschema.Draft202012Validator)


def a_directory() -> Partnership:
    record = a_full_record()
    model = published_partnership("the-model", title="The model", how_to_replicate="Ask.", started="1950")
    Adoption.objects.create(partnership=record, adopted_from=model)
    ActorName.objects.create(actor=record.actors.get(slug="kobe"), name="Kōbe", language="en", kind="romanised")
    search.reindex()
    return record


# --- Lists -----------------------------------------------------------------------------------------------------------


def test_the_root_leads_everywhere() -> None:
    root = answer("")
    assert root.keys() >= {*LISTS, "peers", "suggest", "schema", "docs", "data", "licence"}
    a_full_record()
    for name, url in root.items():
        if name not in {"licence", "peers"}:
            assert url.startswith(settings.SITE_URL)
            assert Client().get(url.removeprefix(settings.SITE_URL)).status_code == 200, url


@pytest.mark.parametrize("seed", range(2))
def test_a_list_holds_what_the_file_of_the_same_filters_holds(seed: int) -> None:
    chance = random.Random(seed)
    random_directory(chance)
    offered = {
        "q": ["forest", "river", "教育"],
        "theme": ["theme-1", "theme-2"],
        "kind": Partnership.Kind.values[:3],
        "state": ["US-00", "US-01"],
        "level": ["city", "town"],
        "year_min": ["1958", "1990"],
        "sort": ["oldest", "title", "updated"],
    }
    for choices in [{}, *(random_choices(chance, offered, {"q", "sort", "year_min"}) for _ in range(6))]:
        query = query_of(choices)
        in_the_file = results(f"/partnerships.json{PartnershipFilter(query, queries.partnerships()).address()}")
        found = answer(f"partnerships/?page_size=200&{query.urlencode()}")
        assert found["results"] == in_the_file, choices
        assert (found["count"], found["next"], found["previous"]) == (len(in_the_file), None, None)


@pytest.mark.parametrize("name", LISTS)
def test_its_pages_lead_from_one_to_the_next_and_back(name: str) -> None:
    random_directory(random.Random(1))
    everything = [row["slug"] for row in answer(f"{name}/?page_size=200")["results"]]
    found, address, last = [], f"{name}/?page_size=4&fields=slug", None
    while address:
        page = answer(address)
        assert (page["count"], page["previous"]) == (len(everything), last)
        assert all(row.keys() == {"slug"} for row in page["results"])
        found += [row["slug"] for row in page["results"]]
        relations = {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', ask(address)["Link"])}
        assert (relations.get("next"), relations.get("prev")) == (page["next"], page["previous"])
        last = _numbered(address)
        address = page["next"].removeprefix(settings.SITE_URL + API) if page["next"] else ""
    assert found == everything and len(found) > 4


def _numbered(address: str) -> str:
    number = parse_qs(urlsplit(address).query).get("page", ["1"])[0]
    return f"{settings.SITE_URL}{API}{address.partition('?')[0]}?page_size=4&fields=slug&page={number}"


def test_the_header_says_where_the_other_pages_are() -> None:
    random_directory(random.Random(1))
    base = f"{settings.SITE_URL}{API}partnerships/?kind=sister&page_size=2&page="
    link = ask("partnerships/?kind=sister&page_size=2&page=2")["Link"]
    last = re.search(r'page=(\d+)>; rel="last"', link)
    assert last
    assert link == (
        f'<{base}1>; rel="first", <{base}1>; rel="prev", <{base}3>; rel="next", <{base}{last[1]}>; rel="last"'
    )


def test_an_empty_list_has_one_empty_page() -> None:
    assert answer("partnerships/") == {"count": 0, "next": None, "previous": None, "results": []}
    assert problem("partnerships/?page=2", 404)["detail"].startswith("page: ")


def test_unknown_parameters_are_ignored_and_nothing_searched_for_finds_everything() -> None:
    a_directory()
    assert answer("partnerships/?utm_source=x&q=")["count"] == 2


BAD = [
    ("partnerships", "theme", "nonsense"),
    ("partnerships", "kind", "marriage"),
    ("partnerships", "status", "dead"),
    ("partnerships", "state", "US-ZZ"),
    ("partnerships", "prefecture", "JP-99"),
    ("partnerships", "level", "planet"),
    ("partnerships", "decade", "1955"),
    ("partnerships", "actor", "nobody"),
    ("partnerships", "year_min", "soon"),
    ("partnerships", "year_max", "10000"),
    ("partnerships", "sort", "sideways"),
    ("partnerships", "q", "!!!"),
    ("partnerships", "q", "word " * 11),
    *((name, "page", value) for name in LISTS for value in ("0", "-1", "x", "1.5", "", "９", "1e3")),
    *((name, "page_size", value) for name in LISTS for value in ("0", "201", "all", "")),
    *((name, "fields", value) for name in LISTS for value in ("slug,secret", "", "slug,")),
    *(("partnerships", name, "") for name in ("theme", "kind", "actor", "year_min", "sort")),
    *((name, "facets", value) for name in ("partnerships", "actors", "sources") for value in ("yes", "1", "")),
    *(
        (name, "updated_since", value)
        for name in ("partnerships", "actors", "sources")
        for value in ("x", "2026-13-01", "")
    ),
    ("actors", "kind", "planet"),
    ("actors", "show", "some"),
    ("sources", "language", "fr"),
    ("peers", "actor", "nobody"),
    ("peers", "actor", ""),
    ("peers", "theme", "nonsense"),
]


@pytest.mark.parametrize(("name", "parameter", "value"), BAD)
def test_a_bad_value_is_refused_by_the_name_of_its_parameter(name: str, parameter: str, value: str) -> None:
    make_actor("somebody")
    extra = "actor=somebody&" if (name, parameter) == ("peers", "theme") else ""
    found = problem(f"{name}/?{extra}{parameter}={value}", 400)
    assert [fault["parameter"] for fault in found["errors"]] == [parameter]
    assert found["detail"] == f"{parameter}: {found['errors'][0]['detail']}"


def test_every_fault_is_named_at_once() -> None:
    found = problem("partnerships/?theme=x&theme=y&year_min=z&page=0&fields=a", 400)
    assert [fault["parameter"] for fault in found["errors"]] == ["theme", "theme", "year_min", "fields", "page"]


@pytest.mark.parametrize("name", LISTS)
def test_only_the_fields_that_are_asked_for_and_the_slug(name: str) -> None:
    a_directory()
    wanted = {"partnerships": "url_ja", "actors": "other_names", "themes": "name_ja", "sources": "publisher"}[name]
    first = answer(f"{name}/?fields={wanted}, {wanted}")["results"][0]
    assert first.keys() == {"slug", wanted}
    whole = answer(f"{name}/{first['slug']}/")
    assert answer(f"{name}/{first['slug']}/?fields={wanted}") == {"slug": first["slug"], wanted: whole[wanted]}


def test_what_was_changed_since() -> None:
    record = a_directory()
    Partnership.objects.filter(pk=record.pk).update(updated_at="2020-05-05T12:00:00Z")
    record.actors.update(updated_at="2020-05-05T12:00:00Z")
    for since, is_in in (
        ("2020-05-05", True),
        ("2020-05-05T12:00:00Z", True),
        ("2020-05-05T21:00:00+09:00", True),
        ("2020-05-05T21:00:01%2B09:00", False),
        ("2020-05-05T12:00:00.5", False),
        ("2020-05-06", False),
        ("9999-12-31", False),
        ("0001-01-01", True),
    ):
        for name, slug in (("partnerships", "kobe-seattle"), ("actors", "kobe")):
            slugs = [row["slug"] for row in answer(f"{name}/?updated_since={since}")["results"]]
            assert (slug in slugs) is is_in, since


# --- Facets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_facets_are_those_of_the_page_and_lead_to_as_many_records(seed: int) -> None:
    chance = random.Random(seed)
    random_directory(chance)
    address = "partnerships/?facets=true&theme=theme-1&theme=theme-2&kind=sister&kind=friendship&page_size=1"
    found = answer(address)["facet_results"]
    filters = PartnershipFilter(
        query_of({"theme": ["theme-1", "theme-2"], "kind": ["sister", "friendship"]}), queries.partnerships()
    )
    on_the_page = {facet.name: facet for facet in partnership_facets(catalogue.current().selected(filters))}
    assert {
        name: [(value["value"], value["label"], value["count"], value["selected"]) for value in facet["results"]]
        for name, facet in found.items()
    } == {
        name: [(value.value, value.label, value.count, value.selected) for value in facet.values]
        for name, facet in on_the_page.items()
    }
    for name, facet in found.items():
        assert (facet["name"], facet["truncated"]) == (name, False)
        for value in facet["results"][:3]:
            toggled = answer(value["toggle_url"].removeprefix(settings.SITE_URL + API))
            chosen = parse_qs(urlsplit(value["toggle_url"]).query).get(name, [])
            assert (value["value"] in chosen) is not value["selected"]
            if not value["selected"] and len(chosen) == 1:
                assert toggled["count"] == value["count"], value


def test_facets_have_labels_in_both_languages() -> None:
    a_directory()
    facets = answer("partnerships/?facets=true")["facet_results"]
    for name, expected in (
        ("kind", {("Sister tie", "姉妹提携")}),
        ("theme", {*Theme.objects.values_list("name", "name_ja")}),
        ("level", {("City", "市"), ("Port", "港湾")}),
    ):
        assert {(value["label"], value["label_ja"]) for value in facets[name]["results"]} == expected


@pytest.mark.parametrize(("name", "count"), [("actors", actor_facets), ("sources", source_facets)])
def test_other_lists_have_facets_too(name: str, count: Any) -> None:
    random_directory(random.Random(0))
    made = {"actors": (ActorFilter, queries.actors), "sources": (SourceFilter, queries.sources)}[name]
    filters = made[0](query_of({}), made[1]())
    expected = {facet.name: [(value.value, value.count) for value in facet.values] for facet in count(filters)}
    found = answer(f"{name}/?facets=true")["facet_results"]
    assert {
        key: [(value["value"], value["count"]) for value in facet["results"]] for key, facet in found.items()
    } == expected
    assert "facet_results" not in answer(f"{name}/")


# --- One record ------------------------------------------------------------------------------------------------------


def test_one_partnership_says_all_that_its_page_says() -> None:
    record = a_directory()
    Outcome.objects.filter(partnership=record).update(
        value="12.50", unit="ships", year=1999, statement_ja="船", grade="press"
    )
    found = answer("partnerships/kobe-seattle/")
    [listed] = [row for row in results("/partnerships.json") if row["slug"] == "kobe-seattle"]
    assert {name: found[name] for name in listed} == listed
    assert found["outcomes"] == [
        {
            "statement": "Ships",
            "statement_ja": "船",
            "value": 12.5,
            "unit": "ships",
            "year": 1999,
            "claimant": "",
            "grade": "press",
            "source": "report",
        }
    ]
    assert found["milestones"] == [{"kind": "visit", "on": "2001", "title": "", "title_ja": "", "source": "note"}]
    assert found["citations"] == [
        {"source": "city-page", "supports": "existence", "locator": ""},
        {"source": "city-page", "supports": "dates", "locator": ""},
    ]
    assert (found["adopted_from"], found["adopted_by"]) == (["the-model"], [])
    model = answer("partnerships/the-model/")
    assert (model["adopted_by"], model["how_to_replicate"]) == (["kobe-seattle"], "Ask.")


def test_one_place_says_who_it_is_in_both_languages_and_by_its_codes() -> None:
    a_directory()
    found = answer("actors/kobe/")
    assert (
        found.items()
        >= {
            "slug": "kobe",
            "name": "Kobe",
            "name_ja": "神戸市",
            "other_names": [{"name": "Kōbe", "language": "en", "kind": "romanised"}],
            "kind": "city",
            "country": "JP",
            "region": "JP-28",
            "parent": "hyogo",
            "code": "281000",
            "latitude": 34.7,
            "longitude": 135.2,
            "successor": "",
            "partnerships": 1,
            "url": f"{settings.SITE_URL}/actors/kobe/",
            "url_ja": f"{settings.SITE_URL}/ja/actors/kobe/",
        }.items()
    )
    assert answer("actors/seattle/")["wikidata_id"] == "Q5083"


def test_what_is_not_published_of_its_surroundings_is_not_named() -> None:
    hidden = make_actor("hidden", country="JP", publication=Publication.DRAFT)
    place = make_actor("place", country="JP", parent=hidden)
    place.successor = hidden
    place.save()
    found = answer("actors/place/")
    assert (found["parent"], found["successor"]) == ("", "")


def test_one_theme_and_one_source() -> None:
    a_directory()
    theme = answer("themes/climate/")
    assert (theme["partnerships"], theme["url"]) == (1, f"{settings.SITE_URL}/themes/climate/")
    source = answer("sources/city-page/")
    assert (source["url"], source["page_url"]) == (
        "https://example.org/kobe",
        f"{settings.SITE_URL}/sources/city-page/",
    )
    assert source["supported"] == [
        {"partnership": "kobe-seattle", "supports": ["existence", "dates"], "outcomes": 0, "milestones": 0}
    ]


@pytest.mark.parametrize("name", ["partnerships", "actors", "sources"])
def test_a_former_address_leads_to_the_present_one(name: str) -> None:
    record = a_directory()
    renamed: Any = {
        "partnerships": record,
        "actors": record.actors.get(slug="kobe"),
        "sources": record.citations.first(),
    }[name]
    renamed = getattr(renamed, "source", renamed)
    former, renamed.slug = renamed.slug, "renamed"
    renamed.save()
    response = ask(f"{name}/{former}/?fields=slug")
    assert (response.status_code, response["Location"]) == (301, f"{API}{name}/renamed/?fields=slug")


@pytest.mark.parametrize(
    "address", [*(f"{name}/nobody/" for name in LISTS), "nothing", "nothing/at/all/", "peers/kobe/"]
)
def test_what_does_not_exist_is_said_to_be_a_problem(address: str) -> None:
    assert problem(address, 404)["title"] == "Not Found"


# --- Peers -----------------------------------------------------------------------------------------------------------


def test_peers_are_those_of_the_page_with_reasons_in_both_languages() -> None:
    hyogo, washington = make_prefecture("hyogo", name="Hyogo", name_ja="兵庫県"), make_state("washington")
    climate = make_theme("climate")
    cities = [
        make_actor(
            f"city-{n}", country="JP", parent=hyogo, population=100_000 + n, latitude=34.7, longitude=135 + n / 10
        )
        for n in range(3)
    ]
    others = [
        make_actor(f"town-{n}", parent=washington, population=100_000, latitude=47.0, longitude=-122.0 - n)
        for n in range(3)
    ]
    for city, other in zip(cities, others, strict=True):
        published_partnership(f"tie-of-{city.slug}", us=other, jp=city, themes=(climate,))
    asking = make_actor(
        "asking", country="JP", parent=hyogo, population=100_500, latitude=34.7, longitude=135.01, name_ja="尋ねる市"
    )
    found = answer("peers/?actor=asking&theme=climate")
    assert (found["actor"]["slug"], found["themes"]) == (asking.slug, ["climate"])
    assert {example["partnership"]["slug"] for example in found["examples"]} == {f"tie-of-city-{n}" for n in range(3)}
    assert {fit["actor"]["slug"] for fit in found["candidates"]} >= {"town-0", "town-1"}
    assert [near["actor"]["slug"] for near in found["neighbours"]][:1] == ["city-0"]
    for entry in (*found["examples"], *found["candidates"]):
        assert len(entry["reasons"]) == len(entry["reasons_ja"]) > 0
        assert all(any(character > "\u3000" for character in reason) for reason in entry["reasons_ja"])
    page = Client().get(found["url"].removeprefix(settings.SITE_URL)).content.decode()
    for fit in found["candidates"]:
        assert f"/actors/{fit['actor']['slug']}/" in page
    tied = answer("peers/?actor=city-0")
    assert [(known["actor"]["slug"], known["partnerships"]) for known in tied["existing"]] == [("town-0", 1)]


def test_a_merged_place_is_answered_for_by_its_successor() -> None:
    a_directory()
    make_actor("old-town", country="JP", kind="town", successor=make_actor("new-city", country="JP"))
    assert answer("peers/?actor=old-town")["actor"]["slug"] == "new-city"


# --- On the way ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "address", ["", "partnerships/", "partnerships/kobe-seattle/", "suggest?q=kobe", "schema/", "docs/"]
)
def test_an_answer_is_kept_like_a_page(address: str) -> None:
    a_directory()
    response = ask(address)
    assert response["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert response["Vary"] == "Accept-Encoding" and not response.cookies
    again = ask(address, **{"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Access-Control-Allow-Origin"] == "*"
    head = Client().head(API + address)
    assert (head.status_code, head["ETag"]) == (200, response["ETag"])
    published_partnership()
    assert ask(address)["ETag"] != response["ETag"]


def test_an_answer_is_compressed_for_who_wants_it() -> None:
    a_directory()
    response = ask("partnerships/", **{"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(response.content)) == answer("partnerships/")


@pytest.mark.parametrize("accepted", ["text/html", "application/xml", "*/*", "image/png;q=0.1", ""])
def test_an_answer_is_json_whatever_a_client_says_that_it_accepts(accepted: str) -> None:
    assert ask("themes/", Accept=accepted)["Content-Type"] == "application/json"
    assert ask("themes/nobody/", Accept=accepted)["Content-Type"] == PROBLEM


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("address", ["", "partnerships/", "partnerships/kobe-seattle/", "peers/", "suggest"])
def test_the_api_is_for_reading(method: str, address: str) -> None:
    response = getattr(Client(), method)(API + address, data="{}", content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (405, PROBLEM)
    assert response["Allow"] == "GET, HEAD"


def test_a_script_of_another_site_may_ask_first_and_read_then() -> None:
    asked = Client().options(
        API + "partnerships/",
        headers={
            "Origin": "https://city.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert (asked.status_code, asked["Access-Control-Allow-Origin"], asked["Access-Control-Allow-Headers"]) == (
        204,
        "*",
        "*",
    )
    assert asked["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    for response in (ask("themes/"), ask("themes/nobody/"), ask("partnerships/?page=0"), ask("nothing")):
        assert response["Access-Control-Allow-Origin"] == "*"
        assert "Retry-After" in response["Access-Control-Expose-Headers"]
        assert not response.has_header("Access-Control-Allow-Credentials")


def test_pages_and_the_admin_are_not_for_scripts_of_other_sites() -> None:
    for address in ("/", "/partnerships/", "/about/", "/admin/login/", "/admin/x.json"):
        assert not Client().get(address).has_header("Access-Control-Allow-Origin"), address


def test_a_fault_is_a_problem_that_says_nothing_of_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(endpoints.ListEndpoint, "page", fail)
    assert "secret" not in json.dumps(problem("themes/", 500))


# --- The description -------------------------------------------------------------------------------------------------


def test_every_address_is_described_with_every_parameter() -> None:
    described = description()
    assert described["openapi"] == "3.1.0"
    paths = {f"{API}{pattern.pattern}".replace("<slug:slug>", "{slug}") for pattern in urlpatterns}
    assert paths - {f"{API}schema/"} == described["paths"].keys()
    for path, item in described["paths"].items():
        operation = item["get"]
        assert item.keys() == {"get"} and operation["summary"]
        names = [parameter["name"] for parameter in operation.get("parameters", [])]
        assert len(names) == len(set(names))
        for parameter in operation.get("parameters", []):
            assert parameter["description"] and parameter["examples"], (path, parameter["name"])
    listing = {parameter["name"] for parameter in described["paths"][f"{API}partnerships/"]["get"]["parameters"]}
    assert listing == {*PartnershipFilter.base_filters, "page", "page_size", "facets", "fields", "updated_since"}


def test_every_field_is_described() -> None:
    for name, shape in description()["components"]["schemas"].items():
        if shape.get("type") == "object":
            for field, described in shape["properties"].items():
                assert described.get("description") or "$ref" in described, (name, field)


def test_the_examples_of_the_description_are_answered() -> None:
    """With a directory that has what they name."""
    for code in ("US-WA",):
        make_state("washington", code)
    hyogo = make_prefecture("hyogo", "JP-28")
    kobe = make_actor("kobe-hyogo", country="JP", parent=hyogo)
    source = make_source("bcn-iot-500-kobe-accelerator", language="ja")
    published_partnership(
        "seattle-kobe-sister-city", jp=kobe, themes=(make_theme("climate"),), source=source, kind="memorandum"
    )
    for pattern in urlpatterns:
        if example := pattern.callback.cls.example:
            answer(example)
    for path, item in description()["paths"].items():
        values = {}
        for parameter in item["get"].get("parameters", []):
            value = next(iter(parameter["examples"].values()))["value"]
            values[parameter["name"]] = (
                ",".join(value) if isinstance(value, list) else str(value).replace("True", "true")
            )
        slug, page = values.pop("slug", ""), values.pop("page", "")
        query = "&".join(f"{name}={value}" for name, value in values.items())
        answer(f"{path.removeprefix(API).replace('{slug}', slug)}?{query}")
        assert page in {"", "2"}


@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_the_documentation_tells_every_address_parameter_and_field(prefix: str) -> None:
    told = {*Page(Client().get(f"{prefix}{API}docs/")).texts("code")}
    described = description()
    for path, item in described["paths"].items():
        assert told >= {path, *(parameter["name"] for parameter in item["get"].get("parameters", []))}
    for shape in described["components"]["schemas"].values():
        assert told >= shape.get("properties", {}).keys()


def test_the_description_offers_the_values_that_there_are_at_present() -> None:
    make_theme("climate")
    make_state("washington", "US-WA")
    make_state("hidden", "US-XX", publication=Publication.DRAFT)

    def values(name: str) -> list[str]:
        parameters = description()["paths"][f"{API}partnerships/"]["get"]["parameters"]
        return next(parameter for parameter in parameters if parameter["name"] == name)["schema"]["items"]["enum"]

    assert (values("theme"), values("state")) == (["climate"], ["US-WA"])
    make_theme("tech")
    assert sorted(values("theme")) == ["climate", "tech"]


@override_settings(RATE_LIMIT=0)
def test_the_documentation_names_no_limit_where_there_is_none() -> None:
    assert "Retry-After" not in Client().get(f"{API}docs/").content.decode()
