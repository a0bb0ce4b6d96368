"""Maps from the states of GPT b to those of GPT a, fitted on the states of both over the same tokens.

None: the mean of b becomes that of a, and nothing else changes. Orthogonal: a rotation (or reflection)
between the centred states, the Procrustes solution. Affine: any linear map and a shift, by least squares.
Source: docs/reference/universality.md, "Transfer".
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.universality.transfer.moments import StateMoments

NONE, ORTHOGONAL, AFFINE, SHUFFLED = "none", "orthogonal", "affine", "shuffled"
# how the states of b become states of a; shuffled: by an affine map, with the quizzes of b shuffled
KINDS = (NONE, ORTHOGONAL, AFFINE, SHUFFLED)
# of the variance of b: keeps the solution finite where a direction of b hardly varies
RIDGE = 1e-6


@dataclass(frozen=True)
class StateMap:
    """x -> (x - origin) @ matrix + target. matrix: (d_b, d_a); origin: (d_b,); target: (d_a,)."""

    matrix: Tensor
    origin: Tensor
    target: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """States (..., d_b) of b as states (..., d_a) of a."""
        return (x - self.origin) @ self.matrix + self.target


def fit_map(kind: str, moments: StateMoments, a: int, b: int, *, shuffled: bool = False) -> StateMap:
    """The map of one kind from GPT number b to number a of the moments.

    shuffled: the states of b are those of other quizzes.
    """
    origin, target = moments.mean(b).float(), moments.mean(a).float()
    if kind == NONE:
        return StateMap(torch.eye(moments.d, device=origin.device), origin, target)
    cross = moments.covariance(a, b, shuffled=shuffled).T
    matrix = _orthogonal(cross) if kind == ORTHOGONAL else _least_squares(moments.covariance(b, b), cross)
    return StateMap(matrix.float(), origin, target)


def _orthogonal(cross: Tensor) -> Tensor:
    """The orthogonal R (d_b, d_a) nearest to `cross` (d_b, d_a): U V' of its singular vectors."""
    u, _, v = torch.linalg.svd(cross, full_matrices=False)
    return u @ v


def _least_squares(own: Tensor, cross: Tensor) -> Tensor:
    ridge = RIDGE * own.diagonal().mean() * torch.eye(len(own), dtype=own.dtype, device=own.device)
    return torch.linalg.solve(own + ridge, cross)
