"""A GPT's predictions as features are scaled from zero to many times their activation.

Every cell is predicted from the right cells before it, so no change follows from an earlier one.
Source: docs/reference/interventions.md, "Curve of strength".
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.features.interventions import Change, Intervention
from culture_core.models.mygpt import MyGPT
from culture_core.models.positions import only_at
from culture_core.models.steering import Halfway, halfway
from culture_core.saes.protocols import Encoder
from culture_core.world.vocabulary import LAST_GRID

STRENGTHS = tuple(float(strength) for strength in range(16))


@dataclass(frozen=True)
class StrengthCurve:
    """What becomes of one quiz at each of s strengths; 1 leaves the features as they are.

    token: what the GPT expects at a cell without a change; probability: (s,) of that token there. changed:
    (s,) how many cells of the last grid have another most probable token than without a change.
    """

    strength: tuple[float, ...]
    token: int
    probability: NDArray[np.float64]
    changed: NDArray[np.int64]


@torch.inference_mode()
def strength_curve(
    model: MyGPT,
    sae: Encoder,
    hook: str,
    tokens: Tensor,
    intervention: Intervention,
    cell: int,
    *,
    positions: range | None = None,
    strengths: Sequence[float] = STRENGTHS,
) -> StrengthCurve:
    """Scale the features of an intervention on a quiz (404,), its other settings kept.

    cell: the position whose token is watched. positions: where the features are scaled, None: everywhere.
    Errors: CultureError when a MyGPT has no such hook point.
    """
    reading = halfway(model, hook, tokens[None])
    intact = reading.logits()[0]
    scaled = torch.stack([_scaled(reading, sae, intervention, s, positions) for s in strengths])
    token = int(intact[cell].argmax())
    changed = (scaled[:, LAST_GRID].argmax(-1) != intact[LAST_GRID].argmax(-1)).sum(1)
    probability = scaled[:, cell].double().softmax(-1)[:, token]
    return StrengthCurve(tuple(strengths), token, probability.numpy(), changed.numpy())


def _scaled(
    reading: Halfway, sae: Encoder, intervention: Intervention, strength: float, positions: range | None
) -> Tensor:
    """Logits (404, 15) with the features at a strength."""
    changes = tuple(Change(change.feature, scale=strength) for change in intervention.changes)
    change = replace(intervention, changes=changes).on(sae)
    return reading.logits(only_at(positions, change))[0]
