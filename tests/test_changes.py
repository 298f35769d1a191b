"""What is told of changes, on records and on the page of updates: in words, and never more than is public."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.template import engines
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from partnerships import catalogue, changes, search
from partnerships.models import (
    Actor,
    Adoption,
    Citation,
    Milestone,
    Outcome,
    Partnership,
    Publication,
)
from partnerships.services.loading import load
from partnerships.services.publishing import take_step

from .factories import (
    add_themes,
    cite,
    join,
    make_actor,
    make_partnership,
    make_source,
    make_theme,
    published_partnership,
    some_time_passes,
)
from .markup import Page
from .packages import add_partnership, small_package, write

pytestmark = pytest.mark.django_db

UNPUBLISHED = [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED]


def told_of(record: Partnership) -> list[list[str]]:
    return [[str(line) for line in change.lines] for change in changes.of_partnership(record)]


def newest_of(record: Partnership) -> list[str]:
    return told_of(record)[0]


def published_long_ago(**fields: Any) -> Partnership:
    record = published_partnership(**fields)
    some_time_passes(days=30)
    return record


def updates() -> list[tuple[str, list[str]]]:
    return [(str(update.title), [str(line) for line in update.lines]) for update in changes.latest()]


# --- A record's own history ------------------------------------------------------------------------------------------


def test_a_record_that_was_made_public_was_added_with_its_sources() -> None:
    record = published_partnership()
    cite(record)
    cite(record, Citation.objects.earliest("pk").source, supports="dates")
    assert told_of(record) == [["Record added with 2 sources"]]


def test_a_draft_that_was_published_begins_with_its_publication() -> None:
    record = make_partnership("secret-working-title")
    join(record, make_actor(), make_actor(country="JP"))
    cite(record)
    some_time_passes()
    record.title, record.slug = "Kobe and Seattle", "kobe-seattle"
    record.save()
    some_time_passes()
    take_step(record=record, action="published", by=None, note="for editors only")
    assert told_of(record) == [["Record published with 1 source"]]


def test_what_changes_within_seconds_of_the_publication_is_told() -> None:
    record = make_partnership()
    join(record, make_actor(), make_actor(country="JP"))
    cite(record)
    take_step(record=record, action="published", by=None)
    record.refresh_from_db()
    record.term_ends = "2030-10"
    record.save()
    assert told_of(record) == [["Term ends: not recorded → October 2030"], ["Record published with 1 source"]]


def test_the_history_of_a_record_that_was_withdrawn_begins_again() -> None:
    record = published_long_ago(title="First")
    record.title = "Second"
    record.save()
    some_time_passes()
    take_step(record=record, action="archived", by=None)
    some_time_passes()
    record.refresh_from_db()
    record.title = "Third"
    record.save()
    some_time_passes()
    take_step(record=record, action="published", by=None)
    assert told_of(record) == [["Record published with 1 source"]]


@pytest.mark.parametrize("publication", UNPUBLISHED)
def test_an_unpublished_record_has_no_history(publication: str) -> None:
    record = published_long_ago()
    record.publication = publication
    record.save()
    assert told_of(record) == []


def test_the_newest_change_comes_first() -> None:
    record = published_long_ago(started="1957")
    for year in ("1958", "1959"):
        record.started = year
        record.save()
        some_time_passes()
    assert told_of(record) == [["Started: 1958 → 1959"], ["Started: 1957 → 1958"], ["Record added with 1 source"]]


def test_saves_within_a_minute_are_told_as_one() -> None:
    record = published_long_ago(started="1957")
    for year in ("1958", "1959"):
        record.started = year
        record.save()
    cite(record, make_source(title="A page"))
    assert newest_of(record) == ["Started: 1957 → 1959", "Source added: A page"]


def test_short_fields_are_told_with_what_they_were() -> None:
    record = published_long_ago(status="unknown", term_ends="2025-10", title_ja="")
    record.status, record.term_ends, record.title_ja = "active", "2030-10", "神戸とシアトル"
    record.save()
    assert newest_of(record) == [
        "Title in Japanese: not recorded → 神戸とシアトル",
        "Status: Unknown → Active",
        "Term ends: October 2025 → October 2030",
    ]


def test_a_change_is_told_in_japanese_on_japanese_pages() -> None:
    record = published_long_ago(term_ends="2025-10")
    record.term_ends = "2030-10"
    record.save()
    with translation.override("ja"):
        assert told_of(record) == [["有効期限：2025年10月 → 2030年10月"], ["記録を追加（出典1件）"]]


@pytest.mark.parametrize(
    ("former", "present", "words"),
    [
        ("", "New", "Summary in Japanese added"),
        ("Old", "New", "Summary in Japanese rewritten"),
        ("Old", "", "Summary in Japanese removed"),
    ],
)
def test_of_long_texts_only_that_they_changed_is_told(former: str, present: str, words: str) -> None:
    record = published_long_ago(summary_ja=former)
    record.summary_ja = present
    record.save()
    assert newest_of(record) == [words]


def test_parts_are_told_by_name() -> None:
    record = published_long_ago()
    join(record, make_actor(name="Kobe", country="JP"))
    add_themes(record, make_theme(name="Climate"))
    Outcome.objects.create(partnership=record, statement="Forty visits")
    Milestone.objects.create(partnership=record, kind="renewed", on="2021-06")
    Adoption.objects.create(partnership=record, adopted_from=published_partnership(title="The model"))
    assert newest_of(record) == [
        "Participant added: Kobe",
        "Theme added: Climate",
        "Result added: Forty visits",
        "Milestone added: Renewed, June 2021",
        "Model added: The model",
    ]


def test_parts_that_are_gone_are_told_too() -> None:
    record = published_partnership(us=make_actor(name="Seattle"))
    outcome = Outcome.objects.create(partnership=record, statement="Forty visits")
    some_time_passes()
    outcome.delete()
    record.participations.get(actor__name="Seattle").delete()
    assert newest_of(record) == ["Participant removed: Seattle", "Result removed: Forty visits"]


def test_a_part_that_was_corrected_is_told_as_changed() -> None:
    record = published_partnership()
    outcome = Outcome.objects.create(partnership=record, statement="Forty visits", year=2018)
    some_time_passes()
    outcome.year = 2019
    outcome.save()
    assert newest_of(record) == ["Result changed: Forty visits"]


def test_another_order_of_the_parts_is_no_change() -> None:
    record = published_long_ago()
    part = record.participations.first()
    assert part
    part.position = 9
    part.save()
    assert len(told_of(record)) == 1


def test_a_source_cited_for_one_more_fact_is_told_once() -> None:
    source = make_source(title="A page")
    record = published_long_ago(source=source)
    cite(record, source, supports="dates")
    cite(record, source, supports="content")
    assert newest_of(record) == ["Source changed: A page"]


def test_a_source_is_named_only_while_the_record_cites_it() -> None:
    record = published_long_ago()
    citation = cite(record, make_source(title="Withdrawn report"))
    some_time_passes()
    citation.delete()
    assert told_of(record)[:2] == [["Source removed"], ["Source added"]]


def test_a_long_statement_is_shortened() -> None:
    record = published_long_ago()
    Outcome.objects.create(partnership=record, statement="A visit. " * 40)
    [line] = newest_of(record)
    assert len(line) < 150 and line.endswith("…")


# --- What is nobody's business ---------------------------------------------------------------------------------------


def test_curators_notes_are_told_nowhere() -> None:
    record = published_long_ago()
    record.note = "ask Ms Sato again"
    record.save()
    assert told_of(record) == [["Record added with 1 source"]]


def test_a_save_that_changed_nothing_is_told_nowhere() -> None:
    record = published_long_ago()
    record.save()
    assert told_of(record) == [["Record added with 1 source"]]


def test_reasons_that_somebody_typed_are_told_nowhere() -> None:
    record = published_long_ago()
    record.title = "New"
    record._change_reason = "the mayor called"  # type: ignore[attr-defined]
    record._history_user = User.objects.create_user("sato")  # type: ignore[attr-defined]
    record.save()
    assert [change.reason for change in changes.of_partnership(record)] == ["", ""]
    assert "sato" not in str(changes.latest()) and "mayor" not in str(changes.latest())


@pytest.mark.parametrize("publication", UNPUBLISHED)
def test_a_hidden_participant_is_told_nowhere(publication: str) -> None:
    record = published_long_ago()
    join(record, make_actor(name="Hidden", publication=publication))
    assert told_of(record) == [["Record added with 1 source"]]


@pytest.mark.parametrize("publication", UNPUBLISHED)
def test_a_hidden_model_is_told_nowhere(publication: str) -> None:
    record = published_long_ago()
    Adoption.objects.create(partnership=record, adopted_from=make_partnership(publication=publication))
    assert told_of(record) == [["Record added with 1 source"]]


@pytest.mark.django_db(transaction=True)
def test_a_former_participant_that_was_hidden_since_is_named_no_longer() -> None:
    kobe = make_actor(name="Kobe", country="JP")
    record = published_long_ago(slug="tie", jp=kobe)
    record.participations.get(actor=kobe).delete()
    search.reindex()
    first = catalogue.current().page("tie", told_of)
    Actor.objects.filter(pk=kobe.pk).update(publication=Publication.ARCHIVED)
    assert "Kobe" in str(first)
    assert "Kobe" not in str(catalogue.current().page("tie", told_of))


# --- The whole directory ---------------------------------------------------------------------------------------------


def test_updates_tell_of_partnerships_and_of_places_with_one() -> None:
    kobe = make_actor(name="Kobe", country="JP")
    record = published_long_ago(title="A tie", jp=kobe, started="1957")
    kobe.website = "https://kobe.example.jp/"
    kobe.save()
    some_time_passes()
    record.started = "1958"
    record.save()
    assert updates()[:2] == [
        ("A tie", ["Started: 1957 → 1958"]),
        ("Kobe", ["Website: not recorded → https://kobe.example.jp/"]),
    ]


def test_updates_do_not_tell_of_places_without_a_public_partnership() -> None:
    join(make_partnership(), make_actor(name="Kobe"))
    assert updates() == []


@pytest.mark.parametrize("publication", UNPUBLISHED)
def test_updates_do_not_tell_of_records_that_were_withdrawn(publication: str) -> None:
    record = published_long_ago(title="A tie")
    record.publication = publication
    record.save()
    assert "A tie" not in str(updates())


def test_a_former_address_of_a_persons_post_is_not_told() -> None:
    kobe = make_actor(name="Kobe", country="JP", office_email="sato@example.jp")
    published_long_ago(jp=kobe)
    kobe.office_email = "office@example.jp"
    kobe.save()
    assert updates()[0] == ("Kobe", ["Office's e-mail changed"])


def test_a_place_that_lies_in_a_hidden_one_is_told_without_it() -> None:
    kobe = make_actor(name="Kobe", country="JP")
    published_long_ago(jp=kobe)
    kobe.parent, kobe.population = make_actor(publication=Publication.DRAFT), 1_500_000
    kobe.save()
    assert updates()[0] == ("Kobe", ["Population: not recorded → 1,500,000"])


def load_package(folder: Path, number: int, **fields: str) -> None:
    rows = small_package()
    for other in range(number):
        add_partnership(rows, f"tie-{other:02}")
    for partnership in rows["partnerships"]:
        partnership |= fields
    write(folder, rows)
    load(path=folder)


def test_what_a_small_package_brings_is_told_record_by_record(tmp_path: Path) -> None:
    load_package(tmp_path, 2)
    assert {lines[0].partition(" with ")[0] for _title, lines in updates()} == {"Record added"}
    assert len([title for title, _lines in updates() if "package" in title]) == 0


def test_what_a_large_package_brings_is_told_as_a_number(tmp_path: Path) -> None:
    load_package(tmp_path, changes.MOST_LISTED)
    count = Partnership.objects.count()
    [summary] = [update for update in changes.latest() if "partnerships" in update.key]
    assert str(summary.title) == f"{count} partnerships added from the data package"
    assert summary.url == "/partnerships/?sort=updated"


def test_what_a_later_package_changes_is_told_with_the_reason(tmp_path: Path) -> None:
    load_package(tmp_path, 1, status="unknown")
    some_time_passes()
    load_package(tmp_path, 1, status="active")
    record = Partnership.objects.get(slug="tie-00")
    newest = changes.of_partnership(record)[0]
    assert ([str(line) for line in newest.lines], newest.reason) == (
        ["Status: Unknown → Active"],
        "update of the data package",
    )


def test_what_a_later_package_changes_in_many_is_told_as_a_number(tmp_path: Path) -> None:
    load_package(tmp_path, changes.MOST_LISTED, status="unknown")
    some_time_passes()
    load_package(tmp_path, changes.MOST_LISTED, status="active")
    count = Partnership.objects.count()
    assert updates()[0][0] == f"{count} partnerships changed by an update of the data package"


def test_what_is_changed_right_after_loading_is_told_by_itself(tmp_path: Path) -> None:
    load_package(tmp_path, 1, status="unknown")
    record = Partnership.objects.get(slug="tie-00")
    record.status = "active"
    record.save()
    assert newest_of(record) == ["Status: Unknown → Active"]


def queries_for_changes_of(number: int) -> int:
    records = [published_partnership() for _number in range(number)]
    some_time_passes()
    for record in records:
        record.title = "New"
        record.save()
        join(record, make_actor())
        add_themes(record, make_theme())
        cite(record)
    with CaptureQueriesContext(connection) as captured:
        changes.latest()
    return len(captured)


def test_many_changes_take_as_many_queries_as_few() -> None:
    assert queries_for_changes_of(2) == queries_for_changes_of(6)


# --- On pages --------------------------------------------------------------------------------------------------------


def test_the_page_of_updates_goes_by_days() -> None:
    record = published_long_ago(title="A tie", started="1957")
    record.started = "1958"
    record.save()
    page = Page(Client().get("/updates/"))
    today, earlier = timezone.now().date(), timezone.now().date() - dt.timedelta(days=30)
    assert [time.attributes["datetime"] for time in page.all("time")] == [str(today), str(earlier)]
    assert page.texts("h2") == [f"{day.day} {day:%B %Y}" for day in (today, earlier)]
    assert page.links()[record.get_absolute_url()] == "A tie"


def test_the_page_of_updates_is_paged_at_one_address() -> None:
    for _number in range(10):
        published_partnership()
    first, second = Page(Client().get("/updates/")), Page(Client().get("/updates/?page=2"))
    assert len(first.all("p", class_="change-title")) == 25
    assert len(second.all("p", class_="change-title")) == 5
    assert Client().get("/updates/?page=1&other=x")["Location"] == "/updates/"


def test_the_last_of_the_updates_say_where_older_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    published_partnership()
    words = "Older changes are told in the history of each record."
    assert words not in Page(Client().get("/updates/")).text
    monkeypatch.setattr(changes, "MOST_UPDATES", 2)
    assert words in Page(Client().get("/updates/")).text


@pytest.mark.parametrize("number", ["0", "x", "99"])
def test_a_page_of_updates_that_is_not_there_says_so(number: str) -> None:
    published_partnership()
    page = Page(Client().get("/updates/", {"page": number}))
    assert page.one("div", role="status").text


def test_before_anything_is_published_there_are_no_updates() -> None:
    assert "Nothing is published yet." in Page(Client().get("/updates/")).text


def history_in_html(record: Partnership, language: str = "en") -> str:
    with translation.override(language):
        module: Any = engines["jinja2"].env.get_template("includes/changes.html").module  # type: ignore[attr-defined]
        return str(module.history(changes.of_partnership(record)))


def test_names_in_a_history_lead_on_and_bear_their_language() -> None:
    record = published_long_ago()
    cite(record, make_source("page", title="神戸市", language="ja"))
    assert '<a href="/sources/page/"><span lang="ja">神戸市</span></a>' in history_in_html(record)
    assert '<a href="/ja/sources/page/">神戸市</a>' in history_in_html(record, "ja")


def test_a_history_shows_texts_as_they_are_and_never_as_markup() -> None:
    record = published_long_ago(title="Old")
    record.title = "<b>&amp;</b>"
    record.save()
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in history_in_html(record)


def test_a_long_history_is_folded() -> None:
    record = published_long_ago()
    for year in range(1950, 1962):
        record.started = str(year)
        record.save()
        some_time_passes()
    before, _summary, folded = history_in_html(record).partition("<details>")
    assert (before.count("<time"), folded.count("<time")) == (10, 3)


def test_of_a_very_long_history_the_first_and_the_last_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST_CHANGES", 3)
    record = published_long_ago()
    for year in range(1950, 1956):
        record.started = str(year)
        record.save()
        some_time_passes()
    assert told_of(record) == [
        ["Started: 1954 → 1955"],
        ["Started: 1953 → 1954"],
        ["4 changes in between"],
        ["Record added with 1 source"],
    ]


def test_a_record_without_a_history_has_no_such_section() -> None:
    assert history_in_html(make_partnership()).strip() == ""
