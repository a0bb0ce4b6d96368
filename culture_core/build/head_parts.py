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

# the paths of a head so far up take as long as those of an average one
AVERAGE_DEPTH = 0.42


def head_parts(root: str, models: list[int], device: str) -> Iterator[Part]:
    """Measuring heads, and cutting the paths between them: thousands where a GPT has many heads, so that one
    head's are tried."""
    settings, gpt = HeadSettings(), load_culture(models[:1], source=root)[0].to(device)
    n_heads, blocks = gpt.config.n_heads, gpt.config.n_blocks
    sender = int(AVERAGE_DEPTH * blocks) * n_heads

    def measure(n: int) -> Any:
        return measure_heads(gpt, HeadSettings(n=n), senders=())

    def cut(n: int) -> Any:
        batch = evaluation_quizzes(n, settings.seed, device=device)
        margins, means = deciding_margins(gpt, batch), mean_values(gpt, batch.tokens)
        return path_effects(gpt, batch.tokens, margins, means, senders=[sender])

    task = evaluation_quizzes(settings.n, settings.seed, TASKS).task
    rows = len(quizzes_for_paths(gpt.config, task)) * blocks * n_heads
    yield Part("heads", measure, (4, 12), len(models), settings.n)
    yield Part("heads", cut, (1, 3), len(models), rows)
