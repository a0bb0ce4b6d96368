"""Finding conjunctions: two or three concepts that tell together where a feature fires, as in "before the
first changed cell, in contact quizzes"."""

import numpy as np
from numpy.typing import NDArray

from culture_core.features.grading.scores import Firing, f1_score
from culture_core.features.grading.screening import Screening, sum_from_thresholds
from culture_core.features.grading.truth import MIN_TOKENS, Truth

N_POOL = 24
N_PAIRS = 3
MOST_PARTS = 3


def promising_conjunctions(fit: Firing, screening: Screening, truth: Truth) -> NDArray[np.int64]:
    """(k, 3) the pairs with the best F1 on the first half of the quizzes, at most N_PAIRS, and each with the
    third concept that goes best with it; a pair has its second concept twice.

    Concepts come from a pool of the N_POOL that firing says most about. Each conjunction is there once, its
    concepts in the order of the registry.
    """
    pool = _most_informed(screening, truth)
    held = truth.concepts.columns(pool, fit.token).astype(np.float32)
    pairs = _best_pairs(held, screening.fires, pool, truth)
    triples = [_with_best_third(held, pair, screening.fires, pool, truth) for pair in pairs]
    found = [list(pair) for pair in pairs] + [triple for triple in triples if triple]
    ordered = dict.fromkeys(tuple(sorted(pool[row].tolist())) for row in found)
    filled = [(*parts, *parts[-1:] * (MOST_PARTS - len(parts))) for parts in ordered]
    return np.array(filled, dtype=np.int64).reshape(-1, MOST_PARTS)


def _most_informed(screening: Screening, truth: Truth) -> NDArray[np.int64]:
    """The concepts that hold more often where the feature fires, most significant first.

    Significance: the log-likelihood ratio fires x KL(share where it fires, share everywhere), at the
    threshold where it is largest.
    """
    base = np.clip(truth.fit.holds / truth.fit.n_tokens, 1e-9, 1 - 1e-9)
    share = screening.right / np.maximum(screening.fires, 1)[:, None]
    inside = np.clip(share, 1e-9, 1 - 1e-9)
    kl = inside * np.log(inside / base) + (1 - inside) * np.log((1 - inside) / (1 - base))
    ratio = (np.where(share > base, kl, 0.0) * screening.fires[:, None]).max(0) * truth.gradable
    order = np.argsort(-ratio, kind="stable")[:N_POOL]
    return order[ratio[order] > 0]


def _best_pairs(
    held: NDArray[np.float32], fires: NDArray[np.int64], pool: NDArray[np.int64], truth: Truth
) -> list[tuple[int, int]]:
    """Pairs of columns of the pool, best first. held (m, p): where its concepts hold, strongest tokens
    first."""
    right = sum_from_thresholds(fires, lambda rows: held[rows].T @ held[rows])
    holds = truth.together[np.ix_(pool, pool)]
    f1 = f1_score(right, fires[:, None, None], holds).max(0) * (holds >= MIN_TOKENS)
    rows, columns = np.triu_indices(len(pool), 1)
    order = np.argsort(-f1[rows, columns], kind="stable")[:N_PAIRS]
    return [(int(rows[k]), int(columns[k])) for k in order if f1[rows[k], columns[k]] > 0]


def _with_best_third(
    held: NDArray[np.float32],
    pair: tuple[int, int],
    fires: NDArray[np.int64],
    pool: NDArray[np.int64],
    truth: Truth,
) -> list[int] | None:
    """A pair of columns of the pool and the third that goes best with it, None where none is left."""
    both = held[:, pair[0]] * held[:, pair[1]]
    right = sum_from_thresholds(fires, lambda rows: both[rows] @ held[rows])
    holds = truth.fit.holds_with(pool[list(pair)], pool)
    f1 = f1_score(right, fires[:, None], holds).max(0) * (holds >= MIN_TOKENS)
    f1[list(pair)] = 0
    return [*pair, int(f1.argmax())] if f1.any() else None
