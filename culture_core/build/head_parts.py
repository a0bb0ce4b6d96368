"""The work of the catalogue of heads, in parts that can be run at a small size."""

from collections.abc import Iterator
from typing import Any

from culture_core.build.part import Part
from culture_core.circuits.heads.catalogue import HeadSettings, measure_heads, quizzes_for_paths
from culture_core.circuits.heads.margins import deciding_margins
from culture_core.circuits.heads.paths import path_effects
from culture_core.evaluation.ablation import mean_values
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.models.api import load_culture
from culture_core.world.vocabulary import TASKS

# GPTs of so few heads are tried with all of them as senders
FEW_HEADS = 16
# A sender in block b of B is heard in later blocks, each followed by runs through the rest: (B - 1 - b)^2 or
# so, whose mean over b is that of the block at this share of B - 1
AVERAGE_DEPTH = 1 - 3**-0.5


def head_parts(root: str, models: list[int], device: str) -> Iterator[Part]:
    """The two parts of `culture heads`: all measures of heads but the paths between them, and these paths,
    tried with one sender of average cost where a GPT has many heads."""
    settings, gpt = HeadSettings(), load_culture(models[:1], source=root)[0].to(device)
    n_heads, blocks = gpt.config.n_heads, gpt.config.n_blocks
    few = n_heads * blocks <= FEW_HEADS
    senders = range(n_heads * blocks) if few else [int(AVERAGE_DEPTH * (blocks - 1)) * n_heads]
    batch = evaluation_quizzes(len(TASKS), settings.seed, device=device)
    margins, means = deciding_margins(gpt, batch), mean_values(gpt, batch.tokens)

    def measure(n: int) -> Any:
        return measure_heads(gpt, HeadSettings(n=n), senders=())

    def cut(n: int) -> Any:
        return path_effects(gpt, batch.tokens[:n], margins[:n], means, senders=senders)

    task = evaluation_quizzes(settings.n, settings.seed, TASKS).task
    size = len(quizzes_for_paths(gpt.config, task)) * n_heads * blocks // len(senders)
    yield Part("heads", measure, (4, 12), len(models), settings.n)
    yield Part("heads", cut, (1, 3), len(models), size)
