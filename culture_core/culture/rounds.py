"""Rounds of invention: GPTs take turns as author, all judge, and rejected candidates seed the next round.

A round depends on the settings, the GPTs, the number of its first candidate and the seeds alone, and is
stored before the next one begins: a killed run continues as if it had not been killed. Source:
docs/reference/culture.md, "Rounds".
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from culture_core.artifact import model_hashes
from culture_core.artifacts import PopulationFolder, provenance
from culture_core.culture.inventing import Invented, invent
from culture_core.culture.published import open_store
from culture_core.culture.settings import RoundSettings
from culture_core.culture.statistics import add_counts, n_kept, run_report
from culture_core.culture.store import (
    NEITHER,
    TEST,
    TRAIN,
    CandidateTable,
    CultureStore,
    Seeds,
    empty_table,
    mend_kept,
    save_store,
    sole_writer,
)
from culture_core.culture.verdicts import (
    DUPLICATE,
    INVALID,
    KEPT,
    after_asking,
    ask,
    before_asking,
    judge,
)
from culture_core.models.mygpt import MyGPT
from culture_core.models.sources import resolve_source
from culture_core.world.randomness import Draws, quiz_keys
from culture_core.world.vocabulary import LAST_GRID

_INVENTING_STREAM, _SAMPLE_STREAM = 3_000, 3_001
_SAMPLE_STEPS = 1_000_000
BATCH_SIZE = 64


@dataclass(frozen=True)
class Round:
    """All candidates of one round, stored or not, and the seeds they leave."""

    table: CandidateTable
    seeds: Seeds


def invent_quizzes(
    population: PopulationFolder,
    n: int,
    settings: RoundSettings,
    *,
    limit: int | None = None,
    device: torch.device | str = "cpu",
    batch_size: int = BATCH_SIZE,
    command: str = "",
    progress: str | None = None,
) -> dict[str, Any]:
    """Play rounds until a run has kept n quizzes, or its candidates reach the limit; return its report.

    Rounds are whole, so a run may keep or try a few more. The last run in the population goes on when it has
    the same settings and GPTs; else a new one is added. batch_size: quizzes computed at a time.
    """
    models = [model.to(device) for model in resolve_source(population.root).load_models()]
    with sole_writer(population):
        store = _begin(open_store(population), population, settings, command)
        mend_kept(population, store)
        run_k = _active_run(store)
        kept = n_kept(store.runs[run_k])
        with tqdm(total=n, initial=kept, desc=progress, unit="kept", disable=progress is None) as bar:
            while not _finished(store.runs[run_k], n, limit):
                started = time.perf_counter()
                author = store.runs[run_k]["rounds"] % len(models)
                played = play_round(models, author, store.seeds, store.next_number, settings, batch_size)
                store = add_round(store, run_k, played, settings, time.perf_counter() - started)
                save_store(population, store)
                bar.n = n_kept(store.runs[run_k])
                bar.set_postfix(candidates=store.runs[run_k]["candidates"])
    return run_report(store, run_k)


def play_round(
    models: Sequence[MyGPT],
    author: int,
    seeds: Seeds,
    first: int,
    settings: RoundSettings,
    batch_size: int = BATCH_SIZE,
) -> Round:
    """One round: candidates number `first` and on by models[author], judged by all.

    `round`, `run` and `split` of the table, and duplicates, are left to add_round.
    """
    n = settings.round_size
    number = torch.arange(first, first + n)
    generator = torch.Generator().manual_seed(_generator_seed(settings.seed, first))
    grids = torch.from_numpy(seeds.grids)
    invented = invent(models[author], n, generator, settings.inventing, seeds=grids, batch_size=batch_size)
    sampled = _draw_sample(settings, number)
    reason, probability = _judge_all(models, invented, number, sampled, settings, batch_size)
    table = replace(
        empty_table(len(models), n),
        tokens=invented.tokens.numpy(),
        number=number.numpy(),
        author=np.full(n, models[author].id, np.int16),
        grown=np.arange(n) < len(grids),
        sampled=sampled.numpy(),
        reason=reason.numpy(),
        probability=probability.float().numpy(),
        verdict=judge(probability, settings.verdicts).numpy(),
    )
    return Round(table, _next_seeds(table, seeds, settings))


def add_round(
    store: CultureStore, run_k: int, played: Round, settings: RoundSettings, seconds: float
) -> CultureStore:
    """Put a round into the store: drop duplicates, split the kept ones, store the rest by sample."""
    run = store.runs[run_k]
    reason = _without_duplicates(played.table, store)
    n_before = int((store.table.split != NEITHER).sum())
    table = replace(
        played.table,
        run=np.full_like(played.table.run, run_k),
        round=np.full_like(played.table.round, run["rounds"]),
        reason=reason,
        split=_split(reason == KEPT, n_before, settings.test),
    )
    record = {
        **run,
        "rounds": run["rounds"] + 1,
        "candidates": run["candidates"] + len(table),
        "seconds": run["seconds"] + seconds,
        "counts": add_counts(run["counts"], table),
    }
    stored = table[(reason == KEPT) | (table.sampled & (reason != INVALID))]
    runs = (*store.runs[:run_k], record, *store.runs[run_k + 1 :])
    return replace(store, table=store.table.followed_by(stored), runs=runs, seeds=played.seeds)


def _begin(
    store: CultureStore, population: PopulationFolder, settings: RoundSettings, command: str
) -> CultureStore:
    """The store with a record of this run: the last, when it has these settings and GPTs, or a new one."""
    identity = {
        "models": {str(k): sha256 for k, sha256 in model_hashes(population).items()},
        "settings": asdict(settings),
    }
    active = _active_run(store)
    if active >= 0 and all(store.runs[active][key] == value for key, value in identity.items()):
        return store
    start = {"candidates": 0, "rounds": 0, "seconds": 0.0, "counts": {}, "made_by": provenance(command)}
    return replace(store, runs=(*store.runs, {**identity, **start}), seeds=Seeds())


def _active_run(store: CultureStore) -> int:
    """Index of the last run that was played here, not imported or added; -1 when there is none."""
    here = (k for k, run in enumerate(store.runs) if not ("imported" in run or "added" in run))
    return max(here, default=-1)


def _finished(run: Mapping[str, Any], n: int, limit: int | None) -> bool:
    return n_kept(run) >= n or (limit is not None and run["candidates"] >= limit)


def _judge_all(
    models: Sequence[MyGPT],
    invented: Invented,
    number: Tensor,
    sampled: Tensor,
    settings: RoundSettings,
    batch_size: int,
) -> tuple[Tensor, Tensor]:
    """Reason (n,) index into REASONS, and probabilities (n, m), NaN where a GPT was not asked."""
    reason = before_asking(invented.tokens, invented.valid)
    probability = torch.full((len(number), len(models)), torch.nan, dtype=torch.float64)
    proper = (reason == KEPT).nonzero()[:, 0]
    if len(proper):
        probability[proper] = ask(
            models,
            invented.tokens[proper],
            number[proper],
            settings.seed,
            settings.verdicts,
            in_full=sampled[proper],
            batch_size=batch_size,
        )
    return after_asking(reason, probability, settings.verdicts), probability


def _next_seeds(table: CandidateTable, seeds: Seeds, settings: RoundSettings) -> Seeds:
    """The f_B of the rejected candidates, unless theirs has been used too often, or is not a grid of
    colours."""
    age = np.zeros(len(table), np.uint8)
    age[table.grown] = seeds.age + 1
    chosen = (table.reason != KEPT) & (table.reason != INVALID) & (age < settings.max_age)
    return Seeds(table.tokens[chosen][:, LAST_GRID], age[chosen])


def _without_duplicates(table: CandidateTable, store: CultureStore) -> NDArray[np.uint8]:
    """Reasons, where an already kept quiz counts as a duplicate."""
    reason = table.reason.copy()
    known = store.all_kept()
    for row in np.flatnonzero(reason == KEPT):
        tokens = table.tokens[row].tobytes()
        reason[row] = DUPLICATE if tokens in known else KEPT
        known.add(tokens)
    return reason


def _split(kept: NDArray[np.bool_], n_before: int, test: float) -> NDArray[np.uint8]:
    """Training or test of each kept quiz: every (1/test)-th one is held out, counted from the first ever."""
    order = n_before + np.cumsum(kept)
    held_out = np.floor(order * test) > np.floor((order - 1) * test)
    return np.where(kept, np.where(held_out, TEST, TRAIN), NEITHER).astype(np.uint8)


def _draw_sample(settings: RoundSettings, number: Tensor) -> Tensor:
    """Which candidates are stored whatever comes of them: (n,) bool."""
    draws = Draws(quiz_keys(settings.seed, _SAMPLE_STREAM, number))
    return draws.integers(_SAMPLE_STEPS) < settings.sample * _SAMPLE_STEPS


def _generator_seed(seed: int, first: int) -> int:
    """Seed of a round's generator, from the run's seed and the number of its first candidate."""
    return int(Draws(quiz_keys(seed, _INVENTING_STREAM, torch.tensor([first]))).bits(1))
