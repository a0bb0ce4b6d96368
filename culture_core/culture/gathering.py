"""Gather runs of `culture invent` that the same GPTs made in another folder, such as on another machine."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from culture_core.artifact import model_hashes
from culture_core.artifacts import PopulationFolder
from culture_core.culture.published import open_store
from culture_core.culture.store import NEITHER, CultureStore, has_store, load_store, save_store, sole_writer
from culture_core.culture.verdicts import DUPLICATE
from culture_core.errors import CultureError


def add_runs(population: PopulationFolder, other: PopulationFolder) -> tuple[int, int]:
    """Add the runs stored in another population that are not here already, as in a copy that went on by
    itself; returns how many quizzes that adds and how many of their kept ones were here already.

    Authors, verdicts and splits stay as they are. Errors: CultureError when nothing is stored there, its new
    runs are of GPTs with other weights, there are none, or one that is here too went on there.
    """
    if not has_store(other):
        raise CultureError(f"no run of `culture invent` in {other.root}")
    added = load_store(other)
    with sole_writer(population):
        store = open_store(population)
        n_shared = _count_shared(
            store, added, f"{population.root} already has runs with the settings of {other.root}"
        )
        weights = {str(k): sha256 for k, sha256 in model_hashes(population).items()}
        others = any(run.get("models", weights) != weights for run in added.runs[n_shared:])
        if others or added.models != store.models:
            raise CultureError(
                f"the runs in {other.root} are of GPTs with other weights than {population.root}"
            )
        gathered = _together(store, added, n_shared)
        save_store(population, gathered)
    new = added.table[added.table.run >= n_shared]
    n_added, n_there = (int((table.split != NEITHER).sum()) for table in (gathered.table, new))
    n_added -= int((store.table.split != NEITHER).sum())
    return n_added, n_there - n_added


def _count_shared(store: CultureStore, added: CultureStore, otherwise: str) -> int:
    """How many runs, the first ones of those to be added, are in the store already.

    Errors: CultureError (otherwise) when all are, one of them has other candidates, or later ones are.
    """
    here, there = _identities(store), _identities(added)
    free = Counter(here)
    n_shared = 0
    while n_shared < len(there) and free[there[n_shared]]:
        free[there[n_shared]] -= 1
        n_shared += 1
    left = {identity for identity, _ in free.elements()}
    if n_shared == len(there) or any(identity in left for identity, _ in there[n_shared:]):
        raise CultureError(otherwise)
    return n_shared


def _together(store: CultureStore, added: CultureStore, n_shared: int) -> CultureStore:
    """Both stores, without the first n_shared runs of the second; a quiz that is kept in the first is a
    duplicate in the second."""
    theirs = added.table[added.table.run >= n_shared]
    known = store.all_kept()
    is_known = np.array([tokens.tobytes() in known for tokens in theirs.tokens], dtype=bool)
    twice = is_known & (theirs.split != NEITHER)
    shift = store.next_number - sum(run["candidates"] for run in added.runs[:n_shared])
    table = replace(
        theirs,
        run=theirs.run + np.int32(len(store.runs) - n_shared),
        number=theirs.number + shift,
        reason=np.where(twice, DUPLICATE, theirs.reason).astype(np.uint8),
        split=np.where(twice, NEITHER, theirs.split).astype(np.uint8),
    )
    runs = tuple({**run, "added": run.get("added", 0) + shift} for run in added.runs[n_shared:])
    return replace(store, table=store.table.followed_by(table), runs=(*store.runs, *runs))


def _identities(store: CultureStore) -> list[tuple[str, int]]:
    """What tells runs apart, and how many candidates each has: settings with their seed and the weights of
    the GPTs, or the imported quizzes."""

    def identity(k: int, run: Mapping[str, object]) -> str:
        if "settings" in run:
            return repr((run["settings"], run.get("models")))
        return hashlib.sha256(store.table.tokens[store.table.run == k].tobytes()).hexdigest()

    return [(identity(k, run), run["candidates"]) for k, run in enumerate(store.runs)]
