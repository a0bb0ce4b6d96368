"""Culture quizzes on disk: every kept candidate, a sample of the rejected, and how each fared.

    quizzes/candidates.npz   the columns of a CandidateTable, the seeds of the next round, the runs (JSON)
    quizzes/culture.npz      the kept quizzes alone, training quizzes first, as models/sources.py reads
                             them; made from the first file whenever that is written

A run is one set of settings and GPTs; a killed run continues from its last complete round.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from culture_core.artifact import read_arrays
from culture_core.artifacts import PopulationFolder, read_json, write_json
from culture_core.culture.verdicts import KEPT, NOT_ASKED
from culture_core.errors import CultureError
from culture_core.models.sources import resolve_source
from culture_core.places import check_writable
from culture_core.world.quizzes import batch_from_tokens
from culture_core.world.storage import save_quizzes
from culture_core.world.vocabulary import CULTURE, N_CELLS, QUIZ_LENGTH
from culture_core.writing import atomic_file

NEITHER, TRAIN, TEST = range(3)
SPLITS = ("", "train", "test")
UNKNOWN_AUTHOR = -1
_STORE = "candidates"
_REMEDY = "remove it to start over from the quizzes in culture.npz"


@dataclass(frozen=True)
class CandidateTable:
    """n candidates, in the order in which they were invented, and what m GPTs made of them.

    tokens: (n, 404) uint8, structure A, f_A, B, f_B.
    run, round: (n,) int32, the round within its run. number: (n,) int64, counted through all runs.
    author: (n,) int16 id of a GPT, -1 unknown. grown: (n,) bool, from the f_B of a rejected candidate.
    sampled: (n,) bool, drawn to be stored whatever comes of it.
    reason: (n,) uint8 index into REASONS. split: (n,) uint8 index into SPLITS.
    probability: (n, m) float32, NaN for a GPT that was not asked. verdict: (n, m) uint8 index into VERDICTS.
    """

    tokens: NDArray[np.uint8]
    run: NDArray[np.int32]
    round: NDArray[np.int32]
    number: NDArray[np.int64]
    author: NDArray[np.int16]
    grown: NDArray[np.bool_]
    sampled: NDArray[np.bool_]
    reason: NDArray[np.uint8]
    split: NDArray[np.uint8]
    probability: NDArray[np.float32]
    verdict: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, rows: NDArray[np.bool_]) -> "CandidateTable":
        return CandidateTable(**{name: values[rows] for name, values in self.columns().items()})

    def columns(self) -> dict[str, NDArray[Any]]:
        return {column.name: getattr(self, column.name) for column in fields(self)}

    def followed_by(self, other: "CandidateTable") -> "CandidateTable":
        ours, theirs = self.columns(), other.columns()
        return CandidateTable(**{name: np.concatenate([ours[name], theirs[name]]) for name in ours})


@dataclass(frozen=True)
class Seeds:
    """Grids f_B of rejected candidates, from which the next round's candidates grow.

    grids: (s, 100) uint8. age: (s,) uint8, how many candidates in a row grew from each already.
    """

    grids: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, N_CELLS), np.uint8))
    age: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))

    def __len__(self) -> int:
        return len(self.grids)


@dataclass(frozen=True)
class CultureStore:
    """All that is stored: models (ids of the m GPTs), the table, one record a run, and the next seeds.

    A record has `candidates` (how many), `models` (id -> sha256), `settings`, `rounds`, `counts` (see
    statistics.py), `seconds` and `made_by`, and, of one made in another folder, `added`: what was
    added to its numbers here. The record of imported quizzes has only `candidates` and `imported`.
    """

    models: tuple[int, ...]
    table: CandidateTable
    runs: tuple[dict[str, Any], ...] = ()
    seeds: Seeds = field(default_factory=Seeds)

    @property
    def next_number(self) -> int:
        """The number of the next candidate: none is used twice, whatever the run."""
        return sum(run["candidates"] for run in self.runs)

    def kept(self, split: int) -> NDArray[np.uint8]:
        """Tokens (n, 404) of the kept quizzes of TRAIN or TEST."""
        return self.table.tokens[self.table.split == split]

    def all_kept(self) -> set[bytes]:
        """The tokens of every kept quiz, as bytes: what a further one must not be."""
        return {tokens.tobytes() for tokens in self.table.tokens[self.table.split != NEITHER]}


def empty_table(n_models: int, n: int = 0) -> CandidateTable:
    """Room for n candidates of which nothing is known."""
    return CandidateTable(
        tokens=np.zeros((n, QUIZ_LENGTH), np.uint8),
        run=np.zeros(n, np.int32),
        round=np.zeros(n, np.int32),
        number=np.arange(n, dtype=np.int64),
        author=np.full(n, UNKNOWN_AUTHOR, np.int16),
        grown=np.zeros(n, np.bool_),
        sampled=np.zeros(n, np.bool_),
        reason=np.full(n, KEPT, np.uint8),
        split=np.full(n, NEITHER, np.uint8),
        probability=np.full((n, n_models), np.nan, np.float32),
        verdict=np.full((n, n_models), NOT_ASKED, np.uint8),
    )


def has_store(population: PopulationFolder) -> bool:
    """Whether candidates were stored here (a population may have kept quizzes without them)."""
    return population.quizzes(_STORE).is_file()


def load_store(population: PopulationFolder) -> CultureStore:
    """What is stored; an empty store when there is nothing yet.

    Errors: CultureError when the file is damaged or of other GPTs than the population's.
    """
    models = resolve_source(population.root).ids
    if not has_store(population):
        return CultureStore(models, empty_table(len(models)))
    path = population.quizzes(_STORE)
    arrays = read_arrays(path, _REMEDY)
    try:
        table = CandidateTable(**{column.name: arrays[column.name] for column in fields(CandidateTable)})
        seeds = Seeds(arrays["seed_grids"], arrays["seed_age"])
        runs = tuple(json.loads(str(arrays["runs"])))
    except ValueError as error:
        raise CultureError(f"{path} cannot be read ({error!r}); {_REMEDY}") from None
    stored = tuple(arrays["models"].tolist())
    if stored != models:
        raise CultureError(
            f"{path} was made by the GPTs {stored}, but the population has {models}; {_REMEDY}"
        )
    return CultureStore(models, table, runs, seeds)


@contextmanager
def sole_writer(population: PopulationFolder) -> Iterator[None]:
    """Keep other processes from changing the stored quizzes; a process that dies lets go.

    Errors: CultureError when another one is at it, or nothing can be written.
    """
    check_writable(population.quizzes(_STORE))
    lock = FileLock(population.root / ".invent.lock.partial")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise CultureError(
            f"another `culture invent` is running on {population.root}; wait for it to finish"
        ) from None
    try:
        yield
    finally:
        lock.release()


def save_store(population: PopulationFolder, store: CultureStore) -> None:
    """Write the store, and the kept quizzes next to it, each file atomically."""
    arrays = {
        **store.table.columns(),
        "seed_grids": store.seeds.grids,
        "seed_age": store.seeds.age,
        "models": np.array(store.models, np.int16),
        "runs": np.array(json.dumps(store.runs)),
    }
    with atomic_file(population.quizzes(_STORE)) as partial, partial.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    _save_kept(population, store)


def mend_kept(population: PopulationFolder, store: CultureStore) -> None:
    """Write the kept quizzes again if a kill came after the store was written and before they were."""
    counts = [len(store.kept(split)) for split in (TRAIN, TEST)]
    if has_store(population) and read_json(population.manifest).get("culture_quizzes") != counts:
        _save_kept(population, store)


def _save_kept(population: PopulationFolder, store: CultureStore) -> None:
    """Write culture.npz and tell the population's manifest of it."""
    parts = [torch.from_numpy(store.kept(split)) for split in (TRAIN, TEST)]
    counts = [len(part) for part in parts]
    if not sum(counts):
        return
    manifest = {"n_train": counts[0], "n_test": counts[1], "runs": list(store.runs)}
    save_quizzes(batch_from_tokens(torch.cat(parts)), population.quizzes(CULTURE), manifest)
    of_population = read_json(population.manifest)
    if of_population.get("culture_quizzes") != counts:
        write_json(population.manifest, {**of_population, "culture_quizzes": counts})
