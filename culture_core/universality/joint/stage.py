"""The stage behind `culture joint`: a joint dictionary is trained, indexed, graded and measured."""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from culture_core.artifacts import JOINT, PopulationFolder, provenance
from culture_core.features.grading.stage import grade_population
from culture_core.features.index.activations import ensure_activations
from culture_core.features.index.reader import open_index
from culture_core.features.index.stage import IndexSettings, index_jobs, index_saes
from culture_core.processes import Workers
from culture_core.saes.choice import the_hook
from culture_core.saes.joint import JointGPT
from culture_core.saes.plain import read_sae
from culture_core.saes.training_stage import train_population_saes
from culture_core.saes.variants import gpt_for_hooks
from culture_core.universality.joint.measure import decoder_norms, explained_by_gpt, find_features
from culture_core.universality.joint.reader import JointReader, open_joint
from culture_core.universality.joint.store import JointSettings, joint_artifact, keeper, made_from
from culture_core.universality.matching.codes import Codes
from culture_core.universality.matching.inputs import read_inputs
from culture_core.universality.matching.store import open_matches


def measure_joint_dictionary(
    population: PopulationFolder,
    hook: str | None = None,
    settings: JointSettings | None = None,
    *,
    if_stale: bool = False,
    device: str = "cpu",
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> JointReader:
    """Train one dictionary on all GPTs at a hook point (default: the only one with SAEs), and compare it with
    their own features.

    if_stale: leave alone what is up to date. Errors: CultureError for a single GPT and for missing matches.
    """
    hook, settings = the_hook(population, hook), settings or JointSettings()
    k, joint = keeper(population), joint_artifact(population, hook)
    open_matches(population, hook)
    joint.check_writable()
    common: dict[str, Any] = {"if_stale": if_stale, "workers": workers, "command": command, "say": say}
    train_population_saes(population, [settings.sae(hook)], variant=JOINT, device=device, **common)
    quiz_set = IndexSettings(quiz_set=open_index(population, hook, k).quiz_set)
    index_saes(index_jobs(population, hook, quiz_set, variant=JOINT, device=device), **common)
    grade_population(population, hook, variant=JOINT, **common)
    if if_stale and joint.is_current(made_from(population, hook, settings)):
        say(f"the joint dictionary at {hook} is up to date")
    else:
        _measure(population, hook, settings, command, device)
    return open_joint(population, hook)


def _measure(
    population: PopulationFolder, hook: str, settings: JointSettings, command: str, device: str
) -> None:
    started = time.time()
    matches, k = open_matches(population, hook), keeper(population)
    model = gpt_for_hooks(population, k, JOINT, [hook], device=device)
    assert isinstance(model, JointGPT)
    sae = read_sae(population.sae(hook, k, JOINT), device)
    inputs = read_inputs(population, hook, matches.models)
    latents = Codes.of(ensure_activations(population, hook, k, JOINT), inputs.quiz_set.n)
    found = find_features(latents, inputs.codes(), seed=settings.seed)
    arrays = {
        "norms": decoder_norms(sae, len(matches.models)).astype(np.float16),
        "explained": explained_by_gpt(model, sae, hook, settings.quizzes, settings.seed),
        "latent": found.latent,
        "feature": found.feature,
        **{name: getattr(found, name).astype(np.float16) for name in ("latent_r", "shuffled_r", "feature_r")},
    }
    manifest = {
        "hook": hook,
        "models": matches.models,
        **made_from(population, hook, settings),
        "sae_settings": asdict(settings.sae(hook)),
        "made_by": provenance(command, started),
    }
    joint_artifact(population, hook).write(manifest, arrays)
