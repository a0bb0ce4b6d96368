"""Matches as a test wants them."""

from collections.abc import Sequence

import numpy as np

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.features.index.reader import open_index


def make_two_groups(population: PopulationFolder, hook: str, models: Sequence[int] = range(5)) -> np.ndarray:
    """Write matches in which two firing features of every GPT are mutual best matches: their numbers
    (2, models)."""
    path = population.matches(hook) / "matches.npz"
    arrays = artifacts.read_arrays(path, "")
    fires = [open_index(population, hook, k).table.fires.to_numpy() for k in models]
    members = np.stack([np.argsort(-fire, kind="stable")[4:6] for fire in fires], axis=1)
    for a in range(len(models)):
        for b in range(len(models)):
            if a != b:
                arrays["best_feature"][a, b, members[:, a]] = members[:, b]
                arrays["mutual"][a, b, members[:, a]] = True
    artifacts.write_arrays(path, arrays)
    return members
