"""The GPTs of the training that is under way: better than the shipped ones, and no population to browse."""

from pathlib import Path

from culture_core.artifacts import populations
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.evaluation.scoring import score_quizzes
from culture_core.models.api import load_culture

CACHE = Path(__file__).parents[2] / "cache"


def test_they_solve_more_than_the_shipped_ones_and_are_not_browsed():
    quizzes = evaluation_quizzes(200, seed=5).tokens
    solved = [
        score_quizzes(load_culture(3, CACHE / name)[0], quizzes).correct.double().mean()
        for name in ("world-1M", "under-way/world-1M-long")
    ]
    assert solved[1] > max(0.87, solved[0])
    assert [population.name for population in populations(CACHE)] == ["world-1M"]
