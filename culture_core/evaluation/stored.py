"""The evaluation that a population keeps: accuracy of each GPT, by task and structure."""

from culture_core.artifact import Artifact, Record, Source, model_hashes
from culture_core.artifacts import PopulationFolder


def evaluation_artifact(population: PopulationFolder) -> Artifact:
    """The evaluation of a population, as an artifact: one JSON file."""

    def present(_: Record) -> dict[str, str]:
        return {str(model_k): sha256 for model_k, sha256 in model_hashes(population).items()}

    return Artifact(
        name="evaluation",
        population=population,
        folder=population.root,
        record=population.evaluation.name,
        command=f"culture evaluate --source {population.root} --save",
        sources=(Source("model_sha256", "other GPTs", present),),
        verb="is",
    )


def open_evaluation(population: PopulationFolder) -> Record:
    """What `culture evaluate --save` kept: num_test_samples, seed, noise, tasks, and "models", a record each.

    Errors: CultureError that says what to run when it is missing, damaged or of other GPTs.
    """
    return evaluation_artifact(population).manifest()
