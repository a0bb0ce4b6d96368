"""The stage behind `culture evaluate`: loss and accuracy of GPTs, GPT by GPT."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from culture_core.artifact import model_hashes
from culture_core.artifacts import PopulationFolder, provenance, sha256_file
from culture_core.errors import CultureError
from culture_core.evaluation.report import evaluation_artifact, save_evaluation
from culture_core.models.choice import chosen_models
from culture_core.processes import Report, Workers, run_jobs
from culture_core.settings import setting
from culture_core.world.tasks.choice import resolve_tasks
from culture_core.world.vocabulary import CULTURE

if TYPE_CHECKING:
    from culture_core.models.sources import ModelSource
    from culture_core.world.quizzes import QuizBatch

# a worker more pays when it has this many quizzes to answer
QUIZZES_PER_WORKER = 1000


@dataclass(frozen=True)
class EvaluationSettings:
    """What GPTs are measured on."""

    n: int = setting(
        2000, "quizzes, the tasks in turn", option=("num-test-samples", "n"), least=1, metavar="N"
    )
    seed: int = setting(0, "seed of the test quizzes")
    noise: float = setting(0.05, "share of noisy cells in the prompt", least=0, most=1)
    tasks: str = setting("world", "world, unseen, all, or names separated by commas")
    unseen: bool = setting(False, "the seven tasks never trained on (--tasks unseen)")
    culture: bool = setting(False, "the held-out quizzes that the GPTs of the source invented")
    ablate: bool = setting(False, "also with each layer, head and MLP set to zero and to its mean")

    def task_names(self) -> list[str]:
        """Errors: CultureError for an unknown task."""
        return [CULTURE] if self.culture else list(resolve_tasks("unseen" if self.unseen else self.tasks))


def evaluate_gpts(
    source: str,
    models: Sequence[int] | None = None,
    settings: EvaluationSettings | None = None,
    *,
    hub_repo: str | None = None,
    device: str = "cpu",
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """The report on GPTs of a source: a population folder, a folder of gpt_NNN.pth, or "hub".

    models: ids (default: all). Returns the settings, a record per GPT under "models", and what made it.
    Errors: CultureError for a GPT or task that is not there, and without TransformerLens, which every GPT is
    compared with.
    """
    from culture_core.models.hooked_kinds import check_installed
    from culture_core.models.sources import resolve_source

    check_installed()
    settings = settings or EvaluationSettings()
    opened = resolve_source(source, hub_repo)
    jobs = _known(opened, models)
    batch = _quizzes(opened, settings)
    worth = len(batch) * len(jobs) // QUIZZES_PER_WORKER
    measure = partial(_measure, source, hub_repo, settings, device)
    workers = (workers or Workers()).computing_on(device).at_most(worth)
    records = run_jobs(measure, jobs, workers, show=say)
    return {
        "num_test_samples": len(batch),
        "seed": settings.seed,
        "noise": settings.noise,
        "tasks": settings.task_names(),
        "models": records,
        "made_by": provenance(command, source=source),
    }


def _known(source: "ModelSource", models: Sequence[int] | None) -> list[int]:
    """Errors: CultureError for an id that the source does not have."""
    wanted = list(dict.fromkeys(models or source.ids))
    if unknown := [k for k in wanted if k not in source.ids]:
        source.load_models(unknown)
    return wanted


def _measure(
    source: str, hub_repo: str | None, settings: EvaluationSettings, device: str, model_k: int, report: Report
) -> dict[str, Any]:
    """The record of one GPT."""
    from culture_core.evaluation.ablation import ablation_table
    from culture_core.evaluation.accuracy import evaluate_model
    from culture_core.models.sources import resolve_source

    report(f"evaluating GPT {model_k}")
    opened = resolve_source(source, hub_repo)
    model = opened.load_models(model_k)[0].to(device)
    batch = _quizzes(opened, settings)
    record = {"id": model_k, **evaluate_model(model, batch, progress=f"GPT {model_k}")}
    if settings.ablate:
        record["ablations"] = ablation_table(model, batch, progress=f"ablations of GPT {model_k}")
    return record


def _quizzes(source: "ModelSource", settings: EvaluationSettings) -> "QuizBatch":
    """What to measure on.

    Errors: CultureError where there are no culture quizzes.
    """
    from culture_core.evaluation.accuracy import culture_test_quizzes, evaluation_quizzes

    if not settings.culture:
        names = settings.task_names()
        return evaluation_quizzes(settings.n, settings.seed, names, noise=settings.noise)
    invented = source.load_culture_quizzes()
    if invented is None or not len(invented[1]):
        raise CultureError(f"{source.name} has no held-out culture quizzes; run `culture invent`")
    return culture_test_quizzes(invented[1], settings.seed, noise=settings.noise)


def evaluate_population(
    population: PopulationFolder,
    models: Sequence[int] | None = None,
    settings: EvaluationSettings | None = None,
    *,
    if_stale: bool = False,
    device: str = "cpu",
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> dict[str, Any] | None:
    """Evaluate GPTs of a population and keep the report in it; returns the report, None when if_stale and the
    one that is kept is of these GPTs with these settings."""
    settings = settings or EvaluationSettings()
    made_from = _made_from(population, settings)
    if if_stale and _is_kept(population, models, settings, made_from):
        say(f"the evaluation of {population.root} is up to date")
        return None
    evaluation_artifact(population).check_writable()
    made: dict[str, Any] = {"device": device, "workers": workers, "command": command, "say": say}
    report = evaluate_gpts(str(population.root), models, settings, **made)
    save_evaluation(population, {**report, **made_from})
    say(f"report written to {population.evaluation}")
    return report


def _made_from(population: PopulationFolder, settings: EvaluationSettings) -> dict[str, Any]:
    """What a report depends on, beside the GPTs that it is asked for."""
    quizzes: dict[str, Any] = {"num_test_samples": settings.n}
    if settings.culture:
        invented = population.quizzes(CULTURE)
        quizzes = {"culture_sha256": sha256_file(invented) if invented.is_file() else None}
    return {
        **quizzes,
        "seed": settings.seed,
        "noise": settings.noise,
        "tasks": settings.task_names(),
        "model_sha256": {str(k): sha256 for k, sha256 in model_hashes(population).items()},
    }


def _is_kept(
    population: PopulationFolder,
    models: Sequence[int] | None,
    settings: EvaluationSettings,
    made_from: Mapping[str, Any],
) -> bool:
    """Whether the report that is kept is of these inputs and settings, and of all GPTs asked for."""
    artifact = evaluation_artifact(population)
    if not artifact.is_current(made_from):
        return False
    records = {record["id"]: record for record in artifact.manifest()["models"]}
    asked = chosen_models(population, models)
    return all(k in records and (not settings.ablate or "ablations" in records[k]) for k in asked)
