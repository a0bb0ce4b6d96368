"""How alike the residual streams of GPTs are after every block over the same tokens, with two baselines."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from culture_core.comparison.cka import Similarity, StateSums
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.models.mygpt import MyGPT
from culture_core.saes.hooks import activations_at_each
from culture_core.saes.variants import UNTRAINED_SEED, untrained_gpt
from culture_core.universality.matching.codes import other_places

BATCH = 16


@dataclass(frozen=True)
class StateSettings:
    """n_quizzes: world quizzes whose states are compared, from two on. seed: of the quizzes and of the
    shuffling. n_untrained: GPTs of the same shape with random weights that join as a baseline."""

    n_quizzes: int = 400
    seed: int = 23
    n_untrained: int = 2


@torch.inference_mode()
def state_similarities(
    models: Sequence[MyGPT], settings: StateSettings, *, progress: str | None = None
) -> list[Similarity]:
    """CKA after every block of m GPTs and, after these, the untrained ones: (m + u, m + u) each."""
    stand_ins = [untrained_gpt(models[0].config, UNTRAINED_SEED + k) for k in range(settings.n_untrained)]
    everyone = [*models, *stand_ins]
    hooks = [f"blocks.{block}.hook_resid_post" for block in range(models[0].config.n_blocks)]
    tokens = evaluation_quizzes(settings.n_quizzes, settings.seed).tokens
    generator = np.random.default_rng(settings.seed)
    n_read = tokens.shape[1] - 1
    sums = [StateSums(len(everyone), models[0].config.d_model, n_read) for _ in hooks]
    for batch in tqdm(tokens.split(BATCH), desc=progress, unit="batch", disable=progress is None):
        shuffled = other_places(len(batch), generator)
        seen = [activations_at_each(model, hooks, batch) for model in everyone]
        for hook, of_block in zip(hooks, sums, strict=True):
            of_block.add(torch.stack([states[hook][:, 1:] for states in seen]), shuffled)
    return [of_block.similarity() for of_block in sums]
