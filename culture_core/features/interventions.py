"""Changing features of a GPT: scale them, add to them, set them to zero, keep only the strongest.

An SAE is spliced in at its hook point: the activations x become decode(changed features), and where the error
term is kept, x - decode(features) is added again, so that only the changes have an effect. Nothing is set on
the model. Source: docs/reference/interventions.md, "Interventions".
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.models.steering import Replacement
from culture_core.saes.protocols import Encoder


@dataclass(frozen=True)
class Change:
    """What becomes of one feature at every token: its activation times `scale`, plus `add`."""

    feature: int
    scale: float = 1.0
    add: float = 0.0


@dataclass(frozen=True)
class Intervention:
    """Changes of features, in one GPT.

    changes: at most one per feature. keep_top: after the changes, only so many of the strongest features are
    kept at each token, the others set to zero; None keeps all. keep_error: what the SAE does not reconstruct
    is kept.
    """

    changes: tuple[Change, ...] = ()
    keep_top: int | None = None
    keep_error: bool = True

    def __post_init__(self) -> None:
        features = [change.feature for change in self.changes]
        if len(set(features)) < len(features):
            raise CultureError("each feature can be changed only once")
        if self.keep_top is not None and self.keep_top < 0:
            raise CultureError(f"{self.keep_top} is not a number of features to keep")

    def on(self, sae: Encoder) -> Replacement:
        """The intervention as a function of the activations (..., d_in) at the SAE's hook point.

        Errors: CultureError for a feature the SAE does not have.
        """
        for change in self.changes:
            if not 0 <= change.feature < len(sae.W_dec):
                raise CultureError(f"there is no feature {change.feature} to change")

        def replace(x: Tensor) -> Tensor:
            before = sae.encode(x)
            after = self.after(before)
            if self.keep_error:
                return x + (sae.decode(after) - sae.decode(before))
            return sae.decode(after)

        return replace

    def after(self, features: Tensor) -> Tensor:
        """Activations (..., f) of all features after the intervention, from those before."""
        changed = features.clone()
        for change in self.changes:
            changed[..., change.feature] = features[..., change.feature] * change.scale + change.add
        return changed if self.keep_top is None else _strongest(changed, self.keep_top)


def ablate(features: Iterable[int], *, keep_error: bool = True) -> Intervention:
    """The intervention that sets features to zero."""
    return Intervention(tuple(Change(feature, scale=0.0) for feature in features), keep_error=keep_error)


def directions(sae: Encoder, features: Tensor) -> Tensor:
    """What one unit of each feature (m,) adds to the activations: (m, d_in). Decoding is linear but for its
    bias."""
    units = sae.W_dec.new_zeros(len(features) + 1, len(sae.W_dec))
    units[torch.arange(len(features), device=units.device), features] = 1.0
    decoded = sae.decode(units)
    return decoded[:-1] - decoded[-1]


def _strongest(features: Tensor, n: int) -> Tensor:
    values, places = features.topk(min(n, features.shape[-1]), dim=-1)
    return torch.zeros_like(features).scatter(-1, places, values)
