"""Writing a feature index into a population."""

from typing import Any

import numpy as np

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.features.index import Index
from culture_core.features.reader import ARRAYS
from culture_core.features.sparse import SparseActivations
from culture_core.features.statistics import bin_edges

ACTIVATIONS = "activations"


def save_index(
    index: Index, population: PopulationFolder, hook: str, model_k: int, manifest: dict[str, Any]
) -> None:
    """Write an index; the folder appears whole or not at all. Sparse activations lie beside the arrays that
    ship."""
    statistics = index.statistics
    arrays = {
        "fires": statistics.fires.numpy(),
        "total": statistics.total.numpy(),
        "squares": statistics.squares.numpy(),
        "max": statistics.max.numpy(),
        "histogram": statistics.histogram.numpy(),
        "bin_edges": bin_edges(),
        "by_task": statistics.by_task.numpy(),
        "tokens_by_task": statistics.tokens_by_task.numpy(),
        "top_quiz": index.top.quiz.numpy().astype(np.int32),
        "top_peak": index.top.peak.numpy(),
        "top_position": index.top.position.numpy().astype(np.int16),
        **index.overlays.arrays("overlay"),
    }
    with artifacts.atomic_folder(population.index(hook, model_k)) as partial:
        artifacts.write_arrays(partial / ARRAYS, arrays)
        index.activations.save(partial / ACTIVATIONS)
        artifacts.write_json(partial / artifacts.MANIFEST, manifest)


def open_activations(population: PopulationFolder, hook: str, model_k: int) -> SparseActivations:
    """The sparse activations behind an index, memory-mapped.

    Errors: CultureError when they, or the index, are not there.
    """
    folder = population.index(hook, model_k)
    manifest = artifacts.read_json(folder / artifacts.MANIFEST)
    return SparseActivations.open(folder / ACTIVATIONS, manifest["quiz_set"]["n"])
