"""evaluation.json: how well every GPT of a population solves quizzes, kept by `culture evaluate --save`."""

from collections.abc import Mapping
from typing import Any

from culture_core.artifact import Artifact, Record, Source, model_hashes
from culture_core.artifacts import PopulationFolder, write_json
from culture_core.errors import suggested


def evaluation_artifact(population: PopulationFolder) -> Artifact:
    """The evaluation of a population, as an artifact: one JSON file."""

    def present(_: Record) -> dict[str, str]:
        return {str(model_k): sha256 for model_k, sha256 in model_hashes(population).items()}

    return Artifact(
        name="evaluation",
        population=population,
        folder=population.root,
        record=population.evaluation.name,
        command=suggested("evaluate", "--source", population.root, "--save"),
        sources=(Source("model_sha256", "other GPTs", present),),
        verb="is",
    )


def open_evaluation(population: PopulationFolder) -> Record:
    """The report: num_test_samples, seed, noise and tasks of the quizzes; models, one record per GPT with id,
    loss, greedy_accuracy, expected_accuracy, their intervals, and the same by_task and by_structure.

    Errors: CultureError that says what to run when it is missing, damaged or of other GPTs.
    """
    return evaluation_artifact(population).manifest()


def save_evaluation(population: PopulationFolder, report: Mapping[str, Any]) -> None:
    """Keep a report in the population."""
    write_json(evaluation_artifact(population).manifest_path, report)
