"""The stage behind `culture evaluate-sae`: metrics of the SAEs at a hook point, GPT by GPT."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from culture_core.artifacts import JOINT, PopulationFolder
from culture_core.errors import CultureError, suggested
from culture_core.models.choice import chosen_models
from culture_core.processes import Report, Workers, run_jobs
from culture_core.saes.choice import the_hook
from culture_core.saes.kept import KEPT
from culture_core.saes.store import add_figures, load_sae, sae_artifact, sae_manifest
from culture_core.settings import setting

FIGURE_SEED = 8


@dataclass(frozen=True)
class SAEFigureSettings:
    """What SAEs are measured on. seed: of the quizzes, apart from every training seed."""

    held_out_tokens: int = setting(
        1_000_000, "tokens for L0, variance and dead features", least=1, metavar="N"
    )
    n: int = setting(
        800, "quizzes for the accuracy with the SAE spliced in", option=("num-test-samples", "n"), least=1
    )
    seed: int = FIGURE_SEED

    def to_json(self) -> dict[str, Any]:
        """As an SAE's manifest keeps them."""
        return {
            "seed": self.seed,
            "held_out_tokens": self.held_out_tokens,
            "quizzes": self.n,
            "kept": list(KEPT),
        }


@dataclass(frozen=True)
class FigureJob:
    """One SAE to measure."""

    population: PopulationFolder
    hook: str
    model_k: int
    variant: str

    def manifest(self) -> dict[str, Any]:
        """Errors: CultureError that says what to run when there is no such SAE."""
        return sae_manifest(self.population, self.hook, self.model_k, self.variant)

    def is_current(self, settings: SAEFigureSettings) -> bool:
        """Whether the figures were measured on this SAE, in this way (a new SAE has a new manifest)."""
        return self.manifest().get("figures", {}).get("measured_on") == settings.to_json()


def evaluate_population_saes(
    population: PopulationFolder,
    hook: str | None = None,
    settings: SAEFigureSettings | None = None,
    *,
    models: Sequence[int] | None = None,
    variant: str = "",
    if_stale: bool = False,
    device: str = "cpu",
    workers: Workers | None = None,
    say: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Measure the SAEs of a hook point and write the figures into their manifests; returns the manifests of
    those that were measured.

    hook: (default: the only one with SAEs). if_stale: leave alone those measured in this way already.
    Errors: CultureError for an unknown GPT or hook point, when an SAE is missing, and for a joint dictionary.
    """
    if variant == JOINT:
        again = suggested("joint", "--population", population.root)
        raise CultureError(f"a joint dictionary is of no single GPT to measure it in; {again} measures it")
    hook, settings = the_hook(population, hook), settings or SAEFigureSettings()
    jobs = [FigureJob(population, hook, k, variant) for k in chosen_models(population, models, variant)]
    current = [job for job in jobs if if_stale and job.is_current(settings)]
    for job in current:
        say(f"GPT {job.model_k}: up to date")
    stale = [job for job in jobs if job not in current]
    for job in stale:
        sae_artifact(population, hook, job.model_k, variant).check_writable()
    workers = (workers or Workers()).computing_on(device)
    return run_jobs(partial(_measure, settings, device), stale, workers, show=say)


def _measure(settings: SAEFigureSettings, device: str, job: FigureJob, report: Report) -> dict[str, Any]:
    """Measure one SAE, write the figures into its manifest; returns the manifest."""
    from culture_core.saes.evaluate import sae_figures
    from culture_core.saes.variants import gpt_for_hooks

    report(f"GPT {job.model_k}: measuring its SAE on {job.hook}")
    model = gpt_for_hooks(job.population, job.model_k, job.variant, [job.hook], device=device)
    sae = load_sae(job.population.sae(job.hook, job.model_k, job.variant), device=device)
    figures = sae_figures(
        model,
        sae,
        job.hook,
        seed=settings.seed,
        held_out_tokens=settings.held_out_tokens,
        n_quizzes=settings.n,
        device=device,
    )
    measured = {"measured_on": settings.to_json(), **figures}
    return add_figures(job.population, job.hook, job.model_k, job.variant, measured)
