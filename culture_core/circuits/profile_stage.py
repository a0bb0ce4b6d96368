"""The stage behind `culture trace --profile`: what the answers of every GPT to the same quizzes come from."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from culture_core.artifact import Artifact, Record, check_same_settings
from culture_core.artifacts import PopulationFolder, provenance
from culture_core.circuits.profile import KEPT, Profiles, ProfileSettings, profile, profile_quizzes
from culture_core.circuits.sharing import Sharing, share_circuits
from culture_core.circuits.stage import load_traced, traced_saes
from culture_core.circuits.traced import traced_artifact, traced_inputs
from culture_core.models.choice import chosen_models, stale_models
from culture_core.processes import Report, Workers, run_jobs
from culture_core.saes.hooks import block_of_residual
from culture_core.universality.matching.store import matches_artifact, open_matches


def profile_population(
    population: PopulationFolder,
    settings: ProfileSettings | None = None,
    *,
    models: Sequence[int] | None = None,
    if_stale: bool = False,
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> Sharing | None:
    """Trace an answer to every quiz in every GPT, and keep what it comes from; returns how alike the GPTs
    are, None for a single one and where some have no profile yet.

    models: ids (default: all). if_stale: leave alone profiles of the present GPTs and SAEs with these
    settings.
    Errors: CultureError when a GPT has no SAEs.
    """
    settings = settings or ProfileSettings()
    stale = stale_models(
        chosen_models(population, models),
        partial(profile_artifact, population),
        lambda k: _made_from(population, k, settings),
        if_stale=if_stale,
        say=say,
    )
    run_jobs(partial(_profile, population, settings, command), stale, workers or Workers(), show=say)
    everyone = chosen_models(population)
    missing = [str(k) for k in everyone if not profile_artifact(population, k).is_there()]
    if missing:
        say(f"not compared yet: no profile of GPT {', '.join(missing)}")
    elif len(everyone) == 1:
        say("there is no other GPT to compare with")
    else:
        return open_sharing(population)
    return None


def profile_artifact(population: PopulationFolder, model_k: int) -> Artifact:
    """What the answers of one GPT come from, as an artifact."""
    folder = population.trace_profile(model_k)
    return traced_artifact(population, model_k, "trace profile", folder, "--profile", "profile.npz")


def open_profile(population: PopulationFolder, model_k: int) -> Profiles:
    """What the answers of one GPT come from.

    Errors: CultureError that says what to run when it is missing, damaged, or of another GPT or other SAEs.
    """
    manifest, arrays = profile_artifact(population, model_k).open()
    tokens = arrays["tokens"].astype(np.float32)
    features = {block: _unpacked(arrays, block) for block in map(_block, manifest["saes"])}
    return Profiles(manifest["tasks"], arrays["margin"], arrays["kinds"], tokens, features)


def open_sharing(population: PopulationFolder) -> Sharing:
    """How alike the circuits of the GPTs are; features only at hook points where they are matched.

    Errors: CultureError that says what to run when a GPT has no profile, or one of other SAEs or quizzes.
    """
    models = chosen_models(population)
    check_same_settings([profile_artifact(population, k) for k in models])
    profiles = {k: open_profile(population, k) for k in models}
    hooks = [
        hook for hook in traced_saes(population, models[0]) if matches_artifact(population, hook).is_there()
    ]
    return share_circuits(profiles, {_block(hook): open_matches(population, hook) for hook in hooks})


def _block(hook: str) -> int:
    block = block_of_residual(hook)
    assert block is not None
    return block


def _made_from(population: PopulationFolder, model_k: int, settings: ProfileSettings) -> dict[str, Any]:
    return traced_inputs(population, model_k, {**asdict(settings), "kept": KEPT})


def _profile(
    population: PopulationFolder, settings: ProfileSettings, command: str, model_k: int, report: Report
) -> None:
    started = time.time()
    report(f"tracing answers of GPT {model_k}")
    made_from = _made_from(population, model_k, settings)
    model, saes = load_traced(population, model_k)
    found = profile(model, saes, profile_quizzes(settings), progress=f"trace profile of GPT {model_k}")
    arrays: dict[str, NDArray[Any]] = {
        "margin": found.margin,
        "kinds": found.kinds,
        "tokens": found.tokens.astype(np.float16),
    }
    for block, matrix in found.features.items():
        arrays |= _packed(matrix, block)
    manifest = {**made_from, "tasks": found.tasks, "made_by": provenance(command, started)}
    profile_artifact(population, model_k).write(manifest, arrays)


def _packed(matrix: sparse.csr_array, block: int) -> dict[str, NDArray[Any]]:
    """A matrix (n, f) in 16 bits an entry and its number."""
    number = np.uint16 if matrix.shape[1] <= np.iinfo(np.uint16).max else np.uint32
    return {
        f"{block}_data": matrix.data.astype(np.float16),
        f"{block}_indices": matrix.indices.astype(number),
        f"{block}_indptr": matrix.indptr.astype(np.int32),
        f"{block}_shape": np.array(matrix.shape),
    }


def _unpacked(arrays: Record, block: int) -> sparse.csr_array:
    columns = (arrays[f"{block}_data"].astype(np.float32), arrays[f"{block}_indices"].astype(np.int32))
    rows, width = arrays[f"{block}_shape"].tolist()
    return sparse.csr_array((*columns, arrays[f"{block}_indptr"]), shape=(rows, width))
