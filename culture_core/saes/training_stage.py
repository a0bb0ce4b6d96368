"""The stage behind `culture train-sae`: SAEs of a population, GPT by GPT."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from culture_core.artifacts import RESEEDED, UNTRAINED, PopulationFolder, provenance
from culture_core.errors import CultureError
from culture_core.models.choice import chosen_models
from culture_core.processes import Report, Workers, run_jobs
from culture_core.saes.settings import SAESettings
from culture_core.saes.store import sae_artifact, sae_manifest, save_sae

if TYPE_CHECKING:
    from sae_lens import TrainingSAE

    from culture_core.models.protocols import GPT

# what kept most of the quiz accuracy at a given L0 (docs/experiments/saes.md, "What was tried")
DEFAULTS = SAESettings("", architecture="batchtopk", finetune_quizzes=2400)


@dataclass(frozen=True)
class SAEJob:
    """The SAEs of one GPT, or of a stand-in of it. settings: one for each hook point."""

    population: PopulationFolder
    model_k: int
    variant: str
    settings: tuple[SAESettings, ...]
    device: str

    @property
    def name(self) -> str:
        return f"GPT {self.model_k}{' ' if self.variant else ''}{self.variant}"

    def inputs(self, settings: SAESettings) -> dict[str, Any]:
        """What an SAE is made from, as its manifest records it."""
        from culture_core.saes.variants import model_sha256

        sha256 = model_sha256(self.population, self.model_k, self.variant)
        return {"settings": settings.to_json(), "model_sha256": sha256}

    def check_writable(self) -> None:
        """Errors: CultureError when its SAEs cannot be written."""
        for one in self.settings:
            sae_artifact(self.population, one.hook, self.model_k, self.variant).check_writable()

    def stale(self) -> "SAEJob":
        """The same job without the SAEs that are up to date."""
        return replace(self, settings=tuple(one for one in self.settings if not self._is_current(one)))

    def _is_current(self, settings: SAESettings) -> bool:
        """Whether the SAE of these settings, of this GPT, is there."""
        try:
            manifest = sae_manifest(self.population, settings.hook, self.model_k, self.variant)
        except CultureError:
            return False
        return self.inputs(settings).items() <= manifest.items()


def train_population_saes(
    population: PopulationFolder,
    settings: Sequence[SAESettings],
    *,
    models: Sequence[int] | None = None,
    variant: str = "",
    baselines: bool = False,
    if_stale: bool = False,
    device: str = "cpu",
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Train an SAE of each of these settings, which name its hook point, on each GPT, GPT k with seed + k;
    returns the manifests of those that were trained.

    settings: see `at_hooks`; those of a GPT share its forward passes. baselines: also the untrained and the
    reseeded SAEs of the first GPT. if_stale: leave alone what is there already.
    Errors: CultureError for an unknown GPT or hook point.
    """
    chosen = chosen_models(population, models, variant)
    whose = [(k, variant) for k in chosen]
    if baselines:
        whose += [(chosen[0], UNTRAINED), (chosen[0], RESEEDED)]
    jobs = [
        SAEJob(population, k, which, _seeded(settings, k, which), device) for k, which in dict.fromkeys(whose)
    ]
    left = [job.stale() if if_stale else job for job in jobs]
    for job in left:
        if not job.settings:
            say(f"{job.name}: up to date")
    stale = [job for job in left if job.settings]
    if not stale:
        return []
    for job in stale:
        job.check_writable()
    for which in {job.variant for job in stale}:
        check_trainable(population, settings, which)
    workers = (workers or Workers()).computing_on(device)
    trained = run_jobs(partial(_train, command), stale, workers, show=say)
    return [manifest for manifests in trained for manifest in manifests]


def check_trainable(population: PopulationFolder, settings: Sequence[SAESettings], variant: str = "") -> None:
    """Errors: CultureError for a hook point that the GPTs do not have, or impossible settings."""
    import torch

    from culture_core.saes.finetune import check_finetuning
    from culture_core.saes.hooks import activations_at
    from culture_core.saes.variants import gpt_for_hooks

    first = chosen_models(population)[0]
    model = gpt_for_hooks(population, first, variant, [one.hook for one in settings])
    for one in settings:
        one.check(activations_at(model, one.hook, torch.zeros(1, 2, dtype=torch.long)).shape[-1])
        check_finetuning(model, one)


def at_hooks(
    population: PopulationFolder, hooks: Sequence[str], settings: SAESettings = DEFAULTS
) -> list[SAESettings]:
    """The same settings at each hook point (default: the residual stream at 2/3 depth)."""
    from culture_core.saes.choice import usual_hook

    hooks = list(dict.fromkeys(hooks)) or [usual_hook(population)]
    return [replace(settings, hook=hook) for hook in hooks]


def _seeded(settings: Sequence[SAESettings], model_k: int, variant: str) -> tuple[SAESettings, ...]:
    from culture_core.saes.variants import SEED_OFFSETS

    return tuple(replace(one, seed=one.seed + SEED_OFFSETS[variant] + model_k) for one in settings)


def _train(command: str, job: SAEJob, report: Report) -> list[dict[str, Any]]:
    """Train and save the SAEs of one GPT; returns their manifests."""
    from culture_core.saes.checkpoint import Checkpoints
    from culture_core.saes.train import Diverged, train_saes
    from culture_core.saes.variants import gpt_for_hooks

    started = time.time()
    hooks = [one.hook for one in job.settings]
    inputs = [job.inputs(one) for one in job.settings]
    folder = job.population.sae_training(job.model_k, hooks, job.variant)
    checkpoints = Checkpoints(folder, {"saes": inputs})
    model = gpt_for_hooks(job.population, job.model_k, job.variant, hooks, device=job.device, to_train=True)
    first = job.settings[0]
    report(f"{job.name}: {first.architecture} SAE on {', '.join(hooks)}, {first.tokens:,} tokens")
    try:
        saes = train_saes(
            model,
            job.settings,
            model_name=f"{job.population.name}/gpt_{job.model_k}",
            device=job.device,
            checkpoints=checkpoints,
            report=lambda standing: report(f"{job.name}, {standing.hook}: {standing.line()}"),
        )
    except Diverged:
        checkpoints.remove()
        raise
    made_by = provenance(command, started)
    manifests = [
        _save(job, model, saes[hook], hook, made_from, made_by)
        for hook, made_from in zip(hooks, inputs, strict=True)
    ]
    checkpoints.remove()
    return manifests


def _save(
    job: SAEJob,
    model: "GPT",
    sae: "TrainingSAE[Any]",
    hook: str,
    made_from: dict[str, Any],
    made_by: dict[str, Any],
) -> dict[str, Any]:
    from culture_core.saes.joint import JointGPT

    manifest = {
        "id": job.model_k,
        "variant": job.variant,
        **made_from,
        "d_sae": sae.cfg.d_sae,
        "d_in": sae.cfg.d_in,
        "made_by": made_by,
    }
    standard = model.standard(hook).arrays() if isinstance(model, JointGPT) else None
    folder = job.population.sae(hook, job.model_k, job.variant)
    save_sae(sae, folder, manifest, halved=True, standard=standard)
    return manifest
