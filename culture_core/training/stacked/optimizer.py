"""Muon and AdamW on stacked weights: a fixed sequence of tensor operations, with no number read back from the
device, so that a CUDA graph can hold it.

The updates are those of training/muon.py and torch.optim.AdamW (a test compares them).
"""

import math
from collections import defaultdict
from collections.abc import Mapping

import torch
from torch import Tensor

from culture_core.training.muon import orthogonalise
from culture_core.training.optimizers import ADAM_BETAS, ADAM_EPSILON
from culture_core.training.recipes import Recipe
from culture_core.training.stacked.weights import Weights, is_block_matrix


class StackedOptimizer:
    """Trains stacked weights in place, and keeps a running average of them.

    rate: share of the recipe's full rates at the next step. blend: share of the new weights that joins the
    average at the next step. Both are tensors on the device, to be filled between steps.
    average: the averaged weights, float32.
    """

    def __init__(self, weights: Weights, recipe: Recipe) -> None:
        device = next(iter(weights.values())).device
        self.weights, self.recipe = weights, recipe
        self.rate = torch.ones((), device=device)
        self.blend = torch.ones((), device=device)
        self.average = {name: tensor.detach().clone() for name, tensor in weights.items()}
        self._steps = torch.zeros((), device=device)
        self._first = {name: torch.zeros_like(tensor) for name, tensor in weights.items()}
        self._groups: dict[tuple[int, int], list[str]] = defaultdict(list)
        self._others = []
        for name, tensor in weights.items():
            if is_block_matrix(name, tensor):
                rows, columns = _matrices(tensor).shape[1:]
                self._groups[min(rows, columns), max(rows, columns)].append(name)
            else:
                self._others.append(name)
        self._second = {name: torch.zeros_like(weights[name]) for name in self._others}

    @torch.no_grad()
    def step(self, gradients: Mapping[str, Tensor]) -> None:
        """One update of all GPTs. gradients: float32, by the names of the weights."""
        for names in self._groups.values():
            self._muon(names, gradients)
        self._steps += 1
        for name in self._others:
            self._adam(name, gradients[name])
        for name, average in self.average.items():
            average.lerp_(self.weights[name], self.blend)

    def _muon(self, names: list[str], gradients: Mapping[str, Tensor]) -> None:
        """Update weights whose matrices have one shape, lying or standing, as one batch."""
        directions = []
        for name in names:
            momentum = self._first[name].lerp_(gradients[name], 1 - self.recipe.momentum)
            direction = _matrices(gradients[name].lerp(momentum, self.recipe.momentum))
            directions.append(_lying(direction))
        updates = orthogonalise(torch.cat(directions)).split([len(part) for part in directions])
        for name, update in zip(names, updates, strict=True):
            weights = self.weights[name]
            rows, columns = _matrices(weights).shape[1:]
            factor = self.recipe.lr * max(1.0, rows / columns) ** 0.5
            upright = update.mT if rows > columns else update
            if self.recipe.weight_decay:
                weights.mul_(1 - self.rate * (self.recipe.lr * self.recipe.weight_decay))
            weights.sub_(upright.reshape(weights.shape) * (self.rate * factor))

    def _adam(self, name: str, gradient: Tensor) -> None:
        first, second, (beta, beta_2) = self._first[name], self._second[name], ADAM_BETAS
        first.lerp_(gradient, 1 - beta)
        second.mul_(beta_2).addcmul_(gradient, gradient, value=1 - beta_2)
        scale = (second / self._gathered(beta_2)).sqrt_().add_(ADAM_EPSILON)
        pace = self.rate * self.recipe.adam_lr / self._gathered(beta)
        self.weights[name].sub_(first / scale * pace)

    def _gathered(self, beta: float) -> Tensor:
        """1 - beta ^ steps: how much of a running mean the steps so far make up."""
        return -torch.expm1(self._steps * math.log(beta))


def _matrices(stacked: Tensor) -> Tensor:
    """Block matrices (blocks, m, ..., columns) as a batch (blocks x m, rows, columns)."""
    return stacked.flatten(0, 1).flatten(1, -2)


def _lying(matrices: Tensor) -> Tensor:
    return matrices.mT if matrices.shape[1] > matrices.shape[2] else matrices
