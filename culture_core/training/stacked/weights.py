"""The weights of several GPTs of one shape as one set of stacked tensors, and the way back.

A tensor of the blocks has the shape (blocks, models, ...), any other (models, ...); names are MyGPT's without
the number of the block.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from culture_core.models.mygpt import MyGPT

BLOCKS = "blocks."
Weights = dict[str, Tensor]


def stack(models: Sequence[MyGPT]) -> Weights:
    """Copies of the weights of GPTs of one shape, stacked."""
    states = [model.state_dict() for model in models]
    n_blocks = models[0].config.n_blocks
    stacked = {}
    for name in states[0]:
        if not name.startswith(BLOCKS):
            stacked[name] = torch.stack([state[name] for state in states])
        elif name.startswith(f"{BLOCKS}0."):
            suffix = name.removeprefix(f"{BLOCKS}0.")
            by_block = [
                torch.stack([state[f"{BLOCKS}{b}.{suffix}"] for state in states]) for b in range(n_blocks)
            ]
            stacked[BLOCKS + suffix] = torch.stack(by_block)
    return stacked


def unstack(weights: Mapping[str, Tensor], model_k: int) -> Weights:
    """The state dict of one of the GPTs, as MyGPT names it."""
    state = {}
    for name, tensor in weights.items():
        if not name.startswith(BLOCKS):
            state[name] = tensor[model_k]
            continue
        for b, of_block in enumerate(tensor):
            state[f"{BLOCKS}{b}.{name.removeprefix(BLOCKS)}"] = of_block[model_k]
    return state


def model_dim(name: str) -> int:
    """Which dimension of a stacked tensor counts the GPTs."""
    return 1 if name.startswith(BLOCKS) else 0


def is_block_matrix(name: str, tensor: Tensor) -> bool:
    """Whether a stacked tensor is one of matrices inside the blocks, which Muon trains."""
    return name.startswith(BLOCKS) and tensor.ndim >= 4
