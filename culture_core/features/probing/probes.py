"""Linear probes: which of the listed concepts can be read off the residual stream, layer by layer.

A probe is a ridge regression to a concept's labels 0 and 1 (scikit-learn's Ridge, as in its RidgeClassifier),
all concepts of a layer at once; its direction is that of Fisher's discriminant. Threshold and weights are of
the first half of the quizzes, AUROC and F1 of the second. The same with the labels of other quizzes at the
same positions says what position alone gives; AUROC above that is the probe's selectivity (Hewitt & Liang
2019). Quizzes and tokens are drawn at random, so concepts are as rare as they are, and F1 compares with that
of SAE features.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from culture_core.features.concepts.registry import pack_concepts
from culture_core.features.grading.scores import auroc_of_ranks, best_cut, f1_score
from culture_core.features.grading.truth import Truth
from culture_core.features.index.quiz_set import QuizSet
from culture_core.models.mygpt import shift_right
from culture_core.models.protocols import HookedModel
from culture_core.settings import quizzes_in_turn, setting
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import QUIZ_LENGTH

BATCH = 32


@dataclass(frozen=True)
class ProbeSettings:
    """What probes are fitted on."""

    n: int = quizzes_in_turn(400, least=2)
    tokens: int = setting(96, "tokens drawn from each quiz", least=1)
    ridge: float = setting(10.0, "penalty on the weights, for inputs of unit variance", least=0)
    seed: int = setting(7, "seed of the quizzes and of the draw of tokens")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class ProbeScores:
    """AUROC and F1 of each of c concepts on the second half, (c,) each."""

    auroc: NDArray[np.float64]
    f1: NDArray[np.float64]


@dataclass(frozen=True)
class ProbeData:
    """The tokens probes are fitted on and scored on, and the labels.

    quizzes: n of them. position (n, k): the tokens drawn from each, increasing. concepts (c,): numbers of
    those that hold often enough. labels, shuffled (n, k, c) uint8: where they hold, and where they hold in
    another quiz of the same half at the same position.
    """

    quizzes: QuizBatch
    position: NDArray[np.int64]
    concepts: NDArray[np.int64]
    labels: NDArray[np.uint8]
    shuffled: NDArray[np.uint8]


def probe_data(settings: ProbeSettings) -> ProbeData:
    """Draw the quizzes and tokens, the same for every GPT and layer."""
    quizzes = QuizSet(n=settings.n, seed=settings.seed).quizzes()
    truth = Truth(pack_concepts(quizzes))
    rng = np.random.default_rng(settings.seed)
    order = rng.random((settings.n, QUIZ_LENGTH - 1)).argsort(axis=1)
    position = np.sort(order[:, : settings.tokens], axis=1)
    token = (np.arange(settings.n)[:, None] * QUIZ_LENGTH + position).reshape(-1)
    concepts = np.flatnonzero(truth.gradable)
    shape = (*position.shape, len(concepts))
    labels = truth.concepts.columns(concepts, token).reshape(shape)
    shuffled = truth.concepts.columns(concepts, truth.shuffled(token)).reshape(shape)
    return ProbeData(quizzes, position, concepts, labels, shuffled)


def layer_names(n_blocks: int) -> list[str]:
    """Names of the places in the residual stream: after the embedding and after each block."""
    return ["embedding", *(f"block {block}" for block in range(n_blocks))]


def layer_hooks(n_blocks: int) -> list[str]:
    """TransformerLens names of the same places."""
    return ["blocks.0.hook_resid_pre", *(f"blocks.{block}.hook_resid_post" for block in range(n_blocks))]


@torch.inference_mode()
def residual_streams(model: HookedModel, data: ProbeData) -> list[NDArray[np.float32]]:
    """(n, k, d_model) at each layer, after reading each of the drawn tokens, from one pass."""
    hooks, device = layer_hooks(model.cfg.n_layers), next(model.parameters()).device
    parts: list[list[NDArray[Any]]] = [[] for _ in hooks]
    for first in range(0, len(data.quizzes), BATCH):
        rows = slice(first, first + BATCH)
        inputs = shift_right(data.quizzes.tokens[rows].to(device, torch.long))
        _, cache = model.run_with_cache(inputs, names_filter=hooks)
        # row p + 1 of the model's input is token p
        read = torch.from_numpy(data.position[rows, :, None] + 1).to(device)
        for hook, part in zip(hooks, parts, strict=True):
            part.append(cache[hook].take_along_dim(read, dim=1).cpu().numpy())
    return [np.concatenate(part) for part in parts]


def probe_layer(stream: NDArray[np.float32], labels: NDArray[np.uint8], ridge: float) -> ProbeScores:
    """Fit probes for all concepts on the first half of the quizzes and score them on the second.

    stream (n, k, d); labels (n, k, c).
    """
    from sklearn.linear_model import Ridge

    middle = len(stream) // 2
    fit_x, held_out_x = (x.reshape(-1, x.shape[-1]) for x in (stream[:middle], stream[middle:]))
    fit_y, held_out_y = (y.reshape(-1, y.shape[-1]) for y in (labels[:middle], labels[middle:]))
    mean, scale = fit_x.mean(0), fit_x.std(0) + 1e-6
    probe = Ridge(alpha=ridge).fit((fit_x - mean) / scale, fit_y.astype(np.float32))
    fit_score, held_out_score = (probe.predict((x - mean) / scale) for x in (fit_x, held_out_x))
    fires = held_out_score >= best_thresholds(fit_score, fit_y)
    right = (fires & (held_out_y == 1)).sum(0)
    return ProbeScores(auroc(held_out_score, held_out_y), f1_score(right, fires.sum(0), held_out_y.sum(0)))


def best_thresholds(score: NDArray[np.floating], label: NDArray[np.uint8]) -> NDArray[np.floating]:
    """(c,) the score (m, c) from which on F1 is best, for each column."""
    order = np.argsort(-score, axis=0)
    right = np.take_along_axis(label, order, axis=0).cumsum(0, dtype=np.int64)
    cut, _ = best_cut(right, np.arange(1, len(score) + 1), right[-1])
    best = np.take_along_axis(order, cut[None], axis=0)
    return np.take_along_axis(score, best, axis=0)[0]


def auroc(score: NDArray[np.floating], label: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(c,) area under the ROC curve of each column (m, c); scores are taken to be all different."""
    ordered = np.take_along_axis(label, np.argsort(-score, axis=0), axis=0).astype(np.int64)
    rank_sum = np.arange(len(score), 0, -1) @ ordered
    return auroc_of_ranks(rank_sum, ordered.sum(0), len(score))
