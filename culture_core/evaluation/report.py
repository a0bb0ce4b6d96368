"""evaluation.json: how well every GPT of a population solves quizzes, kept by `culture evaluate --save`."""

from collections.abc import Mapping
from typing import Any

from culture_core.artifacts import PopulationFolder, read_json, write_json
from culture_core.errors import CultureError, suggested


def open_evaluation(population: PopulationFolder) -> dict[str, Any]:
    """The report: num_test_samples, seed, noise and tasks of the quizzes; models, one record per GPT with id,
    loss, greedy_accuracy, expected_accuracy, their intervals, and the same by_task and by_structure.

    Errors: CultureError that says what to run when it is missing.
    """
    if not population.evaluation.is_file():
        again = suggested("evaluate", "--source", population.root, "--save")
        raise CultureError(f"no evaluation of {population.name}; run {again}")
    return read_json(population.evaluation)


def save_evaluation(population: PopulationFolder, report: Mapping[str, Any]) -> None:
    """Keep a report in the population."""
    write_json(population.evaluation, report)


def evaluation_has(population: PopulationFolder, wanted: Mapping[str, Any]) -> bool:
    """Whether a report is kept whose entries include these."""
    if not population.evaluation.is_file():
        return False
    kept = read_json(population.evaluation)
    return all(kept.get(name) == value for name, value in wanted.items())
