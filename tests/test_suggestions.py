"""Suggestions from outside: the forms, what they take and refuse, which rules hold one, what a sender learns."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from partnerships.models import Partnership, Publication, RecentSender, Suggestion, SuggestionStep
from partnerships.services import holding, suggestions
from partnerships.services.holding import Incoming

from .factories import make_actor, make_partnership, make_source, make_theme, published_partnership
from .markup import Element, Page
from .test_hostile_records import HOSTILE, is_a_page

with_database = pytest.mark.django_db

WRITTEN = {
    "text": "Kobe and Seattle also exchange nurses since 2019.",
    "evidence_url": "https://www.city.kobe.lg.jp/nurses.html",
    "sender_name": "Ann Other",
    "sender_email": "ann@example.org",
}


def send(address: str = "/suggest/", client: Client | None = None, **changes: str) -> HttpResponse:
    return (client or Client()).post(address, WRITTEN | changes)


def sent(address: str = "/suggest/", **changes: str) -> Suggestion:
    response = send(address, **changes)
    assert response.status_code == 303, Page(response).texts("li")
    reference = response.headers["Location"].rstrip("/").rpartition("/")[2]
    return Suggestion.objects.get(reference=reference)


def some_minutes_pass(minutes: float) -> None:
    """Everything sent so far was sent that long ago, as far as the counts of clients know."""
    for sender in RecentSender.objects.all():
        sender.sent = [(at - 60 * minutes, reference) for at, reference in sender.sent]
        sender.save()


def by_id(page: Page, identity: str) -> Element:
    [found] = [element for element in page.elements if element.attributes.get("id") == identity]
    return found


def is_within(element: Element, other: Element) -> bool:
    step = element.around
    while step is not None and step is not other:
        step = step.around
    return step is not None


def mistakes(response: HttpResponse) -> list[str]:
    """The fields that the summary of mistakes leads to, each of which is described by its mistake."""
    page = Page(response)
    [summary] = page.all("div", class_="error-summary")
    assert {"role": "alert", "tabindex": "-1", "autofocus": ""}.items() <= summary.attributes.items()
    links = [link for link in page.all("a") if is_within(link, summary)]
    for link in links:
        field = by_id(page, link.attributes["href"].removeprefix("#"))
        assert field.attributes["aria-invalid"] == "true"
        described_by = field.attributes["aria-describedby"].split()
        assert link.text in [by_id(page, each).text for each in described_by]
    return [link.attributes["href"].removeprefix("#") for link in links]


# --- The forms -----------------------------------------------------------------------------------------------------


@with_database
@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_a_suggestion_is_taken_with_thanks_and_a_reference(prefix: str) -> None:
    response = send(f"{prefix}/suggest/")
    assert (response.status_code, response.headers["Cache-Control"]) == (303, "no-store")
    suggestion = Suggestion.objects.get()
    assert response.headers["Location"] == f"{prefix}/suggest/{suggestion.reference}/"
    page = Page(Client().get(response.headers["Location"]))
    assert suggestion.reference in page.text
    assert page.one("h1").text in {"Thank you for your suggestion", "情報をお寄せいただき、ありがとうございます"}
    assert {name: getattr(suggestion, name) for name in WRITTEN} == WRITTEN
    assert (suggestion.state, suggestion.language) == ("waiting", "ja" if prefix else "en")


@with_database
def test_a_correction_knows_its_record_and_shows_it_beside() -> None:
    record = published_partnership("kobe-seattle", title="Kobe–Seattle", started="1957-10", summary="Two ports.")
    page = Page(Client().get("/partnerships/kobe-seattle/suggest/"))
    assert {"Kobe–Seattle", "Two ports.", "October 1957"} <= {
        *page.texts("strong"),
        *page.texts("p"),
        *page.texts("dd"),
    }
    suggestion = sent("/partnerships/kobe-seattle/suggest/")
    assert (suggestion.partnership, suggestion.record_title) == (record, "Kobe–Seattle")


@with_database
def test_an_old_address_leads_to_the_form_and_takes_what_was_begun_there() -> None:
    record = published_partnership("old-name")
    record.slug = "new-name"
    record.save()
    moved = Client().get("/ja/partnerships/old-name/suggest/")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/ja/partnerships/new-name/suggest/")
    assert sent("/partnerships/old-name/suggest/").partnership == record


@with_database
@pytest.mark.parametrize("state", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_there_is_no_form_for_what_is_not_public_not_even_for_curators(admin_client: Client, state: str) -> None:
    make_partnership("hidden", publication=state)
    for client in (Client(), admin_client):
        assert client.get("/partnerships/hidden/suggest/").status_code == 404
        assert client.post("/partnerships/hidden/suggest/", WRITTEN).status_code == 404
    assert not Suggestion.objects.exists()


@with_database
def test_it_begins_from_the_place_and_the_theme_that_one_came_from() -> None:
    kobe, climate = make_actor("kobe", name="Kobe"), make_theme("climate", name="Climate")
    page = Page(Client().get("/suggest/?actor=kobe&theme=climate"))
    assert "Kobe" in page.one("p", class_="begun-from").text and "Climate" in page.one("p", class_="begun-from").text
    suggestion = sent(page.one("form").attributes["action"])
    assert (suggestion.actor, suggestion.theme) == (kobe, climate)


@with_database
@pytest.mark.parametrize("query", ["actor=nowhere", "theme=none", "actor=%00&theme=%00", "actor=hidden", "x=1"])
def test_what_it_cannot_begin_from_is_left_out(query: str) -> None:
    make_actor("hidden", publication=Publication.DRAFT)
    page = Page(Client().get(f"/suggest/?{query}"))
    assert not page.all("p", class_="begun-from")
    assert page.one("form").attributes["action"] == "/suggest/"


@with_database
@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_everything_typed_is_kept_and_each_mistake_leads_to_its_field(prefix: str) -> None:
    typed = {"text": " ", "evidence_url": "no address", "sender_name": "n" * 121, "sender_email": "nobody@"}
    response = send(f"{prefix}/suggest/", **typed)
    assert mistakes(response) == ["text", "evidence_url", "sender_name", "sender_email"]
    page = Page(response)
    kept = {name: by_id(page, name).attributes["value"] for name in ("evidence_url", "sender_name", "sender_email")}
    assert kept == {name: typed[name] for name in kept}
    assert not Suggestion.objects.exists()


@with_database
def test_a_text_that_is_too_long_is_kept_whole_and_its_length_told() -> None:
    text = "水" * 5001
    response = send(text=text)
    assert mistakes(response) == ["text"]
    page = Page(response)
    assert by_id(page, "text").text == text
    assert "This has 5001 characters; at most 5000 fit." in page.text
    assert sent(text="水" * 2500 + "\r\n" + "水" * 2499).text.count("水") == 4999


@with_database
@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://www.city.kobe.lg.jp/",
        "javascript:alert(1)",
        "javascript://www.city.kobe.lg.jp/%0aalert(1)",
        "data:text/html,x",
        "https://",
        "https://www.city.kobe.lg.jp/" + "x" * 1000,
        "http://[::1",
    ],
)
def test_the_evidence_is_the_address_of_a_web_page(url: str) -> None:
    assert mistakes(send(evidence_url=url)) == ["evidence_url"]


@with_database
def test_an_address_without_its_scheme_is_taken_as_https() -> None:
    assert sent(evidence_url="www.city.kobe.lg.jp/a").evidence_url == "https://www.city.kobe.lg.jp/a"


@with_database
def test_name_and_address_may_be_left_out() -> None:
    assert sent(sender_name="", sender_email="").sender_email == ""


@with_database
def test_markup_and_signs_that_break_pages_stay_text() -> None:
    record = published_partnership("kobe-seattle")
    suggestion = sent("/partnerships/kobe-seattle/suggest/", text=HOSTILE, sender_name=HOSTILE[:100])
    assert "<u onclick" in suggestion.text and "\x01" not in suggestion.text and "\r" not in suggestion.text
    for address in (f"/suggest/{suggestion.reference}/", f"/ja/suggest/{suggestion.reference}/"):
        is_a_page(Client().get(address))
    is_a_page(send(text=HOSTILE, evidence_url=HOSTILE, sender_name=HOSTILE, sender_email=HOSTILE))
    Suggestion.objects.update(state="rejected", reason=HOSTILE, partnership=record)
    is_a_page(Client().get(f"/suggest/{suggestion.reference}/"))


@with_database
@given(
    st.fixed_dictionaries({name: st.text(st.characters(exclude_categories=["Cs"]), max_size=60) for name in WRITTEN})
)
def test_it_answers_whatever_is_typed(typed: dict[str, str]) -> None:
    assert Client().post("/suggest/", typed).status_code in {200, 303, 429}


@with_database
@pytest.mark.parametrize("address", ["/suggest/", "/partnerships/kobe-seattle/suggest/"])
def test_the_forms_are_pages_like_any_other(address: str) -> None:
    published_partnership("kobe-seattle")
    page = Client().get(address)
    assert page.headers["Cache-Control"].startswith("public") and page.headers["ETag"]
    for response in (page, send(address), send(address, text="")):
        assert not response.cookies and "cookie" not in response.headers.get("Vary", "").lower()
    assert "csrf" not in page.content.decode().lower()


@with_database
def test_no_token_is_needed_and_other_methods_are_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    assert send(client=client).status_code == 303
    assert client.put("/suggest/").status_code == 405
    assert client.delete(f"/suggest/{Suggestion.objects.get().reference}/").status_code == 405


@with_database
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "http://127.0.0.1:8000"}, 303),
        ({}, 303),
    ],
)
def test_what_another_site_s_page_sends_is_not_taken(headers: dict[str, str], status: int) -> None:
    response = Client().post("/suggest/", WRITTEN, headers=headers)
    assert response.status_code == status
    assert Suggestion.objects.count() == (status == 303)
    if status == 403:
        assert WRITTEN["text"] in by_id(Page(response), "text").text


# --- How many ------------------------------------------------------------------------------------------------------


@with_database
def test_a_client_may_send_ten_an_hour_and_keeps_what_is_one_too_many() -> None:
    for number in range(suggestions.MOST_AN_HOUR):
        sent(text=f"Number {number}")
        some_minutes_pass(1)
    refused = send(text="One more")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3000")
    assert by_id(Page(refused), "text").text == "One more"
    assert "Please send this one in 50 minutes." in Page(refused).text
    some_minutes_pass(50.1)
    assert sent(text="One more")


@with_database
def test_every_client_has_a_count_of_its_own_and_a_network_is_one_client() -> None:
    def send_from(address: str) -> int:
        text = f"Number {Suggestion.objects.count()}"
        return Client(REMOTE_ADDR=address).post("/suggest/", WRITTEN | {"text": text}).status_code

    assert [send_from("2001:db8::1") for _number in range(10)] == [303] * 10
    assert send_from("2001:db8::ffff") == 429
    assert send_from("2001:db8:0:1::1") == 303
    assert send_from("198.51.100.7") == 303


@with_database
def test_a_client_is_a_digest_that_goes_when_its_hour_is_over() -> None:
    sent()
    sender = RecentSender.objects.get()
    assert "127.0.0.1" not in sender.client and re.fullmatch("[0-9a-f]{32}", sender.client)
    old = sender.last_at.replace(year=sender.last_at.year - 1)
    RecentSender.objects.update(last_at=old)
    Client(REMOTE_ADDR="198.51.100.7").post("/suggest/", WRITTEN)
    assert not RecentSender.objects.filter(client=sender.client).exists()
    assert RecentSender.objects.count() == 1


@with_database
def test_mistakes_do_not_count() -> None:
    for _number in range(2 * suggestions.MOST_AN_HOUR):
        send(text="")
    assert sent()


@with_database
def test_pressing_twice_gives_the_same_reference() -> None:
    first, second = send(), send()
    assert first.headers["Location"] == second.headers["Location"]
    assert Suggestion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_between_processes_that_send_at_once() -> None:
    statuses: list[int] = []

    def send_some(thread: int) -> None:
        statuses.extend(send(text=f"{thread}, {number}").status_code for number in range(4))
        connection.close()

    threads = [threading.Thread(target=send_some, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses.count(303), statuses.count(429)) == (10, 6)
    assert Suggestion.objects.count() == 10


# --- Rules that hold -----------------------------------------------------------------------------------------------

GOOD = Incoming("神戸市とシアトル市は姉妹都市です。", "https://www.city.kobe.lg.jp/")
HELD: dict[str, tuple[Incoming, str]] = {
    "trap": (Incoming(GOOD.text, GOOD.evidence_url, is_trapped=True), "people do not see"),
    "links": (Incoming("a https://a.jp http://b.jp www.c.jp https://d.jp", GOOD.evidence_url), "holds 4 addresses"),
    "host": (Incoming(GOOD.text, "http://192.0.2.1/page"), "“192.0.2.1”, which is no public name"),
    "shortener": (Incoming(GOOD.text, "https://bit.ly/abc"), "shortened address of “bit.ly”"),
    "own": (Incoming(GOOD.text, "https://d.example.org/a", own_host="d.example.org"), "this directory itself"),
    "letters": (Incoming("Это не по-английски.", GOOD.evidence_url), "100 per cent"),
    "same": (Incoming(GOOD.text, GOOD.evidence_url, same_as="AAAA-BBBB-CCCC"), "before, as AAAA-BBBB-CCCC"),
    "soon": (Incoming(GOOD.text, GOOD.evidence_url, seconds_since_last=3.5), "came 3 seconds after"),
}


def test_nothing_holds_an_ordinary_suggestion() -> None:
    for text in (GOOD.text, "Tacoma – Kitakyushu, since 1959; see https://a.jp and www.b.jp", "ﾀｺﾏ市 2019年", "Ａｂｃ"):
        assert holding.reasons_to_hold(Incoming(text, GOOD.evidence_url, seconds_since_last=40)) == []


def test_every_rule_has_an_example() -> None:
    assert [*HELD] == [rule.name for rule in holding.RULES]


@pytest.mark.parametrize("rule", HELD)
def test_a_rule_holds_and_explains_itself(rule: str) -> None:
    incoming, words = HELD[rule]
    reasons = holding.reasons_to_hold(incoming)
    assert [name for name, _found in reasons] == [rule]
    assert words in holding.sentences(reasons)[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://intranet/",
        "http://printer.local/",
        "https://[2001:db8::1]/",
        "http://169.254.169.254/latest/",
        "http://name.internal./",
        "http://127.1/",
    ],
)
def test_no_office_publishes_at_such_an_address(url: str) -> None:
    assert [name for name, _found in holding.reasons_to_hold(Incoming(GOOD.text, url))] == ["host"]


@with_database
def test_a_held_suggestion_waits_apart_and_its_sender_is_told_that_a_person_will_look() -> None:
    suggestion = sent(homepage="https://spam.example/", evidence_url="https://tinyurl.com/x")
    assert (suggestion.state, [name for name, _found in suggestion.held_because]) == ("held", ["trap", "shortener"])
    page = Page(Client().get(f"/suggest/{suggestion.reference}/"))
    assert "a person will look at it" in page.text and "told by e-mail" not in page.text
    assert "shortened" not in page.text
    assert [step.action for step in suggestion.steps.all()] == ["received", "held"]


@with_database
def test_the_same_text_and_one_right_after_another_are_held() -> None:
    first = sent()
    second = sent(sender_name="Somebody else")
    assert second.held_because[0] == ["same", first.reference]
    assert [name for name, _found in second.held_because] == ["same", "soon"]


@with_database
def test_the_field_for_programs_is_seen_and_reached_by_nobody() -> None:
    page = Page(Client().get("/suggest/"))
    field = by_id(page, "homepage")
    assert (field.attributes["tabindex"], field.attributes["autocomplete"]) == ("-1", "off")
    assert field.around is not None and field.around.attributes["class"] == "unseen"


# --- The sender's own page -----------------------------------------------------------------------------------------


@with_database
def test_nobody_guesses_a_reference() -> None:
    references = {suggestions._new_reference() for _number in range(1000)}
    assert len(references) == 1000
    assert all(re.fullmatch(rf"([{suggestions.SIGNS}]{{4}}-){{2}}[{suggestions.SIGNS}]{{4}}", it) for it in references)
    assert len(suggestions.SIGNS) ** 12 > 2**59
    assert Client().get(f"/suggest/{references.pop()}/").status_code == 404


@with_database
def test_the_page_is_kept_by_nobody_and_found_by_no_robot() -> None:
    suggestion = sent()
    for address in (f"/suggest/{suggestion.reference}/", f"/ja/suggest/{suggestion.reference.lower()}/"):
        response = Client().get(address)
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.headers["X-Robots-Tag"] == "noindex" and "ETag" not in response.headers
        page = Page(response)
        assert page.one("meta", name="robots").attributes["content"] == "noindex"
        assert not page.all("link", rel="canonical")
        assert WRITTEN["sender_email"] not in page.text and WRITTEN["sender_name"] not in page.text


@with_database
def test_it_tells_what_became_of_it_and_names_a_draft_nowhere(admin_user: Any) -> None:
    suggestion = sent()
    address = f"/suggest/{suggestion.reference}/"
    done = suggestions.accept(
        suggestion=suggestion,
        by=admin_user,
        supports="existence",
        title="Secret draft",
        kind="event",
        note="Well done.",
    )
    page = Page(Client().get(address))
    assert "It was accepted." in page.text and "Well done." in page.text
    assert "Secret draft" not in page.text and done.record.slug not in " ".join(page.links())
    Partnership.objects.update(publication=Publication.PUBLISHED)
    page = Page(Client().get(address))
    assert page.links()[f"/partnerships/{done.record.slug}/"] == "Secret draft"


@with_database
def test_a_record_that_was_withdrawn_is_not_named(admin_user: Any) -> None:
    published_partnership("kobe-seattle", title="Withdrawn later")
    suggestion = sent("/partnerships/kobe-seattle/suggest/")
    assert "Withdrawn later" in Page(Client().get(f"/suggest/{suggestion.reference}/")).text
    Partnership.objects.update(publication=Publication.ARCHIVED)
    assert "Withdrawn later" not in Page(Client().get(f"/suggest/{suggestion.reference}/")).text


@with_database
def test_a_sender_is_asked_and_answers_on_the_page(admin_user: Any) -> None:
    suggestion = sent()
    suggestions.ask(suggestion=suggestion, by=admin_user, question="In which year?")
    address = f"/suggest/{suggestion.reference}/"
    assert "In which year?" in Page(Client().get(address)).text
    assert mistakes(Client().post(address, {"text": ""})) == ["text"]
    answered = Client().post(address, {"text": "In 2019."})
    assert (answered.status_code, answered.headers["Location"]) == (303, address)
    suggestion.refresh_from_db()
    assert suggestion.state == "waiting"
    assert [(step.action, step.note) for step in suggestion.steps.all()] == [
        ("received", ""),
        ("asked", "In which year?"),
        ("answered", "In 2019."),
    ]
    assert "Your answer has arrived" in Page(Client().get(address)).text
    assert Client().post(address, {"text": "And again"}).status_code == 303
    assert suggestion.steps.count() == 3


@with_database
def test_an_answer_from_another_site_s_page_is_not_taken(admin_user: Any) -> None:
    suggestion = sent()
    suggestions.ask(suggestion=suggestion, by=admin_user, question="In which year?")
    address = f"/suggest/{suggestion.reference}/"
    response = Client().post(address, {"text": "In 2019."}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (response.status_code, by_id(Page(response), "text").text) == (403, "In 2019.")
    assert suggestion.steps.count() == 2


# --- The verbs -----------------------------------------------------------------------------------------------------


@with_database
def test_a_new_record_becomes_a_draft_that_cites_its_evidence(admin_user: Any) -> None:
    kobe, climate = make_actor("kobe", country="JP"), make_theme("climate")
    suggestion = sent("/suggest/?actor=kobe&theme=climate", text="神戸市とリガ市の連携\n\n2019年から。")
    done = suggestions.accept(
        suggestion=suggestion, by=admin_user, supports="dates", kind="project", source_title="看護師の交流"
    )
    record = Partnership.objects.get()
    assert (record.title, record.title_ja, record.kind) == ("神戸市とリガ市の連携", "神戸市とリガ市の連携", "project")
    assert (record.publication, record.status, record.note) == ("draft", "unknown", "")
    assert record.slug == f"suggestion-{suggestion.reference.lower()}"
    assert [(citation.source.url, citation.supports) for citation in record.citations.all()] == [
        (WRITTEN["evidence_url"], "dates")
    ]
    assert ([*record.actors.all()], [*record.themes.all()]) == ([kobe], [climate])
    assert (done.source.title, done.source.language, done.is_new_source) == ("看護師の交流", "ja", True)
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.draft, suggestion.source) == ("accepted", record, done.source)
    assert (suggestion.answered_by, suggestion.steps.last().action) == (admin_user, "accepted")


@with_database
@pytest.mark.parametrize(
    "url",
    ["https://example.org/page", "http://example.org/page", "https://example.org/page/", "http://example.org/page/"],
)
def test_a_source_that_is_there_already_is_cited_and_not_made_twice(admin_user: Any, url: str) -> None:
    existing = make_source("page", url=url)
    published_partnership("kobe-seattle")
    suggestion = sent("/partnerships/kobe-seattle/suggest/", evidence_url="https://example.org/page")
    done = suggestions.accept(suggestion=suggestion, by=admin_user, supports="content")
    assert (done.source, done.is_new_source, done.is_cited) == (existing, False, True)


@with_database
def test_a_new_address_never_takes_one_that_leads_elsewhere(admin_user: Any) -> None:
    record = published_partnership("kobe-riga")
    record.slug = "kobe-riga-ties"
    record.save()
    done = suggestions.accept(suggestion=sent(), by=admin_user, supports="existence", title="Kobe Riga", kind="event")
    assert done.record.slug.startswith("kobe-riga-") and done.record.slug != "kobe-riga-ties"


@with_database
def test_a_correction_cites_its_evidence_once(admin_user: Any) -> None:
    record = published_partnership("kobe-seattle")
    before = record.updated_at
    first = sent("/partnerships/kobe-seattle/suggest/")
    second = sent("/partnerships/kobe-seattle/suggest/", text="Something else on the same page.")
    suggestions.release(suggestion=second, by=admin_user)
    cited = [suggestions.accept(suggestion=each, by=admin_user, supports="content") for each in (first, second)]
    assert [done.is_cited for done in cited] == [True, False]
    assert record.citations.filter(source=cited[0].source).count() == 1
    record.refresh_from_db()
    assert record.updated_at > before


@with_database
def test_a_suggestion_outlives_its_record(admin_user: Any) -> None:
    record = published_partnership("kobe-seattle", title="Kobe–Seattle")
    suggestion = sent("/partnerships/kobe-seattle/suggest/")
    record.delete()
    suggestion.refresh_from_db()
    assert suggestion.is_correction and str(suggestion).endswith(": Kobe–Seattle")
    with pytest.raises(suggestions.NotPossibleError, match="does not exist any more"):
        suggestions.accept(suggestion=suggestion, by=admin_user, supports="content")
    assert suggestion.steps.count() == 1


@with_database
def test_each_step_leads_only_from_where_it_may(admin_user: Any) -> None:
    verbs = {
        "released": lambda it: suggestions.release(suggestion=it, by=admin_user),
        "asked": lambda it: suggestions.ask(suggestion=it, by=admin_user, question="When?"),
        "answered": lambda it: suggestions.answer(suggestion=it, text="Then."),
        "forwarded": lambda it: suggestions.forward(suggestion=it, by=admin_user),
        "accepted": lambda it: suggestions.accept(
            suggestion=it, by=admin_user, supports="existence", kind="event", title=f"From {it.state}"
        ),
        "rejected": lambda it: suggestions.reject(suggestion=it, by=admin_user, reason="No."),
    }
    suggestion = sent()
    for state in Suggestion.State:
        for action, take in verbs.items():
            Suggestion.objects.update(state=state, reason="Before", held_because=[["same", "x"]])
            suggestion.refresh_from_db()
            if state in suggestions.STEPS[action]:
                take(suggestion)
            else:
                with pytest.raises(suggestions.NotPossibleError, match="from which this step does not lead"):
                    take(suggestion)
                suggestion.refresh_from_db()
                assert (suggestion.state, suggestion.reason) == (state, "Before")


@with_database
def test_a_step_is_never_changed_and_goes_only_with_its_suggestion() -> None:
    suggestion = sent()
    step = suggestion.steps.get()
    step.note = "On second thoughts"
    with pytest.raises(TypeError, match="written once"):
        step.save()
    with pytest.raises(TypeError, match="never deleted"):
        step.delete()
    suggestion.delete()
    assert not SuggestionStep.objects.exists()


# --- Mail ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def told(admin_user: Any, mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: Any) -> Any:
    """What the sender reads after a verb, and how often the curator was told that nothing was sent."""

    def take(verb: Any, suggestion: Suggestion, **told: Any) -> tuple[list[EmailMessage], int]:
        failures: list[int] = []
        mailoutbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            verb(suggestion=suggestion, by=admin_user, report_failure=lambda: failures.append(1), **told)
        return mailoutbox, len(failures)

    return take


@with_database
def test_a_sender_is_told_in_their_language(told: Any, settings: Any) -> None:
    settings.CONTACT_EMAIL = "directory@example.org"
    suggestion = sent("/ja/suggest/")
    [mail], failures = told(
        suggestions.reject, suggestion, reason="出典に\r\nBcc: x@example.org\x07 記載がありません。"
    )
    assert failures == 0
    assert mail.subject == f"情報提供（受付番号{suggestion.reference}）の採用を見送りました"
    assert (mail.to, mail.from_email, mail.reply_to) == (
        ["ann@example.org"],
        "directory@example.org",
        ["directory@example.org"],
    )
    assert f"http://127.0.0.1:8000/ja/suggest/{suggestion.reference}/" in mail.body
    assert "記載がありません。" in mail.body and "\x07" not in mail.body
    assert "Bcc" not in mail.message()


@with_database
def test_every_answer_is_told_and_names_nothing_that_is_not_public(told: Any) -> None:
    suggestion = sent(text="<script>alert(1)</script> & more")
    [question], _failures = told(suggestions.ask, suggestion, question="When?")
    assert "When?" in question.body and question.content_subtype == "plain"
    [answer], _failures = told(
        suggestions.accept, suggestion, supports="existence", title="Secret draft", kind="event", note="Thank you."
    )
    assert "It was accepted." in answer.body and "Thank you." in answer.body
    assert "Secret draft" not in answer.body and "script" not in answer.body


@with_database
def test_who_left_no_address_is_not_written_to_and_cannot_be_asked(told: Any, admin_user: Any) -> None:
    suggestion = sent(sender_email="")
    with pytest.raises(suggestions.NotPossibleError, match="left no e-mail address"):
        suggestions.ask(suggestion=suggestion, by=admin_user, question="When?")
    assert told(suggestions.reject, suggestion, reason="No.") == ([], 0)


@with_database
def test_nobody_is_written_to_about_what_a_rule_held(told: Any) -> None:
    suggestion = sent(homepage="filled")
    assert told(suggestions.reject, suggestion, reason="An advertisement.") == ([], 0)


@with_database
@pytest.mark.parametrize(
    "backend",
    [
        "django.core.mail.backends.dummy.EmailBackend",
        "django.core.mail.backends.console.EmailBackend",
        "django.core.mail.backends.smtp.EmailBackend",  # at a port where nobody listens
    ],
)
def test_where_no_mail_leaves_the_site_the_answer_stays_and_the_curator_is_told(
    told: Any, settings: Any, backend: str
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = backend, "127.0.0.1", 1
    suggestion = sent()
    assert told(suggestions.reject, suggestion, reason="No.") == ([], 1)
    assert "No." in Page(Client().get(f"/suggest/{suggestion.reference}/")).text


@with_database
def test_an_answer_that_is_taken_back_is_not_sent(
    admin_user: Any, mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: Any
) -> None:
    suggestion = sent()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        suggestions.reject(suggestion=suggestion, by=admin_user, reason="No.")
        transaction.set_rollback(True)
    assert mailoutbox == []
