"""Quizzes/s a core of training, by engine, and the share of the core's measured matrix-product rate, in the
dtype that is fastest there (bfloat16, or float32 where the processor has to emulate it).

The work counted is the products a step cannot do without: 6 x parameters x 404 per quiz, and attention's own
products on and below the diagonal (2 forward, 4 backward). Recomputation and padding are not counted as work.

    python benchmarks/bench_training.py
    python benchmarks/bench_training.py --preset 4M --quizzes 64 --json out.json
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from culture_core.memory import keep_freed_memory
from culture_core.models.mygpt import PRESETS, MyGPT, MyGPTConfig, preset
from culture_core.processor import fast_dtype
from culture_core.training.engines import TorchEngine
from culture_core.training.kernel_engine import KernelEngine
from culture_core.training.optimizers import Optimizers
from culture_core.training.recipes import find_recipe
from culture_core.training.stacked.speed import flops_a_quiz
from culture_core.training.stream import loss_weights
from culture_core.training.trainer import Trainer, initial_model
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import WORLD_TASKS
from timing import fastest

MATRIX_SIDE = 4096
DTYPES = {"PyTorch, float32": torch.float32, "PyTorch, bf16 autocast": torch.bfloat16}
DTYPE = fast_dtype("cpu")


def main() -> None:
    options = _options()
    keep_freed_memory()
    torch.set_num_threads(1)
    config = replace(preset(options.preset), dropout=0.0)
    rate = _matrix_rate()
    work = flops_a_quiz(config)
    name = str(DTYPE).removeprefix("torch.")
    print(f"matrix products in {name}: {rate / 1e9:.0f} GFLOP/s on one core; {work / 1e9:.2f} GFLOP per quiz")
    report = {"preset": options.preset, "matrix_gflops": rate / 1e9, "gflop_a_quiz": work / 1e9, "ways": {}}
    for name, step, n in _ways(config, options.quizzes):
        speed = n / fastest(step, options.repeats)
        report["ways"][name] = {"quizzes_per_s": speed, "share_of_matrix_rate": speed * work / rate}
        print(f"{name:44s} {speed:7.1f} quizzes/s  {speed * work / rate:6.1%} of the matrix rate")
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="1M", choices=tuple(PRESETS))
    parser.add_argument("--quizzes", type=int, default=32, help="a batch")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", default=None)
    return parser.parse_args()


def _ways(config: MyGPTConfig, n: int) -> list[tuple[str, Callable[[], object], int]]:
    """What is timed: a name, one call, and the quizzes it handles."""
    recipe = replace(find_recipe("muon"), batch_size=n)
    model = initial_model(config, recipe, 0)
    batch = generate_stream(WORLD_TASKS, 0, n, seed=0)
    weights = loss_weights(batch.structure, recipe)
    ways: list[tuple[str, Callable[[], object], int]] = []
    for name, dtype in DTYPES.items():
        engine = TorchEngine(model, dtype)
        call = partial(engine.gradients, batch.tokens, weights, 1.0)
        ways.append((f"{name}: loss and gradients", call, n))
    kernels = KernelEngine.make(model)
    if kernels is not None:
        call = partial(kernels.gradients, batch.tokens, weights, 1.0)
        ways.append(("bf16 kernels: loss and gradients", call, n))
        ways.append(("bf16 kernels: loss only", lambda: kernels.losses(batch.tokens), n))
    optimizers = Optimizers(_with_gradients(model), recipe)
    ways.append(("optimizers alone", lambda: optimizers.step(0.0), n))
    ways.append(("quizzes alone", partial(generate_stream, WORLD_TASKS, 0, 1024, 0), 1024))
    trainer = Trainer(config, recipe, 0, WORLD_TASKS, dtype=DTYPE)
    ways.append(("the whole step, as `culture train` does it", trainer.step, n))
    return ways


def _with_gradients(model: MyGPT) -> MyGPT:
    for parameter in model.parameters():
        parameter.grad = torch.randn_like(parameter)
    return model


def _matrix_rate() -> float:
    """FLOP/s of one large matrix product in DTYPE on one core."""
    a, b = (torch.randn(MATRIX_SIDE, MATRIX_SIDE).to(DTYPE) for _ in range(2))
    return 2 * MATRIX_SIDE**3 / fastest(lambda: a @ b, 2)


if __name__ == "__main__":
    main()
