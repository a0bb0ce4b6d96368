"""The work of the measures beside correlation, in parts that can be run at a small size."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from culture_core.artifacts import JOINT, PopulationFolder
from culture_core.build.part import CAUSAL_QUIZZES, Part
from culture_core.build.plan import BuildPlan
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.stage import IndexSettings, index_jobs, index_saes
from culture_core.models.api import load_culture
from culture_core.saes.plain import read_sae
from culture_core.saes.training_stage import train_population_saes
from culture_core.saes.variants import untrained_gpt
from culture_core.universality.families.store import FamilySettings
from culture_core.universality.joint.store import JointSettings
from culture_core.universality.transfer.run import all_maps, measure_transfer, state_moments
from culture_core.universality.transfer.steer_pairs import CANDIDATES
from culture_core.universality.transfer.steering import WAYS
from culture_core.universality.transfer.store import TransferSettings

# measuring transfer between two GPTs reads four times as many mapped states as there are kinds of maps
TRIED_PAIRS = 4
FEW_MAPS = TransferSettings(fit_quizzes=8)


class Trial(Protocol):
    """What these parts need of the trial of a build."""

    scratch: PopulationFolder
    plan: BuildPlan
    models: list[int]
    device: str
    hook: str
    quiet: dict[str, Any]
    alone: dict[str, Any]

    def stand_in(self, size: int) -> None: ...

    def ablate(self, n_features: int) -> None: ...


def measure_parts(trial: Trial) -> Iterator[Part]:
    """Families, the joint dictionary and transfer; each is of all GPTs together."""
    m, n_hooks = len(trial.models), len(trial.plan.hooks)
    families, joint, transfer = FamilySettings(), JointSettings(), TransferSettings()
    sets = 2 * 2 * (families.groups + families.families) * families.quizzes // CAUSAL_QUIZZES
    steered = CANDIDATES + 1 + len(WAYS) * (m - 1)
    steered = transfer.steered * steered * transfer.steered_quizzes // CAUSAL_QUIZZES
    yield Part("families", trial.ablate, (2, 6), m * n_hooks, sets, prepare=trial.stand_in)
    batch = trial.plan.sae.batch_size
    sizes = (8 * batch, 24 * batch)
    # at the main hook point only
    yield Part("joint", _joint_training(trial), sizes, 1, joint.tokens, shared=False, cold=True)
    yield Part("joint", _joint_index(trial), (16, 48), 1, trial.plan.n)
    pairs = max(1, n_hooks * m * m // TRIED_PAIRS)
    run = _transfer(trial)
    yield Part("transfer", run, (2, 6), pairs, transfer.quizzes, prepare=trial.stand_in, shared=False)
    yield Part("transfer", trial.ablate, (2, 6), m * n_hooks, steered, shared=False)


def _joint_training(trial: Trial) -> Callable[[int], Any]:
    def train(tokens: int) -> Any:
        settings = replace(JointSettings(tokens=tokens).sae(trial.hook), architecture="topk")
        return train_population_saes(trial.scratch, [settings], variant=JOINT, **trial.alone)

    return train


def _joint_index(trial: Trial) -> Callable[[int], Any]:
    def index(n: int) -> Any:
        settings = IndexSettings(quiz_set=QuizSet(n=n))
        jobs = index_jobs(trial.scratch, trial.hook, settings, variant=JOINT, device=trial.device)
        return index_saes(jobs, **trial.quiet)

    return index


def _transfer(trial: Trial) -> Callable[[int], Any]:
    def measure(n: int) -> dict[str, np.ndarray]:
        two = trial.models[:2]
        models = [gpt.to(trial.device) for gpt in load_culture(two, source=trial.scratch.root)]
        saes = [read_sae(trial.scratch.sae(trial.hook, k), trial.device) for k in two]
        everyone = [*models, untrained_gpt(models[0].config, 0).to(trial.device)]
        maps = all_maps(state_moments(everyone, trial.hook, FEW_MAPS), len(models))
        return measure_transfer(everyone, saes, trial.hook, maps, replace(FEW_MAPS, quizzes=n))

    return measure
