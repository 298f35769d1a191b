"""Sources at the desk: what link checks found, what may be done about it, and the warning of one entered twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse

from partnerships.admin import desk
from partnerships.links.fetching import Outcome, Visit
from partnerships.models import LinkCheck, Source
from partnerships.services import links

from . import factories as make
from . import strange_web as web
from .admin_forms import address as change_url
from .admin_forms import opened as form_of
from .admin_forms import signed_in
from .markup import Page
from .strange_web import Site

pytestmark = pytest.mark.django_db
State = Source.LinkState


@pytest.fixture
def site() -> Iterator[Site]:
    with web.site() as running:
        yield running


def public_source(slug: str = "", **fields: Any) -> Source:
    source = make.make_source(slug, **fields)
    make.published_partnership(source=source)
    return source


def checked(source: Source, outcome: str, **fields: Any) -> LinkCheck:
    _before, check = links.record_visit(source_pk=source.pk, url=source.url, visit=Visit(outcome, **fields))
    assert check
    return check


def moved_source(slug: str = "", to: str = "https://example.org/new") -> Source:
    source = public_source(slug)
    checked(source, Outcome.MOVED, status=200, moved_to=to, final_url=to, redirects=((301, to),))
    source.refresh_from_db()
    return source


def entered(client: Client, **fields: Any) -> Any:
    """Post the form of a new source."""
    posted = form_of(client, model=Source) | {
        "title": "Report",
        "slug": "report-2",
        "kind": "government",
        "language": "en",
        "citations-TOTAL_FORMS": "0",
        "citations-INITIAL_FORMS": "0",
    }
    return client.post(reverse("admin:partnerships_source_add"), posted | fields)


# --- Link checks -----------------------------------------------------------------------------------------------------


def test_a_source_shows_its_last_checks(curator):
    source = moved_source(to="https://example.org/new?a=<b>")
    checked(source, Outcome.NOT_FOUND, status=404)
    text = curator.get(change_url(source)).content.decode()
    for part in ("Moved for good", "301 → https://example.org/new?a=&lt;b&gt;", "Not found (404)", "HTTP 404"):
        assert part in text


def test_a_source_without_checks_says_so(curator):
    assert "The link was not checked yet." in curator.get(change_url(make.make_source())).content.decode()


def test_a_link_is_checked_at_once_by_who_may_change_the_source(curator, editor):
    """The real guard lets nobody visit this machine, and says so."""
    source = public_source(url="http://127.0.0.1/")
    up = public_source()
    checked(up, Outcome.WORKS, status=200)
    url = reverse("admin:partnerships_source_check_link", args=[source.pk])
    assert curator.post(url).status_code == 403
    assert editor.get(url).status_code == 405
    assert Client().post(url).status_code == 302
    assert editor.post(url.replace(str(source.pk), "999999")).status_code == 404
    assert not source.link_checks.exists()


def test_a_check_that_nothing_answers_to_is_not_noted(editor):
    source = public_source(url="http://127.0.0.1/")
    page = editor.post(reverse("admin:partnerships_source_check_link", args=[source.pk]), follow=True)
    assert "Nothing was noted" in page.content.decode()
    assert not source.link_checks.exists()


def test_a_check_from_the_admin_says_what_came_of_it(editor, site, monkeypatch):
    source = public_source(url=site.says("/page", web.status(404)))
    monkeypatch.setattr(links, "Visitor", lambda **options: web.visitor(site))
    page = editor.post(reverse("admin:partnerships_source_check_link", args=[source.pk]), follow=True)
    assert "Checked: Not found (404)." in page.content.decode()
    assert source.link_checks.get().failing_days == 1


@pytest.mark.django_db(transaction=True)
def test_the_database_is_not_held_while_a_stranger_answers(site, monkeypatch):
    editor = signed_in("root", is_superuser=True)  # another such test may have emptied the groups
    held: list[bool] = []

    class Watching(web.Visitor):
        def visit(self, url: str) -> Visit:
            held.append(connection.in_atomic_block)
            return super().visit(url)

    gate = web.Gate(also={("127.0.0.1", site.port)})
    monkeypatch.setattr(
        links, "Visitor", lambda **options: Watching(user_agent="test", gate=gate, tls=web.no_authority, retries=0)
    )
    source = public_source(url=site.says("/page", web.status(200)))
    editor.post(reverse("admin:partnerships_source_check_link", args=[source.pk]))
    assert held == [False]
    assert source.link_checks.get().outcome == Outcome.WORKS


def test_an_editor_takes_a_new_address_with_one_click(editor, curator):
    source = moved_source()
    url = reverse("admin:partnerships_source_take_new_address", args=[source.pk])
    assert "Take the new address" in editor.get(change_url(source)).content.decode()
    assert curator.post(url).status_code == 403
    assert editor.post(url).status_code == 302
    source.refresh_from_db()
    assert source.url == "https://example.org/new"
    assert source.history.first().history_user.username == "editors"


def test_a_new_address_that_is_a_front_page_is_doubted(editor):
    doubted = "That is a front page"
    assert doubted in editor.get(change_url(moved_source(to="https://example.org/"))).content.decode()
    assert doubted not in editor.get(change_url(moved_source())).content.decode()


def test_new_addresses_are_taken_for_many_at_once_and_refusals_told(editor):
    one, other = moved_source("one", "https://example.org/1"), public_source("other", title="Stays")
    posted = {"action": "take_new_addresses", "_selected_action": [one.pk, other.pk]}
    page = editor.post(reverse("admin:partnerships_source_changelist"), posted, follow=True).content.decode()
    assert "1 source has its new address." in page
    assert "Stays: No check has found a new address." in page


def test_a_curator_takes_no_new_address_of_a_public_source_by_the_list_either(curator):
    source = moved_source()
    posted = {"action": "take_new_addresses", "_selected_action": [source.pk]}
    page = curator.post(reverse("admin:partnerships_source_changelist"), posted, follow=True).content.decode()
    assert "Only editors change a source that is public." in page
    source.refresh_from_db()
    assert source.url != "https://example.org/new"


def test_a_changed_address_is_not_checked_yet(editor):
    source = public_source(link_state=State.BROKEN)
    editor.post(change_url(source), form_of(editor, source) | {"title": "Other"})
    source.refresh_from_db()
    assert source.link_state == State.BROKEN
    editor.post(change_url(source), form_of(editor, source) | {"url": "https://example.org/other"})
    source.refresh_from_db()
    assert source.link_state == State.UNCHECKED


def test_the_log_of_checks_is_read_only(editor):
    check = checked(public_source(), Outcome.WORKS, status=200)
    assert editor.get(change_url(check)).status_code == 200
    assert editor.post(change_url(check), {"outcome": "gone"}).status_code == 403
    assert editor.get(reverse("admin:partnerships_linkcheck_add")).status_code == 403
    with pytest.raises(TypeError):
        check.save()


# --- The desk --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["Broken links without an archived copy", "Sources that moved for good"])
def test_the_desk_counts_what_its_list_shows(editor, label):
    public_source("broken", link_state=State.BROKEN)
    public_source("kept", link_state=State.BROKEN, archived_url="https://web.archive.org/web/1/https://example.org/")
    make.cite(make.make_partnership(), make.make_source("of-a-draft", link_state=State.BROKEN))
    make.make_source("uncited", link_state=State.REDIRECTED)
    moved_source("moved-1", "https://example.org/1")
    moved_source("moved-2", "https://example.org/2")
    request = RequestFactory().get("/admin/")
    request.user = editor.get("/admin/").wsgi_request.user
    [task] = [task for task in desk.waiting_for(request.user) if task.label == label]
    changelist = editor.get(task.address).context["cl"]
    assert changelist.result_count == task.count == (1 if "Broken" in label else 2)


def test_the_list_of_moved_sources_shows_where_to_and_that_of_broken_ones_why(editor):
    moved_source(to="https://example.org/new")
    broken = public_source(link_state=State.BROKEN)
    checked(broken, Outcome.GONE, status=410)
    Source.objects.filter(pk=broken.pk).update(link_state=State.BROKEN)
    url = reverse("admin:partnerships_source_changelist")
    assert 'href="https://example.org/new"' in editor.get(url, {"link": "moved"}).content.decode()
    assert "Gone (410)" in editor.get(url, {"link": "broken"}).content.decode()


def test_the_lists_of_links_need_no_query_per_row(editor, django_assert_max_num_queries):
    for number in range(12):
        moved_source(to=f"https://example.org/new-{number}")
    with django_assert_max_num_queries(20):
        assert editor.get(reverse("admin:partnerships_source_changelist"), {"link": "moved"}).status_code == 200


# --- The same address ------------------------------------------------------------------------------------------------


def test_a_source_whose_address_is_one_already_comes_back_once(curator):
    present = make.make_source("report", title="The first <report>", url="http://www.example.org/report/")
    answer = entered(curator, url="https://example.org/report?utm_source=mail#top", publisher="Typed meanwhile")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "The first &lt;report&gt;" in text
    assert f'href="{change_url(present)}"' in text
    assert "Typed meanwhile" in text
    assert Source.objects.count() == 1
    # The one in the pattern for the script is none that a form sends.
    [tick] = [box for box in Page(answer).all("input", name="same_url_accepted") if not box.is_in("template")]
    answer = entered(
        curator, url="https://example.org/report?utm_source=mail#top", same_url_accepted=tick.attributes["value"]
    )
    assert answer.status_code == 302
    assert Source.objects.count() == 2


def test_a_tick_for_one_address_is_none_for_another(curator):
    make.make_source("one", url="https://example.org/one")
    make.make_source("two", url="https://example.org/two")
    assert entered(curator, url="https://example.org/two", same_url_accepted="example.org/one").status_code == 200
    assert Source.objects.count() == 2


def test_a_new_address_is_saved_without_a_question(curator):
    make.make_source("one", url="https://example.org/one")
    assert entered(curator, url="https://example.org/two").status_code == 302


def test_a_source_does_not_warn_of_itself_and_an_unchanged_address_is_not_asked_about(curator):
    source, twin = (make.make_source(slug, url="https://example.org/r") for slug in ("one", "two"))
    assert curator.post(change_url(source), form_of(curator, source) | {"title": "New"}).status_code == 302
    changed = form_of(curator, twin) | {"url": "https://example.org/r/"}
    assert curator.post(change_url(twin), changed).status_code == 200
    source.delete()
    assert curator.post(change_url(twin), changed).status_code == 302


def test_the_script_is_told_the_same(curator):
    source = make.make_source("one", title="One", url="https://example.org/one")
    make.cite(make.make_partnership(), source)
    url = reverse("admin:partnerships_source_same_url")
    found = curator.get(url, {"url": "http://www.example.org/one/"}).json()
    assert found["key"] == "example.org/one"
    [row] = found["sources"]
    assert (row["title"], row["address"], row["cited"]) == ("One", change_url(source), "cited by 1 record")
    assert curator.get(url, {"url": source.url, "but": source.pk}).json()["sources"] == []
    for nonsense in ({}, {"url": ""}, {"url": "http://["}, {"url": "x" * 5000}, {"url": source.url, "but": "²"}):
        assert curator.get(url, nonsense).status_code == 200
    assert Client().get(url, {"url": source.url}).status_code == 302


def test_who_may_not_see_sources_is_told_nothing():
    source = make.make_source()
    nobody = signed_in("nobody")
    assert nobody.get(reverse("admin:partnerships_source_same_url"), {"url": source.url}).status_code == 403
    assert nobody.get(reverse("admin:partnerships_source_choose", args=[source.pk])).status_code == 403


def test_in_the_window_of_a_citation_the_source_that_is_there_can_be_cited_instead(curator):
    present = make.make_source("report", title="</script>", url="https://example.org/report")
    answer = entered(curator, url="https://example.org/report", _popup="1")
    choose = reverse("admin:partnerships_source_choose", args=[present.pk])
    assert f'href="{choose}"' in answer.content.decode()
    text = curator.get(choose).content.decode()
    assert f"&quot;value&quot;: &quot;{present.pk}&quot;" in text
    assert "&lt;/script&gt;" in text


def test_outside_of_such_a_window_there_is_nothing_to_choose(curator):
    make.make_source("report", url="https://example.org/report")
    assert "Cite this source instead" not in entered(curator, url="https://example.org/report").content.decode()


def test_every_page_of_a_source_is_there_in_both_languages(editor):
    source = moved_source()
    for prefix in ("", "/ja"):
        for url in (change_url(source), reverse("admin:partnerships_source_add")):
            assert editor.get(prefix + url).status_code == 200
    assert admin.site.is_registered(LinkCheck)
