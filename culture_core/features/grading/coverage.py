"""How much of the listed concepts a set of features covers: the mean over concepts of the best F1 of any
feature (Karvonen et al. 2024, "Measuring Progress in Dictionary Learning", board games), beside the same for
raw directions, neurons, and an SAE that has learned nothing of the GPT.

Feature and threshold are chosen on the first half of the quizzes, F1 is of the second. All sources are
measured on the same quizzes, fewer than the grades are.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from culture_core.features.grading.scores import Firing
from culture_core.features.grading.screening import (
    Screening,
    quantile_thresholds,
    screen,
    screened_scores,
)
from culture_core.features.grading.truth import Truth
from culture_core.features.index.sparse import SparseActivations
from culture_core.models.protocols import GPT
from culture_core.saes.hooks import activations_at_each
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import QUIZ_LENGTH

COVERAGE_QUIZZES = 800
COVERAGE_SOURCES = {
    "sae": "SAE features",
    "untrained_sae": "SAE of an untrained GPT",
    "raw_directions": "raw directions",
    "mlp_neurons": "MLP neurons",
}
# thresholds of a raw direction: shares of tokens above it, even in log odds, so that rare concepts get some
LOG_ODDS = np.linspace(-6, 6, 25)
BATCH = 32

Screened = tuple[Screening, Screening]


def best_f1(screened: Iterable[Screened], truth: Truth) -> NDArray[np.float32]:
    """(c,) for each concept the F1 on the second half of the feature and threshold best on the first."""
    best_fit = np.zeros(truth.n_concepts)
    best = np.zeros(truth.n_concepts, dtype=np.float32)
    for fit, held_out in screened:
        fit_f1, f1 = screened_scores(fit, held_out, truth)
        better = fit_f1 > best_fit
        best_fit[better], best[better] = fit_f1[better], f1[better]
    return best


def screened_features(activations: SparseActivations, truth: Truth) -> Iterator[Screened]:
    """Every feature of an SAE on the first quizzes of its index, as many as the truth has."""
    stop = truth.concepts.n_quizzes * QUIZ_LENGTH
    for feature in range(activations.n_features):
        token, value = activations.of_feature(feature)
        count = np.searchsorted(token, stop)
        fit, held_out = truth.firing(token[:count], value[:count])
        if len(fit.token):
            thresholds = quantile_thresholds(fit)
            yield screen(fit, thresholds, truth.concepts), screen(held_out, thresholds, truth.concepts)


def screened_directions(values_dt: NDArray[np.floating], truth: Truth) -> Iterator[Screened]:
    """Every raw dimension, high values as firing and then low ones. values_dt: (d, n x 403)."""
    token = tokens_read(truth.concepts.n_quizzes)
    for values in values_dt:
        fit, held_out = truth.firing(token, values)
        thresholds = np.quantile(fit.value, 1 / (1 + np.exp(-LOG_ODDS)))
        high = screen(fit, thresholds, truth.concepts), screen(held_out, thresholds, truth.concepts)
        yield high
        yield _below(high[0], fit, truth.fit.holds), _below(high[1], held_out, truth.held_out.holds)


def screened_neurons(values_dt: NDArray[np.floating], truth: Truth) -> Iterator[Screened]:
    """Every neuron after its ReLU, where it is above 0. values_dt: (d, n x 403)."""
    token = tokens_read(truth.concepts.n_quizzes)
    for values in values_dt:
        active = values > 0
        fit, held_out = truth.firing(token[active], values[active])
        if len(fit.token):
            thresholds = quantile_thresholds(fit)
            yield screen(fit, thresholds, truth.concepts), screen(held_out, thresholds, truth.concepts)


def _below(above: Screening, firing: Firing, holds: NDArray[np.int64]) -> Screening:
    """The tokens that are not at or above each threshold, as if they were the firing ones."""
    return Screening(firing.n_tokens - above.fires, holds - above.right)


def tokens_read(n_quizzes: int) -> NDArray[np.int64]:
    """Numbers (quiz x 404 + position) of all tokens but the last of each quiz."""
    tokens = np.arange(n_quizzes * QUIZ_LENGTH).reshape(n_quizzes, QUIZ_LENGTH)
    return tokens[:, :-1].reshape(-1)


@torch.inference_mode()
def dense_activations(model: GPT, hooks: Sequence[str], batch: QuizBatch) -> list[NDArray[np.float16]]:
    """For each hook point (d, n x 403) activations after reading each token but the last, from one pass of
    the model; rounded to half precision, which moves no threshold by more than a thousandth of its size."""
    parts: dict[str, list[NDArray[np.float16]]] = {hook: [] for hook in hooks}
    for first in range(0, len(batch), BATCH):
        seen = activations_at_each(model, hooks, batch.tokens[first : first + BATCH])
        for hook in parts:  # each once, though one may be asked for twice
            parts[hook].append(seen[hook][:, 1:].flatten(0, 1).half().numpy())
    return [np.ascontiguousarray(np.concatenate(parts[hook]).T) for hook in hooks]


def coverage_hooks(hook: str) -> tuple[str, str]:
    """A hook point and that of the MLP neurons in its block; in the first block for one outside of all."""
    parts = hook.split(".")
    block = parts[1] if parts[0] == "blocks" else 0
    return hook, f"blocks.{block}.mlp.hook_post"


def coverage_by_source(
    model: GPT,
    hook: str,
    batch: QuizBatch,
    truth: Truth,
    activations: SparseActivations,
    untrained: SparseActivations | None,
) -> dict[str, NDArray[np.float32]]:
    """(c,) the best F1 of each concept, by source; "untrained_sae" only where its activations are given.

    model: a MyGPT or HookedTransformer that shows the `coverage_hooks`. batch: the first quizzes of the
    index; truth: their concepts.
    """
    best = {"sae": best_f1(screened_features(activations, truth), truth)}
    if untrained is not None:
        best["untrained_sae"] = best_f1(screened_features(untrained, truth), truth)
    states, neurons = dense_activations(model, coverage_hooks(hook), batch)
    best["raw_directions"] = best_f1(screened_directions(states, truth), truth)
    best["mlp_neurons"] = best_f1(screened_neurons(neurons, truth), truth)
    return best


def coverage_summary(best: dict[str, NDArray[np.float32]], truth: Truth) -> dict[str, Any]:
    """Means over the gradable concepts, in all and by kind of concept."""
    kinds = np.array([concept.kind for concept in truth.concepts.concepts])
    sources = ("sae", "untrained_sae", "raw_directions", "mlp_neurons")

    def mean(source: str, concepts: NDArray[np.bool_]) -> float | None:
        return float(best[source][concepts].mean()) if source in best else None

    present = list(dict.fromkeys(kinds[truth.gradable].tolist()))
    return {
        **{source: mean(source, truth.gradable) for source in sources},
        "by_kind": {
            kind: {source: mean(source, truth.gradable & (kinds == kind)) for source in sources}
            for kind in present
        },
        "n_concepts": int(truth.gradable.sum()),
        "n_quizzes": truth.concepts.n_quizzes,
    }
