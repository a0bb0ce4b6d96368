"""The door to the artifacts: names from a URL are checked, nothing else is opened."""

import pytest

from culture_core.errors import CultureError
from dashboard.data import indexes, measurements, populations


@pytest.mark.usefixtures("empty_cache")
def test_an__says_how_to_fill_it():
    with pytest.raises(CultureError, match="culture build"):
        populations.population_names()


@pytest.mark.parametrize("name", ["nowhere", "../cache/world-1M", "/etc", "", "world-1M/models"])
def test_a_population_is_found_by_its_name_only(name):
    with pytest.raises(CultureError, match="no population"):
        populations.population(name)


def test_hook_points_and_gpts_are_checked_against_what_is_there():
    population = populations.population(populations.population_names()[0])
    assert populations.the_hook(population, None) == population.hooks[0]
    assert populations.the_model(population, "1") == 1
    with pytest.raises(CultureError, match="no hook point"):
        populations.the_hook(population, "../../models")
    with pytest.raises(CultureError, match="no GPT"):
        populations.the_model(population, "01")


def test_a_population_without_saes_says_what_to_run(empty_cache):
    folder = empty_cache / "fresh"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"models": [{"id": 0}]}')
    population = populations.population("fresh")
    with pytest.raises(CultureError, match="culture build --population"):
        populations.the_hook(population, None)
    with pytest.raises(CultureError, match="culture evaluate"):
        measurements.evaluation(population)


def test_an_index_is_opened_once_and_its_quizzes_are_read_only():
    population = populations.population(populations.population_names()[0])
    hook = population.hooks[0]
    first, again = (indexes.index(population, hook, population.models[0]) for _ in range(2))
    quizzes = indexes.index_quizzes(first)
    assert first is again
    assert quizzes.tokens.shape == (first.n_quizzes, 404)
    with pytest.raises(ValueError, match="read-only"):
        quizzes.tokens[0, 0] = 0
