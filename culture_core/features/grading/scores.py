"""Scores of features against concepts: F1, precision, recall, AUROC, and the threshold that was best on one
half of the quizzes and is scored on the other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def f1_score(
    right: NDArray[np.number], fires: NDArray[np.number], holds: NDArray[np.number]
) -> NDArray[np.float64]:
    """2 x right / (fires + holds): right tokens where feature and concept agree that it holds, fires tokens
    where the feature fires, holds tokens of the concept; 0 where all are 0."""
    return 2 * right / np.maximum(np.asarray(fires) + np.asarray(holds), 1)


def best_cut(
    right: NDArray[np.integer], fires: NDArray[np.integer], holds: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The cut with the best F1 on each of k concepts, and that F1: (k,) each.

    right: (cuts, k) tokens at or above a cut where a concept holds; fires: (cuts,) all tokens there; holds:
    (k,) tokens of a concept.
    """
    f1 = f1_score(right, fires[:, None], holds)
    best = f1.argmax(0)
    return best, f1[best, np.arange(len(best))]


def auroc_of_ranks(
    rank_sum: NDArray[np.number], holds: NDArray[np.integer], n_tokens: int
) -> NDArray[np.float64]:
    """(k,) area under the ROC curve of scores of n_tokens tokens for k concepts; 0.5 for one that holds
    everywhere or nowhere.

    rank_sum: the sum of the ranks, 1 for the lowest score, of the tokens a concept holds on; holds: how many
    these are. Source: Mann and Whitney 1947.
    """
    pairs = holds * (n_tokens - holds)
    above = rank_sum - holds * (holds + 1) / 2
    return np.divide(above, pairs, out=np.full(len(holds), 0.5), where=pairs > 0)


def _half_rank(value: NDArray[np.float16]) -> NDArray[np.int16]:
    """16-bit integers in the order of half-precision values, which numpy sorts ten times as fast."""
    bits = (value + np.float16(0)).view(np.int16)
    return np.where(bits < 0, np.int16(-0x8000) - bits, bits)


@dataclass(frozen=True)
class Firing:
    """Where one feature fires in one half of the quizzes, strongest first.

    token (m,); value (m,) float32, decreasing; n_tokens: all tokens read in this half, firing or not.
    """

    token: NDArray[np.integer]
    value: NDArray[np.float32]
    n_tokens: int

    @classmethod
    def of(cls, token: NDArray[np.integer], value: NDArray[np.floating], n_tokens: int) -> "Firing":
        """Sort the firing of a feature; ties keep the order of the tokens."""
        order = np.argsort(-_half_rank(value) if value.dtype == np.float16 else -value, kind="stable")
        return cls(token[order], value[order].astype(np.float32, copy=False), n_tokens)

    def count_from(self, thresholds: NDArray[np.floating]) -> NDArray[np.int64]:
        """How many tokens fire at or above each threshold."""
        return np.searchsorted(-self.value, -np.asarray(thresholds), side="right")

    def ranks(self) -> NDArray[np.float64]:
        """(m,) rank of each value among all tokens, 1 for the lowest, the mean rank of equal values."""
        _, group, size = np.unique(-self.value, return_inverse=True, return_counts=True)
        above = np.cumsum(size) - size
        return self.n_tokens - above[group] - (size[group] - 1) / 2


@dataclass(frozen=True)
class Scores:
    """Scores of one feature on k concepts, each array (k,): the threshold and F1 that were best on the first
    half, the others at that threshold on the second half."""

    threshold: NDArray[np.float32]
    fit_f1: NDArray[np.float64]
    f1: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    auroc: NDArray[np.float64]


def score(
    fit: Firing,
    held_out: Firing,
    fit_truth: NDArray[np.uint8],
    held_out_truth: NDArray[np.uint8],
    fit_holds: NDArray[np.integer],
    held_out_holds: NDArray[np.integer],
) -> Scores:
    """Fit a threshold to each of k concepts and score it on the other half.

    fit, held_out: the firing of one feature, at least one token in `fit`. *_truth: (m, k) whether each
    concept holds on the tokens of the firing. *_holds: (k,) how many tokens of the half each holds on.
    """
    threshold, fit_f1 = _best_threshold(fit, fit_truth, fit_holds)
    fires = held_out.count_from(threshold)
    right = _running(held_out_truth)[fires, np.arange(len(fires))]
    return Scores(
        threshold=threshold,
        fit_f1=fit_f1,
        f1=f1_score(right, fires, held_out_holds),
        precision=right / np.maximum(fires, 1),
        recall=right / np.maximum(held_out_holds, 1),
        auroc=_auroc(held_out, held_out_truth, held_out_holds),
    )


def _running(truth: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(m + 1, k): how often each concept holds on the strongest 0 .. m tokens."""
    out = np.zeros((len(truth) + 1, truth.shape[1]), dtype=np.int64)
    np.cumsum(truth, axis=0, out=out[1:])
    return out


def _best_threshold(
    firing: Firing, truth: NDArray[np.uint8], holds: NDArray[np.integer]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The value, among those of the firing, from which on firing has the best F1 on each concept."""
    last_of_value = np.flatnonzero(np.append(firing.value[:-1] != firing.value[1:], True))
    right = _running(truth)[last_of_value + 1]
    best, f1 = best_cut(right, last_of_value + 1, holds)
    return firing.value[last_of_value[best]], f1


def _auroc(firing: Firing, truth: NDArray[np.uint8], holds: NDArray[np.integer]) -> NDArray[np.float64]:
    """Area under the ROC curve from rank sums; tokens that do not fire are all equal, below those that do."""
    silent = firing.n_tokens - len(firing.token)
    rank_sum = firing.ranks() @ truth + (holds - truth.sum(0)) * ((silent + 1) / 2)
    return auroc_of_ranks(rank_sum, holds, firing.n_tokens)
