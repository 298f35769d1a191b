"""Invented records for measuring: the same every time, skewed as real ones are, never beside real ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db.models import Count, Q

from partnerships import search
from partnerships.models import Actor, Participation, Partnership, PartnershipTheme, Publication, Source
from partnerships.package.reading import PackageError
from partnerships.package.writing import write_package
from partnerships.services import benchmark_data
from partnerships.services.benchmark_data import BenchmarkDataError, make_benchmark_data
from partnerships.services.loading import load

from . import packages
from .factories import make_actor, make_partnership, make_prefecture, make_state, make_theme

pytestmark = pytest.mark.django_db


@pytest.fixture
def places() -> None:
    """Four regions with five towns each, and six themes."""
    regions = [
        make_state(),
        make_state("oregon", "US-OR"),
        make_prefecture(),
        make_prefecture("fukuoka-prefecture", "JP-40"),
    ]
    for region in regions:
        for number in range(5):
            make_actor(f"{region.slug}-{number}", country=region.country, parent=region)
    for slug in ("clean-energy", "forestry", "education", "culture", "tech", "unheard-of"):
        make_theme(slug)


def exported(folder: Path) -> dict[str, bytes]:
    write_package(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(places, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark_data, "BATCH", 40)
    packages_made = []
    for run, seed in enumerate((7, 7, 8)):
        make_benchmark_data(partnerships=100, seed=seed)
        packages_made.append(exported(tmp_path / str(run)))
        Partnership.objects.all().delete()
        Source.objects.all().delete()
    first, again, other = packages_made
    assert first == again
    assert first["partnerships.csv"] != other["partnerships.csv"]


def test_every_record_is_public_whole_and_of_both_shores(places):
    rows = make_benchmark_data(partnerships=120, seed=1)
    shores = {
        f"{shore}_parts": Count("participations", Q(participations__actor__country=shore)) for shore in ("US", "JP")
    }
    made = Partnership.objects.filter(publication=Publication.PUBLISHED).annotate(**shores)
    assert made.count() == rows["partnerships"] == 120
    for record in made:
        assert record.US_parts and record.JP_parts
        assert 2 <= record.US_parts + record.JP_parts <= 4
        assert record.theme_links.count() <= 3
        assert 1 <= record.citations.count() <= 4
        assert record.title and record.title_ja
        assert all(150 <= len(text) <= 600 for text in (record.summary, record.summary_ja))
        assert not record.started or 1955 <= record.started.year <= 2026
        record.full_clean()
    assert not Source.objects.exclude(url__startswith="https://example.org/").exists()
    assert not Partnership.history.exists()


def test_some_places_themes_and_years_come_up_far_more_often_than_others(places):
    make_benchmark_data(partnerships=400, seed=1)
    for values in (
        Participation.objects.values_list("actor__slug", flat=True),
        PartnershipTheme.objects.values_list("theme__slug", flat=True),
        Partnership.objects.values_list("kind", flat=True),
    ):
        counts = Counter(values).most_common()
        assert counts[0][1] > 1.5 * counts[-1][1]
    precisions = {len(str(started)) for started in Partnership.objects.values_list("started", flat=True) if started}
    assert precisions == {4, 7, 10}


def test_they_are_found_in_both_languages(places):
    Actor.objects.filter(slug="fukuoka-prefecture-1").update(name_ja="北九州市")
    make_benchmark_data(partnerships=200, seed=1)
    assert search.out_of_step() == {}
    for word in ("clean energy", "forestry", "姉妹都市", "北九州"):
        found = Partnership.objects.filter(
            Q(title__contains=word) | Q(summary__contains=word) | Q(title_ja__contains=word)
        )
        assert found.exists(), word


def test_they_never_stand_beside_other_records(places):
    make_partnership("real")
    with pytest.raises(BenchmarkDataError, match="holds 1 partnership"):
        make_benchmark_data(partnerships=10, seed=1)
    assert Partnership.objects.get().slug == "real"
    assert not Source.objects.exists()


def test_an_empty_database_gets_the_places_and_themes_of_the_package_but_no_partnership(
    tmp_path: Path, settings: LazySettings
):
    settings.FIXTURES_PACKAGE = packages.write(tmp_path / "package")
    make_benchmark_data(partnerships=5, seed=1)
    assert set(Actor.objects.values_list("slug", flat=True)) == {"hyogo-prefecture", "kobe", "seattle", "washington"}
    assert not Partnership.objects.filter(slug="kobe-seattle").exists()
    assert not Source.objects.filter(slug="city-page").exists()


def test_a_shore_without_places_is_said():
    make_actor()
    with pytest.raises(BenchmarkDataError, match="both shores"):
        make_benchmark_data(partnerships=5, seed=1)


def test_the_command_says_what_they_are_and_how_long_it_took(places, capsys):
    call_command("make_benchmark_data", partnerships=5, seed=1)
    said = capsys.readouterr()
    assert "invented, for measuring only" in said.out
    assert "partnerships 5" in said.out and " s: " in said.out
    assert "5 of 5 partnerships" in said.err


@pytest.mark.parametrize("number", [0, -1, 1_000_001])
def test_a_number_out_of_bounds_is_refused(number):
    with pytest.raises(CommandError, match="from 1 to 1,000,000"):
        call_command("make_benchmark_data", partnerships=number, seed=1)


def test_a_package_without_partnerships_lends_no_weights_but_is_no_fault(places, tmp_path, settings):
    empty = {name: [] for name in packages.small_package()}
    settings.FIXTURES_PACKAGE = packages.write(tmp_path / "package", empty)
    assert make_benchmark_data(partnerships=50, seed=1)["partnerships"] == 50


def test_real_records_are_never_loaded_beside_invented_ones(tmp_path: Path, settings: LazySettings):
    settings.FIXTURES_PACKAGE = packages.write(tmp_path / "package")
    make_benchmark_data(partnerships=5, seed=1)
    with pytest.raises(PackageError, match="invented records"):
        load(path=settings.FIXTURES_PACKAGE)
    assert Partnership.objects.count() == 5
