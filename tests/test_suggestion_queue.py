"""The curators' side of suggestions, through its pages: the queue, side by side, each step by whoever may take it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from partnerships.admin import desk
from partnerships.models import Actor, Partnership, Publication, Source, Suggestion, SuggestionStep, Theme
from partnerships.services import suggestions

from .admin_forms import address as change_url
from .admin_forms import opened as form_of
from .admin_forms import signed_in
from .factories import cite, make_partnership, make_source, make_theme, published_partnership
from .markup import Page
from .test_hostile_records import HOSTILE, hostile

pytestmark = pytest.mark.django_db

EVIDENCE = "https://www.city.kobe.lg.jp/nurses.html"
DRAFT = {
    "accept-title": "Kobe–Seattle nurses",
    "accept-kind": "exchange",
    "accept-source_title": "Exchange of nurses",
    "accept-source_kind": "government",
    "accept-source_language": "en",
    "accept-supports": "existence",
}
CORRECTION = {name: DRAFT[name] for name in DRAFT if name not in {"accept-title", "accept-kind"}}


def a_suggestion(**fields: Any) -> Suggestion:
    number = Suggestion.objects.count()
    written = {"text": f"Nurses are exchanged, {number}.", "evidence_url": EVIDENCE, "language": "en"}
    return suggestions.receive(
        **written | {"client": f"client {number}", "sender_email": "ann@example.org"} | fields
    ).suggestion


def take(client: Client, suggestion: Suggestion, verb: str, **posted: Any) -> Any:
    return client.post(change_url(suggestion), {"verb": verb, **posted}, follow=True)


def rows_of(client: Client, query: str = "") -> list[str]:
    page = Page(client.get(f"{reverse('admin:partnerships_suggestion_changelist')}{query}"))
    return page.texts("th", class_="field-reference")


# --- The queue -----------------------------------------------------------------------------------------------------


def test_who_has_waited_longest_comes_first_and_states_have_lists_of_their_own(curator: Client) -> None:
    first, second = a_suggestion(), a_suggestion()
    held = a_suggestion(evidence_url="https://bit.ly/x")
    assert rows_of(curator) == [first.reference, second.reference, held.reference]
    assert rows_of(curator, "?state__exact=held") == [held.reference]
    listed = curator.get(f"{reverse('admin:partnerships_suggestion_changelist')}?state__exact=held")
    assert "shortened address of “bit.ly”" in Page(listed).text
    assert rows_of(curator, f"?q={second.reference}") == [second.reference]


def test_new_records_and_corrections_are_told_apart_also_when_the_record_is_gone(curator: Client) -> None:
    new, correction = a_suggestion(), a_suggestion(partnership=published_partnership("kobe-seattle"))
    Partnership.objects.all().delete()
    assert rows_of(curator, "?about=new") == [new.reference]
    assert rows_of(curator, "?about=correction") == [correction.reference]
    assert len(rows_of(curator, "?about=x")) == 2


def test_the_desk_counts_what_its_links_list(editor: Client) -> None:
    waiting, forwarded = a_suggestion(), a_suggestion()
    a_suggestion(is_trapped=True)
    a_suggestion(text="Another")
    user = User.objects.get()
    suggestions.forward(suggestion=forwarded, by=user)
    suggestions.reject(suggestion=waiting, by=user, reason="No.")
    counted = {task.label: task for task in desk.waiting_for(User.objects.get())}
    ours = {label: task.count for label, task in counted.items() if label.startswith("Suggestions")}
    assert ours == {
        "Suggestions of the public": 1,
        "Suggestions passed on to editors": 1,
        "Suggestions held by a rule": 1,
    }
    for label in ours:
        query = counted[label].address.partition("?")[2]
        assert len(rows_of(editor, f"?{query}")) == ours[label]


def test_a_curator_is_not_shown_what_only_editors_can_do(curator: Client) -> None:
    labels = [task.label for task in desk.waiting_for(User.objects.get())]
    assert "Suggestions of the public" in labels and "Suggestions passed on to editors" not in labels


# --- Side by side --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_the_page_shows_both_sides_and_a_link_that_tells_nobody_where_one_came_from(
    curator: Client, prefix: str
) -> None:
    record = published_partnership("kobe-seattle", title="Kobe–Seattle", title_ja="神戸・シアトル", started="1957-10")
    suggestion = a_suggestion(partnership=record, text="Since 2019,\nnurses.", sender_name="Ann Other")
    page = Page(curator.get(prefix + change_url(suggestion)))
    assert {"Kobe–Seattle", "www.city.kobe.lg.jp"} <= {*page.texts("strong")}
    assert {"Since 2019, nurses."} <= {*page.texts("p", class_="as-typed")}
    assert {"Ann Other", "ann@example.org"} <= {*page.texts("dd")}
    link = page.one("a", href=EVIDENCE)
    assert link.attributes["rel"] == "noopener noreferrer nofollow"
    assert str(record.citations.get().source) in page.texts("li")


def test_a_source_that_is_known_names_the_records_that_rest_on_it(curator: Client) -> None:
    cite(make_partnership("known", title="Known already"), make_source(url=EVIDENCE))
    text = Page(curator.get(change_url(a_suggestion()))).text
    assert "Records that cite this page already" in text and "Known already" in text


def test_hostile_texts_stay_texts_in_every_place_a_curator_sees(editor: Client) -> None:
    record = published_partnership("kobe-seattle", themes=(make_theme(),))
    for each in (*Actor.objects.all(), *Source.objects.all(), *Theme.objects.all(), record):
        hostile(each)
    url = "https://example.org/?a=1&b=</script>\"'><u>{{ 7 }}"
    suggestion = a_suggestion(partnership=record, text=HOSTILE, sender_name=HOSTILE[:100], evidence_url=url)
    user = User.objects.get()
    suggestions.ask(suggestion=suggestion, by=user, question=HOSTILE)
    suggestions.answer(suggestion=suggestion, text=HOSTILE)
    pages = {
        change_url(suggestion),
        reverse("admin:partnerships_suggestion_changelist"),
        reverse("admin:partnerships_suggestionstep_changelist"),
        reverse("admin:partnerships_suggestion_delete", args=[suggestion.pk]),
        change_url(record),
    }
    for address in pages:
        page = Page(editor.get(address))
        assert not page.all("u"), address
        assert not [it for it in page.elements if {"onclick", "style"} & it.attributes.keys()], address
    wrong = take(editor, suggestion, "accept", **{"accept-source_title": HOSTILE + '"><u>'})
    assert not Page(wrong).all("u")


# --- The steps -----------------------------------------------------------------------------------------------------


def test_a_curator_makes_a_draft_which_shows_what_was_suggested_above_its_form(curator: Client) -> None:
    suggestion = a_suggestion(text="Nurses, since 2019.")
    page = take(curator, suggestion, "accept", **DRAFT)
    record = Partnership.objects.get()
    assert page.redirect_chain[-1][0] == change_url(record)
    assert (record.title, record.publication, record.note) == ("Kobe–Seattle nurses", "draft", "")
    assert record.citations.get().source.title == "Exchange of nurses"
    [beside] = Page(page).all("aside", class_="suggested")
    assert "Nurses, since 2019." in beside.text and EVIDENCE in beside.text
    assert Client().get(record.get_absolute_url()).status_code == 404


def test_the_title_begins_as_the_first_words_of_what_was_written(curator: Client) -> None:
    suggestion = a_suggestion(text=f"{'Kobe and Seattle ' * 10}\nand more")
    field = Page(curator.get(change_url(suggestion))).one("input", name="accept-title")
    assert field.attributes["value"].startswith("Kobe and Seattle") and len(field.attributes["value"]) == 100


def test_what_is_missing_is_told_beside_its_field_and_what_was_typed_is_kept(curator: Client) -> None:
    answer = take(curator, a_suggestion(), "accept", **DRAFT | {"accept-kind": "", "accept-note": "My long note"})
    page = Page(answer)
    assert "This field is required." in page.texts("li")
    assert "My long note" in page.texts("textarea")
    assert not Partnership.objects.exists() and not Source.objects.exists()


def test_an_editor_accepts_a_correction_edits_the_record_and_everybody_sees_it(editor: Client) -> None:
    record = published_partnership("kobe-seattle", title="Kobe-Seatle")
    suggestion = a_suggestion(partnership=record, text="It is Seattle, with two t.")
    page = take(editor, suggestion, "accept", **CORRECTION)
    assert page.redirect_chain[-1][0] == change_url(record)
    assert "with two t" in Page(page).one("aside", class_="suggested").text
    editor.post(change_url(record), form_of(editor, record) | {"title": "Kobe–Seattle"})
    public = Page(Client().get(record.get_absolute_url()))
    assert public.one("h1").text == "Kobe–Seattle" and EVIDENCE in public.links()
    assert "with two t" not in public.text


@pytest.mark.parametrize("state", [Publication.PUBLISHED, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_a_curator_passes_on_what_only_editors_may_change(curator: Client, editor: Client, state: str) -> None:
    record = published_partnership("kobe-seattle")
    Partnership.objects.update(publication=state)
    suggestion = a_suggestion(partnership=record)
    offered = {
        button.attributes["value"] for button in Page(curator.get(change_url(suggestion))).all("button", name="verb")
    }
    assert offered == {"forward", "ask", "reject"}
    assert take(curator, suggestion, "accept", **CORRECTION).status_code == 403
    assert record.citations.count() == 1
    take(curator, suggestion, "forward")
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.steps.last().by.username) == ("forwarded", "curators")
    take(editor, suggestion, "accept", **CORRECTION)
    assert record.citations.count() == 2


def test_a_curator_accepts_a_correction_of_a_draft(curator: Client) -> None:
    record = published_partnership("kobe-seattle")
    suggestion = a_suggestion(partnership=record)
    Partnership.objects.update(publication=Publication.DRAFT)
    take(curator, suggestion, "accept", **CORRECTION)
    assert record.citations.count() == 2


def test_a_question_and_an_answer_go_back_and_forth(
    curator: Client, mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: Any
) -> None:
    suggestion = a_suggestion()
    with django_capture_on_commit_callbacks(execute=True):
        take(curator, suggestion, "ask", **{"ask-words": "In which year?"})
    [mail] = mailoutbox
    assert mail.to == ["ann@example.org"] and "In which year?" in mail.body
    suggestions.answer(suggestion=suggestion, text="In 2019.")
    log = " ".join(Page(curator.get(change_url(suggestion))).texts("li"))
    assert "In which year?" in log and "In 2019." in log and "curators" in log


def test_who_left_no_address_cannot_be_asked(curator: Client) -> None:
    suggestion = a_suggestion(sender_email="")
    page = Page(curator.get(change_url(suggestion)))
    assert "ask" not in [button.attributes.get("value") for button in page.all("button")]
    answer = take(curator, suggestion, "ask", **{"ask-words": "When?"})
    assert "left no e-mail address" in Page(answer).text
    assert suggestion.steps.count() == 1


def test_rejecting_needs_a_reason(curator: Client) -> None:
    suggestion = a_suggestion()
    assert "This field is required." in Page(take(curator, suggestion, "reject")).texts("li")
    take(curator, suggestion, "reject", **{"reject-words": "The page does not say so."})
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.reason) == ("rejected", "The page does not say so.")
    assert not Page(curator.get(change_url(suggestion))).all("button", name="verb")


def test_what_a_rule_held_is_released_before_it_is_accepted(curator: Client) -> None:
    suggestion = a_suggestion(evidence_url="https://bit.ly/x")
    page = Page(curator.get(change_url(suggestion)))
    assert "shortened address of “bit.ly”" in page.text
    assert {button.attributes["value"] for button in page.all("button", name="verb")} == {"release", "reject"}
    assert "from which this step does not lead" in Page(take(curator, suggestion, "accept", **DRAFT)).text
    take(curator, suggestion, "release")
    suggestion.refresh_from_db()
    assert suggestion.state == "waiting"
    assert "Why it was held" in Page(curator.get(change_url(suggestion))).text


def test_the_second_of_two_curators_is_told_what_the_first_decided(curator: Client, editor: Client) -> None:
    suggestion = a_suggestion()
    take(curator, suggestion, "reject", **{"reject-words": "No."})
    answer = take(editor, suggestion, "accept", **DRAFT)
    assert "The suggestion is in the state “Rejected” by now" in Page(answer).text
    assert not Partnership.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_curator_is_told_on_the_next_page_that_no_mail_was_sent(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    suggestion = a_suggestion()
    root = User.objects.create_superuser("root")
    client = Client()
    client.force_login(root)
    answer = take(client, suggestion, "reject", **{"reject-words": "No."})
    assert "No mail could be sent." in Page(answer).text


# --- Who may what --------------------------------------------------------------------------------------------------

STEPS = {
    "accept": DRAFT,
    "ask": {"ask-words": "When?"},
    "reject": {"reject-words": "No."},
    "release": {},
    "forward": {},
    "": {},
    "nonsense": {},
}


@pytest.mark.parametrize("verb", STEPS)
@pytest.mark.parametrize("groups", [(), None], ids=["staff without a group", "nobody"])
def test_others_neither_see_a_suggestion_nor_take_a_step(verb: str, groups: tuple[str, ...] | None) -> None:
    suggestion = a_suggestion()
    client = Client() if groups is None else signed_in("somebody", *groups)
    denied = 302 if groups is None else 403
    assert client.get(change_url(suggestion)).status_code == denied
    assert client.post(change_url(suggestion), {"verb": verb, **STEPS[verb]}).status_code == denied
    assert SuggestionStep.objects.count() == 1


@pytest.mark.parametrize("verb", ["", "nonsense", "forward"])
def test_a_step_that_does_not_exist_changes_nothing(editor: Client, verb: str) -> None:
    suggestion = a_suggestion()
    assert take(editor, suggestion, verb).status_code in {200, 403}
    assert suggestion.steps.count() == 1


def test_editors_delete_and_curators_do_not(curator: Client, editor: Client) -> None:
    suggestion = a_suggestion()
    address = reverse("admin:partnerships_suggestion_delete", args=[suggestion.pk])
    assert address not in Page(curator.get(change_url(suggestion))).links()
    assert curator.post(address, {"post": "yes"}).status_code == 403
    assert address in Page(editor.get(change_url(suggestion))).links()
    assert editor.post(address, {"post": "yes"}).status_code == 302
    assert not Suggestion.objects.exists()


def test_what_was_written_and_the_log_are_changed_by_nobody(editor: Client) -> None:
    suggestion = a_suggestion()
    take(editor, suggestion, "release", text="Changed", state="accepted")
    before = suggestion.text
    suggestion.refresh_from_db()
    assert (suggestion.text, suggestion.state) == (before, "waiting")
    step = suggestion.steps.get()
    assert editor.post(change_url(step), {"note": "Changed"}).status_code == 403
    assert editor.get(reverse("admin:partnerships_suggestion_add")).status_code == 403


def test_a_suggestion_that_is_gone_is_not_found(editor: Client) -> None:
    assert editor.get(reverse("admin:partnerships_suggestion_change", args=[4711])).status_code == 404


def test_a_draft_s_form_shows_no_suggestion_to_whoever_may_not_see_them(curator: Client) -> None:
    record = make_partnership("draft")
    a_suggestion(partnership=record, text="For curators only")
    assert "For curators only" in Page(curator.get(change_url(record))).text
    User.objects.get().groups.clear()
    User.objects.get().user_permissions.add(Permission.objects.get(codename="view_partnership"))
    assert "For curators only" not in Page(curator.get(change_url(record))).text
