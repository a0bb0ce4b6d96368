"""Reading SAEs without SAELens, to look at one quiz at a time.

Importing SAELens takes some ten seconds and half a gigabyte; a dashboard that encodes a quiz now and then
needs a matrix product. Reads SAELens' own folders; an SAE with a setting not known here goes to SAELens.

Source of the formulas: SAELens 6.54, `topk_sae.py`, `jumprelu_sae.py`, `standard_sae.py`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from culture_core import artifacts
from culture_core.errors import CultureError
from culture_core.finite import check_finite
from culture_core.saes.protocols import Encoder
from culture_core.saes.store import CONFIG, WEIGHTS, load_sae

ACTIVATIONS = ("topk", "jumprelu", "standard")


@dataclass(frozen=True)
class PlainSAE:
    """An SAE as tensors, without hooks: shared by threads, it cannot leak.

    W_enc (d_in, f), b_enc (f), W_dec (f, d_in), b_dec (d_in); threshold (f) of a JumpReLU, norm (f) of the
    decoder rows where activations are given in units of it, else None. k: how many features a TopK leaves.
    """

    architecture: str
    W_enc: Tensor
    b_enc: Tensor
    W_dec: Tensor
    b_dec: Tensor
    b_in: Tensor
    threshold: Tensor | None
    norm: Tensor | None
    k: int | None

    def encode(self, x: Tensor) -> Tensor:
        """Activations (..., f) of every feature on states (..., d_in), float32."""
        before = (x - self.b_in) @ self.W_enc + self.b_enc
        if self.norm is not None:
            before = before * self.norm
        if self.architecture == "topk":
            assert self.k is not None
            values, features = before.topk(self.k, dim=-1, sorted=False)
            return torch.zeros_like(before).scatter(-1, features, values.relu())
        if self.threshold is not None:
            return before.relu() * (before > self.threshold)
        return before.relu()

    def decode(self, features: Tensor) -> Tensor:
        """The states (..., d_in) that features (..., f) stand for."""
        if self.norm is not None:
            features = features * (1 / self.norm)
        return features @ self.W_dec + self.b_dec


def read_sae(folder: Path, device: str = "cpu") -> Encoder:
    """Read an SAE folder, on the CPU in float32; on another device with SAELens.

    Errors: CultureError with the folder and the reason.
    """
    folder = Path(folder)
    if device != "cpu" or not (folder / WEIGHTS).is_file():
        return cast(Encoder, load_sae(folder, device=device))
    config = artifacts.read_json(folder / CONFIG)
    return _plain(config, folder) if _is_plain(config) else load_sae(folder)


def _is_plain(config: dict[str, Any]) -> bool:
    return (
        config.get("architecture") in ACTIVATIONS
        and config.get("normalize_activations", "none") == "none"
        and config.get("reshape_activations", "none") == "none"
        and config.get("activation_fn", "relu") == "relu"
        and "metadata" in config
    )


def _plain(config: dict[str, Any], folder: Path) -> PlainSAE:
    from safetensors.torch import load_file

    try:
        weights = {name: tensor.float() for name, tensor in load_file(folder / WEIGHTS).items()}
        check_finite(weights, str(folder))
        b_dec, W_dec = weights["b_dec"], weights["W_dec"]
        return PlainSAE(
            architecture=config["architecture"],
            W_enc=weights["W_enc"],
            b_enc=weights["b_enc"],
            W_dec=W_dec,
            b_dec=b_dec,
            b_in=b_dec if config.get("apply_b_dec_to_input") else torch.zeros_like(b_dec),
            threshold=weights["threshold"] if config["architecture"] == "jumprelu" else None,
            norm=W_dec.norm(dim=-1) if config.get("rescale_acts_by_decoder_norm") else None,
            k=config.get("k"),
        )
    except CultureError:
        raise
    except Exception as error:  # safetensors and torch raise many kinds for a damaged file
        raise CultureError(f"{folder} cannot be read as an SAE: {error}") from None
