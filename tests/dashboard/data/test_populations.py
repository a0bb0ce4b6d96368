"""The door to the artifacts: names from a URL are checked, nothing else is opened."""

import pytest

from culture_core.errors import CultureError
from dashboard.data.population import measurements, populations


@pytest.mark.usefixtures("empty_cache")
def test_an_empty_cache_says_how_to_fill_it():
    with pytest.raises(CultureError, match="culture build"):
        populations.population_names()


@pytest.mark.parametrize("name", ["nowhere", "../small", "/etc", "", "small/models"])
def test_a_population_is_found_by_its_name_only(name, small_cache):  # noqa: ARG001 - names the cache
    with pytest.raises(CultureError, match="no population"):
        populations.population(name)


def test_hook_points_and_gpts_are_checked_against_what_is_there(population):
    assert populations.the_hook(population, None) == population.hooks[0]
    assert populations.the_model(population, "1") == 1
    with pytest.raises(CultureError, match="no hook point"):
        populations.the_hook(population, "../../models")
    with pytest.raises(CultureError, match="no GPT"):
        populations.the_model(population, "01")


def test_a_population_without_saes_says_what_to_run(empty_cache):
    folder = empty_cache / "fresh"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"kind": "population", "models": [{"id": 0}]}')
    population = populations.population("fresh")
    with pytest.raises(CultureError, match="culture build --population"):
        populations.the_hook(population, None)
    with pytest.raises(CultureError, match="culture evaluate"):
        measurements.evaluation(population)
