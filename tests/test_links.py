"""Links are visited politely and within bounds, every failure has its name, and broken means three days."""

from __future__ import annotations

import datetime as dt
import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from partnerships.links.fetching import MOST_REDIRECTS, Outcome, Visit
from partnerships.links.outcomes import FAILED, UNDECIDED, WORKING, Standing, state_after
from partnerships.links.rounds import visit_all
from partnerships.links.same import beginnings, key_of
from partnerships.models import LinkCheck, Milestone, Publication, Source, version
from partnerships.models import Outcome as Result
from partnerships.services import links
from partnerships.services.links import CheckReport, NoNetworkError, NotTakenError

from . import factories as make
from . import strange_web as web
from .strange_web import Names, Site

State = Source.LinkState


@pytest.fixture
def site() -> Iterator[Site]:
    with web.site() as running:
        yield running


# --- One visit -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (200, Outcome.WORKS),
        (204, Outcome.WORKS),
        (400, Outcome.BAD_REQUEST),
        (401, Outcome.REFUSED),
        (403, Outcome.REFUSED),
        (404, Outcome.NOT_FOUND),
        (410, Outcome.GONE),
        (418, Outcome.BAD_REQUEST),
        (429, Outcome.REFUSED),
        (500, Outcome.SERVER_ERROR),
        (503, Outcome.SERVER_ERROR),
        (304, Outcome.BAD_ANSWER),
        (999, Outcome.BAD_ANSWER),
    ],
)
def test_every_answer_has_its_outcome(site, code, outcome):
    found = web.visitor(site).visit(site.says("/page", web.status(code)))
    assert (found.outcome, found.status) == (outcome, code)


def test_a_link_that_works_is_asked_once_and_by_name(site):
    visitor = web.visitor(site, user_agent=links.user_agent())
    assert visitor.visit(site.says("/page", web.status(200))).outcome == Outcome.WORKS
    assert site.seen == [("HEAD", "/page")]
    [agent] = site.server.agents
    assert agent == "USJapanPartnershipsDirectory/1.0 (link check; +http://127.0.0.1:8000/about/)"


@pytest.mark.parametrize("head", [web.status(404), web.status(405), web.status(500), web.hang_up, web.nonsense])
def test_what_refuses_head_is_asked_with_get(site, head):
    url = site.says("/page", web.only_get(web.status(200), for_head=head))
    assert web.visitor(site).visit(url).outcome == Outcome.WORKS
    assert site.seen == [("HEAD", "/page"), ("GET", "/page")]


def test_what_is_silent_to_head_is_asked_with_get(site):
    url = site.says("/page", web.only_get(web.status(200), for_head=web.silence))
    assert web.visitor(site, seconds_each=0.3).visit(url).outcome == Outcome.WORKS
    assert site.seen == [("HEAD", "/page"), ("GET", "/page")]


def test_who_asks_for_patience_is_not_asked_again_at_once(site):
    web.visitor(site).visit(site.says("/page", web.status(429)))
    assert site.seen == [("HEAD", "/page")]


def test_a_body_without_end_is_not_read(site):
    url = site.says("/page", web.only_get(web.endless, for_head=web.status(405)))
    begun = time.monotonic()
    assert web.visitor(site).visit(url).outcome == Outcome.WORKS
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("behaviour", [web.silence, web.drip])
def test_who_is_slow_or_drips_for_ever_is_left_after_the_time_that_a_request_may_take(site, behaviour):
    begun = time.monotonic()
    found = web.visitor(site, seconds_each=0.3).visit(site.says("/page", behaviour))
    assert found.outcome == Outcome.TIMEOUT
    assert time.monotonic() - begun < 10


def test_a_handshake_without_end_is_left_too():
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _address = server.accept()
            with connection, suppress(OSError):
                connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 KB begins
                while not over.wait(0.02):
                    connection.sendall(b"a")

        thread = threading.Thread(target=drip)
        thread.start()
        port = server.getsockname()[1]
        visitor = web.visitor(seconds_each=0.3)
        visitor._gate = web.Gate(also={("127.0.0.1", port)})
        begun = time.monotonic()
        assert visitor.visit(f"https://127.0.0.1:{port}/").outcome == Outcome.TIMEOUT
        assert time.monotonic() - begun < 10
        over.set()
        thread.join()


def test_a_server_without_encryption_is_told_apart(site):
    assert web.visitor(site).visit(site.url("/").replace("http:", "https:")).outcome == Outcome.TLS


@pytest.mark.parametrize(
    ("behaviour", "outcome"), [(web.hang_up, Outcome.BAD_ANSWER), (web.nonsense, Outcome.BAD_ANSWER)]
)
def test_who_does_not_speak_http_makes_no_sense(site, behaviour, outcome):
    found = web.visitor(site).visit(site.says("/page", behaviour))
    assert found.outcome == outcome
    assert not found.is_answered


def test_a_port_where_nobody_listens_is_no_connection():
    with web.site() as gone:
        pass
    assert web.visitor(gone).visit(gone.url("/")).outcome == Outcome.NO_CONNECTION


def test_a_name_that_does_not_exist_is_told_apart(site):
    found = web.visitor(site).visit(site.url("/", "nowhere.test"))
    assert (found.outcome, found.detail) == (Outcome.NO_NAME, "nowhere.test: unknown")


def test_it_tries_each_address_of_a_name(site):
    names = Names({"two.test": [["127.0.0.2", "127.0.0.1"]]})
    visitor = web.visitor(site, names=names)
    visitor._gate = web.Gate(also={("127.0.0.2", site.port), ("127.0.0.1", site.port)}, resolve=names)
    assert visitor.visit(site.url("/", "two.test")).status == 404


# --- Where it leads --------------------------------------------------------------------------------------------------


def test_each_step_of_a_way_is_kept_and_a_permanent_one_gives_the_new_address(site):
    site.says("/new", web.status(200))
    site.says("/middle", web.leads_to("/new", 308))
    url = site.says("/old", web.leads_to(site.url("/middle"), 301))
    found = web.visitor(site).visit(f"{url}#page=3")
    assert found.outcome == Outcome.MOVED
    assert found.redirects == ((301, site.url("/middle")), (308, site.url("/new")))
    assert (found.final_url, found.moved_to) == (site.url("/new"), site.url("/new#page=3"))


@pytest.mark.parametrize("code", [302, 303, 307])
def test_a_temporary_step_gives_no_new_address(site, code):
    site.says("/today", web.status(200))
    found = web.visitor(site).visit(site.says("/page", web.leads_to("/today", code)))
    assert (found.outcome, found.moved_to, found.final_url) == (Outcome.WORKS, "", site.url("/today"))


def test_a_new_address_reaches_as_far_as_permanent_steps_do(site):
    site.says("/today", web.status(200))
    site.says("/new", web.leads_to("/today", 302))
    found = web.visitor(site).visit(site.says("/old", web.leads_to("/new", 301)))
    assert (found.outcome, found.moved_to, found.final_url) == (Outcome.MOVED, site.url("/new"), site.url("/today"))


def test_what_moved_to_nowhere_has_no_new_address(site):
    found = web.visitor(site).visit(site.says("/old", web.leads_to("/gone", 301)))
    assert (found.outcome, found.moved_to, found.final_url) == (Outcome.NOT_FOUND, "", site.url("/gone"))


def test_a_way_without_end_is_left_after_some_steps(site):
    found = web.visitor(site).visit(site.says("/round", web.leads_to("/round", 302)))
    assert found.outcome == Outcome.TOO_MANY_REDIRECTS
    assert len(site.seen) == MOST_REDIRECTS + 1


def test_a_cookie_that_the_way_asks_for_is_shown(site):
    def gate(handler: web.Handler) -> None:
        if handler.headers["Cookie"] == "seen=1":
            handler.answer(200)
        else:
            handler.answer(302, Location="/page", Set_Cookie="seen=1")

    assert web.visitor(site).visit(site.says("/page", gate)).outcome == Outcome.WORKS


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("http://127.0.0.1/", Outcome.BLOCKED),
        ("//127.0.0.1/", Outcome.BLOCKED),
        ("http://169.254.169.254/latest/meta-data/", Outcome.BLOCKED),
        ("http://[::ffff:169.254.169.254]/", Outcome.BLOCKED),
        ("https://[fd00:ec2::254]/", Outcome.BLOCKED),
        ("http://inside.test/", Outcome.BLOCKED),
        ("file:///etc/passwd", Outcome.BAD_ADDRESS),
        ("javascript:alert(1)", Outcome.BAD_ADDRESS),
        ("http://[", Outcome.BAD_ADDRESS),
        ("http://127.0.0.1:6379/", Outcome.NOT_VISITED),
        ("http://admin:admin@router.test/", Outcome.NOT_VISITED),
    ],
)
def test_a_redirect_leads_nowhere_that_a_link_may_not(site, address, outcome):
    names = Names({"inside.test": [["10.0.0.1"]], "router.test": [["192.168.1.1"]]})
    found = web.visitor(site, names=names).visit(site.says("/page", web.leads_to(address)))
    assert (found.outcome, found.moved_to) == (outcome, "")
    assert site.seen == [("HEAD", "/page")]


def test_a_redirect_reaches_no_other_server_of_this_machine(site):
    with web.site() as other:
        names = Names({"public.test": [["127.0.0.1"]]})
        visitor = web.visitor(site, names=names)
        # Its port may be asked, its address may not.
        visitor._gate = web.Gate(also={("127.0.0.1", site.port), ("127.0.0.9", other.port)}, resolve=names)
        found = visitor.visit(site.says("/page", web.leads_to(other.url("/secret"))))
        assert found.outcome == Outcome.BLOCKED
        assert other.seen == []


def test_a_name_is_resolved_once_and_the_address_that_was_looked_at_is_used(site):
    """Whoever answers for a name gives a good address to the one who looks and a bad one to the one who connects."""
    names = Names({"rebinds.test": [["127.0.0.1"], ["10.0.0.1"]]})
    url = site.says("/page", web.status(200)).replace("127.0.0.1", "rebinds.test")
    assert web.visitor(site, names=names).visit(url).outcome == Outcome.WORKS
    assert names.asked == ["rebinds.test"]
    assert site.hosts == [f"rebinds.test:{site.port}"]


def test_a_name_that_is_asked_again_is_looked_at_again(site):
    names = Names({"rebinds.test": [["127.0.0.1"], ["10.0.0.1"]]})
    behaviour = web.leads_to("/inside", 302)

    def and_close(handler: web.Handler) -> None:
        behaviour(handler)
        handler.close_connection = True

    url = site.says("/page", and_close).replace("127.0.0.1", "rebinds.test")
    found = web.visitor(site, names=names).visit(url)
    assert (found.outcome, names.asked) == (Outcome.BLOCKED, ["rebinds.test"] * 2)
    assert site.seen == [("HEAD", "/page")]


def test_proxies_of_the_environment_are_not_used(site, monkeypatch):
    with web.site() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url("/"))
        assert web.visitor(site).visit(site.says("/page", web.status(200))).outcome == Outcome.WORKS
        assert proxy.seen == []


# --- Certificates ----------------------------------------------------------------------------------------------------


def visit_secure(context: Any, authority: web.Certificate, name: str = "secure.test") -> Visit:
    with web.site(context) as secure:
        secure.says("/", web.status(200))
        names = Names({name: [["127.0.0.1"]]})
        return web.visitor(secure, names=names, tls=authority.trusted()).visit(secure.url("/", name))


def test_a_certificate_is_that_of_the_name_though_the_connection_goes_to_an_address(tmp_path: Path):
    authority = web.certificate("Authority", is_authority=True)
    right = web.certificate("secure.test", by=authority)
    assert visit_secure(right.serving(tmp_path), authority).outcome == Outcome.WORKS
    by_number = web.certificate("127.0.0.1", by=authority)
    assert visit_secure(by_number.serving(tmp_path), authority).outcome == Outcome.TLS


def test_a_certificate_that_proves_nothing_is_told_apart(tmp_path: Path):
    authority = web.certificate("Authority", is_authority=True)
    self_signed = web.certificate("secure.test")
    expired = web.certificate("secure.test", by=authority, days=-2)
    for each, word in ((self_signed, "self-signed"), (expired, "expired")):
        found = visit_secure(each.serving(tmp_path), authority)
        assert found.outcome == Outcome.TLS
        assert word in found.detail


def test_a_chain_that_lacks_a_link_is_not_held_against_the_link(tmp_path: Path):
    authority = web.certificate("Authority", is_authority=True)
    between = web.certificate("Between", by=authority, is_authority=True)
    leaf = web.certificate("secure.test", by=between)
    assert visit_secure(leaf.serving(tmp_path, between), authority).outcome == Outcome.WORKS
    assert visit_secure(leaf.serving(tmp_path), authority).outcome == Outcome.UNVERIFIED


# --- Patience --------------------------------------------------------------------------------------------------------


def test_what_may_pass_is_tried_again_after_longer_and_longer_pauses(site):
    pauses: list[float] = []
    url = site.says("/page", web.status(503), web.status(503), web.status(200))
    assert web.visitor(site, retries=2, pause=pauses.append).visit(url).outcome == Outcome.WORKS
    assert pauses == [1.0, 2.0]


def test_it_waits_as_long_as_it_is_asked_to_within_bounds(site):
    pauses: list[float] = []
    visitor = web.visitor(site, retries=2, pause=pauses.append)
    assert visitor.visit(site.says("/a", web.status(429, Retry_After="7"), web.status(200))).outcome == Outcome.WORKS
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=20)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert visitor.visit(site.says("/b", web.status(503, Retry_After=soon), web.status(200))).outcome == Outcome.WORKS
    assert visitor.visit(site.says("/c", web.status(429, Retry_After="3600"))).outcome == Outcome.REFUSED
    assert pauses[0] == 7.0
    assert 15 < pauses[1] <= 20
    assert len(pauses) == 2


def test_a_senseless_wish_for_patience_is_passed_over(site):
    for wish in ("soon", "-1", "", "99999999999999999999", "Mon, 99 Foo 2026 00:00:00 GMT"):
        found = web.visitor(site, retries=1).visit(site.says("/page", web.status(503, Retry_After=wish)))
        assert found.outcome == Outcome.SERVER_ERROR


def test_what_is_clear_is_not_tried_again(site):
    web.visitor(site, retries=2).visit(site.says("/page", web.status(404)))
    assert site.seen == [("HEAD", "/page"), ("GET", "/page")]


def test_all_tries_together_take_no_longer_than_a_visit_may(site):
    begun = time.monotonic()
    visitor = web.visitor(site, retries=50, seconds_each=0.2, seconds_in_all=0.5)
    assert visitor.visit(site.says("/page", web.silence)).outcome == Outcome.TIMEOUT
    assert time.monotonic() - begun < 10


def test_a_site_is_asked_one_thing_at_a_time_with_a_pause_and_others_meanwhile():
    at_once: list[int] = []
    together = threading.Barrier(2, timeout=10)
    present = {"count": 0}
    lock = threading.Lock()

    def counted(handler: web.Handler) -> None:
        with lock:
            present["count"] += 1
            at_once.append(present["count"])
        with lock:
            present["count"] -= 1
        handler.answer(200)

    def meets(handler: web.Handler) -> None:
        together.wait()  # answers only once the other site is asked, too
        handler.answer(200)

    pauses: list[float] = []
    with web.sites(2) as (one, two):
        names = Names({f"{name}.test": [["127.0.0.1"]] for name in ("one", "www.one", "two")})
        visitor = web.visitor(one, two, names=names, seconds_between=5.0, pause=pauses.append)
        urls = [one.says(f"/{number}", counted).replace("127.0.0.1", "one.test") for number in range(4)]
        urls.append(one.says("/www", counted).replace("127.0.0.1", "www.one.test"))
        urls.insert(0, one.says("/meets", meets).replace("127.0.0.1", "one.test"))
        urls.append(two.says("/meets", meets).replace("127.0.0.1", "two.test"))
        found = dict(visit_all(visitor, urls, stop=threading.Event()))
    assert {visit.outcome for visit in found.values()} == {Outcome.WORKS}
    assert set(found) == set(urls)
    assert max(at_once) == 1
    assert len(pauses) == 5  # between the six of one site
    assert all(4 < pause <= 5 for pause in pauses)


def test_the_same_address_is_asked_once_in_a_run(site):
    url = site.says("/page", web.status(200))
    assert len(list(visit_all(web.visitor(site), [url, url], stop=threading.Event()))) == 1
    assert site.seen == [("HEAD", "/page")]


def test_a_fault_of_ours_is_no_outcome(site):
    visitor = web.visitor(site)
    visitor._headers = None  # type: ignore[assignment]
    visitor._turns = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        list(visit_all(visitor, [site.url("/")], stop=threading.Event()))


# --- What is called broken -------------------------------------------------------------------------------------------

DAY = dt.date(2026, 11, 1)


def test_every_outcome_is_a_success_a_failure_or_undecided():
    assert set(LinkCheck.Outcome) == WORKING | UNDECIDED | FAILED
    assert not (WORKING & UNDECIDED or WORKING & FAILED or UNDECIDED & FAILED)


@pytest.mark.parametrize("outcome", sorted(FAILED))
def test_broken_needs_failures_on_three_different_days(outcome):
    standing, state = Standing(), State.OK
    for day in (0, 0, 0, 4, 4):
        standing = standing.after(outcome, DAY + dt.timedelta(days=day))
        state = state_after(state, outcome, standing)
    assert (standing.failing_days, state) == (2, State.OK)
    standing = standing.after(outcome, DAY + dt.timedelta(days=9))
    assert state_after(state, outcome, standing) == State.BROKEN


@pytest.mark.parametrize("outcome", sorted(UNDECIDED))
def test_what_is_undecided_neither_helps_nor_harms(outcome):
    standing = Standing(2, DAY)
    assert standing.after(outcome, DAY + dt.timedelta(days=1)) == standing
    assert state_after(State.BROKEN, outcome, Standing(3, DAY)) == State.BROKEN
    assert state_after(State.OK, outcome, Standing(3, DAY)) == State.OK


@pytest.mark.parametrize(("outcome", "state"), [(Outcome.WORKS, State.OK), (Outcome.MOVED, State.REDIRECTED)])
def test_one_success_makes_it_work_again(outcome, state):
    standing = Standing(5, DAY).after(outcome, DAY)
    assert (standing, state_after(State.BROKEN, outcome, standing)) == (Standing(), state)


# --- Runs ------------------------------------------------------------------------------------------------------------


def cited(url: str, slug: str = "", **fields: Any) -> Source:
    source = make.make_source(slug, url=url, **fields)
    make.published_partnership(source=source)
    return source


def days_pass(days: int = 1) -> None:
    for check in LinkCheck.objects.all():
        back = dt.timedelta(days=days)
        failed_on = check.failed_on and check.failed_on - back
        LinkCheck.objects.filter(pk=check.pk).update(checked_at=check.checked_at - back, failed_on=failed_on)


def run(*sites: Site, **options: Any) -> CheckReport:
    return links.check_links(visitor=web.visitor(*sites, names=options.pop("names", None)), **options)


@pytest.mark.django_db
def test_a_run_notes_what_came_of_each_link(site):
    works, gone = cited(site.says("/works", web.status(200))), cited(site.says("/gone", web.status(410)))
    moved = cited(site.says("/moved", web.leads_to("/works")))
    report = run(site)
    assert (report.wanted, report.checked, report.newly_broken) == (3, 3, 0)
    assert report.outcomes == {Outcome.WORKS: 1, Outcome.GONE: 1, Outcome.MOVED: 1}
    states = {source.pk: source.link_state for source in Source.objects.all()}
    assert states == {works.pk: State.OK, gone.pk: State.UNCHECKED, moved.pk: State.REDIRECTED}
    check = moved.link_checks.get()
    assert (check.url, check.moved_to, check.status) == (moved.url, works.url, 200)
    assert check.redirects == [[301, works.url]]


@pytest.mark.django_db
def test_a_link_is_broken_after_three_days_is_tested_on_and_works_again(site):
    up = cited(site.says("/up", web.status(200)))
    source = cited(site.says("/page", web.status(404)))
    for day, expected in enumerate([State.UNCHECKED, State.UNCHECKED, State.BROKEN, State.BROKEN]):
        for _again in range(2):
            report = run(site)
        source.refresh_from_db()
        assert source.link_state == expected, day
        days_pass()
    assert source.link_checks.first().failing_days == 4
    site.says("/page", web.status(200))
    report = run(site)
    source.refresh_from_db()
    assert (source.link_state, report.working_again) == (State.OK, 1)
    assert up.link_checks.count() == 9


@pytest.mark.django_db
def test_the_last_ten_checks_of_each_source_are_kept_and_the_count_goes_on(site):
    source = cited(site.says("/page", web.status(404)))
    for _day in range(14):
        run(site)
        days_pass()
    assert source.link_checks.count() == 10
    assert source.link_checks.first().failing_days == 14


@pytest.mark.django_db
def test_a_new_address_begins_anew(site):
    source = cited(site.says("/page", web.status(404)), link_state=State.OK)
    for _day in range(2):
        run(site)
        days_pass()
    Source.objects.filter(pk=source.pk).update(url=site.says("/other", web.status(404)))
    run(site)
    source.refresh_from_db()
    assert source.link_checks.first().failing_days == 1
    assert source.link_state == State.UNCHECKED


@pytest.mark.django_db
def test_only_what_something_that_is_not_archived_cites_is_checked(site):
    url = site.says("/page", web.status(200))
    make.make_source("uncited", url=url)
    archived = cited(url, "archived")
    archived.citations.get().partnership.delete()
    make.cite(make.make_partnership(publication=Publication.ARCHIVED), archived)
    draft = make.make_source("draft", url=url)
    make.cite(make.make_partnership(), draft)
    of_result, of_milestone = make.make_source("of-result", url=url), make.make_source("of-milestone", url=url)
    Result.objects.create(partnership=make.make_partnership(), statement="Something", source=of_result)
    Milestone.objects.create(partnership=make.make_partnership(), kind="renewed", on="2017", source=of_milestone)
    run(site)
    checked = set(LinkCheck.objects.values_list("source__slug", flat=True))
    assert checked == {"draft", "of-result", "of-milestone"}
    assert site.seen == [("HEAD", "/page")]  # one address, however many sources have it


@pytest.mark.django_db
def test_those_not_checked_for_longest_come_first_and_a_limit_holds(site):
    old, new, never = (cited(site.says(f"/{name}", web.status(200)), name) for name in ("old", "new", "never"))
    for source, days in ((old, 9), (new, 2)):
        links.record_visit(source_pk=source.pk, url=source.url, visit=Visit(Outcome.WORKS, 200))
        LinkCheck.objects.filter(source=source).update(checked_at=timezone.now() - dt.timedelta(days=days))
    assert [source.slug for source in links.due()] == ["never", "old", "new"]
    assert [source.slug for source in links.due(limit=2)] == ["never", "old"]
    assert [source.slug for source in links.due(stale_days=5)] == ["never", "old"]
    assert [source.slug for source in links.due(stale_days=10)] == ["never"]
    Source.objects.filter(pk=new.pk).update(url=site.url("/elsewhere"))
    assert [source.slug for source in links.due(stale_days=10)] == ["new", "never"]
    assert run(site, limit=1).checked == 1
    assert never


@pytest.mark.django_db
def test_without_a_network_nothing_is_written_down(site):
    source = cited("http://nowhere.test/", link_state=State.OK)
    report = run(site)
    assert (report.checked, report.unreached) == (0, 1)
    assert not LinkCheck.objects.exists()
    source.refresh_from_db()
    assert source.link_state == State.OK


@pytest.mark.django_db
def test_a_dead_name_is_written_down_once_another_site_answers(site):
    dead = cited("http://nowhere.test/")
    cited(site.says("/up", web.status(200)))
    report = run(site)
    assert (report.checked, report.unreached) == (2, 0)
    assert dead.link_checks.get().outcome == Outcome.NO_NAME


@pytest.mark.django_db
def test_a_link_that_worked_lately_bears_witness_that_there_is_a_network(site):
    up = cited(site.says("/up", web.status(200)))
    run(site)
    dead = cited("http://nowhere.test/")
    assert run(site, limit=1).checked == 1
    assert dead.link_checks.get().outcome == Outcome.NO_NAME
    assert up.link_checks.count() == 1


@pytest.mark.django_db
def test_what_is_broken_off_keeps_what_it_did(site):
    for number in range(6):
        cited(site.says(f"/{number}", web.status(200)))

    def after_three(done: int, total: int, url: str) -> None:
        if done == 3:
            raise KeyboardInterrupt

    report = run(site, report_progress=after_three)
    assert (report.is_broken_off, report.checked, LinkCheck.objects.count()) == (True, 3, 3)


@pytest.mark.django_db(transaction=True)
def test_a_second_run_does_nothing_while_the_first_one_goes_on(site):
    cited(site.says("/page", web.status(200)))
    refused: list[bool] = []

    def meanwhile(done: int, total: int, url: str) -> None:
        def second() -> None:
            try:
                run(site)
            except links.AlreadyRunningError:
                refused.append(True)
            finally:
                connection.close()

        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    run(site, report_progress=meanwhile)
    assert (refused, LinkCheck.objects.count()) == ([True], 1)
    assert run(site).checked == 1  # the lock is gone with the first run


@pytest.mark.django_db
def test_public_pages_are_made_anew_only_when_the_state_of_a_link_changes(site):
    source = cited(site.says("/page", web.status(200)))
    run(site)
    before = version.DirectoryVersion.objects.get().number
    run(site)
    assert version.DirectoryVersion.objects.get().number == before
    site.says("/page", web.leads_to("/new"))
    site.says("/new", web.status(200))
    run(site)
    source.refresh_from_db()
    assert source.link_state == State.REDIRECTED
    if connection.vendor == "sqlite":  # PostgreSQL raises it once in a transaction, and a test is one
        assert version.DirectoryVersion.objects.get().number != before
    assert source.history.count() == 1


@pytest.mark.django_db
def test_letters_that_a_database_refuses_are_taken_out_of_what_others_answer(site):
    def hostile(handler: web.Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: http://e\x01vil.test/\r\nContent-Length: 0\r\n\r\n")

    source = cited(site.says("/page", hostile))
    cited(site.says("/up", web.status(200)))
    run(site)
    check = source.link_checks.get()
    assert check.outcome in FAILED
    assert check.detail.isprintable()


# --- The command -----------------------------------------------------------------------------------------------------


def command(*arguments: str, visitor: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("check_links", *arguments, visitor=visitor, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_the_command_says_what_it_did_and_broken_links_are_no_failure_of_it(site):
    cited(site.says("/a", web.status(200)))
    cited(site.says("/b", web.status(404)))
    out, err = command(visitor=web.visitor(site))
    assert out.startswith("Checked 2 of 2 sources that were due; ")
    for part in ("Works: 1", "Not found (404): 1", "newly called broken: 0", "working again: 0"):
        assert part in out
    assert "2/2" in err


@pytest.mark.django_db
def test_the_command_fails_without_a_network_and_says_what_was_not_done(site):
    cited("http://nowhere.test/")
    with pytest.raises(CommandError, match=r"Nothing answered for 1 of them.*nothing was written down"):
        command(visitor=web.visitor(site))


@pytest.mark.django_db
def test_the_command_takes_a_limit_and_an_age(site):
    for number in range(3):
        cited(site.says(f"/{number}", web.status(200)))
    assert "Checked 2 of 2" in command("--limit", "2", visitor=web.visitor(site))[0]
    assert "Checked 1 of 1" in command("--stale-days", "1", visitor=web.visitor(site))[0]
    for wrong in ("0", "-1", "many", "99999999"):
        with pytest.raises(CommandError):
            command("--limit", wrong, visitor=web.visitor(site))


# --- One source, now -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_source_is_checked_at_once(site):
    source = cited(site.says("/page", web.status(404)))
    check = links.check_now(source=source, visitor=web.visitor(site))
    assert (check.outcome, check.failing_days) == (Outcome.NOT_FOUND, 1)


@pytest.mark.django_db
def test_a_single_failure_without_any_answer_needs_a_witness(site):
    source = cited("http://nowhere.test/")
    with pytest.raises(NoNetworkError):
        links.check_now(source=source, visitor=web.visitor(site))
    cited(site.says("/up", web.status(200)))
    run(site)
    assert links.check_now(source=source, visitor=web.visitor(site)).outcome == Outcome.NO_NAME


@pytest.mark.django_db
def test_a_new_address_is_taken_over_and_the_former_one_stays_in_history(site):
    site.says("/new", web.status(200))
    source = cited(site.says("/old", web.leads_to("/new")))
    run(site)
    links.take_new_address(source=source, by=None)
    source.refresh_from_db()
    assert (source.url, source.link_state) == (site.url("/new"), State.OK)
    assert [row.url for row in source.history.all()] == [site.url("/new"), site.url("/old")]
    assert "New address" in source.history.first().history_change_reason
    with pytest.raises(NotTakenError):
        links.take_new_address(source=source, by=None)


@pytest.mark.django_db
def test_a_new_address_that_is_a_source_already_is_not_taken(site):
    cited(site.says("/new", web.status(200)), title="The other one")
    source = cited(site.says("/old", web.leads_to("/new")))
    run(site)
    with pytest.raises(NotTakenError, match="The other one"):
        links.take_new_address(source=source, by=None)


# --- The same address ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        "http://city.example.jp/a/b?x=1&y=2",
        "https://www.city.example.jp/a/b?x=1&y=2",
        "https://CITY.example.JP/a/b/?x=1&y=2",
        "https://city.example.jp./a/b?y=2&x=1",
        "https://city.example.jp:443/a/b?x=1&y=2#part",
        "https://city.example.jp/a/b?x=1&utm_source=mail&y=2&fbclid=abc",
        "  city.example.jp/a/b?x=1&y=2 ",
        "https://city.example.jp/%61/b?x=%31&y=2",
    ],
)
def test_what_makes_no_difference_makes_none(other):
    assert key_of(other) == key_of("https://city.example.jp/a/b?x=1&y=2")


@pytest.mark.parametrize(
    "other",
    [
        "https://city.example.jp/a/c?x=1&y=2",
        "https://city.example.jp/a/b?x=1",
        "https://city.example.jp/A/b?x=1&y=2",
        "https://town.example.jp/a/b?x=1&y=2",
        "https://city.example.jp:8443/a/b?x=1&y=2",
        "https://city.example.jp/a/b?x=1&y=2#/a",  # a route, by which a script chooses the page
    ],
)
def test_what_makes_a_difference_makes_one(other):
    assert key_of(other) != key_of("https://city.example.jp/a/b?x=1&y=2")


@pytest.mark.parametrize(
    "text", ["", " ", "http://", "javascript:alert(1)", "ftp://example.org/", "http://[::1", "a:x/"]
)
def test_what_is_no_address_is_the_same_as_none(text):
    assert key_of(text) == ""
    assert links.sources_at(text) == []


def test_letters_of_other_scripts_are_one_address_however_they_are_written():
    written = ["https://例え.jp/神戸?q=姉妹", "http://xn--r8jz45g.jp/%E7%A5%9E%E6%88%B8?q=%E5%A7%89%E5%A6%B9"]
    assert len({key_of(each) for each in written}) == 1
    assert {"https://例え.jp", "http://www.xn--r8jz45g.jp"} <= set(beginnings(key_of(written[0])))


@pytest.mark.django_db
def test_a_source_is_found_by_any_writing_of_its_address_or_of_its_copy():
    source = make.make_source(
        "kobe", url="http://www.例え.jp/神戸/?q=1#top", archived_url="https://web.archive.org/web/2020/http://x.jp/"
    )
    make.make_source("near", url="http://www.例え.jp/神戸/?q=2")
    for writing in ("https://xn--r8jz45g.jp/%E7%A5%9E%E6%88%B8?q=1", "http://web.archive.org/web/2020/http://x.jp"):
        assert links.sources_at(writing) == [source]
    assert links.sources_at(source.url, but=source) == []


# --- What readers see ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_record_says_that_a_source_did_not_answer_and_leads_to_its_copy_first():
    source = make.make_source("report", title="Report", url="https://example.org/r", link_state=State.BROKEN)
    record = make.published_partnership("kobe-seattle", source=source)
    page = Client().get(record.get_absolute_url()).content.decode()
    assert "did not work lately" in page
    assert '<a href="https://example.org/r"' in page
    source.archived_url = "https://web.archive.org/web/2020/https://example.org/r"
    source.save()
    page = Client().get(record.get_absolute_url()).content.decode()
    copy, original = page.index(f'<a href="{source.archived_url}"'), page.index('<a href="https://example.org/r"')
    assert copy < original
    assert "did not work lately" in page


@pytest.mark.django_db
def test_a_record_says_nothing_of_a_source_that_works():
    record = make.published_partnership(source=make.make_source(link_state=State.OK))
    assert "did not work" not in Client().get(record.get_absolute_url()).content.decode()
