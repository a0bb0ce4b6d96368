"""Hook points: their names, the layers they need, and running a model to them."""

from typing import Any

import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.models.mygpt import shift_right


def default_hook(n_blocks: int) -> str:
    """The residual stream at about two thirds of the depth (the study: layer 8 of 12)."""
    return f"blocks.{n_blocks * 2 // 3}.hook_resid_post"


def check_hook(model: Any, hook: str) -> str:
    """Return `hook` if the HookedTransformer has it.

    Errors: CultureError that names some that exist.
    """
    if hook in model.hook_dict:
        return hook
    known = ", ".join(
        f"blocks.{block}.{kind}"
        for block in range(model.cfg.n_layers)
        for kind in ("hook_resid_post", "hook_mlp_out")
    )
    raise CultureError(f"no hook point {hook!r} in this model; try one of {known}")


def _stop_layer(hook: str) -> int | None:
    """The first block that is not needed to reach `hook`, or None when all are."""
    parts = hook.split(".")
    return int(parts[1]) + 1 if parts[0] == "blocks" else None


@torch.inference_mode()
def activations_at(model: Any, hook: str, tokens: Tensor) -> Tensor:
    """Activations of a HookedTransformer at a hook point.

    tokens: (n, t) int, without the 0 in front. The model reads 0 and then all tokens but the last, as in
    training, so that row p of the result is the state after reading token p - 1 (row 0: the 0), from which
    token p is predicted.
    Returns (n, t, d_in) float32.
    """
    _, cache = model.run_with_cache(
        shift_right(tokens.long()), names_filter=hook, stop_at_layer=_stop_layer(hook)
    )
    return cache[hook]
