"""How fast `culture index` is: tokens/s of the one pass, and its share of the floor (bare forward to the hook
+ encoder product).

    python benchmarks/bench_index.py --population cache/world-1M --n 256
"""

import argparse
import time
from pathlib import Path

import torch

from culture_core.artifacts import PopulationFolder
from culture_core.features.index import BATCH, TOKENS_READ, build_index
from culture_core.features.quiz_set import QuizSet
from culture_core.memory import keep_freed_memory
from culture_core.models.api import load_hooked
from culture_core.saes.hooks import activations_at
from culture_core.saes.store import load_sae
from timing import fastest


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--population", default="cache/world-1M")
    parser.add_argument("--n", type=int, default=256, help="quizzes")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    keep_freed_memory()
    population = PopulationFolder(Path(args.population))
    hook = population.hooks()[0]
    model = load_hooked([0], source=population.root)[0]
    sae = load_sae(population.sae(hook, 0))
    quiz_set = QuizSet(n=args.n)
    tokens = quiz_set.quizzes().tokens

    @torch.inference_mode()
    def floor() -> None:
        for batch in tokens.split(BATCH):
            activations_at(model, hook, batch)[:, 1:] @ sae.W_enc

    floor_seconds = fastest(floor, args.repeats, time.perf_counter)
    index_seconds = fastest(lambda: build_index(model, sae, hook, quiz_set), args.repeats, time.perf_counter)
    n_tokens = args.n * TOKENS_READ
    print(f"index: {n_tokens / index_seconds:,.0f} tokens/s over {sae.cfg.d_sae} features at {hook}")
    print(f"floor: {n_tokens / floor_seconds:,.0f} tokens/s (bare forward to the hook + encoder product)")
    print(f"share of the floor: {floor_seconds / index_seconds:.2f}")


if __name__ == "__main__":
    main()
