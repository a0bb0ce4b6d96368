"""From a recipe to optimizers, and their rate."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import AdamW, Optimizer

from culture_core.models.mygpt import MyGPT
from culture_core.training.muon import Muon
from culture_core.training.recipes import Recipe

ADAM_BETAS = (0.9, 0.95)
PUBLISHED_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-10


def _muon(model: MyGPT, recipe: Recipe) -> list[Optimizer]:
    matrices = [tensor for name, tensor in model.named_parameters() if _is_block_matrix(name, tensor)]
    others = [tensor for name, tensor in model.named_parameters() if not _is_block_matrix(name, tensor)]
    return [
        Muon(matrices, recipe.lr, recipe.momentum, recipe.weight_decay),
        AdamW(others, recipe.adam_lr, ADAM_BETAS, ADAM_EPSILON, weight_decay=0.0),
    ]


def _adam(model: MyGPT, recipe: Recipe) -> list[Optimizer]:
    return [torch.optim.Adam(model.parameters(), recipe.adam_lr, PUBLISHED_BETAS)]


OPTIMIZERS: dict[str, Callable[[MyGPT, Recipe], list[Optimizer]]] = {"muon": _muon, "adam": _adam}


class Optimizers:
    """The optimizers of one model, stepped together at one share of their full rates."""

    def __init__(self, model: MyGPT, recipe: Recipe) -> None:
        self._parts = OPTIMIZERS[recipe.optimizer](model, recipe)
        self._full_rates = [[group["lr"] for group in part.param_groups] for part in self._parts]

    def step(self, rate: float) -> None:
        """One update at `rate` (0 to 1) times the recipe's rates."""
        for part, full_rates in zip(self._parts, self._full_rates, strict=True):
            for group, full in zip(part.param_groups, full_rates, strict=True):
                group["lr"] = full * rate
            part.step()

    def state_dict(self) -> list[dict[str, Any]]:
        return [part.state_dict() for part in self._parts]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Continue from a checkpoint's momenta, with this recipe's settings."""
        for part, state in zip(self._parts, states, strict=True):
            settings = [{k: v for k, v in group.items() if k != "params"} for group in part.param_groups]
            part.load_state_dict(state)
            for group, own in zip(part.param_groups, settings, strict=True):
                group.update(own)


def _is_block_matrix(name: str, parameter: Tensor) -> bool:
    return name.startswith("blocks.") and parameter.ndim >= 2
