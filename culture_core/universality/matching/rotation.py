"""The rotation baseline: an SAE that reads activations after a random rotation about their mean."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.sparse import SparseActivations
from culture_core.models.protocols import GPT
from culture_core.saes.hooks import activations_at
from culture_core.saes.protocols import Encoder
from culture_core.world.vocabulary import QUIZ_LENGTH

BATCH = 32


@torch.inference_mode()
def rotated_activations(
    model: GPT, sae: Encoder, hook: str, quiz_set: QuizSet, *, seed: int = 0, progress: str | None = None
) -> SparseActivations:
    """Activations of an SAE that reads the hook's activations turned about their mean by a random rotation.

    The mean is that of the first batch of quizzes.
    """
    n_features, d_in = sae.W_dec.shape
    rotation = random_rotation(d_in, seed)
    mean = activations_at(model, hook, quiz_set.quizzes(0, BATCH).tokens)[:, 1:].mean((0, 1))
    parts: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    with tqdm(total=quiz_set.n, desc=progress, unit="quiz", disable=progress is None) as bar:
        for first in range(0, quiz_set.n, BATCH):
            x = activations_at(model, hook, quiz_set.quizzes(first, BATCH).tokens)[:, 1:]
            features_ntf = sae.encode((x - mean) @ rotation + mean)
            quiz, position, fired = features_ntf.nonzero(as_tuple=True)
            values = features_ntf[quiz, position, fired].float().numpy()
            tokens = ((first + quiz) * QUIZ_LENGTH + position).numpy().astype(np.int32)
            parts.append((fired.numpy(), tokens, values))
            bar.update(len(x))
    feature, token, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    return SparseActivations.from_entries(feature, token, value, n_features, quiz_set.n)


def random_rotation(d: int, seed: int) -> Tensor:
    """A rotation (d, d) drawn uniformly: Q of a Gaussian matrix with the signs of R's diagonal (Mezzadri
    2007)."""
    generator = torch.Generator().manual_seed(seed)
    q, r = torch.linalg.qr(torch.randn(d, d, generator=generator, dtype=torch.float64))
    q = q * r.diagonal().sign()
    q[:, 0] *= torch.linalg.det(q).sign()
    return q.float()
