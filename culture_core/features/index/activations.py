"""The sparse activations of an index, which are not shipped but recomputed on first use."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError
from culture_core.features.index.gather import complete_parts
from culture_core.features.index.job import IndexJob
from culture_core.features.index.merge import open_peaks, write_activations
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.sparse import BY_FEATURE, BY_TOKEN, SparseActivations, open_sparse
from culture_core.features.index.store import ACTIVATIONS, index_artifact, read_manifest, remedy
from culture_core.writing import alone, atomic_folder


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
    index = index_artifact(population, hook, model_k, variant)
    manifest = index.manifest()
    folder = index.folder / ACTIVATIONS
    if not _has_activations(folder, manifest):
        raise CultureError(f"no sparse activations of the index in {index.folder}; {index.remedy}")
    return folder, manifest["quiz_set"]["n"]


def _has_activations(folder: Path, manifest: Mapping[str, Any]) -> bool:
    note = folder / artifacts.MANIFEST
    files = (folder / f"{name}.npy" for name in (*BY_FEATURE, *BY_TOKEN))
    return (
        note.is_file() and artifacts.read_json(note) == manifest["inputs"] and all(map(Path.is_file, files))
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
    if _has_activations(folder, manifest):
        return open_activations(population, hook, model_k, variant)
    with alone(folder.parent):
        if not _has_activations(folder, manifest):
            job = job_of(population, hook, model_k, manifest)
            make_parts([job], progress=progress or f"activations of GPT {model_k}")
            with atomic_folder(folder) as partial:
                write_activations(complete_parts(job), job.quiz_set, partial)
                artifacts.write_json(partial / artifacts.MANIFEST, manifest["inputs"])
            shutil.rmtree(job.parts)
    return open_activations(population, hook, model_k, variant)


def job_of(population: PopulationFolder, hook: str, model_k: int, manifest: Mapping[str, Any]) -> IndexJob:
    """The job that makes an index once more.

    Errors: CultureError when the index covers other quizzes than those generated now.
    """
    inputs, variant = manifest["inputs"], manifest["variant"]
    quiz_set = QuizSet.from_json(manifest["quiz_set"])
    job = IndexJob(population, hook, model_k, variant, quiz_set, inputs["batch_size"], inputs["part_size"])
    if inputs != job.inputs():
        raise index_artifact(population, hook, model_k, variant).error("covers other quizzes")
    return job
