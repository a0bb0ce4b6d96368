"""The nearest features of one GPT at adjacent hook points."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch.nn.functional import normalize
from tqdm import tqdm

from culture_core.artifacts import PopulationFolder
from culture_core.features.index.activations import ensure_activations
from culture_core.saes.hook_order import in_stream
from culture_core.saes.plain import read_sae
from culture_core.universality.layers.nearest import Nearest, nearest_both_ways
from culture_core.universality.matching.codes import Codes

Directions = NDArray[np.float32]


def nearest_at(
    population: PopulationFolder,
    model_k: int,
    pairs: Sequence[tuple[str, str]],
    n_quizzes: int,
    *,
    progress: str | None = None,
) -> list[tuple[Nearest, Nearest]]:
    """For each pair of hook points, what the features of the first find in the second, and the reverse.

    n_quizzes: of the quiz set that all indexes are over. Sparse activations are made again where missing.
    """
    hooks = dict.fromkeys(hook for pair in pairs for hook in pair)
    codes = {
        hook: Codes.of(ensure_activations(population, hook, model_k), n_quizzes)
        for hook in tqdm(hooks, f"{progress}: reading", unit="SAE", disable=progress is None)
    }
    unit = {hook: _directions(population, hook, model_k) for hook in hooks}
    return [
        nearest_both_ways(codes[a], codes[b], _cosine((a, unit[a]), (b, unit[b])))
        for a, b in tqdm(pairs, progress, unit="pair", disable=progress is None)
    ]


def _directions(population: PopulationFolder, hook: str, model_k: int) -> Directions:
    """(f, d_in) decoder directions of length 1."""
    return normalize(read_sae(population.sae(hook, model_k)).W_dec.detach(), dim=1).numpy()


def _cosine(a: tuple[str, Directions], b: tuple[str, Directions]) -> NDArray[np.float32]:
    """(f_a, f_b) cosines of directions at two hook points; NaN where they are in different spaces."""
    (hook_a, unit_a), (hook_b, unit_b) = a, b
    if in_stream(hook_a) and in_stream(hook_b):
        return np.asarray(unit_a @ unit_b.T)
    return np.full((len(unit_a), len(unit_b)), np.nan, dtype=np.float32)
