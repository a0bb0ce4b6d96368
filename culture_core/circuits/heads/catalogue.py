"""The catalogue of one GPT's heads: what each does and what its ablation breaks, task by task."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.circuits.heads.margins import deciding_margins
from culture_core.circuits.heads.measures import HeadMeasures, measure_quizzes
from culture_core.circuits.heads.paths import n_paths, path_effects
from culture_core.evaluation.ablation import ablation_table, all_parts, mean_values
from culture_core.evaluation.accuracy import NOISE, evaluation_quizzes
from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.settings import setting
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import TASKS, WORLD_TASKS

ABLATION_BATCH = 16
# paths to cut, over all quizzes: each is a run of the GPT, and a GPT of 96 heads has 4,320 in every quiz
MOST_PATHS = 2**15


@dataclass(frozen=True)
class HeadSettings:
    """What the heads are measured on. noise: share of noisy cells in the prompt."""

    n: int = setting(240, "quizzes, all tasks in turn", least=len(TASKS), metavar="N")
    seed: int = setting(5, "seed of the quizzes")
    noise: float = NOISE


@dataclass(frozen=True)
class Heads:
    """The heads of one GPT over t tasks; b blocks of h heads. Numbers in nats are of the last grid's loss.

    tasks: their names. looks: (t, b, h, targets) attention by TARGETS. copies: (t, b, h) copy score.
    direct: (t, b, h) logits added directly to the margin at the deciding cell. intact_margin, intact_loss,
    intact_accuracy: (t,) without ablation. loss, accuracy: (t, b, h) their change by mean ablation.
    paths: (tasks that GPTs are trained on, b h senders, b h receivers + 1) as `path_effects`, averaged over
    the quizzes that `quizzes_for_paths` chooses.
    """

    tasks: tuple[str, ...]
    looks: NDArray[np.float32]
    copies: NDArray[np.float32]
    direct: NDArray[np.float32]
    intact_margin: NDArray[np.float32]
    intact_loss: NDArray[np.float32]
    intact_accuracy: NDArray[np.float32]
    loss: NDArray[np.float32]
    accuracy: NDArray[np.float32]
    paths: NDArray[np.float32]

    @property
    def names(self) -> tuple[str, ...]:
        """The heads in the order of their blocks, as in "1.0"."""
        return tuple(f"{block}.{head}" for block, head in np.ndindex(self.loss.shape[1:]))

    @property
    def known(self) -> NDArray[np.bool_]:
        """(t,) the tasks that GPTs are trained on."""
        return np.isin(self.tasks, WORLD_TASKS)

    def overall(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mean of values (t, ...) over the tasks that GPTs are trained on."""
        return values[self.known].mean(0)


def measure_heads(
    model: MyGPT,
    settings: HeadSettings,
    *,
    senders: Collection[int] | None = None,
    progress: str | None = None,
) -> Heads:
    """Measure every head of a GPT on quizzes of all tasks; senders: as `path_effects`."""
    device = str(next(model.parameters()).device)
    batch = evaluation_quizzes(settings.n, settings.seed, TASKS, noise=settings.noise, device=device)
    margins, task = deciding_margins(model, batch), batch.task.cpu()
    measured = measure_quizzes(model, batch.tokens, margins, progress=progress)
    tasks = tuple(TASKS[number] for number in task.unique().tolist())
    by_task, chosen = partial(_by_task, task=task), quizzes_for_paths(model.config, task)
    means = mean_values(model, batch.tokens, batch_size=ABLATION_BATCH)
    paths = path_effects(
        model, batch.tokens[chosen], margins[chosen], means, senders=senders, progress=progress
    )
    return Heads(
        tasks=tasks,
        looks=by_task(measured.looks),
        copies=copy_scores(measured, task),
        direct=by_task(measured.direct),
        intact_margin=by_task(measured.margin),
        paths=by_task(paths, task=task[chosen]),
        **_ablated(model, batch, tasks, progress),
    )


def quizzes_for_paths(config: MyGPTConfig, task: Tensor) -> Tensor:
    """The places of the quizzes whose paths are cut, of quizzes of tasks (n,), given by their numbers: the
    first ones of each task that GPTs are trained on, as many as MOST_PATHS allows and at least one."""
    per_task = max(1, MOST_PATHS // (n_paths(config) * len(WORLD_TASKS)))
    places = [(task == number).nonzero().squeeze(1)[:per_task] for number in range(len(WORLD_TASKS))]
    return torch.cat(places).sort().values


def _by_task(values: Tensor, task: Tensor) -> NDArray[np.float32]:
    """The mean of values (n, ...) over the quizzes of each task."""
    means = [values[task == number].double().mean(0) for number in task.unique()]
    return torch.stack(means).float().numpy()


def _ablated(
    model: MyGPT, batch: QuizBatch, tasks: tuple[str, ...], progress: str | None
) -> dict[str, NDArray[np.float32]]:
    """Loss and accuracy (t,) of the intact GPT, and their changes (t, b, h) when a head is ablated."""
    parts = [part for part in all_parts(model.config) if part.head is not None]
    intact, *ablated = ablation_table(
        model, batch, kinds=("mean",), parts=parts, batch_size=ABLATION_BATCH, progress=progress
    )
    shape = (len(tasks), model.config.n_blocks, model.config.n_heads)

    def of_intact(measure: str) -> NDArray[np.float32]:
        return np.array([intact["by_task"][task][measure] for task in tasks], np.float32)

    def of_ablated(measure: str) -> NDArray[np.float32]:
        changes = [[record["by_task"][task][measure] for record in ablated] for task in tasks]
        return np.array(changes, np.float32).reshape(shape)

    return {
        "intact_loss": of_intact("loss"),
        "intact_accuracy": of_intact("greedy_accuracy"),
        "loss": of_ablated("loss_change"),
        "accuracy": of_ablated("accuracy_change"),
    }


def copy_scores(measured: HeadMeasures, task: Tensor) -> NDArray[np.float32]:
    """(t, b, h) copy scores of each task: how far a head raises the logit of the colour it attends to above
    the mean of the others, if it attends to that colour alone.

    Attention weighs the cells of one colour; then every colour counts alike, so that a head that favours one
    colour whatever it reads scores 0. Direct effect through value, output and readout matrices.
    """
    scores = []
    for number in task.unique():
        read, raised = (values[task == number].sum(0) for values in (measured.read, measured.raised))
        scores.append(torch.where(read > 0, raised / read.clamp_min(1e-12), torch.nan).nanmean(-1))
    return torch.stack(scores).float().numpy()
