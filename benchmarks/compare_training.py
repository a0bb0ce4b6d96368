"""What pays in training: from one checkpoint of the stable phase, short decays with one change each.

GPT K of a population trains on at a constant rate for a while, once for every shape asked for; from that
checkpoint each variant goes on over the same quizzes while the rate falls to 0 (or stays, for `constant`).
Variants run side by side, one per core. What comes out is a Markdown table;
docs/experiments/training.md holds ours.

    python benchmarks/compare_training.py cache/world-1M --stable 40000 --decay 30000
    python benchmarks/compare_training.py cache/world-1M --only "none" "average 4,000"
"""

import argparse
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from culture_core.evaluation.accuracy import summarise
from culture_core.evaluation.scoring import score_quizzes
from culture_core.memory import keep_freed_memory
from culture_core.models.mygpt import MyGPT, preset
from culture_core.models.sources import resolve_source
from culture_core.processes import Workers, run_jobs
from culture_core.training.recipes import Recipe, find_recipe
from culture_core.training.schedule import Decay
from culture_core.training.start import deepened
from culture_core.training.trainer import Trainer
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import WORLD_TASKS

TEST_SEED = 7_000_003
SEED = 70_000
BASE = replace(find_recipe("muon"), lr=0.01, adam_lr=0.001, focus=1.0, average=4_000, test_every=10_000)


@dataclass(frozen=True)
class Variant:
    """One change. recipe: entries of the recipe; focal: exponent of (1 - p) on each cell's weight; decays:
    whether the rate falls; preset: the shape."""

    name: str
    recipe: dict[str, Any] = field(default_factory=dict)
    focal: float = 0.0
    decays: bool = True
    preset: str = "1M"


VARIANTS = (
    Variant("none"),
    Variant("constant rate", decays=False),
    Variant("constant rate, average over 16,000", {"average": 16_000}, decays=False),
    Variant("focal weights, exponent 0.5", focal=0.5),
    Variant("focal weights, exponent 1", focal=1.0),
    Variant("focus 2", {"focus": 2.0}),
    Variant("focus 0", {"focus": 0.0}),
    Variant("weight decay 0.1", {"weight_decay": 0.1}),
    Variant("batch 32", {"batch_size": 32}),
    Variant("two more blocks", preset="1.2M"),
    Variant("four more blocks", preset="1.6M"),
    Variant("two more blocks, focal 0.5", focal=0.5, preset="1.2M"),
)


class FocalEngine:
    """An engine whose cells weigh (1 - p) ** exponent, where p is the probability of the right value.

    It makes a second forward pass, so it is for trying only.
    """

    def __init__(self, engine: Any, exponent: float) -> None:
        self._engine, self._exponent = engine, exponent

    def gradients(self, tokens: torch.Tensor, weights: torch.Tensor, scale: float) -> torch.Tensor:
        failure = 1 - (-self._engine.losses(tokens)).exp()
        return self._engine.gradients(tokens, weights * failure.clamp(0, 1) ** self._exponent, scale)


@dataclass(frozen=True)
class Job:
    options: argparse.Namespace
    variant: Variant
    state: Path


def main() -> None:
    options = _options()
    options.work.mkdir(parents=True, exist_ok=True)
    chosen = [v for v in VARIANTS if not options.only or v.name in options.only]
    shapes = list(dict.fromkeys(v.preset for v in chosen))
    missing = [
        Job(options, Variant("stable", preset=shape, decays=False), path)
        for shape in shapes
        if not (path := options.work / f"stable-{shape}.pt").exists()
    ]
    run_jobs(_stable, missing, Workers(options.workers, threads=1))
    jobs = [Job(options, v, options.work / f"stable-{v.preset}.pt") for v in chosen]
    rows = run_jobs(_decay, jobs, Workers(options.workers, threads=1))
    print("\n| change | last-grid loss | greedy | expected | of the average: greedy | expected | quizzes/s |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("population", type=Path)
    parser.add_argument("--gpt", type=int, default=0, metavar="K")
    parser.add_argument("--stable", type=int, default=40_000, help="quizzes at the constant rate")
    parser.add_argument("--decay", type=int, default=30_000, help="quizzes of each variant")
    parser.add_argument("--tests", type=int, default=2_000, help="held-out quizzes")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="of these variants alone")
    parser.add_argument("--work", type=Path, default=Path("out/compare_training"), help="for checkpoints")
    return parser.parse_args()


def _trainer(variant: Variant) -> Trainer:
    keep_freed_memory()
    recipe: Recipe = replace(BASE, **variant.recipe)
    trainer = Trainer(replace(preset(variant.preset), dropout=0.0), recipe, SEED, WORLD_TASKS)
    if variant.focal:
        trainer.engine = FocalEngine(trainer.engine, variant.focal)
    return trainer


def _stable(job: Job, report: Any) -> None:
    """Train on at the constant rate and keep the checkpoint."""
    trainer = _trainer(job.variant)
    model = resolve_source(job.options.population).load_models([job.options.gpt])[0]
    deepened(model, trainer.model)
    _train(trainer, job.options.stable, None)
    report(f"stable {job.variant.preset}: {_row('', trainer, 1.0, job.options.tests)}")
    torch.save(trainer.state_dict(), job.state)


def _decay(job: Job, report: Any) -> str:
    trainer = _trainer(job.variant)
    trainer.load_state_dict(torch.load(job.state, weights_only=True))
    first, count = trainer.progress.seen, job.options.decay
    started = time.monotonic()
    _train(trainer, count, Decay(first, first + count) if job.variant.decays else None)
    row = _row(job.variant.name, trainer, count / (time.monotonic() - started), job.options.tests)
    report(row)
    return row


def _train(trainer: Trainer, count: int, decay: Decay | None) -> None:
    end = trainer.progress.seen + count
    while trainer.progress.seen < end:
        before = trainer.progress.seen
        trainer.step(decay)
        if trainer.progress.seen // BASE.test_every > before // BASE.test_every:
            trainer.note_test(trainer.test())


def _row(name: str, trainer: Trainer, speed: float, n: int) -> str:
    plain = _test(trainer.model, n)
    averaged = MyGPT(trainer.config)
    averaged.load_state_dict(trainer.average.weights() if trainer.average else trainer.model.state_dict())
    mean = _test(averaged, n)
    return (
        f"| {name} | {plain['loss']:.5f} | {plain['greedy_accuracy']:.1%} | {plain['expected_accuracy']:.1%} "
        f"| {mean['greedy_accuracy']:.1%} | {mean['expected_accuracy']:.1%} | {speed:.0f} |"
    )


def _test(model: MyGPT, n: int) -> dict[str, Any]:
    batch = generate_stream(WORLD_TASKS, 0, n, TEST_SEED, structure="answerable", noise=0.05)
    bf16 = MyGPT(model.config)
    bf16.load_state_dict(model.state_dict())
    return summarise(score_quizzes(bf16.bfloat16().eval(), batch.tokens), batch)


if __name__ == "__main__":
    main()
