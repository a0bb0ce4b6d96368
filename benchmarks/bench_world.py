"""How many quizzes per second one core generates, against the least that writing and painting them costs.

    python benchmarks/bench_world.py [--quizzes 131072] [--json FILE]

Times are CPU seconds of one thread, the best of several runs, so that they hold on a busy machine too.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch

from culture_core.artifacts import write_json
from culture_core.world.quizzes import QuizBatch, generate_quizzes, generate_stream
from culture_core.world.rectangles import disjoint_triples, paint, rectangle_table
from culture_core.world.vocabulary import N_GRIDS, TASKS, WORLD_TASKS
from timing import fastest

RUNS = 3
N_RECTANGLES = 3
CHUNK = 4096
CPU = torch.device("cpu")


def write_floor(batch: QuizBatch) -> Callable[[], None]:
    """Copy the tokens, the clean tokens and the noise mask: the bytes every quiz set must write."""
    copies = [torch.empty_like(t) for t in (batch.tokens, batch.clean, batch.noise)]

    def work() -> None:
        for copy, tensor in zip(copies, (batch.tokens, batch.clean, batch.noise), strict=True):
            copy.copy_(tensor)

    return work


def paint_floor(n: int) -> Callable[[], None]:
    """Paint four grids of three rectangles a quiz by known masks and colours: no drawing, no rules."""
    numbers = torch.randint(len(rectangle_table(CPU)), (N_RECTANGLES, N_GRIDS * CHUNK))
    colours = torch.randint(1, 11, (N_RECTANGLES, N_GRIDS * CHUNK)).to(torch.uint8)
    body = rectangle_table(CPU).body
    grids = torch.zeros(N_GRIDS * CHUNK, body.shape[1], dtype=torch.uint8)

    def work() -> None:
        for _ in range(n // CHUNK):
            for role in range(N_RECTANGLES):
                paint(grids, body.index_select(0, numbers[role]), colours[role])

    return work


def measure(n: int) -> dict:
    """Every figure of this benchmark: rates in quizzes per second of one core."""
    torch.set_num_threads(1)
    first_triples = fastest(lambda: disjoint_triples(CPU), 1, warm_up=False)
    first_call = fastest(lambda: generate_quizzes(TASKS, 1, 0), 1, warm_up=False)
    plain = {"structure": "A,f_A,B,f_B", "noise": 0.0}
    batch = generate_stream(WORLD_TASKS, 0, n, 0, **plain)
    mix = fastest(lambda: generate_stream(WORLD_TASKS, 0, n, 0, **plain), RUNS)
    training = fastest(lambda: generate_stream(WORLD_TASKS, 0, n, 0, structure="mixed", noise=0.05), RUNS)
    write, painting = fastest(write_floor(batch), RUNS), fastest(paint_floor(n), RUNS)
    by_task = {}
    for task in TASKS:
        n_task = n // 8
        by_task[task] = n_task / fastest(
            lambda task=task, n_task=n_task: generate_quizzes((task,), n_task, 0), RUNS
        )
    return {
        "quizzes": n,
        "tables_seconds": first_triples + first_call,
        "triples_seconds": first_triples,
        "eight_task_mix": n / mix,
        "training_stream": n / training,
        "write_floor": n / write,
        "paint_floor": n / painting,
        "ratio_to_write_and_paint": mix / (write + painting),
        "by_task": by_task,
    }


def report(figures: dict) -> str:
    lines = [
        f"tables, once per process: {figures['tables_seconds']:.2f} s"
        f" (of these the 5.0M disjoint triples {figures['triples_seconds']:.2f} s)",
        f"eight-task mix          {figures['eight_task_mix']:>12,.0f} quizzes/s a core",
        f"training stream         {figures['training_stream']:>12,.0f} (five structures, noise 0.05)",
        f"floor: write the bytes  {figures['write_floor']:>12,.0f}",
        f"floor: paint by masks   {figures['paint_floor']:>12,.0f}",
        f"mix takes {figures['ratio_to_write_and_paint']:.1f} times as long as both floors together",
        *(f"  {task:<22}{rate:>12,.0f}" for task, rate in figures["by_task"].items()),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quizzes", type=int, default=131_072, help="quizzes a run (default %(default)s)")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    figures = measure(arguments.quizzes)
    print(report(figures))
    if arguments.json:
        write_json(arguments.json, figures)


if __name__ == "__main__":
    main()
