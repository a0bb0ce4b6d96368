"""An SAE with only the strongest features of each token: what accuracy costs in features."""

import torch
from torch import Tensor

from culture_core.saes.protocols import SplicedSAE

# features kept of each token, the counts below the SAE's own L0
KEPT = (4, 8, 16, 24)


def reconstruct_from_strongest(sae: SplicedSAE, n: int, x: Tensor) -> Tensor:
    """States (..., d_in) reconstructed from the n strongest features of each token; of equally strong ones
    all stay."""
    features = sae.encode(x)
    weakest = features.topk(n, dim=-1).values[..., -1:]
    return sae.decode(torch.where(features >= weakest, features, 0))


def l0_of_strongest(per_token: Tensor, n: int) -> float:
    """Mean number of features left on a token. per_token: (f + 1,) tokens by how many features fire."""
    counts = torch.arange(len(per_token), device=per_token.device).clamp(max=n)
    return float((per_token * counts).sum() / per_token.sum())
