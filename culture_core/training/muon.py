"""Muon: momentum whose update of every matrix is orthogonalised before it is applied.

Source: K. Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks".
"""

import ctypes
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from culture_core.processor import fast_dtype
from culture_core.training.kernel_library import kernel_library

NEWTON_SCHULZ_STEPS = 5
NEWTON_SCHULZ_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
EPSILON = 1e-7


def orthogonalise(matrices: Tensor, steps: int = NEWTON_SCHULZ_STEPS) -> Tensor:
    """Bring every singular value of each matrix near 1 and keep its singular vectors.

    matrices: (m, rows, columns) float32. Returns the same shape: U S V^T with S between about 0.7 and 1.2
    (less where a singular value was next to nothing), by Newton-Schulz iterations of a quintic polynomial.
    """
    if matrices.shape[-2] > matrices.shape[-1]:
        return orthogonalise(matrices.mT, steps).mT
    on_kernels = _by_kernels(matrices, steps)
    return _by_torch(matrices, steps) if on_kernels is None else on_kernels


def _by_torch(matrices: Tensor, steps: int) -> Tensor:
    a, b, c = NEWTON_SCHULZ_COEFFICIENTS
    x = matrices.to(fast_dtype(matrices.device))
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + EPSILON)
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.float()


def _by_kernels(matrices: Tensor, steps: int) -> Tensor | None:
    """The same by the bf16 kernels, faster; None where they cannot do it."""
    library = kernel_library() if matrices.device.type == "cpu" else None
    if library is None:
        return None
    result = matrices.float().contiguous().clone()
    coefficients = (ctypes.c_float * 3)(*NEWTON_SCHULZ_COEFFICIENTS)
    done = library.culture_orthogonalise(result.data_ptr(), *result.shape, steps, coefficients)
    return result if done else None


class Muon(torch.optim.Optimizer):
    """SGD with Nesterov momentum and orthogonalised updates, for the weight matrices inside the blocks.

    A parameter of three dimensions (heads, width, d_model) is one matrix (heads x width, d_model). An update
    is scaled by sqrt(rows / columns) where a matrix has more rows than columns, so that outputs change alike.
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(list(parameters), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        assert closure is None
        for group in self.param_groups:
            for alike in _by_shape(group["params"]):
                self._update(alike, group)

    def _update(self, parameters: Sequence[Tensor], group: dict[str, Any]) -> None:
        """Update parameters of one shape together, as one batch of matrices."""
        momentum, lr = group["momentum"], group["lr"]
        directions = torch.stack([self._direction(p, momentum).flatten(0, -2) for p in parameters])
        rows, columns = directions.shape[1:]
        updates = orthogonalise(directions) * max(1.0, rows / columns) ** 0.5
        for parameter, update in zip(parameters, updates, strict=True):
            parameter.mul_(1 - lr * group["weight_decay"])
            parameter.add_(update.view_as(parameter), alpha=-lr)

    def _direction(self, parameter: Tensor, momentum: float) -> Tensor:
        assert parameter.grad is not None
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].lerp_(parameter.grad, 1 - momentum)
        return parameter.grad.lerp(state["momentum"], momentum)


def _by_shape(parameters: Sequence[Tensor]) -> list[list[Tensor]]:
    groups = defaultdict(list)
    for parameter in parameters:
        groups[parameter.flatten(0, -2).shape].append(parameter)
    return list(groups.values())
