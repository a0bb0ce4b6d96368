"""How alike the circuits of several GPTs are: the overlap of influence on the same answers.

The overlap of two distributions is the sum of their minima, from 0 to 1. Over cells of the quiz it asks
whether two GPTs read the same cells; over features, matched one to one where each is the other's best match,
whether they compute the same from them. Influence that passes through features without such a match counts
as not shared. Source: docs/reference/circuits.md, "The same answer in several GPTs".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from culture_core.circuits.profile import Profiles
from culture_core.intervals import jackknife_interval
from culture_core.universality.matching.store import MatchReader

CELLS = "cells"
SAME, SAME_TASK, OTHER_TASK, MATCHED = "same quiz", "another quiz of the task", "another task", "matched"
WHEN = (SAME, SAME_TASK, OTHER_TASK)


def of_block(block: int) -> str:
    """What the overlap of the features after a block is called."""
    return f"features after block {block}"


@dataclass(frozen=True)
class Sharing:
    """Overlaps of the circuits of m GPTs.

    table: one row per pair of GPTs (a, b), task and what is compared (CELLS or of_block): the mean overlap
    over quizzes, by WHEN, and `matched`, the most that could overlap, since the rest of the influence passes
    through features without a match (1 for cells). n: how many quizzes. decided: by GPT, the share of them in
    which the margin that is traced is above 0.
    """

    models: tuple[int, ...]
    table: pd.DataFrame
    n: int
    decided: dict[int, float]

    def means(self) -> pd.DataFrame:
        """By what is compared: the mean over pairs and tasks of each column, and `excess`, of the same quiz
        over another quiz of its task, with its 95% interval over GPTs (`low`, `high`)."""
        return self._summary(["compared"])

    def by_task(self) -> pd.DataFrame:
        """The same by what is compared and task."""
        return self._summary(["compared", "task"])

    def _summary(self, keys: list[str]) -> pd.DataFrame:
        table = self.table.assign(excess=self.table[SAME] - self.table[SAME_TASK])
        columns = [*WHEN, MATCHED, "excess"]
        means = table.groupby(keys, sort=False)[columns].mean()
        without = [
            table[(table.a != k) & (table.b != k)].groupby(keys, sort=False)["excess"].mean()
            for k in self.models
        ]
        known = len(self.models) > 2
        bounds = [
            jackknife_interval(means.excess[key], [float(part[key]) for part in without])
            if known
            else (np.nan, np.nan)
            for key in means.index
        ]
        return means.assign(low=[low for low, _ in bounds], high=[high for _, high in bounds]).reset_index()


def share_circuits(profiles: Mapping[int, Profiles], matches: Mapping[int, MatchReader]) -> Sharing:
    """Compare the circuits of GPTs on the same quizzes.

    profiles: by GPT; matches: by block.
    """
    tasks = np.array(next(iter(profiles.values())).tasks)
    rows = [
        row
        for a, b in combinations(profiles, 2)
        for row in [
            *_rows(CELLS, profiles[a].tokens, profiles[b].tokens, None, tasks, (a, b)),
            *(
                row
                for block, reader in matches.items()
                for row in _rows(
                    of_block(block),
                    profiles[a].features[block],
                    profiles[b].features[block],
                    partners(reader, a, b),
                    tasks,
                    (a, b),
                )
            ),
        ]
    ]
    decided = {k: float((one.margin > 0).mean()) for k, one in profiles.items()}
    return Sharing(tuple(profiles), pd.DataFrame(rows), len(tasks), decided)


def partners(reader: MatchReader, a: int, b: int) -> NDArray[np.int64]:
    """(f,) the feature of GPT b that is the mutual best match of each feature of GPT a; -1 for none."""
    first, second = reader.models.index(a), reader.models.index(b)
    return np.where(reader.mutual[first, second], reader.best_feature[first, second], -1).astype(np.int64)


def matched_shares(
    of_a: sparse.csr_array | NDArray[np.float32],
    of_b: sparse.csr_array | NDArray[np.float32],
    partner: NDArray[np.int64] | None,
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Influence (n, f) of two GPTs as shares of each row, in the numbers of the second one's features.

    partner: (f,) as `partners` gives them, without whom a feature's share is dropped; None where columns
    mean the same in both, as cells do.
    """
    p, q = _shares(of_a), _shares(of_b)
    return (p, q) if partner is None else (_translated(p, partner), _only(q, partner))


def overlap(p: sparse.csr_array, q: sparse.csr_array) -> NDArray[np.float64]:
    """(n,) the sum of the minima of each row of two matrices (n, f)."""
    return np.asarray(p.minimum(q).sum(axis=1), dtype=np.float64).ravel()


def _rows(
    compared: str,
    of_a: sparse.csr_array | NDArray[np.float32],
    of_b: sparse.csr_array | NDArray[np.float32],
    partner: NDArray[np.int64] | None,
    tasks: NDArray[np.str_],
    pair: tuple[int, int],
) -> list[dict[str, object]]:
    p, q = matched_shares(of_a, of_b, partner)
    n_tasks, numbers = len(set(tasks.tolist())), np.arange(len(tasks))
    found = {
        SAME: overlap(p, q),
        SAME_TASK: overlap(p, q[np.roll(numbers, -n_tasks)]),
        OTHER_TASK: overlap(p, q[np.roll(numbers, -1)]),
        MATCHED: np.minimum(*(np.asarray(side.sum(axis=1)).ravel() for side in (p, q))),
    }
    frame = pd.DataFrame(found).groupby(tasks, sort=False).mean()
    return [
        {"a": pair[0], "b": pair[1], "task": task, "compared": compared, **row}
        for task, row in zip(frame.index, frame.to_dict("records"), strict=True)
    ]


def _shares(influence: sparse.csr_array | NDArray[np.float32]) -> sparse.csr_array:
    """Rows that add up to 1."""
    rows = sparse.csr_array(influence)
    total = np.maximum(np.asarray(rows.sum(axis=1)).ravel(), np.finfo(np.float32).tiny)
    return sparse.csr_array(sparse.diags_array(1 / total) @ rows)


def _translated(p: sparse.csr_array, partner: NDArray[np.int64]) -> sparse.csr_array:
    """(n, f) of GPT a in the numbers of GPT b's features; what has no partner is dropped."""
    there = np.flatnonzero(partner >= 0)
    moves = sparse.csr_array((np.ones(len(there)), (there, partner[there])), shape=(p.shape[1], p.shape[1]))
    return sparse.csr_array(p @ moves)


def _only(q: sparse.csr_array, partner: NDArray[np.int64]) -> sparse.csr_array:
    """(n, f) of GPT b without the features that are nobody's partner."""
    kept = np.zeros(q.shape[1])
    kept[partner[partner >= 0]] = 1
    return sparse.csr_array(q @ sparse.diags_array(kept))
