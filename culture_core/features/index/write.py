"""Writing a feature index from its parts: the packed file that is shipped, and the activations."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core import artifacts
from culture_core.artifacts import BASELINES
from culture_core.features.index.directions import Directions, describe_directions, is_exact
from culture_core.features.index.gather import complete_parts
from culture_core.features.index.job import LAYOUT, IndexJob
from culture_core.features.index.merge import Merged, merge
from culture_core.features.index.packed import to_bytes, to_halves, write_packed
from culture_core.features.index.parts import Part
from culture_core.features.index.sparse import Overlays
from culture_core.features.index.statistics import Moments, Totals, bin_edges
from culture_core.features.index.store import ACTIVATIONS, index_artifact
from culture_core.features.index.top import Examples
from culture_core.writing import atomic_folder

Arrays = dict[str, NDArray[Any]]
NOT_IN_TABLE = ("histogram", "linear_histogram", "bin_edges", "top_peak", "spread_", "cofiring_", "decoder_")


def write_index(job: IndexJob, command: str) -> dict[str, Any]:
    """Merge the parts of a job into its index, then remove them; the index appears whole or not at all.
    Returns the manifest.

    Errors: CultureError when parts are missing, or are of other inputs.
    """
    started = time.time()
    paths = complete_parts(job)
    index = index_artifact(job.population, job.hook, job.model_k, job.variant)
    with atomic_folder(index.folder) as partial:
        (partial / ACTIVATIONS).mkdir()
        merged = merge(paths, job.quiz_set, partial / ACTIVATIONS)
        artifacts.write_json(partial / ACTIVATIONS / artifacts.MANIFEST, job.inputs())
        model, sae = job.load()
        whole, rows, overlays = _arrays(merged, describe_directions(model, sae, job.hook))
        if job.variant in BASELINES:
            whole, rows, overlays = _table_alone(whole), {}, {}
        write_packed(partial / index.arrays, whole, rows, overlays)
        manifest = {
            "id": job.model_k,
            "hook": job.hook,
            "variant": job.variant,
            "sae_sha256": job.inputs()["sae_sha256"],
            "quiz_set": job.quiz_set.to_json(),
            "layout": LAYOUT,
            "inputs": job.inputs(),
            "logit_effects_exact": is_exact(model, job.hook),
            "figures": _figures(merged, paths, started),
            "made_by": artifacts.provenance(command, started),
        }
        artifacts.write_json(partial / artifacts.MANIFEST, manifest)
    shutil.rmtree(job.parts)
    return manifest


def _figures(merged: Merged, paths: Sequence[Path], started: float) -> dict[str, Any]:
    overall = merged.statistics.overall
    n_tokens, entries = int(overall.tokens[0]), int(overall.fires.sum())
    pass_seconds = sum(Part.seconds_of(path) for path in paths)
    return {
        "tokens": n_tokens,
        "entries": entries,
        "l0": entries / n_tokens,
        "dead_share": float((overall.fires == 0).mean()),
        "pass_seconds": round(pass_seconds, 1),
        "merge_seconds": round(time.time() - started, 1),
        "tokens_per_second": round(n_tokens / max(pass_seconds, 1e-9)),
    }


def _arrays(merged: Merged, directions: Directions) -> tuple[Arrays, Arrays, dict[str, Overlays]]:
    """What ships: arrays read whole, arrays read by feature, and overlays. Means and overlays are
    shares of the feature's maximum."""
    statistics, overall = merged.statistics, merged.statistics.overall
    fires, highest = overall.fires[:, 0], overall.max[:, 0]
    whole: Arrays = {
        "fires": fires,
        "total": overall.total[:, 0],
        "squares": overall.squares[:, 0],
        "max": highest,
        "quizzes_fired": compact(merged.n_quizzes_fired),
        "histogram": compact(statistics.histogram),
        "bin_edges": bin_edges(),
        "linear_histogram": compact(merged.linear_histogram),
        "by_task": compact(statistics.by["task"].fires),
        **{f"tokens_by_{name}": moments.tokens for name, moments in statistics.totals.items()},
        **_example_arrays("top", merged.top),
        **_example_arrays("spread", merged.spread),
        "cofiring_feature": merged.cofiring.feature.astype(np.int32),
        "cofiring_score": merged.cofiring.score.astype(np.float16),
        "decoder_feature": directions.neighbours.feature.astype(np.int32),
        "decoder_score": directions.neighbours.score.astype(np.float16),
        "encoder_cosine": directions.encoder_cosine,
    }
    if directions.logit_effects is not None:
        whole["logit_effects"] = directions.logit_effects
    rows: Arrays = {"histogram_by_task": compact(statistics.histogram_by_task)}
    for name, moments in statistics.by.items():
        rows |= _moment_arrays(name, moments, highest)
    rows |= _position_arrays(statistics.by_position, highest)
    overlays = {
        "overlay": _packed_overlays(merged.top_overlays, highest),
        "spread_overlay": _packed_overlays(merged.spread_overlays, highest),
    }
    return whole, rows, overlays


def _table_alone(whole: Arrays) -> Arrays:
    """What the table of features is made from, and the numbers of the top quizzes."""
    return {name: array for name, array in whole.items() if not name.startswith(NOT_IN_TABLE)}


def _example_arrays(name: str, examples: Examples) -> Arrays:
    return {
        f"{name}_quiz": examples.quiz,
        f"{name}_peak": examples.peak,
        f"{name}_position": examples.position,
    }


def _moment_arrays(name: str, moments: Moments, highest: NDArray[np.float32]) -> Arrays:
    fires, scale = np.maximum(moments.fires, 1), _scale(highest)
    shares = {
        "mean": moments.total / fires / scale,
        "rms": np.sqrt(moments.squares / fires) / scale,
        "max": moments.max / scale,
    }
    return {
        f"{name}_fires": compact(moments.fires),
        **{f"{name}_{kind}": to_halves(of) for kind, of in shares.items()},
    }


def _position_arrays(totals: Totals, highest: NDArray[np.float32]) -> Arrays:
    """In a byte each: there are 404 positions."""
    mean = totals.total / np.maximum(totals.fires, 1) / _scale(highest)
    return {"position_fires": compact(totals.fires), "position_mean": to_bytes(mean)}


def _scale(highest: NDArray[np.float32]) -> NDArray[np.float32]:
    """(f, 1) what the activations of each feature are shares of."""
    return np.maximum(highest, np.finfo(np.float32).tiny)[:, None]


def _packed_overlays(overlays: Overlays, highest: NDArray[np.float32]) -> Overlays:
    each = (len(overlays.indptr) - 1) // len(highest)
    scale = np.repeat(np.repeat(highest, each), np.diff(overlays.indptr))
    # what fires keeps at least the smallest share
    return Overlays(overlays.indptr, overlays.position, np.maximum(to_bytes(overlays.value / scale), 1))


def compact(counts: NDArray[np.integer]) -> NDArray[np.integer]:
    """Counts in the smallest unsigned type that holds them."""
    return counts.astype(np.min_scalar_type(int(counts.max(initial=0))))
