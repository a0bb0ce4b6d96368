"""Attribution: which features an answer depends on, by ablation and by gradient times activation.

What is explained is a margin: the logit of one token minus that of another, at one cell. Ablation sets a
feature to zero at all tokens read so far and takes the drop of the margin; gradient times activation is the
first-order estimate of the same drop, and tells it token by token. In both the error term of the SAE is kept.
Source: docs/reference/interventions.md, "Attribution".
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.features.interventions import directions
from culture_core.models.mygpt import MyGPT
from culture_core.models.steering import Halfway, halfway
from culture_core.saes.protocols import Encoder
from culture_core.world.pairs import partner_of_last_grid
from culture_core.world.vocabulary import LAST_GRID, QUIZ_LENGTH

BATCH_SIZE = 16
N_FEATURES = 48
LEAST_TOLD = 0.02


@dataclass(frozen=True)
class Margin:
    """The margin that is explained: logit[token] - logit[against] at a position of a quiz."""

    position: int
    token: int
    against: int


@dataclass(frozen=True)
class Attribution:
    """The contributions of m features to a margin.

    value: of the margin. n_firing: how many features fire on the tokens read up to the cell.
    feature: (m,) ids, by falling absolute ablation effect. ablation, gradient: (m,) the drop of the margin
    without the feature, measured and estimated. by_token: (m, 404) the estimate by the token read when the
    feature fires.
    """

    margin: Margin
    value: float
    n_firing: int
    feature: NDArray[np.int64]
    ablation: NDArray[np.float32]
    gradient: NDArray[np.float32]
    by_token: NDArray[np.float32]

    @property
    def disagree(self) -> NDArray[np.bool_]:
        """(m,) where the estimate has the other sign than the measured effect, and one of the two is at least
        a fiftieth of the largest effect."""
        size = np.maximum(np.abs(self.ablation), np.abs(self.gradient))
        least = LEAST_TOLD * max(float(np.abs(self.ablation).max(initial=0.0)), 1e-9)
        return (self.ablation * self.gradient < 0) & (size >= least)


@torch.inference_mode()
def choose_margin(model: MyGPT, tokens: Tensor, position: int) -> Margin:
    """The margin at a position of a quiz (404,) of what the GPT answers, over the alternative.

    The alternative is the colour of the same cell in the grid that the last one goes with, when the position
    is in the last grid and the answer is another colour; else the second most likely token.
    Errors: CultureError for a position that is not predicted.
    """
    if not 1 <= position < QUIZ_LENGTH:
        raise CultureError(f"no prediction at {position}: positions run from 1 to {QUIZ_LENGTH - 1}")
    likely = model(tokens[None, : position + 1])[0, position].argsort(descending=True).tolist()
    unchanged = -1
    if position >= LAST_GRID.start:
        unchanged = int(tokens[partner_of_last_grid(tokens)][position - LAST_GRID.start])
    against = likely[1] if unchanged in (-1, likely[0]) else unchanged
    return Margin(position, likely[0], against)


def attribute(
    model: MyGPT,
    sae: Encoder,
    hook: str,
    tokens: Tensor,
    margin: Margin,
    *,
    n_features: int = N_FEATURES,
    also: int | None = None,
) -> Attribution:
    """Attribute a margin on a quiz (404,) to the features of an SAE at a hook point.

    n_features: how many to ablate: two thirds of them those of the largest estimates, the rest the most
    active others. also: a feature to ablate in any case, if it fires.
    Errors: CultureError when a MyGPT has no such hook point.
    """
    with torch.inference_mode(False), torch.no_grad():
        reading = halfway(model, hook, tokens[None, : margin.position + 1].clone())
        x, slope, value = _slope(reading, margin)
    with torch.inference_mode():
        activations = sae.encode(x)
        activations[0] = 0  # of the 0 in front, no token of the quiz
        firing = (activations > 0).any(0).nonzero()[:, 0]
        vectors = directions(sae, firing)
        by_token = activations[:, firing] * (slope @ vectors.T)
        order = _candidates(by_token.sum(0), activations[:, firing].sum(0), n_features)
        order = torch.cat([order, (firing == (-1 if also is None else also)).nonzero()[:, 0]]).unique()
        drops = _ablation_drops(reading, activations[:, firing[order]].T, vectors[order], margin, value)
        order = order[drops.abs().argsort(descending=True, stable=True)]
        drops = drops[drops.abs().argsort(descending=True, stable=True)]
    spread = np.zeros((len(order), QUIZ_LENGTH), np.float32)
    spread[:, : margin.position] = by_token[1:, order].T.numpy()
    return Attribution(
        margin,
        value,
        len(firing),
        firing[order].numpy(),
        drops.numpy(),
        by_token[:, order].sum(0).numpy(),
        spread,
    )


def _slope(reading: Halfway, margin: Margin) -> tuple[Tensor, Tensor, float]:
    """The activations (t, d) at the hook point of one quiz, the margin's gradient there, and the margin."""
    x, slope, value = value_and_slope(reading, lambda logits: _difference(logits, margin)[0])
    return x[0], slope[0], value


def value_and_slope(reading: Halfway, target: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor, float]:
    """The value (n, t, d) at the hook point of a reading, the gradient there of a target, and the target.

    target: a number from the logits (n, t, v). The reading must not be of inference mode.
    """
    values = []

    def watch(value: Tensor) -> Tensor:
        values.append(value.detach().requires_grad_())
        return values[0]

    with torch.enable_grad():
        reached = target(reading.logits(watch))
        (slope,) = torch.autograd.grad(reached, values[0])
    return values[0].detach(), slope, float(reached.detach())


def _difference(logits: Tensor, margin: Margin) -> Tensor:
    """The margin (n,) from logits (n, t, 15) of texts that end where it is taken."""
    return logits[:, -1, margin.token] - logits[:, -1, margin.against]


def _candidates(estimate: Tensor, mass: Tensor, n: int) -> Tensor:
    """Which of the firing features (z,) to ablate: those of the largest estimate, then the most active."""
    n = min(n, len(estimate))
    first = estimate.abs().argsort(descending=True, stable=True)[: n - n // 3]
    rest = mass.clone()
    rest[first] = -1
    return torch.cat([first, rest.argsort(descending=True, stable=True)[: n // 3]])


def _ablation_drops(
    reading: Halfway, activations: Tensor, vectors: Tensor, margin: Margin, value: float
) -> Tensor:
    """How much the margin drops without each feature: activations (m, t), directions (m, d) -> (m,)."""
    drops = [torch.empty(0)]
    for active, vector in zip(activations.split(BATCH_SIZE), vectors.split(BATCH_SIZE), strict=True):
        removed = active[:, :, None] * vector[:, None]
        many = Halfway(reading.model, reading.hook, reading.x.expand(len(active), -1, -1), reading.first)
        drops.append(value - _difference(many.logits(partial(_without, removed)), margin))
    return torch.cat(drops)


def _without(removed: Tensor, x: Tensor) -> Tensor:
    return x - removed
