"""The statistics of `culture index` the way dashboards of SAE features are usually made: for each block of
features the GPT runs again over all quizzes and the SAE encodes them again, then a loop goes over the
features of the block, each on its dense activations.

Blocks, batches and order follow SAEDashboard 0.8.0 (256 features, 64 prompts), which as well computes
correlations of the block's features, and quantiles and example sequences in a loop over features.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from culture_core.features.index.cofiring import N_NEIGHBOURS
from culture_core.features.index.directions import readout
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.statistics import bin_edges
from culture_core.features.index.top import A_QUANTILE, QUANTILES, TOP_K
from culture_core.saes.hooks import activations_at

BLOCK_FEATURES, BATCH_QUIZZES = 256, 64


@torch.inference_mode()
def index_by_blocks(model: Any, sae: Any, hook: str, quiz_set: QuizSet) -> list[dict[str, Any]]:
    """One record per feature."""
    tokens = quiz_set.quizzes().tokens
    groups = _groups(quiz_set)
    unit = torch.nn.functional.normalize(sae.W_dec, dim=1)
    records = []
    for block in torch.arange(len(sae.W_dec)).split(BLOCK_FEATURES):
        codes = torch.cat(
            [
                sae.encode(activations_at(model, hook, batch)[:, 1:])[:, :, block]
                for batch in tokens.split(BATCH_QUIZZES)
            ]
        )
        fired = (codes > 0).flatten(0, 1).float()
        together, effects, cosines = fired.T @ fired, sae.W_dec[block] @ readout(model), unit[block] @ unit.T
        fires = fired.sum(0)
        jaccard = together / (fires[:, None] + fires - together).clamp(min=1)
        for number in range(len(block)):
            values = codes[:, :, number].numpy()
            records.append(
                {
                    **_statistics(values, groups),
                    **_examples(values),
                    "logit_effects": effects[number],
                    "decoder_neighbours": cosines[number].topk(N_NEIGHBOURS + 1),
                    "cofiring_neighbours": jaccard[number].topk(N_NEIGHBOURS + 1),
                }
            )
    return records


def _groups(quiz_set: QuizSet) -> dict[str, NDArray[np.int64]]:
    """The group of every token (n, 403), for each way of grouping."""
    quizzes = quiz_set.quizzes()
    every = np.ones((len(quizzes), 403), dtype=np.int64)
    return {
        "task": every * (quizzes.index.numpy() % len(quiz_set.tasks))[:, None],
        "structure": every * quizzes.structure.numpy()[:, None],
        "position": every * np.arange(403),
        "token": quizzes.tokens.numpy()[:, :403].astype(np.int64),
    }


def _statistics(values: NDArray[np.float32], groups: dict[str, NDArray[np.int64]]) -> dict[str, Any]:
    firing = values > 0
    found = values[firing]
    record: dict[str, Any] = {
        "fires": len(found),
        "total": found.sum(),
        "squares": (found**2).sum(),
        "max": values.max(),
        "histogram": np.histogram(found, bin_edges())[0],
    }
    for name, group in groups.items():
        inside = group[firing]
        n_groups = int(group.max()) + 1
        highest = np.zeros(n_groups, dtype=np.float32)
        np.maximum.at(highest, inside, found)
        record[name] = (
            np.bincount(inside, minlength=n_groups),
            np.bincount(inside, weights=found, minlength=n_groups),
            np.bincount(inside, weights=found**2, minlength=n_groups),
            highest,
        )
    tasks = groups["task"][firing]
    record["histogram_by_task"] = [np.histogram(found[tasks == t], bin_edges())[0] for t in range(8)]
    return record


def _examples(values: NDArray[np.float32]) -> dict[str, Any]:
    peak, position = values.max(1), values.argmax(1)
    order = np.argsort(-peak, kind="stable")
    order = order[peak[order] > 0]
    centres = [round((1 - quantile) * max(0, len(order) - 1)) for quantile in QUANTILES]
    chosen = [order[max(0, c - 1) : c - 1 + A_QUANTILE] for c in centres]
    return {
        name: (quiz, peak[quiz], position[quiz], values[quiz])
        for name, quiz in (("top", order[:TOP_K]), ("spread", np.concatenate(chosen)))
    }
