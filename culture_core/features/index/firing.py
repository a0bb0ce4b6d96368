"""Which features fire on which tokens, without ever writing the zeros.

An SAE's `encode` writes n tokens x f features of which a hundredth are not zero, and its top-k sorts through
all of them. Here the encoder's product is looked through once; the result is the same, bit for bit.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.saes.plain import PlainSAE
from culture_core.saes.protocols import Encoder

# groups of features for each feature that fires, whose maxima bound the k-th highest activation from below
GROUPS_FOR_EACH = 4


def firing(sae: Encoder, x: Tensor) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(place, value) of every activation above 0 on states x (t, d_in): place = token x f + feature, rising.

    Of features that are level at the end of a top k, all fire.
    """
    if not isinstance(sae, PlainSAE) or x.device.type != "cpu":
        return _places(codes := sae.encode(x), codes > 0)
    before = (x - sae.b_in) @ sae.W_enc
    before += sae.b_enc
    if sae.norm is not None:
        before *= sae.norm
    if sae.k is not None and sae.architecture == "topk":
        return _top_k(before, sae.k)
    threshold = 0 if sae.threshold is None else sae.threshold.clamp(min=0)
    return _places(before, before > threshold)


def _places(values: Tensor, mask: Tensor) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Where a mask (t, f) is true; numpy skips over the many false entries, torch does not."""
    flat = mask.view(-1)
    if flat.device.type != "cpu":
        place = flat.nonzero()[:, 0]
        return place.cpu().numpy(), values.view(-1)[place].cpu().numpy()
    found = np.flatnonzero(flat.numpy())
    return found, values.view(-1)[torch.from_numpy(found)].numpy()


def _top_k(before: Tensor, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k highest of each row (t, f) that are above 0."""
    n_tokens, n_features = before.shape
    place, value = _places(before, before >= _bound(before, k).clamp(min=torch.finfo(before.dtype).tiny))
    token = place // n_features
    count = np.bincount(token, minlength=n_tokens)
    if count.max(initial=0) <= k:
        return place, value
    rank = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    candidates = torch.zeros(n_tokens, int(count.max()))
    candidates[torch.from_numpy(token), torch.from_numpy(rank)] = torch.from_numpy(value)
    last = candidates.topk(k, dim=1, sorted=True).values[:, -1].numpy()
    kept = value >= last[token]
    return place[kept], value[kept]


def _bound(before: Tensor, k: int) -> Tensor:
    """(t, 1) a value that the k-th highest of each row is not below: the k-th highest maximum of groups."""
    n_tokens, n_features = before.shape
    n_groups = GROUPS_FOR_EACH * k
    if n_features % n_groups:
        return before.topk(k, dim=1).values[:, -1:]
    maxima = before.view(n_tokens, -1, n_groups).amax(1)
    return maxima.topk(k, dim=1).values[:, -1:]
