"""Feature directions on their own: what they write and read, and which are similar."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.features.index.cofiring import Neighbours, nearest
from culture_core.models.mygpt import MyGPT
from culture_core.models.protocols import GPT
from culture_core.saes.hook_order import in_stream
from culture_core.saes.protocols import Encoder

BLOCK = 1024


@dataclass(frozen=True)
class Directions:
    """Directions of f features.

    logit_effects (f, 15) float32: change of each output's logit for one unit of activation, by the direct
    path to the readout alone; None away from the residual stream. neighbours: the highest cosines between
    decoder directions. encoder_cosine (f,) float32 between the encoder and decoder direction of a feature.
    """

    logit_effects: NDArray[np.float32] | None
    neighbours: Neighbours
    encoder_cosine: NDArray[np.float32]


@torch.inference_mode()
def describe_directions(model: GPT, sae: Encoder, hook: str) -> Directions:
    """The direct logit effects and decoder neighbours of every feature; model: MyGPT or HookedTransformer."""
    decoder = unit_outputs(sae)
    residual = in_stream(hook) and decoder.shape[1] == readout(model).shape[0]
    unit = torch.nn.functional.normalize(decoder, dim=1)
    encoder = torch.nn.functional.normalize(sae.W_enc.T, dim=1)
    blocks = [
        nearest((unit[first : first + BLOCK] @ unit.T).cpu().numpy(), first, above=-1.0)
        for first in range(0, len(unit), BLOCK)
    ]
    return Directions(
        logit_effects=(decoder @ readout(model)).cpu().numpy() if residual else None,
        neighbours=Neighbours(*(np.concatenate(column) for column in zip(*blocks, strict=True))),
        encoder_cosine=(unit * encoder).sum(1).cpu().numpy(),
    )


def unit_outputs(sae: Encoder) -> Tensor:
    """(f, d_in) what one unit of each feature's activation adds to the SAE's output: the decoder's rows, with
    any scaling the SAE applies to them."""
    n_features = len(sae.W_dec)
    bias = sae.decode(sae.W_dec.new_zeros(1, n_features))
    rows = []
    for first in range(0, n_features, BLOCK):
        units = sae.W_dec.new_zeros(min(BLOCK, n_features - first), n_features)
        units.diagonal(first).fill_(1)
        rows.append(sae.decode(units) - bias)
    return torch.cat(rows)


def is_exact(model: GPT, hook: str) -> bool:
    """Whether the direct path is the only one from a hook point to the logits: the last residual stream."""
    return hook == f"blocks.{len(model.blocks) - 1}.hook_resid_post"


def readout(model: GPT) -> Tensor:
    """(d_model, 15) the weights from the last residual stream to the logits."""
    return model.readout.weight.T if isinstance(model, MyGPT) else model.W_U
