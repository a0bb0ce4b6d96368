"""When a kept evaluation is up to date: of these GPTs, these settings and these quizzes."""

from dataclasses import replace

import pytest

from culture_core.artifacts import provenance
from culture_core.evaluation.report import open_evaluation
from culture_core.evaluation.stage import EvaluationSettings, evaluate_population
from culture_core.models.mygpt import PRESETS, MyGPT
from culture_core.models.population import save_population
from culture_core.world.quizzes import generate_quizzes

FEW = EvaluationSettings(n=8)


@pytest.fixture
def population(tmp_path):
    """GPTs 3 and 7, with two training and two held-out culture quizzes."""
    return saved(tmp_path / "two", seed=1)


def saved(folder, seed, *, force=False):
    models = [MyGPT(PRESETS["17K"]).eval() for _ in (3, 7)]
    for model, k in zip(models, (3, 7), strict=True):
        model.id = k
        for parameter in model.parameters():
            parameter.data.zero_()
    quizzes = generate_quizzes(("frame",), 4, seed=seed).tokens
    return save_population(
        folder,
        models,
        made_by=provenance("test"),
        culture_quizzes=(quizzes[:2], quizzes[2:]),
        force=force,
    )


def is_measured(population, models=None, settings=FEW):
    return evaluate_population(population, models, settings, if_stale=True) is not None


def test_a_report_on_one_gpt_is_not_one_on_all(population):
    evaluate_population(population, [3], FEW)
    assert is_measured(population)
    assert [record["id"] for record in open_evaluation(population)["models"]] == [3, 7]
    assert not is_measured(population) and not is_measured(population, [7])


def test_a_report_without_ablations_is_measured_again_with_them(population):
    evaluate_population(population, None, FEW)
    assert is_measured(population, settings=replace(FEW, ablate=True))
    assert not is_measured(population, settings=replace(FEW, ablate=True)) and not is_measured(population)


def test_a_report_on_culture_quizzes_is_of_those_that_are_there(population):
    invented = replace(FEW, culture=True)
    evaluate_population(population, None, invented)
    assert not is_measured(population, settings=invented)
    kept = population.evaluation.read_bytes()
    others = saved(population.root, seed=2, force=True)
    others.evaluation.write_bytes(kept)
    assert is_measured(others, settings=invented)
