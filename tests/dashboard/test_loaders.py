"""The door to the artifacts: names from a URL are checked, nothing else is opened."""

import pytest

from culture_core.errors import CultureError
from dashboard.data import loaders


@pytest.mark.usefixtures("empty_cache")
def test_an__says_how_to_fill_it():
    with pytest.raises(CultureError, match="culture build"):
        loaders.population_names()


@pytest.mark.parametrize("name", ["nowhere", "../cache/world-1M", "/etc", "", "world-1M/models"])
def test_a_population_is_found_by_its_name_only(name):
    with pytest.raises(CultureError, match="no population"):
        loaders.population(name)


def test_hook_points_and_gpts_are_checked_against_what_is_there():
    population = loaders.population(loaders.population_names()[0])
    assert loaders.the_hook(population, None) == population.hooks[0]
    assert loaders.the_model(population, "1") == 1
    with pytest.raises(CultureError, match="no hook point"):
        loaders.the_hook(population, "../../models")
    with pytest.raises(CultureError, match="no GPT"):
        loaders.the_model(population, "01")


def test_a_population_without_saes_says_what_to_run(empty_cache):
    folder = empty_cache / "fresh"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"models": [{"id": 0}]}')
    population = loaders.population("fresh")
    with pytest.raises(CultureError, match="culture build --population"):
        loaders.the_hook(population, None)
    with pytest.raises(CultureError, match="culture evaluate"):
        loaders.evaluation(population)


def test_an_index_is_opened_once_and_its_quizzes_are_read_only():
    population = loaders.population(loaders.population_names()[0])
    hook = population.hooks[0]
    first, again = (loaders.index(population, hook, population.models[0]) for _ in range(2))
    quizzes = loaders.index_quizzes(first)
    assert first is again
    assert quizzes.tokens.shape == (first.n_quizzes, 404)
    with pytest.raises(ValueError, match="read-only"):
        quizzes.tokens[0, 0] = 0
