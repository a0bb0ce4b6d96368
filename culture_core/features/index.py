"""The feature index of one SAE: one pass over a quiz set, every statistic of every feature.

A feature's activation belongs to the token just read: position p of a quiz is the state after reading token
p. The last token of a quiz is never read (training drops it), so its activation is 0 and it counts in no
statistic.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from culture_core.features.quiz_set import QuizSet
from culture_core.features.sparse import Overlays, SparseActivations
from culture_core.features.statistics import FeatureStatistics
from culture_core.features.top import TopQuizzes
from culture_core.saes.hooks import activations_at
from culture_core.world.vocabulary import QUIZ_LENGTH

TOP_K = 20
TOKENS_READ = QUIZ_LENGTH - 1
BATCH = 32


@dataclass(frozen=True)
class Index:
    """What one pass finds: statistics, top quizzes with their overlays (pair feature x TOP_K + rank), sparse
    activations."""

    statistics: FeatureStatistics
    top: TopQuizzes
    overlays: Overlays
    activations: SparseActivations


@torch.inference_mode()
def encode_quizzes(model: Any, sae: Any, hook: str, tokens: Tensor) -> Tensor:
    """Activations (n, 403, f) of every feature after reading each token but the last of quizzes (n, 404)."""
    return sae.encode(activations_at(model, hook, tokens)[:, 1:])


def build_index(
    model: Any,
    sae: Any,
    hook: str,
    quiz_set: QuizSet,
    *,
    batch_size: int = BATCH,
    progress: str | None = None,
) -> Index:
    """Index all features of an SAE in one pass over a quiz set."""
    n_features = sae.cfg.d_sae
    statistics = FeatureStatistics.empty(n_features, len(quiz_set.tasks))
    top = TopQuizzes.empty(n_features, TOP_K)
    entries: list[tuple[NDArray, NDArray, NDArray]] = []
    with tqdm(total=quiz_set.n, desc=progress, unit="quiz", disable=progress is None) as bar:
        for first in range(0, quiz_set.n, batch_size):
            batch = quiz_set.quizzes(first, batch_size)
            features_ntf = encode_quizzes(model, sae, hook, batch.tokens)
            entries.append(_add_batch(statistics, top, features_ntf, first, len(quiz_set.tasks)))
            bar.update(len(batch))
    feature, token, value = (np.concatenate(column) for column in zip(*entries, strict=True))
    activations = SparseActivations.from_entries(feature, token, value, n_features, quiz_set.n)
    pair_feature = np.repeat(np.arange(n_features), TOP_K)
    overlays = Overlays.extract(activations, pair_feature, top.quiz.numpy().reshape(-1))
    return Index(statistics, top, overlays, activations)


def _add_batch(
    statistics: FeatureStatistics, top: TopQuizzes, features_ntf: Tensor, first: int, n_tasks: int
) -> tuple[NDArray, NDArray, NDArray]:
    n, t, _ = features_ntf.shape
    quiz, position, feature = features_ntf.nonzero(as_tuple=True)
    value = features_ntf[quiz, position, feature]
    task_of_quiz = torch.arange(first, first + n) % n_tasks
    statistics.add(feature, value, task_of_quiz[quiz], task_of_quiz.repeat_interleave(t))
    top.add(features_ntf, first)
    token = (first + quiz) * QUIZ_LENGTH + position
    return feature.numpy().astype(np.uint16), token.numpy().astype(np.int32), value.numpy()
