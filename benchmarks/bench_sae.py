"""Tokens/s of SAE training, part by part, beside the products it cannot do without.

The floor is the GPT's forward pass to the hook, for the tokens of one step, and the encoder's product of one
step (every feature must be looked at to find the k that fire); decoding and going back touch k features only.

    python benchmarks/bench_sae.py
    python benchmarks/bench_sae.py --preset 4M --k 32 --json out.json
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from sae_lens import BatchTopKTrainingSAE, TopKTrainingSAE
from torch import Tensor

from culture_core.memory import keep_freed_memory
from culture_core.models.mygpt import PRESETS, MyGPT, preset
from culture_core.saes.finetune import QUIZZES_A_STEP, finetune
from culture_core.saes.hooks import activations_at, default_hook
from culture_core.saes.settings import SAESettings
from culture_core.saes.stream import QUIZZES_A_FORWARD, activation_batches, training_quizzes
from culture_core.saes.train import _centre, _step, _trainer
from culture_core.world.vocabulary import QUIZ_LENGTH
from timing import fastest

STEPS = 8
AS_SAELENS = {"topk": TopKTrainingSAE, "batchtopk": BatchTopKTrainingSAE}


def main() -> None:
    options = _options()
    keep_freed_memory()
    torch.set_num_threads(1)
    gpt = MyGPT(preset(options.preset)).eval()
    hook = default_hook(gpt.config.n_blocks)
    settings = SAESettings(
        hook, options.arch, options.width, options.k, tokens=10**7, finetune_quizzes=QUIZZES_A_STEP
    )
    batches = activation_batches(gpt, [hook], settings.batch_size, 0)
    batch = next(batches)[hook]
    report = {
        name: fastest(work, options.repeats) / n for name, (work, n) in _parts(gpt, settings, batch).items()
    }
    floor = report["floor: forward pass"] + report["floor: encoder product"]
    whole = report["forward pass"] + report["step"]
    for name, seconds in report.items():
        print(f"{name:40s} {1e6 * seconds:8.2f} us a token")
    print(f"whole training {1 / whole:,.0f} tokens/s, {floor / whole:.0%} of the floor")
    report |= {"tokens_per_s": 1 / whole, "share_of_floor": floor / whole}
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=1))


def _options() -> argparse.Namespace:
    default = SAESettings("")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="1M", choices=tuple(PRESETS))
    parser.add_argument("--arch", default=default.architecture, choices=tuple(AS_SAELENS))
    parser.add_argument("--width", type=int, default=default.width)
    parser.add_argument("--k", type=int, default=default.k)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", default=None)
    return parser.parse_args()


def _parts(gpt: MyGPT, settings: SAESettings, batch: Tensor) -> dict[str, tuple[Callable[[], object], int]]:
    """What is timed: a name, one call, and the tokens it handles."""
    tokens = training_quizzes(0, 0, QUIZZES_A_FORWARD)
    trainer = _ready(gpt, settings, batch)
    saelens = _ready(gpt, settings, batch)
    saelens.sae.__class__ = AS_SAELENS[settings.architecture]
    for group in saelens.optimizer.param_groups:
        group["fused"] = False
    return {
        "floor: forward pass": (_products(gpt), QUIZ_LENGTH),
        "floor: encoder product": (_repeated(lambda: batch @ trainer.sae.W_enc.detach()), STEPS * len(batch)),
        "forward pass": (lambda: activations_at(gpt, settings.hook, tokens), tokens.numel()),
        "step": (_repeated(lambda: _step(trainer, batch)), STEPS * len(batch)),
        "step, all of it SAELens' own": (_repeated(lambda: _step(saelens, batch)), STEPS * len(batch)),
        "finetuning": (
            lambda: finetune(gpt, trainer.sae, 1.0, settings, first=0),
            QUIZZES_A_STEP * QUIZ_LENGTH,
        ),
    }


def _ready(gpt: MyGPT, settings: SAESettings, batch: Tensor) -> Any:
    trainer = _trainer(gpt, settings, "benchmark", "cpu")
    _centre(trainer, batch)
    return trainer


def _repeated(work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        for _ in range(STEPS):
            work()

    return run


def _products(gpt: MyGPT) -> Callable[[], None]:
    """The matrix products of one quiz on its way to the default hook, attention's over the causal half."""
    config = gpt.config
    n_blocks = config.n_blocks * 2 // 3 + 1
    x = torch.randn(QUIZ_LENGTH, config.d_model)
    hidden = torch.randn(QUIZ_LENGTH, config.dim_hidden)
    queries = torch.randn(config.n_heads, QUIZ_LENGTH // 2, config.dim_keys)
    keys = torch.randn(config.n_heads, config.dim_keys, QUIZ_LENGTH)
    values = torch.randn(config.n_heads, QUIZ_LENGTH, config.dim_values)
    into_heads = torch.randn(config.d_model, config.n_heads * (2 * config.dim_keys + config.dim_values))
    square = torch.randn(config.d_model, config.d_model)
    wide = torch.randn(config.d_model, config.dim_hidden)

    def run() -> None:
        for _ in range(n_blocks):
            x @ into_heads
            (queries @ keys) @ values
            x @ square
            x @ wide
            hidden @ wide.T

    return run


if __name__ == "__main__":
    main()
