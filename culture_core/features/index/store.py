"""A feature index in its folder: writing it from its parts, telling whether it is current, and the sparse
activations beside it, which do not ship and are made again on first use."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError, suggested
from culture_core.features.index.directions import Directions, describe_directions, is_exact
from culture_core.features.index.job import LAYOUT, IndexJob, present_inputs
from culture_core.features.index.merge import Merged, merge, open_peaks, write_activations
from culture_core.features.index.packed import to_bytes, to_halves, write_packed
from culture_core.features.index.parts import Part
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.sparse import BY_FEATURE, BY_TOKEN, Overlays, SparseActivations, open_sparse
from culture_core.features.index.statistics import Moments, bin_edges
from culture_core.features.index.top import Examples

ARRAYS = "index.npz"
ACTIVATIONS = "activations"


def remedy(population: PopulationFolder, hook: str, variant: str = "") -> str:
    """What to run when an index is missing or not current."""
    suffix = ("--variant", variant) if variant else ()
    return f"run {suggested('index', '--population', population.root, '--hook', hook, *suffix)}"


def is_current(job: IndexJob) -> bool:
    """Whether the index of a job is there and made from the present inputs with the same settings."""
    path = job.index / artifacts.MANIFEST
    return path.is_file() and artifacts.read_json(path).get("inputs") == job.inputs()


def read_manifest(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> dict[str, Any]:
    """The manifest of an index that belongs to the SAE and the GPT that lie there now.

    Errors: CultureError that says what to run when it is missing or of others.
    """
    path = population.index(hook, model_k, variant) / artifacts.MANIFEST
    whose = f"{variant + ' ' if variant else ''}GPT {model_k} at {hook}"
    again = remedy(population, hook, variant)
    if not path.is_file():
        raise CultureError(f"no feature index of {whose} in {population.root}; {again}")
    manifest = artifacts.read_json(path)
    made_from = manifest.get("inputs", manifest)
    for name, sha256 in present_inputs(population, hook, model_k, variant).items():
        if made_from.get(name, sha256) != sha256:
            kind = "SAE" if name == "sae_sha256" else "GPT"
            raise CultureError(f"the feature index of {whose} is of another {kind}; {again}")
    return manifest


def write_index(job: IndexJob, command: str) -> dict[str, Any]:
    """Merge the parts of a job into its index, then remove them; the index appears whole or not at all.
    Returns the manifest.

    Errors: CultureError when parts are missing, or are of other inputs.
    """
    started = time.time()
    paths = complete_parts(job)
    with artifacts.atomic_folder(job.index) as partial:
        (partial / ACTIVATIONS).mkdir()
        merged = merge(paths, job.quiz_set, partial / ACTIVATIONS)
        artifacts.write_json(partial / ACTIVATIONS / artifacts.MANIFEST, job.inputs())
        model, sae = job.load()
        whole, rows, overlays = _arrays(merged, describe_directions(model, sae, job.hook))
        write_packed(partial / ARRAYS, whole, rows, overlays)
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


def complete_parts(job: IndexJob) -> list[Path]:
    """The files of all parts of a job, in the order of quizzes.

    Errors: CultureError when some are missing, or are of other inputs.
    """
    again = remedy(job.population, job.hook, job.variant)
    note = job.parts / artifacts.MANIFEST
    if not note.is_file():
        raise CultureError(f"no parts of an index in {job.parts}; {again}")
    if artifacts.read_json(note) != job.inputs():
        raise CultureError(f"the parts in {job.parts} are of another SAE, GPT, quiz set or batch; {again}")
    if missing := job.missing():
        raise CultureError(
            f"{len(missing)} of {len(job.spans())} parts are missing in {job.parts} "
            f"(first: quizzes {missing[0].start} to {missing[0].stop - 1}); {again}"
        )
    return [job.path(span) for span in job.spans()]


def gather_parts(job: IndexJob, others: Sequence[Path]) -> None:
    """Copy into a job's own the parts it lacks from the same population in other places.

    Errors: CultureError when those are of other inputs.
    """
    for root in others:
        other = replace(job, population=PopulationFolder(root))
        note = other.parts / artifacts.MANIFEST
        if artifacts.read_json(note) != job.inputs():
            raise CultureError(f"the parts in {other.parts} are of another SAE, GPT, quiz set or batch")
        job.prepare()
        for span in job.missing():
            if other.path(span).is_file():
                with artifacts.atomic_file(job.path(span)) as partial:
                    shutil.copyfile(other.path(span), partial)


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


Arrays = dict[str, NDArray]


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
        "by_task": compact(statistics.by["task"].fires),
        **{f"tokens_by_{name}": moments.tokens for name, moments in statistics.by.items()},
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
    overlays = {
        "overlay": _packed_overlays(merged.top_overlays, highest),
        "spread_overlay": _packed_overlays(merged.spread_overlays, highest),
    }
    return whole, rows, overlays


def _example_arrays(name: str, examples: Examples) -> Arrays:
    return {
        f"{name}_quiz": examples.quiz,
        f"{name}_peak": examples.peak,
        f"{name}_position": examples.position,
    }


def _moment_arrays(name: str, moments: Moments, highest: NDArray[np.float32]) -> Arrays:
    fires = np.maximum(moments.fires, 1)
    scale = np.maximum(highest, np.finfo(np.float32).tiny)[:, None]
    shares = {
        "mean": moments.total / fires / scale,
        "rms": np.sqrt(moments.squares / fires) / scale,
        "max": moments.max / scale,
    }
    # 404 positions are nearly all of the file: a byte each
    pack = to_bytes if name == "position" else to_halves
    return {
        f"{name}_fires": compact(moments.fires),
        **{f"{name}_{kind}": pack(share) for kind, share in shares.items()},
    }


def _packed_overlays(overlays: Overlays, highest: NDArray[np.float32]) -> Overlays:
    each = (len(overlays.indptr) - 1) // len(highest)
    scale = np.repeat(np.repeat(highest, each), np.diff(overlays.indptr))
    return Overlays(overlays.indptr, overlays.position, to_halves(overlays.value / scale))


def compact(counts: NDArray[np.integer]) -> NDArray[np.integer]:
    """Counts in the smallest unsigned type that holds them."""
    return counts.astype(np.min_scalar_type(int(counts.max(initial=0))))


def open_activations(
    population: PopulationFolder, hook: str, model_k: int, variant: str = ""
) -> SparseActivations:
    """The sparse activations behind an index, memory-mapped; `ensure_activations` makes them where they are
    missing.

    Errors: CultureError that says what to run when they, or the index, are missing or not current.
    """
    folder, n_quizzes = _activations(population, hook, model_k, variant)
    return open_sparse(folder, n_quizzes, remedy(population, hook, variant))


def open_activation_peaks(
    population: PopulationFolder, hook: str, model_k: int, variant: str = ""
) -> SparseActivations:
    """The peaks behind an index, memory-mapped: one entry for every quiz a feature fires in, on the token of
    its peak.

    Errors: as open_activations.
    """
    folder, n_quizzes = _activations(population, hook, model_k, variant)
    return open_peaks(folder, n_quizzes, remedy(population, hook, variant))


def _activations(population: PopulationFolder, hook: str, model_k: int, variant: str) -> tuple[Path, int]:
    manifest = read_manifest(population, hook, model_k, variant)
    folder = population.index(hook, model_k, variant) / ACTIVATIONS
    again = remedy(population, hook, variant)
    if not _has_activations(folder, manifest):
        raise CultureError(f"no sparse activations of the index in {folder.parent}; {again}")
    return folder, manifest["quiz_set"]["n"]


def _has_activations(folder: Path, manifest: dict[str, Any]) -> bool:
    note = folder / artifacts.MANIFEST
    files = (folder / f"{name}.npy" for name in (*BY_FEATURE, *BY_TOKEN))
    return (
        note.is_file()
        and artifacts.read_json(note) == manifest.get("inputs")
        and all(map(Path.is_file, files))
    )


def ensure_activations(
    population: PopulationFolder, hook: str, model_k: int, variant: str = "", *, progress: str | None = None
) -> SparseActivations:
    """The sparse activations behind an index, made again where they are missing (about a minute for 4,000
    quizzes, with a progress bar of that name).

    Errors: CultureError that says what to run when the index is missing or not current.
    """
    from culture_core.features.index.making import make_parts

    manifest = read_manifest(population, hook, model_k, variant)
    folder = population.index(hook, model_k, variant) / ACTIVATIONS
    with artifacts.alone(folder.parent):
        if not _has_activations(folder, manifest):
            job = job_of(population, hook, model_k, manifest)
            make_parts([job], progress=progress or f"activations of GPT {model_k}")
            with artifacts.atomic_folder(folder) as partial:
                write_activations(complete_parts(job), job.quiz_set, partial)
                artifacts.write_json(partial / artifacts.MANIFEST, manifest["inputs"])
            shutil.rmtree(job.parts)
    return open_activations(population, hook, model_k, variant)


def job_of(population: PopulationFolder, hook: str, model_k: int, manifest: dict[str, Any]) -> IndexJob:
    """The job that makes an index once more.

    Errors: CultureError when the index was made by an older version, or of other quizzes than are made now.
    """
    inputs = manifest.get("inputs", {})
    variant = manifest.get("variant", "")
    if inputs.get("layout") != LAYOUT:
        raise older(population, hook, model_k, variant)
    quiz_set = QuizSet.from_json(manifest["quiz_set"])
    job = IndexJob(population, hook, model_k, variant, quiz_set, inputs["batch_size"], inputs["part_size"])
    if inputs != job.inputs():
        again = remedy(population, hook, variant)
        raise CultureError(f"the feature index of GPT {model_k} at {hook} is over other quizzes; {again}")
    return job


def older(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> CultureError:
    """The error for an index that lacks what is asked for."""
    return CultureError(
        f"the feature index of GPT {model_k} at {hook} was made by an older version; "
        f"{remedy(population, hook, variant)}"
    )
