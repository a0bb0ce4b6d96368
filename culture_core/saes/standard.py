"""What makes the states of several GPTs comparable, kept with the joint dictionary trained on them.

A dictionary reads states only as they were centred and scaled in its training, so these values are part of
it. A dictionary from before they were kept is read with the same values, measured again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.artifact import read_arrays
from culture_core.artifacts import JOINT, PopulationFolder
from culture_core.saes.store import STANDARD, sae_artifact


@dataclass(frozen=True)
class Standard:
    """Means and scales at one hook point. mean: (m, d); scale: (m,), 1 over the root of the mean squared
    distance from the mean, per dimension."""

    mean: Tensor
    scale: Tensor

    def to(self, device: torch.device | str) -> "Standard":
        return Standard(self.mean.to(device), self.scale.to(device))

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """As `save_sae` keeps it."""
        return {"mean": self.mean.cpu().numpy(), "scale": self.scale.cpu().numpy()}


def stored_standards(
    population: PopulationFolder, model_k: int, hooks: Sequence[str], model_sha256: str
) -> dict[str, Standard]:
    """By hook point, the values kept with the joint dictionary there; none for a hook point without one, for
    one of other GPTs, and for one that was saved without them.

    model_k: the GPT under which it is kept; model_sha256: of all GPTs (`variants.model_sha256`).
    Errors: CultureError that says what to run when they cannot be read.
    """
    found = {}
    for hook in hooks:
        dictionary = sae_artifact(population, hook, model_k, JOINT)
        path = dictionary.folder / STANDARD
        if path.is_file() and dictionary.is_current({"model_sha256": model_sha256}):
            arrays = read_arrays(path, dictionary.remedy)
            found[hook] = Standard(torch.from_numpy(arrays["mean"]), torch.from_numpy(arrays["scale"]))
    return found
