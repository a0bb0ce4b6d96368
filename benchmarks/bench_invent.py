"""Seconds a culture candidate costs: draft, answer, and the verdict of one GPT; and what sharing saves.

The floor is the matrix products alone of every token that must be read, at the rate this machine reaches on
one large float32 product. The other way to a verdict is a whole forward pass for each draw and direction.

    python benchmarks/bench_invent.py --threads 1
    python benchmarks/bench_invent.py --population cache/NAME --json out.json
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from culture_core.culture.inventing import invent
from culture_core.culture.settings import InventingSettings, VerdictSettings
from culture_core.culture.verdicts import N_ALIKE, noisy_views, understanding
from culture_core.evaluation.scoring import score_quizzes
from culture_core.memory import keep_freed_memory
from culture_core.models.generation import fill_blocks
from culture_core.models.mygpt import PRESETS, MyGPT
from culture_core.models.sources import resolve_source
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.vocabulary import N_CELLS, QUIZ_LENGTH, WORLD_TASKS

MATRIX = 2048


def main() -> None:
    options = _options()
    keep_freed_memory()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = (
        resolve_source(options.population).load_models()[0]
        if options.population
        else MyGPT(PRESETS[options.preset]).eval()
    )
    report = _measure(model, options.n)
    print(f"{report['parameters']:,} parameters, {options.n} candidates, {report['threads']} threads")
    for name, milliseconds in report["ms_a_candidate"].items():
        print(f"{milliseconds:9.1f} ms per candidate  {name}")
    print(f"sharing makes a verdict {report['verdict_speedup']:.2f} times as fast")
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


def _measure(model: MyGPT, n: int) -> dict[str, Any]:
    tokens = generate_quizzes(WORLD_TASKS, -(-n // len(WORLD_TASKS)), seed=0).tokens[:n]
    views = noisy_views(tokens, torch.arange(n), 0, VerdictSettings())
    understanding(model, views[:, :, :2])
    generator = torch.Generator().manual_seed(0)
    seconds_invent = _seconds(lambda: invent(model, n, generator, InventingSettings(), batch_size=n))
    seconds_answer = _seconds(lambda: fill_blocks(model, tokens, (1.0,), batch_size=n))
    seconds_verdict = _seconds(lambda: understanding(model, views))
    seconds_whole = _seconds(lambda: score_quizzes(model, views.flatten(0, 2)))
    draws, directions = views.shape[:2]
    read_by_verdict = directions * (N_ALIKE + draws * (QUIZ_LENGTH - N_ALIKE))
    read_by_invent = 2 * QUIZ_LENGTH
    seconds_a_token = 2 * model.n_parameters / _rate()
    return {
        "parameters": model.n_parameters,
        "threads": torch.get_num_threads(),
        "cells_sampled": 5 * N_CELLS,
        "ms_a_candidate": {
            "draft and answer": 1e3 * seconds_invent / n,
            "of which the answer": 1e3 * seconds_answer / n,
            "floor of draft and answer": 1e3 * seconds_a_token * read_by_invent,
            "verdict of one GPT": 1e3 * seconds_verdict / n,
            "floor of the verdict": 1e3 * seconds_a_token * read_by_verdict,
            "verdict, a whole forward pass each": 1e3 * seconds_whole / n,
        },
        "verdict_speedup": seconds_whole / seconds_verdict,
    }


def _rate() -> float:
    """Operations a second of a large float32 product."""
    a = torch.randn(MATRIX, MATRIX)
    a @ a
    return 2 * MATRIX**3 / min(_seconds(lambda: a @ a) for _ in range(3))


def _seconds(run: Callable[[], Any]) -> float:
    """CPU time over the threads in use, so that other work on the machine counts less."""
    started = time.process_time()
    run()
    return (time.process_time() - started) / torch.get_num_threads()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--population", default=None, metavar="cache/NAME")
    parser.add_argument(
        "--preset", default="1M", choices=PRESETS, help="random weights, without a population"
    )
    parser.add_argument("--n", type=int, default=64, help="candidates")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch; 0 = as torch chooses")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
