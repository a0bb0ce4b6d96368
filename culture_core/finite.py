"""Finite weights: NaN and infinity are refused wherever weights are loaded."""

from collections.abc import Mapping

from torch import Tensor

from culture_core.errors import CultureError


def check_finite(weights: Mapping[str, Tensor], what: str) -> None:
    """Errors: CultureError that names the first tensor with NaN or infinity in it. what: whose weights."""
    for name, tensor in weights.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise CultureError(f"{what} has values that are not finite in {name}; it is damaged or diverged")
