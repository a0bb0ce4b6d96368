"""What is opened is shared until what it was made from changes."""

import pytest

from dashboard.data.cached import changed, shared, written
from dashboard.data.population import indexes


def test_an_index_is_opened_once_and_its_quizzes_are_read_only(population):
    hook = population.hooks[0]
    first, again = (indexes.index(population, hook, population.models[0]) for _ in range(2))
    quizzes = indexes.index_quizzes(first)
    assert first is again
    assert quizzes.tokens.shape == (first.n_quizzes, 404)
    with pytest.raises(ValueError, match="read-only"):
        quizzes.tokens[0, 0] = 0


def test_a_result_is_kept_until_its_file_is_written_again(tmp_path):
    file = tmp_path / "number.txt"

    @shared(lambda: changed(file), at_most=2)
    def number() -> list[int]:
        return [int(file.read_text())]

    file.write_text("1")
    first = number()
    assert number() is first
    file.write_text("2")
    assert changed(file) != 0
    assert number() == [2]


def test_functions_of_one_shape_are_told_apart():
    @shared(lambda n: 0, at_most=2)  # noqa: ARG005
    def double(n: int) -> int:
        return 2 * n

    @shared(lambda n: 0, at_most=2)  # noqa: ARG005
    def square(n: int) -> int:
        return n * n

    assert (double(5), square(5)) == (10, 25)


def test_a_failure_is_not_kept(tmp_path):
    file = tmp_path / "late.txt"

    @shared(lambda: 0, at_most=2)
    def text() -> str:
        return file.read_text()

    with pytest.raises(FileNotFoundError):
        text()
    file.write_text("there now")
    assert text() == "there now"


def test_a_file_of_the_year_1970_is_there(tmp_path):
    import os

    manifest = tmp_path / "manifest.json"
    manifest.write_text("{}")
    os.utime(manifest, (0, 0))
    assert written(tmp_path) == 0
    assert written(tmp_path / "nowhere") is None


def test_populations_are_told_apart_by_their_folder(population, tmp_path):
    from culture_core.artifacts import PopulationFolder
    from culture_core.population import Population

    @shared(lambda chosen: 0, at_most=4)  # noqa: ARG005
    def root(chosen) -> str:
        return str(chosen.folder.root)

    other = Population(PopulationFolder(tmp_path / "other"))
    assert root(population) != root(other)
