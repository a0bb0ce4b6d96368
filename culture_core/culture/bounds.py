"""The share of candidates that would be kept at other bounds, from the probabilities stored of a run.

Every GPT's probability is known of all that were kept, and of a random sample of what was rejected. So a run
is three strata: the kept, all of them known; the invalid, never kept; and the other rejected, of which the
sample stands for all. Source: docs/reference/culture.md, "Other bounds".
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from culture_core.culture.settings import VerdictSettings
from culture_core.culture.statistics import n_kept, n_with_reason
from culture_core.culture.store import CandidateTable, CultureStore
from culture_core.culture.verdicts import DUPLICATE, INVALID, KEPT, decide, judge
from culture_core.errors import CultureError
from culture_core.intervals import sum_interval, wilson_interval

UNDERSTANDS = (0.99, 0.95, 0.9, 0.8, 0.5)
FAILS = (0.5, 0.3, 0.1, 0.01)


@dataclass(frozen=True)
class KeptShare:
    """The share of candidates that would be kept at some bounds, with its 95% interval.

    hits: stored candidates of the run that would be kept, on which it rests.
    """

    understands: float
    fails: float
    share: float
    interval: tuple[float, float]
    hits: int


@dataclass(frozen=True)
class _Strata:
    """The kept and the sampled rejected candidates of a run, and how many of each there were in all.

    n_rejected: without the invalid. verdicts: the bounds of the run.
    """

    kept: CandidateTable
    sampled: CandidateTable
    n_rejected: int
    n_candidates: int
    verdicts: VerdictSettings

    def excludes_rejected(self, other: VerdictSettings) -> bool:
        """Whether what was rejected would be at other bounds too, since these ask for no less."""
        return other.understands >= self.verdicts.understands and other.fails <= self.verdicts.fails


def kept_shares(
    store: CultureStore,
    run_k: int,
    understands: Sequence[float] = UNDERSTANDS,
    fails: Sequence[float] = FAILS,
) -> list[KeptShare]:
    """The share kept at every pair of bounds of which the second is the lower; all else as in the run.

    What was kept but is a duplicate is as good as lost, at any bounds.
    Errors: CultureError when the run was imported, has no sample to go by, or no bound is below another.
    """
    strata = _strata(store, run_k)
    grid = [(high, low) for high in understands for low in fails if low < high]
    if not grid:
        raise CultureError("no bound of failing is below one of understanding: give others")
    return [_at(strata, replace(strata.verdicts, understands=high, fails=low)) for high, low in grid]


def played_runs(store: CultureStore) -> list[int]:
    """The runs that were played, not imported."""
    return [k for k, run in enumerate(store.runs) if "settings" in run]


def temperatures(run: dict[str, Any]) -> tuple[float, float]:
    """Of a played run: hot, cold."""
    inventing = run["settings"]["inventing"]
    return inventing["hot"], inventing["cold"]


def _strata(store: CultureStore, run_k: int) -> _Strata:
    run = store.runs[run_k]
    if "settings" not in run:
        raise CultureError("imported quizzes have no probabilities: choose a run of `culture invent`")
    table = store.table[store.table.run == run_k]
    kept = table.reason == KEPT
    n_rejected = run["candidates"] - n_kept(run) - n_with_reason(run, INVALID)
    verdicts = VerdictSettings(**run["settings"]["verdicts"])
    return _Strata(table[kept], table[~kept & table.sampled], n_rejected, run["candidates"], verdicts)


def _at(strata: _Strata, verdicts: VerdictSettings) -> KeptShare:
    n, n_sampled = strata.n_candidates, len(strata.sampled)
    certain = int(_would_be_kept(strata.kept, verdicts).sum())
    hits = int(_would_be_kept(strata.sampled, verdicts).sum())
    weight = 0.0 if strata.excludes_rejected(verdicts) else strata.n_rejected / n
    if weight and not n_sampled:
        raise CultureError(
            "of this run no rejected candidate is known, which softer bounds than its own might keep: run "
            "`culture invent` with --sample 0.1"
        )
    of_sample = wilson_interval(hits, n_sampled) if n_sampled else (0.0, 0.0)
    parts = (certain / n, weight * hits / max(n_sampled, 1))
    bounds = (wilson_interval(certain, n), (weight * of_sample[0], weight * of_sample[1]))
    low, high = sum_interval(parts, bounds)
    interval = (max(0.0, low), high)  # which rounding can take below 0
    return KeptShare(verdicts.understands, verdicts.fails, sum(parts), interval, certain + hits)


def _would_be_kept(table: CandidateTable, verdicts: VerdictSettings) -> NDArray[np.bool_]:
    verdict = judge(torch.from_numpy(table.probability), verdicts)
    asked = ~np.isnan(table.probability).any(axis=1)
    return asked & (table.reason != DUPLICATE) & (decide(verdict, verdicts).numpy() == KEPT)
