"""The classes of TransformerLens and SAELens that a MyGPT converts to, as far as they are installed."""

import math
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from culture_core.errors import CultureError
from culture_core.models.mygpt import N_CTX, MyGPT
from culture_core.models.protocols import HookedModel

_HOMES = {
    ("hooked", False): ("transformer_lens", "HookedTransformer"),
    ("hooked", True): ("sae_lens", "HookedSAETransformer"),
    ("bridge", False): ("transformer_lens.model_bridge", "TransformerBridge"),
    ("bridge", True): ("sae_lens", "SAETransformerBridge"),
}
_WHAT_TO_DO = {
    (
        "hooked",
        False,
    ): 'TransformerLens has it up to 3.9; load_hooked(..., kind="bridge") works with 4 as well',
    ("hooked", True): "SAELens has it, and needs TransformerLens 3: pip install 'culture-core[sae]'",
    ("bridge", False): "TransformerLens has it: pip install 'culture-core[bridge]'",
    ("bridge", True): "SAELens has it, and needs TransformerLens 3: pip install 'culture-core[sae]'",
}


def hooked_class(kind: str, sae: bool) -> Any:
    """The class of a kind ("hooked" or "bridge"), with SAEs or without.

    Errors: CultureError on an unknown kind, or when no installed package has the class.
    """
    if (kind, sae) not in _HOMES:
        raise CultureError(f'kind must be "hooked" or "bridge", not {kind!r}')
    module, name = _HOMES[kind, sae]
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise CultureError(f"{name} is not installed: {_WHAT_TO_DO[kind, sae]}") from error


def shared_config(model: MyGPT) -> dict[str, Any]:
    """What the TransformerLens configs of both kinds say of a MyGPT, on its device and in its dtype."""
    config, weight = model.config, model.readout.weight
    return {
        "model_name": "culture-gpt",
        "n_layers": config.n_blocks,
        "n_heads": config.n_heads,
        "d_model": config.d_model,
        "d_mlp": config.dim_hidden,
        "d_vocab": config.n_tokens,
        "n_ctx": N_CTX,
        "act_fn": "relu",
        "normalization_type": "LN",
        "attn_scale": math.sqrt(config.dim_keys),
        "default_prepend_bos": False,
        "init_weights": False,
        "device": str(weight.device),
        "dtype": weight.dtype,
    }


def check_installed() -> None:
    """Errors: CultureError when there is no TransformerLens, which `to_installed_kind` needs."""
    if find_spec("transformer_lens") is None:
        raise CultureError("TransformerLens is not installed: pip install 'culture-core[sae]'")


def to_installed_kind(model: MyGPT) -> HookedModel:
    """A MyGPT as what the installed TransformerLens has: a HookedTransformer in 3.9, a bridge in 4.

    Errors: CultureError when there is no TransformerLens.
    """
    try:
        hooked_class("hooked", sae=False)
    except CultureError:
        hooked_class("bridge", sae=False)
        from culture_core.models.hooked_bridge import to_bridge

        return to_bridge(model)
    from culture_core.models.hooked import to_hooked

    return to_hooked(model)
