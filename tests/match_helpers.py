"""Matches as a test wants them."""

import numpy as np

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.features.index.reader import open_index


def make_two_groups(population: PopulationFolder, hook: str) -> np.ndarray:
    """Write matches in which two firing features of every GPT are mutual best matches: their numbers
    (2, 5)."""
    path = population.matches(hook) / "matches.npz"
    arrays = artifacts.read_arrays(path, "")
    fires = [open_index(population, hook, k).table.fires.to_numpy() for k in range(5)]
    members = np.stack([np.argsort(-fire, kind="stable")[4:6] for fire in fires], axis=1)
    for a in range(5):
        for b in range(5):
            if a != b:
                arrays["best_feature"][a, b, members[:, a]] = members[:, b]
                arrays["mutual"][a, b, members[:, a]] = True
    artifacts.write_arrays(path, arrays)
    return members
