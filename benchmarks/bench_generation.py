"""Seconds to answer quizzes with a 37M-shaped GPT: cached, against TransformerLens' uncached generate().

The floor is the matrix products alone: one forward pass over the question, then one over a single token for
each new cell, without attention, normalisation or bookkeeping. Random weights; all ways must give the same.

    python benchmarks/bench_generation.py                 all 100 cells, 8 quizzes
    python benchmarks/bench_generation.py --steps 10      uncached stops after 10 cells, time scaled up
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F

from culture_core.memory import keep_freed_memory
from culture_core.models.generation import generate
from culture_core.models.hooked import to_hooked
from culture_core.models.mygpt import PRESETS, MyGPT
from culture_core.models.tokenizer import prep_quiz
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.vocabulary import LAST_GRID, N_CELLS, WORLD_TASKS


def main() -> None:
    options = _options()
    keep_freed_memory()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = MyGPT(PRESETS[options.preset]).eval()
    hooked = to_hooked(model)
    n_per_task = -(-options.batch // len(WORLD_TASKS))
    tokens = generate_quizzes(WORLD_TASKS, n_per_task, seed=0).tokens[: options.batch]

    generate(model, tokens[:1])
    seconds_mygpt, predicted = _timed(lambda: generate(model, tokens)[1])
    seconds_hooked, predicted_hooked = _timed(lambda: generate(hooked, tokens)[1])
    seconds_floor, _ = _timed(lambda: _products_alone(model, options.batch))
    seconds_part, uncached = _timed(lambda: _uncached(hooked, tokens, options.steps))
    seconds_uncached = seconds_part * N_CELLS / options.steps

    report = {
        "preset": options.preset,
        "quizzes": options.batch,
        "threads": torch.get_num_threads(),
        "uncached_steps_measured": options.steps,
        "seconds": {
            "TransformerLens generate, uncached": seconds_uncached,
            "cached, HookedTransformer": seconds_hooked,
            "cached, MyGPT": seconds_mygpt,
            "floor: matrix products alone": seconds_floor,
        },
        "speedup_hooked": seconds_uncached / seconds_hooked,
        "speedup_mygpt": seconds_uncached / seconds_mygpt,
        "share_of_floor_mygpt": seconds_floor / seconds_mygpt,
        "share_of_floor_hooked": seconds_floor / seconds_hooked,
        "same_cells": bool(torch.equal(predicted, predicted_hooked) and _agree(predicted, uncached)),
    }
    _print(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", default="37M", choices=PRESETS)
    parser.add_argument("--batch", type=int, default=8, help="quizzes at a time")
    parser.add_argument("--steps", type=int, default=N_CELLS, help="cells of the uncached way to measure")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch; 0 = as torch chooses")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _timed(run: Callable[[], torch.Tensor]) -> tuple[float, torch.Tensor]:
    started = time.perf_counter()
    result = run()
    return time.perf_counter() - started, result


def _uncached(hooked, tokens: torch.Tensor, steps: int) -> torch.Tensor:
    """TransformerLens' own generate without its cache: (n, 305 + steps), the 0 in front included."""
    options = {"use_past_kv_cache": False, "do_sample": False, "stop_at_eos": False, "verbose": False}
    return hooked.generate(prep_quiz(tokens), max_new_tokens=steps, **options)


@torch.inference_mode()
def _products_alone(model: MyGPT, n: int) -> torch.Tensor:
    """Every weight matrix of the blocks once for the question, then once for each single token."""
    weights = [
        weight
        for block in model.blocks
        for weight in (
            *(part.flatten(0, 1) for part in (block.attention.w_q, block.attention.w_k, block.attention.w_v)),
            block.attention.w_o,
            block.mlp_in.weight,
            block.mlp_out.weight,
        )
    ]
    for n_tokens, n_times in ((LAST_GRID.start + 1, 1), (1, N_CELLS - 1)):
        inputs = [torch.randn(n * n_tokens, weight.shape[1]) for weight in weights]
        for _ in range(n_times):
            for x, weight in zip(inputs, weights, strict=True):
                F.linear(x, weight)
    return inputs[0]


def _agree(predicted: torch.Tensor, uncached: torch.Tensor) -> bool:
    cells = uncached[:, 1:]
    return torch.equal(predicted[:, : cells.shape[1]].long(), cells)


def _print(report: dict) -> None:
    print(
        f"{report['preset']}, {report['quizzes']} quizzes, {N_CELLS} new cells, {report['threads']} threads"
    )
    for name, seconds in report["seconds"].items():
        scaled = report["uncached_steps_measured"] < N_CELLS and "uncached" in name
        note = f"  (scaled up from {report['uncached_steps_measured']} cells)" if scaled else ""
        print(f"{seconds:9.2f} s  {name}{note}")
    for kind in ("mygpt", "hooked"):
        speedup, share = report[f"speedup_{kind}"], report[f"share_of_floor_{kind}"]
        print(f"{kind}: {speedup:.1f} times faster than uncached; the floor is {share:.0%} of its time")
    print(f"same cells all three ways: {report['same_cells']}")


if __name__ == "__main__":
    main()
