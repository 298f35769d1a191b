"""Places lie in places: the path and the region of each follow from its parents."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnerships.models import Actor

from .factories import make_actor, make_prefecture, make_state

pytestmark = pytest.mark.django_db


def slugs(actors: object) -> set[str]:
    return {actor.slug for actor in actors}  # type: ignore[attr-defined]


def test_a_path_names_every_place_above() -> None:
    state = make_state("washington")
    county = make_actor("king-county", kind="county", parent=state)
    assert make_actor("seattle", parent=county).path == "washington/king-county/seattle/"


def test_the_region_is_the_state_or_prefecture_above() -> None:
    state = make_state("washington")
    county = make_actor("king-county", kind="county", parent=state)
    assert make_actor("seattle", parent=county).region == state


@pytest.mark.parametrize("kind", ["state", "territory", "prefecture"])
def test_a_state_a_territory_and_a_prefecture_are_their_own_regions(kind: str) -> None:
    region = make_actor("region", kind=kind)
    assert region.region == region


def test_a_place_below_no_state_has_no_region() -> None:
    association = make_actor("association", kind="association")
    assert make_actor("chapter", kind="association", parent=association).region is None


def test_a_place_is_within_itself() -> None:
    state = make_state()
    assert slugs(Actor.objects.within(state)) == {state.slug}


def test_within_finds_places_at_every_depth_and_no_others() -> None:
    prefecture = make_prefecture("hyogo")
    kobe = make_actor("kobe", parent=prefecture)
    make_actor("port-of-kobe", kind="port", parent=kobe)
    make_actor("himeji", parent=prefecture)
    make_actor("seattle")
    assert slugs(Actor.objects.within(kobe)) == {"kobe", "port-of-kobe"}


def test_within_is_not_misled_by_slugs_that_begin_alike() -> None:
    kobe = make_actor("kobe")
    for slug in ("kobe-port", "kobe0", "kobea", "kob"):
        make_actor(slug)
    assert slugs(Actor.objects.within(kobe)) == {"kobe"}


def test_everything_below_a_place_that_moves_moves_along() -> None:
    county = make_actor("county", kind="county", parent=make_state("oregon", "US-OR"))
    town = make_actor("town", kind="town", parent=county)
    county.parent = make_state("washington", "US-WA")
    county.save()
    Actor.objects.rebuild_hierarchy()
    town.refresh_from_db()
    assert (town.path, town.region) == ("washington/county/town/", county.parent)


def test_everything_below_a_place_that_is_renamed_is_renamed() -> None:
    state = make_state("washington")
    city = make_actor("seattle", parent=state)
    Actor.objects.filter(pk=state.pk).update(slug="evergreen-state")
    Actor.objects.rebuild_hierarchy()
    city.refresh_from_db()
    assert city.path == "evergreen-state/seattle/"


def test_a_place_that_stops_being_a_state_is_no_region_any_more() -> None:
    state = make_state()
    city = make_actor("seattle", parent=state)
    Actor.objects.filter(pk=state.pk).update(kind="association")
    Actor.objects.rebuild_hierarchy()
    city.refresh_from_db()
    assert city.region is None


def test_it_says_how_many_places_changed() -> None:
    state = make_state("washington")
    make_actor("seattle", parent=state)
    make_actor("kobe")
    Actor.objects.filter(pk=state.pk).update(slug="evergreen-state")
    assert Actor.objects.rebuild_hierarchy() == 2


def test_a_second_rebuild_changes_nothing() -> None:
    make_actor("seattle", parent=make_state())
    assert Actor.objects.rebuild_hierarchy() == 0


def test_a_circle_is_refused_with_the_places_on_it() -> None:
    one = make_actor("one")
    two = make_actor("two", parent=one)
    Actor.objects.filter(pk=one.pk).update(parent=two)
    with pytest.raises(ValueError, match="one → two → one"):
        Actor.objects.rebuild_hierarchy()


ALIKE = ["a", "a-a", "aa", "a0", "az", "b", "b-a", "0", "z"]


@settings(max_examples=30, deadline=None)
@given(parents=st.lists(st.integers(0, 8), max_size=9), slugs_of=st.permutations(ALIKE))
def test_within_agrees_with_climbing_the_parents(parents: list[int], slugs_of: list[str]) -> None:
    Actor.objects.update(parent=None)
    Actor.objects.all().delete()
    actors: list[Actor] = []
    for slug, parent in zip(slugs_of, parents, strict=False):
        above = actors[parent % len(actors)] if actors and parent else None
        actors.append(Actor.objects.create(slug=slug, name=slug, kind="city", country="US", parent=above))
    Actor.objects.rebuild_hierarchy()
    above_of = {actor.slug: actor.parent.slug if actor.parent else "" for actor in actors}

    def line(slug: str) -> list[str]:
        return [slug, *line(above_of[slug])] if slug else []

    for place in Actor.objects.all():
        assert slugs(Actor.objects.within(place)) == {slug for slug in above_of if place.slug in line(slug)}
