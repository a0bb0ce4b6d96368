"""Gather runs of `culture invent` that the same GPTs made in another folder, such as on another machine."""

from dataclasses import replace

import numpy as np

from culture_core.artifact import model_hashes
from culture_core.artifacts import PopulationFolder
from culture_core.culture.published import open_store
from culture_core.culture.store import NEITHER, CultureStore, has_store, load_store, save_store, sole_writer
from culture_core.culture.verdicts import DUPLICATE
from culture_core.errors import CultureError


def add_runs(population: PopulationFolder, other: PopulationFolder) -> tuple[int, int]:
    """Add all runs stored in another population; returns how many quizzes that adds and how many of its kept
    ones were here already.

    Authors, verdicts and splits stay as they are. Errors: CultureError when nothing is stored there, its GPTs
    have other weights, or its runs are here already.
    """
    if not has_store(other):
        raise CultureError(f"no run of `culture invent` in {other.root}")
    added = load_store(other)
    weights = {str(k): sha256 for k, sha256 in model_hashes(population).items()}
    if any(run.get("models", weights) != weights for run in added.runs):
        raise CultureError(f"the runs in {other.root} are of GPTs with other weights than {population.root}")
    with sole_writer(population):
        store = open_store(population)
        known = {_identity(run) for run in store.runs}
        if any(_identity(run) in known for run in added.runs):
            raise CultureError(f"{population.root} already has runs with the settings of {other.root}")
        gathered = _together(store, added)
        save_store(population, gathered)
    n_added, n_there = (int((one.table.split != NEITHER).sum()) for one in (gathered, added))
    n_added -= int((store.table.split != NEITHER).sum())
    return n_added, n_there - n_added


def _together(store: CultureStore, added: CultureStore) -> CultureStore:
    """Both stores, where a quiz that is kept in the first is a duplicate in the second."""
    theirs = added.table
    known = store.all_kept()
    is_known = np.array([tokens.tobytes() in known for tokens in theirs.tokens], dtype=bool)
    twice = is_known & (theirs.split != NEITHER)
    table = replace(
        theirs,
        run=theirs.run + np.int32(len(store.runs)),
        number=theirs.number + store.next_number,
        reason=np.where(twice, DUPLICATE, theirs.reason).astype(np.uint8),
        split=np.where(twice, NEITHER, theirs.split).astype(np.uint8),
    )
    runs = tuple({**run, "added": run.get("added", 0) + store.next_number} for run in added.runs)
    return replace(store, table=store.table.followed_by(table), runs=(*store.runs, *runs))


def _identity(run: dict[str, object]) -> str:
    """What tells two runs apart: settings with their seed, or where imported quizzes came from."""
    return repr(run.get("settings") or run.get("imported"))
