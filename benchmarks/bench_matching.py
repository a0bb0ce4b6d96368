"""How fast features are correlated: sparse products against the dense float32 product over the same tokens.

    python benchmarks/bench_matching.py --features 2048 --l0 32

Both are given activations that lie in memory in the form they need, and make all r of two models. The codes
are random: every token fires `l0` features, feature number i in proportion to 1 / i^0.9, about as uneven as
those of a trained SAE. The same number of threads for both (--threads).
"""

import argparse
import time

import numpy as np
import torch

from culture_core.features.index.sparse import SparseActivations
from culture_core.memory import keep_freed_memory
from culture_core.universality.matching.codes import Codes
from culture_core.universality.matching.correlation import pearson
from culture_core.universality.matching.products import Products, cofiring_library
from culture_core.world.vocabulary import QUIZ_LENGTH
from timing import fastest

UNEVENNESS = 0.9
DENSE_QUIZZES = 25


def random_activations(n_quizzes: int, n_features: int, l0: int, seed: int) -> SparseActivations:
    """Activations of l0 features per token, drawn without replacement in proportion to 1 /
    rank^UNEVENNESS."""
    generator = np.random.default_rng(seed)
    log_weight = -UNEVENNESS * np.log(np.arange(1, n_features + 1, dtype=np.float32))
    feature, token = [], []
    for quiz in range(n_quizzes):
        score = log_weight + generator.gumbel(size=(QUIZ_LENGTH - 1, n_features)).astype(np.float32)
        chosen = np.sort(np.argpartition(-score, l0, axis=1)[:, :l0], axis=1)
        feature.append(chosen.ravel())
        token.append(np.repeat(np.arange(QUIZ_LENGTH - 1) + quiz * QUIZ_LENGTH, l0))
    features, tokens = np.concatenate(feature), np.concatenate(token).astype(np.int32)
    values = generator.random(len(features), dtype=np.float32) + 0.01
    return SparseActivations.from_entries(features, tokens, values, n_features, n_quizzes)


def dense_codes(activations: SparseActivations, n_quizzes: int) -> torch.Tensor:
    """(n_quizzes * 404, f) float32 of the first quizzes."""
    dense = torch.zeros(n_quizzes * QUIZ_LENGTH, activations.n_features)
    feature = np.repeat(np.arange(activations.n_features), np.diff(activations.indptr))
    first = activations.token < len(dense)
    dense[activations.token[first], feature[first]] = torch.from_numpy(activations.value[first])
    return dense


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--features", type=int, default=2048)
    parser.add_argument("--l0", type=int, default=32)
    parser.add_argument("--n", type=int, default=200, help="quizzes")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(args.threads)
    activations = [random_activations(args.n, args.features, args.l0, seed) for seed in (0, 1)]
    a, b = (Codes.of(one, args.n) for one in activations)
    dense_a, dense_b = (dense_codes(one, DENSE_QUIZZES) for one in activations)
    sparse_seconds = fastest(lambda: pearson(Products.of(a, b)), args.repeats, time.process_time)
    dense_seconds = fastest(lambda: dense_a.T @ dense_b, args.repeats, time.process_time)
    dense_seconds *= args.n / DENSE_QUIZZES
    n_tokens = args.n * QUIZ_LENGTH
    kernel = "compiled kernel" if cofiring_library() is not None else "scipy"
    print(
        f"{args.features} features, L0 {args.l0}, {n_tokens:,} tokens, {args.threads} thread(s); CPU seconds"
    )
    print(f"sparse ({kernel}): {sparse_seconds:.3f} s, {n_tokens / sparse_seconds:,.0f} tokens/s, all r made")
    print(f"dense float32 product: {dense_seconds:.3f} s (from {DENSE_QUIZZES * QUIZ_LENGTH:,} tokens)")
    print(f"ratio: {dense_seconds / sparse_seconds:.1f}")


if __name__ == "__main__":
    main()
