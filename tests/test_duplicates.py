"""Records that may be one: found with reasons, told apart, said while one types."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from partnerships import duplicates
from partnerships.admin import desk
from partnerships.models import Actor, ActorName, Country, NotDuplicate, Partnership, Publication
from partnerships.services.telling_apart import tell_apart

from . import factories as make

pytestmark = pytest.mark.django_db


def found(kind: str) -> set[tuple[str, str]]:
    return {pair.slugs for pair in duplicates.find(kind)}


def reasons(kind: str) -> list[str]:
    return [reason.code for pair in duplicates.find(kind) for reason in pair.likeness.reasons]


def a_client(group: str) -> Client:
    user = User.objects.create_user(group.lower(), password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def two_partnerships(**fields: Any) -> tuple[Partnership, Partnership]:
    """Two ties of the same two places; ``fields`` are the second's."""
    us, jp = make.make_actor("seattle"), make.make_actor("kobe", country=Country.JP)
    one = make.published_partnership("one", us=us, jp=jp, title="Seattle–Kobe sister cities")
    other = make.make_partnership("two", **{"title": "An old tie"} | fields)
    make.join(other, jp, us)
    return one, other


def test_the_same_places_and_kind_are_found_whatever_the_title_and_the_order() -> None:
    two_partnerships()
    assert found("partnerships") == {("one", "two")}
    assert reasons("partnerships") == ["places"]


def test_the_same_places_with_another_kind_are_not() -> None:
    two_partnerships(kind=Partnership.Kind.EVENT)
    assert not found("partnerships")


def test_a_merged_municipality_counts_as_what_it_became_part_of() -> None:
    _one, other = two_partnerships()
    town = make.make_actor("old-town", country=Country.JP, successor=Actor.objects.get(slug="kobe"))
    other.participations.filter(actor__slug="kobe").update(actor=town)
    assert reasons("partnerships") == ["places_merged"]


@pytest.mark.parametrize(
    ("title", "title_ja", "reason"),
    [
        ("Sister cities of Kobe and Seattle", "", "title"),
        ("Seattle–Kobbe sister city tie", "", "title"),
        ("Something else entirely", "シアトル・神戸市の姉妹提携", "title_ja"),
    ],
)
def test_a_similar_title_in_either_language_is_found(title: str, title_ja: str, reason: str) -> None:
    make.make_partnership("one", title="Seattle–Kobe sister cities", title_ja="シアトル・神戸市 姉妹都市")
    make.make_partnership("two", title=title, title_ja=title_ja, kind=Partnership.Kind.EVENT)
    assert reasons("partnerships") == [reason]


def test_a_similar_title_says_nothing_where_the_places_are_others() -> None:
    make.published_partnership("one", title="Springfield–Isesaki sister cities")
    make.published_partnership("two", title="Springfield–Isesaki sister cities")
    assert not found("partnerships")


def test_titles_of_different_years_are_not_similar() -> None:
    make.make_partnership("one", title="Governors' forum 2009")
    make.make_partnership("two", title="Governors' forum 2013")
    assert not found("partnerships")


def test_drafts_are_looked_at_and_archived_records_are_not() -> None:
    _one, other = two_partnerships()
    assert other.publication == Publication.DRAFT
    assert found("partnerships")
    Partnership.objects.filter(pk=other.pk).update(publication=Publication.ARCHIVED)
    assert not found("partnerships")


def test_bodies_of_one_name_in_one_state_are_found() -> None:
    state = make.make_state()
    for slug in ("port-a", "port-b"):
        make.make_actor(slug, name="Port of Tacoma", kind=Actor.Kind.PORT, parent=state)
    assert found("actors") == {("port-a", "port-b")}
    assert reasons("actors") == ["name"]


def test_an_other_name_is_a_name() -> None:
    make.make_actor("one", name="Kobe Steel", kind=Actor.Kind.COMPANY)
    other = make.make_actor("two", name="Kobelco", kind=Actor.Kind.COMPANY)
    ActorName.objects.create(actor=other, name="Kobe Steel", language="en")
    assert reasons("actors") == ["name"]


def test_one_name_in_two_states_is_two_places() -> None:
    for slug, code in (("washington", "US-WA"), ("oregon", "US-OR")):
        make.make_actor(f"vancouver-{slug}", name="Vancouver", parent=make.make_state(slug, code))
    assert not found("actors")


def test_official_numbers_tell_a_town_from_a_city_of_the_same_name() -> None:
    for slug, code in (("city", "5548000"), ("town", "5548025")):
        make.make_actor(slug, name="Madison", code=code)
    assert not found("actors")


def test_the_same_number_written_with_a_zero_in_front_is_the_same() -> None:
    make.make_actor("one", name="Here", code="01234")
    make.make_actor("two", name="There", code="1234")
    assert reasons("actors") == ["code"]


def test_the_same_website_and_a_nearly_equal_name_are_reasons() -> None:
    make.make_actor("one", name="Yokohama University", kind="university", website="https://www.yu.example/")
    make.make_actor("two", name="Yokohamma University", kind="university", website="http://yu.example")
    assert reasons("actors") == ["website", "similar_name"]


def test_a_municipality_that_merged_in_reality_is_no_duplicate_of_its_successor() -> None:
    city = make.make_actor("city", name="Kato", country=Country.JP)
    make.make_actor("town", name="Kato", country=Country.JP, successor=city)
    assert not found("actors")


def test_sources_of_one_address_or_of_one_title_and_publisher_are_found() -> None:
    make.make_source("a", url="https://www.example.org/x/")
    make.make_source("b", url="http://example.org/x?utm_medium=mail")
    make.make_source("c", title="Forty years", publisher="City of Kobe")
    make.make_source("d", title="Forty Years", publisher="city of Kobe")
    make.make_source("e", title="Forty Years", publisher="")
    assert found("sources") == {("a", "b"), ("c", "d")}


def test_a_reason_is_said_in_the_language_of_the_reader() -> None:
    two_partnerships()
    [reason] = duplicates.find("partnerships")[0].likeness.reasons
    assert str(reason) == "The same places and the same kind."
    with override("ja"):
        assert str(reason) != "The same places and the same kind."


def test_what_was_told_apart_is_not_found_again_in_either_order() -> None:
    one, other = two_partnerships()
    said = tell_apart(first=other, second=one, by=None, note="Two treaties")
    assert tell_apart(first=one, second=other, by=None) == said
    assert not found("partnerships")


def test_two_kinds_of_records_cannot_be_told_apart() -> None:
    with pytest.raises(ValueError, match="one kind"):
        tell_apart(first=make.make_actor(), second=make.make_source(), by=None)


def test_many_records_of_one_key_are_paired_with_the_first_only() -> None:
    for number in range(30):
        make.make_source(f"s{number:02}", url="https://example.org/x")
    pairs = duplicates.find("sources")
    assert len(pairs) == 29
    assert {pair.slugs[0] for pair in pairs} == {"s00"}


def test_the_present_list_follows_every_change_of_a_draft() -> None:
    _one, other = two_partnerships()
    with make.at_one_version():
        assert len(duplicates.current("partnerships")) == 1
    other.participations.filter(actor__slug="kobe").delete()
    with make.at_one_version():
        assert not duplicates.current("partnerships")


def test_the_present_list_is_looked_for_once(django_assert_num_queries: Any) -> None:
    two_partnerships()
    with make.at_one_version():
        duplicates.current("partnerships")
        with django_assert_num_queries(1):  # what was told apart since
            assert len(duplicates.current("partnerships")) == 1


@pytest.mark.django_db(transaction=True)
def test_partnerships_are_not_looked_through_again_because_a_source_changed(django_assert_max_num_queries: Any) -> None:
    _one, other = two_partnerships()
    assert len(duplicates.current("partnerships")) == 1
    make.make_source()
    with django_assert_max_num_queries(4):  # the version, what changed, what was told apart
        assert len(duplicates.current("partnerships")) == 1
    other.participations.filter(actor__slug="kobe").delete()
    assert not duplicates.current("partnerships")


def test_a_list_that_took_long_to_find_stays_for_a_while_without_what_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "SLOW", -1.0)
    monkeypatch.setattr(duplicates, "REST", 1e9)
    _one, other = two_partnerships()
    make.make_partnership("three", title="An old tie")
    with make.at_one_version():
        assert len(duplicates.current("partnerships")) == 2
    other.participations.all().delete()
    other.delete()
    with make.at_one_version():
        assert not duplicates.current("partnerships")
    make.make_partnership("four", title="An old tie")
    with make.at_one_version():
        assert not duplicates.current("partnerships")


def run(*options: str) -> str:
    out = StringIO()
    call_command("find_duplicates", *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_prints_pairs_with_their_reasons_and_the_same_each_time() -> None:
    two_partnerships()
    assert "  one | two (95)\n    The same places and the same kind." in run()
    assert run() == run()


def test_the_command_takes_one_kind_and_refuses_another_word() -> None:
    two_partnerships()
    assert "one | two" not in run("--kind", "sources")
    with pytest.raises(CommandError):
        run("--kind", "themes")


def test_the_page_has_as_many_rows_as_the_desk_says() -> None:
    two_partnerships()
    make.make_source("a", url="https://example.org/x")
    make.make_source("b", url="https://example.org/x")
    client = a_client("Curators")
    [task] = [task for task in desk.TASKS if task.address() == reverse("admin:partnerships_duplicates")]
    page = client.get(task.address()).content.decode()
    assert task.count() == page.count('<li class="pair">') == 2


def test_a_curator_tells_two_apart_and_cannot_merge() -> None:
    one, other = two_partnerships()
    client = a_client("Curators")
    page = client.get(reverse("admin:partnerships_duplicates")).content.decode()
    assert "/merge/two/" not in page
    client.post(
        reverse("admin:partnerships_apart"), {"kind": "partnerships", "record": [other.pk, one.pk], "note": "Two"}
    )
    said = NotDuplicate.objects.get()
    assert (said.first, said.second, said.by.username) == (min(one.pk, other.pk), max(one.pk, other.pk), "curators")
    assert 'class="pair"' not in client.get(reverse("admin:partnerships_duplicates")).content.decode()


@pytest.mark.parametrize("record", [["1"], ["1", "1"], ["1", "x"], ["9998", "9999"]])
def test_what_is_no_pair_is_not_found(record: list[str]) -> None:
    answer = a_client("Curators").post(reverse("admin:partnerships_apart"), {"kind": "partnerships", "record": record})
    assert answer.status_code == 404


def typed(client: Client, **data: Any) -> list[dict[str, Any]]:
    return client.get(reverse("admin:partnerships_like_typed"), data).json()["found"]


def test_what_is_typed_is_compared_with_drafts_and_archived_records_too() -> None:
    one, other = two_partnerships()
    Partnership.objects.filter(pk=one.pk).update(publication=Publication.ARCHIVED)
    us, jp = other.participations.values_list("actor", flat=True)
    answer = typed(
        a_client("Curators"), title="New", kind="sister", **{"participations-0-actor": us, "participations-1-actor": jp}
    )
    assert [(each["title"], each["state"]) for each in answer] == [
        ("Seattle–Kobe sister cities", "Archived"),
        ("An old tie", "Draft"),
    ]
    assert answer[0]["address"] == reverse("admin:partnerships_partnership_change", args=[one.pk])
    assert answer[0]["reasons"] == ["The same places and the same kind."]


def test_a_row_that_is_to_be_deleted_is_no_participant() -> None:
    _one, other = two_partnerships()
    us, jp = other.participations.values_list("actor", flat=True)
    data = {"participations-0-actor": us, "participations-1-actor": jp, "participations-1-DELETE": "on"}
    assert typed(a_client("Curators"), title="New", kind="sister", **data) == []


def test_a_record_is_not_like_itself() -> None:
    record = make.make_partnership(title="Seattle–Kobe sister cities")
    client = a_client("Curators")
    assert len(typed(client, title="Seattle–Kobe sister cities")) == 1
    assert typed(client, title="Seattle–Kobe sister cities", pk=record.pk) == []


@pytest.mark.parametrize("data", [{}, {"title": "x" * 5000}, {"pk": "x", "participations-0-actor": "9" * 40}])
def test_nonsense_that_is_typed_is_like_nothing(data: dict[str, Any]) -> None:
    make.make_partnership()
    assert typed(a_client("Curators"), **data) == []


def test_strangers_are_told_nothing() -> None:
    two_partnerships()
    client = Client()
    for name in ("like_typed", "duplicates"):
        assert client.get(reverse(f"admin:partnerships_{name}")).status_code == 302
    client.force_login(User.objects.create_user("staff", is_staff=True))
    for name in ("like_typed", "duplicates"):
        assert client.get(reverse(f"admin:partnerships_{name}")).status_code == 403


def add(client: Client, **fields: Any) -> Any:
    page = client.get(reverse("admin:partnerships_partnership_add"))
    form = page.context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}
    for formset in page.context["inline_admin_formsets"]:
        management = formset.formset.management_form
        data |= {f"{management.prefix}-{name}": management[name].value() for name in management.fields}
    return client.post(reverse("admin:partnerships_partnership_add"), data | fields)


def test_a_new_record_like_another_comes_back_once_with_everything_typed() -> None:
    make.make_partnership("one", title="Seattle–Kobe sister cities")
    client = a_client("Curators")
    new = {
        "title": "Kobe–Seattle sister cities",
        "slug": "two",
        "kind": "sister",
        "status": "active",
        "summary": "What I typed",
    }
    answer = add(client, **new)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "What I typed" in page
    assert "This may be recorded already:" in page
    assert 'name="is_another"' in page
    assert Partnership.objects.count() == 1
    assert add(client, **new, is_another="1").status_code == 302
    assert Partnership.objects.count() == 2


def test_a_new_record_like_no_other_is_saved_at_once() -> None:
    make.make_partnership("one", title="Seattle–Kobe sister cities")
    new = {"title": "Tacoma–Kitakyushu forum", "slug": "two", "kind": "event", "status": "active"}
    assert add(a_client("Curators"), **new).status_code == 302
