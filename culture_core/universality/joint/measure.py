"""What a joint dictionary explains of each GPT, which GPTs use each latent, which features it has found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.saes.hooks import activations_at
from culture_core.saes.joint import JointGPT
from culture_core.saes.protocols import Encoder
from culture_core.universality.matching.best import Best
from culture_core.universality.matching.codes import Codes
from culture_core.universality.matching.correlation import alive_r
from culture_core.universality.matching.products import Products

BATCH = 8


@dataclass(frozen=True)
class Found:
    """The features of m SAEs of f features and the n latents of a joint dictionary, by correlation.

    latent, latent_r: (m, f) the latent most correlated with each feature, and its r. shuffled_r: (m, f) the
    highest r with the quizzes of the latents shuffled. feature, feature_r: (m, n) the feature of each GPT
    most correlated with each latent, and its r. (-1, 0): it never fires.
    """

    latent: NDArray[np.int32]
    latent_r: NDArray[np.float32]
    shuffled_r: NDArray[np.float32]
    feature: NDArray[np.int32]
    feature_r: NDArray[np.float32]


def find_features(latents: Codes, models: Sequence[Codes], *, seed: int) -> Found:
    """Correlate the latents with the features of every GPT over the same tokens."""
    shuffled = latents.shuffled(np.random.default_rng(seed))
    of_features, of_latents, by_chance = [], [], []
    for codes in models:
        r = alive_r(Products.of(codes, latents))
        of_features.append(Best.of(r))
        of_latents.append(Best.of(r.T))
        by_chance.append(Best.of(alive_r(Products.of(codes, shuffled))).r)
    return Found(
        latent=np.stack([best.feature for best in of_features]),
        latent_r=np.stack([best.r for best in of_features]),
        shuffled_r=np.stack(by_chance),
        feature=np.stack([best.feature for best in of_latents]),
        feature_r=np.stack([best.r for best in of_latents]),
    )


def decoder_norms(sae: Encoder, m: int) -> NDArray[np.float32]:
    """(n, m) the length of each latent's decoder row in each GPT, whose states have the same scale."""
    rows = sae.W_dec.detach().unflatten(1, (m, -1))
    return rows.norm(dim=2).cpu().numpy()


@torch.inference_mode()
def explained_by_gpt(joint: JointGPT, sae: Encoder, hook: str, n: int, seed: int) -> NDArray[np.float32]:
    """(m,) the share of the variance of each GPT's states that the dictionary reconstructs."""
    m = len(joint.members)
    tokens = evaluation_quizzes(n, seed).tokens.to(sae.W_dec.device)
    error, squares = np.zeros(m), np.zeros(m)
    total, count = torch.zeros(sae.W_dec.shape[1], dtype=torch.float64, device=sae.W_dec.device), 0
    for batch in tokens.split(BATCH):
        states = activations_at(joint, hook, batch).flatten(0, 1)
        off = (sae.decode(sae.encode(states)) - states).square().sum(0).double()
        error += off.unflatten(0, (m, -1)).sum(1).cpu().numpy()
        squares += states.square().sum(0).double().unflatten(0, (m, -1)).sum(1).cpu().numpy()
        total += states.sum(0)
        count += len(states)
    variance = squares - (total.square() / count).unflatten(0, (m, -1)).sum(1).cpu().numpy()
    return (1 - error / variance).astype(np.float32)
