"""Import and export of culture quizzes in the published c_quizzes.pth layout."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.artifacts import PopulationFolder
from culture_core.culture.inventing import QUESTION
from culture_core.culture.store import (
    NEITHER,
    TEST,
    TRAIN,
    CultureStore,
    empty_table,
    has_store,
    load_store,
    save_store,
    sole_writer,
)
from culture_core.culture.verdicts import DUPLICATE
from culture_core.errors import CultureError
from culture_core.models.checkpoints import read_culture_quizzes, write_culture_quizzes
from culture_core.models.sources import resolve_source
from culture_core.world.structures import reconfigure


def open_store(population: PopulationFolder) -> CultureStore:
    """What is stored; kept quizzes that came with the population alone, without candidates, are taken in."""
    store = load_store(population)
    if has_store(population):
        return store
    kept = resolve_source(population.root).load_culture_quizzes()
    if kept is None:
        return store
    return adopt(store, *kept, imported="culture.npz")


def adopt(store: CultureStore, train: Tensor, test: Tensor, imported: str) -> CultureStore:
    """Add quizzes (n, 404) whose author and verdicts are unknown; imported: where they come from.

    A quiz that is kept already, or comes twice, is a duplicate: it is neither for training nor for testing.
    """
    tokens = reconfigure(torch.cat([train, test]), QUESTION).numpy()
    table = empty_table(len(store.models), len(tokens))
    table.tokens[:] = tokens
    table.run[:] = len(store.runs)
    table.number[:] += store.next_number
    table.split[:] = np.where(np.arange(len(tokens)) < len(train), TRAIN, TEST)
    again = _known(tokens, store)
    table.reason[again], table.split[again] = DUPLICATE, NEITHER
    record = {"imported": imported, "candidates": len(tokens)}
    return replace(store, table=store.table.followed_by(table), runs=(*store.runs, record))


def import_published(population: PopulationFolder, path: Path | str) -> tuple[int, int]:
    """Add the quizzes of a c_quizzes.pth to a population; returns how many (train, test).

    Errors: CultureError when the file is of another kind, or holds no quizzes.
    """
    train, test = read_culture_quizzes(path)
    if not len(train) + len(test):
        raise CultureError(f"{path} holds no quizzes")
    with sole_writer(population):
        before = open_store(population)
        after = adopt(before, train, test, Path(path).name)
        save_store(population, after)
    added_train, added_test = (len(after.kept(split)) - len(before.kept(split)) for split in (TRAIN, TEST))
    return added_train, added_test


def _known(tokens: NDArray[np.uint8], store: CultureStore) -> NDArray[np.bool_]:
    """Which quizzes (n, 404) are kept already, or came before among these."""
    seen = store.all_kept()
    known = np.zeros(len(tokens), bool)
    for place, quiz in enumerate(tokens):
        key = quiz.tobytes()
        known[place] = key in seen
        seen.add(key)
    return known


def export_published(population: PopulationFolder, path: Path | str) -> tuple[int, int]:
    """Write the kept quizzes of a population as a c_quizzes.pth; returns how many (train, test).

    Errors: CultureError when there are none.
    """
    store = open_store(population)
    train, test = (torch.from_numpy(store.kept(split)) for split in (TRAIN, TEST))
    if not len(train) + len(test):
        raise CultureError(f"no culture quizzes in {population.root}: make some with `culture invent`")
    write_culture_quizzes(path, train, test)
    return len(train), len(test)
